"""How can a stream, standard input or what a command prints, be followed, searched and pinned like a file?

A thread of its own reads it into a private file, which a `LogFile` follows. The file is bounded: beyond the limit, or
on a disk that gets full, nothing more is stored, yet the stream is read on, so that its producer is neither held up nor
killed; the last part is kept in memory and written when the stream ends, because that is where it says how it ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import tempfile
import threading
from pathlib import Path

from incident_console.errors import InputError

LIMIT = 4 << 30
"""Bytes stored of one stream."""
SPARE = 512 << 20
"""Bytes that are left free on the disk: others need them more than a spool does."""
LAST = 1 << 20
"""Bytes of the end of a stream that are kept when it was too long."""
CHUNK = 1 << 20
LOOK_EACH = 16 << 20
"""Bytes between two looks at the free space."""
CLOSE_S = 1.0
ENDED = "The stream has ended."
PREFIX, KEPT = "spool-", "kept-"
"""How the files' names begin; those of the first kind are nobody's when no process holds them."""


class Spool:
    """Owns `fd` from now on and closes it. The file is there at once, and gone after `close()`, unless it is kept."""

    def __init__(
        self, fd: int, folder: Path, title: str, *, keep: bool = False, limit: int = LIMIT, spare: int = SPARE
    ) -> None:
        """Raises InputError when no file can be made in `folder` (made with its parents, 0700, if need be)."""
        self.title = title
        self.size = 0
        """Bytes in the file."""
        self.ended = False
        """The stream has come to its end, or can be read no more."""
        self.notice: str | None = None
        """What became of the stream, as a sentence; None while all is well."""
        self._fd = fd
        self._keep = keep
        self._limit = limit
        self._spare = spare
        self._look_at = 0
        self._full = ""
        """Why nothing more is stored."""
        self._let_go = 0
        self._last = bytearray()
        self._path, self._file = _make(folder, KEPT if keep else PREFIX)
        self._closing, self._close = os.pipe()
        self._thread = threading.Thread(target=self._work, name="spool", daemon=True)

    @property
    def path(self) -> Path:
        return self._path

    def start(self) -> None:
        _widen(self._fd)
        self._thread.start()

    def close(self) -> None:
        """Read no more, and delete the file unless it is kept. Takes a second at most, even on a disk that hangs."""
        if self._close >= 0:
            os.close(self._close)
            self._close = -1
            if self._thread.ident is None:
                self._let_go_of_all()
            else:
                self._thread.join(CLOSE_S)
            if not self._keep:
                with contextlib.suppress(OSError):  # What cannot be deleted now is swept away by the next spool.
                    self._path.unlink()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end of the stream; whether it has come."""
        self._thread.join(timeout_s)
        return self.ended

    # -- the thread ----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        poll = select.poll()
        for fd in (self._fd, self._closing):
            poll.register(fd, select.POLLIN)
        try:
            while True:
                ready = {fd for fd, _ in poll.poll()}
                if self._closing in ready:
                    return
                try:
                    data = os.read(self._fd, CHUNK)
                except BlockingIOError:
                    continue
                except OSError as fault:
                    self._end(f"The stream could not be read on: {(fault.strerror or str(fault)).lower()}.")
                    return
                if not data:
                    self._end(ENDED)
                    return
                self._take(data)
        finally:
            self._let_go_of_all()

    def _take(self, data: bytes) -> None:
        if not self._full:
            self._full = self._obstacle(len(data))
        if not self._full:
            data = self._store(data)
        if data:
            self._let_go += len(data)
            self._last += data
            if len(self._last) > 2 * LAST:
                del self._last[:-LAST]
            self.notice = f"{self._full} It is read on, so that its producer is not held up; the end will be kept."

    def _obstacle(self, wanted: int) -> str:
        if self.size + wanted > self._limit:
            return f"Only the first {self.size:,} bytes of the stream are kept: more than {self._limit:,} are not."
        if self.size + wanted > self._look_at:
            self._look_at = self.size + LOOK_EACH
            with contextlib.suppress(OSError):  # A file server that does not say: then writing tells.
                disk = os.fstatvfs(self._file)
                if disk.f_bavail * disk.f_frsize < self._spare + wanted:
                    return f"Only the first {self.size:,} bytes of the stream are kept: the disk is nearly full."
        return ""

    def _store(self, data: bytes) -> bytes:
        """What could not be stored; `_full` says why."""
        rest = memoryview(data)
        try:
            while rest:
                written = os.write(self._file, rest)
                self.size += written
                rest = rest[written:]
        except OSError as fault:
            why = (fault.strerror or str(fault)).lower()
            self._full = f"Only the first {self.size:,} bytes of the stream are kept: {why}."
        return bytes(rest)

    def _end(self, how: str) -> None:
        if self._let_go:
            why, self._full = self._full, ""
            last = bytes(self._last[-LAST:])
            left_out = self._let_go - len(last)
            gap = f"\n── {left_out:,} bytes of the stream were not kept here ──\n".encode() if left_out else b""
            lost = self._store(gap + last)
            told = f"its last {len(last):,} bytes are kept again" if not lost else "its end could not be kept"
            how = f"{how} {why} Then {left_out:,} bytes were let go; {told}."
        self.notice = how
        self.ended = True

    def _let_go_of_all(self) -> None:
        for fd in (self._fd, self._closing, self._file):
            with contextlib.suppress(OSError):
                os.close(fd)


def _make(folder: Path, prefix: str) -> tuple[Path, int]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(folder)
        while True:
            file, name = tempfile.mkstemp(prefix=prefix, dir=folder)
            # Held until the spool is closed, whatever ends this process: a file that nobody holds was left by a crash.
            with contextlib.suppress(OSError):  # Where files cannot be locked, nothing is swept away either.
                fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file).st_nlink:
                return Path(name), file
            os.close(file)  # Another console swept it away before it was held.
    except OSError as fault:
        why = (fault.strerror or str(fault)).lower()
        raise InputError(f"A stream cannot be kept in {folder}: {why}.") from None


def _sweep(folder: Path) -> None:
    """Delete what consoles that were killed have left."""
    for path in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(fd)


def _widen(fd: int) -> None:
    """A wider pipe: the producer goes on while the disk takes a moment."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, CHUNK)
