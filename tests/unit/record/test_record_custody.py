"""Nobody else reads a record or writes through it unseen, and a head, or its beginning, is what it must end with."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from incident_console.errors import ConsoleError, InputError, RecordError, UsageError
from incident_console.record import bag
from incident_console.record.chain import read
from incident_console.record.imports import import_bag
from incident_console.record.journal import Journal
from incident_console.record.store import Record
from incident_console.record.verify import verify

NOW = datetime(2026, 11, 22, 14, 0, 0, tzinfo=UTC)


def pack(record: Record, out: Path) -> Path:
    told = {"handoff": "# Hand-off\n", "html": "<!doctype html>", "record": {"title": "t"}}
    return bag.write(record.path, **told, out=out, now=NOW)


@pytest.fixture
def record(make_record) -> Record:
    return make_record()


@pytest.fixture
def bundle(record, tmp_path) -> Path:
    return pack(record, tmp_path / "out.zip")


def test_everything_is_private_though_the_umask_is_open(make_record, tmp_path) -> None:
    before = os.umask(0)
    try:
        record = make_record()
        record.save_drafts({"a": "b"})
        record.write_document("note.md", "x")
        taken = import_bag(pack(record, tmp_path / "out.zip"), tmp_path / "store")
    finally:
        os.umask(before)
    modes = {
        (path.is_dir(), stat.S_IMODE(path.stat().st_mode))
        for root in (record.path, taken.path)
        for path in (root, *root.rglob("*"))
    }
    assert modes == {(True, 0o700), (False, 0o600)}
    assert stat.S_IMODE((tmp_path / "out.zip").stat().st_mode) == 0o600


@pytest.mark.parametrize("what", ["journal.jsonl", "runbook.yaml", "evidence", "pen"])
def test_a_link_in_a_record_is_neither_read_through_nor_written_through(record, tmp_path, clock, what) -> None:
    real = tmp_path / "real"
    path = record.path / what
    if path.exists():
        path.rename(real)
    else:
        real.write_bytes(b"")
    path.symlink_to(real)
    kept = real.read_bytes() if real.is_file() else sorted(real.iterdir())
    if what == "pen":
        with pytest.raises(ConsoleError, match="symbolic link"):
            Journal.open(record.journal, session="s", by="b", clock=clock)
    else:
        assert not _sound(record.path)
    if what == "evidence":
        with pytest.raises(ConsoleError, match="symbolic link"):
            record.blobs.put(b"new")
        assert not any(record.blobs.holds(each.name) for each in real.iterdir())
    assert kept == (real.read_bytes() if real.is_file() else sorted(real.iterdir()))


def _sound(path: Path) -> bool:
    try:
        return verify(path).ok
    except InputError:
        return False


def test_a_link_to_a_record_is_not_taken_for_the_record(record, tmp_path) -> None:
    (tmp_path / "link").symlink_to(record.path)
    with pytest.raises(InputError, match="symbolic link"):
        verify(tmp_path / "link")
    with pytest.raises(RecordError, match="symbolic link"):
        Record(tmp_path / "link").make()


def test_who_else_could_change_the_record_is_told(record) -> None:
    assert verify(record.path).notes == ()
    os.link(record.journal, record.path.parent / "other-name")
    record.blobs.folder.chmod(0o770)
    record.path.parent.chmod(0o777)
    notes = verify(record.path).notes
    assert verify(record.path).ok and len(notes) == 3
    assert any("others may write to" in note and "mode 777" in note for note in notes)
    assert any("another name besides" in note for note in notes)


# the head


def test_the_beginning_of_a_head_is_enough_and_says_so(record, bundle) -> None:
    head = read(record.journal).head
    for path in (record.path, record.journal, bundle):
        verdict = verify(path, f" {head[:12].upper()}\n")
        assert verdict.ok and "of the head only the first 12 digits were compared" in verdict.notes
        assert not verify(path, "f" * 12).ok
    earlier = read(record.journal).lines[9].hash
    assert "The head that was given is event 10" in (verify(record.path, earlier[:16]).fault or "")


@pytest.mark.parametrize("head", ["", "abc", "f" * 11, "f" * 65, "g" * 64, "0x" + "f" * 20])
def test_what_is_no_head_is_wrong_usage(record, head) -> None:
    with pytest.raises(UsageError, match="is no head"):
        verify(record.path, head)


def test_a_head_that_the_record_went_on_after_is_good_news_said_as_such(record) -> None:
    lines = read(record.journal).lines
    verdict = verify(record.path, head=lines[0].hash)
    assert not verdict.ok and verdict.went_on_after == 1
    assert verdict.fault is not None and "is event 1 of this chain" in verdict.fault and "went on" in verdict.fault
    assert verify(record.path, head=lines[-1].hash).went_on_after is None
    assert verify(record.path, head="0" * 64).went_on_after is None

    record.blobs.folder.joinpath(next(iter(record.blobs.names()))).unlink()
    broken = verify(record.path, head=lines[0].hash)
    assert broken.went_on_after is None and broken.fault is not None and "blob" in broken.fault
