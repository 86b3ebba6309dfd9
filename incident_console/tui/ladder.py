"""The ladder on the left: the facts first, then the rungs with their states, then the run and the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from incident_console.tui import costbar
from incident_console.tui.livekeys import key
from incident_console.tui.rows import Rows
from incident_console.tui.words import GLYPHS, STYLES, safe

if TYPE_CHECKING:
    from incident_console.runbook.ladder import Mark
    from incident_console.session.picture import Picture

FACTS = "(facts)"
RUN = "(run)"
INBOX = "(inbox)"
EVIDENCE = "(evidence)"
TIMELINE = "(timeline)"
SINCE = "(since)"
HANDOFF = "(hand-off)"
"""Places that are no rungs; in brackets, since a rung may be called `facts`, too."""


class Ladder(Rows):
    """Moving the cursor shows a rung; Enter enters it."""

    BORDER_TITLE = "ladder"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "enter rung", id="ladder.enter", tooltip="Enter the rung under the cursor"),
    ]

    class Shown(Message):
        """The cursor stands on this place: `FACTS`, `RUN`, `INBOX`, or a rung's id."""

        def __init__(self, place: str) -> None:
            super().__init__()
            self.place = place

    class Entered(Shown):
        """Enter was pressed on it."""

    def __init__(self) -> None:
        super().__init__(id="ladder", markup=False)

    def draw(
        self, marks: tuple[Mark, ...], inbox: int, picture: Picture, *, handed: bool = False, received: bool = False
    ) -> None:
        """Show these states, and at the foot what the time goes into; the cursor stays where it is.

        `handed`: this is a bundle, and its hand-off is there to be read; `received`: it was taken over from somebody.
        """
        rows = [Option(self._row("handoff", "hand-off, as it was sent"), id=HANDOFF)] if handed else []
        rows.append(Option(self._row("facts", "facts: what is seen"), id=FACTS))
        rows += [Option(_line(mark), id=mark.id) for mark in marks]
        rows.append(Option(self._row("jobs", "run: jobs by rule"), id=RUN))
        rows.append(Option(self._row("inbox", f"inbox {inbox}" if inbox else "inbox (empty)"), id=INBOX))
        rows.append(Option(self._row("evidence", "evidence: all of it"), id=EVIDENCE))
        rows.append(Option(self._row("timeline", "timeline"), id=TIMELINE))
        if received:
            rows.append(Option(self._row("since", "since the hand-off"), id=SINCE))
        self.foot(costbar.foot(picture.known.cost) if picture.known is not None else "")
        self.lay(rows, start=FACTS)

    def _row(self, name: str, told: str) -> Content:
        """A place that is no rung, with the key that goes there."""
        return Content(f"{key(self.app, f'app.{name}')} {told}")

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option_id:
            self.post_message(self.Shown(event.option_id))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id:
            self.post_message(self.Entered(event.option_id))


def _line(mark: Mark) -> Content:
    word = "" if mark.state == "untouched" else f"  {mark.state}"
    return Content.assemble(
        (f"{GLYPHS[mark.state]} ", STYLES[mark.state]),
        (f"{mark.number} {safe(mark.title, 80)}", STYLES[mark.state] if mark.state == "open" else ""),
        (word, "$foreground-muted"),
    )
