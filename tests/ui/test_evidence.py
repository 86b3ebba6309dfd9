"""Capturing evidence: progress, cancelling, consent, trust, pins, and the inbox."""

import os
from pathlib import Path

from incident_console.events import EvidenceCaptured, EvidenceFailed
from incident_console.tui.rung import RungRows
from tests.ui.scene import (
    MEDIUM,
    RUNBOOK,
    SMALL,
    WIDE,
    RunLog,
    closed,
    kinds,
    opened,
    place,
    screen,
    shows,
    types,
    until,
)


async def test_what_is_captured_opens_in_the_log_pane_and_the_cursor_goes_on(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("2")
        await shows(
            pilot,
            "say echo hello, it says",
            "○ not captured (needed): What does it say?",
            "to complete this rung: capture say",
            pane="#rung",
        )
        await pilot.press("c")
        await shows(pilot, "✓ captured", "rc 0", "▸ complete this rung", pane="#rung")
        await shows(pilot, "$ echo 'hello, it says'", "-- exit code 0", pane="#log-view")
        await until(pilot, lambda: app.query_one(RungRows).row == "evidence:slow")
        await pilot.press("end", "enter")
        await until(pilot, lambda: app.incident.open_rung == "decide")
        assert "rung.completed" in kinds(app)


async def test_a_command_shows_that_it_runs_and_x_ends_it_as_cancelled(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("2", "down", "c")
        await shows(pilot, "⟳ running", "x cancels", "x cancel")
        await pilot.press("c")
        await shows(pilot, "It is running already")
        await pilot.press("n")
        await shows(pilot, "Note")
        await types(pilot, "busy", "enter", "enter")  # the console answers meanwhile
        await until(pilot, lambda: "note.added" in kinds(app))
        await closed(pilot)
        await pilot.press("x")
        await shows(pilot, "✗ cancelled")
        (failed,) = [item.event for item in app.incident.evidence]
        assert isinstance(failed, EvidenceFailed) and failed.reason.startswith("cancelled")
        assert "x cancel" not in screen(app).split("\n")[-1]


async def test_leaving_ends_a_command_that_runs_and_records_that(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("2", "down", "c")
        await shows(pilot, "⟳ running")
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 0
    assert '"reason":"cancelled' in (here.record / "journal.jsonl").read_text()


async def test_a_command_that_writes_is_asked_about_and_no_leaves_no_trace(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        before = kinds(app)
        await pilot.press("2", "down", "down", "enter")
        await shows(pilot, "touch written.txt — writes files of the workflow. Run it?", "no, do not run it")
        await pilot.press("enter")  # the first choice is no
        await closed(pilot)
        assert kinds(app) == before and not (here.workdir / "written.txt").exists()
        await pilot.press("enter")
        await shows(pilot, "Run it?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: "evidence.captured" in kinds(app))
        assert (here.workdir / "written.txt").exists()


async def test_a_command_that_ended_badly_has_no_tick(tmp_path: Path) -> None:
    here = place(tmp_path)
    failing = RUNBOOK.replace('run: [echo, "hello, it says"]', "run: [sh, -c, exit 3]")
    assert failing != RUNBOOK
    async with opened(here.tiny(text=failing), SMALL) as (_, pilot):
        await pilot.press("2", "c")
        await shows(pilot, "! say", "! captured", "rc 3", pane="#rung")


async def test_a_runbook_that_nobody_trusts_runs_nothing_and_says_why(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(trusted=False), SMALL) as (app, pilot):
        before = kinds(app)
        await pilot.press("2", "c")
        await shows(pilot, "nobody has trusted it", "What it would run")
        await pilot.press("escape")
        await shows(pilot, "exactly as it was shown", pane="#ask")
        await pilot.press("escape", "down", "down", "c")
        await shows(pilot, "What it would run")
        assert kinds(app) == before and "Run it?" not in screen(app)


async def test_what_a_person_sees_is_evidence_too(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("2", "down", "down", "down", "enter")
        await shows(pilot, "What do you see?", pane="#ask")
        await types(pilot, "md5 names", "enter")
        await closed(pilot)
        await shows(pilot, "✓ seen say what you see", pane="#rung")
        (item,) = app.incident.evidence
        assert isinstance(item.event, EvidenceCaptured) and item.event.item == "seen"


async def test_a_line_is_pinned_to_the_inbox_and_filed_from_there(tmp_path: Path) -> None:
    here = place(tmp_path)
    RunLog(here.workdir)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("tab", "tab", "home", "p")
        await shows(pilot, "pinned to the inbox")
        await until(pilot, lambda: len(app.incident.inbox) == 1)
        await pilot.press("i")
        await shows(pilot, "─ inbox ─", "◂ ")
        await pilot.press("down", "m")
        await shows(pilot, "Which rung does it belong to?", "1 Symptom", "3 Decide")
        await pilot.press("down", "enter")
        await closed(pilot)
        await shows(pilot, "Nothing waits here")
        await pilot.press("2")
        await shows(pilot, "2  Look", "◂ ")
        assert "evidence.filed" in kinds(app)


async def test_a_pin_made_on_an_open_rung_belongs_to_it(tmp_path: Path) -> None:
    here = place(tmp_path)
    RunLog(here.workdir)
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await pilot.press("2", "shift+tab", "enter")
        await until(pilot, lambda: app.incident.open_rung == "look")
        app.query_one("#log-view").focus()
        await pilot.press("home", "shift+down", "p")
        await shows(pilot, "pinned to look")
        await until(pilot, lambda: "log.pinned" in kinds(app))
        assert app.incident.evidence[-1].rung == "look"


async def test_kept_attempts_wait_in_the_inbox_and_stand_in_the_list_of_logs(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1, "A", "FATAL first\n")
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await until(pilot, lambda: app.picture.run is not None and bool(app.picture.run.jobs))
        run.fails("align", 1, "A", again=True)
        await shows(pilot, "attempt kept", "align A attempt 1 failed; its log is kept", pane="Toast")
        run.starts("align", 1, "A", "fine\n")
        run.finishes("align", 1)
        await shows(pilot, "↻ align A ①✗ ②✓", "◂ align A attempt 1 kept", pane="#log-list")
        await pilot.press("i", "down", "enter")
        await shows(pilot, "FATAL first", "-- its block of the run log --", pane="#log-view")
        row = next(n for n, line in enumerate(screen(app).split("\n")) if "◂ align A" in line)
        await pilot.click(offset=(110, row))
        await shows(pilot, "FATAL first", pane="#log-view")


async def test_an_attempt_that_was_gone_before_is_told_as_lost(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1, "A", "FATAL first\n")
    run.fails("align", 1, "A", again=True)
    run.starts("align", 1, "A", "fine\n")
    run.finishes("align", 1)
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await shows(pilot, "↻ align A ①✗ ②✓", "∅ align A attempt 1 lost", pane="#log-list")
        await pilot.press("tab", "home", "down", "down", "enter")
        await shows(pilot, "the console was opened after the retry", pane="Toast")
        assert app.is_running


async def test_of_several_files_that_a_glob_names_the_row_says_which_was_taken(tmp_path: Path) -> None:
    here = place(tmp_path)
    for day, when in (("22", 2_000_000_000), ("23", 1_900_000_000)):
        log = here.workdir / f"export-{day}.log"
        log.write_text(f"day {day}\n")
        os.utime(log, (when, when))
    text = RUNBOOK.replace('run: [echo, "hello, it says"], effects: read-only', "file: 'export-*.log'")
    async with opened(here.tiny(text=text), MEDIUM) as (app, pilot):
        assert app.session is not None
        await pilot.press("2", "c")
        await until(pilot, lambda: "evidence.captured" in kinds(app))
        await shows(pilot, "the newest that matches: export-22.log", pane="#rung")


async def test_of_a_log_that_the_console_picks_the_row_says_which_it_was(tmp_path: Path) -> None:
    here = place(tmp_path)
    (here.workdir / "logs").mkdir()
    (here.workdir / "logs/south.log").write_text("ERROR south: upload refused\n")
    (here.workdir / "logs/north.log").write_text("INFO north: done\n")
    text = RUNBOOK.replace('run: [echo, "hello, it says"], effects: read-only', "pick: failing-log")
    async with opened(here.tiny(text=text), MEDIUM) as (app, pilot):
        assert app.session is not None
        await pilot.press("2", "c")
        await until(pilot, lambda: "evidence.captured" in kinds(app))
        await shows(pilot, "picked: logs/south.log", pane="#rung")
