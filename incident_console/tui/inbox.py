"""What was captured and not yet laid to a rung: kept attempts, pins."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from incident_console.tui.livekeys import key
from incident_console.tui.rows import Rows, text_row
from incident_console.tui.rungrows import filed

if TYPE_CHECKING:
    from incident_console.record.incident import Incident


class Inbox(Rows):
    BORDER_TITLE = "inbox"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "open", id="inbox.open", tooltip="Show this evidence"),
        Binding("m", "file", "move to a rung", id="inbox.file", tooltip="Lay this evidence to a rung"),
    ]

    class Open(Message):
        def __init__(self, seq: int) -> None:
            super().__init__()
            self.seq = seq

    class File(Open):
        pass

    def __init__(self) -> None:
        super().__init__(id="inbox", markup=False)
        self._drawn = -1
        self._read_only = False

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if action == "file" and (self._read_only or not self.row):
            return "nothing is written here" if self._read_only else "the inbox is empty"
        return super().why_not(action, parameters)

    def enters(self) -> str:
        return "open" if self.row else ""

    def draw(self, incident: Incident, *, read_only: bool = False) -> None:
        self._read_only = read_only
        if self._drawn == len(incident.lines):
            return
        self._drawn = len(incident.lines)
        place, items = self.highlighted, incident.inbox
        self.lay([Option(filed(item), id=str(item.seq)) for item in items] or [text_row("", self._empty, still=True)])
        if items and self.highlighted is None:
            # The row that the cursor stood on was laid to a rung: go on with the one that took its place.
            self.put_cursor(str(items[min(place or 0, len(items) - 1)].seq))

    @property
    def _empty(self) -> str:
        goes, pins = key(self.app, "app.next"), key(self.app, "app.pin")
        told = f"Nothing waits here. {goes} goes to the logs, and {pins} there pins a line"
        return f"{told}; failed attempts are kept by themselves."

    def action_file(self) -> None:
        if self.row:
            self.post_message(self.File(int(self.row)))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id:
            self.post_message(self.Open(int(event.option_id)))
