"""A rotated log that was compressed: its lines, its faults in words, and a bound on what it may become."""

import bz2
import gzip
import lzma
import os
import random
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incident_console.tail.gz import UNPACK, GzFile
from incident_console.tail.places.rotated import siblings
from incident_console.tail.source import Line, Mark

Packer = Callable[[bytes], bytes]
PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
LINES = b"".join(b"line %06d of the log\n" % number for number in range(60_000))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.log.1.gz"


@pytest.fixture(params=PACKERS)
def pack(request: pytest.FixtureRequest) -> Packer:
    return PACKERS[request.param]


def opened(path: Path, **bounds: int) -> GzFile:
    """Unpacked to its end."""
    source = GzFile(path, **bounds)
    source.poll()
    while not source.index_step(0.05):
        pass
    return source


def text(source: GzFile) -> bytes:
    return b"".join(part.read(0, source.size) for part in source.parts)


def marks(source: GzFile) -> list[str]:
    rows = (source.row(row) for row in range(max(0, source.row_count - 2), source.row_count))
    return [row.text for row in rows if isinstance(row, Mark)]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.binary(max_size=200), max_size=5), name=st.sampled_from(sorted(PACKERS)))
def test_any_bytes_in_any_number_of_joined_members_are_read_back(pieces: list[bytes], name: str, path: Path) -> None:
    path.write_bytes(b"".join(PACKERS[name](piece) for piece in pieces))
    source = opened(path)
    assert text(source) == b"".join(pieces)
    assert source.notice == (None if any(pieces) else "It is empty.")
    source.close()


def test_lines_are_numbered_and_read_from_anywhere(path: Path, pack: Packer) -> None:
    path.write_bytes(pack(LINES))
    source = opened(path)
    assert source.row_count == 60_000 and source.progress == 1 and not source.live
    for row in (59_999, 0, 31_415):
        line = source.row(row)
        assert isinstance(line, Line)
        assert (line.text, line.number) == (b"line %06d of the log" % row, row + 1)
    source.close()


def test_rows_appear_while_the_rest_is_unpacked(path: Path) -> None:
    path.write_bytes(gzip.compress(LINES))
    source = GzFile(path)
    assert source.progress < 1 and source.row_count == 0
    assert source.poll().kind == "appeared"
    assert not source.index_step(0)
    assert 0 < source.row_count < 60_000 and 0 < source.progress < 1
    assert source.notice == "It is being unpacked."
    row = source.row(0)
    assert isinstance(row, Line) and row.text == b"line 000000 of the log"
    source.close()


@pytest.mark.parametrize("name", PACKERS)
def test_a_file_that_was_cut_off_is_shown_as_far_as_it_goes(path: Path, name: str) -> None:
    noise = random.Random(7).randbytes(1_000_000).hex().encode()
    whole = PACKERS[name](noise)
    path.write_bytes(whole[: len(whole) // 2])
    source = opened(path)
    assert 0 < source.size < len(noise) and noise.startswith(text(source))
    assert marks(source) == ["── the file ends in the middle: it was cut off, or is still being written ──"]
    source.close()


@pytest.mark.parametrize("name", PACKERS)
def test_a_damaged_file_is_shown_up_to_the_damage(path: Path, name: str) -> None:
    noise = random.Random(7).randbytes(1_000_000).hex().encode()
    whole = bytearray(PACKERS[name](noise))
    middle = len(whole) // 2
    whole[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(whole)
    source = opened(path)
    assert 0 < source.size < len(noise)
    assert source.notice is not None and source.notice.startswith("The file is damaged here: ")
    assert len(marks(source)) == 1
    source.close()


def test_a_wrong_checksum_is_told_and_the_text_is_shown(path: Path) -> None:
    whole = bytearray(gzip.compress(b"all of it\n"))
    whole[-8] ^= 1
    path.write_bytes(whole)
    source = opened(path)
    assert (source.notice or "").startswith("The file is damaged here: ")
    source.close()


def test_something_else_behind_the_text_is_left_out_and_told(path: Path) -> None:
    path.write_bytes(gzip.compress(b"a line\n") + b"rubbish")
    source = opened(path)
    assert text(source) == b"a line\n"
    assert marks(source) == ["── what follows is not compressed text; it is left out ──"]
    source.close()


def test_padding_between_and_behind_members_is_passed_over(path: Path) -> None:
    zeros = b"\0" * 200_000
    path.write_bytes(gzip.compress(b"one\n") + zeros + gzip.compress(b"two\n") + zeros)
    source = opened(path)
    assert (text(source), source.notice) == (b"one\ntwo\n", None)
    source.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300), head=st.sampled_from([b"", b"\x1f\x8b", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0"]))
def test_nothing_that_a_file_may_hold_raises(data: bytes, head: bytes, path: Path) -> None:
    path.write_bytes(head + data)
    source = opened(path)
    assert source.progress == 1
    source.close()


def test_plain_text_under_such_a_name_is_told(path: Path) -> None:
    path.write_bytes(b"just a line\n")
    source = opened(path)
    assert (source.row_count, source.notice) == (0, "This file is not compressed as its name says.")
    source.close()


def test_a_bomb_is_bounded_and_unpacked_in_small_pieces(path: Path) -> None:
    path.write_bytes(gzip.compress(zlib.compress(b"") + b"\0" * 50_000_000))
    source = GzFile(path, limit=5_000_000)
    source.poll()
    source.index_step(0)
    assert source.size <= UNPACK
    while not source.index_step(0.05):
        pass
    assert source.size <= 5_000_000
    assert "it holds more than is unpacked here" in marks(source)[0]
    source.close()


def test_room_is_left_on_the_disk(path: Path) -> None:
    path.write_bytes(gzip.compress(LINES))
    source = opened(path, spare=1 << 60)
    assert (source.size, source.notice) == (0, "The first 0 bytes are shown; the disk is too full to unpack more.")
    source.close()


def test_a_file_that_is_still_being_written_is_told(path: Path) -> None:
    path.write_bytes(gzip.compress(b"one\n"))
    source = opened(path)
    with path.open("ab") as more:
        more.write(gzip.compress(b"two\n"))
    source.poll()
    assert source.notice == "It has been written to since it was opened; open it again to see the rest."
    assert text(source) == b"one\n"
    source.close()
    again = opened(path)
    assert text(again) == b"one\ntwo\n"
    again.close()


@pytest.mark.parametrize(
    ("make", "notice"),
    [
        (lambda path: None, "This file does not exist."),
        (lambda path: path.mkdir(), "This is not a regular file; only regular files can be shown."),
        (os.mkfifo, "This is not a regular file; only regular files can be shown."),
    ],
    ids=["nothing", "folder", "pipe"],
)
def test_what_is_no_file_is_told(path: Path, make: Callable[[Path], None], notice: str) -> None:
    make(path)
    source = opened(path)
    assert (source.notice, source.row_count, source.progress) == (notice, 0, 1)
    source.close()


def test_nothing_is_left_behind_and_it_can_be_opened_again(path: Path, tmp_path: Path) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    folder = tmp_path / "unpacked"
    folder.mkdir()
    path.write_bytes(gzip.compress(b"one\n"))
    before = descriptors()
    source = GzFile(path, folder=folder)
    for _ in range(2):
        while not source.index_step(0.05):
            pass
        assert text(source) == b"one\n" and list(folder.iterdir()) == []
        source.close()
    assert descriptors() == before


@pytest.fixture
def rotated(tmp_path: Path) -> Iterator[Path]:
    names = ["x.log", "x.log.1", "x.log.10.gz", "x.log.2.gz", "x.log-20261121.gz", "x.log-20261120.xz", "x.1.log"]
    for name in [*names, "x.log.bak", "y.log.1", "x.log.gz", "xx.log.1", "x.log.1.zip", "x-2026-11-19.log"]:
        (tmp_path / name).touch()
    (tmp_path / "x.log.3").mkdir()
    yield tmp_path / "x.log"


def test_rotated_siblings_come_newest_first(rotated: Path) -> None:
    assert [path.name for path in siblings(rotated)] == [
        "x.1.log",
        "x.log.1",
        "x.log.2.gz",
        "x.log.10.gz",
        "x.log-20261121.gz",
        "x.log-20261120.xz",
        "x-2026-11-19.log",
    ]


def test_a_log_without_an_ending_or_a_folder_has_siblings_or_none(tmp_path: Path) -> None:
    (tmp_path / "messages.1").touch()
    assert siblings(tmp_path / "messages") == (tmp_path / "messages.1",)
    assert siblings(tmp_path / "nowhere/x.log") == ()
