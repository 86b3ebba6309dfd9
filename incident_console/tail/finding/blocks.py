"""In which pieces is a text of any size read, so that no line is cut in two?

Memory is one block, or at most `LONGEST` bytes of one line; of a longer line the pieces overlap.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from incident_console.tail.lineindex import Read

BLOCK = 512 * 1024
LONGEST = 8 * 1024 * 1024
OVERLAP = 64 * 1024


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines: data[start:stop]."""

    at: int
    """Where in the text the data begins."""
    data: bytes
    start: int
    stop: int
    whole: bool
    """It starts with the beginning of a line: not a later piece of one that is longer than `LONGEST`."""


def forward(read: Read, at: int, end: int) -> Iterator[Block | None]:
    """The lines of [at, end), first to last. `at` is the beginning of a line; None is a pause while a line is long."""
    whole = True
    while at < end:
        data = read(at, min(BLOCK, end - at))
        while data and at + len(data) < end and b"\n" not in data and len(data) < LONGEST:
            more = read(at + len(data), min(BLOCK, end - at - len(data)))
            if not more:
                break
            data += more
            yield None
        if not data:
            return
        ended = at + len(data) >= end
        stop = len(data) if ended else (data.rfind(b"\n") + 1 or len(data))
        yield Block(at, data, 0, stop, whole)
        whole = ended or data.endswith(b"\n", 0, stop)
        at += stop if whole or stop <= OVERLAP else stop - OVERLAP


def backward(read: Read, end: int, begin: int = 0) -> Iterator[Block | None]:
    """The lines of [begin, end), last to first. `begin` is the beginning of a line."""
    while end > begin:
        at = max(begin, end - BLOCK)
        data = read(at, end - at)
        while at > begin and b"\n" not in data[:-1] and len(data) < LONGEST:
            further = max(begin, at - BLOCK)
            more = read(further, at - further)
            if not more:
                break
            at, data = further, more + data
            yield None
        if not data:
            return
        start = 0 if at == begin else data.find(b"\n", 0, len(data) - 1) + 1
        piece = not start and at > begin
        yield Block(at, data, start, len(data), whole=not piece)
        end = at + (OVERLAP if piece and len(data) > OVERLAP else start)


def line_start(read: Read, offset: int) -> int:
    """Where the line begins that holds this byte."""
    while offset > 0:
        at = max(0, offset - OVERLAP)
        data = read(at, offset - at)
        if not data:
            return offset
        if (newline := data.rfind(b"\n")) >= 0:
            return at + newline + 1
        offset = at
    return 0


def line_end(read: Read, offset: int) -> int:
    """Where the newline of the line at `offset` is, or the end of what can be read."""
    while data := read(offset, OVERLAP):
        if (found := data.find(b"\n")) >= 0:
            return offset + found
        offset += len(data)
    return offset
