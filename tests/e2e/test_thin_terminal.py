"""Over ssh only what changed is sent: what stands on the terminal in the end is what would stand there anyway."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMAND, Desk
from tests.e2e.terminal import Terminal

SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
CORPUS = Path(__file__).parents[1] / "corpus"
STILL_S = 0.8
"""Longer than what is drawn by itself may wait over ssh."""


def drawn_anew(terminal: Terminal) -> None:
    """Everything is sent once more; each cell must look as it did. A clock may tell another minute between the two."""
    for _ in range(3):
        terminal.wait_quiet(STILL_S)
        before = terminal.picture()
        terminal.press("ctrl+l")
        terminal.wait_quiet(STILL_S)
        if terminal.picture() == before:
            return
    after = terminal.picture()
    rows = [row for row, (was, now) in enumerate(zip(before[1], after[1], strict=True)) if was != now]
    raise AssertionError(f"rows {rows}, the cursor {before[0]} and {after[0]}; the screen:\n{terminal.screen()}")


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 40)])
def test_what_stands_on_a_slow_terminal_is_the_whole_picture(desk: Desk, columns: int, lines: int) -> None:
    flow = desk.home / "flow"
    shutil.copytree(CORPUS / "c2-deterministic-fail-keepgoing-v7" / "wd", flow)
    (flow / "logs").mkdir(exist_ok=True)
    (flow / "logs" / "wide.log").write_text("sample 見本 b\u0301ad \U0001f9ec done\n" * 30, encoding="utf-8")
    with Terminal(
        [COMMAND, "open", str(flow)], columns=columns, lines=lines, cwd=desk.home, env={**desk.environment, **SSH}
    ) as terminal:
        terminal.wait_for("saved")
        drawn_anew(terminal)
        terminal.press("1")  # a rung
        drawn_anew(terminal)
        terminal.press("?")  # a page over it
        drawn_anew(terminal)
        terminal.press("escape")
        terminal.wait_gone("Every key that works now")
        drawn_anew(terminal)
        terminal.press("n")  # a question at the foot, half an answer, and a message in the corner
        terminal.wait_quiet(STILL_S)
        terminal.type("the index of 見本 was locked")
        drawn_anew(terminal)
        terminal.resize(columns - 7, lines - 5)
        drawn_anew(terminal)
        terminal.resize(columns + 9, lines + 4)
        drawn_anew(terminal)
        terminal.press("escape")
        drawn_anew(terminal)
        terminal.press("ctrl+p")  # the palette
        terminal.type("tim")
        drawn_anew(terminal)
        terminal.press("escape")
        terminal.wait_quiet(STILL_S)
        terminal.press("z", "z", "l")
        drawn_anew(terminal)
        terminal.press("q")
        assert terminal.wait_end() == 0
