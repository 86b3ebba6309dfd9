"""The ladder without a terminal: the same session, with prepared answers, told on stderr as it goes.

Nothing is answered for the operator: a rung whose answers are missing stays open, and that is the exit code.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

from incident_console.errors import EvidenceError, Exit, InputError, Refused
from incident_console.events import EvidenceCaptured, EvidenceFailed
from incident_console.runbook.answers import Answers, split
from incident_console.runbook.schema import EvidenceItem, Rung
from incident_console.session.capture import capture
from incident_console.session.core import Session
from incident_console.session.live import Live
from incident_console.session.picture import Picture
from incident_console.session.readings import Readings
from incident_console.session.weighing import weigh
from incident_console.snakemake.run import Run
from incident_console.snakemake.textfile import printable

Say = Callable[[str], None]

SETTLE_S = 5.0
"""How long the search for a run may take before the climb begins."""


def collect(
    session: Session,
    answers: Answers | None,
    *,
    allow: Collection[str] = (),
    say: Say,
    wait_for_end: bool = False,
    cancel: threading.Event | None = None,
) -> Exit:
    """Climb every rung, as the runbook branches.

    With `wait_for_end` the climb begins when the run has ended, because only then do prepared answers hold; what the
    workflow plans while the run goes on is captured before. Failed attempts are kept throughout.

    Raises InputError for a runbook that nobody trusts, RecordError when something could not be recorded.
    """
    if session.trusted() is None:
        raise InputError(f"{session.trust.refusal}: read it, then `incident-console runbook trust FILE`")
    cancel = cancel or threading.Event()
    watch = _Watch(say)
    climb = _Climb(session, answers, allow, say, cancel, watch)
    live = Live(session, watch.told)
    live.start()
    try:
        watch.looked.wait(SETTLE_S)
        if wait_for_end and watch.running:
            climb.look_ahead()
            say("waiting for the run to end; its failed attempts are kept meanwhile …")
            while watch.running and not cancel.wait(0.2):
                pass
        climb.all()
    finally:
        live.close()
    weigh(session)
    return climb.verdict()


class _Climb:
    def __init__(
        self,
        session: Session,
        answers: Answers | None,
        allow: Collection[str],
        say: Say,
        cancel: threading.Event,
        watch: _Watch,
    ) -> None:
        self._session = session
        self._answers = answers
        self._allow = allow
        self._say = say
        self._cancel = cancel
        self._watch = watch
        self._readings = Readings(session)
        self._climbed: set[str] = set()
        self._evidence_failed = False

    def look_ahead(self) -> None:
        """Capture what can be seen only while the run goes on: what is planned now."""
        for rung in self._session.runbook.rungs:
            if rung.role == "plan":
                self._capture_all(rung, {})

    def all(self) -> None:
        id: str | None = self._session.runbook.rungs[0].id
        while id is not None and not self._cancel.is_set():
            self._climbed.add(id)
            self._climb(self._session.runbook.rung(id))
            id = self._next(id)

    def verdict(self) -> Exit:
        if self._cancel.is_set():
            return Exit.INTERRUPTED
        if self._evidence_failed:
            return Exit.EVIDENCE
        closed = all(mark.state in ("done", "waived") for mark in self._session.marks())
        return Exit.OK if closed else Exit.NO

    def _next(self, id: str) -> str | None:
        """As the runbook branches; then what was passed over, because no rung is skipped in silence."""
        following = self._session.next_rung(id)
        if following not in self._climbed:
            return following
        ids = (rung.id for rung in self._session.runbook.rungs)
        standing = self._session.standing()
        over = self._climbed | standing.completed | standing.waived.keys()
        return next((id for id in ids if id not in over), None)

    def _climb(self, rung: Rung) -> None:
        session, say = self._session, self._say
        session.enter(rung.id)
        reason = self._answers.waived.get(rung.id) if self._answers is not None else None
        try:
            if reason is not None:
                session.waive(rung.id, reason)
                say(f"⊘ {rung.title}: waived, {reason}")
                return
            given = self._answers.fields.get(rung.id, {}) if self._answers is not None else {}
            fields, texts = split(rung, given)
            self._capture_all(rung, texts)
            if self._cancel.is_set():
                return
            if fields:
                session.answer(rung.id, fields)
            session.complete(rung.id)
            say(f"✓ {rung.title}")
        except Refused as fault:
            if reason is None:
                self._evidence_failed |= any(_was_to_be_captured(rung, need.ids) for need in session.missing(rung.id))
            say(f"○ {rung.title}: {fault}")

    def _capture_all(self, rung: Rung, texts: dict[str, str]) -> None:
        for item in rung.evidence:
            if self._cancel.is_set():
                return
            if item.id in texts or not item.is_observation:
                self._capture(rung, item, texts.get(item.id, ""))

    def _capture(self, rung: Rung, item: EvidenceItem, text: str) -> None:
        try:
            recorded = capture(self._session, rung, item, allow=self._allow, text=text, cancel=self._cancel)
        except (Refused, EvidenceError) as fault:
            self._say(f"  ✗ {item.id}: {fault}")
            return
        event = recorded.event
        if isinstance(event, EvidenceFailed):
            self._say(f"  ✗ {item.id}: {event.reason}")
        elif isinstance(event, EvidenceCaptured):
            code = f" rc {event.exit_code}" if event.exit_code is not None else ""
            # It is kept, but whoever reads down a column of ticks must see that the command failed.
            glyph = "!" if event.exit_code else "✓"
            self._say(f"  {glyph} {item.id}{code} {event.size + event.stderr_size} bytes")
            self._read(event)

    def _read(self, event: EvidenceCaptured) -> None:
        """Say what the output says, and what must be known beside it."""
        try:
            reading = self._readings.of(event, self._watch.run)
        except InputError as fault:
            self._say(f"    {fault}")
            return
        if reading is not None:
            for sentence in (reading.line, *reading.lies):
                self._say(f"    {printable(sentence)}")


def _was_to_be_captured(rung: Rung, ids: tuple[str, ...]) -> bool:
    """Whether the console itself could have met the need; an observation that nobody made is an open question."""
    items = (rung.item(id) for id in ids)
    return any(item is not None and not item.is_observation for item in items)


class _Watch:
    """What the climb needs to know of the run: whether one was looked for, and how it stands."""

    def __init__(self, say: Say) -> None:
        self.looked = threading.Event()
        self.running = False
        self.run: Run | None = None
        self._say = say
        self._status = ""

    def told(self, picture: Picture) -> None:
        run = picture.run
        if run is not None and run.status != self._status:
            self._status = run.status
            self._say(f"run {run.status}: {picture.headline}")
        self.run = run
        self.running = run is not None and run.status == "running"
        if picture.looked:
            self.looked.set()
