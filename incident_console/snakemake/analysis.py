"""What do the run's own files say, all together? One frozen model per look, live and afterwards.

`Analyst` follows a run: each `look` reads what is new of the log and weighs everything anew when something is. Nothing
is written, nothing is run, and nothing raises for what the files hold.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from incident_console.snakemake.causes import NOTHING_KEPT, Cause, Failure, Kept, causes_of, failures_of
from incident_console.snakemake.cost import Cost, cost_of
from incident_console.snakemake.discovery import odd_samples
from incident_console.snakemake.find import runs, watched_run
from incident_console.snakemake.flakiness import Flaky, flaky_of
from incident_console.snakemake.history import History, read_history
from incident_console.snakemake.liveness import RECENT_ELSEWHERE_S
from incident_console.snakemake.logevents import JobError, LogEvent
from incident_console.snakemake.measured import measure
from incident_console.snakemake.metadata import incomplete_outputs, locks
from incident_console.snakemake.published import mismatches
from incident_console.snakemake.rulerows import RuleRow, rule_rows
from incident_console.snakemake.run import Run, log_time, troubled
from incident_console.snakemake.suspects import IncidentClass, Scene, Suspect, named, suspects_of
from incident_console.snakemake.timeline import timeline_of
from incident_console.snakemake.trace import Trace, TraceFold
from incident_console.snakemake.watcher import QUIET_S, RunWatcher
from incident_console.uncollected import uncollected

STILL_S = 5.0
STILL_SHARE = 100
"""While the log tells nothing new, a run is weighed anew after so many seconds, or times what it took to weigh it: what
rule logs, benchmarks and the metadata say may change all the same."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that can be said of a run. Times in seconds since the epoch, durations in seconds."""

    workdir: Path
    run: Run
    started: float | None
    ended: float | None
    """None while the run goes on."""
    elapsed_s: float
    rules: tuple[RuleRow, ...]
    failures: tuple[Failure, ...]
    causes: tuple[Cause, ...]
    flaky: tuple[Flaky, ...]
    cost: Cost
    suspects: tuple[Suspect, ...]
    incident_class: IncidentClass | Literal["undetermined"]
    earlier_runs: int
    notices: tuple[str, ...]
    """What is wrong with the reading, or with the run's silence, as sentences."""


class Analyst:
    """Follows one run. `log` is its run log; `clock` gives seconds since the epoch."""

    def __init__(self, workdir: Path, log: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.workdir = workdir
        self.log = workdir / log
        self._wall = clock
        self._ahead = 0.0
        self._watcher = RunWatcher(workdir, self.log, clock=lambda: self._wall() + self._ahead)
        self._trace = TraceFold()
        self._offset = -1
        self._history: History | None = None
        self._last: tuple[Run, Analysis] | None = None
        self._weighed_at = self._weighing_s = 0.0

    def look(self) -> Analysis:
        """The run as it stands. Costs next to nothing while nothing is new and the run is over."""
        with uncollected():
            return self._look()

    def _look(self) -> Analysis:
        run = self._read()
        if run.status != "running" and not self._ahead:
            # An error block at the very end of a log is told only when nothing has followed it for a while.
            self._ahead = 2 * QUIET_S
            run = self._read()
        now = self._wall()
        if self._last is not None and self._last[0] is run:
            if run.status != "running":
                return self._last[1]
            if 0 <= now - self._weighed_at < max(STILL_S, STILL_SHARE * self._weighing_s):
                return self._still(self._last[1], now)
        began = time.perf_counter()
        if self._history is None:
            self._history = read_history(self.workdir, self.log)
        analysis = explain(self.workdir, run, self._trace.snapshot(), self._history, now)
        self._weighed_at, self._weighing_s = now, time.perf_counter() - began
        self._last = (run, analysis)
        return analysis

    def _still(self, last: Analysis, now: float) -> Analysis:
        """A running run of which the log has told nothing new: time has passed, spent as it was spent last."""
        cost = last.cost.after(now - self._weighed_at)
        notices = _notices(last.run, self._history or History(), now)
        return replace(last, cost=cost, elapsed_s=cost.elapsed_s, notices=notices)

    def _read(self) -> Run:
        return self._watcher.poll(self._take)

    def _take(self, events: list[LogEvent]) -> None:
        first = next((event for event in events if not isinstance(event, JobError)), None)
        if first is not None and first.offset < self._offset:
            # The log was replaced or cut off: it is told from its beginning, which begins a piece of its own.
            self._trace = TraceFold()
        self._offset = events[-1].offset
        self._trace.take(events)


def find_run(workdir: Path) -> Path | None:
    """The log of the run to look at: a live one before the newest; None where there was no run.

    Where no log tells of a run, the newest empty one: 8 and 9 leave no more of a Snakefile that they cannot read.
    """
    found = watched_run(workdir) or next((log for log in runs(workdir) if log.kind == "empty"), None)
    return found.path if found is not None else None


def analyse(workdir: Path, log: Path, *, clock: Callable[[], float] = time.time) -> Analysis:
    """One look at one run."""
    return Analyst(workdir, log, clock=clock).look()


def explain(workdir: Path, run: Run, trace: Trace, history: History, now: float, kept: Kept = NOTHING_KEPT) -> Analysis:
    """Puts together what was read. Reads rule logs, benchmarks, metadata and published checksums.

    `kept` has what attempts said whose logs the engine has deleted since.
    """
    scene = scene_of(workdir, run, trace, history, now, kept)
    begun, ended = span_of(run, trace, now)
    suspects = suspects_of(scene)
    over = run.status != "running"
    return Analysis(
        workdir=workdir,
        run=run,
        started=begun if begun > 0 else None,
        ended=ended if over and begun > 0 and run.ended_at is not None else None,
        elapsed_s=scene.cost.elapsed_s,
        rules=rule_rows(run, scene.measured),
        failures=scene.failures,
        causes=causes_of(scene.failures),
        flaky=scene.flaky,
        cost=scene.cost,
        suspects=suspects,
        incident_class=named(suspects),
        earlier_runs=len(history.earlier),
        notices=_notices(run, history, now),
    )


def scene_of(workdir: Path, run: Run, trace: Trace, history: History, now: float, kept: Kept = NOTHING_KEPT) -> Scene:
    """All that the rules of suspicion look at."""
    failures = failures_of(run, workdir, history, trace.header.get("working directory"), kept)
    measured = measure(run, trace, workdir, history)
    line = timeline_of(run, trace, measured, *span_of(run, trace, now))
    return Scene(
        workdir=workdir,
        run=run,
        trace=trace,
        history=history,
        failures=failures,
        flaky=flaky_of(run, failures, history),
        measured=measured,
        cost=cost_of(run, trace, measured, line),
        locks=locks(workdir),
        incomplete=incomplete_outputs(workdir),
        mismatches=mismatches(workdir),
        odd_samples=odd_samples(run, trace, history),
    )


def span_of(run: Run, trace: Trace, now: float) -> tuple[float, float]:
    """When the run began and ended (or is now), in seconds since the epoch; zeros where no time is told."""
    told = [time for job in run.briefs if job.plain for time in (job.started, job.ended) if time is not None]
    tried = [one for job in troubled(run) for one in job.attempts]
    told += [time for one in tried for time in (one.started, one.ended) if time is not None]
    begun = log_time(Path(run.log).name)
    if begun is None:
        begun = min(told, default=0.0)
    if run.status == "running":
        return begun, max(begun, now)
    ended = max([begun, *told])
    if trace.elapsed is not None and begun + trace.elapsed >= ended - 1:
        # A shorter time than the log's own stamps tell was text of a command.
        return begun, begun + trace.elapsed
    for wait in trace.waits:
        if wait.in_vain:
            # The engine waited the whole time, and 7 and 8 write no time after it.
            ended = max(ended, max(begun, wait.after or begun) + wait.seconds)
    last = _epoch(run.last_at)
    return begun, max(ended, last if last is not None else ended)


def _epoch(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text is not None else None


def _notices(run: Run, history: History, now: float) -> tuple[str, ...]:
    said = [run.notice] if run.notice else []
    last = _epoch(run.last_at)
    if run.status == "running" and last is not None and now - last > RECENT_ELSEWHERE_S:
        process = f"process {run.pid} holds the log" if run.pid is not None else "it is taken to be at work"
        silent = f"the log has said nothing for {int(now - last) // 60} min, though {process}"
        said.append(f"{silent}: a long job, or an engine that hangs")
    if history.passed_over:
        said.append(f"{history.passed_over} earlier logs were too long to be read")
    return tuple(said)
