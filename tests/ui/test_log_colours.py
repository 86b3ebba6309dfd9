"""What a log asks a terminal to do: colours are shown so that they can be read, everything else is shown as text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.terminal_theme import MONOKAI

from incident_console.tui.log import ansi
from incident_console.tui.log.ansi import PLAIN, Sgr, after, contrast, readable
from incident_console.tui.log.text import plain, runs
from tests.ui.logbench import SIZES, SMALL, Bench, rows, screen, status, texts, until

COLOUR = st.tuples(*[st.integers(0, 255)] * 3)


@pytest.mark.parametrize(
    ("codes", "state"),
    [
        ("", PLAIN),
        ("0", PLAIN),
        ("1;31", Sgr(ink=1, bold=True)),
        ("2;3;4;7;9", Sgr(dim=True, italic=True, underline=True, reverse=True, strike=True)),
        ("97;104", Sgr(ink=15, ground=12)),
        ("38;5;208", Sgr(ink=208)),
        ("48;2;1;2;3", Sgr(ground=(1, 2, 3))),
        ("38:2::9:8:7", Sgr(ink=(9, 8, 7))),
        ("38;5;999;1", Sgr(ink=255, bold=True)),
        ("4:3", Sgr(underline=True)),
        ("4:0", PLAIN),
        ("38", PLAIN),
        ("38;5", PLAIN),
        ("8;5;25;77;99999999999", PLAIN),
    ],
)
def test_each_colour_sequence_is_understood_or_means_nothing(codes: str, state: Sgr) -> None:
    assert after(PLAIN, codes) == state


def test_what_was_switched_on_can_be_switched_off_again() -> None:
    on = after(PLAIN, "1;2;3;4;7;9;31;41")
    assert after(on, "22;23;24;27;29;39;49") == PLAIN == after(on, "0")


@given(COLOUR, COLOUR)
def test_any_colour_can_be_read_on_any_ground(ink: ansi.Rgb, ground: ansi.Rgb) -> None:
    assert contrast(readable(ink, ground), ground) >= ansi.READABLE


@given(st.one_of(st.none(), st.integers(0, 255), COLOUR), st.one_of(st.none(), st.integers(0, 255)), st.booleans())
def test_no_log_can_hide_its_text_by_colours(ink: int | ansi.Rgb | None, ground: int | None, reverse: bool) -> None:
    style = ansi.style(Sgr(ink=ink, ground=ground, reverse=reverse, dim=True), (220, 220, 220), (18, 18, 18), MONOKAI)
    behind = style.bgcolor.get_truecolor() if style.bgcolor else (18, 18, 18)
    assert style.color is not None
    assert contrast(tuple(style.color.get_truecolor()), tuple(behind)) >= ansi.READABLE


@given(st.text(alphabet="ab\x1b[;m0138é日\t\r\x07", max_size=40))
def test_text_is_the_same_with_colours_and_without(text: str) -> None:
    data = text.encode()
    shown = "".join(piece for piece, _ in runs(data))
    assert shown.replace("◌", "").split() == plain(data).replace("◌", "").split()
    assert "\x1b" not in shown and all(piece for piece, _ in runs(data))


def test_tabs_stop_at_the_same_columns_across_colours() -> None:
    assert (
        "".join(piece for piece, _ in runs(b"ab\x1b[31mc\td\x1b[0m\te")) == plain(b"abc\td\te") == "abc     d       e"
    )


def test_a_progress_bar_shows_its_last_state_or_all_of_them() -> None:
    assert plain(b" 10 %\r 50 %\r100 %\r") == "100 %"
    assert plain(b" 10 %\r 50 %\r100 %\r", whole=True) == " 10 %␍ 50 %␍100 %"


@pytest.mark.parametrize("size", SIZES)
async def test_colours_are_drawn_and_can_be_left_out(tmp_path: Path, size: tuple[int, int]) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"\x1b[31mred\x1b[0m and \x1b[1;48;5;21mbold\x1b[m\x1b[K\n")
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.pause()

        def styles() -> dict[str, object]:
            return {segment.text.strip(): segment.style for segment in app.view.render_line(0)}

        assert texts(app) == ["red and bold␛[K"]
        drawn = styles()
        assert drawn["red"].color != drawn["and"].color
        assert drawn["bold"].bold and drawn["bold"].bgcolor.get_truecolor() == (0, 0, 255)
        await pilot.press("A")
        assert texts(app) == ["red and bold␛[K"]
        assert "colours of the log are left out" in status(app)
        assert not any(style.bold for style in styles().values())
        await pilot.press("A")
        assert styles()["red"].color == drawn["red"].color


async def test_a_failure_that_a_log_colours_is_one(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"\x1b[32mINFO\x1b[0m fine\n2026-11-22 \x1b[1;31mERROR\x1b[0m index is locked\n")
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.pause()
        assert ["✗" in row for row in rows(app)[:2]] == [False, True]
        app.view.action_errors_only()
        await until(pilot, lambda: texts(app) == ["2026-11-22 ERROR index is locked"])


@pytest.mark.parametrize("size", SIZES)
async def test_carriage_returns_are_shown_whole_on_demand(tmp_path: Path, size: tuple[int, int]) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"10 %\r50 %\r99 %\nend\n")
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.pause()
        assert texts(app) == ["99 %", "end"]
        await pilot.press("R")
        assert texts(app) == ["10 %␍50 %␍99 %", "end"]
        await pilot.press("R")
        assert texts(app) == ["99 %", "end"]


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_else_that_a_log_asks_for_reaches_the_terminal(tmp_path: Path, size: tuple[int, int]) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(
        b"\x1b]52;c;aGF4\x07\x1bP1$r\x1b\\\x1b[2J\x1b[10;10H\x1b[?1049l\x08\x0e\x9d\xc2\x9b31m\n"
        b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ \xe2\x80\xae\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d\n"
    )
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("w", "A", "R")
        for row in screen(app):
            assert row.isprintable()
            assert not set(row) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@pytest.mark.parametrize("size", SIZES)
async def test_columns_stay_right_whatever_the_letters(tmp_path: Path, size: tuple[int, int]) -> None:
    log = tmp_path / "a.log"
    lines = [
        "שלום עולם 123 abc",
        "مرحبا بالعالم",
        "日本語のログ" * 9,
        "e\u0301" * 30,
        "👩\u200d🔬 lab",
        "\x1b[31mשלום\x1b[0m",
    ]
    log.write_text("\n".join(lines) + "\n")
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("g")
        for keys in (["right"], ["left"], ["w"]):
            await pilot.press(*keys)
            width = app.view.scrollable_content_region.width
            for y in range(app.view.size.height):
                strip = app.view.render_line(y)
                assert strip.cell_length == width == cell_len(strip.text)
        # From right to left is shown in the order of the file, behind a gutter that stays where it is.
        assert rows(app)[0] == "   1▸  שלום עולם 123 abc"
