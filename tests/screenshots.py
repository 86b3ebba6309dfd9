"""Make `screenshots/` from the running app on a real run: `python -m tests.screenshots`. Never edited by hand."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from playwright.sync_api import ViewportSize, sync_playwright
from textual.pilot import Pilot

from incident_console.demo import start as demo
from incident_console.session.opening import Plan
from incident_console.session.who import Who
from incident_console.tui.app import Console
from incident_console.tui.logs import LogList
from tests.needs import BROWSERS, program

OUT = Path(__file__).parent.parent / "screenshots"
WIDE, NARROW = (160, 44), (80, 24)


async def until(pilot: Pilot[int], true: Callable[[], bool], seconds: float = 60) -> None:
    for _ in range(int(seconds * 10)):
        if true():
            return
        await pilot.pause(0.1)
    raise TimeoutError("the screen never showed what was waited for")


async def wide(plan: Plan) -> None:
    app = Console(plan)
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: any(entry.kept for entry in app.picture.logs))
        await until(pilot, lambda: app.picture.known is not None and bool(app.picture.known.suspects))
        await pilot.pause(1)
        save(app, "facts")
        await pilot.press("u")
        await pilot.pause(1)
        save(app, "run")
        await pilot.press("6")
        await pilot.pause(1)
        save(app, "classify")
        await pilot.press("3", "c")
        await until(pilot, lambda: not app.desk.climb.busy and bool(app.incident.captured))
        kept = next(entry for entry in app.picture.logs if entry.kept)
        logs = app.query_one(LogList)
        logs.highlighted = logs.get_option_index(kept.key)
        logs.focus()
        await pilot.press("enter")
        await pilot.pause(0.5)
        await pilot.press("e")
        await pilot.pause(12)  # the messages of what was kept go away
        save(app, "climb")
        await pilot.press("q")


async def narrow(plan: Plan) -> None:
    app = Console(plan)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: bool(app.screen.query("#ask.-open")))
        await pilot.press("enter")
        await until(pilot, lambda: app.session is not None and bool(app.picture.logs))
        await pilot.press("0")
        await pilot.pause(8)
        save(app, "80x24")
        await pilot.press("q")


def save(app: Console, name: str) -> None:
    app.save_screenshot(f"{name}.svg", path=str(OUT))


def pages(place: Path) -> None:
    """`record.html` of a whole climb, as a browser shows it: from its top, the charts in the dark, and on a phone."""
    ours = [sys.executable, "-m", "incident_console"]
    records = ["--records", str(place / "climbed")]
    climb = [*ours, "demo", "--headless", "--short", "--dir", str(place / "climb"), *records]
    told = subprocess.run(climb, check=True, capture_output=True, text=True).stdout
    record = Path(told.splitlines()[-1]).name
    subprocess.run(
        [*ours, "record", record, "--format", "html", "--out", str(place / "record.html"), *records], check=True
    )
    shots: tuple[tuple[str, ViewportSize, Literal["light", "dark"], str], ...] = (
        ("record", {"width": 1280, "height": 1500}, "light", "#main"),
        ("record-charts", {"width": 1280, "height": 1100}, "dark", "#runs"),
        ("record-phone", {"width": 360, "height": 1400}, "light", "#runs"),
    )
    with sync_playwright() as playwright:
        path = next(filter(None, map(program, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for name, size, scheme, part in shots:
            page = browser.new_page(viewport=size, color_scheme=scheme, reduced_motion="reduce")
            page.goto((place / "record.html").as_uri())
            if part != "#main":
                page.evaluate("part => document.querySelector(part).closest('section').scrollIntoView()", part)
            page.screenshot(path=str(OUT / f"{name}.png"))
        browser.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        laid_out = demo.prepare(place / "lab", short=True)
        demo.start(laid_out, place / "records/runs")
        plan = Plan(Who("olga", place / "records", place / "trusted"), laid_out.workdir, "slow-or-flaky-run")
        asyncio.run(wide(plan))
        asyncio.run(narrow(plan))
        pages(place)


if __name__ == "__main__":
    main()
