"""What the console says before anybody asked it anything."""

from pathlib import Path

from incident_console.tui.app import Console
from incident_console.tui.ask import Ask
from incident_console.tui.doings import doings
from incident_console.tui.rung import RungRows
from tests.ui.scene import MEDIUM, SMALL, WIDE, RunLog, drawn, flat, kinds, opened, place, screen, shows, types, until


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
        await shows(pilot, "1  Name the symptom", "to complete this rung: answer “Compared with what”", pane="#rung")
        answers = app.incident.rungs["symptom"].answers
        assert set(answers) == {"surface", "scope", "sentence"} and answers["sentence"].text == sentence
        await until(pilot, lambda: app.query_one(RungRows).row == "field:comparison")
        await pilot.press("enter")
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
        while len(app.screen_stack) > 1:  # the pages that the palette opens without an incident
            await pilot.press("escape")
        await pilot.press(*["backspace"] * 14, "enter")  # letters look for a choice
        await until(pilot, lambda: app.session is not None)
        assert app.focused is not None and app.focused.id == "inbox", "the pane in view: the palette went there last"
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 0


async def test_a_run_in_which_nothing_failed_says_what_is_out_of_the_ordinary(tmp_path: Path) -> None:
    here = place(tmp_path, "a-discovery-widened-v9")
    async with opened(here.plan(), SMALL) as (app, pilot):
        await shows(pilot, "no failure so far", "out of the ordinary, by the run's own files", pane="#facts")
        assert "is A with a file ending" in flat(app, "#facts")
