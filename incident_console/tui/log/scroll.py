"""The open log on the screen: follows it, scrolls through it at any size, shows where one is in it.

Lines are read from the disk when they are drawn; the widget keeps places (generation and byte), a few hundred drawn
strips, and nothing of the text.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from incident_console.tail.logfile import LogFile
from incident_console.tail.source import Line, Place, Source, TextSource
from incident_console.tui.log import rows as logrows
from incident_console.tui.log.select import rows_between
from incident_console.tui.words import safe, size

INDEX_AFTER_S = 0.2
INDEX_SLICE_S = 0.006
SAY_EACH_S = 0.1
STRIPS_KEPT = 600


class LogScroll(ScrollView):
    """A log with a cursor, a selection and what was found in it; `LogView` adds the keys and the mouse."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"logview--{name}" for name in ("number", "error", "mark", "notice", "cursor", "selected", "hit")
    }
    DEFAULT_CSS = """
    LogScroll {
        border: round $surface-lighten-2;
        overflow-x: hidden;
        overflow-y: scroll;
        & .logview--number { color: $text-disabled; }
        & .logview--error { color: $text-error; text-style: bold; }
        & .logview--mark { color: $text-warning; text-style: italic; }
        & .logview--notice { color: $foreground-muted; }
        & .logview--cursor { background: $surface-lighten-1; }
        & .logview--selected { background: $primary-muted; }
        & .logview--hit { text-style: reverse; }
    }
    """
    following: reactive[bool] = reactive(True, init=False)
    """Whether the last line stays in view as lines are written."""
    left: reactive[int] = reactive(0, init=False)
    """Columns that are scrolled out on the left."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._source: Source | None = None
        self._label = ""
        self._top = self._cursor = Place(0, 0)
        self._anchor: Place | None = None
        """Where the selection began that ends at the cursor."""
        self._seen = Place(0, 0)
        """The last line there was when following stopped: what comes after it is new."""
        self._hits: re.Pattern[str] | None = None
        """What is drawn as found."""
        self._told = ""
        """What stands first in the line at the bottom."""
        self._styles: logrows.Styles | None = None
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(STRIPS_KEPT)
        self._laying_out = self._counting = False
        self._going_home = False
        """The first line was asked for before it was known."""

    # -- what is shown -------------------------------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        """Nothing was opened yet."""
        return self._source is None

    @property
    def source(self) -> Source | None:
        return self._source

    @property
    def path(self) -> Path | None:
        return self._source.path if isinstance(self._source, LogFile) else None

    def show(self, path: Path, label: str | None = None) -> None:
        """Open a file, which need not exist yet, at its end, and follow it."""
        if self.path != path:
            self._open(LogFile(path), follow=True)
        self._label = label or str(path)
        self.refresh_from_disk()

    def show_text(self, title: str, data: bytes) -> None:
        """Show text that is in memory, from its beginning."""
        self._label = title
        self._open(TextSource(title, data), follow=False)

    def changed(self, paths: Iterable[Path]) -> None:
        """These files changed (absolute paths): look again if the open one is among them."""
        if self.path is not None and Path(os.path.abspath(self.path)) in paths:  # noqa: PTH100
            self.refresh_from_disk()

    def refresh_from_disk(self) -> None:
        """Look at the open file again: when it changed, at most some 30 times a second."""
        source = self._source
        if not isinstance(source, LogFile):
            return
        change = source.poll()
        if change.kind not in ("same", "grew"):
            self._strips.clear()
        self._lay_out()
        if change.more:
            self.call_later(self.refresh_from_disk)
        self._count_lines()

    def _open(self, source: Source, *, follow: bool) -> None:
        if self._source is not None:
            self._source.close()
        self._source = source
        self._top = self._cursor = self._seen = Place(0, 0)
        self._anchor, self._told = None, ""
        self._strips.clear()
        self.left = 0
        self.following = follow
        self._lay_out()
        self._count_lines()

    def on_unmount(self) -> None:
        if self._source is not None:
            self._source.close()

    def _count_lines(self) -> None:
        if self._source is not None and self._source.progress < 1 and not self._counting:
            self._counting = True
            self.run_worker(self._index(), group="log-index")

    async def _index(self) -> None:
        """Number the lines in slices, so that keys are answered between them, once the end has been painted."""
        await asyncio.sleep(INDEX_AFTER_S)
        said = time.monotonic()
        while self._source is not None and not self._source.index_step(INDEX_SLICE_S):
            if time.monotonic() - said > SAY_EACH_S:
                self._lay_out()
                said = time.monotonic()
            await asyncio.sleep(INDEX_SLICE_S)
        self._counting = False
        if self._going_home:
            self._put_cursor(0)
        self._lay_out()

    # -- rows and places -----------------------------------------------------------------------------------------

    @property
    def _rows(self) -> int:
        return self._source.row_count if self._source is not None else 0

    @property
    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height)

    @property
    def cursor_row(self) -> int:
        return self._source.row_of(self._cursor) if self._source is not None else 0

    def _place(self, row: int) -> Place:
        place = self._source.place(max(0, min(row, self._rows - 1))) if self._source is not None else None
        return place or Place(0, 0)

    def _lay_out(self) -> None:
        """The text grew, or rows moved: keep what is looked at where it is."""
        if self._source is None:
            return
        rows = self._rows
        self._laying_out = True
        self.virtual_size = Size(self.scrollable_content_region.width, rows)
        if self.following:
            self._cursor = self._place(rows - 1)
            top = max(0, rows - self._page)
        else:
            top = self._source.row_of(self._top)
        self.scroll_to(y=top, animate=False, force=True, immediate=True)
        self._top = self._place(self.scroll_offset.y)
        self._laying_out = False
        self._say()
        self.refresh()

    def _pause(self) -> None:
        if self.following:
            self._seen = self._place(self._rows - 1)
            self.following = False

    def _put_cursor(self, row: int, *, centre: bool = False) -> None:
        if self._source is None or not self._rows:
            return
        row = max(0, min(row, self._rows - 1))
        self._going_home = False
        self._cursor = self._place(row)
        top = self.scroll_offset.y
        if not top <= row < top + self._page:
            bottom = row - self._page + 1
            top = row - self._page // 2 if centre else row if row < top else bottom
        self._top = self._place(max(0, top))
        self._lay_out()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._laying_out or self._source is None or round(old_value) == round(new_value):
            return
        # The wheel or the scroll bar: the cursor stays on the screen, so that what is pinned is what is seen. Who
        # scrolls up is no longer at the end; a pane that is shown at last, or grew, goes up as far as to the end.
        if new_value < old_value and round(new_value) < self.max_scroll_y:
            self._pause()
        self._top = self._place(round(new_value))
        if self._anchor is None and not self.following:
            row = self.cursor_row
            self._cursor = self._place(max(round(new_value), min(row, round(new_value) + self._page - 1)))
        self._say()

    def on_resize(self) -> None:
        self._strips.clear()
        self._lay_out()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = None
        self._strips.clear()

    def watch_left(self) -> None:
        self.refresh()

    # -- drawing -------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if self._styles is None:
            self._styles = logrows.Styles(
                self.rich_style,
                *(
                    self.get_component_rich_style(f"logview--{name}", partial=True)
                    for name in ("number", "error", "mark", "notice", "cursor", "selected", "hit")
                ),
            )
        row, rows, source = self.scroll_offset.y + y, self._rows, self._source
        if source is None or row >= rows:
            text = "No log is open." if source is None else source.notice
            return logrows.notice(safe(text) if text and y == 0 else "", width, self._styles)
        first, last = rows_between(source, self._cursor, self._anchor)
        in_selection = self._anchor is not None and first <= row <= last
        digits = max(4, len(str(rows)))
        look = logrows.Look(width, self.left, digits, row == self.cursor_row, in_selection, self._hits)
        entry = source.row(row)
        key = (entry.place, entry.text, isinstance(entry, Line) and (entry.number, entry.end), look)
        if (strip := self._strips.get(key)) is None:
            strip = self._strips[key] = logrows.draw(entry, look, self._styles)
        return strip

    def _say(self) -> None:
        """The line at the bottom: where we are, and whether what is written now is shown."""
        source = self._source
        if source is None:
            return
        self.border_title = Content(safe(self._label, 200))
        # What matters most stands first: a narrow pane cuts the rest.
        parts = [self._told] if self._told else []
        if self.following:
            parts.append("following")
        elif isinstance(source, LogFile):
            new = self._rows - 1 - source.row_of(self._seen)
            parts.append(f"paused, {new} new line{'' if new == 1 else 's'} · f follows" if new > 0 else "paused")
        if self._rows and source.notice:
            parts.append(source.notice)
        if self._anchor is not None:
            first, last = rows_between(source, self._cursor, self._anchor)
            parts.append(f"{last - first + 1} lines selected")
        elif source.progress < 1:
            parts.append(f"counting lines {source.progress:.0%}")
        elif self._rows:
            parts.append(f"line {self.cursor_row + 1} of {self._rows}")
        parts.append(size(source.size))
        self.border_subtitle = Content(safe(" · ".join(parts)))
