"""Which lines of a block hold what is looked for: a text, a regular expression?

Case matters only when the pattern has an upper-case letter. A match never spans lines. Nothing here takes longer than
some 20 ms between two pauses: see `patience`. A line longer than `WINDOW` is matched against an expression in
overlapping windows, so a match longer than `OVERLAP` may be missed there, and one tied to both ends of the line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from incident_console.errors import InputError
from incident_console.tail.finding.needle import Needle, Needles
from incident_console.tail.finding.patience import TooSlow, within
from incident_console.tail.finding.required import required

WINDOW = 64 * 1024
OVERLAP = 16 * 1024
PATIENCE_S = 0.015

Span = tuple[int, int]
"""Start and end in the block."""


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A line that the expression was not ready with in time."""

    start: int
    """Of the line, in the block."""


Item = Span | Unjudged | None
"""A match, a line without an answer, or only a pause in which the one who asked may do something else."""


class Finder(Protocol):
    def spans(self, data: bytes, start: int, stop: int) -> Iterator[Item]:
        """The first match of each line of data[start:stop], in order. `start` is the beginning of a line."""
        ...

    def on_line(self, line: bytes) -> Span | Unjudged | None:
        """The first match on one line, given without its newline."""
        ...


class TextFinder:
    """A text as it stands."""

    def __init__(self, text: bytes, *, fold: bool) -> None:
        self._needle = Needle(text, fold=fold)
        self._length = len(text)

    def spans(self, data: bytes, start: int, stop: int) -> Iterator[Item]:
        at = self._needle.find(data, start, stop)
        while 0 <= at < stop:
            yield at, at + self._length
            newline = data.find(b"\n", at + self._length, stop)
            if newline < 0:
                return
            at = self._needle.find(data, newline + 1, stop)

    def on_line(self, line: bytes) -> Span | Unjudged | None:
        at = self._needle.find(line, 0, len(line))
        return None if at < 0 else (at, at + self._length)

    def absent(self, data: bytes, start: int, stop: int) -> bool:
        """It stands nowhere there; far quicker than going through the lines."""
        return self._needle.find(data, start, stop) < 0


class RegexFinder:
    """A regular expression. Where it demands a certain text, only lines that hold that text are matched."""

    def __init__(self, expression: re.Pattern[bytes]) -> None:
        self._expression = expression
        pattern = expression.pattern
        self._by_line = re.search(rb"\\[AZ]", pattern) is not None
        self._looks_ahead = re.search(rb"\$|\\[bBZ]|\(\?[=!]", pattern) is not None
        """What comes behind the match counts, so that the end of a window must not pass for the end of the line."""
        texts = required(expression)
        self._needles = Needles(texts, fold=bool(expression.flags & re.IGNORECASE)) if texts else None

    def spans(self, data: bytes, start: int, stop: int) -> Iterator[Item]:
        at = start
        while (at := self._candidate(data, at, stop)) < stop:
            end = _window_end(data, at, stop)
            if end - at > WINDOW:
                yield from self._patiently(data, at, end, stop)
            else:
                try:
                    yield from within(PATIENCE_S, lambda at=at, end=end: self._quickly(data, at, end, stop))  # type: ignore[misc]
                except TooSlow:
                    yield from self._patiently(data, at, end, stop)
            yield None
            at = end

    def on_line(self, line: bytes) -> Span | Unjudged | None:
        if len(line) <= WINDOW:
            try:
                return within(PATIENCE_S, lambda: self._match(line))
            except TooSlow:
                return Unjudged(0)
        return next((item for item in self._in_windows(line) if item is not None), None)

    def _candidate(self, data: bytes, at: int, stop: int) -> int:
        """Where the next line begins that may match; `stop` when there is none."""
        if self._needles is None:
            return at
        found = self._needles.find(data, at, stop)
        return stop if found < 0 else data.rfind(b"\n", at, found) + 1 or at

    def _quickly(self, data: bytes, at: int, end: int, stop: int) -> list[Span]:
        """All matches of whole lines; the time is taken for all of them together."""
        one_by_one = self._needles is not None or self._by_line or (self._looks_ahead and b"\r" in data[at:end])
        found: list[Span] = []
        while at < end:
            if one_by_one:
                at = self._candidate(data, at, stop)
                if at >= end:
                    break
                line_end = _line_end(data, at, end)
                span = self._match(data[at:line_end])
                if span:
                    found.append((at + span[0], at + span[1]))
            else:
                match = self._expression.search(data, at, end)
                if match is None or match.start() >= end:
                    break
                first, last = match.span()
                line_end = _line_end(data, first, end)
                if last > line_end:
                    begin = data.rfind(b"\n", at, first) + 1 or at
                    span = self._match(data[begin:line_end])
                    first, last = (begin + span[0], begin + span[1]) if span else (-1, -1)
                if first >= 0:
                    found.append((first, last))
            at = line_end + 1
        return found

    def _patiently(self, data: bytes, at: int, end: int, stop: int) -> Iterator[Item]:
        """The same, with time for each line, and a pause behind each."""
        while (at := self._candidate(data, at, stop)) < end:
            line_end = _line_end(data, at, end)
            for item in self._in_windows(data[at:line_end]):
                if item is None:
                    yield None
                    continue
                yield Unjudged(at) if isinstance(item, Unjudged) else (at + item[0], at + item[1])
                break
            at = line_end + 1

    def _match(self, line: bytes) -> Span | None:
        # A line that ends with CRLF ends before both.
        found = self._expression.search(line.rstrip(b"\r") if line.endswith(b"\r") else line)
        return found.span() if found else None

    def _in_windows(self, line: bytes) -> Iterator[Item]:
        line = line.rstrip(b"\r")
        start = 0
        while True:
            stop = min(len(line), start + WINDOW)
            try:
                found = within(PATIENCE_S, lambda a=start, b=stop: self._expression.search(line, a, b))  # type: ignore[misc]
            except TooSlow:
                yield Unjudged(0)
                return
            last = stop == len(line)
            if found and (last or found.end() < stop or not self._looks_ahead):
                yield found.span()
                return
            yield None
            if last:
                return
            start = stop - OVERLAP


def matcher(pattern: str, *, regex: bool = False) -> re.Pattern[bytes]:
    """The pattern as it is searched for; a view uses it to show the matches. Raises InputError for a bad expression."""
    letters = re.sub(r"\\.", "", pattern) if regex else pattern
    flags = 0 if any(letter.isupper() for letter in letters) else re.IGNORECASE
    wanted = pattern.encode("utf-8", "surrogateescape")
    try:
        return re.compile(wanted if regex else re.escape(wanted), flags | re.MULTILINE)
    except (re.error, OverflowError, RecursionError, ValueError) as fault:
        raise InputError(f"The search expression {pattern!r} is not valid: {fault}.") from None


def finder(pattern: str, *, regex: bool = False) -> Finder:
    """How a block is searched. Raises InputError for a bad expression."""
    expression = matcher(pattern, regex=regex)
    if regex:
        return RegexFinder(expression)
    return TextFinder(pattern.encode("utf-8", "surrogateescape"), fold=bool(expression.flags & re.IGNORECASE))


def _line_end(data: bytes, at: int, stop: int) -> int:
    end = data.find(b"\n", at, stop)
    return stop if end < 0 else end


def _window_end(data: bytes, at: int, stop: int) -> int:
    """As many whole lines as go into a window; one line when it is longer."""
    if at + WINDOW >= stop:
        return stop
    return data.rfind(b"\n", at, at + WINDOW) + 1 or data.find(b"\n", at + WINDOW, stop) + 1 or stop
