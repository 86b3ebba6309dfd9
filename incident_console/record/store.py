"""Which files belong to a record, and what do they hold?"""

from collections.abc import Mapping
from pathlib import Path

import orjson

from incident_console.errors import InputError, RecordError
from incident_console.record import files
from incident_console.record.blobs import Blobs
from incident_console.record.chain import Reading, clean, read
from incident_console.record.incident import Incident, fold

DRAFTS_LIMIT = 4 << 20
RUNBOOK_LIMIT = 4 << 20


class Record:
    """The folder of one record. Making the handle touches nothing; `make` makes the folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = path / "journal.jsonl"
        self.runbook = path / "runbook.yaml"
        self.drafts = path / "drafts.json"
        self.blobs = Blobs(path / "evidence")

    @property
    def id(self) -> str:
        return self.path.name

    def make(self) -> None:
        """The folder and its `evidence`, 0700. Raises RecordError."""
        if self.path.is_symlink():
            raise RecordError(f"{self.path} is a symbolic link: records are kept in real folders only.")
        files.private_folder(self.blobs.folder)

    def read(self) -> Reading:
        """The journal. Raises InputError when this is no record, or one that a symbolic link leads to."""
        if self.path.is_symlink():
            raise InputError(f"{self.path} is a symbolic link: name the folder itself.")
        return read(self.journal)

    def incident(self) -> Incident:
        """The state that the journal adds up to, up to its first broken place, which is then its `fault`."""
        reading = self.read()
        incident = fold(reading.lines, self.id)
        incident.fault = str(reading.fault) if reading.fault else None
        return incident

    def freeze_runbook(self, text: bytes) -> None:
        """Keep the runbook as it is now. Raises RecordError."""
        files.write_atomically(self.runbook, text)

    def frozen_runbook(self) -> bytes:
        """The copy that was kept. Raises InputError."""
        return files.read_plain(self.runbook, RUNBOOK_LIMIT)

    def write_document(self, name: str, text: str) -> Path:
        """`note.md` and the like: a view of the journal, rewritten whole. Raises RecordError."""
        document = self.path / name
        files.write_atomically(document, text.encode("utf-8", "backslashreplace"))
        return document

    def save_drafts(self, drafts: Mapping[str, str]) -> None:
        """Half-typed text by field; with nothing left the file is deleted. Raises RecordError."""
        kept = {str(clean(name)): clean(text) for name, text in drafts.items() if text}
        if kept:
            files.write_atomically(self.drafts, orjson.dumps(kept))
            return
        try:
            self.drafts.unlink(missing_ok=True)
        except OSError as fault:
            raise RecordError(f"{self.drafts} could not be deleted: {files.why(fault)}.") from None

    def load_drafts(self) -> dict[str, str]:
        """What was half-typed; nothing when there is no such file or it cannot be made sense of."""
        try:
            found = orjson.loads(files.read_plain(self.drafts, DRAFTS_LIMIT))
        except (InputError, orjson.JSONDecodeError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {name: text for name, text in found.items() if isinstance(text, str)}
