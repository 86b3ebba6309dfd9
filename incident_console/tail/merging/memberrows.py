"""Which lines of one file stand in the stream, where does each begin, and at which time does it stand?

Of the lines only the offsets are kept, 8 bytes a line. Each generation of the file's text (see `LogFile`) has its own
`Era`, which also knows how far that text was read.
"""

import math
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from incident_console.tail.merging.timeline import FIRST, SEQ_BITS, Stretch
from incident_console.tail.merging.times import LOOK_AT, Stamper

SETTLE_S = 1.0
"""An unfinished line that did not grow for so long gets its place as it is."""

Identity = tuple[int | None, int | None]
"""Device and inode."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What decides where a new line stands: orders are microseconds of the epoch."""

    now: float
    """Seconds of the epoch; lines of a file that tells no times stand here."""
    at: float
    """When such lines are said to have been written: as they arrive. NaN at opening, when it is not known."""
    floor: int
    """Older lines are put at the end."""
    ahead: int
    """Later lines are put at the end."""
    end: int
    """The order that is the end."""

    def order(self, at: float) -> int:
        order = round(at * 1e6)
        return order if self.floor <= order <= self.ahead else self.end


@dataclass(slots=True, eq=False)
class Era:
    """One generation of a file's text, and how far it was read."""

    identity: Identity
    scanned: int
    line_start: int
    """Of the line that is not finished yet, or comes next."""
    generation: int | None = None
    """In the LogFile that is open now."""
    at_line_start: bool = True
    """False: reading begins at the size the file had, maybe within a line."""
    head: bytes = b""
    """The beginning of the unfinished line."""
    has_row: bool = False
    """The unfinished line has its place already."""
    since: float = math.inf
    """When the unfinished line grew last."""

    @property
    def is_unfinished(self) -> bool:
        """There is a last line without a newline, which has no place yet."""
        return self.scanned > self.line_start and not self.has_row

    def is_settled_at(self, now: float) -> bool:
        return not 0 <= now - self.since < SETTLE_S


class MemberRows:
    """The rows of one file. `rank` numbers the files as they came; it decides between lines of the same time."""

    def __init__(self, rank: int, near: float) -> None:
        self.stamper = Stamper(near or None)
        self.lines = 0
        """That came since opening."""
        self.marks: dict[int, str] = {}
        self._rank = rank
        self._last = FIRST
        """The order of its last row."""
        self._last_at: float | None = None
        """The time of its last line; None as long as none told one."""
        self._starts = array("Q")
        self._gone = 0
        """Rows that were dropped."""
        self._run_starts: list[int] = []
        self._run_eras: list[Era] = []
        """The text that the rows from there on are in."""

    def __len__(self) -> int:
        return len(self._starts)

    def __contains__(self, seq: int) -> bool:
        return self._gone <= seq < self._gone + len(self._starts)

    @property
    def next_key(self) -> int:
        return self._rank << SEQ_BITS | self._gone + len(self._starts)

    @property
    def eras(self) -> list[Era]:
        """Those that any row is in."""
        return self._run_eras

    def where(self, seq: int) -> tuple[Era, int, int]:
        """The text that one of its lines is in, the line's offset there, and its end (of one that goes on: so far)."""
        era = self._run_eras[bisect_right(self._run_starts, seq) - 1]
        start, *following = self._starts[seq - self._gone : seq - self._gone + 2]
        if following and following[0] > start:
            return era, start, following[0] - 1
        return era, start, era.line_start - 1 if era.line_start > start else era.scanned

    def forget(self, rows: int) -> None:
        """Its first so many rows were dropped."""
        del self._starts[: rows - self._gone]
        for seq in [seq for seq in self.marks if seq < rows]:
            del self.marks[seq]
        run = max(0, bisect_right(self._run_starts, rows) - 1)
        del self._run_starts[:run], self._run_eras[:run]
        self._gone = rows

    def feed(self, era: Era, data: bytes, arrival: Arrival, out: list[Stretch]) -> None:
        """Take the next bytes of a text: finished lines get their places, the unfinished one is remembered."""
        lines = data.split(b"\n")
        rest = lines.pop()
        if lines:
            starts = list(accumulate(map(len, lines), lambda at, length: at + length + 1, initial=era.scanned))
            after = starts.pop()
            starts[0], lines[0] = era.line_start, era.head + lines[0]
            if era.has_row:
                del starts[0], lines[0]
            self._take(era, lines, starts, arrival, out)
            era.line_start, era.head, era.has_row = after, b"", False
        era.scanned += len(data)
        era.since = arrival.now
        if len(era.head) < LOOK_AT:
            era.head += rest[: LOOK_AT - len(era.head)]
        if len(era.head) >= LOOK_AT:
            self.settle(era, arrival, out)

    def settle(self, era: Era, arrival: Arrival, out: list[Stretch]) -> None:
        """The unfinished line, if there is one, gets its place as it is."""
        if era.is_unfinished:
            self._take(era, [era.head], [era.line_start], arrival, out)
            era.has_row = True

    def mark(self, text: str, era: Era, arrival: Arrival, out: list[Stretch]) -> None:
        """Tell what happened to the file, behind its last line."""
        self.marks[self._gone + len(self._starts)] = text
        if self._last == FIRST or self._last < arrival.floor:
            self._last = arrival.end
        out.append((self._last, self.next_key, arrival.at, 1))
        self._append(era, [0])

    def _take(self, era: Era, lines: list[bytes], starts: list[int], arrival: Arrival, out: list[Stretch]) -> None:
        """Lines get their places: each with a time begins a group, and those without one belong to the line before."""
        if not lines:
            return
        times = list(map(self.stamper.at, lines))
        order, at = self._carried(times, arrival)
        key = self.next_key
        begin = 0
        for number, own in enumerate(times):
            if own is None or (own == at and number):
                continue
            if number > begin:
                out.append((order, key + begin, at, number - begin))
            begin, at = number, own
            order = max(arrival.order(own), order)
        out.append((order, key + begin, at, len(lines) - begin))
        self._last = order
        if self._last_at is not None or any(own is not None for own in times):
            self._last_at = at
        self._append(era, starts)
        self.lines += len(lines)

    def _carried(self, times: list[float | None], arrival: Arrival) -> tuple[int, float]:
        """Where a line without a time stands that comes next."""
        if self._last_at is not None:
            # The line before may be far up: what arrives now is shown at the end, where it is seen.
            return (self._last, self._last_at) if self._last >= arrival.floor else (arrival.end, arrival.at)
        own = next((time for time in times if time is not None), None)
        if own is None:
            return max(arrival.order(arrival.now), self._last), arrival.at
        return max(arrival.order(own), self._last), own

    def _append(self, era: Era, starts: list[int]) -> None:
        if not self._run_eras or self._run_eras[-1] is not era:
            self._run_starts.append(self._gone + len(self._starts))
            self._run_eras.append(era)
        self._starts.extend(starts)
