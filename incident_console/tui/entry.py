"""How is text typed in the panel? Keys as readline has them, and nothing that was typed or pasted is lost unsaid."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import TextArea

from incident_console.tui.inorder import run_bound
from incident_console.tui.words import JOINING, safe_text, typed_text

if TYPE_CHECKING:
    from incident_console.tui.ask import Ask

UNDO_S, UNDO_CHARACTERS = 0.7, 20
LIMIT = 64 * 1024
"""Characters that a field holds; what is longer is evidence, and is captured as such."""


class Entry(TextArea):
    """Text of one or several lines.

    Enter takes it, however many lines there are, since most entries are one line typed in a hurry; ctrl+j begins
    another line. A key that changed its meaning in the middle of a note would send it off half written.
    """

    # They stand in the panel's border.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "take it", False, id="entry.take", tooltip="Take what was typed"),
        Binding("ctrl+j", "line", "new line", False, id="entry.line", tooltip="Start another line"),
        Binding("f3", "preview", "preview", False, id="entry.preview", tooltip="Show the text as Markdown, and back"),
        Binding(
            "f4,alt+e", "edit", "editor", False, id="entry.edit", tooltip="Edit the text in $EDITOR", key_display="F4"
        ),
        Binding("f5", "spot", "log time", False, id="entry.spot", tooltip="Put the time of the log's line here"),
        Binding("ctrl+underscore", "undo", "undo", False, "^_", id="entry.undo", tooltip="Undo, as in readline"),
        Binding("f2,alt+k", "turn", "kind", False, id="entry.turn", tooltip="Change what is asked beside the text"),
        Binding("f6", "redo", "redo", False, id="entry.redo", tooltip="Do again what was undone"),
        Binding("ctrl+y", "yank", "put back", False, id="entry.yank", tooltip="Put in what was cut last"),
        # ctrl+z is the shell's: a person who presses it wants the prompt, not the text as it was before.
        Binding("ctrl+z", "app.suspend_process", "suspend", id="entry.suspend", show=False, tooltip="To the shell"),
        Binding(
            "alt+b,ctrl+left,alt+left",
            "cursor_word_left",
            "word left",
            id="entry.word-left",
            show=False,
            tooltip="A word left",
        ),
        Binding(
            "alt+f,ctrl+right,alt+right",
            "cursor_word_right",
            "word right",
            id="entry.word-right",
            show=False,
            tooltip="A word right",
        ),
        Binding(
            "alt+d,alt+delete",
            "delete_word_right",
            "cut word",
            id="entry.cut-word",
            show=False,
            tooltip="Cut the next word",
        ),
        Binding("ctrl+b", "cursor_left", "left", id="entry.left", show=False, tooltip="A letter to the left"),
        Binding("ctrl+f", "cursor_right", "right", id="entry.right", show=False, tooltip="A letter to the right"),
    ]

    def __init__(self, panel: Ask) -> None:
        super().__init__(classes="ask-field", show_line_numbers=False, soft_wrap=True, tab_behavior="focus")
        self._panel = panel
        # By a few words at a time, as readline has it; Textual takes a hundred characters, or two seconds.
        self.history.checkpoint_timer, self.history.checkpoint_max_characters = UNDO_S, UNDO_CHARACTERS
        self.cut = ""
        """What `^y` puts in."""

    def begin(self, text: str, cursor: str) -> None:
        """`cursor` is `row,column` as `place` tells it; otherwise it stands at the end."""
        self.text = typed_text(text)
        row, _, column = cursor.partition(",")
        known = row.isascii() and row.isdigit() and column.isascii() and column.isdigit() and len(cursor) < 20
        end = self.document.end
        if known and int(row) <= end[0]:
            self.move_cursor((int(row), min(int(column), len(self.document.get_line(int(row))))))
        else:
            self.move_cursor(end)

    @property
    def place(self) -> str:
        """Where the cursor stands; empty at the end, where it would stand anyway."""
        row, column = self.cursor_location
        return "" if (row, column) == self.document.end else f"{row},{column}"

    def put(self, text: str) -> None:
        """Another text in its place; undo brings the one before back."""
        if text != self.text:
            self.replace(typed_text(text), (0, 0), self.document.end, maintain_selection_offset=False)
            self.move_cursor(self.document.end)

    async def _on_key(self, event: events.Key) -> None:
        """Keys in the order in which they were pressed, Enter among them."""
        if self._panel.passes_on(self, event):
            return
        if event.character in JOINING:  # no printable character by itself
            event.stop().prevent_default()
            self._insert_bounded(event.character or "")
        elif event.is_printable and len(self.text) >= LIMIT:
            event.stop().prevent_default()
            self._panel.refuse(f"A field holds {LIMIT:,} characters, and this one is full.")
        elif event.is_printable or not await run_bound(event, self, self._panel):
            await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop().prevent_default()
        if self._panel.field is self and self._panel.is_open:
            self._insert_bounded(event.text)

    def action_paste(self) -> None:
        self._insert_bounded(self.app.clipboard)

    def _insert_bounded(self, pasted: str) -> None:
        room = max(0, LIMIT - len(self.text) + len(self.selected_text))
        taken = typed_text(pasted[: room * 2].replace("\r\n", "\n").replace("\r", "\n"))[:room]
        if result := self._replace_via_keyboard(taken, *self.selection):
            self.move_cursor(result.end_location)
        if len(pasted) > len(taken) + pasted.count("\r\n"):
            told = f"{len(pasted):,} characters were pasted, and {len(taken):,} of them stand here: a field holds"
            self._panel.refuse(f"{told} {LIMIT:,}. A whole log is kept by pinning or capturing it.")

    def action_yank(self) -> None:
        self._insert_bounded(self.cut)

    def action_delete_word_left(self) -> None:
        self._cutting(super().action_delete_word_left)

    def action_delete_word_right(self) -> None:
        self._cutting(super().action_delete_word_right)

    def action_delete_to_start_of_line(self) -> None:
        self._cutting(super().action_delete_to_start_of_line)

    def action_delete_to_end_of_line(self) -> None:
        self._cutting(super().action_delete_to_end_of_line)

    def _cutting(self, delete: Callable[[], None]) -> None:
        """What is cut in one go can be put back."""
        before = self.text
        delete()
        row, column = self.cursor_location
        at = sum(len(self.document.get_line(above)) + 1 for above in range(row)) + column
        if cut := before[at : at + len(before) - len(self.text)]:
            self.cut = cut

    def action_take(self) -> None:
        self._panel.give(self.text.strip())

    def action_line(self) -> None:
        self._replace_via_keyboard("\n", *self.selection)

    def action_preview(self) -> None:
        self._panel.preview()

    def action_edit(self) -> None:
        self._panel.edit()

    def action_turn(self) -> None:
        self._panel.turn()

    def action_spot(self) -> None:
        self._panel.put_spot()


class Preview(VerticalScroll, can_focus=True):
    """The text as Markdown. Its links lead nowhere. Typing goes on where it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3,escape,enter", "back", "back to the text", False, id="preview.back", tooltip="Back to the text"),
    ]

    def __init__(self, panel: Ask, text: str) -> None:
        from textual.widgets import Markdown  # when it is asked for: the first screen must not wait for it

        super().__init__(Markdown(safe_text(text), open_links=False), classes="ask-field ask-preview")
        self._panel = panel

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """A letter goes into the text: it is no key of the screen's."""
        return character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        if event.is_printable:
            event.stop().prevent_default()
            self._panel.end_preview()
            self._panel.field.post_message(events.Key(event.key, event.character))

    def action_back(self) -> None:
        self._panel.end_preview()
