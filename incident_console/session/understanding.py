"""What does the run's own evidence say, while the run goes on? Weighed beside the live thread, and never in its way.

The live thread hands over each run and its new events, which costs it nothing. A thread of its own weighs them: at
most every two seconds, for at most a tenth of the time, and so that the threads that keep failed attempts get the
interpreter at once. What comes out is one frozen `Understanding`, bounded whatever the number of jobs.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from incident_console.session.beats import Beats
from incident_console.snakemake.logevents import JobError, LogEvent

if TYPE_CHECKING:
    from incident_console.session.eta import Pace, Remaining
    from incident_console.session.keptwords import KeptWords
    from incident_console.session.steadiness import Unsteady
    from incident_console.snakemake.analysis import Analysis
    from incident_console.snakemake.causes import Cause, Failure
    from incident_console.snakemake.cost import Cost
    from incident_console.snakemake.history import History
    from incident_console.snakemake.rulerows import RuleRow
    from incident_console.snakemake.run import Run
    from incident_console.snakemake.suspects import IncidentClass, Suspect
    from incident_console.snakemake.trace import TraceFold

SOON_S = 0.5
"""The facts come first: weighing them shares the interpreter with the screen that shows them."""
EVERY_S = 2.0
SHARE = 9
"""After a look that took long there is a pause so many times as long: at most a tenth of the time."""
YIELD_S = 0.0005
"""After so long a thread that waits for the interpreter gets it; a retry deletes a log within 12 ms."""
USUAL_S = sys.getswitchinterval()
STILL_S = 10.0
STILL_SHARE = 1000
"""The same while there is no news: only time goes by."""
LISTED = 100
"""Rules and causes that are told one by one; how many there are besides is counted."""
MEMBERS = 50
"""Failed attempts of one cause that are told one by one."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """A cause with the failed attempts that have it: those that no retry made good first."""

    cause: Cause
    members: tuple[Failure, ...]
    """At most MEMBERS; `cause.count` is the whole number."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """All that the screens tell of an analysis. Durations in seconds."""

    log: str
    """Of the run that it tells of, relative to the workdir."""
    status: str
    rules: tuple[RuleRow, ...]
    more_rules: int
    """How many are not among `rules`."""
    causes: tuple[Grouped, ...]
    more_causes: int
    unsteady: tuple[Unsteady, ...]
    cost: Cost
    suspects: tuple[Suspect, ...]
    incident_class: IncidentClass | Literal["undetermined"]
    remaining: Remaining | str | None
    """Until the run ends, or why that is not known; None when it is over."""
    earlier_runs: int
    notices: tuple[str, ...]


class Understander:
    """`start` it, `take` in what is new, read `latest`; `tell` is called in its thread when that is another one."""

    def __init__(
        self,
        workdir: Path,
        tell: Callable[[], None],
        *,
        kept: KeptWords | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`kept`: what attempts said whose logs are gone by now. `clock` gives seconds since the epoch."""
        self._workdir = workdir
        self._kept = kept
        self._tell = tell
        self._clock = clock
        self._new: deque[tuple[Run, tuple[LogEvent, ...], TraceFold | None]] = deque()
        self._last: Run | None = None
        """The run that was handed over last; only the thread that hands over touches it."""
        self._run: Run | None = None
        self._trace: TraceFold
        self._offset = -1
        self._history: History
        """These two since a run was taken in."""
        self._paces: tuple[Pace, ...] = ()
        self._failed_before: Mapping[str, tuple[frozenset[str], ...]] = {}
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._beats = Beats()
        self._thread = threading.Thread(target=self._work, name="understanding", daemon=True)
        if kept is not None:
            kept.hear(self._wake.set)
        self.latest: Understanding | None = None
        self.trouble: str | None = None
        """A sentence on why the run could not be weighed; None while it can."""

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Look no more. It does not wait for a look that is under way: nothing is written by it."""
        self._closed.set()
        self._wake.set()

    def of(self, run: Run | None) -> Understanding | None:
        """What was weighed last, if it was this run."""
        known = self.latest
        return known if known is not None and run is not None and known.log == run.log else None

    def take(self, run: Run, events: Iterable[LogEvent], trace: TraceFold | None = None) -> None:
        """The run as it stands now, and what is new of it, in order. Never waits; call it from one thread.

        `trace` has all that was told until now, where `events` leave some of it out (see `RunWatcher.poll_open`).
        """
        batch = tuple(events)
        if batch or run is not self._last:
            self._last = run
            self._new.append((run, batch, trace))
            self._wake.set()

    # -- the thread ----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        not_before, still = time.monotonic() + SOON_S, STILL_S
        while True:
            running = self._run is not None and self._run.status == "running"
            # The time of a run that goes on is spent on something, even when its log says nothing.
            self._wake.wait(still if running else None)
            if self._closed.wait(max(0.0, not_before - time.monotonic())):
                return
            self._wake.clear()
            began = time.monotonic()
            self._try()
            ended = time.monotonic()
            not_before = ended + max(EVERY_S, SHARE * (ended - began))
            still = max(STILL_S, STILL_SHARE * (ended - began))

    def _try(self) -> None:
        try:
            with _yielding():
                self.look()
            self.trouble = None
        except Exception as fault:  # whatever a log holds must end neither the thread nor the console
            self.trouble = f"The run could not be analysed, by a fault of the console itself: {fault!r}"
            self._beats.tell(fault)
            self._tell()

    def look(self) -> None:
        """Take in what was handed over, and weigh it. What the thread does; a test may call it instead."""
        # All that weighs a run takes long to import, and is imported here, after the facts are shown.
        from incident_console.snakemake.analysis import explain

        self._take_in()
        run = self._run
        if run is None:
            return
        now = self._clock()
        kept = self._kept.of(run.log) if self._kept is not None else {}
        analysis = explain(self._workdir, run, self._trace.snapshot(), self._history, now, kept)
        found = self._told(analysis, now)
        if found != self.latest:
            self.latest = found
            self._tell()

    def _take_in(self) -> None:
        from incident_console.snakemake.trace import TraceFold

        while self._new:
            run, events, trace = self._new.popleft()
            if self._run is None or run.log != self._run.log:
                self._begin(run)
            self._run = run
            if trace is not None:
                self._trace, self._offset = trace, events[-1].offset if events else -1
                continue
            for event in events:
                if event.offset < self._offset and not isinstance(event, JobError):
                    # The log was replaced or cut off: it is told from its beginning.
                    self._trace = TraceFold()
                self._offset = event.offset
                self._trace.apply(event)

    def _begin(self, run: Run) -> None:
        from incident_console.session.eta import paces
        from incident_console.session.steadiness import failed_before
        from incident_console.snakemake.history import read_history
        from incident_console.snakemake.trace import TraceFold

        self._trace, self._offset = TraceFold(), -1
        self._history = read_history(self._workdir, self._workdir / run.log)
        self._paces = paces(self._history)
        self._failed_before = failed_before(self._history)

    def _told(self, analysis: Analysis, now: float) -> Understanding:
        from incident_console.session.eta import remaining
        from incident_console.session.steadiness import unsteady

        run = analysis.run
        by_cause: dict[str, list[Failure]] = {cause.group: [] for cause in analysis.causes[:LISTED]}
        for one in sorted(analysis.failures, key=lambda one: not one.lasting):
            members = by_cause.get(one.group)
            if members is not None and len(members) < MEMBERS:
                members.append(one)
        return Understanding(
            log=run.log,
            status=run.status,
            rules=analysis.rules[:LISTED],
            more_rules=max(0, len(analysis.rules) - LISTED),
            causes=tuple(Grouped(cause, tuple(by_cause[cause.group])) for cause in analysis.causes[:LISTED]),
            more_causes=max(0, len(analysis.causes) - LISTED),
            unsteady=unsteady(analysis, self._failed_before)[:LISTED],
            cost=analysis.cost,
            suspects=analysis.suspects,
            incident_class=analysis.incident_class,
            remaining=remaining(run, self._paces, now) if run.status == "running" else None,
            earlier_runs=analysis.earlier_runs,
            notices=tuple(notice for notice in analysis.notices if notice != run.notice),
        )


@contextmanager
def _yielding() -> Iterator[None]:
    """A long computation that is interrupted at once, and does not stop everybody to look for garbage."""
    collecting = gc.isenabled()
    gc.disable()
    sys.setswitchinterval(YIELD_S)
    try:
        yield
    finally:
        sys.setswitchinterval(USUAL_S)
        if collecting:
            gc.enable()
