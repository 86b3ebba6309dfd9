"""A log view alone on a screen, and what a person sees of it."""

import time
from collections.abc import Callable
from pathlib import Path

from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.pilot import Pilot

from incident_console.tui.log.view import LogView

SMALL = (80, 24)
NARROW = (40, 12)
SIZES = (SMALL, NARROW)


class Bench(App[None]):
    """Opens `source` when it is there; keeps what the log posts and what is copied."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_for: list[LogView.OpenOrigin] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield LogView()

    @property
    def view(self) -> LogView:
        return self.query_one(LogView)

    def on_mount(self) -> None:
        self.view.focus()

    def on_log_view_open_origin(self, message: LogView.OpenOrigin) -> None:
        self.asked_for.append(message)


def rows(app: Bench) -> list[str]:
    """The rows of the log as they stand on the screen, without border and scroll bar."""
    width = app.view.scrollable_content_region.width
    return [app.view.render_line(y).crop(0, width).text.rstrip() for y in range(app.view.size.height)]


def texts(app: Bench) -> list[str]:
    """The rows without number, cursor and error mark; empty rows left out."""
    return [row[7:] for row in rows(app) if row]


def screen(app: Bench) -> list[str]:
    """Every row of the whole screen, as it was drawn."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def status(app: Bench) -> str:
    return screen(app)[app.view.size.height + 1].strip("╭╮╰╯─ ")


def title(app: Bench) -> str:
    return screen(app)[0].strip("╭╮╰╯─ ")


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    end = time.monotonic() + 40
    while not holds():
        assert time.monotonic() < end, "it never came true"
        await pilot.pause(0.01)


def numbered(count: int, start: int = 1) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(start, start + count))


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
