"""The open log under one's hands: what the keys and the mouse do in it. Moves, selects lines, changes how they look."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from incident_console.tail.source import Place
from incident_console.tui.log.leaving import LogLeaving
from incident_console.tui.log.seeking import key
from incident_console.tui.log.status import count

SIDEWAYS = 8


class LogView(LogLeaving, can_focus=True):
    BINDINGS: ClassVar[list[BindingType]] = [
        key("f", "follow", "follow", "follow", "Go to the end and follow what is written", "f"),
        # The app's own key, said again: at the bottom it is shown only where there are lines to pin.
        key("p", "app.pin", "pin", "pin", "Keep the selected log lines as evidence", "p"),
        key("up,k", "move(-1)", "up", "up", "One line up; stops following"),
        key("down,j", "move(1)", "down", "down", "One line down"),
        key("shift+up", "extend(-1)", "select up", "extend-up", "Select lines, upwards"),
        key("shift+down", "extend(1)", "select down", "extend-down", "Select lines, downwards"),
        key("v", "mark", "select", "mark", "Begin selecting lines at the cursor; again: drop the selection"),
        key("escape", "clear", "clear", "clear", "Drop the selection, then what was searched for, then the filter"),
        key("pageup", "page(-1)", "page up", "page-up", "One screen up"),
        key("pagedown", "page(1)", "page down", "page-down", "One screen down"),
        key("home,g", "home", "first line", "home", "The first line"),
        key("end,G", "follow", "last line", "end", "The last line, and follow"),
        key("left", "sideways(-1)", "left", "left", "Show what is further left"),
        key("right", "sideways(1)", "right", "right", "Show what is further right, where › stands", "→"),
        key("w", "wrap", "wrap", "wrap", "Long lines go on below themselves; again: cut at the edge"),
        key("A", "colours", "colours", "colours", "Show the colours that the log asks for, or leave them out"),
        key("R", "whole", "progress", "whole", "Show every state of progress bars, or the last one alone"),
        key("enter", "origin", "own file", "origin", "Open this line's own file, where several are shown as one"),
    ]

    class OpenOrigin(Message):
        """The line under the cursor was asked for in its own file."""

        def __init__(self, path: Path, place: Place) -> None:
            super().__init__()
            self.path = path
            self.place = place

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._dragging = False

    def key_word(self, action: str) -> str | None:
        """For the foot of the screen, as `footer.SaysKeys`: what would change nothing now is not told there."""
        idle = (action == "follow" and self.following) or (action == "app.pin" and not self._rows)
        return "" if idle else None

    # -- moving about --------------------------------------------------------------------------------------------

    def action_follow(self) -> None:
        source = self._source
        if source is None:
            return
        came = max(0, self._rows - 1 - source.row_of(self._seen)) if not self.following else 0
        self._anchor = None
        self.following = source.live
        self._told = f"{count(came)} line{'' if came == 1 else 's'} came meanwhile" if came and source.live else ""
        self._put_cursor(self._rows - 1)

    def action_move(self, by: int) -> None:
        self._pause()
        if not self._scroll_within(by):
            self._put_cursor(self.cursor_row + by)

    def _scroll_within(self, by: int) -> bool:
        """A wrapped line that is taller than the screen is read page by page before the cursor leaves it."""
        row = self.cursor_row
        if not self.wrapped or (tall := self._height(row)) <= self._page:
            return False
        pieces = [piece for line, piece in self._shown if line == row]
        if not pieces or (pieces[-1] >= tall - 1 if by > 0 else pieces[0] == 0):
            return False
        skip = pieces[0] + by * max(1, self._page - 1)
        self._top, self._skip = self._place(row), max(0, min(skip, tall - self._page))
        self._lay_out()
        return True

    def action_page(self, by: int) -> None:
        self._pause()
        if not self._scroll_within(by):
            lines = len({row for row, _ in self._shown}) if self.wrapped else self._page
            self._put_cursor(self.cursor_row + by * max(1, lines - 1))

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

    # -- how lines look ------------------------------------------------------------------------------------------

    def action_wrap(self) -> None:
        self.wrapped = not self.wrapped
        self.tell("long lines are wrapped" if self.wrapped else "long lines are cut at the edge")

    def action_colours(self) -> None:
        self.colours = not self.colours
        self.tell("colours as the log asks for them" if self.colours else "colours of the log are left out")

    def action_whole(self) -> None:
        self.whole = not self.whole
        self.tell("carriage returns are shown" if self.whole else "progress bars show their last state")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter means something only where several files are shown as one, Escape where there is something to drop."""
        if action == "clear":
            return self._anchor is not None or self._hits is not None or bool(self.filter) or self.is_seeking
        return action != "origin" or (self.whole_source is not None and self.whole_source.several)

    def action_origin(self) -> None:
        source = self.whole_source
        if source is not None and (found := source.origin(self._cursor)) is not None:
            self.post_message(self.OpenOrigin(*found))

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
        """One step: the selection, else what was found, else the filter."""
        self.stop_seeking()
        if self._anchor is None and self._hits is not None:
            self._hits = None
        elif self._anchor is None:
            self.set_filter("")
        self._told = ""
        self.clear_selection()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        offset = event.get_content_offset(self)
        if offset is None or event.button != 1 or (row := self._row_at(offset.y)) is None:
            return
        self._pause()
        self._anchor = None
        self._put_cursor(row)
        self._dragging = True
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if not self._dragging or not self._shown:
            return
        y = event.get_content_offset_capture(self).y
        row = self._row_at(y)
        if row is None:
            row = self._shown[0][0] - 1 if y < 0 else self._shown[-1][0] + 1
        if row != self.cursor_row:
            if self._anchor is None:
                self._anchor = self._cursor
            self._put_cursor(row)

    def on_mouse_up(self) -> None:
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def _row_at(self, y: int) -> int | None:
        """The row of the log on this row of the screen."""
        return self._shown[y][0] if 0 <= y < len(self._shown) else None
