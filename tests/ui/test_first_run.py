"""Five lines for whoever sees the console for the first time: never in the way, and never twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from incident_console.tui import firstrun
from incident_console.tui.firstrun import FirstRun
from tests.ui.scene import MEDIUM, SMALL, Place, drawn, flat, opened, place, screen, shows, until

CASE = "c1-flaky-retry-ok-v9"


@pytest.fixture
def new(tmp_path: Path) -> Place:
    """Somebody who never saw the console."""
    here = place(tmp_path, CASE)
    (tmp_path / firstrun.NAME).unlink()
    return here


@pytest.mark.parametrize("size", [(60, 15), SMALL, MEDIUM])
async def test_it_says_in_five_lines_what_to_press_and_the_symptom_is_still_there(
    new: Place, size: tuple[int, int]
) -> None:
    async with opened(new.plan(), size) as (app, pilot):
        await until(pilot, lambda: bool(app.picture.symptom))
        card = app.query_one(FirstRun)
        await until(pilot, lambda: card.is_shown)
        await drawn(pilot, app)
        roomy = size[1] >= firstrun.ROOMY
        assert card.size.height == (5 if roomy else 2), "on a low screen the facts matter more"
        told = flat(app, "#first-run")
        symptom = "Enter takes or opens what a row tells" if roomy else "Enter takes or opens a row"
        for text in (symptom, "1-8 goes to a rung" if roomy else "1-8 rungs", "? is help", "saved"):
            assert text in told
        assert "Enter takes it" in flat(app, "#facts") or size[1] == 15
        assert app.focused is not None and app.focused.id == "facts", "it takes no key"


@pytest.mark.parametrize("key", ["escape", "n", "1", "tab", "enter"])
async def test_it_goes_with_the_first_action_and_never_comes_back(new: Place, key: str) -> None:
    async with opened(new.plan(), SMALL) as (app, pilot):
        await until(pilot, lambda: app.query_one(FirstRun).is_shown and bool(app.picture.symptom))
        await pilot.press("down", "up")
        assert app.query_one(FirstRun).is_shown, "looking is no action"
        await pilot.press(key)
        await until(pilot, lambda: not app.query_one(FirstRun).is_shown)
        mark = new.root / firstrun.NAME
        await until(pilot, mark.exists)
        assert mark.stat().st_mode & 0o777 == 0o600
    assert not firstrun.is_new(new.root)


async def test_it_is_not_shown_to_who_saw_it_nor_on_resuming(new: Place) -> None:
    plan = new.plan()
    session = plan.begin()
    session.close()
    resumed = Place(new.root, new.workdir, new.who).plan()
    resumed = type(resumed)(new.who, new.workdir, resume=session.record.path)
    async with opened(resumed, SMALL) as (app, pilot):
        await drawn(pilot, app)
        assert "seen without asking" not in screen(app)


async def test_a_folder_that_cannot_be_written_is_no_fault(new: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    beneath = new.root / "a-file"
    beneath.write_text("")
    assert firstrun.is_new(beneath / "state")
    firstrun.remember(beneath / "state")
    assert firstrun.is_new(beneath / "state")
    monkeypatch.setattr(firstrun, "NAME", "no/such/folder/seen")
    async with opened(new.plan(), SMALL) as (app, pilot):
        await shows(pilot, "takes or opens a row")
        await pilot.press("escape")
        await until(pilot, lambda: not app.query_one(FirstRun).is_shown)
        assert app.is_running


async def test_remapped_keys_are_told_as_they_are(new: Place) -> None:
    moved = {"app.note": "N", "app.quit": "Q", "app.help": "H", "app.rung1": "1", "app.rung5": "5"}
    lines = firstrun.lines(lambda id: moved.get(id, "-"), 5)
    told = {line.key: line.told for line in lines}
    assert any("Q leaves" in line.short for line in lines)
    assert told["N"].startswith("writes a note") and "Q leaves" in told["H"] and "1-5" in told
