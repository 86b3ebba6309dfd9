"""Keys pressed by somebody who knows none of them: whatever comes, the console goes on and the record verifies."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence

from textual.pilot import Pilot

from incident_console.record.verify import verify
from incident_console.tui.app import Console
from tests.ui.scene import until

NAMED = ("enter", "escape", "tab", "up", "down", "left", "right", "home", "end", "pageup", "pagedown")
CHORDS = ("ctrl+p", "ctrl+l", "shift+tab", "backspace", "space", "f1", "ctrl+j", "alt+e")
LEAVES = "q"
KEYS = (*NAMED, *NAMED, *NAMED, *CHORDS, *(key for key in string.printable[:94] if key != LEAVES))


def keys(seed: int, count: int) -> Sequence[str]:
    return random.Random(seed).choices(KEYS, k=count)


async def presses(pilot: Pilot[int], app: Console, seed: int, count: int, *, at_once: int = 6) -> None:
    """Press them in bursts; an exception in a handler ends the pilot's app and is raised there."""
    pressed = keys(seed, count)
    for start in range(0, count, at_once):
        await pilot.press(*(_named(key) for key in pressed[start : start + at_once]))
        assert app.is_running, f"it ended after {pressed[: start + at_once]}"


async def comes_back(pilot: Pilot[int], app: Console) -> None:
    """From wherever the keys led, Escape leads to the one screen, which answers; what was recorded verifies."""
    for _ in range(12):
        await pilot.press("escape")
    assert len(app.screen_stack) == 1, f"Escape does not leave {app.screen}"
    await pilot.press("question_mark")
    await until(pilot, lambda: len(app.screen_stack) == 2)
    await pilot.press("escape")
    await until(pilot, lambda: len(app.screen_stack) == 1)
    assert app.session is not None
    verdict = verify(app.session.record.path)
    assert verdict.ok, verdict.fault


def _named(key: str) -> str:
    from textual.keys import _character_to_key

    return _character_to_key(key) if len(key) == 1 else key
