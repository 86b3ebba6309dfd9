"""In which order do the rows of many files stand, when lines keep arriving a little out of order?

A stretch is a run of lines that follow each other in one file and stand at one time. Stretches are kept sorted by
(order, key), in plain arrays without any text: 32 bytes a stretch. `order` is microseconds of the epoch, where the
stretch was put. `key` names its first line: which file (its rank), and how many of that file's lines came before. So
(order, key) of a line never changes, sorts as the rows do, and its row is found by bisection.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate

Stretch = tuple[int, int, float, int]
"""order, key of its first line, when it was written (seconds of the epoch, NaN: not known), how many lines."""

SEQ_BITS = 40
SEQ_MASK = (1 << SEQ_BITS) - 1
WINDOW_US = 30_000_000
"""How far above the newest row a new line may be inserted."""
MOST_MOVED = 20_000
"""… and above how many stretches, so that one insertion stays cheap in a flood."""

FIRST = -(1 << 62)


class Timeline:
    """Sorted stretches, newest last. Rows count from 0, the oldest that is kept."""

    def __init__(self) -> None:
        self._orders = array("q")
        self._keys = array("Q")
        self._ats = array("d")
        self._ends = array("Q")
        """Rows up to the end of each stretch, those that were dropped included."""
        self._dropped = 0

    @property
    def rows(self) -> int:
        return (self._ends[-1] if self._ends else self._dropped) - self._dropped

    @property
    def newest(self) -> int:
        """The order of the last row."""
        return self._orders[-1] if self._orders else FIRST

    @property
    def floor(self) -> int:
        """The least order at which a line may still be inserted."""
        if not self._orders:
            return FIRST
        nearest = self._orders[-MOST_MOVED] if len(self._orders) >= MOST_MOVED else FIRST
        return max(self._orders[-1] - WINDOW_US, nearest)

    def insert(self, new: Iterable[Stretch]) -> None:
        """Put these in their places. What stands behind the first of them is sorted again together with them."""
        stretches = sorted(new)
        if not stretches:
            return
        at = bisect_left(self._orders, stretches[0][0])
        before = self._end(at)
        if at < len(self._orders):
            ends = self._ends[at:]
            counts = [end - start for start, end in zip([before, *ends], ends, strict=False)]
            stretches += zip(self._orders[at:], self._keys[at:], self._ats[at:], counts, strict=True)
            stretches.sort()
            del self._orders[at:], self._keys[at:], self._ats[at:], self._ends[at:]
        orders, keys, ats, lengths = zip(*stretches, strict=True)
        self._orders.extend(orders)
        self._keys.extend(keys)
        self._ats.extend(ats)
        self._ends.extend(list(accumulate(lengths, initial=before))[1:])

    def line(self, row: int) -> tuple[int, int, float]:
        """Order, key and time of a row's line. Raises IndexError outside."""
        if not 0 <= row < self.rows:
            raise IndexError(row)
        at = bisect_right(self._ends, self._dropped + row)
        return self._orders[at], self._keys[at] + self._dropped + row - self._end(at), self._ats[at]

    def row_of(self, order: int, key: int) -> int:
        """The row of a line, or of the nearest that is there; 0 when there is none."""
        first = bisect_left(self._orders, order)
        after = bisect_right(self._orders, order, first)
        at = bisect_right(self._keys, key, first, after) - 1
        if at < first:
            return max(0, min(self._end(first) - self._dropped, self.rows - 1))
        inside = min(key - self._keys[at], self._ends[at] - self._end(at) - 1)
        return self._end(at) + inside - self._dropped

    def row_at(self, order: int) -> int:
        """The first row that stands at this order or later; `rows` when there is none."""
        return self._end(bisect_left(self._orders, order)) - self._dropped

    def keep(self, rows: int) -> dict[int, int]:
        """Drop the oldest rows beyond so many. Gives, for each file that lost any, how many of its lines are gone."""
        if self.rows <= rows:
            return {}
        cut = self._ends[-1] - rows
        at = bisect_right(self._ends, cut)
        ends = self._ends[:at]
        lost = {
            key >> SEQ_BITS: (key & SEQ_MASK) + end - start
            for key, start, end in zip(self._keys[:at], [self._dropped, *ends], ends, strict=False)
        }
        inside = cut - self._end(at)
        del self._orders[:at], self._keys[:at], self._ats[:at], self._ends[:at]
        if inside:
            self._keys[0] += inside
            lost[self._keys[0] >> SEQ_BITS] = self._keys[0] & SEQ_MASK
        self._dropped = cut
        return lost

    def _end(self, at: int) -> int:
        """Rows before a stretch."""
        return self._ends[at - 1] if at else self._dropped
