"""Writing of every width, in every pane: columns and borders stay where they are, however a terminal counts."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content
from textual.pilot import Pilot
from textual.widget import Widget
from wcwidth import wcwidth

from incident_console.tui.app import Console
from incident_console.tui.hanging import fold
from incident_console.tui.steady import steady
from tests.ui.scene import RunLog, closed, drawn, opened, place, shows, types, until

WRITING = {
    "chinese": "様本甲",
    "joined": "👨‍👩‍👧👍🏽🏴‍☠️",
    "selected": "❤️☎︎1️⃣⚠️",
    "flag": "🇩🇪🇯🇵",
    "combining": "e\u0301o\u0308\u0323",
    "devanagari": "हिन्दी_क्ष",
    "tamil": "தமிழ்",
    "jamo": "\u1112\u1161\u11ab",
    "right-to-left": "דגימה_עינה",
    "zero-width": "a\u200bb\u2060c",
}
PANES = "#ladder, #facts, #run, #rung, #inbox, #evidence, #timeline, #log-list, #log-view, #ask"
BORDERS = "│╭╰╮╯─"


def cells(line: str, beside: int) -> list[str]:
    """The columns of a line as a terminal fills them; `beside`: how wide it takes a vowel sign that stands beside."""
    row: list[str] = []
    for character in line:
        width = beside if unicodedata.category(character) == "Mc" else max(0, wcwidth(character))
        row += [character] + [""] * (width - 1) if width else []
    return row


async def check(app: Console, pilot: Pilot[int], where: str) -> None:
    app.clear_notifications()  # messages stand over borders
    await until(pilot, lambda: not app.screen.query("Toast"))
    lines = [strip.text for strip in app.screen._compositor.render_strips()]
    for beside in (0, 1):
        grid = [cells(line, beside) for line in lines]
        for line, row in zip(lines, grid, strict=True):
            assert len(row) == app.size.width, (where, line)
        for pane in app.screen.query(PANES):
            if _shown(pane):
                region = pane.region
                for y in range(region.y, region.bottom):
                    ends = grid[y][region.x], grid[y][region.right - 1]
                    assert all(end in BORDERS for end in ends), (where, pane.id, lines[y])


def _shown(pane: Widget) -> bool:
    return bool(pane.region.area) and all(each.display for each in pane.ancestors_with_self)


@pytest.mark.parametrize("size", [(80, 24), (160, 40)], ids=["80x24", "160x40"])
async def test_columns_and_borders_stay_where_they_are_in_every_pane(tmp_path: Path, size: tuple[int, int]) -> None:
    text = " ".join(WRITING.values())
    here = place(tmp_path)
    run = RunLog(here.workdir)
    for number, name in enumerate(WRITING.values(), 1):
        run.starts("align", number, name, f"ERROR {name} | {text}\n" * 3)
        run.fails("align", number, name, message=f"cannot read {name}")
    async with opened(here.tiny(), size) as (app, pilot):
        session = app.desk.session
        await until(pilot, lambda: len(app.picture.logs) >= len(WRITING))
        session.note(text)
        session.answer("symptom", {"surface": text, "aside": text})
        session.escalate(text, text, text, text)
        session.describe(text, text, text)
        await until(pilot, lambda: bool(app.incident.escalations))
        for key in ("0", "1", "2", "u", "i", "v", "l", "tab", "tab"):
            await pilot.press(key)
            await drawn(pilot, app)
            await check(app, pilot, f"after {key}")
        for entry in app.picture.logs[:4]:
            app.desk.open_log(entry)
            for key in ("home", "w", "w"):
                await pilot.press(key)
                await pilot.pause()
                await check(app, pilot, f"the log of {entry.label}, {key}")
        await pilot.press("0", "n")
        await shows(pilot, "Enter takes")
        await types(pilot, text)
        await check(app, pilot, "a note being typed")
        await pilot.press("escape")
        await closed(pilot)
        await pilot.press("1", "home", "enter")
        await shows(pilot, "Which surface?", pane="#ask")
        await check(app, pilot, "an answer")


def test_what_is_drawn_keeps_its_columns_and_letters() -> None:
    drawn = {name: steady(text) for name, text in WRITING.items()}
    assert drawn["flag"] == "DEJP" and drawn["chinese"] == WRITING["chinese"]
    assert drawn["devanagari"].startswith("ह") and drawn["joined"].startswith("👨👍")
    assert drawn["right-to-left"] == WRITING["right-to-left"] and drawn["combining"] == WRITING["combining"]


@given(st.text(st.one_of(st.characters(exclude_categories=["Cc", "Cs"]), st.sampled_from("".join(WRITING.values())))))
def test_no_text_is_drawn_wider_or_narrower_than_it_was_laid_out(text: str) -> None:
    assert cell_len(steady(text)) == cell_len(text)
    assert "\u200d" not in steady(text) and "\ufe0f" not in steady(text)


@given(st.text("ab ▸·漢\n"), st.integers(2, 60))
def test_a_folded_row_keeps_every_word_and_its_width(text: str, width: int) -> None:
    lines = fold(Content(text), width)
    assert "".join(line.plain for line in lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert all(line.cell_length <= width for line in lines)


def test_a_row_goes_on_below_its_text() -> None:
    row = Content("✓ captured and told in a sentence that is long\n    expected: only what was edited, or nothing")
    assert [line.plain for line in fold(row, 32)] == [
        "✓ captured and told in a",
        "  sentence that is long",
        "    expected: only what was",
        "    edited, or nothing",
    ]
