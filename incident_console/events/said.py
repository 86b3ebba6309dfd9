"""What did somebody say or do? Notes, actions, why something was edited, classes, decisions, escalations."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from incident_console.events.base import UNKNOWN, Event, Nature


class NoteAdded(Event, frozen=True, kw_only=True):
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
    class_: str | None = field(default=None, name="class")


class NoteCorrected(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "note.corrected"
    corrects: int
    text: str
    nature: Nature = "fact"


class ActionTaken(Event, frozen=True, kw_only=True):
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


class EditExplained(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "edit.explained"
    of: tuple[int, ...]
    text: str
    nature: Nature = "decision"


class ClassSet(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "class.set"
    class_: str = field(name="class")
    cost: str = UNKNOWN
    confidence: str = UNKNOWN
    for_: tuple[str, ...] = field(default=(), name="for")
    against: tuple[str, ...] = ()
    ruled_out: str = UNKNOWN
    next_measurement: str = UNKNOWN
    suggested: str | None = None
    nature: Nature = "inference"


class DecisionMade(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "decision.made"
    decision: str
    reason: str = UNKNOWN
    owner: str = UNKNOWN
    nature: Nature = "decision"


class EscalationRaised(Event, frozen=True, kw_only=True):
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


class EscalationAnswered(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "escalation.answered"
    of: int
    text: str
    who: str = UNKNOWN
    """Who answered; whoever wrote it down is the line's `by`."""
    decision: str = UNKNOWN
    """What was decided because of it."""
    nature: Nature = "fact"


EVENTS: tuple[type[Event], ...] = (
    NoteAdded,
    NoteCorrected,
    ActionTaken,
    EditExplained,
    ClassSet,
    DecisionMade,
    EscalationRaised,
    EscalationAnswered,
)
