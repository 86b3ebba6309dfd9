"""Handing an incident over, and taking one: the last event of the sender's journal, and the first of the receiver's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from incident_console import events
from incident_console.errors import InputError, UsageError
from incident_console.record import bag
from incident_console.record.asjson import record_json
from incident_console.record.clock import Clock, SystemClock
from incident_console.record.handoff import PROMPTS, draft, handoff_md
from incident_console.record.handoff import offer as offered_event
from incident_console.record.imports import import_bag
from incident_console.record.incident import Incident, fold
from incident_console.record.journal import Journal
from incident_console.record.page import record_html
from incident_console.record.store import Record
from incident_console.record.verify import verify_record
from incident_console.session.core import Session, new_writer
from incident_console.session.documents import write_documents
from incident_console.session.opening import Who
from incident_console.session.said import clean_text

ASKED = {
    name: PROMPTS[name]
    for name in (
        "to",
        "impact",
        "deadline",
        "may_stop",
        "do_not_touch",
        "contingencies",
        "told",
        "reachable_until",
        "exit_criteria",
    )
}
"""What the console cannot know; everything else is drafted from the record."""


@dataclass(frozen=True, slots=True)
class Offered:
    path: Path
    head: str
    """The chain's head, to be told to the receiver by another way than the bundle."""
    missing: tuple[str, ...]


def offer(session: Session, to: str, fields: Mapping[str, str], out: Path | None = None) -> Offered:
    """Record the offer and write the bundle. Raises InputError for a field there is none of, RecordError."""
    out = out or session.record.path.parent.parent / f"{session.id}.zip"
    # The journal in the bundle ends with the offer, so all that can be known to fail is looked at before.
    if out.exists():
        raise UsageError(f"{out} is there already; nothing was written over it")
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        raise UsageError(f"{out.parent} is no folder that may be written to; name another file for the bundle")
    if fault := verify_record(session.record).fault:
        raise InputError(f"the record is not handed off, because the bundle would not verify: {fault}")
    said = {name: clean_text(text) for name, text in fields.items()} | {"to": clean_text(to)}
    event = offered_event(draft(session.incident, said), session.head)
    session.append(event)
    session.write_documents()
    incident = session.incident
    bag.write(
        session.record.path,
        handoff=handoff_md(draft(incident, said, read_blob=session.record.blobs.peek)),
        html=record_html(incident, session.record.blobs.peek),
        record=record_json(incident),
        out=out,
        now=session.clock.now(),
    )
    return Offered(out, session.head, event.missing)


@dataclass(frozen=True, slots=True)
class Accepted:
    record: Path
    recorded: bool
    """False when this receiver had accepted this offer already: saying it again adds nothing."""


def accept(bundle: Path, who: Who, readback: str, *, clock: Clock | None = None) -> Accepted:
    """Check a bundle, put it into this store, and record the receiver's own words.

    Raises InputError when the bundle cannot be trusted or forks from a record that is here, RecordError.
    """
    if not readback.strip():
        raise UsageError("accepting needs the read-back: say in your own words what you took over")
    folder = import_bag(bundle, who.records).path
    journal = Journal.open(folder / "journal.jsonl", session=new_writer(), by=who.by, clock=clock or SystemClock())
    try:
        recorded = not _accepted_by(fold(journal.reading.lines), who.operator)
        if recorded:
            journal.append(events.HandoffAccepted(readback=clean_text(readback), as_=who.operator, head=journal.head))
    finally:
        journal.close()
    record = Record(folder)
    write_documents(record, record.incident())
    return Accepted(folder, recorded)


def _accepted_by(incident: Incident, operator: str) -> bool:
    offered = incident.offered[-1].seq if incident.offered else 0
    return any(each.event.as_ == operator and each.seq > offered for each in incident.accepted)
