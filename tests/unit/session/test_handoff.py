"""Handing over: the sender's last event, the bundle, and the receiver's first word, on one chain."""

import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import InputError, RecordError, Refused, UsageError
from incident_console.record.store import Record
from incident_console.record.verify import verify
from incident_console.session.core import Session
from incident_console.session.handoff import accept, offer
from incident_console.session.opening import resume_incident
from incident_console.session.who import Who
from tests.needs import needs


@pytest.fixture
def receiver(tmp_path: Path) -> Who:
    return Who("ben", tmp_path / "elsewhere/records", tmp_path / "elsewhere/trusted.jsonl")


def kinds(folder: Path) -> list[str]:
    return [line.kind for line in Record(folder).read().lines]


@needs("sha256sum")
def test_a_bundle_with_everything_unknown_is_sound_and_says_so(session: Session, tmp_path: Path) -> None:
    offered = offer(session, "ben", {"impact": "the report is late"}, tmp_path / "out.zip")
    assert "deadline" in offered.missing and "impact" not in offered.missing
    assert kinds(session.record.path)[-1] == "handoff.offered"
    verdict = verify(offered.path, offered.head)
    assert verdict.ok and verdict.head == session.head
    with zipfile.ZipFile(offered.path) as bundle:
        bundle.extractall(tmp_path / "bag")
    bag = tmp_path / "bag" / session.id
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "-c", "--quiet", manifest], cwd=bag, check=True)


def test_what_the_runbook_asked_and_whom_it_names_reach_the_receiver(session: Session, tmp_path: Path) -> None:
    session.enter("classify")
    session.answer("classify", {"confidence": "low"})
    held = "By the runbook, and nobody was asked yet**: to confidence review: Nobody is sure"
    for name in ("one.zip", "two.zip"):
        offered = offer(session, f"ben, {name}", {}, tmp_path / name)
        with zipfile.ZipFile(offered.path) as bundle:
            (page,) = (each for each in bundle.namelist() if each.endswith("data/HANDOFF.md"))
            text = bundle.read(page).decode()
        assert "## What was answered on the ladder" in text and "How sure: low" in text
        assert (held in text) == (name == "one.zip"), text
        session.escalate("Kim Roth of the confidence review", "B", "A", "Nobody is sure.")


def test_an_offer_that_cannot_be_made_leaves_no_trace(session: Session, tmp_path: Path) -> None:
    there = tmp_path / "there.zip"
    there.write_text("precious")
    with pytest.raises(UsageError, match="is there already"):
        offer(session, "ben", {}, there)
    with pytest.raises(UsageError, match="no folder"):
        offer(session, "ben", {}, tmp_path / "no/such/folder/out.zip")
    with pytest.raises(InputError):
        offer(session, "ben", {"colour": "red"}, tmp_path / "out.zip")
    session.note("evidence")
    sha256, size, _ = session.keep(b"abc")
    session.append(events.LogPinned(path="a", bytes=(0, 3), sha256=sha256, size=size))
    (session.record.blobs.folder / sha256).write_bytes(b"altered")
    with pytest.raises(InputError, match="altered"):
        offer(session, "ben", {}, tmp_path / "out.zip")
    assert "handoff.offered" not in kinds(session.record.path)
    assert not (tmp_path / "out.zip").exists() and there.read_text() == "precious"


def test_secrets_in_the_fields_are_redacted(session: Session, tmp_path: Path) -> None:
    offered = offer(session, "ben", {"permissions": "password=correct-horse-battery"}, tmp_path / "out.zip")
    with zipfile.ZipFile(offered.path) as bundle:
        assert all(b"correct-horse" not in bundle.read(name) for name in bundle.namelist())


def test_the_receiver_continues_the_same_chain_in_another_store(
    session: Session, receiver: Who, tmp_path: Path
) -> None:
    offered = offer(session, "ben", {}, tmp_path / "out.zip")
    accepted = accept(offered.path, receiver, "I watch align B; nobody stops the run")
    assert accepted.record == receiver.records / session.id and accepted.recorded
    lines = Record(accepted.record).read().lines
    assert (lines[-1].kind, lines[-1].by.split("@")[0], lines[-1].prev) == ("handoff.accepted", "ben", offered.head)
    assert verify(accepted.record).ok
    assert (accepted.record / "note.md").is_file()
    taken = resume_incident(receiver, accepted.record)
    taken.note("I am on it")
    taken.close()
    assert verify(accepted.record).ok


def test_accepting_twice_adds_nothing_but_somebody_else_may_accept_too(
    session: Session, receiver: Who, tmp_path: Path
) -> None:
    offered = offer(session, "ben", {}, tmp_path / "out.zip")
    first = accept(offered.path, receiver, "mine")
    before = kinds(first.record)
    assert not accept(offered.path, receiver, "mine, again").recorded
    assert kinds(first.record) == before
    assert accept(offered.path, Who("eve", receiver.records, receiver.trust), "I help").recorded


def test_a_later_bundle_carries_the_record_forward_and_a_fork_is_refused(
    session: Session, receiver: Who, tmp_path: Path
) -> None:
    first = offer(session, "ben", {}, tmp_path / "one.zip")
    other = Who("eve", tmp_path / "third/records", receiver.trust)
    accept(first.path, other, "I help")
    session.note("meanwhile")
    second = offer(session, "ben", {}, tmp_path / "two.zip")
    with pytest.raises(InputError, match="part ways at event"):
        accept(second.path, other, "again")
    accept(second.path, receiver, "all of it")
    taken = resume_incident(receiver, receiver.records / session.id)
    third = offer(taken, "ana", {}, tmp_path / "three.zip")
    taken.close()
    session.close()
    back = accept(third.path, Who("ana", session.record.path.parent, receiver.trust), "back again")
    assert back.recorded and verify(back.record).ok
    assert kinds(back.record).count("handoff.accepted") == 2


def test_a_read_back_needs_words_and_a_bundle_its_seal(session: Session, receiver: Who, tmp_path: Path) -> None:
    offered = offer(session, "ben", {}, tmp_path / "out.zip")
    with pytest.raises(UsageError, match="read-back"):
        accept(offered.path, receiver, " ")
    with pytest.raises(InputError):
        accept(tmp_path / "nothing.zip", receiver, "mine")
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(offered.path) as whole, zipfile.ZipFile(broken, "w") as altered:
        for name in whole.namelist():
            altered.writestr(name, whole.read(name).replace(b"align is flaky", b"align is robust"))
    with pytest.raises(InputError, match="not taken in"):
        accept(broken, receiver, "mine")
    assert not receiver.records.exists() or list(receiver.records.glob("INC-*")) == []


def test_a_record_that_somebody_writes_is_neither_handed_off_nor_carried_forward(
    session: Session, who: Who, tmp_path: Path
) -> None:
    with pytest.raises(RecordError, match="Another console"):
        resume_incident(who, session.record.path)
    offered = offer(session, "ben", {}, tmp_path / "out.zip")
    with pytest.raises(RecordError, match="Another console"):
        accept(offered.path, who, "mine")
    with pytest.raises(Refused):
        session.note("")


def test_a_bundle_that_is_here_already_is_told_with_what_happened_since(
    session: Session, receiver: Who, tmp_path: Path
) -> None:
    offered = offer(session, "ben", {}, tmp_path / "out.zip")
    first = accept(offered.path, receiver, "mine")
    assert (first.how, first.told) == ("new", "")
    again = accept(offered.path, receiver, "mine")
    assert again.how == "behind" and f"{session.id} is here already: ben@" in again.told
    assert "nothing else has happened in it since" in again.told
    taken = resume_incident(receiver, first.record)
    taken.note("I am on it")
    taken.close()
    older = accept(offered.path, receiver, "mine")
    assert "the bundle is older than it" in older.told and "the record here went on by 2 events" in older.told
    assert "note.added by ben@" in older.told
    assert not list(receiver.records.glob(".import-*"))


def test_two_who_accept_in_the_same_instant_both_end_well_on_one_chain(
    session: Session, receiver: Who, tmp_path: Path
) -> None:
    offered = offer(session, "ben", {}, tmp_path / "out.zip")
    both = (replace(receiver, operator="ben"), replace(receiver, operator="mia"))
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda who: accept(offered.path, who, "mine"), both))
    assert sorted(each.how for each in done) == ["behind", "new"]
    assert next(each for each in done if each.how == "behind").told.startswith(f"{session.id} is here already: ")
    assert verify(receiver.records / session.id).ok
    assert kinds(receiver.records / session.id)[-2:] == ["handoff.accepted", "handoff.accepted"]


def test_a_record_that_another_process_put_here_meanwhile_stays_as_it_is(
    session: Session, receiver: Who, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = offer(session, "ben", {}, tmp_path / "out.zip")
    staged = Record.make

    def late(record: Record) -> None:
        """Where there are no locks: the other one is quicker."""
        staged(record)
        if record.path.name == "record":
            (receiver.records / session.id).mkdir()
            (receiver.records / session.id / "journal.jsonl").write_bytes(b"theirs")

    monkeypatch.setattr(Record, "make", late)
    with pytest.raises(RecordError, match="was put here by another process just now"):
        accept(offered.path, receiver, "mine")
    assert (receiver.records / session.id / "journal.jsonl").read_bytes() == b"theirs"
    assert [path.name for path in receiver.records.glob("INC-*")] == [session.id]
