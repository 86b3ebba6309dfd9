"""How much of the screen has each pane? Zooming one, and moving the borders between them.

What was made wider or taller stays so while the console runs; where one pane is shown at a time, it waits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from incident_console.tui import panes

COLUMNS, ROWS = 4, 2
"""How far a key moves a border."""
PARTS = 10_000
"""In which a share is told to the style sheet: whole numbers, since Textual loses a column to others."""
HALF = 0.5
"""A cell's: a share is told from the middle of one, as what it comes to is rounded down."""
LEAST_LADDER, LEAST_PANE, LEAST_LIST, LEAST_LOG = 16, 30, 4, 5
"""Columns and rows that a pane keeps."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What somebody chose; None: as the style sheet has it."""

    ladder: int | None = None
    """Columns."""
    logs: float | None = None
    """Of the columns beside the ladder, so that it fits another width, too."""
    listed: float | None = None
    """Of the rows of the logs, those of their list."""


def between(least: int, wanted: int, most: int) -> int:
    return max(least, min(wanted, most))


class Body(Horizontal):
    """The panes side by side. A border is named by the two panes that it parts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "zoom", "all panes", id="panes.zoom", tooltip="This pane over all others; again: all of them"),
        Binding("escape", "unzoom", "all panes", id="panes.all", show=False, tooltip="All panes again"),
        Binding("right_parenthesis", "resize(1, 0)", "wider", id="panes.wider", show=False, tooltip="This pane wider"),
        Binding(
            "left_parenthesis",
            "resize(-1, 0)",
            "narrower",
            id="panes.narrower",
            show=False,
            tooltip="This pane narrower",
        ),
        Binding(
            "right_curly_bracket", "resize(0, 1)", "taller", id="panes.grow", show=False, tooltip="This pane taller"
        ),
        Binding(
            "left_curly_bracket", "resize(0, -1)", "lower", id="panes.shrink", show=False, tooltip="This pane lower"
        ),
    ]

    def __init__(self) -> None:
        super().__init__(id="body")
        self._sizes = Sizes()
        self._dragged = ""

    @property
    def is_zoomed(self) -> bool:
        return self.screen.has_class("-zoomed")

    @property
    def _one_at_a_time(self) -> bool:
        return self.is_zoomed or self.screen.has_class("-narrow")

    def _pane(self, name: str) -> Widget:
        return self.query_one(f"#{name}")

    # -- one pane over all -----------------------------------------------------------------------------------------

    def key_word(self, action: str) -> str | None:
        """For the foot of the screen, as `footer.SaysKeys`: the way back is what matters."""
        return "" if action == "zoom" and not self.is_zoomed else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "unzoom":
            return self.is_zoomed
        return not self.why_not(action, parameters)

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """As `deadkeys.SaysWhyNot`."""
        if action in ("zoom", "resize") and self._one_at_a_time and not (action == "zoom" and self.is_zoomed):
            return "one pane has all of the screen already"
        return ""

    def action_zoom(self) -> None:
        panes.show(self.app, panes.pane_of(self.screen.focused))
        self.screen.toggle_class("-zoomed")
        self.apply()
        self.refresh_bindings()

    def action_unzoom(self) -> None:
        self.action_zoom()

    # -- moving borders --------------------------------------------------------------------------------------------

    def action_resize(self, columns: int, rows: int) -> None:
        """Make the pane with the focus wider or taller; the border that it has with its neighbour moves."""
        pane = panes.pane_of(self.screen.focused)
        ladder, logs, listed = (self._pane(name) for name in ("ladder", "logs", "log-list"))
        if rows and pane in ("log-list", "log-view"):
            self._put("list|log", listed.region.bottom + rows * (ROWS if pane == "log-list" else -ROWS))
        elif columns and pane == "ladder":
            self._put("ladder|centre", ladder.region.right + columns * COLUMNS)
        elif columns:
            self._put("centre|logs", logs.region.x + columns * (COLUMNS if pane == "centre" else -COLUMNS))

    def _put(self, border: str, at: int) -> None:
        """Move a border to this column or row of the screen, as far as each side keeps its least."""
        ladder, logs, listed = (self._pane(name) for name in ("ladder", "logs", "log-list"))
        left = ladder.region.right if ladder.display else self.region.x
        if border == "ladder|centre":
            most = logs.region.x - LEAST_PANE - self.region.x
            self._sizes = replace(self._sizes, ladder=between(LEAST_LADDER, at - self.region.x, most))
        elif border == "centre|logs":
            at = between(left + LEAST_PANE, at, self.region.right - LEAST_PANE)
            self._sizes = replace(self._sizes, logs=(self.region.right - at - HALF) / (self.region.right - left))
        else:
            rows = between(LEAST_LIST, at - listed.region.y, logs.region.height - LEAST_LOG)
            self._sizes = replace(self._sizes, listed=(rows + HALF) / max(1, logs.region.height))
        self.apply()

    def apply(self) -> None:
        """Have the sizes that were chosen, where panes stand side by side."""
        chosen = Sizes() if self._one_at_a_time else self._sizes
        ladder, centre, logs, listed = (self._pane(name) for name in ("ladder", "centre", "logs", "log-list"))
        ladder.styles.width = chosen.ladder
        share = chosen.logs
        centre.styles.width = f"{(1 - share) * PARTS:.0f}fr" if share is not None else None
        centre.styles.max_width = "100%" if share is not None else None
        logs.styles.width = f"{share * PARTS:.0f}fr" if share is not None else None
        part = chosen.listed
        listed.styles.height = f"{part * 100:.2f}%" if part is not None else None
        listed.styles.max_height = "100%" if part is not None else None

    def on_resize(self) -> None:
        self.apply()

    # -- the mouse -------------------------------------------------------------------------------------------------

    def _border_at(self, x: int, y: int) -> str:
        """The border that stands on this cell of the screen; the two lines of neighbours are one."""
        if self._one_at_a_time:
            return ""
        ladder, logs, log = (self._pane(name) for name in ("ladder", "logs", "log-view"))
        if ladder.display and x in (ladder.region.right - 1, ladder.region.right):
            return "ladder|centre"
        if x in (logs.region.x - 1, logs.region.x):
            return "centre|logs"
        return "list|log" if x > logs.region.x and y in (log.region.y - 1, log.region.y) else ""

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._dragged = self._border_at(event.screen_x, event.screen_y) if event.button == 1 else ""
        if self._dragged:
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragged:
            self._put(self._dragged, event.screen_y if self._dragged == "list|log" else event.screen_x)

    def on_mouse_up(self) -> None:
        if self._dragged:
            self._dragged = ""
            self.release_mouse()
            self.screen.clear_selection()

    def on_click(self, event: events.Click) -> None:
        """Two clicks on a pane's title are `z`."""
        pane = self._pane(panes.pane_of(self.screen.focused))
        if event.chain == 2 and event.screen_y == pane.region.y and self.check_action("zoom", ()):
            self.action_zoom()
