"""Handing an incident over, and taking one: the last event of the sender's journal, and the first of the receiver's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from incident_console import events
from incident_console.errors import InputError, RecordError, UsageError
from incident_console.evidence.names import shown
from incident_console.record import bag
from incident_console.record.asjson import record_json
from incident_console.record.clock import Clock, SystemClock
from incident_console.record.handdraft import draft
from incident_console.record.handfields import Handoff, Known
from incident_console.record.handoff import handoff_md
from incident_console.record.handoff import offer as offered_event
from incident_console.record.imports import How, import_bag
from incident_console.record.incident import Incident, fold
from incident_console.record.journal import Journal
from incident_console.record.page import record_html
from incident_console.record.staging import turn
from incident_console.record.store import Record
from incident_console.record.verify import verify_record
from incident_console.session import secrecy
from incident_console.session.asofnow import DIFF, AsOfNow, as_of_now
from incident_console.session.core import Session, new_writer
from incident_console.session.documents import write_documents
from incident_console.session.view import View
from incident_console.session.weighing import weigh
from incident_console.session.who import Who


@dataclass(frozen=True, slots=True)
class Offered:
    path: Path
    head: str
    """The chain's head, to be told to the receiver by another way than the bundle."""
    events: int
    """After how many events it is the head."""
    missing: tuple[str, ...]


def drafted(session: View, said: Mapping[str, str], now: AsOfNow) -> Handoff:
    """The hand-off as it would be written now. Raises InputError for a field there is none of."""
    clean = {name: session.redactor.text(text.strip()) for name, text in said.items()}
    incident = fold(tuple(session.incident.lines), session.id)
    return draft(incident, clean, now=now.fields, reentry=now.reentry, read_blob=session.record.blobs.peek)


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
        raise RecordError(
            f"{held.count} entries wait in memory for the disk: hand off when they are saved. {held.because}"
        )
    if fault := verify_record(session.record).fault:
        raise InputError(f"the record is not handed off, because the bundle would not verify: {fault}")
    now = now or as_of_now(session)
    handed = drafted(session, {**fields, "to": to}, now)
    event = _offered_last(session, handed)
    if event is None:
        weigh(session)
        if now.reentry and now.diff:
            dirty, _, _ = session.keep(now.diff)
            kept = now.reentry.model_copy(update={"dirty_diff_sha256": dirty})
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
    return Offered(out, incident.head, len(lines), event.missing)


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
            recorded = not _accepted_by(fold(journal.reading.lines), who.operator)
            if recorded:
                accepted = events.HandoffAccepted(
                    readback=readback.strip(),
                    as_=who.operator,
                    head=journal.head,
                    workdir=shown(workdir) if workdir is not None else None,
                )
                journal.append(secrecy.redactor(who.trust, folder.name, who.secrets).event(accepted))
        finally:
            journal.close()
    record = Record(folder)
    write_documents(record, record.incident())
    return Accepted(folder, recorded, who.operator, taken.how, taken.told)


def _accepted_by(incident: Incident, operator: str) -> bool:
    offered = incident.offered[-1].seq if incident.offered else 0
    return any(each.event.as_ == operator and each.seq > offered for each in incident.accepted)
