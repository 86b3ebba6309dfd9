"""What the record is told of a clock that jumps, and of a record that a newer console began."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from incident_console import events
from incident_console.record.chain import START, line_hash, read
from incident_console.record.verify import verify
from incident_console.runbook.load import Loaded
from incident_console.session.opening import open_incident, resume_incident
from incident_console.session.who import Who


class SetClock:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 13, 45, 1, tzinfo=UTC)
        self.mono = 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.mono

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.mono += seconds


def notes(folder: Path) -> list[str]:
    return [one.event.text for one in read(folder / "journal.jsonl").lines if isinstance(one.event, events.NoteAdded)]


def test_a_clock_set_back_or_forward_is_told_in_the_record_once(who: Who, workdir: Path, loaded: Loaded) -> None:
    clock = SetClock()
    session = open_incident(who, workdir, loaded, title="slow", clock=clock)
    clock.passes(600)
    session.note("nothing is wrong")
    clock.at -= timedelta(hours=2)
    session.note("the clock was set back")
    clock.passes(30)
    clock.at += timedelta(hours=1)
    session.note("and forward")
    session.note("and stays")
    session.close()
    told = [text for text in notes(session.record.path) if text.startswith("The console says")]
    assert ["set back, by 7200 seconds" in told[0], "by 3600 seconds" in told[1]] == [True, True] and len(told) == 2
    assert verify(session.record.path).ok


def test_a_clock_that_was_set_back_between_two_sittings_is_told(who: Who, workdir: Path, loaded: Loaded) -> None:
    clock = SetClock()
    session = open_incident(who, workdir, loaded, title="slow", clock=clock)
    session.close()
    clock.at -= timedelta(days=1)
    session = resume_incident(who, session.record.path, clock=clock)
    session.note("on")
    session.close()
    assert notes(session.record.path)[0] == "on" and "by 86400 seconds" in notes(session.record.path)[1]


@pytest.fixture
def newer(who: Who, workdir: Path, loaded: Loaded) -> Path:
    """A record of schema 2: a kind and fields that this console has never heard of."""
    session = open_incident(who, workdir, loaded, title="slow")
    session.close()
    path = session.record.journal
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[0]["data"] |= {"schema": "incident-console/journal/2", "console": "9.0", "mood": "grim"}
    lines.append({**lines[-1], "seq": len(lines) + 1, "kind": "weather.seen", "data": {"sky": ["grey", {"wind": 4}]}})
    prev = START
    with path.open("w") as file:
        for line in lines:
            line["prev"] = prev
            line["hash"] = prev = line_hash({key: value for key, value in line.items() if key != "hash"})
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
    return session.record.path


def test_a_record_of_a_newer_console_is_continued_kept_as_it_is_and_told(newer: Path, who: Who) -> None:
    before = (newer / "journal.jsonl").read_bytes()
    for _ in range(2):
        session = resume_incident(who, newer)
        assert session.incident.lines[0].event.extra == {"mood": "grim"}
        session.note("went on")
        session.close()
    after = (newer / "journal.jsonl").read_bytes()
    assert after.startswith(before)
    told = [text for text in notes(newer) if "incident-console/journal/2" in text]
    assert len(told) == 1 and "begun by console 9.0" in told[0] and "continued nevertheless" in told[0]
    verdict = verify(newer)
    assert verdict.ok and any("incident-console/journal/2" in note for note in verdict.notes)
    weather = next(line for line in read(newer / "journal.jsonl").lines if line.kind == "weather.seen")
    assert weather.event.extra == {"sky": ["grey", {"wind": 4}]}
