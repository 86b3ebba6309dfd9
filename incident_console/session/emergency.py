"""Where is what the record does not take kept safe meanwhile, and how does it come back?

An emergency copy is a folder elsewhere: the journal as far as it is recorded, and beside it what is only held in
memory. It is no record and counts as none: what is held stands in it outside the chain, where anybody who may write the
folder could alter it. Taking it in puts its entries into the record, each told as having occurred when it was held.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from incident_console import events
from incident_console.counting import counted
from incident_console.errors import ConsoleError, HeldError, InputError, RecordError
from incident_console.record import files
from incident_console.record.chain import clean
from incident_console.record.incident import Incident
from incident_console.record.note import note_md
from incident_console.session.core import Session
from incident_console.session.holding import Held

HELD, JOURNAL, NOTE, README, EVIDENCE = "held.jsonl", "journal.jsonl", "note.md", "README.txt", "evidence"
ANYBODYS = "/tmp"
READ_LIMIT = 128 << 20
"""Bytes of `held.jsonl`, or of one blob, that are read: more than is ever held."""


@dataclass(frozen=True, slots=True)
class Left:
    """An emergency copy whose entries are not all in the record."""

    folder: Path
    entries: tuple[events.Event, ...]


def places(environ: Mapping[str, str], record: Path, workdir: Path) -> tuple[Path, ...]:
    """Folders that may take a copy, best first: another disk than the record's, and never inside the workflow."""
    named = (environ.get("XDG_RUNTIME_DIR"), environ.get("TMPDIR"), ANYBODYS, environ.get("HOME"))
    found = dict.fromkeys(Path(name) for name in named if name and Path(name).is_absolute())
    fit = [place for place in found if _takes_files(place) and not _inside(place, workdir)]
    device = _device(record)
    return tuple(sorted(fit, key=lambda place: _device(place) == device))


def _takes_files(place: Path) -> bool:
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)


def _inside(place: Path, workdir: Path) -> bool:
    return place.resolve().is_relative_to(workdir.resolve())


def _device(place: Path) -> int | None:
    """That of the folder, or, where it is gone, of what it lay in."""
    for folder in (place, *place.parents):
        with suppress(OSError):
            return folder.stat().st_dev
    return None


def write(session: Session, place: Path) -> Path:
    """Write a copy into a new folder in `place`; that folder. Every file of it is on disk when this returns.

    Raises InputError for a place that may not be used, RecordError when it could not be written; then nothing is left.
    """
    if not place.is_absolute() or not place.is_dir():
        raise InputError(f"{place} is no folder: name one that is there, by its full path")
    if _inside(place, session.workdir):
        raise InputError(f"{place} lies in the workflow's folder, which the console does not write to; name another")
    held, now = session.held, session.clock.now()
    folder = _new(place, session.id)
    try:
        _write(folder / HELD, _lines(held))
        for blob in held.blobs:
            files.private_folder(folder / EVIDENCE)
            _write(folder / EVIDENCE / blob.sha256, [blob.data])
        whole = _write_journal(folder, session)
        _write(folder / NOTE, [note_md(session.incident).encode("utf-8", "backslashreplace")])
        _write(folder / README, [_readme(session, held, now, whole=whole).encode("utf-8", "backslashreplace")])
        for each in (folder / EVIDENCE, folder, place):
            if each.is_dir():
                files.sync_folder(each)
    except OSError as fault:
        shutil.rmtree(folder, ignore_errors=True)
        raise RecordError(f"The emergency copy could not be written to {place}: {files.why(fault)}.") from None
    except ConsoleError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def write_somewhere(session: Session, environ: Mapping[str, str]) -> Path | None:
    """Write a copy to the first place that takes it; None: none does."""
    for place in places(environ, session.record.path, session.workdir):
        with suppress(ConsoleError):
            return write(session, place)
    return None


def _new(place: Path, id: str) -> Path:
    for number in range(1, 1000):
        folder = place / f"{_name(id)}{f'-{number}' if number > 1 else ''}"
        try:
            folder.mkdir(mode=0o700)
            folder.chmod(0o700)
            return folder
        except FileExistsError:
            continue
        except OSError as fault:
            raise RecordError(f"No emergency copy could be made in {place}: {files.why(fault)}.") from None
    raise RecordError(f"{place} holds a thousand emergency copies already: name another folder.")


def _name(id: str) -> str:
    return f"not-saved-{id}"


def _write(path: Path, parts: Iterator[bytes] | Sequence[bytes]) -> None:
    descriptor = files.create(path)
    try:
        for part in parts:
            files.write_all(descriptor, part)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_journal(folder: Path, session: Session) -> bool:
    """Whether all that is recorded could be read back: the disk that does not take the rest may not give it either."""
    try:
        parts = tuple(session.recorded_text())
    except OSError:
        return False
    _write(folder / JOURNAL, parts)
    return True


def _lines(held: Held) -> Iterator[bytes]:
    for entry in held.entries:
        line = {"since": entry.since, "kind": entry.event.kind, "data": _data(entry.event)}
        yield json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _data(event: events.Event) -> Any:
    return clean(event.data())


def _readme(session: Session, held: Held, now: datetime, *, whole: bool) -> str:
    journal = "the journal as far as it is recorded" if whole else "missing: the journal could not be read"
    entries = "\n".join(f"  {entry.since}  {entry.told}" for entry in held.entries)
    return (
        f"Emergency copy of {session.id}, written at {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} because the record\n"
        f"{session.record.path}\ncould not be written: {held.because or 'no reason was given'}\n\n"
        "This is not the record, and nothing in it counts as saved.\n"
        f"  {JOURNAL}  {journal}\n"
        f"  {HELD}     {counted(len(held.entries), 'entry', 'entries')} not in the journal, and not chained\n"
        f"  {EVIDENCE}/      {counted(len(held.blobs), 'piece')} of evidence named there; all kept before lies in\n"
        f"                 {session.record.path / EVIDENCE}\n"
        f"  {NOTE}        the note as far as it is recorded\n\n"
        "To go on, free the disk or make it writable, then:\n"
        f"  incident-console resume {session.id} --records {shlex.quote(str(session.record.path.parent))}\n"
        f"The console finds a copy in its usual places by itself, and offers to take its entries in.\n"
        "Where it finds none, its palette can be asked to take it in from this folder.\n"
        "Delete it when `incident-console record` shows the entries.\n\n"
        f"What is held:\n{entries}\n"
    )


# The way back


def left_over(session: Session, environ: Mapping[str, str]) -> Left | None:
    """The newest copy of this incident, of mine and in a usual place, that holds what is not in the record."""
    name = _name(session.id)
    found = [
        folder
        for place in places(environ, session.record.path, session.workdir)
        for folder in place.glob(f"{name}*")
        if folder.name == name or folder.name.removeprefix(f"{name}-").isdigit()
    ]
    for folder in sorted(found, key=_age):
        with suppress(InputError):
            if left := look(session.incident, folder):
                return left
    return None


def _age(folder: Path) -> float:
    try:
        return -folder.lstat().st_mtime
    except OSError:
        return 0.0


def look(incident: Incident, folder: Path) -> Left | None:
    """What of a copy is not in the record; None: all of it is. Raises InputError for a folder that is no copy of mine.

    An entry is known again by what it says and when it occurred: a copy may be taken in twice.
    """
    try:
        facts = folder.lstat()
    except OSError as fault:
        raise InputError(f"{folder} could not be read: {files.why_unread(fault)}.") from None
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
        raise InputError(f"{folder} is no emergency copy: those are folders of one's own that nobody else may open")
    entries = tuple(_read(folder))
    times = {event.occurred_at for event in entries}
    known = {_key(line.event) for line in tuple(incident.lines) if line.event.occurred_at in times}
    missing = tuple(event for event in entries if _key(event) not in known)
    return Left(folder, missing) if missing else None


def take_in(session: Session, left: Left) -> int:
    """Put what is left of a copy into the record; how many entries. Raises InputError for evidence that was altered,
    before anything is recorded, and RecordError."""
    evidence = left.folder / EVIDENCE
    blobs = [files.read_plain(path, READ_LIMIT) for path in _plain(evidence)]
    for path, data in zip(_plain(evidence), blobs, strict=True):
        if hashlib.sha256(data).hexdigest() != path.name:
            raise InputError(f"{path} was altered: its content does not fit its name. Nothing was taken in.")
    for data in blobs:
        session.keep_as_it_is(data)
    for event in left.entries:
        with suppress(HeldError):
            session.append(event)
    told = f"{counted(len(left.entries), 'entry was', 'entries were')} taken in from the emergency copy {left.folder}"
    with suppress(HeldError):
        session.append(events.NoteAdded(text=f"{told}; they were not chained until then."))
    return len(left.entries)


def _plain(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []


def _read(folder: Path) -> Iterator[events.Event]:
    for number, raw in enumerate(files.read_plain(folder / HELD, READ_LIMIT).splitlines(), 1):
        try:
            line = json.loads(raw)
            yield events.parse(str(line["kind"]), line["data"])
        except (ValueError, KeyError, TypeError, RecursionError, InputError):
            raise InputError(f"{folder / HELD}, line {number}, cannot be made sense of.") from None


def _key(event: events.Event) -> str:
    return f"{event.kind} {json.dumps(_data(event), sort_keys=True)}"
