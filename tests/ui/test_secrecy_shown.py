"""What a screen says while nothing is redacted, and that what is typed is on no disk as it was typed."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from incident_console.evidence.redactor import Redactor
from incident_console.session import crash
from tests.ui.scene import opened, place, screen, shows, types, until


@pytest.mark.parametrize("width", [80, 160])
async def test_that_nothing_is_redacted_is_always_in_sight(tmp_path: Path, width: int) -> None:
    plan = replace(place(tmp_path).tiny(), no_redact="the token is the fault")
    async with opened(plan, (width, 24)) as (app, pilot):
        await shows(pilot, "⚠ not redacted")
        first = screen(app).split("\n")[0]
        assert "⚠ not redacted" in first and "✓ saved" in first
        await pilot.press("1")
        await pilot.pause()
        assert "⚠ not redacted" in screen(app).split("\n")[0]


async def test_what_is_half_typed_is_on_disk_without_its_secrets(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), (80, 24)) as (app, pilot):
        await shows(pilot, "no rung open")
        assert "not redacted" not in screen(app)
        await pilot.press("n")
        await types(pilot, "password=hunter2hunter2 it was")
        drafts = here.record / "drafts.json"
        await until(pilot, lambda: drafts.exists() and "it was" in drafts.read_text())
        assert "hunter2" not in drafts.read_text() and "[redacted password" in drafts.read_text()
        assert "hunter2hunter2" in screen(app), "on screen it is as it was typed"


def test_a_crash_file_holds_no_secret(tmp_path: Path) -> None:
    try:
        raise ValueError("no such line: password=hunter2hunter2")
    except ValueError as fault:
        path = crash.write(fault, (tmp_path,), datetime.now(UTC), Redactor(b"k").data)
    assert path is not None
    text = path.read_text()
    assert "ValueError: no such line: password=[redacted password:" in text and "hunter2" not in text
