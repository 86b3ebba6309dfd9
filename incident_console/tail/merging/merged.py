"""How do several growing files read as one stream, in order of time?

A new line goes where its time says when that is within half a minute of the newest one; older lines, and those of
another clock, go to the end as they arrive, so that what arrives is seen. A line without a time belongs to the line
before it in its file and stays with it; in a file without any times, lines stand when they arrived. A line that is not
finished yet is shown at the very end until it is, or until it did not grow for a second.

A `Place` here is (order in microseconds of the epoch, key of the line: see `Timeline`); it sorts as the rows do and
does not move, except that of an unfinished line, which moves once. Text is read from the files when it is drawn.
"""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path

from incident_console.tail.merging.kept import KeptLines
from incident_console.tail.merging.member import MemberLog
from incident_console.tail.merging.memberrows import Arrival, Era
from incident_console.tail.merging.members import Member, MemberFacts, Members
from incident_console.tail.merging.timeline import FIRST, SEQ_BITS, SEQ_MASK, Stretch, Timeline
from incident_console.tail.source import CUT, Change, Line, Mark, Part, Place, Source

__all__ = ["Member", "MemberFacts", "MemberMark", "Merged"]

MOST_ROWS = 500_000
"""Older rows are dropped: about 40 bytes each."""
OPENING_FILES = 64
OPENING_ROWS = 5_000
OPENING_BYTES = 64 * 1024
"""Read from the end of each of the files that changed last."""
OPENING_ALL_BYTES = 640 * 1024
"""Read at opening from all files together, some 80 ms of work."""
PIECE = 64 * 1024
TAKE_BYTES = 1024 * 1024
TAKE_LINES = 8_000
"""Taken in one poll, about 25 ms of work: more is left for the next one."""
MOST_LOOKS = 500
"""Files looked at in one poll."""
MOST_OPEN = 128
"""Descriptors; beyond that the files that changed longest ago are closed."""

AHEAD_US = 2_000_000
"""A time that far in the future is still believed: clocks of two machines differ a little."""
UNFINISHED = 1 << 62
"""The order of unfinished lines: behind all others."""
EARLIER = "── older lines are not in this stream: open a file alone to read all of it ──"
LOST = "── this line is not in its file any more ──"
NOTHING_YET = "Nothing is written yet: lines appear here as they are written."
NO_FILES = "There are no log files yet."


@dataclass(frozen=True, slots=True)
class MemberMark(Mark):
    """What happened to one of the files, or to the stream (then without a tag)."""

    offset: int = -1

    @property
    def place(self) -> Place:
        return Place(self.generation, self.offset)


class Merged(Source):
    """Several files as one stream. The first `poll()` after `set_members` opens it; `changed` names what to look at."""

    live = True
    several = True

    def __init__(self, title: str, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(title)
        self.notice = NO_FILES
        self._clock = clock
        self._opened = False
        self._earlier = False
        self._timeline = Timeline()
        self._members = Members()
        self._dirty: dict[int, MemberLog] = {}
        self._open: dict[int, MemberLog] = {}
        """Those with descriptors, the one that changed longest ago first."""
        self._unfinished: dict[int, MemberLog] = {}
        self._kept = KeptLines()
        self.empty = NO_FILES
        """What is said while there are no files."""

    # -- the files -----------------------------------------------------------------------------------------------

    def set_members(self, members: Iterable[Member]) -> None:
        """These are the files from now on; rows of those that are no longer among them stay. One stat a new file."""
        new = self._members.set(members, seen=not self._opened, busy=self._dirty.keys() | self._unfinished.keys())
        self._dirty.update((log.rank, log) for log in new)
        self.notice = self._notice()

    def changed(self, paths: Iterable[Path]) -> None:
        """These may have changed: the next `poll()` looks at them. Others are ignored."""
        for path in paths:
            if (log := self._members.told(path, seen=not self._opened)) is not None:
                self._dirty[log.rank] = log

    @property
    def members_shown(self) -> int:
        """How many different files there are."""
        return self._members.shown

    def member_facts(self, most: int | None = None) -> list[MemberFacts]:
        """The files, the one that changed last first; at most so many of them."""
        return self._members.facts(most)

    # -- what is new ---------------------------------------------------------------------------------------------

    def poll(self) -> Change:
        """Take what is new in the files that changed, a bounded part of it at once."""
        if not self._opened:
            return self._open_first()
        if not self._dirty and not self._unfinished:
            return self._change("same")
        out: list[Stretch] = []
        now = self._clock()
        arrival = self._arrival(now)
        self._take(arrival, out)
        for log in self._unfinished.values():
            if (era := log.unfinished) is not None and era.is_settled_at(now):
                log.rows.settle(era, arrival, out)
        self._unfinished = {rank: log for rank, log in self._unfinished.items() if log.unfinished is not None}
        self._timeline.insert(out)
        if self._timeline.rows > MOST_ROWS:
            self._keep(MOST_ROWS - MOST_ROWS // 10)
        self._close_some()
        self.notice = self._notice()
        return self._change("grew" if out or self._dirty else "same")

    def close(self) -> None:
        """Give back the descriptors, the rows and the members: `set_members` begins anew."""
        for log in self._members.logs.values():
            log.close()
        self._members, self._timeline = Members(), Timeline()
        for logs in (self._dirty, self._open, self._unfinished):
            logs.clear()
        self._kept = KeptLines()
        self._opened = self._earlier = False
        self.notice = self.empty

    def _open_first(self) -> Change:
        self._opened = True
        now = self._clock()
        out: list[Stretch] = []
        recent = self._members.newest(OPENING_FILES + 1)
        self._earlier = len(recent) > OPENING_FILES
        lengths = _shares(recent[:OPENING_FILES])
        for log in sorted(recent[:OPENING_FILES], key=attrgetter("rank")):
            arrival = replace(self._arrival(now), now=log.changed_at, at=math.nan)
            before = log.size
            log.open_at_end(lengths[log.rank], arrival, out)
            self._looked_at(log, before)
            self._earlier |= before > lengths[log.rank]
        self._timeline.insert(out)
        self._keep(OPENING_ROWS)
        self.notice = self._notice()
        return self._change("appeared")

    def _arrival(self, now: float) -> Arrival:
        now_us = round(now * 1e6)
        end = max(now_us, self._timeline.newest + 1)
        return Arrival(now, now, self._timeline.floor, now_us + AHEAD_US, end)

    def _take(self, arrival: Arrival, out: list[Stretch]) -> None:
        """A piece of each file in turn, so that none waits for the loudest."""
        taken = lines = looks = 0
        while self._dirty and taken < TAKE_BYTES and lines < TAKE_LINES and looks < MOST_LOOKS:
            rank, log = next(iter(self._dirty.items()))
            del self._dirty[rank]
            looks += 1
            if log.is_unchanged():
                continue
            lines_before, size_before = log.lines, log.size
            some, more = log.look(PIECE, arrival, out)
            taken += some
            lines += log.lines - lines_before
            self._looked_at(log, size_before)
            if more:
                self._dirty[rank] = log
            if log.unfinished is not None:
                self._unfinished[rank] = log

    def _looked_at(self, log: MemberLog, size_before: int) -> None:
        self._members.looked_at(log, size_before)
        self._open.pop(log.rank, None)
        if log.descriptors:
            self._open[log.rank] = log
        else:
            log.close()

    def _keep(self, rows: int) -> None:
        for rank, lines in self._timeline.keep(rows).items():
            self._members.logs[rank].rows.forget(lines)
            self._earlier = True

    def _close_some(self) -> None:
        """Close what changed longest ago, and first what can be opened again without losing text."""
        held = sum(log.descriptors for log in self._open.values())
        for only_safe in (True, False):
            for rank, log in list(self._open.items()):
                if held <= MOST_OPEN:
                    return
                if rank not in self._dirty and not (only_safe and not log.can_be_reopened()):
                    held -= log.descriptors
                    log.close()
                    del self._open[rank]

    def _change(self, kind: str) -> Change:
        return Change(kind, 0, self.size, more=bool(self._dirty))  # type: ignore[arg-type]

    def _notice(self) -> str | None:
        if self._timeline.rows or self._unfinished:
            return None
        return NOTHING_YET if self._members.logs else self.empty

    # -- rows and places -----------------------------------------------------------------------------------------

    @property
    def parts(self) -> Sequence[Part]:
        """None: the text is in many files. Look through it row by row."""
        return ()

    @property
    def size(self) -> int:
        """Bytes of all the files."""
        return self._members.size

    @property
    def line_count(self) -> int:
        return self._timeline.rows + len(self._unfinished)

    @property
    def partial(self) -> str:
        if not self._earlier:
            return ""
        lines, files = self.line_count, self._members.shown
        return f"newest {lines:,} lines of {files:,} file{'' if files == 1 else 's'}"

    @property
    def row_count(self) -> int:
        return self._earlier + self._timeline.rows + len(self._unfinished)

    def row(self, row: int) -> Line | Mark:
        """The row's line, read from its file now. Raises IndexError outside 0 … `row_count` - 1."""
        if row == 0 and self._earlier:
            return MemberMark(FIRST, EARLIER)
        row -= self._earlier
        if (behind := row - self._timeline.rows) >= 0:
            log = list(self._unfinished.values())[behind]
            era = log.eras[-1]
            return self._read(log, era, era.line_start, era.scanned, Place(UNFINISHED, log.rows.next_key), None)
        order, key, at = self._timeline.line(row)
        log = self._members.logs[key >> SEQ_BITS]
        if (text := log.rows.marks.get(key & SEQ_MASK)) is not None:
            return MemberMark(order, text, log.label, offset=key)
        era, start, end = log.rows.where(key & SEQ_MASK)
        return self._read(log, era, start, end, Place(order, key), None if math.isnan(at) else at)

    def place(self, row: int) -> Place | None:
        if row < 0 or row >= self.row_count:
            return None
        if row == 0 and self._earlier:
            return Place(FIRST, -1)
        row -= self._earlier
        if (behind := row - self._timeline.rows) >= 0:
            return Place(UNFINISHED, list(self._unfinished.values())[behind].rows.next_key)
        order, key, _ = self._timeline.line(row)
        return Place(order, key)

    def row_of(self, place: Place) -> int:
        if place.generation == FIRST:
            return 0
        if place.generation < UNFINISHED:
            return self._earlier + self._timeline.row_of(place.generation, place.offset)
        first = self._earlier + self._timeline.rows
        rank = max(0, place.offset) >> SEQ_BITS
        behind = list(self._unfinished).index(rank) if rank in self._unfinished else len(self._unfinished)
        return max(0, min(first + behind, self.row_count - 1))

    def origin(self, place: Place) -> tuple[Path, Place] | None:
        if place.offset < 0 or (log := self._members.logs.get(place.offset >> SEQ_BITS)) is None:
            return None
        if place.generation == UNFINISHED and log.eras:
            return Path(log.path), Place(1, log.eras[-1].line_start)
        return log.origin(place.offset & SEQ_MASK)

    def first_at(self, at: float) -> Place | None:
        """The first row that stands at that time or later; None when there is none."""
        row = self._timeline.row_at(round(at * 1e6))
        return self.place(self._earlier + row) if row < self._timeline.rows else None

    def _read(self, log: MemberLog, era: Era, start: int, end: int, shown: Place, at: float | None) -> Line | Mark:
        """The line as it is in its file; where it is there no more, as it was when it was read last."""
        line = self._read_now(log, era, start, end, shown, at)
        if isinstance(line, Line) and (line.cut or len(line.text) >= end - start):
            self._kept.keep(shown.offset, line)
            return line
        before = self._kept.get(shown.offset)
        return line if before is None else replace(before, generation=shown.generation)

    def _read_now(self, log: MemberLog, era: Era, start: int, end: int, shown: Place, at: float | None) -> Line | Mark:
        if log.file is None and log.eras and log.reopen():
            self._looked_at(log, log.size)
            self._close_some()
        order, key = shown.generation, shown.offset
        own = Place(era.generation or 0, start)
        part = log.file.part_of(own) if log.file is not None and era.generation is not None else None
        if log.file is None or part is None:
            return MemberMark(order, LOST, log.label, lost=True, offset=key)
        if end - start <= CUT:
            text, newline, _ = part.read(start, end - start + 1).partition(b"\n")
            number = part.index.row_at(start) + 1 if part.index.complete else None
            end = key + len(text)
            return Line(order, key, end, number, text, cut=False, complete=bool(newline), tag=log.label, at=at)
        if log.file.knows(own) and isinstance(line := log.file.row(log.file.row_of(own)), Line):
            # What the file alone would show; its offsets mean nothing here, only their difference does.
            return replace(line, generation=order, offset=key, end=key + line.end - line.offset, tag=log.label, at=at)
        text = part.read(start, CUT)
        return Line(
            order, key, key + end - start, None, text, cut=True, complete=end < era.scanned, tag=log.label, at=at
        )


def _shares(logs: Sequence[MemberLog]) -> dict[int, int]:
    """How many bytes are read of each file at opening, by rank: small files leave room to large ones."""
    room, shares = OPENING_ALL_BYTES, {}
    for left, log in zip(range(len(logs), 0, -1), sorted(logs, key=attrgetter("size")), strict=True):
        shares[log.rank] = min(OPENING_BYTES, room // left)
        room -= min(shares[log.rank], log.size)
    return shares
