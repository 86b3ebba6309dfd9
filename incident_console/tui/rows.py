"""A list of rows that is drawn again and again while somebody stands on one of them.

Rows are named by their ids. What changed is changed in place; only when rows come, go or move is the list laid anew,
and then the cursor stays on its row and the view where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual, VisualType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from incident_console.tui.hanging import Hanging

PADDING = 2
"""Columns that a list keeps free beside its rows."""


class Rows(OptionList):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "cursor_down", "down", id="rows.down", show=False, tooltip="A row down"),
        Binding("up,k", "cursor_up", "up", id="rows.up", show=False, tooltip="A row up"),
        Binding("pagedown", "page_down", "page down", id="rows.page-down", show=False, tooltip="A screen down"),
        Binding("pageup", "page_up", "page up", id="rows.page-up", show=False, tooltip="A screen up"),
        Binding("home,g", "first", "first", id="rows.first", show=False, tooltip="The first row"),
        Binding("end,G", "last", "last", id="rows.last", show=False, tooltip="The last row"),
    ]

    def enters(self) -> str | None:
        """What Enter does on the row under the cursor; empty: nothing. None: what the key is described as."""
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.why_not(action, parameters)

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """As `deadkeys.SaysWhyNot`."""
        return "this row opens nothing" if action == "select" and self.enters() == "" else ""

    def key_word(self, action: str) -> str | None:
        """For the foot of the screen, as `footer.SaysKeys`."""
        return self.enters() if action == "select" else None

    def watch_highlighted(self, highlighted: int | None) -> None:
        """The keys that matter depend on the row."""
        super().watch_highlighted(highlighted)
        self.refresh_bindings()

    @property
    def columns(self) -> int:
        """How wide a row's text may be before it is folded."""
        return max(30, self.scrollable_content_region.width - PADDING)

    @property
    def row(self) -> str | None:
        """The id of the row under the cursor."""
        return self.get_option_at_index(self.highlighted).id if self.highlighted is not None else None

    def _get_visual(self, option: Option) -> Visual:
        """As OptionList has it, which has no public name for it; what does not fit goes on below its own text."""
        if isinstance(visual := super()._get_visual(option), Content):
            visual = option._visual = Hanging(visual)
        return visual

    def _get_option_render(self, option: Option, style: Style) -> list[Strip]:
        """On the cursor's ground all text has the cursor's colour: others could not be read there."""
        strips = super()._get_option_render(option, style)
        if not self.has_focus or self.highlighted != self._option_to_index.get(option):
            return strips
        colour = RichStyle(color=style.rich_style.color, dim=False)
        return [
            Strip([Segment(text, (look or RichStyle.null()) + colour) for text, look, _ in strip], strip.cell_length)
            for strip in strips
        ]

    _foot = ""

    def foot(self, text: str) -> None:
        """What the lower border says: a border that is set to what it says already would be drawn again."""
        if text != self._foot:
            self._foot, self.border_subtitle = text, Content(text)

    _was: Size | None = None
    _top: tuple[str | None, int] = (None, 0)
    """The row at the top, and how many of its lines are above it."""

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._was == self.size:
            self._note_top()

    def _note_top(self) -> None:
        lines, top = self._lines, round(self.scroll_y)
        if 0 <= top < len(lines):
            index, _ = lines[top]
            self._top = (self.get_option_at_index(index).id, top - self._index_to_line[index])

    def on_resize(self) -> None:
        """The row at the top stays there, as far as the row under the cursor can be seen, too."""
        self.call_after_refresh(self._back_to_top)

    def _back_to_top(self) -> None:
        id, above = self._top
        if self._was is not None and id in self._id_to_option:
            index = self.get_option_index(id)
            if (line := self._index_to_line.get(index)) is not None:
                self.scroll_to(y=line + above, animate=False, force=True, immediate=True)
        self._was = self.size
        self.scroll_to_highlight()
        self._note_top()

    @property
    def _sees_cursor(self) -> bool:
        """Whether the row under the cursor is in view; who has scrolled away from it is left there."""
        line = self._index_to_line.get(self.highlighted) if self.highlighted is not None else None
        return line is None or 0 <= line - self.scroll_offset.y < self.scrollable_content_region.height

    async def _on_click(self, event: events.Click) -> None:
        """Once chooses a row, twice is Enter: who only wants the focus here must not have opened something."""
        event.prevent_default()
        index = event.style.meta.get("option")
        if index is not None and 0 <= index < self.option_count and not self.get_option_at_index(index).disabled:
            self.highlighted = index
            if event.chain > 1:
                self.action_select()

    def put_cursor(self, row: str) -> None:
        """Move the cursor to a row, if it is there; nobody is told."""
        index = next((index for index, option in enumerate(self.options) if option.id == row), None)
        if index is not None:
            with self.prevent(OptionList.OptionHighlighted):
                self.highlighted = index

    def line_below(self, row: str) -> int:
        """The first line below a row that is there."""
        return self._index_to_line.get(self.get_option_index(row) + 1, len(self._lines))

    def keep_in_view(self, row: str) -> None:
        """Scroll no farther than to where this row begins: what was just done stays beside where the cursor went."""
        index = next((index for index, option in enumerate(self.options) if option.id == row), None)
        if index is not None and (top := self._index_to_line[index]) < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def lay(self, rows: Sequence[Option], *, start: str | None = None) -> None:
        """Show these rows. `start` is where the cursor goes when it stood on none of them."""
        if self._sees_cursor:
            self.call_after_refresh(self.scroll_to_highlight)  # rows above it may have become taller
        if [row.id for row in rows] == [option.id for option in self.options]:
            for index, row in enumerate(rows):
                self.show_at(index, row.prompt)
            return
        under, top = self.row, self.scroll_offset.y
        with self.prevent(OptionList.OptionHighlighted):
            self.set_options(rows)
            self.scroll_to(y=top, animate=False, force=True, immediate=True)
            for wanted in (under, start):
                if wanted is not None and self.highlighted is None:
                    self.put_cursor(wanted)

    def show_at(self, index: int, prompt: VisualType) -> None:
        """Change one row's text, if it is another one."""
        if not _same(self.get_option_at_index(index).prompt, prompt):
            self.replace_option_prompt_at_index(index, prompt)


def text_row(id: str, text: str, style: str = "$foreground-muted", *, still: bool = False) -> Option:
    """A row of one style; the cursor passes over a `still` one."""
    return Option(Content.styled(text, style), id=id, disabled=still)


def _same(before: VisualType, now: VisualType) -> bool:
    """Same text in the same styles; `==` of contents looks at the text alone."""
    return before.is_same(now) if isinstance(before, Content) and isinstance(now, Content) else before == now
