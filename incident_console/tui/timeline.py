"""Everything that happened, event by event: a row each, filters by kind, and a way from each to what it speaks of."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual
from textual.widgets import Static

from incident_console.events import UNKNOWN, ActionTaken, Recorded
from incident_console.tui import timecells
from incident_console.tui.livekeys import key
from incident_console.tui.timerows import GROUPS, Steps
from incident_console.tui.words import parsed, safe

if TYPE_CHECKING:
    from incident_console.record.incident import Incident

MUTED = "$foreground-muted"


def _key(key: str, action: str, word: str, name: str, told: str, *, show: bool = False, glyph: str = "") -> Binding:
    return Binding(key, action, word, show, key_display=glyph or None, tooltip=told, id=f"timeline.{name}")


class TimelineRows(ScrollView, can_focus=True):
    COMPONENT_CLASSES: ClassVar[set[str]] = {"timeline--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("enter", "jump", "open", "open", "Open what this event speaks of", show=True),
        _key("down,j", "move(1)", "down", "down", "An event down"),
        _key("up,k", "move(-1)", "up", "up", "An event up"),
        _key("pagedown", "page(1)", "page down", "page-down", "A screen down"),
        _key("pageup", "page(-1)", "page up", "page-up", "A screen up"),
        _key("home,g", "to(False)", "first", "first", "The first event"),
        _key("end,G", "to(True)", "last", "last", "The last event, and follow"),
        _key("right_square_bracket", "step(1)", "step", "next", "On to the next event, with its evidence", glyph="]"),
        _key(
            "left_square_bracket", "step(-1)", "back", "back", "Back to the event before, with its evidence", glyph="["
        ),
        _key("equals_sign", "result", "result", "result", "Tell what came of this action", show=True, glyph="="),
        _key("slash", "find", "find", "find", "Show only events that hold a text", show=True, glyph="/"),
        _key("escape", "clear", "show all", "clear", "Drop what was looked for, then the filters"),
        *(
            _key(key, f"group('{key}')", word, f"only-{word}", f"Show {word} only, or beside what is shown; again: not")
            for key, (word, _) in GROUPS.items()
        ),
    ]

    def __init__(self) -> None:
        super().__init__(id="timeline-rows")
        self.steps = Steps()
        self.cursor = 0
        """The row that the cursor is on."""
        self._opened: datetime | None = None

    # -- what is shown -------------------------------------------------------------------------------------------

    def draw(self, incident: Incident) -> bool:
        """Take in what is new; a cursor on the last event goes along. Whether anything is new."""
        if len(incident.lines) == len(self.steps.lines):
            return False
        following = self.cursor >= len(self.steps.rows) - 1
        self._opened = parsed(incident.opened_at)
        self.steps.take(incident.lines, incident.rungs)
        self._lay(len(self.steps.rows) - 1 if following else self.cursor)
        return True

    def _lay(self, cursor: int) -> None:
        self.virtual_size = Size(self.size.width, len(self.steps.rows))
        self.put_cursor(cursor)
        self.refresh()

    @property
    def line(self) -> Recorded | None:
        """The event under the cursor."""
        row = self.steps.rows[self.cursor] if 0 <= self.cursor < len(self.steps.rows) else None
        return self.steps.lines[row] if isinstance(row, int) else None

    def render_line(self, y: int) -> Strip:
        row, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        if row >= len(self.steps.rows):
            return Strip.blank(width, self.rich_style)
        each = self.steps.rows[row]
        content = (
            timecells.parting(each, width)
            if isinstance(each, str)
            else timecells.row(self.steps, each, self._opened, width)
        )
        at_cursor = row == self.cursor and self.has_focus
        style = self.get_visual_style("timeline--cursor") if at_cursor else self.visual_style
        if row == self.cursor and not at_cursor:
            content = content.stylize("bold underline")
        drawn = Content(content.plain) if at_cursor else content
        return Visual.to_strips(self, drawn.truncate(width, pad=True), width, 1, style)[0]

    # -- moving about --------------------------------------------------------------------------------------------

    def put_cursor(self, row: int, step: int = 1) -> None:
        """To this row, or where it parts events to the one after it, or before it for a negative `step`."""
        rows = self.steps.rows
        row = max(0, min(row, len(rows) - 1))
        while 0 <= row < len(rows) and isinstance(rows[row], str):
            row += 1 if step > 0 or row == 0 else -1
        self.cursor = max(0, min(row, len(rows) - 1))
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)
        self.refresh()
        self.refresh_bindings()
        self.post_message(Timeline.Moved())

    def action_move(self, by: int) -> None:
        self.put_cursor(self.cursor + by, by)

    def action_page(self, by: int) -> None:
        self.put_cursor(self.cursor + by * max(1, self.size.height - 1), by)

    def action_to(self, last: bool) -> None:
        self.put_cursor(len(self.steps.rows) - 1 if last else 0)

    def action_step(self, by: int) -> None:
        self.action_move(by)
        self._jump(focus=False)

    def action_jump(self) -> None:
        self._jump(focus=True)

    def _jump(self, *, focus: bool) -> None:
        if self.line is not None:
            self.post_message(Timeline.Jump(self.line.seq, focus))

    def on_click(self, event: events.Click) -> None:
        row = self.scroll_offset.y + event.y
        if row < len(self.steps.rows) and isinstance(self.steps.rows[row], int):
            again = row == self.cursor
            self.put_cursor(row)
            if again:
                self._jump(focus=True)

    def on_resize(self) -> None:
        self._lay(self.cursor)

    # -- what is looked for --------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.why_not(action, parameters)

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """As `deadkeys.SaysWhyNot`."""
        event = self.line.event if self.line is not None else None
        if action == "result" and not (isinstance(event, ActionTaken) and event.result == UNKNOWN):
            return "this row is no action that waits for its result"
        if action == "clear" and not (self.steps.text or self.steps.groups):
            return "nothing is narrowed: all events are shown"
        if action in ("jump", "step") and event is None:
            return "no event is under the cursor"
        return ""

    def action_group(self, key: str) -> None:
        self.filter(self.steps.groups ^ {key}, self.steps.text)

    def action_result(self) -> None:
        if self.line is not None:
            self.post_message(Timeline.Result(self.line.seq))

    def action_find(self) -> None:
        self.post_message(Timeline.Find())

    def action_clear(self) -> None:
        self.filter(self.steps.groups if self.steps.text else frozenset(), "")

    def filter(self, groups: frozenset[str], text: str) -> None:
        """The cursor stays on its event, or goes to the next that is shown."""
        before = self.line
        self.steps.show(groups, text)
        rows, wanted = self.steps.rows, before.seq - 1 if before is not None else 0
        self._lay(next((n for n, row in enumerate(rows) if isinstance(row, int) and row >= wanted), len(rows) - 1))


class Timeline(Vertical):
    BORDER_TITLE = "timeline"

    class Moved(Message):
        """The cursor, or what is shown."""

    class Jump(Message):
        """Show what an event speaks of; `focus`: and go there."""

        def __init__(self, seq: int, focus: bool) -> None:
            super().__init__()
            self.seq = seq
            self.focus = focus

    class Result(Message):
        """What came of an action is to be told."""

        def __init__(self, seq: int) -> None:
            super().__init__()
            self.seq = seq

    class Find(Message):
        """A text is to be looked for."""

    def __init__(self) -> None:
        super().__init__(id="timeline")

    def compose(self) -> ComposeResult:
        yield Static(id="timeline-groups", markup=False)
        yield TimelineRows()
        yield Static(id="timeline-told", markup=False)

    @property
    def rows(self) -> TimelineRows:
        return self.query_one(TimelineRows)

    def draw(self, incident: Incident) -> None:
        if self.rows.draw(incident):
            self._tell()

    def on_timeline_moved(self, message: Moved) -> None:
        message.stop()
        self._tell()

    def _tell(self) -> None:
        rows = self.rows
        steps, line = rows.steps, rows.line
        shown = sum(isinstance(row, int) for row in steps.rows)
        parts: list[str | tuple[str, str]] = []
        for group, (word, _) in GROUPS.items():
            on = group in steps.groups
            glyph = "◉" if on else key(self.app, f"timeline.only-{word}")
            parts.append((f"{glyph} {word} {steps.counts[group]}", "bold" if on else MUTED))
            parts.append("  ")
        parts.append((f"/ {safe(steps.text, 30)}" if steps.text else "", "bold $text-accent"))
        self.query_one("#timeline-groups", Static).update(Content.assemble(*parts))
        self.border_subtitle = Content(
            f"{shown} of {len(steps.lines)}" if shown != len(steps.lines) else f"{shown} events"
        )
        told = Content(self._nothing) if line is None else timecells.foot(steps, line, self.size.width)
        self.query_one("#timeline-told", Static).update(told)

    @property
    def _nothing(self) -> str:
        """What to do where no event is shown."""
        if not self.rows.steps.lines:
            return "Nothing has happened yet: whatever is done or seen stands here, as it is saved."
        return f"Nothing here holds that: {key(self.app, 'timeline.clear')} shows all again."
