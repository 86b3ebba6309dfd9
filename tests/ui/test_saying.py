"""Notes, actions, the brief, the record, the hand-off, the end."""

from datetime import datetime, timedelta
from pathlib import Path

from incident_console.tui.ask import Ask
from incident_console.tui.handover import HandoverScreen
from incident_console.tui.texts import TextScreen
from tests.ui.scene import MEDIUM, SMALL, closed, kinds, opened, place, screen, shows, types, until


async def test_a_note_says_whether_it_is_a_fact_an_inference_or_a_decision(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("n")
        await shows(pilot, "1/2 Note")
        await types(pilot, "it is late", "enter")
        await shows(pilot, "2/2 Is that a fact, an inference or a decision?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: bool(app.incident.notes))
        (note,) = app.incident.notes.values()
        assert (note.text, note.nature) == ("it is late", "inference")


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
            await pilot.press("ctrl+p")
            await shows(pilot, "Search: action")
            await pilot.press(*"close the inc", "enter")
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
        await shows(pilot, "1/2 Note")
        await app.push_screen(TextScreen("a page", "that took long to come"))
        await app.desk.say.note()
        await pilot.press("escape")
        assert len(app.screen_stack) == 1
        await types(pilot, "still here")
        assert app.query_one(Ask).is_open
        assert "still here" in screen(app)


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
