"""What does a hand-off consist of? Its fields in the order in which a receiver reads them, and one hand-off as a whole.

The fields are those of the domain's hand-off section. Each is plain text, a line a thing where there are several.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from incident_console.events import UNKNOWN, HandoffAccepted, Reentry
from incident_console.record import findings
from incident_console.record.note import NoteFields
from incident_console.record.seen import Action, Escalation, Note, RungState, Stated


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    prompt: str
    """What it is called, on the screen and in the document."""
    section: str
    help: str = ""
    person: bool = False
    """Only a person can say it: no console can find it out."""


HEAD, RUNNING, REENTRY, ACTIONS = "How bad it is", "What is running", "Re-entry", "Actions"
KNOWN_NOT, AROUND, DONE = "Ruled out", "Outputs and people", "Check again, and when it is over"

ALL: tuple[Field, ...] = (
    Field("to", "Who takes it", HEAD, "A person, a team or a review."),
    Field("severity", "Severity", HEAD, "In the words that your place uses.", person=True),
    Field("impact", "Impact", HEAD, "Who feels it, and how?", person=True),
    Field("deadline", "Deadline", HEAD, "By when must it be over? UTC, or with the zone.", person=True),
    Field("summary", "Summary", HEAD, "Symptom, scope, class and what is next, in a sentence or two."),
    Field("running", "What is running", RUNNING),
    Field("may_stop", "Who may stop it", RUNNING, "A name, or nobody.", person=True),
    Field("do_not_touch", "What must not be touched", RUNNING, "A file, a queue, a process a line.", person=True),
    Field("host", "Host", REENTRY),
    Field("user", "User", REENTRY),
    Field("directory", "Directory", REENTRY),
    Field("command", "Exact command", REENTRY),
    Field("environment", "Environment activation", REENTRY, "The lines to type before the command."),
    Field("commit", "Commit", REENTRY),
    Field("uncommitted", "Uncommitted changes", REENTRY),
    Field("engine_pid", "Engine pid", REENTRY),
    Field("tmux", "tmux session", REENTRY, "Session, window and pane, and how to get there."),
    Field("master_job", "Master job id", REENTRY, "Of the scheduler's job that the engine itself runs in."),
    Field("permissions", "Permissions needed", REENTRY, "Groups, accounts, keys that the receiver must have."),
    Field("open_actions", "Actions open (owner, state, due)", ACTIONS, "A line each: what, who, how far, by when."),
    Field("contingencies", "Contingencies (if X, do Y)", ACTIONS, "A line each: if X, do Y.", person=True),
    Field("ruled_out", "Ruled out, with the evidence", KNOWN_NOT),
    Field("expiring", "Evidence that expires or is lost already", AROUND),
    Field("quarantine", "Outputs to quarantine", AROUND, "A path a line; what must not be used until it is made anew."),
    Field("consumers", "Consumers already fed", AROUND, "Who has used these outputs already?", person=True),
    Field("told", "Who was told", AROUND, "Names, and when.", person=True),
    Field("reachable_until", "Sender can be reached until", AROUND, "UTC, and where.", person=True),
    Field("recheck", "Commands to check again", DONE, "A command a line, to be typed as they are."),
    Field("exit_criteria", "Exit criteria", DONE, "What must hold for the incident to be over?"),
)
FIELDS: tuple[str, ...] = tuple(each.name for each in ALL)
"""The names, in the order of the document."""
PROMPTS: Mapping[str, str] = {each.name: each.prompt for each in ALL}
PERSONAL: tuple[str, ...] = tuple(each.name for each in ALL if each.person)

State = Literal["known", "said", "unknown", "silent"]
"""By the console; by the sender; `unknown`, by the sender; nobody has said anything."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the console says in a field, and where it has it from."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Handoff:
    """Every field as plain text, `unknown` where nothing is known; then what the record itself gives."""

    to: str = UNKNOWN
    severity: str = UNKNOWN
    impact: str = UNKNOWN
    deadline: str = UNKNOWN
    summary: str = UNKNOWN
    running: str = UNKNOWN
    may_stop: str = UNKNOWN
    do_not_touch: str = UNKNOWN
    host: str = UNKNOWN
    user: str = UNKNOWN
    directory: str = UNKNOWN
    command: str = UNKNOWN
    environment: str = UNKNOWN
    commit: str = UNKNOWN
    uncommitted: str = UNKNOWN
    engine_pid: str = UNKNOWN
    tmux: str = UNKNOWN
    master_job: str = UNKNOWN
    permissions: str = UNKNOWN
    open_actions: str = UNKNOWN
    contingencies: str = UNKNOWN
    ruled_out: str = UNKNOWN
    expiring: str = UNKNOWN
    quarantine: str = UNKNOWN
    consumers: str = UNKNOWN
    told: str = UNKNOWN
    reachable_until: str = UNKNOWN
    recheck: str = UNKNOWN
    exit_criteria: str = UNKNOWN

    said: frozenset[str] = frozenset()
    """The fields in which the sender's own words stand; `unknown` may be one of them."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """By field, where the console has it from."""
    id: str = UNKNOWN
    sender: str = UNKNOWN
    offered_at: str | None = None
    head: str = ""
    events: int = 0
    actions: tuple[Action, ...] = ()
    gaps: tuple[str, ...] = ()
    """What was not looked at, in sentences."""
    notes: tuple[Note, ...] = ()
    """What the operators wrote down on the way."""
    note: NoteFields | None = None
    """The incident note."""
    escalations: tuple[Escalation, ...] = ()
    at: datetime | None = None
    """What is due is held against it; None once the incident is closed."""
    late: str | None = None
    """What was told before the run failed, so that it may not be the symptom of that failure."""
    unredacted: str | None = None
    """That secrets may stand in the record, and why."""
    failures: findings.Failures = findings.NONE
    exhibits: tuple[findings.Exhibit, ...] = ()
    claims: tuple[findings.Claim, ...] = ()
    edits: tuple[findings.EditTold, ...] = ()
    rungs: tuple[RungState, ...] = ()
    """The ladder, as far as it was climbed."""
    held: tuple[str, ...] = ()
    """What should be escalated by the runbook, and was to nobody, a sentence each."""
    decided: bool = True
    """Whether there is a decision."""
    accepted: tuple[Stated[HandoffAccepted], ...] = ()
    """Who took it over before, and what they said that they took over."""
    reentry: Reentry | None = None
    """The re-entry facts as they were found at the hand-off; None when nobody looked."""

    def text(self, name: str) -> str:
        return str(getattr(self, name))

    def state(self, name: str) -> State:
        if is_unknown(self.text(name)):
            return "unknown" if name in self.said else "silent"
        return "said" if name in self.said else "known"

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the fields that are `unknown`, whether somebody said so or not."""
        return tuple(name for name in FIELDS if is_unknown(self.text(name)))

    @property
    def silent(self) -> tuple[str, ...]:
        """Of the fields that only a person can say, those of which nobody has said anything, not even `unknown`."""
        return tuple(name for name in PERSONAL if self.state(name) == "silent")

    @property
    def mind(self) -> tuple[str, ...]:
        """What the receiver must not take for more than it is, in sentences without their ends."""
        undecided = "" if self.decided else "nothing is decided yet"
        return tuple(filter(None, (self.late, undecided)))

    @property
    def untold(self) -> str:
        """What the receiver will not know, by name: what nobody said, was said to be unknown, or no record tells."""
        names = {name: PROMPTS[name] for name in self.missing if name != "to"}
        silent = [names.pop(name) for name in self.silent]
        said = [names.pop(name) for name in self.missing if name in names and self.state(name) == "unknown"]
        parts = (("nobody said", silent), ("said to be unknown", said), ("the record does not tell", [*names.values()]))
        told = ". ".join(f"{what.capitalize()}: {', '.join(each)}" for what, each in parts if each)
        minds = f"Mind: {'; '.join(self.mind)}. " if self.mind else ""
        return f"{minds}Written as unknown. {told}." if told else f"{minds}Nothing is left unknown."

    def fields(self) -> dict[str, str]:
        """What a `handoff.offered` event keeps: every field of which something was said, be it `unknown`."""
        return {name: self.text(name) for name in FIELDS if self.state(name) != "silent"}


def is_unknown(text: str) -> bool:
    return text.strip().lower() in ("", UNKNOWN)
