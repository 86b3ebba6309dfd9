"""The foot of the screen: at most six keys, each of which does something now, in the order of what comes next."""

from __future__ import annotations

from pathlib import Path

import pytest

from incident_console.tui.app import Console
from incident_console.tui.facts import Facts
from incident_console.tui.footer import MOST, KeyLine
from incident_console.tui.log.view import LogView
from tests.ui.scene import SMALL, RunLog, drawn, opened, place, screen, shows, types, until

SIZES = pytest.mark.parametrize("size", [(60, 15), SMALL, (200, 50)])


def foot(app: Console) -> str:
    return screen(app).split("\n")[-1].strip()


def words(app: Console) -> list[str]:
    return [key.text for key in app.screen.query_one(KeyLine).keys]


@SIZES
async def test_it_fits_and_ends_with_leaving_and_help_wherever_one_goes(tmp_path: Path, size: tuple[int, int]) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), size) as (app, pilot):
        for key in ("0", "1", "3", "6", "8", "i", "u", "l", "tab", "tab", "tab"):
            await pilot.press(key)
            await drawn(pilot, app)
            assert len(words(app)) <= MOST
            assert foot(app).endswith("q quit   ? Help") and foot(app) == "   ".join(words(app)), key


async def test_each_key_that_is_told_is_one_that_works(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), SMALL) as (app, pilot):
        for key in ("0", "1", "3", "i", "u", "l", "tab", "tab"):
            await pilot.press(key)
            await drawn(pilot, app)
            live = {active.binding.id for active in app.screen.active_bindings.values() if active.enabled}
            assert {each.id for each in app.screen.query_one(KeyLine).keys} <= live


async def test_in_the_facts_enter_is_told_as_what_it_does_on_the_row(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), SMALL) as (app, pilot):
        await until(pilot, lambda: bool(app.picture.symptom))
        await until(pilot, lambda: app.query_one(Facts).row == "symptom" and "Enter take it" in foot(app))
        assert foot(app).startswith("Enter take it"), "what comes next stands first"
        app.query_one(Facts).put_cursor("run-log")
        await until(pilot, lambda: "Enter open log" in foot(app))
        app.query_one(Facts).put_cursor("folder")
        await until(pilot, lambda: "Enter" not in foot(app))
        await pilot.press("enter")
        await pilot.pause()
        assert app.place == "(facts)" and not app.screen.query("#ask.-open")


async def test_a_rung_says_capture_while_there_is_something_to_capture(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: foot(app).startswith("c capture"))
        await pilot.press("c")
        await until(pilot, lambda: bool(app.incident.evidence))
        await pilot.press("home")
        await until(pilot, lambda: "Enter open" in foot(app) and "c capture" in foot(app))
        await pilot.press("1")
        await until(pilot, lambda: "Enter answer" in foot(app))
        assert "c capture" not in foot(app)


async def test_a_question_tells_its_own_keys_and_no_letter_that_would_be_typed(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: bool(app.screen.query("#ask.-open")) and foot(app).startswith("Enter take it"))
        assert "n note" not in foot(app) and " q quit" not in foot(app)
        assert "ctrl+q quit" in foot(app) and "F1 Help" in foot(app)


async def test_an_edit_to_explain_comes_first_and_goes_when_it_is_explained(tmp_path: Path) -> None:
    here = place(tmp_path)
    (here.workdir / "Snakefile").write_text("rule all:\n")
    async with opened(here.tiny(), SMALL) as (app, pilot):
        assert "y why" not in foot(app)
        (here.workdir / "Snakefile").write_text("rule all:\n    input: 'x'\n")
        await until(pilot, lambda: foot(app).startswith("y why"))
        await pilot.press("y")
        await types(pilot, "the path was wrong", "enter")
        await until(pilot, lambda: "y why" not in foot(app) and "n note" in foot(app))


async def test_what_is_held_in_memory_comes_before_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        assert "E not saved" not in foot(app)
        monkeypatch.setattr(type(app.desk.unsaved), "offered", True)
        await drawn(pilot, app)
        await until(pilot, lambda: foot(app).startswith("E not saved"))


async def test_following_is_offered_only_when_it_is_not_done_already(tmp_path: Path) -> None:
    here = place(tmp_path)
    RunLog(here.workdir)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("tab", "tab")
        await until(pilot, lambda: app.query_one(LogView).following and foot(app).startswith("/ search"))
        assert "f follow" not in foot(app)
        await pilot.press("up")
        await until(pilot, lambda: "f follow" in foot(app))


async def test_a_key_that_is_clicked_is_pressed(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await until(pilot, lambda: "n note" in foot(app))
        await pilot.click(KeyLine, offset=(foot(app).index("n note") + 1, 0))
        await shows(pilot, "Note")
        await until(pilot, lambda: bool(app.screen.query("#ask.-open")))


async def test_keys_of_the_settings_are_told_as_they_are(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        app.set_keymap({"app.help": "H", "app.note": "N"})
        await until(pilot, lambda: foot(app).endswith("H Help") and "N note" in foot(app))
