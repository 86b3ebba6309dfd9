"""Which secrets stand behind the name of an HTTP header: `Authorization`, `Cookie`, `Set-Cookie`?

As in requests and responses, on command lines, and in the dictionaries that programs print. A header may be folded
(RFC 9112 section 5.2): what is indented on the next line belongs to it. Cookies count only with a `name=value` in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from incident_console.evidence.secret import Secret, is_reference

_GAP = rb"(?:[ \t]{0,8}(?:\r?\n[ \t]{1,8})?)"
_AUTHORIZATION = re.compile(
    rb"authorization\\?[\"']?[ \t]{0,8}[:=]" + _GAP + rb"\\?[\"']?"
    rb"(?:(basic|bearer|token|negotiate|ntlm|apikey|digest|aws4-hmac-sha256|oauth|hawk|mac|signature)"
    rb"(?:[ \t]{1,8}(?:\r?\n[ \t]{1,8})?|\r?\n[ \t]{1,8}))?"
    rb"([^\s\"'\\,;\0]{8,})"
)
_MANY_PARTS = frozenset({b"digest", b"aws4-hmac-sha256", b"oauth", b"hawk", b"mac", b"signature"})
"""Schemes whose secret is one of several parameters: the whole line goes."""
_BEARER = re.compile(rb"bearer[ \t]{1,8}([A-Za-z0-9._~+/=-]{8,})", re.IGNORECASE)
_COOKIE = re.compile(
    rb"(?<![\w])(set-cookie2?|cookie)\\?[\"']?[ \t]{0,4}:" + _GAP + rb"(?:\\?[\"'])?([\w.!#$%&*+^`|~-]{1,128}=)"
)
_DIGIT = re.compile(rb"[0-9]")
_LONGEST = 16 * 1024
_QUOTES = b"\"'"


def secrets(data: bytes) -> Iterator[Secret]:
    lower = data.lower()
    if b"authorization" in lower:
        yield from _authorization(data, lower)
    if b"bearer" in lower:
        for found in _BEARER.finditer(data):
            if _DIGIT.search(found[1]):
                yield Secret(*found.span(1), "bearer")
    if b"cookie" in lower:
        yield from _cookies(data, lower)


def _authorization(data: bytes, lower: bytes) -> Iterator[Secret]:
    for found in _AUTHORIZATION.finditer(lower):
        scheme, start, end = found[1], found.start(2), found.end(2)
        if is_reference(found[2]) or not (scheme or (len(found[2]) >= 16 and found[2] not in _MANY_PARTS)):
            continue
        if scheme in _MANY_PARTS:
            end = _end_of_header(data, found.start(), start)
        yield Secret(start, end, scheme.decode() if scheme in (b"basic", b"bearer", b"digest") else "authorization")


def _cookies(data: bytes, lower: bytes) -> Iterator[Secret]:
    done = 0
    for found in _COOKIE.finditer(lower):
        if found.start() < done:
            continue
        setting = found[1].startswith(b"set")
        start = found.end() if setting else found.start(2)
        done = _end_of_header(data, found.start(), start)
        end = data.find(b";", start, done) if setting else done
        end = done if end < 0 else end
        if end > start and data[start] != 0 and not is_reference(data[start:end]):
            yield Secret(start, end, "cookie")


def _end_of_header(data: bytes, name: int, value: int) -> int:
    """Where the header ends: with the quote that stands before its name or its value, else with its line."""
    end = data.find(b"\n", value, value + _LONGEST)
    end = min(len(data), value + _LONGEST) if end < 0 else end
    for before in (value - 1, name - 1):
        quote = data[before : before + 1] if before >= 0 else b""
        if quote and quote in _QUOTES:
            closing = data.find(quote, value, end)
            while closing > 0 and data[closing - 1 : closing] == b"\\" and data[before - 1 : before] != b"\\":
                closing = data.find(quote, closing + 1, end)
            end = closing if closing >= 0 else end
            if data[before - 1 : before] == b"\\" and data[end - 1 : end] == b"\\":
                end -= 1
            break
    return value + len(data[value:end].rstrip())
