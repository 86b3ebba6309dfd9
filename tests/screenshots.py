"""Make `screenshots/` from the running app on a real run: `python -m tests.screenshots`. Never edited by hand.

`python -m tests.screenshots flood pages` makes a part of them: console, narrow, flood or pages.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import ViewportSize, sync_playwright
from textual.app import App
from textual.pilot import Pilot

from incident_console.demo import start as demo
from incident_console.session.plan import Plan
from incident_console.session.who import Who
from incident_console.tail.places.named import Names
from incident_console.tui.app import Console
from incident_console.tui.log.app import TailApp, Wanted
from incident_console.tui.logs import LogList
from tests.needs import BROWSERS, program

OUT = Path(__file__).parent.parent / "screenshots"
WIDE, TALL, NARROW = (160, 44), (160, 60), (80, 24)
SYMPTOM = {
    "surface": "results/counts of sample F",
    "scope": "two samples of nine",
    "comparison": "the run of yesterday",
    "sentence": "count fails on sample F with a truncated read; yesterday the same file was read",
}


SHADES = {"COLORTERM": "truecolor", "TERM": "xterm-256color"}
"""As most terminals say of themselves; without, the pictures would be in the 16 colours of a terminal of long ago."""
FLOOD = """
import itertools, sys, time
out = open(sys.argv[1], "w", buffering=1 << 16)
for number in itertools.count(1):
    say = f"[M::process] read {number * 4096:>12,} sequences, {number % 97 + 3} pending"
    if number % 23 == 0:
        say = f"WARNING: read pair {number} has no mate, skipped"
    if number % 61 == 0:
        say = f"ERROR: chunk {number}: record ends in the middle of line {number * 7}"
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), say, file=out)
    if number % 250 == 0:
        out.flush()
        time.sleep(0.05)
"""
"""A tool that tells too much: some thousand lines a second, and what matters among them."""


async def until(pilot: Pilot[Any], true: Callable[[], bool], seconds: float = 60) -> None:
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
        await quiet(app, pilot)
        save(app, "facts")
        await pilot.press("u")
        await quiet(app, pilot)
        save(app, "run")
        await pilot.press("6")
        await pilot.resize_terminal(*TALL)
        await quiet(app, pilot)
        save(app, "classify")
        await pilot.resize_terminal(*WIDE)
        await pilot.press("3", "c")
        await until(pilot, lambda: not app.desk.climb.busy and bool(app.incident.captured))
        kept = next(entry for entry in app.picture.logs if entry.kept)
        logs = app.query_one(LogList)
        logs.highlighted = logs.get_option_index(kept.key)
        logs.focus()
        await pilot.press("enter")
        await pilot.pause(0.5)
        await pilot.press("e")
        await quiet(app, pilot)
        save(app, "climb")
        session = app.desk.session
        session.describe("results late", "samples C and F are missing from this morning's table", "06:00Z")
        session.answer("symptom", SYMPTOM)
        session.complete("symptom")
        await pilot.press("shift+tab", "shift+tab", "h")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await quiet(app, pilot)
        save(app, "hand-off")
        await pilot.press("escape")
        await pilot.press("ctrl+q")


async def quiet(app: App[Any], pilot: Pilot[Any]) -> None:
    """What was told meanwhile goes away."""
    await pilot.pause(1)
    app.clear_notifications()
    await pilot.pause(0.5)


async def narrow(plan: Plan) -> None:
    app = Console(plan)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: bool(app.screen.query("#ask.-open")))
        await pilot.press("enter")
        await until(pilot, lambda: app.session is not None and bool(app.picture.logs))
        await pilot.press("0")
        await quiet(app, pilot)
        save(app, "80x24")
        await pilot.press("q")


async def flood(place: Path) -> None:
    """`incident-console tail` on files that are written faster than anybody reads."""
    place.mkdir()
    writers = [
        subprocess.Popen([sys.executable, "-c", FLOOD, str(place / f"{name}.log")]) for name in ("align.A", "align.B")
    ]
    app = TailApp(Wanted(names=Names((str(place),), place)))
    try:
        async with app.run_test(size=(120, 32)) as pilot:
            await until(pilot, lambda: len(list(place.iterdir())) == len(writers))
            await pilot.pause(6)
            await pilot.press("e")
            await pilot.pause(1)
            save(app, "flood")
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()


def save(app: App[Any], name: str) -> None:
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


def main(parts: list[str]) -> None:
    os.environ.update(SHADES | {"LOGNAME": "olga"})
    socket.gethostname = lambda: "node7"  # the pictures are of nobody's machine
    os.environ.pop("NO_COLOR", None)
    wanted = parts or ["console", "narrow", "flood", "pages"]
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        if {"console", "narrow"} & set(wanted):
            laid_out = demo.prepare(place / "lab", short=True)
            demo.start(laid_out, place / "records/runs")
            plan = Plan(Who("olga", place / "records", place / "trusted"), laid_out.workdir, "slow-or-flaky-run")
            asyncio.run(wide(plan))
            if "narrow" in wanted:
                asyncio.run(narrow(plan))
        if "flood" in wanted:
            asyncio.run(flood(place / "flood"))
        if "pages" in wanted:
            pages(place)


if __name__ == "__main__":
    main(sys.argv[1:])
