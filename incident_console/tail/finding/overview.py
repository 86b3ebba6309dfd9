"""Where in this text are the errors? For the marks on a scroll bar.

Errors are counted in equal ranges of the text (bytes; rows where a source has only rows), from the end backwards, in
slices. When the text outgrows its ranges each two become one, so memory stays the same at any size.
"""

import time
from collections.abc import Iterator

from incident_console.tail.finding import blocks
from incident_console.tail.finding.blocks import Block
from incident_console.tail.finding.errors_in import error_finder, is_error
from incident_console.tail.source import Line, Part, Source

ROWS_A_PAUSE = 16


class Overview:
    """Error lines in ranges of the whole source, all its generations one behind the other. At most `buckets` ranges."""

    def __init__(self, source: Source, buckets: int = 1000) -> None:
        self._source = source
        self._most = max(2, buckets)
        self._find = error_finder()
        self._begin_again()

    def _begin_again(self) -> None:
        self._shape = self._shape_now()
        self._width = 1
        """Bytes (or rows) of a range."""
        self._counts: list[int] = []
        parts = self._source.parts
        self._base = sum(part.index.end for part in parts[:-1])
        """Bytes of the generations before the present one; they lie before it."""
        self._end = self._low = (
            self._base + blocks.line_start(parts[-1].read, parts[-1].index.end) if parts else self._source.row_count
        )
        """Counted is what lies between; before the end all lines are complete."""
        self._seen = self._end
        """Behind the end, no newline comes before this."""
        self._work: Iterator[None] | None = None

    @property
    def progress(self) -> float:
        """0 to 1: of the text as it was at the last step."""
        return 1.0 if self._end <= 0 else 1 - self._low / self._end

    def step(self, budget_s: float) -> bool:
        """Count for about that long. True when there is nothing to count now; ask again when the text has grown.

        Rows are counted once all of them are known, because until then they move.
        """
        until = time.perf_counter() + budget_s
        if self._shape_now() != self._shape or self._size_now() < self._end:
            self._begin_again()
        if not self._shape and self._source.progress < 1:
            return True
        while True:
            if self._work is None:
                if self._size_now() > self._seen:
                    self._work = self._ahead(self._size_now())
                elif self._low > 0:
                    self._work = self._back()
                else:
                    return True
            for _ in self._work:
                if time.perf_counter() >= until:
                    return False
            self._work = None

    def marks(self, height: int) -> tuple[int, ...]:
        """Error lines in each of `height` equal pieces of the text, first piece first."""
        cells = [0] * max(0, height)
        if height > 0 and self._end > 0:
            for number, count in enumerate(self._counts):
                if count:
                    middle = number * self._width + self._width // 2
                    cells[min(height - 1, middle * height // self._end)] += count
        return tuple(cells)

    def _shape_now(self) -> tuple[int, ...]:
        """Changes when what was counted is no longer where it was."""
        parts = self._source.parts
        return (*(part.index.end for part in parts[:-1]), parts[-1].generation) if parts else ()

    def _size_now(self) -> int:
        parts = self._source.parts
        return sum(part.index.end for part in parts) if parts else self._source.row_count

    def _count(self, at: int) -> None:
        number = at // self._width
        while number >= self._most:
            pairs = zip(self._counts[::2], [*self._counts[1::2], 0], strict=False)
            self._counts = [first + second for first, second in pairs]
            self._width *= 2
            number = at // self._width
        if number >= len(self._counts):
            self._counts += [0] * (number + 1 - len(self._counts))
        self._counts[number] += 1

    def _ahead(self, size: int) -> Iterator[None]:
        """What was written since, up to the last newline."""
        if not self._shape:
            yield from self._rows(range(self._end, size))
            self._end = self._seen = size
            return
        part = self._source.parts[-1]
        while self._seen < size:
            data = part.read(self._seen - self._base, min(blocks.BLOCK, size - self._seen))
            if not data or b"\n" in data:
                break
            self._seen += len(data)
            yield
        if self._seen >= size:
            return
        for block in blocks.forward(part.read, self._end - self._base, size - self._base):
            if block is not None:
                stop = block.data.rfind(b"\n", 0, block.stop) + 1
                yield from self._errors(block, stop, self._base)
                self._end = max(self._end, self._base + block.at + stop)
            yield
        self._seen = size

    def _back(self) -> Iterator[None]:
        if not self._shape:
            while self._low > 0:
                top = max(0, self._low - ROWS_A_PAUSE)
                yield from self._rows(range(top, self._low))
                self._low = top
            return
        base = self._base
        parts: list[Part] = list(self._source.parts)
        while parts:
            part = parts.pop()
            for block in blocks.backward(part.read, self._low - base):
                if block is not None:
                    yield from self._errors(block, block.stop, base)
                    self._low = base + block.at + block.start
                yield
            self._low = base
            base -= parts[-1].index.end if parts else 0

    def _errors(self, block: Block, stop: int, base: int) -> Iterator[None]:
        for item in self._find.spans(block.data, block.start, stop):
            if isinstance(item, tuple):
                self._count(base + block.at + item[0])
            yield

    def _rows(self, rows: range) -> Iterator[None]:
        for row in rows:
            line = self._source.row(row) if row < self._source.row_count else None
            if isinstance(line, Line) and is_error(line.text):
                self._count(row)
            if not row % ROWS_A_PAUSE:
                yield
