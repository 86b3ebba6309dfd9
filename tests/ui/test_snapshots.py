"""The main screens as a person sees them, at the sizes of a small pane and of a terminal.

After a change that is meant: `python -m pytest tests/ui/test_snapshots.py --snapshot-update`, and read the difference.
A snapshot is the text of the screen, row by row: an SVG would change with each release of Textual, and colours have
tests of their own. What is another one each time is evened out: the incident's id, the clock, the folder.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from incident_console.tui.app import Console
from incident_console.tui.facts import Facts
from incident_console.tui.header import Header
from tests.ui.scene import drawn, opened, place, until

EACH_TIME = (
    (re.compile(r"INC-\d{8}T\d{6}Z"), "INC-20261122T120000Z"),
    (re.compile(r"\d\d:\d\d:\d\dZ(?=  )"), "12:00:00Z"),
)
KEYS = {"facts": "0", "rung": "5", "run": "u", "help": "question_mark"}
SIZES = [(60, 15), (80, 24)]


def seen(app: Console) -> str:
    """The rows of the screen, without what is another each time."""
    text = "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())
    for pattern, instead in EACH_TIME:
        text = pattern.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.split("\n"))


@pytest.mark.parametrize("size", SIZES, ids=["60x15", "80x24"])
@pytest.mark.parametrize("name", KEYS)
async def test_the_screen_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion, name: str, size: tuple[int, int]
) -> None:
    draw = Facts.draw
    monkeypatch.setattr(Facts, "draw", lambda self, seen, told, _, rungs: draw(self, seen, told, "/srv/flow", rungs))
    monkeypatch.setattr(Header, "_tick", lambda self: None)
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), size) as (app, pilot):
        await until(pilot, lambda: app.picture.known is not None and bool(app.incident.inbox))
        app.clear_notifications()
        await pilot.press(KEYS[name])
        await until(pilot, lambda: name != "help" or len(app.screen_stack) == 2)
        if name != "help":
            await drawn(pilot, app)
        await pilot.pause(0.2)
        assert seen(app) == snapshot
