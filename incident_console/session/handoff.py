"""Handing an incident over, and taking one: the last event of the sender's journal, and the first of the receiver's."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from incident_console import events
from incident_console.counting import counted
from incident_console.errors import InputError, RecordError, UsageError
from incident_console.evidence.names import shown
from incident_console.record import bag
from incident_console.record.asjson import record_json
from incident_console.record.clock import Clock, SystemClock
from incident_console.record.due import due_at
from incident_console.record.handdraft import draft
from incident_console.record.handfields import PROMPTS, Handoff, Known, is_unknown
from incident_console.record.handoff import handoff_md
from incident_console.record.handoff import offer as offered_event
from incident_console.record.imports import How, Imported, import_bag
from incident_console.record.incident import Incident, fold
from incident_console.record.journal import Journal
from incident_console.record.page import record_html
from incident_console.record.seen import Stated
from incident_console.record.staging import turn
from incident_console.record.store import Record
from incident_console.record.text import clock_time, one_line
from incident_console.record.verify import verify_record
from incident_console.session import moments, secrecy
from incident_console.session.asofnow import DIFF, AsOfNow, as_of_now
from incident_console.session.core import Session, new_writer
from incident_console.session.documents import write_documents
from incident_console.session.reviewing import review_bundle
from incident_console.session.view import View
from incident_console.session.weighing import weigh
from incident_console.session.who import Who

TIMES = ("deadline", "reachable_until")
"""The fields that say when."""


@dataclass(frozen=True, slots=True)
class Offered:
    path: Path
    head: str
    """The chain's head, to be told to the receiver by another way than the bundle."""
    events: int
    """After how many events it is the head."""
    missing: tuple[str, ...]
    guessed: tuple[str, ...] = ()
    """What was said of a time and is none, in sentences."""


def drafted(session: View, said: Mapping[str, str], now: AsOfNow) -> Handoff:
    """The hand-off as it would be written now. Raises InputError for a field there is none of."""
    clean = {name: session.redactor.text(text) for name, text in settled(session, said).items()}
    incident = fold(tuple(session.incident.lines), session.id)
    at, peek = session.clock.now(), session.record.blobs.peek
    found = draft(incident, clean, now=now.fields, reentry=now.reentry, read_blob=peek, at=at)
    # Whom it goes to is only suggested: the operator may have named somebody.
    asked = {each.event.trigger for each in incident.escalations.values()}
    held = (each for each in session.escalations() if each.because not in asked)
    return replace(found, held=tuple(f"to {each.to}: {each.because}" for each in held))


def settled(session: View, said: Mapping[str, str]) -> dict[str, str]:
    """What is said in the fields, with times that need no guessing later; to be kept as soon as it is said."""
    now = session.clock.now()
    return {name: moments.settled(text, now) if name in TIMES else text.strip() for name, text in said.items()}


def guessed(offered: Handoff) -> tuple[str, ...]:
    """Sentences: what was said of a time and is none that a receiver understands alone."""
    return tuple(
        f"{PROMPTS[name].lower()}: {offered.text(name)!r} stands as it was said, as it is no time that is understood; "
        f"{moments.HOW_AHEAD}"
        for name in TIMES
        if name in offered.said and name not in offered.missing and not due_at(offered.text(name))
    )


def offer(
    session: Session, to: str, fields: Mapping[str, str], out: Path | None = None, now: AsOfNow | None = None
) -> Offered:
    """Record the offer and write the bundle. Raises InputError for a field there is none of, RecordError.

    An offer that is the last thing in the record already, because its bundle could not be written, is not recorded a
    second time. `now`: what the draft was made with; without it, it is looked up.
    """
    out = out or session.record.path.parent.parent / f"{session.id}.zip"
    # The journal in the bundle ends with the offer, so all that can be known to fail is looked at before.
    if out.exists():
        raise UsageError(f"{out} is there already; nothing was written over it")
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        raise UsageError(f"{out.parent} is no folder that may be written to; name another file for the bundle")
    if held := session.held:
        waiting = counted(held.count, "entry waits", "entries wait")
        raise RecordError(f"{waiting} in memory for the disk: hand off when all is saved. {held.because}")
    if fault := verify_record(session.record).fault:
        raise InputError(f"the record is not handed off, because the bundle would not verify: {fault}")
    now = now or as_of_now(session)
    handed = drafted(session, {**fields, "to": to}, now)
    event = _offered_last(session, handed)
    if event is None:
        weigh(session)
        if now.reentry and now.diff:
            dirty, _, _ = session.keep(now.diff)
            kept = now.reentry.with_(dirty_diff_sha256=dirty)
            now = AsOfNow(_naming(now.fields, dirty), kept, now.diff)
        handed = drafted(session, {**fields, "to": to}, now)
        event = offered_event(handed, session.head)
        session.append(event, may_wait=False)
    session.write_documents()
    lines = _until_offer(session)
    incident = fold(lines, session.id)
    peek = session.record.blobs.peek
    bag.write(
        session.record.path,
        handoff=handoff_md(draft(incident, {}, read_blob=peek)),
        html=record_html(incident, peek),
        record=record_json(incident),
        out=out,
        now=session.clock.now(),
        events=len(lines),
    )
    return Offered(out, incident.head, len(lines), event.missing, guessed(handed))


def not_in_bundle(incident: Incident) -> str:
    """The sentence for whoever writes on after handing off; empty while nobody else is to take it."""
    if incident.closed or not incident.state.startswith("handed off"):
        return ""
    offer = incident.offered[-1]
    return (
        f"handed off to {one_line(offer.event.to, 80)} at {clock_time(offer.at)}: what you write now is not in the "
        "bundle; if it was accepted, the two records part ways. The console itself adds only attempts of a run that "
        "goes on: a retry would erase them"
    )


def _offered_last(session: Session, handed: Handoff) -> events.HandoffOffered | None:
    """The offer that ends the record, if it says to the same receiver what the sender says now."""
    last = session.incident.lines[-1].event
    if not isinstance(last, events.HandoffOffered) or last.to != handed.to:
        return None
    said = {name: text for name, text in handed.fields().items() if name in handed.said}
    return last if said == {name: last.fields.get(name) for name in last.said} else None


def _until_offer(session: Session) -> tuple[events.Recorded, ...]:
    """The journal up to the latest offer: the console goes on recording while the bundle is being written."""
    lines = tuple(session.incident.lines)
    return lines[: session.incident.offered[-1].seq]


def _naming(fields: Mapping[str, Known], sha256: str) -> dict[str, Known]:
    """With the place of the diff, where the fields speak of it."""
    told = fields.get("uncommitted")
    if told is None:
        return dict(fields)
    text = told.text.replace(DIFF, f"the diff is data/evidence/{sha256}", 1)
    return {**fields, "uncommitted": replace(told, text=text)}


@dataclass(frozen=True, slots=True)
class Accepted:
    record: Path
    recorded: bool
    """False when this receiver had accepted this offer already: saying it again adds nothing."""
    who: str
    """The receiver."""
    how: How
    """How the bundle stood to this store."""
    told: str
    """The same as a sentence without its end; empty for a record that is new here."""
    why_not: str = ""
    """Why nothing was recorded, as such a sentence; empty where it was."""


def accept(
    bundle: Path, who: Who, readback: str, *, workdir: Path | None = None, clock: Clock | None = None
) -> Accepted:
    """Check a bundle, put it into this store, and record the receiver's own words.

    `workdir`: where the receiver has the workflow, if that is elsewhere. Raises InputError when the bundle cannot be
    trusted or forks from a record that is here, RecordError; also while another process accepts a bundle here, or
    writes the record.
    """
    if not readback.strip():
        raise UsageError("accepting needs the read-back: say in your own words what you took over")
    clock = clock or SystemClock()
    with turn(who.records):
        taken = import_bag(bundle, who.records)
        folder = taken.path
        journal = Journal.open(folder / "journal.jsonl", session=new_writer(), by=who.by, clock=clock)
        try:
            for repair in journal.repairs:
                journal.append(repair)
            incident, place = fold(journal.reading.lines), shown(workdir) if workdir is not None else None
            before, why_not = _accepted_by(incident, who.operator), ""
            if any(each.seq > taken.verdict.events for each in incident.offered):
                why_not = f"{_older(taken, incident)}; nothing was added to the record"
            elif before is not None and place in (None, incident.workdir):
                why_not = f"{who.operator} has accepted this hand-off already; nothing was added to the record"
            if not why_not:
                # Said again with another folder, it corrects where the workflow is: it was accepted once.
                corrects = before.seq if before is not None else None
                accepted = events.HandoffAccepted(
                    readback=readback.strip(), as_=who.operator, head=journal.head, workdir=place, corrects=corrects
                )
                journal.append(secrecy.redactor(who.trust, folder.name, who.secrets).event(accepted))
        finally:
            journal.close()
    record = Record(folder)
    write_documents(record, record.incident())
    return Accepted(folder, not why_not, who.operator, taken.how, taken.told, why_not)


def _accepted_by(incident: Incident, operator: str) -> Stated[events.HandoffAccepted] | None:
    offered = incident.offered[-1].seq if incident.offered else 0
    mine = [each for each in incident.accepted if each.event.as_ == operator and each.seq > offered]
    return mine[-1] if mine else None


def _older(taken: Imported, incident: Incident) -> str:
    last = incident.offered[-1]
    return (
        f"the bundle is an older state ({taken.verdict.events} events) of a record that is here with "
        f"{len(incident.lines)}, and was handed on since: to {one_line(last.event.to, 80)}, {clock_time(last.at)}"
    )


def doubts(bundle: Path, who: Who) -> tuple[str, ...]:
    """Sentences: why somebody may be taking what is not his to take. Empty where nothing speaks against it.

    Read only; of a bundle that cannot be trusted nothing is said, as it cannot be accepted either.
    """
    try:
        review = review_bundle(bundle)
    except InputError:
        return ()
    try:
        sent = review.incident
    finally:
        review.close()
    here = Record(who.records / sent.id)
    known = here.incident() if here.journal.is_file() else sent
    offer = sent.offered[-1] if sent.offered else None
    if offer is None or any(each.seq > offer.seq for each in known.offered):
        return ()  # an older one adds nothing, which is told
    told, to = [], offer.event.to
    if not is_unknown(to) and not re.search(rf"(?<!\w){re.escape(who.operator)}(?!\w)", to, re.IGNORECASE):
        told.append(f"It was handed to {one_line(to, 80)}, and you take it as {one_line(who.operator, 80)}.")
    others = [each for each in known.accepted if each.seq > offer.seq and each.event.as_ != who.operator]
    if others:
        taker = one_line(others[-1].event.as_, 80)
        told.append(f"{taker} accepted it at {clock_time(others[-1].at)}, and has it since.")
    return tuple(told)
