"""What a person sees of a log, and what hostile bytes may not do to the terminal."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from incident_console.tail.logfile import REPLACED, TRUNCATED, VANISHED
from incident_console.tui.log.text import plain
from incident_console.tui.log.view import LogView
from tests.ui.logbench import Bench, append, numbered, rows, status, texts, title, until

SIZE = (60, 12)
INSIDE = 10
"""Rows within the border."""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "align [B].log"
    path.write_bytes(numbered(100))
    return path


# -- following ---------------------------------------------------------------------------------------------------


async def test_a_log_opens_at_its_end_and_follows_what_is_written(log: Path) -> None:
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.pause()
        assert texts(app) == [f"line {n}" for n in range(91, 101)]
        assert rows(app)[-1].startswith(" 100▸")
        assert "following" in status(app)
        append(log, b"line 101\npart of")
        app.view.changed({log})
        await pilot.pause()
        assert texts(app)[-2:] == ["line 101", "part of"]
        append(log, b" line 102\n")
        app.view.changed({log.parent / "another"})
        assert texts(app)[-1] == "part of"
        app.view.changed({log})
        assert texts(app)[-1] == "part of line 102"


async def test_scrolling_up_stops_following_and_tells_how_many_lines_came_meanwhile(log: Path) -> None:
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("pageup", "pageup")
        before = texts(app)
        append(log, numbered(120, 101))
        app.view.refresh_from_disk()
        await pilot.pause()
        assert texts(app) == before
        assert "paused, 120 new lines · f follows" in status(app)
        await pilot.press("f")
        assert texts(app)[-1] == "line 220"
        assert "following" in status(app)


async def test_the_wheel_stops_following_and_the_cursor_stays_on_the_screen(log: Path) -> None:
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.pause()
        for _ in range(5):
            app.view.scroll_up(animate=False)
        await pilot.pause()
        assert not app.view.following
        assert any("▸" in row for row in rows(app))
        first = texts(app)[0]
        append(log, b"more\n")
        app.view.refresh_from_disk()
        assert texts(app)[0] == first


async def test_every_key_for_moving_does_what_it_says(log: Path) -> None:
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("home")
        assert (app.view.cursor_row, texts(app)[0]) == (0, "line 1")
        await pilot.press("down", "j", "j", "up", "k")
        assert app.view.cursor_row == 1
        await pilot.press("pagedown")
        assert app.view.cursor_row == 10
        await pilot.press("end")
        assert (app.view.cursor_row, app.view.following) == (99, True)
        await pilot.press("g")
        assert app.view.cursor_row == 0
        await pilot.press("G")
        assert app.view.cursor_row == 99


async def test_a_long_line_is_read_by_going_right(log: Path) -> None:
    log.write_bytes(b"a" * 40 + b"b" * 40 + b"THE END\n")
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.pause()
        assert "THE END" not in texts(app)[0]
        assert texts(app)[0].endswith("b›")
        await pilot.press("right")
        assert rows(app)[0].startswith("   1▸ ‹aaaa") and rows(app)[0].endswith("b›")
        await pilot.press(*["right"] * 5)
        assert texts(app)[0].endswith("THE END")
        assert rows(app)[0].startswith("   1▸ ‹b")
        await pilot.press(*["left"] * 9)
        assert rows(app)[0].startswith("   1▸  aaaa")


async def test_a_line_that_just_fits_bears_no_mark_and_one_more_column_does(log: Path) -> None:
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.pause()
        room = app.view.scrollable_content_region.width - 7
        log.write_bytes(b"x" * room + b"\n" + b"y" * (room + 1) + b"\n" + "日".encode() * room + b"\n")
        app.view.refresh_from_disk()
        await pilot.pause()
        assert texts(app)[-3:-1] == ["x" * room, "y" * (room - 1) + "›"]
        assert texts(app)[-1].endswith("›") and cell_len(texts(app)[-1]) == room


# -- what happens to files ---------------------------------------------------------------------------------------


async def test_rotation_truncation_and_deletion_are_told_by_marks(log: Path) -> None:
    log.write_bytes(b"old\n")
    async with Bench().run_test(size=(90, 12)) as pilot:
        app = pilot.app
        app.view.show(log)
        log.rename(log.with_suffix(".1"))
        log.write_bytes(b"new line\n")
        app.view.refresh_from_disk()
        await pilot.pause()
        assert texts(app) == ["old", REPLACED, "new line"]
        log.write_bytes(b"short\n")
        app.view.refresh_from_disk()
        await pilot.pause()
        assert texts(app) == ["old", TRUNCATED, "short"]
        log.unlink()
        app.view.refresh_from_disk()
        await pilot.pause()
        assert texts(app)[-2:] == ["short", VANISHED]
        assert "The file was deleted." in status(app)


async def test_an_empty_view_says_what_is_going_on(tmp_path: Path) -> None:
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        assert rows(app)[0].startswith("No log is open")
        assert app.view.is_empty
        assert app.view.selection() is None
        await pilot.press("f", "up", "home", "e", "greater_than_sign", "slash", "v", "escape", "shift+up")
        path = tmp_path / "late.log"
        app.view.show(path)
        assert rows(app)[0] == "This file does not exist yet."
        path.touch()
        app.view.refresh_from_disk()
        assert rows(app)[0] == "It is empty so far."
        await pilot.press("f", "up", "home", "v", "shift+up")
        assert app.view.selection() is None
        path.write_bytes(b"here\n")
        app.view.refresh_from_disk()
        assert texts(app) == ["here"]
        app.view.show(tmp_path)
        assert "is a folder" in rows(app)[0]


async def test_a_kept_attempt_is_shown_from_its_beginning(log: Path) -> None:
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        app.view.show_text("align [B], attempt 1", b"FATAL index is locked\nlast words")
        await pilot.pause()
        assert texts(app) == ["FATAL index is locked", "last words"]
        assert title(app) == "align [B], attempt 1"
        assert "following" not in status(app)
        chosen = app.view.selection()
        assert chosen is not None
        assert (chosen.path, chosen.first_line, chosen.start_byte, chosen.end_byte) == (None, 1, 0, 21)


async def test_opening_another_log_gives_the_descriptor_back(log: Path, tmp_path: Path) -> None:
    def held() -> int:
        return len([fd for fd in Path("/proc/self/fd").iterdir() if os.path.realpath(fd).startswith(str(tmp_path))])

    async with Bench().run_test(size=SIZE) as pilot:
        pilot.app.view.show(log)
        assert held() == 1
        pilot.app.view.show_text("text", b"")
        assert held() == 0
        pilot.app.view.show(log)
    assert held() == 0


async def test_a_big_log_is_shown_before_its_lines_are_counted_and_nothing_moves_when_they_are(log: Path) -> None:
    log.write_bytes(b"".join(b"%07d %s\n" % (n, b"." * 90) for n in range(60_000)))
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        app.view.action_page(-1)
        before = texts(app)
        assert before[-1].startswith("00599")
        await until(pilot, lambda: "line 5999" in status(app))
        assert texts(app)[0].strip()[:7] == before[0][:7]
        await pilot.press("home")
        assert "0000000" in rows(app)[0]


async def test_the_first_line_asked_for_before_it_is_known_is_gone_to_when_it_is(log: Path) -> None:
    log.write_bytes(b"first\n" + b"." * 99 + b"\n" * 2_000_000)
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("home")
        assert texts(app) != ["first"]
        await until(pilot, lambda: rows(app)[0].endswith("▸  first"))


# -- errors, searching, selecting --------------------------------------------------------------------------------


async def test_lines_that_state_a_failure_bear_a_mark_and_are_found(log: Path) -> None:
    log.write_bytes(numbered(50) + b"ERROR index is locked\n" + numbered(50) + b"INFO ERROR_RATE=0\n")
    async with Bench().run_test(size=(90, 12)) as pilot:
        app = pilot.app
        app.view.show(log)
        assert not any("✗" in row for row in rows(app))
        await pilot.press("E")
        await until(pilot, lambda: app.view.cursor_row == 50)
        assert [row for row in rows(app) if "✗" in row] == ["  51▸✗ ERROR index is locked"]
        await pilot.press("home", "e")
        await until(pilot, lambda: app.view.cursor_row == 50)
        await pilot.press("e")
        await until(pilot, lambda: "no more errors below; this is the first one" in status(app))
        assert app.view.cursor_row == 50


async def test_searching_goes_on_to_the_next_and_to_the_one_before(log: Path) -> None:
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("home", "slash", *"line 7", "enter")
        await until(pilot, lambda: app.view.cursor_row == 6)
        assert app.focused is app.view
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: app.view.cursor_row == 69)
        await pilot.press("less_than_sign")
        await until(pilot, lambda: app.view.cursor_row == 6)
        await pilot.press("less_than_sign")
        await until(pilot, lambda: app.view.cursor_row == 78)
        assert "no more “line 7” above; this is the last one" in status(app)
        await pilot.press("slash", *"nothing", "enter")
        await until(pilot, lambda: "no “nothing” in this log" in status(app))
        assert app.view.cursor_row == 78


async def test_a_search_may_be_an_expression_and_a_bad_one_is_told(log: Path) -> None:
    async with Bench().run_test(size=(100, 12)) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("home", "slash", "ctrl+r", *"e 9[0-4]$", "enter")
        await until(pilot, lambda: app.view.cursor_row == 89)
        app.view.search("(", regex=True)
        assert "is not valid" in status(app)


async def test_escape_closes_the_search_line_and_the_log_has_the_focus_again(log: Path) -> None:
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("slash", "f", "escape")
        await pilot.pause()
        assert app.focused is app.view
        assert len(app.query("SearchBar")) == 0


async def test_the_line_under_the_cursor_or_the_selected_lines_can_be_pinned(log: Path) -> None:
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("up", "up")
        one = app.view.selection()
        assert one is not None
        assert (one.path, one.inode, one.first_line, one.last_line) == (log, log.stat().st_ino, 98, 98)
        assert app.view.selected_bytes() == b"line 98"
        await pilot.press("shift+up", "shift+up")
        assert app.view.selected_bytes() == b"line 96\nline 97\nline 98"
        assert len([row for row in rows(app) if "┃" in row]) == 2
        assert "3 lines selected" in status(app)
        several = app.view.selection()
        assert several is not None
        assert log.read_bytes()[several.start_byte : several.end_byte] == app.view.selected_bytes()
        assert (several.first_line, several.last_line) == (96, 98)
        await pilot.press("escape")
        assert app.view.selected_bytes() == b"line 96"
        await pilot.press("v", "down", "v")
        assert app.view.selected_bytes() == b"line 97"


async def test_a_selection_over_a_rotation_names_the_bytes_of_one_file(log: Path) -> None:
    log.write_bytes(b"old 1\nold 2\n")
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        log.rename(log.with_suffix(".1"))
        log.write_bytes(b"new 1\nnew 2\n")
        app.view.refresh_from_disk()
        await pilot.press("home", "v", "end")
        await pilot.press("home", "v", *["down"] * 4)
        chosen = app.view.selection()
        assert chosen is not None
        assert app.view.selected_bytes() == b"new 1\nnew 2"
        assert chosen.inode == log.stat().st_ino


async def test_lines_are_selected_with_the_mouse(log: Path) -> None:
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.pause()
        await pilot.click(LogView, offset=(10, 3))
        assert app.view.selected_bytes() == b"line 93"
        await pilot.mouse_down(LogView, offset=(10, 3))
        await pilot.hover(LogView, offset=(10, 5))
        await pilot.mouse_up(LogView, offset=(10, 5))
        assert app.view.selected_bytes() == b"line 93\nline 94\nline 95"


async def test_a_huge_selection_is_cut_and_says_so(log: Path) -> None:
    log.write_bytes(b"x" * 900_000 + b"\n" + b"y" * 900_000 + b"\n")
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await until(pilot, lambda: app.view.source is not None and app.view.source.progress == 1)
        await pilot.press("home", "shift+down")
        chosen = app.view.selection()
        assert chosen is not None and chosen.cut
        assert len(app.view.selected_bytes()) == chosen.end_byte - chosen.start_byte == 1024 * 1024


# -- hostile bytes -----------------------------------------------------------------------------------------------


@given(st.binary(max_size=80) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_byte_of_a_log_can_command_the_terminal(data: bytes) -> None:
    shown = plain(data.replace(b"\n", b""))
    assert not [c for c in shown if ord(c) < 32 or 0x7F <= ord(c) < 0xA0]
    assert not [c for c in shown if 0x202A <= ord(c) <= 0x202E or 0x2066 <= ord(c) <= 0x2069]
    assert not [c for c in shown if 0x200B <= ord(c) <= 0x200F or 0xD800 <= ord(c) <= 0xDFFF]


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"plain", "plain"),
        (b"windows\r", "windows"),
        (b" 10 %\r 50 %\r100 %", "100 %"),
        (b" 10 %\r 50 %\r\r", " 50 %"),
        (b"\x1b[31;1mred\x1b[0m text", "red text"),
        (b"\x1b[2J\x1b]0;title\x07", "␛[2J␛]0;title␇"),
        (b"\x1b\x1b[0m[2J", "␛[2J"),
        (b"\xff\xfe broken \xe2\x82", "�� broken �"),
        (b"nul\x00del\x7f", "nul␀del␡"),
        (b"\xc2\x9b31m", "⟨9B⟩31m"),
        ("exe\u202egnp.txt".encode(), "exe⟨U+202E⟩gnp.txt"),
        ("zero\u200bwidth\ufeff".encode(), "zero⟨U+200B⟩width⟨U+FEFF⟩"),
        (b"a\tb", "a       b"),
        ("日本\tx".encode(), "日本    x"),
        ("\u0301x".encode(), "◌\u0301x"),
        (b"[bold]not markup[/bold]", "[bold]not markup[/bold]"),
        (b"", ""),
    ],
)
def test_each_kind_of_hostile_text_is_shown_and_not_obeyed(data: bytes, shown: str) -> None:
    assert plain(data) == shown


async def test_no_escape_sequence_of_a_log_reaches_the_screen(log: Path) -> None:
    log.write_bytes(
        b"\x1b]52;c;aGFja2Vk\x07\x1b[2J\x9b31m\r\n[red]x[/red] [@click=app.quit]y[/]\n\xc2\x9d8;;http://x\n"
    )
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.pause()
        written = "".join(app.view.render_line(y).text for y in range(INSIDE))
        assert all(c.isprintable() for c in written)
        assert "[red]x[/red] [@click=app.quit]y[/]" in written
        app.view.show(log, "[bold]\x1b[2J.log")
        await pilot.pause()
        assert "\x1b" not in title(app) and "[bold]" in title(app)


async def test_wide_characters_keep_the_columns_right(log: Path) -> None:
    log.write_bytes("日本語のログ\n".encode() * 3 + "é combining e\u0301\n".encode() + b"ascii\n")
    async with Bench().run_test(size=(30, 12)) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.pause()
        width = app.view.scrollable_content_region.width
        for y in range(INSIDE):
            strip = app.view.render_line(y)
            assert strip.cell_length == width == cell_len(strip.text)
        await pilot.press("right")
        assert all(app.view.render_line(y).cell_length == width for y in range(INSIDE))


async def test_a_file_of_zeros_and_one_endless_line_are_shown_quickly(log: Path) -> None:
    log.write_bytes(b"\0" * 5_000_000)
    async with Bench().run_test(size=SIZE) as pilot:
        app = pilot.app
        app.view.show(log)
        await until(pilot, lambda: app.view.source is not None and app.view.source.progress == 1)
        assert texts(app)[0].startswith("␀␀␀")
        await pilot.press(*["right"] * 3)
        assert texts(app)[0].startswith("␀␀␀")
