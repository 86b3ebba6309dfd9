"""What became of each job, attempt by attempt?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

JobState = Literal["running", "succeeded", "failed", "interrupted", "waiting"]
Outcome = Literal["running", "failed", "succeeded", "interrupted"]


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


class Brief(NamedTuple):
    """What a count over many thousand jobs asks of one, told without making its attempts or reading its names."""

    jobid: int
    rule: str
    state: JobState
    tries: int
    started: float | None
    """This and the next two are of the latest attempt."""
    ended: float | None
    outcome: Outcome
    plain: bool
    """At most one attempt, and no trouble with it: the rest is told by `Job.attempts`."""
    benchmark: bool
    """Whether it has a benchmark file."""
    threads: int
    remote: bool
    """Whether it was handed over to a cluster."""
    dotted: bool
    """Whether a wildcard's value holds a dot or a `~`, as the name of a file with an ending does."""


class JobSource(Protocol):
    """What a job's attributes are read from when they are first asked for."""

    def brief(self) -> Brief:
        """See `Job.brief`."""

    def read(self, name: str) -> object:
        """The attribute of `Job` with this name."""


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
    _source: JobSource | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, source: JobSource) -> Job:
        """A job of which nothing is read yet: of a hundred thousand few are looked at closely."""
        job = object.__new__(cls)
        object.__setattr__(job, "_source", source)
        return job

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            source = None if name.startswith("_") else self._source
            if source is None:
                raise AttributeError(name)
            value = source.read(name)
            object.__setattr__(self, name, value)
            return value

    def brief(self) -> Brief:
        """The job in short; made anew each time (see `Run.briefs`)."""
        if self._source is not None:
            return self._source.brief()
        last = self.attempts[-1] if self.attempts else Attempt(0)
        return Brief(
            self.jobid,
            self.rule,
            self.state,
            len(self.attempts),
            last.started,
            last.ended,
            last.outcome,
            len(self.attempts) < 2 and last.kind is None,
            self.benchmark is not None,
            self.threads,
            self.external_id is not None,
            any("." in value or "~" in value for value in self.wildcards.values()),
        )

    @property
    def sample(self) -> str:
        """The wildcards' values, as one says which job is meant."""
        return " ".join(self.wildcards.values())
