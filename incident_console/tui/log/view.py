"""The open log under one's hands: what the keys and the mouse do in it. Moves, selects lines, searches."""

from __future__ import annotations

import asyncio
import re
import time
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget

from incident_console.errors import InputError
from incident_console.tail.logfile import LogFile
from incident_console.tail.search import Finder, Hit, Search, error_finder, finder, matcher
from incident_console.tail.source import Source
from incident_console.tui.log.scroll import SAY_EACH_S, LogScroll
from incident_console.tui.log.search import SearchBar
from incident_console.tui.log.select import Selected, selected

SEARCH_SLICE_S = 0.008
SIDEWAYS = 8


def _key(keys: str, action: str, told: str, name: str, tooltip: str, show: str | None = None) -> Binding:
    return Binding(keys, action, told, id=f"log.{name}", tooltip=tooltip, show=show is not None, key_display=show)


class LogView(LogScroll, can_focus=True):
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("f", "follow", "follow", "follow", "Go to the end and follow what is written", "f"),
        _key("slash", "search", "search", "search", "Search this log", "/"),
        _key("e", "errors(True)", "errors", "next-error", "The next line that states a failure", "e"),
        # The app's own key, said again: at the bottom it is shown only where there are lines to pin.
        _key("p", "app.pin", "pin", "pin", "Keep the selected log lines as evidence", "p"),
        _key("E", "errors(False)", "error before", "previous-error", "The line before that states a failure"),
        _key("greater_than_sign", "hit(True)", "next hit", "next-hit", "The next line that was searched for"),
        _key("less_than_sign", "hit(False)", "hit before", "previous-hit", "The line before that was searched for"),
        _key("up,k", "move(-1)", "up", "up", "One line up; stops following"),
        _key("down,j", "move(1)", "down", "down", "One line down"),
        _key("shift+up", "extend(-1)", "select up", "extend-up", "Select lines, upwards"),
        _key("shift+down", "extend(1)", "select down", "extend-down", "Select lines, downwards"),
        _key("v", "mark", "select", "mark", "Begin selecting lines at the cursor; again: drop the selection"),
        _key("escape", "clear", "clear", "clear", "Drop the selection and what was searched for"),
        _key("pageup", "page(-1)", "page up", "page-up", "One screen up"),
        _key("pagedown", "page(1)", "page down", "page-down", "One screen down"),
        _key("home,g", "home", "first line", "home", "The first line"),
        _key("end,G", "follow", "last line", "end", "The last line, and follow"),
        _key("left", "sideways(-1)", "left", "left", "Show what is further left"),
        _key("right", "sideways(1)", "right", "right", "Show what is further right, where › stands", "→"),
    ]

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._pattern, self._regex = "", False
        self._dragging = False

    def _open(self, source: Source, *, follow: bool) -> None:
        self.workers.cancel_group(self, "log-seek")
        super()._open(source, follow=follow)

    # -- moving about --------------------------------------------------------------------------------------------

    def action_follow(self) -> None:
        self._anchor = None
        self.following = isinstance(self._source, LogFile)
        self._put_cursor(self._rows - 1)

    def action_move(self, by: int) -> None:
        self._pause()
        self._put_cursor(self.cursor_row + by)

    def action_page(self, by: int) -> None:
        self._pause()
        self._put_cursor(self.cursor_row + by * max(1, self._page - 1))

    def action_home(self) -> None:
        self._pause()
        self._put_cursor(0)
        self._going_home = self._counting

    def action_sideways(self, by: int) -> None:
        self.left = max(0, self.left + by * SIDEWAYS)

    def _on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        self.action_sideways(1)
        event.stop()

    def _on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        self.action_sideways(-1)
        event.stop()

    # -- selecting -----------------------------------------------------------------------------------------------

    def action_extend(self, by: int) -> None:
        self._pause()
        if self._anchor is None:
            self._anchor = self._cursor
        self._put_cursor(self.cursor_row + by)

    def action_mark(self) -> None:
        self._pause()
        self._anchor = self._cursor if self._anchor is None else None
        self._lay_out()

    def action_clear(self) -> None:
        self.workers.cancel_group(self, "log-seek")
        if self._anchor is None:
            self._hits = None
        self._told = ""
        self.clear_selection()

    def clear_selection(self) -> None:
        self._anchor = None
        self._lay_out()

    def selection(self) -> Selected | None:
        """The selected lines, or the line under the cursor; None when there is no line there."""
        return (
            selected(self._source, self.path, self._label, self._cursor, self._anchor)
            if self._source is not None
            else None
        )

    def selected_bytes(self) -> bytes:
        """The bytes that `selection()` names, at most 1 MiB; empty when there are none."""
        chosen = self.selection()
        part = self._source.part_of(self._cursor) if self._source is not None else None
        if chosen is None or part is None:
            return b""
        return part.read(chosen.start_byte, chosen.end_byte - chosen.start_byte)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        offset = event.get_content_offset(self)
        if offset is None or event.button != 1 or self.scroll_offset.y + offset.y >= self._rows:
            return
        self._pause()
        self._anchor = None
        self._put_cursor(self.scroll_offset.y + offset.y)
        self._dragging = True
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if not self._dragging:
            return
        row = self.scroll_offset.y + event.get_content_offset_capture(self).y
        if row != self.cursor_row:
            if self._anchor is None:
                self._anchor = self._cursor
            self._put_cursor(row)

    def on_mouse_up(self) -> None:
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    # -- searching -----------------------------------------------------------------------------------------------

    def action_search(self) -> None:
        if self._source is not None and isinstance(self.parent, Widget):
            bar = SearchBar(self._pattern, self._regex, lambda text, regex: self.search(text, regex=regex), self.focus)
            self.parent.mount(bar, after=self)
            bar.focus()

    def action_hit(self, forward: bool) -> None:
        if self._pattern:
            self.search(self._pattern, regex=self._regex, forward=forward)
        else:
            self.action_search()

    def action_errors(self, forward: bool) -> None:
        self._seek(error_finder(), "errors", forward)

    def search(self, pattern: str, *, regex: bool = False, forward: bool = True) -> None:
        """Put the cursor on the next line that holds the pattern; from the other end when there is none."""
        try:
            find, compiled = finder(pattern, regex=regex), matcher(pattern, regex=regex)
            self._hits = re.compile(pattern if regex else re.escape(pattern), compiled.flags & re.IGNORECASE)
        except (InputError, re.error) as fault:
            self._told = str(fault)
            self._say()
            return
        self._pattern, self._regex = pattern, regex
        self._seek(find, f"“{pattern}”", forward)

    def _seek(self, find: Finder, what: str, forward: bool) -> None:
        if self._source is not None:
            self._pause()
            self.run_worker(self._seeking(self._source, find, what, forward), group="log-seek", exclusive=True)

    async def _seeking(self, source: Source, find: Finder, what: str, forward: bool) -> None:
        """In slices, so that the screen stays alive and Escape ends it."""
        for start in (self._cursor, None):
            if hit := await self._run(Search(source, find, start, forward=forward), what):
                while not source.knows(hit.place) and not source.index_step(SEARCH_SLICE_S):
                    await asyncio.sleep(0)
                end = "below; this is the first one" if forward else "above; this is the last one"
                self._told = "" if start is not None else f"no more {what} {end}"
                self._put_cursor(source.row_of(hit.place), centre=True)
                return
        self._told = f"no {what} in this log"
        self._lay_out()

    async def _run(self, search: Search, what: str) -> Hit | None:
        said = time.monotonic()
        while not search.step(SEARCH_SLICE_S):
            if time.monotonic() - said > SAY_EACH_S:
                self._told = f"searching {what}: {search.progress:.0%}, escape stops"
                self._say()
                said = time.monotonic()
            await asyncio.sleep(0)
        return search.hit
