import hashlib
import io
import os
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import InputError, RecordError, UsageError
from incident_console.record import bag, zips
from incident_console.record.chain import read
from incident_console.record.folders import all_records
from incident_console.record.imports import import_bag
from incident_console.record.journal import Journal
from incident_console.record.pen import Pen
from incident_console.record.store import Record
from incident_console.record.verify import verify

NOW = datetime(2026, 11, 22, 14, 0, 0, tzinfo=UTC)


def pack(record: Record, out: Path) -> Path:
    return bag.write(
        record.path, handoff="# Hand-off\n", html="<!doctype html>", record={"title": "t"}, out=out, now=NOW
    )


@pytest.fixture
def record(make_record) -> Record:
    return make_record()


@pytest.fixture
def bundle(record, tmp_path) -> Path:
    return pack(record, tmp_path / "out.zip")


def grow(record: Record, clock, text: str, by: str = "ana@node1") -> None:
    with Journal.open(record.journal, session="later", by=by, clock=clock) as journal:
        sha256, size = record.blobs.put(text.encode())
        journal.append(events.LogPinned(path="x.log", bytes=(0, 1), sha256=sha256, size=size))


def test_sha256sum_accepts_the_bag_as_it_is(bundle, tmp_path, record) -> None:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "un")
    folder = tmp_path / "un" / record.id
    done = subprocess.run(
        ["sha256sum", "--strict", "-c", "manifest-sha256.txt", "tagmanifest-sha256.txt"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "data/HANDOFF.md: OK" in done.stdout and "bagit.txt: OK" in done.stdout
    listed = {line.split("  ", 1)[1] for line in (folder / "manifest-sha256.txt").read_text().splitlines()}
    assert listed == {str(path.relative_to(folder)) for path in (folder / "data").rglob("*") if path.is_file()}
    assert (folder / "bagit.txt").read_text() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    info = dict(line.split(": ", 1) for line in (folder / "bag-info.txt").read_text().splitlines())
    octets = sum(path.stat().st_size for path in (folder / "data").rglob("*") if path.is_file())
    assert info["Payload-Oxum"] == f"{octets}.{len(listed)}" and info["Bagging-Date"] == "2026-11-22"
    assert info["Incident-Chain-Head"] == read(record.journal).head and info["External-Identifier"] == record.id


def test_the_bundle_is_private_and_only_holds_what_the_journal_names(record, tmp_path) -> None:
    orphan, _ = record.blobs.put(b"named by nobody")
    record.save_drafts({"a": "half-typed"})
    bundle = pack(record, tmp_path / "out.zip")
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o600
    with zipfile.ZipFile(bundle) as archive:
        names = archive.namelist()
        modes = {entry.external_attr >> 16 for entry in archive.infolist()}
    assert not any(orphan in name or "drafts" in name or "pen" in name for name in names)
    assert next(name for name in names if not name.endswith("/")) == f"{record.id}/data/HANDOFF.md"
    assert modes == {0o40700, 0o100600}


def test_a_bundle_is_never_written_over_a_file_nor_left_half(record, tmp_path, monkeypatch) -> None:
    out = tmp_path / "out.zip"
    out.write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        pack(record, out)
    assert out.read_text() == "mine"

    def failing(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(RecordError, match="the disk is full"):
        pack(record, tmp_path / "new.zip")
    monkeypatch.undo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.zip", "records"]


def test_a_broken_record_is_not_handed_off(record, tmp_path) -> None:
    name = next(iter(record.blobs.names()))
    (record.blobs.folder / name).write_bytes(b"altered")
    with pytest.raises(InputError, match="would not verify"):
        pack(record, tmp_path / "out.zip")
    (record.blobs.folder / name).unlink()
    with pytest.raises(InputError, match="missing"):
        pack(record, tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


# verify


def test_a_sound_record_bundle_and_journal_verify(record, bundle, tmp_path) -> None:
    head = read(record.journal).head
    verdict = verify(record.path, head)
    assert (verdict.ok, verdict.head, verdict.events, verdict.items, verdict.fault) == (True, head, 24, 3, None)
    assert verdict.notes == ()
    assert verify(bundle, head).ok and verify(record.journal, head.upper() + "\n").ok
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "un")
    assert verify(tmp_path / "un" / record.id).ok


def test_a_chain_that_does_not_end_at_the_given_head_is_not_ok(record, bundle) -> None:
    earlier = read(record.journal).lines[9].hash
    for path in (record.path, record.journal, bundle):
        verdict = verify(path, earlier)
        assert not verdict.ok and "is event 10 of this chain" in (verdict.fault or "")
        assert not verify(path, "f" * 64).ok


def test_what_a_crash_leaves_is_a_note(record, make_record, tmp_path) -> None:
    record.blobs.put(b"an orphan")
    (record.path / ".tmp-123").write_bytes(b"x")
    (record.blobs.folder / ".tmp-456").write_bytes(b"x")
    (record.path / "journal.torn-1.bin").write_bytes(b"x")
    with record.journal.open("ab") as file:
        file.write(b'{"seq": 25, "at')
    verdict = verify(record.path)
    assert verdict.ok and len(verdict.notes) == 5
    assert any("torn (15 bytes)" in note for note in verdict.notes)
    empty = Record(tmp_path / "INC-empty")
    empty.make()
    empty.journal.write_bytes(b"")
    assert verify(empty.path).ok and "empty" in verify(empty.path).notes[0]


def blob_named(record: Record, field: str) -> Path:
    event = next(line.event for line in read(record.journal).lines if getattr(line.event, field, None))
    return record.blobs.folder / getattr(event, field)


@pytest.mark.parametrize("field", ["sha256", "stderr_sha256", "block_sha256", "diff_sha256", "watched_sha256"])
@pytest.mark.parametrize("how", ["altered", "missing", "linked", "longer"])
def test_every_blob_that_an_event_names_is_checked(record, tmp_path, field, how) -> None:
    lines = [line for line in read(record.journal).lines if line.kind != "runbook.frozen"]
    event = next(line.event for line in lines if getattr(line.event, field, None))
    blob = record.blobs.folder / getattr(event, field)
    content = blob.read_bytes()
    if how == "altered":
        blob.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    elif how == "longer":
        blob.write_bytes(content + b"x")
    else:
        blob.unlink()
        if how == "linked":
            (tmp_path / "same").write_bytes(content)
            blob.symlink_to(tmp_path / "same")
    verdict = verify(record.path)
    assert not verdict.ok and blob.name in (verdict.fault or "") and "which event" in (verdict.fault or "")


def test_the_uncommitted_diff_is_checked_too(record) -> None:
    opened = read(record.journal).lines[0].event
    assert isinstance(opened, events.IncidentOpened)
    (record.blobs.folder / str(opened.reentry.dirty_diff_sha256)).unlink()
    assert not verify(record.path).ok


def test_hashes_of_files_that_are_no_blobs_are_not_asked_for(record) -> None:
    edit = next(line.event for line in read(record.journal).lines if line.kind == "edit.observed")
    assert edit.after_sha256 == "b" * 64
    assert verify(record.path).ok


def test_a_recorded_size_that_does_not_fit_is_a_fault(record, clock) -> None:
    sha256, _ = record.blobs.put(b"four")
    with Journal.open(record.journal, session="x", by="b", clock=clock) as journal:
        journal.append(events.LogPinned(path="x", bytes=(0, 1), sha256=sha256, size=5))
        journal.append(events.LogPinned(path="x", bytes=(0, 1), sha256="../../etc/passwd", size=5))
    assert "4 bytes where 5 were recorded" in (verify(record.path).fault or "")


def test_an_altered_or_missing_runbook_is_a_fault(record) -> None:
    text = record.runbook.read_bytes()
    record.runbook.write_bytes(text.replace(b"slow", b"fast"))
    assert "runbook.yaml was altered" in (verify(record.path).fault or "")
    record.runbook.unlink()
    assert "frozen runbook is not here" in (verify(record.path).fault or "")


def test_an_altered_journal_is_told_by_line(record) -> None:
    record.journal.write_bytes(record.journal.read_bytes().replace(b"quiet", b"loud!", 1))
    assert (verify(record.path).fault or "").startswith("journal.jsonl, line 16: its hash")
    assert not verify(record.journal).ok


def test_what_is_no_record_is_refused(tmp_path) -> None:
    (tmp_path / "x.txt").write_text("hello")
    (tmp_path / "empty").write_text("")
    (tmp_path / "folder").mkdir()
    for path in ("x.txt", "empty", "folder", "none"):
        with pytest.raises(InputError):
            verify(tmp_path / path)


# bundles from others


def rewrite(bundle: Path, change: Callable[[dict[str, bytes]], None], out: Path) -> Path:
    """The same zip with its files changed; the manifests are left as they were."""
    with zipfile.ZipFile(bundle) as archive:
        content = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    change(content)
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return out


def find(content: dict[str, bytes], part: str) -> str:
    return next(name for name in content if part in name)


def same_size(content: dict[str, bytes], part: str) -> None:
    name = find(content, part)
    content[name] = bytes([content[name][0] ^ 1]) + content[name][1:]


ALTERED = {
    "a blob of equal size": (lambda c: same_size(c, "data/evidence/"), "was altered"),
    "the page": (lambda c: same_size(c, "record.html"), "data/record.html was altered"),
    "the hand-off": (lambda c: same_size(c, "HANDOFF.md"), "data/HANDOFF.md was altered"),
    "bag-info": (lambda c: same_size(c, "bag-info.txt"), "bag-info.txt was altered"),
    "the manifest": (lambda c: same_size(c, "/manifest"), "manifest"),
    "a missing blob": (lambda c: c.pop(find(c, "data/evidence/")), "is missing from the bundle"),
    "a missing hand-off": (lambda c: c.pop(find(c, "HANDOFF.md")), "HANDOFF.md is missing"),
    "no manifest": (lambda c: c.pop(find(c, "/manifest")), "manifest-sha256.txt could not be read"),
    "no tag manifest": (lambda c: c.pop(find(c, "tagmanifest")), "tagmanifest-sha256.txt could not be read"),
    "no declaration": (lambda c: c.pop(find(c, "bagit.txt")), "is not a bundle"),
    "an extra file": (
        lambda c: c.update({find(c, "HANDOFF.md").replace("HANDOFF.md", "run.sh"): b"rm"}),
        "data/run.sh is in the bundle, but in no manifest",
    ),
}


@pytest.mark.parametrize("what", ALTERED)
def test_an_altered_bundle_is_refused_with_the_reason_and_nothing_is_imported(bundle, tmp_path, what) -> None:
    change, reason = ALTERED[what]
    altered = rewrite(bundle, change, tmp_path / "altered.zip")
    verdict = verify(altered)
    assert not verdict.ok and reason in (verdict.fault or "")
    with pytest.raises(InputError, match=reason):
        import_bag(altered, tmp_path / "store")
    assert list((tmp_path / "store").iterdir()) == []


def forge(bundle: Path, out: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Changed by somebody who made the manifests fit."""

    def fit(content: dict[str, bytes]) -> None:
        change(content)
        top = find(content, "bagit.txt").split("/")[0]
        payload = {n.removeprefix(f"{top}/"): d for n, d in content.items() if n.startswith(f"{top}/data/")}
        line = lambda name, data: f"{hashlib.sha256(data).hexdigest()}  {name}\n"  # noqa: E731
        content[f"{top}/manifest-sha256.txt"] = "".join(line(*each) for each in payload.items()).encode()
        info = content[f"{top}/bag-info.txt"].decode().splitlines()
        oxum = f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}"
        info = [oxum if each.startswith("Payload-Oxum") else each for each in info]
        content[f"{top}/bag-info.txt"] = ("\n".join(info) + "\n").encode()
        tags = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")
        content[f"{top}/tagmanifest-sha256.txt"] = "".join(line(n, content[f"{top}/{n}"]) for n in tags).encode()

    return rewrite(bundle, fit, out)


def test_an_honest_repack_is_accepted(bundle, tmp_path) -> None:
    assert verify(forge(bundle, tmp_path / "same.zip", lambda content: None)).ok


def test_manifests_that_were_made_to_fit_do_not_hide_an_altered_chain_or_blob(bundle, tmp_path) -> None:
    def shorten(content: dict[str, bytes]) -> None:
        name = find(content, "journal.jsonl")
        content[name] = b"".join(content[name].splitlines(keepends=True)[:-1])

    assert "the chain ends at" in (verify(forge(bundle, tmp_path / "1.zip", shorten)).fault or "")
    forged = forge(bundle, tmp_path / "2.zip", lambda content: same_size(content, "data/evidence/"))
    assert "its content does not fit its name" in (verify(forged).fault or "")
    forged = forge(bundle, tmp_path / "3.zip", lambda content: same_size(content, "runbook.yaml"))
    assert "runbook.yaml was altered" in (verify(forged).fault or "")


def hostile(entries: list[tuple[zipfile.ZipInfo | str, bytes]], out: Path) -> Path:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out


def special(name: str, kind: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (kind | 0o777) << 16
    return entry


HOSTILE = {
    "parent": ([("INC-1/../../x", b"x")], "may lead elsewhere"),
    "absolute": ([("/etc/x", b"x")], "may lead elsewhere"),
    "backslash": ([("INC-1\\..\\x", b"x")], "may lead elsewhere"),
    "drive": ([("C:/x", b"x")], "may lead elsewhere"),
    "dot": ([("INC-1/./x", b"x")], "may lead elsewhere"),
    "hidden": ([("INC-1/.bashrc", b"x")], "may lead elsewhere"),
    "control characters": ([("INC-1/a\x1b[2J", b"x")], "may lead elsewhere"),
    "top level file": ([("x", b"x")], "outside the bundle's folder"),
    "two folders": ([("INC-1/x", b"x"), ("INC-2/x", b"x")], "more than one folder"),
    "duplicate": ([("INC-1/x", b"x"), ("INC-1/x", b"y")], "twice"),
    "case": ([("INC-1/data/x", b"x"), ("INC-1/Data/x", b"y")], "twice"),
    "symlink": ([(special("INC-1/x", stat.S_IFLNK), b"/etc/passwd")], "a link or another special file"),
    "device": ([(special("INC-1/x", stat.S_IFCHR), b"")], "a link or another special file"),
    "folder as file": ([(special("INC-1/x", stat.S_IFDIR), b"")], "a link or another special file"),
    "empty": ([], "does not end|is empty"),
    "bomb": ([("INC-1/x", b"\0" * (300 << 20))], "zip bomb"),
    "file and folder": ([("INC-1/x", b"x"), ("INC-1/x/y", b"x")], "as a file and as a folder"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_zip_is_refused_and_nothing_is_written(tmp_path, what) -> None:
    entries, reason = HOSTILE[what]
    bundle = hostile(entries, tmp_path / "hostile.zip")
    with pytest.raises(InputError, match=reason):
        import_bag(bundle, tmp_path / "store")
    assert list((tmp_path / "store").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hostile.zip", "store"]
    assert not verify(bundle).ok


def test_a_compression_that_is_not_ours_is_refused(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("INC-1/x", b"x")
    assert "compressed in a way" in (verify(tmp_path / "x.zip").fault or "")


def test_more_files_than_a_bundle_has_are_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(zips, "COUNT_LIMIT", 5)
    bundle = hostile([(f"INC-1/{n}", b"") for n in range(6)], tmp_path / "x.zip")
    assert "6 entries" in (verify(bundle).fault or "")


def test_a_bundle_cut_or_damaged_anywhere_is_refused_in_a_sentence(bundle, tmp_path) -> None:
    whole = bundle.read_bytes()
    cut = tmp_path / "cut.zip"
    for end in range(4, len(whole), 97):
        cut.write_bytes(whole[:end])
        assert not verify(cut).ok
    for place in range(4, len(whole), 211):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        cut.write_bytes(damaged)
        verdict = verify(cut)  # a byte of a time stamp or an attribute may change without harm; nothing may be raised
        assert verdict.ok is (verdict.fault is None)
    cut.write_bytes(whole + b"trailing")
    assert not verify(cut).ok


def test_an_entry_that_lies_about_its_size_is_refused(tmp_path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("INC-1/x", b"a" * 5000)
    lying = buffer.getvalue().replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    (tmp_path / "x.zip").write_bytes(lying)
    assert not verify(tmp_path / "x.zip").ok


# taking a bundle in


def test_a_new_bundle_becomes_the_same_record(bundle, record, tmp_path, clock) -> None:
    taken = import_bag(bundle, tmp_path / "store", head=read(record.journal).head)
    assert (taken.how, taken.path.name) == ("new", record.id)
    assert verify(taken.path).ok and read(taken.path / "journal.jsonl").lines == read(record.journal).lines
    for path in taken.path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    grow(Record(taken.path), clock, "the receiver goes on", by="bo@elsewhere")
    assert verify(taken.path).ok
    assert [path.name for path in (tmp_path / "store").iterdir()] == [record.id]


def test_a_bundle_that_extends_the_record_carries_it_forward(bundle, record, tmp_path, clock) -> None:
    store = tmp_path / "store"
    here = import_bag(bundle, store).path
    assert import_bag(bundle, store).how == "identical"
    grow(record, clock, "later")
    longer = pack(record, tmp_path / "longer.zip")
    with (here / "journal.jsonl").open("ab") as file:
        file.write(b'{"torn')
    taken = import_bag(longer, store)
    assert taken.how == "carried forward" and read(here / "journal.jsonl").lines == read(record.journal).lines
    assert (here / "journal.torn-1.bin").read_bytes() == b'{"torn'
    assert verify(here).ok
    assert import_bag(bundle, store).how == "behind"
    assert len(read(here / "journal.jsonl").lines) == 25


def test_a_fork_is_refused_with_its_point(bundle, record, tmp_path, clock) -> None:
    store = tmp_path / "store"
    here = import_bag(bundle, store).path
    grow(Record(here), clock, "what the receiver saw", by="bo@elsewhere")
    grow(record, clock, "what the sender saw")
    before = (here / "journal.jsonl").read_bytes()
    with pytest.raises(InputError, match=r"part ways at event 25: here log\.pinned by bo@elsewhere"):
        import_bag(pack(record, tmp_path / "fork.zip"), store)
    assert (here / "journal.jsonl").read_bytes() == before and verify(here).ok
    assert [path.name for path in store.iterdir()] == [record.id]


def test_a_record_that_a_console_is_writing_is_not_carried_forward(bundle, tmp_path, record, clock) -> None:
    here = import_bag(bundle, tmp_path / "store").path
    pen = Pen(here)
    try:
        with pytest.raises(RecordError, match=f"pid {os.getpid()}"):
            import_bag(bundle, tmp_path / "store")
    finally:
        pen.release()


def test_a_broken_or_linked_record_here_is_left_as_it_is(bundle, tmp_path, record) -> None:
    store = tmp_path / "store"
    here = import_bag(bundle, store).path
    broken = (here / "journal.jsonl").read_bytes().replace(b"quiet", b"loud!", 1)
    (here / "journal.jsonl").write_bytes(broken)
    with pytest.raises(InputError, match="broken"):
        import_bag(bundle, store)
    assert (here / "journal.jsonl").read_bytes() == broken
    shutil.move(here, tmp_path / "moved")
    here.symlink_to(tmp_path / "moved")
    with pytest.raises(InputError, match="symbolic link"):
        import_bag(bundle, store)


def test_a_full_disk_while_taking_in_leaves_the_store_as_it_was(bundle, tmp_path, monkeypatch) -> None:
    store = tmp_path / "store"
    write = os.write

    def full(fd: int, data: bytes) -> int:
        if len(data) > 1000:
            raise OSError(28, "No space left on device")
        return write(fd, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(RecordError, match="the disk is full"):
        import_bag(bundle, store)
    assert all_records(store) == () and list(store.iterdir()) == []


def test_a_bundle_whose_head_is_not_what_the_sender_said_is_not_taken_in(bundle, tmp_path) -> None:
    with pytest.raises(InputError, match="not at the head that was given"):
        import_bag(bundle, tmp_path / "store", head="0" * 64)
    with pytest.raises(InputError, match="no bundle"):
        import_bag(tmp_path / "none.zip", tmp_path / "store")
