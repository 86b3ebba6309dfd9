"""How does something of the record leave by a command of the user's own? Prepared, shown, run, recorded.

The command is the user's: it gets the user's own environment and, as files that only this user may read, what its
words ask for. The files are written for it and are gone when it has ended. The console itself reaches no network.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from incident_console import events
from incident_console.errors import ConsoleError, InputError
from incident_console.evidence import command
from incident_console.evidence.redactor import Redactor
from incident_console.record.handoff import draft, handoff_md
from incident_console.record.incident import Incident
from incident_console.record.markdown import record_md
from incident_console.record.note import brief, note_md
from incident_console.record.text import one_line
from incident_console.session.core import Session
from incident_console.session.said import clean_text
from incident_console.session.ways import PLACEHOLDER, Way

OUTPUT_CAP = 64 << 10
"""Bytes of each stream that are read; what is recorded is less."""
TOLD_LIMIT = 2000
"""Characters of the output that stand in the record."""
PREVIEW_LINES = 6
_NAMES = {
    "note": "note.md",
    "brief": "brief.txt",
    "record": "record.md",
    "html": "record.html",
    "handoff": "HANDOFF.md",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that the command gets."""

    placeholder: str
    path: Path
    size: int
    first: str
    """Its first lines; empty for what is no text."""


@dataclass(frozen=True, slots=True)
class Prepared:
    way: Way
    argv: tuple[str, ...]
    """The exact words."""
    files: tuple[Sent, ...]
    folder: Path

    @property
    def words(self) -> str:
        """As a shell would write it; nothing but its own words in quotes."""
        return shlex.join(self.argv)

    def forget(self) -> None:
        """Delete what was written for the command."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Done:
    result: str
    """One sentence as it stands in the record: how it ended, and what it said."""
    well: bool


def prepare(session: Session, way: Way, incident: Incident) -> Prepared:
    """Write what the way's words ask for. Raises InputError where one of them cannot be had; then nothing is left."""
    folder = Path(tempfile.mkdtemp(prefix="incident-console-"))
    try:
        files = tuple(_written(session, incident, name, folder) for name in way.asks_for if name in (*_NAMES, "bundle"))
        values = {file.placeholder: str(file.path) for file in files}
        values |= {
            "id": session.id,
            "title": one_line(incident.title, 200) or events.UNKNOWN,
            "workdir": str(session.workdir),
        }
        argv = tuple(_filled(word, values) for word in way.run)
    except OSError as fault:
        shutil.rmtree(folder, ignore_errors=True)
        raise InputError(f"{folder}: what is to be sent cannot be written there: {fault.strerror or fault}") from None
    except ConsoleError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Prepared(way, argv, files, folder)


def send(
    session: Session,
    prepared: Prepared,
    to: str,
    environ: Mapping[str, str],
    *,
    cancel: threading.Event,
    progress: Callable[[command.Progress], None] | None = None,
) -> Done:
    """Run the command to its end. That it was begun is on disk before it runs, its result after. Raises RecordError."""
    way = prepared.way
    to = clean_text(to) or events.UNKNOWN
    # The files are gone when the record is read: their names say what they were.
    named = {str(file.path): file.path.name for file in prepared.files}
    argv = shlex.join(session.redactor.argv([named.get(word, word) for word in prepared.argv]))
    what = ", ".join(file.placeholder for file in prepared.files) or "nothing of the record"
    recorded = session.append(
        events.ActionTaken(
            text=f"sent {what} to {to} by the command {way.name}: {argv}",
            why=f"a way out: {way.title}",
            expected="exit code 0",
            sent_to=to,
        )
    )
    try:
        outcome = command.run(
            command.Command(prepared.argv, session.workdir, way.timeout_s, OUTPUT_CAP, env=environ),
            cancel=cancel,
            progress=progress,
        )
    finally:
        prepared.forget()
    done = Done(_result(outcome, session.redactor), outcome.ended == "exited" and outcome.exit_code == 0)
    session.result(recorded.seq, done.result)
    return done


def _filled(word: str, values: Mapping[str, str]) -> str:
    """Filled in once: a placeholder in a title stays a title."""
    return re.sub(PLACEHOLDER, lambda found: values.get(found[1], found[0]), word)


def _written(session: Session, incident: Incident, name: str, folder: Path) -> Sent:
    if name == "bundle":
        bundle = newest_bundle(session)
        path = folder / bundle.name
        _write(path, bundle.read_bytes())
        return Sent(name, path, path.stat().st_size, "")
    text = _text(session, incident, name)
    data = text.encode("utf-8", "backslashreplace")
    path = folder / _NAMES[name]
    _write(path, data)
    return Sent(name, path, len(data), "\n".join(text.split("\n")[:PREVIEW_LINES]))


def _text(session: Session, incident: Incident, name: str) -> str:
    read = session.record.blobs.peek
    match name:
        case "note":
            return note_md(incident)
        case "brief":
            return brief(incident, session.clock.now())
        case "record":
            return record_md(incident, read)
        case "html":
            # Imported when it is asked for: the first screen must not wait for it.
            from incident_console.record.page import record_html

            return record_html(incident, read)
    return handoff_md(draft(incident, {}, read_blob=read))


def newest_bundle(session: Session) -> Path:
    """The last hand-off bundle of this incident that lies beside the records. Raises InputError where there is none."""
    folder = session.record.path.parent.parent
    found = [path for path in folder.glob(f"{session.id}*.zip") if path.is_file() and not path.is_symlink()]
    if not found:
        raise InputError(f"there is no hand-off bundle of this incident in {folder}: hand the incident off first")
    return max(found, key=lambda path: path.stat().st_mtime_ns)


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def _result(outcome: command.Outcome, redactor: Redactor) -> str:
    """Redacted before it is cut: half a secret is not recognised any more."""
    if outcome.ended == "could not run":
        return f"could not run: {outcome.reason}"
    how = outcome.reason if outcome.ended == "exited" else f"{outcome.ended}: {outcome.reason}"
    parts = [f"{how}, after {outcome.duration_s:.1f} s"]
    for stream, data, dropped in (
        ("it said", outcome.stdout, outcome.stdout_dropped),
        ("on stderr", outcome.stderr, outcome.stderr_dropped),
    ):
        text = redactor.data(data).data.decode("utf-8", "backslashreplace").strip()
        if text:
            cut = f" ({dropped} bytes more were not kept)" if dropped else ""
            parts.append(f"{stream}: {one_line(text, TOLD_LIMIT // 2)}{cut}")
    return "; ".join(parts)
