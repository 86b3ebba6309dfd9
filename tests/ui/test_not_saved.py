"""The disk fails while somebody works: it is seen at once, nothing is lost, and nothing claims to be saved."""

from __future__ import annotations

import errno
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual.worker import WorkerFailed

from incident_console.events import AttemptKept, NoteAdded
from incident_console.record.verify import verify
from incident_console.session import emergency, holding
from incident_console.session.beats import Beats
from incident_console.session.core import Session
from incident_console.tui.app import Console
from tests.failing_disk import Disk
from tests.ui.scene import SMALL, WIDE, RunLog, closed, flat, kinds, opened, place, screen, shows, types, until


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is tried again soon; and the places of an emergency copy are this test's."""
    monkeypatch.setattr(holding, "RETRY_S", 0.1)
    for name in ("home", "run"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(emergency, "ANYBODYS", str(tmp_path / "run"))
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))


def disk_of(app: Console, monkeypatch: pytest.MonkeyPatch) -> Disk:
    assert app.session is not None
    return Disk(app.session.record.path, monkeypatch)


def notes(app: Console) -> list[str]:
    return [line.event.text for line in app.incident.lines if isinstance(line.event, NoteAdded)]


@pytest.mark.parametrize(("size", "number"), [(SMALL, errno.ENOSPC), (WIDE, errno.ENOSPC), (SMALL, errno.EROFS)])
async def test_a_note_on_a_full_disk_is_held_seen_as_not_saved_and_saved_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], number: int
) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), size) as (app, pilot):
        disk = disk_of(app, monkeypatch)
        assert "E not saved" not in screen(app)
        disk.fails(number)
        await pilot.press("n")
        await types(pilot, "precious", "enter")
        await closed(pilot)
        await shows(pilot, "✗ NOT SAVED (1 held)", pane="#header")
        await shows(pilot, "E not saved")
        await shows(pilot, "NOT SAVED: 1 entry held in memory", pane="#facts")
        assert "✓ saved" not in screen(app) and notes(app) == []
        disk.works()
        await until(pilot, lambda: notes(app) == ["precious"])
        await shows(pilot, "✓ saved", pane="#header")
        await shows(pilot, "saved again: 1 entry")
        assert "E not saved" not in screen(app) and "NOT SAVED" not in screen(app)
    assert verify(here.record).ok


async def test_several_entries_stay_in_order_and_can_be_read_while_they_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        disk = disk_of(app, monkeypatch)
        disk.fails(errno.EDQUOT)
        for text in ("first", "second"):
            await pilot.press("n")
            await types(pilot, text, "enter")
            await closed(pilot)
        await shows(pilot, "✗ NOT SAVED (2 held)", pane="#header")
        app.desk.start(app.desk.unsaved.show())
        await shows(pilot, "note: first", "note: second", "the disk quota is used up")
        await pilot.press("escape")
        disk.works()
        await until(pilot, lambda: notes(app) == ["first", "second"])


async def test_answers_are_taken_one_after_the_other_while_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        disk = disk_of(app, monkeypatch)
        disk.fails(errno.ENOSPC)
        await pilot.press("1", "enter")
        await shows(pilot, "Which surface?", pane="#ask")
        await types(pilot, "out/A", "enter")
        await closed(pilot)
        await shows(pilot, "✗ NOT SAVED (2 held)", pane="#header")
        assert "surface" not in app.incident.rungs["symptom"].answers
        disk.works()
        await until(pilot, lambda: "surface" in app.incident.rungs["symptom"].answers)
        assert kinds(app)[-2:] == ["rung.entered", "rung.answered"]


async def test_a_failed_attempt_on_a_full_disk_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await until(pilot, lambda: app.picture.run is not None and "run.seen" in kinds(app))
        disk = disk_of(app, monkeypatch)
        disk.fails(errno.ENOSPC)
        log = run.starts("align", 4, says="FATAL: index is locked\n")
        await until(pilot, lambda: app.picture.run is not None and bool(app.picture.run.jobs))
        run.fails("align", 4)
        await until(pilot, lambda: any("kept attempt" in each.told for each in app.desk.unsaved.held.entries))
        log.unlink()
        await shows(pilot, "✗ NOT SAVED", pane="#header")
        disk.works()
        await until(pilot, lambda: "attempt.kept" in kinds(app))
        (kept,) = (line.event for line in app.incident.lines if isinstance(line.event, AttemptKept))
        assert app.session is not None and kept.sha256 is not None
        assert app.session.record.blobs.get(kept.sha256) == b"FATAL: index is locked\n"
    assert verify(here.record).ok


async def test_evidence_is_captured_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        disk = disk_of(app, monkeypatch)
        disk.fails(errno.ENOSPC)
        await pilot.press("2", "c")
        await until(pilot, lambda: any("captured" in each.told for each in app.desk.unsaved.held.entries))
        await shows(pilot, "✗ NOT SAVED", pane="#header")
        disk.works()
        await until(pilot, lambda: "evidence.captured" in kinds(app))
        assert not app.incident.running_evidence
    assert verify(here.record).ok


async def test_an_emergency_copy_is_written_elsewhere_and_does_not_count_as_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        disk_of(app, monkeypatch).fails(errno.ENOSPC)
        await pilot.press("n")
        await types(pilot, "precious", "enter")
        await shows(pilot, "E not saved")
        await pilot.press("E")
        await shows(pilot, "Save an emergency copy in which folder?", str(tmp_path / "run")[:30], pane="#ask")
        await pilot.press("enter")
        await shows(pilot, "It does NOT count as saved")
        (copy,) = (tmp_path / "run").iterdir()
        assert "precious" in (copy / "held.jsonl").read_text()
        await pilot.press("escape")
        await shows(pilot, "✗ NOT SAVED (1 held)", pane="#header")
        monkeypatch.undo()


@pytest.mark.parametrize("how", ["full", "moved"])
async def test_leaving_with_entries_held_writes_a_copy_by_itself_says_not_saved_and_ends_with_5(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    here = place(tmp_path)
    places = (tmp_path / "home", tmp_path / "run")
    async with opened(here.tiny(), SMALL) as (app, pilot):
        disk = disk_of(app, monkeypatch)
        if how == "full":
            disk.fails(errno.ENOSPC)
        else:
            here.record.rename(tmp_path / "moved")
        await pilot.press("n")
        await types(pilot, "precious", "enter")
        await shows(pilot, "✗ NOT SAVED (1 held)", pane="#header")
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
        disk.works()
        (here.who.records / "unused").mkdir(exist_ok=True)
        if how == "moved":
            assert app.session is not None
            app.session.record.make()
    assert app.return_value == 5
    (copy,) = (copy for one in places for copy in one.glob("not-saved-*"))
    assert app.parting.startswith("NOT SAVED: 1 entry") and str(copy) in app.parting
    assert "All is saved" not in app.parting
    assert ("incident-console resume" if how == "full" else "gone from its folder") in app.parting
    assert "precious" in (copy / "held.jsonl").read_text() and (copy / "journal.jsonl").stat().st_size


async def test_what_an_earlier_sitting_could_not_save_is_found_and_taken_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place(tmp_path)
    with monkeypatch.context() as patched:
        async with opened(here.tiny(), SMALL) as (app, pilot):
            disk = disk_of(app, patched)
            disk.fails(errno.ENOSPC)
            await pilot.press("n")
            await types(pilot, "precious", "enter")
            await shows(pilot, "✗ NOT SAVED (1 held)", pane="#header")
            await pilot.press("q")
            await until(pilot, lambda: not app.is_running)
            disk.works()
    async with opened(replace(here.tiny(), resume=here.record), SMALL) as (app, pilot):
        assert isinstance(app.session, Session)
        await shows(pilot, "1 entry of an earlier sitting never got into the record", pane="#facts")
        await pilot.press("E")
        await until(pilot, lambda: "precious" in notes(app))
        await shows(pilot, "✓ saved", pane="#header")
        await until(pilot, lambda: "earlier sitting" not in screen(app))
    assert verify(here.record).ok


async def test_a_fault_of_the_console_itself_loses_nothing_that_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place(tmp_path)
    app = Console(here.tiny())

    def bug(*_: object) -> str:
        raise LookupError("something that must not happen")

    with pytest.raises(WorkerFailed, match="must not happen"):  # the test's driver raises again what ended the app
        async with app.run_test(size=SMALL) as pilot:
            await until(pilot, lambda: app.session is not None)
            disk = disk_of(app, monkeypatch)
            disk.fails(errno.ENOSPC)
            await pilot.press("n")
            await types(pilot, "precious", "enter")
            await shows(pilot, "✗ NOT SAVED", pane="#header")
            monkeypatch.setattr("incident_console.tui.say.brief", bug)
            await pilot.press("b")
            await until(pilot, lambda: not app.is_running)
    disk.works()
    assert app.live is not None and app.session is not None
    app.live.close()
    app.session.close()
    (copy,) = (tmp_path / "run").glob("not-saved-*")
    assert app.return_value == 5 and str(copy) in app.parting and "All is saved" not in app.parting
    assert "precious" in (copy / "held.jsonl").read_text()


async def test_a_thread_that_fails_holding_what_the_screen_needs_does_not_stop_the_screen(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        session = app.session
        assert isinstance(session, Session)
        told, began = threading.Event(), threading.Event()

        def fails() -> None:
            with session._lock:
                began.set()
                with Beats().one():
                    raise ZeroDivisionError
            told.set()

        threading.Thread(target=fails, name="held", daemon=True).start()
        began.wait(10)
        assert told.wait(5), "the thread waits for the screen, which may wait for the lock that it has"
        assert not session.held
        await shows(pilot, "a part failed")


@pytest.mark.parametrize("size", [SMALL, (200, 50)])
async def test_a_record_that_is_deleted_is_seen_on_screen_without_an_entry_and_the_next_one_writes_it_anew(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), size) as (app, pilot):
        record = here.record
        await shows(pilot, "✓ saved", pane="#header")
        shutil.rmtree(record)
        await until(pilot, lambda: "✗ NOT SAVED" in screen(app), seconds=5)
        await shows(pilot, "was deleted. What is known here is written anew", pane="Toast")
        await shows(pilot, "was deleted. What is known here is written anew", pane="#facts")
        await pilot.press("n")
        await types(pilot, "precious", "enter")
        await closed(pilot)
        await until(pilot, lambda: "✓ saved" in screen(app), seconds=5)
        assert "precious" in notes(app) and verify(record).ok
        assert "was deleted. What is known" not in flat(app, "#facts")


async def test_a_record_that_was_moved_is_seen_and_all_is_well_when_it_is_back(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        record = here.record
        record.rename(tmp_path / "elsewhere")
        await until(pilot, lambda: "✗ NOT SAVED" in screen(app), seconds=5)
        await shows(pilot, "was moved, or its disk is gone: nothing is saved until it is back", pane="Toast")
        (tmp_path / "elsewhere").rename(record)
        await until(pilot, lambda: "✓ saved" in screen(app), seconds=5)
