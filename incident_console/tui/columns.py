"""Two logs beside each other, line by line, with a cursor on a row. Below 70 columns: one above the other.

What a row is stands between the sides as a glyph: `≠` they differ, `≈` in figures only, `<` and `>` on that side only,
`┆` not compared. The cursor is `▸`; `‹` and `›` say that a line goes on to the left and to the right.
"""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from incident_console.tail.comparing.sidebyside import Kind, Lines, SideBySide
from incident_console.tui.log.text import plain

GLYPHS: dict[Kind, str] = {"same": " ", "figures": "≈", "differs": "≠", "left": "<", "right": ">", "beyond": "┆"}
LEGEND = "≠ differ · ≈ in figures only · < > on one side only · ┆ not compared"
NARROW = 70
"""Columns below which the sides stand one above the other."""
NUMBERED = 120
"""Columns from which on there is room for line numbers."""
ABOVE = 3
"""Rows that are shown above a difference that was gone to."""
SIDEWAYS = 8
DRAWN = 1 << 16
"""Bytes of a line that are drawn at most."""


def _key(keys: str, action: str, word: str, name: str, told: str, show: str | None = None) -> Binding:
    return Binding(keys, action, word, id=f"contrast.{name}", tooltip=told, show=show is not None, key_display=show)


class Columns(Widget, can_focus=True):
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"columns--{name}" for name in ("like", "differs", "mark", "cursor", "number")
    }
    DEFAULT_CSS = """
    Columns {
        & .columns--like { color: $foreground-muted; }
        & .columns--differs { color: $text; }
        & .columns--mark { color: $text-warning; text-style: bold; }
        & .columns--cursor { background: $surface-lighten-1; }
        & .columns--number { color: $text-disabled; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("right_square_bracket", "difference(1)", "next difference", "next", "The next difference", "]"),
        _key("left_square_bracket", "difference(-1)", "before", "previous", "The difference before", "["),
        _key("up,k", "move(-1)", "up", "up", "One row up"),
        _key("down,j", "move(1)", "down", "down", "One row down"),
        _key("pageup", "page(-1)", "page up", "page-up", "One screen up"),
        _key("pagedown", "page(1)", "page down", "page-down", "One screen down"),
        _key("home,g", "edge(False)", "first line", "first", "The first line"),
        _key("end,G", "edge(True)", "last line", "last", "The last line"),
        _key("left", "sideways(-1)", "left", "left", "Show what is further left, of both"),
        _key("right", "sideways(1)", "right", "right", "Show what is further right, of both", "→"),
    ]
    cursor: reactive[int] = reactive(0)
    left: reactive[int] = reactive(0)
    """Columns that are scrolled out on the left, of both sides."""

    class Moved(Message):
        """The cursor stands elsewhere."""

    def __init__(self, laid: SideBySide, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._laid = laid
        self._top = 0
        self._digits = len(str(max(len(laid.left), len(laid.right), 1)))
        self.set_reactive(Columns.cursor, laid.first or 0)

    # -- where one is --------------------------------------------------------------------------------------------

    @property
    def told(self) -> str:
        """Where the cursor is, in words."""
        laid = self._laid
        if not laid.rows:
            return "both are empty"
        before = [number for number, row in enumerate(laid.differences, 1) if row <= self.cursor]
        at = f"row {self.cursor + 1:,} of {laid.rows:,}"
        count = len(laid.differences)
        return f"{at} · difference {before[-1] if before else 0:,} of {count:,}" if count else f"{at} · no difference"

    def watch_cursor(self) -> None:
        self._keep_in_view()
        self.post_message(self.Moved())

    def validate_cursor(self, row: int) -> int:
        return max(0, min(row, self._laid.rows - 1))

    def validate_left(self, columns: int) -> int:
        return max(0, min(columns, DRAWN))

    def on_resize(self) -> None:
        self._keep_in_view(first=True)

    @property
    def _beside(self) -> bool:
        return self.size.width >= NARROW

    @property
    def _page(self) -> int:
        """Rows that are in view at once."""
        return max(1, self.size.height if self._beside else (self.size.height - 1) // 2)

    def _keep_in_view(self, *, first: bool = False) -> None:
        """`first`: with what comes before it, as when a difference was gone to."""
        if first:
            self._top = self.cursor - min(ABOVE, self._page // 3)
        elif self.cursor < self._top:
            self._top = self.cursor
        elif self.cursor >= self._top + self._page:
            self._top = self.cursor - self._page + 1
        self._top = max(0, min(self._top, self._laid.rows - self._page))
        self.refresh()

    # -- moving --------------------------------------------------------------------------------------------------

    def action_difference(self, step: int) -> None:
        rows = self._laid.differences
        further = [row for row in rows if (row > self.cursor if step > 0 else row < self.cursor)]
        if further:
            self.cursor = further[0] if step > 0 else further[-1]
            self._keep_in_view(first=True)

    def action_move(self, by: int) -> None:
        self.cursor += by

    def action_page(self, by: int) -> None:
        self.cursor += by * max(1, self._page - 1)

    def action_edge(self, last: bool) -> None:
        self.cursor = self._laid.rows - 1 if last else 0

    def action_sideways(self, by: int) -> None:
        self.left += by * SIDEWAYS

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.cursor += 3
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.cursor -= 3
        event.stop()

    def on_click(self, event: events.Click) -> None:
        row = event.y if self._beside or event.y <= self._page else event.y - self._page - 1
        self.cursor = self._top + min(row, self._page - 1)

    # -- drawing -------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width, page = self.size.width, self._page
        below = not self._beside and y > page
        index = self._top + (y - page - 1 if below else y)
        if not self._beside and y == page:
            return Strip([Segment("─" * width, self.rich_style + self._style("number"))])
        if index >= min(self._laid.rows, self._top + page):
            return Strip.blank(width, self.rich_style)
        row, at = self._laid.row(index), index == self.cursor
        look = self.rich_style + self._style("like" if row.kind in ("same", "figures", "beyond") else "differs")
        if at:
            look += self._style("cursor")
        pointer, glyph = Segment("▸" if at else " ", look), Segment(f" {GLYPHS[row.kind]} ", look + self._style("mark"))
        room = width - 4
        if not self._beside:
            number, lines = (row.right, self._laid.right) if below else (row.left, self._laid.left)
            return Strip([pointer, glyph, *self._side(number, lines, room, look)])
        left = self._side(row.left, self._laid.left, room // 2, look)
        return Strip([pointer, *left, glyph, *self._side(row.right, self._laid.right, room - room // 2, look)])

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"columns--{name}", partial=True)

    def _side(self, number: int | None, lines: Lines, width: int, look: Style) -> list[Segment]:
        """One side's cell of exactly `width` columns."""
        gutter = ""
        if self.size.width >= NUMBERED:
            gutter = f"{number + 1 if number is not None else '':>{self._digits}} "
        room = max(0, width - len(gutter))
        text = plain(lines[number][:DRAWN]) if number is not None else ""
        strip = Strip([Segment(text, look)])
        shown = strip.crop(self.left, self.left + room).adjust_cell_length(room, look)
        if room > 1 and cell_len(text) - self.left > room:
            shown = Strip([*shown.crop(0, room - 1), Segment("›", look)])
        if room > 1 and self.left and text:
            shown = Strip([Segment("‹", look), *shown.crop(1, room)])
        return [Segment(gutter, look + self._style("number")), *shown]
