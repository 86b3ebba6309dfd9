"""One incident being worked: intent in, event out.

The only writer of a record. Every intent checks, appends one event durably, folds it, and tells the views; what is
refused is told with a reason and leaves no trace. Safe to call from any thread; nothing here waits for a screen.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from incident_console import events, gate
from incident_console.errors import Refused
from incident_console.evidence.redact import redact
from incident_console.record.clock import Clock, SystemClock
from incident_console.record.incident import Incident, fold
from incident_console.record.journal import Journal
from incident_console.record.seen import RungState
from incident_console.record.store import Record
from incident_console.runbook import ladder
from incident_console.runbook.schema import Runbook
from incident_console.session.documents import write_documents

Listener = Callable[[events.Recorded], None]


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
        self.baseline = gate.Baseline()
        """The watched files as last seen; edits are told against it."""
        self._journal = journal
        self._trusted = trusted
        self._listeners: list[Listener] = []
        self._lock = threading.RLock()

    # -- writing -------------------------------------------------------------------------------------------------

    def append(self, event: events.Event) -> events.Recorded:
        """Put one event on disk, then fold it and tell the views. Raises RecordError; then nothing was recorded."""
        with self._lock:
            recorded = self._journal.append(event)
            self.incident.apply(recorded)
            listeners = tuple(self._listeners)
        for tell in listeners:
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
        """Call `tell` with every event from now on, in the thread that recorded it."""
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
        """Record answers. Raises Refused with every reason at once."""
        defined = self._rung(rung)
        fields = {name: clean_value(value) for name, value in fields.items()}
        refusals = ladder.refusals(self.runbook, rung, fields)
        if refusals:
            raise Refused("; ".join(f"{refusal.field}: {refusal.because}" for refusal in refusals))
        nature: events.Nature = {"classify": "inference", "decide": "decision"}.get(defined.role, "fact")  # type: ignore[assignment]
        recorded = self.append(events.RungAnswered(rung=rung, fields=fields, nature=nature))
        answers = {name: answer.value for name, answer in self.incident.rungs[rung].answers.items()}
        if defined.role == "classify" and answers.get("class"):
            self.append(_class_set(answers))
        if defined.role == "decide" and answers.get("decision"):
            self.append(
                events.DecisionMade(
                    decision=_text(answers.get("decision")),
                    reason=_text(answers.get("reason")),
                    owner=_text(answers.get("owner")),
                )
            )
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
        if not reason.strip():
            raise Refused("a waiver needs its reason: the receiver will ask why this was not looked at")
        self.append(events.RungWaived(rung=rung, reason=clean_text(reason)))
        return self.next_rung(rung)

    def next_rung(self, rung: str) -> str | None:
        return ladder.next_rung(self.runbook, rung, self.standing())

    def escalations(self) -> tuple[ladder.Held, ...]:
        """The escalation triggers of the runbook that hold now."""
        return ladder.escalations(self.runbook, self.standing())

    def marks(self) -> tuple[ladder.Mark, ...]:
        return ladder.marks(self.runbook, self.standing(), self.incident.open_rung)

    def _rung(self, rung: str) -> Any:
        for defined in self.runbook.rungs:
            if defined.id == rung:
                return defined
        raise Refused(f"this runbook has no rung {rung!r}; it has {', '.join(r.id for r in self.runbook.rungs)}")

    def trusted(self) -> str | None:
        """Why this runbook's commands may run; None while nobody has trusted it."""
        return self._trusted()

    # -- said by the operator ------------------------------------------------------------------------------------

    def note(self, text: str, nature: events.Nature = "fact", rung: str | None = None) -> events.Recorded:
        return self.append(events.NoteAdded(text=_said(text, "a note"), nature=nature, rung=rung))

    def correct(self, seq: int, text: str, nature: events.Nature = "fact") -> events.Recorded:
        """The earlier note stays in the record; this one stands beside it."""
        if seq not in self.incident.notes:
            raise Refused(f"event {seq} is not a note")
        return self.append(events.NoteCorrected(corrects=seq, text=_said(text, "a note"), nature=nature))

    def act(self, text: str, why: str, expected: str, result: str = events.UNKNOWN) -> events.Recorded:
        """Record that something was done (the console does not do it itself)."""
        return self.append(
            events.ActionTaken(
                text=_said(text, "an action"),
                why=_said(why, "an action's reason"),
                expected=clean_text(expected) or events.UNKNOWN,
                result=clean_text(result) or events.UNKNOWN,
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
                result=_said(result, "a result"),
            )
        )

    def file(self, seq: int, rung: str) -> events.Recorded:
        """Lay an inbox item to a rung."""
        self._rung(rung)
        if not any(item.seq == seq for item in self.incident.evidence):
            raise Refused(f"event {seq} is not evidence")
        return self.append(events.EvidenceFiled(of=seq, rung=rung))

    def escalate(self, to: str, points_to: str, points_away_from: str, trigger: str) -> events.Recorded:
        return self.append(
            events.EscalationRaised(
                to=_said(to, "an escalation's addressee"),
                points_to=clean_text(points_to) or events.UNKNOWN,
                points_away_from=clean_text(points_away_from) or events.UNKNOWN,
                trigger=clean_text(trigger) or events.UNKNOWN,
            )
        )

    def end(self, outcome: str, proof: str) -> events.Recorded:
        """Close the incident."""
        return self.append(
            events.IncidentClosed(outcome=_said(outcome, "closing"), proof=clean_text(proof) or events.UNKNOWN)
        )

    # -- the edit gate -------------------------------------------------------------------------------------------

    def gate_missing(self) -> tuple[str, ...]:
        """What the note must still name before an edit of the workflow; empty when the gate is open."""
        return self.incident.gate_missing

    def look_for_edits(self) -> tuple[events.Recorded, ...]:
        """Record every edit of the watched files since the last look."""
        watched = tuple(self.runbook.watch)
        with self._lock:
            if not gate.cheap_changed(self.baseline, self.workdir, watched):
                return ()
            before, self.baseline = self.baseline, gate.take(self.workdir, watched, self.baseline)
            return tuple(self._record_edit(edit, before) for edit in gate.edits(before, self.baseline))

    def _record_edit(self, edit: gate.Edit, before: gate.Baseline) -> events.Recorded:
        sha256, size, counts = self.keep(gate.diff(edit, self.workdir, before.texts.get(edit.path)))
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
        return self.append(events.EditExplained(of=waiting, text=_said(text, "an explanation")))


def new_writer() -> str:
    """The name of one sitting at the console, as it stands in the journal's `session` field."""
    return secrets.token_hex(2)


def standing(incident: Incident) -> ladder.Standing:
    """What the ladder needs to know of an incident."""
    facts: dict[str, Any] = {"contexts": incident.context}
    if incident.classification is not None:
        facts |= {"class": incident.classification.class_, "cost": incident.classification.cost}
    if incident.decision is not None:
        facts["decision"] = incident.decision.decision
    return ladder.Standing(
        entered=tuple(name for name, rung in incident.rungs.items() if rung.entered_at),
        answers={
            name: {field: answer.value for field, answer in rung.answers.items()}
            for name, rung in incident.rungs.items()
        },
        captured={name: frozenset(_captured(incident, rung)) for name, rung in incident.rungs.items()},
        completed=frozenset(name for name, rung in incident.rungs.items() if rung.completed_at),
        waived={name: rung.waived for name, rung in incident.rungs.items() if rung.waived is not None},
        facts=facts,
    )


def _captured(incident: Incident, rung: RungState) -> Iterator[str]:
    """The evidence ids of a rung that something was kept for: lines pinned from a surface count for that surface."""
    for item in incident.evidence:
        if item.rung != rung.id or not item.kept:
            continue
        if isinstance(item.event, events.EvidenceCaptured):
            yield item.event.item
        elif rung.outline is not None:
            yield from (wanted.id for wanted in rung.outline.evidence if wanted.surface == item.surface)


def unexplained(incident: Incident) -> tuple[int, ...]:
    """The `seq` of every edit made while the gate was closed that nobody has given a reason for."""
    return tuple(seq for seq, edit in incident.edits.items() if not edit.event.gate_open and not edit.explanations)


def clean_text(text: str) -> str:
    """What somebody typed, with secrets redacted, as it may stand in the record."""
    data = text.strip().encode("utf-8", "surrogateescape")
    return redact(data).data.decode("utf-8", "backslashreplace")


def clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list | tuple):
        return [clean_value(part) for part in value]
    return value


def _said(text: str, what: str) -> str:
    cleaned = clean_text(text)
    if not cleaned:
        raise Refused(f"{what} needs some text")
    return cleaned


def _text(value: Any) -> str:
    if value is None or value == "":
        return events.UNKNOWN
    return ", ".join(str(part) for part in value) if isinstance(value, list | tuple) else str(value)


def _lines(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(part) for part in value)
    return tuple(line.strip() for line in str(value or "").splitlines() if line.strip())


def _class_set(answers: Mapping[str, Any]) -> events.ClassSet:
    return events.ClassSet(
        class_=_text(answers["class"]),
        cost=_text(answers.get("cost")),
        confidence=_text(answers.get("confidence")),
        for_=_lines(answers.get("for")),
        against=_lines(answers.get("against")),
        ruled_out=_text(answers.get("ruled_out")),
        next_measurement=_text(answers.get("next_measurement")),
    )
