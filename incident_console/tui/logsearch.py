"""What is searched for: the one line at the bottom of a log that `/` opens. Enter searches, Escape closes it."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class SearchBar(Input):
    DEFAULT_CSS = """
    SearchBar, SearchBar:focus { height: 1; border: none; padding: 0 1; background: $surface-lighten-1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "close", id="search.close", tooltip="Close the search line"),
        Binding("ctrl+r", "regex", "regular expression", id="search.regex", tooltip="Search for a regular expression"),
    ]

    class Asked(Message):
        def __init__(self, bar: SearchBar, pattern: str, regex: bool) -> None:
            super().__init__()
            self.bar = bar
            self.pattern = pattern
            self.regex = regex

        @property
        def control(self) -> SearchBar:
            return self.bar

    class Left(Message):
        """The bar is closed without a search."""

        def __init__(self, bar: SearchBar) -> None:
            super().__init__()
            self.bar = bar

    def __init__(self, pattern: str, regex: bool) -> None:
        super().__init__(pattern, select_on_focus=True)
        self._regex = regex
        self._say()

    def _say(self) -> None:
        kind = "regular expression" if self._regex else "text"
        self.placeholder = f"search for {kind}, enter; ctrl+r: {'text' if self._regex else 'regular expression'}"

    def action_regex(self) -> None:
        self._regex = not self._regex
        self._say()

    def action_leave(self) -> None:
        self.post_message(self.Left(self))

    async def action_submit(self) -> None:
        self.post_message(self.Asked(self, self.value, self._regex))

    def _on_blur(self, event: events.Blur) -> None:
        super()._on_blur(event)
        if self.is_attached:
            self.post_message(self.Left(self))
