import hashlib
import os
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from incident_console.errors import InputError, RecordError
from incident_console.record.blobs import Blobs
from incident_console.record.folders import all_records, find, new_id, records_dir
from incident_console.record.store import Record

NOW = datetime(2026, 11, 22, 14, 45, 1, 5, timezone(timedelta(hours=1)))


@pytest.fixture
def blobs(tmp_path) -> Blobs:
    (tmp_path / "rec").mkdir()
    return Blobs(tmp_path / "rec" / "evidence")


def test_a_blob_is_named_by_its_content_and_kept_once(blobs) -> None:
    name, size = blobs.put(b"seen")
    assert (name, size) == (hashlib.sha256(b"seen").hexdigest(), 4)
    before = (blobs.folder / name).stat().st_ino
    assert blobs.put(b"seen") == (name, size)
    assert (blobs.folder / name).stat().st_ino == before
    assert blobs.get(name) == b"seen" and list(blobs.names()) == [name]


def test_blobs_are_private_whatever_the_umask(blobs) -> None:
    before = os.umask(0)
    try:
        name, _ = blobs.put(b"seen")
    finally:
        os.umask(before)
    assert stat.S_IMODE(blobs.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((blobs.folder / name).stat().st_mode) == 0o600


def test_a_damaged_blob_is_told_and_healed_by_keeping_it_again(blobs) -> None:
    name, _ = blobs.put(b"seen")
    (blobs.folder / name).write_bytes(b"sein")
    with pytest.raises(InputError, match="altered"):
        blobs.get(name)
    assert blobs.peek(name) is None
    assert "altered" in (blobs.check(name) or "")
    blobs.put(b"seen")
    assert blobs.get(name) == b"seen" and blobs.check(name, 4) is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "a" * 63, "", "a" * 64 + "\n", "/" + "a" * 63])
def test_only_a_hash_names_a_blob(blobs, name) -> None:
    with pytest.raises(InputError, match="does not name"):
        blobs.get(name)


def test_links_are_not_followed(blobs, tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"key")
    name = hashlib.sha256(b"key").hexdigest()
    blobs.put(b"other")
    (blobs.folder / name).symlink_to(secret)
    with pytest.raises(InputError, match="symbolic link"):
        blobs.get(name)
    with pytest.raises(RecordError, match="symbolic link"):
        blobs.put(b"key")
    elsewhere = Blobs(tmp_path / "linked")
    elsewhere.folder.symlink_to(blobs.folder)
    with pytest.raises(RecordError, match="symbolic link"):
        elsewhere.put(b"x")
    with pytest.raises(InputError, match="symbolic link"):
        elsewhere.get(name)


def test_a_pipe_or_a_folder_under_a_blobs_name_is_refused_at_once(blobs) -> None:
    blobs.put(b"x")
    os.mkfifo(blobs.folder / ("a" * 64))
    (blobs.folder / ("b" * 64)).mkdir()
    for name in ("a" * 64, "b" * 64):
        with pytest.raises(InputError, match="not a regular file"):
            blobs.get(name)
        assert "not sound" in (blobs.check(name) or "")


def test_a_blob_larger_than_wanted_is_refused(blobs) -> None:
    name, _ = blobs.put(b"x" * 100)
    assert len(blobs.get(name, 100)) == 100
    with pytest.raises(InputError, match="longer than the 99"):
        blobs.get(name, 99)


def test_a_failed_write_leaves_no_blob_and_no_temporary_file(blobs, monkeypatch) -> None:
    blobs.put(b"x")

    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(RecordError, match="the disk is full"):
        blobs.put(b"new")
    assert len(list(blobs.names())) == 1


def test_ids_are_utc_readable_and_unique(tmp_path) -> None:
    first = new_id(tmp_path, NOW, "Align: retries / ünder load!" + "x" * 80)
    assert first.startswith("INC-20261122T134501Z-align-retries-nder-load-xxx") and len(first) <= 21 + 40
    (tmp_path / first).mkdir()
    assert new_id(tmp_path, NOW, "Align: retries / ünder load!" + "x" * 80) == f"{first}-2"
    assert new_id(tmp_path, NOW, "../..").endswith("Z-incident")


def records(tmp_path: Path, *names: str) -> Path:
    for name in names:
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def test_a_record_is_found_by_its_name_or_a_unique_start(tmp_path) -> None:
    store = records(tmp_path, "INC-2026a", "INC-2026ab", "INC-2027")
    assert find(store, "INC-2026a").name == "INC-2026a"
    assert find(store, "INC-2027"[:8]).name == "INC-2027"
    with pytest.raises(InputError, match="INC-2026a, INC-2026ab"):
        find(store, "INC-2026")
    with pytest.raises(InputError, match="The latest: INC-2026a"):
        find(store, "INC-9")


@pytest.mark.parametrize("id", ["", ".", "..", "../x", "a/b", "a\\b", "a\0b"])
def test_an_id_is_never_a_path(tmp_path, id) -> None:
    with pytest.raises(InputError, match="not the id"):
        find(records(tmp_path, "INC-1"), id)


def test_what_is_not_a_record_is_passed_over(tmp_path) -> None:
    store = records(tmp_path, "INC-1", ".import-x", "other")
    (store / "INC-2").symlink_to(store / "INC-1")
    (store / "INC-3").write_text("")
    assert [path.name for path in all_records(store)] == ["INC-1"]
    assert all_records(tmp_path / "none") == ()


def test_where_records_live(tmp_path) -> None:
    assert records_dir({"INCIDENT_CONSOLE_RECORDS": str(tmp_path)}) == tmp_path
    assert records_dir({}).parts[-2:] == ("incident-console", "records")


def test_drafts_are_private_survive_nonsense_and_go_when_committed(tmp_path) -> None:
    record = Record(tmp_path / "INC-1")
    record.make()
    assert record.load_drafts() == {}
    record.save_drafts({"symptom.surface": "half a \udcff thou", "empty": ""})
    assert stat.S_IMODE(record.drafts.stat().st_mode) == 0o600
    assert record.load_drafts() == {"symptom.surface": "half a \\xff thou"}
    for nonsense in (b"{", b"[1]", b'{"a": 1}', b"\xff", b"[" * 10_000):
        record.drafts.write_bytes(nonsense)
        assert record.load_drafts() == {}
    record.save_drafts({"symptom.surface": ""})
    assert not record.drafts.exists()


def test_a_record_behind_a_link_is_refused(tmp_path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "INC-1"
    link.symlink_to(tmp_path / "real")
    with pytest.raises(RecordError, match="symbolic link"):
        Record(link).make()


def test_a_runbook_is_frozen_whole(tmp_path) -> None:
    record = Record(tmp_path / "INC-1")
    record.make()
    record.freeze_runbook(b"id: x\n")
    assert record.frozen_runbook() == b"id: x\n"
