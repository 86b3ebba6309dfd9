"""Which words of a command line are secrets because of the tool they are given to: `curl -u user:pass`, `mysql -pX`?

Only tools whose short option is documented to take a password: `-p` means many things elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from incident_console.evidence.secret import Secret, is_reference


@dataclass(frozen=True, slots=True)
class _Tool:
    separate: tuple[bytes, ...] = ()
    """Options whose next word is the secret."""
    attached: tuple[bytes, ...] = ()
    """Options with the secret in the same word."""
    behind: bytes = b""
    """The secret begins behind this, where the value holds a user, too."""


_MYSQL = _Tool(attached=(b"-p",))
_MONGO = _Tool(separate=(b"-p",))
_TOOLS: Mapping[bytes, _Tool] = {
    b"curl": _Tool((b"-u", b"--user", b"-U", b"--proxy-user"), (b"-u", b"--user=", b"-U", b"--proxy-user="), b":"),
    **dict.fromkeys((b"mysql", b"mysqldump", b"mysqladmin", b"mysqlimport", b"mariadb", b"mariadb-dump"), _MYSQL),
    **dict.fromkeys((b"mongo", b"mongosh", b"mongodump", b"mongorestore", b"docker", b"podman"), _MONGO),
    b"sshpass": _Tool((b"-p",), (b"-p",)),
    b"redis-cli": _Tool((b"-a",)),
    **{name: _Tool((b"-w",), (b"-w",)) for name in (b"ldapsearch", b"ldapmodify", b"ldapadd", b"ldapdelete")},
    b"smbclient": _Tool((b"-U", b"--user"), (b"-U", b"--user="), b"%"),
    b"lftp": _Tool((b"-u",), (b"-u",), b","),
    b"sqlcmd": _Tool((b"-P",), (b"-P",)),
    b"unzip": _Tool((b"-P",)),
    b"zip": _Tool((b"-P",)),
    b"7z": _Tool(attached=(b"-p",)),
    b"openssl": _Tool((b"-pass", b"-passin", b"-passout", b"-k"), behind=b"pass:"),
}
_COMMAND = re.compile(
    rb"(?<![\w.-])(" + b"|".join(re.escape(name) for name in sorted(_TOOLS, key=len, reverse=True)) + rb")[ \t]+"
)
_SEGMENT = re.compile(rb"[^\n|;&\0]{0,4096}")
_WORD = re.compile(rb"(?:'[^'\n]{0,2048}'|\"(?:[^\"\\\n]|\\.){0,2048}\"|[^\s'\"]+)+")
_PUBLISHED = re.compile(rb"[0-9.:]+(?:-[0-9]+)?(?::[0-9]+(?:-[0-9]+)?)?(?:/(?:tcp|udp))?")
"""`docker run -p 8080:80` tells a port."""


def in_text(data: bytes) -> Iterator[Secret]:
    """The secrets of command lines that stand in a text, each taken to end with its line or at a `;`, `|` or `&`."""
    if not any(name in data for name in _TOOLS):
        return
    place = 0
    while found := _COMMAND.search(data, place):
        segment = _SEGMENT.match(data, found.end())
        place = segment.end() if segment else found.end()
        spans = [word.span() for word in _WORD.finditer(data, found.end(), place)]
        words = [data[start:end] for start, end in spans]
        for at, start, end in _secrets(found[1], words):
            yield Secret(spans[at][0] + start, spans[at][0] + end, "password")


def in_words(words: Sequence[bytes]) -> Iterator[tuple[int, int, int]]:
    """Where the secrets of one command stand: the number of the word, and from where to where in it.

    Behind `sudo`, `env` and their like a tool is found, too: it is looked for in the first words.
    """
    for at, word in enumerate(words[:6]):
        name = word.rsplit(b"/", 1)[-1]
        if name in _TOOLS:
            yield from ((at + 1 + index, start, end) for index, start, end in _secrets(name, words[at + 1 :]))
            return


def _secrets(name: bytes, words: Sequence[bytes]) -> Iterator[tuple[int, int, int]]:
    tool, awaited = _TOOLS[name], False
    for index, word in enumerate(words):
        if awaited:
            awaited = False
            if found := _value(tool, word, 0):
                yield (index, *found)
        elif word in tool.separate:
            awaited = True
        else:
            for option in tool.attached:
                if word.startswith(option) and len(word) > len(option):
                    if found := _value(tool, word, len(option)):
                        yield (index, *found)
                    break


def _value(tool: _Tool, word: bytes, start: int) -> tuple[int, int] | None:
    """Where in the word the secret stands, without quotes around it; None where nothing is told."""
    end = len(word)
    if end - start >= 2 and word[start : start + 1] in (b"'", b'"') and word[end - 1 : end] == word[start : start + 1]:
        start, end = start + 1, end - 1
    if tool.behind:
        behind = word.find(tool.behind, start, end)
        if behind < 0:
            return None
        start = behind + len(tool.behind)
    value = word[start:end]
    if not value or b"\0" in value or value.startswith(b"-") or is_reference(value) or _PUBLISHED.fullmatch(value):
        return None
    return start, end
