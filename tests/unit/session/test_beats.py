"""A fault that nobody foresaw in a thread of the session: it is told once, and the thread goes on."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from incident_console import events
from incident_console.errors import HeldError
from incident_console.session import holding, proof, weighing
from incident_console.session.beats import Beats, GoesOnError, watched
from incident_console.session.core import Session
from incident_console.session.onlooking import Onlooker
from incident_console.session.opening import resume_or_review
from incident_console.session.reviewing import Review
from incident_console.session.who import Who
from tests.failing_disk import Disk


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    """What went to who watches over threads: the kind of the fault, and the thread."""
    faults: list[tuple[str, str]] = []

    def hook(what: threading.ExceptHookArgs) -> None:
        assert isinstance(what.exc_value, GoesOnError) and what.thread is not None
        faults.append((type(what.exc_value.__cause__).__name__, what.thread.name))

    monkeypatch.setattr(threading, "excepthook", hook)
    yield faults


def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.01)


class Unforeseen:
    """Fails so many times, then does what it stands for."""

    def __init__(self, times: int, then: Callable[..., object]) -> None:
        self.times, self.then, self.calls = times, then, 0

    def __call__(self, *arguments: object, **named: object) -> object:
        self.calls += 1
        if self.calls <= self.times:
            raise ZeroDivisionError
        return self.then(*arguments, **named)


def test_the_same_fault_from_the_same_place_is_told_once(told: list[tuple[str, str]]) -> None:
    beats = Beats()
    for _ in range(3):
        with beats.one():
            raise KeyError("x")
    with beats.one():
        raise KeyError("from elsewhere")
    assert told == [("KeyError", "MainThread")] * 2


def test_what_is_held_goes_out_after_a_fault_of_the_console_itself(
    session: Session, told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "RETRY_S", 0.01)
    disk = Disk(session.record.path, monkeypatch)
    session.hold(lambda held: None)
    disk.fails(errno.ENOSPC)
    with pytest.raises(HeldError):
        session.note("one")
    faulty = Unforeseen(2, session._holding.retry)
    monkeypatch.setattr(session._holding, "retry", faulty)
    disk.works()
    until(lambda: not session.held)
    assert faulty.calls >= 3 and told == [("ZeroDivisionError", "held")]
    disk.fails(errno.ENOSPC)
    with pytest.raises(HeldError):
        session.note("two")
    disk.works()
    until(lambda: not session.held)


def test_what_is_on_disk_goes_out_once_even_when_a_view_cannot_take_it_in(
    session: Session, told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "RETRY_S", 0.01)
    disk = Disk(session.record.path, monkeypatch)
    session.hold(lambda held: None)
    disk.fails(errno.EIO)
    with pytest.raises(HeldError):
        session.note("said once")
    view = Unforeseen(1, lambda recorded: None)

    def listener(recorded: events.Recorded) -> None:
        view(recorded)

    session.listen(listener)
    disk.works()
    until(lambda: not session.held)
    notes = [line.event for line in session.record.read().lines if isinstance(line.event, events.NoteAdded)]
    assert [note.text for note in notes].count("said once") == 1
    assert told == [("ZeroDivisionError", "held")]


def test_the_weigher_weighs_the_next_run_after_one_that_it_could_not(
    session: Session, told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighing, "AFTER_S", 0.01)
    weigh = Unforeseen(1, lambda session: None)
    monkeypatch.setattr(weighing, "weigh", weigh)
    weigher = weighing.Weigher(session)
    weigher.start()
    session.append(events.RunSeen(log="a.log", status="failed"))
    until(lambda: told)
    session.append(events.RunSeen(log="b.log", status="succeeded"))
    until(lambda: weigh.calls == 2)
    weigher.close()
    assert told == [("ZeroDivisionError", "weigher")]


def test_the_keeper_of_states_tries_again_at_the_next_end_of_a_run(
    session: Session, told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "SOON_S", 0.01)
    keep = Unforeseen(1, lambda session: None)
    monkeypatch.setattr(proof, "keep_state", keep)
    keeper = proof.StateKeeper(session)
    keeper.start()
    until(lambda: told)
    session.append(events.RunSeen(log="a.log", status="failed"))
    until(lambda: keep.calls == 2)
    keeper.close()
    assert told == [("ZeroDivisionError", "state before")]


def test_a_console_that_only_reads_follows_on_and_says_what_it_could_not(
    session: Session, who: Who, told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    review = resume_or_review(who, session.record.path)
    assert isinstance(review, Review)
    look = Unforeseen(2, review.look)
    monkeypatch.setattr(review, "look", look)
    notices: list[tuple[str, ...]] = []
    onlooker = Onlooker(review, lambda picture: notices.append(picture.notices))
    onlooker.start()
    try:
        session.note("written meanwhile")
        until(lambda: review.incident.lines[-1].seq == session.incident.lines[-1].seq)
        until(lambda: notices and not any("fault of the console" in each for each in notices[-1]))
    finally:
        onlooker.close()
    assert told == [("ZeroDivisionError", "onlooker")]
    assert any("cannot be followed, by a fault of the console itself" in each for each in notices[0])


def test_without_a_screen_a_thread_that_fails_is_told_in_a_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []

    def goes_on() -> None:
        with Beats().one():
            raise KeyError("x")

    with watched(said.append):
        for name, work in (("keeps on", goes_on), ("ends", lambda: 1 / 0)):
            thread = threading.Thread(target=work, name=name)
            thread.start()
            thread.join()
    assert "disturbed a part of the console (keeps on: KeyError). That part goes on" in said[0]
    assert "ended a part of the console (ends: ZeroDivisionError)" in said[1]
    assert capfd.readouterr() == ("", "")
