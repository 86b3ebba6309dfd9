"""The journal's vocabulary: every fact that may stand in a record.

Each model is the `data` of one journal line; `kind` is the line's kind. Times are RFC 3339 in UTC with microseconds
and `Z`, durations seconds, sizes bytes, hashes lower-case hex sha256. Paths inside the workdir are relative to it.
A field that a newer console added is kept as it is (`extra="allow"`), so an older one can still read the record.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from incident_console.errors import InputError

SCHEMA = "incident-console/journal/1"
UNKNOWN = "unknown"

Nature = Literal["fact", "inference", "decision"]
Surface = Literal[
    "dry-run",
    "summary",
    "change-list",
    "rule-log",
    "run-log",
    "benchmark",
    "provenance",
    "profile",
    "verify-report",
    "discovery",
    "diff",
    "observation",
]
Effects = Literal["read-only", "engine-bookkeeping", "writes", "runs-workflow", "deletes"]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)


class Event(Model):
    """The data of one journal line."""

    kind: ClassVar[str]
    occurred_at: str | None = None
    """When the thing itself happened, if that was before it was recorded."""
    corrects: int | None = None
    """The `seq` of the event that this one puts right."""
    redactions: dict[str, int] | None = None
    """How many secrets of each kind were replaced, in its texts and in the blobs that it names."""

    def data(self) -> dict[str, Any]:
        """The JSON object for the journal; fields that were never set are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Reentry(Model):
    """How somebody gets back to where the incident is, filled in by the console."""

    host: str = UNKNOWN
    user: str = UNKNOWN
    cwd: str = UNKNOWN
    command: str = UNKNOWN
    pid: int | None = None
    tmux: str | None = None
    env: str | None = None
    """How the environment is activated: a virtual environment, a conda environment, loaded modules."""
    commit: str | None = None
    dirty_diff_sha256: str | None = None


class IncidentOpened(Event):
    kind: ClassVar[str] = "incident.opened"
    schema_: str = Field(default=SCHEMA, alias="schema")
    title: str
    workdir: str
    severity: str = UNKNOWN
    impact: str = UNKNOWN
    deadline: str = UNKNOWN
    context: str = "local"
    reentry: Reentry = Reentry()
    watched_sha256: str | None = None
    """Blob `{path: sha256}` of the runbook's watched files when the incident opened; edits are told against it."""
    console: str | None = None


def other_schema(event: Event) -> str | None:
    """A sentence when the record was begun by a console that writes other journals than this one."""
    if not isinstance(event, IncidentOpened) or event.schema_ == SCHEMA:
        return None
    return (
        f"this record is of schema {event.schema_[:80]!r} (begun by console {(event.console or UNKNOWN)[:40]}), and "
        f"this console knows {SCHEMA}: what it does not know is kept and shown as it is, and counts for nothing"
    )


class EvidenceOutline(Model):
    id: str
    surface: str
    question: str


class RungOutline(Model):
    """What a reader of the record must know of a rung, so that the journal can be read alone."""

    id: str
    role: str
    title: str
    question: str
    prompts: dict[str, str] = Field(default_factory=dict)
    evidence: tuple[EvidenceOutline, ...] = ()


class RunbookFrozen(Event):
    kind: ClassVar[str] = "runbook.frozen"
    id: str
    version: str
    sha256: str
    trusted: str
    """Why it may run: `shipped`, or `trusted by NAME`."""
    title: str = ""
    rungs: tuple[RungOutline, ...] = ()


class RunSeen(Event):
    kind: ClassVar[str] = "run.seen"
    log: str
    status: str
    started_at: str | None = None
    ended_at: str | None = None
    pid: int | None = None
    command: str | None = None
    version: str | None = None
    cores: int | None = None
    differs: tuple[str, ...] = ()
    """What is not as in the run seen before: version, cores, command, config."""
    figures: dict[str, int] = Field(default_factory=dict)
    """planned, finished, failed, running, retried when it was seen."""


class RungEntered(Event):
    kind: ClassVar[str] = "rung.entered"
    rung: str


class RungAnswered(Event):
    kind: ClassVar[str] = "rung.answered"
    rung: str
    fields: dict[str, Any]
    nature: Nature = "fact"


class RungCompleted(Event):
    kind: ClassVar[str] = "rung.completed"
    rung: str


class RungWaived(Event):
    kind: ClassVar[str] = "rung.waived"
    rung: str
    reason: str
    nature: Nature = "decision"


class Scene(Model):
    """Files seen to change while a command ran; laid to the command only when no run was live."""

    changed: tuple[str, ...] = ()
    attributed: bool = False


class Evidence(Event):
    """What the three evidence events share. `item` is the runbook's evidence id, or the console's own for a pick."""

    item: str
    rung: str | None = None
    """None: the inbox."""
    surface: Surface
    question: str
    argv: tuple[str, ...] | None = None
    path: str | None = None
    cwd: str | None = None
    effects: Effects = "read-only"
    started_at: str
    run: str | None = None
    """The log of the run that this evidence belongs to."""


class EvidenceStarted(Evidence):
    kind: ClassVar[str] = "evidence.started"


class EvidenceCaptured(Evidence):
    kind: ClassVar[str] = "evidence.captured"
    nature: Nature = "fact"
    of: int | None = None
    """The `seq` of its `evidence.started`, where one was recorded."""
    sha256: str
    """Standard output, or the file; redacted before hashing."""
    size: int
    stderr_sha256: str | None = None
    stderr_size: int = 0
    exit_code: int | None = None
    ended_at: str
    duration_s: float = 0.0
    truncated: int = 0
    """Bytes that the output cap left out."""
    redactions: dict[str, int] = Field(default_factory=dict)
    env: tuple[str, ...] = ()
    """Names of the environment variables the command was given."""
    host: str | None = None
    scene: Scene | None = None
    inode: int | None = None


class EvidenceFailed(Evidence):
    kind: ClassVar[str] = "evidence.failed"
    of: int | None = None
    """The `seq` of its `evidence.started`, where one was recorded."""
    reason: str
    """could not run | timed out | cancelled | interrupted, and the rest of the sentence."""
    ended_at: str
    sha256: str | None = None
    """What it had printed until then, if anything."""
    size: int = 0
    stderr_sha256: str | None = None
    stderr_size: int = 0
    truncated: int = 0
    redactions: dict[str, int] = Field(default_factory=dict)
    scene: Scene | None = None


class StateKept(Event):
    """How the workflow stood before anything was repaired, kept by the console to be compared with later."""

    kind: ClassVar[str] = "state.kept"
    nature: Nature = "fact"
    sha256: str
    """Blob `incident-console/state/1`."""
    size: int
    run: str | None = None
    """The log of the run that it tells of."""
    unfinished: bool = False
    """That run was going on; the state at its end follows."""
    redactions: dict[str, int] = Field(default_factory=dict)


class RunWeighed(Event):
    """What the run's own files said of its cost and its jobs when it had ended, or was handed off."""

    kind: ClassVar[str] = "run.weighed"
    nature: Nature = "inference"
    run: str
    """The log of the run."""
    status: str
    sha256: str
    """Blob `incident-console/weighed/1`."""
    size: int
    redactions: dict[str, int] = Field(default_factory=dict)


class EvidenceFiled(Event):
    """An inbox item (a captured or pinned one, named by its `seq`) laid to a rung."""

    kind: ClassVar[str] = "evidence.filed"
    of: int
    rung: str


class AttemptKept(Event):
    """A failed attempt's log, saved before the retry deleted it."""

    kind: ClassVar[str] = "attempt.kept"
    nature: Nature = "fact"
    rule: str
    jobid: int | None = None
    attempt: int
    wildcards: dict[str, str] = Field(default_factory=dict)
    log: str | None = None
    sha256: str | None = None
    size: int = 0
    run_log: str | None = None
    run_lines: tuple[int, int] | None = None
    block_sha256: str | None = None
    block_size: int = 0
    complete: bool
    missing: str | None = None
    """What could not be kept, and why."""
    exit_code: int | None = None
    message: str = ""
    disk_free: int | None = None
    memory_available: int | None = None
    redactions: dict[str, int] = Field(default_factory=dict)
    run: str | None = None


class LogPinned(Event):
    kind: ClassVar[str] = "log.pinned"
    nature: Nature = "fact"
    path: str
    inode: int | None = None
    lines: tuple[int, int] | None = None
    """First and last line, counted from 1; None while the line numbers are not known yet."""
    bytes: tuple[int, int]
    sha256: str
    size: int
    rung: str | None = None
    surface: Surface = "rule-log"
    question: str = "What happened inside one job?"
    redactions: dict[str, int] = Field(default_factory=dict)
    run: str | None = None


class NoteAdded(Event):
    kind: ClassVar[str] = "note.added"
    text: str
    nature: Nature = "fact"
    rung: str | None = None
    redacted: bool | None = None
    """Said by the console: whether secrets are replaced in what is recorded from here on."""
    of: int | None = None
    """The `seq` of the evidence or of the edit that is weighed by it."""
    speaks: str | None = None
    """`for` or `against` the class; `neither` takes back what was said before."""
    class_: str | None = Field(default=None, alias="class")


class NoteCorrected(Event):
    kind: ClassVar[str] = "note.corrected"
    corrects: int
    text: str
    nature: Nature = "fact"


class ActionTaken(Event):
    """A mitigation: `corrects` names the earlier event when only the result is told later."""

    kind: ClassVar[str] = "action.taken"
    text: str
    why: str
    expected: str = UNKNOWN
    result: str = UNKNOWN
    by_whom: str | None = None
    sent_to: str | None = None
    """Who something of the record was sent to by it."""
    launch: str | None = None
    """The run that the console itself started by this action; the name of its folder beside the records."""
    nature: Nature = "decision"


class EditObserved(Event):
    kind: ClassVar[str] = "edit.observed"
    nature: Nature = "fact"
    path: str
    before_sha256: str | None = None
    after_sha256: str | None = None
    diff_sha256: str | None = None
    diff_size: int = 0
    gate_open: bool
    change: str = "content"
    """`content`; `layout`: it still says the same; `commit`: git changed it, from one commit to another."""
    commits: tuple[str, ...] = ()
    """Of a `commit`: the one before and the one after."""
    unchanged_at: str | None = None
    """When it was last seen as it was before."""
    redactions: dict[str, int] = Field(default_factory=dict)


class EditExplained(Event):
    kind: ClassVar[str] = "edit.explained"
    of: tuple[int, ...]
    text: str
    nature: Nature = "decision"


class ClassSet(Event):
    kind: ClassVar[str] = "class.set"
    class_: str = Field(alias="class")
    cost: str = UNKNOWN
    confidence: str = UNKNOWN
    for_: tuple[str, ...] = Field(default=(), alias="for")
    against: tuple[str, ...] = ()
    ruled_out: str = UNKNOWN
    next_measurement: str = UNKNOWN
    suggested: str | None = None
    nature: Nature = "inference"


class DecisionMade(Event):
    kind: ClassVar[str] = "decision.made"
    decision: str
    reason: str = UNKNOWN
    owner: str = UNKNOWN
    nature: Nature = "decision"


class EscalationRaised(Event):
    kind: ClassVar[str] = "escalation.raised"
    to: str
    points_to: str = UNKNOWN
    points_away_from: str = UNKNOWN
    trigger: str = UNKNOWN
    evidence: tuple[str, ...] = ()
    """What made the trigger hold, each with the event or the file where it stands."""
    owner: str = UNKNOWN
    """Who is to answer."""
    due: str = UNKNOWN
    """When an answer is needed, as it was said."""
    nature: Nature = "decision"


class EscalationAnswered(Event):
    kind: ClassVar[str] = "escalation.answered"
    of: int
    text: str
    who: str = UNKNOWN
    """Who answered; whoever wrote it down is the line's `by`."""
    decision: str = UNKNOWN
    """What was decided because of it."""
    nature: Nature = "fact"


class HandoffOffered(Event):
    kind: ClassVar[str] = "handoff.offered"
    to: str
    missing: tuple[str, ...] = ()
    head: str
    """The chain's head before this event."""
    fields: dict[str, str] = Field(default_factory=dict)
    said: tuple[str, ...] = ()
    """Of the fields, those in the sender's own words."""
    reentry: Reentry | None = None
    """How somebody gets back to where the incident is, as it was found at the hand-off."""


class HandoffAccepted(Event):
    kind: ClassVar[str] = "handoff.accepted"
    readback: str
    as_: str = Field(alias="as")
    head: str
    workdir: str | None = None
    """Where the receiver has the workflow, if that is not where the sender had it."""


class IncidentClosed(Event):
    kind: ClassVar[str] = "incident.closed"
    outcome: str
    proof: str = UNKNOWN
    cause: str = UNKNOWN
    """The incident class that it turned out to be."""
    check: str = UNKNOWN
    """What would make it an executable check."""
    left: tuple[str, ...] = ()
    """What was still open then, in sentences."""
    nature: Nature = "decision"


class JournalRepaired(Event):
    kind: ClassVar[str] = "journal.repaired"
    set_aside: str
    """Name of the file beside the journal that holds what was set aside."""
    size: int
    reason: str


class UnknownEvent(Event):
    """A kind that this console does not know (a newer record): shown, never dropped."""

    kind: ClassVar[str] = "?"
    model_config = ConfigDict(frozen=True, extra="allow")


KINDS: dict[str, type[Event]] = {
    model.kind: model
    for model in (
        IncidentOpened,
        RunbookFrozen,
        RunSeen,
        RungEntered,
        RungAnswered,
        RungCompleted,
        RungWaived,
        EvidenceStarted,
        EvidenceCaptured,
        EvidenceFailed,
        StateKept,
        RunWeighed,
        EvidenceFiled,
        AttemptKept,
        LogPinned,
        NoteAdded,
        NoteCorrected,
        ActionTaken,
        EditObserved,
        EditExplained,
        ClassSet,
        DecisionMade,
        EscalationRaised,
        EscalationAnswered,
        HandoffOffered,
        HandoffAccepted,
        IncidentClosed,
        JournalRepaired,
    )
}


class Recorded(NamedTuple):
    """One line of the journal. A tuple, because a journal may hold a hundred thousand."""

    seq: int
    at: str
    mono_s: float
    session: str
    by: str
    kind: str
    event: Event
    prev: str
    hash: str


_VALIDATED = {kind: model.__pydantic_validator__.validate_python for kind, model in KINDS.items()}
"""What `model_validate` calls in the end; a long journal is read noticeably sooner without the way there."""
_UNKNOWN = UnknownEvent.__pydantic_validator__.validate_python


def parse(kind: str, data: dict[str, Any]) -> Event:
    """The event that a journal line's `kind` and `data` stand for. Raises InputError naming the field at fault."""
    try:
        found: Event = _VALIDATED.get(kind, _UNKNOWN)(data)
        return found
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "data"
        raise InputError(f"{kind}: {place}: {first['msg']}") from None
