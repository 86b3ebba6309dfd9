"""The ladder on the left: the facts first, then the rungs with their states, then the inbox."""

from __future__ import annotations

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from incident_console.runbook.ladder import Mark
from incident_console.tui.words import GLYPHS, STYLES

FACTS = "facts"
INBOX = "inbox"
WORDS = {"open": "open", "done": "done", "waived": "waived", "entered": "entered", "untouched": ""}


class Ladder(OptionList):
    """Moving the cursor shows a rung; Enter enters it."""

    BORDER_TITLE = "ladder"
    BINDINGS = [
        Binding("j", "cursor_down", "down", id="ladder.down", show=False),
        Binding("k", "cursor_up", "up", id="ladder.up", show=False),
        Binding("enter", "select", "enter rung", id="ladder.enter", tooltip="Enter the rung under the cursor"),
    ]

    class Shown(Message):
        """The cursor stands on this place: `facts`, `inbox`, or a rung id."""

        def __init__(self, place: str) -> None:
            super().__init__()
            self.place = place

    class Entered(Shown):
        """Enter was pressed on it."""

    def __init__(self) -> None:
        super().__init__(id="ladder", markup=False)
        self._drawn: tuple[object, ...] = ()

    def draw(self, marks: tuple[Mark, ...], inbox: int) -> None:
        """Show these states; the cursor stays where it is."""
        if self._drawn == (marks, inbox):
            return
        self._drawn = (marks, inbox)
        options = [Option(Content("0 facts: what is seen"), id=FACTS)]
        options += [Option(_line(mark), id=mark.id) for mark in marks]
        options.append(Option(Content(f"  inbox {inbox}" if inbox else "  inbox (empty)"), id=INBOX))
        place = self.highlighted
        with self.prevent(OptionList.OptionHighlighted):
            self.clear_options()
            self.add_options(options)
            self.highlighted = place if place is not None else 0

    def put_cursor(self, place: str) -> None:
        """Move the cursor without telling anybody."""
        with self.prevent(OptionList.OptionHighlighted):
            self.highlighted = self.get_option_index(place)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option_id:
            self.post_message(self.Shown(event.option_id))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id:
            self.post_message(self.Entered(event.option_id))


def _line(mark: Mark) -> Content:
    word = WORDS[mark.state]
    return Content.assemble(
        (f"{GLYPHS[mark.state]} ", STYLES[mark.state]),
        (f"{mark.number} {mark.title}", STYLES[mark.state] if mark.state == "open" else ""),
        (f"  {word}" if word else "", "$foreground-muted"),
    )
