"""Notes, actions, the brief, the record, the hand-off, the end."""

from datetime import datetime, timedelta
from pathlib import Path

from incident_console.tui.handover import HandoverScreen
from incident_console.tui.texts import TextScreen
from tests.ui.scene import MEDIUM, SMALL, RunLog, closed, flat, kinds, opened, place, screen, shows, types, until


async def test_a_note_says_whether_it_is_a_fact_an_inference_or_a_decision(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("n")
        await shows(pilot, "Note  ◉ fact  ○ inference  ○ decision  F2 changes it")
        await types(pilot, "it is late", "f2")
        await shows(pilot, "○ fact  ◉ inference")
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.incident.notes))
        (note,) = app.incident.notes.values()
        assert (note.text, note.nature) == ("it is late", "inference")


async def test_a_note_is_taken_with_one_enter_and_its_draft_keeps_what_it_is(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("n")
        await types(pilot, "half", "f2", "f2", "escape")
        await closed(pilot)
        await pilot.press("n")
        await shows(pilot, "◉ decision", "half")
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.incident.notes))
        await pilot.press("n")
        await shows(pilot, "◉ fact")
        await types(pilot, "one", "enter")
        await until(pilot, lambda: len(app.incident.notes) == 2)
        assert [(note.text, note.nature) for note in app.incident.notes.values()] == [
            ("half", "decision"),
            ("one", "fact"),
        ]


async def test_of_several_questions_one_can_go_back_and_sees_which_may_stay_empty(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("a")
        await shows(pilot, "1/4  What was done?")
        assert "may stay empty" not in screen(app)
        await types(pilot, "heldd", "enter", *"full", "enter")
        await shows(pilot, "3/4  When?  (may stay empty)", "shift+tab step back")
        await types(pilot, "5 min ago", "shift+tab")
        await shows(pilot, "2/4  Why?", "full")
        await pilot.press("shift+tab")
        await shows(pilot, "1/4  What was done?", "heldd")
        await pilot.press("backspace", "enter")
        await shows(pilot, "2/4  Why?", "full")
        await pilot.press("enter")
        await shows(pilot, "3/4  When?", "5 min ago")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: bool(app.incident.actions))
        (action,) = app.incident.actions.values()
        assert action.text == "held"


async def test_an_action_is_recorded_and_its_result_told_through_the_palette(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("a")
        await shows(pilot, "What was done?")
        await types(pilot, "held", "enter", *"full", "enter", *"10 min ago", "enter", *"calm", "enter")
        await until(pilot, lambda: bool(app.incident.actions))
        (action,) = app.incident.actions.values()
        recorded = next(line.at for line in app.incident.lines if line.kind == "action.taken")
        ago = datetime.fromisoformat(recorded) - datetime.fromisoformat(action.at)
        assert timedelta(minutes=9, seconds=50) < ago < timedelta(minutes=11)
        await closed(pilot)
        await pilot.press("ctrl+p")
        await shows(pilot, "Search: action")
        await pilot.press(*"action's result", "enter")
        await shows(pilot, "Which action?", "held")
        await pilot.press("enter")
        await shows(pilot, "What came of it?")
        await types(pilot, "calm now", "enter")
        await until(pilot, lambda: [action.result for action in app.incident.actions.values()] == ["calm now"])


async def test_an_actions_result_is_told_by_a_key_on_its_row_of_the_timeline(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("a")
        await types(pilot, "held", "enter", *"full", "enter", "enter", "enter")
        await until(pilot, lambda: bool(app.incident.actions))
        await shows(pilot, "l, then = on its row tells its result", pane="ToastRack")
        await pilot.press("l")
        await shows(pilot, "action: held", "= result")
        await pilot.press("equals_sign")
        await shows(pilot, "What came of it? (held)")
        await types(pilot, "calm", "enter")
        await until(pilot, lambda: [action.result for action in app.incident.actions.values()] == ["calm"])
        await pilot.press("g")
        await until(pilot, lambda: "= result" not in screen(app))


async def test_the_brief_and_the_record_are_pages_that_close_again(tmp_path: Path) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), SMALL) as (app, pilot):
        await pilot.press("b")
        await shows(pilot, "─ Brief ─", "c copies")
        await pilot.press("c", "escape")
        await pilot.pause()
        assert "─ Brief ─" not in screen(app) and app.clipboard
        await pilot.press("d")
        await shows(pilot, "─ Record ─")
        await pilot.press("q")
        await pilot.pause()
        assert app.is_running and "─ Record ─" not in screen(app)


async def test_an_incident_is_closed_with_outcome_and_proof_and_only_once(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        for again in (False, True):
            await pilot.press("K")
            if again:
                break
            await shows(pilot, "How did it end?")
            await types(pilot, "ok", "enter")
            await shows(pilot, "Is the cause known?")
            await pilot.press("enter")
            await shows(pilot, "What proves it")
            await types(pilot, "the rerun", "enter", *"a test", "enter")
            await until(pilot, lambda: app.incident.closed is not None)
            await closed(pilot)
        await shows(pilot, "the incident is closed (ok)", pane="Toast")
        assert kinds(app).count("incident.closed") == 1


async def test_severity_impact_and_deadline_stand_in_the_brief_once_said(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("s")
        await shows(pilot, "1/3", "How severe is it?")
        await types(pilot, "2", "enter", *"late", "enter", *"noon", "enter")
        await until(pilot, lambda: app.incident.deadline == "noon")
        await closed(pilot)
        await pilot.press("b")
        await shows(pilot, "Impact: late (severity 2)", "Deadline: noon")


async def test_a_page_over_an_open_question_keeps_its_keys_when_something_else_asks(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), MEDIUM) as (app, pilot):
        await pilot.press("n")
        await shows(pilot, "Note  ◉ fact")
        await app.push_screen(TextScreen("a page", "that took long to come"))
        await app.desk.say.note()
        await pilot.press("escape")
        assert len(app.screen_stack) == 1
        await types(pilot, "still here")
        await shows(pilot, "still here", pane="#ask")


async def test_a_question_of_a_page_is_asked_on_it_even_when_another_page_was_opened_over_it(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), MEDIUM) as (app, pilot):
        await pilot.press("h")
        await shows(pilot, "only you can say still silent")
        page = app.screen
        assert isinstance(page, HandoverScreen)
        await app.push_screen(TextScreen("a page", "that was opened before the question could be"))
        page.action_write()
        await pilot.pause()
        await pilot.press("escape")
        assert len(app.screen_stack) == 2
        await shows(pilot, "Enter takes", pane="#ask")


async def test_the_brief_tells_how_the_run_stands_now(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1, "A")
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await until(pilot, lambda: "run.seen" in kinds(app))
        run.fails("align", 1, "A")
        await until(pilot, lambda: app.picture.run is not None and app.picture.run.failed == 1)
        await pilot.press("b")
        await until(pilot, lambda: "1 failed" in flat(app, "#page") and "seen now" in flat(app, "#page"))
