"""What was seen? Runs, evidence, failed attempts, pinned lines and edits: what the console kept, or watched happen."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from incident_console.events.base import Effects, Event, Model, Nature, Surface


class RunSeen(Event, frozen=True, kw_only=True):
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
    figures: dict[str, int] = field(default_factory=dict)
    """planned, finished, failed, running, retried when it was seen."""
    failures: tuple[str, ...] = ()
    """By cause, how it went on for its jobs, in sentences: which failed for good, and which recovered."""


class Scene(Model, frozen=True, kw_only=True):
    """Files seen to change while a command ran; laid to the command only when no run was live."""

    changed: tuple[str, ...] = ()
    attributed: bool = False


class Evidence(Event, frozen=True, kw_only=True):
    """What the three evidence events share. `item` is the runbook's evidence id, or the console's own for a pick."""

    item: str
    rung: str | None = None
    """None: the inbox."""
    surface: Surface
    question: str
    argv: tuple[str, ...] | None = None
    shell: bool = False
    """The words of `argv`, with spaces between, are one line for a shell."""
    path: str | None = None
    cwd: str | None = None
    effects: Effects = "read-only"
    started_at: str
    run: str | None = None
    """The log of the run that this evidence belongs to."""


class EvidenceStarted(Evidence, frozen=True, kw_only=True):
    kind: ClassVar[str] = "evidence.started"


class EvidenceCaptured(Evidence, frozen=True, kw_only=True):
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
    redactions: dict[str, int] = field(default_factory=dict)
    env: tuple[str, ...] = ()
    """Names of the environment variables the command was given."""
    host: str | None = None
    scene: Scene | None = None
    inode: int | None = None


class EvidenceFailed(Evidence, frozen=True, kw_only=True):
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
    redactions: dict[str, int] = field(default_factory=dict)
    scene: Scene | None = None


class StateKept(Event, frozen=True, kw_only=True):
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
    redactions: dict[str, int] = field(default_factory=dict)


class RunWeighed(Event, frozen=True, kw_only=True):
    """What the run's own files said of its cost and its jobs when it had ended, or was handed off."""

    kind: ClassVar[str] = "run.weighed"
    nature: Nature = "inference"
    run: str
    """The log of the run."""
    status: str
    sha256: str
    """Blob `incident-console/weighed/1`."""
    size: int
    redactions: dict[str, int] = field(default_factory=dict)


class EvidenceFiled(Event, frozen=True, kw_only=True):
    """An inbox item (a captured or pinned one, named by its `seq`) laid to a rung."""

    kind: ClassVar[str] = "evidence.filed"
    of: int
    rung: str


class AttemptKept(Event, frozen=True, kw_only=True):
    """A failed attempt's log, saved before the retry deleted it."""

    kind: ClassVar[str] = "attempt.kept"
    nature: Nature = "fact"
    rule: str
    jobid: int | None = None
    attempt: int
    wildcards: dict[str, str] = field(default_factory=dict)
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
    redactions: dict[str, int] = field(default_factory=dict)
    run: str | None = None


class LogPinned(Event, frozen=True, kw_only=True):
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
    redactions: dict[str, int] = field(default_factory=dict)
    run: str | None = None


class EditObserved(Event, frozen=True, kw_only=True):
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
    redactions: dict[str, int] = field(default_factory=dict)


EVENTS: tuple[type[Event], ...] = (
    RunSeen,
    EvidenceStarted,
    EvidenceCaptured,
    EvidenceFailed,
    StateKept,
    RunWeighed,
    EvidenceFiled,
    AttemptKept,
    LogPinned,
    EditObserved,
)
