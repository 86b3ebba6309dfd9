"""What the console says when the run ends, another begins, or the folder goes away."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from textual.widget import Widget

from tests.ui.scene import MEDIUM, SMALL, WIDE, RunLog, drawn, opened, place, screen, shows, types, until


async def test_a_run_that_ends_is_told_and_the_incident_goes_on(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir, planned=1)
    run.starts("align", 1)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await shows(pilot, "● running 0/1")
        run.finishes("align", 1)
        run.ends()
        await shows(pilot, "✓ succeeded 1/1", pane="#header")
        await shows(pilot, "the run: succeeded", pane="Toast")
        assert "✓ saved" in screen(app) and app.incident.closed is None


async def test_a_run_that_begins_after_the_watched_one_ended_is_followed_and_told(tmp_path: Path) -> None:
    here = place(tmp_path)
    first = RunLog(here.workdir, planned=1)
    first.starts("align", 1)
    first.fails("align", 1)
    first.ends()
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await shows(pilot, "✗ failed", pane="#header")
        second = RunLog(here.workdir, planned=7, late_s=5)
        second.starts("count", 1)
        await shows(pilot, "running 0/7", second.path.name.removesuffix(".snakemake.log"), pane="#header")
        await shows(pilot, "Now watching", "belongs to the run before", pane="Toast")
        await shows(pilot, "localrule count:", pane="#log-view")  # the log pane goes along
        assert app.incident.restarts == 1


async def test_r_watches_another_run(tmp_path: Path) -> None:
    here = place(tmp_path)
    first = RunLog(here.workdir, planned=3, late_s=-60)
    first.starts("align", 1)
    second = RunLog(here.workdir, planned=7)
    second.starts("count", 1)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await shows(pilot, "0/7", pane="#header")
        await pilot.press("r")
        await shows(pilot, "Which run is watched?", first.path.name, second.path.name, pane="#ask")
        await pilot.press("down", "enter")
        await shows(pilot, "0/3", pane="#header")
        assert app.picture.run is not None and app.picture.run.log.endswith(first.path.name)


async def test_a_folder_that_goes_away_is_told_and_what_was_recorded_is_kept(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1, "A", "text\n")
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await shows(pilot, "● align A", pane="#facts")
        shutil.rmtree(here.workdir)
        await shows(pilot, "is gone; what was recorded is kept", pane="#facts")
        await pilot.press("n")
        await shows(pilot, "Note", pane="#ask")
        await types(pilot, "gone", "enter")
        await until(pilot, lambda: bool(app.incident.notes))
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 0


async def test_nothing_but_the_clock_is_drawn_while_nothing_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.plan(), WIDE) as (app, pilot):
        await until(pilot, lambda: app.picture.known is not None)
        await drawn(pilot, app)
        await until(pilot, lambda: not app.screen._layout_required)
        refreshed: list[tuple[str, bool]] = []
        refresh = Widget.refresh

        def noted(self: Widget, *regions: Any, layout: bool = False, **named: Any) -> Widget:
            refreshed.append((type(self).__name__, layout))
            return refresh(self, *regions, layout=layout, **named)

        monkeypatch.setattr(Widget, "refresh", noted)
        for _ in range(5):  # what was still being found out when it began may be drawn once
            refreshed.clear()
            await until(pilot, lambda: len(refreshed) >= 3)
            if set(refreshed) == {("Header", False)}:
                break
        assert set(refreshed) == {("Header", False)}


async def test_every_state_can_be_told_without_colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = place(tmp_path, "c2-deterministic-fail-stop-v9")
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(here.plan(), SMALL) as (app, pilot):
        await shows(pilot, "✗ failed", "failed for good", "gate ◌ closed", "Enter takes it")
        styles = [style for strip in app.screen._compositor.render_strips() for _, style, _ in strip if style]
        colours = {style.color.triplet for style in styles if style.color is not None and style.color.triplet}
        assert styles and not colours
