"""The record's folder is deleted while the console is open: what is known goes back, what is gone is told."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import DiskError, HeldError, RecordError
from incident_console.record import files
from incident_console.record.journal import Journal
from incident_console.record.restoring import TOLD
from incident_console.record.verify import verify
from incident_console.session.core import Session
from incident_console.session.opening import resume_incident
from incident_console.session.who import Who


def pin(session: Session, data: bytes) -> str:
    sha256, size, _ = session.keep(data)
    session.append(events.LogPinned(path="logs/a.log", bytes=(0, size), sha256=sha256, size=size))
    return sha256


def test_the_journal_is_written_anew_from_the_first_event_and_lost_evidence_is_told(session: Session, who: Who) -> None:
    gone = pin(session, b"what is lost")
    session.note("said before")
    before = session.record.journal.read_bytes()
    count = len(session.incident.lines)
    shutil.rmtree(session.record.path)
    kept = pin(session, b"what comes after")
    lines = session.record.read().lines
    assert session.record.journal.read_bytes().startswith(before)
    note = lines[-1].event
    assert isinstance(note, events.NoteAdded) and note.text.startswith(TOLD)
    assert f"journal ({count} events)" in note.text and "1 of its 2 blobs are gone: verify names them" in note.text
    assert session.record.blobs.get(kept) == b"what comes after"
    verdict = verify(session.record.path)
    assert not verdict.ok and verdict.fault is not None and "is missing" in verdict.fault
    assert "breaks" not in verdict.fault and verdict.events == len(lines)
    assert gone not in session.record.blobs.names()
    assert {stat.S_IMODE(path.stat().st_mode) for path in session.record.path.rglob("*")} == {0o600, 0o700}
    session.note("and on")
    assert [line.kind for line in session.record.read().lines[-2:]] == ["note.added", "note.added"]
    session.close()
    resume_incident(who, session.record.path).close()


@pytest.fixture
def stale(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A network file system that lost the open file."""

    def lost(*_: object) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    def parts(self: Journal) -> Iterator[bytes]:
        lost()
        yield b""

    session.note("ünïcode \udcff and 0.1")
    shutil.rmtree(session.record.path)
    monkeypatch.setattr(Journal, "facts", lost)
    monkeypatch.setattr(Journal, "contents", parts)
    return session


def test_where_the_open_file_is_lost_too_the_events_in_memory_give_the_same_chain(stale: Session) -> None:
    lines = tuple(stale.incident.lines)
    stale.note("on")
    found = stale.record.read()
    assert found.fault is None and found.lines[: len(lines)] == lines


@pytest.mark.parametrize("left", [b"", b"\0" * 4096, b"no journal\n" * 500])
def test_a_journal_that_was_overwritten_before_it_was_deleted_comes_back_from_memory(
    session: Session, left: bytes
) -> None:
    session.note("said before")
    lines = tuple(session.incident.lines)
    session.record.journal.write_bytes(left)  # as `shred -u` does
    shutil.rmtree(session.record.path)
    session.note("on")
    found = session.record.read()
    assert found.fault is None and found.lines[: len(lines)] == lines and len(found.lines) == len(lines) + 2


def test_nothing_is_put_back_through_a_link_that_stands_in_the_folders_place(session: Session) -> None:
    folder, elsewhere = session.record.path, session.record.path.with_name("elsewhere")
    shutil.rmtree(folder)
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)
    with pytest.raises(DiskError, match="was removed or replaced"):
        session.note("on")
    assert not list(elsewhere.iterdir())
    folder.unlink()
    session.note("on")  # for the fixture, which writes the documents when it ends


def test_an_event_that_does_not_give_its_own_hash_is_not_passed_off_as_recorded(
    stale: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incident_console.record.restoring.line_hash", lambda line: "0" * 64)
    with pytest.raises(DiskError, match="event 1 cannot be written again as it was"):
        stale.note("on")
    assert not stale.record.path.exists()
    stale.record.make()  # for the fixture, which writes the documents when it ends


def test_a_held_entry_goes_out_into_the_record_that_was_put_back(session: Session) -> None:
    session.hold(lambda held: None)
    records = session.record.path.parent
    away = records.with_name("away")
    records.rename(away)  # the disk is not there: nothing may be begun in what is left of its place
    with pytest.raises(HeldError):
        session.note("held")
    assert not records.exists()
    away.rename(records)
    shutil.rmtree(session.record.path)
    assert session.retry()
    texts = [line.event.text for line in session.record.read().lines if isinstance(line.event, events.NoteAdded)]
    assert texts[-2] == "held" and texts[-1].startswith(TOLD)


def test_a_journal_that_another_program_put_there_is_not_written_over(session: Session) -> None:
    session.record.journal.unlink()
    session.record.journal.write_bytes(b"theirs")
    with pytest.raises(RecordError, match="removed or replaced"):
        session.note("mine")
    assert session.record.journal.read_bytes() == b"theirs"


def test_a_disk_that_answers_for_nothing_is_no_deleted_record(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: object, *_: object, **__: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    session.hold(lambda held: None)
    with monkeypatch.context() as patched:
        for name in ("stat", "lstat"):
            patched.setattr(os, name, broken)
        with pytest.raises(HeldError):
            session.note("held")
    assert session.retry()
    assert TOLD not in session.record.journal.read_text(encoding="utf-8")


@pytest.mark.parametrize("links", [True, False])
def test_what_somebody_put_there_meanwhile_is_never_written_over(
    links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if not links:
        monkeypatch.setattr(os, "link", none)
    path = tmp_path / "journal.jsonl"
    files.write_atomically(path, b"first", new=True)
    with pytest.raises(DiskError, match="could not be written"):
        files.write_atomically(path, b"second", new=True)
    assert path.read_bytes() == b"first" and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path] and path.stat().st_nlink == 1
