"""What is a line of the journal, and do the lines still form one chain?

A line is one JSON object; its `hash` is the sha256 of the object without it, in the canonical form of `canonical`, and
its `prev` is the hash of the line before (64 zeros for the first). Whoever reads a journal reads it through `read`.
"""

import hashlib
import json
import math
import os
import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from incident_console.errors import InputError, RecordError
from incident_console.events import Event, Extra, Recorded, UnknownEvent, parse
from incident_console.record.files import open_plain, why_unread
from incident_console.record.links import links
from incident_console.uncollected import uncollected

START = "0" * 64
LINE_LIMIT = 16 << 20
"""Bytes of one line. What is larger belongs into a blob."""
JOURNAL_LIMIT = 1 << 30
BLOCK = 1 << 18
"""Bytes of lines that are checked together."""
DEPTH_LIMIT = 64
EXACT = 1 << 53
"""From here on a JSON reader that keeps numbers as doubles may read another number than was written."""

_KEYS = ("seq", "at", "mono_s", "session", "by", "kind", "data", "prev", "hash")
_NEWLINE = ord("\n")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ChainFault:
    """The first broken place: `line` counts from 1, `why` is the rest of the sentence."""

    line: int
    why: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.why}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a journal holds up to its first broken place."""

    lines: tuple[Recorded, ...]
    torn: bytes
    """What stands after the last whole line: a write that a crash cut short. Never acknowledged to anybody."""
    head: str
    """The hash of the last good line, or 64 zeros."""
    fault: ChainFault | None
    size: int
    """Bytes of the good lines."""
    notes: tuple[str, ...] = ()


# Writing


def clean_text(text: str) -> str:
    """`text` without lone surrogates: an undecodable byte (Python's surrogateescape) becomes `\\xNN`."""
    return _SURROGATE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def clean(value: Any, depth: int = 0) -> Any:
    """`value` as the journal may hold it: every JSON reader gets back the same, and so computes the same hash.

    Floats are rounded to 3 decimals; NaN, infinities and numbers of 2^53 or more become text. Raises RecordError for
    what is not JSON (bytes, objects) and for data nested deeper than 64.
    """
    match value:
        case None | bool():
            return value
        case str():
            return clean_text(value)
        case int():
            return value if -EXACT < value < EXACT else _digits(value)
        case float():
            return round(value, 3) if math.isfinite(value) and -EXACT < value < EXACT else str(value)
        case dict() | list() | tuple() | set() | frozenset() if depth >= DEPTH_LIMIT:
            raise RecordError(f"The event was not recorded: its data is nested deeper than {DEPTH_LIMIT} levels.")
        case dict():
            result: dict[str, Any] = {}
            for key, item in value.items():
                name = clean_text(str(key))
                while name in result:  # two names that differ only in what was escaped must not become one
                    name += "~"
                result[name] = clean(item, depth + 1)
            return result
        case list() | tuple():
            return [clean(item, depth + 1) for item in value]
        case set() | frozenset():
            return sorted((clean(item, depth + 1) for item in value), key=str)
    raise RecordError(f"The event was not recorded: a {type(value).__name__} cannot stand in the journal.")


def _digits(number: int) -> str:
    return str(number) if number.bit_length() < 4096 else hex(number)


def canonical(line: dict[str, Any]) -> bytes:
    """The bytes that are hashed: the definition in the contract, word for word."""
    text = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def line_hash(line: dict[str, Any]) -> str:
    """The sha256 of a line given without its `hash`."""
    return hashlib.sha256(canonical(line)).hexdigest()


# Reading


def read(path: Path) -> Reading:
    """Everything of the journal at `path` that can be trusted, and the first place that cannot.

    Tolerant: never raises for what the file holds. A kind that is not known, or data that does not fit its kind, is
    kept as an UnknownEvent. Raises InputError when there is no readable regular file of at most 1 GiB.
    """
    with open_plain(path) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            if size > JOURNAL_LIMIT:
                raise InputError(f"{path} is {size} bytes: a journal of more than {JOURNAL_LIMIT} is not read.")
            return _read(file)
        except OSError as fault:
            raise InputError(f"The journal {path} could not be read: {why_unread(fault)}.") from None


def read_bytes(journal: bytes) -> Reading:
    """As `read`, of a journal that is in memory."""
    return _read(BytesIO(journal))


def read_on(path: Path, seq: int, head: str, size: int) -> Reading:
    """What was appended since `seq` lines were read, of `size` bytes, the last of which has the hash `head`.

    As `read`, without what was read before: `size` counts the new lines alone. A journal that was cut shorter than
    that has a fault.
    """
    with open_plain(path) as file:
        try:
            now = os.fstat(file.fileno()).st_size
            if now < size:
                cut = ChainFault(seq, f"the journal was cut to {now} bytes after {size} of it had been read")
                return Reading((), b"", head, cut, 0)
            file.seek(size)
            return _read(file, seq, head)
        except OSError as fault:
            raise InputError(f"The journal {path} could not be read: {why_unread(fault)}.") from None


def _read(file: BinaryIO, seq: int = 0, head: str = START) -> Reading:
    """From where `file` stands, after `seq` lines and the hash `head`."""
    lines: list[Recorded] = []
    notes: list[str] = []
    start, size = file.tell(), 0
    with uncollected():
        while block := file.read(BLOCK):
            whole = block[: block.rfind(b"\n") + 1]
            good = links(whole, seq + len(lines) + 1, head)
            if good:
                lines += good
                head, size = good[-1].hash, size + len(whole)
                file.seek(start + size)
                continue
            # something in this block is not surely good, or a line is longer than it: line by line, by the letter
            file.seek(start + size)
            end = size + len(whole)
            while size <= end and (raw := file.readline(LINE_LIMIT + 1)):
                number = seq + len(lines) + 1
                if raw[-1] != _NEWLINE or b"\0" in raw:
                    fault = _no_line(raw, number, last=not file.read(1))
                    return Reading(tuple(lines), b"" if fault else raw, head, fault, size, tuple(notes))
                try:
                    recorded, note = _line(raw, number, head)
                except _BrokenError as broken:
                    return Reading(tuple(lines), b"", head, ChainFault(number, str(broken)), size, tuple(notes))
                lines.append(recorded)
                notes += [f"line {number}: {note}"] if note else []
                head, size = recorded.hash, size + len(raw)
    return Reading(tuple(lines), b"", head, None, size, tuple(notes))


def _no_line(raw: bytes, number: int, *, last: bool) -> ChainFault | None:
    """What is wrong with something that does not end as a line does; None for the torn end of a journal."""
    if len(raw) > LINE_LIMIT:
        return ChainFault(number, f"it is longer than {LINE_LIMIT} bytes")
    return None if last else ChainFault(number, "it holds NUL bytes")


class _BrokenError(Exception):
    """Why a line is not the next link of the chain."""


def _line(raw: bytes, number: int, prev: str) -> tuple[Recorded, str]:
    line, digest = _checked(raw)
    if line["hash"] != digest:
        raise _BrokenError("its hash does not fit its content: it was altered")
    if line["seq"] != number:
        raise _BrokenError(f"it says seq {line['seq']} where {number} is due: lines are missing, added or moved")
    if line["prev"] != prev:
        raise _BrokenError("its prev is not the hash of the line before: a line was removed, added or replaced")
    kind, data = line["kind"], line["data"]
    event, note = as_event(kind, data)
    return (
        Recorded(number, line["at"], line["mono_s"], line["session"], line["by"], kind, event, prev, digest),
        note,
    )


def as_event(kind: str, data: dict[str, Any]) -> tuple[Event, str]:
    """The event of a line, and a remark when its data does not fit its kind (it is then kept as an UnknownEvent)."""
    try:
        return parse(kind, data), ""
    except InputError as fault:
        return UnknownEvent(extra=Extra(as_recorded=data)), f"kept as it is: {fault}"


def _checked(raw: bytes) -> tuple[dict[str, Any], str]:
    """The line's object, of the right shape, and the hash it should have. Raises _BrokenError."""
    try:
        line = json.loads(raw[:-1].decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
        _shape(line)
        return line, line_hash({key: value for key, value in line.items() if key != "hash"})
    except UnicodeError:
        raise _BrokenError("it is not UTF-8 text") from None
    except RecursionError:
        raise _BrokenError("it is nested too deeply") from None
    except ValueError:
        raise _BrokenError("it is not a JSON object") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _BrokenError("it names the same key twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise _BrokenError(f"it holds {name}, which is not JSON")


def _shape(line: object) -> None:
    if not isinstance(line, dict):
        raise _BrokenError("it is not a JSON object")
    if line.keys() != set(_KEYS):
        odd = ", ".join(sorted(f"{key!r:.40}" for key in line.keys() ^ set(_KEYS))[:4])
        raise _BrokenError(f"it does not hold exactly the keys of a journal line ({odd})")
    if not (
        type(line["seq"]) is int
        and type(line["at"]) is str
        and type(line["mono_s"]) in (int, float)
        and type(line["session"]) is str
        and type(line["by"]) is str
        and type(line["kind"]) is str
        and type(line["data"]) is dict
        and type(line["prev"]) is str
        and type(line["hash"]) is str
    ):
        raise _BrokenError("a key of it holds the wrong kind of value")
