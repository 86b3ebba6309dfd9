"""What the console says before anybody asked it anything."""

import shutil
from dataclasses import replace
from pathlib import Path

from textual import events
from textual.widget import Widget

from incident_console.tui.app import Console
from incident_console.tui.ask import Ask
from incident_console.tui.doings import doings
from incident_console.tui.facts import Facts
from incident_console.tui.rung import RungRows
from tests.ui.scene import MEDIUM, SMALL, WIDE, RunLog, drawn, flat, kinds, opened, place, screen, shows, types, until


def wheel_down(widget: Widget) -> events.MouseScrollDown:
    return events.MouseScrollDown(widget, 2, 2, 0, 1, 0, shift=False, meta=False, ctrl=False, screen_x=2, screen_y=6)


CORPUS = Path(__file__).parents[1] / "corpus"


async def test_the_first_screen_tells_what_is_known_of_the_run_without_asking(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1, "A", "index loaded\nFATAL no index for A\n")
    run.starts("count", 2, "B")
    run.fails("align", 1, "A")
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await shows(pilot, "failures, by cause", "symptom, as drafted")
        seen = flat(app, "#facts")
        assert "● the run goes on" in seen
        assert "✗ align × 1 A failed for good" in seen
        assert "FATAL no index for A" in seen, "the line in which the job said why"
        assert "● count B attempt 1 since" in seen, seen
        assert f"run log .snakemake/log/{run.path.name}" in seen.replace("run log  ", "run log ")
        assert "Enter takes it" in seen


async def test_a_cause_says_whether_the_retry_helped(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan()) as (app, pilot):
        await shows(pilot, "failures, by cause")
        assert "↻ flaky × 1 recovered on retry" in flat(app, "#facts")


async def test_no_field_has_the_focus_when_it_opens_and_q_leaves_at_once(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), SMALL) as (app, pilot):
        assert app.focused is not None and app.focused.id == "facts"
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 0
    assert "All is saved in" in app.parting and " resume INC-" in app.parting


async def test_enter_answers_the_symptom_as_it_was_drafted_and_only_the_comparison_is_left(tmp_path: Path) -> None:
    here = place(tmp_path, "c2-deterministic-fail-stop-v9")
    async with opened(here.plan(), MEDIUM) as (app, pilot):
        await shows(pilot, "symptom, as drafted")
        sentence = app.picture.symptom
        assert sentence and "rung.entered" not in kinds(app)
        await pilot.press("enter")
        await shows(pilot, "1  Name the symptom", "? Compared with what: which run", pane="#rung")
        await shows(pilot, "Compared with what: which run", "Enter takes", pane="#ask")
        answers = app.incident.rungs["symptom"].answers
        assert set(answers) == {"surface", "scope", "sentence"} and answers["sentence"].text == sentence
        assert app.query_one(RungRows).row == "field:comparison"
        await types(pilot, "yesterday", "enter")
        await shows(pilot, "▸ complete this rung", pane="#rung")


async def test_a_symptom_told_before_the_run_failed_is_told_as_older(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1, "A", "FATAL\n")
    async with opened(here.plan(), WIDE) as (app, pilot):
        assert app.session is not None
        app.session.answer("symptom", {"sentence": "align is slow on A"})
        await until(pilot, lambda: "symptom" in app.incident.rungs)
        run.fails("align", 1, "A")
        await until(pilot, lambda: bool(app.picture.symptom))
        assert "told before the run failed" not in flat(app, "#facts")
        run.ends()
        await shows(pilot, "The symptom was told before the run failed", "folder ", "1-8 rungs", pane="#facts")


async def test_enter_on_a_cause_opens_the_log_that_says_why(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1, "A", "FATAL first try\n")
    async with opened(here.tiny()) as (app, pilot):
        await until(pilot, lambda: app.picture.run is not None and bool(app.picture.run.jobs))
        run.fails("align", 1, "A", again=True)
        await until(pilot, lambda: "attempt.kept" in kinds(app))
        run.starts("align", 1, "A", "second try went well\n")
        run.finishes("align", 1)
        await shows(pilot, "recovered on retry")
        await pilot.press("home", "down", "enter")
        await shows(pilot, "evidence #", "FATAL first try")
        assert app.focused is not None and app.focused.id == "log-view"


async def test_a_folder_without_snakemake_works_with_the_plain_runbook(tmp_path: Path) -> None:
    here = place(tmp_path)
    (here.workdir / "job.log").write_text("try 3 of 7: ERROR timed out\n")
    async with opened(here.plan(), MEDIUM) as (app, pilot):
        await shows(pilot, "no Snakemake run here", "No Snakemake run is seen here", "job.log")
        assert app.session is not None and app.session.runbook.id == "flaky-command"
        await pilot.press("1")
        await shows(pilot, "Name the symptom")
        await pilot.press("tab", "down", "enter")
        await shows(pilot, "try 3 of 7: ERROR timed out")


async def test_an_open_incident_is_offered_and_escape_changes_nothing(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan()) as (app, pilot):
        await drawn(pilot, app)
    again = Console(here.plan())
    async with again.run_test(size=SMALL, notifications=True) as pilot:
        await shows(pilot, "Go on with it?", here.record.name, "begin a new incident")
        await pilot.press("escape")
        await until(pilot, lambda: not again.is_running)
    assert again.return_value == 0 and len(list(here.who.records.glob("INC-*"))) == 1


async def test_keys_pressed_while_the_incident_is_being_opened_do_no_harm(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan()):
        pass
    app = Console(here.plan())  # asks which incident first: there is no session until it is answered
    async with app.run_test(size=MEDIUM, notifications=True) as pilot:
        await shows(pilot, "Go on with it?")
        app.screen.set_focus(app.query_one("#facts"))
        await until(pilot, lambda: app.focused is app.query_one(Ask).field)
        await pilot.press(*"nahbdrypi10cw", "exclamation_mark", "tab")
        assert app.focused is app.query_one(Ask).field
        assert app.session is None and "Go on with it?" in screen(app)
        for _, _, call in list(doings(app.desk)):
            call()
        await pilot.pause()
        await shows(pilot, "still being opened")
        while (pages := len(app.screen_stack)) > 1:  # those that the palette opens without an incident
            await pilot.press("escape")
            await until(pilot, lambda pages=pages: len(app.screen_stack) < pages)
        await pilot.press(*["backspace"] * 14, "enter")  # letters look for a choice
        await until(pilot, lambda: app.session is not None)
        assert app.focused is not None and app.focused.id == "inbox", "the pane in view: the palette went there last"
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 0


async def test_a_run_in_which_nothing_failed_says_what_is_out_of_the_ordinary(tmp_path: Path) -> None:
    here = place(tmp_path, "a-discovery-widened-v9")
    async with opened(here.plan(), SMALL) as (app, pilot):
        await shows(pilot, "out of the ordinary, by the run's own files", "symptom, as drafted", pane="#facts")
        seen = flat(app, "#facts")
        assert "no failure" in seen and "so far" not in seen, "the run is over"
        assert "others with a file ending" in seen
        await pilot.press("enter")
        await shows(pilot, "1  Name the symptom", pane="#rung")
        answers = app.incident.rungs["symptom"].answers
        assert set(answers) == {"surface", "sentence"} and "with a file ending" in answers["sentence"].text


async def test_what_was_reported_is_read_first_and_is_in_the_record(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    plan = replace(here.plan(), reported="The panel is flaky since Monday.", reported_by="the demo")
    async with opened(plan, SMALL) as (app, pilot):
        told = "reported: The panel is flaky since Monday. (as the demo tells it)"
        await shows(pilot, told, pane="#facts")
        assert told in flat(app, "#facts").partition("symptom, as drafted")[0], "read with the symptom that is drafted"
        assert [note.text for note in app.incident.notes.values() if told in note.text]


async def test_what_is_left_out_of_a_list_is_counted(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    planned = run.path.read_text().replace("count  0", "count  1\ntrim  1\nmerge  1\npack  8")
    run.path.write_text(planned)
    for jobid, rule in enumerate(("trim", "align", "merge", "count"), 1):
        run.starts(rule, jobid, "A", f"{rule} failed by chance\n")
        run.fails(rule, jobid, "A", again=True)
        run.starts(rule, jobid, "A")
    for jobid in range(5, 13):
        run.starts("pack", jobid, f"S{jobid}", "disk is slow\n")
        run.fails("pack", jobid, f"S{jobid}")
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await shows(pilot, "and 1 more rule tried more than once: u shows the run", pane="#facts")
        assert "S5, S6, S7, S8, S9, S10 and 2 more" in flat(app, "#facts")


async def test_a_run_that_failed_before_its_first_job_is_tried_again_by_nobody(tmp_path: Path) -> None:
    flow = tmp_path / "missing"
    shutil.copytree(CORPUS / "h-missing-input-v9" / "wd", flow)
    here = place(tmp_path)
    async with opened(replace(here.tiny(), workdir=flow), SMALL) as (app, pilot):
        await shows(pilot, "✗ a × 1", "before any job ran", pane="#facts")
        assert "being tried again" not in screen(app)


async def test_the_causes_stand_above_the_symptom_and_what_runs_below_it(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir, planned=12)
    for jobid, rule in enumerate(("trim", "align", "merge"), 1):
        run.starts(rule, jobid, "A", f"FATAL {rule} failed, and says why: the index is locked by another\n")
        run.fails(rule, jobid, "A")
    for jobid in range(5, 12):
        run.starts("count", jobid, f"S{jobid}")
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await shows(pilot, "✗ trim × 1 A failed for good", "▸ trim failed", pane="#facts")
        facts = app.query_one(Facts)
        assert "● count S11" not in flat(app, "#facts")
        for jobid in range(5, 12):
            run.finishes("count", jobid)
        run.starts("count", 12, "S12")
        await shows(pilot, "7/12")
        await drawn(pilot, app)
        assert "✗ trim × 1 A failed for good" in flat(app, "#facts") and facts.row == "symptom"
        for _ in range(4):
            facts.post_message(wheel_down(facts))
        await shows(pilot, "● count S12", "folder", pane="#facts")
        top = facts.scroll_offset.y
        run.fails("count", 12, "S12")
        run.ends()
        await until(pilot, lambda: app.picture.run is not None and app.picture.run.status == "failed")
        await drawn(pilot, app)
        assert facts.scroll_offset.y >= min(top, facts.max_scroll_y), "who scrolled there is left there"


async def test_enter_takes_the_symptom_also_of_a_run_that_fails_later(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir, planned=2)
    run.starts("align", 1)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await shows(pilot, "no failure so far", pane="#facts")
        run.fails("align", 1)
        await shows(pilot, "Enter takes it", pane="#facts")
        await shows(pilot, "Enter take it", "1 symptom")
        await pilot.press("j", "k", "k")
        run.starts("count", 2)
        run.fails("count", 2)
        await shows(pilot, "✗ count × 1", pane="#facts")
        await drawn(pilot, app)
        assert app.query_one(Facts).row not in (None, "symptom"), "who went elsewhere is left there"
