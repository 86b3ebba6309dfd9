"""Every screen from 60x15 to 300x80: all in its place, nothing blank, the header, the keys and the focus in view."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from incident_console.tail.places.named import Names
from incident_console.tui.fit import Part, cut, fit
from incident_console.tui.log.app import TailApp, Wanted
from tests.ui.scene import SMALL, opened, place, screen, shows, until
from tests.ui.test_contrast import compares, flaky

SIZES = [(60, 15), (80, 24), (120, 40), (200, 50), (300, 80)]
ENDS = [SIZES[0], SIZES[-1]]
PANES = "#ladder, #facts, #run, #rung, #inbox, #evidence, #timeline, #handed, #since, #log-list, #log-view, #stream"
PANES += ", #page, #help-box, #contrast-lines, #handover-rows"


def rows(app: App[Any]) -> list[str]:
    return [strip.text for strip in app.screen._compositor.render_strips()]


def sound(app: App[Any], name: str) -> None:
    """What holds on every screen at every size; `name` says which, where it does not."""
    told = f"{name} at {app.size.width}x{app.size.height}:\n" + "\n".join(rows(app))
    width = app.size.width
    assert all(strip.cell_length == width for strip in app.screen._compositor.render_strips()), told
    bars = [each for each in (*app.screen.query("Header"), *app.screen.query("KeyLine")) if each.display]
    for bar in bars:
        assert app.screen.region.contains_region(bar.region) and bar.region.width == width, told
        assert rows(app)[bar.region.y].strip(), told
    if app.screen.query("KeyLine"):
        assert rows(app)[-1].strip() and re.search(r"q|Esc|\?", rows(app)[-1]), told
    seen = [
        pane
        for pane in app.screen.query(PANES)
        if pane.region.area and all(a.display for a in pane.ancestors_with_self)
    ]
    for pane in seen:
        assert app.screen.region.contains_region(pane.region), f"{pane.id} sticks out: {told}"
        inner = pane.content_region
        text = "".join(row[inner.x : inner.right] for row in rows(app)[inner.y : inner.bottom])
        assert inner.height >= 2 and text.strip(" │─"), f"{pane.id} is blank: {told}"
        for other in seen:
            if other is not pane and pane not in other.ancestors and other not in pane.ancestors:
                assert not pane.region.overlaps(other.region), f"{pane.id} over {other.id}: {told}"
    focused = app.screen.focused
    assert focused is not None and app.screen.region.overlaps(focused.region) and focused.region.area, told


def headed(app: App[Any]) -> None:
    first, second, third = rows(app)[:3]
    assert re.match(r" INC-\d{8}T\d{6}Z", first) and re.search(r"\d\d:\d\d(:\d\d)?Z", first) and "✓ saved" in first
    assert re.match(r" run . \w+ \d+/\d+", second)
    assert re.search(r"1[·▸✓○]", third) and re.search(r"gate [◌◉]", third)


async def stands(pilot: Pilot[Any], name: str) -> None:
    """Wait for the screen of that name."""
    await until(pilot, lambda: type(pilot.app.screen).__name__ == name)
    await pilot.pause()
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_every_screen_is_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), size) as (app, pilot):
        for key in ("0", *"12345678", "u", "i", "v", "l", "tab", "tab", "tab", "tab"):
            await pilot.press(key)
            await pilot.pause()
            await pilot.pause()
            sound(app, f"after {key}")
            headed(app)
        for key, name in (("?", "HelpScreen"), ("d", "TextScreen"), ("b", "TextScreen"), ("h", "HandoverScreen")):
            await pilot.press("question_mark" if key == "?" else key)
            await stands(pilot, name)
            sound(app, name)
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: len(app.screen_stack) == 2 and app.screen.focused is not None)
        await pilot.pause()
        sound(app, "palette")


@pytest.mark.parametrize("size", ENDS)
async def test_failed_against_passed_is_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    async with flaky(tmp_path, size) as (app, pilot, _):
        await compares(app, pilot)
        sound(app, "contrast")
        assert "FATAL index is locked" in screen(app)


@pytest.mark.parametrize("size", ENDS)
async def test_where_it_is_only_read_that_is_said(tmp_path: Path, size: tuple[int, int]) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    writing = here.tiny().begin()
    try:
        plan = here.tiny()
        async with opened(type(plan)(plan.who, plan.workdir, resume=here.record), size) as (app, pilot):
            await shows(pilot, "◎ read-only")
            for key in ("0", "1", "l", "v"):
                await pilot.press(key)
                await pilot.pause()
                sound(app, f"read-only, {key}")
    finally:
        writing.close()


@pytest.mark.parametrize("size", SIZES)
async def test_the_log_part_alone_is_whole_and_z_zooms(tmp_path: Path, size: tuple[int, int]) -> None:
    for name in "abc":
        (tmp_path / f"{name}.log").write_text(f"from {name}\n")
    app = TailApp(Wanted(names=Names((str(tmp_path),), tmp_path)))
    async with app.run_test(size=size) as pilot:
        await until_text(pilot, "from c", "q quit")
        sound(app, "tail")
        await pilot.press("z")
        await until_text(pilot, "z all panes")
        assert not app.query_one("#log-list").region.area
        sound(app, "tail, the log alone")
        await pilot.press("tab")
        await pilot.pause()
        assert app.query_one("#log-list").region.height >= size[1] - 2 and not app.query_one("#stream").region.area
        sound(app, "tail, the list alone")
        await pilot.press("escape")
        await pilot.pause()
        assert app.query_one("#log-list").region.area and app.query_one("#stream").region.area
        before = app.query_one("#log-list").region.height
        await pilot.press("right_curly_bracket")
        await pilot.pause()
        assert app.query_one("#log-list").region.height > before or before > size[1] // 2


async def until_text(pilot: Pilot[Any], *texts: str) -> None:
    end = time.monotonic() + 40
    while not all(text in "\n".join(rows(pilot.app)) for text in texts):
        assert time.monotonic() < end, "\n".join(rows(pilot.app))
        await pilot.pause(0.02)


@pytest.mark.parametrize("small", [(59, 15), (60, 14), (20, 5), (300, 3)])
async def test_what_is_too_small_says_so_and_comes_back_when_it_is_larger(
    tmp_path: Path, small: tuple[int, int]
) -> None:
    async with opened(place(tmp_path, "c1-flaky-retry-ok-v9").plan(), SMALL) as (app, pilot):
        await pilot.press("question_mark")
        await stands(pilot, "HelpScreen")
        for _ in range(2):
            await pilot.resize_terminal(*small)
            await until_text(pilot, "Too small")
            assert "60x15" in " ".join(screen(app).split()) and "Help" not in screen(app)
            await pilot.press("escape")
            await pilot.pause(0.05)
            assert "Too small" in screen(app), "the screen below says it, too"
            await pilot.resize_terminal(60, 15)
            await until_text(pilot, "✓ saved", "─ facts ─")
            assert "Too small" not in screen(app)


async def test_on_a_wide_screen_sentences_stay_short_and_logs_have_the_room(tmp_path: Path) -> None:
    async with opened(place(tmp_path, "c1-flaky-retry-ok-v9").plan(), (300, 80)) as (app, pilot):
        await pilot.pause()
        centre, logs = app.query_one("#centre").region, app.query_one("#logs").region
        assert centre.width <= 110 < logs.width and logs.right == 300


# -- what gives way --------------------------------------------------------------------------------------------------


def test_parts_give_way_in_their_order_and_no_more_than_is_needed() -> None:
    parts = [Part("a", ("alpha", "al", "")), Part("b", (" beta", " b")), Part("c", (" 漢字", ""))]
    told = {width: fit(parts, [Part("d", ("end",))], width, ("c", "a", "b")).plain for width in (19, 18, 13, 10, 8)}
    assert told == {
        19: "alpha beta 漢字 end",
        18: "alpha beta     end",
        13: "al beta   end",
        10: " beta  end",
        8: " b   end",
    }
    assert fit(parts, [Part("d", ("end",))], 5, ("c", "a", "b")).cell_length == 5


def test_a_cut_text_is_a_column_shorter_each_time_and_may_keep_its_end() -> None:
    assert cut("abcdefghij") == ("abcdefghij", "abcdefgh…", "abcdefg…")
    assert cut("abcdefghij", end=True)[-1] == "…defghij"
