"""How does the watched run stand now? Reads only what was added to its log since the last look."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from incident_console.snakemake.liveness import engine_pid, is_live
from incident_console.snakemake.logevents import LogEvent
from incident_console.snakemake.reader import Reader
from incident_console.snakemake.run import Run, RunFold

PIECE = 1 << 20
LIVENESS_S = 1.0
QUIET_S = 1.0
"""After so long without news an error block that nothing has followed yet is told as it stands."""


class RunWatcher:
    """Follows one run log. Never raises for what happens to the file: `Run.notice` says it.

    `clock` gives seconds since the epoch. Not for use from several threads at once.
    """

    def __init__(self, workdir: Path, log: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.workdir = workdir
        self.log = workdir / log
        self._clock = clock
        self._relative = _relative(self.log, workdir)
        self._reader = Reader(self.log.name)
        self._fold = RunFold(self._relative)
        self._inode: tuple[int, int] | None = None
        self._offset = 0
        self._notice: str | None = None
        self._restarted: str | None = None
        self._pid: int | None = None
        self._had_pid = False
        self._live = False
        self._looked_at = float("-inf")
        self._news_at = float("-inf")
        self._told_block = 0
        self._run: Run | None = None

    def poll(self) -> Run:
        """The run as it stands; the same object while nothing changed."""
        return self.poll_events()[0]

    def poll_events(self) -> tuple[Run, list[LogEvent]]:
        """The run, and the events that are new since the last call, in the order of the log."""
        with _uncollected():
            return self._poll()

    def _poll(self) -> tuple[Run, list[LogEvent]]:
        now = self._clock()
        before = (self._notice, self._live, self._pid)
        events = self._read(now)
        self._look_for_engine(now, bool(events))
        if self._run is None or events or before != (self._notice, self._live, self._pid):
            self._run = self._fold.snapshot(live=self._live, pid=self._pid, notice=self._notice)
        return self._run, events

    def _read(self, now: float) -> list[LogEvent]:
        try:
            descriptor = os.open(self.log, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as fault:
            self._notice = (
                f"the run log {self._relative} cannot be read ({fault.strerror}); this is what it said before"
            )
            return []
        try:
            facts = os.fstat(descriptor)
            inode = (facts.st_dev, facts.st_ino)
            if self._inode is not None and (inode != self._inode or facts.st_size < self._offset):
                what = "replaced" if inode != self._inode else "cut off"
                self._begin_again(f"the run log {self._relative} was {what} while it was watched; it was read anew")
            self._inode = inode
            self._notice = self._restarted
            if facts.st_size <= self._offset:
                return self._quiet_block(now)
            self._news_at = now
            return self._take(descriptor)
        except OSError as fault:
            self._notice = (
                f"the run log {self._relative} cannot be read ({fault.strerror}); this is what it said before"
            )
            return []
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int) -> list[LogEvent]:
        events: list[LogEvent] = []
        while piece := os.pread(descriptor, PIECE, self._offset):
            self._offset += len(piece)
            fresh = self._reader.feed(piece)
            for event in fresh:
                self._fold.apply(event)
            events += fresh
        return events

    def _quiet_block(self, now: float) -> list[LogEvent]:
        if now - self._news_at < QUIET_S:
            return []
        block = self._reader.pending()
        if block is None or block.line == self._told_block:
            return []
        self._told_block = block.line
        self._fold.apply(block)
        return [block]

    def _begin_again(self, why: str) -> None:
        self._reader = Reader(self.log.name)
        self._fold = RunFold(self._relative)
        self._offset = self._told_block = 0
        self._restarted = why
        self._run = None

    def _look_for_engine(self, now: float, news: bool) -> None:
        if abs(now - self._looked_at) < LIVENESS_S:
            return
        self._looked_at = now
        self._pid = engine_pid(self.log, self._pid)
        if self._pid is not None:
            self._had_pid = self._live = True
        elif self._had_pid:
            # It was seen at work here and is gone: that the log is fresh says nothing any more.
            self._live = False
        else:
            self._live = is_live(self.log, self._fold.last_at, self._fold.host, self._fold.home, now)


@contextmanager
def _uncollected() -> Iterator[None]:
    """A cold read makes hundreds of thousands of small objects and not one cycle: no garbage is looked for."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _relative(log: Path, workdir: Path) -> str:
    try:
        return str(log.relative_to(workdir))
    except ValueError:
        return str(log)
