"""Every key that works right now, read from the live bindings, so that help cannot be out of date."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from incident_console.tui.keys import GROUPS, OTHERWISE, group_of, written
from incident_console.tui.line import LineField
from incident_console.tui.livekeys import key
from incident_console.tui.words import GATE, GLYPHS, TOLD, safe

EVERYWHERE = "everywhere"
BEGINNING = """\
Capture first, file later. Any rung may be entered at any time.
Everything is saved the moment it is done; leaving loses nothing.
"""
_STATES = "; ".join(f"{GLYPHS[state]} {told}" for state, told in TOLD.items())
LEGEND = f"A rung is {_STATES}. Looking at one enters nothing.\n{GATE}\n"
"""What the marks of the ladder and of the gate mean."""
WIDEST, AROUND = 110, 5
"""Columns of the page, and those of its border, padding and scroll bar."""
PLACES = {
    "ladder": "in the ladder",
    "facts": "in the facts",
    "run": "in the run",
    "inbox": "in the inbox",
    "evidence-rows": "in the evidence",
    "rung-rows": "in the rung",
    "since": "since the hand-off",
    "timeline-rows": "in the timeline",
    "handed": "in the hand-off",
    "log-list": "in the list of logs",
    "log-view": "in the log",
    "stream": "in the stream",
    "contrast-lines": "in the comparison",
    "ContrastScreen": "in the comparison",
    "handover-rows": "in the hand-off",
    "HandoverScreen": "in the hand-off",
    "TextScreen": "on this page",
    "Sending": "on this page",
    "ask": "in the question",
    "Entry": "in the question",
    "Choice": "in the question",
    "Many": "in the question",
}
"""By a widget's id, or its class where it has none."""
MOVING = (
    "cursor_",
    "page",
    "move(",
    "scroll",
    "edge(",
    "first",
    "last",
    "to(",
    "home",
    "sideways(",
    "difference(",
    "step(",
)
"""How the actions of a pane begin that only move about in it: they come after what is done there."""
COLUMN = 11
"""Columns for the keys."""


@dataclass(frozen=True, slots=True)
class Line:
    """What some keys do, in the sentence of their tooltip."""

    heading: str
    keys: tuple[str, ...]
    told: str


def lines(active: Iterable[ActiveBinding]) -> tuple[Line, ...]:
    """The keys by where they work: what has the focus first, then what works everywhere, by group."""
    found: dict[tuple[str, str], list[str]] = {}
    digits: list[int] = []
    for node, binding, enabled, tooltip in active:
        if not (binding.id and enabled and tooltip):
            continue
        heading = _heading(node, binding)
        if binding.action == f"rung({binding.key})" and binding.key != "0":
            digits.append(int(binding.key))
            tooltip = "Go to that rung of the ladder"
        keys = found.setdefault((heading, tooltip), [])
        if (key := written(binding.key)) not in keys:
            keys.insert(len(keys) if "+" in key else sum("+" not in each for each in keys), key)
    numbered = tuple(str(n) for n in digits)
    all_ = (Line(heading, _numbers(keys, numbered), told) for (heading, told), keys in found.items())
    return tuple(sorted(all_, key=lambda line: _rank(line.heading)))


def _heading(node: DOMNode, binding: Binding) -> str:
    place = PLACES.get(node.id or "") or next(
        (PLACES[each.__name__] for each in type(node).__mro__ if each.__name__ in PLACES), ""
    )
    if not place and node.is_modal:
        place = "here"
    if not place:
        return f"{EVERYWHERE}: {group_of(binding.id or '')}"
    return f"{place}: moving" if binding.action.startswith(MOVING) else place


def _rank(heading: str) -> tuple[bool, int]:
    """What has the focus is told first, and there what is done before how one moves."""
    place, _, group = heading.partition(": ")
    order = [*GROUPS, OTHERWISE] if place == EVERYWHERE else ["", group]
    return place == EVERYWHERE, order.index(group)


def _numbers(keys: list[str], numbered: tuple[str, ...]) -> tuple[str, ...]:
    """The rungs' own numbers in one: `1-8`."""
    if len(numbered) < 2 or tuple(keys) != numbered:
        return tuple(keys)
    return (f"{numbered[0]}-{numbered[-1]}",)


def text(lines: Iterable[Line], width: int, wanted: str = "", beginning: str = "") -> Content:
    """As it is read in so many columns; `wanted`: only what holds it."""
    parts: list[str | tuple[str, str]] = (
        [] if wanted else [(line + "\n", "$foreground-muted") for line in beginning.splitlines()]
    )
    heading = ""
    for line in lines:
        if wanted.casefold() not in f"{' '.join(line.keys)} {line.told} {line.heading}".casefold():
            continue
        if line.heading != heading:
            heading = line.heading
            parts.append((f"\n{heading}\n", "bold $text-accent"))
        parts += _told(line, width)
    if not heading:
        parts.append(f"No key does “{safe(wanted, 40)}”. Empty the line below to see all again.")
    return Content.assemble(*parts)


def _told(line: Line, width: int) -> Iterator[str | tuple[str, str]]:
    """Keys on the left, the sentence folded beside them."""
    keys = " ".join(line.keys)
    folded = textwrap.wrap(line.told, max(20, width - COLUMN - 4)) or [""]
    yield (f"  {keys:>{COLUMN}}", "bold")
    indent = "  " if len(keys) <= COLUMN else "\n" + " " * (COLUMN + 4)
    for told in folded:
        yield f"{indent}{told}"
        indent = "\n" + " " * (COLUMN + 4)
    yield "\n"


class Wanted(LineField):
    """The line below: help is narrowed while one types. Enter keeps it so, Escape shows all again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "show all", id="help.drop", tooltip="Show every key again"),
    ]

    def action_drop(self) -> None:
        self.value = ""
        self.display = False
        self.screen.query_one(VerticalScroll).focus()


class HelpScreen(ModalScreen[None]):
    """Made for what has the focus while it is made: give it the bindings before it covers the screen."""

    AUTO_FOCUS = "#help"
    DEFAULT_CSS = """
    HelpScreen {
        align: center middle; background: $background 60%;
        & #help-box { border: round $accent; background: $panel; width: 100%; height: 90%; }
        & #help { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
        & Wanted, & Wanted:focus { display: none; height: 1; border: none; padding: 0 1; background: $surface; }
        &.-low #help-box { height: 100%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q,enter", "dismiss", "close", id="help.close", tooltip="Close the help"),
        Binding("slash", "find", "find a key", id="help.find", tooltip="Show only the keys that hold a text"),
        Binding("down,j", "scroll(1)", "down", id="help.down", show=False, tooltip="A line down"),
        Binding("up,k", "scroll(-1)", "up", id="help.up", show=False, tooltip="A line up"),
        Binding("home,g", "edge(False)", "first", id="help.first", show=False, tooltip="The first line"),
        Binding("end,G", "edge(True)", "last", id="help.last", show=False, tooltip="The last line"),
    ]

    def __init__(self, active: Iterable[ActiveBinding], beginning: str = BEGINNING + LEGEND) -> None:
        super().__init__()
        self._lines = lines(active)
        self._beginning = beginning
        self._wanted = ""
        self._drawn: tuple[int, str] | None = None
        """In how many columns, and narrowed by what."""

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help-box", can_focus=False) as box:
            box.styles.max_width = WIDEST
            box.border_title = "Help"
            told = (("find", "finds"), ("down", "scrolls"), ("close", "closes"))
            box.border_subtitle = " · ".join(f"{key(self.app, f'help.{name}')} {word}" for name, word in told)
            with VerticalScroll(id="help"):
                yield Static(self._text(min(WIDEST, self.app.size.width) - AROUND), markup=False)
            yield Wanted(placeholder=f"show keys that hold … · Enter keeps · {key(self.app, 'help.drop')} shows all")

    @property
    def page(self) -> VerticalScroll:
        return self.query_one("#help", VerticalScroll)

    def on_mount(self) -> None:
        self.call_after_refresh(self._draw)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        width = self.page.scrollable_content_region.width
        if self._drawn != (width, self._wanted):
            self.query_one(Static).update(self._text(width))

    def _text(self, width: int) -> Content:
        self._drawn = (width, self._wanted)
        return text(self._lines, width, self._wanted, self._beginning)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._wanted = event.value.strip()
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        event.input.display = bool(self._wanted)
        self.page.focus()

    def action_find(self) -> None:
        field = self.query_one(Wanted)
        field.display = True
        field.focus()

    def action_scroll(self, by: int) -> None:
        self.page.scroll_relative(y=by, animate=False)

    def action_edge(self, last: bool) -> None:
        self.page.scroll_end(animate=False) if last else self.page.scroll_home(animate=False)
