"""Which job is at which attempt by now? The fold of the events of jobs.

Each job is a few compact facts; the `Job`s that are handed out read theirs from them when they are asked. So facts that
were handed out are never changed: the next change is made on a copy.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from incident_console.snakemake import fields
from incident_console.snakemake.groups import FailureGroup, Groups
from incident_console.snakemake.jobs import Attempt, Brief, Job, JobState, Outcome
from incident_console.snakemake.logevents import Finished, JobError, JobFailing, JobStarted, Restarting, Submitted

End = Literal["interrupted", "succeeded"] | None
"""How the run ended for the jobs of which the log does not tell it; None while it goes on."""


_new = tuple.__new__
"""A named tuple's own `__new__` is a Python function around this one."""


class Try(NamedTuple):
    """One attempt."""

    started: float | None
    ended: float | None
    outcome: Outcome
    trouble: JobFailing | JobError | None


class Facts:
    """What is known of one job; its latest attempt is a part of it, as most jobs have but one."""

    __slots__ = (
        "before",
        "block",
        "cluster_logs",
        "end",
        "ended",
        "error_logs",
        "external_id",
        "group",
        "jobid",
        "outcome",
        "place",
        "rule",
        "shared",
        "started",
        "state",
        "tried",
        "trouble",
    )

    def __init__(self, jobid: int, place: int) -> None:
        self.jobid = jobid
        self.place = place
        self.rule = ""
        self.block = b""
        self.state: JobState = "running"
        self.tried = False
        """There was an attempt."""
        self.started: float | None = None
        self.ended: float | None = None
        self.outcome: Outcome = "running"
        self.trouble: JobFailing | JobError | None = None
        self.before: tuple[Try, ...] = ()
        """The attempts before the latest."""
        self.error_logs: tuple[str, ...] = ()
        self.cluster_logs: tuple[str, ...] = ()
        self.external_id: str | None = None
        self.group: str | None = None
        self.shared = False
        """A Job reads from it."""
        self.end: End = None

    def copy(self) -> Facts:
        other = Facts.__new__(Facts)
        for name in Facts.__slots__:
            setattr(other, name, getattr(self, name))
        other.shared = False
        return other

    def read(self, name: str) -> object:
        match name:
            case "jobid" | "rule" | "external_id" | "group":
                return getattr(self, name)
            case "state":
                return self._state()
            case "attempts":
                return tuple([self._attempt(number, one) for number, one in enumerate(self.tries(), 1)])
            case "wildcards":
                return fields.pairs(fields.value(self.block, name))
            case "benchmark":
                return fields.text(fields.value(self.block, name)) or None
            case "threads":
                return fields.number(fields.value(self.block, name), 1)
            case "logs":
                own = fields.names(fields.value(self.block, "log")) or self.error_logs
                return own + tuple([log for log in self.cluster_logs if log not in own])
            case _:
                raise AttributeError(name)

    def _state(self) -> JobState:
        if self.state == "waiting" and self.end == "interrupted":
            return "failed"
        return self.end or self.state if self.state in ("running", "waiting") else self.state

    def brief(self) -> Brief:
        """The facts that stand ready, and a few marks looked for in the block: fields are not read."""
        block, outcome, before = self.block, self.outcome, self.before
        at = block.rfind(b"    wildcards: ")
        until = block.find(b"\n", at)
        dotted = at >= 0 and (block.find(b".", at, until) >= 0 or block.find(b"~", at, until) >= 0)
        threads = fields.number(fields.value(block, "threads"), 1) if b"    threads: " in block else 1
        return _new(
            Brief,
            (
                self.jobid,
                self.rule,
                self._state(),
                len(before) + self.tried,
                self.started,
                self.ended,
                self.end or "running" if outcome == "running" else outcome,
                not before and self.trouble is None,
                # Of a log that ends in mid-line the value may be missing.
                b"    benchmark: " in block and b"    benchmark: \n" not in block,
                threads,
                self.external_id is not None,
                dotted,
            ),
        )

    def tries(self) -> tuple[Try, ...]:
        latest = Try(self.started, self.ended, self.outcome, self.trouble)
        return (*self.before, latest) if self.tried else self.before

    def _attempt(self, number: int, one: Try) -> Attempt:
        outcome: Outcome = self.end or "running" if one.outcome == "running" else one.outcome
        trouble = one.trouble
        if trouble is None:
            return Attempt(number, one.started, one.ended, outcome)
        whole = trouble if isinstance(trouble, JobError) else None
        return Attempt(
            number,
            one.started,
            one.ended,
            outcome,
            trouble.kind,
            trouble.exit_code,
            trouble.message,
            trouble.first_line,
            whole.last_line if whole else None,
            whole.start if whole else None,
            whole.end if whole else None,
        )


class JobFold:
    """Folds the events of jobs; counts are kept as it goes."""

    def __init__(self) -> None:
        self._facts: dict[int, Facts] = {}
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
        self._jobs: list[Job] = []
        self._changed: list[Facts] = []
        self._end: End = None
        self._snapshot: tuple[Job, ...] = ()
        self._groups = Groups()

    def __len__(self) -> int:
        return len(self._facts)

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

    def _job(self, jobid: int) -> Facts:
        """The job's facts, to be changed."""
        job = self._facts.get(jobid)
        if job is None:
            job = self._facts[jobid] = Facts(jobid, len(self._facts))
            self._counts["running"] += 1
            self._changed.append(job)
        elif job.shared:
            job = self._facts[jobid] = job.copy()
            self._changed.append(job)
        return job

    def _move(self, job: Facts, state: JobState) -> None:
        self._counts[job.state] -= 1
        self._counts[state] += 1
        job.state = state

    def started(self, event: JobStarted) -> None:
        _, _, at, jobid, rule, _, _, group, _, block = event
        self._tell(at)
        job = self._job(jobid)
        if job.tried:
            if job.state == "running":
                if job.started == at:
                    return
                # Nothing told how the attempt before ended: lines of the log are missing.
                job.outcome, job.ended = "interrupted", at
                self.gaps += 1
            job.before = job.tries()
            job.ended, job.outcome, job.trouble = None, "running", None
            self._again[jobid] = None
        job.tried = True
        job.started = at
        job.rule = rule or job.rule
        job.block = block
        job.group = group
        job.external_id = None
        if job.state != "running":
            self._move(job, "running")

    def finished(self, event: Finished) -> None:
        self._tell(event.at)
        job = self._job(event.jobid)
        job.tried = True
        job.outcome, job.ended = "succeeded", event.at
        job.rule = event.rule or job.rule
        self._move(job, "succeeded")

    def failing(self, event: JobFailing | JobError) -> None:
        self._tell(event.at)
        job = self._job(event.jobid)
        self._troubled[event.jobid] = None
        interrupted = event.kind == "interrupted"
        job.tried = True
        job.outcome = "interrupted" if interrupted else "failed"
        # A missing output has no time of its own: the last one told is the nearest.
        job.ended = event.at if event.at is not None else self.last_at
        job.trouble = event
        job.rule = event.rule or job.rule
        job.error_logs = job.error_logs or event.logs
        job.group = event.group or job.group
        if isinstance(event, JobError):
            job.external_id = event.external_id or job.external_id
        if job.state != "waiting":
            self._move(job, "interrupted" if interrupted else "failed")

    def restarting(self, event: Restarting) -> None:
        self._move(self._job(event.jobid), "waiting")

    def submitted(self, event: Submitted) -> None:
        for jobid in event.jobids:
            job = self._job(jobid)
            job.external_id = event.external_id
            if event.log and event.log not in job.cluster_logs:
                job.cluster_logs = (*job.cluster_logs, event.log)

    def snapshot(self, end: End) -> tuple[Job, ...]:
        """All jobs in the order they first started. `end`: what became of those whose end was not told."""
        if end != self._end:
            self._end = end
            for jobid, facts in tuple(self._facts.items()):
                if facts.state in ("running", "waiting"):
                    self._job(jobid)
        if self._changed:
            jobs = self._jobs
            for facts in self._changed:
                facts.shared, facts.end = True, end
                job = Job.of(facts)
                if facts.place < len(jobs):
                    jobs[facts.place] = job
                else:
                    jobs.append(job)
                if facts.jobid in self._troubled:
                    self._groups.put(job)
            self._changed.clear()
            self._snapshot = tuple(jobs)
        return self._snapshot

    def groups(self) -> list[FailureGroup]:
        """Of the last snapshot: all failed attempts by their cause."""
        return self._groups.all()

    def interruption_told(self) -> bool:
        """Of the last snapshot: whether an attempt was interrupted in so many words."""
        jobs = (self._jobs[self._facts[jobid].place] for jobid in self._troubled)
        return any(attempt.kind == "interrupted" for job in jobs for attempt in job.attempts)

    def tried_again(self) -> tuple[Job, ...]:
        """Of the last snapshot: jobs with more than one attempt."""
        return tuple([self._jobs[self._facts[jobid].place] for jobid in self._again])
