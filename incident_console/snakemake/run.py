"""Which run is this, how does it stand, and what failed? The fold of a run log's events.

`RunFold.apply` takes events, `snapshot` gives a frozen `Run`; jobs that did not change are the same objects again.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal

from incident_console.counting import counted
from incident_console.snakemake.groups import FailureGroup, shape
from incident_console.snakemake.jobfold import JobFold
from incident_console.snakemake.jobs import Attempt, Brief, Job, rfc3339
from incident_console.snakemake.logevents import (
    Completed,
    Elapsed,
    Exiting,
    FaultDetail,
    Finished,
    HeaderFact,
    Interrupted,
    JobError,
    JobFailing,
    JobStarted,
    JobStats,
    LogEvent,
    NothingToDo,
    Planning,
    Progress,
    Provided,
    Restarting,
    RuleRaised,
    Submitted,
    WorkflowFault,
)

__all__ = ["Attempt", "FailureGroup", "Job", "Run", "RunFold", "RunStatus", "log_time", "troubled"]

RunStatus = Literal["running", "succeeded", "failed", "interrupted", "nothing-to-do", "unknown"]

_LOG_NAME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d)(\d\d)(\d\d)\.(\d{6})")
_DETAIL_LIMIT = 6
_UNEXPLAINED_LIMIT = 1000
_EMPTY = (
    "the run log is empty: so Snakemake 8 and 9 leave it when the Snakefile cannot be read (a syntax or parse error is "
    "told on the terminal only), for some queries, and for a run with --quiet all"
)


@dataclass(frozen=True, slots=True)
class Run:
    """One run as its log tells it. Times are RFC 3339 in UTC; the log's own resolution is a second."""

    log: str
    """Relative to the workdir."""
    status: RunStatus = "unknown"
    started_at: str | None = None
    ended_at: str | None = None
    version: str | None = None
    cores: int | None = None
    command: str | None = None
    host: str | None = None
    pid: int | None = None
    planned: int = 0
    finished: int = 0
    failed: int = 0
    """Jobs that failed and were not, or not yet successfully, tried again."""
    running: int = 0
    retried: int = 0
    """Jobs that were tried more than once."""
    planned_rules: tuple[tuple[str, int], ...] = ()
    jobs: tuple[Job, ...] = ()
    failures: tuple[FailureGroup, ...] = ()
    retries: tuple[Job, ...] = ()
    last_at: str | None = None
    """The last time that the log itself tells."""
    notice: str | None = None
    """What is wrong with the reading: a log that vanished, was cut off, or cannot be read."""
    _briefs: tuple[Brief, ...] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def briefs(self) -> tuple[Brief, ...]:
        """Each of `jobs` in short, in the same order; made when first asked for."""
        found = self._briefs
        if found is None:
            found = tuple([job.brief() for job in self.jobs])
            object.__setattr__(self, "_briefs", found)
        return found


def troubled(run: Run) -> list[Job]:
    """The jobs that failed at least once or were tried again: mostly few of many."""
    return [job for brief, job in zip(run.briefs, run.jobs, strict=True) if not brief.plain]


def log_time(name: str) -> float | None:
    """Seconds since the epoch of the local time in a log's name, `2026-11-22T132034.620821.snakemake.log`."""
    found = _LOG_NAME.search(name)
    if found is None:
        return None
    year, month, day, hour, minute, second, micro = map(int, found.groups())
    try:
        return time.mktime((year, month, day, hour, minute, second, 0, 1, -1)) + micro / 1e6
    except (OverflowError, ValueError):
        return None


def _header_time(date: str) -> float | None:
    """Of a log under another name, as captured from a terminal: what its header says, in whole seconds."""
    try:
        return time.mktime(time.strptime(date, "%Y-%m-%d %H:%M:%S"))
    except (OverflowError, ValueError):
        return None


class RunFold:
    """Folds the events of one log. `log` is its path relative to the workdir."""

    def __init__(self, log: str) -> None:
        self._log = log
        self._name = PurePath(log).name
        self._jobs = JobFold()
        self._header: dict[str, str] = {}
        self._planning = False
        self._cores: int | None = None
        self._stats: JobStats | None = None
        self._progress = (0, 0)
        self._faults: list[WorkflowFault] = []
        self._details: dict[int, list[str]] = {}
        self._raised: dict[int, RuleRaised] = {}
        self._stop: Interrupted | None = None
        self._exiting = False
        self._completed = self._perhaps_completed = False
        self._nothing = False
        self._silent = True
        self._elapsed: float | None = None

    @property
    def host(self) -> str | None:
        """The machine that the log's header names."""
        return self._header.get("host")

    @property
    def home(self) -> str | None:
        """The directory that the run worked in, as the log's header says."""
        return self._header.get("working directory")

    @property
    def last_at(self) -> float | None:
        """The last time that the log tells, in seconds since the epoch; None before the first."""
        return self._jobs.last_at

    def apply(self, event: LogEvent) -> None:
        """Take in the next event, in the order of the log."""
        self._silent = False
        match event:
            case JobStarted():
                # A run that goes on was not over: what looked like its end was text of a shell command.
                self._stop, self._exiting, self._nothing = None, False, False
                self._completed = self._perhaps_completed = False
                self._faults.clear()
                self._jobs.started(event)
            case Finished():
                self._completed = self._perhaps_completed = self._exiting = False
                self._jobs.finished(event)
            case Progress():
                self._progress = (event.done, event.total)
            case JobFailing():
                self._claim(event.first_line, event.line)
                self._jobs.failing(event)
            case JobError():
                if event.raised_line is not None:
                    self._raised.pop(event.raised_line, None)
                self._claim(event.first_line, event.line)
                self._jobs.failing(event)
            case RuleRaised():
                if len(self._raised) < _UNEXPLAINED_LIMIT:
                    self._raised[event.line] = event
            case Restarting():
                self._jobs.restarting(event)
            case Submitted():
                self._jobs.submitted(event)
            case WorkflowFault():
                self._faults = [*self._faults[-20:], event]
            case FaultDetail():
                self._details.setdefault(event.fault_line, []).append(event.text)
            case _:
                self._about_the_run(event)

    def _about_the_run(self, event: LogEvent) -> None:
        match event:
            case HeaderFact():
                self._header.setdefault(event.name, event.value)
            case Planning():
                self._planning = True
            case Provided():
                if event.what == "cores":
                    self._cores = event.count
            case JobStats():
                self._stats = event
            case Interrupted():
                self._stop = event
            case Exiting():
                self._exiting = True
            case Completed():
                own = PurePath(event.log.split(", ")[0]).name == self._name
                stopped = self._stop is not None and self._stop.certain
                self._completed = own or not self._jobs.running or stopped
                # Captured from a terminal the log has another name; then it may be the word of a run within a job, too.
                self._perhaps_completed = log_time(self._name) is None
            case Elapsed():
                self._elapsed = event.seconds
            case NothingToDo():
                self._nothing = True
            case _:
                pass

    def _claim(self, first_line: int, line: int) -> None:
        """An exception that belongs to a job's error block is no fault of the workflow."""
        self._faults = [fault for fault in self._faults if not first_line <= fault.line <= line]

    def snapshot(self, *, live: bool = False, pid: int | None = None, notice: str | None = None) -> Run:
        """The run as told so far. `live`: whether the engine is taken to be at work still (see `liveness`)."""
        status = self._status(live)
        over = status != "running"
        jobs = self._jobs.snapshot(None if not over else "succeeded" if status == "succeeded" else "interrupted")
        begun = log_time(self._name) or _header_time(self._header.get("date", "")) or self._jobs.first_at
        done, total = self._progress
        groups = self._jobs.groups() + self._other_failures(status)
        return Run(
            log=self._log,
            status=status,
            started_at=rfc3339(begun),
            ended_at=rfc3339(self._ended(begun)) if over else None,
            version=self._header.get("snakemake version"),
            cores=self._cores,
            command=self._header.get("command"),
            host=self.host,
            pid=pid if not over or live else None,
            planned=max(self._stats.total if self._stats else 0, total, len(jobs)),
            finished=len(jobs) if self._untold(status) else max(self._jobs.succeeded, done),
            failed=self._jobs.failed,
            running=0 if over else self._jobs.running,
            retried=self._jobs.retried,
            planned_rules=self._stats.counts if self._stats else (),
            jobs=jobs,
            failures=tuple(groups),
            retries=self._jobs.tried_again(),
            last_at=rfc3339(self._jobs.last_at),
            notice=notice or self._doubt(status, bool(groups)),
        )

    def _ended(self, begun: float | None) -> float | None:
        if self._elapsed is not None and begun is not None:
            return begun + self._elapsed
        told = self._jobs.last_at
        if told is None:
            return begun if self._completed or self._faults else None
        # Stamps are whole seconds, the name is not: a short run must not end before it began.
        return max(told, begun or told)

    def _all_done(self) -> bool:
        done, total = self._progress
        planned = max(self._stats.total if self._stats else 0, total)
        return max(self._jobs.succeeded, done) >= planned

    def _status(self, live: bool) -> RunStatus:
        told = self._completed or (self._perhaps_completed and not live)
        if told or (self._exiting and not self._jobs.running):
            return self._outcome()
        if self._nothing and not self._jobs:
            return "nothing-to-do"
        if live:
            return "running"
        if any(fault.certain for fault in self._faults):
            return "failed"
        if self._stop is None and self._stats and self._jobs and not self._jobs.failed and self._all_done():
            return "succeeded"
        if self._stop is not None or self._jobs or self._stats or (self._planning and self._header.get("command")):
            return "interrupted"
        return "unknown"

    def _outcome(self) -> RunStatus:
        """How a run ended that told its end."""
        if self._nothing and not self._jobs:
            return "nothing-to-do"
        if self._stop is not None and ((self._exiting and self._stop.certain) or not self._all_done()):
            return "interrupted"
        if self._jobs.interrupted and not self._jobs.failed and not self._all_done():
            return "interrupted"
        if self._exiting or self._jobs.failed or any(fault.certain for fault in self._faults):
            return "failed"
        return "succeeded" if self._all_done() or self._is_quiet() else "unknown"

    def _is_quiet(self) -> bool:
        """Whether the log leaves out how jobs end, as with `--quiet progress`."""
        return bool(self._jobs) and self._jobs.running == len(self._jobs) and self._progress == (0, 0)

    def _untold(self, status: RunStatus) -> bool:
        return status == "succeeded" and self._is_quiet()

    def _doubt(self, status: RunStatus, explained: bool) -> str | None:
        """What the log leaves open, as a sentence: lines of it may be missing."""
        said = None
        if status == "unknown" and self._completed:
            said = "the log says that the run ended, not that all its jobs did"
        elif status == "unknown" and self._silent:
            return _EMPTY
        elif self._untold(status):
            return "the run log does not tell how each job ended, as with --quiet progress; the run told no failure"
        elif status == "failed" and not explained:
            said = "the log says that a job failed, not which"
        elif status == "succeeded" and not self._completed:
            said = "all jobs are done, but the log does not say that the run ended"
        elif status == "succeeded" and self._jobs.running:
            said = f"the log does not tell how {self._jobs.running} of its jobs ended"
        elif self._jobs.gaps:
            gaps = counted(self._jobs.gaps, "attempt")
            said = f"the log does not tell how {gaps} ended before the job was started again"
        return f"{said}: lines of it may be missing" if said else None

    def _unexplained(self, status: RunStatus) -> list[FailureGroup]:
        """Exceptions of jobs that no error block names, as with `--quiet rules`."""
        found: dict[tuple[str, str, int | None, str], list[RuleRaised]] = {}
        for raised in self._raised.values():
            kind = "interrupted" if self._stop is not None and self._stop.at_once else raised.kind
            found.setdefault((raised.rule, kind, raised.exit_code, shape(raised.message)), []).append(raised)
        return [
            FailureGroup(
                rule=rule,
                kind=kind,
                count=len(all_raised),
                message=all_raised[-1].message,
                still_failing=len(all_raised) if status != "succeeded" else 0,
                exit_codes=(exit_code,) if exit_code is not None else (),
                line=all_raised[-1].line,
            )
            for (rule, kind, exit_code, _), all_raised in found.items()
        ]

    def _other_failures(self, status: RunStatus) -> list[FailureGroup]:
        """Failures that no job's error block tells of."""
        groups = []
        if status == "failed" or (status == "running" and any(fault.certain for fault in self._faults)):
            for fault in self._faults:
                details = self._details.get(fault.line, [])[:_DETAIL_LIMIT]
                message = " ".join((fault.message or fault.name, *details))
                groups.append(
                    FailureGroup(rule=fault.rule, kind=fault.kind, count=1, message=message[:600], line=fault.line)
                )
        if status != "running":
            groups += self._unexplained(status)
        stop = self._stop
        told = any(group.kind == "interrupted" for group in groups) or self._jobs.interruption_told()
        if status == "interrupted" and stop is not None and not told:
            groups.append(FailureGroup("", "interrupted", 1, stop.text, line=stop.line))
        return groups
