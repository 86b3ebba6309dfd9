"""What of a log is on the screen, and how is it painted: the page, its rows, what they look like?

Only rows that are not as they were are painted again. A finished line is read once, a row is drawn once as long as it
looks the same: what a look at the disk costs does not grow with the log.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len
from textual.cache import LRUCache
from textual.geometry import Region
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from incident_console.tail.source import Line, Mark, Place, Source
from incident_console.tui.log import rows as logrows
from incident_console.tui.log import wrap
from incident_console.tui.log.entries import Entries
from incident_console.tui.log.select import rows_between
from incident_console.tui.words import safe

STRIPS_KEPT = 1000
TAG_WIDTH = 18
NUMBER_WIDTH = 4
_NOTHING = (False, False, False)


class LogPaint(ScrollView):
    """A page of a source: where it begins, its cursor, its selection, and how its lines look."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"logview--{name}" for name in logrows.STYLED}
    DEFAULT_CSS = """
    LogPaint {
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
        & .logview--tag-0 { color: $text-primary; }
        & .logview--tag-1 { color: $text-accent; }
        & .logview--tag-2 { color: $text-success; }
        & .logview--tag-3 { color: $text-secondary; }
        & .logview--tag-4 { color: $foreground-muted; }
    }
    """
    left: reactive[int] = reactive(0, init=False)
    """Columns that are scrolled out on the left."""
    wrapped: reactive[bool] = reactive(False, init=False)
    """Long lines go on below themselves."""
    colours: reactive[bool] = reactive(True, init=False)
    """The colours that a log asks for are shown."""
    whole: reactive[bool] = reactive(False, init=False)
    """Of progress bars every state is shown, not the last one alone."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._source: Source | None = None
        self._top = self._cursor = Place(0, 0)
        self._skip = 0
        """Rows of the screen that the top line has above the screen, where it is wrapped."""
        self._anchor: Place | None = None
        """Where the selection began that ends at the cursor."""
        self._marked: set[Place] = set()
        self._hits: re.Pattern[str] | None = None
        """What is drawn as found."""
        self._styles: logrows.Styles | None = None
        self._strips: LRUCache[tuple[Line | Mark | str, logrows.Look | int], tuple[Strip, ...]] = LRUCache(STRIPS_KEPT)
        self._entries = Entries()
        self._lines: list[Strip] | None = None
        """What is on the screen; None: it is to be drawn anew."""
        self._shown: list[wrap.Top] = []
        """Which row of the log, and which piece of its line, is on each row of the screen."""
        self._tag_width = 0

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

    @property
    def _height(self) -> wrap.Height:
        source = self._source
        if not self.wrapped or source is None:
            return lambda row: 1
        look = self._common_look()
        return lambda row: len(self._drawn(source, row, look))

    def _learn_tags(self, source: Source, top: int, rows: int) -> None:
        """The column of the files' names is as wide as the longest one that was on the screen so far."""
        if source.parts:
            return
        for row in range(max(0, top), min(top + self._page, rows)):
            tag = getattr(self._entries.row(source, row), "tag", "")
            most = min(TAG_WIDTH, self.scrollable_content_region.width // 5)
            self._tag_width = max(self._tag_width, min(most, cell_len(tag) + 1) if tag else 0)

    def _forget(self) -> None:
        """What was drawn stands for other text now."""
        self._strips.clear()
        self._entries.clear()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = None
        self._strips.clear()
        self._lines = None

    # -- drawing -------------------------------------------------------------------------------------------------

    def _paint(self) -> None:
        """Draw the page, and have those of its rows painted that are not as they were."""
        before = self._lines
        self._lines = now = self._draw_page()
        width, page = self.scrollable_content_region.width, len(now)
        if before is None or len(before) != page:
            self.refresh()
            return
        changed = [y for y in range(page) if now[y] is not before[y]]
        if len(changed) > page // 2:
            self.refresh(Region(0, 0, width, page))
        elif changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def _draw_page(self) -> list[Strip]:
        width, source, rows = self.scrollable_content_region.width, self._source, self._rows
        styles = self._look_up_styles()
        self._shown = []
        lines: list[Strip] = []
        if source is None or not rows:
            text = "No log is open: choose one in the list of logs." if source is None else source.notice
            lines.append(self._notice(safe(text or ""), width, styles))
        else:
            look, height = self._common_look(), self._height
            top = (min(source.row_of(self._top), rows - 1), self._skip)
            self._shown = wrap.fill(top, rows, self._page, height)
            special = self._special_rows(source)
            for row, piece in self._shown:
                cursor, selected, marked = special.get(row, _NOTHING)
                own = replace(look, cursor=cursor, selected=selected, marked=marked) if row in special else look
                pieces = self._drawn(source, row, own)
                lines.append(pieces[min(piece, len(pieces) - 1)])
        return lines + [self._notice("", width, styles)] * (self._page - len(lines))

    def _special_rows(self, source: Source) -> dict[int, tuple[bool, bool, bool]]:
        """Rows on the screen with the cursor, in the selection, with a mark: whether each of these."""
        first, last = rows_between(source, self._cursor, self._anchor)
        marked = {source.row_of(place) for place in self._marked}
        cursor = self.cursor_row
        chosen = {row for row, _ in self._shown if first <= row <= last} if self._anchor is not None else set()
        return {row: (row == cursor, row in chosen, row in marked) for row in {cursor, *chosen, *marked}}

    def _common_look(self) -> logrows.Look:
        """What all rows have in common."""
        return logrows.Look(
            self.scrollable_content_region.width,
            0 if self.wrapped else self.left,
            self._tag_width or max(NUMBER_WIDTH, len(str(self._rows))),
            self.wrapped,
            self.colours,
            self.whole,
            self._hits,
        )

    def _drawn(self, source: Source, row: int, look: logrows.Look) -> tuple[Strip, ...]:
        """The row's strips: one, or several where it is wrapped."""
        entry = self._entries.row(source, row)
        if (strips := self._strips.get((entry, look))) is None:
            strips = self._strips[entry, look] = logrows.draw(entry, look, self._look_up_styles())
        return strips

    def _notice(self, text: str, width: int, styles: logrows.Styles) -> Strip:
        key = (text, width)
        if (strips := self._strips.get(key)) is None:
            strips = self._strips[key] = (logrows.notice(text, width, styles),)
        return strips[0]

    def _look_up_styles(self) -> logrows.Styles:
        if self._styles is None:
            self._styles = logrows.styles(
                self.rich_style,
                lambda name: self.get_component_rich_style(f"logview--{name}", partial=True),
                self.app.ansi_theme,
            )
        return self._styles

    def render_line(self, y: int) -> Strip:
        if self._lines is None or len(self._lines) != self._page:
            self._lines = self._draw_page()
        if y >= len(self._lines):
            return Strip.blank(self.scrollable_content_region.width, self._look_up_styles().base)
        return self._lines[y]
