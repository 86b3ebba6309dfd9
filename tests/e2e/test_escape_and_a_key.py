"""An Esc and a key in one piece, as from a tmux that holds an Esc back: the form is left, and the key is done."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.conftest import COMMAND, Desk
from tests.e2e.terminal import Terminal

CORPUS = Path(__file__).parents[1] / "corpus"


def test_what_follows_an_escape_goes_into_no_note(desk: Desk) -> None:
    flow = desk.home / "flow"
    shutil.copytree(CORPUS / "c2-deterministic-fail-keepgoing-v7" / "wd", flow)
    with Terminal([COMMAND, "open", str(flow)], cwd=desk.home, env=desk.environment) as terminal:
        terminal.wait_for("saved")
        terminal.press("n")
        terminal.wait_for("Esc keeps it as a draft")
        terminal.type("the index was locked\x1b2")
        terminal.wait_gone("Esc keeps it as a draft")
        terminal.wait_for("Draw the scope")
        terminal.press("n")
        terminal.wait_for("Esc keeps it as a draft", "the index was locked")
        assert "locked2" not in terminal.screen() and "\u2122" not in terminal.screen()
        terminal.type(" by\x1bq")  # in one piece as well: left, and the console with it
        assert terminal.wait_end() == 0
