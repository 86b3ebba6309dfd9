"""What is left of a text when only the lines that match a filter are shown?

A view of another source: a place here is the place there, so that switching the filter on and off keeps the reader
where they are. Built in slices from the end backwards, because the end is looked at first, and kept up with as the text
grows. Marks are always shown. At most `MOST` matching lines are kept (32 MB, 96 MB over a merged stream): the oldest
are left out, and a mark says so.
"""

import time

from incident_console.tail.filtering.filters import Filter
from incident_console.tail.filtering.sieve import Sieve
from incident_console.tail.filtering.sifted import SiftedPart, SiftedRows
from incident_console.tail.source import ALONE, Change, Line, Mark, Part, Place, Source

MOST = 4_000_000
POLL_S = 0.01
"""How long one look at the disk may judge what is new; the rest is told as `Change.more`."""


class Filtered(Source):
    """The rows of `inner` that `wanted` lets through. `inner` stays its opener's: closing this does not close it."""

    def __init__(self, inner: Source, wanted: Filter) -> None:
        super().__init__(inner.title)
        self.inner = inner
        self.wanted = wanted
        self.live = inner.live
        self._sieve = Sieve(wanted, inner.title)
        self._sections: list[SiftedPart | SiftedRows | Mark] = []
        self._left_out = False
        """The oldest matches were dropped, or were not looked for."""
        self._follow_inner()
        self._grow(POLL_S)

    @property
    def matched(self) -> int:
        """Lines found so far."""
        return sum(section.matches for section in self._sifted)

    @property
    def looked_at(self) -> int:
        """Bytes judged so far; rows where the inner source has only rows."""
        return sum(section.looked_at for section in self._sifted)

    @property
    def progress(self) -> float:
        total = sum(section.total for section in self._sifted)
        return 1.0 if self._left_out or not total else min(1.0, self.inner.progress, self.looked_at / total)

    @property
    def parts(self) -> list[Part]:
        """None: only the rows are this source's text."""
        return []

    @property
    def line_count(self) -> int:
        return self.matched

    @property
    def partial(self) -> str:
        return self.inner.partial

    @property
    def size(self) -> int:
        return self.inner.size

    @property
    def inode(self) -> int | None:
        return self.inner.inode

    @property
    def row_count(self) -> int:
        return self._left_out + sum(_rows(section) for section in self._sections)

    def poll(self) -> Change:
        """Look at the disk and judge what is new there."""
        change = self.inner.poll()
        self.live = self.inner.live
        self._follow_inner()
        if change.kind != "same":
            for section in self._sifted:
                section.look_again()
        if self._grow(POLL_S) or change.more:
            return change
        return Change(change.kind, change.generation, change.size, more=True)

    def index_step(self, budget_s: float) -> bool:
        """Look further up for about that long. True when all is looked at."""
        until = time.perf_counter() + budget_s
        counted = self.inner.index_step(budget_s / 2)
        self._follow_inner()
        if not self._grow(budget_s / 2):
            return False
        over = all(section.step(until) for section in reversed(self._sifted)) if not self._left_out else True
        self._keep_to_limit()
        self._tell()
        return counted and over

    def row(self, row: int) -> Line | Mark:
        if self._left_out and row == 0:
            return Mark(0, f"── only the last {self.matched} matching lines are shown: narrow the filter for more ──")
        section, inside = self._at(row)
        return section if isinstance(section, Mark) else self.inner.row(self.inner.row_of(section.place(inside)))

    def place(self, row: int) -> Place | None:
        if self._left_out and row == 0:
            return Place(0, -1)
        try:
            section, inside = self._at(row)
        except IndexError:
            return None
        return section.place if isinstance(section, Mark) else section.place(inside)

    def knows(self, place: Place) -> bool:
        sections = [section for section in self._sifted if _holds(section, place)]
        return self.inner.knows(place) and (self._left_out or all(section.reached(place) for section in sections))

    def row_of(self, place: Place) -> int:
        """The row of a place, or of the nearest one before it that is shown."""
        before = found = int(self._left_out)
        for section in self._sections:
            if isinstance(section, Mark):
                if section.place > place:
                    break
                found = before
            elif isinstance(section, SiftedPart) and section.part.generation > place.generation:
                break
            elif not isinstance(section, SiftedPart) or section.part.generation == place.generation:
                found = max(found, before + section.row_of(place))
            else:
                found = max(found, before + section.rows - 1)
            before += _rows(section)
        return max(0, min(found, self.row_count - 1))

    def part_of(self, place: Place) -> Part | None:
        """The text of the inner source that a place is in."""
        return self.inner.part_of(place)

    def close(self) -> None:
        self._sections = []

    @property
    def _sifted(self) -> list[SiftedPart | SiftedRows]:
        return [section for section in self._sections if not isinstance(section, Mark)]

    def _at(self, row: int) -> tuple[SiftedPart | SiftedRows | Mark, int]:
        inside = row - self._left_out
        if inside >= 0:
            for section in self._sections:
                if inside < _rows(section):
                    return section, inside
                inside -= _rows(section)
        raise IndexError(row)

    def _follow_inner(self) -> None:
        """A section for each part: new where the text was replaced, none for what is no longer held."""
        if not self.inner.parts:
            if not any(isinstance(section, SiftedRows) for section in self._sections):
                self._sections = [SiftedRows(self.inner, self._sieve)]
            return
        known = {id(section.part): section for section in self._sections if isinstance(section, SiftedPart)}
        self._sections = [
            piece if isinstance(piece, Mark) else known.get(id(piece)) or SiftedPart(piece, self._sieve)
            for piece in self.inner._parts
        ]

    def _grow(self, budget_s: float) -> bool:
        until = time.perf_counter() + budget_s
        over = True
        for section in self._sifted:
            over = section.grow(until) and over
        self._keep_to_limit()
        self._tell()
        return over

    def _keep_to_limit(self) -> None:
        excess = sum(section.rows for section in self._sifted) - MOST
        if excess <= 0:
            return
        # Some more than needed: each cut moves what is left.
        excess += MOST // 16
        for section in self._sifted:
            excess -= section.drop(excess)
        self._left_out = True

    def _tell(self) -> None:
        self.notice = self.inner.notice
        if self._sieve.unjudged:
            count = self._sieve.unjudged
            lines, are = ("line", "is") if count == 1 else ("lines", "are")
            self.notice = f"{count} {lines} took too long for the filter's expression and {are} shown."
        elif not self.matched and self.progress >= 1 and self.looked_at:
            here = f"No line matches in the part shown: {ALONE}"
            self.notice = here if self.partial else f"No line matches the filter {self.wanted.text}"


def _rows(section: SiftedPart | SiftedRows | Mark) -> int:
    return 1 if isinstance(section, Mark) else section.rows


def _holds(section: SiftedPart | SiftedRows, place: Place) -> bool:
    return isinstance(section, SiftedRows) or section.part.generation == place.generation
