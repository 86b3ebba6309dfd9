"""The open log on the screen: follows it, scrolls through it at any size, shows where one is in it.

The widget keeps places (generation and byte) and nothing of the text but what is on the screen: a place does not move
when rows do.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from incident_console.tail.logfile import LogFile
from incident_console.tail.source import Place, Source, TextSource
from incident_console.tui import livekeys
from incident_console.tui.after import after
from incident_console.tui.log import wrap
from incident_console.tui.log.gauges import Gauges
from incident_console.tui.log.paint import LogPaint
from incident_console.tui.log.scrollbar import MarkedBar
from incident_console.tui.log.select import rows_between
from incident_console.tui.log.status import Borders, Standing, subtitle, title

SEEKING = "log-seek"
"""The group of workers that look for something which the operator asked for."""
INDEX_AFTER_S = 0.2
INDEX_SLICE_S = 0.006
SAY_EACH_S = 0.1
FLOOD_EACH_S = 0.05


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Where a reader is in a log: enough to come back to it."""

    cursor: Place
    following: bool
    filter: str


class LogScroll(LogPaint):
    """A log with a cursor, a selection and what was found in it; what is built on it adds the keys and the mouse."""

    following: reactive[bool] = reactive(True, init=False)
    """Whether the last line stays in view as lines are written."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._label = ""
        self._seen = Place(0, 0)
        """The last line there was when following stopped: what comes after it is new."""
        self._told = ""
        """What stands first in the line at the bottom."""
        self._busy_until = 0.0
        """More than a page came at once: until then keys come first."""
        self._later: asyncio.TimerHandle | None = None
        self._laying_out = self._counting = False
        self._going_home = False
        """The first line was asked for before it was known."""
        self._borders = Borders(self, SAY_EACH_S)
        self._gauges = Gauges(self)
        self.kept: Source | None = None
        """It is not closed when another one is opened: its owner brings it back."""

    # -- what is shown -------------------------------------------------------------------------------------------

    @property
    def standing(self) -> Standpoint:
        """Where the reader is in what is open."""
        return Standpoint(self._cursor, self.following, self.filter)

    @property
    def filter(self) -> str:
        """What lines are filtered by; empty where all are shown."""
        return ""

    @property
    def is_empty(self) -> bool:
        """Nothing was opened yet."""
        return self._source is None

    @property
    def source(self) -> Source | None:
        """What is on the screen."""
        return self._source

    @property
    def whole_source(self) -> Source | None:
        """What is open, without the filter that may stand between it and the screen."""
        return self._source

    @property
    def path(self) -> Path | None:
        """The file that is open; None where it is none, or several."""
        path = getattr(self.whole_source, "path", None)
        return path if isinstance(path, Path) else None

    def open(self, source: Source, label: str, *, follow: bool | None = None) -> None:
        """Show a source, which is closed when another is opened; at its end and following where it is live."""
        self._label = label
        self._open(source, follow=source.live if follow is None else follow)
        self._look_at_source()

    def show(self, path: Path, label: str | None = None) -> None:
        """Open a file, which need not exist yet, at its end, and follow it."""
        if self.path != path:
            self.open(LogFile(path), label or str(path))
        else:
            self._label = label or str(path)
            self.refresh_from_disk()

    def show_text(self, title: str, data: bytes) -> None:
        """Show text that is in memory, from its beginning."""
        self.open(TextSource(title, data), title)

    def changed(self, paths: Iterable[Path]) -> None:
        """These files changed (absolute paths): look again if the open one is among them."""
        source = self.whole_source
        if source is None or not source.live:
            return
        if self.path is not None and Path(os.path.abspath(self.path)) not in paths:  # noqa: PTH100
            return
        wait = self._busy_until - time.monotonic()
        if wait <= 0:
            self.refresh_from_disk()
        elif self._later is None:
            self._later = after(self, wait, self._look_late)

    def _look_late(self) -> None:
        self._later = None
        self.refresh_from_disk()

    def refresh_from_disk(self) -> None:
        """Look at the open source again: when it changed, at most some 30 times a second."""
        if self._source is not None and self._source.live:
            self._look_at_source()

    def _look_at_source(self) -> None:
        source = self._source
        if source is None:
            return
        last, rows = self._place(self._rows - 1), self._rows
        change = source.poll()
        if change.kind not in ("same", "grew"):
            self._forget()
        if change.kind != "appeared":
            came = self._rows - 1 - source.row_of(last) if rows else self._rows
            self._gauges.note(came)
            if came > self._page:
                self._busy_until = time.monotonic() + FLOOD_EACH_S
        self._lay_out(quietly=change.kind in ("same", "grew"))
        if change.more:
            self.call_later(self.refresh_from_disk)
        self._count_lines(INDEX_AFTER_S)

    def _open(self, source: Source, *, follow: bool) -> None:
        self._close()
        self._marked.clear()
        self._tag_width = 0
        self._top = self._cursor = self._seen = Place(0, 0)
        self._skip = 0
        self._anchor, self._told = None, ""
        self._show_source(source)
        self.left = 0
        self.following = follow
        self._lay_out()
        self._count_lines(INDEX_AFTER_S)

    def _show_source(self, source: Source) -> None:
        """Put it on the screen, where the cursor and the top are left as they are."""
        self._source = source
        self._forget()
        self._gauges.begin()

    def on_mount(self) -> None:
        bar = partial(MarkedBar, self._gauges.marks, lambda: self._look_up_styles().error)
        self.vertical_scrollbar.renderer = bar  # type: ignore[misc,assignment]

    def on_unmount(self) -> None:
        kept, self.kept = self.kept, None
        self._close()
        if kept is not None:
            kept.close()

    def _close(self) -> None:
        if self.whole_source is not None and self.whole_source is not self.kept:
            self.whole_source.close()

    def _count_lines(self, after_s: float) -> None:
        if self._source is not None and self._source.progress < 1 and not self._counting:
            self._counting = True
            self.run_worker(self._index(after_s), group="log-index")
        else:
            self._gauges.look()

    @property
    def is_seeking(self) -> bool:
        """Somebody waits for a search: what is done behind the screen can wait."""
        return any(worker.group == SEEKING and worker.node is self for worker in self.workers if worker.is_running)

    async def _index(self, after_s: float) -> None:
        """Number the lines in slices, so that keys are answered between them, once the end has been painted."""
        await asyncio.sleep(after_s)
        said = time.monotonic()
        while self._source is not None and (self.is_seeking or not self._source.index_step(INDEX_SLICE_S)):
            if time.monotonic() - said > SAY_EACH_S:
                self._lay_out()
                said = time.monotonic()
            await asyncio.sleep(INDEX_SLICE_S)
        self._counting = False
        if self._going_home:
            self._put_cursor(0)
        self._lay_out()
        self._gauges.look()

    # -- rows and places -----------------------------------------------------------------------------------------

    def _last_page(self, rows: int) -> wrap.Top:
        if not self.wrapped:
            return max(0, rows - self._page), 0
        return wrap.top_of_last_page(rows, self._page, self._height)

    def _lay_out(self, *, quietly: bool = False) -> None:
        """The text grew, or rows moved: keep what is looked at where it is. `quietly`: the borders can wait."""
        source = self._source
        if source is None:
            return
        rows = self._rows
        self._entries.settle(source)
        self._learn_tags(source, rows - self._page if self.following else source.row_of(self._top), rows)
        last = self._last_page(rows)
        if self.following:
            self._cursor = self._place(rows - 1)
            top = last
        else:
            top = min((source.row_of(self._top), self._skip), last)
        self._laying_out = True
        self._set_height(last[0] + self._page)
        self.scroll_to(y=top[0], animate=False, force=True, immediate=True)
        self._laying_out = False
        self._top, self._skip = self._place(top[0]), top[1]
        self._paint()
        self._say(quietly=quietly)

    def _set_height(self, rows: int) -> None:
        """As setting `virtual_size`, but nothing else on the screen is laid out anew because a log grew."""
        if rows != self.virtual_size.height:
            self.set_reactive(Widget.virtual_size, Size(self.scrollable_content_region.width, rows))
            self.vertical_scrollbar.window_virtual_size = rows

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
        top = (self._source.row_of(self._top), self._skip)
        if row < top[0] or (row, 0) < top:
            top = (row - self._page // 2, 0) if centre else (row, 0)
        elif row > top[0] + self._page or top < (lowest := wrap.top_above(row, self._page, self._height)):
            lowest = wrap.top_above(row, self._page, self._height)
            top = (row - self._page // 2, 0) if centre else min(lowest, (row, 0))
        self._top, self._skip = self._place(max(0, top[0])), top[1]
        self._lay_out()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        # What is shown is painted by `_paint`: ScrollView's own way paints everything, borders and all.
        self.vertical_scrollbar.position = new_value
        if self._laying_out or self._source is None or round(old_value) == round(new_value):
            return
        # The wheel or the scroll bar: the cursor stays on the screen, so that what is pinned is what is seen. Who
        # scrolls up is no longer at the end; a pane that is shown at last, or grew, goes up as far as to the end.
        row, last = round(new_value), self._last_page(self._rows)
        if new_value < old_value and row < self.max_scroll_y:
            self._pause()
        self._top, self._skip = self._place(row), last[1] if row == last[0] else 0
        self._paint()
        if self._anchor is None and not self.following:
            shown = [line for line, _ in self._shown] or [0]
            at = max(shown[0], min(self.cursor_row, shown[-1]))
            if at != self.cursor_row:
                self._cursor = self._place(at)
                self._paint()
        self._say(quietly=True)

    def on_resize(self) -> None:
        self._strips.clear()
        self._lay_out()

    def watch_left(self) -> None:
        self._paint()

    def watch_wrapped(self) -> None:
        self._skip = 0
        self._lay_out()
        if not self.following:
            self._put_cursor(self.cursor_row)

    def watch_colours(self) -> None:
        self._lay_out()

    def watch_whole(self) -> None:
        self._lay_out()

    # -- what the borders say ------------------------------------------------------------------------------------

    def _say(self, *, quietly: bool = False) -> None:
        """The lines at the top and the bottom: what it is, where we are, whether what is written now is shown."""
        if self._source is not None:
            self._borders.say(self._standing, quietly=quietly)

    def say_quietly(self) -> None:
        """Say it anew, in a moment if something was said just now."""
        self._say(quietly=True)

    def _standing(self) -> tuple[str, str]:
        source = self._source
        if source is None:
            return "", ""
        first, last = rows_between(source, self._cursor, self._anchor)
        standing = Standing(
            told=self._told,
            following=self.following,
            live=source.live,
            new=max(0, self._rows - 1 - source.row_of(self._seen)),
            notice=source.notice if self._rows else None,
            partial=source.partial,
            filtered=self._filtered_told(),
            selected=last - first + 1 if self._anchor is not None else 0,
            row=self.cursor_row + 1,
            rows=self._rows,
            progress=source.progress,
            size=source.size,
            follows=livekeys.key(self.app, "log.follow"),
        )
        return title(self._label, self._gauges.rate(), self.size.width), subtitle(standing)

    def _filtered_told(self) -> str:
        return ""
