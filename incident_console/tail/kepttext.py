"""What stands in a file of the record, which nobody writes to and which may be too large to be read whole?

It is read where it is looked at. Its place is nobody's log: lines that are pinned from it name the evidence instead.
"""

import os
from pathlib import Path

from incident_console.tail.lineindex import LineIndex
from incident_console.tail.source import Part, Source


class KeptText(Source):
    """Raises OSError while it is made, and never later: what cannot be read any more is empty."""

    def __init__(self, title: str, path: Path) -> None:
        super().__init__(title)
        self._fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        self._parts = [Part(0, LineIndex(self._read, os.fstat(self._fd).st_size), self._read, None, None)]

    def _read(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self._fd, length, offset) if self._fd >= 0 and length > 0 else b""
        except OSError:
            return b""

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
