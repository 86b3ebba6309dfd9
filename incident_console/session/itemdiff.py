"""What differs between two pieces of evidence, and is what is kept of one still what was recorded?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incident_console.errors import Refused
from incident_console.record.blobs import Blobs
from incident_console.record.text import clock_time
from incident_console.session.browsing import Entry

if TYPE_CHECKING:
    from incident_console.tail.comparing.sidebyside import SideBySide

COMPARED = 64 << 20
"""Bytes of one piece that are compared."""
LAID_OUT = 4 << 20
"""Bytes of JSON that is laid out line by line: it is often written in one."""
LOOKED_AT = 8 << 20
"""Bytes of one piece whose lines are counted, and which is checked without being asked for."""
NOTED_LINES = 3
NOTED_COLUMNS = 300


@dataclass(frozen=True, slots=True)
class Looked:
    """What the disk says of a piece."""

    fault: str
    """What is wrong with what is kept, with its place; empty when it is what was recorded."""
    lines: int | None
    """Of the main part; None where it is too large to be counted by the way."""


@dataclass(frozen=True, slots=True)
class Compared:
    """`left` is the earlier one."""

    left: Entry
    right: Entry
    laid: SideBySide
    """Times, durations and process numbers do not count."""
    exact: SideBySide
    """Every byte counts."""
    json: bool = False
    """Both are JSON, which was laid out before: by sorted keys, a line for each value."""

    @property
    def same(self) -> bool:
        """They say the same but for times, and ended alike."""
        return self.laid.first is None and self.left.exit_code == self.right.exit_code

    @property
    def verdict(self) -> str:
        """What came out, in a sentence."""
        left, right, count = self.left, self.right, len(self.laid.differences)
        if self.exact.first is None and left.exit_code == right.exit_code:
            return f"Nothing differs: they say the same{', value by value' if self.json else ' to the byte'}."
        if self.same:
            return "Nothing differs but times, durations and process numbers."
        told = (
            ""
            if left.exit_code == right.exit_code
            else f"It ended with {_code(left)} before, and with {_code(right)} now. "
        )
        if not count:
            return f"{told}The texts say the same."
        if self.laid.only_figures:
            return f"{told}They differ in figures only, in {count:,} place{'' if count == 1 else 's'}."
        return f"{told}They differ in {count:,} place{'' if count == 1 else 's'}."


def check(blobs: Blobs, entry: Entry) -> str:
    """What is wrong with what is kept of it, with its place; empty when it is sound. Reads all of it."""
    for part, sha256, size in entry.blobs:
        fault = blobs.check(sha256, size)
        if fault is not None:
            return f"{entry.name}{f', {part},' if part else ''} {fault} (evidence/{sha256})"
    return ""


def look(blobs: Blobs, entry: Entry) -> Looked:
    """Check what is small enough, and count its lines."""
    if entry.size > LOOKED_AT or not entry.blobs:
        return Looked("", None)
    if fault := check(blobs, entry):
        return Looked(fault, None)
    part, sha256, _ = entry.blobs[0]
    data = blobs.peek(sha256, LOOKED_AT) if not part else None
    return Looked("", None if data is None else data.count(b"\n") + bool(data and not data.endswith(b"\n")))


def text_of(blobs: Blobs, entry: Entry, limit: int = COMPARED) -> bytes:
    """All that is kept of it. Raises InputError when a part cannot be read, is altered or longer than `limit` bytes."""
    parts: list[bytes] = []
    for part, sha256, _ in entry.blobs:
        data = blobs.get(sha256, limit)
        parts += [b"\n-- %s --\n" % part.encode(), data] if part else [data]
    return b"".join(parts)


def compare(blobs: Blobs, one: Entry, other: Entry, going: Callable[[float], None] = lambda _: None) -> Compared:
    """Lay the earlier beside the later. Raises Refused where there is no text, InputError when it cannot be read.

    `going` is told the share that is done, as `side_by_side` tells it, and may raise to end it.
    """
    # Far from the first screen, which imports this room for what the list of evidence shows.
    from incident_console.tail.comparing.sidebyside import side_by_side

    left, right = (one, other) if one.seq <= other.seq else (other, one)
    for entry in (left, right):
        if not entry.blobs:
            raise Refused(f"nothing is kept of {entry.name} (event {entry.seq}), so it cannot be compared")
        if entry.size > COMPARED:
            raise Refused(
                f"{entry.name} (event {entry.seq}) has {entry.size:,} bytes: up to {COMPARED >> 20} MiB are compared; "
                "where it lies can be copied, for a tool of your own"
            )
    texts = [text_of(blobs, entry) for entry in (left, right)]
    laid_out = [_laid_out(text) for text in texts]
    both = [text for text in laid_out if text is not None]
    a, b = both if len(both) == len(texts) else texts
    laid = side_by_side(a, b, going=lambda share: going(share / 2))
    exact = side_by_side(a, b, exact=True, going=lambda share: going(0.5 + share / 2))
    return Compared(left, right, laid, exact, json=len(both) == len(texts))


def as_note(found: Compared) -> str:
    """The comparison as a note: what against what, the verdict, and the first lines that differ."""
    left, right, laid = found.left, found.right, found.laid
    told = [f"{_named(left)} against {_named(right)}, compared line by line. {found.verdict}"]
    if laid.first is not None:
        for index in range(laid.first, min(laid.rows, laid.first + NOTED_LINES)):
            row = laid.row(index)
            if row.kind != "same":
                told += [f"- {row.left + 1}: {_line(laid.left[row.left])}"] if row.left is not None else []
                told += [f"+ {row.right + 1}: {_line(laid.right[row.right])}"] if row.right is not None else []
    return "\n".join(told)


def _named(entry: Entry) -> str:
    code = f", exit code {entry.exit_code}" if entry.exit_code is not None else ""
    return f"{entry.name} (event {entry.seq}, {clock_time(entry.at)}{code})"


def _code(entry: Entry) -> str:
    return f"exit code {entry.exit_code}" if entry.exit_code is not None else "none that is known"


def _line(line: bytes) -> str:
    text = line[: 4 * NOTED_COLUMNS].decode("utf-8", "replace")
    text = "".join(character if character.isprintable() else "�" for character in text)
    return text if len(text) <= NOTED_COLUMNS else text[: NOTED_COLUMNS - 1] + "…"


def _laid_out(data: bytes) -> bytes | None:
    """A JSON document with a line for each value; None for anything else."""
    if len(data) > LAID_OUT or data[:1] not in (b"{", b"["):
        return None
    try:
        return json.dumps(json.loads(data), indent=2, sort_keys=True, ensure_ascii=False).encode(
            "utf-8", "backslashreplace"
        )
    except (ValueError, RecursionError):
        return None
