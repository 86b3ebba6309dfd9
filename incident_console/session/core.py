"""One incident being worked: intent in, event out.

The only writer of a record. Every intent checks, appends one event durably, folds it, and tells the views; what is
refused is told with a reason and leaves no trace. Safe to call from any thread; nothing here waits for a screen.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from incident_console import events, gate
from incident_console.errors import Refused
from incident_console.evidence.redact import redact
from incident_console.record.clock import Clock, SystemClock
from incident_console.record.incident import Incident, fold
from incident_console.record.journal import Journal
from incident_console.record.store import Record
from incident_console.runbook import ladder
from incident_console.runbook.schema import Runbook, Rung
from incident_console.session.documents import write_documents
from incident_console.session.said import clean_text, clean_value, said, said_or_unknown
from incident_console.session.standing import answers_of, conclusions, standing, unexplained
from incident_console.session.suggest import Suggestion

__all__ = ["Listener", "Session", "new_writer", "unexplained"]

Listener = Callable[[events.Recorded], None]

NATURES: Mapping[str, events.Nature] = {"classify": "inference", "decide": "decision"}
"""By a rung's role, what its answers are; those of every other rung are facts."""


class Session:
    """An open record with its runbook. Made by `session.opening`; `close()` lets go of the pen, not of the incident."""

    def __init__(
        self,
        record: Record,
        journal: Journal,
        runbook: Runbook,
        workdir: Path,
        *,
        trusted: Callable[[], str | None],
        past: tuple[events.Recorded, ...] = (),
        clock: Clock | None = None,
    ) -> None:
        self.record = record
        self.runbook = runbook
        self.workdir = workdir
        self.clock = clock or SystemClock()
        self.incident: Incident = fold(past)
        self.run: str | None = None
        """The log of the run that evidence captured now belongs to."""
        self.run_is_live = False
        self.suggested: Suggestion | None = None
        """What the run's evidence says of the class now, to be recorded beside what is decided."""
        self.baseline = gate.Baseline()
        """The watched files as last seen; edits are told against it."""
        self._journal = journal
        self._trusted = trusted
        self._listeners: list[Listener] = []
        self._lock = threading.RLock()
        self._looking = threading.Lock()
        self._edits: list[tuple[gate.Edit, bytes | None]] = []
        """Edits that were seen, with the text before, and are not recorded yet."""

    # -- writing -------------------------------------------------------------------------------------------------

    def append(self, event: events.Event) -> events.Recorded:
        """Put one event on disk, then fold it and tell the views. Raises RecordError; then nothing was recorded."""
        with self._lock:
            recorded = self._journal.append(event)
            self.incident.apply(recorded)
            for tell in tuple(self._listeners):
                tell(recorded)
        return recorded

    def keep(self, data: bytes) -> tuple[str, int, dict[str, int]]:
        """Store a blob, redacted before it is hashed: (sha256, size, redaction counts)."""
        clean = redact(data)
        sha256, size = self.record.blobs.put(clean.data)
        return sha256, size, clean.counts

    def keep_baseline(self) -> str:
        """Store the watched files' hashes; the blob's name."""
        return self.record.blobs.put(gate.to_json(self.baseline))[0]

    def listen(self, tell: Listener) -> None:
        """Call `tell` with every event from now on, in the journal's order, when it is on disk.

        It is called in the thread that recorded the event, which waits: `tell` must neither block nor raise.
        """
        with self._lock:
            self._listeners.append(tell)

    def close(self) -> None:
        """Write the documents and let go of the pen. The incident stays open until it is closed with an outcome."""
        with self._lock:
            self._listeners.clear()
        try:
            self.write_documents()
        finally:
            self._journal.close()

    def write_documents(self) -> None:
        with self._lock:
            write_documents(self.record, self.incident)

    @property
    def id(self) -> str:
        return self.record.path.name

    @property
    def head(self) -> str:
        return self.incident.head

    # -- the ladder ----------------------------------------------------------------------------------------------

    def standing(self) -> ladder.Standing:
        return standing(self.incident)

    def enter(self, rung: str) -> None:
        """Any rung may be entered at any time."""
        self._rung(rung)
        with self._lock:
            if self.incident.open_rung != rung:
                self.append(events.RungEntered(rung=rung))

    def answer(self, rung: str, fields: Mapping[str, Any]) -> events.Recorded:
        """Record answers, and what follows from them. Raises Refused with every reason at once."""
        role = self._rung(rung).role
        fields = {name: clean_value(value) for name, value in fields.items()}
        if not fields:
            raise Refused("there is no answer to record")
        refusals = ladder.refusals(self.runbook, rung, fields)
        if refusals:
            raise Refused("; ".join(f"{refusal.field}: {refusal.because}" for refusal in refusals))
        with self._lock:
            recorded = self.append(events.RungAnswered(rung=rung, fields=fields, nature=NATURES.get(role, "fact")))
            answers = answers_of(self.incident.rungs[rung])
            for concluded in conclusions(self.incident, role, answers, self.suggested):
                self.append(concluded)
        return recorded

    def missing(self, rung: str) -> tuple[ladder.Need, ...]:
        return ladder.missing(self.runbook, rung, self.standing())

    def complete(self, rung: str) -> str | None:
        """Complete a rung and say which one comes next. Raises Refused naming what is still needed."""
        self._rung(rung)
        missing = self.missing(rung)
        if missing:
            raise Refused("still needed: " + "; ".join(need.text for need in missing))
        self.append(events.RungCompleted(rung=rung))
        return self.next_rung(rung)

    def waive(self, rung: str, reason: str) -> str | None:
        """Leave a rung out, with the reason that will stand in the record, and say which one comes next."""
        self._rung(rung)
        refusal = ladder.waiver_refusal(self.runbook, rung, reason)
        if refusal is not None:
            raise Refused(refusal)
        self.append(events.RungWaived(rung=rung, reason=clean_text(reason)))
        return self.next_rung(rung)

    def next_rung(self, rung: str) -> str | None:
        return ladder.next_rung(self.runbook, rung, self.standing())

    def escalations(self) -> tuple[ladder.Held, ...]:
        """The escalation triggers of the runbook that hold now."""
        return ladder.escalations(self.runbook, self.standing())

    def marks(self) -> tuple[ladder.Mark, ...]:
        return ladder.marks(self.runbook, self.standing(), self.incident.open_rung)

    def _rung(self, rung: str) -> Rung:
        """Raises Refused naming the rungs there are."""
        return self.runbook.rung(rung)

    def trusted(self) -> str | None:
        """Why this runbook's commands may run; None while nobody has trusted it."""
        return self._trusted()

    # -- said by the operator ------------------------------------------------------------------------------------

    def note(self, text: str, nature: events.Nature = "fact", rung: str | None = None) -> events.Recorded:
        return self.append(events.NoteAdded(text=said(text, "a note"), nature=nature, rung=rung))

    def correct(self, seq: int, text: str, nature: events.Nature = "fact") -> events.Recorded:
        """The earlier note stays in the record; this one stands beside it."""
        if seq not in self.incident.notes:
            raise Refused(f"event {seq} is not a note")
        return self.append(events.NoteCorrected(corrects=seq, text=said(text, "a note"), nature=nature))

    def describe(self, severity: str, impact: str, deadline: str) -> events.Recorded:
        """Say how bad it is, for whom, and by when; an empty text stays as it was said before."""
        incident = self.incident
        return self.append(
            events.IncidentOpened(
                corrects=incident.lines[0].seq,
                title=incident.title,
                workdir=incident.workdir,
                context=incident.context,
                severity=clean_text(severity) or incident.severity,
                impact=clean_text(impact) or incident.impact,
                deadline=clean_text(deadline) or incident.deadline,
            )
        )

    def act(self, text: str, why: str, expected: str, result: str = events.UNKNOWN) -> events.Recorded:
        """Record that something was done (the console does not do it itself)."""
        return self.append(
            events.ActionTaken(
                text=said(text, "an action"),
                why=said(why, "an action's reason"),
                expected=said_or_unknown(expected),
                result=said_or_unknown(result),
            )
        )

    def result(self, seq: int, result: str) -> events.Recorded:
        """Tell what an action led to."""
        action = self.incident.actions.get(seq)
        if action is None:
            raise Refused(f"event {seq} is not an action")
        return self.append(
            events.ActionTaken(
                corrects=seq,
                text=action.text,
                why=action.why,
                expected=action.expected,
                result=said(result, "a result"),
            )
        )

    def file(self, seq: int, rung: str) -> events.Recorded:
        """Lay an inbox item to a rung."""
        self._rung(rung)
        if self.incident.item(seq) is None:
            raise Refused(f"event {seq} is not evidence")
        return self.append(events.EvidenceFiled(of=seq, rung=rung))

    def escalate(self, to: str, points_to: str, points_away_from: str, trigger: str) -> events.Recorded:
        return self.append(
            events.EscalationRaised(
                to=said(to, "an escalation's addressee"),
                points_to=said_or_unknown(points_to),
                points_away_from=said_or_unknown(points_away_from),
                trigger=said_or_unknown(trigger),
            )
        )

    def end(self, outcome: str, proof: str) -> events.Recorded:
        """Close the incident, once."""
        if self.incident.closed is not None:
            raise Refused(f"the incident is closed already: {self.incident.closed.event.outcome}")
        return self.append(events.IncidentClosed(outcome=said(outcome, "closing"), proof=said_or_unknown(proof)))

    # -- the edit gate -------------------------------------------------------------------------------------------

    def gate_missing(self) -> tuple[str, ...]:
        """What the note must still name before an edit of the workflow; empty when the gate is open."""
        return self.incident.gate_missing

    def look_for_edits(self) -> tuple[events.Recorded, ...]:
        """Record every edit of the watched files since the last look; one that could not be is tried again.

        A workdir that is gone is no edit. Raises RecordError.
        """
        with self._looking:
            if not self.workdir.is_dir():
                return ()
            before, self.baseline = self.baseline, gate.take(self.workdir, self.runbook.watch, self.baseline)
            self._edits += ((edit, before.texts.get(edit.path)) for edit in gate.edits(before, self.baseline))
            recorded = []
            while self._edits:
                recorded.append(self._record_edit(*self._edits[0]))
                del self._edits[0]
            return tuple(recorded)

    def _record_edit(self, edit: gate.Edit, text_before: bytes | None) -> events.Recorded:
        sha256, size, counts = self.keep(gate.diff(edit, self.workdir, text_before))
        return self.append(
            events.EditObserved(
                path=edit.path,
                before_sha256=edit.before_sha256,
                after_sha256=edit.after_sha256,
                diff_sha256=sha256,
                diff_size=size,
                gate_open=not self.gate_missing(),
                redactions=counts,
            )
        )

    def explain_edits(self, text: str) -> events.Recorded:
        """Say why the edits that nobody has explained yet were made."""
        waiting = unexplained(self.incident)
        if not waiting:
            raise Refused("no edit waits for an explanation")
        return self.append(events.EditExplained(of=waiting, text=said(text, "an explanation")))


def new_writer() -> str:
    """The name of one sitting at the console, as it stands in the journal's `session` field."""
    return secrets.token_hex(2)
