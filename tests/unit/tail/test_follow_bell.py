"""A thread that waits for file events sleeps until there are some, and can be woken."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from incident_console.tail.following.bell import STEP_S, Bell, inotify_descriptors


@pytest.fixture(params=["signals", "steps"])
def bell(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bell:
    if request.param == "steps":
        monkeypatch.setattr(sys, "platform", "another")
    return Bell()


class Waiting(threading.Thread):
    """Waits for the bell `times` times, half a minute at most each time."""

    def __init__(self, bell: Bell, times: int = 1) -> None:
        super().__init__()
        self.bell, self.times, self.rung = bell, times, 0
        self.heard = threading.Semaphore(0)
        self.ready = threading.Event()

    def run(self) -> None:
        with self.bell.attended():
            self.ready.set()
            for _ in range(self.times):
                self.rung += self.bell.wait(30)
                self.heard.release()


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_whoever_waits_is_woken(bell: Bell) -> None:
    thread = Waiting(bell, 3)
    thread.start()
    for _ in range(3):
        bell.ring()
        assert thread.heard.acquire(timeout=5)
    thread.join(5)
    assert thread.rung == 3


def test_a_ring_before_the_wait_is_not_lost_and_one_after_it_hurts_nobody(bell: Bell) -> None:
    bell.ring()
    thread = Waiting(bell)
    thread.start()
    thread.join(5)
    assert thread.rung == 1
    bell.ring()


def test_without_a_ring_the_wait_ends_in_time(bell: Bell) -> None:
    rung: list[bool] = []

    def wait() -> None:
        with bell.attended():
            rung.append(bell.wait(0))

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(5)
    assert rung == [False]


@pytest.mark.skipif(sys.platform != "linux", reason="the system signals descriptors on Linux only")
def test_the_system_rings_for_file_events(tmp_path: Path) -> None:
    from watchfiles._rust_notify import RustNotify

    bell, rung, ready = Bell(), list[bool](), threading.Event()

    def wait() -> None:
        with bell.attended():
            with bell.rung_by_new():
                watcher = RustNotify([str(tmp_path)], False, False, 300, False, True)
            ready.set()
            rung.append(bell.wait(10))
            watcher.close()

    thread = threading.Thread(target=wait)
    thread.start()
    assert ready.wait(5)
    assert inotify_descriptors()
    (tmp_path / "a.log").touch()
    thread.join(10)
    assert rung == [True]


def test_where_signals_do_not_come_it_is_looked_more_often() -> None:
    bell = Bell()
    bell.missed()
    assert bell.longest_s == STEP_S
