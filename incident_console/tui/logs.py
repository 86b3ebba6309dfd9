"""The logs: a list of all there are, with size, last change and what became of the job; below it the open one."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from incident_console.session.logs import LogEntry
from incident_console.tui import stream
from incident_console.tui.livekeys import key
from incident_console.tui.log.view import LogView
from incident_console.tui.rows import Rows, text_row
from incident_console.tui.words import GLYPHS, STYLES, both, circled, safe, size, span

STATE_GLYPHS = {
    **GLYPHS,
    "stream": "≋",
    "run": "≡",
    "other": "·",
    "query": "?",
    "waiting": "·",
    "kept": "◂",
    "lost": "∅",
}
STATE_STYLES = {
    **STYLES,
    "stream": "bold",
    "run": "bold",
    "other": "",
    "query": "only asked",
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


TOLD = frozenset({"failed", "running", "kept", "lost", "interrupted"})
"""States that are told in a word, too; the others are what one expects."""
WIDE = 44
"""Columns from which on there is room for the age."""
AGES_EVERY_S = 5.0
AGED = 200
"""Rows whose age is told anew as time goes by: the first ones, where what matters stands."""


EMPTY = "No log yet; new ones are listed by themselves. Others: open --log 'GLOB' names them."
AGAINST = "Failed against passed: this job's failed attempt beside one that passed, from the first line that differs"


class LogList(Rows):
    BORDER_TITLE = "logs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "open log", id="logs.open", tooltip="Open the log under the cursor"),
        Binding("x", "app.contrast", "against passed", id="logs.contrast", tooltip=AGAINST),
    ]

    def enters(self) -> str:
        return "open log" if self.row else ""

    class Open(Message):
        def __init__(self, entry: LogEntry) -> None:
            super().__init__()
            self.entry = entry

    def __init__(self) -> None:
        super().__init__(id="log-list", markup=False)
        self._told: tuple[LogEntry, ...] = ()
        self._shown: tuple[LogEntry, ...] = ()
        """As told, and before them the stream of them all."""
        self._ages: dict[str, str] = {}
        """By key, as they were told last."""
        self._by_key: dict[str, LogEntry] = {}

    def on_mount(self) -> None:
        self.set_interval(AGES_EVERY_S, self._tell_ages)

    def on_resize(self) -> None:
        self._lay()

    def draw(self, entries: tuple[LogEntry, ...]) -> None:
        if entries == self._told:
            return
        self._told = entries
        self._shown = (*stream.entry_of(entries), *entries)
        self._by_key = {entry.key: entry for entry in self._shown}
        self._ages = {}
        self._lay()
        count = len(entries)
        self.foot(f"{count} file{'' if count == 1 else 's'}" if count else "no log yet")

    def _lay(self) -> None:
        now, width = time.time(), self._width
        rows = [Option(_row(entry, now, width), id=entry.key) for entry in self._shown] or [
            text_row("", f"{EMPTY} {key(self.app, 'app.facts')} shows the facts.", still=True)
        ]
        self.lay(rows, start=self._shown[0].key if self._shown else None)

    def _tell_ages(self) -> None:
        now, width = time.time(), self._width
        for index, entry in enumerate(self._shown[:AGED] if width >= WIDE else ()):
            if entry.changed_at is not None and (age := _age(entry.changed_at, now)) != self._ages.get(entry.key):
                self._ages[entry.key] = age
                self.show_at(index, _row(entry, now, width))

    @property
    def _width(self) -> int:
        return max(20, self.scrollable_content_region.width)

    def entry(self, key: str) -> LogEntry | None:
        return self._by_key.get(key)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        entry = self.entry(event.option_id or "")
        if entry is not None:
            self.post_message(self.Open(entry))


class OpenLog(LogView):
    """The log view as it stands in the console, where what is under its cursor can be pinned."""

    BORDER_TITLE = "log"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "app.pin", "pin", id="log.pin", tooltip="Keep this line, or the selected ones, as evidence"),
        Binding("x", "app.contrast", "against passed", id="log.contrast", tooltip=AGAINST, show=False),
        Binding(
            "backspace", "app.stream", "stream", id="log.stream", tooltip="All logs as one stream, by time", show=False
        ),
    ]


class LogsPane(Vertical):
    """The list above, the open log below."""

    def __init__(self) -> None:
        super().__init__(id="logs")

    def compose(self) -> ComposeResult:
        yield LogList()
        yield OpenLog(id="log-view")


def _row(entry: LogEntry, now: float, width: int) -> Content:
    glyph, style = STATE_GLYPHS.get(entry.state, "·"), STATE_STYLES.get(entry.state, "")
    indent = "   " if entry.state in ("kept", "lost") else ""
    marks: list[tuple[str, str]] = []
    if len(entry.attempts) > 1:
        for number, outcome in enumerate(entry.attempts, 1):
            mark, colour = OUTCOME.get(outcome, ("?", ""))
            marks.append((f" {circled(number)}{mark}", colour))
    word = f" {entry.state}" if entry.state in TOLD else ""
    left = Content.assemble(
        (f"{indent}{glyph} ", style),
        (safe(entry.label, 120), "bold" if entry.state == "failed" else ""),
        (word, style),
        *marks,
    )
    known = size(entry.size) if entry.size is not None else ""
    told = f"{known} {safe(entry.told)}".strip()
    if entry.changed_at is not None and width >= WIDE:
        told += f"  {_age(entry.changed_at, now)}"
    right = Content.styled(told, "$foreground-muted").truncate(width // 2, ellipsis=True)
    return both(left, right, width - 1)


def _age(changed_at: float, now: float) -> str:
    ago = now - changed_at
    if ago < 3:
        return "now"
    if ago < 86400:
        return f"{span(ago)} ago"
    return datetime.fromtimestamp(changed_at, UTC).strftime("%Y-%m-%d")
