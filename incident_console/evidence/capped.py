"""What is kept of output that may never end? Its head and its tail, and a line that tells what is left out."""

from __future__ import annotations

CAP = 8 * 1024 * 1024
"""Bytes kept of one stream or one file."""

_EDGE = 4096


def shares(cap: int) -> tuple[int, int]:
    """How many bytes of a cap go to the head (the cause is often there) and how many to the tail."""
    head = cap * 3 // 4
    return head, cap - head


def joined(head: bytes, tail: bytes, size: int) -> tuple[bytes, int]:
    """Head and tail of `size` bytes as one, with a line of its own where text was left out; and how many bytes were.

    Both are cut back to whole lines where a line's end is near: half a line may be half a secret.
    """
    if size <= len(head) + len(tail):
        return head + tail, 0
    cut = head.rfind(b"\n", max(0, len(head) - _EDGE)) + 1
    head = head[:cut] if cut else head
    cut = tail.find(b"\n", 0, _EDGE) + 1
    tail = tail[cut:]
    dropped = size - len(head) - len(tail)
    glue = b"" if not head or head.endswith(b"\n") else b"\n"
    return head + glue + b"[... %d bytes left out here ...]\n" % dropped + tail, dropped


class HeadTail:
    """Takes a stream of any length and holds at most about `cap` bytes of it, twice the tail's share while taking."""

    def __init__(self, cap: int) -> None:
        self._head_share, self._tail_share = shares(cap)
        self._head = bytearray()
        self._tail = bytearray()
        self.size = 0
        """Bytes taken so far."""

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        room = self._head_share - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        self._tail += chunk
        if len(self._tail) > 2 * self._tail_share:
            del self._tail[: len(self._tail) - self._tail_share]

    def kept(self) -> tuple[bytes, int]:
        """What is kept, with its mark, and how many bytes were left out."""
        tail = bytes(self._tail[max(0, len(self._tail) - self._tail_share) :])
        return joined(bytes(self._head), tail, self.size)
