"""Where is the next line that holds this, in a text of any size?

A search is taken in slices of time, so that the one who asked keeps the screen and can stop it by not asking for the
next slice. It reads blocks that end with a line; memory is one block (and at most
`LONGEST` bytes of one line). Case matters only when the pattern has an upper-case letter; other alphabets than ASCII
are compared as they are.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from incident_console.errors import InputError
from incident_console.tail.errors_in import CANDIDATES, is_error
from incident_console.tail.source import Part, Place, Source

BLOCK = 512 * 1024
LONGEST = 8 * 1024 * 1024
"""A longer line is searched in pieces of this size; a match across two pieces may be missed."""

Finder = Callable[[bytes, int, int], tuple[int, int] | None]
"""`find(data, start, stop)`: the first match in that range, as (start, end)."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A match: its bytes, and the line it is on."""

    place: Place
    """Of the first byte of the line."""
    start: int
    end: int


def matcher(pattern: str, *, regex: bool = False) -> re.Pattern[bytes]:
    """The pattern as it is searched for; a view uses it to show the matches. Raises InputError for a bad expression."""
    flags = 0 if any(letter.isupper() for letter in pattern) else re.IGNORECASE
    wanted = pattern.encode("utf-8", "surrogateescape")
    try:
        return re.compile(wanted if regex else re.escape(wanted), flags | re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as fault:
        raise InputError(f"The search expression {pattern!r} is not valid: {fault}.") from None


def finder(pattern: str, *, regex: bool = False) -> Finder:
    """How a block is searched. Raises InputError for a bad expression."""
    compiled = matcher(pattern, regex=regex)
    if regex:
        return lambda data, start, stop: found.span() if (found := compiled.search(data, start, stop)) else None
    wanted = pattern.encode("utf-8", "surrogateescape")
    length = len(wanted)

    def find(data: bytes, start: int, stop: int) -> tuple[int, int] | None:
        at = data.find(wanted, start, stop)
        return None if at < 0 else (at, at + length)

    if not compiled.flags & re.IGNORECASE or not any(letter.isalpha() for letter in pattern):
        return find
    return _folded(find)


def _folded(find: Finder) -> Finder:
    """Lower-case each block once: several times faster than a regular expression that ignores case."""
    seen: tuple[bytes, bytes] = (b"", b"")

    def find_folded(data: bytes, start: int, stop: int) -> tuple[int, int] | None:
        nonlocal seen
        if seen[0] is not data:
            seen = (data, data.lower())
        return find(seen[1], start, stop)

    return find_folded


def error_finder() -> Finder:
    """Finds lines that state a failure; the match is the whole line."""
    words = re.compile(b"|".join(map(re.escape, CANDIDATES)))
    folded = _folded(lambda data, start, stop: found.span() if (found := words.search(data, start, stop)) else None)

    def find(data: bytes, start: int, stop: int) -> tuple[int, int] | None:
        while candidate := folded(data, start, stop):
            line_start = data.rfind(b"\n", 0, candidate[0]) + 1
            line_end = data.find(b"\n", candidate[1], stop)
            line_end = stop if line_end < 0 else line_end
            if is_error(data[line_start:line_end]):
                return line_start, line_end
            start = line_end
        return None

    return find


class Search:
    """One search through a source, from a place on, forwards or backwards, ending at the end of the text.

    The line at `start` is not looked at: searching on from a hit finds the next one. `start` None begins at the first
    (backwards: the last) line.
    """

    def __init__(self, source: Source, find: Finder, start: Place | None = None, *, forward: bool = True) -> None:
        self.hit: Hit | None = None
        self.done = False
        self.looked_at = 0
        """Bytes looked at so far."""
        self._find = find
        parts = source.parts
        sizes = [part.index.end for part in parts]
        self.total = sum(sizes)
        self._slices = self._forward(source, start) if forward else self._backward(source, start)

    def step(self, budget_s: float) -> bool:
        """Look on for about that long. True when it is over: `hit` is the match, or None."""
        until = time.perf_counter() + budget_s
        while not self.done:
            try:
                self.hit = next(self._slices)
            except StopIteration:
                self.done = True
            else:
                self.done = self.hit is not None
            if time.perf_counter() >= until:
                break
        return self.done

    @property
    def progress(self) -> float:
        return min(1.0, self.looked_at / self.total) if self.total else 1.0

    def _forward(self, source: Source, start: Place | None) -> Iterator[Hit | None]:
        for part in source.parts:
            at = 0
            if start is not None:
                if part.generation < start.generation:
                    continue
                if part.generation == start.generation and start.offset >= 0:
                    at = _line_end(part, start.offset) + 1
            yield from self._forward_in(part, at)

    def _forward_in(self, part: Part, at: int) -> Iterator[Hit | None]:
        end = part.index.end
        while at < end:
            data = part.read(at, min(BLOCK, end - at))
            while data and at + len(data) < end and b"\n" not in data and len(data) < LONGEST:
                more = part.read(at + len(data), min(BLOCK, end - at - len(data)))
                if not more:
                    break
                data += more
                yield None
            if not data:
                return
            stop = len(data) if at + len(data) >= end else (data.rfind(b"\n") + 1 or len(data))
            # An expression for the beginning of a line also matches behind the last newline, where no line is.
            if (found := self._find(data, 0, stop)) and found[0] < stop:
                yield self._hit(part, at, data, found)
            at += stop
            self.looked_at += stop
            yield None

    def _backward(self, source: Source, start: Place | None) -> Iterator[Hit | None]:
        for part in reversed(source.parts):
            end = part.index.end
            if start is not None:
                if part.generation > start.generation or (part.generation == start.generation and start.offset < 0):
                    continue
                if part.generation == start.generation:
                    end = min(end, start.offset)
            yield from self._backward_in(part, end)

    def _backward_in(self, part: Part, end: int) -> Iterator[Hit | None]:
        while end > 0:
            at = max(0, end - BLOCK)
            data = part.read(at, end - at)
            while at > 0 and b"\n" not in data[:-1] and len(data) < LONGEST:
                more = part.read(max(0, at - BLOCK), at - max(0, at - BLOCK))
                if not more:
                    break
                at -= len(more)
                data = more + data
                yield None
            if not data:
                return
            begin = (data.find(b"\n", 0, len(data) - 1) + 1) if at > 0 else 0
            last, start = None, begin
            while start < len(data) and (found := self._find(data, start, len(data))) and found[0] < len(data):
                last = found
                start = max(found[1], data.find(b"\n", found[0]) + 1 or len(data))
            if last:
                yield self._hit(part, at, data, last)
            end = at + begin if begin else at
            self.looked_at += len(data) - begin
            yield None

    def _hit(self, part: Part, at: int, data: bytes, found: tuple[int, int]) -> Hit:
        start = at + data.rfind(b"\n", 0, found[0]) + 1
        return Hit(Place(part.generation, start), at + found[0], at + found[1])


def _line_end(part: Part, offset: int) -> int:
    """Where the newline of the line at `offset` is, or the end of what was read."""
    while data := part.read(offset, 64 * 1024):
        if (found := data.find(b"\n")) >= 0:
            return offset + found
        offset += len(data)
    return offset


def search(
    source: Source,
    pattern: str,
    start: Place | None = None,
    *,
    forward: bool = True,
    regex: bool = False,
    cancel: Callable[[], bool] = lambda: False,
) -> Hit | None:
    """The whole search at once, for callers that may wait. Raises InputError for a bad expression."""
    looking = Search(source, finder(pattern, regex=regex), start, forward=forward)
    while not cancel():
        if looking.step(0.05):
            return looking.hit
    return None
