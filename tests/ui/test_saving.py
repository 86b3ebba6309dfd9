"""What happens when the record cannot be written, or the console itself fails."""

import threading
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key

from incident_console.errors import RecordError
from incident_console.record.verify import verify
from incident_console.tui.app import Console
from incident_console.tui.ask import Ask
from tests.ui.scene import MEDIUM, SMALL, closed, kinds, opened, place, screen, shows, types, until

FULL = "The journal could not be written: no space is left on the disk."


def refuse(*_: Any) -> Any:
    raise RecordError(FULL)


async def test_what_cannot_be_saved_is_told_and_nothing_typed_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        assert app.session is not None
        await pilot.press("n")
        await shows(pilot, "Note  ◉ fact")
        await types(pilot, "precious")
        with monkeypatch.context() as patched:
            patched.setattr(app.session._journal, "append", refuse)
            await pilot.press("enter")
            await shows(pilot, "NOT SAVED: The journal could not be written", pane="#ask")
            await shows(pilot, "✗ NOT SAVED", pane="#header")
            assert "✓ saved" not in screen(app) and "note.added" not in kinds(app)
            await pilot.press("escape")
            await closed(pilot)
        await pilot.press("n")
        await shows(pilot, "precious", pane="#ask")
        await pilot.press("enter")
        await until(pilot, lambda: "note.added" in kinds(app))
        await shows(pilot, "✓ saved", pane="#header")


async def test_an_answer_that_cannot_be_saved_stays_in_the_panel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        assert app.session is not None
        await pilot.press("1", "enter")
        await until(pilot, lambda: app.incident.open_rung == "symptom")
        await shows(pilot, "Which surface?", pane="#ask")
        with monkeypatch.context() as patched:
            patched.setattr(app.session._journal, "append", refuse)
            await types(pilot, "out/A", "enter")
            await shows(pilot, "NOT SAVED", "out/A", pane="#ask")
        await pilot.press("enter")
        await until(pilot, lambda: "surface" in app.incident.rungs["symptom"].answers)


async def test_a_record_that_cannot_be_begun_is_a_sentence_and_exit_code_5(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = place(tmp_path)
    here.who.records.write_text("a file where the folder should be")
    app = Console(here.tiny())
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 5
    assert str(here.who.records) in app.parting and "Traceback" not in capsys.readouterr().err


async def test_documents_that_cannot_be_written_on_leaving_are_told_with_exit_code_5(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        assert app.session is not None
        monkeypatch.setattr(app.session, "write_documents", refuse)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
        monkeypatch.undo()
    assert app.return_value == 5
    told = app.parting
    assert FULL in told and str(here.record) in told


class Bug(Exception):
    """Nobody expects it."""


def bug(*_: Any, **__: Any) -> Any:
    raise Bug("something that must not happen")


@pytest.mark.parametrize("where", ["in something asked for", "in a message's handler", "while drawing"])
async def test_a_fault_of_the_console_leaves_a_crash_file_a_sentence_and_a_whole_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    here = place(tmp_path)
    app = Console(here.tiny())
    with pytest.raises(Exception, match="must not happen"):  # the test's driver raises again what ended the app
        async with app.run_test(size=MEDIUM) as pilot:
            await until(pilot, lambda: app.session is not None)
            if where == "in something asked for":
                monkeypatch.setattr("incident_console.tui.say.brief", bug)
                await pilot.press("b")
            elif where == "in a message's handler":
                monkeypatch.setattr(app, "go", bug)
                await pilot.press("1")
            else:
                monkeypatch.setattr("incident_console.tui.header.safe", bug)
                app.query_one("#header").refresh()
            await until(pilot, lambda: not app.is_running)
    assert app.live is not None and app.session is not None
    app.live.close()
    app.session.close()
    (crash,) = here.record.glob("crash-*.txt")
    assert "Bug: something that must not happen" in crash.read_text() and crash.stat().st_mode & 0o777 == 0o600
    told = app.parting
    assert str(crash) in told and "Traceback" not in capsys.readouterr().err and "incident-console resume" in told
    assert app.return_value == 1
    assert verify(here.record).ok


async def test_what_is_typed_while_a_note_is_written_is_for_what_comes_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        assert app.session is not None
        written, goes_on = app.session._journal.append, threading.Event()

        def slowly(*given: Any, **named: Any) -> Any:
            assert goes_on.wait(20)
            return written(*given, **named)

        await pilot.press("n")
        await shows(pilot, "Note  ◉ fact")
        await types(pilot, "precious")
        monkeypatch.setattr(app.session._journal, "append", slowly)
        app.post_message(Key("enter", "\r"))
        app.post_message(Key("1", "1"))
        await until(pilot, lambda: app.query_one(Ask).is_open)
        goes_on.set()
        await shows(pilot, "Which surface", pane="#rung")
        assert [note.text for note in app.incident.notes.values()] == ["precious"]
