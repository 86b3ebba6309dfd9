"""A rung and a question are called as the runbook calls them, and not by the ids that only its writer knows."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from incident_console import events
from incident_console.record.handoff import draft, handoff_md
from incident_console.record.incident import Incident, fold
from incident_console.record.journal import Journal
from incident_console.record.markdown import record_md
from incident_console.record.note import note_md
from incident_console.record.page import record_html
from incident_console.record.seen import RungState

RUNGS = (
    events.RungOutline(
        id="rung-a",
        role="symptom",
        title="Name the symptom",
        question="What changed?",
        prompts={"field_a": "Which surface changed: which file or rule?", "field_b": "Compared with what?"},
    ),
    events.RungOutline(
        id="rung-b",
        role="evidence",
        title="Narrowest evidence",
        question="What do the logs say?",
        prompts={"field_c": "Which claim does it answer?"},
        evidence=(events.EvidenceOutline(id="the-log", surface="rule-log", question="What did the job say?"),),
        needs=("the-log|field_c",),
    ),
    events.RungOutline(id="rung-c", role="decide", title="Decide", question="What now?"),
)
FACTS = (
    events.IncidentOpened(title="slow", workdir="/w"),
    events.RunbookFrozen(id="book", version="1", sha256="ab" * 32, trusted="shipped", rungs=RUNGS),
    events.RungEntered(rung="rung-a"),
    events.RungAnswered(rung="rung-a", fields={"field_a": "logs of align", "field_b": "unknown"}),
    events.RungCompleted(rung="rung-a"),
    events.RungAnswered(rung="rung-b", fields={"field_c": "it is the tool"}),
    events.LogPinned(path="logs/B.log", lines=(1, 1), bytes=(0, 3), sha256="cd" * 32, size=3),
    events.EvidenceFiled(of=7, rung="rung-b"),
    events.RungWaived(rung="rung-c", reason="nothing to decide"),
)


@pytest.fixture
def incident(tmp_path: Path, clock) -> Incident:
    with Journal.create(tmp_path / "journal.jsonl", session="s", by="ana@node", clock=clock) as journal:
        return fold([journal.append(fact) for fact in FACTS], "INC-1")


@pytest.mark.parametrize("document", ["handoff", "record", "note", "page"])
def test_no_id_of_a_rung_or_field_stands_where_the_runbook_has_words(incident: Incident, document: str) -> None:
    told = {
        "handoff": lambda: handoff_md(draft(incident, {"to": "bo"})),
        "record": lambda: record_md(incident, lambda _: None),
        "note": lambda: note_md(incident),
        "page": lambda: record_html(incident, lambda _: None),
    }[document]()
    told = re.sub(r"### .*\n", "", told)  # a heading has the id in brackets, to be typed
    assert re.findall(r"rung-[abc]|field_[abc]", told) == []


@pytest.mark.parametrize("document", [record_md, record_html])
def test_that_nobody_trusted_the_runbook_yet_is_said_in_words(incident: Incident, document: Callable[..., str]) -> None:
    book = FACTS[1].with_(trusted="no")
    lines = [msgspec.structs.replace(line, event=book) if line.seq == 2 else line for line in incident.lines]
    told = document(fold(lines, "INC-1"), lambda _: None)
    assert "not trusted by anybody yet: its commands do not run" in told and "(no)" not in told


def test_the_record_says_titles_and_questions(incident: Incident) -> None:
    told = record_md(incident, lambda _: None)
    for words in (
        'entered rung "Name the symptom"',
        'answered on rung "Name the symptom": Which surface changed: logs of align; Compared with what: unknown',
        'completed rung "Name the symptom"',
        'waived rung "Decide": nothing to decide',
        'filed event 7 to rung "Narrowest evidence"',
        "**Symptom**: Which surface changed: logs of align; Compared with what: unknown",
        "| Narrowest evidence |",
        'was not captured; the answer to "Which claim does it answer?", which is enough there, was given.',
    ):
        assert words in told, words


def test_a_rung_that_the_runbook_does_not_tell_of_keeps_its_id() -> None:
    unknown = RungState("rung-z")
    assert (unknown.named, unknown.prompt("what_for"), unknown.label("what_for")) == ("rung-z", "what_for", "what for")


def test_a_question_of_one_word_says_less_than_the_name(incident: Incident) -> None:
    outline = events.RungOutline(id="r", role="step", title="R", question="", prompts={"surface": "Which?"})
    assert RungState("r", outline).label("surface") == "surface"


def test_a_hand_off_has_an_answer_a_line_below_the_symptom_in_one_sentence(incident: Incident) -> None:
    told = handoff_md(draft(incident, {"to": "bo"}))
    assert "- **Symptom**:\n    - Which surface changed: logs of align\n    - Compared with what: unknown\n" in told
    said = FACTS[3].with_(fields={"sentence": "align is slow", "field_a": "logs of align"})
    lines = [msgspec.structs.replace(line, event=said) if line.seq == 4 else line for line in incident.lines]
    told = handoff_md(draft(fold(lines, "INC-1"), {"to": "bo"}))
    assert "- **Symptom**: align is slow\n    - Which surface changed: logs of align\n- **" in told
