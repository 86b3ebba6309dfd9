"""Left or stopped while an evidence command runs and a note is half typed: nothing is lost, and it says what became."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMAND, Desk
from tests.e2e.terminal import Terminal
from tests.e2e.test_leaving import SANE, Shell

RUNBOOK = """\
schema: incident-console/runbook/1
id: mine
version: "1"
title: Mine
owner: me
when: In a test.
first: look
second: look
stop: look
rungs:
  - id: look
    question: What is there?
    evidence:
      - {id: slow, surface: diff, question: "How long?", run: [sleep, "1000"], effects: read-only, timeout: 1500}
"""


@pytest.fixture
def shell(desk: Desk) -> Iterator[Shell]:
    """Somebody's shell, in whose console an evidence command runs."""
    (desk.home / "flow").mkdir()
    path = desk.home / "flow" / "mine.yaml"
    path.write_text(RUNBOOK)
    assert desk.run("runbook", "trust", "--yes", path).returncode == 0
    shell = Shell(desk)
    with shell.terminal:
        shell.say(f"{COMMAND} open flow --runbook {path}")
        shell.terminal.wait_for("✓ saved", "no Snakemake run here")
        shell.terminal.press("1")
        shell.terminal.wait_for("not captured")
        shell.terminal.press("c")
        shell.terminal.wait_for("running", "x cancel")
        yield shell


def _half_typed(terminal: Terminal) -> None:
    terminal.press("n")
    terminal.wait_for("Enter takes")
    terminal.type("half a tho")
    terminal.wait_for("half a tho")


def _kinds(record: Path) -> list[str]:
    return [json.loads(line)["kind"] for line in (record / "journal.jsonl").read_text("utf-8").splitlines()]


def test_ctrl_z_while_a_note_is_typed_comes_back_with_the_text_and_the_command_runs_on(shell: Shell) -> None:
    _half_typed(shell.terminal)
    shell.terminal.type("\x1a")
    shell.terminal.wait_for("Stopped")
    shell.assert_sane("stopped")
    shell.say("fg")
    # What stood there before is still on the screen until the console draws again, and reads keys again.
    shell.terminal.wait_until(lambda _: "1049" in shell.terminal.modes(), "the console to be back")
    shell.terminal.wait_for("half a tho", "Enter takes")
    shell.terminal.type("ught")
    shell.terminal.wait_for("half a thought", "running")
    shell.terminal.press("enter")
    shell.terminal.wait_gone("half a thought")
    assert "note.added" in _kinds(shell.desk.record())
    assert "evidence.failed" not in _kinds(shell.desk.record())


def test_leaving_ends_the_command_says_so_and_the_draft_is_there_again(shell: Shell) -> None:
    _half_typed(shell.terminal)
    shell.terminal.press("ctrl+q")
    shell.terminal.wait_for("All is saved in", "Go on with:", "1 evidence command was ended")
    assert shell.terminal.modes() == SANE
    record = shell.desk.record()
    assert _kinds(record).count("evidence.failed") == 1
    assert "cancelled" in (record / "journal.jsonl").read_text("utf-8")
    shell.say(f"clear; {COMMAND} resume {record.name}")
    shell.terminal.wait_for("✓ saved", "slow")
    shell.terminal.press("n")
    shell.terminal.wait_for("half a tho", "Enter takes")
