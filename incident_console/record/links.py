"""Are these lines, as this console writes them, the next links of the chain? The quick way of saying yes.

Many lines are read at a time and written out again: as they stand, which shows that each is one object, that no key
stands twice and no number or text is written in a second way; and sorted, which is what their hashes are made of. What
is not surely good is never judged here, but line by line and by the letter in `chain`.
"""

from hashlib import sha256
from typing import Any

from msgspec import DecodeError, Struct
from msgspec.json import Decoder, Encoder

from incident_console.errors import InputError
from incident_console.events import Recorded, parse_all


class _Line(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """In the order in which `journal` writes it."""

    seq: int
    at: str
    mono_s: float | int
    session: str
    by: str
    kind: str
    data: dict[str, Any]
    prev: str
    hash: str


class _Hashed(Struct, frozen=True, gc=False):
    """What a line's hash is made of, sorted by name."""

    at: str
    by: str
    data: dict[str, Any]
    kind: str
    mono_s: float | int
    prev: str
    seq: int
    session: str


def _written_alike(number: float) -> bool:
    """Whether every JSON writer writes it in the same way: 0.00001 is 1e-05 to some, and 1e16 is 1e+16."""
    return 1e-4 <= abs(number) < 1e16 or not number


def _float(text: str) -> float:
    if not _written_alike(number := float(text)):
        raise DecodeError
    return number


_read = Decoder(_Line, float_hook=_float).decode_lines
_write = Encoder().encode_lines
_write_sorted = Encoder(order="sorted").encode_lines


def links(block: bytes, number: int, prev: str) -> list[Recorded] | None:
    """The whole lines of `block`, the first being line `number` after `prev`; None when one is not surely good."""
    try:
        lines = _read(block)
        if not lines or _write(lines) != block:
            return None
        hashed = [
            _Hashed(line.at, line.by, line.data, line.kind, line.mono_s, line.prev, line.seq, line.session)
            for line in lines
        ]
        events = parse_all([line.kind for line in lines], [line.data for line in lines])
        good: list[Recorded] = []
        for line, event, told in zip(lines, events, _write_sorted(hashed).splitlines(), strict=True):
            digest = line.hash
            if line.seq != number or line.prev != prev or digest != sha256(told).hexdigest():
                return None
            if not _written_alike(line.mono_s):
                return None
            good.append(Recorded(number, line.at, line.mono_s, line.session, line.by, line.kind, event, prev, digest))
            prev, number = digest, number + 1
        return good
    except (DecodeError, UnicodeError, OverflowError, RecursionError, InputError):
        return None
