"""Which lines of a block, and which rows of a stream, does a filter let through?

Blocks are gone through by what is rarest: a text or expression that must be there, or the words without which no line
is an error. Only where a filter demands neither is every line looked at.
"""

from collections.abc import Iterator

from incident_console.tail.filtering.filters import Filter, Term, is_from
from incident_console.tail.finding.errors_in import PAUSE_AFTER
from incident_console.tail.finding.finders import Finder, TextFinder, Unjudged, finder
from incident_console.tail.finding.levels import ERROR_KEYS, REACH, WARNING_KEYS, Level, Levels
from incident_console.tail.finding.needle import Needles
from incident_console.tail.source import Line, Mark

MOST_ORIGINS = 4096


class Sieve:
    """A filter at work on one source. `title` stands for the tag that lines of a single file do not have."""

    def __init__(self, wanted: Filter, title: str) -> None:
        self.unjudged = 0
        """Lines that an expression took too long on: they are let through."""
        self._title = title
        found = [term for term in wanted.terms if term.kind in ("text", "regex")]
        # A plain text first: it is the quickest way to know that a block has nothing.
        self._with = [_finder(term) for term in sorted(found, key=_speed) if not term.without]
        self._without = [_finder(term) for term in found if term.without]
        self._origins = [term for term in wanted.terms if term.kind == "origin"]
        self._known_origins: dict[str, bool] = {}
        levels = [term for term in wanted.terms if term.kind == "level"]
        self._least = max((term.level for term in levels if not term.without), default=Level.DEBUG)
        self._below = min((term.level for term in levels if term.without), default=None)
        self._by_level = self._least > Level.DEBUG or self._below is not None
        keys = {Level.ERROR: ERROR_KEYS, Level.WARNING: ERROR_KEYS + WARNING_KEYS}.get(self._least)
        self._level_keys = Needles(keys) if keys else None
        self._streams: dict[str, Levels] = {}

    @property
    def lead(self) -> int:
        """Bytes before a block that are needed to know which level its first lines belong to."""
        return REACH if self._by_level else 0

    def lines(self, data: bytes, start: int, stop: int, lead: int) -> Iterator[int | None]:
        """Where each wanted line of data[start:stop] begins, in order; None is a pause. Lines from `lead` on go before.

        `lead` is the beginning of a line, or 0.
        """
        if not self._from_here(self._title):
            return
        for needed in self._with:
            if isinstance(needed, TextFinder) and needed.absent(data, start, stop):
                return
        if self._by_level:
            yield from self._leveled(data, start, stop, lead)
        elif self._with:
            yield from self._found(data, start, stop)
        else:
            yield from self._each(data, start, stop)

    def wants(self, line: Line) -> bool:
        """For rows that come one by one, in order (see `begin_rows`)."""
        origin = line.tag or self._title
        if self._by_level:
            stream = self._streams.setdefault(line.tag, Levels())
            if not self._fits(stream.of(line.text)):
                return False
        return self._from_here(origin) and self._holds(line.text, self._with)

    def wants_mark(self, mark: Mark) -> bool:
        """What happened to a file is always told, unless lines of that file are not wanted."""
        return self._from_here(mark.tag or self._title)

    def begin_rows(self) -> None:
        """What comes next does not follow what came last."""
        self._streams.clear()

    def _found(self, data: bytes, start: int, stop: int) -> Iterator[int | None]:
        first, *others = self._with
        for item in first.spans(data, start, stop):
            if item is None:
                yield None
                continue
            at = item.start if isinstance(item, Unjudged) else data.rfind(b"\n", start, item[0]) + 1 or start
            self.unjudged += isinstance(item, Unjudged)
            if (not others and not self._without) or self._holds(data[at : _line_end(data, at, stop)], others):
                yield at
            else:
                yield None

    def _each(self, data: bytes, start: int, stop: int) -> Iterator[int | None]:
        number, at = 0, start
        while at < stop:
            end = _line_end(data, at, stop)
            if self._holds(data[at:end], self._with):
                yield at
            at, number = end + 1, number + 1
            if not number % PAUSE_AFTER:
                yield None

    def _leveled(self, data: bytes, start: int, stop: int, lead: int) -> Iterator[int | None]:
        levels, at, number = Levels(), lead, 0
        while at < stop:
            if self._level_keys is not None and not levels.may_go_on(self._least):
                candidate = self._level_keys.find(data, at, stop)
                if candidate < 0:
                    return
                at = data.rfind(b"\n", at, candidate) + 1 or at
            end = _line_end(data, at, stop)
            line = data[at:end]
            if self._fits(levels.of(line)) and at >= start and self._holds(line, self._with):
                yield at
            at, number = end + 1, number + 1
            if not number % PAUSE_AFTER:
                yield None

    def _fits(self, level: Level) -> bool:
        return level >= self._least and (self._below is None or level < self._below)

    def _holds(self, line: bytes, needed: list[Finder]) -> bool:
        return all(self._has(find, line) for find in needed) and not any(
            self._has(find, line, unjudged=False) for find in self._without
        )

    def _has(self, find: Finder, line: bytes, *, unjudged: bool = True) -> bool:
        item = find.on_line(line)
        if isinstance(item, Unjudged):
            self.unjudged += 1
            return unjudged
        return item is not None

    def _from_here(self, origin: str) -> bool:
        if not self._origins:
            return True
        if origin not in self._known_origins:
            if len(self._known_origins) >= MOST_ORIGINS:
                self._known_origins.clear()
            self._known_origins[origin] = all(is_from(origin, term.value) is not term.without for term in self._origins)
        return self._known_origins[origin]


def _speed(term: Term) -> tuple[bool, int]:
    return term.kind == "regex", -len(term.value)


def _finder(term: Term) -> Finder:
    return finder(term.value, regex=term.kind == "regex")


def _line_end(data: bytes, at: int, stop: int) -> int:
    end = data.find(b"\n", at, stop)
    return stop if end < 0 else end
