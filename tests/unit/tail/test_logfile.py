"""Any bytes, cut anywhere in time: the lines that were written, in order, none twice, or a mark."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incident_console.tail.lineindex import LineIndex
from incident_console.tail.logfile import (
    DROPPED,
    OLDER_KEPT,
    REPLACED,
    STALE,
    TRUNCATED,
    VANISHED,
    LogFile,
)
from incident_console.tail.source import CUT, Line, Mark, Place, Source, TextSource

LINES = st.binary(max_size=12).map(lambda data: data.replace(b"x", b"\n"))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogFile]:
    source = LogFile(tmp_path / "rule.log")
    yield source
    source.close()


def settle(source: Source) -> None:
    while source.poll().more:
        pass
    while not source.index_step(1):
        pass


def shown(source: Source) -> list[bytes | str]:
    """What a person would read: lines as bytes, marks as text."""
    rows = [source.row(row) for row in range(source.row_count)]
    return [row.text for row in rows]


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def lines_of(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


def test_a_truncation_when_no_more_files_may_be_opened_is_told_and_seen_later(
    log: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    log.path.write_bytes(b"before\n")
    settle(log)
    log.path.write_bytes(b"after\n")
    with monkeypatch.context() as patched:
        patched.setattr(os, "dup", full)
        assert log.poll().kind == "same"
        assert log.notice == "This file cannot be read: too many open files."
    settle(log)
    assert shown(log) == [TRUNCATED, b"after"]


@given(st.lists(LINES, max_size=12), st.integers(1, 40), st.integers(1, 7), st.data())
def test_an_index_of_any_bytes_in_any_pieces_gives_their_lines(
    pieces: list[bytes], tail: int, block: int, data: st.DataObject
) -> None:
    text = b"".join(pieces)

    def read(offset: int, length: int) -> bytes:
        return text[offset : offset + length]

    index = LineIndex(read, len(pieces[0]) if pieces else 0, tail=tail, block=block)
    at = index.end
    for piece in pieces[1:]:
        if data.draw(st.booleans()):
            index.step(0)
        at += len(piece)
        assert index.grow(at)
        known = [index.bounds(row) for row in range(index.rows)]
        end_of_known = [end for _, end, _ in known]
        assert end_of_known == sorted(end_of_known)
        if known:
            assert known[-1][1] == at - text[:at].endswith(b"\n")
    while not index.step(0):
        pass
    rows = [index.bounds(row) for row in range(index.rows)]
    assert [text[start:end] for start, end, _ in rows] == lines_of(text)
    assert all(complete == (end < len(text)) for _, end, complete in rows)
    for row, (start, end, complete) in enumerate(rows):
        assert {index.row_at(offset) for offset in range(start, end + complete)} <= {row}


@given(LINES.filter(bool), st.integers(1, 5))
def test_before_the_index_is_complete_the_known_lines_are_the_last_ones(text: bytes, block: int) -> None:
    index = LineIndex(lambda offset, length: text[offset : offset + length], len(text), tail=1, block=block)
    known = [text[start:end] for start, end, _ in (index.bounds(row) for row in range(index.rows))]
    whole = lines_of(text)
    if index.rows == 1 and index.bounds(0)[0] not in _starts(text):
        assert whole[-1].endswith(known[0])
    else:
        assert known == whole[len(whole) - len(known) :]


def _starts(text: bytes) -> set[int]:
    return {0} | {at + 1 for at, byte in enumerate(text) if byte == 10}


ACTIONS = st.one_of(
    st.tuples(st.just("append"), LINES),
    st.tuples(st.just("truncate"), LINES),
    st.tuples(st.just("shrink"), LINES),
    st.tuples(st.just("rename"), LINES),
    st.tuples(st.just("recreate"), LINES),
    st.tuples(st.just("delete"), st.just(b"")),
    st.tuples(st.just("append-to-old"), LINES),
    st.tuples(st.just("look"), st.just(b"")),
    st.tuples(st.just("index"), st.just(b"")),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(st.lists(ACTIONS, max_size=25))
def test_any_mix_of_append_truncate_and_rotate_shows_each_line_once_in_order(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, bytes]]
) -> None:
    """The oracle: each generation as its file is now, oldest first, with a mark before each but the first."""
    folder = tmp_path_factory.mktemp("any")
    path = folder / "a.log"
    log = LogFile(path)
    rotated: list[Path] = []
    try:
        for number, (action, data) in enumerate(actions):
            if action == "append":
                with path.open("ab") as file:
                    file.write(data)
            elif action == "truncate":
                path.write_bytes(data)
            elif action == "shrink" and path.exists():
                os.truncate(path, max(0, path.stat().st_size - len(data)))
            elif action == "rename" and path.exists():
                rotated.append(path.rename(folder / f"a.log.{number}"))
                path.write_bytes(data)
            elif action == "recreate":
                path.unlink(missing_ok=True)
                path.write_bytes(data)
            elif action == "delete":
                path.unlink(missing_ok=True)
            elif action == "append-to-old" and rotated:
                with rotated[-1].open("ab") as file:
                    file.write(data)
            elif action == "look":
                log.poll()
            elif action == "index":
                log.index_step(0)
        settle(log)
        rows = [log.row(row) for row in range(log.row_count)]
        parts = {part.generation: part for part in log.parts}
        for generation, part in parts.items():
            own = [row for row in rows if isinstance(row, Line) and row.generation == generation]
            text = part.read(0, 1 << 20)
            assert [row.text for row in own] == lines_of(text)
            assert [row.number for row in own] == list(range(1, len(own) + 1))
        assert [row.generation for row in rows] == sorted(row.generation for row in rows)
        if path.exists():
            assert [row.text for row in rows if row.generation == max(parts)][-1:] == lines_of(path.read_bytes())[
                -1:
            ] or (not path.read_bytes())
            assert parts[max(parts)].read(0, 1 << 20) == path.read_bytes()
            marks = {row.generation for row in rows if isinstance(row, Mark)}
            assert set(parts) - {1} <= marks
        elif parts:
            assert isinstance(rows[-1], Mark)
        assert len(parts) <= OLDER_KEPT + 1
        places = [row.place for row in rows]
        assert [log.row_of(place) for place in places] == list(range(len(rows)))
    finally:
        log.close()


def test_a_last_line_without_newline_is_shown_and_completed_in_place(log: LogFile) -> None:
    log.path.write_bytes(b"one\ntw")
    assert log.poll().kind == "appeared"
    last = log.row(1)
    assert isinstance(last, Line) and (last.text, last.complete) == (b"tw", False)
    with log.path.open("ab") as file:
        file.write(b"o\nthree")
    assert log.poll().kind == "grew"
    assert shown(log) == [b"one", b"two", b"three"]
    assert log.poll().kind == "same"


def test_rotation_by_rename_keeps_the_old_lines_and_tells_of_the_new_file(log: LogFile, tmp_path: Path) -> None:
    log.path.write_bytes(b"old 1\n")
    log.poll()
    with log.path.open("ab") as file:
        file.write(b"old 2, written just before the rotation\n")
    log.path.rename(tmp_path / "rule.log.1")
    log.path.write_bytes(b"new 1\n")
    assert log.poll().kind == "replaced"
    expected = [b"old 1", b"old 2, written just before the rotation", REPLACED, b"new 1"]
    assert shown(log) == expected
    with (tmp_path / "rule.log.1").open("ab") as file:
        file.write(b"old 3, a writer that has not noticed\n")
    log.poll()
    assert shown(log) == [*expected[:2], b"old 3, a writer that has not noticed", *expected[2:]]


def test_only_a_few_generations_are_held_and_a_mark_says_so(log: LogFile, tmp_path: Path) -> None:
    before = descriptors()
    for number in range(10):
        log.path.write_bytes(f"line of file {number}\n".encode())
        settle(log)
        log.path.rename(tmp_path / f"{number}")
    log.path.write_bytes(b"last\n")
    settle(log)
    assert shown(log)[0] == DROPPED
    assert shown(log)[1:] == [
        b"line of file 7",
        REPLACED,
        b"line of file 8",
        REPLACED,
        b"line of file 9",
        REPLACED,
        b"last",
    ]
    assert descriptors() - before == OLDER_KEPT + 1
    log.close()
    assert descriptors() == before


@pytest.mark.parametrize(
    "after", [b"", b"new\n", b"longer than what was there before\nand more\n", b"old line\n"[::-1]]
)
def test_copytruncate_is_told_even_when_the_file_grew_again_between_two_looks(log: LogFile, after: bytes) -> None:
    log.path.write_bytes(b"old line\n")
    log.poll()
    log.path.write_bytes(after)
    assert log.poll().kind == "truncated"
    assert shown(log) == [TRUNCATED, *lines_of(after)]


def test_a_deleted_file_stays_readable_until_it_comes_again(log: LogFile) -> None:
    log.path.write_bytes(b"before\n")
    log.poll()
    log.path.unlink()
    assert log.poll().kind == "vanished"
    assert shown(log) == [b"before", VANISHED]
    assert log.poll().kind == "same"
    log.path.write_bytes(b"after\n")
    assert log.poll().kind == "replaced"
    assert shown(log) == [b"before", REPLACED, b"after"]


def test_a_symlink_that_is_swapped_is_a_new_file(log: LogFile, tmp_path: Path) -> None:
    (tmp_path / "1").write_bytes(b"first\n")
    (tmp_path / "2").write_bytes(b"second\n")
    log.path.symlink_to("1")
    log.poll()
    (tmp_path / "new").symlink_to("2")
    (tmp_path / "new").rename(log.path)
    log.poll()
    assert shown(log) == [b"first", REPLACED, b"second"]


def test_a_file_that_does_not_exist_yet_is_shown_when_it_appears(log: LogFile) -> None:
    assert log.poll().kind == "same"
    assert log.notice == "This file does not exist yet."
    assert log.row_count == 0
    log.path.touch()
    assert log.poll().kind == "appeared"
    assert log.notice == "It is empty so far."
    log.path.write_bytes(b"x")
    log.poll()
    assert log.notice is None
    assert shown(log) == [b"x"]


def test_what_cannot_be_shown_is_a_sentence_and_never_blocks(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, wanted in ((".", "a folder"), ("pipe", "a named pipe")):
        log = LogFile(tmp_path / name)
        log.poll()
        assert wanted in (log.notice or "")
        assert log.row_count == 0
    log = LogFile("/dev/zero")
    log.poll()
    assert "a device" in (log.notice or "")
    (tmp_path / "file").touch()
    log = LogFile(tmp_path / "file" / "below")
    log.poll()
    assert log.notice == "This file does not exist yet."
    log = LogFile(tmp_path / ("n" * 300))
    log.poll()
    assert "file name too long" in (log.notice or "")


def test_an_unreadable_file_is_a_sentence(log: LogFile, monkeypatch: pytest.MonkeyPatch) -> None:
    log.path.write_bytes(b"secret\n")

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    log.poll()
    assert log.notice == "This file cannot be read: permission denied."


def test_a_stale_handle_is_opened_again(log: LogFile, monkeypatch: pytest.MonkeyPatch) -> None:
    log.path.write_bytes(b"line\n")
    real, used = os.pread, []

    def pread(fd: int, length: int, offset: int) -> bytes:
        used.append(fd)
        if stale and fd == stale[0]:
            raise OSError(errno.ESTALE, "Stale file handle")
        return real(fd, length, offset)

    stale: list[int] = []
    monkeypatch.setattr(os, "pread", pread)
    log.poll()
    stale.append(used[0])
    with log.path.open("ab") as file:
        file.write(b"more\n")
    log.poll()
    assert shown(log) == [STALE, b"line", b"more"]


def test_a_file_of_any_size_opens_from_its_tail(log: LogFile) -> None:
    line = b"%08d " + b"." * 90 + b"\n"
    with log.path.open("wb") as file:
        file.writelines(line % number for number in range(40_000))
    log.poll()
    assert log.row_count < 5_000, "only the tail is known at once"
    assert log.progress < 1
    last = log.row(log.row_count - 1)
    first = log.row(0)
    assert isinstance(last, Line) and isinstance(first, Line)
    assert last.text.startswith(b"00039999") and last.number is None
    seen = first.place
    while not log.index_step(0):
        row = log.row(log.row_of(seen))
        assert row.place == seen, "a place stays while rows move"
    assert log.row_count == 40_000
    for wanted in (0, 1, 17_000, 39_999):
        row = log.row(wanted)
        assert isinstance(row, Line)
        assert (row.number, row.text[:8]) == (wanted + 1, b"%08d" % wanted)


def test_a_line_of_many_megabytes_is_cut_for_display_only(log: LogFile) -> None:
    log.path.write_bytes(b"a" * 3_000_000 + b"\nend\n")
    settle(log)
    row = log.row(0)
    assert isinstance(row, Line)
    assert (len(row.text), row.cut, row.end) == (CUT, True, 3_000_000)
    assert shown(log)[1] == b"end"


def test_a_line_longer_than_the_tail_is_shown_from_where_it_is_known(log: LogFile) -> None:
    log.path.write_bytes(b"begin\n" + b"a" * 3_000_000)
    log.poll()
    assert log.row_count == 1
    settle(log)
    assert log.row_count == 2


def test_a_progress_bar_rewritten_a_million_times_gives_its_last_state(log: LogFile) -> None:
    log.path.write_bytes(b"".join(b"\r%3d %%" % (number % 100) for number in range(20_000)) + b"\r100 %\n")
    settle(log)
    row = log.row(0)
    assert isinstance(row, Line)
    assert (row.text, row.cut) == (b"100 %", True)


def test_text_in_memory_is_shown_the_same_way() -> None:
    source = TextSource("align B, attempt 1", b"one\ntwo")
    assert shown(source) == [b"one", b"two"]
    assert source.poll().kind == "same"
    assert source.row_of(Place(0, 4)) == 1
    with pytest.raises(IndexError):
        source.row(2)
    assert TextSource("x", b"").notice == "It is empty."
