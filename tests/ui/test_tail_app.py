"""`incident-console tail` under one's hands: the stream, the list of files, one file alone, help and palette."""

from __future__ import annotations

import bz2
import lzma
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from incident_console.tail.places.named import Named, Names
from incident_console.tail.source import Line
from incident_console.tui.log.app import TailApp, Wanted
from incident_console.tui.log.files import Files, states
from incident_console.tui.log.list import FileList
from incident_console.tui.log.view import LogView


@asynccontextmanager
async def opened(root: Path, *words: str, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Pilot[None]]:
    names = Names(words, root)
    wanted = Wanted(file=names.one_file) if names.one_file is not None else Wanted(names=names)
    async with TailApp(wanted).run_test(size=size) as pilot:
        yield pilot


def screen(pilot: Pilot[None]) -> str:
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("it never came true; on the screen:\n" + screen(pilot))
        await pilot.pause(0.02)


async def shows(pilot: Pilot[None], *texts: str) -> None:
    await until(pilot, lambda: all(text in screen(pilot) for text in texts))


async def hides(pilot: Pilot[None], text: str) -> None:
    await until(pilot, lambda: text not in screen(pilot))


def write(path: Path, text: str, age_s: float | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)
    if age_s is not None:
        os.utime(path, (time.time() - age_s, time.time() - age_s))


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    write(tmp_path / "logs" / "A" / "align.log", "from A\n", 300)
    write(tmp_path / "logs" / "B" / "align.log", "from B\nERROR it broke\n", 200)
    write(tmp_path / "logs" / "run.log", "from the run\n", 100)
    return tmp_path


def listed(pilot: Pilot[None]) -> list[str]:
    files = pilot.app.query_one(FileList)
    return [file.label for file in files.shown]


async def test_one_file_has_no_list(logs: Path) -> None:
    async with opened(logs, "logs/run.log") as pilot:
        await shows(pilot, "from the run", "following")
        assert not pilot.app.query(FileList)
        await until(pilot, lambda: isinstance(pilot.app.focused, LogView))


async def test_a_folder_is_a_stream_and_a_list_with_the_newest_first(logs: Path) -> None:
    async with opened(logs, "logs") as pilot:
        await shows(pilot, "from A", "from B", "from the run", "3 files")
        assert listed(pilot) == ["run.log", "B/align.log", "A/align.log"]
        write(logs / "logs" / "A" / "align.log", "more from A\n")
        await shows(pilot, "more from A", "+12 B")
        await until(pilot, lambda: listed(pilot)[0] == "A/align.log")


async def test_the_list_counts_errors_near_the_end_of_a_file(logs: Path) -> None:
    async with opened(logs, "logs") as pilot:
        await shows(pilot, "3 files", "✗1")
        row = next(row for row in screen(pilot).splitlines() if "✗1" in row)
        assert "B/align.log" in row


async def test_files_come_and_go(logs: Path) -> None:
    async with opened(logs, "logs/**/*.log") as pilot:
        await shows(pilot, "from the run", "3 files")
        write(logs / "logs" / "C" / "count.log", "from C\n")
        await shows(pilot, "from C", "4 files")
        (logs / "logs" / "C" / "count.log").unlink()
        await shows(pilot, "gone")
        await shows(pilot, "from C")


async def test_enter_in_the_list_opens_a_file_alone_and_backspace_goes_back(logs: Path) -> None:
    async with opened(logs, "logs") as pilot:
        await shows(pilot, "from A", "3 files")
        await pilot.press("tab", "end", "enter")
        await hides(pilot, "from the run")
        await shows(pilot, "from A")
        write(logs / "logs" / "run.log", "while one looked elsewhere\n")
        await pilot.press("backspace")
        await shows(pilot, "from A", "from the run", "while one looked elsewhere")
        assert pilot.app.focused is pilot.app.query_one("#stream")


async def test_escape_goes_back_to_the_stream(logs: Path) -> None:
    async with opened(logs, "logs") as pilot:
        await shows(pilot, "from A", "3 files")
        await pilot.press("tab", "enter")
        await hides(pilot, "from A")
        await pilot.press("escape")
        await shows(pilot, "from A", "from the run")


async def test_a_line_of_the_stream_is_opened_in_its_own_file(logs: Path) -> None:
    write(logs / "logs" / "run.log", "".join(f"line {number}\n" for number in range(200)))
    async with opened(logs, "logs") as pilot:
        await shows(pilot, "line 199", "3 files")
        await pilot.press("home", "end", "up", "enter")
        await until(pilot, lambda: bool(pilot.app.query("#log-view")))
        await hides(pilot, "all files, by time")
        view = pilot.app.query_one("#log-view", LogView)
        assert view.path == logs / "logs" / "run.log"
        await until(pilot, lambda: view.cursor_row == 199)


async def test_the_list_is_filtered_while_one_types(logs: Path) -> None:
    async with opened(logs, "logs") as pilot:
        await shows(pilot, "3 files")
        await pilot.press("tab", "slash", "a", "/", "a", "l")
        await until(pilot, lambda: listed(pilot) == ["A/align.log"])
        await pilot.press("enter")
        assert isinstance(pilot.app.focused, FileList)
        await shows(pilot, "1 of 3 files")
        await pilot.press("slash", "escape")
        await until(pilot, lambda: len(listed(pilot)) == 3)


async def test_the_cursor_stays_on_its_file_when_rows_move(logs: Path) -> None:
    async with opened(logs, "logs") as pilot:
        await shows(pilot, "3 files")
        await pilot.press("tab", "down")
        write(logs / "logs" / "A" / "align.log", "more from A\n")
        await until(pilot, lambda: listed(pilot) == ["A/align.log", "run.log", "B/align.log"])
        await pilot.press("enter")
        await shows(pilot, "ERROR it broke")
        assert pilot.app.query_one("#log-view", LogView).path == logs / "logs" / "B" / "align.log"


async def test_a_folder_without_files_waits_and_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path, "logs/") as pilot:
        await shows(pilot, "Waiting for the folder", "0 files")
        write(tmp_path / "logs" / "A" / "align.log", "from A\n")
        await shows(pilot, "from A", "1 file")


async def test_help_is_made_of_the_keys_that_work_now(logs: Path) -> None:
    async with opened(logs, "logs") as pilot:
        await shows(pilot, "3 files")
        for key in ("question_mark", "f1"):
            await pilot.press(key)
            await shows(pilot, "Help", "in the stream")
            await pilot.press("escape")
            await hides(pilot, "in the stream")
        await pilot.press("tab", "question_mark")
        await shows(pilot, "Help", "in the list of logs", "Open this file alone")
        assert "evidence" not in screen(pilot)


async def test_the_palette_does_what_the_keys_do(logs: Path) -> None:
    async with opened(logs, "logs") as pilot:
        await shows(pilot, "3 files")
        await pilot.press("ctrl+p")
        await pilot.press(*"help")
        await shows(pilot, "Every key that works now")
        await pilot.press("enter")
        await shows(pilot, "─ Help ─")


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_a_key_that_does_nothing_says_why_until_the_next_one(logs: Path, size: tuple[int, int]) -> None:
    async with opened(logs, "logs", size=size) as pilot:
        await shows(pilot, "3 files", "from A", "quit")
        for key, told in (
            ("Z", "⊘ Z is no key here; ? shows those that are"),
            ("p", "⊘ p: a line is pinned to an incident, and here is none"),
            ("backspace", "⊘ ⌫: this is the stream of all files; q leaves"),
        ):
            await pilot.press(key)
            await until(pilot, lambda told=told: screen(pilot).splitlines()[-1].strip().startswith(told))  # type: ignore[misc]
            await pilot.press("j")
            await until(pilot, lambda: "⊘" not in screen(pilot))


async def test_what_needs_several_logs_says_so_over_one(logs: Path) -> None:
    async with opened(logs, "logs/run.log") as pilot:
        await shows(pilot, "from the run", "quit")
        for key in ("escape", "z", "tab", "right_curly_bracket"):
            await pilot.press(key)
            await shows(pilot, ": there is this one log; q leaves")
            await pilot.press("j")
            await until(pilot, lambda: "⊘" not in screen(pilot))


async def test_what_is_typed_below_the_log_is_never_refused(logs: Path) -> None:
    async with opened(logs, "logs/run.log") as pilot:
        await shows(pilot, "from the run", "quit")
        await pilot.press("slash", "Z", "9", "p")
        await shows(pilot, "Z9p")
        assert "⊘" not in screen(pilot)


async def test_the_palette_says_what_can_be_typed_where_nothing_fits(logs: Path) -> None:
    async with opened(logs, "logs", size=(80, 24)) as pilot:
        await shows(pilot, "3 files")
        await pilot.press("ctrl+p", *"zzzzqx")
        await shows(pilot, "Nothing fits zzzzqx", "Part of an action or a theme can be typed; Esc goes back.")


async def test_nothing_is_said_of_evidence_where_there_is_no_incident(logs: Path) -> None:
    async with opened(logs, "logs/run.log") as pilot:
        await shows(pilot, "from the run", "quit")
        assert "pin" not in screen(pilot).splitlines()[-1]


async def test_a_screen_of_80_by_24_has_room_for_list_and_stream(logs: Path) -> None:
    async with opened(logs, "logs", size=(80, 24)) as pilot:
        await shows(pilot, "run.log", "3 files", "from A", "from the run", "quit")


async def test_markup_in_a_name_is_text(tmp_path: Path) -> None:
    write(tmp_path / "logs" / "[bold]x[b].log", "text\n")
    async with opened(tmp_path, "logs") as pilot:
        await shows(pilot, "[bold]x[b].log", "1 file")


async def test_hundreds_of_files_that_change_at_once_all_have_their_lines_in_the_stream(tmp_path: Path) -> None:
    paths = [tmp_path / "logs" / f"job{number:03}.log" for number in range(300)]
    for path in paths:
        write(path, "begun\n", 100)
    async with opened(tmp_path, "logs") as pilot:
        await shows(pilot, "300 files")
        for path in paths:
            write(path, f"ended {path.stem}\n")

        def ended() -> int:
            source = pilot.app.query_one("#stream", LogView).source
            rows = (source.row(row) for row in range(source.row_count)) if source is not None else ()
            return len({row.text for row in rows if isinstance(row, Line) and row.text.startswith(b"ended ")})

        await until(pilot, lambda: ended() == 300)


async def test_compressed_logs_are_said_not_to_be_in_the_stream(logs: Path) -> None:
    (logs / "o.xz").write_bytes(lzma.compress(b"old\n"))
    (logs / "o.bz2").write_bytes(bz2.compress(b"older\n"))
    async with opened(logs, "o.xz", "o.bz2", size=(80, 24)) as pilot:
        await shows(pilot, "2 files", "2 compressed files are not in the stream: enter in the list opens one")
        await hides(pilot, "There are no log files")


def test_what_is_new_in_a_file_is_counted_through_rotations_and_truncations(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    write(log, "x" * 215)
    files = Files({})
    files.add([Named(log, 215, 0.0)])
    files.take(states([log]))
    (file,) = files.newest_first()
    assert file.new == 0
    log.rename(tmp_path / "a.log.1")
    write(log, "y" * 219)
    assert files.take(states([log])) == [log]
    assert file.new == 219
    write(log, "z")
    files.take(states([log]))
    log.write_text("anew")
    files.take(states([log]))
    assert file.new == 224
    log.unlink()
    files.take(states([log]))
    assert (file.gone, file.new) == (True, 224)
    write(log, "back")
    files.take(states([log]))
    assert file.new == 228
