"""An incident that is only looked at: a record that somebody else writes, and a bundle that nobody accepted."""

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from incident_console.errors import InputError, Refused
from incident_console.record import chain
from incident_console.session.core import Session
from incident_console.session.handoff import accept, offer
from incident_console.session.opening import resume_or_review
from incident_console.session.plan import Plan
from incident_console.session.reviewing import Review, review_bundle, review_record
from incident_console.session.who import Who


@pytest.fixture
def review(session: Session) -> Iterator[Review]:
    found = review_record(session.record.path)
    yield found
    found.close()


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_record_whose_pen_is_held_is_read_and_says_who_writes_it(session: Session, who: Who) -> None:
    found = resume_or_review(who, session.record.path)
    assert isinstance(found, Review) and not found.is_free
    assert f"ana on {os.uname().nodename}, pid {os.getpid()} writes this record" in found.because
    assert found.id == session.id and found.incident.lines == session.incident.lines
    assert not hasattr(found, "append") and not hasattr(found, "note")
    found.close()


def test_a_command_is_not_started_beside_another_writer(session: Session, who: Who) -> None:
    with pytest.raises(Refused, match="writes this record, so nothing was started"):
        Plan(who, session.workdir, resume=session.record.path, command=("true",)).begin()


def test_what_is_written_elsewhere_is_followed_without_reading_the_journal_again(
    session: Session, review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    review.listen(lambda recorded: told.append(recorded.kind))
    read: list[int] = []

    def counting(file: object, seq: int = 0, head: str = chain.START) -> chain.Reading:
        read.append(seq)
        return reading(file, seq, head)  # type: ignore[arg-type]

    reading = chain._read
    monkeypatch.setattr(chain, "_read", counting)
    before = len(session.incident.lines)
    session.note("the queue is held")
    session.enter("look")
    assert review.look() and not review.look()
    assert told == ["note.added", "rung.entered"] and read == [before]
    assert review.head == session.head and review.incident.open_rung == "look"
    session.note("more")
    assert review.look() and read == [before, before + 2]


def test_a_line_that_is_still_being_written_is_no_fault(session: Session, review: Review) -> None:
    seen = len(review.incident.lines)
    session.note("whole")
    whole = session.record.journal.read_bytes()
    at = whole.rindex(b"\n", 0, -1) + 1
    for cut in range(at + 1, len(whole), 40):
        session.record.journal.write_bytes(whole[:cut])
        review.look()
        assert not review.fault and len(review.incident.lines) == seen
    session.record.journal.write_bytes(whole)
    assert review.look() and review.head == session.head


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda journal: journal.write_bytes(journal.read_bytes()[:-200]), "was cut to"),
        (lambda journal: journal.unlink(), "is gone"),
        (lambda journal: journal.open("ab").write(b'{"seq": 1}\n'), "the journal is broken at line"),
        (lambda journal: (journal.unlink(), journal.mkdir()), "not"),
    ],
    ids=["cut", "removed", "a forged line", "a folder in its place"],
)
def test_a_journal_that_breaks_while_it_is_followed_is_told_and_what_stood_stays(
    session: Session, review: Review, harm: object, said: str
) -> None:
    lines = list(review.incident.lines)
    assert callable(harm)
    harm(session.record.journal)
    review.look()
    assert said in review.fault and review.incident.lines == lines


def test_a_line_that_was_altered_before_it_was_read_is_not_taken_in(session: Session, review: Review) -> None:
    session.note("eight")
    session.record.journal.write_bytes(session.record.journal.read_bytes().replace(b'"eight"', b'"night"'))
    review.look()
    assert "altered" in review.fault and "note.added" not in [line.kind for line in review.incident.lines]


def test_a_pen_that_was_laid_down_is_noticed(session: Session, review: Review) -> None:
    assert not review.look_for_pen() and not review.is_free
    session.close()
    assert review.look_for_pen() and review.is_free and "take the pen" in review.because


def test_looking_writes_nothing(session: Session, who: Who) -> None:
    session.note("one")
    before = bytes_of(who.records)
    found = resume_or_review(who, session.record.path)
    assert isinstance(found, Review)
    found.look()
    found.look_for_pen()
    found.close()
    assert bytes_of(who.records) == before


# -- bundles ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def bundle(session: Session, tmp_path: Path) -> Path:
    session.note("look at align")
    session.enter("look")
    return offer(session, "ben", {"impact": "the report is late"}, tmp_path / "out.zip").path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_a_bundle_is_shown_from_a_private_copy_that_goes_when_it_is_left(
    bundle: Path, session: Session, temporary: Path
) -> None:
    found = review_bundle(bundle)
    (unpacked,) = temporary.iterdir()
    assert unpacked.stat().st_mode & 0o777 == 0o700
    assert found.id == session.id and found.incident.open_rung == "look"
    assert "the report is late" in found.handoff and "not accepted" in found.because
    found.close()
    assert not list(temporary.iterdir())


def test_what_a_bundle_says_of_files_here_is_not_looked_at(bundle: Path, session: Session) -> None:
    assert session.workdir.is_dir()
    found = review_bundle(bundle)
    assert not found.is_reachable and not found.workdir.exists()
    found.close()


def test_a_broken_bundle_is_refused_with_its_first_broken_place_and_leaves_nothing(
    bundle: Path, temporary: Path, tmp_path: Path
) -> None:
    altered = tmp_path / "altered.zip"
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(altered, "w") as to:
        for entry in source.infolist():
            data = source.read(entry)
            to.writestr(entry, data.replace(b"look at align", b"look at alike"))
    with pytest.raises(InputError, match="was altered"):
        review_bundle(altered)
    (tmp_path / "no.zip").write_text("no zip")
    with pytest.raises(InputError):
        review_bundle(tmp_path / "no.zip")
    assert not list(temporary.iterdir())


def test_a_receiver_whose_copy_is_elsewhere_says_where(bundle: Path, session: Session, tmp_path: Path) -> None:
    copy = tmp_path / "my copy"
    shutil.copytree(session.workdir, copy)
    receiver = Who("ben", tmp_path / "elsewhere/records", tmp_path / "elsewhere/trusted.jsonl")
    accepted = accept(bundle, receiver, "mine now", workdir=copy)
    taken = resume_or_review(receiver, accepted.record)
    assert isinstance(taken, Session)
    assert taken.workdir == copy and not taken.incident.edits
    taken.close()
    last = json.loads((accepted.record / "journal.jsonl").read_bytes().splitlines()[-1])
    assert last["data"]["workdir"] == str(copy)
