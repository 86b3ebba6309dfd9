"""Every key that works right now, read from the live bindings, so that help cannot be out of date."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


class HelpScreen(ModalScreen[None]):
    BINDINGS = [
        Binding(
            "escape,question_mark,f1,q,enter",
            "dismiss",
            "close",
            id="help.close",
            tooltip="Close the help",
            key_display="Esc",
        )
    ]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = "Help"
            box.border_subtitle = "Esc closes"
            yield Static(self._text(), markup=False)

    def _text(self) -> Content:
        """The keys of the screen below, by where they work: what has the focus first."""
        below = self.app.screen_stack[-1]
        groups: dict[str, list[tuple[str, str]]] = {}
        for active in below.active_bindings.values():
            binding = active.binding
            if binding.system and binding.action not in ("command_palette",):
                continue
            if not binding.id and not binding.tooltip:
                continue
            group = "everywhere" if active.node in (self.app, below) else f"in {_name(active.node)}"
            key = self.app.get_key_display(binding)
            row = (key, binding.tooltip or binding.description)
            if row not in groups.setdefault(group, []):
                groups[group].append(row)
        parts: list[str | tuple[str, str]] = [
            ("Capture first, file later. Any rung may be entered at any time.\n", "$foreground-muted"),
            ("Everything is saved the moment it is done; leaving loses nothing.\n", "$foreground-muted"),
        ]
        for group in sorted(groups, key=lambda name: name == "everywhere"):
            parts.append((f"\n{group}\n", "bold $text-accent"))
            for key, told in groups[group]:
                parts.append((f"  {key:>12}  ", "bold"))
                parts.append(f"{told}\n")
        return Content.assemble(*parts)


def _name(node: object) -> str:
    words = {
        "RungRows": "the rung",
        "LogView": "the log",
        "LogList": "the list of logs",
        "Ladder": "the ladder",
        "Facts": "the facts",
        "Inbox": "the inbox",
    }
    return words.get(type(node).__name__, type(node).__name__.lower())
