"""The ladder's rules: any rung may be entered, completing has conditions, none is skipped in silence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_console.errors import Refused
from incident_console.runbook.ladder import (
    Held,
    Standing,
    escalations,
    marks,
    missing,
    next_rung,
    refusals,
    waiver_refusal,
)
from incident_console.runbook.schema import Runbook


def book(*rungs: dict[str, Any]) -> Runbook:
    head = {"schema": "incident-console/runbook/1", "id": "x", "version": "1", "title": "X", "owner": "o", "when": "w"}
    first = rungs[0]["id"]
    filled = [{"question": "q", **rung} for rung in rungs]
    return Runbook.model_validate({**head, "first": first, "second": first, "stop": first, "rungs": filled})


def field(id: str, type: str = "text", **more: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "prompt": f"{id}?", **more}


ABC = book({"id": "a"}, {"id": "b"}, {"id": "c"})


def because(runbook: Runbook, **fields: Any) -> list[str]:
    return [refusal.because for refusal in refusals(runbook, "a", fields)]


def test_an_answer_that_says_nothing_is_refused_with_its_reason() -> None:
    refuse = [{"field": "surface", "pattern": "^(the )?pipeline is broken", "because": "Name the file."}]
    runbook = book({"id": "a", "ask": [field("surface")], "refuse": refuse})
    assert because(runbook, surface="The Pipeline is broken!") == ["Name the file."]
    assert because(runbook, surface="out/summary.tsv was rebuilt") == []


def test_unknown_is_an_answer_only_where_the_runbook_says_so() -> None:
    runbook = book({"id": "a", "ask": [field("x"), field("y", unknown=True), field("z", "number", unknown=True)]})
    assert because(runbook, x="Unknown") == ["`unknown` is no answer here: say what is known."]
    assert because(runbook, y="unknown", z="unknown") == []


@pytest.mark.parametrize(
    ("type", "good", "bad"),
    [
        ("text", ["words", 5, True], [["a", "b"], {"a": 1}]),
        ("lines", ["one\ntwo", ["one", "two"]], [{"a": 1}, [["x"]]]),
        ("number", [1, 2.5, "3", "1e3"], ["three", True, "nan", "inf", 10**400]),
        ("yes-no", ["yes", "No", True, False], ["perhaps", 1]),
        ("time", ["14:05", "2026-01-31T14:05:00Z", "2026-01-31"], ["noon", "25:00"]),
    ],
)
def test_an_answer_must_be_of_its_fields_type(type: str, good: list[Any], bad: list[Any]) -> None:
    runbook = book({"id": "a", "ask": [field("x", type)]})
    assert [value for value in good if because(runbook, x=value)] == []
    assert [value for value in bad if not because(runbook, x=value)] == []


def test_a_choice_must_be_one_of_the_choices_and_choices_from_the_run_are_free() -> None:
    runbook = book(
        {"id": "a", "ask": [field("c", "many", choices=["x", "y"]), field("r", "many", choices_from="rules")]}
    )
    assert because(runbook, c=["x", "y"]) == []
    assert because(runbook, c=["x", "z"]) == ["'z' is none of: x, y."]
    assert because(runbook, r=["any", "rule"]) == []


def test_an_unknown_field_is_refused_naming_the_fields_there_are() -> None:
    assert because(book({"id": "a", "ask": [field("x")]}), z="1") == ["The rung a has no field z; its fields: x."]


def test_a_required_field_cannot_be_emptied() -> None:
    runbook = book({"id": "a", "ask": [field("x", required=True), field("y")]})
    assert because(runbook, x="  ", y="") == ["This must be answered."]


def test_a_rung_that_needs_nothing_can_be_completed_at_once() -> None:
    assert missing(ABC, "a", Standing()) == ()


def test_a_rung_needs_its_required_fields_and_what_needs_names() -> None:
    evidence = [{"id": "e", "surface": "observation", "question": "see?"}]
    runbook = book(
        {"id": "a", "ask": [field("x", required=True), field("y")], "evidence": evidence, "needs": ["e", "y"]}
    )
    assert [(need.kind, need.id) for need in missing(runbook, "a", Standing())] == [
        ("field", "x"),
        ("evidence", "e"),
        ("field", "y"),
    ]
    answered = {"a": {"x": "unknown", "y": False}}
    assert missing(runbook, "a", Standing(answers=answered, captured={"a": frozenset({"e"})})) == ()
    elsewhere = Standing(answers=answered, captured={"b": frozenset({"e"})})
    assert [need.text for need in missing(runbook, "a", elsewhere)] == ["capture e (see?)"]


def test_alternatives_are_satisfied_by_either() -> None:
    evidence = [{"id": id, "surface": "observation", "question": f"{id}?"} for id in ("one", "two")]
    runbook = book({"id": "a", "evidence": evidence, "needs": ["one|two"]})
    (need,) = missing(runbook, "a", Standing())
    assert (need.id, need.ids, need.text) == ("one", ("one", "two"), "capture one (one?) or capture two (two?)")
    assert missing(runbook, "a", Standing(captured={"a": frozenset({"two"})})) == ()


def test_the_next_rung_is_the_next_in_order_and_passed_over_rungs_come_up_again() -> None:
    assert next_rung(ABC, "a", Standing(completed=frozenset("a"))) == "b"
    assert next_rung(ABC, "c", Standing(completed=frozenset("c"))) == "a"
    assert next_rung(ABC, "c", Standing(completed=frozenset("bc"), waived={"a": "why"})) is None


def test_a_branch_that_holds_leads_on_unless_its_rung_is_done() -> None:
    branch = {"when": {"field": "x", "includes": "cluster"}, "go": "c"}
    runbook = book({"id": "a", "ask": [field("x")], "next": [branch]}, {"id": "b"}, {"id": "c"})
    answers = {"a": {"x": ["local", "Cluster"]}}
    assert next_rung(runbook, "a", Standing(answers=answers)) == "c"
    assert next_rung(runbook, "a", Standing(answers=answers, completed=frozenset("c"))) == "b"
    assert next_rung(runbook, "a", Standing(answers={"a": {"x": "local"}})) == "b"


@pytest.mark.parametrize(
    ("when", "value", "holds"),
    [
        ({"is": "yes"}, True, True),
        ({"is": True}, "Yes", True),
        ({"is": 3}, "3", True),
        ({"is": "ci"}, ["ci"], True),
        ({"is": "ci"}, ["ci", "local"], False),
        ({"is": "ci"}, None, False),
        ({"not": "ci"}, "local", True),
        ({"not": "ci"}, ["ci", "local"], False),
        ({"not": "ci"}, None, False),
        ({"includes": "b"}, ("a", "B"), True),
        ({"includes": "lock"}, "the index is Locked", True),
        ({"includes": "lock"}, ["locked"], False),
        ({"present": True}, "unknown", True),
        ({"present": True}, "", False),
        ({"present": False}, [], True),
        ({"present": False}, False, False),
    ],
)
def test_a_condition_holds_or_not(when: dict[str, Any], value: Any, holds: bool) -> None:
    trigger = {"when": {"field": "x", **when}, "to": "them", "because": "so"}
    runbook = book({"id": "a", "ask": [field("x")], "escalate": [trigger]})
    held = escalations(runbook, Standing(entered=("a",), answers={"a": {"x": value}}))
    assert held == ((Held("a", "them", "so"),) if holds else ())


def test_an_answer_not_asked_for_yet_triggers_nothing() -> None:
    trigger = {"when": {"field": "x", "present": False}, "to": "them", "because": "so"}
    runbook = book({"id": "a", "ask": [field("x")], "escalate": [trigger]})
    assert escalations(runbook, Standing()) == ()
    assert len(escalations(runbook, Standing(entered=("a",)))) == 1


def test_a_fact_of_the_incident_goes_before_an_answer_of_the_same_name() -> None:
    trigger = {"when": {"fact": "class", "is": "publish-boundary"}, "to": "them", "because": "so"}
    runbook = book({"id": "a", "role": "classify"}, {"id": "b", "escalate": [trigger]})
    answered = {"a": {"class": "publish-boundary"}}
    assert len(escalations(runbook, Standing(answers=answered))) == 1
    assert escalations(runbook, Standing(answers=answered, facts={"class": "tool-behavior"})) == ()


def test_a_waiver_needs_a_reason_that_says_something() -> None:
    assert waiver_refusal(ABC, "a", "  ") is not None
    assert waiver_refusal(ABC, "a", "n/a") is not None
    assert waiver_refusal(ABC, "a", "the node is gone") is None


def test_marks_show_every_rung_with_its_state() -> None:
    runbook = book(*({"id": id} for id in "abcde"))
    standing = Standing(entered=("a", "b", "c"), completed=frozenset("a"), waived={"d": "why"})
    assert [(mark.number, mark.state) for mark in marks(runbook, standing, "b")] == [
        (1, "done"),
        (2, "open"),
        (3, "entered"),
        (4, "waived"),
        (5, "untouched"),
    ]


def test_a_rung_that_does_not_exist_is_refused_naming_those_that_do() -> None:
    with pytest.raises(Refused, match="has no rung 'z'; its rungs: a, b, c"):
        missing(ABC, "z", Standing())


@given(st.data())
def test_climbing_always_ends_with_every_rung_done_or_waived(data: st.DataObject) -> None:
    ids = [f"r{number}" for number in range(data.draw(st.integers(1, 8)))]
    branches = st.lists(st.tuples(st.sampled_from(ids), st.booleans()), max_size=3)
    runbook = book(
        *(
            {
                "id": id,
                "ask": [field("x")],
                "next": [{"when": {"field": "x", "present": present}, "go": go} for go, present in data.draw(branches)],
            }
            for id in ids
        )
    )
    done: set[str] = set()
    waived: dict[str, str] = {}
    here: str | None = data.draw(st.sampled_from(ids))
    for _ in range(len(ids)):
        assert here is not None
        assert here not in done
        assert here not in waived
        if data.draw(st.booleans()):
            done.add(here)
        else:
            waived[here] = "a reason"
        here = next_rung(runbook, here, Standing(completed=frozenset(done), waived=waived))
    assert here is None
    assert done | set(waived) == set(ids)
