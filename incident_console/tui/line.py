"""How is one line typed, where a question needs no panel? A search, a filter: keys as readline has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class LineField(Input):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+b", "cursor_left", "left", False, id="line.left", tooltip="A letter to the left"),
        Binding("ctrl+f", "cursor_right", "right", False, id="line.right", tooltip="A letter to the right"),
        Binding("alt+b,alt+left", "cursor_left_word", "word left", False, id="line.word-left", tooltip="A word left"),
        Binding(
            "alt+f,alt+right", "cursor_right_word", "word right", False, id="line.word-right", tooltip="A word right"
        ),
        Binding(
            "alt+d,alt+delete", "delete_right_word", "cut word", False, id="line.cut-word", tooltip="Cut the next word"
        ),
        Binding("ctrl+y", "yank", "put back", False, id="line.yank", tooltip="Put in what was cut last"),
    ]
    _cut = ""
    """What `^y` puts in."""

    def action_yank(self) -> None:
        self.insert_text_at_cursor(self._cut)

    def action_delete_left_word(self) -> None:
        self._cutting(super().action_delete_left_word)

    def action_delete_right_word(self) -> None:
        self._cutting(super().action_delete_right_word)

    def action_delete_left_all(self) -> None:
        self._cutting(super().action_delete_left_all)

    def action_delete_right_all(self) -> None:
        self._cutting(super().action_delete_right_all)

    def _cutting(self, delete: Callable[[], None]) -> None:
        before = self.value
        delete()
        if cut := before[self.cursor_position : self.cursor_position + len(before) - len(self.value)]:
            self._cut = cut
