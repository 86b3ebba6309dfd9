"""All that a key does here the mouse does too: rows, panes, the keys at the foot, the header, the wheel."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widget import Widget

from incident_console.session.core import Session
from incident_console.tui.app import Console
from incident_console.tui.ask import Ask
from incident_console.tui.footer import KeyLine
from incident_console.tui.log.view import LogView
from tests.ui.scene import SMALL, WIDE, closed, drawn, opened, place, screen, shows, until


async def click(pilot: Pilot[int], text: str, *, pane: str = "", times: int = 1) -> None:
    """On the first place on the screen, or in a pane, where this text stands."""
    app = pilot.app
    assert isinstance(app, Console)
    region = app.screen.query_one(pane).region if pane else app.screen.region
    for y, line in list(enumerate(screen(app).split("\n")))[region.y : region.bottom]:
        if (x := line.find(text, region.x, region.right)) >= 0:
            await pilot.click(offset=(x + 1, y), times=times)
            return
    raise AssertionError(f"no {text} in\n{screen(app)}")


async def test_a_click_goes_to_a_pane_and_chooses_a_row_and_two_are_enter(tmp_path: Path) -> None:
    async with opened(place(tmp_path, "c1-flaky-retry-ok-v9").plan("slow-or-flaky-run"), WIDE) as (app, pilot):
        await click(pilot, "Planned work", pane="#ladder", times=2)
        await until(pilot, lambda: app.place == "planned-work")
        await click(pilot, "run log", pane="#log-list")
        await until(pilot, lambda: app.focused is app.query_one("#log-list"))
        await click(pilot, "run log", pane="#log-list", times=2)
        await until(pilot, lambda: isinstance(app.focused, LogView) and not app.stream.is_open)


async def test_every_key_at_the_foot_can_be_clicked(tmp_path: Path) -> None:
    async with opened(place(tmp_path, "c1-flaky-retry-ok-v9").plan("slow-or-flaky-run"), SMALL) as (app, pilot):
        await until(pilot, lambda: "Enter take it" in screen(app))
        for key in [each.text for each in app.query_one(KeyLine).keys]:
            if key.startswith("q "):
                continue
            await pilot.press("escape", "0")
            await drawn(pilot, app)
            before = screen(app)
            await click(pilot, key, pane="KeyLine")
            await until(pilot, lambda before=before: screen(app) != before or len(app.screen_stack) > 1)
            if len(app.screen_stack) > 1:
                await pilot.press("escape")
                await until(pilot, lambda: len(app.screen_stack) == 1)


@pytest.mark.parametrize(
    ("text", "place_", "size"), [("3·", "planned-work", SMALL), ("8·", "prove", (60, 15)), ("run ✓", "(run)", WIDE)]
)
async def test_the_parts_of_the_header_lead_where_their_keys_do(
    tmp_path: Path, text: str, place_: str, size: tuple[int, int]
) -> None:
    async with opened(place(tmp_path, "c1-flaky-retry-ok-v9").plan("slow-or-flaky-run"), size) as (app, pilot):
        await click(pilot, text, pane="#header")
        await until(pilot, lambda: app.place == place_)


@pytest.mark.parametrize("size", [SMALL, (200, 50)])
async def test_a_rung_in_the_header_says_under_the_pointer_what_it_is(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(place(tmp_path).tiny(), size) as (app, pilot):
        assert isinstance(app.session, Session)
        app.session.waive("symptom", "it is known from the ticket")
        app.session.enter("look")
        await shows(pilot, "1⊘ 2▸ 3·", "2 Look")
        header = app.query_one("#header")
        told = ("1 Symptom: waived · 1 goes there", "2 Look: open, worked on now · 2 goes there")
        for text, says in zip(("1⊘", "2▸"), told, strict=True):
            await hover(pilot, text)
            await until(pilot, lambda says=says: header.tooltip == says)  # type: ignore[misc]
        await hover(pilot, "3·")
        await until(pilot, lambda: header.tooltip == "3 Decide: not entered yet · 3 goes there")
        await hover(pilot, "gate ◌")
        await until(pilot, lambda: header.tooltip is None)
        await click(pilot, "Look", pane="#header")
        await until(pilot, lambda: app.place == "look")


async def hover(pilot: Pilot[int], text: str) -> None:
    for y, line in enumerate(screen(pilot.app).split("\n")):
        if (x := line.find(text)) >= 0:
            await pilot.hover(offset=(x, y))
            return
    raise AssertionError(f"no {text}")


async def test_a_choice_is_clicked_and_two_clicks_take_it(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await pilot.press("1", "home", "down", "enter")
        await shows(pilot, "middle", pane="#ask")
        await click(pilot, "middle", pane="#ask", times=2)
        await until(pilot, lambda: not app.query_one(Ask).is_open or "Which side?" not in screen(app).split("╭")[-1])
        await pilot.press("escape")
        await closed(pilot)
        await until(pilot, lambda: bool(app.incident.rungs["symptom"].answers))


async def wheel(app: Console, pilot: Pilot[int], widget: Widget) -> None:
    x, y = widget.content_region.x + 1, widget.content_region.y + 1
    app.screen._forward_event(
        events.MouseScrollUp(widget, x, y, 0, -1, 0, shift=False, meta=False, ctrl=False, screen_x=x, screen_y=y)
    )
    await pilot.pause()


async def test_the_wheel_scrolls_the_log_under_the_pointer(tmp_path: Path) -> None:
    async with opened(place(tmp_path, "c1-flaky-retry-ok-v9").plan(), WIDE) as (app, pilot):
        view = app.query_one(LogView)
        await until(pilot, lambda: view.following)
        before = screen(app)
        await wheel(app, pilot, view)
        await until(pilot, lambda: screen(app) != before and not view.following)
