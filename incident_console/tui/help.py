"""Every key that works right now, read from the live bindings, so that help cannot be out of date."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

EVERYWHERE = "everywhere"
BEGINNING = """\
Capture first, file later. Any rung may be entered at any time.
Everything is saved the moment it is done; leaving loses nothing.
"""


class HelpScreen(ModalScreen[None]):
    """Made for what has the focus while it is made: give it the bindings before it covers the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q,enter", "dismiss", "close", id="help.close", key_display="Esc"),
        Binding("j", "scroll(1)", "down", id="help.down", show=False),
        Binding("k", "scroll(-1)", "up", id="help.up", show=False),
    ]

    def __init__(self, active: Iterable[ActiveBinding], beginning: str = BEGINNING) -> None:
        super().__init__()
        self._active = tuple(active)
        self._beginning = beginning

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = "Help"
            box.border_subtitle = "Esc closes"
            yield Static(_text(self.app, self._active, self._beginning), markup=False)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def _text(app: App[object], active: Iterable[ActiveBinding], beginning: str) -> Content:
    """The keys by where they work: what has the focus comes first."""
    groups: dict[str, dict[str, list[str]]] = {}
    for node, binding, enabled, tooltip in active:
        if binding.id and enabled and (tooltip or binding.show):
            keys = groups.setdefault(PLACES.get(node.id or "", EVERYWHERE), {}).setdefault(
                tooltip or binding.description, []
            )
            key = app.get_key_display(binding)
            if key not in keys:
                keys.append(key)
    parts: list[str | tuple[str, str]] = [(beginning, "$foreground-muted")]
    for place in sorted(groups, key=lambda place: place == EVERYWHERE):
        parts.append((f"\n{place}\n", "bold $text-accent"))
        for told, keys in groups[place].items():
            parts += [(f"  {' '.join(keys):>12}  ", "bold"), f"{told}\n"]
    return Content.assemble(*parts)


PLACES = {
    "ladder": "in the ladder",
    "facts": "in the facts",
    "run": "in the run",
    "inbox": "in the inbox",
    "rung-rows": "in the rung",
    "since": "since the hand-off",
    "timeline-rows": "in the timeline",
    "handed": "in the hand-off",
    "log-list": "in the list of logs",
    "log-view": "in the log",
    "stream": "in the stream",
    "contrast-lines": "in the comparison",
    "handover-rows": "in the hand-off",
    "ask": "in the question",
}
