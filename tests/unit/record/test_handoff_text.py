"""The hand-off as text: what comes back is what was meant, and what was not understood says its line."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_console.record.handdraft import draft
from incident_console.record.handfields import FIELDS, PERSONAL, Known
from incident_console.record.handtext import changes, parse, template, with_faults
from incident_console.record.incident import Incident

BEFORE = draft(
    Incident("INC-1"),
    {"impact": "the report is late\n# and a line like a comment\n[told]\n\\n", "told": "unknown"},
    now={"running": Known("run x, seen at 14:02", "seen now"), "host": Known("node1", "seen now")},
)


def test_a_template_given_back_as_it_is_says_nothing() -> None:
    parsed = parse(template(BEFORE))
    assert not parsed.faults and tuple(parsed.fields) == FIELDS
    assert changes(parsed, BEFORE) == {}
    assert parsed.fields["impact"] == BEFORE.impact and parsed.fields["told"] == "unknown"


def test_what_is_so_now_may_have_changed_meanwhile_and_is_not_taken_for_said() -> None:
    later = replace(BEFORE, running="run x, seen at 14:09")
    assert changes(parse(template(BEFORE)), later) == {}
    said = template(BEFORE).replace("run x, seen at 14:02", "run x, and do not stop it")
    assert changes(parse(said), later) == {"running": "run x, and do not stop it"}


def test_a_field_that_is_emptied_takes_back_what_was_said_but_not_what_is_known() -> None:
    emptied = template(BEFORE).replace("\nunknown\n", "\n\n").replace("\nnode1\n", "\n\n")
    assert changes(parse(emptied), BEFORE) == {"told": ""}


def test_a_text_without_comments_is_read_too() -> None:
    assert changes(parse("[told]\r\nthe lab\r\nthe night shift\r\n"), BEFORE) == {"told": "the lab\nthe night shift"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hello\nagain\n[told]\nx", ["line 1: this stands in no field"]),
        ("# fine\n[tolled]\nx", ["line 2: there is no field [tolled]"]),
        ("[told]\nx\n[told]\ny", ["line 3: [told] stands a second time; the first time is line 1"]),
        ("[]\n[host]\n\n[]\n", ["line 1: there is no field []", "line 4: there is no field []"]),
    ],
)
def test_every_fault_says_its_line_and_nothing_is_taken(text: str, told: list[str]) -> None:
    parsed = parse(text)
    assert parsed.fields == {}
    assert [str(fault)[: len(want)] for fault, want in zip(parsed.faults, told, strict=True)] == told


def test_faults_stand_above_their_lines_once_however_often_it_is_read() -> None:
    text = "[host]\nnode1\n[tolled]\nthe lab\n"
    once = with_faults(text, parse(text).faults)
    assert once == "[host]\nnode1\n#! there is no field [tolled]\n[tolled]\nthe lab\n"
    assert with_faults(once, parse(once).faults) == once


@given(st.dictionaries(st.sampled_from(PERSONAL), st.text(min_size=1, max_size=60), max_size=4))
def test_whatever_was_said_comes_back_as_it_was_shown(said: dict[str, str]) -> None:
    handoff = draft(Incident("INC-1"), said)
    parsed = parse(template(handoff))
    assert not parsed.faults and changes(parsed, handoff) == {}
    assert changes(parsed, replace(handoff, said=frozenset())) == {}


@given(st.text(st.sampled_from("[]#!=\\\n told_x"), max_size=80))
def test_no_text_makes_it_fail(text: str) -> None:
    parsed = parse(text)
    assert with_faults(text, parsed.faults).count("\n[") >= 0
    assert not (parsed.fields and parsed.faults)
