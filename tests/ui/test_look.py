"""Colours, glyphs, motion and keys as they are on the screen: no state is told by a colour alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from incident_console.commands import common
from incident_console.tui import themes
from incident_console.tui.app import Console
from incident_console.tui.ask import Ask
from incident_console.tui.log.app import TailApp, Wanted
from incident_console.tui.look import Look, Terminal
from incident_console.tui.rung import RungRows
from incident_console.tui.words import GLYPHS
from tests.ui.scene import SMALL, WIDE, Place, RunLog, drawn, flat, place, screen, shows, until


@asynccontextmanager
async def opened(here: Place, look: Look, size: tuple[int, int] = WIDE) -> AsyncIterator[tuple[Console, Pilot[int]]]:
    app = Console(here.tiny(), look)
    async with app.run_test(size=size, notifications=True) as pilot:
        try:
            await until(pilot, lambda: app.session is not None and app.picture.looked)
            await drawn(pilot, app)
            yield app, pilot
        finally:
            if app.live is not None:
                app.live.close()
            if app.session is not None:
                app.session.close()


def busy(here: Place) -> None:
    """A run with a job of every state, and something that was said."""
    log = RunLog(here.workdir, planned=5)
    log.starts("align", 1, "A", "FATAL it broke\n")
    log.fails("align", 1, "A")
    log.starts("align", 2, "B", "ok\n")
    log.fails("align", 2, "B", again=True)
    log.starts("align", 2, "B")
    log.finishes("align", 2)
    log.starts("align", 3, "C", "goes on\n")


def segments(app: Console) -> Iterator[Segment]:
    for strip in app.screen._compositor.render_strips():
        yield from strip


async def everywhere(pilot: Pilot[int]) -> AsyncIterator[str]:
    """Go through the places of the screen, with a question, the help and the palette among them."""
    for key in ("0", "1", "u", "i", "l", "n", "escape", "question_mark", "escape"):
        await pilot.press(key)
        await pilot.pause(0.05)
        yield key


async def test_without_colours_none_is_sent_and_every_state_is_still_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    here = place(tmp_path)
    busy(here)
    async with opened(here, Look(theme="dracula")) as (app, pilot):
        assert app.theme == themes.NO_COLOUR
        await until(pilot, lambda: app.picture.run is not None and app.picture.run.retried == 1)
        await drawn(pilot, app)
        header = "\n".join(screen(app).split("\n")[:3])
        assert "● running" in header and "✗ 1 failed" in header and "↻ 1 retried" in header
        assert "✓ saved" in header and "gate ◌ closed" in header
        assert "✗ align A failed" in flat(app, "#log-list") and "● align C running" in flat(app, "#log-list")
        async for key in everywhere(pilot):
            for text, style, _ in segments(app):
                if style is not None:
                    assert style.color is None or style.color.is_default, (key, text)
                    assert style.bgcolor is None or style.bgcolor.is_default, (key, text)
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.focused, RungRows))
        await pilot.pause()
        reversed_ = [text.strip() for text, style, _ in segments(app) if style is not None and style.reverse]
        assert any("Symptom" in text for text in reversed_), "which pane has the keys"
        assert any("Which surface?" in text or "surface" in text for text in reversed_), "the row under the cursor"


def test_states_that_can_stand_for_each_other_have_glyphs_of_their_own() -> None:
    for states in (
        ("untouched", "entered", "open", "done", "waived"),
        ("running", "succeeded", "failed", "interrupted", "nothing-to-do", "unknown", "retried"),
    ):
        assert len({GLYPHS[state] for state in states}) == len(states)


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_in_ascii_nothing_else_is_on_any_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    here = place(tmp_path)
    busy(here)
    (here.workdir / "logs" / "A" / "align.log").write_text("naïve ✓ 日本 │ FATAL\n")
    async with opened(here, Look(terminal=Terminal(utf8=False)), size) as (app, pilot):
        await until(pilot, lambda: app.picture.run is not None and app.picture.run.retried == 1)
        async for key in everywhere(pilot):
            text = screen(app)
            assert text.isascii(), (key, {one for one in text if not one.isascii()})
            assert all(len(line) == size[0] for line in text.split("\n")), key
        await pilot.press("0")
        await drawn(pilot, app)
        assert "* running" in screen(app) and "v saved" in screen(app)


async def test_every_theme_can_be_worn_and_put_on_while_it_runs(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here, Look(theme=themes.CONTRAST), SMALL) as (app, pilot):
        assert app.theme == themes.CONTRAST
        for name in (themes.CONTRAST_LIGHT, "ansi-dark", "ansi-light", themes.NO_COLOUR, "textual-light"):
            app.theme = name
            await pilot.pause()
            await pilot.press("question_mark")
            await shows(pilot, "Help")
            await pilot.press("escape")
        assert app.is_running and "✓ saved" in screen(app)


async def test_a_theme_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    async with opened(place(tmp_path), Look(theme="solarised-dark")) as (app, pilot):
        await shows(pilot, "There is no theme solarised-dark", "Did you mean solarized-dark?", "gruvbox", pane="Toast")
        assert app.theme in ("textual-dark", "ansi-dark")


async def test_keys_of_the_settings_work_and_stand_in_footer_and_help(tmp_path: Path) -> None:
    keys = {"app.note": "f6", "app.nope": "f7", "app.next": "z", "app.brief": "i"}
    async with opened(place(tmp_path), Look(keys=keys), (100, 120)) as (app, pilot):
        await shows(pilot, "keys.app.nope: no key has that id", "keys.app.next: works while you type", pane="Toast")
        await shows(pilot, "keys.app.brief: i is the key of app.inbox already", pane="Toast")
        app.clear_notifications()
        await until(pilot, lambda: "F6 note" in screen(app).split("\n")[-1])
        await pilot.press("question_mark")
        await shows(pilot, "F6  Write a note into the record")
        await pilot.press("escape", "n")
        assert not app.query_one(Ask).is_open
        await pilot.press("f6")
        await until(pilot, lambda: app.query_one(Ask).is_open)


@pytest.mark.parametrize(("look", "blinks"), [(Look(terminal=Terminal(far=True)), False), (Look(motion="full"), True)])
async def test_over_ssh_nothing_moves_and_no_cursor_blinks(tmp_path: Path, look: Look, blinks: bool) -> None:
    async with opened(place(tmp_path), look, SMALL) as (app, pilot):
        assert app.animation_level == ("full" if blinks else "none")
        await pilot.press("n")
        await until(pilot, lambda: app.query_one(Ask).is_open and isinstance(app.focused, Input | TextArea))
        await pilot.pause()
        assert isinstance(app.focused, Input | TextArea) and app.focused.cursor_blink is blinks


@pytest.mark.parametrize(("layout", "size", "panes"), [("narrow", WIDE, 1), ("wide", (90, 30), 2), ("auto", SMALL, 1)])
async def test_the_layout_is_as_the_settings_say(
    tmp_path: Path, layout: str, size: tuple[int, int], panes: int
) -> None:
    async with opened(place(tmp_path), Look(layout=layout), size) as (app, _):
        shown = [name for name in ("#ladder", "#centre", "#logs") if app.query_one(name).region.width]
        assert len(shown) == panes, shown


def test_what_the_config_file_says_reaches_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        'theme = "nord"\nlayout = "wide"\nmotion = "none"\nglyphs = "ascii"\neditor = "micro -x"\n'
        '[keys]\n"app.note" = "f6"\n[notify]\ntoasts = false\nbell = ["disk"]\n'
    )
    monkeypatch.setenv("INCIDENT_CONSOLE_CONFIG", str(config))
    monkeypatch.setenv("PAGER", "more")
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    look = common.look()
    assert (look.theme, look.layout, look.still, look.ascii) == ("nord", "wide", True, True)
    assert dict(look.keys) == {"app.note": "f6"} and look.toasts == () and look.bell == ("disk",)
    app = TailApp(Wanted(), look)
    assert app.environ["VISUAL"] == "micro -x" and app.environ["PAGER"] == "more"


async def test_a_slip_in_the_config_file_is_told_on_the_screen_that_opens_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('thmee = "nord"\n')
    monkeypatch.setenv("INCIDENT_CONSOLE_CONFIG", str(config))
    async with opened(place(tmp_path), common.look()) as (_, pilot):
        await shows(pilot, "config.toml:1: thmee is no setting", 'did you mean "theme"', pane="ToastRack")


async def test_the_log_alone_looks_as_the_settings_say_once_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("ERROR naïve\n")
    app = TailApp(
        Wanted(tmp_path / "a.log"),
        Look(terminal=Terminal(utf8=False)),
        lambda: Look(theme="nord", keys={"log.search": "f3", "ladder.enter": "f4"}, glyphs="ascii"),
    )
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.theme == "nord")  # type: ignore[arg-type]
        await pilot.pause(0.05)
        text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert text.isascii() and "ERROR nai" in text
        assert not app._notifications
        await pilot.press("f3")
        await pilot.pause()
        assert app.screen.query("LogBar")


def test_the_log_alone_with_its_look_loads_nothing_of_the_console() -> None:
    code = (
        "import sys, json, incident_console.tui.log.app as app\n"
        "from incident_console.commands import common\n"
        "app.TailApp(app.Wanted()).wear(common.look())\n"
        "print(json.dumps(list(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pydantic", "msgspec", "yaml", "incident_console.events", "incident_console.tui.keymap"} & set(
        json.loads(done.stdout)
    )


def ratio(style: Style) -> float:
    """The contrast of text, as WCAG 2 counts it."""

    def luminance(colour: RichColor) -> float:
        parts = (part / 255 for part in colour.get_truecolor())
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert style.color is not None and style.bgcolor is not None
    dark, light = sorted((luminance(style.color), luminance(style.bgcolor)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("name", "least"),
    [("textual-dark", 4.5), ("textual-light", 4.5), (themes.CONTRAST, 7), (themes.CONTRAST_LIGHT, 7)],
)
async def test_all_that_is_written_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, least: float
) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    here = place(tmp_path)
    busy(here)
    async with opened(here, Look(theme=name)) as (app, pilot):
        await until(pilot, lambda: app.picture.run is not None and app.picture.run.retried == 1)
        for key in ("0", "1", "2", "u", "i", "v", "l", "tab", "tab", "h"):
            await pilot.press(key)
            await pilot.pause(0.05)
            poor = {
                (text.strip(), round(ratio(style), 1))
                for text, style, _ in segments(app)
                if any(letter.isalnum() for letter in text)
                and style is not None
                and style.color is not None
                and style.bgcolor is not None
                and ratio(style) < least
            }
            assert not poor, (key, poor)
