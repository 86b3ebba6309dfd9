"""Where do private keys in PEM or OpenPGP armour stand, whole or cut off at either end?

A capped output may have lost the first or the last line of a block, so the lines of base64 beside a lone BEGIN or END
line count as the key (RFC 7468, RFC 4880 section 6).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from incident_console.evidence.secret import Secret

KIND = "private-key"
LONGEST = 64 * 1024
"""Bytes from BEGIN to END; farther apart they do not belong together."""

_EDGE = re.compile(rb"-----(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(
    rb"[ \t>|]*(?:[A-Za-z0-9+/=]{20,}|[A-Za-z0-9+/]{1,19}={1,2}|=[A-Za-z0-9+/]{4}"
    rb"|(?:Version|Comment|Hash|Charset|MessageID|Proc-Type|DEK-Info): .*)?[ \t]*\r?"
)
_LAST = re.compile(rb"[ \t>|]*(?:[A-Za-z0-9+/]{4}){1,19}[ \t]*\r?")


def secrets(data: bytes) -> Iterator[Secret]:
    edges = list(_EDGE.finditer(data))
    done = 0
    for place, edge in enumerate(edges):
        if edge.start() < done:
            continue
        following = edges[place + 1] if place + 1 < len(edges) else None
        if edge[1] == b"END":
            start, end = max(done, _body_before(data, edge.start(), done)), edge.end()
        elif following and following[1] == b"END" and following.end() - edge.start() <= LONGEST:
            start, end = edge.start(), following.end()
        else:
            start, end = edge.start(), _body_after(data, edge.end(), following.start() if following else len(data))
        done = end
        yield Secret(start, end, KIND)


def _body_after(data: bytes, start: int, limit: int) -> int:
    """The end of the key's lines that follow `start`; the rest of the BEGIN line itself belongs to them."""
    limit = min(limit, start + LONGEST)
    end = _line_end(data, start, limit)
    while end < limit:
        after = _line_end(data, end + 1, limit)
        line = data[end + 1 : after]
        if not _BODY.fullmatch(line):
            return after if _LAST.fullmatch(line) else end
        end = after
    return end


def _body_before(data: bytes, end: int, limit: int) -> int:
    """The start of the key's lines that stand before `end`."""
    limit = max(limit, end - LONGEST)
    start = max(limit, data.rfind(b"\n", limit, end) + 1)
    last = True
    while start > limit:
        before = max(limit, data.rfind(b"\n", limit, start - 1) + 1)
        line = data[before : start - 1]
        if not line.strip() or not (_BODY.fullmatch(line) or (last and _LAST.fullmatch(line))):
            return start
        start, last = before, False
    return start


def _line_end(data: bytes, start: int, limit: int) -> int:
    found = data.find(b"\n", start, limit)
    return found if found >= 0 else limit
