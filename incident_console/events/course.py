"""How did the incident go? Its opening, the runbook and the way up its rungs, hand-offs, its end; and repairs."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import field

from incident_console.events.base import UNKNOWN, Event, Model, Nature

SCHEMA = "incident-console/journal/1"


class Reentry(Model, frozen=True, kw_only=True):
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


class IncidentOpened(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.opened"
    schema_: str = field(default=SCHEMA, name="schema")
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


class EvidenceOutline(Model, frozen=True, kw_only=True):
    id: str
    surface: str
    question: str
    expect: str = ""
    """What it shows where all is well."""


class RungOutline(Model, frozen=True, kw_only=True):
    """What a reader of the record must know of a rung, so that the journal can be read alone."""

    id: str
    role: str
    title: str
    question: str
    prompts: dict[str, str] = field(default_factory=dict)
    evidence: tuple[EvidenceOutline, ...] = ()
    needs: tuple[str, ...] = ()
    """As the runbook has them: ids of evidence and fields; of `a | b` one is enough."""


class RunbookFrozen(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "runbook.frozen"
    id: str
    version: str
    sha256: str
    trusted: str
    """Why it may run: `shipped`, or `trusted by NAME`; `no` while nobody has trusted it."""
    title: str = ""
    rungs: tuple[RungOutline, ...] = ()

    @property
    def trust(self) -> str:
        """In words."""
        return "not trusted by anybody yet: its commands do not run" if self.trusted == "no" else self.trusted


class RungEntered(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "rung.entered"
    rung: str


class RungAnswered(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "rung.answered"
    rung: str
    fields: dict[str, Any]
    nature: Nature = "fact"


class RungCompleted(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "rung.completed"
    rung: str


class RungWaived(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "rung.waived"
    rung: str
    reason: str
    nature: Nature = "decision"


class HandoffOffered(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "handoff.offered"
    to: str
    missing: tuple[str, ...] = ()
    head: str
    """The chain's head before this event."""
    fields: dict[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    """Of the fields, those in the sender's own words."""
    reentry: Reentry | None = None
    """How somebody gets back to where the incident is, as it was found at the hand-off."""
    held: tuple[str, ...] = ()
    """To whom, by the runbook, it should have been escalated, and why: what nobody had been asked at the hand-off."""


class HandoffAccepted(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "handoff.accepted"
    readback: str
    as_: str = field(name="as")
    head: str
    workdir: str | None = None
    """Where the receiver has the workflow, if that is not where the sender had it."""


class IncidentClosed(Event, frozen=True, kw_only=True):
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


class JournalRepaired(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "journal.repaired"
    set_aside: str
    """Name of the file beside the journal that holds what was set aside."""
    size: int
    reason: str


EVENTS: tuple[type[Event], ...] = (
    IncidentOpened,
    RunbookFrozen,
    RungEntered,
    RungAnswered,
    RungCompleted,
    RungWaived,
    HandoffOffered,
    HandoffAccepted,
    IncidentClosed,
    JournalRepaired,
)
