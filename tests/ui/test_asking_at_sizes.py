"""Every kind of question at every size, and a resize at any moment: question, answer and keys are in view."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml
from textual.pilot import Pilot
from textual.widgets import OptionList, TextArea

from incident_console.tui.app import Console
from incident_console.tui.ask import Ask
from incident_console.tui.log.view import LogView
from incident_console.tui.rows import Rows
from tests.ui.scene import RUNBOOK, closed, drawn, opened, place, screen, shows, types, until

SIZES = [(60, 15), (80, 24), (120, 40), (300, 80)]
LONG = "of which the sentence is so long that it does not stand on one line of a small pane, whichever that may be"
FIELDS = {
    "text": {"type": "text"},
    "lines": {"type": "lines"},
    "choice": {"type": "choice", "choices": [f"choice {number}" for number in range(40)]},
    "many": {"type": "many", "choices": [f"choice {number}" for number in range(40)], "unknown": True},
    "number": {"type": "number"},
    "yes-no": {"type": "yes-no"},
    "time": {"type": "time"},
}


def asks_everything() -> str:
    runbook = yaml.safe_load(RUNBOOK)
    runbook["rungs"][0]["ask"] = [
        {"id": f"f-{kind}", "prompt": f"The {kind}, {LONG}?", **field} for kind, field in FIELDS.items()
    ]
    runbook["rungs"][0]["refuse"] = []
    return yaml.safe_dump(runbook)


def in_view(app: Console, *words: str) -> None:
    """A question, where it is answered, and the keys."""
    told = f"{app.size}\n{screen(app)}"
    panel, field, rows = app.query_one(Ask), app.query_one(Ask).field, screen(app).split("\n")
    assert app.screen.region.contains_region(panel.region), told
    inside = "\n".join(rows[panel.region.y : panel.region.bottom])
    assert all(word in inside for word in words), told
    seen = panel.content_region.intersection(field.region)
    assert seen.height >= 1 and seen.width >= 20, told
    if isinstance(field, OptionList):
        first = rows[seen.y][seen.x : seen.right]
        assert field.option_count and first.strip(), told
    assert "Enter" in rows[panel.region.bottom - 1] and "Esc" in rows[panel.region.bottom - 1], told
    assert "Help" in rows[-1], told


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_kind_of_question_can_be_read_and_answered(tmp_path: Path, size: tuple[int, int]) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(text=asks_everything()), size) as (app, pilot):
        await pilot.press("1")
        await drawn(pilot, app)
        for number, kind in enumerate(FIELDS):
            await pilot.press("home", *["down"] * number, "enter")
            await until(pilot, lambda: app.query_one(Ask).is_open)
            await pilot.pause()
            in_view(app, f"The {kind}")
            if kind in ("choice", "many"):
                await pilot.press("end")
                last = "unknown" if kind == "many" else "choice 39"
                await until(pilot, lambda last=last: last in screen(app))
            await pilot.press("escape")
            await closed(pilot)
        for key in ("n", "exclamation_mark"):
            await pilot.press(key)
            await until(pilot, lambda: app.query_one(Ask).is_open)
            await pilot.pause()
            in_view(app)
            await pilot.press("escape")
            await closed(pilot)


async def storm(pilot: Pilot[int], count: int, *, seed: int = 6) -> None:
    chance = random.Random(seed)
    for _ in range(count):
        await pilot.resize_terminal(chance.randint(20, 200), chance.randint(5, 50))


async def test_fifty_sizes_in_a_row_lose_nothing_that_is_being_typed(tmp_path: Path) -> None:
    async with opened(place(tmp_path, "c1-flaky-retry-ok-v9").plan(), (120, 40)) as (app, pilot):
        await pilot.press("n")
        await types(pilot, "")
        entry = app.focused
        assert isinstance(entry, TextArea)
        text = "seen on two hosts, 漢字 too: " + "word " * 60
        for number in range(0, len(text), len(text) // 10):
            await types(pilot, text[number : number + len(text) // 10])
            await storm(pilot, 5, seed=number)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: app.size.width == 80 and app.screen.size.width == 80)
        await pilot.pause(0.1)
        assert app.focused is entry and entry.text == text and entry.cursor_location == (0, len(text))
        cursor = entry.cursor_screen_offset
        assert entry.region.contains_point(cursor) and app.screen.region.contains_point(cursor)
        in_view(app, "Note")


@pytest.mark.parametrize("wrapped", [False, True], ids=["cut", "wrapped"])
async def test_the_line_at_the_top_of_a_log_stays_there(tmp_path: Path, wrapped: bool) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    log = here.workdir / "logs/flaky.log"
    log.write_text("".join(f"line {number} " + "and so on " * (number % 30) + "\n" for number in range(400)))
    async with opened(here.tiny(), (120, 40)) as (app, pilot):
        await until(pilot, lambda: any("flaky" in entry.label for entry in app.picture.logs))
        app.desk.open_log(next(entry for entry in app.picture.logs if "flaky" in entry.label))
        view = app.query_one(LogView)
        await shows(pilot, "line 399", pane="#log-view")
        await pilot.press(*(["w"] if wrapped else []), *["pageup"] * 6)
        await pilot.pause()

        def top() -> str:
            rows = screen(app).split("\n")[view.content_region.y :]
            return next(row for row in rows if "line " in row).partition("line ")[2].split()[0]

        first = top()
        for size in ((80, 24), (200, 50), (60, 15), (120, 40)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: app.screen.size == size)
            await pilot.pause(0.1)
            assert top() == first, size


async def test_the_row_under_the_cursor_stays_in_view(tmp_path: Path) -> None:
    async with opened(place(tmp_path, "c1-flaky-retry-ok-v9").plan("slow-or-flaky-run"), (120, 40)) as (app, pilot):
        await pilot.press("6")
        await drawn(pilot, app)
        rows = app.screen.query("#rung-rows").first(Rows)
        await pilot.press("end", "up", "up")
        under = rows.row
        await storm(pilot, 6)
        for size in ((60, 15), (80, 24), (300, 80), (60, 15)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: app.screen.size == size)
            await pilot.pause(0.15)
            assert rows.row == under and rows._sees_cursor, size
