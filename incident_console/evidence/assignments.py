"""Which secrets are known by their name: `password=…`, `"token": "…"`, `api_key: …`, `--secret …`?

A name counts when it *ends* in one of the words below, so `password_file`, `token_count` and `tokenizer` do not. What
stands behind it is kept when it tells nothing: a reference to a variable, a path, a type, nothing at all, a small count
of tokens, a version. Prose stays too ("unexpected token: end of line"), unless what follows looks like a secret.

Every pattern is bounded or possessive, and what is looked at before a decision is at most _PEEK bytes, so that time
grows linearly with any input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from incident_console.evidence.secret import Secret

_NAME = (
    rb"(?:pass(?:word|wd|phrase)|secret|token|credentials?"
    rb"|(?:api|access|account|private|secret|auth|encryption|signing|license|ssh)[_-]?key)"
)
_QUOTE = rb"(?:[bfru]{0,2}(\\?[\"']))?"
_ASSIGNED = re.compile(rb"(" + _NAME + rb")(\\?[\"'])?[ \t]{0,8}(=>|:=|(?<!=)=(?![=~])|:(?![:/]))[ \t]{0,8}" + _QUOTE)
_OPTION = re.compile(rb"--?(?:[a-z0-9]{1,20}[_-]){0,4}(" + _NAME + rb")")
_OPTION_IN_TEXT = re.compile(rb"-" + _OPTION.pattern[2:] + rb"[ \t]{1,8}" + _QUOTE)

_STOP = rb"\0\s\"'&;,<>|\\"
_RUN = re.compile(rb"[^%(s)s]*+(?:(?:,(?!\s|[\w.-]{1,40}[=:]|\Z)|\\(?![\"'nrt]))[^%(s)s]*+)*+".replace(b"%(s)s", _STOP))
"""A value without quotes; a comma ends it only where another item follows."""
_QUOTED = {
    b'"': re.compile(rb'[^"\\\r\n]*+(?:\\[^\r\n][^"\\\r\n]*+)*+'),
    b"'": re.compile(rb"[^'\\\r\n]*+(?:\\[^\r\n][^'\\\r\n]*+)*+"),
}
_LINE_SO_FAR = re.compile(rb"[ \t]*(?:-[ \t]+)?\\?[\"']?[\w.-]*")
_ITEM_SO_FAR = re.compile(rb"[{\[(,][ \t]*\\?[\"']?[\w.-]*\Z")
_DIGIT = re.compile(rb"[0-9]")
_PEEK = 128
_TRAILING = b")]},.;:"
_PROSE = frozenset(b"to for and or is are with if in the was must not may can from when".split())

_HARMLESS = re.compile(
    rb"""
      null|none|nil|undefined|true|false|yes|no|~|\*{3,}|x{3,}|\.{3}|redacted
    | \x00{10,}.*                                                       # our own mark, hidden
    | \$\{[^}]*\}|\$\(.*|\$[A-Z_][A-Z0-9_]*|%\(\w+\)s|%\w+%|\{\{?[\w.\[\] ]+\}?\}|<\w+>   # references
    | (?-i:str|int|bool|bytes|float|string|Optional|SecretStr|Any)(?:[\[|].*)?            # types
    | (?:os\.environ|os\.getenv|environ|getenv|getpass|input)[.\[(].*
    | [a-z_]\w*(?:\.\w+)*\.\w*(?:password|passwd|secret|token|key)                        # self.token
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_PATH = re.compile(rb"(?:~|\.{1,2})?/?[a-z]{2,16}(?:/[\w.+-]+)+")
_COUNT = re.compile(rb"[0-9]{1,4}|[0-9]+(?:\.[0-9]+){1,3}(?:[=+-][\w.]*)?")


def secrets(data: bytes) -> Iterator[Secret]:
    lower = data.lower()  # touches ASCII only and keeps every place
    yield from _assigned(data, lower)
    if b"--" in data:
        yield from _behind_options(data, lower)


def kind_of_option(word: bytes) -> str | None:
    """The kind of secret that follows an option such as `--db-password`; None for every other word."""
    found = _OPTION.fullmatch(word.lower())
    return _kind(found[1]) if found else None


def is_harmless(value: bytes, kind: str) -> bool:
    """Whether a value behind a secret's name tells nothing: a reference, a path, a type, a small count, a version."""
    if len(value) >= _PEEK:
        return False
    bare = value.rstrip(_TRAILING)
    if not bare or bare.lower().replace(b"_", b"-") == kind.encode():
        return True
    if any(_HARMLESS.fullmatch(form) for form in {value, value.rstrip(b"),.;:"), bare}):
        return True
    if kind == "token" and _COUNT.fullmatch(bare):
        return True
    return kind != "password" and bare[:1] in (b"/", b"~", b".") and _PATH.fullmatch(bare) is not None


def _assigned(data: bytes, lower: bytes) -> Iterator[Secret]:
    place = 0
    while found := _ASSIGNED.search(lower, place):
        place, kind, quote = found.end(), _kind(found[1]), found[4]
        end = _quoted(data, place, quote, kind) if quote else _bare(data, found, kind)
        if end is not None:
            yield Secret(place, end, kind)
            place = end


def _behind_options(data: bytes, lower: bytes) -> Iterator[Secret]:
    place = 0
    while found := _OPTION_IN_TEXT.search(lower, place):
        place, kind, quote = found.end(), _kind(found[1]), found[2]
        if quote:
            end = _quoted(data, place, quote, kind)
        else:
            peek = _run(data, place, place + _PEEK)
            told = not peek or peek.startswith(b"-") or peek.lower() in _PROSE or is_harmless(peek, kind)
            end = None if told else _end_of_run(data, place)
        if end is not None:
            yield Secret(place, end, kind)
            place = end


def _quoted(data: bytes, place: int, quote: bytes, kind: str) -> int | None:
    """The end of a quoted value; a quote that is never closed ends with its line."""
    if pattern := _QUOTED.get(quote):
        found = pattern.match(data, place)
        end = found.end() if found else place
    else:
        closing = data.find(quote, place, place + 4096)
        end = closing if closing >= 0 else _end_of_run(data, place)
    return None if is_harmless(data[place : min(end, place + _PEEK)], kind) else end


def _bare(data: bytes, found: re.Match[bytes], kind: str) -> int | None:
    """The end of a value without quotes; None when it is no secret."""
    place = found.end()
    peek = _run(data, place, place + _PEEK)
    if not peek or is_harmless(peek, kind):
        return None
    if found[3] != b":":
        return _end_of_run(data, place)
    since = max(0, found.start() - _PEEK)
    before = data[max(since, data.rfind(b"\n", since, found.start()) + 1) : found.start()]
    if _LINE_SO_FAR.fullmatch(before):
        rest = data[place + len(peek) : place + 2 * _PEEK].split(b"\n", 1)[0]
        if not rest.split(b" #", 1)[0].strip(b" \t\r\"'" + _TRAILING) or _looks_secret(peek):
            return _end_of_run(data, place)
        # YAML lets a passphrase hold spaces; a token with words behind it is prose.
        return _end_of_line(data, place) if kind == "password" else None
    if found[2] or _ITEM_SO_FAR.search(before) or _looks_secret(peek):
        return _end_of_run(data, place)
    return None


def _run(data: bytes, place: int, limit: int) -> bytes:
    found = _RUN.match(data, place, limit)
    return found[0] if found else b""


def _end_of_run(data: bytes, place: int) -> int:
    run = _run(data, place, len(data))
    return place + (len(run.rstrip(_TRAILING)) or len(run))


def _end_of_line(data: bytes, place: int) -> int:
    end = data.find(b"\n", place)
    line = data[place : end if end >= 0 else len(data)]
    return place + len(line.split(b" #", 1)[0].rstrip())


def _looks_secret(value: bytes) -> bool:
    """Long enough, and letters mixed with digits or, in a long one, with both cases; or longer than any word."""
    if len(value) >= 64:
        return True
    has_letter = value.upper() != value.lower()
    if _DIGIT.search(value):
        return has_letter and len(value) >= 6
    return len(value) >= 20 and value != value.lower() and value != value.upper() and value.isalnum()


def _kind(name: bytes) -> str:
    word = name.decode().replace("_", "-")
    if word.startswith("pass"):
        return "password"
    if word.startswith("credential"):
        return "credential"
    return word if "-" in word or not word.endswith("key") else f"{word[:-3]}-key"
