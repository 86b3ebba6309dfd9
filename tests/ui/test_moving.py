"""Panes, rungs, help, the palette, and the keys at the foot of the screen."""

from pathlib import Path

import pytest

from incident_console.tui import panes
from tests.ui.scene import (
    MEDIUM,
    SMALL,
    WIDE,
    RunLog,
    closed,
    drawn,
    flat,
    kinds,
    opened,
    place,
    screen,
    shows,
    types,
    until,
)

TITLES = ("─ facts ─", "─ logs ─", "─ all logs, by time", "─ ladder ─")
"""Of the panes, in the order of `tab`."""


async def test_tab_goes_round_the_panes_and_a_small_screen_shows_one_at_a_time(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), SMALL) as (app, pilot):
        seen = []
        for _ in range(5):
            titles = [title for title in TITLES if title in screen(app)]
            assert len(titles) == 1, screen(app)
            seen += titles
            await pilot.press("tab")
            await pilot.pause()
        assert seen == [*TITLES, TITLES[0]]
        await pilot.press("shift+tab")
        await pilot.pause()
        assert "─ facts ─" in screen(app)


async def test_a_wide_screen_shows_every_pane(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), WIDE) as (app, _):
        assert all(title in screen(app) for title in TITLES)


async def test_on_a_small_screen_the_log_stays_while_it_is_searched(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), SMALL) as (app, pilot):
        await pilot.press("tab", "tab", "slash")
        await pilot.press(*"intentional")
        await pilot.pause()
        assert "─ all logs, by time" in screen(app)
        await pilot.press("enter")
        await shows(pilot, "Failing on attempt 1 (intentional)")


async def test_numbers_go_to_rungs_and_looking_at_one_does_not_enter_it(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("3")
        await shows(pilot, "3  Decide", "What is decided?")
        await pilot.press("2")
        await shows(pilot, "2  Look", "no rung open")
        await pilot.press("9", "0")
        await shows(pilot, "─ facts ─")
        await pilot.press("shift+tab", "down", "down")
        assert "rung.entered" not in kinds(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.incident.open_rung == "look")
        await shows(pilot, "2▸", "2 Look")


async def test_answering_and_capturing_enter_the_rung(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("1", "enter")
        await until(pilot, lambda: app.incident.open_rung == "symptom")
        await pilot.press("escape")
        await closed(pilot)
        await pilot.press("2", "c")
        await until(pilot, lambda: app.incident.open_rung == "look")


async def test_help_lists_the_live_keys_by_where_they_work(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), (100, 70)) as (app, pilot):
        await pilot.press("2", "question_mark")
        await shows(pilot, "─ Help ─")
        told = screen(app)
        assert "in the rung" in told and "Capture the evidence of this row" in told
        assert "everywhere" in told and told.index("in the rung") < told.index("everywhere")
        for key in ("tab", "n", "a", "!", "h", "b", "d", "r", "i", "? F1", "q", "0", "1-3", "ctrl+p"):
            assert f" {key} " in told, key
        assert "Show this evidence" not in told, "that is a key of the inbox"
        await pilot.press("escape")
        await pilot.pause()
        assert "─ Help ─" not in screen(app)
        await pilot.press("tab", "tab", "f1")
        await shows(pilot, "─ Help ─", "in the log", "Go to the end and follow")


async def test_the_palette_has_every_action_and_every_rung(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), (100, 130)) as (app, pilot):
        await pilot.press("ctrl+p")
        await shows(pilot, "Search: action")
        for title in (
            "Note",
            "Pin lines",
            "Record an action",
            "Tell an action's result",
            "Explain an edit",
            "Escalate",
            "Brief",
            "Read the record",
            "Hand off",
            "Watch another run",
            "Close the incident",
            "Go to facts",
            "Go to inbox",
            "Go to 1 Symptom",
            "Go to 2 Look",
            "Go to 3 Decide",
        ):
            assert title in screen(app), title
        await pilot.press(*"go to 3", "enter")
        await shows(pilot, "3  Decide")


@pytest.mark.parametrize(("keys", "wanted"), [("0", ()), ("1", ("Enter answer",)), ("2", ("c capture",))])
async def test_the_foot_of_the_screen_has_the_few_keys_that_matter_here(
    tmp_path: Path, keys: str, wanted: tuple[str, ...]
) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press(keys)
        await drawn(pilot, app)
        foot = screen(app).split("\n")[-1]
        assert all(word in foot for word in (*wanted, "tab pane", "q quit", "n note", "? Help")), foot
        assert "x cancel" not in foot and len(foot.rstrip()) < 80


async def test_escape_leads_back_to_the_list_that_a_log_was_opened_from(tmp_path: Path) -> None:
    here = place(tmp_path)
    RunLog(here.workdir)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("tab", "j", "enter")
        await until(pilot, lambda: panes.pane_of(app.focused) == "log-view")
        await pilot.press("escape")
        await until(pilot, lambda: panes.pane_of(app.focused) == "log-list")
        await pilot.press("escape")
        await until(pilot, lambda: panes.pane_of(app.focused) == "centre")
        await pilot.press("tab", "tab", "escape")
        await until(pilot, lambda: panes.pane_of(app.focused) == "centre")


async def test_the_foot_offers_to_pin_only_where_a_log_is_open(tmp_path: Path) -> None:
    here = place(tmp_path)
    RunLog(here.workdir)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        assert "p pin" not in screen(app).split("\n")[-1]
        await pilot.press("tab", "tab")
        await pilot.pause()
        assert "p pin" in screen(app).split("\n")[-1]


async def test_a_rung_without_evidence_does_not_offer_to_capture(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("1")
        await drawn(pilot, app)
        assert "c capture" not in screen(app).split("\n")[-1]


async def test_the_mouse_chooses_rows_and_the_wheel_scrolls(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.write("".join(f"line {number}\n" for number in range(200)))
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await pilot.click("#ladder", offset=(5, 3))
        await shows(pilot, "2  Look")
        view = app.query_one("#log-view")
        await until(pilot, lambda: view.scroll_offset.y > 0)
        before = view.scroll_offset.y
        view.post_message(_wheel_up(view))
        await until(pilot, lambda: view.scroll_offset.y < before)


def _wheel_up(view: object) -> object:
    from textual import events

    return events.MouseScrollUp(view, 1, 1, 0, 0, 0, False, False, False)  # type: ignore[arg-type]


async def test_ctrl_c_does_not_leave_and_says_what_does(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("ctrl+c")
        await shows(pilot, "q leaves (ctrl+q while you type)")
        assert app.is_running
        await pilot.press("n")
        await shows(pilot, "Note", "Enter takes")
        await types(pilot, "text", "ctrl+q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 0
    assert "text" in (here.record / "drafts.json").read_text(), "what was typed is kept, too"


@pytest.mark.parametrize("size", [(60, 15), SMALL, (200, 50)])
async def test_every_place_can_be_shown_and_asked_in_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    here = place(tmp_path, "c2-deterministic-fail-stop-v9")
    async with opened(here.plan("slow-or-flaky-run"), size) as (app, pilot):
        for key in "012345678i":
            await pilot.press(key)
            await drawn(pilot, app)
            assert len(screen(app).split("\n")) == size[1]
        await pilot.press("6")
        await drawn(pilot, app)
        await pilot.press("enter")
        await shows(pilot, "Which incident class?", "tool-behavior       a script or tool fails")
        await pilot.press("escape")
        await closed(pilot)
        await pilot.press("n")
        await shows(pilot, "Note")
        await types(pilot, "seen here")
        await shows(pilot, "seen here")
        assert app.is_running


async def test_resizing_while_typing_keeps_the_text_and_the_focus(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await pilot.press("n")
        await shows(pilot, "Note")
        await types(pilot, "half a sen")
        for size in (SMALL, (60, 15), MEDIUM):
            await pilot.resize_terminal(*size)
            await shows(pilot, "half a sen")
        await types(pilot, "tence")
        await shows(pilot, "half a sentence")
        assert "Note" in flat(app)


async def test_the_list_of_logs_fits_its_pane_again_after_a_resize(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), SMALL) as (app, pilot):
        await pilot.press("tab")
        for width in (120, 80, 200):
            await pilot.resize_terminal(width, 30)
            await until(pilot, lambda: all(line.rstrip().endswith("│") for line in _rows(app)) and bool(_rows(app)))
            assert all(line.count("│") == _rows(app)[0].count("│") for line in _rows(app))


def _rows(app: object) -> list[str]:
    return [line for line in screen(app).split("\n") if ".tsv" in line or "logs/flaky" in line or "≡ run log" in line]


async def test_messages_do_not_stand_over_a_question(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("n")
        await shows(pilot, "Enter takes", pane="#ask")
        app.desk.tell("something happened")
        await shows(pilot, "something happened", pane="Toast")
        toast, question = app.screen.query_one("Toast").region, app.screen.query_one("#ask").region
        assert toast and question and not toast.overlaps(question)


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "wide"])
async def test_escape_leads_from_a_log_back_to_the_middle_and_says_so(tmp_path: Path, size: tuple[int, int]) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), size) as (app, pilot):
        await until(pilot, lambda: bool(app.picture.logs))
        app.show_log()
        await until(pilot, lambda: app.focused is not None and app.focused.id == "log-view")
        await shows(pilot, "Esc back")
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is not None and app.focused.id == "facts")
        assert "Esc back" not in screen(app)
