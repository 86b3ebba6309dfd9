"""kill -9 in the middle of typing loses no more than the last second; the text, its lines and its cursor are there."""

from __future__ import annotations

import json
import time

from tests.e2e.conftest import Desk


def test_what_was_typed_a_second_before_the_kill_is_there_again(desk: Desk) -> None:
    workdir = desk.home / "flow"
    workdir.mkdir()
    with desk.console("open", workdir) as console:
        console.wait_for("saved")
        console.press("n")
        console.wait_for("Note ◉ fact")
        console.type("B failed\ntwice, at 14:05")
        console.press("up", "home")
        console.type("- ")
        typed = time.monotonic()
        file = desk.record() / "drafts.json"
        while not (file.exists() and "- B failed" in file.read_text()):
            assert time.monotonic() < typed + 10, console.screen() + (file.read_text() if file.exists() else "no file")
            time.sleep(0.01)
        late = time.monotonic() - typed
        console.process.kill()
        console.process.wait()
    assert late < 1.5, "one second, and what a busy machine adds"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["note/text"] == "- B failed\ntwice, at 14:05"
    with desk.console("resume") as console:
        console.wait_for("saved")
        console.press("n")
        console.wait_for("Note ◉ fact", "- B failed", "twice, at 14:05", "Enter takes")
        console.type("again ")
        console.wait_for("- again B failed")
        console.press("enter")
        console.wait_gone("Note ◉ fact")
    journal = (desk.record() / "journal.jsonl").read_text()
    assert "- again B failed\\ntwice, at 14:05" in journal
