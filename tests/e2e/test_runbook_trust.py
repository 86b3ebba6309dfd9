"""A runbook of somebody's own, from the shell: refused, read, trusted, withdrawn; and a console killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from incident_console.evidence import leftover
from tests.e2e.conftest import COMMAND, Desk
from tests.e2e.terminal import Terminal

T = TypeVar("T")
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
def runbook(desk: Desk) -> Path:
    (desk.home / "flow").mkdir()
    path = desk.home / "flow" / "mine.yaml"
    path.write_text(RUNBOOK)
    return path


def collect(desk: Desk, runbook: Path) -> list[str]:
    return ["collect", str(desk.home / "flow"), "--runbook", str(runbook), "--records", str(desk.records)]


def test_trust_is_asked_for_shown_listed_and_withdrawn(desk: Desk, runbook: Path) -> None:
    refused = desk.run(*collect(desk, runbook))
    assert refused.returncode == 3 and "nobody has trusted it" in refused.stderr and not desk.records.exists()

    unasked = desk.run("runbook", "trust", runbook)
    assert unasked.returncode == 2 and "--yes trusts it" in unasked.stderr and "$ sleep 1000" in unasked.stderr
    assert desk.run("runbook", "trust", "--json", runbook).returncode == 2
    assert json.loads(desk.run("runbook", "trust", "--list", "--json").stdout)["trusted"] == []
    given = desk.run("runbook", "trust", "--yes", runbook)
    assert given.returncode == 0 and "$ sleep 1000" in given.stderr and "[read-only, at most 1500 s]" in given.stderr
    (trusted,) = json.loads(desk.run("runbook", "trust", "--list", "--json").stdout)["trusted"]
    assert (trusted["by"], trusted["id"], trusted["path"]) == ("mira", "mine", str(runbook))
    assert given.stdout.startswith(trusted["sha256"])
    again = desk.run("runbook", "trust", "--yes", runbook)
    assert again.returncode == 0 and "sleep" not in again.stderr

    runbook.write_text(RUNBOOK.replace('"1000"', '"2000"'))
    changed = desk.run(*collect(desk, runbook))
    assert changed.returncode == 3 and not desk.records.exists()
    shown = desk.run("runbook", "trust", "--yes", runbook).stderr
    assert "What changed since mira trusted it" in shown and "sleep 2000" in shown

    withdrawn = desk.run("runbook", "trust", "--withdraw", runbook)
    assert withdrawn.returncode == 0 and withdrawn.stdout.count("withdrawn") == 2
    assert desk.run(*collect(desk, runbook)).returncode == 3
    assert desk.run("runbook", "trust", "--withdraw", runbook).returncode == 3


@pytest.mark.parametrize(("said", "code"), [("yes", 0), ("no", 1), ("", 1)])
def test_on_a_terminal_it_asks_after_showing(desk: Desk, runbook: Path, said: str, code: int) -> None:
    command = [COMMAND, "runbook", "trust", str(runbook)]
    with Terminal(command, cwd=desk.home, env=desk.environment) as terminal:
        terminal.wait_for("$ sleep 1000", "May exactly this content run its commands?")
        terminal.type(said + "\r")
        assert terminal.wait_end() == code
    assert ("mira" in desk.run("runbook", "trust", "--list").stdout) is (code == 0)


def test_a_collect_that_is_killed_leaves_no_command_behind(desk: Desk, runbook: Path) -> None:
    desk.run("runbook", "trust", "--yes", runbook)
    process = subprocess.Popen(
        [COMMAND, *collect(desk, runbook)],
        cwd=desk.home,
        env=desk.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        mark = _wait(lambda: _mark(desk))
        _wait(lambda: leftover.still_running(mark))
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    _wait(lambda: not leftover.still_running(mark))


def _mark(desk: Desk) -> str:
    for journal in desk.records.glob("INC-*/journal.jsonl"):
        for line in journal.read_bytes().splitlines():
            if b'"evidence.started"' in line:
                return leftover.mark(journal.parent.name, json.loads(line)["seq"])
    return ""


def _wait(holds: Callable[[], T]) -> T:
    until = time.monotonic() + 20
    while not (found := holds()):
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)
    return found


def test_what_looks_like_a_secret_in_a_runbook_is_told_before_it_is_trusted(desk: Desk, runbook: Path) -> None:
    clean = desk.run("runbook", "trust", "--yes", runbook)
    assert clean.returncode == 0 and "mind:" not in clean.stderr
    token = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    runbook.write_text(RUNBOOK.replace('[sleep, "1000"]', f'[curl, -H, "Authorization: Bearer {token}", x]'))
    given = desk.run("runbook", "trust", "--yes", runbook)
    assert given.returncode == 0
    assert given.stderr.splitlines()[-1].startswith("mind: line 14, column ")
    assert "looks like a secret" in given.stderr
    checked = desk.run("runbook", "check", runbook)
    assert "mine.yaml:14:" in checked.stdout and "looks like a secret" in checked.stdout
