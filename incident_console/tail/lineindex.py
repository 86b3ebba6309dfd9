"""Where does each line of one growing text begin?

The index holds no lines and no offset of a line: one running count of newlines for each 64 KiB block, 8 bytes a block,
so a file of 1 GB costs 128 KiB. The last part of the text is counted first; the rest backwards, when there is time. A
line's place is then one bisection and one block read again. Until the beginning is reached, lines have places but no
numbers.
"""

import time
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable

Read = Callable[[int, int], bytes]
"""`read(offset, length)`: that many bytes, fewer at the end of the text or when it cannot be read; never raises."""

BLOCK = 64 * 1024
TAIL = 256 * 1024
BATCH_BLOCKS = 4
"""Read at once: so much stays in the processor's cache until it is counted (measured: 1.5 times as fast as 1 MiB)."""
CACHED_BLOCKS = 16


class LineIndex:
    """Lines of a text of `size` bytes, in rows: row 0 is the first line whose beginning is known."""

    def __init__(self, read: Read, size: int, *, tail: int = TAIL, block: int = BLOCK) -> None:
        self._read = read
        self._block = block
        self._anchor = max(0, size - tail) // block * block
        self._low = self._high = self._anchor
        self._before = array("Q")
        """Newlines between the start of the i-th block before the anchor and the anchor."""
        self._after = array("Q")
        """Newlines between the anchor and the end of the i-th block behind it."""
        self._open_end = False
        self._cache: OrderedDict[tuple[int, int], array[int]] = OrderedDict()
        self.grow(size)

    @property
    def end(self) -> int:
        """Bytes counted so far, from the start of the text: lines behind it are not known yet."""
        return self._high

    @property
    def begin(self) -> int:
        """Where the known text begins: lines before it have no rows yet."""
        return self._low

    @property
    def complete(self) -> bool:
        """True when the beginning is reached: rows count from the first line of the text."""
        return self._low == 0

    @property
    def progress(self) -> float:
        return 1.0 if self._high == 0 else 1 - self._low / self._high

    @property
    def _newlines_before(self) -> int:
        return self._before[-1] if self._before else 0

    @property
    def _newlines_after(self) -> int:
        return self._after[-1] if self._after else 0

    @property
    def _first(self) -> int:
        """Lines are counted from the one that holds the anchor, which is 0; this is the first known one."""
        return -self._newlines_before if self.complete else 1 - self._newlines_before

    @property
    def _last(self) -> int:
        return self._newlines_after if self._open_end else self._newlines_after - 1

    @property
    def _provisional(self) -> bool:
        """No newline in what was read so far: one row shows it, though its line begins further up."""
        return not self.complete and self._last < self._first and self._high > self._low

    @property
    def rows(self) -> int:
        return 1 if self._provisional else max(0, self._last - self._first + 1)

    def grow(self, size: int, limit: int | None = None) -> bool:
        """Count on to `size`, at most `limit` bytes of it. False: there is more, or it could not be read."""
        stop = size if limit is None else min(size, self._high + limit)
        while self._high < stop:
            data = self._read(self._high, min(stop - self._high, self._block * BATCH_BLOCKS))
            if not data:
                return False
            self._count_forward(data)
        return self._high >= size

    def _count_forward(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            number, inside = divmod(self._high - self._anchor, self._block)
            length = min(self._block - inside, len(data) - at)
            newlines = data.count(b"\n", at, at + length)
            if number < len(self._after):
                self._after[number] += newlines
            else:
                self._after.append(self._newlines_after + newlines)
            at += length
            self._high += length
        self._open_end = not data.endswith(b"\n")

    def step(self, budget_s: float) -> bool:
        """Count backwards for about that long. True when the beginning is reached."""
        until = time.perf_counter() + budget_s
        while self._low:
            start = max(0, self._low - self._block * BATCH_BLOCKS)
            data = self._read(start, self._low - start)
            for at in range(self._low - start - self._block, -1, -self._block):
                self._before.append(self._newlines_before + data.count(b"\n", at, at + self._block))
            self._low = start
            if time.perf_counter() >= until:
                break
        return self.complete

    def forget(self) -> None:
        """The text may have been written anew in the same length: keep no offset of what was read."""
        self._cache.clear()

    def bounds(self, row: int) -> tuple[int, int, bool]:
        """Start and end of a row in bytes, without its newline, and whether the newline has been written."""
        if self._provisional:
            return self._low, self._high - (not self._open_end), not self._open_end
        line = self._first + row
        if line < self._newlines_after:
            return self._start(line), self._newline(line + 1), True
        return self._start(line), self._high, False

    def row_at(self, offset: int) -> int:
        """The row that holds this byte; the first or last known row when it lies outside."""
        if offset < self._low or self._provisional or not self.rows:
            return 0
        offset = min(offset, max(self._low, self._high - 1))
        number, _ = divmod(offset - self._anchor, self._block)
        inside = bisect_left(self._positions(number), offset)
        if number >= 0:
            line = (self._after[number - 1] if number else 0) + inside
        else:
            line = inside - self._before[-1 - number]
        return min(max(0, line - self._first), self.rows - 1)

    def _start(self, line: int) -> int:
        if line == -self._newlines_before and self.complete:
            return 0
        return self._newline(line) + 1

    def _newline(self, line: int) -> int:
        """Offset of the newline before `line`. A text that changed under the index gives the end of the block."""
        if line >= 1:
            number = bisect_left(self._after, line)
            inside = line - (self._after[number - 1] if number else 0) - 1
        else:
            back = bisect_left(self._before, 1 - line)
            number = -1 - back
            inside = self._before[back] - (1 - line)
        positions = self._positions(number)
        if inside < len(positions):
            return positions[inside]
        return min(self._anchor + (number + 1) * self._block, self._high) - 1

    def _positions(self, number: int) -> "array[int]":
        start = self._anchor + number * self._block
        length = min(self._block, self._high - start)
        key = (start, length)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        data = self._read(start, length)
        found: array[int] = array("Q")
        at = data.find(b"\n")
        while at >= 0:
            found.append(start + at)
            at = data.find(b"\n", at + 1)
        self._cache[key] = found
        if len(self._cache) > CACHED_BLOCKS:
            self._cache.popitem(last=False)
        return found
