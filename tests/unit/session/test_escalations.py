"""Boundaries that are crossed are offered with what makes them hold; escalations are numbered, answered, and closed."""

from datetime import UTC, datetime

import pytest

from incident_console import events
from incident_console.errors import Refused
from incident_console.record.due import due_told
from incident_console.record.note import brief
from incident_console.record.render import note_md, record_json, record_md
from incident_console.session.core import Session
from incident_console.session.escalating import crossings, draft, raised_by, to_show
from incident_console.session.moments import when

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def held(session: Session) -> dict[str, tuple[str, ...]]:
    return {each.to: each.evidence for each in crossings(session.runbook, session.incident)}


def test_nothing_is_offered_before_anything_is_known_and_escalating_is_possible_all_the_same(session: Session) -> None:
    assert held(session) == {}
    recorded = session.escalate("the owners", "", "", "I am out of my depth")
    raised = session.incident.escalations[recorded.seq]
    assert (raised.number, raised.state, raised.event.points_to) == (1, "open", "unknown")


def test_a_trigger_of_the_runbook_comes_with_the_event_that_makes_it_hold(session: Session) -> None:
    answered = session.answer("classify", {"class": "publish-boundary", "cost": "storage", "confidence": "low"})
    said = session.incident.classes[-1]
    assert said.seq == answered.seq + 1
    found = held(session)
    assert found["publish review"] == (f"class publish-boundary (event {said.seq}, {said.by})",)
    assert found["storage review"] == (f"cost storage (event {said.seq}, {said.by})",)
    assert found["confidence review"] == (f"confidence low (event {said.seq}, {said.by})",)
    assert "publish-boundary review" not in found  # the runbook told it already


def test_one_context_only_leads_to_the_profile_unless_nobody_looked_elsewhere(session: Session) -> None:
    session.answer("scope", {"targets": "all", "contexts": ["local"]})
    assert held(session) == {}
    session.answer("scope", {"contexts": ["local", "ci"]})
    assert set(held(session)) == {"profile review"}  # the runbook's own: seen in CI, among others
    recorded = session.answer("scope", {"contexts": ["ci"]})
    found = crossings(session.runbook, session.incident)
    assert [each.to for each in found] == ["profile review"]
    assert found[0].evidence == (f'rung "Scope", contexts: ci (event {recorded.seq}, {recorded.by})',)


def test_the_boundaries_of_any_workflow_are_told_where_the_runbook_knows_none(session: Session) -> None:
    def verify(code: int) -> None:
        session.append(
            events.EvidenceCaptured(
                item="verify",
                surface="verify-report",
                question="?",
                started_at="2026-11-22T13:00:00Z",
                ended_at="2026-11-22T13:00:01Z",
                sha256="0" * 64,
                size=0,
                exit_code=code,
            )
        )

    session.answer("classify", {"class": "operating-context", "cost": "tool", "confidence": "high"})
    assert set(held(session)) == {"profile-or-storage review"}
    verify(1)
    seq = session.incident.lines[-1].seq
    assert held(session)["publish-boundary review"] == (f"verify-report verify ended with exit code 1 (event {seq})",)
    verify(0)
    assert "publish-boundary review" not in held(session)


@pytest.mark.parametrize(
    ("field", "because"), [("changes_meaning", "changes what the workflow means"), ("seen_before", "keeps coming back")]
)
def test_what_the_operator_said_of_the_fix_leads_to_the_workflow(session: Session, field: str, because: str) -> None:
    for value, crossed in (("no", False), ("unknown", False), ("yes", True)):
        session.append(events.RungAnswered(rung="decide", fields={field: value}))
        found = crossings(session.runbook, session.incident)
        assert any(because in each.because for each in found) is crossed


def test_the_draft_says_what_the_record_says_and_no_more(session: Session) -> None:
    assert draft(session.incident).points_to == ""
    session.append(
        events.ClassSet(
            class_="tool-behavior",
            ruled_out="storage, by the mtimes",
            for_=("exit 42 each time (a.log:3)",),
            against=("x",),
        )
    )
    session.append(events.DecisionMade(decision="local repair", owner="kim"))
    drafted = draft(session.incident)
    assert drafted.points_to == "tool-behavior; exit 42 each time (a.log:3)"
    assert (drafted.points_away_from, drafted.owner) == ("storage, by the mtimes; x", "kim")
    session.append(events.ClassSet(class_="undetermined"))
    assert "undetermined" not in draft(session.incident).points_to


def test_several_escalations_are_numbered_and_each_has_its_answer(session: Session) -> None:
    first = session.escalate(
        "profile review", "x", "y", "one context", owner="kim", due="18:00", evidence=("e (event 3)",)
    )
    second = session.escalate("workflow review", "", "", "it comes back")
    assert [each.number for each in session.incident.waiting] == [1, 2]
    session.answer_escalation(second.seq, "make it a check", "lee", "13:30", "add a test")
    assert [each.number for each in session.incident.waiting] == [1]
    raised = session.incident.escalations[second.seq]
    assert raised.state == "answered" and raised.answers[0].event.who == "lee"
    assert session.incident.decision is not None and session.incident.decision.decision == "add a test"
    assert "lee answered escalation 2" in session.incident.decision.reason
    session.answer_escalation(second.seq, "and document it")
    assert len(session.incident.escalations[second.seq].answers) == 2
    assert session.incident.escalations[first.seq].open
    with pytest.raises(Refused, match="is not an escalation"):
        session.answer_escalation(1, "x")
    with pytest.raises(Refused, match="needs some text"):
        session.answer_escalation(first.seq, " ")


def test_every_document_tells_what_is_awaited_and_what_was_answered(session: Session) -> None:
    raised = session.escalate(
        "profile review", "x", "y", "one context", owner="kim", due="18:00", evidence=("contexts: ci (event 3)",)
    )
    due = due_told(raised.event.due, None)
    assert due.endswith(":00Z (said: 18:00)")
    awaited = f"no answer yet to escalation 1 to profile review (kim, due {due})"
    text = brief(session.incident, session.clock.now())
    assert awaited in text and len(text.splitlines()) <= 12
    assert awaited in note_md(session.incident)
    record = record_md(session.incident, lambda _: None)
    assert "**escalation 1, open**" in record and "held because of: contexts: ci (event 3)" in record
    session.answer_escalation(raised.seq, "*raise* the quota", "lee", decision="wait")
    assert awaited not in brief(session.incident, session.clock.now())
    record = record_md(session.incident, lambda _: None)
    assert "by lee" in record and r"\*raise\* the quota; decided: wait" in record
    (told,) = record_json(session.incident)["escalations"]
    assert (told["state"], told["number"], told["answered"][0]["who"]) == ("answered", 1, "lee")


def test_a_trigger_of_a_later_rung_is_shown_where_one_is_until_it_is_raised(session: Session) -> None:
    session.answer("decide", {"decision": "repair", "reason": "r"})
    session.answer("scope", {"targets": "all", "contexts": ["ci"]})
    everywhere = session.escalations()
    (waiting,) = [each for each in everywhere if each.to == "profile review"]
    for rung in ("symptom", waiting.rung):
        assert waiting in [each for _, each in to_show(everywhere, rung, session.incident)]
    session.escalate(waiting.to, "", "", waiting.because)
    shown = to_show(everywhere, "symptom", session.incident)
    assert waiting not in [each for _, each in shown] and all(everywhere[at] == each for at, each in shown)
    assert waiting in [each for _, each in to_show(everywhere, waiting.rung, session.incident)]


def test_a_crossing_that_was_escalated_already_says_so(session: Session) -> None:
    session.answer("classify", {"class": "publish-boundary", "cost": "tool", "confidence": "high"})
    (crossing,) = crossings(session.runbook, session.incident)
    assert raised_by(session.incident, crossing) is None
    session.escalate("somebody", "", "", "else")
    session.escalate(crossing.to, "", "", crossing.because)
    assert raised_by(session.incident, crossing) == 2


def test_closing_keeps_cause_check_and_what_was_still_open(session: Session) -> None:
    session.act("held the queue", "to look", "quiet")
    session.escalate("profile review", "", "", "")
    session.enter("symptom")
    session.run_is_live = True
    left = session.still_open()
    assert any("held the queue" in text for text in left) and any("1 (profile review)" in text for text in left)
    assert any(text == "Rung 1 is still open." for text in left)
    assert any("never entered" in text for text in left)
    session.end("repaired", "the rerun", cause="tool-behavior", check="a test of the quota")
    assert session.incident.closed is not None
    closed = session.incident.closed.event
    assert (closed.cause, closed.check, closed.left) == ("tool-behavior", "a test of the quota", left)
    record = record_md(session.incident, lambda _: None)
    assert "as an executable check: a test of the quota" in record and "left open: Rung 1 is still open." in record


def test_nothing_is_left_open_where_nothing_is(session: Session) -> None:
    for rung in session.runbook.rungs:
        session.waive(rung.id, "not needed for this")
    assert session.still_open() == ()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "14:00:00"),
        ("now", "14:00:00"),
        ("13:55", "13:55:00"),
        ("9:05:07 UTC", "09:05:07"),
        ("10 min ago", "13:50:00"),
        ("2h", "12:00:00"),
        ("2026-11-22T13:00:00+01:00", "12:00:00"),
    ],
)
def test_a_moment_is_told_as_people_tell_it(said: str, told: str) -> None:
    assert when(said, NOW).strftime("%H:%M:%S") == told


def test_a_time_of_day_is_the_last_that_has_passed() -> None:
    assert when("23:59", NOW).day == 21


@pytest.mark.parametrize(
    "said", ["soon", "25:00", "2026-11-22", "2026-13-01T00:00", "2027-01-01T00:00", "9" * 9 + " min"]
)
def test_what_is_no_past_moment_is_refused(said: str) -> None:
    with pytest.raises(Refused, match=r"no time|not come yet"):
        when(said, NOW)
