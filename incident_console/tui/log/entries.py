"""The rows of a source as the screen asks for them, again and again: each finished line is read once.

A row keeps its line for as long as text is only added behind all of it. Rows move when the index reaches further up in
one of the parts, and when there are other parts.
"""

from __future__ import annotations

from incident_console.tail.source import Line, Mark, Source

KEPT = 400


class Entries:
    def __init__(self) -> None:
        self._kept: dict[int, Line | Mark] = {}
        self._of: tuple[object, ...] = ()

    def clear(self) -> None:
        """The text may have changed behind our back."""
        self._kept.clear()

    def settle(self, source: Source) -> None:
        """Call before a page is drawn: forgets what stands in other rows by now."""
        parts = source.parts
        now = (id(source), *((part.generation, part.index.begin) for part in parts))
        if now != self._of or len(self._kept) > KEPT or not parts:
            self._kept.clear()
            self._of = now

    def row(self, source: Source, row: int) -> Line | Mark:
        entry = self._kept.get(row)
        if entry is None:
            entry = source.row(row)
            if isinstance(entry, Line) and entry.complete:
                self._kept[row] = entry
        return entry
