"""Where is the next line that holds this, in a text of any size?

A search is taken in slices of time, so that the one who asked keeps the screen and can stop it by not asking for the
next slice. Text in files is read in blocks of whole lines (see `blocks`); rows that are put together from elsewhere
(several files as one stream, a filtered view) are taken one by one, as far as a row shows its line.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from incident_console.errors import InputError
from incident_console.tail.finding import blocks
from incident_console.tail.finding.errors_in import error_finder
from incident_console.tail.finding.finders import Finder, Span, Unjudged, finder, matcher
from incident_console.tail.source import Line, Part, Place, Source

__all__ = ["Finder", "Hit", "Search", "error_finder", "finder", "matcher", "search"]

ROWS_A_PAUSE = 16


@dataclass(frozen=True, slots=True)
class Hit:
    """A match: its bytes, and the line it is on."""

    place: Place
    """Of the first byte of the line."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _GivenUp:
    """The expression took too long on a line."""

    offset: int


class Search:
    """One search through a source, from a place on, forwards or backwards, ending at the end of the text.

    The line at `start` is not looked at: searching on from a hit finds the next one. `start` None begins at the first
    (backwards: the last) line.
    """

    def __init__(self, source: Source, find: Finder, start: Place | None = None, *, forward: bool = True) -> None:
        self.hit: Hit | None = None
        self.done = False
        self.trouble: str | None = None
        """A sentence where the search ended before the end of the text without a hit."""
        self.looked_at = 0
        """Bytes (rows, where the source has only rows) looked at so far."""
        self._find = find
        if source.parts:
            self.total = sum(part.index.end for part in source.parts)
            self._slices = self._forward(source, start) if forward else self._backward(source, start)
        else:
            self.total = source.row_count
            self._slices = self._by_rows(source, start, 1 if forward else -1)

    def step(self, budget_s: float) -> bool:
        """Look on for about that long. True when it is over: `hit` is the match, or None."""
        until = time.perf_counter() + budget_s
        while not self.done:
            try:
                found = next(self._slices)
            except StopIteration:
                self.done = True
                break
            if isinstance(found, Hit):
                self.hit, self.done = found, True
            elif found is not None:
                self.done = True
                self.trouble = (
                    f"The search stopped at byte {found.offset}: the expression takes too long on that line. "
                    "Make it simpler (no repeat inside a repeat), or search for a text."
                )
            if time.perf_counter() >= until:
                break
        return self.done

    @property
    def progress(self) -> float:
        return min(1.0, self.looked_at / self.total) if self.total else 1.0

    def _forward(self, source: Source, start: Place | None) -> Iterator[Hit | _GivenUp | None]:
        for part in source.parts:
            at = 0
            if start is not None:
                if part.generation < start.generation:
                    continue
                if part.generation == start.generation and start.offset >= 0:
                    at = blocks.line_end(part.read, start.offset) + 1
            for block in blocks.forward(part.read, at, part.index.end):
                if block is not None:
                    for item in self._find.spans(block.data, block.start, block.stop):
                        yield _found(part, block.at, item) if item is not None else None
                    self.looked_at += block.stop - block.start
                yield None

    def _backward(self, source: Source, start: Place | None) -> Iterator[Hit | _GivenUp | None]:
        for part in reversed(source.parts):
            end = part.index.end
            if start is not None:
                if part.generation > start.generation or (part.generation == start.generation and start.offset < 0):
                    continue
                if part.generation == start.generation:
                    end = min(end, start.offset)
            for block in blocks.backward(part.read, end):
                if block is not None:
                    last: Span | Unjudged | None = None
                    for item in self._find.spans(block.data, block.start, block.stop):
                        last = item or last
                        yield None
                    if last is not None:
                        yield _found(part, block.at, last)
                    self.looked_at += block.stop - block.start
                yield None

    def _by_rows(self, source: Source, start: Place | None, step: int) -> Iterator[Hit | _GivenUp | None]:
        row = (0 if step > 0 else source.row_count - 1) if start is None else source.row_of(start) + step
        while 0 <= row < source.row_count:
            line = source.row(row)
            if isinstance(line, Line) and (item := self._find.on_line(line.text)):
                if isinstance(item, Unjudged):
                    yield _GivenUp(line.offset)
                else:
                    yield Hit(line.place, line.offset + item[0], line.offset + item[1])
            row += step
            self.looked_at += 1
            if not self.looked_at % ROWS_A_PAUSE:
                yield None


def _found(part: Part, at: int, item: Span | Unjudged) -> Hit | _GivenUp:
    if isinstance(item, Unjudged):
        return _GivenUp(at + item.start)
    start, end = item
    return Hit(Place(part.generation, blocks.line_start(part.read, at + start)), at + start, at + end)


def search(
    source: Source,
    pattern: str,
    start: Place | None = None,
    *,
    forward: bool = True,
    regex: bool = False,
    cancel: Callable[[], bool] = lambda: False,
) -> Hit | None:
    """The whole search at once, for callers that may wait. Raises InputError for a bad or too slow expression."""
    looking = Search(source, finder(pattern, regex=regex), start, forward=forward)
    while not cancel():
        if looking.step(0.05):
            if looking.trouble:
                raise InputError(looking.trouble)
            return looking.hit
    return None
