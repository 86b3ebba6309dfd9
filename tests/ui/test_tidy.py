"""Garbage of an evening at the console: looked for in a pause, not beside the answer to a key."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from incident_console.tui import tidy
from incident_console.tui.tidy import Tidy
from tests.ui.scene import MEDIUM, drawn, opened, place


class Everything:
    """How often all that there is was looked through."""

    count = 0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        self.count += phase == "stop" and info["generation"] == 2


async def test_what_a_flood_leaves_is_not_looked_through_while_keys_are_pressed(tmp_path: Path) -> None:
    here, seen = place(tmp_path, "c1-flaky-retry-ok-v9"), Everything()
    async with opened(here.plan(), MEDIUM) as (app, pilot):
        await drawn(pilot, app)
        gc.callbacks.append(seen)
        try:
            kept = []
            for key in "1010":
                kept.append([[number] for number in range(150_000)])
                await pilot.press(key)
                await drawn(pilot, app)
            assert seen.count == 0
        finally:
            gc.callbacks.remove(seen)


async def test_the_collector_is_left_as_it_was_found(tmp_path: Path) -> None:
    before = gc.get_threshold()
    async with opened(place(tmp_path, "c1-flaky-retry-ok-v9").plan(), MEDIUM):
        assert gc.get_threshold() != before
    assert gc.get_threshold() == before


@pytest.mark.parametrize(
    ("grown", "since_key", "looks"),
    [
        (tidy.SOME, tidy.QUIET_S, True),
        (tidy.SOME, 1.0, False),
        (tidy.SOME - 1, 3600.0, False),
        (tidy.MUCH, 0.0, True),
    ],
)
def test_everything_is_looked_through_in_a_pause_or_when_there_is_too_much(
    grown: int, since_key: float, looks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, grown))
    seen = Everything()
    gc.callbacks.append(seen)
    try:
        assert Tidy(lambda: since_key).look() is looks and bool(seen.count) is looks
    finally:
        gc.callbacks.remove(seen)
