"""The rows of a log as text that leaves it: in slices, whatever the size.

`raw` is the bytes as they stand in the file; otherwise the text is as it is shown, with nothing in it that a terminal
obeys: it goes to a clipboard that is pasted somewhere, or to a pager.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from incident_console.tail.source import Line, Source
from incident_console.tui.log.select import text_of
from incident_console.tui.log.text import plain

PIECE = 256 * 1024
LONGEST = 8 * 1024 * 1024
"""Bytes of one line that are taken out at most."""


class Rows:
    """The rows that are `first` … `last` of a source now, taken out piece by piece; they may move meanwhile."""

    def __init__(self, shown: Source, whole: Source, first: int, last: int, *, raw: bool) -> None:
        self.lines = self.lost = 0
        """Lines taken out so far, and lines whose text is in no file any more."""
        self._looked_at = 0
        self._shown, self._whole, self._raw = shown, whole, raw
        last = min(last, shown.row_count - 1)
        self._first, self._last = shown.place(first), shown.place(last)
        self._count = max(1, last - first + 1)

    @property
    def progress(self) -> float:
        return min(1.0, self._looked_at / self._count)

    def pieces(self, budget_s: float) -> Iterator[bytes]:
        """Pieces of text that each took at most about so long to read; each ends with a line."""
        if self._first is None or self._last is None:
            return
        shown = self._shown
        until, piece = time.perf_counter() + budget_s, bytearray()
        row, last = shown.row_of(self._first) - 1, shown.row_of(self._last)
        while (row := row + 1) <= last:
            line = shown.row(row)
            self._looked_at += 1
            if not isinstance(line, Line):
                self.lost += line.lost
                continue
            self.lines += 1
            text = text_of(line, self._whole, LONGEST)
            prefix = f"{plain(os.fsencode(line.tag))}  ".encode() if line.tag else b""
            piece += prefix + (text if self._raw else plain(text, whole=True).encode()) + b"\n"
            if len(piece) >= PIECE or time.perf_counter() >= until:
                here = shown.place(row) or self._first
                yield bytes(piece)
                row, last = shown.row_of(here), shown.row_of(self._last)
                until, piece = time.perf_counter() + budget_s, bytearray()
        if piece:
            yield bytes(piece)
