"""When was this line written?

A line tells it at its beginning, in one of the shapes below; a number anywhere else is data. Only what is certain is
taken: English names, a year of 2000 to 2099, a real date. A file keeps to one shape mostly, so the one seen last is
tried first: about a microsecond a line. Shapes: ISO 8601 and its relatives (Python logging, loguru, nginx errors,
RFC 5424), `[Sun Nov 22 18:04:08 2026]` (Snakemake, Apache errors, `date`), syslog (RFC 3164), Apache access logs, JSON
lines, `11/22/2026 07:34:46 PM`, `22.11.2026 19:34:46`, a bare clock, epoch seconds to nanoseconds.
"""

import re
import time
from calendar import timegm
from collections.abc import Callable

LOOK_AT = 4 * 1024
"""Bytes of a JSON line in which its time is looked for."""
EARLIEST, LATEST = 946_684_800.0, 4_102_444_800.0
"""2000 to 2100: what lies outside is no time of a log."""
AHEAD_S = 3600.0
"""How far a clock without a date may be ahead of when its file was written."""
EPOCH_NEAR_S = 31 * 86_400.0
"""A bare number is a time only that near to when its file was written."""
CLOCK_NEAR_S = 2 * 3600.0
"""The first bare clock of a file is a time of day only that near to when it was written; else a duration, maybe."""
DECIDES = 9
"""Bytes behind an ISO time that decide whether it goes on, as ` +02:00` does."""
MOST_MINUTES = 256
"""Remembered for each file."""

_MONTHS = {b"JanFebMarAprMayJunJulAugSepOctNovDec"[3 * i : 3 * i + 3]: i + 1 for i in range(12)}
_MONTH = rb"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_LEAD = rb"(?:\x1b\[[\d;]{0,12}m){0,4}"
_LEVEL = rb"(?:\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\]?[\s:|-]{1,8})?"
_REST = rb":(\d\d)(?:[.,](\d{1,9}))?"
_ZONE = rb"(Z|[ ]?UTC|[ ]?GMT|[+-]\d\d(?::?\d\d)?|[ ][+-]\d\d:?(?:00|30|45))?(?![\d:.]|-\d)"

_ISO = re.compile(
    _LEAD + _LEVEL + rb"(?:<\d{1,3}>1 |[\[(<]|time=\"?|ts=\"?|asctime=\"?)?"
    rb"(\d{4}[-/]\d\d[-/]\d\d[T _]\d\d:\d\d)" + _REST + _ZONE
)
_CTIME = re.compile(
    _LEAD + rb"\[?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? " + _MONTH + rb" ([ \d]\d|\d) (\d\d:\d\d)"
    rb":(\d\d)(?:\.(\d{1,9}))?(?: (UTC|GMT))? (\d{4})(?!\d)"
)
_SYSLOG = re.compile(_LEAD + rb"(?:<\d{1,3}>)?" + _MONTH + rb" ([ \d]\d|\d) (\d\d:\d\d):(\d\d)(?:\.(\d{1,9}))?(?=\s|$)")
_APACHE = re.compile(
    rb"(?:\S{1,80} \S{1,80} \S{1,80}(?: \S{1,40})? )?\[(\d\d)/" + _MONTH + rb"/(\d{4}):(\d\d:\d\d):(\d\d) ([+-]\d{4})\]"
)
_AMERICAN = re.compile(
    _LEAD + rb"[\[(]?(\d\d?)/(\d\d?)/(\d{4}),? (\d\d?):(\d\d):(\d\d)(?:[.,](\d{1,9}))? ([AP])M(?![A-Za-z])"
)
_DOTTED = re.compile(_LEAD + rb"[\[(]?(\d\d?)\.(\d\d?)\.(\d{4}),? (\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?![\d:])")
_CLOCK = re.compile(_LEAD + rb"[\[(]?(\d\d:\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:[\])](?=\s|:|$)|(?=\s|\x1b|$))")
_EPOCH = re.compile(_LEAD + rb"\[?(\d{10}(?:\d{3}|\d{6}|\d{9})?|\d{10}\.\d{1,9})(?:[\]:]? |[\]:]?$)")
_JSON = re.compile(
    rb'"(?:time|timestamp|ts|@timestamp|asctime)"\s{0,4}:\s{0,4}(?:"([^"\\]{8,40})"|(\d[\d.]{7,24}(?:[eE]\+?\d\d?)?)(?=[\s,}]))'
)


class Stamper:
    """The times of one file's lines.

    `near` is when the file was written last, seconds of the epoch: what a time without a year or a date is completed
    with, and what a bare number must be near to. Set it again when the file grows. `offset_s` is the zone of naive
    times, seconds east of UTC; None: local time here, which is what a writer on this machine means.
    """

    def __init__(self, near: float | None = None, *, offset_s: int | None = None) -> None:
        self.near = time.time() if near is None else near
        self._offset_s = offset_s
        self._minutes: dict[bytes, float | None] = {}
        self._dated: tuple[_Shape, ...] = (self._iso, self._ctime, self._syslog, self._apache, self._json, self._day)
        self._learnt: _Shape | None = None
        self._same: bytes | None = None
        """How the last line with an ISO time began: in a flood many lines begin alike."""
        self._same_at: float | None = None

    def at(self, line: bytes) -> float | None:
        """Seconds of the epoch that this line says it was written at; None when it does not say."""
        if self._same is not None and line.startswith(self._same):
            return self._same_at
        if line[:1].isspace():  # a line of the block before
            return None
        learnt = self._learnt
        if learnt is not None and (found := learnt(line)) is not None:
            return found
        if line.find(b":", 0, 200) < 0 and not line[:1].isdigit():
            return self._bare(line) if learnt is None else None
        for shape in self._dated:
            if shape != learnt and (found := shape(line)) is not None:
                self._learnt = shape
                return found
        return self._bare(line) if learnt is None else None

    def _bare(self, line: bytes) -> float | None:
        """Shapes that may be mere numbers: only in a file whose lines have no better ones, and near to its own time."""
        for shape, within in ((self._epoch, EPOCH_NEAR_S), (self._clock, CLOCK_NEAR_S)):
            if (found := shape(line)) is not None and abs(found - self.near) <= within:
                self._learnt = shape
                return found
        return None

    def _iso(self, line: bytes) -> float | None:
        if (found := _ISO.match(line)) is None:
            return None
        minute, second, fraction, zone = found.groups()
        key = minute + zone if zone else minute
        base = self._minutes[key] if key in self._minutes else self._new_minute(key, _iso_fields(minute), zone)
        at = _add(base, second, fraction)
        decided = found.end() + DECIDES
        if at is not None and len(line) >= decided:
            self._same, self._same_at = line[:decided], at
        return at

    def _ctime(self, line: bytes) -> float | None:
        if (found := _CTIME.match(line)) is None:
            return None
        month, day, clock, second, fraction, zone, year = found.groups()
        return _add(self._dated_minute(year, month, day, clock, zone), second, fraction)

    def _apache(self, line: bytes) -> float | None:
        if (found := _APACHE.match(line)) is None:
            return None
        day, month, year, clock, second, zone = found.groups()
        return _add(self._dated_minute(year, month, day, clock, zone), second, None)

    def _day(self, line: bytes) -> float | None:
        """With AM or PM the month is first, with dots the day; with slashes alone that is not known."""
        if found := _AMERICAN.match(line):
            month, day, year, hour, minute, second, fraction, half = found.groups()
            if not 1 <= int(hour) <= 12:
                return None
            hours = int(hour) % 12 + 12 * (half == b"P")
        elif found := _DOTTED.match(line):
            day, month, year, hour, minute, second, fraction = found.groups()
            hours = int(hour)
        else:
            return None
        key = b"%s %s %s %d:%s" % (year, month, day, hours, minute)
        fields = (int(year), int(month), int(day), hours, int(minute))
        base = self._minutes[key] if key in self._minutes else self._new_minute(key, fields, None)
        return _add(base, second, fraction)

    def _syslog(self, line: bytes) -> float | None:
        """No year: the last such day that is not after the file's own time."""
        if (found := _SYSLOG.match(line)) is None:
            return None
        month, day, clock, second, fraction = found.groups()
        this_year = time.gmtime(self.near + 86_400).tm_year
        for year in range(this_year, this_year - 5, -1):  # 29 February is not in each of them
            at = _add(self._dated_minute(b"%d" % year, month, day, clock, None), second, fraction)
            if at is not None and at <= self.near + 86_400:
                return at
        return None

    def _clock(self, line: bytes) -> float | None:
        """No date: the last such time of day that is not after the file's own time."""
        if (found := _CLOCK.match(line)) is None:
            return None
        clock, second, fraction = found.groups()
        for days_ago in (-1, 0, 1):
            day = self._local(self.near - days_ago * 86_400)
            key = b"%04d-%02d-%02dT%s" % (day.tm_year, day.tm_mon, day.tm_mday, clock)
            base = self._minutes[key] if key in self._minutes else self._new_minute(key, _iso_fields(key), None)
            if (at := _add(base, second, fraction)) is not None and at <= self.near + AHEAD_S:
                return at
        return None

    def _epoch(self, line: bytes) -> float | None:
        return _plausible(_scaled(found[1])) if (found := _EPOCH.match(line)) else None

    def _json(self, line: bytes) -> float | None:
        """The first of the known keys in the outermost object that holds a time."""
        if not line.startswith(b"{"):
            return None
        for found in _JSON.finditer(line, 0, LOOK_AT):
            if line.count(b"{", 0, found.start()) - line.count(b"}", 0, found.start()) != 1:
                continue
            text, number = found.groups()
            at = _plausible(_scaled(number)) if number else self._iso(text)
            if at is not None:
                return at
        return None

    def _dated_minute(self, year: bytes, month: bytes, day: bytes, clock: bytes, zone: bytes | None) -> float | None:
        key = b"%s %s %s %s %s" % (year, month, day, clock, zone or b"")
        if key in self._minutes:
            return self._minutes[key]
        fields = (int(year), _MONTHS[month], int(day), int(clock[:2]), int(clock[3:]))
        return self._new_minute(key, fields, zone)

    def _new_minute(self, key: bytes, fields: tuple[int, int, int, int, int], zone: bytes | None) -> float | None:
        """One conversion for each minute of a log: a full one for each line would cost more than all the rest."""
        if len(self._minutes) >= MOST_MINUTES:
            self._minutes.clear()
        base = self._minutes[key] = self._minute(fields, zone)
        return base

    def _minute(self, fields: tuple[int, int, int, int, int], zone: bytes | None) -> float | None:
        year, month, day, hour, minute = fields
        offset = self._offset_s if zone is None else _offset(zone)
        if hour > 23 or minute > 59 or not _is_day(year, month, day):
            return None
        if zone is not None and offset is None:
            return None
        if offset is None:
            try:
                return _plausible(time.mktime((year, month, day, hour, minute, 0, 0, 1, -1)))
            except (OverflowError, ValueError):
                return None
        return _plausible(float(timegm((year, month, day, hour, minute, 0)) - offset))

    def _local(self, at: float) -> time.struct_time:
        return time.localtime(at) if self._offset_s is None else time.gmtime(at + self._offset_s)


_Shape = Callable[[bytes], float | None]


def _add(base: float | None, second: bytes, fraction: bytes | None) -> float | None:
    if base is None or second > b"60":
        return None
    return base + int(second) + (int(fraction) / 10 ** len(fraction) if fraction else 0)


def _iso_fields(minute: bytes) -> tuple[int, int, int, int, int]:
    return int(minute[:4]), int(minute[5:7]), int(minute[8:10]), int(minute[11:13]), int(minute[14:16])


def _offset(zone: bytes) -> int | None:
    """`Z`, `+02:00`, `+0200`, `+02`, `UTC` as seconds east; None when no place on earth has it."""
    zone = zone.strip()
    if zone in (b"Z", b"UTC", b"GMT"):
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
    if hours > 14 or minutes > 59:
        return None
    return (hours * 3600 + minutes * 60) * (-1 if zone[:1] == b"-" else 1)


def _is_day(year: int, month: int, day: int) -> bool:
    if not (2000 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31):
        return False
    at = time.gmtime(timegm((year, month, day, 0, 0, 0)))
    return (at.tm_mon, at.tm_mday) == (month, day)


def _plausible(at: float | None) -> float | None:
    return at if at is not None and EARLIEST <= at < LATEST else None


def _scaled(number: bytes) -> float | None:
    """Seconds of a number of seconds, milli-, micro- or nanoseconds."""
    try:
        value = float(number)
    except ValueError:
        return None
    for unit in (1.0, 1e3, 1e6, 1e9):
        if EARLIEST <= value / unit < LATEST:
            return value / unit
    return None
