"""What is kept of one side, so that another can be held against it later? Frozen, bounded, and JSON when it is kept.

`incident-console/state/1`. Times are RFC 3339 in UTC, durations seconds, sizes bytes, paths relative to the workflow's
folder where they are inside it. What stands in a state came from outside, and a state that is read again may have been
written by anybody: nothing in it is ever used as a path to open.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from incident_console.errors import InputError

SIZE_LIMIT = 32 << 20
"""Bytes of a state that is read."""
JOBS = 5000
NAMES = 60_000
"""Names of files that a state holds in all."""
_FEW = 20_000

Text = Annotated[str, Field(max_length=8192)]
Seconds = Annotated[float, Field(ge=0, le=1e10, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=1 << 53)]
Names = Annotated[tuple[Text, ...], Field(max_length=NAMES)]
Pairs = Annotated[dict[Text, Text], Field(max_length=_FEW)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class RunState(_Model):
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
    planned_rules: Annotated[dict[Text, Count], Field(max_length=_FEW)] = {}


class Times(_Model):
    """Seconds of `count` jobs; all zero for none."""

    sum: Seconds = 0.0
    median: Seconds = 0.0
    max: Seconds = 0.0
    count: Count = 0


class RuleState(_Model):
    rule: Text
    planned: Count = 0
    finished: Count = 0
    failed: Count = 0
    retried: Count = 0
    wall_s: Times = Times()
    benchmark_s: Times = Times()


class CostState(_Model):
    planning_s: Seconds = 0.0
    scheduler_s: Seconds = 0.0
    storage_s: Seconds = 0.0
    tool_s: Seconds = 0.0
    dominant: Literal["planning", "scheduler", "storage", "tool", "undetermined"] = "undetermined"
    confidence: Literal["low", "medium", "high"] = "low"


class JobState(_Model):
    """One job that was started, by what it reads and makes: its jobid means nothing in another run."""

    rule: Text
    wildcards: Annotated[dict[Text, Text], Field(max_length=200)] = {}
    input: Names = ()
    output: Names = ()
    log: Names = ()
    benchmark: Text | None = None
    threads: Count = 1
    resources: Annotated[dict[Text, Text], Field(max_length=200)] = {}
    succeeded: bool = False


class FileState(_Model):
    """An output, or a published file. `digest` is `sha256:…` or `md5:…`, None where it is not known."""

    path: Text
    there: bool = True
    size: Count | None = None
    digest: Text | None = None
    told_by: Text = ""
    """Who says the digest: empty for the file itself, else the list or the metadata that name it."""


class Document(_Model):
    """A published JSON file, flat: `config.samples[0]` -> its text."""

    path: Text
    values: Pairs = {}


class RuleText(_Model):
    """A rule as the workflow's text says it: by directive, without comments and with single blanks."""

    rule: Text
    directives: Annotated[dict[Text, Text], Field(max_length=60)] = {}


class State(_Model):
    """One side of a comparison."""

    schema_: Literal["incident-console/state/1"] = Field(default="incident-console/state/1", alias="schema")
    taken_at: Text
    workdir: Text
    from_: Literal["workdir", "run-log"] = Field(alias="from")
    """A run log alone says what was planned and run, not what the files are now."""
    run: RunState | None = None
    rules: Annotated[tuple[RuleState, ...], Field(max_length=_FEW)] = ()
    cost: CostState = CostState()
    jobs: Annotated[tuple[JobState, ...], Field(max_length=JOBS)] = ()
    targets: Names | None = None
    """What was asked for: the inputs of the rules that make nothing, and the targets of the command; None: unknown."""
    outputs: Annotated[tuple[FileState, ...], Field(max_length=NAMES)] = ()
    inputs: Annotated[tuple[FileState, ...], Field(max_length=NAMES)] = ()
    """What jobs read and no job of the run made."""
    published: Annotated[tuple[FileState, ...], Field(max_length=NAMES)] = ()
    mismatches: Names = ()
    """Published files that are not as their own checksum list says."""
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()
    evidence: Names = ()
    """Logs, benchmarks, provenance and reports that are there."""
    policy: Pairs = {}
    config: Pairs = {}
    params: Pairs = {}
    """By output: the params that its metadata keep."""
    texts: Annotated[tuple[RuleText, ...], Field(max_length=_FEW)] = ()
    sources: Pairs = {}
    """By path: the SHA-256 of the workflow's own files, scripts as well."""
    not_seen: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    """What was not looked at, or only in part, as sentences."""

    @property
    def sees_files(self) -> bool:
        return self.from_ == "workdir"


def to_json(state: State) -> bytes:
    """The state as JSON, one line."""
    return state.model_dump_json(by_alias=True).encode("utf-8", "backslashreplace") + b"\n"


def from_json(data: bytes, name: str) -> State:
    """Read a kept state again. Raises InputError naming the first place that is not as it must be."""
    if len(data) > SIZE_LIMIT:
        raise InputError(f"{name} is larger than {SIZE_LIMIT >> 20} MiB: no state that was captured is")
    try:
        return State.model_validate_json(data)
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"][:4])
        raise InputError(
            f"{name} is no state that was captured: {f'{place}: ' if place else ''}{first['msg']}"
        ) from None
