"""Receiving: two real consoles on one record, and an incident that is handed over to another person's store."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Desk
from tests.e2e.terminal import Terminal

WITHIN_S = 2.0
"""How soon a second console must show what was written in the first."""
STARTED_S = 30.0


@pytest.fixture
def jobs(desk: Desk) -> Path:
    """A folder without Snakemake: the console opens on it at once."""
    workdir = desk.home / "jobs"
    workdir.mkdir()
    (workdir / "night.log").write_text("started\nERROR no space left\n", encoding="utf-8")
    (workdir / "Makefile").write_text("all:\n\ttrue\n", encoding="utf-8")
    return workdir


@pytest.fixture
def rosa(tmp_path: Path) -> Desk:
    """The receiver, with a home and a store of her own."""
    home = tmp_path / "rosa"
    home.mkdir()
    return Desk(home, "rosa")


def journal(desk: Desk) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (desk.record() / "journal.jsonl").read_text(encoding="utf-8").splitlines()]


def wait(holds: Callable[[], bool], what: str, timeout: float = STARTED_S) -> None:
    end = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def notes(console: Terminal, text: str) -> None:
    console.press("n")
    console.wait_for("Note", "Enter takes")
    console.type(f"{text}\r")
    console.wait_gone("Enter takes")


def test_the_second_console_follows_within_two_seconds_and_takes_the_pen_when_it_is_free(
    desk: Desk, jobs: Path
) -> None:
    with desk.console("open", jobs) as first:
        first.wait_for("✓ saved", "no Snakemake run here", timeout=STARTED_S)
        with desk.console("resume", columns=200, lines=50) as second:
            second.wait_for(
                "◎ read-only", f"✎ mira on {socket.gethostname()}, pid {first.process.pid}", timeout=STARTED_S
            )
            second.press("l")
            second.wait_for("◉ opened")
            for number in range(3):
                text = f"word {number} of the first"
                notes(first, text)
                wait(lambda text=text: text in json.dumps(journal(desk)), "the note was not recorded")  # type: ignore[misc]
                recorded = time.monotonic()
                second.wait_for(f"note: {text}", timeout=STARTED_S)
                assert time.monotonic() - recorded < WITHIN_S
            written = len(journal(desk))
            second.press("n")
            second.wait_for("nothing is written")
            assert len(journal(desk)) == written

            first.press("q")
            assert first.wait_end() == 0
            second.wait_for("the pen is free")
            second.press("P")
            second.wait_for("✓ saved", timeout=STARTED_S)
            notes(second, "mine now")
            second.press("q")
            assert second.wait_end() == 0
    assert [line["data"]["text"] for line in journal(desk) if line["kind"] == "note.added"][-1] == "mine now"
    assert desk.run("verify", desk.record()).returncode == 0


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (200, 50)], ids=["80x24", "200x50"])
def test_a_hand_off_is_read_read_back_and_goes_on_where_the_sender_stopped(
    desk: Desk, rosa: Desk, jobs: Path, columns: int, lines: int
) -> None:
    bundle = handed_over(desk, jobs)
    with rosa.console("accept", bundle, "--as", "Rosa", columns=columns, lines=lines) as console:
        console.wait_for("Read it back in your own words", timeout=STARTED_S)
        assert b"# Hand-off" in console.raw and b"**Impact**: the report is late" in console.raw
        console.press("enter")
        console.wait_for("Something must be said")
        console.type("The disk filled up at night.\r")
        console.type("I free space; nobody reruns it.\r\r")
        console.wait_for("✓ saved", "taken over by Rosa", timeout=STARTED_S)
        console.wait_for("8▸", "8 Prove")
        console.press("C")
        console.wait_for("The workflow is here", "Enter captures it again")
        console.press("enter")
        console.wait_for("says the same at")
        console.press("q")
        assert console.wait_end() == 0
    last = next(line for line in reversed(journal(rosa)) if line["kind"] == "handoff.accepted")
    assert last["data"]["readback"] == "The disk filled up at night.\nI free space; nobody reruns it."
    assert journal(rosa)[: len(journal(desk))] == journal(desk)


def test_a_bundle_is_looked_at_without_a_trace(desk: Desk, rosa: Desk, jobs: Path) -> None:
    bundle = handed_over(desk, jobs)
    with rosa.console("open", bundle) as console:
        console.wait_for("◎ read-only", "bundle, not accepted", "the report is late", timeout=STARTED_S)
        console.press("l")
        console.wait_for("handed off to Rosa")
        console.press("q")
        assert console.wait_end() == 0
        assert b"nothing was accepted" in console.raw
    assert not rosa.records.exists()


def test_without_a_terminal_the_ways_are_named_and_nothing_is_taken(desk: Desk, rosa: Desk, jobs: Path) -> None:
    bundle = handed_over(desk, jobs)
    looked = rosa.run("open", bundle)
    assert looked.returncode == 2 and "verify" in looked.stderr and "record" in looked.stderr
    silent = rosa.run("accept", bundle, "--as", "Rosa", "--records", rosa.records)
    assert silent.returncode == 2 and "--readback" in silent.stderr and not rosa.records.exists()
    broken = rosa.home / "broken.zip"
    broken.write_bytes(bundle.read_bytes()[:-30])
    refused = rosa.run("accept", broken, "--as", "Rosa", "--readback", "mine", "--records", rosa.records)
    assert refused.returncode == 3 and not list(rosa.records.glob("INC-*"))


def test_a_workflow_that_is_not_here_is_said_plainly(desk: Desk, rosa: Desk, jobs: Path) -> None:
    bundle = handed_over(desk, jobs)
    moved = jobs.rename(jobs.with_name("moved"))
    done = rosa.run("accept", bundle, "--as", "Rosa", "--readback", "mine", "--records", rosa.records)
    assert done.returncode == 0 and "The workflow is not here" in done.stderr and "--workdir" in done.stderr
    other = Desk(rosa.home, "ben")
    words = ("accept", bundle, "--as", "ben", "--readback", "mine", "--workdir", moved, "--records", rosa.home / "two")
    found = other.run(*words)
    assert found.returncode == 0 and f"The workflow is here, in {moved}" in found.stderr


def handed_over(desk: Desk, jobs: Path) -> Path:
    """Climbed as far as it goes without answers, which leaves the last rung open; handed off to Rosa; the bundle."""
    collected = desk.run("collect", jobs, "--runbook", "flaky-command", "--records", desk.records)
    assert collected.returncode == 1, collected.stderr
    bundle = desk.home / "out.zip"
    words = ("handoff", desk.record().name, "--to", "Rosa", "-o", bundle, "--set", "impact=the report is late")
    done = desk.run(*words, "--records", desk.records)
    assert done.returncode == 0, done.stderr
    return bundle
