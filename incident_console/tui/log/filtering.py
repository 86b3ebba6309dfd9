"""Showing only some lines of a log: those that a filter lets through, or errors alone; the reader stays where he is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from incident_console.errors import InputError
from incident_console.tail.source import Source
from incident_console.tui import livekeys
from incident_console.tui.log.bar import FilterBar
from incident_console.tui.log.seeking import LogSeeking, key
from incident_console.tui.log.status import count

if TYPE_CHECKING:
    from incident_console.tail.filtering.filtered import Filtered

ERRORS_ONLY = "level:error"
HOW = 'filter: word · "two words" · /regex/ · -word · level:error · sample:B'


class LogFiltering(LogSeeking):
    BINDINGS: ClassVar[list[BindingType]] = [
        key("ampersand", "filter", "filter", "filter", "Show only the lines that a filter lets through", "&"),
        key("o", "errors_only", "errors only", "errors-only", "Show only lines that state a failure; again: all"),
    ]

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._filtered: Filtered | None = None
        """What is on the screen, while a filter stands before what is open."""
        self._filter = ""

    @property
    def whole_source(self) -> Source | None:
        return self._filtered.inner if self._filtered is not None else self._source

    @property
    def filter(self) -> str:
        return self._filter

    def _close(self) -> None:
        super()._close()
        self._filtered, self._filter = None, ""

    def action_filter(self) -> None:
        self.ask(FilterBar(self._filter, HOW, self.set_filter, self.set_filter, self.focus))

    def action_errors_only(self) -> None:
        self.set_filter("" if self._filter == ERRORS_ONLY else ERRORS_ONLY)

    def set_filter(self, text: str) -> bool:
        """Show the lines that this lets through, all for an empty text; False, and it is told, if it is not valid."""
        # Read when they are wanted first: a log is on the screen sooner without them.
        from incident_console.tail.filtering.filtered import Filtered
        from incident_console.tail.filtering.filters import parse

        whole, text = self.whole_source, text.strip()
        if whole is None or text == self._filter:
            return True
        try:
            chosen = parse(text) if text else None
        except InputError as fault:
            self.tell(str(fault))
            return False
        self._filter = text
        self._told = ""
        self._filtered = None if chosen is None else Filtered(whole, chosen)
        source = self._filtered or whole
        self._show_source(source)
        self._lay_out()
        if not self.following:
            self._put_cursor(source.row_of(self._cursor), centre=True)
        self._count_lines(0)
        return True

    def _filtered_told(self) -> str:
        shown = self._filtered
        if shown is None:
            return ""
        told = f"{count(shown.matched)} of {count(shown.inner.line_count)} lines match"
        if not shown.matched and shown.progress >= 1:
            return f"{told} · {livekeys.key(self.app, 'log.clear')} shows all"
        return f"{told} · filtering {shown.progress:.0%}" if shown.progress < 1 else told
