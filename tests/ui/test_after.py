"""A call after a while comes, however late the loop is."""

from pathlib import Path

import pytest
from textual import timer
from textual.app import App

from incident_console.tui.after import after
from tests.ui.logbench import until

PACKAGE = Path(after.__code__.co_filename).parent


class Late:
    """A clock beside which every step takes a tenth of a second."""

    def __init__(self) -> None:
        self.now = 0.0

    def get_time(self) -> float:
        self.now += 0.1
        return self.now


async def test_it_comes_though_the_time_is_over_before_the_wait_for_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    async def later() -> None:
        called.append("a coroutine function")

    app = App[None]()
    async with app.run_test() as pilot:
        with monkeypatch.context() as patch:
            patch.setattr(timer, "_time", Late())
            app.set_timer(0.001, lambda: called.append("the toolkit's own, which is why there is another"))
            after(app, 0.001, lambda: called.append("a function"))
            after(app, -1, later)
            await until(pilot, lambda: len(called) == 2)
            await pilot.pause(0.05)
        assert sorted(called) == ["a coroutine function", "a function"]


async def test_it_can_be_called_off() -> None:
    called: list[str] = []
    app = App[None]()
    async with app.run_test() as pilot:
        after(app, 0.01, lambda: called.append("called")).cancel()
        await pilot.pause(0.05)
        assert not called


def test_nothing_of_the_console_relies_on_the_toolkit_s_own() -> None:
    own = {"offers.py"}  # the palette's, which the toolkit stops itself: it only tells that nothing was found
    users = {path.name for path in PACKAGE.rglob("*.py") if ".set_timer(" in path.read_text()}
    assert users == own
