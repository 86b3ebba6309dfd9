"""What does a log view ask of the text it shows, be it a file on disk or an attempt kept from one that is gone?

Rows count from the first line that is known at this moment, so they move when the index reaches further up. A `Place`
(generation and byte offset) does not move: keep places, and ask for their rows when drawing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from incident_console.tail.lineindex import LineIndex, Read

CUT = 16 * 1024
"""Bytes of one line that are read for showing it; the rest of the line is still searched and pinned."""
ALONE = "open a file alone to search all of it"
"""What helps who looks for something in a `Source.partial`."""
LAST_STATE = 4 * 1024
"""Bytes at the end of a cut line in which the last state of a progress bar is looked for."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Which byte of which generation of the text. `offset` -1 is the mark before the generation."""

    generation: int
    offset: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `end` is the byte after its text, where its newline is or will be."""

    generation: int
    offset: int
    end: int
    number: int | None
    """Counted from 1; None until the index has reached the beginning of the text."""
    text: bytes
    cut: bool
    """The line is longer than `text`."""
    complete: bool
    """Its newline has been written."""
    tag: str = ""
    """Which of several files it is from; empty where there is only one."""
    at: float | None = None
    """When it was written, seconds of the epoch: its own time, or that of the line it belongs to; None: not known."""

    @property
    def place(self) -> Place:
        return Place(self.generation, self.offset)


@dataclass(frozen=True, slots=True)
class Mark:
    """A row that no log wrote: it tells what happened to the file."""

    generation: int
    text: str
    tag: str = ""
    """Of several files as one: which it happened to."""
    lost: bool = False
    """A line stands here whose text is gone."""

    @property
    def place(self) -> Place:
        return Place(self.generation, -1)


@dataclass(frozen=True, slots=True)
class Change:
    """What one look at the disk showed."""

    kind: Literal["same", "grew", "truncated", "replaced", "vanished", "appeared"]
    generation: int
    size: int
    more: bool = False
    """There is more to read than one look takes: look again soon."""


@dataclass(slots=True)
class Part:
    """One generation of the text: what was in the file between two rotations or truncations."""

    generation: int
    index: LineIndex
    read: Read
    device: int | None
    inode: int | None
    """Of the file; None for text that is only in memory."""


class Source:
    """Random access by row to one or several parts with marks between them. Never raises for what the disk does."""

    live: bool = False
    """Lines may still be written to it, so it can be followed."""
    several: bool = False
    """Its lines are of several files; `origin` tells which."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.notice: str | None = None
        """A sentence on why there is nothing, or nothing new, to show."""
        self._parts: list[Part | Mark] = []

    @property
    def parts(self) -> Sequence[Part]:
        """Oldest first; the last one is the text as it is now."""
        return [part for part in self._parts if isinstance(part, Part)]

    @property
    def row_count(self) -> int:
        return sum(_rows(part) for part in self._parts)

    @property
    def line_count(self) -> int:
        """Rows that are lines of a log."""
        return sum(part.index.rows for part in self.parts)

    @property
    def partial(self) -> str:
        """Which part of the text this is, in a few words; empty where it is all of it."""
        return ""

    @property
    def size(self) -> int:
        """Bytes of the text as it is now."""
        return parts[-1].index.end if (parts := self.parts) else 0

    @property
    def inode(self) -> int | None:
        return parts[-1].inode if (parts := self.parts) else None

    @property
    def progress(self) -> float:
        """How much of the text has been counted, 0 to 1; lines have numbers when it is 1."""
        return min((part.index.progress for part in self.parts), default=1.0)

    def poll(self) -> Change:
        """Look at the disk."""
        return Change("same", self._parts[-1].generation if self._parts else 0, self.size)

    def index_step(self, budget_s: float) -> bool:
        """Count lines for about that long; True when all are counted."""
        return all(part.index.step(budget_s) for part in reversed(self.parts))

    def row(self, row: int) -> Line | Mark:
        """The row's line, read from the text now. Raises IndexError outside 0 … `row_count` - 1."""
        if row < 0:
            raise IndexError(row)
        for part in self._parts:
            if row < _rows(part):
                return part if isinstance(part, Mark) else _line(part, row)
            row -= _rows(part)
        raise IndexError(row)

    def place(self, row: int) -> Place | None:
        """The place of a row, without reading its text; None outside."""
        for part in self._parts:
            if 0 <= row < _rows(part):
                return part.place if isinstance(part, Mark) else Place(part.generation, part.index.bounds(row)[0])
            row -= _rows(part)
        return None

    def knows(self, place: Place) -> bool:
        """Whether the index has reached this place, so that it has a row of its own."""
        part = self.part_of(place)
        return part is None or place.offset >= part.index.begin

    def row_of(self, place: Place) -> int:
        """The row of a place, or of the nearest one that is still there."""
        wanted = (place.generation, min(place.offset, 0))
        before = found = 0
        for part in self._parts:
            if (part.generation, -1 if isinstance(part, Mark) else 0) > wanted:
                break
            if isinstance(part, Mark):
                inside = 0
            elif part.generation == place.generation:
                inside = part.index.row_at(place.offset)
            else:
                inside = max(0, _rows(part) - 1)
            found = before + inside
            before += _rows(part)
        return min(found, max(0, self.row_count - 1))

    def part_of(self, place: Place) -> Part | None:
        return next((part for part in self.parts if part.generation == place.generation), None)

    def origin(self, place: Place) -> tuple[Path, Place] | None:
        """The file of a row, and the line's place there; None where that is not known, or all are of one."""
        return None

    def close(self) -> None:
        """Give back what is held; the source shows nothing afterwards until it is looked at again."""


class TextSource(Source):
    """Text that is in memory: a kept attempt, the output of a command."""

    def __init__(self, title: str, data: bytes) -> None:
        super().__init__(title)

        def read(offset: int, length: int) -> bytes:
            return data[offset : offset + length]

        self._parts = [Part(0, LineIndex(read, len(data)), read, None, None)]
        if not data:
            self.notice = "It is empty."


def _rows(part: Part | Mark) -> int:
    return 1 if isinstance(part, Mark) else part.index.rows


def _line(part: Part, row: int) -> Line:
    start, end, complete = part.index.bounds(row)
    cut = end - start > CUT
    text = part.read(start, min(end - start, CUT))
    if cut and (state := _last_state(part, end)) is not None:
        text = state
    return Line(part.generation, start, end, row + 1 if part.index.complete else None, text, cut=cut, complete=complete)


def _last_state(part: Part, end: int) -> bytes | None:
    """A progress bar rewrites its line with carriage returns: after a million of them only its end is worth showing."""
    tail = part.read(end - LAST_STATE, LAST_STATE).rstrip(b"\r")
    at = tail.rfind(b"\r")
    return None if at < 0 else tail[at + 1 :]
