"""Which cells of the header's line are drawn when only the time is another?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from textual.app import App, ComposeResult

from incident_console.tui.header import Header, other


@pytest.mark.parametrize(
    ("before", "now", "cells"),
    [
        ("14:02:07Z  saved", "14:02:08Z  saved", range(7, 8)),
        ("14:02:59Z +17m saved", "14:03:00Z +18m saved", range(4, 13)),
        ("same", "same", None),
        ("見える 14:02", "見える 14:03", range(11, 12)),
        ("", "new", range(3)),
        ("+9s ✓", "+10s ✓", range(6)),
        ("aaa", "aba", range(1, 2)),
        ("aab", "aaab"[:3], range(2, 3)),
    ],
)
def test_only_the_cells_that_differ(before: str, now: str, cells: range | None) -> None:
    assert other(before, now) == cells


async def test_where_nothing_is_to_move_by_itself_the_clock_tells_minutes_and_is_drawn_once_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [datetime(2026, 11, 22, 14, 2, 7, tzinfo=UTC)]
    monkeypatch.setattr("incident_console.tui.header.datetime", SimpleNamespace(now=lambda zone: clock[0]))
    header = Header(still=True)
    drawn: list[object] = []
    async with Only(header).run_test():
        monkeypatch.setattr(header, "refresh", lambda *regions, **_: drawn.append(regions))
        for _ in range(52):
            clock[0] += timedelta(seconds=1)
            header._tick()
        assert "14:02Z" in str(header.render()) and not drawn
        clock[0] += timedelta(seconds=1)
        header._tick()
        assert "14:03Z" in str(header.render()) and len(drawn) == 1


class Only(App[None]):
    def __init__(self, header: Header) -> None:
        super().__init__()
        self.header = header

    def compose(self) -> ComposeResult:
        yield self.header
