"""Which lines of one text match a filter, as far as it was looked at: from its end backwards, and on as it grows?

`SiftedPart` goes through the bytes of one generation of a file, at the speed of a search; 8 bytes a match.
`SiftedRows` goes through the rows of a stream that has no bytes of its own, such as several files merged; 24 bytes a
match, and the last rows are judged again when it grows, because a line that is late is put in among them. Its marks
are rows and no matches.
"""

import time
from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator

from incident_console.tail.filtering.sieve import Sieve
from incident_console.tail.finding import blocks
from incident_console.tail.finding.blocks import Block
from incident_console.tail.source import Mark, Part, Place, Source

OPEN_LINE = 64 * 1024
"""Bytes of a last line without its newline that are judged; the whole of it is, once it is complete."""
LOOSE_ROWS = 256
"""Rows at the end of a stream among which others may still be put."""
ROWS_AT_ONCE = 64
MOST_CHECKS = 2000
"""Places remembered among judged rows, one for each `ROWS_AT_ONCE`: between which of them was a late line put?"""
ROWS_BEFORE = 64
"""Rows read before those that are judged, to know which level the first of them belong to."""


class SiftedPart:
    def __init__(self, part: Part, sieve: Sieve) -> None:
        self.part = part
        self._sieve = sieve
        self._above = array("Q")
        """Matches before the place where looking began, the last one first."""
        self._below = array("Q")
        """Matches from there on, in order."""
        self._open: int | None = None
        """The last line, where it matches so far and has no newline yet."""
        self._low = self._high = -1
        """Looked at is what lies between; -1: nothing yet."""
        self._back: Iterator[Block | int | None] | None = None
        self._ahead: Iterator[int | None] | None = None
        self._no_newline_before = 0
        self._judged_to = -1
        """The text's end when its unfinished last line was judged."""
        self._batch: list[int] = []

    @property
    def rows(self) -> int:
        return len(self._above) + len(self._below) + (self._open is not None)

    @property
    def matches(self) -> int:
        return self.rows

    @property
    def total(self) -> int:
        return self.part.index.end

    @property
    def looked_at(self) -> int:
        return max(0, (self._high if self._ahead else self.total) - self._low) if self._low >= 0 else 0

    def place(self, row: int) -> Place:
        above, below = len(self._above), len(self._below)
        if row < above:
            offset = self._above[above - 1 - row]
        elif row < above + below or self._open is None:
            offset = self._below[row - above]
        else:
            offset = self._open
        return Place(self.part.generation, offset)

    def row_of(self, place: Place) -> int:
        """The last row at or before the place; -1: none."""
        above, offset = self._above, place.offset
        row = len(above) - bisect_left(range(len(above)), True, key=lambda i: above[i] <= offset)
        row += bisect_right(self._below, offset) + (self._open is not None and self._open <= offset)
        return row - 1

    def reached(self, place: Place) -> bool:
        return self._low <= place.offset

    def drop(self, count: int) -> int:
        """Forget so many of the oldest matches; gives how many there were."""
        above = min(count, len(self._above))
        below = min(count - above, len(self._below))
        del self._above[len(self._above) - above :], self._below[:below]
        return above + below

    def look_again(self) -> None:
        """Bytes that were looked at stay what they are."""

    def grow(self, until: float) -> bool:
        """Take what was written since, until that time. True when all of it is taken."""
        if self._low < 0 and not self._begin():
            return True
        while True:
            if self._ahead is None:
                if not self._newline_came():
                    self._judge_open_line()
                    return True
                self._open, self._judged_to = None, -1
                self._ahead = self._forward(self.part.index.end)
            for match in self._ahead:
                # The pieces of a very long line are one line.
                if match is not None and (not self._below or self._below[-1] < match):
                    self._below.append(match)
                if time.perf_counter() >= until:
                    return False
            self._ahead = None

    def step(self, until: float) -> bool:
        """Look further up, until that time. True when the beginning is reached."""
        if self._low < 0 and not self._begin():
            return self.part.index.complete
        while self._low > 0:
            if self._back is None:
                floor = self._floor()
                if floor is None or floor >= self._low:
                    return False
                self._back = self._backward(floor)
            for item in self._back:
                if isinstance(item, int):
                    self._batch.append(item)
                elif item is not None:
                    self._above.extend(reversed(self._batch))
                    self._batch.clear()
                    self._low = item.at + item.start if item.whole else self._low
                if time.perf_counter() >= until:
                    return False
            self._back = None
            if self._low > 0:
                return False
        return True

    def _begin(self) -> bool:
        """At the last line whose beginning is known: from there on forwards, and backwards."""
        index = self.part.index
        if not index.complete and index.rows < 2:
            return False
        self._low = self._high = self._no_newline_before = index.bounds(index.rows - 1)[0] if index.rows else 0
        return True

    def _floor(self) -> int | None:
        """Where the first line begins that has a row."""
        index = self.part.index
        return 0 if index.complete else index.bounds(0)[0] if index.rows > 1 else None

    def _newline_came(self) -> bool:
        """A line was completed behind what was looked at."""
        end = self.part.index.end
        while self._no_newline_before < end:
            data = self.part.read(self._no_newline_before, min(blocks.BLOCK, end - self._no_newline_before))
            if not data:
                return False
            if b"\n" in data:
                return True
            self._no_newline_before += len(data)
        return False

    def _judge_open_line(self) -> None:
        if self._judged_to == self.part.index.end:
            return
        self._judged_to = self.part.index.end
        length = min(OPEN_LINE, self.part.index.end - self._high)
        self._open = None
        if length > 0 and (data := self.part.read(self._high, length)):
            block = Block(self._high, data, 0, len(data), True)
            self._open = next((self._high for match in self._matches(block) if match is not None), None)

    def _forward(self, end: int) -> Iterator[int | None]:
        for block in blocks.forward(self.part.read, self._high, end):
            if block is not None:
                stop = block.stop
                if block.at + stop >= end:
                    stop = block.data.rfind(b"\n", 0, stop) + 1
                yield from self._matches(Block(block.at, block.data, block.start, stop, block.whole))
                if stop and block.data[stop - 1] == 0x0A:
                    self._high = self._no_newline_before = block.at + stop
            yield None

    def _backward(self, floor: int) -> Iterator[Block | int | None]:
        """Matches of one block after the other, in order, and each block behind its matches."""
        for block in blocks.backward(self.part.read, self._low, floor):
            if block is not None:
                yield from self._matches(block)
            yield block

    def _matches(self, block: Block) -> Iterator[int | None]:
        """Where the matching lines begin."""
        data, start, stop, lead = block.data, block.start, block.stop, block.start
        if not block.whole:
            start = data.find(b"\n", start, stop) + 1
            if not start:
                return
            lead = start
        base = block.at
        if self._sieve.lead and base + start > 0:
            before = self.part.read(max(0, base - self._sieve.lead), min(base, self._sieve.lead))
            data, base = before + data, base - len(before)
            start, stop = start + len(before), stop + len(before)
            lead = 0 if base == 0 else min(start, data.find(b"\n", 0, start) + 1 or start)
        for match in self._sieve.lines(data, start, stop, lead):
            yield None if match is None else base + match


_Row = tuple[Place, bool]
"""Where it is, and whether it is a mark."""


class SiftedRows:
    def __init__(self, source: Source, sieve: Sieve) -> None:
        self._source = source
        self._sieve = sieve
        self._above = _Places()
        self._below = _Places()
        self._loose: list[_Row] = []
        """Those among the rows from `_settled` on."""
        self._top: Place | None = None
        self._settled: Place | None = None
        self._seen = (0, 0)
        self._judged_above = 0
        """Rows that were judged from the place where looking began upwards."""
        self._checks: deque[tuple[Place, int]] = deque(maxlen=MOST_CHECKS)
        """Places from there on, each with how many rows were judged before it; the last one is `_settled`."""

    @property
    def rows(self) -> int:
        return len(self._above) + len(self._below) + len(self._loose)

    @property
    def matches(self) -> int:
        """Rows that are lines: marks are shown, whatever the filter."""
        loose = sum(is_mark for _, is_mark in self._loose)
        return self.rows - self._above.marks - self._below.marks - loose

    @property
    def total(self) -> int:
        return self._source.row_count

    @property
    def looked_at(self) -> int:
        return self.total - (0 if self._top is None else self._source.row_of(self._top))

    def place(self, row: int) -> Place:
        above, below = len(self._above), len(self._below)
        if row < above:
            return self._above[above - 1 - row]
        return self._below[row - above] if row < above + below else self._loose[row - above - below][0]

    def row_of(self, place: Place) -> int:
        row = self._source.row_of(place)
        return bisect_left(range(self.rows), True, key=lambda i: self._source.row_of(self.place(i)) > row) - 1

    def reached(self, place: Place) -> bool:
        return self._top is not None and self._source.row_of(self._top) <= self._source.row_of(place)

    def drop(self, count: int) -> int:
        above = min(count, len(self._above))
        below = min(count - above, len(self._below))
        self._above.cut(len(self._above) - above, len(self._above))
        self._below.cut(0, below)
        return above + below

    def look_again(self) -> None:
        """Something changed that the number of rows and bytes may not show."""
        self._seen = (0, 0)

    def grow(self, until: float) -> bool:
        source = self._source
        count = source.row_count
        if not count or (seen := (count, source.size)) == self._seen:
            return True
        self._forget_gone()
        if self._settled is None or self._top is None:
            self._settled = self._top = source.place(max(0, count - LOOSE_ROWS)) or Place(0, 0)
            self._checks.append((self._settled, 0))
        self._take_back()
        row = source.row_of(self._settled)
        while row < count - LOOSE_ROWS:
            after = min(row + ROWS_AT_ONCE, count - LOOSE_ROWS)
            for found in self._judge(row, after):
                self._below.append(*found)
            self._settled = source.place(after) or self._settled
            before = self._checks[-1][1] if self._checks else 1  # where looking began is gone
            self._checks.append((self._settled, before + after - row))
            row = after
            self._loose = []
            if time.perf_counter() >= until:
                return False
        self._loose = self._judge(row, count)
        self._seen = seen
        return True

    def step(self, until: float) -> bool:
        source = self._source
        while self._top is not None and (row := source.row_of(self._top)) > 0:
            first = max(0, row - ROWS_AT_ONCE)
            for found in reversed(self._judge(first, row)):
                self._above.append(*found)
            self._top = source.place(first) or self._top
            self._judged_above += row - first
            if time.perf_counter() >= until:
                return False
        return source.progress >= 1

    def _take_back(self) -> None:
        """Where late lines were put in among judged rows, what stands from there on is judged again."""
        source, checks = self._source, self._checks
        while checks and source.place(source.row_of(checks[0][0])) != checks[0][0]:
            checks.popleft()
        if not checks:
            return
        begin, judged = checks[0]
        row = source.row_of(begin)
        if not judged and self._top is not None and self._judged_above < row - source.row_of(self._top):
            self._above.cut(0, len(self._above))
            self._top, self._judged_above = begin, 0

        def moved(number: int) -> bool:
            place, before = checks[number]
            return source.row_of(place) - row != before - judged

        if moved(len(checks) - 1):
            first = bisect_left(range(len(checks)), True, key=moved)
            while len(checks) > first:
                checks.pop()
            self._settled = checks[-1][0]
            kept = bisect_left(range(len(self._below)), True, key=lambda i: self._below[i] >= checks[-1][0])
            self._below.cut(kept, len(self._below))

    def _forget_gone(self) -> None:
        """A stream may drop its oldest rows."""
        kept = len(self._above) + len(self._below)
        # The mark which says that there were older rows stays the first one; it is judged again behind them.
        first = int(kept > 0 and self.place(0) == self._source.place(0))
        if kept > first and self._is_gone(first):
            self.drop(first + bisect_left(range(first, kept), True, key=lambda row: not self._is_gone(row)))
            if first:
                self._top = self._source.place(1)

    def _is_gone(self, row: int) -> bool:
        place = self.place(row)
        return self._source.place(self._source.row_of(place)) != place

    def _judge(self, first: int, stop: int) -> list[_Row]:
        """The matching rows, and all marks."""
        self._sieve.begin_rows()
        found = []
        for row in range(max(0, first - ROWS_BEFORE) if self._sieve.lead else first, stop):
            line = self._source.row(row)
            if (self._sieve.wants_mark(line) if isinstance(line, Mark) else self._sieve.wants(line)) and row >= first:
                found.append((line.place, isinstance(line, Mark)))
        return found


class _Places:
    """Many places in 24 bytes each."""

    def __init__(self) -> None:
        self.marks = 0
        self._numbers = array("q")

    def __len__(self) -> int:
        return len(self._numbers) // 3

    def __getitem__(self, number: int) -> Place:
        return Place(self._numbers[3 * number], self._numbers[3 * number + 1])

    def append(self, place: Place, is_mark: bool) -> None:
        self._numbers.extend((place.generation, place.offset, is_mark))
        self.marks += is_mark

    def cut(self, first: int, stop: int) -> None:
        self.marks -= sum(self._numbers[3 * first + 2 : 3 * stop : 3])
        del self._numbers[3 * first : 3 * stop]
