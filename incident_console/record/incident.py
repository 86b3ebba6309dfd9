"""What do the events of a journal add up to?

`Incident` is a fold: `apply` takes one line and is cheap, so the console applies each event as it is recorded, and
resuming, reviewing a hand-off and rendering the record apply the same lines from the start.
"""

from collections.abc import Callable, Iterable
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
    RunbookFrozen,
    RungAnswered,
    RungCompleted,
    RungEntered,
    RungWaived,
    RunSeen,
)
from incident_console.record.known import SENTENCE, Known
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

__all__ = ["SENTENCE", "Incident", "fold"]


class Incident(Known):
    """The state of one incident. Written by `apply` alone; everything else reads what is `Known`."""

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
            self._moved(event.workdir)
            return  # a second one puts right what was said of severity, impact, deadline and place
        self.title, self.workdir, self.context = event.title, event.workdir, event.context
        self.reentry, self.watched_sha256 = event.reentry, event.watched_sha256
        self.opened_at, self.opened_by, self.console = event.occurred_at or line.at, line.by, event.console

    def _moved(self, workdir: str | None) -> None:
        if workdir and workdir != self.workdir:
            self.workdir, self.workdir_said = workdir, True

    def _frozen(self, line: Recorded, event: RunbookFrozen) -> None:
        self.runbook = event
        before = self.rungs
        self.rungs = {
            outline.id: (before.get(outline.id) or RungState(outline.id))._replace(outline=outline)
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
        self.rungs[event.rung] = state._replace(entered_at=state.entered_at or line.at)
        self._open.pop(event.rung, None)
        self._open[event.rung] = None

    def _answered(self, line: Recorded, event: RungAnswered) -> None:
        state = self._rung(event.rung)
        answers = dict(state.answers)
        for name, value in event.fields.items():
            answers[name] = Answer(line.seq, line.at, line.by, value, event.nature, answers.get(name))
        self.rungs[event.rung] = state._replace(answers=answers)
        if state.role == "symptom" and SENTENCE in event.fields and answers[SENTENCE].known:
            self.title = answers[SENTENCE].text.strip()

    def _completed(self, line: Recorded, event: RungCompleted) -> None:
        self.rungs[event.rung] = self._rung(event.rung)._replace(completed_at=line.at, waived=None)
        self._open.pop(event.rung, None)

    def _waived(self, line: Recorded, event: RungWaived) -> None:
        self.rungs[event.rung] = self._rung(event.rung)._replace(waived=event.reason)
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
            self.evidence[place] = self.evidence[place]._replace(rung=event.rung)

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
                line.seq, event.occurred_at or line.at, line.by, *told, launch=event.launch, sent_to=event.sent_to
            )
            return
        self._first[line.seq] = first
        expected = before.expected if event.expected == UNKNOWN else event.expected
        whom = event.by_whom or before.by_whom
        told = (event.text, event.why, expected, event.result, whom)
        # It was done when it was done: telling its result moves nothing but the result.
        self.actions[first] = Action(
            line.seq, before.at, line.by, *told, before, before.launch, before.sent_to, event.occurred_at or line.at
        )

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
        taken: Stated[HandoffAccepted] = Stated(line.seq, line.at, line.by, event)
        known = [each.seq for each in self.accepted]
        if event.corrects in known:  # he says where his copy is: he took it over once
            self.accepted[known.index(event.corrects)] = taken
        else:
            self.accepted.append(taken)
        self._moved(event.workdir)

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


def fold(lines: Iterable[Recorded], id: str = "") -> Incident:
    incident = Incident(id)
    with uncollected():
        for line in lines:
            incident.apply(line)
    return incident
