"""What is asked for in a log: the one line below it that a key opens. Enter takes it, Escape closes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

from incident_console.tui import livekeys
from incident_console.tui.after import after
from incident_console.tui.line import LineField

Asked = Callable[[str], bool]
"""Called with what was typed; False: it is not taken, and the line stays open."""

LIVE_AFTER_S = 0.25


class LogBar(LineField):
    DEFAULT_CSS = """
    LogBar, LogBar:focus { height: 1; border: none; padding: 0 1; background: $surface-lighten-1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "close", id="log-bar.close", tooltip="Close this line"),
    ]

    def __init__(self, value: str, told: str, asked: Asked, left: Callable[[], object]) -> None:
        """`told` stands there while nothing is typed; `left` is called when the line closes by a key."""
        super().__init__(value, select_on_focus=True)
        self._told = told
        self._asked = asked
        self._left = left

    def on_mount(self) -> None:
        self._say()

    def _say(self) -> None:
        self.placeholder = f"{self._told} · {livekeys.key(self.app, 'log-bar.close')} closes"

    def action_leave(self) -> None:
        self._left()
        self.remove()

    async def action_submit(self) -> None:
        if not self.value or self._asked(self.value):
            self.action_leave()

    def on_blur(self, event: events.Blur) -> None:
        # Another pane was gone to, not the terminal's window left.
        if self.app.app_focus:
            self.remove()


class SearchBar(LogBar):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "regex", "regular expression", id="search.regex", tooltip="Search for a regular expression"),
    ]

    def __init__(
        self, pattern: str, regex: bool, asked: Callable[[str, bool], bool], left: Callable[[], object]
    ) -> None:
        super().__init__(pattern, "", lambda text: asked(text, self._regex), left)
        self._regex = regex

    def _say(self) -> None:
        this, other = ("regular expression", "text") if self._regex else ("text", "regular expression")
        self._told = f"search for a {this}: Enter · {livekeys.key(self.app, 'search.regex')}: {other}"
        super()._say()

    def action_regex(self) -> None:
        self._regex = not self._regex
        self._say()


class FilterBar(LogBar):
    """Filters as one types, after a short pause; Escape leaves the filter as it was before."""

    def __init__(self, value: str, told: str, asked: Asked, live: Asked, left: Callable[[], object]) -> None:
        super().__init__(value, told, asked, left)
        self._before = value
        self._live = live
        self._later: asyncio.TimerHandle | None = None

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._later is not None:
            self._later.cancel()
        self._later = after(self, LIVE_AFTER_S, lambda: self._live(self.value))

    def _still(self) -> None:
        if self._later is not None:
            self._later.cancel()

    def action_leave(self) -> None:
        self._still()
        self._live(self._before)
        super().action_leave()

    async def action_submit(self) -> None:
        self._still()
        if self._asked(self.value):
            super().action_leave()
