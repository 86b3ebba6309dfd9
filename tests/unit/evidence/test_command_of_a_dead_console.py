"""A console that is killed takes its evidence commands with it; what gets away all the same is found again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from incident_console.evidence import leftover
from incident_console.evidence.guard import Guard

CONSOLE = """
import sys
from pathlib import Path
from incident_console.evidence.command import Command, run
from incident_console.evidence.guard import GUARD
def progress(now):
    started = Path("started")
    if started.exists():
        print(started.read_text().strip(), GUARD._process.pid, flush=True)
        started.unlink()
env = {"PATH": "/usr/bin:/bin", "INCIDENT_CONSOLE_EVIDENCE": "INC-1/7"}
run(Command((sys.argv[1],), Path.cwd(), 600, shell=True, env=env),
    progress=progress)
"""
SLEEPS = "sleep 1000 & echo $! > part; mv part started; wait"


def is_running(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def ignores(pid: int, number: int) -> bool:
    (mask,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigIgn"))
    return bool(int(mask.split()[1], 16) & 1 << number - 1)


def comes_true(holds: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)
    return holds()


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Callable[[str], tuple[subprocess.Popen[str], int, int]]]:
    """Starts one that runs a line of shell: the process, the pid that the line has told, its guard's pid."""
    begun: list[int] = []

    def start(line: str) -> tuple[subprocess.Popen[str], int, int]:
        process = subprocess.Popen(
            [sys.executable, "-c", CONSOLE, line], cwd=tmp_path, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        with process.stdout:
            told, guard = map(int, process.stdout.readline().split())
        begun.extend((process.pid, told, guard))
        return process, told, guard

    yield start
    for pid in begun:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_what_was_running_ends_with_a_console_that_is_killed(console) -> None:
    process, sleeping, guard = console(SLEEPS)
    assert is_running(sleeping)
    process.kill()
    process.wait()
    assert comes_true(lambda: not is_running(sleeping)) and comes_true(lambda: not is_running(guard))


def test_what_ignores_the_polite_signal_ends_all_the_same(console) -> None:
    process, stubborn, _ = console("trap '' TERM; echo $$ > part; mv part started; while :; do sleep 0.1; done")
    process.kill()
    process.wait()
    assert comes_true(lambda: not is_running(stubborn))


def test_a_signal_that_ends_the_console_does_not_end_its_guard_first(console) -> None:
    process, sleeping, guard = console(SLEEPS)
    assert comes_true(lambda: ignores(guard, signal.SIGTERM)), "it has only just begun"
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        os.kill(guard, number)
    process.kill()
    process.wait()
    assert comes_true(lambda: not is_running(sleeping))


def test_what_got_away_is_found_by_its_mark(console) -> None:
    process, sleeping, guard = console(SLEEPS)
    os.kill(guard, signal.SIGKILL)
    assert comes_true(lambda: not is_running(guard))
    process.kill()
    process.wait()
    assert sleeping in leftover.still_running("INC-1/7")
    assert leftover.still_running("INC-1/") == leftover.still_running("INC-1/70") == ()
    os.kill(sleeping, signal.SIGKILL)
    assert comes_true(lambda: not leftover.still_running("INC-1/7"))


def test_a_guard_that_somebody_ended_is_replaced_and_knows_what_runs() -> None:
    guards = Guard()
    sleeping = [subprocess.Popen(["sleep", "1000"], start_new_session=True) for _ in range(2)]
    try:
        with guards.over(sleeping[0].pid):
            first = guards._process
            assert first is not None
            first.kill()
            first.wait()
            with guards.over(sleeping[1].pid):
                second = guards._process
                assert second is not None and second.pid != first.pid and second.stdin is not None
                second.stdin.close()  # as the end of the console does
                assert [each.wait(10) for each in sleeping] == [-signal.SIGTERM] * 2
                second.wait(10)
    finally:
        for each in sleeping:
            each.kill()
            each.wait()


def test_a_command_that_ended_is_let_go() -> None:
    """Its number may be somebody else's by the time the console ends."""
    guards = Guard()
    other = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    try:
        with guards.over(other.pid):
            pass
        guard = guards._process
        assert guard is not None and guard.stdin is not None
        guard.stdin.close()
        guard.wait(10)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


AT_THE_GATE = """
import os, sys, time
from pathlib import Path
from incident_console.evidence.command import Command, run
from incident_console.evidence.guard import GUARD
take = GUARD.take
def slow(group):
    if sys.argv[1] == "after":
        take(group)
    print(group, GUARD._process.pid if GUARD._process else 0, flush=True)
    time.sleep(600)
GUARD.take = slow
run(Command(("touch ran; sleep 1000",), Path.cwd(), 600, shell=True, env={"PATH": "/usr/bin:/bin"}))
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_console_killed_while_its_command_begins_leaves_nothing(moment: str, tmp_path: Path) -> None:
    """Neither before the guard has heard of the command, nor between that and its first instruction."""
    process = subprocess.Popen(
        [sys.executable, "-c", AT_THE_GATE, moment], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        begun, guard = map(int, process.stdout.readline().split())
    try:
        assert is_running(begun) and bool(guard) is (moment == "after")
        process.kill()
        process.wait()
        assert comes_true(lambda: not is_running(begun))
        assert not (tmp_path / "ran").exists()
    finally:
        process.kill()
        process.wait()
        with suppress(ProcessLookupError):
            os.killpg(begun, signal.SIGKILL)
