"""Boundaries are offered with their evidence, escalated again and again, answered; then the incident closes."""

from pathlib import Path

from incident_console.record.due import due_told
from incident_console.session.core import Session
from tests.ui.scene import MEDIUM, SMALL, closed, flat, kinds, opened, place, shows, types, until


async def test_a_trigger_that_holds_is_offered_with_what_makes_it_hold(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        assert app.session is not None
        app.session.answer("decide", {"decision": "review", "reason": "r", "owner": "kim"})
        await pilot.press("exclamation_mark")
        await shows(pilot, "Which boundary is crossed?", "⚑ the reviewers: It changes what is meant.", pane="#ask")
        await shows(pilot, '◂ rung "Decide", What is decided: review (event', "another reason", pane="#ask")
        await pilot.press("enter")
        await shows(pilot, "1/5", "the reviewers", 'holds: rung "Decide", What is decided: review', pane="#ask")
        await pilot.press("enter")
        await types(pilot, "the helper script", "enter", *"storage", "enter")
        await shows(pilot, "4/5", "Who is to answer?", "kim", pane="#ask")
        await pilot.press("enter", *"18:00", "enter")
        await until(pilot, lambda: bool(app.incident.escalations))
        (raised,) = app.incident.escalations.values()
        event = raised.event
        assert (event.to, event.trigger) == ("the reviewers", "It changes what is meant.")
        assert (event.points_to, event.points_away_from) == ("the helper script", "storage")
        assert event.owner == "kim" and event.due.endswith("T18:00:00Z")
        assert event.evidence[0].startswith('rung "Decide", What is decided')
        await closed(pilot)
        await pilot.press("0")
        told = f"Escalation 1 to the reviewers (kim, due {due_told(event.due, None)}) has no answer yet: ! tells it."
        await shows(pilot, told, pane="#facts")
        session = app.session
        assert isinstance(session, Session)
        session.escalate("the on-call", "", "", "", due="2020-01-02 03:04Z")
        await shows(pilot, "due 2020-01-02 03:04:00Z, OVERDUE) has no answer yet", pane="#facts")


async def test_a_trigger_that_holds_stands_on_every_rung(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), MEDIUM) as (app, pilot):
        assert app.session is not None
        app.session.answer("decide", {"decision": "review", "reason": "r", "owner": "kim"})
        await pilot.press("1")
        await shows(pilot, "Which surface?", "⚑ escalate to the reviewers", pane="#rung")


async def test_escalating_needs_no_trigger_and_no_rung_and_an_answer_finds_its_escalation(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        for number in (1, 2):
            await pilot.press("exclamation_mark")
            if number == 2:
                await shows(pilot, "Which boundary is crossed?", "an answer came to an escalation", pane="#ask")
                await pilot.press("enter")
            await shows(pilot, "Why does it have to be escalated?", pane="#ask")
            await types(pilot, f"reason {number}", "enter", *f"team {number}", "enter", *(["enter"] * 4))
            await until(pilot, lambda number=number: len(app.incident.escalations) == number)
            await closed(pilot)
        await pilot.press("exclamation_mark")
        await shows(pilot, "Which boundary is crossed?")
        await pilot.press("end", "enter")
        await shows(
            pilot, "Which escalation was answered?", "1 to team 1: reason 1", "2 to team 2: reason 2", pane="#ask"
        )
        await pilot.press("down", "enter")
        await shows(pilot, "What was answered to escalation 2 (team 2)?", pane="#ask")
        await types(pilot, "wait", "enter", *"lee", "enter", *"soon", "enter")
        await shows(pilot, "'soon' is no time", pane="#ask")
        await pilot.press("escape")
        await closed(pilot)
        await pilot.press("ctrl+p")
        await shows(pilot, "Search: action")
        await pilot.press(*"escalation was", "enter")
        await shows(pilot, "Which escalation was answered?")
        await pilot.press("down", "enter")
        await shows(pilot, "1/4", "wait", pane="#ask")
        await pilot.press("enter", "enter", *(["backspace"] * 4), *"1 min ago", "enter", *"hold", "enter")
        await until(pilot, lambda: "escalation.answered" in kinds(app))
        assert [each.number for each in app.incident.waiting] == [1]
        await until(pilot, lambda: app.incident.decision is not None and app.incident.decision.decision == "hold")


async def test_closing_lists_what_is_open_asks_cause_proof_and_check_and_tells_silence_once(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        assert app.session is not None
        app.session.escalate("the owners", "", "", "")
        app.session.act("held it", "to look", "quiet")
        await until(pilot, lambda: bool(app.incident.actions))
        await pilot.press("ctrl+p")
        await shows(pilot, "Search: action")
        await pilot.press(*"close the inc", "enter")
        await shows(pilot, "How did it end?", "! No answer yet to escalation 1 (the owners).", pane="#ask")
        assert "! The result is not told of: held it." in flat(app, "#ask")
        await types(pilot, "over", "enter")
        await shows(pilot, "Is the cause known?", "tool-behavior", "unknown", pane="#ask")
        await pilot.press("enter")
        await shows(pilot, "What proves it", pane="#ask")
        await pilot.press("enter")
        await shows(pilot, "What would make it an executable check?", pane="#ask")
        await pilot.press("enter")
        await shows(pilot, "Nobody said what proves it and what would make it an executable check", pane="#ask")
        assert "incident.closed" not in kinds(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.incident.closed is not None)
        assert app.incident.closed is not None
        event = app.incident.closed.event
        assert (event.outcome, event.cause, event.proof, event.check) == ("over", "unknown", "unknown", "unknown")
        assert len(event.left) == 3
        await closed(pilot)
        await pilot.press("exclamation_mark")
        await shows(pilot, "the incident is closed (over)", pane="Toast")
