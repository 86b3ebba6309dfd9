"""The ladder without a terminal: the same session, with prepared answers, told on stderr as it goes.

Nothing is answered for the operator: a rung whose answers are missing stays open, and that is the exit code.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass

from incident_console.errors import EvidenceError, Exit, InputError, Refused
from incident_console.events import EvidenceCaptured, EvidenceFailed
from incident_console.runbook.answers import Answers, split
from incident_console.runbook.schema import Rung
from incident_console.session.capture import capture
from incident_console.session.core import Session
from incident_console.session.live import ENDED, Live, Picture

Say = Callable[[str], None]

SETTLE_S = 5.0


@dataclass
class _Climb:
    evidence_failed: bool = False
    left_open: int = 0


def collect(
    session: Session,
    answers: Answers | None,
    *,
    allow: Collection[str] = (),
    say: Say,
    wait_for_end: bool = False,
    cancel: threading.Event | None = None,
) -> Exit:
    """Climb every rung in the runbook's order of branches; with `wait_for_end`, stay until the run has ended."""
    if session.trusted() is None:
        raise InputError(
            "this runbook did not ship with the console and nobody has trusted it: "
            "read it, then `incident-console runbook trust FILE`"
        )
    cancel = cancel or threading.Event()
    watch = _Watch(say)
    live = Live(session, watch.told)
    live.start()
    try:
        watch.looked.wait(SETTLE_S)
        climb = _Climb()
        rung: str | None = session.runbook.rungs[0].id
        climbed: set[str] = set()
        while rung is not None and rung not in climbed and not cancel.is_set():
            climbed.add(rung)
            rung = _climb(session, session.runbook.rung(rung), answers, allow, say, climb, cancel)
        while wait_for_end and not cancel.is_set() and not watch.ended.wait(0.2):
            pass
    finally:
        live.close()
    if cancel.is_set():
        return Exit.INTERRUPTED
    if climb.evidence_failed:
        return Exit.EVIDENCE
    return Exit.NO if climb.left_open else Exit.OK


def _climb(
    session: Session,
    rung: Rung,
    answers: Answers | None,
    allow: Collection[str],
    say: Say,
    climb: _Climb,
    cancel: threading.Event,
) -> str | None:
    """One rung; returns the next, or None at the top."""
    session.enter(rung.id)
    reason = answers.waived.get(rung.id) if answers is not None else None
    if reason is not None:
        say(f"⊘ {rung.title}: waived, {reason}")
        return session.waive(rung.id, reason)
    fields, texts = split(rung, answers.fields.get(rung.id, {})) if answers is not None else ({}, {})
    for item in rung.evidence:
        if cancel.is_set():
            return None
        if item.is_observation and item.id not in texts:
            continue
        try:
            recorded = capture(session, rung, item, allow=allow, text=texts.get(item.id, ""), cancel=cancel)
        except (Refused, EvidenceError) as fault:
            say(f"  ✗ {item.id}: {fault}")
            continue
        event = recorded.event
        if isinstance(event, EvidenceFailed):
            say(f"  ✗ {item.id}: {event.reason}")
        elif isinstance(event, EvidenceCaptured):
            code = f" rc {event.exit_code}" if event.exit_code is not None else ""
            say(f"  ✓ {item.id}{code} {event.size + event.stderr_size} bytes")
    if fields:
        try:
            session.answer(rung.id, fields)
        except Refused as fault:
            say(f"  ✗ answers refused: {fault}")
    try:
        following = session.complete(rung.id)
        say(f"✓ {rung.title}")
        return following
    except Refused as fault:
        missing = session.missing(rung.id)
        climb.left_open += 1
        climb.evidence_failed |= any(need.kind == "evidence" for need in missing)
        say(f"○ {rung.title}: {fault}")
        return _after(session, rung)


def _after(session: Session, rung: Rung) -> str | None:
    """The next rung in the runbook's order, past one that stays open."""
    ids = [each.id for each in session.runbook.rungs]
    return next(iter(ids[ids.index(rung.id) + 1 :]), None)


class _Watch:
    """What the climb needs to know of the run: whether one was looked for, and whether it has ended."""

    def __init__(self, say: Say) -> None:
        self.looked = threading.Event()
        self.ended = threading.Event()
        self._say = say
        self._status = ""

    def told(self, picture: Picture) -> None:
        if picture.looked:
            self.looked.set()
        run = picture.run
        if run is None:
            return
        if run.status != self._status:
            self._status = run.status
            self._say(f"run {run.status}: {picture.headline}")
        if run.status in ENDED:
            self.ended.set()
