"""How are logs held that are on a network file system, which may not answer for minutes?

In a thread of their own: who asks waits for a moment, and is told when the server did not answer. Logs on local disks
are held by whoever asks, at once.
"""

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from pathlib import Path
from typing import TypeVar

from incident_console.tail.keeping.held import HeldLogs, Kept
from incident_console.tail.places.mounts import Mounts, read_mounts

PATIENCE_S = 1.0
"""How long the one who wants a failed attempt's text waits for a file server."""
SPOOLED_EACH_S = 1.0

T = TypeVar("T")


class RunningLogs:
    """`HeldLogs` for every kind of file system: the same methods, none of which waits for a server for long."""

    def __init__(self, mounts: Mounts | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._mounts = mounts or read_mounts()
        self._near = HeldLogs(mounts=self._mounts, clock=clock)
        self._far = _Far(HeldLogs(mounts=self._mounts, clock=clock, spool=True))
        self._where: dict[Hashable, Path] = {}
        self._is_far: dict[str, bool] = {}

    def hold(self, key: Hashable, path: Path, started_at: float | None = None) -> None:
        self._where[key] = path
        if self._far_away(path):
            self._far.tell(lambda held: held.hold(key, path, started_at))
        else:
            self._near.hold(key, path, started_at)

    def sight(self, paths: Iterable[Path]) -> None:
        near: list[Path] = []
        far: list[Path] = []
        for path in paths:
            (far if self._far_away(path) else near).append(path)
        self._near.sight(near)
        if far:
            self._far.tell(lambda held: held.sight(far))

    def refresh(self) -> None:
        """Look at every held path again; those of a file server each second, by its own thread."""
        self._near.refresh()

    def take(self, key: Hashable, *, only_deleted: bool = False) -> Kept:
        """As `HeldLogs.take`. Raises KeyError for a key that is not held."""
        path = self._where[key]
        if not self._far_away(path):
            return self._near.take(key, only_deleted=only_deleted)
        missing = f"the file server did not answer for {PATIENCE_S:.0f} s when this log was to be kept"
        lost = Kept(path, None, 0, complete=False, missing=missing, inode=None)
        return self._far.ask(lambda held: held.take(key, only_deleted=only_deleted), lost)

    def openings(self, key: Hashable) -> tuple[float, ...]:
        path = self._where.get(key)
        if path is None:
            return ()
        if self._far_away(path):
            return self._far.ask(lambda held: held.openings(key), ())
        return self._near.openings(key)

    def pass_over(self, key: Hashable) -> None:
        if self._far_away(self._where[key]):
            self._far.tell(lambda held: held.pass_over(key))
        else:
            self._near.pass_over(key)

    def release(self, key: Hashable) -> None:
        path = self._where.pop(key, None)
        if path is not None and self._far_away(path):
            self._far.tell(lambda held: held.release(key))
        elif path is not None:
            self._near.release(key)

    def close(self) -> None:
        self._near.close()
        self._far.close()

    @property
    def descriptors(self) -> int:
        return self._near.descriptors + self._far.descriptors

    @property
    def notice(self) -> str | None:
        return self._near.notice or self._far.notice

    def _far_away(self, path: Path) -> bool:
        folder = os.path.dirname(path)  # noqa: PTH120
        if (known := self._is_far.get(folder)) is None:
            known = self._is_far[folder] = self._mounts.network_type(path) is not None
        return known


class _Far:
    """One thread to which everything is said in order; it looks at what is held each second."""

    def __init__(self, held: HeldLogs) -> None:
        self._held = held
        self._asked: queue.SimpleQueue[Callable[[HeldLogs], object] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        """The thread that sights logs and the one that holds them may both be the first to say something."""
        self._busy_since: float | None = None

    @property
    def descriptors(self) -> int:
        return self._held.descriptors

    @property
    def notice(self) -> str | None:
        since = self._busy_since
        if since is not None and time.monotonic() - since > PATIENCE_S:
            return "The file server does not answer; logs of failed attempts there may be lost meanwhile."
        return self._held.notice

    def tell(self, call: Callable[[HeldLogs], object]) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="logs on file servers", daemon=True)
                self._thread.start()
        self._asked.put(call)

    def ask(self, call: Callable[[HeldLogs], T], otherwise: T) -> T:
        answer: Future[T] = Future()
        self.tell(lambda held: answer.set_result(call(held)))
        try:
            return answer.result(timeout=PATIENCE_S)
        except TookTooLong:
            return otherwise

    def close(self) -> None:
        """Let go of everything, without waiting for a server that does not answer."""
        if self._thread is not None:
            self._asked.put(None)
            self._thread.join(timeout=PATIENCE_S)
        else:
            self._held.close()

    def _work(self) -> None:
        looked = time.monotonic()
        while True:
            try:
                call = self._asked.get(timeout=max(0.0, looked + SPOOLED_EACH_S - time.monotonic()))
                self._busy_since = time.monotonic()
                if call is None:
                    self._held.close()
                    return
                # A key that was let go meanwhile is nobody's any more.
                with contextlib.suppress(KeyError):
                    call(self._held)
            except queue.Empty:
                self._busy_since = looked = time.monotonic()
                self._held.refresh()
            self._busy_since = None
