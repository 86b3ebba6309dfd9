"""What was read of a growing log, for when it can be read no more? Its beginning and its end, within a bound.

On a network file system a deleted file may be gone at once, descriptor or not; what was read of it before is all there
is then.
"""

import os

HEAD = 16 * 1024
"""Bytes of the beginning that are kept, whatever the bound for the end is."""
PIECE = 1 << 20


class Spooled:
    """The log from `offset` 0 on, read a part at a time."""

    def __init__(self) -> None:
        self.end = 0
        """Bytes of the log that have been gone through."""
        self._head = bytearray()
        self._tail = bytearray()
        self._skipped = 0

    @property
    def size(self) -> int:
        """Bytes held in memory."""
        return len(self._head) + len(self._tail)

    def take(self, descriptor: int, size: int, bound: int) -> None:
        """Read on to `size`; of what is more than `bound` bytes only the newest is kept. Raises OSError."""
        if size < self.end:
            self.__init__()  # type: ignore[misc]  # emptied and written anew: what it held is another text
        while self.end < size:
            if len(self._head) == HEAD and size - self.end > bound:
                # Longer than what is kept of it: its middle need not be read at all.
                self._skipped += size - bound - self.end + len(self._tail)
                self._tail.clear()
                self.end = size - bound
            wanted = min(size - self.end, PIECE, HEAD - len(self._head) or PIECE)
            piece = os.pread(descriptor, wanted, self.end)
            if not piece:
                return
            self.end += len(piece)
            (self._head if len(self._head) < HEAD else self._tail).extend(piece)
        if (over := len(self._tail) - bound) > 0:
            del self._tail[:over]
            self._skipped += over

    def text(self) -> bytes:
        """What is held, with a line that says how much is left out."""
        gap = f"\n── {self._skipped} bytes left out here ──\n".encode() if self._skipped else b""
        return bytes(self._head) + gap + bytes(self._tail)
