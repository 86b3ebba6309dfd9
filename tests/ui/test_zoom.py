"""One pane over all others, panes made wider and taller by keys and by the mouse, and what stays through a resize."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from incident_console.tui.app import Console
from tests.ui.scene import MEDIUM, SMALL, WIDE, drawn, flat, opened, place, screen, shows, types, until

TITLES = {"ladder": "ladder", "centre": "facts", "log-list": "logs", "log-view": "all logs, by time"}


def foot(app: Console) -> str:
    return screen(app).split("\n")[-1]


def edges(app: Console) -> tuple[int, int, int]:
    """Where the ladder ends, where the logs begin, and where the open log begins."""
    ladder, logs, log = (app.query_one(f"#{name}").region for name in ("ladder", "logs", "log-view"))
    return ladder.right, logs.x, log.y


async def drag(pilot: Pilot[int], a: tuple[int, int], b: tuple[int, int]) -> None:
    await pilot.mouse_down(offset=a)
    await pilot.hover(offset=((a[0] + b[0]) // 2, (a[1] + b[1]) // 2))
    await pilot.hover(offset=b)
    await pilot.mouse_up(offset=b)
    await pilot.pause()


@pytest.mark.parametrize(("size", "back"), [(MEDIUM, "z"), (WIDE, "escape"), ((300, 80), "z")])
async def test_z_shows_the_focused_pane_alone_and_back_again(tmp_path: Path, size: tuple[int, int], back: str) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), size) as (app, pilot):
        await until(pilot, lambda: app.picture.known is not None)
        await drawn(pilot, app)
        for pane, title in TITLES.items():
            app._focus(pane)
            await pilot.pause()
            before = screen(app).split("\n")[4:-2]
            await pilot.press("z")
            await shows(pilot, "z all panes")
            lines = screen(app).split("\n")
            assert f"═ {title}" in lines[3] and lines[3].startswith("╔") and lines[3].endswith("╗"), pane
            assert sum(f"═ {other} " in "\n".join(lines) for other in TITLES.values()) == 1, pane
            assert "✓ saved" in lines[0] and "q quit" in lines[-1]
            await pilot.press(back)
            await until(pilot, lambda: "z all panes" not in foot(app))
            assert [line[:20] for line in screen(app).split("\n")[4:-2]] == [line[:20] for line in before], pane


async def test_tab_takes_the_zoom_along_and_a_question_stands_below_it(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), WIDE) as (app, pilot):
        await pilot.press("z", "tab")
        await shows(pilot, "═ logs ═")
        await pilot.press("n")
        await shows(pilot, "Enter takes")
        await types(pilot, "zz (top)", "escape")
        await shows(pilot, "═ logs ═")
        assert app.desk.drafts.get("note", "note", "") or "zz (top)" in app.query_one(TextArea).text


async def test_escape_drops_a_selection_before_it_leaves_the_zoom(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), WIDE) as (app, pilot):
        app.show_log()
        await pilot.press("z", "v", "up", "escape")
        await pilot.pause()
        assert "z all panes" in foot(app)
        await pilot.press("escape")
        await until(pilot, lambda: "z all panes" not in foot(app))


async def test_where_one_pane_is_shown_at_a_time_z_changes_nothing(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("z")
        await pilot.pause()
        assert "z all panes" not in foot(app) and "╔" not in screen(app)


async def test_keys_make_the_pane_with_the_focus_wider_and_taller_and_it_stays_so(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), WIDE) as (app, pilot):
        ladder, logs, log = edges(app)
        await pilot.press(")")
        await until(pilot, lambda: edges(app) == (ladder, logs + 4, log))
        app._focus("ladder")
        await pilot.press("(", "(")
        await until(pilot, lambda: edges(app)[0] == ladder - 8)
        app.show_log()
        await pilot.press("}")
        await until(pilot, lambda: abs(edges(app)[2] - (log - 2)) <= 1)
        chosen = edges(app)
        await pilot.press("z", "z")
        await until(pilot, lambda: edges(app) == chosen)
        await pilot.resize_terminal(*SMALL)
        await pilot.resize_terminal(*WIDE)
        await until(pilot, lambda: edges(app) == chosen)


async def test_no_key_makes_a_pane_vanish(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), WIDE) as (app, pilot):
        for pane, key in (("ladder", ")"), ("ladder", "("), ("log-view", ")"), ("log-view", "}"), ("log-list", "}")):
            app._focus(pane)
            await pilot.press(*[key] * 30)
            await pilot.pause()
            for name, least in (("ladder", 16), ("centre", 30), ("logs", 30)):
                assert app.query_one(f"#{name}").region.width >= least, (pane, key, name)
            assert app.query_one("#log-list").region.height >= 4 and app.query_one("#log-view").region.height >= 4


async def test_borders_are_dragged_with_the_mouse(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), WIDE) as (app, pilot):
        ladder, logs, log = edges(app)
        await drag(pilot, (logs, 30), (logs - 15, 30))
        assert edges(app) == (ladder, logs - 15, log)
        await drag(pilot, (ladder - 1, 30), (ladder + 6, 30))
        assert edges(app)[0] == ladder + 6
        await drag(pilot, (120, log), (120, log + 7))
        assert abs(edges(app)[2] - (log + 7)) <= 1


async def test_two_clicks_on_a_title_zoom(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), WIDE) as (app, pilot):
        await pilot.click(offset=(edges(app)[1] + 20, 3), times=2)
        await shows(pilot, "═ logs ═", "z all panes")


async def test_a_resize_in_the_middle_of_typing_keeps_text_cursor_and_focus(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await pilot.press("n")
        await types(pilot, "half a sentence", "left", "left")
        entry = app.focused
        assert isinstance(entry, TextArea)
        for size in ((60, 15), (40, 8), (300, 80), SMALL):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.focused is entry and entry.text == "half a sentence" and entry.cursor_location == (0, 13)
        await pilot.press("X")
        assert entry.text == "half a sentenXce" and "half a sentenXce" in flat(app)
