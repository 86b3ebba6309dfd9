"""A page to read over the screen: the brief, the record, a hand-off that was written. Scrolls, copies, closes."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from incident_console.tui.livekeys import key
from incident_console.tui.words import safe_text


class TextScreen(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "close", id="text.close", tooltip="Close this page", key_display="Esc"),
        Binding("c", "copy", "copy", id="text.copy", tooltip="Copy all of it to the clipboard (OSC 52)"),
        Binding("down,j", "scroll(1)", "down", id="text.down", show=False, tooltip="A line down"),
        Binding("up,k", "scroll(-1)", "up", id="text.up", show=False, tooltip="A line up"),
        Binding("home,g", "edge(False)", "first", id="text.first", show=False, tooltip="The first line"),
        Binding("end,G", "edge(True)", "last", id="text.last", show=False, tooltip="The last line"),
        Binding("question_mark,f1", "app.help", "Help", id="text.help", show=False, tooltip="These keys"),
    ]

    def __init__(self, title: str, text: str, *, copies: str = "", named: str = "the head") -> None:
        """`copies`: what is copied, where that is not all of it; `named`: what that is called."""
        super().__init__()
        self._copies = copies
        self._named = f" {named}" if copies else ""
        self._title = title
        self._text = safe_text(text)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="page") as box:
            box.border_title = Content(self._title)
            copies, helps, closes = (key(self.app, f"text.{name}") for name in ("copy", "help", "close"))
            box.border_subtitle = f"{copies} copies{self._named} · {helps} Help · {closes} closes"
            yield Static(Content(self._text), markup=False)

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_edge(self, last: bool) -> None:
        page = self.query_one(VerticalScroll)
        page.scroll_end(animate=False) if last else page.scroll_home(animate=False)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._copies or self._text)
        self.notify("Copied. If your terminal does not take it, select it with the mouse.", markup=False)
