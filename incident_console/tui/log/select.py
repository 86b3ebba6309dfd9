"""Which lines are selected, and which bytes of which file are they?

Of a file, a selection names the bytes: they can be read again and checked. Lines with hidden ones between them, or of
several files, are text that no file holds in one piece: they are taken as they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from incident_console.tail.source import Line, Place, Source

MOST_SELECTED = 1024 * 1024
MOST_LINES = 5_000
"""Lines of a merged stream that are looked up in their own file."""


@dataclass(frozen=True, slots=True)
class Selected:
    """Whole lines: the selection, or the line under the cursor. Of a file, of one generation of it."""

    path: Path | None
    """None: the text is not in one piece in a file (a kept attempt, captured output, several files, a filter)."""
    inode: int | None
    first_line: int | None
    """Counted from 1; None while the lines are not numbered yet, and where they have no numbers."""
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


def in_own_file(shown: Source, whole: Source, cursor: Place, anchor: Place | None) -> Selected | None:
    """Lines of several files as one: where they stand in one of them, one after the other; else None."""
    first, last = rows_between(shown, cursor, anchor)
    if last - first > MOST_LINES:
        return None
    path: Path | None = None
    start = end = generation = 0
    lines: list[Line] = []
    for row in range(first, last + 1):
        line = shown.row(row)
        own = whole.origin(line.place) if isinstance(line, Line) else None
        if own is None or not isinstance(line, Line):
            return None
        if path is None:
            path, generation, start, end = own[0], own[1].generation, own[1].offset, own[1].offset - 1
        if own != (path, Place(generation, end + 1)):
            return None
        end += 1 + line.end - line.offset
        lines.append(line)
    if end - start > MOST_SELECTED:
        return None
    return Selected(path, None, lines[0].number, lines[-1].number, start, end, lines[0].tag) if path else None


def hidden_between(shown: Source, whole: Source, cursor: Place, anchor: Place | None) -> bool:
    """Whether there are lines between the selected ones that are not shown."""
    first, last = rows_between(shown, cursor, anchor)
    begin, end = rows_between(whole, cursor, anchor)
    return end - begin != last - first


def joined(source: Source, whole: Source, cursor: Place, anchor: Place | None) -> tuple[bytes, bool]:
    """The text of the selected lines as they are shown, at most 1 MiB; and whether there is more."""
    first, last = rows_between(source, cursor, anchor)
    taken = bytearray()
    for row in range(first, min(last + 1, source.row_count)):
        line = source.row(row)
        if not isinstance(line, Line):
            continue  # what happened to the file is no text of it
        taken += text_of(line, whole, MOST_SELECTED)
        taken += b"\n"
        if len(taken) > MOST_SELECTED + 1:
            return bytes(taken[:MOST_SELECTED]), True
    return bytes(taken[:-1]), False


def text_of(row: object, whole: Source, most: int) -> bytes:
    """A line's whole text, where it can be had; nothing for a row that no log wrote."""
    if not isinstance(row, Line):
        return b""
    part = whole.part_of(row.place) if row.cut else None
    return part.read(row.offset, min(row.end - row.offset, most)) if part is not None else row.text


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
