"""Going to what is looked for in a log: a text, an error, a time, a line, a mark.

All looking is done in slices, so that the screen stays alive and Escape ends it.
"""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.widget import Widget

from incident_console.errors import InputError
from incident_console.tail.finding.search import Finder, Search, error_finder, finder, matcher
from incident_console.tail.source import ALONE, Line, Place, Source
from incident_console.tui import livekeys
from incident_console.tui.log.bar import Asked, LogBar, SearchBar
from incident_console.tui.log.rows import SIGNS, found_in
from incident_console.tui.log.scroll import SAY_EACH_S, SEEKING, LogScroll
from incident_console.tui.log.text import line_runs

SEARCH_SLICE_S = 0.008
ERRORS = "errors"


def key(keys: str, action: str, told: str, name: str, tooltip: str, show: str | None = None) -> Binding:
    """A key of the log part; `show`: it stands in the footer, written so."""
    return Binding(keys, action, told, id=f"log.{name}", tooltip=tooltip, show=show is not None, key_display=show)


def _said(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


class LogSeeking(LogScroll):
    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "search", "search", "search", "Search this log", "/"),
        key("e", "errors(True)", "errors", "next-error", "The next line that states a failure", "e"),
        key("E", "errors(False)", "error before", "previous-error", "The line before that states a failure"),
        key("greater_than_sign", "hit(True)", "next hit", "next-hit", "The next line that was searched for"),
        key("less_than_sign", "hit(False)", "hit before", "previous-hit", "The line before that was searched for"),
        key("t", "time", "time", "time", "Go to a time: 13:58, 13:58:02, 2026-11-22 13:58, -10m"),
        key("colon", "line", "line", "line", "Go to a line by its number, or to a part of the log: 1200, 50%"),
        key("m", "bookmark", "mark", "bookmark", "Mark this line, or take its mark away"),
        key("right_square_bracket", "bookmarked(True)", "next mark", "next-mark", "The next marked line"),
        key("left_square_bracket", "bookmarked(False)", "mark before", "previous-mark", "The marked line before"),
    ]

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._pattern, self._regex = "", False

    def _show_source(self, source: Source) -> None:
        self.stop_seeking()
        super()._show_source(source)

    @property
    def _stops(self) -> str:
        return livekeys.key(self.app, "log.clear")

    def stop_seeking(self) -> None:
        self.workers.cancel_group(self, SEEKING)

    def tell(self, text: str) -> None:
        """Say it first in the line at the bottom."""
        self._told = text
        self._say()

    def ask(self, bar: LogBar) -> None:
        """Open a line below the log."""
        if self._source is not None and isinstance(self.parent, Widget):
            for other in self.parent.query(LogBar):
                other.remove()
            self.parent.mount(bar, after=self)
            bar.focus()

    # -- texts and errors ----------------------------------------------------------------------------------------

    def action_search(self) -> None:
        self.ask(SearchBar(self._pattern, self._regex, self._search_asked, self.focus))

    def _search_asked(self, text: str, regex: bool) -> bool:
        return self.search(text, regex=regex)

    def action_hit(self, forward: bool) -> None:
        if self._pattern:
            self.search(self._pattern, regex=self._regex, forward=forward)
        else:
            self.action_search()

    def action_errors(self, forward: bool) -> None:
        self._seek(error_finder(), ERRORS, forward)

    def search(self, pattern: str, *, regex: bool = False, forward: bool = True) -> bool:
        """Put the cursor on the next line that holds the pattern; from the other end when there is none.

        False, and it is told, when the expression is not valid.
        """
        try:
            find, compiled = finder(pattern, regex=regex), matcher(pattern, regex=regex)
            self._hits = re.compile(pattern if regex else re.escape(pattern), compiled.flags & re.IGNORECASE)
        except (InputError, re.error) as fault:
            self.tell(str(fault))
            return False
        self._pattern, self._regex = pattern, regex
        self._seek(find, f"“{pattern}”", forward)
        return True

    def _seek(self, find: Finder, what: str, forward: bool) -> None:
        if self._source is not None:
            self._pause()
            self.run_worker(self._seeking(self._source, find, what, forward), group=SEEKING, exclusive=True)

    async def _seeking(self, source: Source, find: Finder, what: str, forward: bool) -> None:
        if not source.parts:
            # Looked through row by row: which rows there are must be known first.
            await self._count_all(source, "finding the lines")
        for start in (self._cursor, None):
            search = Search(source, find, start, forward=forward)
            await self._run(search, what)
            if search.hit is not None:
                end = "below; this is the first one" if forward else "above; this is the last one"
                await self._go_to(source, search.hit.place, "" if start is not None else f"no more {what} {end}")
                if what != ERRORS:
                    self._show_hit(source)
                return
            if search.trouble is not None:
                self.tell(search.trouble)
                return
        self._told = f"no {what} in the part shown: {ALONE}" if source.partial else f"no {what} in this log"
        self._lay_out()

    async def _run(self, search: Search, what: str) -> None:
        said = time.monotonic()
        while not search.step(SEARCH_SLICE_S):
            if time.monotonic() - said > SAY_EACH_S:
                self.tell(f"searching {what}: {search.progress:.0%}, {self._stops} stops")
                said = time.monotonic()
            await asyncio.sleep(0)

    async def _count_all(self, source: Source, doing: str) -> None:
        said = time.monotonic()
        while not source.index_step(SEARCH_SLICE_S):
            if time.monotonic() - said > SAY_EACH_S:
                self.tell(f"{doing}: {source.progress:.0%}, {self._stops} stops")
                said = time.monotonic()
            await asyncio.sleep(0)

    def go_to(self, place: Place) -> None:
        """Put the cursor there, as soon as it is known in which row that is."""
        if self._source is not None:
            self._pause()
            self.run_worker(self._go_to(self._source, place, ""), group=SEEKING, exclusive=True)

    async def _go_to(self, source: Source, place: Place, told: str) -> None:
        """Put the cursor there, once it is known in which row that is."""
        while not source.knows(place) and not source.index_step(SEARCH_SLICE_S):
            await asyncio.sleep(0)
        self._told = told
        self._put_cursor(source.row_of(place), centre=True)

    def _show_hit(self, source: Source) -> None:
        """Scroll sideways as far as what was found in the line under the cursor is seen, and back where it can be."""
        line, look = source.row(self.cursor_row), self._common_look()
        if self.wrapped or self._hits is None or not isinstance(line, Line):
            return
        text = "".join(piece for piece, _ in line_runs(line, colours=self.colours, whole=self.whole))
        if not (found := next(iter(found_in(self._hits, text)), None)):
            return
        start, stop = cell_len(text[: found[0]]), cell_len(text[: found[1]])
        room = max(1, look.width - look.gutter - SIGNS - 1)
        if start < self.left or stop > self.left + room:
            self.left = 0 if stop <= room else max(0, start - room // 3)

    # -- times and lines -----------------------------------------------------------------------------------------

    def _ask_where(self, told: str, asked: Asked) -> None:
        self.ask(LogBar("", f"{told} · Enter goes there", asked, self.focus))

    def action_time(self) -> None:
        self._ask_where("time: 13:58 · 13:58:02 · 2026-11-22 13:58 · -10m", self.go_to_time)

    def go_to_time(self, text: str) -> bool:
        """Put the cursor on the first line written at that time or later; False, and it is told, if it is none."""
        # Read when they are wanted first: a log is on the screen sooner without them.
        from incident_console.tail.finding.seek import parse_time

        source = self._source
        if source is None:
            return False
        try:
            at = parse_time(text, time.time())
        except InputError as fault:
            self.tell(str(fault))
            return False
        self._pause()
        self.run_worker(self._seek_time(source, at), group=SEEKING, exclusive=True)
        return True

    async def _seek_time(self, source: Source, at: float) -> None:
        from incident_console.tail.finding.seek import TimeSeek

        seek = TimeSeek(source, at)
        while not seek.step(SEARCH_SLICE_S):
            await asyncio.sleep(0)
        when = _said(at)
        if seek.place is None:
            self.tell(f"no line of {when} or later" if seek.found_times else "no times in this log")
        else:
            told = f"from {when}"
            if seek.begins_at is not None and seek.begins_at >= at + 1:
                what = "the part shown" if source.partial else "this log"
                told = f"{what} begins at {_said(seek.begins_at)}, later than {when}"
            await self._go_to(source, seek.place, told)

    def action_line(self) -> None:
        self._ask_where("line: 1200 · 50%", self.go_to_line)

    def go_to_line(self, text: str) -> bool:
        """Put the cursor on the line of that number, or so far down; False, and it is told, if it is neither."""
        wanted = text.strip()
        digits = wanted.removesuffix("%")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
            self.tell(f"“{text}” is no line: give a number such as 1200, or a part such as 50%")
            return False
        if self._source is not None:
            self._pause()
            percent = wanted.endswith("%")
            self.run_worker(self._seek_line(int(digits), percent=percent), group=SEEKING, exclusive=True)
        return True

    async def _seek_line(self, number: int, *, percent: bool) -> None:
        """By its number in the file as it is now, whatever a filter hides."""
        shown, whole = self._source, self.whole_source
        if shown is None or whole is None:
            return
        await self._count_all(whole, "counting lines")
        first = whole.row_of(Place(parts[-1].generation, 0)) if (parts := whole.parts) else 0
        count = whole.row_count - first
        row = count * min(number, 100) // 100 if percent else number - 1
        told = f"there are {count} lines; this is the last" if not percent and number > count else ""
        if place := whole.place(first + max(0, min(row, count - 1))):
            await self._go_to(shown, place, told)

    # -- marks ---------------------------------------------------------------------------------------------------

    def action_bookmark(self) -> None:
        if self._source is not None and self._rows:
            self._pause()
            self._marked ^= {self._cursor}
            self._lay_out()

    def action_bookmarked(self, forward: bool) -> None:
        source = self._source
        if source is None:
            return
        rows = sorted({source.row_of(place) for place in self._marked if source.knows(place)})
        here = self.cursor_row
        beyond = [row for row in rows if (row > here if forward else row < here)]
        if not rows:
            self.tell(f"no line is marked: {livekeys.key(self.app, 'log.bookmark')} marks the one under the cursor")
            return
        end = "below; this is the first one" if forward else "above; this is the last one"
        self._pause()
        self._told = "" if beyond else f"no more marks {end}"
        self._put_cursor((beyond or rows)[0 if forward else -1], centre=True)
