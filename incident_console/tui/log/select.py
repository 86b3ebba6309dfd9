"""Which bytes of which file are the selected lines?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from incident_console.tail.source import Line, Place, Source

MOST_SELECTED = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Selected:
    """Whole lines of one generation of one file: the selection, or the line under the cursor."""

    path: Path | None
    """None: the text is not a file (a kept attempt, captured output)."""
    inode: int | None
    first_line: int | None
    """Counted from 1; None while the lines are not numbered yet."""
    last_line: int | None
    start_byte: int
    end_byte: int
    """The byte after the last one; the newline of the last line is not part of it."""
    title: str = ""
    """What the text is called on the screen."""
    cut: bool = False
    """More was selected than the 1 MiB that is taken."""


def rows_between(source: Source, cursor: Place, anchor: Place | None) -> tuple[int, int]:
    """First and last row from the anchor to the cursor; the cursor's alone without an anchor."""
    row = source.row_of(cursor)
    other = row if anchor is None else source.row_of(anchor)
    return min(row, other), max(row, other)


def selected(source: Source, path: Path | None, title: str, cursor: Place, anchor: Place | None) -> Selected | None:
    """What is selected; None where there is no line. Of the cursor's generation only: a pin names one file's bytes."""
    part = source.part_of(cursor)
    lines = list(_ends(source, cursor, anchor))
    if part is None or not lines:
        return None
    start, end = min(lines, key=lambda line: line.offset), max(lines, key=lambda line: line.offset)
    stop = min(end.end, start.offset + MOST_SELECTED)
    cut = stop < end.end
    last_number = part.index.row_at(stop - 1) + 1 if cut and end.number else end.number
    return Selected(path, part.inode, start.number, last_number, start.offset, stop, title, cut)


def _ends(source: Source, cursor: Place, anchor: Place | None) -> Iterator[Line]:
    """Among these are the first and the last selected line of the cursor's generation."""
    first, last = rows_between(source, cursor, anchor)
    generation_first = source.row_of(Place(cursor.generation, 0))
    generation_last = source.row_of(Place(cursor.generation, 1 << 62))
    for row in (first, last, generation_first, generation_last):
        if first <= row <= last and row < source.row_count:
            line = source.row(row)
            if isinstance(line, Line) and line.generation == cursor.generation:
                yield line
