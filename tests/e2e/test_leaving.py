"""However the console ends or stops, the terminal is as it was before, and the record is whole."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMAND, Desk
from tests.e2e.terminal import Terminal

SANE = {"7", "25"}
"""The private modes of a terminal that nobody has changed: lines wrap, and the cursor is seen."""


@pytest.fixture
def jobs(desk: Desk) -> Path:
    """A folder without Snakemake: the console opens on it at once."""
    workdir = desk.home / "jobs"
    workdir.mkdir()
    (workdir / "night.log").write_text("started\nERROR no space left\n", encoding="utf-8")
    return workdir


class Shell:
    """Somebody's shell with job control, on a terminal; `stty -a` says how it finds the terminal."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        # Readline would switch a mode of its own on at each prompt.
        (desk.home / "inputrc").write_text("set enable-bracketed-paste off\n", encoding="utf-8")
        own = {"PS1": "$ ", "INPUTRC": "inputrc", "INCIDENT_CONSOLE_RECORDS": str(desk.records)}
        environment = {**desk.environment, **own}
        self.terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], cwd=desk.home, env=environment)
        self.terminal.wait_for("$")
        self.before = self.settings("before")

    def settings(self, name: str) -> str:
        """What `stty -a` says now, of everything but the window's size."""
        out = self.desk.home / name
        self.say(f"stty -a > {name}; touch {name}.done")
        self.terminal.wait_until(lambda _: Path(f"{out}.done").exists(), "stty")
        return re.sub(r"rows \d+; columns \d+;", "", out.read_text(encoding="utf-8"))

    def say(self, line: str) -> None:
        self.terminal.type(line + "\r")

    def pid(self) -> int:
        """The console's."""
        found = subprocess.run(["pgrep", "-P", str(self.terminal.process.pid)], capture_output=True, text=True)
        return int(found.stdout.split()[0])

    def wait_back(self) -> None:
        """Wait until the shell has the terminal again: what is typed before is thrown away."""
        self.terminal.wait_until(lambda _: self.terminal.modes() == SANE, "the shell")
        self.terminal.wait_quiet(0.3)

    def assert_sane(self, name: str = "after") -> None:
        assert self.settings(name) == self.before
        assert self.terminal.modes() == SANE
        assert keyboard_is_back(self.terminal.raw)


def keyboard_is_back(raw: bytes) -> bool:
    """Whether each push of the kitty keyboard protocol was followed by a pop."""
    depth = 0
    for what in re.findall(rb"\x1b\[([<>])\d*u", raw):
        depth += 1 if what == b">" else -1
    return depth == 0


def opened(terminal: Terminal) -> None:
    terminal.wait_for("✓ saved", "no Snakemake run here")


@pytest.fixture
def shell(desk: Desk, jobs: Path) -> Iterator[Shell]:
    shell = Shell(desk)
    with shell.terminal:
        yield shell


def test_ctrl_z_gives_a_sane_shell_and_fg_draws_again(shell: Shell) -> None:
    shell.say(f"{COMMAND} open jobs")
    opened(shell.terminal)
    for time in ("first", "second"):
        shell.terminal.type("\x1a")
        shell.terminal.wait_for("Stopped")
        shell.assert_sane(time)
        shell.say("fg")
        opened(shell.terminal)
    shell.terminal.press("n")
    shell.terminal.wait_for("Enter takes")
    shell.terminal.type("each key is taken once")
    shell.terminal.wait_for("each key is taken once")
    shell.terminal.press("ctrl+q")
    shell.terminal.wait_for("All is saved", "resume")
    shell.assert_sane()


def test_a_stopped_console_that_is_sent_to_the_background_stays_stopped(shell: Shell) -> None:
    shell.say(f"{COMMAND} open jobs")
    opened(shell.terminal)
    shell.terminal.type("\x1a")
    shell.terminal.wait_for("Stopped")
    shell.say("bg; echo sent")
    shell.terminal.wait_for("sent")
    shell.assert_sane("background")
    shell.say("fg")
    opened(shell.terminal)
    shell.terminal.press("q")
    shell.terminal.wait_for("All is saved")
    shell.assert_sane()


def test_kill_stop_and_fg_leave_no_second_reader_of_the_keys(shell: Shell) -> None:
    shell.say(f"{COMMAND} open jobs")
    opened(shell.terminal)
    os.kill(shell.pid(), signal.SIGSTOP)
    shell.terminal.wait_for("Stopped")
    shell.say("fg")
    opened(shell.terminal)
    shell.terminal.press("n")
    shell.terminal.wait_for("Enter takes")
    shell.terminal.type("each key is taken once")
    shell.terminal.wait_for("each key is taken once")
    shell.terminal.press("ctrl+q")
    shell.terminal.wait_for("All is saved")
    assert shell.settings("after") == shell.before and shell.terminal.modes() == SANE


def test_ctrl_z_in_the_log_part_alone(shell: Shell) -> None:
    shell.say(f"{COMMAND} tail jobs/night.log")
    shell.terminal.wait_for("no space left", "quit")
    shell.terminal.type("\x1a")
    shell.terminal.wait_for("Stopped")
    shell.assert_sane("stopped")
    shell.say("fg")
    shell.terminal.wait_for("no space left", "quit")
    shell.terminal.press("q")
    shell.wait_back()
    shell.assert_sane()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("times", [1, 2])
def test_a_signal_leaves_as_q_does(shell: Shell, number: signal.Signals, times: int) -> None:
    shell.say(f"{COMMAND} open jobs")
    opened(shell.terminal)
    pid = shell.pid()
    for _ in range(times):
        os.kill(pid, number)
    shell.terminal.wait_for("All is saved", "Go on with:")
    shell.assert_sane()
    assert shell.desk.run("verify", shell.desk.record()).returncode == 0


CRASHES = {
    "handler": "Console.action_brief = lambda self: 1 / 0",
    "worker": "Console.action_brief = lambda self: self.desk.start(boom())",
    "thread": "Console.action_brief = lambda self: threading.Thread(target=lambda: 1 / 0, name='weigher').start()",
    "beat": "Console.action_brief = lambda self: threading.Thread(target=beat, name='weigher').start()",
    "screen": "Console.action_brief = lambda self: (os.close(2), self.refresh())",
    "callback": "Console.action_brief = lambda self: asyncio.get_running_loop().call_soon(lambda: 1 / 0)",
}
FAULTY = """
import asyncio, os, sys, threading
from incident_console.tui.app import Console
from incident_console.cli import main
from incident_console.session.beats import Beats
async def boom():
    1 / 0
def beat():
    with Beats().one():
        1 / 0
{fault}
sys.exit(main(sys.argv[1:]))
"""


def faulty(desk: Desk, jobs: Path, where: str, *more: str) -> Terminal:
    """The console with a fault in it: `b` runs into it."""
    program = FAULTY.format(fault=CRASHES[where])
    command = [sys.executable, "-c", program, "open", str(jobs), "--records", str(desk.records), *more]
    return Terminal(command, cwd=desk.home, env=desk.environment)


@pytest.mark.parametrize("where", ["handler", "worker"])
def test_a_crash_leaves_a_sane_terminal_a_report_and_the_record(desk: Desk, jobs: Path, where: str) -> None:
    with faulty(desk, jobs, where) as console:
        opened(console)
        console.press("b")
        assert console.wait_end() == 1
        assert console.modes() == SANE and console.echoes() and keyboard_is_back(console.raw)
        shown = console.words()
        assert "a fault of its own (ZeroDivisionError)" in shown and "All is saved in" in shown
        assert "Traceback" not in shown
    (report,) = desk.record().glob("crash-*.txt")
    assert "ZeroDivisionError" in report.read_text(encoding="utf-8") and report.stat().st_mode & 0o777 == 0o600
    assert desk.run("verify", desk.record()).returncode == 0


@pytest.mark.parametrize("where", ["thread", "beat", "callback"])
def test_a_part_that_fails_beside_the_screen_is_told_and_reported(desk: Desk, jobs: Path, where: str) -> None:
    with faulty(desk, jobs, where) as console:
        opened(console)
        console.press("b")
        console.wait_for("a part failed", "The record is safe", *(["goes on and tries"] if where == "beat" else []))
        console.press("q")
        assert console.wait_end() == 0
        assert console.modes() == SANE and console.echoes()
        assert "A fault of its own befell a part of the console" in console.words()
    (report,) = desk.record().glob("crash-*.txt")
    assert "ZeroDivisionError" in report.read_text(encoding="utf-8")


def test_a_screen_that_takes_nothing_more_ends_in_order(desk: Desk, jobs: Path) -> None:
    with faulty(desk, jobs, "screen") as console:
        opened(console)
        console.press("b")
        assert console.wait_end() == 0
        assert console.echoes()
    assert desk.run("verify", desk.record()).returncode == 0


def test_the_debug_log_has_kinds_and_places_and_no_text(desk: Desk, jobs: Path) -> None:
    with faulty(desk, jobs, "thread", "--debug") as console:
        opened(console)
        console.press("n")
        console.wait_for("Enter takes")
        console.type("hunter2 is what was typed\r")
        console.wait_gone("Enter takes")
        console.press("b")
        console.wait_for("a part failed")
        console.press("q")
        assert console.wait_end() == 0
        assert "The debug log is" in console.words()
    (log,) = desk.home.glob(".local/state/incident-console/debug/debug-*.log")
    text = log.read_text(encoding="utf-8")
    assert log.stat().st_mode & 0o777 == 0o600
    assert "the record is open" in text and "note.added" in text and "ZeroDivisionError in weigher" in text
    assert "hunter2" not in text and "no space left" not in text and "division by zero" not in text


def _half_typed(console: Terminal) -> None:
    console.press("n")
    console.wait_for("Enter takes")
    console.type("half a tho")
    console.wait_for("half a tho")
    console.press("ctrl+q")


def _searching(console: Terminal) -> None:
    console.press("tab", "tab")
    console.wait_for("night.log")
    console.press("/")
    console.wait_for("search")
    console.type("space")
    console.press("ctrl+q")


def _page(key: str, shown: str) -> Callable[[Terminal], None]:
    def leave(console: Terminal) -> None:
        console.press(key)
        console.wait_for(shown)
        console.press("ctrl+q")

    return leave


def _pane(key: str, shown: str) -> Callable[[Terminal], None]:
    def leave(console: Terminal) -> None:
        console.press(key)
        console.wait_for(shown)
        console.press("q")

    return leave


LEAVINGS = {
    "a question half typed": _half_typed,
    "a search begun": _searching,
    "the help": _page("?", "Esc closes"),
    "the record": _page("d", "Esc closes"),
    "the brief": _page("b", "Esc closes"),
    "the timeline": _pane("l", "runbook.frozen"),
    "the inbox": _pane("i", "inbox"),
    "the first rung": _pane("1", "Name the symptom"),
    "the hand-off": _page("h", "Enter edit"),
}


@pytest.mark.parametrize("state", LEAVINGS)
def test_q_leaves_from_everywhere_with_all_saved(desk: Desk, jobs: Path, state: str) -> None:
    with desk.console("open", jobs) as console:
        opened(console)
        LEAVINGS[state](console)
        assert console.wait_end() == 0, console.screen()
        assert console.modes() == SANE and console.echoes() and keyboard_is_back(console.raw)
        assert "All is saved in" in console.words() and "Go on with:" in console.words()
    assert desk.run("verify", desk.record()).returncode == 0
