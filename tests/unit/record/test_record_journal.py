import errno
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import InputError, RecordError
from incident_console.events import NoteAdded
from incident_console.record import pen
from incident_console.record.chain import START, read
from incident_console.record.journal import Journal
from incident_console.record.verify import verify


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rec" / "journal.jsonl"


def create(path: Path, clock) -> Journal:
    return Journal.create(path, session="s1", by="ana@node", clock=clock)


def reopen(path: Path, clock) -> Journal:
    return Journal.open(path, session="s2", by="bo@node", clock=clock)


def test_a_line_is_what_the_contract_says(path, clock) -> None:
    with create(path, clock) as journal:
        clock.tick(1.23456)
        recorded = journal.append(NoteAdded(text="héllo"))
    line = json.loads(path.read_text())
    assert list(line) == ["seq", "at", "mono_s", "session", "by", "kind", "data", "prev", "hash"]
    assert line["seq"] == 1 and line["prev"] == START and line["mono_s"] == 1.235
    assert line["at"] == "2026-11-22T13:45:02.358016Z" == recorded.at
    assert line["data"] == {"text": "héllo", "nature": "fact"}


def test_what_append_returns_is_what_a_reader_gets(path, clock) -> None:
    with create(path, clock) as journal:
        first = journal.append(
            events.RungAnswered(rung="a", fields={"x": 1.23456, "odd": "a\udcff", "n": float("nan")})
        )
        second = journal.append(NoteAdded(text="b", extra=events.Extra(unknown_field=(1, 2))))
    assert read(path).lines == (first, second)
    assert first.event.fields == {"x": 1.235, "odd": "a\\xff", "n": "nan"}


def test_every_line_is_one_write_and_is_synced_before_it_is_acknowledged(path, clock, monkeypatch) -> None:
    with create(path, clock) as journal:
        calls: list[str] = []
        write, fsync = os.write, os.fsync
        monkeypatch.setattr(os, "write", lambda fd, data: calls.append("write") or write(fd, data))
        monkeypatch.setattr(os, "fsync", lambda fd: calls.append("fsync") or fsync(fd))
        journal.append(NoteAdded(text="x" * 100_000))
        assert calls == ["write", "fsync"]


def test_files_are_private_whatever_the_umask(path, clock) -> None:
    before = os.umask(0)
    try:
        create(path, clock).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}


def test_a_journal_is_never_made_over_another(path, clock) -> None:
    create(path, clock).close()
    with pytest.raises(RecordError, match="already"):
        create(path, clock)
    reopen(path, clock).close()


def test_reopening_continues_the_chain_in_a_new_session(path, clock) -> None:
    with create(path, clock) as journal:
        first = journal.append(NoteAdded(text="a"))
    clock.tick(60)
    with reopen(path, clock) as journal:
        assert journal.reading.lines == (first,) and not journal.repairs
        second = journal.append(NoteAdded(text="b"))
    assert (second.seq, second.prev, second.mono_s, second.session) == (2, first.hash, 0.0, "s2")
    assert read(path).fault is None


def test_a_write_cut_at_every_byte_is_a_torn_end_that_is_set_aside(path, clock, tmp_path) -> None:
    with create(path, clock) as journal:
        first = journal.append(NoteAdded(text="kept"))
        good = path.stat().st_size
        journal.append(NoteAdded(text="cut é"))
    whole = path.read_bytes()
    for end in range(good, len(whole)):
        cut = tmp_path / str(end) / "journal.jsonl"
        cut.parent.mkdir()
        cut.write_bytes(whole[:end])
        with reopen(cut, clock) as journal:
            assert journal.reading.lines == (first,)
            if end == good:
                assert not journal.repairs
            else:
                assert [one.size for one in journal.repairs] == [end - good]
                aside = cut.parent / journal.repairs[0].set_aside
                assert aside.read_bytes() == whole[good:end] and stat.S_IMODE(aside.stat().st_mode) == 0o600
            for repair in journal.repairs:
                journal.append(repair)
            assert journal.append(NoteAdded(text="next")).seq == 2 + len(journal.repairs)
        assert verify(cut.parent).ok and read(cut).torn == b""
        with reopen(cut, clock) as journal:
            assert not journal.repairs


def test_a_second_torn_end_does_not_overwrite_the_first(path, clock) -> None:
    create(path, clock).close()
    for n in (1, 2):
        with path.open("ab") as file:
            file.write(b'{"seq":')
        with reopen(path, clock) as journal:
            assert [one.set_aside for one in journal.repairs][-1:] == [f"journal.torn-{n}.bin"]


def test_a_torn_end_set_aside_by_a_console_that_ended_before_it_could_tell_is_told_by_the_next(path, clock) -> None:
    create(path, clock).close()
    with path.open("ab") as file:
        file.write(b'{"seq":')
    with reopen(path, clock) as journal:
        (lost,) = journal.repairs
    with reopen(path, clock) as journal:
        (told,) = journal.repairs
        assert (told.set_aside, told.size) == (lost.set_aside, lost.size) and "before it could tell" in told.reason
        journal.append(told)
    with reopen(path, clock) as journal:
        assert not journal.repairs


def test_zeros_after_a_power_cut_are_a_torn_end(path, clock) -> None:
    with create(path, clock) as journal:
        journal.append(NoteAdded(text="a"))
    with path.open("ab") as file:
        file.write(b"\0" * 4096)
    with reopen(path, clock) as journal:
        assert len(journal.repairs) == 1 and journal.seq == 1


def test_reading_changes_nothing(path, clock) -> None:
    create(path, clock).close()
    with path.open("ab") as file:
        file.write(b"torn")
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    assert read(path).torn == b"torn"
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize("part", [0, 1, 40])
def test_a_failed_write_is_told_and_leaves_a_journal_that_goes_on(path, clock, monkeypatch, number, part) -> None:
    with create(path, clock) as journal:
        first = journal.append(NoteAdded(text="a"))
        write = os.write

        def failing(fd: int, data: bytes) -> int:
            if part:
                return write(fd, data[:part])
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as broken:
            broken.setattr(os, "write", failing)
            with pytest.raises(RecordError, match="Not recorded"):
                journal.append(NoteAdded(text="lost"))
        assert read(path).lines == (first,) and read(path).torn == b""
        second = journal.append(NoteAdded(text="b"))
    assert read(path).lines == (first, second)


def test_a_failed_fsync_is_not_called_saved(path, clock, monkeypatch) -> None:
    with create(path, clock) as journal:

        def failing(fd: int) -> None:
            raise OSError(errno.EIO, "I/O error")

        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", failing)
            with pytest.raises(RecordError, match="input/output error"):
                journal.append(NoteAdded(text="lost"))
        assert read(path).lines == ()
        assert journal.append(NoteAdded(text="a")).seq == 1


def test_a_part_that_could_not_be_cut_off_is_cut_off_before_the_next_write(path, clock, monkeypatch) -> None:
    with create(path, clock) as journal:
        write = os.write

        def refuse(fd: int, size: int) -> None:
            raise OSError(errno.EIO, "I/O error")

        with monkeypatch.context() as broken:
            broken.setattr(os, "write", lambda fd, data: write(fd, data[:30]))
            broken.setattr(os, "ftruncate", refuse)
            with pytest.raises(RecordError):
                journal.append(NoteAdded(text="lost"))
            assert len(read(path).torn) == 30
            with pytest.raises(RecordError):
                journal.append(NoteAdded(text="lost too"))
        journal.append(NoteAdded(text="a"))
    assert [line.event.text for line in read(path).lines] == ["a"]
    assert read(path).torn == b""


def test_a_second_writer_is_told_who_holds_the_pen(path, clock) -> None:
    with create(path, clock) as journal:
        journal.append(NoteAdded(text="a"))
        with pytest.raises(RecordError, match=rf"pid {os.getpid()}"):
            reopen(path, clock)
        assert len(read(path).lines) == 1
        assert str(os.getpid()) in (pen.holder(path.parent) or "")
    assert pen.holder(path.parent) is None
    reopen(path, clock).close()


def test_without_locks_a_dead_holder_here_is_passed_over_and_one_elsewhere_is_believed(
    path, clock, monkeypatch
) -> None:
    create(path, clock).close()

    def no_locks(fd: int, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(pen.fcntl, "flock", no_locks)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    host = pen.socket.gethostname()
    (path.parent / "pen").write_text(json.dumps({"host": host, "pid": dead.pid}))
    reopen(path, clock).close()
    (path.parent / "pen").write_text(json.dumps({"host": "elsewhere", "pid": 7}))
    with pytest.raises(RecordError, match="elsewhere, pid 7"):
        reopen(path, clock)
    (path.parent / "pen").write_text("[" * 5000)
    reopen(path, clock).close()


def test_a_journal_that_was_removed_or_replaced_is_not_written_to(path, clock) -> None:
    with create(path, clock) as journal:
        journal.append(NoteAdded(text="a"))
        path.rename(path.with_name("moved"))
        with pytest.raises(RecordError, match="removed or replaced"):
            journal.append(NoteAdded(text="b"))
        path.write_bytes(b"")
        with pytest.raises(RecordError, match="removed or replaced"):
            journal.append(NoteAdded(text="b"))


def test_a_journal_that_another_program_wrote_to_is_left_alone(path, clock) -> None:
    with create(path, clock) as journal:
        journal.append(NoteAdded(text="a"))
        with path.open("ab") as file:
            file.write(b"foreign\n")
        with pytest.raises(RecordError, match="another program"):
            journal.append(NoteAdded(text="b"))
    assert path.read_bytes().endswith(b"foreign\n")


def test_a_broken_chain_is_not_continued(path, clock) -> None:
    with create(path, clock) as journal:
        journal.append(NoteAdded(text="abc"))
    path.write_bytes(path.read_bytes().replace(b"abc", b"abd"))
    with pytest.raises(InputError, match="line 1: its hash"):
        reopen(path, clock)
    assert pen.holder(path.parent) is None


def test_an_event_too_large_or_not_json_is_refused_and_the_journal_goes_on(path, clock) -> None:
    with create(path, clock) as journal:
        with pytest.raises(RecordError, match="too large"):
            journal.append(NoteAdded(text="x" * (17 << 20)))
        with pytest.raises(RecordError, match="bytes cannot stand"):
            journal.append(events.RungAnswered(rung="a", fields={"x": b"raw"}))
        deep: list = []
        for _ in range(200):
            deep = [deep]
        with pytest.raises(RecordError, match="nested deeper"):
            journal.append(events.RungAnswered(rung="a", fields={"x": deep}))
        journal.append(NoteAdded(text="fine"))
    assert len(read(path).lines) == 1


def test_a_read_only_or_missing_place_is_a_sentence(tmp_path, clock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="could not be made"):
        create(tmp_path / "file" / "rec" / "journal.jsonl", clock)
    with pytest.raises(InputError, match="no journal"):
        reopen(tmp_path / "none" / "journal.jsonl", clock)


def test_threads_share_one_journal(path, clock) -> None:
    with create(path, clock) as journal:
        threads = [
            threading.Thread(target=lambda n=n: [journal.append(NoteAdded(text=f"{n}-{i}")) for i in range(25)])
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    reading = read(path)
    assert reading.fault is None and len({line.event.text for line in reading.lines}) == 200


def test_the_room_loads_neither_textual_nor_pydantic_nor_platformdirs() -> None:
    code = (
        "import sys, incident_console.record.render, incident_console.record.verify, incident_console.record.imports, "
        "incident_console.record.handoff; "
        "print([m for m in ('textual', 'rich', 'platformdirs', 'yaml', 'watchfiles', 'pydantic') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_clock_set_back_is_recorded_as_it_is_and_breaks_nothing(path, clock) -> None:
    with create(path, clock) as journal:
        first = journal.append(NoteAdded(text="a"))
        clock.tick(5)
        clock.at = clock.at.replace(year=2020)
        second = journal.append(NoteAdded(text="b"))
    assert second.at < first.at and second.mono_s == 5.0
    assert read(path).fault is None


def test_a_closed_journal_takes_nothing(path, clock) -> None:
    journal = create(path, clock)
    journal.close()
    journal.close()
    with pytest.raises(RecordError, match="closed"):
        journal.append(NoteAdded(text="a"))
