"""Handing an incident over, and taking one: the last event of the sender's journal, and the first of the receiver's."""

from __future__ import annotations

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
from incident_console.record.journal import Journal
from incident_console.record.page import record_html
from incident_console.record.store import Record
from incident_console.session.core import Session, clean_text, new_writer
from incident_console.session.documents import write_documents
from incident_console.session.opening import Who

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
    if out.exists():
        raise UsageError(f"{out} is there already; nothing was written over it")
    said = {name: clean_text(text) for name, text in fields.items()} | {"to": clean_text(to)}
    event = offered_event(draft(session.incident, said), session.head)
    session.append(event)
    session.write_documents()
    incident = session.incident
    bag.write(
        session.record.path,
        handoff=handoff_md(draft(incident, said)),
        html=record_html(incident, session.record.blobs.peek),
        record=record_json(incident),
        out=out,
        now=session.clock.now(),
    )
    return Offered(out, session.head, event.missing)


def accept(bundle: Path, who: Who, readback: str, *, clock: Clock | None = None) -> Path:
    """Check a bundle, put it into this store, and record the receiver's own words. Returns the record's folder.

    Raises InputError when the bundle cannot be trusted or forks from a record that is here, RecordError.
    """
    if not readback.strip():
        raise UsageError("accepting needs the read-back: say in your own words what you took over")
    folder = import_bag(bundle, who.records).path
    journal = Journal.open(folder / "journal.jsonl", session=new_writer(), by=who.by, clock=clock or SystemClock())
    try:
        if not journal.reading.lines:
            raise InputError(f"{bundle} holds an empty journal")
        journal.append(events.HandoffAccepted(readback=clean_text(readback), as_=who.operator, head=journal.head))
    finally:
        journal.close()
    record = Record(folder)
    write_documents(record, record.incident())
    return folder
