"""A page to read over the screen: the brief, the record. Scrolls, copies, closes."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


class TextScreen(ModalScreen[None]):
    BINDINGS = [
        Binding("escape,q,enter", "dismiss", "close", id="text.close", tooltip="Close this page", key_display="Esc"),
        Binding("c", "copy", "copy", id="text.copy", tooltip="Copy all of it to the clipboard (OSC 52)"),
        Binding("j", "scroll('down')", "down", id="text.down", show=False),
        Binding("k", "scroll('up')", "up", id="text.up", show=False),
    ]

    def __init__(self, title: str, text: str, *, copies: bool = False) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._copies = copies

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="page") as box:
            box.border_title = self._title
            box.border_subtitle = "c copies · Esc closes"
            yield Static(Content(self._text), markup=False)

    def action_scroll(self, direction: str) -> None:
        box = self.query_one(VerticalScroll)
        box.scroll_down() if direction == "down" else box.scroll_up()

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._text)
        self.notify("Copied. If your terminal does not take it, select it with the mouse.", markup=False)
