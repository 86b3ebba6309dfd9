"""Standard input is a pipe with a log in it, and the keys come from the terminal all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.e2e.terminal import Terminal

READER = """
import os, sys
from incident_console.commands.terminal import keys_from_terminal
from incident_console.errors import UsageError
try:
    stream = keys_from_terminal()
except UsageError as fault:
    print("refused:", fault, flush=True)
    sys.exit(2)
print("piped:", os.read(stream, 100), os.isatty(0), flush=True)
print("typed:", sys.stdin.readline().strip(), flush=True)
"""


def test_keys_come_from_the_terminal_and_the_text_from_the_pipe(tmp_path: Path) -> None:
    (tmp_path / "reader.py").write_text(READER)
    line = f"printf 'a log line' | {sys.executable} {tmp_path / 'reader.py'}"
    with Terminal(["sh", "-c", line]) as terminal:
        terminal.wait_for("piped: b'a log line' True")
        terminal.type("q\r")
        terminal.wait_for("typed: q")
        assert terminal.wait_end() == 0


def test_a_terminal_as_standard_input_is_no_stream(tmp_path: Path) -> None:
    with Terminal([sys.executable, "-c", READER]) as terminal:
        terminal.wait_for("refused: there is nothing to read: standard input is the terminal")
        assert terminal.wait_end() == 2


def test_without_any_terminal_there_are_no_keys() -> None:
    done = subprocess.run(
        [sys.executable, "-c", READER],
        input="a line",
        capture_output=True,
        text=True,
        timeout=20,
        start_new_session=True,
    )
    assert (done.returncode, done.stdout) == (
        2,
        "refused: the keys must come from a terminal, and there is none (/dev/tty cannot be opened)\n",
    )
