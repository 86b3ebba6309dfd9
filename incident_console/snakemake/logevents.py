"""What can stand in a Snakemake run log, as events that do not change.

Every event knows where it stands: `line` counts from 1, `offset` is the byte at which that line begins. Times (`at`)
are seconds since the epoch, converted from the log's local time with this machine's zone; the log's own resolution is
one second. Shapes were taken from Snakemake 7.32, 8.30 and 9.27.

The three of which a log has a hundred thousand are named tuples, which are made three times as fast as dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from incident_console.snakemake import fields


@dataclass(frozen=True, slots=True)
class _Event:
    line: int
    offset: int


@dataclass(frozen=True, slots=True)
class HeaderFact(_Event):
    """A line of the `SNAKEMAKE` header (9.22 on) or `host: NAME` (8); `name` is lower case, such as `command`."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Planning(_Event):
    """`Building DAG of jobs...`"""


@dataclass(frozen=True, slots=True)
class Provided(_Event):
    """`Provided cores: N`, `Provided remote nodes: N`; `what` is `cores` or `nodes`."""

    what: str
    count: int


@dataclass(frozen=True, slots=True)
class JobStats(_Event):
    """The `Job stats:` table, printed once before the first job."""

    counts: tuple[tuple[str, int], ...]
    total: int


class JobStarted(NamedTuple):
    """A job's block. `rule` is empty where the rule has a `message:`; only a later line names it."""

    line: int
    offset: int
    at: float
    jobid: int
    rule: str
    local: bool
    checkpoint: bool
    group: str | None
    message: str | None
    block: bytes
    """The lines `name: value` under the head; what is asked for is read from them then."""

    def value(self, name: str) -> bytes:
        """The value of a field of the block, empty where it has none."""
        return fields.value(self.block, name)

    @property
    def wildcards(self) -> Mapping[str, str]:
        return fields.pairs(self.value("wildcards"))

    @property
    def log(self) -> tuple[str, ...]:
        return fields.names(self.value("log"))

    @property
    def benchmark(self) -> str | None:
        return fields.text(self.value("benchmark")) or None

    @property
    def input(self) -> tuple[str, ...]:
        return fields.names(self.value("input"))

    @property
    def output(self) -> tuple[str, ...]:
        return fields.names(self.value("output"))

    @property
    def reason(self) -> str:
        return fields.text(self.value("reason"))

    @property
    def threads(self) -> int:
        return fields.number(self.value("threads"), 1)

    @property
    def resources(self) -> Mapping[str, str]:
        return fields.pairs(self.value("resources"))

    @property
    def attempt(self) -> int | None:
        """What `resources: attempt=N` says, where the rule asks for it."""
        value = self.resources.get("attempt", "")
        return int(value) if value.isdigit() and len(value) < 7 else None


class Finished(NamedTuple):
    line: int
    offset: int
    at: float
    jobid: int
    rule: str
    """Empty in 7 and 8, which do not say it here."""


@dataclass(frozen=True, slots=True)
class JobFailing(_Event):
    """The first sure sign that a job failed, as early as the log tells; the JobError follows when its block ends."""

    at: float | None
    jobid: int
    rule: str
    kind: str
    exit_code: int | None
    message: str
    logs: tuple[str, ...]
    group: str | None
    first_line: int


@dataclass(frozen=True, slots=True)
class JobError(_Event):
    """A whole error block: `first_line`..`last_line` inclusive, bytes `start`..`end` (end not included).

    From the `RuleException` text where that stands directly before, through `Trying to restart`. `line` is the
    `Error in rule` line (or the `MissingOutputException` line). Exit codes of signals are 128 + the signal.
    """

    at: float | None
    jobid: int
    rule: str
    kind: str
    exit_code: int | None
    message: str
    logs: tuple[str, ...]
    external_id: str | None
    group: str | None
    first_line: int
    last_line: int
    start: int
    end: int
    restarting: bool
    raised_line: int | None
    """The RuleRaised that this block explains."""


@dataclass(frozen=True, slots=True)
class RuleRaised(_Event):
    """A `RuleException:`; with `--quiet rules` no block follows, and this is all that is said of the failure."""

    rule: str
    kind: str
    exit_code: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Restarting(_Event):
    jobid: int


class Progress(NamedTuple):
    line: int
    offset: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Submitted(_Event):
    """Handed to a cluster: one job, or all members of a group."""

    jobids: tuple[int, ...]
    external_id: str
    log: str | None


@dataclass(frozen=True, slots=True)
class WaitingForFiles(_Event):
    seconds: int


@dataclass(frozen=True, slots=True)
class Interrupted(_Event):
    """Somebody asked the engine to stop; `at_once` for SIGINT, else the running jobs are finished first (SIGTERM)."""

    text: str
    at_once: bool
    certain: bool
    """False where text of a shell command could have imitated it."""


@dataclass(frozen=True, slots=True)
class WorkflowFault(_Event):
    """An error of the workflow itself: a definition, a lock, incomplete or missing files.

    `certain` is False where text of a shell command could have imitated it.
    """

    kind: str
    name: str
    message: str
    rule: str
    certain: bool


@dataclass(frozen=True, slots=True)
class FaultDetail(_Event):
    """One more line of the WorkflowFault at `fault_line`."""

    fault_line: int
    text: str


@dataclass(frozen=True, slots=True)
class NothingToDo(_Event):
    pass


@dataclass(frozen=True, slots=True)
class Exiting(_Event):
    """`Exiting because a job execution failed`, or `At least one job did not complete successfully.`"""


@dataclass(frozen=True, slots=True)
class Completed(_Event):
    """`Complete log(s): PATH`: the engine came to its own end, well or not."""

    log: str


@dataclass(frozen=True, slots=True)
class Elapsed(_Event):
    """`Elapsed time: 0:00:01.363550` (9.27): how long the run took."""

    seconds: float


LogEvent = JobStarted | Finished | Progress | _Event
