"""What became of each job, attempt by attempt?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from incident_console.snakemake.logevents import Finished, JobError, JobFailing, JobStarted, Restarting, Submitted

JobState = Literal["running", "succeeded", "failed", "interrupted", "waiting"]
Outcome = Literal["running", "failed", "succeeded", "interrupted"]
_NOTHING: Mapping[str, str] = {}


def rfc3339(at: float | None) -> str | None:
    """RFC 3339 in UTC with microseconds and `Z` of seconds since the epoch."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a job. Lines count from 1; `last_line` and `end` are None while the error block is not complete."""

    number: int
    started: float | None = None
    """Seconds since the epoch; `started_at` is the same as text."""
    ended: float | None = None
    outcome: Outcome = "running"
    kind: str | None = None
    """Of a failure, in the words of the contracts: nonzero-exit, killed, missing-output, disk-full, interrupted."""
    exit_code: int | None = None
    """Signals are 128 + N; None where the log does not tell (7 never does)."""
    message: str | None = None
    first_line: int | None = None
    last_line: int | None = None
    start: int | None = None
    end: int | None = None

    @property
    def started_at(self) -> str | None:
        return rfc3339(self.started)

    @property
    def ended_at(self) -> str | None:
        return rfc3339(self.ended)


@dataclass(frozen=True, slots=True)
class Job:
    jobid: int
    rule: str
    """Empty while only a rule's `message:` was seen."""
    wildcards: Mapping[str, str]
    state: JobState
    """`waiting`: failed, and will be tried again."""
    attempts: tuple[Attempt, ...]
    logs: tuple[str, ...] = ()
    """As the log gives them, relative to the workdir; a cluster's own log last."""
    benchmark: str | None = None
    external_id: str | None = None
    group: str | None = None
    threads: int = 1

    @property
    def sample(self) -> str:
        """The wildcards' values, as one says which job is meant."""
        return " ".join(self.wildcards.values())


class _Try:
    __slots__ = (
        "end",
        "ended",
        "exit_code",
        "first_line",
        "kind",
        "last_line",
        "message",
        "outcome",
        "start",
        "started",
    )

    def __init__(self, started: float | None) -> None:
        self.started = started
        self.ended: float | None = None
        self.outcome: Outcome = "running"
        self.kind: str | None = None
        self.exit_code: int | None = None
        self.message: str | None = None
        self.first_line: int | None = None
        self.last_line: int | None = None
        self.start: int | None = None
        self.end: int | None = None


class _Job:
    __slots__ = (
        "benchmark",
        "external_id",
        "frozen",
        "group",
        "jobid",
        "logs",
        "rule",
        "state",
        "threads",
        "tries",
        "wildcards",
    )

    def __init__(self, jobid: int) -> None:
        self.jobid = jobid
        self.rule = ""
        self.wildcards = _NOTHING
        self.state: JobState = "running"
        self.tries: list[_Try] = []
        self.logs: tuple[str, ...] = ()
        self.benchmark: str | None = None
        self.external_id: str | None = None
        self.group: str | None = None
        self.threads = 1
        self.frozen: Job | None = None


class JobFold:
    """Folds the events of jobs; counts are kept as it goes."""

    def __init__(self) -> None:
        self._jobs: dict[int, _Job] = {}
        self._counts: dict[JobState, int] = dict.fromkeys(
            ("running", "succeeded", "failed", "interrupted", "waiting"), 0
        )
        # Few of many thousands: what failed and what was tried again is not searched for at each look.
        self._troubled: dict[int, None] = {}
        self._again: dict[int, None] = {}
        self.gaps = 0
        """Attempts that began again without a word on how the one before ended."""
        self.first_at: float | None = None
        self.last_at: float | None = None
        self._snapshot: tuple[Job, ...] = ()
        self._over = False
        self._fresh = True

    def __bool__(self) -> bool:
        return bool(self._jobs)

    @property
    def retried(self) -> int:
        return len(self._again)

    @property
    def running(self) -> int:
        return self._counts["running"]

    @property
    def succeeded(self) -> int:
        return self._counts["succeeded"]

    @property
    def interrupted(self) -> int:
        return self._counts["interrupted"]

    @property
    def failed(self) -> int:
        return self._counts["failed"]

    def _tell(self, at: float | None) -> None:
        if at is not None:
            self.last_at = at
            if self.first_at is None:
                self.first_at = at

    def _job(self, jobid: int) -> _Job:
        job = self._jobs.get(jobid)
        if job is None:
            job = self._jobs[jobid] = _Job(jobid)
            self._counts[job.state] += 1
        job.frozen = None
        self._fresh = False
        return job

    def _move(self, job: _Job, state: JobState) -> None:
        self._counts[job.state] -= 1
        self._counts[state] += 1
        job.state = state

    def started(self, event: JobStarted) -> None:
        self._tell(event.at)
        job = self._job(event.jobid)
        if job.tries and job.state == "running":
            last = job.tries[-1]
            if last.started == event.at:
                return
            # Nothing told how the attempt before ended: lines of the log are missing.
            last.outcome, last.ended = "interrupted", event.at
            self.gaps += 1
        job.tries.append(_Try(event.at))
        if len(job.tries) > 1:
            self._again[event.jobid] = None
        job.rule = event.rule or job.rule
        job.wildcards = event.wildcards or job.wildcards
        job.logs = event.log or job.logs
        job.benchmark = event.benchmark or job.benchmark
        job.group = event.group
        job.threads = event.threads
        job.external_id = None
        self._move(job, "running")

    def finished(self, event: Finished) -> None:
        self._tell(event.at)
        job = self._job(event.jobid)
        if not job.tries:
            job.tries.append(_Try(None))
        last = job.tries[-1]
        last.outcome, last.ended = "succeeded", event.at
        job.rule = event.rule or job.rule
        self._move(job, "succeeded")

    def _failed(self, event: JobFailing | JobError) -> tuple[_Job, _Try]:
        self._tell(event.at)
        job = self._job(event.jobid)
        self._troubled[event.jobid] = None
        if not job.tries:
            job.tries.append(_Try(None))
        last = job.tries[-1]
        interrupted = event.kind == "interrupted"
        last.outcome = "interrupted" if interrupted else "failed"
        # A missing output has no time of its own: the last one told is the nearest.
        last.ended = event.at if event.at is not None else self.last_at
        last.kind, last.exit_code, last.message = event.kind, event.exit_code, event.message
        last.first_line = event.first_line
        job.rule = event.rule or job.rule
        job.logs = job.logs or event.logs
        job.group = event.group or job.group
        if job.state != "waiting":
            self._move(job, "interrupted" if interrupted else "failed")
        return job, last

    def failing(self, event: JobFailing) -> None:
        self._failed(event)

    def error(self, event: JobError) -> None:
        job, last = self._failed(event)
        last.last_line, last.start, last.end = event.last_line, event.start, event.end
        job.external_id = event.external_id or job.external_id

    def restarting(self, event: Restarting) -> None:
        self._move(self._job(event.jobid), "waiting")

    def submitted(self, event: Submitted) -> None:
        for jobid in event.jobids:
            job = self._job(jobid)
            job.external_id = event.external_id
            if event.log and event.log not in job.logs:
                job.logs = (*job.logs, event.log)

    def snapshot(self, *, over: bool) -> tuple[Job, ...]:
        """All jobs in the order they first started. `over`: what still runs then was interrupted."""
        if self._fresh and over == self._over:
            return self._snapshot
        if over != self._over:
            for job in self._jobs.values():
                if job.state in ("running", "waiting"):
                    job.frozen = None
        self._over, self._fresh = over, True
        self._snapshot = tuple([job.frozen or _freeze(job, over) for job in self._jobs.values()])
        return self._snapshot

    def troubled(self) -> tuple[Job, ...]:
        """Of the last snapshot: jobs with an attempt that failed or was interrupted in so many words."""
        return self._of(self._troubled)

    def tried_again(self) -> tuple[Job, ...]:
        """Of the last snapshot: jobs with more than one attempt."""
        return self._of(self._again)

    def _of(self, jobids: Iterable[int]) -> tuple[Job, ...]:
        return tuple([job for jobid in jobids if (job := self._jobs[jobid].frozen) is not None])


def _freeze(job: _Job, over: bool) -> Job:
    state = job.state
    if over and state in ("running", "waiting"):
        state = "interrupted" if state == "running" else "failed"
    attempts = []
    for number, one in enumerate(job.tries, 1):
        outcome: Outcome = "interrupted" if over and one.outcome == "running" else one.outcome
        attempts.append(
            Attempt(
                number,
                one.started,
                one.ended,
                outcome,
                one.kind,
                one.exit_code,
                one.message,
                one.first_line,
                one.last_line,
                one.start,
                one.end,
            )
        )
    job.frozen = Job(
        job.jobid,
        job.rule,
        job.wildcards,
        state,
        tuple(attempts),
        job.logs,
        job.benchmark,
        job.external_id,
        job.group,
        job.threads,
    )
    return job.frozen
