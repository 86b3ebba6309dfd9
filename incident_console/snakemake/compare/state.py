"""What is kept of one side, so that another can be held against it later? Frozen, bounded, and JSON when it is kept.

`incident-console/state/1`. Times are RFC 3339 in UTC, durations seconds, sizes bytes, paths relative to the workflow's
folder where they are inside it. What stands in a state came from outside, and a state that is read again may have been
written by anybody: nothing in it is ever used as a path to open.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import DecodeError, Meta, Struct, ValidationError, field, json

from incident_console.errors import InputError
from incident_console.events.misfit import told

SIZE_LIMIT = 32 << 20
"""Bytes of a state that is read."""
JOBS = 5000
NAMES = 60_000
"""Names of files that a state holds in all."""
_FEW = 20_000

Text = Annotated[str, Meta(max_length=8192)]
Seconds = Annotated[float, Meta(ge=0, le=1e10)]
Count = Annotated[int, Meta(ge=0, le=1 << 53)]
Names = Annotated[tuple[Text, ...], Meta(max_length=NAMES)]
Pairs = Annotated[dict[Text, Text], Meta(max_length=_FEW)]


class RunState(Struct, frozen=True, kw_only=True):
    """The run itself, as its log tells."""

    log: Text
    status: Literal["running", "succeeded", "failed", "interrupted", "nothing-to-do", "unknown"]
    started_at: Text | None = None
    elapsed_s: Seconds = 0.0
    command: Text | None = None
    planned: Count = 0
    finished: Count = 0
    failed: Count = 0
    retried: Count = 0
    planned_rules: Annotated[dict[Text, Count], Meta(max_length=_FEW)] = {}


class Times(Struct, frozen=True, kw_only=True):
    """Seconds of `count` jobs; all zero for none."""

    sum: Seconds = 0.0
    median: Seconds = 0.0
    max: Seconds = 0.0
    count: Count = 0


class RuleState(Struct, frozen=True, kw_only=True):
    rule: Text
    planned: Count = 0
    finished: Count = 0
    failed: Count = 0
    retried: Count = 0
    wall_s: Times = Times()
    benchmark_s: Times = Times()


class CostState(Struct, frozen=True, kw_only=True):
    planning_s: Seconds = 0.0
    scheduler_s: Seconds = 0.0
    storage_s: Seconds = 0.0
    tool_s: Seconds = 0.0
    dominant: Literal["planning", "scheduler", "storage", "tool", "undetermined"] = "undetermined"
    confidence: Literal["low", "medium", "high"] = "low"


class JobState(Struct, frozen=True, kw_only=True):
    """One job that was started, by what it reads and makes: its jobid means nothing in another run."""

    rule: Text
    wildcards: Annotated[dict[Text, Text], Meta(max_length=200)] = {}
    input: Names = ()
    output: Names = ()
    log: Names = ()
    benchmark: Text | None = None
    threads: Count = 1
    resources: Annotated[dict[Text, Text], Meta(max_length=200)] = {}
    succeeded: bool = False


class FileState(Struct, frozen=True, kw_only=True):
    """An output, or a published file. `digest` is `sha256:…` or `md5:…`, None where it is not known."""

    path: Text
    there: bool = True
    size: Count | None = None
    digest: Text | None = None
    told_by: Text = ""
    """Who says the digest: empty for the file itself, else the list or the metadata that name it."""


class Document(Struct, frozen=True, kw_only=True):
    """A published JSON file, flat: `config.samples[0]` -> its text."""

    path: Text
    values: Pairs = {}


class RuleText(Struct, frozen=True, kw_only=True):
    """A rule as the workflow's text says it: by directive, without comments and with single blanks."""

    rule: Text
    directives: Annotated[dict[Text, Text], Meta(max_length=60)] = {}


class State(Struct, frozen=True, kw_only=True):
    """One side of a comparison."""

    schema_: Literal["incident-console/state/1"] = field(default="incident-console/state/1", name="schema")
    taken_at: Text
    workdir: Text
    from_: Literal["workdir", "run-log"] = field(name="from")
    """A run log alone says what was planned and run, not what the files are now."""
    run: RunState | None = None
    rules: Annotated[tuple[RuleState, ...], Meta(max_length=_FEW)] = ()
    cost: CostState = CostState()
    jobs: Annotated[tuple[JobState, ...], Meta(max_length=JOBS)] = ()
    targets: Names | None = None
    """What was asked for: the inputs of the rules that make nothing, and the targets of the command; None: unknown."""
    outputs: Annotated[tuple[FileState, ...], Meta(max_length=NAMES)] = ()
    inputs: Annotated[tuple[FileState, ...], Meta(max_length=NAMES)] = ()
    """What jobs read and no job of the run made."""
    published: Annotated[tuple[FileState, ...], Meta(max_length=NAMES)] = ()
    mismatches: Names = ()
    """Published files that are not as their own checksum list says."""
    documents: Annotated[tuple[Document, ...], Meta(max_length=100)] = ()
    evidence: Names = ()
    """Logs, benchmarks, provenance and reports that are there."""
    policy: Pairs = {}
    config: Pairs = {}
    params: Pairs = {}
    """By output: the params that its metadata keep."""
    texts: Annotated[tuple[RuleText, ...], Meta(max_length=_FEW)] = ()
    sources: Pairs = {}
    """By path: the SHA-256 of the workflow's own files, scripts as well."""
    not_seen: Annotated[tuple[Text, ...], Meta(max_length=100)] = ()
    """What was not looked at, or only in part, as sentences."""

    @property
    def sees_files(self) -> bool:
        return self.from_ == "workdir"


def to_json(state: State) -> bytes:
    """The state as JSON, one line."""
    return json.encode(state) + b"\n"


def from_json(data: bytes, name: str) -> State:
    """Read a kept state again. Raises InputError naming the first place that is not as it must be."""
    if len(data) > SIZE_LIMIT:
        raise InputError(f"{name} is larger than {SIZE_LIMIT >> 20} MiB: no state that was captured is")
    try:
        return json.decode(data, type=State)
    except ValidationError as fault:
        raise InputError(f"{name} is no state that was captured: {told(fault)}") from None
    except (DecodeError, UnicodeError, RecursionError):
        raise InputError(f"{name} is no state that was captured: it is not JSON") from None
