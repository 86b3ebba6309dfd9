"""Intent in, event out: what is taken is on disk before anybody is told, what is refused leaves no trace."""

from collections.abc import Callable
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import InputError, RecordError, Refused
from incident_console.record.journal import read
from incident_console.runbook.load import Loaded
from incident_console.session.core import Session
from incident_console.session.opening import open_incident
from incident_console.session.who import Who

Kinds = Callable[[], list[str]]
OPENING = ["incident.opened", "runbook.frozen"]


def test_opening_records_the_incident_and_the_frozen_runbook(session: Session, kinds: Kinds, loaded: Loaded) -> None:
    assert kinds() == OPENING
    assert session.record.frozen_runbook() == loaded.text
    assert session.incident.title == "align is flaky"
    assert session.incident.reentry.cwd == str(session.workdir)
    assert session.incident.runbook is not None and session.incident.runbook.trusted == "shipped"


def test_a_workdir_that_is_none_leaves_no_record(who: Who, workdir: Path, loaded: Loaded) -> None:
    for wrong in (workdir / "not-here", workdir / "Snakefile"):
        with pytest.raises(InputError, match="folder"):
            open_incident(who, wrong, loaded, title="")
    assert not who.records.exists()


def test_answers_are_refused_with_every_reason_at_once_and_leave_no_trace(session: Session, kinds: Kinds) -> None:
    with pytest.raises(Refused) as refused:
        session.answer("symptom", {"surface": "the pipeline is broken", "comparison": "", "colour": "red"})
    said = str(refused.value)
    assert "Name the file" in said and "comparison" in said and "colour" in said
    with pytest.raises(Refused, match="no answer"):
        session.answer("symptom", {})
    with pytest.raises(Refused, match="no rung"):
        session.answer("nowhere", {"surface": "x"})
    assert kinds() == OPENING


def test_every_other_refused_intent_leaves_no_trace(session: Session, kinds: Kinds) -> None:
    refused: list[Callable[[], object]] = [
        lambda: session.enter("nowhere"),
        lambda: session.complete("symptom"),
        lambda: session.waive("symptom", "  "),
        lambda: session.waive("symptom", "n/a"),
        lambda: session.waive("nowhere", "the node is gone"),
        lambda: session.note(" \n"),
        lambda: session.correct(1, "better"),
        lambda: session.act("", "why", "less"),
        lambda: session.act("stopped it", " ", "less"),
        lambda: session.result(1, "quiet"),
        lambda: session.file(1, "look"),
        lambda: session.escalate("", "a", "b", "c"),
        lambda: session.explain_edits("because"),
        lambda: session.end(" ", ""),
    ]
    for intent in refused:
        with pytest.raises(Refused):
            intent()
    assert kinds() == OPENING


def test_completing_names_all_that_is_missing(session: Session) -> None:
    with pytest.raises(Refused) as refused:
        session.complete("symptom")
    assert "surface" in str(refused.value) and "comparison" in str(refused.value)
    session.answer("symptom", {"surface": "align.log", "comparison": "unknown"})
    assert session.complete("symptom") == "scope"


def test_entering_the_open_rung_again_is_no_news(session: Session, kinds: Kinds) -> None:
    session.enter("look")
    session.enter("look")
    session.enter("symptom")
    assert kinds() == [*OPENING, "rung.entered", "rung.entered"]
    assert session.incident.open_rung == "symptom"


def test_a_waiver_stands_with_its_reason_and_leads_on(session: Session) -> None:
    assert session.waive("symptom", "told on the phone") == "scope"
    assert session.incident.rungs["symptom"].waived == "told on the phone"


def test_notes_are_corrected_beside_the_first_saying(session: Session) -> None:
    note = session.note("B fails", rung="look")
    session.correct(note.seq, "B and D fail", "inference")
    kept = session.incident.notes[note.seq]
    assert (kept.text, kept.nature, kept.history[0].text) == ("B and D fail", "inference", "B fails")


def test_an_action_gets_its_result_later(session: Session) -> None:
    done = session.act("stopped the run", "it fills the disk", "")
    assert session.incident.actions[done.seq].open
    session.result(done.seq, "no more writes")
    action = session.incident.actions[done.seq]
    assert (action.expected, action.result) == ("unknown", "no more writes")


def test_classify_answers_set_the_class_once(session: Session, kinds: Kinds) -> None:
    session.answer("classify", {"class": "tool-behavior", "cost": "tool", "ruled_out": "storage"})
    said = session.incident.classification
    assert said is not None
    assert (said.class_, said.cost, said.confidence, said.ruled_out) == ("tool-behavior", "tool", "unknown", "storage")
    session.answer("classify", {"class": "tool-behavior"})
    session.answer("classify", {"confidence": "low"})
    assert kinds()[2:] == ["rung.answered", "class.set", "rung.answered", "rung.answered", "class.set"]
    answers = session.incident.rungs["classify"].answers
    assert {answer.nature for answer in answers.values()} == {"inference"}


def test_decide_answers_make_the_decision(session: Session, kinds: Kinds) -> None:
    session.answer("decide", {"decision": "local repair", "reason": "the index is locked"})
    assert kinds()[2:] == ["rung.answered", "decision.made"]
    assert session.incident.decision is not None and session.incident.decision.owner == "unknown"


def test_an_incident_is_closed_once(session: Session, kinds: Kinds) -> None:
    session.end("repaired", "")
    with pytest.raises(Refused, match="closed already: repaired"):
        session.end("again", "")
    assert kinds().count("incident.closed") == 1


def test_views_are_told_when_the_event_is_on_disk_and_in_order(session: Session) -> None:
    told: list[tuple[str, bool]] = []

    def tell(recorded: events.Recorded) -> None:
        on_disk = read(session.record.journal).lines
        told.append((recorded.kind, on_disk[-1].hash == recorded.hash == session.head))

    session.listen(tell)
    session.answer("classify", {"class": "undetermined"})
    session.note("x")
    assert told == [("rung.answered", True), ("class.set", True), ("note.added", True)]


def test_what_could_not_be_recorded_is_not_told_nor_folded(session: Session) -> None:
    told: list[events.Recorded] = []
    session.listen(told.append)
    session.record.journal.rename(session.record.path / "moved")
    with pytest.raises(RecordError, match="removed or replaced"):
        session.note("lost")
    assert told == [] and not session.incident.notes
    (session.record.path / "moved").rename(session.record.journal)
    session.note("kept")


def test_secrets_in_what_is_typed_never_reach_the_journal(session: Session) -> None:
    secret = "hunter2hunter2"
    note = session.note(f"db password={secret}")
    session.correct(note.seq, f"password: {secret}")
    session.answer("symptom", {"surface": f"logs say password={secret}", "comparison": "unknown"})
    session.waive("scope", f"password={secret}")
    session.act(f"ran psql password={secret}", f"password={secret}", f"password={secret}")
    session.escalate("dba", f"password={secret}", "", "")
    session.end("done", f"password={secret}")
    assert secret.encode() not in session.record.journal.read_bytes()


def test_undecodable_text_is_kept_as_text(session: Session) -> None:
    note = session.note("bad \udcff byte")
    assert session.incident.notes[note.seq].text == "bad \\xff byte"


def test_severity_impact_and_deadline_are_told_when_they_are_known(session: Session) -> None:
    session.describe("2", "the weekly report is late", "18:00 UTC")
    session.describe("", "", "tomorrow noon")
    incident = session.incident
    assert (incident.severity, incident.impact, incident.deadline) == (
        "2",
        "the weekly report is late",
        "tomorrow noon",
    )
    assert incident.title == "align is flaky"


def test_the_documents_of_a_new_incident_name_it(session: Session) -> None:
    session.write_documents()
    for name in ("note.md", "record.md"):
        told = (session.record.path / name).read_text(encoding="utf-8")
        assert f"`{session.record.path.name}`" in told and "`unknown`" not in told.split("\n## ")[0], name
