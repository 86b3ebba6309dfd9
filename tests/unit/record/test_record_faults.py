"""The disk fails in every way it can: nothing acknowledged is lost, nothing is called saved that is not."""

import errno
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from incident_console.errors import DiskError, InputError, RecordError
from incident_console.events import NoteAdded
from incident_console.record import files, pen
from incident_console.record.blobs import Blobs
from incident_console.record.chain import read
from incident_console.record.journal import Journal
from incident_console.record.pen import Pen, break_foreign
from incident_console.record.verify import verify
from tests.faults import FULL_OR_GONE, failing, named, short_writes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "INC-1" / "journal.jsonl"


@pytest.fixture
def journal(path: Path, clock) -> Iterator[Journal]:
    with Journal.create(path, session="s1", by="ana@node", clock=clock) as journal:
        journal.append(NoteAdded(text="before"))
        yield journal


def texts(path: Path) -> list[str]:
    reading = read(path)
    assert reading.fault is None and reading.torn == b""
    return [line.event.text for line in reading.lines]


@pytest.mark.parametrize("number", FULL_OR_GONE, ids=named)
@pytest.mark.parametrize(
    "calls", [("write",), ("fsync",), ("fsync", "ftruncate"), ("fstat",), ("write", "fsync", "fstat", "open")], ids=str
)
def test_after_any_fault_nothing_was_recorded_and_the_next_event_continues_the_chain(
    path, journal, number, calls
) -> None:
    with failing(path, number, *calls):
        for _ in range(2):  # as somebody who tries again does
            with pytest.raises(DiskError, match="Not recorded") as told:
                journal.append(NoteAdded(text="lost"))
        assert files.why(OSError(number, "")) in str(told.value)
    assert journal.append(NoteAdded(text="after")).seq == 2
    assert texts(path) == ["before", "after"]
    assert verify(path).ok


def test_after_a_failed_fsync_what_was_acknowledged_is_written_and_synced_once_more(path, journal, monkeypatch) -> None:
    acknowledged = path.read_bytes()
    with failing(path, errno.EIO, "fsync"), pytest.raises(DiskError):
        journal.append(NoteAdded(text="lost"))
    done: list[tuple[str, bytes]] = []
    fsync, pwrite = os.fsync, os.pwrite
    monkeypatch.setattr(os, "fsync", lambda fd: done.append(("fsync", b"")) or fsync(fd))
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: done.append(("pwrite", bytes(data))) or pwrite(fd, data, at))
    journal.append(NoteAdded(text="after"))
    assert done == [("pwrite", acknowledged), ("fsync", b""), ("fsync", b"")]


def test_after_a_fault_a_journal_that_lost_what_was_acknowledged_is_not_continued(path, journal) -> None:
    with failing(path, errno.EIO, "fsync"), pytest.raises(DiskError):
        journal.append(NoteAdded(text="lost"))
    path.write_bytes(path.read_bytes().replace(b"before", b"\0\0\0\0\0\0"))
    with pytest.raises(RecordError, match="another program changed"):
        journal.append(NoteAdded(text="after"))


@pytest.mark.parametrize("size", [0, 1, 40])
def test_a_short_write_is_told_and_cut_off_again(path, journal, size) -> None:
    with short_writes(path.parent, size), pytest.raises(DiskError, match=f"only {size} of"):
        journal.append(NoteAdded(text="lost"))
    assert texts(path) == ["before"]
    journal.append(NoteAdded(text="after"))
    assert texts(path) == ["before", "after"]


def test_a_disk_that_went_away_and_came_back_is_written_to_again(path, journal) -> None:
    gone = path.parent.with_name("gone")
    path.parent.rename(gone)
    with pytest.raises(DiskError, match="removed or replaced"):
        journal.append(NoteAdded(text="lost"))
    # another inode, and the same record: as after a file system was mounted again
    path.parent.mkdir()
    for each in gone.iterdir():
        (path.parent / each.name).write_bytes(each.read_bytes())
    journal.append(NoteAdded(text="after"))
    assert texts(path) == ["before", "after"]
    with pytest.raises(RecordError, match="Another console is writing"):
        Pen(path.parent)


@pytest.mark.parametrize("number", FULL_OR_GONE, ids=named)
@pytest.mark.parametrize("call", ["fsync", "open"])
def test_a_journal_that_could_not_be_made_can_be_made_when_the_fault_clears(path, clock, number, call) -> None:
    with failing(path.parent.parent, number, call), pytest.raises(DiskError, match=r"could not be made|cannot be writ"):
        Journal.create(path, session="s", by="b", clock=clock)
    with Journal.create(path, session="s", by="b", clock=clock) as journal:
        journal.append(NoteAdded(text="a"))
    assert texts(path) == ["a"]


@pytest.mark.parametrize("number", FULL_OR_GONE, ids=named)
@pytest.mark.parametrize("call", ["write", "fsync", "open"])
def test_a_blob_that_the_disk_did_not_take_is_not_kept_until_it_does(tmp_path, number, call) -> None:
    blobs = Blobs(tmp_path / "evidence")
    kept, _ = blobs.put(b"kept")
    with failing(blobs.folder, number, call), pytest.raises(DiskError, match=files.why(OSError(number, ""))):
        blobs.put(b"seen")
    assert list(blobs.names()) == [kept]
    assert blobs.get(blobs.put(b"seen")[0]) == b"seen"


def test_a_blob_whose_name_may_not_be_on_disk_is_put_again(tmp_path, monkeypatch) -> None:
    blobs = Blobs(tmp_path / "evidence")
    blobs.put(b"kept")
    synced: list[Path] = []

    def refuse(folder: Path) -> None:
        raise OSError(errno.EIO, "I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(files, "sync_folder", refuse)
        with pytest.raises(DiskError):
            blobs.put(b"seen")
    monkeypatch.setattr(files, "sync_folder", synced.append)
    blobs.put(b"seen")
    assert synced == [blobs.folder]


@pytest.mark.parametrize("number", FULL_OR_GONE, ids=named)
@pytest.mark.parametrize("call", ["write", "fsync", "open"])
def test_a_document_that_could_not_be_rewritten_is_the_old_one(tmp_path, number, call) -> None:
    document = tmp_path / "here" / "note.md"
    document.parent.mkdir()
    files.write_atomically(document, b"old")
    with failing(document.parent, number, call), pytest.raises(DiskError):
        files.write_atomically(document, b"new")
    assert document.read_bytes() == b"old" and [each.name for each in document.parent.iterdir()] == ["note.md"]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS], ids=named)
def test_a_file_system_that_cannot_sync_folders_is_taken_as_it_is(path, clock, number) -> None:
    real = os.fsync

    def refused(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").is_dir():
            raise OSError(number, "")
        real(descriptor)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", refused)
        with Journal.create(path, session="s", by="b", clock=clock) as journal:
            journal.append(NoteAdded(text="a"))
            Blobs(path.parent / "evidence").put(b"x")
    assert texts(path) == ["a"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.geteuid() or (told := subprocess.run(mount, capture_output=True, text=True)).returncode:
        reason = "only root may mount" if os.geteuid() else f"not permitted to mount here: {told.stderr.strip()}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_on_a_disk_that_is_really_full_nothing_acknowledged_is_lost_and_room_made_is_used(small_disk, clock) -> None:
    path = small_disk / "INC-1" / "journal.jsonl"
    with Journal.create(path, session="s", by="b", clock=clock) as journal:
        ballast = path.parent / "ballast"
        ballast.write_bytes(b"x" * 8192)
        acknowledged = []
        with pytest.raises(DiskError, match="Not recorded"):
            for n in range(1000):
                acknowledged.append(journal.append(NoteAdded(text=f"{n} " + "x" * 3000)))
        assert acknowledged and read(path).lines == tuple(acknowledged)
        with pytest.raises(DiskError, match="the disk is full"):
            Blobs(path.parent / "evidence").put(b"y" * 60_000)
        with pytest.raises(DiskError):
            journal.append(NoteAdded(text="x" * 60_000))
        ballast.unlink()
        acknowledged.append(journal.append(NoteAdded(text="room again")))
    assert read(path).lines == tuple(acknowledged)


# The pen


def no_locks(descriptor: int, how: int) -> None:
    raise OSError(errno.ENOLCK, "No locks available")


def test_the_word_of_a_host_that_is_gone_can_be_overruled_by_the_operator(path, clock, monkeypatch) -> None:
    Journal.create(path, session="s", by="b", clock=clock).close()
    monkeypatch.setattr(pen.fcntl, "flock", no_locks)
    (path.parent / "pen").write_text(json.dumps({"host": "elsewhere", "pid": 7}))
    with pytest.raises(RecordError, match=r"elsewhere, pid 7.*gone for sure, delete .*/pen and try again"):
        Pen(path.parent)
    assert break_foreign(path.parent) == "elsewhere, pid 7"
    Journal.open(path, session="t", by="b", clock=clock).close()


ASKS = """
import sys
import threading
from pathlib import Path
from incident_console.record.pen import holder
threading.Thread(target=sys.stdin.read, daemon=True).start()
print("asking", flush=True)
told = set()
while threading.active_count() > 1:
    told.add(holder(Path(sys.argv[1])))
print(*sorted(map(str, told)), sep="\\n")
"""


def test_who_only_asks_for_the_holder_is_never_in_the_way_of_who_takes_the_pen(path, clock) -> None:
    Journal.create(path, session="s", by="b", clock=clock).close()
    words = [sys.executable, "-c", ASKS, str(path.parent)]
    asking = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        for each in asking:
            assert each.stdout is not None and each.stdout.readline() == "asking\n"
        for _ in range(200):
            taken = Pen(path.parent)
            assert pen.holder(path.parent) == f"{socket.gethostname()}, pid {os.getpid()}"
            with pytest.raises(RecordError, match="Another console is writing"):
                Pen(path.parent)
            taken.release()
    finally:
        told = {line for each in asking for line in each.communicate()[0].splitlines()}
    assert told <= {"None", "another process", f"{socket.gethostname()}, pid {os.getpid()}"} and "None" in told


def test_a_console_that_is_alive_here_is_never_overruled(path, journal) -> None:
    with pytest.raises(RecordError, match=f"not held on another host \\({socket.gethostname()}, pid {os.getpid()}"):
        break_foreign(path.parent)
    with pytest.raises(RecordError, match=r"Leave that console first\.$"):
        Pen(path.parent)


def test_a_console_whose_pen_was_taken_writes_no_more(path, journal, clock) -> None:
    (path.parent / "pen").unlink()
    with Journal.open(path, session="t", by="bo@there", clock=clock) as other:
        with pytest.raises(RecordError, match="Another console is writing"):
            journal.append(NoteAdded(text="lost"))
        other.append(NoteAdded(text="theirs"))
    assert texts(path) == ["before", "theirs"]


def test_a_pen_that_nobody_took_after_it_was_deleted_is_taken_again(path, journal) -> None:
    (path.parent / "pen").unlink()
    journal.append(NoteAdded(text="after"))
    with pytest.raises(RecordError, match="Another console is writing"):
        Pen(path.parent)


def test_a_hard_link_to_the_journal_is_nobodys_business(path, journal, tmp_path) -> None:
    os.link(path, tmp_path / "copy.jsonl")
    journal.append(NoteAdded(text="after"))
    assert texts(path) == ["before", "after"]


def test_what_is_recorded_is_read_to_its_end_while_another_thread_opens_the_journal_anew(
    path, journal, monkeypatch
) -> None:
    monkeypatch.setattr("incident_console.record.journal.PART", 16)
    whole = path.read_bytes()
    parts = journal.contents()
    begun = next(parts)
    with failing(path, errno.EIO, "fsync"), pytest.raises(DiskError):
        journal.append(NoteAdded(text="lost"))
    journal.append(NoteAdded(text="after"))
    assert begun + b"".join(parts) == whole


def test_a_disk_that_cannot_be_read_is_a_sentence(path, journal) -> None:
    with failing(path, errno.EIO, "open"), pytest.raises(InputError, match="input/output error"):
        read(path)
