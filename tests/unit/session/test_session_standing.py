"""What the ladder is told of an incident: every fact that a condition may ask for, and what counts as captured."""

from incident_console import events
from incident_console.runbook.schema import FACTS
from incident_console.session.capture import Pinned, pin
from incident_console.session.core import Session


def test_nothing_is_known_of_an_incident_that_just_began(session: Session) -> None:
    standing = session.standing()
    assert standing.facts == {"context": "local"}
    assert session.escalations() == ()


def test_every_fact_of_the_schema_is_told(session: Session) -> None:
    session.answer("scope", {"targets": "B", "contexts": ["ci"]})
    session.answer("classify", {"class": "publish-boundary", "cost": "storage", "confidence": "low"})
    session.answer("decide", {"decision": "rewrite", "reason": "it must"})
    session.append(events.RunSeen(log="one.log", status="failed"))
    facts = session.standing().facts
    assert set(facts) == set(FACTS)
    assert facts["contexts"] == ["ci"] and facts["status"] == "failed" and facts["decision"] == "rewrite"
    assert {held.to for held in session.escalations()} == {
        "confidence review",
        "profile review",
        "run review",
        "publish review",
        "storage review",
        "workflow review",
    }


def test_a_context_that_is_unknown_is_no_fact(session: Session) -> None:
    session.answer("classify", {"class": "undetermined", "cost": "unknown"})
    facts = session.standing().facts
    assert facts["class"] == "undetermined"
    assert "cost" not in facts and "confidence" not in facts and "contexts" not in facts


def pinned(session: Session) -> Pinned:
    return Pinned(session.workdir / "logs/a.log", 7, (3, 4), (10, 20), b"FATAL locked\n")


def test_lines_pinned_from_a_surface_count_for_the_evidence_of_it(session: Session) -> None:
    pin(session, pinned(session), "look")
    assert [need.id for need in session.missing("look")] == ["command"]


def test_an_inbox_item_counts_once_it_is_filed(session: Session) -> None:
    item = pin(session, pinned(session), None)
    assert [need.id for need in session.missing("look")] == ["command", "log"]
    assert session.incident.inbox[0].seq == item.seq
    session.file(item.seq, "look")
    assert [need.id for need in session.missing("look")] == ["command"]
    assert session.incident.inbox == ()


def test_an_attempt_of_which_nothing_was_kept_counts_for_nothing(session: Session) -> None:
    lost = session.append(events.AttemptKept(rule="align", attempt=1, complete=False, missing="too late"))
    session.file(lost.seq, "look")
    assert [need.id for need in session.missing("look")] == ["command", "log"]
