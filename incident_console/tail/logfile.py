"""What stands in one file that somebody else is writing, rotating, truncating and deleting meanwhile?

Read with `pread`, never mapped: a mapped file that its writer truncates ends the reader. A file has a descriptor from
the first look until `close()`, and so has each of the few generations that were rotated away while it was shown.
"""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from incident_console.tail.lineindex import LineIndex
from incident_console.tail.source import Change, Mark, Part, Source

OLDER_KEPT = 3
"""Generations that stay readable behind the present one: each costs a descriptor."""
LOOK = 16 * 1024 * 1024
"""Bytes counted in one look at most, so that a burst does not hold up the keys (about 10 ms)."""
FINGERPRINT = 4 * 1024
"""Bytes compared at either end of what was read before: has the text been replaced behind our back?"""

TRUNCATED = "── file was truncated, reading from its start ──"
REPLACED = "── file was replaced by a new one (rotated), reading it from its start ──"
STALE = "── the file server dropped this file; opened again, reading from its start ──"
DROPPED = "── file was replaced by a new one; the lines of the one before are no longer held ──"
VANISHED = "── file was deleted; the lines above are held until this view is closed ──"

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


class _Descriptor:
    """Reads that give nothing once it is closed: its number may belong to another file by then."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.fault: OSError | None = None

    def read(self, offset: int, length: int) -> bytes:
        if self.fd < 0:
            return b""
        try:
            return os.pread(self.fd, length, offset)
        except OSError as fault:
            self.fault = fault
            return b""

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


@dataclass(slots=True)
class _Held(Part):
    """A part with the descriptor it is read from, and what its ends looked like."""

    file: _Descriptor
    head: bytes = b""
    tail: bytes = b""
    tail_at: int = 0
    changed_ns: int = 0
    """When the file was last written, as of the last look."""

    @property
    def identity(self) -> tuple[int | None, int | None]:
        return self.device, self.inode


class LogFile(Source):
    """One followed file. Nothing is opened before the first `poll()`; no method raises for what the disk does."""

    live = True

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(os.fspath(path))
        self.path = Path(path)
        self._generation = 0

    def poll(self) -> Change:
        """Look at the file: its size, whether it is still the same file, whether its text was replaced."""
        current = self._current
        try:
            there: os.stat_result | None = os.stat(self.path)  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            there = None
        except OSError as fault:
            if fault.errno != errno.ESTALE:
                self.notice = unreadable(fault)
            return self._change("same")
        if current is None:
            return self._appear(there)
        return self._look_again(current, there)

    def close(self) -> None:
        for part in self._parts:
            if isinstance(part, _Held):
                part.file.close()
        self._parts = []

    @property
    def _held(self) -> list[_Held]:
        return [part for part in self._parts if isinstance(part, _Held)]

    @property
    def _current(self) -> _Held | None:
        return next((part for part in reversed(self._parts) if isinstance(part, _Held)), None)

    def _change(self, kind: str, *, more: bool = False) -> Change:
        return Change(kind, self._generation, self.size, more)  # type: ignore[arg-type]

    def _appear(self, there: os.stat_result | None) -> Change:
        if there is None:
            self.notice = "This file does not exist yet."
            return self._change("same")
        if (part := self._open(there)) is None:
            return self._change("same")
        self._parts = [part]
        return self._change("appeared")

    def _look_again(self, current: _Held, there: os.stat_result | None) -> Change:
        current.file.fault = None
        try:
            now = os.fstat(current.file.fd)
        except OSError:
            return self._stale(current, there)
        before = self.size
        more = not self._grow(current, now.st_size)
        if current.file.fault is not None and current.file.fault.errno == errno.ESTALE:
            return self._stale(current, there)
        if not _still_stands(current, now.st_size):
            return self._restart(current, TRUNCATED, "truncated")
        if self.size == before and now.st_mtime_ns != current.changed_ns:
            current.index.forget()
        current.changed_ns = now.st_mtime_ns
        for older in self._held[:-1]:
            self._look_at_older(older)
        vanished = isinstance(self._parts[-1], Mark)
        if there is None:
            if not vanished:
                self._parts.append(Mark(self._generation + 1, VANISHED))
                self.notice = "The file was deleted."
                return self._change("vanished", more=more)
        elif (there.st_dev, there.st_ino) != current.identity:
            # The rest of the old file is read first: its lines come before the new file's.
            if not more and (part := self._open(there)) is not None:
                self._rotate(part)
                return self._change("replaced", more=True)
        elif vanished:
            self._parts.pop()
            self.notice = None
        if current.file.fault is not None:
            self.notice = unreadable(current.file.fault)
        elif there is not None and (there.st_dev, there.st_ino) == current.identity:
            self.notice = None if self.size else "It is empty so far."
        return self._change("grew" if self.size != before else "same", more=more and current.file.fault is None)

    def _open(self, there: os.stat_result) -> _Held | None:
        """A new generation, or None with the notice saying why not."""
        if not stat.S_ISREG(there.st_mode):
            kind = _KINDS.get(stat.S_IFMT(there.st_mode), "not a regular file")
            self.notice = f"This is {kind}; only regular files can be shown."
            return None
        try:
            # O_NONBLOCK: between the look and here somebody may have put a pipe in its place.
            fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except FileNotFoundError:
            self.notice = "This file does not exist yet."
            return None
        except OSError as fault:
            self.notice = unreadable(fault)
            return None
        return self._hold(fd)

    def _hold(self, fd: int) -> _Held | None:
        try:
            now = os.fstat(fd)
        except OSError as fault:
            os.close(fd)
            self.notice = unreadable(fault)
            return None
        if not stat.S_ISREG(now.st_mode):
            os.close(fd)
            self.notice = "This is not a regular file; only regular files can be shown."
            return None

        file = _Descriptor(fd)
        self._generation += 1
        part = _Held(self._generation, LineIndex(file.read, now.st_size), file.read, now.st_dev, now.st_ino, file)
        part.changed_ns = now.st_mtime_ns
        _still_stands(part, now.st_size)
        self.notice = None if now.st_size else "It is empty so far."
        if file.fault is not None:
            self.notice = unreadable(file.fault)
        return part

    def _grow(self, part: _Held, size: int) -> bool:
        return size <= part.index.end or part.index.grow(size, LOOK)

    def _look_at_older(self, part: _Held) -> None:
        """A writer may go on in the old file for a while after it was renamed; or somebody empties it."""
        try:
            size = os.fstat(part.file.fd).st_size
        except OSError:
            size = -1
        self._grow(part, size)
        if not _still_stands(part, size):
            self._drop_older(part)

    def _restart(self, current: _Held, mark: str, kind: str) -> Change:
        """The same file begins anew, and what it held is gone."""
        try:
            again = self._hold(os.dup(current.file.fd))
        except OSError as fault:
            self.notice = unreadable(fault)
            again = None
        if again is None:
            return self._change("same")
        self._drop(current)
        self._parts = [*self._live_parts(), Mark(again.generation, mark), again]
        return self._change(kind, more=True)

    def _stale(self, current: _Held, there: os.stat_result | None) -> Change:
        part = self._open(there) if there is not None else None
        if part is None:
            return self._change("same")
        self._drop(current)
        self._parts = [*self._live_parts(), Mark(part.generation, STALE), part]
        return self._change("replaced", more=True)

    def _rotate(self, part: _Held) -> None:
        self._parts = [*self._live_parts(), Mark(part.generation, REPLACED), part]
        for older in self._held[: -1 - OLDER_KEPT]:
            self._drop_older(older)

    def _drop_older(self, part: _Held) -> None:
        """What is no longer held is told by the next mark."""
        at = self._parts.index(part)
        after = self._parts[at + 1]
        if isinstance(after, Mark):
            self._parts[at + 1] = Mark(after.generation, DROPPED)
        self._drop(part)

    def _live_parts(self) -> list[Part | Mark]:
        """Without the mark of a deletion, where a new file came after it and took its generation's number."""
        return [part for part in self._parts if part.generation < self._generation]

    def _drop(self, part: _Held) -> None:
        """Its mark goes with it: the next one tells."""
        part.file.close()
        self._parts = [other for other in self._parts if other.generation != part.generation]


def _still_stands(part: _Held, size: int) -> bool:
    """Whether what was read before is still what stands there; what its ends look like is then remembered.

    Text of the same length with the same 4 KiB at either end passes for the same. The new ends are read before the old
    ones are compared: so they, too, are from the text that still stood after everything was read.
    """
    seen = part.index.end
    if size < seen:
        return False
    tail_at = max(0, seen - FINGERPRINT)
    head, tail = part.read(0, min(seen, FINGERPRINT)), part.read(tail_at, seen - tail_at)
    old_tail = part.read(part.tail_at, len(part.tail))
    if part.file.fault is None and not (head.startswith(part.head) and old_tail == part.tail):
        return False
    if part.file.fault is None:
        part.head, part.tail, part.tail_at = head, tail, tail_at
    return True


def unreadable(fault: OSError) -> str:
    """The sentence for a file that cannot be read; whoever shows it names the file beside it."""
    if fault.errno in (errno.EACCES, errno.EPERM):
        return "This file cannot be read: permission denied."
    if fault.errno == errno.ESTALE:
        return "This file is gone from the file server (stale handle)."
    return f"This file cannot be read: {(fault.strerror or str(fault)).lower()}."
