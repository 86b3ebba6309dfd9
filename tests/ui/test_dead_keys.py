"""A key that cannot act says why, in one line at the foot; the next key takes that line away again."""

from __future__ import annotations

from pathlib import Path

import pytest

from incident_console.events import EvidenceCaptured
from incident_console.session.core import Session
from incident_console.tui.app import Console
from incident_console.tui.browser import EvidenceRows
from incident_console.tui.footer import KeyLine
from incident_console.tui.keymap import bound
from incident_console.tui.rung import RungRows
from tests.ui.scene import RUNBOOK, SMALL, WIDE, opened, place, screen, shows, until

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
            ("0", "Z", "Z is no key here; ? shows those that are"),
            ("1", "c", "c: only questions here; Enter: answer “Which surface?”"),
            ("1", "x", "x: no evidence command is running"),
            ("v", "x", "x: no evidence command is running"),
        ):
            await pilot.press(go)
            await until(pilot, lambda: foot(app).endswith("? Help"))
            await pilot.press(key)
            await until(pilot, lambda told=told: foot(app).startswith(f"⊘ {told}"))  # type: ignore[misc]


@pytest.mark.parametrize("size", [SMALL, (200, 50)])
async def test_who_would_complete_a_rung_too_early_is_told_what_is_missing_and_the_key_for_it(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    text = RUNBOOK.replace(
        "    needs: [say]\n",
        '    ask:\n      - {id: so, type: text, prompt: "And so?", required: true}\n    needs: [say]\n',
    )
    async with opened(place(tmp_path).tiny(text=text), size) as (app, pilot):
        await pilot.press("2", "end", "enter")  # on the last row: complete
        told = "Needed first: answer “And so?”; capture say. c captures, Enter on a question answers it; w leaves"
        await shows(pilot, told, pane="Toast")
        assert app.query_one(RungRows).row == "evidence:say"
        assert isinstance(app.session, Session)
        for item in ("say", "slow", "touch", "seen"):
            app.session.append(captured(item))
        await until(pilot, lambda: not app.query_one(RungRows).more_to_capture)
        await pilot.press("end", "c")
        await shows(pilot, "Needed first: answer “And so?”. Enter on a question answers it", pane="Toast")
        app.session.answer("look", {"so": "yes"})
        await pilot.press("3")
        await until(pilot, lambda: app.place == "decide")
        app.session.answer("decide", {"decision": "local repair", "reason": "it is", "owner": "olga"})
        await until(pilot, lambda: app.query_one(RungRows).following == "complete")
        await pilot.press("c")
        await until(pilot, lambda: "c: only questions here; Enter on the last row" in foot(app))


def captured(item: str) -> EvidenceCaptured:
    return EvidenceCaptured(
        item=item,
        rung="look",
        surface="observation",
        question="?",
        sha256="0" * 64,
        size=0,
        started_at="2026-11-22T12:00:00Z",
        ended_at="2026-11-22T12:00:00Z",
    )


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
