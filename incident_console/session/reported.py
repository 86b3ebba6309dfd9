"""What was reported, by which the incident began? A note that begins with `reported:`, whoever wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident_console import events

if TYPE_CHECKING:
    from incident_console.record.incident import Incident

BEGINS = "reported: "
MOST = 3
"""Reports that are shown before everything else; the record has them all."""


def report(text: str, source: str) -> events.NoteAdded:
    """What the console was told when it was opened, and by what."""
    return events.NoteAdded(text=f"{BEGINS}{text} (as {source} tells it)")


def reported(incident: Incident) -> tuple[str, ...]:
    """The first reports, as they were put right last."""
    return tuple(note.text for note in incident.notes.values() if note.text.lower().startswith(BEGINS))[:MOST]
