"""What does a line say, apart from when, where and by which process it was said?

Two logs of the same work differ in every line by their times. Here those parts of a line become place holders, so that
what is left can be compared: `normal`. `skeleton` takes out the numbers, too. The bytes may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

HEAD = 4096
"""Bytes of a line in which place holders are put; what follows them is compared as it is."""

_DAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? "
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_CLOCK = rb"\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AP]M)?"
_ZONE = rb"(?: ?(?:Z|UTC|GMT|CET|CEST|[+-]\d\d:?\d\d))"
_BEFORE, _AFTER = rb"(?<![A-Za-z0-9])", rb"(?![A-Za-z0-9])"


def _whole(*shapes: bytes) -> re.Pattern[bytes]:
    """Any of the shapes, where no letter or digit stands directly before or after it."""
    return re.compile(_BEFORE + b"(?:" + b"|".join(shapes) + b")" + _AFTER)


_TIME = _whole(
    rb"\d{4}[-/]\d\d[-/]\d\d(?:[T _]\d\d:?\d\d(?::?\d\d(?:[.,]\d{1,9})?)?" + _ZONE + rb"?)?",
    rb"\d{8}T\d{4,6}(?:\.\d{1,9})?Z?",
    rb"(?:" + _DAY + rb")?" + _MONTH + rb" {1,2}\d{1,2},?(?: " + _CLOCK + rb"(?: [A-Z]{3,4})?)?(?: \d{4})?",
    rb"(?:" + _DAY + rb")?\d{1,2}[ /-]" + _MONTH + rb"[ /-]\d{4}(?:[ :]" + _CLOCK + _ZONE + rb"?)?",
    rb"\d{1,2}/\d{1,2}/\d{4}|\d{1,2}\.\d{1,2}\.\d{4}",
    rb"\d{1,4}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AP]M)?" + _ZONE + rb"?",
    rb"1[5-9]\d{8}(?:\d{3}|\.\d{1,9})?",
)
_SPAN = _whole(
    rb"\d+(?:\.\d+)?(?:e-?\d+)? ?(?:[num]?s|\xc2\xb5s|secs?|seconds?|milliseconds?|mins?|minutes?|hrs?|hours?|days?)",
    rb"(?:\d{1,4}[dhm] ?){1,3}\d{1,2}(?:\.\d+)?[hms]",
)
_UUID = _whole(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ADDRESS = _whole(rb"0x[0-9a-fA-F]+")
_PID = re.compile(rb"(\b(?i:p?pid|tid|process id)\b[ :=#(]{0,3})\d+|(?<=[A-Za-z)])\[\d+\](?=:)")
_TEMP = re.compile(
    # Python's and mktemp's own names, wherever they stand …
    rb"\btmp(?:\.[A-Za-z0-9]{6,}|(?=[a-z_]*[0-9A-Z]|[a-z0-9_]{8}(?![A-Za-z0-9_]))[A-Za-z0-9_]{4,})"
    # … and what has a number below a folder for temporary files.
    rb"|(?<![\w/])(?:(?:/private)?(?:/var)?/tmp|/dev/shm|/scratch)/[^/\s'\":,;()]*\d[^/\s'\":,;()]*"
)
_NUMBER = re.compile(rb"\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?")
_COLOURS = re.compile(rb"\x1b\[[0-9;:]{0,64}m")
_DIGITS = bytes(48 if 48 <= code <= 57 else code for code in range(256))
_MAY_VARY = re.compile(rb"[0-9]|tmp")


class Names:
    """The values that are one side's own, such as its sample's name: each becomes a place holder with its position.

    A value of digits only is a number like any other, and is left for `skeleton`.
    """

    def __init__(self, values: Sequence[str] = ()) -> None:
        known: dict[bytes, int] = {}
        for position, value in enumerate(values):
            data = value.encode("utf-8", "surrogateescape")[:HEAD]
            if data and not data.isdigit() and b"\n" not in data:
                known.setdefault(data, position)
        self._known = known
        longest_first = sorted(known, key=len, reverse=True)
        # The value stands first, and what is before it is looked at then: so a search need not stop at every byte.
        shapes = (re.escape(data) + b"(?<![A-Za-z0-9]" + re.escape(data) + b")" for data in longest_first)
        self._pattern = re.compile(b"(?:" + b"|".join(shapes) + b")" + _AFTER) if known else None

    def hide(self, line: bytes) -> bytes:
        """The line, or the lines, with place holders for the values."""
        if self._pattern is None:
            return line
        return self._pattern.sub(lambda found: b"<name %d>" % self._known[found[0]], line)


def normal(line: bytes) -> bytes:
    """The line with place holders for times, durations, temporary names, process numbers, addresses and UUIDs.

    A carriage return begins the line anew, as a terminal does; colours are left out.
    """
    line = line.rstrip(b"\r")
    if b"\r" in line:
        line = line[line.rfind(b"\r") + 1 :]
    rest = b""
    if len(line) > HEAD:
        line, rest = line[:HEAD], b" <%s>" % blake2b(line[HEAD:], digest_size=16).hexdigest().encode()
    if b"\x1b" in line:
        line = _COLOURS.sub(b"", line)
    if not _MAY_VARY.search(line):
        return line + rest
    if b"-" in line:
        line = _UUID.sub(b"<uuid>", line)
    if b"tmp" in line or b"/shm/" in line or b"/scratch/" in line:
        line = _TEMP.sub(b"<temporary>", line)
    line = _SPAN.sub(b"<duration>", _TIME.sub(b"<time>", line))
    if b"0x" in line:
        line = _ADDRESS.sub(b"<address>", line)
    if b"id" in line or b"ID" in line or b"]:" in line:
        line = _PID.sub(rb"\1<pid>", line)
    return line + rest


def shape(text: bytes) -> bytes:
    """Text of any number of lines with every run of digits a 0. Costs next to nothing, so it is asked first."""
    text = text.translate(_DIGITS)
    while b"00" in text:
        text = text.replace(b"00", b"0")
    return text


def skeleton(line: bytes) -> bytes:
    """A normal line without its numbers."""
    return _NUMBER.sub(b"#", line)
