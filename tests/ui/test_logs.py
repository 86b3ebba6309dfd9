"""The list of logs and the open one, as they stand in the console: following, opening, pinning what was kept."""

import hashlib
from pathlib import Path

import pytest
from textual.pilot import Pilot

from incident_console.events import AttemptKept, LogPinned
from incident_console.record.incident import Incident
from incident_console.session.logs import log_entries
from incident_console.snakemake.run import Attempt, Job, Run
from incident_console.tui.app import Console
from incident_console.tui.log.view import LogView
from incident_console.tui.logs import LogList
from tests.ui.scene import MEDIUM, SMALL, WIDE, Place, RunLog, flat, opened, place, shows, until


def lines(first: int, last: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, last + 1))


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture
def here(tmp_path: Path) -> Place:
    """A folder without Snakemake whose only log is logs/app.log."""
    made = place(tmp_path)
    (made.workdir / "logs").mkdir()
    (made.workdir / "logs" / "app.log").write_bytes(lines(1, 40))
    return made


def view(app: Console) -> LogView:
    return app.query_one(LogView)


async def test_a_log_that_was_not_shown_follows_when_it_is_and_when_the_screen_changes(here: Place) -> None:
    log = here.workdir / "logs" / "app.log"
    async with opened(here.plan(), SMALL) as (app, pilot):
        await until(pilot, lambda: view(app).path == log)
        append(log, lines(41, 101))
        await pilot.press("tab", "tab")
        await shows(pilot, "line 101", "following · line 101 of 101")
        for size in (MEDIUM, (80, 10), WIDE, SMALL):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await pilot.press("shift+tab", "tab")
        append(log, lines(102, 110))
        await shows(pilot, "line 110", "following · line 110 of 110")
        await pilot.press("pageup")
        append(log, lines(111, 112))
        await shows(pilot, "paused, 2 new lines")


async def test_enter_on_the_only_log_goes_to_it_although_it_is_open_already(here: Place) -> None:
    async with opened(here.plan(), SMALL) as (app, pilot):
        await shows_list(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is view(app) and view(app).is_on_screen)
        await shows(pilot, "line 40", "following")


async def test_keys_of_the_log_move_nothing_while_it_is_not_on_screen(here: Place) -> None:
    append(here.workdir / "logs" / "app.log", b"ERROR index is locked\n" + lines(42, 60))
    async with opened(here.plan(), SMALL) as (app, pilot):
        await shows_list(app, pilot)
        await until(pilot, lambda: view(app).cursor_row == 60 - 1)
        await pilot.press("E", "e", "slash", "p", "home")
        await pilot.pause()
        assert (view(app).cursor_row, view(app).following) == (59, True)
        assert not app.query("SearchBar")
        await shows(pilot, "The log is not on screen")
        await pilot.press("enter", "E")
        await until(pilot, lambda: view(app).cursor_row == 40)


async def shows_list(app: Console, pilot: Pilot[int]) -> None:
    await until(pilot, lambda: bool(app.picture.logs))
    await pilot.press("tab")
    await shows(pilot, "logs/app.log", pane="#log-list")
    assert app.focused is app.query_one(LogList)


async def test_a_line_of_a_kept_attempt_is_pinned_under_the_name_of_its_log(tmp_path: Path) -> None:
    made = place(tmp_path)
    run = RunLog(made.workdir)
    run.starts("align", 1, "A", "FATAL first\nlast words\n")
    async with opened(made.tiny(), WIDE) as (app, pilot):
        await until(pilot, lambda: app.picture.run is not None and bool(app.picture.run.jobs))
        run.fails("align", 1, "A", again=True)
        await shows(pilot, "attempt 1 kept", "23 B + its block", pane="#log-list")
        kept = next(item for item in app.incident.evidence if isinstance(item.event, AttemptKept))
        await app.desk.climb.show_item(kept.seq)
        await pilot.press("home", "p")
        pinned = await pin(app, pilot)
        assert pinned.path == "logs/A/align.log (attempt 1, kept)"
        assert (pinned.lines, pinned.bytes, pinned.inode, pinned.surface) == ((1, 1), (0, 11), None, "rule-log")
        assert pinned.sha256 == hashlib.sha256(b"FATAL first").hexdigest()


async def test_a_line_of_its_block_is_pinned_under_the_run_logs_name_and_number(tmp_path: Path) -> None:
    made = place(tmp_path)
    run = RunLog(made.workdir)
    run.starts("align", 1, "A", "FATAL first\nlast words")
    async with opened(made.tiny(), WIDE) as (app, pilot):
        await until(pilot, lambda: app.picture.run is not None and bool(app.picture.run.jobs))
        run.fails("align", 1, "A", again=True)
        await shows(pilot, "attempt 1 kept", "+ its block", pane="#log-list")
        kept = next(item for item in app.incident.evidence if isinstance(item.event, AttemptKept))
        await app.desk.climb.show_item(kept.seq)
        await pilot.press("end", "p")
        pinned = await pin(app, pilot)
        assert isinstance(kept.event, AttemptKept) and kept.event.run_lines is not None and pinned.lines is not None
        assert pinned.path == f"{kept.event.run_log} (attempt 1, kept)" and pinned.surface == "run-log"
        assert kept.event.run_log is not None
        text = app.desk.view.record.blobs.get(pinned.sha256)
        assert (made.workdir / kept.event.run_log).read_bytes().split(b"\n")[pinned.lines[0] - 1] == text


async def test_a_line_of_captured_evidence_is_pinned_under_its_name(tmp_path: Path) -> None:
    made = place(tmp_path)
    async with opened(made.tiny(), WIDE) as (app, pilot):
        await pilot.press("2", "c")
        await until(pilot, lambda: bool(app.incident.evidence))
        seq = app.incident.evidence[0].seq
        await app.desk.climb.show_item(seq)
        await pilot.press("home", "down", "p")
        pinned = await pin(app, pilot)
        assert pinned.path == f"evidence #{seq} say"
        assert (pinned.lines, pinned.surface) == ((2, 2), "diff")
        assert pinned.sha256 == hashlib.sha256(b"hello, it says").hexdigest()


async def pin(app: Console, pilot: Pilot[int]) -> LogPinned:
    await until(pilot, lambda: any(line.kind == "log.pinned" for line in app.incident.lines))
    event = app.incident.evidence[-1].event
    assert isinstance(event, LogPinned)
    await until(pilot, lambda: "pinned to" in flat(app, "Toast"))
    return event


def test_a_log_that_two_rules_write_to_is_one_row_and_says_so(tmp_path: Path) -> None:
    jobs = (
        Job(1, "align", {"sample": "A"}, "succeeded", (Attempt(1, outcome="succeeded"),), ("logs/both.log",)),
        Job(2, "count", {"sample": "A"}, "failed", (Attempt(1, outcome="failed"),), ("logs/both.log", "logs/own.log")),
        Job(3, "sort", {}, "succeeded", (Attempt(1, outcome="succeeded"),)),
    )
    glob = tmp_path / "other.log"
    found = log_entries(Run("run.log", jobs=jobs), Incident(), tmp_path, [glob, glob, tmp_path / "logs" / "own.log"])
    assert [entry.label for entry in found] == [
        "run log",
        "count A (both.log) and 1 other job",
        "count A (own.log)",
        "sort",
        "other.log",
    ]
    assert len({entry.key for entry in found}) == len(found)
