"""Going to a line, to a time, from mark to mark, and from a stream to the file that a line is from."""

from pathlib import Path

import pytest

from incident_console.tail.merging.merged import Member, Merged
from tests.ui.logbench import NARROW, SIZES, SMALL, Bench, append, numbered, rows, status, texts, until


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "run.log"
    path.write_bytes(
        b"".join(b"2026-11-22T13:%02d:%02dZ INFO line %d\n" % (n // 60, n % 60, n + 1) for n in range(600))
    )
    return path


def at_cursor(app: Bench) -> str:
    return next((row for row in rows(app) if "▸" in row or "◈" in row), "")


@pytest.mark.parametrize("size", SIZES)
async def test_a_line_is_gone_to_by_its_number_or_by_a_part_of_the_log(log: Path, size: tuple[int, int]) -> None:
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("colon", *"123", "enter")
        await until(pilot, lambda: app.view.cursor_row == 122)
        assert app.focused is app.view and not app.view.following
        await pilot.press("colon", *"50%", "enter")
        await until(pilot, lambda: app.view.cursor_row == 300)
        await pilot.press("colon", *"9999", "enter")
        await until(pilot, lambda: app.view.cursor_row == 599)
        assert "there are 600 lines" in status(app)
        await pilot.press("colon", *"x", "enter")
        assert "is no line" in status(app)
        await pilot.press("escape")
        assert app.view.cursor_row == 599


async def test_a_line_of_a_big_log_is_gone_to_once_the_lines_are_counted(log: Path) -> None:
    log.write_bytes(b"".join(b"%07d %s\n" % (n, b"." * 90) for n in range(60_000)))
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("colon", *"1000", "enter")
        await until(pilot, lambda: "0000999" in at_cursor(app))


@pytest.mark.parametrize("size", SIZES)
async def test_a_time_is_gone_to(log: Path, size: tuple[int, int]) -> None:
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("t", *"2026-11-22T13:05:07Z", "enter")
        await until(pilot, lambda: app.view.cursor_row == 307)
        assert "from 2026-11-22 13:05:07Z" in status(app)
        await pilot.press("t", *"nonsense", "enter")
        assert app.query("LogBar")
        assert "nonsense" in status(app)
        await pilot.press("escape")
        await pilot.press("t", *"2030-01-01", "enter")
        await until(pilot, lambda: "no line of 2030-01-01" in status(app))
        log.write_bytes(b"no time here\n" * 20)
        app.view.refresh_from_disk()
        await pilot.press("t", *"2026-11-22T13:05:07Z", "enter")
        await until(pilot, lambda: "no times in this log" in status(app))


@pytest.mark.parametrize("size", SIZES)
async def test_marks_are_set_seen_gone_to_and_taken_away(log: Path, size: tuple[int, int]) -> None:
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("right_square_bracket")
        assert "no line is marked" in status(app)
        await pilot.press("home", "m")
        assert at_cursor(app).startswith("   1◈")
        await pilot.press("down", "down", "m", "down")
        assert [row[:5] for row in rows(app) if "◆" in row] == ["   1◆", "   3◆"]
        await pilot.press("left_square_bracket")
        assert app.view.cursor_row == 2
        await pilot.press("left_square_bracket")
        assert app.view.cursor_row == 0
        await pilot.press("left_square_bracket")
        assert app.view.cursor_row == 2 and "no more marks above" in status(app)
        await pilot.press("m", "end", "right_square_bracket")
        assert app.view.cursor_row == 0
        append(log, b"more\n")
        app.view.refresh_from_disk()
        assert "◈" in at_cursor(app)


async def test_following_again_tells_how_many_lines_came_meanwhile(log: Path) -> None:
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("up")
        append(log, numbered(37))
        app.view.refresh_from_disk()
        await until(pilot, lambda: "paused, 37 new lines · f follows" in status(app))
        await pilot.press("f")
        assert "37 lines came meanwhile · following" in status(app)
        assert texts(app)[-1] == "line 37"


# -- several files as one ----------------------------------------------------------------------------------------


def stream(*files: Path) -> Merged:
    merged = Merged("all")
    merged.set_members([Member(path, label=path.name.removesuffix(".log")) for path in files])
    return merged


@pytest.mark.parametrize("size", SIZES)
async def test_lines_of_several_files_say_which_one_they_are_from(tmp_path: Path, size: tuple[int, int]) -> None:
    one, two = tmp_path / "align.log", tmp_path / "a-very-long-name-of-a-sample-B.log"
    one.write_bytes(b"2026-11-22T13:00:01Z first\n2026-11-22T13:00:03Z ERROR third\n")
    two.write_bytes(b"2026-11-22T13:00:02Z second\n")
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        source = stream(one, two)
        app.view.open(source, "all files")
        await pilot.pause()
        assert "following" in status(app)
        shown = rows(app)[:3]
        names = [row.split()[0].rstrip("▸✗") for row in shown]
        long = names[1]
        assert names == ["align", long, "align"] and long.startswith("…") and long.endswith("ple-B")
        assert len({row.index("2026") for row in shown}) == 1
        assert "✗" in shown[2]
        colours = {segment.text.strip(): segment.style.color for y in (0, 1) for segment in app.view.render_line(y)}
        assert colours["align"] != colours[long]
        append(two, b"2026-11-22T13:00:04Z fourth\n")
        source.changed({two})
        app.view.changed({two})
        assert rows(app)[3].startswith(long)


async def test_enter_asks_for_the_file_that_a_line_is_from(tmp_path: Path) -> None:
    one, two = tmp_path / "align.log", tmp_path / "count.log"
    one.write_bytes(b"2026-11-22T13:00:01Z first\n2026-11-22T13:00:03Z third\n")
    two.write_bytes(b"2026-11-22T13:00:02Z second\n")
    async with Bench().run_test(size=NARROW) as pilot:
        app = pilot.app
        app.view.open(stream(one, two), "all files")
        await pilot.press("up", "enter")
        await until(pilot, lambda: app.asked_for)
        (message,) = app.asked_for
        assert message.path == two
        app.view.show(two)
        app.view.go_to(message.place)
        await until(pilot, lambda: not app.view.following and app.view.selected_bytes().endswith(b"second"))
        await pilot.press("enter")
        assert len(app.asked_for) == 1


async def test_lines_of_several_files_are_selected_as_text(tmp_path: Path) -> None:
    one, two = tmp_path / "align.log", tmp_path / "count.log"
    one.write_bytes(b"2026-11-22T13:00:01Z first\n")
    two.write_bytes(b"2026-11-22T13:00:02Z second\n")
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.open(stream(one, two), "all files")
        await pilot.press("shift+up")
        chosen = app.view.selection()
        assert chosen is not None and chosen.path is None and chosen.title == "all files"
        assert app.view.selected_bytes() == b"2026-11-22T13:00:01Z first\n2026-11-22T13:00:02Z second"
        await pilot.press("escape", "e")
        await until(pilot, lambda: "no errors in this log" in status(app))
        app.view.search("first")
        await until(pilot, lambda: app.view.cursor_row == 0)


async def test_a_time_before_the_log_begins_is_told(log: Path) -> None:
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("t", *"2026-11-22T12:00:00Z", "enter")
        await until(pilot, lambda: "this log begins at 2026-11-22 13:00:00Z" in status(app))
        assert app.view.cursor_row == 0


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_found_far_to_the_right_is_scrolled_into_view(log: Path, size: tuple[int, int]) -> None:
    log.write_bytes(b"left needle\n" + b"x" * 300 + b"needle" + b"y" * 300 + b"\n")
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("home")
        app.view.search("needle")
        await until(pilot, lambda: "xneedley" in at_cursor(app))
        app.view.search("needle", forward=False)
        await until(pilot, lambda: "left needle" in at_cursor(app))
        assert app.view.left == 0
        await pilot.press("w")
        app.view.search("needle")
        await until(pilot, lambda: app.view.cursor_row == 1)
        assert app.view.left == 0


async def test_a_stream_that_is_only_a_part_says_so_and_so_do_its_answers(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(numbered(9_000))
    source = Merged("all")
    source.set_members(Member(tmp_path / name, name) for name in "ab")
    async with Bench().run_test(size=(160, 24)) as pilot:
        app = pilot.app
        app.view.open(source, "all files")
        await until(pilot, lambda: "newest 5,000 lines of 2 files" in status(app))
        for ask in (lambda: app.view.search("nothing"), lambda: app.view.action_errors(True)):
            app.view.tell("")
            ask()
            await until(pilot, lambda: "in the part shown: open a file alone to search all of it" in status(app))
        app.view.tell("")
        app.view.set_filter("nothing")
        told = "No line matches in the part shown: open a file alone to search all of it"
        await until(pilot, lambda: told in status(app))
        assert "0 of 5000 lines match" in status(app)
