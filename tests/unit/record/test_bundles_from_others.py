"""Bundles that somebody altered, made up or damaged: told in a sentence, and the store stays as it was to the byte."""

import hashlib
import os
import random
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import InputError, RecordError
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


def grow(record: Record, clock, texts: list[str], by: str = "ana@node1") -> None:
    with Journal.open(record.journal, session="later", by=by, clock=clock) as journal:
        for text in texts:
            sha256, size = record.blobs.put(text.encode())
            journal.append(events.LogPinned(path="x.log", bytes=(0, 1), sha256=sha256, size=size))


@pytest.fixture
def record(make_record) -> Record:
    return make_record()


@pytest.fixture
def bundle(record, tmp_path) -> Path:
    return pack(record, tmp_path / "out.zip")


@pytest.fixture
def folder(bundle, record, tmp_path) -> Path:
    """The bundle, unpacked as `unzip` does."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "un")
    return tmp_path / "un" / record.id


def snapshot(store: Path) -> dict[str, object]:
    """Every file with its mode and bytes; the lock file `pen` is no part of what is recorded."""
    return {
        str(path.relative_to(store)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else None)
        for path in sorted(store.rglob("*"))
        if path.name != "pen"
    }


def payload(bundle: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as archive:
        return {each.filename: archive.read(each) for each in archive.infolist() if not each.is_dir()}


# damage


def test_no_flipped_byte_ever_passes_with_another_content(bundle, tmp_path) -> None:
    """Attributes and times of a zip may change without harm; what it holds may not, and nothing is ever raised."""
    whole, true = bundle.read_bytes(), payload(bundle)
    chance = random.Random(7)
    damaged = tmp_path / "damaged.zip"
    directory = whole.index(b"PK\x01\x02")
    places = chance.sample(range(directory), 150) + chance.sample(range(directory, len(whole)), 250)
    for place in places:
        data = bytearray(whole)
        data[place] ^= 1 << chance.randrange(8)
        damaged.write_bytes(data)
        verdict = verify(damaged)
        assert verdict.ok is (verdict.fault is None)
        if verdict.ok:
            assert payload(damaged) == true, f"byte {place}"


def test_no_changed_byte_of_an_unpacked_bag_passes(folder) -> None:
    chance = random.Random(11)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        for place in chance.sample(range(len(whole)), min(4, len(whole))):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            assert not verify(folder).ok, f"{path.name}, byte {place}"
        path.write_bytes(whole)
    assert verify(folder).ok


# made up


def put(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)


def seal(folder: Path) -> None:
    """Make the tag manifest fit again, as a forger does."""
    tags = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")
    lines = (f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in tags)
    put(folder, "tagmanifest-sha256.txt", "".join(lines).encode())


def manifest(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda folder: put(folder, "manifest-sha256.txt", change((folder / "manifest-sha256.txt").read_bytes()))


def link_evidence(folder: Path) -> None:
    (folder / "data/evidence").rename(folder.parent / "evidence")
    (folder / "data/evidence").symlink_to(folder.parent / "evidence")


def link_file(folder: Path) -> None:
    (folder / "data/HANDOFF.md").rename(folder.parent / "HANDOFF.md")
    (folder / "data/HANDOFF.md").symlink_to(folder.parent / "HANDOFF.md")


def pipe(folder: Path) -> None:
    (folder / "data/HANDOFF.md").unlink()
    os.mkfifo(folder / "data/HANDOFF.md")


SHA = b"0" * 64
FORGED = {
    "UTF-16": (manifest(lambda text: text.decode().encode("utf-16")), "manifest-sha256.txt"),
    "a byte order mark": (manifest(lambda text: b"\xef\xbb\xbf" + text), "manifest-sha256.txt, line 1"),
    "another hash": (manifest(lambda text: text.replace(text[:64], b"0" * 32)), "manifest-sha256.txt, line 1"),
    "capital digits": (manifest(lambda text: text[:64].upper() + text[64:]), "manifest-sha256.txt, line 1"),
    "a parent": (manifest(lambda text: text + SHA + b"  data/../../x\n"), "does not name one file"),
    "an absolute path": (manifest(lambda text: text + SHA + b"  /etc/passwd\n"), "does not name one file"),
    "a drive": (manifest(lambda text: text + SHA + b"  data/C:\\x\n"), "does not name one file"),
    "an escape sequence": (manifest(lambda text: text + SHA + b"  data/\x1b[2Jx\n"), "does not name one file"),
    "a letter with its mark apart": (manifest(lambda text: text + SHA + b"  data/e\xcc\x81\n"), "does not name one"),
    "a file twice": (manifest(lambda text: text + text.splitlines(keepends=True)[0]), "does not name one file"),
    "a file of another folder": (manifest(lambda text: text + SHA + b"  bagit.txt\n"), "does not name one file"),
    "nothing": (manifest(lambda text: b""), "data/HANDOFF.md is missing"),
    "wrong case": (manifest(lambda text: text.replace(b"HANDOFF.md", b"handoff.md")), "HANDOFF.md"),
    "linked evidence": (link_evidence, "evidence"),
    "a linked file": (link_file, "HANDOFF.md"),
    "a pipe": (pipe, "HANDOFF.md"),
    "a folder for a file": (
        lambda folder: ((folder / "bag-info.txt").unlink(), (folder / "bag-info.txt").mkdir()),
        "bag-info",
    ),
    "no version": (lambda folder: put(folder, "bagit.txt", b"hello\n"), "does not declare a BagIt version"),
    "a wrong size": (
        lambda folder: put(
            folder, "bag-info.txt", (folder / "bag-info.txt").read_bytes().replace(b"Oxum: ", b"Oxum: 9")
        ),
        "bag-info.txt says the payload is",
    ),
    "another head": (
        lambda folder: put(
            folder, "bag-info.txt", (folder / "bag-info.txt").read_bytes().replace(b"Chain-Head: ", b"Chain-Head: f")
        ),
        "bag-info.txt says that the chain ends at",
    ),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_bag_is_refused_though_its_tag_manifest_fits(folder, what) -> None:
    change, reason = FORGED[what]
    change(folder)
    if (folder / "bag-info.txt").is_file():
        seal(folder)
    verdict = verify(folder)
    assert not verdict.ok and reason in (verdict.fault or "")
    assert all(char.isprintable() for char in verdict.fault or "")


def test_windows_line_ends_in_the_manifests_are_read(folder) -> None:
    manifest(lambda text: text.replace(b"\n", b"\r\n"))(folder)
    seal(folder)
    assert verify(folder).ok


def zipped(entries: list[tuple[str, bytes]], out: Path) -> Path:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out


def overlapping(out: Path) -> Path:
    """Two names for the bytes of one entry: the way to a bomb that no ratio of an entry gives away."""
    data = zipped([("INC-1/aa", b"x" * 5000), ("INC-1/bb", b"x" * 5000)], out).read_bytes()
    second = data.rindex(b"PK\x01\x02")
    out.write_bytes(data[: second + 42] + b"\0\0\0\0" + data[second + 46 :])
    return out


def encrypted(out: Path) -> Path:
    data = bytearray(zipped([("INC-1/aa", b"x")], out).read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    out.write_bytes(data)
    return out


def prefixed(out: Path) -> Path:
    whole = zipped([("INC-1/aa", b"x")], out).read_bytes()
    out.write_bytes(b"PK\x03\x04" + b"#!/bin/sh\nrm -r .\n" + whole)
    return out


def nested(out: Path) -> Path:
    inner = zipped([("INC-1/x", b"\0" * (20 << 20))], out).read_bytes()
    return zipped([("INC-1/inner.zip", inner)], out)


HOSTILE = {
    "overlapping entries": (overlapping, "over another entry|not a sound zip"),
    "an encrypted entry": (encrypted, "encrypted"),
    "something before the zip": (prefixed, "before the zip's first entry|not a sound zip"),
    "a zip in a zip": (nested, "is not a bundle"),
    "combining letters": (
        lambda out: zipped([("INC-1/e\u0301", b""), ("INC-1/\u00e9", b"")], out),
        "may lead elsewhere",
    ),
    "a letter that folds to two": (lambda out: zipped([("INC-1/stra\u00dfe", b"")], out), "may lead elsewhere"),
    "a long name": (lambda out: zipped([("INC-1/" + "x" * 300, b"")], out), "may lead elsewhere"),
    "a NUL": (lambda out: zipped([("INC-1/aXb", b"")], out) and _replace(out, b"aXb", b"a\0b"), "may lead elsewhere"),
    "a name that hides": (lambda out: zipped([("INC-1/\u202egpj.exe", b"")], out), "may lead elsewhere"),
    "an incident of another name": (lambda out: zipped([("-rf/x", b"")], out), "may lead elsewhere"),
}


def _replace(path: Path, old: bytes, new: bytes) -> Path:
    path.write_bytes(path.read_bytes().replace(old, new))
    return path


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_zip_is_refused_in_words_and_leaves_nothing(tmp_path, what) -> None:
    make, reason = HOSTILE[what]
    made = make(tmp_path / "hostile.zip")
    store = tmp_path / "store"
    with pytest.raises(InputError, match=reason):
        import_bag(made, store)
    assert list(store.iterdir()) == [] and not verify(made).ok


def test_a_bundle_under_the_name_of_no_incident_is_not_taken_in(bundle, record, tmp_path) -> None:
    renamed = tmp_path / "renamed.zip"
    with zipfile.ZipFile(renamed, "w") as archive:
        for name, data in payload(bundle).items():
            archive.writestr(name.replace(record.id, "other"), data)
    with pytest.raises(InputError, match="other does not hold an incident"):
        import_bag(renamed, tmp_path / "store")


def test_ten_thousand_files_that_nobody_listed_are_refused_soon(bundle, record, tmp_path) -> None:
    stuffed = tmp_path / "stuffed.zip"
    with zipfile.ZipFile(stuffed, "w") as archive:
        for name, data in payload(bundle).items():
            archive.writestr(name, data)
        for number in range(10_000):
            archive.writestr(f"{record.id}/data/evidence/x{number}", b"")
    assert "in no manifest" in (verify(stuffed).fault or "")


# all or nothing


def counted(monkeypatch, fail_at: int | None) -> list[int]:
    """Every write, fsync, rename and new file counts; from `fail_at` on the disk is full."""
    calls = [0]

    def wrap(module: object, name: str) -> None:
        real = getattr(module, name)

        def call(*given, **named):
            calls[0] += 1
            if fail_at is not None and calls[0] >= fail_at:
                raise OSError(28, "No space left on device")
            return real(*given, **named)

        monkeypatch.setattr(module, name, call)

    for name in ("write", "fsync", "rename", "replace", "mkdir"):
        wrap(os, name)
    return calls


@pytest.mark.parametrize("how", ["new", "carried forward"])
def test_a_disk_that_is_full_at_any_step_leaves_the_store_as_it_was(
    bundle, record, tmp_path, clock, monkeypatch, how
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    if how == "carried forward":
        here = import_bag(bundle, store).path
        with (here / "journal.jsonl").open("ab") as file:
            file.write(b'{"torn')
        grow(record, clock, ["one", "two"])
    sent = pack(record, tmp_path / "sent.zip")
    before = snapshot(store)
    fail_at = 1
    while True:
        with monkeypatch.context() as patch:
            counted(patch, fail_at)
            try:
                taken = import_bag(sent, store)
            except RecordError as fault:
                assert "the disk is full" in str(fault)
            else:
                break
        after = snapshot(store)
        if after != before:  # only when all of it is there already, and merely the last fsync of the folder failed
            assert verify(store / record.id).ok and len(read(store / record.id / "journal.jsonl").lines) >= 24
            assert read(store / record.id / "journal.jsonl").head == read(record.journal).head
            break
        fail_at += 1
    assert fail_at > 20
    if after == before:
        assert taken.how == how
    assert verify(store / record.id).ok


def test_a_refused_bundle_changes_no_byte_here(bundle, record, tmp_path, clock) -> None:
    store = tmp_path / "store"
    here = Record(import_bag(bundle, store).path)
    grow(here, clock, ["what the receiver saw"], by="bo\x1b[2J@elsewhere")
    grow(record, clock, ["what the sender saw", "and more"])
    fork = pack(record, tmp_path / "fork.zip")
    before = snapshot(store)
    with pytest.raises(InputError, match="part ways at event 25") as told:
        import_bag(fork, store)
    both = [read(each.journal).lines[24].hash for each in (here, record)]
    assert all(f"hash {each}" in str(told.value) for each in both) and "\x1b" not in str(told.value)
    assert import_bag(bundle, store).how == "behind"
    assert snapshot(store) == before


def test_a_damaged_blob_here_is_put_right_by_what_was_sent(bundle, record, tmp_path, clock) -> None:
    store = tmp_path / "store"
    here = Record(import_bag(bundle, store).path)
    name = next(iter(here.blobs.names()))
    (here.blobs.folder / name).write_bytes(b"damaged")
    grow(record, clock, ["more"])
    assert import_bag(pack(record, tmp_path / "more.zip"), store).how == "carried forward" and verify(here.path).ok
