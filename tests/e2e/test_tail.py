"""`incident-console tail` as somebody has it: on a terminal, with files, folders and pipes."""

from __future__ import annotations

import gzip
import os
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMAND, Desk
from tests.e2e.terminal import Terminal
from tests.e2e.test_hostile_log import LOUD, assert_nothing_was_obeyed


def tail(desk: Desk, *words: str | Path, columns: int = 100, lines: int = 30) -> Terminal:
    command = [COMMAND, "tail", *map(str, words)]
    return Terminal(command, columns=columns, lines=lines, cwd=desk.home, env=desk.environment)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)


def row_of(terminal: Terminal, text: str) -> str:
    return next(row for row in terminal.rows() if text in row)


def leave(terminal: Terminal) -> None:
    terminal.press("q")
    assert terminal.wait_end() == 0


def test_a_file_is_shown_at_its_end_and_followed(desk: Desk) -> None:
    log = desk.home / "run.log"
    write(log, "".join(f"line {number}\n" for number in range(1000)))
    with tail(desk, "run.log") as terminal:
        terminal.wait_for("line 999", "following")
        write(log, "and one more\n")
        terminal.wait_for("and one more")
        leave(terminal)


def test_a_file_that_does_not_exist_is_waited_for(desk: Desk) -> None:
    with tail(desk, "later.log") as terminal:
        terminal.wait_for("does not exist yet")
        write(desk.home / "later.log", "here it is\n")
        terminal.wait_for("here it is")
        leave(terminal)


def test_a_file_is_followed_by_looking_at_it_where_there_are_no_events(desk: Desk) -> None:
    log = desk.home / "run.log"
    write(log, "begun\n")
    with tail(desk, "run.log", "--poll", "0.05") as terminal:
        terminal.wait_for("begun", "following")
        write(log, "gone on\n")
        terminal.wait_for("gone on")
        leave(terminal)


def test_a_folder_is_one_stream_with_a_mark_on_each_line_and_a_list(desk: Desk) -> None:
    logs = desk.home / "logs"
    write(logs / "A" / "align.log", "2026-11-22 10:00:00,000 INFO aligned A\n")
    write(logs / "B" / "align.log", "2026-11-22 10:00:01,000 INFO aligned B\n")
    with tail(desk, "logs") as terminal:
        terminal.wait_for("aligned A", "aligned B", "2 files")
        first, second = (terminal.screen().index(text) for text in ("aligned A", "aligned B"))
        assert first < second
        assert "A/align.log" in row_of(terminal, "aligned A")
        assert "B/align.log" in row_of(terminal, "aligned B")
        write(logs / "C" / "count.log", "2026-11-22 10:00:02,000 INFO counted C\n")
        terminal.wait_for("counted C", "3 files")
        assert "count.log" in row_of(terminal, "counted C")
        leave(terminal)


def test_a_glob_that_names_nothing_yet_is_waited_for(desk: Desk) -> None:
    with tail(desk, "logs/*.log") as terminal:
        terminal.wait_for("0 files")
        write(desk.home / "logs" / "job.log", "begun\n")
        terminal.wait_for("begun", "1 file")
        write(desk.home / "logs" / "job.txt", "not named\n")
        write(desk.home / "logs" / "job.log", "gone on\n")
        terminal.wait_for("gone on")
        assert "not named" not in terminal.screen()
        leave(terminal)


def test_one_of_several_is_opened_alone_and_left_again(desk: Desk) -> None:
    logs = desk.home / "logs"
    write(logs / "old.log", "old text\n")
    os.utime(logs / "old.log", (1_000_000_000, 1_000_000_000))
    write(logs / "new.log", "new text\n")
    with tail(desk, "logs") as terminal:
        terminal.wait_for("old text", "new text", "2 files")
        terminal.press("tab", "down", "enter")
        terminal.wait_until(lambda shown: "old text" in shown and "new text" not in shown, "old.log alone")
        terminal.press("\x7f")
        terminal.wait_for("old text", "new text")
        leave(terminal)


def test_what_is_piped_in_is_shown_and_the_keys_come_from_the_terminal(desk: Desk) -> None:
    words = shlex.join([COMMAND, "tail", "-"])
    command = ["sh", "-c", f"(printf 'first\\nlast\\n'; sleep 0.2; printf 'later\\n') | {words}"]
    with Terminal(command, columns=100, lines=30, cwd=desk.home, env=desk.environment) as terminal:
        terminal.wait_for("first", "last", "later")
        terminal.press("?")
        terminal.wait_for("Help")
        terminal.close_page("Help")
        leave(terminal)


def test_what_is_piped_in_and_a_folder_are_one_stream(desk: Desk) -> None:
    write(desk.home / "logs" / "job.log", "from the job\n")
    words = shlex.join([COMMAND, "tail", "-", "logs"])
    command = ["sh", "-c", f"printf 'from the pipe\n' | {words}"]
    with Terminal(command, columns=100, lines=30, cwd=desk.home, env=desk.environment) as terminal:
        terminal.wait_for("from the pipe", "from the job", "2 files")
        assert "standard input" in row_of(terminal, "from the pipe")
        leave(terminal)


def test_a_compressed_log_is_listed_and_opened_alone(desk: Desk) -> None:
    write(desk.home / "logs" / "job.log", "as it is now\n")
    with gzip.open(desk.home / "logs" / "job.log.1.gz", "wt") as file:
        file.write("as it was\n")
    os.utime(desk.home / "logs" / "job.log.1.gz", (1_000_000_000, 1_000_000_000))
    with tail(desk, "logs") as terminal:
        terminal.wait_for("as it is now", "2 files")
        assert "as it was" not in terminal.screen()
        terminal.press("tab", "end", "enter")
        terminal.wait_for("as it was")
        leave(terminal)


def test_leaving_gives_the_terminal_back_as_it_was(desk: Desk) -> None:
    write(desk.home / "run.log", "begun\n")
    with tail(desk, "run.log") as terminal:
        terminal.wait_for("begun")
        assert "1049" in terminal.modes()
        leave(terminal)
        assert terminal.modes() == {"25", "7"}
        assert terminal.echoes()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(desk: Desk, number: signal.Signals) -> None:
    write(desk.home / "run.log", "begun\n")
    with tail(desk, "run.log") as terminal:
        terminal.wait_for("begun", "q quit")
        terminal.signal(number)
        assert terminal.wait_end() == 0
        assert terminal.modes() == {"25", "7"}


def test_hostile_bytes_are_shown_and_not_obeyed(desk: Desk) -> None:
    (desk.home / "logs").mkdir()
    (desk.home / "logs" / "loud.log").write_bytes(LOUD)
    (desk.home / "logs" / "evil\x1b]0;EVIL NAME\x07[bold].log").write_bytes(b"in a file with such a name\n")
    with tail(desk, "logs", columns=200, lines=60) as terminal:
        terminal.wait_for("[red]markup[/] [@click=app.quit]press[/] [/nothing]", "such a name", "EVIL NAME")
        leave(terminal)
        assert_nothing_was_obeyed(terminal.raw)


@pytest.mark.parametrize("kind", ["pipe", "folder that is closed"])
def test_what_cannot_be_read_is_told_in_a_sentence(desk: Desk, kind: str) -> None:
    place = desk.home / "place"
    if kind == "pipe":
        os.mkfifo(place)
        told = "named pipe"
    else:
        place.mkdir()
        place.chmod(0)
        told = "permission denied"
        if os.access(place, os.R_OK):
            pytest.skip("root may read every folder")
    with tail(desk, "place") as terminal:
        terminal.wait_for(told)
        leave(terminal)


def test_without_a_terminal_it_says_what_to_use_instead(desk: Desk) -> None:
    write(desk.home / "run.log", "begun\n")
    done = desk.run("tail", "run.log")
    assert done.returncode == 2
    assert "tail -F" in done.stderr and not done.stdout


def test_without_a_file_it_is_wrong_usage(desk: Desk) -> None:
    assert desk.run("tail").returncode == 2
    assert desk.run("tail", "--poll", "nan", "run.log").returncode == 2


def test_it_loads_nothing_of_the_console(desk: Desk) -> None:
    """What is not loaded is not waited for."""
    loaded = subprocess.run(
        [
            str(Path(COMMAND).with_name("python")),
            "-c",
            "import sys, incident_console.cli, incident_console.commands.tailing, incident_console.tui.log.app\n"
            "print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for heavy in ("pydantic", "msgspec", "yaml", "watchfiles", "incident_console.events", "incident_console.session"):
        assert heavy not in loaded
