"""A key that cannot act says why, in one line at the foot; the next key takes that line away again."""

from __future__ import annotations

from pathlib import Path

from incident_console.tui.app import Console
from incident_console.tui.browser import EvidenceRows
from incident_console.tui.footer import KeyLine
from incident_console.tui.keymap import bound
from incident_console.tui.rung import RungRows
from tests.ui.scene import SMALL, WIDE, opened, place, screen, shows, until

SILENT = {"ctrl+z", "ctrl+q", "q"}
"""What ends the console, or stops it."""


def foot(app: Console) -> str:
    return screen(app).split("\n")[-1].strip()


async def test_every_key_that_is_bound_anywhere_and_does_nothing_here_says_why(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), WIDE) as (app, pilot):
        keys = {each.key for kind in (Console, RungRows, EvidenceRows) for each in bound(kind)} - SILENT
        for go, pane in (("0", "facts"), ("1", "rung-rows"), ("v", "evidence-rows")):
            await pilot.press(go)
            await until(pilot, lambda pane=pane: app.focused is not None and app.focused.id == pane)  # type: ignore[misc]
            dead = [
                key for key in keys if not ((live := app.screen.active_bindings.get(key)) is not None and live.enabled)
            ]
            assert len(dead) > 3, "else nothing is shown here"
            for key in dead:
                app.refuse("")
                await pilot.press(key)
                assert app.query_one(KeyLine).refused, f"{key} in {pane}"
            await until(pilot, lambda: foot(app).startswith("⊘ "))


async def test_the_line_says_why_or_where_the_key_works_and_goes_with_the_next_key(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        for go, key, told in (
            ("0", "E", "E: everything is saved"),
            ("0", "9", "9: there are 3 rungs"),
            ("0", "y", "y: no edit of the workflow waits for a reason"),
            ("0", "c", "c does nothing here; in the rung: capture"),
            ("0", "Z", "Z is no key here: ? shows those that work"),
            ("1", "c", "c: this rung asks for no evidence, only for answers"),
            ("1", "x", "x: no evidence command is running"),
            ("v", "x", "x: no evidence command is running"),
        ):
            await pilot.press(go)
            await until(pilot, lambda: foot(app).endswith("? Help"))
            await pilot.press(key)
            await until(pilot, lambda told=told: foot(app).startswith(f"⊘ {told}"))  # type: ignore[misc]


async def test_on_a_page_a_key_of_what_is_behind_it_says_so(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await pilot.press("h")
        await shows(pilot, "only you can say")
        await pilot.press("1")
        await until(pilot, lambda: foot(app).startswith("⊘ 1 does nothing here; behind this page: rung 1"))


async def test_what_is_typed_into_a_question_is_never_refused_so(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await pilot.press("n", "Z", "9", "f9", "ctrl+g")
        await shows(pilot, "Z9", pane="#ask")
        assert "⊘" not in foot(app)
