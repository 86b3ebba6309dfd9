"""The record's files may not grow any more while the console is open: at a terminal, with the system's own refusal."""

from __future__ import annotations

import resource
import shutil
import signal
from pathlib import Path

from tests.e2e.conftest import Desk
from tests.e2e.terminal import Terminal


def files_may_grow(console: Terminal, desk: Desk, *, grow: bool) -> None:
    """By the limit on a file's size: no file of that process gets longer than its journal is now."""
    _, hard = resource.prlimit(console.process.pid, resource.RLIMIT_FSIZE)
    limit = hard if grow else (desk.record() / "journal.jsonl").stat().st_size
    resource.prlimit(console.process.pid, resource.RLIMIT_FSIZE, (limit, hard))


def note(console: Terminal, text: str) -> None:
    console.press("n")
    console.wait_for("Note ◉ fact")
    console.type(text)
    console.wait_for(text)
    console.press("enter")
    console.wait_gone("Note ◉ fact")


def test_what_cannot_be_written_is_held_copied_on_leaving_and_taken_in_by_the_next_sitting(desk: Desk) -> None:
    work = desk.home / "work"
    work.mkdir()
    with desk.console("open", work) as console:
        console.wait_for("✓ saved", "No Snakemake run is seen here")
        files_may_grow(console, desk, grow=False)
        note(console, "held and saved")
        console.wait_for("✗ NOT SAVED (1 held)", "E not saved")
        files_may_grow(console, desk, grow=True)
        console.wait_for("✓ saved", "saved again: 1 entry")
        files_may_grow(console, desk, grow=False)
        note(console, "held and left")
        console.wait_for("✗ NOT SAVED (1 held)")
        console.signal(signal.SIGTERM)
        assert console.wait_end() == 5
        console.wait_for("NOT SAVED: 1 entry", "is in an emergency copy:")
    (copy,) = [one for place in (Path("/tmp"), desk.home) for one in place.glob(f"not-saved-{desk.record().name}*")]
    try:
        assert "held and left" in (copy / "held.jsonl").read_text()
        with desk.console("resume") as console:
            console.wait_for("✓ saved", "1 entry of an earlier sitting never got into the record")
            console.press("E")
            console.wait_for("1 entry taken in")
            console.press("q")
            assert console.wait_end() == 0
    finally:
        shutil.rmtree(copy)
    assert desk.run("verify", desk.record()).returncode == 0
    told = desk.run("record", desk.record().name, "--records", desk.records).stdout
    assert told.index("held and saved") < told.index("held and left")
