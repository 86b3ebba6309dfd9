"""What do the events of a journal add up to?

`Incident` is a fold: `apply` takes one line and is cheap, so the console applies each event as it is recorded, and
resuming, reviewing a hand-off and rendering the record apply the same lines from the start.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, ClassVar

from incident_console.events import (
    UNKNOWN,
    ActionTaken,
    AttemptKept,
    ClassSet,
    DecisionMade,
    EditExplained,
    EditObserved,
    EscalationAnswered,
    EscalationRaised,
    EvidenceCaptured,
    EvidenceFailed,
    EvidenceFiled,
    EvidenceStarted,
    HandoffAccepted,
    HandoffOffered,
    IncidentClosed,
    IncidentOpened,
    JournalRepaired,
    LogPinned,
    NoteAdded,
    NoteCorrected,
    Recorded,
    Reentry,
    RunbookFrozen,
    RungAnswered,
    RungCompleted,
    RungEntered,
    RungWaived,
    RunSeen,
)
from incident_console.record.chain import START
from incident_console.record.gaps import gaps
from incident_console.record.seen import (
    Action,
    Answer,
    Edit,
    Escalation,
    Item,
    ItemEvent,
    Note,
    Run,
    RungState,
    Running,
    Speaks,
    Stated,
)
from incident_console.uncollected import uncollected

SENTENCE = "sentence"
"""The field in which a symptom is told in one sentence: it stands first, and names the incident."""


class Incident:
    """The state of one incident. Written by `apply` alone; everything else reads."""

    def __init__(self, id: str = "") -> None:
        self.id = id
        """The record's folder name, when it is known."""
        self.title = ""
        """What it was opened as; the symptom's sentence once somebody has said it."""
        self.workdir = ""
        """Where it is worked now: a receiver may have the workflow elsewhere."""
        self.severity = UNKNOWN
        self.impact = UNKNOWN
        self.deadline = UNKNOWN
        self.context = "local"
        self.opened_at: str | None = None
        self.opened_by = UNKNOWN
        self.console: str | None = None
        """The version of the console that opened it."""
        self.reentry = Reentry()
        self.watched_sha256: str | None = None
        self.runbook: RunbookFrozen | None = None
        self.runs: dict[str, Run] = {}
        """By log, as last seen; the run that was seen last comes last."""
        self.restarts = 0
        """How many runs were seen beyond the first."""
        self.rungs: dict[str, RungState] = {}
        """In the runbook's order; a rung that it does not have comes after."""
        self.evidence: list[Item] = []
        self.running: dict[int, Running] = {}
        """By the `seq` of its `evidence.started`."""
        self.notes: dict[int, Note] = {}
        """By the `seq` of the first saying."""
        self.weighed: list[Speaks] = []
        """What was said of single pieces of evidence, for or against a class, as it was said; see `record.speaking`."""
        self.not_redacted = ""
        """Why nothing is redacted in what is recorded now, as it was said; empty while it is."""
        self.was_not_redacted = ""
        """The same, of the last time that nothing was."""
        self.actions: dict[int, Action] = {}
        self.edits: dict[int, Edit] = {}
        self.classes: list[Stated[ClassSet]] = []
        self.decisions: list[Stated[DecisionMade]] = []
        self.escalations: dict[int, Escalation] = {}
        self.offered: list[Stated[HandoffOffered]] = []
        self.accepted: list[Stated[HandoffAccepted]] = []
        self.closed: Stated[IncidentClosed] | None = None
        self.repaired: list[Stated[JournalRepaired]] = []
        self.lines: list[Recorded] = []
        self.fault: str | None = None
        """Where the journal is broken: what stood from there on is not in this state. Every document says so."""
        self._open: dict[str, None] = {}
        self._place: dict[int, int] = {}
        self._captured: set[str] = set()
        self._first: dict[int, int] = {}
        self._by: dict[str, None] = {}
        self._start_of: dict[tuple[str, str], int] = {}

    # Writing

    def apply(self, line: Recorded) -> None:
        """Take one more line. Never fails: what refers to nothing, or is not known, stands in `lines` alone."""
        self.lines.append(line)
        self._by.setdefault(line.by)
        take = self._TAKERS.get(type(line.event))
        if take:
            take(self, line, line.event)

    def _opened(self, line: Recorded, event: IncidentOpened) -> None:
        self.severity, self.impact, self.deadline = event.severity, event.impact, event.deadline
        if self.opened_at is not None:
            return  # a second one puts right what was said of severity, impact and deadline
        self.title, self.workdir, self.context = event.title, event.workdir, event.context
        self.reentry, self.watched_sha256 = event.reentry, event.watched_sha256
        self.opened_at, self.opened_by, self.console = event.occurred_at or line.at, line.by, event.console

    def _frozen(self, line: Recorded, event: RunbookFrozen) -> None:
        self.runbook = event
        before = self.rungs
        self.rungs = {
            outline.id: replace(before.get(outline.id) or RungState(outline.id), outline=outline)
            for outline in event.rungs
        }
        self.rungs |= {id: state for id, state in before.items() if id not in self.rungs}

    def _run(self, line: Recorded, event: RunSeen) -> None:
        if self.runs and event.log not in self.runs:
            self.restarts += 1
        self.runs.pop(event.log, None)
        self.runs[event.log] = Run(line.seq, line.at, line.by, event)

    def _rung(self, id: str) -> RungState:
        return self.rungs.get(id) or RungState(id)

    def _entered(self, line: Recorded, event: RungEntered) -> None:
        state = self._rung(event.rung)
        self.rungs[event.rung] = replace(state, entered_at=state.entered_at or line.at)
        self._open.pop(event.rung, None)
        self._open[event.rung] = None

    def _answered(self, line: Recorded, event: RungAnswered) -> None:
        state = self._rung(event.rung)
        answers = dict(state.answers)
        for name, value in event.fields.items():
            answers[name] = Answer(line.seq, line.at, line.by, value, event.nature, answers.get(name))
        self.rungs[event.rung] = replace(state, answers=answers)
        if state.role == "symptom" and SENTENCE in event.fields and answers[SENTENCE].known:
            self.title = answers[SENTENCE].text.strip()

    def _completed(self, line: Recorded, event: RungCompleted) -> None:
        self.rungs[event.rung] = replace(self._rung(event.rung), completed_at=line.at, waived=None)
        self._open.pop(event.rung, None)

    def _waived(self, line: Recorded, event: RungWaived) -> None:
        self.rungs[event.rung] = replace(self._rung(event.rung), waived=event.reason)
        self._open.pop(event.rung, None)

    def _started(self, line: Recorded, event: EvidenceStarted) -> None:
        self.running[line.seq] = Running(line.seq, line.at, line.by, event)
        self._start_of[event.item, event.started_at] = line.seq

    def _ended(self, line: Recorded, event: EvidenceCaptured | EvidenceFailed) -> None:
        started = self._start_of.get((event.item, event.started_at)) if event.of is None else event.of
        if started is not None:
            self.running.pop(started, None)
        if isinstance(event, EvidenceCaptured):
            self._captured.add(event.item)
        self._keep(line, event, event.rung)

    def _pinned(self, line: Recorded, event: LogPinned) -> None:
        self._keep(line, event, event.rung)

    def _attempt(self, line: Recorded, event: AttemptKept) -> None:
        self._keep(line, event, None)

    def _keep(self, line: Recorded, event: ItemEvent, rung: str | None) -> None:
        self._place[line.seq] = len(self.evidence)
        self.evidence.append(Item(line.seq, line.at, line.by, line.kind, event, rung, event.run))

    def _filed(self, line: Recorded, event: EvidenceFiled) -> None:
        place = self._place.get(event.of)
        if place is not None:
            self.evidence[place] = replace(self.evidence[place], rung=event.rung)

    def _noted(self, line: Recorded, event: NoteAdded) -> None:
        if event.redacted is not None:
            self.not_redacted = "" if event.redacted else event.text
            self.was_not_redacted = self.not_redacted or self.was_not_redacted
        self.notes[line.seq] = Note(line.seq, line.at, line.by, event.text, event.nature, event.rung)
        known = event.of is not None and (event.of in self._place or event.of in self.edits)
        if event.of is not None and known and event.speaks and event.class_:
            self.weighed.append(Speaks(line.seq, line.at, line.by, event.of, event.speaks, event.class_))

    def _corrected(self, line: Recorded, event: NoteCorrected) -> None:
        first = self._first.get(event.corrects, event.corrects)
        note = self.notes.get(first)
        if note:
            self._first[line.seq] = first
            self.notes[first] = Note(line.seq, line.at, line.by, event.text, event.nature, note.rung, note)

    def _acted(self, line: Recorded, event: ActionTaken) -> None:
        first = self._first.get(event.corrects, event.corrects) if event.corrects is not None else None
        before = self.actions.get(first) if first is not None else None
        if first is None or before is None:
            told = (event.text, event.why, event.expected, event.result, event.by_whom or line.by)
            self.actions[line.seq] = Action(
                line.seq, line.at, line.by, *told, launch=event.launch, sent_to=event.sent_to
            )
            return
        self._first[line.seq] = first
        expected = before.expected if event.expected == UNKNOWN else event.expected
        whom = event.by_whom or before.by_whom
        told = (event.text, event.why, expected, event.result, whom)
        self.actions[first] = Action(line.seq, line.at, line.by, *told, before, before.launch, before.sent_to)

    def _edited(self, line: Recorded, event: EditObserved) -> None:
        self.edits[line.seq] = Edit(line.seq, line.at, line.by, event)

    def _explained(self, line: Recorded, event: EditExplained) -> None:
        for seq in dict.fromkeys(event.of):
            edit = self.edits.get(seq)
            if edit:
                edit.explanations.append(Stated(line.seq, line.at, line.by, event))

    def _classed(self, line: Recorded, event: ClassSet) -> None:
        self.classes.append(Stated(line.seq, line.at, line.by, event))

    def _decided(self, line: Recorded, event: DecisionMade) -> None:
        self.decisions.append(Stated(line.seq, line.at, line.by, event))

    def _escalated(self, line: Recorded, event: EscalationRaised) -> None:
        number = len(self.escalations) + 1
        self.escalations[line.seq] = Escalation(line.seq, line.at, line.by, event, number=number)

    def _replied(self, line: Recorded, event: EscalationAnswered) -> None:
        raised = self.escalations.get(event.of)
        if raised:
            raised.answers.append(Stated(line.seq, line.at, line.by, event))

    def _offered(self, line: Recorded, event: HandoffOffered) -> None:
        self.offered.append(Stated(line.seq, line.at, line.by, event))
        for name in ("severity", "impact", "deadline"):  # what the sender said last is what is known from here on
            if (told := event.fields.get(name, "").strip()) and told.lower() != UNKNOWN:
                setattr(self, name, told)

    def _taken(self, line: Recorded, event: HandoffAccepted) -> None:
        self.accepted.append(Stated(line.seq, line.at, line.by, event))
        self.workdir = event.workdir or self.workdir

    def _closed(self, line: Recorded, event: IncidentClosed) -> None:
        self.closed = Stated(line.seq, line.at, line.by, event)

    def _repaired(self, line: Recorded, event: JournalRepaired) -> None:
        self.repaired.append(Stated(line.seq, line.at, line.by, event))

    _TAKERS: ClassVar[dict[type, Callable[["Incident", Recorded, Any], None]]] = {
        IncidentOpened: _opened,
        RunbookFrozen: _frozen,
        RunSeen: _run,
        RungEntered: _entered,
        RungAnswered: _answered,
        RungCompleted: _completed,
        RungWaived: _waived,
        EvidenceStarted: _started,
        EvidenceCaptured: _ended,
        EvidenceFailed: _ended,
        EvidenceFiled: _filed,
        AttemptKept: _attempt,
        LogPinned: _pinned,
        NoteAdded: _noted,
        NoteCorrected: _corrected,
        ActionTaken: _acted,
        EditObserved: _edited,
        EditExplained: _explained,
        ClassSet: _classed,
        DecisionMade: _decided,
        EscalationRaised: _escalated,
        EscalationAnswered: _replied,
        HandoffOffered: _offered,
        HandoffAccepted: _taken,
        IncidentClosed: _closed,
        JournalRepaired: _repaired,
    }

    # Reading

    @property
    def head(self) -> str:
        return self.lines[-1].hash if self.lines else START

    @property
    def operators(self) -> tuple[str, ...]:
        """Everybody who wrote into the record, in the order they came."""
        return tuple(self._by)

    @property
    def run(self) -> Run | None:
        """The run that was seen last: older evidence says that it is older."""
        return next(reversed(self.runs.values()), None)

    @property
    def open_rung(self) -> str | None:
        """The rung entered last that was not completed or waived since."""
        return next(reversed(self._open), None)

    def item(self, seq: int) -> Item | None:
        """The piece of evidence that was recorded as `seq`."""
        place = self._place.get(seq)
        return None if place is None else self.evidence[place]

    @property
    def inbox(self) -> tuple[Item, ...]:
        return tuple(item for item in self.evidence if item.rung is None)

    @property
    def running_evidence(self) -> tuple[Running, ...]:
        """Commands of which no end is recorded: running now, or interrupted by whatever ended the console."""
        return tuple(self.running.values())

    @property
    def captured(self) -> frozenset[str]:
        """The ids of the evidence items that were captured at least once."""
        return frozenset(self._captured)

    @property
    def classification(self) -> ClassSet | None:
        return self.classes[-1].event if self.classes else None

    @property
    def decision(self) -> DecisionMade | None:
        return self.decisions[-1].event if self.decisions else None

    @property
    def waiting(self) -> tuple[Escalation, ...]:
        """The escalations that nobody has answered yet."""
        return tuple(each for each in self.escalations.values() if each.open)

    @property
    def state(self) -> str:
        """`open`, `handed off to NAME` (offered and not yet accepted) or `closed`."""
        if self.closed:
            return "closed"
        if self.offered and (not self.accepted or self.accepted[-1].seq < self.offered[-1].seq):
            return f"handed off to {self.offered[-1].event.to}"
        return "open"

    @property
    def symptom(self) -> str:
        """The symptom rung's answers as one line, or `unknown`."""
        return self._told("symptom")

    @property
    def scope(self) -> str:
        return self._told("scope")

    @property
    def first_command(self) -> Item | None:
        """The first captured evidence that a command gave; a command that failed confirms nothing, so it comes last."""
        gave = [i for i in self.evidence if isinstance(i.event, EvidenceCaptured) and i.event.argv]
        return min(gave, key=lambda i: bool(getattr(i.event, "exit_code", None)), default=None)

    @property
    def gate_missing(self) -> tuple[str, ...]:
        """What the note must still name before the workflow is edited: symptom, scope, evidence, class.

        A part that the runbook has no rung for is not asked; `undetermined` is a class.
        """
        roles = {state.role for state in self.rungs.values() if state.outline}
        asks = {"symptom", "scope", "classify"} & roles or {"symptom", "scope", "classify"}
        missing = {
            "symptom": "symptom" in asks and self.symptom == UNKNOWN,
            "scope": "scope" in asks and self.scope == UNKNOWN,
            "evidence": not any(item.kept for item in self.evidence),
            "class": "classify" in asks and not self.classes,
        }
        return tuple(part for part, lacking in missing.items() if lacking)

    def not_looked_at(self) -> tuple[str, ...]:
        """Sentences: what a receiver must not take for examined."""
        return gaps(self)

    def _told(self, role: str) -> str:
        answers = [
            (name, answer)
            for state in self.rungs.values()
            if state.role == role
            for name, answer in state.answers.items()
        ]
        if not any(answer.known for _, answer in answers):
            return UNKNOWN
        if len(answers) == 1:
            return answers[0][1].text
        first = [answer.text for name, answer in answers if name == SENTENCE and answer.known]
        rest = [
            f"{name.replace('_', ' ')}: {answer.text if answer.known else UNKNOWN}"
            for name, answer in answers
            if name != SENTENCE or not answer.known
        ]
        return "; ".join([*first, *rest])


def fold(lines: Iterable[Recorded], id: str = "") -> Incident:
    incident = Incident(id)
    with uncollected():
        for line in lines:
            incident.apply(line)
    return incident
