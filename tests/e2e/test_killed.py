"""kill -9, fifty times, at random moments: nothing acknowledged is lost, and what was cut in two is told."""

from __future__ import annotations

import secrets
from pathlib import Path

from tests.killing import kill_again_and_again

KILLS = 50


def test_a_console_that_is_killed_again_and_again_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    seed = secrets.randbelow(1 << 30)
    print(f"seed {seed}: kill_again_and_again(path, {KILLS}, {seed})")
    figures = kill_again_and_again(tmp_path, KILLS, seed)
    print(figures)
    assert figures.kills == KILLS
    assert figures.acknowledged > KILLS  # most of them were killed while they wrote
