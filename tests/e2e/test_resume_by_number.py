"""Several incidents are open: which one is gone on with is said with one key."""

from __future__ import annotations

from tests.e2e.conftest import COMMAND, Desk
from tests.e2e.terminal import Terminal


def test_the_incident_of_this_folder_is_the_first_and_a_number_takes_one(desk: Desk) -> None:
    ids = {}
    for name in ("here", "elsewhere"):
        (desk.home / name).mkdir()
        command = ("collect", str(desk.home / name), "--runbook", "flaky-command", "--records", str(desk.records))
        ids[name] = desk.run(*command).stdout.splitlines()[-1].rpartition("/")[2]
    command = [COMMAND, "resume", "--records", str(desk.records)]
    with Terminal(command, cwd=desk.home / "here", env=desk.environment) as terminal:
        terminal.wait_for("type a number", "(this folder)")
        lines = [line for line in terminal.screen().splitlines() if line.startswith(("1  INC", "2  INC"))]
        assert ids["here"] in lines[0] and ids["elsewhere"] in lines[1]
        assert b"\x1b[?7h" in terminal.raw  # a console that was killed outright leaves lines that do not wrap
        terminal.type("7\r")
        terminal.wait_for("begins with 7")
        terminal.type("2\r")
        terminal.wait_for(ids["elsewhere"], "✓ saved")
        terminal.press("q")
        assert terminal.wait_end() == 0


def test_enter_alone_goes_on_with_the_first(desk: Desk) -> None:
    for name in ("one", "two"):
        (desk.home / name).mkdir()
        desk.run("collect", str(desk.home / name), "--runbook", "flaky-command", "--records", str(desk.records))
    with Terminal([COMMAND, "resume", "--records", str(desk.records)], cwd=desk.home, env=desk.environment) as terminal:
        terminal.wait_for("Enter: 1")
        terminal.type("\r")
        terminal.wait_for("two", "✓ saved")
        terminal.press("q")
        assert terminal.wait_end() == 0
