"""A list of rows that is drawn again and again while somebody stands on one of them.

Rows are named by their ids. What changed is changed in place; only when rows come, go or move is the list laid anew,
and then the cursor stays on its row and the view where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.visual import VisualType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

PADDING = 2
"""Columns that a list keeps free beside its rows."""


class Rows(OptionList):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "down", id="rows.down", show=False, tooltip="A row down; so do the arrow keys"),
        Binding("k", "cursor_up", "up", id="rows.up", show=False, tooltip="A row up"),
    ]

    @property
    def columns(self) -> int:
        """How wide a row's text may be before it is folded."""
        return max(30, self.scrollable_content_region.width - PADDING)

    @property
    def row(self) -> str | None:
        """The id of the row under the cursor."""
        return self.get_option_at_index(self.highlighted).id if self.highlighted is not None else None

    _foot = ""

    def foot(self, text: str) -> None:
        """What the lower border says: a border that is set to what it says already would be drawn again."""
        if text != self._foot:
            self._foot, self.border_subtitle = text, Content(text)

    def on_resize(self) -> None:
        """A pane that became smaller still shows the row under the cursor."""
        self.call_after_refresh(self.scroll_to_highlight)

    def put_cursor(self, row: str) -> None:
        """Move the cursor to a row, if it is there; nobody is told."""
        index = next((index for index, option in enumerate(self.options) if option.id == row), None)
        if index is not None:
            with self.prevent(OptionList.OptionHighlighted):
                self.highlighted = index

    def keep_in_view(self, row: str) -> None:
        """Scroll no farther than to where this row begins: what was just done stays beside where the cursor went."""
        index = next((index for index, option in enumerate(self.options) if option.id == row), None)
        if index is not None and (top := self._index_to_line[index]) < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def lay(self, rows: Sequence[Option], *, start: str | None = None) -> None:
        """Show these rows. `start` is where the cursor goes when it stood on none of them."""
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
