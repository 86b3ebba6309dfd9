"""Times as people say them: what is understood, and what is refused in words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from incident_console.errors import Refused
from incident_console.session.moments import when, written
from incident_console.tail.linetime import time_of
from incident_console.tail.source import TextSource
from incident_console.tui.timefield import Time, distance, of_line

NOW = datetime(2026, 11, 22, 14, 17, 30, tzinfo=UTC)
EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("14:05", "2026-11-22T14:05:00Z"),
        ("14:05:30Z", "2026-11-22T14:05:30Z"),
        ("9:05 utc", "2026-11-22T09:05:00Z"),
        ("14:30", "2026-11-21T14:30:00Z"),  # the last one that has passed
        ("14:05 local", "2026-11-22T12:05:00Z"),
        ("23:10 local", "2026-11-21T21:10:00Z"),
        ("yesterday 23:10", "2026-11-21T23:10:00Z"),
        ("yesterday 1:10 local", "2026-11-20T23:10:00Z"),
        ("10 min ago", "2026-11-22T14:07:30Z"),
        ("90 s", "2026-11-22T14:16:00Z"),
        ("2 days ago", "2026-11-20T14:17:30Z"),
        ("Now", "2026-11-22T14:17:30Z"),
        ("", "2026-11-22T14:17:30Z"),
        ("2026-11-20T14:05:00+02:00", "2026-11-20T12:05:00Z"),
        ("2026-11-20 14:05", "2026-11-20T14:05:00Z"),
        ("2026-11-20 14:05 local", "2026-11-20T12:05:00Z"),
    ],
)
def test_a_time_is_understood_as_it_is_said(said: str, meant: str) -> None:
    assert written(when(said, NOW, zone=EAST)) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("18:00", "2026-11-22T18:00:00Z"),
        ("9:00", "2026-11-23T09:00:00Z"),  # the next one to come
        ("18:00 local", "2026-11-22T16:00:00Z"),
        ("in 20 min", "2026-11-22T14:37:30Z"),
        ("2h", "2026-11-22T16:17:30Z"),
        ("tomorrow 9:00", "2026-11-23T09:00:00Z"),
    ],
)
def test_what_is_due_lies_ahead(said: str, meant: str) -> None:
    assert written(when(said, NOW, ahead=True, zone=EAST)) == meant


@pytest.mark.parametrize(
    "said",
    ["25:00", "14:61", "14:", "soon", "tomorrow 9:00", "in 5 min", "in 5 min ago", "9" * 500, "0000-13-45 10:00",
     "٣:٠٠", "9999-12-31T23:59-12:00", "2026-11-20 " + "1" * 200],
)  # fmt: skip
def test_what_is_no_past_time_is_refused_in_a_sentence(said: str) -> None:
    with pytest.raises(Refused, match=r"is no time|has not come yet"):
        when(said, NOW)


def test_due_in_the_past_is_refused() -> None:
    with pytest.raises(Refused, match="has passed already"):
        when("yesterday 9:00", NOW, ahead=True)


def test_what_was_understood_is_told_with_how_long_ago_and_recorded_so() -> None:
    field = Time(lambda: NOW)
    assert field.told("14:05") == ("= 2026-11-22T14:05:00Z, 12m ago", True)
    assert field.told("14:0x")[1] is False and "14:05 local" in field.told("14:0x")[0]
    assert field.settled("10 min ago") == "2026-11-22T14:07:30Z"
    with pytest.raises(Refused):
        field.settled("soon")


def test_where_other_words_are_an_answer_they_are_neither_refused_nor_changed() -> None:
    field = Time(lambda: NOW, ahead=True, words=True)
    told, can_be_taken = field.told("before the next run")
    assert told.startswith("stands as it is said: ") and "write 18:00 (UTC)" in told and can_be_taken
    assert field.settled("before the next run") == "before the next run"
    assert field.told("18:00") == ("= 2026-11-22T18:00:00Z, in 3h42m", True)
    assert distance(NOW, NOW) == "now"


def test_a_lines_time_is_its_own_or_that_of_its_block() -> None:
    text = b"2026-11-22T14:05:00Z align begins\n  without a time\n" + b"bare\n" * 300
    source = TextSource("log", text)
    source.index_step(1.0)
    assert of_line(time_of(source, 0)) == of_line(time_of(source, 1)) == "2026-11-22T14:05:00Z"
    assert time_of(source, 290) is None and time_of(source, 5000) is None
    assert of_line(None) == of_line(1e300) == ""
