"""All logs as one stream: what the log pane shows first, and the way to a line's own file and back."""

from pathlib import Path

import pytest

from incident_console.events import LogPinned
from incident_console.record.incident import Incident
from incident_console.session.logs import LogEntry, log_entries
from incident_console.tui.log.view import LogView
from incident_console.tui.logs import LogList
from incident_console.tui.stream import entry_of
from tests.ui.scene import SMALL, WIDE, Place, flat, opened, place, shows, until


def append(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


@pytest.fixture
def here(tmp_path: Path) -> Place:
    """A folder with two logs whose lines stand in turns."""
    made = place(tmp_path)
    logs = made.workdir / "logs"
    logs.mkdir()
    append(logs / "a.log", "2026-11-22 10:00:01 a begins", "2026-11-22 10:00:03 a goes on")
    append(logs / "b.log", "2026-11-22 10:00:02 b begins", "2026-11-22 10:00:04 ERROR b failed", "  because of c")
    return made


async def test_several_logs_are_shown_first_as_one_stream_by_time(here: Place) -> None:
    async with opened(here.plan(), WIDE) as (app, pilot):
        await shows(pilot, "all logs, by time", "because of c")
        text = flat(app)
        assert text.index("a begins") < text.index("b begins") < text.index("a goes on") < text.index("ERROR b failed")
        append(here.workdir / "logs" / "a.log", "2026-11-22 10:00:05 a is done")
        await shows(pilot, "a is done", "following")


async def test_a_log_that_appears_is_in_the_stream(here: Place) -> None:
    async with opened(here.plan(), WIDE) as (_, pilot):
        await shows(pilot, "because of c")
        append(here.workdir / "logs" / "late.log", "2026-11-22 10:00:09 late begins")
        await shows(pilot, "late begins")


async def test_enter_opens_the_lines_own_file_there_and_backspace_goes_back(here: Place) -> None:
    async with opened(here.plan(), SMALL) as (app, pilot):
        view = app.query_one(LogView)
        await until(pilot, lambda: view.whole_source is not None and view.whole_source.several)
        await pilot.press("tab", "tab")
        await shows(pilot, "because of c")
        await pilot.press("up", "up", "enter")
        await until(pilot, lambda: view.path == here.workdir / "logs" / "a.log")
        await until(pilot, lambda: view.cursor_row == 1)
        await pilot.press("backspace")
        await shows(pilot, "all logs, by time")


async def test_a_line_that_is_pinned_in_the_stream_is_pinned_in_its_own_file(here: Place) -> None:
    async with opened(here.plan(), SMALL) as (app, pilot):
        view = app.query_one(LogView)
        await until(pilot, lambda: view.whole_source is not None and view.whole_source.several)
        await pilot.press("tab", "tab")
        await shows(pilot, "because of c")
        await pilot.press("shift+up", "p")
        await until(pilot, lambda: any(isinstance(item.event, LogPinned) for item in app.incident.evidence))
        (event,) = [item.event for item in app.incident.evidence if isinstance(item.event, LogPinned)]
        assert (event.path, event.lines) == ("logs/b.log", (2, 3))


async def test_the_stream_is_the_first_row_of_the_list(here: Place) -> None:
    async with opened(here.plan(), WIDE) as (app, pilot):
        await shows(pilot, "2 logs as one")
        listed = app.query_one(LogList)
        assert listed.row == "stream"
        app.screen.set_focus(listed)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.query_one(LogView).path is not None)
        append(here.workdir / "logs" / "c.log", "2026-11-22 10:00:09 c begins")
        await shows(pilot, "3 logs as one")
        assert app.query_one(LogView).path is not None, "what the operator opened stays"


def test_what_a_run_says_on_its_terminal_is_not_told_twice() -> None:
    run = LogEntry("file:/w/run.log", "run log", "run", Path("/w/run.log"))
    output = LogEntry("file:/o", "output of snakemake", "running", Path("/o"), twin=True)
    job = LogEntry("file:/w/b.log", "align B", "running", Path("/w/b.log"))
    assert "2 logs" in entry_of((run, output, job))[0].told
    assert "2 logs" in entry_of((output, job))[0].told
    assert entry_of((run, output)) == ()


async def test_the_stream_is_as_it_was_left_filter_and_line(here: Place) -> None:
    async with opened(here.plan(), SMALL) as (app, pilot):
        view = app.query_one(LogView)
        await until(pilot, lambda: view.whole_source is not None and view.whole_source.several)
        await pilot.press("tab", "tab")
        await shows(pilot, "because of c")
        view.set_filter("file:logs/b.log")
        await shows(pilot, "3 of 5 lines match")
        await pilot.press("up", "enter")
        await until(pilot, lambda: view.path == here.workdir / "logs" / "b.log")
        append(here.workdir / "logs" / "b.log", "2026-11-22 10:00:06 b once more")
        await shows(pilot, "b once more")
        await pilot.press("backspace")
        await shows(pilot, "4 of 6 lines match", "paused")
        await until(pilot, lambda: view.cursor_row == 1)


def test_what_queries_left_is_no_part_of_the_stream(tmp_path: Path) -> None:
    asked, ran = tmp_path / "asked.log", tmp_path / "ran.log"
    asked.write_text("Building DAG of jobs...\n")
    ran.write_text("x\n")
    entries = log_entries(None, Incident(), tmp_path, [asked, ran, tmp_path / "more.log"], {asked})
    assert {entry.label: entry.state for entry in entries}["asked.log"] == "query"
    (row,) = entry_of(entries)
    assert row.told == "2 logs as one"
