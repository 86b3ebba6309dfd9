"""When was what going on in the run, and why was each job run? What the analysis needs beyond the fold of `Run`.

Detail is kept of the first `DETAILED` starts; the others are only counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from incident_console.snakemake.logevents import (
    Elapsed,
    FaultDetail,
    Finished,
    HeaderFact,
    JobError,
    JobFailing,
    JobStarted,
    LogEvent,
    Progress,
    Provided,
    Submitted,
    WaitingForFiles,
    WorkflowFault,
)
from incident_console.snakemake.reasons import REASONS

DETAILED = 5000
"""Starts of which inputs, outputs and reasons are kept."""
_NAMES = 2000
_WAITS = 5000
_FAULTS = 20
_DETAILS = 12
_REASON_LIMIT = 600


@dataclass(frozen=True)
class Start:
    """One start of a job, as its block tells. Its names and reasons are read from the block when first asked for."""

    event: JobStarted

    @property
    def jobid(self) -> int:
        return self.event.jobid

    @property
    def rule(self) -> str:
        return self.event.rule

    @property
    def line(self) -> int:
        return self.event.line

    @property
    def at(self) -> float:
        return self.event.at

    @property
    def reason(self) -> str:
        return self.event.reason[:_REASON_LIMIT]

    @cached_property
    def reasons(self) -> frozenset[str]:
        """The names of the classes of reasons that it gives (see `reasons`)."""
        reason = self.event.reason
        return frozenset(one.name for one in REASONS if one.told.search(reason))

    @cached_property
    def input(self) -> tuple[str, ...]:
        return self.event.input[:_NAMES]

    @cached_property
    def output(self) -> tuple[str, ...]:
        return self.event.output[:_NAMES]


@dataclass(frozen=True, slots=True)
class Wait:
    """`Waiting at most N seconds for missing files`. Times are those told before and after it in the log."""

    line: int
    seconds: int
    after: float | None
    jobid: int | None = None
    """The job whose end came next."""
    until: float | None = None
    in_vain: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """An error of the workflow itself with the name of its exception."""

    line: int
    kind: str
    name: str
    message: str
    rule: str
    certain: bool
    jobs_before: bool
    """Whether jobs had begun by then."""


@dataclass(frozen=True, slots=True)
class Trace:
    header: Mapping[str, str]
    header_lines: Mapping[str, int]
    cores: int | None
    nodes: int | None
    provided_line: int
    elapsed: float | None
    """What the engine itself says that the run took, in seconds."""
    starts: tuple[Start, ...]
    started: int
    """All starts; more than `starts` holds in a long run."""
    submitted: bool
    """Whether any job was handed over to a cluster."""
    waits: tuple[Wait, ...]
    checkpoints: tuple[float, ...]
    """When checkpoints finished, after which the plan was made anew."""
    faults: tuple[Fault, ...]
    last_line: int

    @property
    def complete(self) -> bool:
        """Whether `starts` holds every start."""
        return self.started == len(self.starts)


class TraceFold:
    """Folds the events of one log, in their order."""

    def __init__(self) -> None:
        self._header: dict[str, str] = {}
        self._header_lines: dict[str, int] = {}
        self._provided: dict[str, int] = {}
        self._provided_line = 0
        self._elapsed: float | None = None
        self._submitted = False
        self._starts: list[Start] = []
        self._started = 0
        self._waits: list[Wait] = []
        self._open: list[int] = []
        self._open_checkpoints: set[int] = set()
        self._checkpoints: list[float] = []
        self._faults: list[Fault] = []
        self._details: dict[int, list[str]] = {}
        self._last_at: float | None = None
        self._last_line = 0

    def take(self, events: Iterable[LogEvent]) -> None:
        """Take in many events. Nearly all of them say no more than that one more job began or ended well."""
        for event in events:
            match event:
                case JobStarted() if self._started >= DETAILED and not (event.checkpoint or self._faults):
                    self._started += 1
                    self._last_at, self._last_line = event.at, event.line
                case Finished() if not (self._open or self._open_checkpoints):
                    self._last_at, self._last_line = event.at, event.line
                case Progress():
                    self._last_line = event.line
                case _:
                    self.apply(event)

    def apply(self, event: LogEvent) -> None:
        self._last_line = event.line
        match event:
            case JobStarted():
                self._start(event)
            case Finished():
                self._end(event.jobid, event.at, in_vain=False)
                if event.jobid in self._open_checkpoints:
                    self._open_checkpoints.discard(event.jobid)
                    self._checkpoints.append(event.at)
                self._last_at = event.at
            case JobFailing() | JobError():
                if event.kind == "missing-output":
                    self._end(event.jobid, None, in_vain=True)
                self._last_at = event.at if event.at is not None else self._last_at
            case WaitingForFiles():
                if len(self._waits) < _WAITS:
                    self._open.append(len(self._waits))
                    self._waits.append(Wait(event.line, min(event.seconds, 86_400), self._last_at))
            case HeaderFact():
                self._header.setdefault(event.name, event.value)
                self._header_lines.setdefault(event.name, event.line)
            case Provided():
                self._provided.setdefault(event.what, event.count)
                self._provided_line = self._provided_line or event.line
            case WorkflowFault():
                fault = Fault(
                    event.line, event.kind, event.name, event.message, event.rule, event.certain, self._started > 0
                )
                self._faults = [*self._faults[-_FAULTS:], fault]
            case FaultDetail():
                details = self._details.setdefault(event.fault_line, [])
                if len(details) < _DETAILS:
                    details.append(event.text)
            case Submitted():
                self._submitted = True
            case Elapsed():
                self._elapsed = event.seconds
            case _:
                pass

    def _start(self, event: JobStarted) -> None:
        self._started += 1
        self._last_at = event.at
        if self._faults:
            # A run that goes on was not over: what looked like a fault was text of a command.
            self._faults.clear()
        if event.checkpoint:
            self._open_checkpoints.add(event.jobid)
        if self._started <= DETAILED:
            self._starts.append(Start(event))

    def _end(self, jobid: int, at: float | None, *, in_vain: bool) -> None:
        """Whose wait a wait was is not written: it is that of the job whose end comes next."""
        if self._open:
            index = self._open.pop(0)
            wait = replace(self._waits[index], jobid=jobid, until=at, in_vain=in_vain)
            self._waits[index] = wait
            if in_vain and wait.after is not None:
                # No time is told at its end, but it took all that it was given.
                self._last_at = max(self._last_at or 0.0, wait.after + wait.seconds)

    def snapshot(self) -> Trace:
        faults = [
            replace(one, message=" ".join((one.message, *self._details.get(one.line, ())))) for one in self._faults
        ]
        return Trace(
            header=dict(self._header),
            header_lines=dict(self._header_lines),
            cores=self._provided.get("cores"),
            nodes=self._provided.get("nodes"),
            provided_line=self._provided_line,
            elapsed=self._elapsed,
            starts=tuple(self._starts),
            started=self._started,
            submitted=self._submitted,
            waits=tuple(self._waits),
            checkpoints=tuple(self._checkpoints),
            faults=tuple(faults),
            last_line=self._last_line,
        )
