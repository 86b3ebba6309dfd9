"""The files a person reads beside the journal: `note.md` and `record.md`, rewritten whole from the fold."""

from incident_console.record.incident import Incident
from incident_console.record.markdown import record_md
from incident_console.record.note import note_md
from incident_console.record.store import Record


def write_documents(record: Record, incident: Incident) -> None:
    """Raises RecordError when they could not be written."""
    record.write_document("note.md", note_md(incident))
    record.write_document("record.md", record_md(incident, record.blobs.peek))
