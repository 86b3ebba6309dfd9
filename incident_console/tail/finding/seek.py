"""Where in a log does a time of day stand, and when was the line at a place written?

In one file by bisection of its bytes, because times in a log ascend roughly; in other sources by bisection of rows.
Lines without a time are skipped. A seek is taken in slices, as a search is.
"""

import os
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone, tzinfo

from incident_console.errors import InputError
from incident_console.tail.merging.merged import Merged
from incident_console.tail.merging.times import LOOK_AT, Stamper
from incident_console.tail.source import Line, Part, Place, Source

BLOCK = 64 * 1024
LOOK_BACK = 300
"""Lines looked back for the time of a line that has none of its own."""
LOOK_BACK_BYTES = 256 * 1024
LOOK_ON = 300
"""Rows looked at from the middle of a bisection on."""


class TimeSeek:
    """Looks for the first line that was written at `at` (seconds of the epoch) or later.

    When it is over, `place` is that line, or None: nothing is that late. `found_times` tells whether any line that
    was looked at told a time; without one there is nothing to seek by.
    """

    def __init__(self, source: Source, at: float, *, stamper: Stamper | None = None) -> None:
        self.place: Place | None = None
        self.found_times = False
        self.begins_at: float | None = None
        """When the line at `place` was written, where nothing that was looked at is earlier than was asked for."""
        self._found_earlier = False
        self._at = at
        self._stamper = stamper or _stamper(source)
        self._slices = self._seek(source)

    def step(self, budget_s: float) -> bool:
        """Look on for about that long. True when it is over."""
        until = time.perf_counter() + budget_s
        if not all(time.perf_counter() < until for _ in self._slices):
            return False
        if self._found_earlier:
            self.begins_at = None
        return True

    def _seek(self, source: Source) -> Iterator[None]:
        if isinstance(source, Merged):
            self.place = source.first_at(self._at)
            self.found_times = source.row_count > 0
            row = source.row_of(self.place) if self.place is not None else 0
            if row < source.row_count and isinstance(line := source.row(row), Line):
                self.begins_at = line.at
                self._found_earlier = row > 0 and isinstance(source.row(row - 1), Line)
        elif parts := source.parts:
            for part in parts:
                yield from self._seek_in(part)
                if self.place is not None:
                    return
        else:
            yield from self._seek_rows(source)

    def _seek_in(self, part: Part) -> Iterator[None]:
        """Before `low` nothing is late enough; what is late enough from `high` on is known."""
        low, high = 0, part.index.end
        while low < high:
            last = high - low <= BLOCK
            middle = low if last else (low + high) // 2
            late: int | None = None
            for found in _timed_lines(part, middle, high, self._stamper):
                if found is None:
                    yield
                    continue
                self.found_times = True
                start, own = found
                if own >= self._at:
                    late, self.begins_at = start, own
                    break
                self._found_earlier = True
                if not last:
                    low = start + 1
                    break
            else:
                high = middle
            if late is not None:
                self.place = Place(part.generation, late)
                high = middle
            yield

    def _seek_rows(self, source: Source) -> Iterator[None]:
        low, high = 0, source.row_count
        while low < high:
            middle = (low + high) // 2
            own, row = None, middle
            for row in range(middle, min(high, middle + LOOK_ON)):
                if (own := self._time_of(source, row)) is not None:
                    break
            if own is None or own >= self._at:
                if own is not None:
                    self.found_times = True
                    self.place, self.begins_at = source.place(row), own
                high = middle
            else:
                self.found_times = self._found_earlier = True
                low = row + 1
            yield

    def _time_of(self, source: Source, row: int) -> float | None:
        entry = source.row(row)
        if not isinstance(entry, Line):
            return None
        return entry.at if entry.at is not None else self._stamper.at(entry.text)


def at_of(source: Source, place: Place, *, stamper: Stamper | None = None) -> float | None:
    """When the line at a place was written, seconds of the epoch: its own time, or that of the line it belongs to.

    None when neither it nor any of some hundred lines before it in the same text tells.
    """
    if not source.row_count:
        return None
    stamper = stamper or _stamper(source)
    row = source.row_of(place)
    looked_at, tag = 0, None
    for back in range(row, max(-1, row - LOOK_BACK), -1):
        entry = source.row(back)
        # What stands before a mark, or is tagged otherwise, is another text.
        if not isinstance(entry, Line) or entry.tag != (tag := entry.tag if tag is None else tag):
            return None
        if entry.at is not None:
            return entry.at
        if (own := stamper.at(entry.text)) is not None:
            return own
        looked_at += len(entry.text)
        if looked_at > LOOK_BACK_BYTES:
            return None
    return None


def _timed_lines(part: Part, at: int, stop: int, stamper: Stamper) -> Iterator[tuple[int, float] | None]:
    """Lines with a time that begin in that range of bytes, as (start, time); None after each block."""
    within = at > 0 and part.read(at - 1, 1) != b"\n"
    start, head = at, b""
    while start < stop and (data := part.read(at, BLOCK)):
        *lines, rest = data.split(b"\n")
        for line in lines:
            if not within and (own := stamper.at(head + line)) is not None:
                yield start, own
            at += len(line) + 1
            start, head, within = at, b"", False
            if start >= stop:
                return
        at += len(rest)
        head = (head + rest)[:LOOK_AT]
        yield None
    if head and not within and start < stop and (own := stamper.at(head)) is not None:
        yield start, own


def _stamper(source: Source) -> Stamper:
    """Times without a date are completed with when the file was written; in memory, with now."""
    path = getattr(source, "path", None)
    try:
        near = os.stat(path).st_mtime if path is not None else None  # noqa: PTH116
    except OSError:
        near = None
    return Stamper(near)


_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(\.\d{1,6})?)?$")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})$")
_AGO = re.compile(r"(?:-\s*(\d+(?:\.\d+)?)\s*([a-z]+)|(\d+(?:\.\d+)?)\s*([a-z]+)\s+ago)$")
_UNITS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
}
_HOW = "Write a time as 14:05, 14:05:30, yesterday 14:05, 2026-11-22 14:05, -10m or 2h ago."


def parse_time(text: str, now: float, *, offset_s: int | None = None) -> float:
    """What an operator types for a time, as seconds of the epoch; local time, or that of a zone `offset_s` east of UTC.

    `14:05`, `14:05:30` (the last such time that is not after `now`), `today 14:05`, `yesterday 14:05`, `2026-11-22`,
    `2026-11-22 14:05`, ISO 8601 with an offset, `now`, `-10m`, `10 min ago`, `2h ago`. Raises InputError.
    """
    said = " ".join(text.lower().split())
    zone = None if offset_s is None else timezone(timedelta(seconds=offset_s))
    try:
        at = _parse(said, now, zone)
        if 0 <= at < 253_402_300_800:
            return at
    except (ValueError, OverflowError, OSError):
        pass
    raise InputError(f"{text.strip()[:60]!r} is not a time. {_HOW}")


def _parse(said: str, now: float, zone: tzinfo | None) -> float:
    if said == "now":
        return now
    if found := _AGO.match(said):
        number, unit = found[1] or found[3], found[2] or found[4]
        seconds = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
        if seconds is None:
            raise ValueError(unit)
        return now - float(number) * seconds
    today = datetime.fromtimestamp(now, zone)
    if _CLOCK.match(said):
        at = _on(today, said)
        # Today's clock has not come to it yet: yesterday's is meant.
        return at if at <= now else _on(today - timedelta(days=1), said)
    day, _, clock = said.partition(" ")
    if day in ("today", "yesterday"):
        return _on(today - timedelta(days=day == "yesterday"), clock or "0:00")
    if (found := _DAY.match(day)) and (not clock or _CLOCK.match(clock)):
        return _on(today.replace(year=int(found[1]), month=int(found[2]), day=int(found[3])), clock or "0:00")
    moment = datetime.fromisoformat(said.upper())
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).timestamp()


def _on(day: datetime, clock: str) -> float:
    if (found := _CLOCK.match(clock)) is None:
        raise ValueError(clock)
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    moment = day.replace(hour=hour, minute=minute, second=second, microsecond=0, fold=0)
    # Through the wall clock, so that a day with a change to summer time has its own offset.
    return (moment if day.tzinfo is not None else datetime(*moment.timetuple()[:6])).timestamp() + float(found[4] or 0)
