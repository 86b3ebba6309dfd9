"""The run pane: jobs by rule, failures by cause, what is flaky, cost and end; and the cost in the facts."""

import time
from pathlib import Path

import pytest
from textual.pilot import Pilot

from incident_console.session import understanding
from incident_console.session.eta import Remaining
from incident_console.snakemake.cost import Cost
from incident_console.tui import costbar
from incident_console.tui.app import Console
from incident_console.tui.facts import Facts
from incident_console.tui.log.view import LogView
from incident_console.tui.runpane import RunPane, ending
from tests.ui.scene import SMALL, WIDE, RunLog, drawn, opened, place, screen, shows, until

COST = Cost(1.0, 2.0, 0.0, 7.0, 10.0, "tool", "high", ("tool: a reason",), ())


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is weighed is weighed as soon as something changes."""
    monkeypatch.setattr(understanding, "EVERY_S", 0.05)


async def to_row(pilot: Pilot[int], app: Console, start: str) -> None:
    """Put the cursor of the run pane on the row whose id begins so."""
    pane = app.query_one(RunPane)
    await until(pilot, lambda: any((option.id or "").startswith(start) for option in pane.options))
    pane.put_cursor(next(option.id or "" for option in pane.options if (option.id or "").startswith(start)))
    await pilot.pause()


def failing(here_root: Path, count: int) -> RunLog:
    """A run in which one rule failed for so many samples, each with its own log."""
    run = RunLog(here_root, planned=count)
    for jobid in range(1, count + 1):
        run.starts("align", jobid, f"S{jobid}", f"reading S{jobid}\nERROR: the index of S{jobid} is locked\nbye\n")
        run.fails("align", jobid, f"S{jobid}")
    run.ends()
    return run


@pytest.mark.parametrize("size", [SMALL, WIDE, (200, 50)])
async def test_u_shows_jobs_by_rule_with_states_and_durations(tmp_path: Path, size: tuple[int, int]) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), size) as (app, pilot):
        await pilot.press("u")
        await shows(pilot, "run: jobs by rule", "median", "longest", "done", pane="#run")
        assert app.picture.known is not None
        share = costbar.percent(app.picture.known.cost, "tool")
        await shows(pilot, "◆ tool", share, "cost: no class dominates (undetermined)", pane="#run")


async def test_the_states_of_a_rule_change_while_the_run_goes_on(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir, planned=3)
    run.starts("align", 1, "A")
    run.starts("align", 2, "B")
    async with opened(here.tiny(), (200, 50)) as (app, pilot):
        await pilot.press("u")
        await until(pilot, lambda: row(app, "align")[:6] == ["align", "3", "2", "·", "·", "·"])
        run.finishes("align", 1)
        run.fails("align", 2, "B", again=True)
        run.starts("align", 2, "B")
        await until(pilot, lambda: row(app, "align")[:6] == ["align", "3", "1", "1", "·", "1"])


def row(app: Console, rule: str) -> list[str]:
    """The cells of a rule's line."""
    lines = [line.split("│") for line in screen(app).splitlines()]
    cells = [part.split() for line in lines for part in line]
    return next((found for found in cells if found[:1] == [rule]), [])


async def test_forty_failed_samples_are_one_line_that_opens(tmp_path: Path) -> None:
    here = place(tmp_path)
    failing(here.workdir, 40)
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await pilot.press("u")
        await to_row(pilot, app, "cause:")
        await shows(pilot, "✗ align × 40", "S1, S2, S3, S4, S5, S6 and 34 more", "failed for good", pane="#run")
        await pilot.press("space")
        pane = app.query_one(RunPane)
        assert sum((option.id or "").startswith("member:") for option in pane.options) == 40
        await pilot.press("space")
        assert not any((option.id or "").startswith("member:") for option in pane.options)


async def test_enter_on_a_cause_opens_its_rule_log_at_the_failing_line(tmp_path: Path) -> None:
    here = place(tmp_path)
    failing(here.workdir, 2)
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await pilot.press("u")
        await to_row(pilot, app, "cause:")
        await pilot.press("space", "down", "down", "enter")
        view = app.query_one(LogView)
        await until(pilot, lambda: view.path == here.workdir / "logs/S2/align.log" and view.cursor_row == 1)
        assert app.focused is view
        assert view.selected_bytes().startswith(b"ERROR: the index of S2 is locked")


async def test_the_attempt_that_a_retry_wrote_over_opens_as_it_was_kept(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir, planned=1)
    run.starts("align", 1, "B", "one\nFATAL: index is locked\n")
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await until(pilot, lambda: app.picture.run is not None and bool(app.picture.run.jobs))
        run.fails("align", 1, "B", again=True)
        run.starts("align", 1, "B", "all is well\n")
        run.finishes("align", 1)
        await until(pilot, lambda: any(line.kind == "attempt.kept" for line in app.incident.lines))
        await pilot.press("u")
        await to_row(pilot, app, "unsteady:")
        await shows(pilot, "flaky: align failed in this run, for B, succeeded on retry", pane="#run")
        await pilot.press("enter")
        view = app.query_one(LogView)
        await until(pilot, lambda: view.path is None and view.cursor_row == 1)
        assert view.selected_bytes().startswith(b"FATAL: index is locked")


async def test_enter_on_a_rule_opens_the_log_of_the_job_that_matters(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir, planned=2)
    run.starts("align", 1, "A", "fine\n")
    run.finishes("align", 1)
    run.starts("align", 2, "B", "at it\n")
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await pilot.press("u")
        await to_row(pilot, app, "rule:align")
        await pilot.press("enter")
        await until(pilot, lambda: app.query_one(LogView).path == here.workdir / "logs/B/align.log")


async def test_the_end_is_said_to_be_unknown_where_nothing_tells(tmp_path: Path) -> None:
    here = place(tmp_path)
    RunLog(here.workdir, planned=2).starts("align", 1, "A")
    async with opened(here.tiny(), WIDE) as (_, pilot):
        await pilot.press("u")
        await shows(pilot, "end: unknown", "no run that is known has finished align yet", pane="#run")


async def test_many_jobs_are_a_row_a_rule_and_lists_are_cut_with_a_count(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir, planned=3000)
    now = time.strftime("[%a %b %d %H:%M:%S %Y]", time.localtime())
    run.write(
        "".join(
            f"{now}\nrule align:\n    output: o{n}\n    jobid: {n}\n    wildcards: sample=S{n}\n"
            f"{now}\nError in rule align:\n    jobid: {n}\n    output: o{n}\n"
            "    (command exited with non-zero exit code)\n"
            for n in range(1, 3000)
        )
    )
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await pilot.press("u")
        await to_row(pilot, app, "cause:")
        await pilot.press("space")
        pane = app.query_one(RunPane)
        await until(pilot, lambda: any((option.id or "").startswith("more:") for option in pane.options))
        assert pane.option_count < 100


async def test_the_facts_tell_the_cost_in_a_line_that_leads_to_the_run(tmp_path: Path) -> None:
    here = place(tmp_path, "e-slow-rule-v9")
    async with opened(here.plan(), SMALL) as (app, pilot):
        facts = app.query_one(Facts)
        await until(pilot, lambda: any(option.id == "cost" for option in facts.options))
        facts.put_cursor("cost")
        await pilot.press("enter")
        await shows(pilot, "run: jobs by rule", "dominant", pane="#run")
        assert app.focused is app.query_one(RunPane)


async def test_nothing_is_drawn_while_nothing_changes(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), WIDE) as (app, pilot):
        await pilot.press("u")
        await until(pilot, lambda: app.picture.known is not None)
        await drawn(pilot, app)
        pane = app.query_one(RunPane)
        prompts = [option.prompt for option in pane.options]
        app.stale()
        await drawn(pilot, app)
        assert all(before is after.prompt for before, after in zip(prompts, pane.options, strict=True))


async def test_the_ladder_leads_to_the_run(tmp_path: Path) -> None:
    here = place(tmp_path, "e-slow-rule-v9")
    async with opened(here.plan(), WIDE) as (app, pilot):
        await until(pilot, lambda: app.picture.known is not None)
        await shows(pilot, "u run: jobs by rule", "◆ tool", pane="#ladder")
        await pilot.press("shift+tab", "end", "up", "up", "up", "enter")
        await until(pilot, lambda: app.focused is app.query_one(RunPane))


async def test_hostile_names_are_shown_not_obeyed(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir, planned=1)
    run.starts("align", 1, "[red]\x1b[31mB", "ERROR: [bold]\x1b]0;title\x07 \u202eevil\n")
    run.fails("align", 1, "[red]\x1b[31mB", message="[link=x]\x1b[2J")
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await pilot.press("u")
        await to_row(pilot, app, "cause:")
        assert not any(ord(c) < 32 or c in "\u202e\x9b" for c in screen(app).replace("\n", ""))


@pytest.mark.parametrize("width", [30, 46, 70, 76, 150])
def test_the_bar_fits_its_line_and_says_each_class_in_a_word(width: int) -> None:
    text = costbar.line(COST, width).plain
    assert len(text) <= max(width, 50)
    assert all(word in text for word in ("plan", "sched", "stor", "tool", "70 %"))
    if width >= 46:
        assert all(content.cell_length <= width for _, content in costbar.table(COST, width))


def test_the_bar_grows_with_the_share_and_shows_the_least() -> None:
    assert costbar.bar(0.001, 10).strip() and not costbar.bar(0.0, 10).strip()
    assert len(costbar.bar(0.5, 10).strip()) == 5 and costbar.bar(1.0, 10) == "█" * 10 == costbar.bar(7.0, 10)


def test_no_class_is_called_dominant_that_the_evidence_does_not_carry() -> None:
    unsure = Cost(1.0, 4.0, 0.0, 5.0, 10.0, "undetermined", "low", (), ("benchmark files",))
    assert costbar.verdict(unsure) == "no class dominates (undetermined): benchmark files"
    assert "dominant" not in "".join(content.plain for _, content in costbar.table(unsure, 80))
    assert costbar.verdict(COST) == "tool dominates, confidence high"


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (0, 1, "end: due by now  by one earlier run"),
        (0, 40, "end: in 0s to 40s, 00:16:40Z to 00:17:20Z  by one earlier run"),
        (60, 60, "end: in about 1m, 00:17:40Z  by one earlier run"),
    ],
)
def test_an_end_that_is_due_does_not_move_on_with_the_clock(low: int, high: int, told: str) -> None:
    assert ending(Remaining(low, high, 1000.0, "by one earlier run")).plain == told
