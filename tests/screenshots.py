"""Make `screenshots/` from the running app on a real run: `python -m tests.screenshots`. Never edited by hand."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from incident_console.demo import start as demo
from incident_console.session.opening import Plan, Who
from incident_console.tui.app import Console
from incident_console.tui.logs import LogList

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


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        laid_out = demo.prepare(place / "lab", short=True)
        demo.start(laid_out, place / "records/runs")
        plan = Plan(Who("olga", place / "records", place / "trusted"), laid_out.workdir, "slow-or-flaky-run")
        asyncio.run(wide(plan))
        asyncio.run(narrow(plan))


if __name__ == "__main__":
    main()
