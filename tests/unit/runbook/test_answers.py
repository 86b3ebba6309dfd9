"""Prepared answers: read with every fault at its place, and checked against the runbook they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from incident_console.runbook import shelf
from incident_console.runbook.answers import check_answers, load_answers, loads_answers, split
from incident_console.runbook.faults import RunbookFaults

HEAD = "schema: incident-console/answers/1\noperator: nightly-ci\nrungs:\n"


def faults(text: str) -> list[str]:
    with pytest.raises(RunbookFaults) as caught:
        loads_answers(text.encode(), "a.yaml")
    return [str(fault) for fault in caught.value.faults]


def test_answers_and_waivers_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        HEAD + "  symptom: {surface: out/x.tsv, n: 3, many: [a, 2]}\n  scope: {waive: ' the node is gone '}\n"
    )
    answers = load_answers(path)
    assert answers.operator == "nightly-ci"
    assert dict(answers.fields["symptom"]) == {"surface": "out/x.tsv", "n": 3, "many": ("a", 2)}
    assert dict(answers.waived) == {"scope": "the node is gone"}
    assert "scope" not in answers.fields


def test_every_fault_of_an_answers_file_is_told_at_once() -> None:
    text = (
        "schema: incident-console/answers/2\noperater: x\nrungs:\n  a: text\n  b: {x: , y: {z: 1}}\n"
        "  c: {waive: '', d: e}\n  f: {g: [[1]], h: [null]}\n"
    )
    assert faults(text) == [
        "a.yaml:1:9: the file does not say which format it has; schema: incident-console/answers/1",
        "a.yaml:2:1: unknown key `operater`; did you mean `operator`? allowed: schema, operator, rungs",
        "a.yaml:4:6: `a` is text; {FIELD: value} or {waive: reason}",
        "a.yaml:5:10: `x` has no value; an answer, or unknown",
        "a.yaml:5:15: `y` is a mapping of lists or mappings; a value or a list",
        "a.yaml:6:14: `c` is answered and waived; one of them",
        "a.yaml:6:14: a waiver has no reason; waive: why it is left out",
        "a.yaml:7:10: `g` is a list of lists or mappings; a value or a list",
        "a.yaml:7:20: `h` holds an empty item; leave it out",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a.yaml:1:1: the file is empty; it begins with `schema: incident-console/answers/1`"),
        ("- a\n", "a.yaml:1:1: the file is a list, where a mapping is expected"),
        ("schema: incident-console/answers/1\n", "a.yaml:1:1: `rungs` is not a mapping; rungs: {RUNG: {FIELD: value}}"),
        (HEAD + "  a: {b: &x c, d: *x}\n", "a.yaml:4:10: the anchor &x is not read; write each value out"),
    ],
)
def test_a_file_that_holds_no_answers_is_told_so(text: str, expected: str) -> None:
    assert expected in faults(text)


def test_rungs_and_fields_that_the_runbook_does_not_have_are_told_at_their_place() -> None:
    runbook = shelf.find("flaky-command").runbook
    text = (
        HEAD
        + "  symptom: {surfaces: x}\n  scop: {targets: y}\n"
        + "  narrowest-evidence: {claim: c, log-lines: l, failing-log: z}\n"
    )
    told = [str(fault) for fault in check_answers(loads_answers(text.encode(), "a.yaml"), runbook)]
    assert len(told) == 3
    assert told[0].startswith("a.yaml:4:13: unknown field `surfaces`; did you mean `surface`?")
    assert told[1].startswith("a.yaml:5:3: unknown rung `scop`; did you mean `scope`?")
    assert told[2].startswith("a.yaml:6:48: unknown field `failing-log`")


def test_an_observation_is_answered_by_a_text_under_its_evidence_id() -> None:
    rung = shelf.find("flaky-command").runbook.rung("narrowest-evidence")
    fields, observations = split(rung, {"claim": "it is locked", "log-lines": ("one", True, 3)})
    assert fields == {"claim": "it is locked"}
    assert observations == {"log-lines": "one\nyes\n3"}
