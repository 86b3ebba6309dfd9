"""The logs: a list of all there are, with size, last change and what became of the job; below it the open one."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from incident_console.session.logs import LogEntry
from incident_console.tui.logview import LogView
from incident_console.tui.words import GLYPHS, STYLES, circled, safe, size, span

STATE_GLYPHS = {**GLYPHS, "run": "≡", "other": "·", "waiting": "·", "kept": "◂", "lost": "∅"}
STATE_STYLES = {
    **STYLES,
    "run": "bold",
    "other": "",
    "waiting": "$foreground-muted",
    "kept": "$text-accent",
    "lost": "$text-warning",
}
OUTCOME = {
    "failed": ("✗", "$text-error"),
    "succeeded": ("✓", "$text-success"),
    "running": ("●", "$text-primary"),
    "interrupted": ("■", "$text-error"),
}


class LogList(OptionList):
    BORDER_TITLE = "logs"
    BINDINGS = [
        Binding("j", "cursor_down", "down", id="logs.down", show=False),
        Binding("k", "cursor_up", "up", id="logs.up", show=False),
        Binding("enter", "select", "open log", id="logs.open", tooltip="Open the log under the cursor"),
    ]

    class Open(Message):
        def __init__(self, entry: LogEntry) -> None:
            super().__init__()
            self.entry = entry

    def __init__(self) -> None:
        super().__init__(id="log-list", markup=False)
        self._entries: dict[str, LogEntry] = {}
        self._order: tuple[str, ...] = ()

    def draw(self, entries: tuple[LogEntry, ...]) -> None:
        """Rows change in place; the list is laid anew only when rows come, go or move."""
        now, width = time.time(), max(20, self.scrollable_content_region.width)
        order = tuple(entry.key for entry in entries)
        if order != self._order:
            under = self._order[self.highlighted] if self.highlighted is not None and self._order else None
            self.clear_options()
            self.add_options(Option(_row(entry, now, width), id=entry.key) for entry in entries)
            self._order = order
            if under in order:
                self.highlighted = order.index(under)
        else:
            for entry in entries:
                before = self._entries.get(entry.key)
                moving = entry.changed_at is not None and now - entry.changed_at < 120
                if before != entry or moving:
                    self.replace_option_prompt(entry.key, _row(entry, now, width))
        self._entries = {entry.key: entry for entry in entries}
        self.border_subtitle = f"{len(entries)} files" if entries else "no log yet"

    def entry(self, key: str) -> LogEntry | None:
        return self._entries.get(key)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        entry = self._entries.get(event.option_id or "")
        if entry is not None:
            self.post_message(self.Open(entry))


class LogsPane(Vertical):
    """The list above, the open log below."""

    def __init__(self) -> None:
        super().__init__(id="logs")

    def compose(self) -> ComposeResult:
        yield LogList()
        yield LogView(id="log-view")


def _row(entry: LogEntry, now: float, width: int) -> Content:
    glyph, style = STATE_GLYPHS.get(entry.state, "·"), STATE_STYLES.get(entry.state, "")
    indent = "   " if entry.state in ("kept", "lost") else ""
    marks: list[tuple[str, str]] = []
    if len(entry.attempts) > 1:
        for number, outcome in enumerate(entry.attempts, 1):
            mark, colour = OUTCOME.get(outcome, ("?", ""))
            marks.append((f" {circled(number)}{mark}", colour))
    word = {
        "failed": " failed",
        "running": " running",
        "kept": " kept",
        "lost": " lost",
        "interrupted": " interrupted",
    }.get(entry.state, "")
    left = Content.assemble(
        (f"{indent}{glyph} ", style),
        (safe(entry.label, 120), "bold" if entry.state == "failed" else ""),
        (word, style),
        *marks,
    )
    told = size(entry.size) if entry.size is not None else safe(entry.told)
    if entry.changed_at is not None and width >= 44:
        told += f"  {_age(entry.changed_at, now)}"
    room = width - 2
    if left.cell_length > room * 2 // 3 and entry.size is not None:
        left = left.truncate(max(room - len(told) - 2, room * 2 // 3), ellipsis=True)
    right = Content.styled(told, "$foreground-muted").truncate(max(0, room - left.cell_length), ellipsis=True)
    return Content.assemble(left, " " * (width - 1 - left.cell_length - right.cell_length), right)


def _age(changed_at: float, now: float) -> str:
    ago = now - changed_at
    if ago < 3:
        return "now"
    if ago < 86400:
        return f"{span(ago)} ago"
    return datetime.fromtimestamp(changed_at, UTC).strftime("%Y-%m-%d")
