"""Can the text of a failed attempt still be read, when the retry has deleted its log?

Measured on Snakemake 9: the rule's log is unlinked about 12 ms after `Error in rule` stands in the run log. A
descriptor opened before still reads it, so descriptors are held on the logs of running jobs, and on logs that just
changed. Several generations of one path may be held: an old run's file, the failed attempt's, its retry's; attempts
take them in order.
"""

import contextlib
import errno
import os
import resource
import stat
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from incident_console.tail.keeping.spooled import Spooled
from incident_console.tail.places.mounts import Mounts, read_mounts

MOST_KEPT = 16 * 1024 * 1024
MOST_HELD = 4096
MOST_SPOOLED = 64 << 20
"""Bytes of memory for all logs on network file systems together; each may have at least `LEAST_SPOOLED`."""
LEAST_SPOOLED = 16 * 1024
SIGHTED = 64
"""Descriptors on logs that changed but that no running job is known to have."""
UNTAKEN = 4
"""Generations of one path that may wait to be taken by an attempt."""
SLACK_S = 2.0
"""Snakemake tells times in whole seconds."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What could be saved of one attempt's log."""

    path: Path
    data: bytes | None
    """None: nothing could be kept, `missing` says why. Above 16 MiB: head and tail, with a line on what is left out."""
    size: int
    """Bytes the log had."""
    complete: bool
    missing: str | None
    inode: int | None
    deleted: bool = False
    """No path leads to this text any more."""
    held_at: float = 0.0
    """When its descriptor was opened, on the clock that was given."""


@dataclass(slots=True)
class _Handle:
    fd: int
    identity: tuple[int, int]
    opened_at: float
    largest: int = 0
    spooled: Spooled | None = None
    taken: tuple[int, int] | None = None
    """Size and mtime when an attempt took it. It stays open, so that its inode number is not given to the next file."""


@dataclass(slots=True)
class _Watched:
    path: Path
    handles: list[_Handle] = field(default_factory=list)
    keys: dict[Hashable, float | None] = field(default_factory=dict)
    """Who wants it, and since when (seconds of the epoch)."""
    sighted_at: float = 0.0
    trouble: str | None = None


class HeldLogs:
    """Descriptors on the logs of running jobs. For any thread; no method raises for what the disk does."""

    def __init__(
        self,
        limit: int = MOST_HELD,
        mounts: Mounts | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        spool: bool = False,
    ) -> None:
        """`spool`: read the logs as they grow, for where a descriptor does not keep a deleted file's text."""
        self._limit = max(8, min(limit, _descriptors() // 2))
        self._mounts = mounts or read_mounts()
        self._logs: dict[str, _Watched] = {}
        self._paths: dict[Hashable, str] = {}
        self._lock = threading.Lock()
        self._open = 0
        self._clock = clock
        self._spool = spool
        self.notice: str | None = None
        """A sentence when more logs run than descriptors may be held."""

    def hold(self, key: Hashable, path: str | os.PathLike[str], started_at: float | None = None) -> None:
        """Hold this log for `key` (one attempt of a job). The file may not exist yet.

        With `started_at` (seconds of the epoch) a file last written before it, left by an earlier run, is not taken for
        this attempt's.
        """
        with self._lock:
            log = self._watched(path)
            log.keys[key] = started_at
            self._paths[key] = os.fspath(log.path)
            self._look(log)

    def sight(self, paths: Iterable[str | os.PathLike[str]]) -> None:
        """These logs just changed: hold them for a while, should it turn out that a job writes them."""
        with self._lock:
            for path in paths:
                log = self._watched(path)
                log.sighted_at = self._clock()
                self._look(log)
                if not log.handles and not log.keys:
                    self._forget(log)
            spare = sorted((log for log in self._logs.values() if not log.keys), key=lambda log: log.sighted_at)
            for log in spare[: max(0, len(spare) - SIGHTED)]:
                self._forget(log)

    def refresh(self) -> None:
        """Look at every held path again: on each change in a log folder, and on each poll."""
        with self._lock:
            for log in tuple(self._logs.values()):  # a look may make room by letting another one go
                if log.keys:
                    self._look(log)

    def take(self, key: Hashable, *, only_deleted: bool = False) -> Kept:
        """The text of the attempt's log, though its file may be deleted. Raises KeyError for a key that is not held.

        `only_deleted`: the retry has begun already, so what stands at the path now is the retry's and not taken.
        """
        with self._lock:
            log = self._logs[self._paths[key]]
            self._look(log)
            handle = self._of_attempt(log, log.keys[key], only_deleted)
            if handle is None:
                return Kept(log.path, None, 0, complete=False, missing=self._why_missing(log), inode=None)
            return self._read(log, handle)

    def openings(self, key: Hashable) -> tuple[float, ...]:
        """Since when each text is held that nobody has taken and that may be this attempt's or a later one's."""
        with self._lock:
            path = self._paths.get(key)
            if path is None:
                return ()
            log = self._logs[path]
            return tuple(handle.opened_at for handle in self._untaken(log, log.keys[key], only_deleted=False))

    def pass_over(self, key: Hashable) -> None:
        """Which of several deleted texts is which attempt's cannot be told: let them go, lest a later one take them."""
        with self._lock:
            log = self._logs[self._paths[key]]
            self._look(log)
            for handle in log.handles[:-1]:
                log.handles.remove(handle)
                self._shut(handle)

    def release(self, key: Hashable) -> None:
        """The attempt is over; what it took, or left, is let go when nobody else wants the path."""
        with self._lock:
            path = self._paths.pop(key, None)
            if path is None:
                return
            log = self._logs[path]
            log.keys.pop(key, None)
            if not log.keys:
                # A retry is announced a moment later: what its predecessor took must still be told from its own log.
                log.sighted_at = self._clock()

    def close(self) -> None:
        with self._lock:
            for log in list(self._logs.values()):
                self._forget(log)
            self._paths.clear()

    @property
    def descriptors(self) -> int:
        return self._open

    def _watched(self, path: str | os.PathLike[str]) -> _Watched:
        path = Path(path)
        return self._logs.setdefault(os.fspath(path), _Watched(path))

    def _forget(self, log: _Watched) -> None:
        for handle in log.handles:
            self._shut(handle)
        log.handles.clear()
        self._logs.pop(os.fspath(log.path), None)

    def _shut(self, handle: _Handle) -> None:
        with contextlib.suppress(OSError):
            os.close(handle.fd)
        self._open -= 1

    def _look(self, log: _Watched) -> None:
        """Open what is at the path now, unless it is held already."""
        try:
            there = os.stat(log.path)  # noqa: PTH116
        except FileNotFoundError:
            return
        except OSError as fault:
            log.trouble = _reason(fault)
            return
        for handle in log.handles:
            if handle.identity == (there.st_dev, there.st_ino):
                shorter = handle.largest if handle.taken is None else 0
                handle.largest = max(shorter, there.st_size)
                self._read_on(handle)
                return
        if not stat.S_ISREG(there.st_mode):
            log.trouble = "it is not a regular file"
            return
        if self._open >= self._limit and not self._make_room(log):
            log.trouble = f"more logs are being written than the {self._limit} that may be held open"
            self.notice = (
                f"Only {self._limit} logs can be held open at once; failed attempts of other jobs may be lost."
            )
            return
        try:
            fd = os.open(log.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except FileNotFoundError:
            return
        except OSError as fault:
            log.trouble = _reason(fault)
            return
        try:
            # Identity by the descriptor: another file may have taken the path since it was looked at.
            now = os.fstat(fd)
        except OSError as fault:
            os.close(fd)
            log.trouble = _reason(fault)
            return
        self._open += 1
        log.handles.append(_Handle(fd, (now.st_dev, now.st_ino), self._clock(), now.st_size))
        log.trouble = None
        self._read_on(log.handles[-1])
        newer = [handle for handle in log.handles[:-1] if handle.taken is None][-UNTAKEN:]
        for old in [handle for handle in log.handles[:-1] if handle not in newer]:
            log.handles.remove(old)
            self._shut(old)

    def _read_on(self, handle: _Handle) -> None:
        """Spool what is new. A server that gives an error now is asked again at the next look."""
        if self._spool:
            handle.spooled = handle.spooled or Spooled()
            with contextlib.suppress(OSError):
                handle.spooled.take(handle.fd, handle.largest, max(LEAST_SPOOLED, MOST_SPOOLED // max(1, self._open)))

    def _make_room(self, wanted: _Watched) -> bool:
        """Let the log go that nobody wants and that changed longest ago; not the one that is to be opened."""
        unwanted = (log for log in self._logs.values() if log.handles and not log.keys and log is not wanted)
        spare = min(unwanted, key=lambda log: log.sighted_at, default=None)
        if spare is not None:
            self._forget(spare)
        return self._open < self._limit

    def _of_attempt(self, log: _Watched, started_at: float | None, only_deleted: bool) -> _Handle | None:
        """The oldest text that no attempt has taken yet and that is not from before this one began."""
        return next(self._untaken(log, started_at, only_deleted), None)

    def _untaken(self, log: _Watched, started_at: float | None, only_deleted: bool) -> Iterator[_Handle]:
        for handle in log.handles:
            try:
                now = os.fstat(handle.fd)
            except OSError:
                if handle.taken is None:
                    yield handle
                continue
            if started_at is not None and now.st_mtime < started_at - SLACK_S:
                continue
            if only_deleted and now.st_nlink:
                continue
            if handle.taken != (now.st_size, now.st_mtime_ns):
                yield handle

    def _read(self, log: _Watched, handle: _Handle) -> Kept:
        try:
            now = os.fstat(handle.fd)
            data = _head_and_tail(handle.fd, now.st_size)
        except OSError as fault:
            if (spooled := handle.spooled) is not None and spooled.end:
                handle.taken = (0, 0)
                told = f"{self._on_network(log)}; what was read of it before, {spooled.end} bytes, is kept"
                return Kept(
                    *(log.path, spooled.text(), handle.largest),
                    complete=False,
                    missing=told,
                    inode=handle.identity[1],
                    deleted=True,
                    held_at=handle.opened_at,
                )
            lost = self._on_network(log) or f"the log could not be read: {_reason(fault)}"
            return Kept(log.path, None, handle.largest, complete=False, missing=lost, inode=handle.identity[1])
        handle.taken = (now.st_size, now.st_mtime_ns)
        missing: str | None = None
        if now.st_size < handle.largest:
            missing = f"the log was emptied before it could be kept: it had {handle.largest} bytes"
        elif now.st_size > MOST_KEPT:
            missing = f"the log has {now.st_size} bytes: the first and the last {MOST_KEPT // 2} were kept"
        elif len(data) < now.st_size:
            missing = f"only {len(data)} of {now.st_size} bytes could be read"
        return Kept(
            log.path,
            data,
            now.st_size,
            complete=missing is None,
            missing=missing,
            inode=now.st_ino,
            deleted=now.st_nlink == 0,
            held_at=handle.opened_at,
        )

    def _why_missing(self, log: _Watched) -> str:
        if network := self._on_network(log):
            return network
        if log.trouble:
            return f"the log could not be held: {log.trouble}"
        if log.handles:
            return "the log was deleted before it could be opened; the one that is there is another attempt's"
        return "no log was there, or it was deleted before it could be opened"

    def _on_network(self, log: _Watched) -> str | None:
        kind = self._mounts.network_type(log.path)
        if kind is None:
            return None
        return f"the log is on a network file system ({kind}), where a deleted file cannot be read any more"


def _descriptors() -> int:
    """How many this process may have: as many as are its right, when what it was given is little."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 2 * MOST_HELD
    wanted = 2 * MOST_HELD if hard == resource.RLIM_INFINITY else min(hard, 2 * MOST_HELD)
    if soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
    return soft


def _reason(fault: OSError) -> str:
    if fault.errno in (errno.EMFILE, errno.ENFILE):
        return "no more files may be opened"
    return (fault.strerror or str(fault)).lower()


def _head_and_tail(fd: int, size: int) -> bytes:
    if size <= MOST_KEPT:
        return _read_all(fd, 0, size)
    half = MOST_KEPT // 2
    gap = f"\n── {size - 2 * half} bytes left out here ──\n".encode()
    return _read_all(fd, 0, half) + gap + _read_all(fd, size - half, half)


def _read_all(fd: int, offset: int, length: int) -> bytes:
    pieces = []
    while length > 0 and (piece := os.pread(fd, min(length, 1 << 20), offset)):
        pieces.append(piece)
        offset += len(piece)
        length -= len(piece)
    return b"".join(pieces)
