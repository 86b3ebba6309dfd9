"""The hand-off as it was sent: HANDOFF.md of a bundle, to be read before anything is taken over.

Line by line, and nothing of it left out: what a Markdown reader would hide (HTML, comments, the target of a link) is
here to be seen. Nothing of it can be clicked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from incident_console.tui.livekeys import key
from incident_console.tui.words import safe_text

FOOT = (("handed.down", "scrolls"), ("app.timeline", "timeline"), ("app.take-pen", "accepts"))
"""By id, the keys that matter while it is read."""
SHOWN = 200_000
"""Characters; a hand-off that is longer was not written by a console, and says so."""
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_PART = re.compile(r"\*\*(?P<bold>[^*]+)\*\*|(?P<ticks>`+)(?P<code>.+?)(?P=ticks)")

Part = str | tuple[str, str]


class HandedPane(VerticalScroll, can_focus=True):
    BORDER_TITLE = "hand-off"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_down", "down", id="handed.down", show=False, tooltip="A line down"),
        Binding("up,k", "scroll_up", "up", id="handed.up", show=False, tooltip="A line up"),
        Binding("home,g", "scroll_home", "top", id="handed.top", show=False, tooltip="The beginning"),
        Binding("end,G", "scroll_end", "end", id="handed.end", show=False, tooltip="The end"),
    ]

    def __init__(self) -> None:
        super().__init__(id="handed")
        self._drawn = ""

    def compose(self) -> ComposeResult:
        yield Static(id="handed-text", markup=False)

    def draw(self, text: str) -> None:
        if text != self._drawn:
            self._drawn = text
            self.query_one("#handed-text", Static).update(rendered(text))
            self.border_subtitle = Content(" · ".join(f"{key(self.app, id)} {word}" for id, word in FOOT))


def rendered(markdown: str) -> Content:
    """Headings, emphasis and code told apart; everything else as it stands."""
    text = markdown[:SHOWN]
    if len(markdown) > SHOWN:
        text += f"\n\n… and {len(markdown) - SHOWN} characters more: read the file itself."
    parts: list[Part] = []
    fenced = False
    for line in safe_text(text).split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or (line.startswith("    ") and not line.lstrip().startswith("- ")):
            parts.append((line + "\n", "$text-accent"))
        elif line.startswith("#"):
            parts += [(plain(line.lstrip("# ")).replace("`", ""), "bold $text-accent"), "\n"]
        else:
            parts += [*_inline(line), "\n"]
    return Content.assemble(*parts)


def _inline(line: str) -> Iterator[Part]:
    at = 0
    for found in _PART.finditer(line):
        yield plain(line[at : found.start()])
        yield (plain(found["bold"]), "bold") if found["bold"] else (found["code"].strip(), "$text-accent")
        at = found.end()
    yield plain(line[at:])


def plain(text: str) -> str:
    """As it reads: a backslash before punctuation only kept Markdown from taking it for more."""
    return _ESCAPED.sub(r"\1", text).replace("<br>", " ")
