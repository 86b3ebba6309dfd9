"""What a tired receiver reads in HANDOFF.md, the brief and the page: answers, own times, what is late, once each."""

from datetime import timedelta

import pytest

from incident_console import events
from incident_console.record.asjson import record_json
from incident_console.record.clock import stamp
from incident_console.record.due import due_at, due_told
from incident_console.record.handdraft import draft
from incident_console.record.handoff import handoff_md, offer
from incident_console.record.incident import Incident, fold
from incident_console.record.journal import Journal
from incident_console.record.markdown import record_md
from incident_console.record.note import brief, note_md
from incident_console.record.page import record_html


def of(folder, clock, *facts: events.Event) -> Incident:
    with Journal.create(folder / "journal.jsonl", session="s", by="ana@node", clock=clock) as journal:
        recorded = []
        for fact in facts:
            clock.tick(60)
            recorded.append(journal.append(fact))
    return fold(recorded, "INC-1")


def opened(**more) -> events.IncidentOpened:
    return events.IncidentOpened(**({"title": "x", "workdir": "/srv/wf"} | more))


ASKED = events.EscalationRaised(to="core desk", trigger="lane 3 is cut short", points_to="the flow cell", owner="Rolf")


def test_an_answered_escalation_stands_in_the_hand_off_and_in_the_brief(tmp_path, clock) -> None:
    answer = events.EscalationAnswered(
        of=2, text="the desk redelivers F at 05:00", who="Rolf", decision="wait for F", occurred_at=stamp(clock.now())
    )
    incident = of(tmp_path, clock, opened(), ASKED, answer)
    document, told = handoff_md(draft(incident, {})), brief(incident, clock.now())
    for text in (document, told):
        assert "core desk" in text and "the desk redelivers F at 05:00" in text
        assert "Rolf" in text and "wait for F" in text and "2026-11-22 13:45:01Z" in text
    assert "lane 3 is cut short" in document and "the flow cell" in document
    assert document.index("redelivers") < document.index("## Evidence")


def test_an_action_is_dated_by_when_it_was_done_and_its_result_by_its_own_time(tmp_path, clock) -> None:
    began, ended = clock.now() - timedelta(seconds=40), clock.now()
    incident = of(
        tmp_path,
        clock,
        opened(),
        events.ActionTaken(text="started it", why="w", occurred_at=stamp(began)),
        events.ActionTaken(text="started it", why="w", corrects=2, result="exit 1", occurred_at=stamp(ended)),
    )
    row = next(line for line in handoff_md(draft(incident, {})).splitlines() if "started it" in line)
    assert row.startswith("| 2026-11-22 13:44:21Z |") and "exit 1 (2026-11-22 13:45:01Z)" in row
    (told,) = record_json(incident)["actions"]
    assert (told["at"], told["result_at"]) == (stamp(began), stamp(ended))
    for document in (record_md(incident, lambda _: None), record_html(incident, lambda _: None)):
        assert "13:44:21Z" in document and "13:45:01Z" in document


@pytest.mark.parametrize("text", ["tomorrow 06:00", "06:00", "2026-11-23 06:00", "noon", "9999-99-99T99:99Z", ""])
def test_what_needs_guessing_is_no_time(text: str) -> None:
    assert due_at(text) is None


def test_a_time_that_is_over_is_said_to_be_so_in_the_format_of_the_document(clock) -> None:
    told = due_told("2026-11-22T13:00:00Z (said: in 1 h)", clock.now())
    assert told == "2026-11-22 13:00:00Z (said: in 1 h), OVERDUE by 45m01s"
    assert due_told("2026-11-22T16:00+02:00", clock.now()) == "2026-11-22 14:00:00Z"
    assert due_told("before the next run", clock.now()) == "before the next run"
    assert due_told("unknown", clock.now()) == "unknown"


def test_the_hand_off_the_brief_and_the_page_say_what_is_overdue(tmp_path, clock) -> None:
    late, soon = stamp(clock.now() - timedelta(minutes=10)), stamp(clock.now() + timedelta(hours=3))
    incident = of(
        tmp_path,
        clock,
        opened(deadline=late),
        events.EscalationRaised(to="core desk", owner="Rolf", due=late),
        events.EscalationRaised(to="storage", due=soon),
        events.DecisionMade(decision="roll back", owner="ana"),
    )
    document = handoff_md(draft(incident, {}))
    deadline = next(line for line in document.splitlines() if "**Deadline**" in line)
    assert "OVERDUE by 14m" in deadline and "T13:" not in document
    lines = draft(incident, {}).open_actions.split("\n")
    assert ["OVERDUE" in line for line in lines] == [True, True, False]
    page = record_html(incident, lambda _: None)
    assert brief(incident, clock.now()).count("OVERDUE") >= 2 and page.count("OVERDUE") >= 2
    assert "OVERDUE" in note_md(incident) and "OVERDUE" in record_md(incident, lambda _: None)


def test_the_page_tells_unknown_from_silence(tmp_path, clock) -> None:
    first = of(tmp_path, clock, opened())
    made = offer(draft(first, {"to": "bo", "consumers": "unknown"}), first.head)
    page = record_html(of(tmp_path / "2", clock, opened(), made), lambda _: None)
    silent = page.partition("Nobody said: <strong>")[2].partition("<")[0]
    known_not = page.partition("Not known to the sender: <strong>")[2].partition("<")[0]
    assert "consumers" not in silent and "reachable until" in silent and known_not == "consumers"


def test_the_hand_off_quotes_the_first_line_of_what_was_pinned(tmp_path, clock) -> None:
    pin = events.LogPinned(path="logs/B.log", lines=(23, 25), bytes=(10, 90), sha256="a" * 64, size=80)
    incident = of(tmp_path, clock, opened(), pin)
    blob = b"\n  FATAL: index is \x1b[31mlocked\nsecond\nthird\n"
    document = handoff_md(draft(incident, {}, read_blob=lambda _: blob))
    assert "`FATAL: index is ␛[31mlocked` … 2 more lines" in document
    assert "FATAL" not in handoff_md(draft(incident, {}, read_blob=lambda _: None))


def ladder() -> events.RunbookFrozen:
    dry = {"surface": "dry-run", "question": "What is planned?"}
    return events.RunbookFrozen(
        id="r",
        version="1",
        sha256="a" * 64,
        trusted="shipped",
        rungs=(
            events.RungOutline(
                id="state",
                role="state",
                title="State",
                question="?",
                evidence=(events.EvidenceOutline(id="summary", **dry),),
            ),
            events.RungOutline(id="decide", role="decide", title="Decide", question="?"),
            events.RungOutline(
                id="prove",
                role="prove",
                title="Prove",
                question="?",
                evidence=(
                    events.EvidenceOutline(id="dry-after", expect="Nothing to be done.", **dry),
                    events.EvidenceOutline(id="tour", surface="verify-report", question="May it be trusted?"),
                ),
            ),
        ),
    )


def test_what_cannot_have_been_done_yet_is_not_among_what_was_not_looked_at(tmp_path, clock) -> None:
    before = of(tmp_path, clock, opened(), ladder(), events.RungEntered(rung="state"))
    assert not [gap for gap in before.not_looked_at() if "Prove" in gap or "prove" in gap]
    assert any("summary" in gap for gap in before.not_looked_at())
    decided = of(tmp_path / "2", clock, opened(), ladder(), events.DecisionMade(decision="roll back"))
    assert any("Prove" in gap or "prove" in gap for gap in decided.not_looked_at())


def test_exit_criteria_are_criteria(tmp_path, clock) -> None:
    first, second = draft(of(tmp_path, clock, opened(), ladder()), {}).exit_criteria.split("\n")
    assert first == '"What is planned?" is answered "Nothing to be done." (evidence dry-after)'
    assert second == '"May it be trusted?" is answered well (evidence tour)'


def test_nothing_stands_twice_among_what_is_ruled_out(tmp_path, clock) -> None:
    classed = events.ClassSet(class_="tool-behavior", ruled_out="storage: no late files")
    again = events.EscalationRaised(to="desk", points_away_from="storage: no late files")
    more = events.EscalationRaised(to="desk", points_away_from="storage: no late files; the index is whole")
    told = draft(of(tmp_path, clock, opened(), classed, again, more), {}).ruled_out
    assert told.count("no late files") == 1 and "the index is whole (escalation, event 4)" in told


def test_the_symptom_stands_once_in_the_hand_off_and_once_in_the_brief(tmp_path, clock) -> None:
    said = events.RungAnswered(rung="symptom", fields={"sentence": "count fails for F", "comparison": "last night"})
    incident = of(tmp_path, clock, opened(), said)
    document = handoff_md(draft(incident, {}))
    assert document.count("count fails for F") == 1 and "last night" in document
    assert brief(incident, clock.now()).count("count fails for F") == 1
    own = handoff_md(draft(incident, {"summary": "F is cut short"}))
    assert "**Summary**: F is cut short" in own and own.count("count fails for F") == 1


def test_the_brief_says_who_holds_it(tmp_path, clock) -> None:
    assert "held by ana" in brief(of(tmp_path, clock, opened()), clock.now())
    taken = events.HandoffAccepted(readback="mine", as_="kim", head="0")
    offered = events.HandoffOffered(to="kim", head="0")
    waiting = of(tmp_path / "2", clock, opened(), offered)
    assert "handed off to kim, who has not accepted" in brief(waiting, clock.now())
    assert "held by kim" in brief(of(tmp_path / "3", clock, opened(), offered, taken), clock.now())


def test_a_receiver_who_says_later_where_his_copy_is_has_accepted_once(tmp_path, clock) -> None:
    taken = events.HandoffAccepted(readback="mine", as_="bo", head="0")
    moved = events.HandoffAccepted(readback="mine", as_="bo", head="0", workdir="/copy", corrects=2)
    incident = of(tmp_path, clock, opened(), taken, moved)
    assert (len(incident.accepted), incident.workdir) == (1, "/copy")
