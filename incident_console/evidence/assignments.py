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

_BEFORE_PASS = b"db smtp ftp mail email user admin root mysql pg redis mongo ldap http proxy vault sudo".split()
_STEMS = (b"pass", b"secret", b"token", b"credential", b"key", b"pwd", b"_auth", b"signature")
"""One of these is in every name."""
_NAME = (
    rb"(?:pass(?:word|wd|phrase|code|"
    + b"|".join(rb"(?<=%s[_-]pass)|(?<=%spass)" % (word, word) for word in _BEFORE_PASS)
    + rb")|pwd(?<=[_;-]pwd)|secret|token|credentials?"
    rb"|(?:api|access|account|private|secret|auth|encryption|signing|license|ssh|app|webhook)[_-]?key"
    rb"|shared[_-]?access[_-]?signature|key-data|_auth(?<![\w]_auth))"
)
_QUOTE = rb"(?:[bfru]{0,2}(\\?[\"']))?"
_ASSIGNED = re.compile(rb"(" + _NAME + rb")(\\?[\"'])?[ \t]{0,8}(=>|:=|(?<!=)=(?![=~])|:(?![:/]))[ \t]{0,8}" + _QUOTE)
_OPTION = re.compile(rb"--?(?:[a-z0-9]{1,20}[_-]){0,4}(" + _NAME + rb")")
_SPACED = re.compile(
    rb"(?<![\w.-])(?:env|arg|setenv|set)[ \t]{1,8}[\w.-]{0,64}(?<![a-z])(" + _NAME + rb")[ \t]{1,8}" + _QUOTE
)
"""`setenv DB_PASSWORD x` of csh, `ENV DB_PASSWORD x` of a Dockerfile."""
_CALLED = re.compile(rb"(" + _NAME + rb")([\"'])[ \t]{0,4},[ \t]{0,4}" + rb"([\"'])")
"""`define('DB_PASSWORD', 'x')`."""
_ELEMENT = re.compile(rb"<[\w:.-]{0,40}?(" + _NAME + rb")>[ \t]{0,8}([^<\s][^<]{0,2047}?)[ \t]{0,8}</")
_DOCKER_AUTH = re.compile(rb"\"auth\"[ \t]{0,4}:[ \t]{0,4}\"([A-Za-z0-9+/=_-]{8,4096})\"")
_NETRC = re.compile(
    rb"(?:machine\s{1,8}[^\s\0]{1,256}|default)\s{1,8}(?:login\s{1,8}[^\s\0]{1,256}\s{1,8})?"
    rb"password[ \t]{1,8}([^\s\0]{1,1024})"
    rb"|^[ \t]{0,16}login[ \t]{1,8}[^\s\0]{1,256}[ \t]{0,8}\r?\n[ \t]{0,16}password[ \t]{1,8}([^\s\0]{1,1024})",
    re.MULTILINE,
)
_PGPASS = re.compile(
    rb"^[\w.*-]{1,255}:(?:543[0-9]|6432|\*):(?![ACGTN.-]+:)[^\s:\0]{1,128}:[^\s:\0]{1,128}:([^\r\n\0]{1,1024})$",
    re.MULTILINE,
)
"""PostgreSQL's password file: host:port:database:user:password, with the ports that it is found at."""
_OPTION_IN_TEXT = re.compile(rb"(?<![\w-])" + _OPTION.pattern + rb"[ \t]{1,8}" + _QUOTE)

_STOP = rb"\0\s\"'&;,<>|\\"
_RUN = re.compile(rb"[^%(s)s]*+(?:(?:,(?!\s|[\w.-]{1,40}[=:]|\Z)|\\(?![\"'nrt]))[^%(s)s]*+)*+".replace(b"%(s)s", _STOP))
"""A value without quotes; a comma ends it only where another item follows."""
_QUOTED = {
    b'"': re.compile(rb'[^"\\\r\n]*+(?:\\[^\r\n][^"\\\r\n]*+)*+'),
    b"'": re.compile(rb"[^'\\\r\n]*+(?:\\[^\r\n][^'\\\r\n]*+)*+"),
}
_DOUBLED = re.compile(rb"''(?=\w)")
_LINE_SO_FAR = re.compile(rb"[ \t]*(?:-[ \t]+)?\\?[\"']?[\w.-]*")
_ITEM_SO_FAR = re.compile(rb"[{\[(,][ \t]*\\?[\"']?[\w.-]*\Z")
_HEADER_OPTION = re.compile(rb"(?:-h|--header)[ =]?\\?[\"'][\w.-]*\Z")
_BLOCK_HEADER = re.compile(rb"[|>][+-]?[1-9]?[+-]?[ \t]{0,8}(?:#[^\n]{0,200})?\r?\n")
_LINES = re.compile(rb"[^\n]*+(?:\n|\Z)")
_LONGEST_BLOCK = 16 * 1024
_DIGIT = re.compile(rb"[0-9]")
_PEEK = 128
_NAME_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
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
    if any(stem in lower for stem in _STEMS):
        yield from _by_name(data, lower)
    if b'"auth"' in data:
        yield from (Secret(*found.span(1), "basic") for found in _DOCKER_AUTH.finditer(data))
    if b":543" in data or b":*:" in data or b":6432:" in data:
        yield from (Secret(*found.span(1), "password") for found in _PGPASS.finditer(data))


def _by_name(data: bytes, lower: bytes) -> Iterator[Secret]:
    yield from _assigned(data, lower)
    if b"-" in data:
        yield from _behind_options(data, lower, _OPTION_IN_TEXT)
    if b"env" in lower or b"arg " in lower or b"set " in lower:
        yield from _behind_options(data, lower, _SPACED)
    if b"'," in data or b'",' in data:
        yield from _called(data, lower)
    if b"</" in data:
        for found in _ELEMENT.finditer(lower):
            if not is_harmless(data[found.start(2) : min(found.end(2), found.start(2) + _PEEK)], _kind(found[1])):
                yield Secret(*found.span(2), _kind(found[1]))
    if b"password" in data:
        for found in _NETRC.finditer(data):
            yield Secret(*found.span(1 if found[1] else 2), "password")


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
        if quote and _closes(data, found, quote):
            place = found.end()
            continue
        if not quote and (block := _block_scalar(data, found)):
            # `password: |` of YAML: the indented lines that follow.
            if not is_harmless(data[block[0] : min(block[1], block[0] + _PEEK)], kind):
                yield Secret(*block, kind)
            place = block[1]
            continue
        end = _quoted(data, place, quote, kind) if quote else _bare(data, found, kind)
        if end is not None:
            yield Secret(place, end, kind)
            place = end


def _called(data: bytes, lower: bytes) -> Iterator[Secret]:
    for found in _CALLED.finditer(lower):
        end = _quoted(data, found.end(), found[3], _kind(found[1]))
        if end is not None:
            yield Secret(found.end(), end, _kind(found[1]))


def _behind_options(data: bytes, lower: bytes, pattern: re.Pattern[bytes]) -> Iterator[Secret]:
    place = 0
    while found := pattern.search(lower, place):
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
        while found and quote == b"'" and end > place and _DOUBLED.match(data, end):
            # YAML and SQL write a quote in a quoted text twice.
            found = pattern.match(data, end + 2)
            end = found.end() if found else end
    else:
        closing = data.find(quote, place, place + 4096)
        end = closing if closing >= 0 else _end_of_run(data, place)
    return None if is_harmless(data[place : min(end, place + _PEEK)], kind) else end


def _closes(data: bytes, found: re.Match[bytes], quote: bytes) -> bool:
    """Whether the quote ends a text that began with the name, as in `print('password=' + x)`."""
    before = data[max(0, found.start() - _PEEK) : found.start()].rstrip(_NAME_LETTERS)
    return before.endswith(quote) and not found[2]


def _block_scalar(data: bytes, found: re.Match[bytes]) -> tuple[int, int] | None:
    """Where the text of a YAML block scalar stands that begins behind the name (YAML 1.2 section 8.1)."""
    header = _BLOCK_HEADER.match(data, found.end()) if found[3] == b":" else None
    if header is None:
        return None
    line = max(found.start() - _PEEK, data.rfind(b"\n", 0, found.start()) + 1)
    before = data[line : found.start()]
    if not _LINE_SO_FAR.fullmatch(before):
        return None
    indent = len(before) - len(before.lstrip(b" \t"))
    start = end = None
    for each in _LINES.finditer(data, header.end(), header.end() + _LONGEST_BLOCK):
        text = each[0].lstrip(b" \t")
        if not text.strip():
            continue
        if len(each[0]) - len(text) <= indent:
            break
        start = each.end() - len(text) if start is None else start
        end = each.start() + len(each[0].rstrip())
    return (start, end) if start is not None and end is not None else None


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
    in_item = _ITEM_SO_FAR.search(before) or _HEADER_OPTION.search(before.lower())
    if found[2] or in_item or _looks_secret(peek):
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
    if word.startswith("pass") or word.endswith(("pass", "pwd")):
        return "password"
    if word == "-auth":
        return "basic"
    if word == "key-data":
        return "private-key"
    if word.startswith("credential"):
        return "credential"
    return word if "-" in word or not word.endswith("key") else f"{word[:-3]}-key"
