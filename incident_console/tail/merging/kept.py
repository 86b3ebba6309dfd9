"""What did a line of the stream say that is no longer in its file?

A file may be truncated or deleted under the reader's eyes. The lines read last, which are those that were on the
screen, stay in memory, a bounded number of them.
"""

from collections import OrderedDict

from incident_console.tail.source import Line

TEXT_KEPT = 1024 * 1024
"""Bytes."""
LINES_KEPT = 10_000


class KeptLines:
    """Lines by their key in the timeline, which no other line has."""

    def __init__(self) -> None:
        self._lines: OrderedDict[int, Line] = OrderedDict()
        self._bytes = 0

    def keep(self, key: int, line: Line) -> None:
        """It was read just now; those read longest ago are forgotten."""
        before = self._lines.pop(key, None)
        self._bytes += len(line.text) - (len(before.text) if before is not None else 0)
        self._lines[key] = line
        while self._bytes > TEXT_KEPT or len(self._lines) > LINES_KEPT:
            self._bytes -= len(self._lines.popitem(last=False)[1].text)

    def get(self, key: int) -> Line | None:
        return self._lines.get(key)
