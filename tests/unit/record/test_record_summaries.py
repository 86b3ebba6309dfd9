"""A summary that is kept says what the journal says, or is not believed."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from incident_console.errors import InputError
from incident_console.events import ClassSet, IncidentClosed, IncidentOpened
from incident_console.record import summaries as room
from incident_console.record.incident import fold
from incident_console.record.journal import Journal
from incident_console.record.store import Record
from incident_console.record.summaries import NAME, leave, summaries


class Later:
    """A clock by which every journal has come to rest."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=60)

    def monotonic(self) -> float:
        return 0.0


LATER = Later()


def made(records: Path, name: str, *events, clock) -> Path:
    with Journal.create(records / name / "journal.jsonl", session="s", by="b", clock=clock) as journal:
        for event in (IncidentOpened(title=f"title of {name}", workdir="/srv/wf"), *events):
            journal.append(event)
    return records / name


@pytest.fixture
def records(tmp_path: Path, clock) -> Path:
    store = tmp_path / "records"
    made(store, "INC-1", ClassSet(class_="tool-behavior"), clock=clock)
    made(store, "INC-2", IncidentClosed(outcome="repaired"), clock=clock)
    return store


@pytest.fixture
def read(monkeypatch) -> list[str]:
    """The records whose journals were read."""
    names: list[str] = []
    real = Record.incident
    monkeypatch.setattr(Record, "incident", lambda self: names.append(self.id) or real(self))
    return names


def test_a_summary_says_what_the_journal_says(records) -> None:
    first, second = summaries(records, LATER).found
    assert (first.id, first.state, first.class_, first.workdir, first.title, first.closed, first.broken) == (
        "INC-1",
        "open",
        "tool-behavior",
        "/srv/wf",
        "title of INC-1",
        False,
        False,
    )
    assert (second.state, second.closed, second.class_) == ("closed", True, None)


def test_a_journal_that_did_not_change_is_not_read_again(records, read) -> None:
    before = summaries(records, LATER)
    assert read == ["INC-1", "INC-2"]
    assert summaries(records, LATER) == before
    assert read == ["INC-1", "INC-2"]
    assert stat.S_IMODE((records / NAME).stat().st_mode) == 0o600


def test_a_journal_that_was_written_to_is_read_again(records, read, clock) -> None:
    summaries(records, LATER)
    with Journal.open(records / "INC-1" / "journal.jsonl", session="s", by="b", clock=clock) as journal:
        journal.append(IncidentClosed(outcome="repaired"))
    assert summaries(records, LATER).found[0].closed
    assert read[2:] == ["INC-1"]


def test_an_altered_journal_of_equal_size_and_mtime_is_read_again(records) -> None:
    summaries(records, LATER)
    journal = records / "INC-1" / "journal.jsonl"
    facts = journal.stat()
    journal.write_bytes(journal.read_bytes().replace(b"title of", b"TITLE of"))
    os.utime(journal, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert ["its hash" in told for told in summaries(records, LATER).unread] == [True]


def test_a_journal_replaced_by_another_of_equal_size_and_mtime_is_read_again(records, tmp_path, clock) -> None:
    summaries(records, LATER)
    journal = records / "INC-1" / "journal.jsonl"
    facts = journal.stat()
    other = made(tmp_path / "other", "INC-9", ClassSet(class_="tool-behavior"), clock=clock) / "journal.jsonl"
    assert other.stat().st_size == facts.st_size
    os.utime(other, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    other.replace(journal)
    assert summaries(records, LATER).found[0].title == "title of INC-9"


def test_of_a_journal_that_has_just_been_written_no_summary_is_kept(records, read) -> None:
    summaries(records)
    summaries(records)
    assert read == ["INC-1", "INC-2"] * 2


def left(records: Path, name: str, clock, *then: bytes) -> None:
    """A console takes the record up, writes one event and leaves; `then`: what another program wrote meanwhile."""
    path = records / name / "journal.jsonl"
    with Journal.open(path, session="s", by="b", clock=clock) as journal:
        incident = fold(journal.reading.lines)
        incident.apply(journal.append(IncidentClosed(outcome="repaired")))
        for more in then:
            path.write_bytes(path.read_bytes() + more)
        facts = journal.settled()
        if facts:
            leave(path.parent, incident, facts)


def test_a_console_that_leaves_a_record_saves_the_next_one_reading_it(records, read, clock) -> None:
    expected = [Record(records / name).incident().state for name in ("INC-1", "INC-2")]
    left(records, "INC-1", clock)
    read.clear()
    one, two = summaries(records).found
    assert read == ["INC-2"]
    assert (one.state, two.state, expected) == ("closed", "closed", ["open", "closed"])
    assert summaries(records, LATER, keep=False).found == (one, two)
    assert one == room._read(records / "INC-1"), "as the journal says, to the last field"


def test_what_a_leaving_console_said_is_not_believed_of_a_journal_that_went_on(records, read, clock) -> None:
    left(records, "INC-1", clock)
    with Journal.open(records / "INC-1" / "journal.jsonl", session="s", by="b", clock=clock) as journal:
        journal.append(ClassSet(class_="storage-visibility"))
    read.clear()
    assert summaries(records, LATER).found[0].class_ == "storage-visibility"
    assert "INC-1" in read


def test_a_console_leaves_no_summary_of_a_journal_that_another_program_wrote_to(records, read, clock) -> None:
    left(records, "INC-1", clock, b'{"seq": 9}')
    read.clear()
    summaries(records, LATER)
    assert "INC-1" in read


@pytest.mark.parametrize("opened_only", [False, True])
def test_a_console_leaves_no_summary_of_a_journal_that_was_altered_meanwhile(records, clock, opened_only) -> None:
    path = records / "INC-1" / "journal.jsonl"
    with Journal.open(path, session="s", by="b", clock=clock) as journal:
        assert journal.settled() is not None
        if not opened_only:
            journal.append(IncidentClosed(outcome="repaired"))
            assert journal.settled() is not None
        before = path.stat()
        with path.open("r+b") as file:  # as many bytes as before
            file.write(path.read_bytes().replace(b"tool-behavior", b"tool-behaviox"))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 10**7))  # the next tick of a coarse clock
        assert journal.settled() is None


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"{",
        b"[1]",
        b"\xff",
        b"[" * 10_000,
        b'{"schema": "other", "records": {}}',
        b'{"schema": "SCHEMA", "records": {"INC-1": [1, 2]}}',
        b'{"schema": "SCHEMA", "records": {"INC-1": [1, 2, 3, 4, {"title": 7}]}}',
        b'{"schema": "SCHEMA", "records": 7}',
    ],
)
def test_a_file_of_summaries_that_makes_no_sense_is_passed_over(records, nonsense) -> None:
    before = summaries(records, LATER)
    (records / NAME).write_bytes(nonsense.replace(b"SCHEMA", room.SCHEMA.encode()))
    assert summaries(records, LATER) == before


def test_what_cannot_be_read_is_told_each_time(records) -> None:
    (records / "INC-3").mkdir()
    (records / "INC-4").mkdir()
    (records / "INC-4" / "journal.jsonl").write_bytes(b"")
    for _ in range(2):
        found = summaries(records, LATER)
        assert [one.id for one in found.found] == ["INC-1", "INC-2"]
        assert [told[:6] for told in found.unread] == ["INC-3:", "INC-4:"] and "empty" in found.unread[1]


def test_a_folder_that_may_only_be_read_is_read(records, monkeypatch) -> None:
    def refused(path: Path, data: bytes) -> None:
        raise room.RecordError("read-only")

    monkeypatch.setattr(room.files, "write_atomically", refused)
    assert len(summaries(records, LATER).found) == 2
    assert not (records / NAME).exists()


def test_a_record_that_is_gone_is_forgotten(records) -> None:
    summaries(records, LATER)
    (records / "INC-1").rename(records / "elsewhere")
    assert [one.id for one in summaries(records, LATER).found] == ["INC-2"]
    assert b"INC-1" not in (records / NAME).read_bytes()


def test_a_folder_that_is_not_there_holds_nothing_and_one_that_cannot_be_read_is_a_sentence(tmp_path) -> None:
    assert summaries(tmp_path / "none", LATER).found == ()
    (tmp_path / "file").write_text("")
    try:
        assert summaries(tmp_path / "file", LATER).found == ()
    except InputError as told:
        assert "could not be read" in str(told)
