"""One incident being worked: intent in, event out.

The only writer of a record. Every intent checks, appends one event durably, folds it, and tells the views; what is
refused is told with a reason and leaves no trace. Safe to call from any thread; nothing here waits for a screen.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incident_console import events, gate
from incident_console.errors import HeldError, Refused
from incident_console.record import summaries
from incident_console.record.clock import Clock, jump_told, stamp
from incident_console.record.incident import fold
from incident_console.record.restoring import restore, was_deleted
from incident_console.runbook import ladder
from incident_console.session.documents import write_documents
from incident_console.session.edits import EditWatch, SeenEdit
from incident_console.session.holding import Held, Holding
from incident_console.session.said import clean_text, clean_value, said
from incident_console.session.standing import answers_of, conclusions, unexplained
from incident_console.session.telling import Telling
from incident_console.session.view import Listener

if TYPE_CHECKING:
    from incident_console.evidence.redact import Redacted
    from incident_console.evidence.redactor import Redactor
    from incident_console.record.journal import Journal
    from incident_console.record.store import Record
    from incident_console.runbook.schema import Runbook
    from incident_console.session.suggest import Suggestion
    from incident_console.session.trusting import RunbookTrust

__all__ = ["Listener", "Session", "new_writer", "unexplained"]

NATURES: Mapping[str, events.Nature] = {"classify": "inference", "decide": "decision"}
"""By a rung's role, what its answers are; those of every other rung are facts."""


class Session(Telling):
    """An open record with its runbook. Made by `session.opening`; `close()` lets go of the pen, not of the incident."""

    def __init__(
        self,
        record: Record,
        journal: Journal,
        runbook: Runbook,
        workdir: Path,
        *,
        trust: RunbookTrust,
        redactor: Redactor,
        past: tuple[events.Recorded, ...] = (),
        clock: Clock | None = None,
    ) -> None:
        super().__init__(record, runbook, workdir, fold(past, record.id), clock)
        self.run_is_live = False
        self.suggested: Suggestion | None = None
        """What the run's evidence says of the class now, to be recorded beside what is decided."""
        self.edits = EditWatch(workdir, runbook.watch, gate.Baseline(), None)
        """The watched files as last seen."""
        self.cut_off: tuple[str, ...] = ()
        """The evidence whose commands ran when the console before this one ended."""
        self.taken_up = False
        """The record was there before, and is gone on with."""
        self.trust = trust
        self.redactor = redactor
        self._journal = journal
        self._holding = Holding(self._lock, self.clock, record=self._record, follow=self._follow, put=self._put)
        self._restored = ""  # what is yet to be recorded of a record that was deleted and put back
        self._looking = threading.Lock()

    # -- writing -------------------------------------------------------------------------------------------------

    def append(self, event: events.Event, *, may_wait: bool = True) -> events.Recorded:
        """Put one event on disk, its texts redacted, then fold it and tell the views; then record what follows from it.

        Raises HeldError when the disk does not take it and it waits in memory (see `hold`; never with `may_wait`
        false), RecordError when it is lost.
        """
        return self._holding.append(self.redactor.event(event), may_wait=may_wait)

    def _record(self, event: events.Event) -> events.Recorded:
        """Put an event on disk. The lock is held."""
        self._put_back()
        return self._journal.append(event)

    def _put(self, data: bytes) -> tuple[str, int]:
        with self._lock:
            self._put_back()
        return self.record.blobs.put(data)

    def _put_back(self) -> None:
        """Where the record was deleted meanwhile, what can be of it. Raises DiskError."""
        if os.path.lexists(self.record.journal):
            return
        lines, known = tuple(self.incident.lines), (gate.to_json(self.edits.baseline),)
        told = restore(self.record, self._journal, lines, self.trust.loaded.text, known)
        self._restored = told or self._restored

    def record_gone(self) -> str:
        """That the record is not where it was, and what becomes of it, in a sentence; empty while it is."""
        if os.path.lexists(self.record.journal):
            return ""
        if was_deleted(self._journal, self.record.journal):
            return f"The record {self.record.path} was deleted. What is known here is written anew with the next entry."
        return f"The record {self.record.path} was moved, or its disk is gone: nothing is saved until it is back."

    def _follow(self, recorded: events.Recorded) -> tuple[events.Event, ...]:
        """Take in what is on disk now, and say what follows from it. The lock is held."""
        before = self.incident.lines[-1] if self.incident.lines else None
        self._take_in(recorded)
        jumped = jump_told(before, recorded) if before is not None else None
        told = tuple(events.NoteAdded(text=text) for text in (self._restored, jumped) if text)
        self._restored = ""
        return (*told, *self._concluded(recorded.event))

    def _concluded(self, event: events.Event) -> tuple[events.Event, ...]:
        """What follows from an answer."""
        if not isinstance(event, events.RungAnswered):
            return ()
        answers = answers_of(self.incident.rungs[event.rung])
        following = conclusions(self.incident, self._rung(event.rung).role, answers, self.suggested)
        return tuple(self.redactor.event(each) for each in following)

    def hold(self, tell: Callable[[Held], None]) -> None:
        """From now on hold in memory what the disk does not take, and try again; `tell` gets each change.

        It is called in any thread, which waits: it must neither block nor raise.
        """
        self._holding.hold(tell)

    @property
    def held(self) -> Held:
        """What waits in memory for the disk."""
        return self._holding.held

    def retry(self) -> bool:
        """Try to get on disk what is held; whether nothing is held any more."""
        return self._holding.retry()

    def recorded_text(self) -> Iterator[bytes]:
        """The journal as far as it is recorded, in parts, even when its file was deleted. Raises OSError."""
        return self._journal.contents()

    def keep(self, data: bytes) -> tuple[str, int, dict[str, int]]:
        """Store a blob, redacted before it is hashed: (sha256, size, redaction counts).

        One that the disk does not take is held, and the event that names it waits behind it; see `append`.
        """
        return self._keep(self.redactor.data(data))

    def keep_part(self, before: bytes, data: bytes, after: bytes) -> tuple[str, int, dict[str, int]]:
        """Store lines as `keep` does; what stands before and after them in their file tells what they are part of."""
        return self._keep(self.redactor.part(before, data, after))

    def _keep(self, clean: Redacted) -> tuple[str, int, dict[str, int]]:
        sha256, size = self._holding.keep(clean.data)
        return sha256, size, clean.counts

    def keep_as_it_is(self, data: bytes) -> None:
        """Store a blob that was redacted when it was captured: the event that names it holds its hash already."""
        self._holding.keep(data)

    def keep_baseline(self) -> str:
        """Store the watched files' hashes; the blob's name."""
        return self.record.blobs.put(gate.to_json(self.edits.baseline))[0]

    def close(self) -> None:
        """Write the documents and let go of the pen. The incident stays open until it is closed with an outcome."""
        super().close()
        self._holding.close()
        try:
            self.write_documents()
            if facts := self._journal.settled():
                summaries.leave(self.record.path, self.incident, facts)
        finally:
            self._journal.close()

    def write_documents(self) -> None:
        with self._lock:
            write_documents(self.record, self.incident)

    # -- the ladder ----------------------------------------------------------------------------------------------

    def enter(self, rung: str) -> None:
        """Any rung may be entered at any time."""
        self._rung(rung)
        with self._lock:
            if (self._holding.entering or self.incident.open_rung) != rung:
                with suppress(HeldError):  # it states nothing, and what is done on the rung must not wait for it
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
        return self.append(events.RungAnswered(rung=rung, fields=fields, nature=NATURES.get(role, "fact")))

    def complete(self, rung: str) -> str | None:
        """Complete a rung and say which one comes next. Raises Refused naming what is still needed."""
        self._rung(rung)
        missing = self.missing(rung)
        if missing:
            held = "; what is held in memory counts once it is saved" if self.held else ""
            raise Refused("still needed: " + "; ".join(need.text for need in missing) + held)
        self.append(events.RungCompleted(rung=rung), may_wait=False)
        return self.next_rung(rung)

    def waive(self, rung: str, reason: str) -> str | None:
        """Leave a rung out, with the reason that will stand in the record, and say which one comes next."""
        self._rung(rung)
        refusal = ladder.waiver_refusal(self.runbook, rung, reason)
        if refusal is not None:
            raise Refused(refusal)
        self.append(events.RungWaived(rung=rung, reason=clean_text(reason)))
        return self.next_rung(rung)

    def trusted(self) -> str | None:
        """Why this runbook's commands may run; None while nobody has trusted it."""
        return self.trust.why()

    def give_trust(self) -> events.Recorded:
        """The operator trusts this runbook: its commands may run from now on. Raises InputError, RecordError."""
        frozen = self.incident.runbook
        if frozen is None:
            raise Refused("this incident has no runbook")
        self.trust.give(stamp(self.clock.now()))
        return self.append(frozen.with_(trusted=self.trust.known or "no"))

    # -- the edit gate -------------------------------------------------------------------------------------------

    def look_for_edits(self) -> tuple[events.Recorded, ...]:
        """Record every edit of the watched files since the last look; one that could not be is tried again.

        A workdir that is gone is no edit, and those made while the record rests are seen when it no longer does. Raises
        RecordError.
        """
        if self.incident.rests:
            return ()
        with self._looking:
            return self.edits.look(stamp(self.clock.now()), self._record_edit)

    def _record_edit(self, seen: SeenEdit) -> events.Recorded:
        edit = seen.edit
        sha256, size, counts = self.keep(gate.diff(edit, self.workdir, seen.text_before))
        return self.append(
            events.EditObserved(
                path=edit.path,
                before_sha256=edit.before_sha256,
                after_sha256=edit.after_sha256,
                diff_sha256=sha256,
                diff_size=size,
                gate_open=not self.gate_missing(),
                change=seen.change,
                commits=seen.commits,
                unchanged_at=seen.unchanged_at,
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
