"""Notes, actions, escalation, the brief, the record, the hand-off, the end."""

import zipfile
from pathlib import Path

from tests.ui.scene import MEDIUM, SMALL, closed, flat, kinds, opened, place, screen, shows, types, until


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
        await types(pilot, "held", "enter", *"full", "enter", *"calm", "enter")
        await until(pilot, lambda: bool(app.incident.actions))
        await closed(pilot)
        await pilot.press("ctrl+p")
        await shows(pilot, "Search for commands")
        await pilot.press(*"action's result", "enter")
        await shows(pilot, "Which action?", "held")
        await pilot.press("enter")
        await shows(pilot, "What came of it?")
        await types(pilot, "calm now", "enter")
        await until(pilot, lambda: [action.result for action in app.incident.actions.values()] == ["calm now"])


async def test_an_escalation_is_drafted_from_the_trigger_that_holds(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        assert app.session is not None
        app.session.answer("decide", {"decision": "review", "reason": "r"})
        await pilot.press("3")
        await shows(pilot, "⚑ escalate to the reviewers", "It changes what is meant.")
        await pilot.press("exclamation_mark")
        await shows(pilot, "1/4", "the reviewers", pane="#ask")
        await pilot.press("enter")
        await shows(pilot, "2/4")
        await pilot.press("enter")
        await shows(pilot, "3/4")
        await pilot.press("enter")
        await shows(pilot, "4/4", "It changes what is meant.", pane="#ask")
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.incident.escalations))
        (raised,) = app.incident.escalations.values()
        assert raised.event.to == "the reviewers" and raised.event.trigger == "It changes what is meant."


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


async def test_a_hand_off_asks_what_it_cannot_know_and_leaves_a_page_with_bundle_head_and_gaps(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        assert app.session is not None
        await pilot.press("h")
        await shows(pilot, "1/9", "Who takes it")
        await types(pilot, "ben", "enter")
        for number in range(2, 10):
            await shows(pilot, f"{number}/9", "empty stands as unknown")
            await pilot.press("enter")
        await shows(pilot, "─ Hand-off written ─", "Written as unknown", "do_not_touch", "incident-console accept")
        (bundle,) = tmp_path.glob("*.zip")
        told = "".join(flat(app, "#page").split())
        assert str(bundle) in told and app.session.head in told
        with zipfile.ZipFile(bundle) as zipped:
            assert any(name.endswith("data/HANDOFF.md") for name in zipped.namelist())
        await pilot.press("escape")
        await pilot.pause()
        await pilot.press("h")
        await shows(pilot, "1/9")
        await types(pilot, "eve", "enter", *(["enter"] * 8))
        await shows(pilot, "─ Hand-off written ─", "-2.zip")


async def test_an_incident_is_closed_with_outcome_and_proof_and_only_once(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        for again in (False, True):
            await pilot.press("ctrl+p")
            await shows(pilot, "Search for commands")
            await pilot.press(*"close the inc", "enter")
            if again:
                break
            await shows(pilot, "How did it end?")
            await types(pilot, "ok", "enter")
            await shows(pilot, "What proves it")
            await types(pilot, "the rerun", "enter")
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
