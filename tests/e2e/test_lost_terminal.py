"""The terminal goes, or the console is told to end: the run goes on, and the record is whole."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Desk
from tests.e2e.flaky import Flaky
from tests.e2e.terminal import Terminal
from tests.needs import needs

pytestmark = needs("snakemake")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flaky]:
    with Flaky.start(tmp_path_factory.mktemp("run")) as run:
        run.wait_for_file("logs/settle.log", "settling")
        yield run


def watching(desk: Desk, run: Flaky) -> Terminal:
    console = desk.console("open", run.workdir)
    console.wait_for("● running", "✓ saved", f"pid {run.pid}")
    return console


def assert_all_is_whole(desk: Desk, run: Flaky) -> None:
    assert run.goes_on
    verdict = desk.run("verify", desk.record())
    assert (verdict.returncode, verdict.stdout.split()[0]) == (0, "ok"), verdict.stdout + verdict.stderr
    with desk.console("resume") as console:
        console.wait_for(desk.record().name, "✓ saved", "● running")
        console.press("q")
        assert console.wait_end() == 0


def test_a_closed_terminal_ends_the_console_and_not_the_run(desk: Desk, run: Flaky) -> None:
    with watching(desk, run) as console:
        console.hang_up()
        console.wait_end()
    assert_all_is_whole(desk, run)


def test_a_terminal_closed_while_evidence_is_captured_leaves_nothing_running(desk: Desk, run: Flaky) -> None:
    slow = desk.home / "slow.yaml"
    slow.write_text(SLOW, encoding="utf-8")
    assert desk.run("runbook", "trust", "--yes", slow).returncode == 0
    with desk.console("open", run.workdir, "--runbook", slow) as console:
        console.wait_for("● running", "✓ saved")
        console.press("1")
        console.wait_for("○ wait")
        console.move_to("○ wait", key="up")
        console.press("c")
        console.wait_for("⟳ running")
        console.hang_up()
        console.wait_end()
    assert_all_is_whole(desk, run)
    left = [
        int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if _read(path) == b"sleep\x007531\x00"
    ]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []
    journal = (desk.record() / "journal.jsonl").read_text(encoding="utf-8")
    assert journal.count('"kind":"evidence.started"') == journal.count('"kind":"evidence.failed"') == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_console_that_is_told_to_end_gives_back_a_sane_terminal(
    desk: Desk, run: Flaky, number: signal.Signals
) -> None:
    with watching(desk, run) as console:
        console.signal(number)
        console.wait_end()
        assert console.modes() == {"7", "25"}
        assert console.echoes()
    assert_all_is_whole(desk, run)


SLOW = """
schema: incident-console/runbook/1
id: slow-evidence
version: "1"
title: Evidence that takes its time
owner: tests
when: A terminal is lost while a command runs.
first: look
second: look
stop: look
contexts: [local]
rungs:
  - id: look
    role: step
    title: Look
    question: What is there?
    evidence:
      - {id: wait, surface: observation, question: How long?, run: [sleep, "7531"], effects: read-only, timeout: 900}
"""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # It has just ended.
        return b""
