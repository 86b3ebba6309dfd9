"""What is searched for: the one line below a log that `/` opens. Enter searches, Escape closes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

Asked = Callable[[str, bool], None]
"""Called with the pattern and whether it is a regular expression."""


class SearchBar(Input):
    DEFAULT_CSS = """
    SearchBar, SearchBar:focus { height: 1; border: none; padding: 0 1; background: $surface-lighten-1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "close", id="search.close", tooltip="Close the search line"),
        Binding("ctrl+r", "regex", "regular expression", id="search.regex", tooltip="Search for a regular expression"),
    ]

    def __init__(self, pattern: str, regex: bool, asked: Asked, left: Callable[[], object]) -> None:
        super().__init__(pattern, select_on_focus=True)
        self._regex = regex
        self._asked = asked
        self._left = left
        self._say()

    def _say(self) -> None:
        this, other = ("regular expression", "text") if self._regex else ("text", "regular expression")
        self.placeholder = f"search for a {this}: enter · ctrl+r: {other} · escape closes"

    def action_regex(self) -> None:
        self._regex = not self._regex
        self._say()

    def action_leave(self) -> None:
        self._left()
        self.remove()

    async def action_submit(self) -> None:
        self.action_leave()
        if self.value:
            self._asked(self.value, self._regex)

    def on_blur(self, event: events.Blur) -> None:
        # Another pane was gone to, not the terminal's window left.
        if self.app.app_focus:
            self.remove()
