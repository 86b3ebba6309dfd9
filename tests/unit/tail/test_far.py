"""Logs on file servers: a deleted log's text is what was read of it, and a server that hangs holds nobody up."""

import contextlib
import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from incident_console.tail.keeping import far as module
from incident_console.tail.keeping import held
from incident_console.tail.keeping.far import RunningLogs
from incident_console.tail.keeping.spooled import HEAD, Spooled
from incident_console.tail.places.mounts import Mounts


class Os:
    """The `os` that the module under test sees, with one call of it replaced; everybody else keeps the real one."""

    def __init__(self, **calls: object) -> None:
        self.__dict__ |= calls

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[RunningLogs]:
    (tmp_path / "server").mkdir()
    running = RunningLogs(Mounts((("/", "ext4"), (str(tmp_path / "server"), "nfs4"))))
    yield running
    running.close()


def test_a_log_on_a_local_disk_is_held_at_once(logs: RunningLogs, tmp_path: Path) -> None:
    path = tmp_path / "B.log"
    path.write_text("near\n")
    logs.hold("B", path)
    path.unlink()
    assert logs.take("B").data == b"near\n"


def test_a_log_that_the_server_still_gives_is_kept_whole(logs: RunningLogs, tmp_path: Path) -> None:
    path = tmp_path / "server/B.log"
    path.write_text("far\n")
    logs.hold("B", path)
    kept = logs.take("B")
    assert (kept.data, kept.complete) == (b"far\n", True)
    logs.release("B")


def test_of_a_log_that_the_server_dropped_what_was_read_before_is_kept(
    logs: RunningLogs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "server/B.log"
    path.write_text("FATAL index is locked\n")
    logs.hold("B", path)
    assert len(logs.openings("B")) == 1  # the thread has looked at it by now
    path.unlink()

    def stale(*arguments: object) -> bytes:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(held, "os", Os(fstat=stale))
    kept = logs.take("B")
    assert kept.data == b"FATAL index is locked\n"
    assert not kept.complete
    assert kept.missing is not None and "nfs4" in kept.missing and "22 bytes" in kept.missing


def test_a_server_that_does_not_answer_holds_nobody_up_and_is_told(
    logs: RunningLogs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()

    def hangs(path: Path) -> os.stat_result:
        if "/server/" in os.fspath(path):
            answer.wait(30)
        return path.stat()

    monkeypatch.setattr(held, "os", Os(stat=hangs))
    monkeypatch.setattr(module, "PATIENCE_S", 0.05)
    path, near = tmp_path / "server/B.log", tmp_path / "C.log"
    near.write_text("near\n")
    logs.hold("B", path)
    logs.hold("C", near)
    assert logs.take("C").data == b"near\n"
    kept = logs.take("B")
    assert kept.data is None
    assert kept.missing is not None and "did not answer" in kept.missing
    assert logs.notice is not None and "does not answer" in logs.notice
    answer.set()


def test_what_two_threads_say_first_at_once_is_done_by_one_thread(tmp_path: Path) -> None:
    logs = RunningLogs(Mounts(((str(tmp_path), "nfs4"),)))
    both = threading.Barrier(2)

    class Slow(threading.Thread):
        def __init__(self, **of: Any) -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.1)
            super().__init__(**of)

    def tell(number: int) -> None:
        logs.hold(number, tmp_path / f"{number}.log")

    tellers = [threading.Thread(target=tell, args=(number,)) for number in range(2)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module.threading, "Thread", Slow)
        for teller in tellers:
            teller.start()
        for teller in tellers:
            teller.join()
    logs.close()
    assert "logs on file servers" not in {thread.name for thread in threading.enumerate()}


def test_a_spool_is_bounded_and_says_what_it_left_out(tmp_path: Path) -> None:
    path, bound = tmp_path / "big", 1000
    lines = b"".join(b"line %07d\n" % number for number in range(100_000))
    path.write_bytes(lines)
    spooled = Spooled()
    with path.open("rb") as file:
        for size in (10, HEAD + 500, 40_000, len(lines) // 2, len(lines)):
            spooled.take(file.fileno(), size, bound)
            assert spooled.size <= HEAD + bound
    text = spooled.text()
    assert text.startswith(lines[:HEAD]) and text.endswith(lines[-bound:])
    assert f"{len(lines) - HEAD - bound} bytes left out".encode() in text


def test_a_spool_of_a_log_within_its_bound_is_the_log(tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(bytes(range(256)) * 100)
    spooled = Spooled()
    with path.open("rb") as file:
        for size in range(0, 25_600, 700):
            spooled.take(file.fileno(), size, 1 << 20)
        spooled.take(file.fileno(), 25_600, 1 << 20)
    assert spooled.text() == path.read_bytes()
