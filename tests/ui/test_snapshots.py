"""The main screens as a person sees them: small pane, plain terminal, wide terminal, and without colours.

A snapshot is the picture of the screen. After a change that is meant: `python -m pytest tests/ui/test_snapshots.py
--snapshot-update`, and look at the pictures that changed, in a browser. A release of Textual may draw them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex
from textual.pilot import Pilot

from incident_console.tui.app import Console
from incident_console.tui.look import Look, Terminal
from tests.ui.scene import drawn, until
from tests.ui.still import picture, still, worked

KEYS = {
    "facts": "0",
    "climb": "3",
    "classify": "6",
    "run": "u",
    "evidence": "v",
    "timeline": "l",
    "logs": "",
    "help": "?",
}
COLOURLESS = Look(terminal=Terminal(colour=False))
SCREENS = (*KEYS, "hand-off")
CASES = {
    "60x15": ((60, 15), Look(), SCREENS),
    "80x24": ((80, 24), Look(), SCREENS),
    "120x40": ((120, 40), Look(), tuple(name for name in SCREENS if name != "help")),
    "NO_COLOR": ((80, 24), COLOURLESS, ("facts", "climb", "evidence", "logs")),
}


class Svg(SingleFileSnapshotExtension):
    file_extension = "svg"
    _write_mode = WriteMode.TEXT

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        return str(index)


async def go(app: Console, pilot: Pilot[int], name: str) -> None:
    """To the screen of that name, from any other but the hand-off."""
    if len(app.screen_stack) > 1:
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
    if name == "logs":
        app.show_log()
    elif name in ("help", "hand-off"):
        await pilot.press("question_mark" if name == "help" else "h")
        await until(pilot, lambda: len(app.screen_stack) == 2 and app.screen.focused is not None)
    else:
        await pilot.press(KEYS[name])
    if len(app.screen_stack) == 1:
        await drawn(pilot, app)


async def settled(app: Console, pilot: Pilot[int]) -> str:
    """The picture, once nothing in it changes any more."""
    before, now = "", picture(app)
    while now != before:
        await pilot.pause(0.1)
        before, now = now, picture(app)
    return now


@pytest.mark.parametrize("case", CASES)
async def test_the_screens_are_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion, case: str
) -> None:
    size, look, names = CASES[case]
    snapshot = snapshot.use_extension(Svg)
    with still(monkeypatch, tmp_path) as clock:
        async with worked(tmp_path, clock, size, look) as (app, pilot):
            seen = {}
            for name in names:
                await go(app, pilot, name)
                seen[name] = await settled(app, pilot)
    assert not [name for name, svg in seen.items() if svg != snapshot(name=f"{name}-{case}")]
