"""Every document that is made from an incident, under one roof: what each holds stands in its own module."""

from incident_console.record.asjson import record_json
from incident_console.record.markdown import ReadBlob, record_md
from incident_console.record.note import NoteFields, brief, note_fields, note_md
from incident_console.record.page import record_html

__all__ = ["NoteFields", "ReadBlob", "brief", "note_fields", "note_md", "record_html", "record_json", "record_md"]
