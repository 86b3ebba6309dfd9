"""A disk that does not take what is to be recorded: it is held, in order, goes out by itself, and is never lost."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console import events
from incident_console.cli import main
from incident_console.errors import HeldError, InputError, RecordError, Refused
from incident_console.record import files
from incident_console.record.store import Record
from incident_console.record.verify import verify
from incident_console.session import capture, emergency, handoff, holding
from incident_console.session.core import Session
from incident_console.session.holding import Held
from incident_console.session.opening import resume_incident
from incident_console.session.who import Who
from tests.failing_disk import Disk


@pytest.fixture
def disk(session: Session, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """The one that the record lies on; it works until it is told not to."""
    return Disk(session.record.path, monkeypatch)


@pytest.fixture
def pictures(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Held]]:
    """What the screen is told, with the session holding; nothing is tried again by itself."""
    monkeypatch.setattr(holding, "RETRY_S", 3600.0)
    told: list[Held] = []
    session.hold(told.append)
    yield told


def held(call: Callable[..., object], *arguments: object) -> None:
    with pytest.raises(HeldError):
        call(*arguments)


def texts(session: Session) -> list[str]:
    """The notes on disk, without what the console itself remarked of the runbook."""
    lines = session.record.read().lines
    told = [line.event.text for line in lines if isinstance(line.event, events.NoteAdded)]
    return [text for text in told if not text.startswith("The runbook")]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT, errno.ESTALE, errno.ENODEV])
def test_what_the_disk_refuses_is_held_and_goes_out_in_order_when_it_does_not_any_more(
    session: Session, disk: Disk, pictures: list[Held], number: int
) -> None:
    disk.fails(number)
    held(session.note, "one")
    held(session.note, "two")
    assert [entry.told for entry in session.held.entries] == ["note: one", "note: two"]
    assert texts(session) == [] and not any(note.text == "one" for note in session.incident.notes.values())
    assert pictures[-1].count == 2 and files.why(OSError(number, os.strerror(number))) in pictures[-1].because
    assert not session.retry()
    disk.works()
    session.note("three")
    assert texts(session) == ["one", "two", "three"] == [note.text for note in session.incident.notes.values()][-3:]
    assert not session.held and not pictures[-1]
    assert verify(session.record.path).ok


def test_what_was_held_says_when_it_happened_and_the_line_when_it_was_recorded(
    session: Session, disk: Disk, pictures: list[Held]
) -> None:
    disk.fails(errno.ENOSPC)
    held(session.note, "one")
    since = session.held.entries[0].since
    disk.works()
    assert session.retry()
    line = session.record.read().lines[-1]
    assert line.event.occurred_at == since < line.at


def test_it_is_tried_again_by_itself(
    session: Session, disk: Disk, pictures: list[Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "RETRY_S", 0.01)
    disk.fails(errno.ENOSPC)
    held(session.note, "one")
    disk.works()
    thread = session._holding._retrying
    if thread is not None:
        thread.join(10)
    assert texts(session) == ["one"] and not pictures[-1]


def test_without_a_screen_nothing_is_held_and_the_command_is_told(session: Session, disk: Disk) -> None:
    disk.fails(errno.ENOSPC)
    with pytest.raises(RecordError) as told:
        session.note("one")
    assert not isinstance(told.value, HeldError) and not session.held
    with pytest.raises(RecordError):
        session.keep(b"evidence")
    disk.works()
    session.note("two")
    assert texts(session) == ["two"]


def test_evidence_that_a_full_disk_does_not_take_is_held_with_its_output(
    session: Session, disk: Disk, pictures: list[Held]
) -> None:
    rung = session.runbook.rung("look")
    item = rung.item("secret")
    assert item is not None
    disk.fails(errno.ENOSPC)
    held(capture.capture, session, rung, item)
    assert [entry.event.kind for entry in session.held.entries] == ["evidence.started", "evidence.captured"]
    assert not any(b"hunter2" in blob.data for blob in session.held.blobs)
    disk.works()
    assert session.retry()
    kept = session.incident.evidence[-1]
    assert isinstance(kept.event, events.EvidenceCaptured) and not session.incident.running_evidence
    assert session.record.blobs.get(kept.event.sha256).startswith(b"password=")
    assert verify(session.record.path).ok


def test_a_blob_that_does_not_fit_keeps_back_what_names_it(
    session: Session, disk: Disk, pictures: list[Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.fails(errno.ENOSPC, only="evidence")
    held(capture.pin, session, capture.Pinned(session.workdir / "logs/a.log", None, (1, 1), (0, 3), b"abc"), None)
    assert [blob.data for blob in session.held.blobs] == [b"abc"]
    assert session.record.read().lines[-1].kind != "log.pinned"
    disk.works()
    session.note("after it")
    assert [line.kind for line in session.record.read().lines[-2:]] == ["log.pinned", "note.added"]


def test_what_follows_from_an_answer_follows_when_that_is_recorded(
    session: Session, disk: Disk, pictures: list[Held]
) -> None:
    disk.fails(errno.ENOSPC)
    held(session.answer, "classify", {"class": "tool-behavior"})
    held(session.note, "after it")
    disk.works()
    assert session.retry()
    assert [line.kind for line in session.record.read().lines[-3:]] == ["rung.answered", "class.set", "note.added"]


def test_entering_a_rung_stands_in_nobodys_way_and_is_held_once(
    session: Session, disk: Disk, pictures: list[Held]
) -> None:
    disk.fails(errno.EROFS)
    session.enter("scope")
    session.enter("scope")
    assert [entry.event.kind for entry in session.held.entries] == ["rung.entered"]


def test_what_speaks_of_the_whole_record_does_not_wait(session: Session, disk: Disk, pictures: list[Held]) -> None:
    session.answer("scope", {"targets": "all of them"})
    disk.fails(errno.ENOSPC)
    held(session.note, "one")
    with pytest.raises(RecordError, match="1 entry waits") as told:
        session.complete("scope")
    assert not isinstance(told.value, HeldError)
    with pytest.raises(Refused, match="counts once it is saved"):
        session.complete("symptom")
    disk.works()
    session.complete("scope")


def test_the_memory_is_bounded_and_what_is_typed_has_a_part_of_its_own(
    session: Session, disk: Disk, pictures: list[Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "LIMIT", 5000)
    monkeypatch.setattr(holding, "ENTRIES", 2000)
    disk.fails(errno.ENOSPC)
    session.keep(b"x" * 2500)
    with pytest.raises(RecordError, match="not held"):
        session.keep(b"y" * 2500)
    held(session.note, "z" * 1500)
    with pytest.raises(RecordError, match="not held"):
        session.note("w" * 1500)
    assert pictures[-1].turned_away == 2
    disk.works()
    assert session.retry() and texts(session) == ["z" * 1500]


def test_an_entry_that_no_journal_takes_is_refused_and_blocks_nothing(
    session: Session, disk: Disk, pictures: list[Held]
) -> None:
    disk.fails(errno.ENOSPC)
    with pytest.raises(RecordError, match="too large"):
        session.note("x" * (9 << 20))
    held(session.note, "one")
    disk.works()
    assert session.retry() and texts(session) == ["one"]


def test_edits_and_their_diffs_are_held_and_told_once(session: Session, disk: Disk, pictures: list[Held]) -> None:
    disk.fails(errno.ENOSPC)
    (session.workdir / "Snakefile").write_text("rule other:\n")
    session.look_for_edits()
    session.look_for_edits()
    assert [entry.event.kind for entry in session.held.entries] == ["edit.observed"]
    disk.works()
    assert session.retry() and len(session.incident.edits) == 1 and verify(session.record.path).ok


# -- an emergency copy -----------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def with_held(session: Session, disk: Disk) -> None:
    disk.fails(errno.ENOSPC)
    held(session.note, "precious")
    held(capture.pin, session, capture.Pinned(session.workdir / "logs/a.log", None, (1, 1), (0, 3), b"abc"), None)


def test_a_copy_holds_the_journal_and_what_is_not_in_it_and_says_so(
    session: Session, disk: Disk, pictures: list[Held], elsewhere: Path
) -> None:
    with_held(session, disk)
    folder = emergency.write(session, elsewhere)
    assert folder.parent == elsewhere and session.id in folder.name
    assert (folder / "journal.jsonl").read_bytes() == session.record.journal.read_bytes()
    lines = [json.loads(line) for line in (folder / "held.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["note.added", "log.pinned"]
    assert [path.read_bytes() for path in (folder / "evidence").iterdir()] == [b"abc"]
    assert (folder / "note.md").is_file()
    told = (folder / "README.txt").read_text()
    assert "not chained" in told and f"resume {session.id}" in told and "note: precious" in told
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o600}
    assert session.held.count == 2, "a copy does not count as saved"


def test_a_record_whose_folder_was_moved_away_is_copied_whole_and_not_begun_a_second_time(
    session: Session, pictures: list[Held], elsewhere: Path
) -> None:
    session.note("recorded")
    before = session.record.journal.read_bytes()
    session.record.path.rename(elsewhere / "moved")
    held(session.note, "held")
    held(capture.pin, session, capture.Pinned(session.workdir / "logs/a.log", None, (1, 1), (0, 3), b"abc"), None)
    assert not session.record.path.exists()
    folder = emergency.write(session, elsewhere)
    assert (folder / "journal.jsonl").read_bytes() == before
    assert "removed or replaced" in (folder / "README.txt").read_text()
    assert verify(folder / "journal.jsonl").events == before.count(b"\n")
    session.record.make()  # for the fixture, which writes the documents when it ends


def test_a_copy_is_taken_in_once_and_in_order_by_who_resumes(
    session: Session, who: Who, disk: Disk, pictures: list[Held], elsewhere: Path
) -> None:
    with_held(session, disk)
    emergency.write(session, elsewhere)
    disk.works()
    session._holding._queue.clear()  # as if the console had died
    session.close()
    resumed = resume_incident(who, session.record.path)
    try:
        left = emergency.left_over(resumed, {"XDG_RUNTIME_DIR": str(elsewhere)})
        assert left is not None and len(left.entries) == 2
        emergency.take_in(resumed, left)
        assert [line.kind for line in resumed.incident.lines[-3:]] == ["note.added", "log.pinned", "note.added"]
        assert emergency.left_over(resumed, {"XDG_RUNTIME_DIR": str(elsewhere)}) is None
    finally:
        resumed.close()
    assert verify(session.record.path).ok


def test_evidence_is_taken_in_under_its_hash_whatever_counts_as_a_secret_by_then(
    session: Session, who: Who, disk: Disk, pictures: list[Held], elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = b"a line with correct-horse-battery in it\n"
    disk.fails(errno.ENOSPC)
    held(capture.pin, session, capture.Pinned(session.workdir / "logs/a.log", None, (1, 1), (0, 40), output), None)
    emergency.write(session, elsewhere)
    disk.works()
    session._holding._queue.clear()  # as if the console had died
    session.close()
    monkeypatch.setenv("NEW_SECRET", "correct-horse-battery")
    resumed = resume_incident(replace(who, secrets=("NEW_SECRET",)), session.record.path)
    try:
        left = emergency.left_over(resumed, {"XDG_RUNTIME_DIR": str(elsewhere)})
        assert left is not None
        emergency.take_in(resumed, left)
        pinned = next(line.event for line in resumed.incident.lines if isinstance(line.event, events.LogPinned))
        assert resumed.record.blobs.get(pinned.sha256) == output
    finally:
        resumed.close()
    assert verify(session.record.path).ok


def test_a_copy_of_what_was_saved_afterwards_holds_nothing_new(
    session: Session, disk: Disk, pictures: list[Held], elsewhere: Path
) -> None:
    with_held(session, disk)
    folder = emergency.write(session, elsewhere)
    disk.works()
    assert session.retry()
    assert emergency.look(session.incident, folder) is None


def test_a_copy_that_others_may_open_or_that_was_altered_is_not_taken_in(
    session: Session, disk: Disk, pictures: list[Held], elsewhere: Path
) -> None:
    with_held(session, disk)
    folder = emergency.write(session, elsewhere)
    session._holding._queue.clear()
    disk.works()
    left = emergency.look(session.incident, folder)
    assert left is not None
    (blob,) = (folder / "evidence").iterdir()
    blob.write_bytes(b"other")
    before = session.head
    with pytest.raises(InputError, match="altered"):
        emergency.take_in(session, left)
    assert session.head == before
    (folder / "held.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match="line 1"):
        emergency.look(session.incident, folder)
    folder.chmod(0o755)
    with pytest.raises(InputError, match="nobody else may open"):
        emergency.look(session.incident, folder)
    link = elsewhere / "link"
    link.symlink_to(folder)
    with pytest.raises(InputError):
        emergency.look(session.incident, link)


def test_a_copy_is_never_written_into_the_workflow_and_a_failed_one_leaves_nothing(
    session: Session, disk: Disk, pictures: list[Held], elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_held(session, disk)
    with pytest.raises(InputError, match="workflow"):
        emergency.write(session, session.workdir / "logs")
    with pytest.raises(InputError, match="no folder"):
        emergency.write(session, elsewhere / "missing")
    full = Disk(elsewhere, monkeypatch)
    full.fails(errno.ENOSPC, only="journal")
    with pytest.raises(RecordError, match="the disk is full"):
        emergency.write(session, elsewhere)
    full.works()
    assert list(elsewhere.iterdir()) == []
    environ = {"XDG_RUNTIME_DIR": str(session.workdir), "HOME": str(elsewhere)}
    assert session.workdir not in emergency.places(environ, session.record.path, session.workdir)
    assert elsewhere in emergency.places(environ, session.record.path, session.workdir)


def test_a_hand_off_is_not_offered_while_entries_are_held(
    session: Session, disk: Disk, pictures: list[Held], elsewhere: Path
) -> None:
    with_held(session, disk)
    with pytest.raises(RecordError) as told:
        handoff.offer(session, "ben", {}, elsewhere / "bundle.zip")
    assert not isinstance(told.value, HeldError) and not list(elsewhere.iterdir())
    assert "handoff.offered" not in [entry.event.kind for entry in session.held.entries]
    assert Record(session.record.path).read().fault is None


def test_collect_on_a_full_disk_ends_with_5_and_prints_no_path(
    tmp_path: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    records = tmp_path / "elsewhere"
    disk = Disk(records, monkeypatch)
    disk.fails(errno.ENOSPC, only="evidence")
    code = main(["collect", str(workdir), "--runbook", "flaky-command", "--records", str(records)])
    told = capsys.readouterr()
    assert (code, told.out) == (5, "")
    assert "the disk is full" in told.err and "Traceback" not in told.err
