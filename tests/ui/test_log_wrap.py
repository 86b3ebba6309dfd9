"""Long lines that go on below themselves: moving, paging and following go by lines."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment

from incident_console.tui.log import wrap
from tests.ui.logbench import NARROW, SIZES, Bench, append, numbered, rows, status, texts, until


@given(st.text(alphabet="ab日本e\u0301 ", max_size=60), st.integers(2, 12))
def test_pieces_are_the_line_and_none_is_too_wide(text: str, width: int) -> None:
    pieces = [
        "".join(segment.text for segment in piece) for piece in wrap.cut([Segment(text[:7]), Segment(text[7:])], width)
    ]
    assert "".join(pieces) == text
    assert all(cell_len(piece) <= width for piece in pieces)
    assert len(pieces) >= 1 and all(pieces[1:])


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.integers(1, 12))
def test_the_last_page_ends_with_the_last_line(heights: list[int], page: int) -> None:
    top = wrap.top_of_last_page(len(heights), page, heights.__getitem__)
    shown = wrap.fill(top, len(heights), page, heights.__getitem__)
    assert shown[-1] == (len(heights) - 1, heights[-1] - 1)
    assert len(shown) == min(page, sum(heights))


@pytest.mark.parametrize("size", SIZES)
async def test_a_wrapped_line_is_read_whole_and_following_keeps_its_end_in_view(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(numbered(50) + b"x" * 200 + b" THE END\n")
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("w")
        assert "".join(texts(app)).endswith("THE END")
        assert "".join(texts(app)).count("x") == 200
        assert "followin" in status(app)
        assert [row for row in rows(app) if "↳" in row]
        append(log, b"y" * 200 + b" LAST\n")
        app.view.refresh_from_disk()
        assert "".join(texts(app)).endswith("LAST")
        await pilot.press("w")
        assert texts(app)[-1].endswith("›")


async def test_the_cursor_and_pages_move_by_lines(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"".join(b"%03d " % n + b"." * 70 + b" end %d\n" % n for n in range(40)))
    async with Bench().run_test(size=NARROW) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("w", "home")
        assert texts(app)[0].startswith("000")
        await pilot.press("down", "down")
        assert app.view.cursor_row == 2
        before = app.view.cursor_row
        await pilot.press("pagedown")
        assert 1 < app.view.cursor_row - before < 10
        for _ in range(60):
            await pilot.press("down")
            shown = "\n".join(texts(app))
            assert f"end {app.view.cursor_row}" in shown
        assert app.view.cursor_row == 39
        for _ in range(60):
            await pilot.press("up")
            assert f"{app.view.cursor_row:03d} ." in "\n".join(texts(app))
        assert app.view.cursor_row == 0


async def test_a_line_taller_than_the_screen_is_read_page_by_page(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    words = [b"%04d" % n for n in range(300)]
    log.write_bytes(b"first\n" + b" ".join(words) + b"\nlast\n")
    async with Bench().run_test(size=NARROW) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("w", "home", "down")
        seen = ""
        for _ in range(30):
            seen += " ".join(texts(app)) + " "
            if app.view.cursor_row == 2:
                break
            await pilot.press("down")
        assert app.view.cursor_row == 2
        assert all(word.decode() in seen.replace(" ", "") for word in words)
        await pilot.press("up", *["pageup"] * 20)
        assert texts(app)[0] == "first"


async def test_the_wheel_and_a_resize_keep_a_wrapped_log_in_order(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"".join(b"%03d " % n + b"." * (n * 7 % 160) + b" end %d\n" % n for n in range(80)))
    async with Bench().run_test(size=NARROW) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("w")
        for _ in range(12):
            app.view.scroll_up(animate=False)
            await pilot.pause()
        assert not app.view.following
        assert any("▸" in row for row in rows(app))
        first = app.view._shown[0][0]
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert app.view._shown[0][0] == first
        for _ in range(200):
            app.view.scroll_down(animate=False)
        await pilot.pause()
        assert texts(app)[-1].endswith("end 79")


async def test_an_endless_line_is_cut_and_says_how_long_it_is(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with log.open("wb") as file:
        file.write(b"head ")
        file.truncate(100_000_000)
    async with Bench().run_test(size=NARROW) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("w", "home")
        await until(pilot, lambda: texts(app)[0].startswith("head "))
        await pilot.press("end")
        assert "(100 MB line)" in "".join(texts(app)[-2:]).replace("\n", "")


async def test_a_click_on_any_row_of_a_wrapped_line_takes_that_line(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"a" * 100 + b"\n" + b"b" * 100 + b"\n")
    async with Bench().run_test(size=NARROW) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("w")
        second = next(y for y, row in enumerate(rows(app)) if "b" in row)
        await pilot.click(app.view, offset=(12, second + 2))
        assert app.view.cursor_row == 1
        await pilot.click(app.view, offset=(12, 2))
        assert app.view.cursor_row == 0
