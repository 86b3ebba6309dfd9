"""The keys and the focus, as anybody who sits down at the console may rely on them."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMAND, Desk
from tests.e2e.terminal import Terminal

SIZES = pytest.mark.parametrize(("columns", "lines"), [(80, 24), (200, 50)])
NOTE = "the queue was held at noon"


@pytest.fixture
def jobs(desk: Desk) -> Path:
    """A folder without Snakemake: the console opens on it at once."""
    workdir = desk.home / "jobs"
    workdir.mkdir()
    (workdir / "night.log").write_text("started\nERROR no space left\n", encoding="utf-8")
    return workdir


def opened(console: Terminal) -> None:
    console.wait_for("✓ saved", "no Snakemake run here")


def _framed(console: Terminal, title: str, _: str) -> bool:
    """Whether a pane with this title is on the screen; `words()` leaves frames out."""
    return title in console.screen()


def leaves(console: Terminal) -> None:
    assert console.wait_end() == 0
    assert console.modes() == {"7", "25"} and console.echoes()


def test_nothing_greets_and_q_leaves_at_once(desk: Desk, jobs: Path) -> None:
    with desk.console("open", jobs) as console:
        opened(console)
        console.press("q")
        leaves(console)


def test_ctrl_q_leaves_from_within_a_field(desk: Desk, jobs: Path) -> None:
    with desk.console("open", jobs) as console:
        opened(console)
        console.press("n")
        console.wait_for("Enter takes")
        console.press("ctrl+q")
        leaves(console)


@SIZES
def test_help_is_made_from_the_keys_that_work_there(desk: Desk, jobs: Path, columns: int, lines: int) -> None:
    with desk.console("open", jobs, columns=columns, lines=max(lines, 70)) as console:
        opened(console)
        for key in ("?", "f1"):
            console.press(key)
            shown = console.wait_for("Help", "Esc closes", "everywhere")
            assert re.search(r"─ Help ─", shown)
            assert re.search(r" q .*Leave", shown) and re.search(r" n .*note", shown)
            assert re.search(r" b .*brief", shown) and re.search(r" tab .*pane", shown)
            console.close_page("Help")
        console.press("1")
        console.wait_for("Name the symptom")
        console.press("?")
        assert re.search(r" w .*(Leave this rung out|[Ww]aive)", console.wait_for("Esc closes", "in the rung"))


def test_help_can_be_read_to_its_end_on_a_small_screen(desk: Desk, jobs: Path) -> None:
    with desk.console("open", jobs) as console:
        opened(console)
        console.press("?")
        console.wait_for("Capture first", "Esc closes")
        console.press("end")
        console.wait_for("ctrl+z")


def test_enter_edits_and_escape_leaves_the_field_with_the_text_kept(desk: Desk, jobs: Path) -> None:
    with desk.console("open", jobs) as console:
        opened(console)
        console.press("1")
        console.wait_highlighted("? Which test, step")
        console.press("enter")
        console.wait_for("Enter takes")
        console.type("q is a letter here")
        console.wait_for("q is a letter here")
        console.press("escape")
        console.wait_gone("Enter takes")
        console.press("enter")
        console.wait_for("Enter takes", "q is a letter here")
        console.press("escape")
        console.wait_gone("Enter takes")
        console.press("q")
        leaves(console)


def test_what_is_typed_in_one_burst_with_its_enter_is_taken_whole(desk: Desk, jobs: Path) -> None:
    with desk.console("open", jobs) as console:
        opened(console)
        for number in range(5):
            console.press("n")
            console.wait_for("Note", "Enter takes")
            console.type(f"{number} {NOTE * 4}\r")
            console.wait_gone("Enter takes")
        console.press("q")
        leaves(console)
    record = (desk.record() / "record.md").read_text(encoding="utf-8")
    assert [f"{number} {NOTE * 4}" in record for number in range(5)] == [True] * 5


def test_a_refused_answer_says_why_and_stays_in_the_field(desk: Desk, jobs: Path) -> None:
    with desk.console("open", jobs) as console:
        opened(console)
        console.press("1")
        console.wait_highlighted("? Which test, step")
        console.press("enter")
        console.wait_for("Enter takes")
        console.type("the build is broken")
        console.wait_for("the build is broken")
        console.press("enter")
        console.wait_for("Enter takes", "the build is broken", "Name the one test, step or file that failed")


def test_the_palette_opens_and_finds_an_action(desk: Desk, jobs: Path) -> None:
    with desk.console("open", jobs) as console:
        opened(console)
        console.press("ctrl+p")
        console.wait_for("Search")
        console.type("hand off")
        console.wait_for("What a receiver needs, and the bundle")
        console.press("escape")
        console.wait_gone("What a receiver needs, and the bundle")


def test_tab_goes_round_the_panes_one_at_a_time_on_a_small_screen(desk: Desk, jobs: Path) -> None:
    with desk.console("open", jobs) as console:
        opened(console)
        for title in ("─ logs ─", "─ night.log ─", "─ ladder ─", "─ facts ─", "─ logs ─"):
            console.press("tab")
            console.wait_until(partial(_framed, console, title), title)
            assert len(re.findall(r"╭─ ", console.screen())) == 1
        console.press("shift+tab")
        console.wait_until(partial(_framed, console, "─ facts ─"), "the pane before")


def test_a_window_that_changes_its_size_keeps_the_half_typed_note(desk: Desk, jobs: Path) -> None:
    with desk.console("open", jobs) as console:
        opened(console)
        console.press("n")
        console.wait_for("Note", "Enter takes")
        console.type(NOTE)
        console.wait_for(NOTE)
        console.resize(200, 50)
        console.wait_for(NOTE, "ladder", "facts", "logs", "started", "Enter takes")
        console.type(", then freed")
        console.wait_for(f"{NOTE}, then freed")
        console.resize(80, 24)
        console.wait_until(lambda shown: f"{NOTE}, then freed" in shown and "ladder" not in shown, "one pane again")
        console.press("enter")
        console.wait_gone("Enter takes")
        console.press("q")
        leaves(console)
    assert f"{NOTE}, then freed" in (desk.record() / "record.md").read_text(encoding="utf-8")


def notes(desk: Desk) -> int:
    return (desk.record() / "journal.jsonl").read_text(encoding="utf-8").count('"note.added"')


def test_what_comes_in_one_piece_with_the_key_that_opens_a_field_goes_into_the_field(desk: Desk, jobs: Path) -> None:
    with desk.console("open", jobs) as console:
        opened(console)
        for number in range(3):
            console.type(f"nmy {number}. note has qhjklw in it\r")
            console.wait_until(lambda _, n=number: notes(desk) == n + 1, "it to be recorded")
            console.wait_quiet()
        console.press("q")
        leaves(console)
    record = (desk.record() / "record.md").read_text(encoding="utf-8")
    assert [f"my {number}. note has qhjklw in it" in record for number in range(3)] == [True] * 3


@pytest.mark.parametrize("ssh", [False, True], ids=["here", "over ssh"])
def test_what_something_else_wrote_on_the_terminal_goes_with_ctrl_l(desk: Desk, jobs: Path, ssh: bool) -> None:
    words = [COMMAND, "open", str(jobs), "--records", str(desk.records)]
    more = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"} if ssh else {}
    with Terminal(words, cwd=desk.home, env={**desk.environment, **more}) as console:
        opened(console)
        console.wait_quiet()
        with Path(f"/proc/{console.process.pid}/fd/1").open("w") as terminal:
            terminal.write("\x1b7\x1b[8;3HBroadcast message\x1b8")
        console.wait_for("Broadcast message")
        console.press("ctrl+l")
        console.wait_gone("Broadcast message")
