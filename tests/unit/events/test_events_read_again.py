"""An event is the same when it is read again, whichever console wrote it; and what does not fit is told in words."""

import json
import subprocess
import sys

import pytest
from anyevent import EVENTS, JSON, TEXTS, extras, models
from hypothesis import given, settings
from hypothesis import strategies as st

from incident_console import events
from incident_console.errors import InputError
from incident_console.events import Event, Extra, Model, UnknownEvent, parse, parse_all
from incident_console.evidence.redactor import Redactor
from incident_console.record.chain import clean


def written(event: Event) -> dict:
    """As it stands in the journal, through any JSON writer and reader."""
    return json.loads(json.dumps(clean(event.data())))


@given(EVENTS)
@settings(deadline=None, max_examples=300)
def test_every_event_is_the_same_when_it_is_read_again(event: Event) -> None:
    again = parse(event.kind, written(event))
    assert again == event and type(again) is type(event)
    assert list(again.data()) == list(event.data())


@given(st.data(), EVENTS)
@settings(deadline=None)
def test_fields_of_a_newer_console_are_kept_and_written_again(data: st.DataObject, event: Event) -> None:
    added = data.draw(extras(event))
    line = {**written(event), **added}
    again = parse(event.kind, line)
    assert again.extra == added and again.data() == line
    assert again.with_(extra=Extra()) == event
    assert parse(event.kind, written(again)) == again


NESTED = (
    (events.IncidentOpened, "reentry", events.Reentry),
    (events.HandoffOffered, "reentry", events.Reentry),
    (events.EvidenceCaptured, "scene", events.Scene),
    (events.EvidenceFailed, "scene", events.Scene),
)


@pytest.mark.parametrize(("model", "field", "inner"), NESTED)
def test_so_are_those_inside_a_field(model: type[Event], field: str, inner: type[Model]) -> None:
    @given(st.data(), models(model), models(inner))
    @settings(deadline=None, max_examples=20)
    def check(data: st.DataObject, event: Event, part: Model) -> None:
        added = data.draw(extras(part))
        line = written(event.with_(**{field: part.with_(extra=added)}))
        assert line[field] == {**written_part(part), **added}
        again = parse(event.kind, line)
        assert getattr(again, field).extra == added and again.data() == line

    check()


def written_part(part: Model) -> dict:
    return json.loads(json.dumps(clean(part.data())))


def test_so_are_those_of_a_rungs_evidence_three_levels_down() -> None:
    rung = {"id": "a", "role": "step", "title": "t", "question": "q", "colour": "blue"}
    rung |= {
        "prompts": {},
        "needs": [],
        "evidence": [{"id": "e", "surface": "diff", "question": "q", "expect": "", "n": [1]}],
    }
    line = {"id": "x", "version": "1", "sha256": "s", "trusted": "shipped", "title": "", "rungs": [rung]}
    event = parse("runbook.frozen", line)
    assert isinstance(event, events.RunbookFrozen) and event.extra == {}
    assert event.rungs[0].extra == {"colour": "blue"} and event.rungs[0].evidence[0].extra == {"n": [1]}
    assert event.data() == line


@given(st.dictionaries(TEXTS, JSON, max_size=4))
@settings(deadline=None)
def test_a_kind_that_is_not_known_keeps_everything(data: dict) -> None:
    line = {name: value for name, value in data.items() if name not in UnknownEvent.names()}
    event = parse("weather.seen", line)
    assert type(event) is UnknownEvent and event.extra == line == event.data()


@given(EVENTS, st.data(), JSON)
@settings(deadline=None, max_examples=200)
def test_a_value_of_any_type_is_read_or_told_by_its_field(event: Event, data: st.DataObject, value: object) -> None:
    line = written(event)
    name = data.draw(st.sampled_from(sorted({*line, *event.__struct_encode_fields__[1:]})))
    try:
        again = parse(event.kind, {**line, name: value})
    except InputError as fault:
        assert str(fault).startswith((f"{event.kind}: {name}: it", f"{event.kind}: {name}."))
    else:
        assert parse(event.kind, written(again)) == again


def test_many_at_a_time_are_what_they_are_one_by_one() -> None:
    kinds = ["note.added", "note.added", "weather.seen"]
    contents = [{"text": "a"}, {"text": "b", "mood": "grim"}, {"sky": "grey"}]
    assert parse_all(kinds, contents) == [parse(*each) for each in zip(kinds, contents, strict=True)]
    with pytest.raises(InputError, match=r"note\.corrected: corrects: it is missing"):
        parse_all(["note.added", "note.corrected"], [{"text": "a"}, {"text": "b"}])


@pytest.mark.parametrize(
    ("kind", "data", "told"),
    [
        ("note.added", {}, "note.added: text: it is missing"),
        ("note.added", {"text": 3}, "note.added: text: it should be text, and is a whole number"),
        ("note.added", {"text": "a", "of": "b"}, "note.added: of: it should be a whole number or nothing, and is text"),
        (
            "note.added",
            {"text": "a", "nature": "`x`"},
            "note.added: nature: it is none of the words that may stand there",
        ),
        ("class.set", {}, "class.set: class: it is missing"),
        (
            "runbook.frozen",
            {"id": "a", "version": "1", "sha256": "", "trusted": "", "rungs": [{"id": "a"}]},
            "runbook.frozen: rungs.0.role: it is missing",
        ),
        (
            "log.pinned",
            {"path": "a", "bytes": [1], "sha256": "", "size": 1},
            "log.pinned: bytes: it should be a list of length 2, and has 1",
        ),
        (
            "run.seen",
            {"log": "a", "status": "b", "figures": {"x": "y"}},
            "run.seen: figures: it should be a whole number, and is text",
        ),
        (
            "weather.seen",
            {"corrects": []},
            "weather.seen: corrects: it should be a whole number or nothing, and is a list",
        ),
    ],
)
def test_what_does_not_fit_is_told_by_kind_and_field(kind: str, data: dict, told: str) -> None:
    with pytest.raises(InputError) as fault:
        parse(kind, data)
    assert str(fault.value) == told


def test_numbers_that_the_journal_holds_as_text_are_numbers_again() -> None:
    inode = (1 << 63) + 7
    seen = events.LogPinned(path="a", inode=inode, bytes=(0, 1 << 60), sha256="", size=1)
    assert written(seen)["inode"] == str(inode) and parse("log.pinned", written(seen)) == seen
    ended = {"item": "a", "surface": "diff", "question": "", "started_at": "", "ended_at": "", "sha256": "", "size": 1}
    again = parse("evidence.captured", {**ended, "duration_s": "1e+300"})
    assert isinstance(again, events.EvidenceCaptured) and again.duration_s == 1e300


def test_no_json_can_pass_for_what_is_kept_beside_the_fields() -> None:
    for odd in ({"": {"text": "b"}}, {"": None}, {"extra": {"text": "b"}}, {"names": 1, "data": 2}):
        event = parse("note.added", {"text": "a", **odd})
        assert event == events.NoteAdded(text="a", extra=Extra(odd))
        assert event.data() == {"text": "a", "nature": "fact", **odd}


def test_secrets_go_from_fields_that_this_console_does_not_know_too() -> None:
    line = {
        "title": "t",
        "workdir": "/w",
        "reentry": {"shell": "password=hunter2"},
        "hint": ["token=abc1"],
        "path": "x",
    }
    got = Redactor().event(parse("incident.opened", line))
    assert isinstance(got, events.IncidentOpened)
    assert got.extra == {"hint": ["token=[redacted token]"], "path": "x"}
    assert got.reentry.extra == {"shell": "password=[redacted password]"}
    assert got.redactions == {"password": 1, "token": 1}
    assert Redactor().event(got) == got


def test_an_event_cannot_be_changed() -> None:
    note = events.NoteAdded(text="a")
    with pytest.raises(AttributeError):
        note.text = "b"  # type: ignore[misc]
    assert note.with_(text="b").text == "b" and note.text == "a"


def test_the_vocabulary_loads_no_pydantic() -> None:
    code = "import sys, incident_console.events; print('pydantic' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
