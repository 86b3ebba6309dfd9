"""What was captured and not yet laid to a rung: kept attempts, pins."""

from __future__ import annotations

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from incident_console.record.incident import Incident
from incident_console.tui.rung import filed


class Inbox(OptionList):
    BORDER_TITLE = "inbox"
    BINDINGS = [
        Binding("j", "cursor_down", "down", id="inbox.down", show=False),
        Binding("k", "cursor_up", "up", id="inbox.up", show=False),
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

    def draw(self, incident: Incident) -> None:
        if self._drawn == len(incident.lines):
            return
        self._drawn = len(incident.lines)
        place = self.highlighted
        self.clear_options()
        items = incident.inbox
        self.add_options(Option(filed(item), id=str(item.seq)) for item in items)
        if not items:
            self.add_option(
                Option(
                    Content.styled(
                        "Nothing waits here. p pins log lines; failed attempts are kept by themselves.",
                        "$foreground-muted",
                    ),
                    disabled=True,
                )
            )
        elif place is not None:
            self.highlighted = min(place, len(items) - 1)

    def action_file(self) -> None:
        if self.highlighted is not None and (id := self.get_option_at_index(self.highlighted).id):
            self.post_message(self.File(int(id)))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id:
            self.post_message(self.Open(int(event.option_id)))
