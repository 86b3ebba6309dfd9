"""The files of a stream, newest first: size, what is new, errors near the end, age. Enter opens one alone.

Rows are drawn when they are seen, so that twenty thousand cost no more than the ten on the screen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from incident_console.tui import livekeys
from incident_console.tui.line import LineField
from incident_console.tui.log.files import File, Files
from incident_console.tui.words import safe, size, span

LAID_EACH_S = 0.25
"""Files that change put the list in order again this often at most: rows that jump cannot be read."""
AGES_EACH_S = 5.0
GLANCE_EACH_S = 0.1
NONE = "No file yet; new ones are listed by themselves."
WIDE = 60
"""Columns from which on there is room for the age."""


def _key(keys: str, action: str, told: str, name: str, tooltip: str, show: str | None = None) -> Binding:
    return Binding(keys, action, told, id=f"files.{name}", tooltip=tooltip, show=show is not None, key_display=show)


class FileList(ScrollView, can_focus=True):
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"filelist--{name}" for name in ("cursor", "faint", "new", "error")}
    DEFAULT_CSS = """
    FileList {
        border: round $surface-lighten-2;
        overflow-x: hidden;
        & .filelist--cursor { background: $surface-lighten-1; }
        & .filelist--faint { color: $foreground-muted; }
        & .filelist--new { color: $text-accent; }
        & .filelist--error { color: $text-error; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("enter", "open", "open", "open", "Open this file alone", "⏎"),
        _key("slash", "filter", "filter", "filter", "List only files whose path holds a text", "/"),
        _key("up,k", "move(-1)", "up", "up", "A row up"),
        _key("down,j", "move(1)", "down", "down", "A row down"),
        _key("pageup", "page(-1)", "page up", "page-up", "A screen up"),
        _key("pagedown", "page(1)", "page down", "page-down", "A screen down"),
        _key("home,g", "to(False)", "first", "home", "The file that changed last"),
        _key("end,G", "to(True)", "last", "end", "The file that changed longest ago"),
    ]

    class Open(Message):
        """This file is to be shown alone."""

        def __init__(self, file: File) -> None:
            super().__init__()
            self.file = file

    def __init__(
        self,
        files: Files,
        glance: Callable[[Path], int],
        notice: str,
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`glance` counts the lines near a file's end that state a failure. `notice`: as for `say`, at first."""
        super().__init__(id=id, classes=classes)
        self._files = files
        self._glance = glance
        self._rows: list[File] = []
        self._cursor: Path | None = None
        self._wanted = ""
        self._notice = notice
        self._stale = False
        self._laid_at = 0.0
        self._styles: tuple[Style, ...] | None = None

    def on_mount(self) -> None:
        self._tending = self.set_interval(GLANCE_EACH_S, self._tend, pause=True)
        self.set_interval(AGES_EACH_S, self.refresh)

    # -- what is listed ------------------------------------------------------------------------------------------

    def stale(self) -> None:
        """A file changed, came or went: shown within a quarter of a second."""
        self._stale = True
        if time.monotonic() - self._laid_at > LAID_EACH_S:
            self._lay()
        else:
            self._tending.resume()

    def say(self, notice: str) -> None:
        """A sentence on the files as a whole."""
        self._notice = notice
        self._lay()

    @property
    def shown(self) -> list[File]:
        """The rows, first to last."""
        return list(self._rows)

    def _lay(self) -> None:
        self._stale, self._laid_at = False, time.monotonic()
        self._rows = self._files.newest_first(self._wanted)
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows))
        if not self.has_focus:
            # Nobody stands in it: what changed last is what is seen.
            self.scroll_to(y=0, animate=False, force=True, immediate=True)
        else:
            self._show_cursor()
        known, shown = len(self._files), len(self._rows)
        self.border_title = "files" if not self._wanted else Content(f"files with “{safe(self._wanted, 60)}”")
        count = f"{known} file{'' if known == 1 else 's'}" if shown == known else f"{shown} of {known} files"
        self.border_subtitle = Content(" · ".join(filter(None, (count, safe(self._notice)))))
        self._tending.resume()
        self.refresh()

    def _tend(self) -> None:
        """Between keys: put in order what changed, and look for errors in one of the files on the screen."""
        if self._stale and time.monotonic() - self._laid_at > LAID_EACH_S:
            self._lay()
        top = self.scroll_offset.y
        for file in self._rows[top : top + self.scrollable_content_region.height]:
            if not file.looked and not file.gone:
                before, file.errors, file.looked = file.errors, self._glance(file.path), True
                if file.errors != before:
                    self.refresh()
                return
        if not self._stale:
            self._tending.pause()

    # -- moving about --------------------------------------------------------------------------------------------

    @property
    def _row(self) -> int:
        return next((row for row, file in enumerate(self._rows) if file.path == self._cursor), 0)

    def _put(self, row: int) -> None:
        if self._rows:
            self._cursor = self._rows[max(0, min(row, len(self._rows) - 1))].path
            self._show_cursor()
            self.refresh()

    def _show_cursor(self) -> None:
        row, top, page = self._row, self.scroll_offset.y, max(1, self.scrollable_content_region.height)
        if not top <= row < top + page:
            self.scroll_to(y=row if row < top else row - page + 1, animate=False, force=True, immediate=True)

    def action_move(self, by: int) -> None:
        self._put(self._row + by)

    def action_page(self, by: int) -> None:
        self._put(self._row + by * max(1, self.scrollable_content_region.height - 1))

    def action_to(self, last: bool) -> None:
        self._put(len(self._rows) - 1 if last else 0)

    def action_open(self) -> None:
        if self._rows:
            self.post_message(self.Open(self._rows[self._row]))

    def on_focus(self) -> None:
        self._put(self._row)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and self.scroll_offset.y + offset.y < len(self._rows):
            self._put(self.scroll_offset.y + offset.y)
            self.action_open()

    def on_resize(self) -> None:
        self._lay()

    def action_filter(self) -> None:
        if isinstance(self.parent, Widget):
            line = FilterLine(self._wanted, self._filter, self.focus)
            self.parent.mount(line, after=self)
            line.focus()

    def _filter(self, wanted: str) -> None:
        self._wanted = wanted
        self._lay()

    # -- drawing -------------------------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = None

    def render_line(self, y: int) -> Strip:
        if self._styles is None:
            self._styles = (
                self.rich_style,
                *(
                    self.get_component_rich_style(f"filelist--{name}", partial=True)
                    for name in ("cursor", "faint", "new", "error")
                ),
            )
        base, cursor, faint, new, error = self._styles
        width, row = self.scrollable_content_region.width, self.scroll_offset.y + y
        if row >= len(self._rows):
            others = f"No file has this in its path: {livekeys.key(self.app, 'files.filter')} lists others."
            told = self._notice or (others if self._wanted else NONE)
            return Strip([Segment(safe(told) if y == 0 else "", base + faint)]).crop_extend(0, width, base)
        file = self._rows[row]
        here = self.has_focus and file.path == self._cursor
        ground = base + cursor if here else base
        right = [Segment(f"  {text}", ground + style) for text, style in _facts(file, width, faint, new, error)]
        room = max(0, width - sum(cell_len(piece.text) for piece in right) - 2)
        label = safe(file.label, 400)
        if cell_len(label) > room:
            # The end of a path tells more than its beginning.
            label = "…" + label[-max(0, room - 1) :] if room else ""
        left = [Segment("▸ " if here else "  ", ground), Segment(set_cell_size(label, room), ground)]
        return Strip([*left, *right]).crop_extend(0, width, ground)


def _facts(file: File, width: int, faint: Style, new: Style, error: Style) -> list[tuple[str, Style]]:
    if file.gone:
        return [("gone" if file.changed_at else "not there yet", faint)]
    facts = []
    if file.errors:
        facts.append((f"✗{file.errors}", error))
    if file.new:
        facts.append((f"+{size(file.new)}", new))
    facts.append((f"{size(file.size):>7}", faint))
    if width >= WIDE:
        facts.append((f"{_age(file.changed_at, time.time()):>10}", faint))
    return facts


def _age(changed_at: float, now: float) -> str:
    ago = now - changed_at
    if ago < 3:
        return "now"
    return f"{span(ago)} ago" if ago < 86400 else datetime.fromtimestamp(changed_at, UTC).strftime("%Y-%m-%d")


class FilterLine(LineField):
    """The line below the list: it filters while one types. Enter keeps the filter, Escape drops it."""

    DEFAULT_CSS = "FilterLine, FilterLine:focus { height: 1; border: none; padding: 0 1; background: $panel; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "drop the filter", id="filter.drop", tooltip="List all files again"),
    ]

    def __init__(self, wanted: str, filter: Callable[[str], None], left: Callable[[], object]) -> None:
        super().__init__(wanted, placeholder="list files with … · Enter keeps the filter · Esc drops it")
        self._filter = filter
        self._left = left

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._filter(event.value)

    def action_drop(self) -> None:
        self._filter("")
        self._leave()

    async def action_submit(self) -> None:
        self._leave()

    def _leave(self) -> None:
        self._left()
        self.remove()

    def on_blur(self, event: events.Blur) -> None:
        if self.app.app_focus:
            self.remove()
