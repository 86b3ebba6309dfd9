"""What is painted when a log grows: the page that changed, the bar that tells where errors are, how fast it grows."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from incident_console.tui.log.scrollbar import GLYPH
from tests.ui.logbench import SIZES, SMALL, Bench, append, numbered, screen, status, texts, title, until


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "run.log"
    path.write_bytes(numbered(500))
    return path


async def settled(pilot: Pilot[None], app: Bench) -> None:
    """Everything that was asked for is painted, the borders included."""
    for _ in range(20):
        await pilot.pause(0.02)
    app.view._repaint_regions.clear()


async def test_nothing_is_painted_when_nothing_changed(log: Path) -> None:
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        await settled(pilot, app)
        app.view.refresh_from_disk()
        assert not app.view._repaint_regions
        await pilot.press("up")
        await settled(pilot, app)
        append(log, numbered(3))
        app.view.refresh_from_disk()
        # Who reads further up sees only the line at the bottom change.
        assert all(region.height == 1 for region in app.view._repaint_regions)
        assert len(app.view._repaint_regions) <= 1
        await until(pilot, lambda: "paused, 3 new lines" in status(app))


async def test_moving_the_cursor_paints_two_rows(log: Path) -> None:
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("up", "up")
        await settled(pilot, app)
        app.view.action_move(-1)
        inside = [region for region in app.view._repaint_regions if region.y < app.view.size.height]
        assert sorted(region.y for region in inside if region.y > 0) == [19, 20]


async def test_a_log_that_grows_lays_out_nothing_anew(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laid = []
    before = Screen._refresh_layout
    monkeypatch.setattr(Screen, "_refresh_layout", lambda *a, **k: (laid.append(1), before(*a, **k))[1])
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        await settled(pilot, app)
        laid.clear()
        for n in range(5):
            append(log, numbered(100, 501 + 100 * n))
            app.view.refresh_from_disk()
            await pilot.pause()
        assert texts(app)[-1] == "line 1000"
        assert not laid


@pytest.mark.parametrize("size", SIZES)
async def test_the_scroll_bar_shows_where_the_errors_are(log: Path, size: tuple[int, int]) -> None:
    def marked(app: Bench) -> list[int]:
        width = app.view.scrollable_content_region.width + 1
        return [y for y, row in enumerate(screen(app)[1:-1]) if GLYPH in row[width:]]

    log.write_bytes(b"ERROR first\n" + numbered(1000) + b"ERROR last\n" + numbered(1000))
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        height = app.view.size.height
        await until(pilot, lambda: len(marked(app)) == 2)
        top, middle = marked(app)
        assert top == 0 and abs(middle - height // 2) <= 1
        append(log, b"ERROR new\n")
        app.view.refresh_from_disk()
        await until(pilot, lambda: len(marked(app)) == 3 and marked(app)[-1] >= height - 1)


async def test_a_log_that_grows_tells_how_fast(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("incident_console.tui.log.gauges.monotonic", lambda: now)
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log, "run log")
        assert title(app) == "run log"
        for count in (10, 40, 80, 0):
            append(log, numbered(count))
            now += 1
            app.view.refresh_from_disk()
            app.view._say()
            await pilot.pause()
        assert title(app).startswith("run log") and title(app).endswith("▁▄█ 80 lines/s")
        now += 30
        app.view.refresh_from_disk()
        app.view._say()
        await pilot.pause()
        assert title(app) == "run log"


async def test_lines_that_come_in_a_flood_are_told_a_few_times_a_second(log: Path) -> None:
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        for n in range(20):
            append(log, numbered(100, 501 + 100 * n))
            app.view.changed({log})
        await until(pilot, lambda: "line 2500 of 2500" in status(app))
        assert texts(app)[-1] == "line 2500"


async def test_lines_stay_right_while_a_file_that_replaced_another_is_counted(log: Path) -> None:
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        await settled(pilot, app)
        log.rename(log.with_suffix(".1"))
        log.write_bytes(b"".join(b"new %07d %s\n" % (n, b"." * 90) for n in range(20_000)))
        app.view.refresh_from_disk()
        await pilot.press("pageup")
        before = [text[:11] for text in texts(app)]
        assert before[0].startswith("new 00199")
        await until(pilot, lambda: app.view.source.progress == 1 and not app.view._counting)
        assert [text.strip()[:11] for text in texts(app)] == before
