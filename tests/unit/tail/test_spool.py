"""A stream becomes a file: every byte, a bound that never holds up the producer, and nothing left behind."""

import contextlib
import fcntl
import os
import re
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incident_console.errors import InputError
from incident_console.tail import spool as module
from incident_console.tail.logfile import LogFile
from incident_console.tail.spool import Spool


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The end to read, which the spool will own, and the end to write."""
    reading, writing = os.pipe()
    yield reading, writing
    with contextlib.suppress(OSError):
        os.close(writing)


def until(holds: Callable[[], object], timeout: float = 10.0) -> None:
    give_up = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def spooled(data: bytes, folder: Path, **bounds: int) -> tuple[bytes, Spool]:
    """What is in the file when the stream has ended."""
    reading, writing = os.pipe()
    spool = Spool(reading, folder, "-", **bounds)
    spool.start()
    with os.fdopen(writing, "wb") as producer:
        producer.write(data)
    assert spool.wait(10)
    stored = spool.path.read_bytes()
    spool.close()
    return stored, spool


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=5000))
def test_any_bytes_are_stored_as_they_came(data: bytes, tmp_path: Path) -> None:
    stored, spool = spooled(data, tmp_path)
    assert stored == data
    assert (spool.size, spool.ended, spool.notice) == (len(data), True, "The stream has ended.")


def test_a_line_can_be_followed_while_the_stream_goes_on(tmp_path: Path, pipe: tuple[int, int]) -> None:
    spool = Spool(pipe[0], tmp_path, "-")
    spool.start()
    log = LogFile(spool.path)
    os.write(pipe[1], b"first\nhal")
    until(lambda: log.poll() and log.row_count == 2)
    assert not spool.ended and spool.notice is None
    os.write(pipe[1], b"f\n")
    until(lambda: log.poll().kind == "same" and log.size == 11)
    assert log.row(1).text == b"half"
    log.close()
    spool.close()


def test_the_file_is_private_and_gone_afterwards(tmp_path: Path, pipe: tuple[int, int]) -> None:
    folder = tmp_path / "state/spools"
    before = os.umask(0)
    try:
        spool = Spool(pipe[0], folder, "-")
    finally:
        os.umask(before)
    spool.start()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600
    spool.close()
    spool.close()
    assert list(folder.iterdir()) == []


def test_closing_gives_every_descriptor_back_whether_or_not_it_was_started(tmp_path: Path) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    for start in (True, False):
        reading, writing = os.pipe()
        spool = Spool(reading, tmp_path, "-")
        if start:
            spool.start()
        spool.close()
        os.close(writing)
    assert descriptors() == before


def test_a_kept_file_stays_and_is_not_swept_away(tmp_path: Path, pipe: tuple[int, int]) -> None:
    spool = Spool(pipe[0], tmp_path, "-", keep=True)
    spool.start()
    os.write(pipe[1], b"kept\n")
    until(lambda: spool.size == 5)
    spool.close()
    spooled(b"another", tmp_path)
    assert spool.path.read_bytes() == b"kept\n"


def test_what_a_killed_console_left_is_deleted_and_what_a_live_one_holds_is_not(
    tmp_path: Path, pipe: tuple[int, int]
) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from incident_console.tail.spool import Spool
spool = Spool(0, Path(sys.argv[1]), "-")
spool.start()
print(spool.path, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    died = subprocess.run([sys.executable, "-c", script, tmp_path], input=b"", capture_output=True, timeout=20)
    left = Path(os.fsdecode(died.stdout.strip()))
    assert left.exists()
    live = Spool(pipe[0], tmp_path, "-")
    assert not left.exists()
    spooled(b"", tmp_path)
    assert live.path.exists()
    live.close()


def test_a_producer_is_read_on_to_its_end_when_no_more_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LAST", 1000)
    data = b"".join(b"line %06d\n" % number for number in range(200_000))
    stored, spool = spooled(data, tmp_path, limit=1_000_000)
    head, gap, end = re.split("\n── ([0-9,]+) bytes of the stream were not kept here ──\n".encode(), stored)
    left_out = int(gap.replace(b",", b""))
    assert data.startswith(head) and data.endswith(end) and len(end) == 1000
    assert len(head) + left_out + len(end) == len(data)
    assert len(head) <= 1_000_000
    assert spool.notice is not None
    assert f"{left_out:,} bytes were let go; its last 1,000 bytes are kept again." in spool.notice


def test_it_is_said_at_once_that_no_more_is_stored(tmp_path: Path, pipe: tuple[int, int]) -> None:
    spool = Spool(pipe[0], tmp_path, "-", limit=10)
    spool.start()
    os.write(pipe[1], b"123456")
    until(lambda: spool.size == 6)
    os.write(pipe[1], b"7890123")
    until(lambda: spool.notice)
    assert spool.notice == (
        "Only the first 6 bytes of the stream are kept: more than 10 are not. "
        "It is read on, so that its producer is not held up; the end will be kept."
    )
    assert not spool.ended
    spool.close()


def test_room_is_left_on_the_disk(tmp_path: Path) -> None:
    stored, spool = spooled(b"x" * 3000, tmp_path, spare=1 << 60)
    assert spool.notice is not None and "the disk is nearly full" in spool.notice
    assert stored == b"x" * 3000  # its end is kept all the same


def test_a_disk_that_refuses_is_told_and_the_producer_goes_on(tmp_path: Path, pipe: tuple[int, int]) -> None:
    spool = Spool(pipe[0], tmp_path, "-")
    os.dup2(refusing := os.open("/dev/full", os.O_WRONLY), spool._file)
    os.close(refusing)
    spool.start()
    with os.fdopen(os.dup(pipe[1]), "wb", buffering=0) as producer:
        os.close(pipe[1])
        for _ in range(1000):
            producer.write(b"x" * 5000)
    assert spool.wait(10)
    assert spool.notice is not None
    assert "no space left on device" in spool.notice and "its end could not be kept" in spool.notice
    spool.close()


def test_closing_does_not_wait_for_a_producer_that_says_nothing(tmp_path: Path, pipe: tuple[int, int]) -> None:
    spool = Spool(pipe[0], tmp_path, "-")
    spool.start()
    closer = threading.Thread(target=spool.close)
    closer.start()
    closer.join(5)
    assert not closer.is_alive()
    with pytest.raises(BrokenPipeError):
        os.write(pipe[1], b"nobody reads")


def test_a_descriptor_that_does_not_block_is_read_like_any_other(tmp_path: Path, pipe: tuple[int, int]) -> None:
    flags = fcntl.fcntl(pipe[0], fcntl.F_GETFL)
    fcntl.fcntl(pipe[0], fcntl.F_SETFL, flags | os.O_NONBLOCK)
    spool = Spool(pipe[0], tmp_path, "-")
    spool.start()
    os.write(pipe[1], b"one\n")
    until(lambda: spool.size == 4)
    spool.close()


def test_a_folder_in_which_nothing_can_be_made_is_told(tmp_path: Path, pipe: tuple[int, int]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"A stream cannot be kept in .*file/below: not a directory\."):
        Spool(pipe[0], tmp_path / "file/below", "-")
    os.close(pipe[0])
