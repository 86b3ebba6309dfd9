"""How does the watched run stand now? Reads only what was added to its log since the last look."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from incident_console.snakemake.liveness import engine_pid, is_live
from incident_console.snakemake.logevents import (
    Finished,
    JobError,
    JobFailing,
    JobStarted,
    LogEvent,
    Progress,
    Restarting,
)
from incident_console.snakemake.reader import Reader
from incident_console.snakemake.run import Run, RunFold
from incident_console.snakemake.trace import TraceFold
from incident_console.uncollected import uncollected

PIECE = 1 << 20
LIVENESS_S = 1.0
QUIET_S = 1.0
"""After so long without news an error block that nothing has followed yet is told as it stands."""
OPENED_EACH_S = 5.0
"""A log whose size is the same is opened that often all the same: on a network file system only that is sure to tell
of news. To open it each time would be an event to who follows it, here and in other consoles."""


Take = Callable[[list[LogEvent]], None]


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
        self._opened_at = float("-inf")
        self._notice: str | None = None
        self._restarted: str | None = None
        self._pid: int | None = None
        self._had_pid = False
        self._live = False
        self._looked_at = float("-inf")
        self._news_at = float("-inf")
        self._told_block = 0
        self._run: Run | None = None

    @property
    def read_to(self) -> int:
        """Bytes of the log that were read so far."""
        return self._offset

    def poll(self, take: Take | None = None) -> Run:
        """The run as it stands; the same object while nothing changed.

        `take` is given the events that are new since the last call, in the order of the log, some at a time: those of
        a log of a million lines are never all there at once.
        """
        with uncollected():
            now = self._clock()
            before = (self._notice, self._live, self._pid)
            news = self._read(now, take)
            self._look_for_engine(now, news)
            if self._run is None or news or before != (self._notice, self._live, self._pid):
                self._run = self._fold.snapshot(live=self._live, pid=self._pid, notice=self._notice)
            return self._run

    def poll_events(self) -> tuple[Run, list[LogEvent]]:
        """The run, and all the events that are new since the last call."""
        events: list[LogEvent] = []
        run = self.poll(events.extend)
        return run, events

    def poll_open(self) -> Opened:
        """As `poll_events`, but the first look leaves out the jobs that began and succeeded before it.

        Who watches over running jobs needs no more of a long log than what is still open, and what ever failed; who
        weighs the run needs the rest as well, folded.
        """
        if self._offset:
            return Opened(*self.poll_events(), None)
        kept, trace = OpenEvents(), TraceFold()

        def take(events: list[LogEvent]) -> None:
            kept.take(events)
            trace.take(events)

        return Opened(self.poll(take), kept.events(), trace)

    def _read(self, now: float, take: Take | None) -> bool:
        if abs(now - self._opened_at) < OPENED_EACH_S and self._stands():
            return self._quiet_block(now, take)
        try:
            descriptor = os.open(self.log, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as fault:
            return self._unread(fault)
        try:
            facts = os.fstat(descriptor)
            inode = (facts.st_dev, facts.st_ino)
            self._opened_at = now
            if self._inode is not None and (inode != self._inode or facts.st_size < self._offset):
                what = "replaced" if inode != self._inode else "cut off"
                self._begin_again(f"the run log {self._relative} was {what} while it was watched; it was read anew")
            self._inode = inode
            self._notice = self._restarted
            if facts.st_size <= self._offset:
                return self._quiet_block(now, take)
            self._news_at = now
            return self._take(descriptor, take)
        except OSError as fault:
            return self._unread(fault)
        finally:
            os.close(descriptor)

    def _unread(self, fault: OSError) -> bool:
        self._opened_at = float("-inf")
        self._notice = f"the run log {self._relative} cannot be read ({fault.strerror}); this is what it said before"
        return False

    def _stands(self) -> bool:
        """The file is as it was when it was last read to its end, which can be seen without opening it."""
        try:
            facts = os.stat(self.log)  # noqa: PTH116
        except OSError:
            return False
        return (facts.st_dev, facts.st_ino) == self._inode and facts.st_size == self._offset

    def _take(self, descriptor: int, take: Take | None) -> bool:
        news = False
        apply = self._fold.apply
        while piece := os.pread(descriptor, PIECE, self._offset):
            self._offset += len(piece)
            events = self._reader.feed(piece)
            for event in events:
                apply(event)
            if events:
                news = True
                if take is not None:
                    take(events)
        return news

    def _quiet_block(self, now: float, take: Take | None) -> bool:
        if now - self._news_at < QUIET_S:
            return False
        block = self._reader.pending()
        if block is None or block.line == self._told_block:
            return False
        self._told_block = block.line
        self._fold.apply(block)
        if take is not None:
            take([block])
        return True

    def _begin_again(self, why: str) -> None:
        self._reader = Reader(self.log.name)
        self._fold = RunFold(self._relative)
        self._offset = self._told_block = 0
        self._restarted = why
        self._run = None

    def _look_for_engine(self, now: float, news: bool) -> None:
        if abs(now - self._looked_at) < LIVENESS_S:
            return
        first = self._looked_at == float("-inf")
        self._looked_at = now
        # An engine opens its log once, at its beginning: one that was not there does not come while nothing is written.
        if news or first or self._pid is not None:
            self._pid = engine_pid(self.log, self._pid)
        if self._pid is not None:
            self._had_pid = self._live = True
        elif self._had_pid:
            # It was seen at work here and is gone: that the log is fresh says nothing any more.
            self._live = False
        else:
            self._live = is_live(self.log, self._fold.last_at, self._fold.host, self._fold.home, now)


class Opened(NamedTuple):
    """What a look of `RunWatcher.poll_open` found."""

    run: Run
    events: list[LogEvent]
    """Of the first look without those of jobs that began and succeeded."""
    trace: TraceFold | None
    """Of the first look all events, folded; None afterwards. Who takes it goes on with it: the watcher has let go."""


class OpenEvents:
    """Events without those of jobs that began and succeeded; of the progress the last."""

    def __init__(self) -> None:
        self._count = 0
        self._jobs: dict[int, list[tuple[int, LogEvent]]] = {}
        self._others: list[tuple[int, LogEvent]] = []
        self._progress: list[tuple[int, LogEvent]] = []

    def take(self, events: list[LogEvent]) -> None:
        jobs = self._jobs
        for number, event in enumerate(events, self._count):
            match event:
                case JobStarted() | JobFailing() | JobError() | Restarting():
                    jobs.setdefault(event.jobid, []).append((number, event))
                case Finished():
                    told = jobs.setdefault(event.jobid, [])
                    if len(told) == 1 and isinstance(told[0][1], JobStarted):
                        del jobs[event.jobid]
                    else:
                        told.append((number, event))
                case Progress():
                    self._progress = [(number, event)]
                case _:
                    self._others.append((number, event))
        self._count += len(events)

    def events(self) -> list[LogEvent]:
        """In the order they came."""
        found = [one for told in self._jobs.values() for one in told] + self._others + self._progress
        return [event for _, event in sorted(found, key=lambda one: one[0])]


def _relative(log: Path, workdir: Path) -> str:
    try:
        return str(log.relative_to(workdir))
    except ValueError:
        return str(log)
