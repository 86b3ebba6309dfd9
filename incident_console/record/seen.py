"""The parts of an incident: what the fold makes of single events.

All frozen: a change replaces the part, which links to what it replaced (`before`), so that a long history costs no
more to fold than a short one. The two lists that only grow are appended to by the fold alone. What a journal may hold
a hundred thousand of is a tuple: those are made in a third of the time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeAlias, TypeVar

from incident_console.events import (
    UNKNOWN,
    AttemptKept,
    EditExplained,
    EditObserved,
    EscalationAnswered,
    EscalationRaised,
    Event,
    EvidenceCaptured,
    EvidenceFailed,
    EvidenceStarted,
    LogPinned,
    Nature,
    RungOutline,
    RunSeen,
)
from incident_console.record.text import clock_time

E = TypeVar("E", bound=Event)
_LABEL_ENDS = re.compile(r"[:?]")
ENDED = frozenset({"succeeded", "failed", "interrupted", "nothing-to-do"})
"""The statuses of a run that is over: its pid means nothing any more, or somebody else's process."""
ItemEvent: TypeAlias = EvidenceCaptured | EvidenceFailed | LogPinned | AttemptKept


@dataclass(frozen=True, slots=True)
class Said:
    """An event with when and by whom it was recorded."""

    seq: int
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class Stated(Said, Generic[E]):
    """An event that stands as it was said: a class, a decision, an offer."""

    event: E


WHAT_IS_SAID = ("class_", "cost", "confidence", "ruled_out", "next_measurement", "decision", "reason", "owner")


def whole(stated: Sequence[Stated[E]]) -> list[Stated[E]]:
    """Without those that the next one by the same only adds to: a class that is given field by field is one."""
    filled_in = {before.seq for before, then in pairwise(stated) if _adds_to(before, then)}
    return [each for each in stated if each.seq not in filled_in]


def _adds_to(before: Stated[E], then: Stated[E]) -> bool:
    said = [(getattr(before.event, name, UNKNOWN), getattr(then.event, name, UNKNOWN)) for name in WHAT_IS_SAID]
    return before.by == then.by and all(first in (UNKNOWN, second) for first, second in said)


class Answer(NamedTuple):
    seq: int
    at: str
    by: str
    value: Any
    nature: Nature = "fact"
    before: "Answer | None" = None
    """The answer that this one took the place of."""

    @property
    def superseded(self) -> tuple["Answer", ...]:
        """Earlier answers to the same question, oldest first."""
        return _chain(self.before)

    @property
    def text(self) -> str:
        return say(self.value)

    @property
    def known(self) -> bool:
        """Whether it says anything: neither empty nor `unknown`."""
        return self.text.strip().lower() not in ("", UNKNOWN)


class RungState(NamedTuple):
    id: str
    outline: RungOutline | None = None
    entered_at: str | None = None
    """When it was first entered."""
    completed_at: str | None = None
    waived: str | None = None
    """The reason; None again once the rung was completed after all."""
    answers: Mapping[str, Answer] = MappingProxyType({})

    @property
    def role(self) -> str:
        """The outline's; a rung that the runbook does not tell of has its id for a role."""
        return self.outline.role if self.outline else self.id

    @property
    def title(self) -> str:
        return (self.outline.title if self.outline else "") or self.id

    @property
    def named(self) -> str:
        """As it is called in a sentence."""
        return f'"{self.title}"' if self.title != self.id else self.id

    def prompt(self, name: str) -> str:
        """The question that the answer with this name answers; the name itself where nobody wrote down another."""
        return self.outline.prompts.get(name, name) if self.outline else name

    def label(self, name: str) -> str:
        """The same in few words, to stand before a colon and the answer: `Which surface changed`.

        A question of one word says less than the name.
        """
        asked = _LABEL_ENDS.split(self.prompt(name), maxsplit=1)[0].strip()
        return asked if " " in asked else name.replace("_", " ")

    @property
    def closed(self) -> bool:
        return self.completed_at is not None or self.waived is not None


class Run(NamedTuple):
    """A run as it was seen last; `event.log` names it."""

    seq: int
    at: str
    by: str
    event: RunSeen

    @property
    def ended(self) -> bool:
        return self.event.status in ENDED


class Item(NamedTuple):
    """One piece of evidence: captured, failed, pinned, or an attempt kept. `seq` is how everything else names it."""

    seq: int
    at: str
    by: str
    kind: str
    event: ItemEvent
    rung: str | None
    """Where it was captured or filed; None: the inbox."""
    run: str | None

    @property
    def name(self) -> str:
        """What it is called in one short phrase."""
        match self.event:
            case EvidenceCaptured() | EvidenceFailed() as event:
                return event.item
            case LogPinned() as event:
                if event.lines is None:
                    return f"{event.path} bytes {event.bytes[0]}-"
                first, last = event.lines
                return f"{event.path}:{first}" + (f"-{last}" if last != first else "")
            case AttemptKept() as event:
                cards = ", ".join(f"{key}={value}" for key, value in event.wildcards.items())
                return f"{event.rule}{f' ({cards})' if cards else ''} attempt {event.attempt}"

    @property
    def surface(self) -> str:
        return "rule-log" if isinstance(self.event, AttemptKept) else self.event.surface

    @property
    def question(self) -> str:
        return "What did the failed attempt say?" if isinstance(self.event, AttemptKept) else self.event.question

    @property
    def kept(self) -> bool:
        """Whether there is something to look at: a blob."""
        return not isinstance(self.event, EvidenceFailed) and self.event.sha256 is not None


@dataclass(frozen=True, slots=True)
class Running(Said):
    """An evidence command that was started and of which no end is recorded."""

    event: EvidenceStarted


class Note(NamedTuple):
    seq: int
    at: str
    by: str
    text: str
    nature: Nature
    rung: str | None
    before: "Note | None" = None
    """What this text corrected."""

    @property
    def history(self) -> tuple["Note", ...]:
        """The note as it was said before, oldest first, without the current text."""
        return _chain(self.before)


@dataclass(frozen=True, slots=True)
class Speaks(Said):
    """A note that says of a piece of evidence, or of an edit, what it means for a class."""

    of: int
    """Its `seq`."""
    speaks: str
    """for, against; neither: it is taken back."""
    class_: str


@dataclass(frozen=True, slots=True)
class Action(Said):
    """What was done; `at` is when that was, `seq` and `by` are of what was told of it last."""

    text: str
    why: str
    expected: str
    result: str
    by_whom: str
    before: "Action | None" = None
    """The action as it was told before its result was."""
    launch: str | None = None
    """The run that the console started by it."""
    sent_to: str | None = None
    result_at: str | None = None
    """When the result was there, where that was told later."""

    @property
    def history(self) -> tuple["Action", ...]:
        return _chain(self.before)

    @property
    def open(self) -> bool:
        return self.result == UNKNOWN

    @property
    def resulted(self) -> str:
        """The result, with its own time where it was told later."""
        return f"{self.result} ({clock_time(self.result_at)})" if self.result_at and not self.open else self.result


@dataclass(frozen=True, slots=True)
class Edit(Said):
    event: EditObserved
    explanations: list[Stated[EditExplained]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Escalation(Said):
    event: EscalationRaised
    answers: list[Stated[EscalationAnswered]] = field(default_factory=list)
    number: int = 0
    """Counted from 1 in the order in which they were raised."""

    @property
    def open(self) -> bool:
        return not self.answers

    @property
    def state(self) -> str:
        """`open` or `answered`."""
        return "open" if self.open else "answered"


def how_changed(event: EditObserved) -> str:
    """What kind of edit it was, as the end of a sentence; empty for one of what the file says."""
    if event.change == "layout":
        return "layout or comments only"
    if event.change == "commit":
        return f"by git, {' to '.join(commit[:10] for commit in event.commits)}".removesuffix(", ")
    return ""


class _Linked(Protocol):
    @property
    def before(self) -> Self | None: ...


L = TypeVar("L", bound=_Linked)


def _chain(last: L | None) -> tuple[L, ...]:
    found: list[L] = []
    while last:
        found.append(last)
        last = last.before
    return tuple(reversed(found))


def say(value: Any) -> str:
    """An answer's value as text."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(say(item) for item in value)
        case dict():
            return ", ".join(f"{key}: {say(item)}" for key, item in value.items())
    return str(value)
