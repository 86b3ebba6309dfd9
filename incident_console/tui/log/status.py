"""What do the two borders of a log say: which log it is, how fast it grows, where one is in it?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from incident_console.tui.after import after
from incident_console.tui.words import safe, size

LONGEST_TOLD = 400


@dataclass(frozen=True, slots=True)
class Standing:
    """What is to be told of a log at this moment."""

    told: str
    """The answer to what was asked last."""
    following: bool
    live: bool
    new: int
    """Lines that came since following stopped."""
    notice: str | None
    partial: str
    """Which part of the text is here; empty where it is all of it."""
    filtered: str
    """What the filter lets through; empty where there is none."""
    selected: int
    row: int
    rows: int
    progress: float
    size: int
    follows: str
    """The key that follows again."""


def subtitle(standing: Standing) -> str:
    """What matters most stands first: a narrow pane cuts the rest."""
    parts = [part for part in (standing.told, standing.notice, standing.partial) if part]
    if standing.following:
        parts.append("following")
    elif standing.live:
        new = standing.new
        parts.append(
            f"paused, {new} new line{'' if new == 1 else 's'} · {standing.follows} follows" if new else "paused"
        )
    if standing.filtered:
        parts.append(standing.filtered)
    if standing.selected:
        parts.append(f"{standing.selected} lines selected")
    elif standing.progress < 1 and not standing.filtered:
        parts.append(f"counting lines {standing.progress:.0%}")
    elif standing.rows:
        parts.append(f"line {standing.row} of {standing.rows}")
    parts.append(size(standing.size))
    return safe(" · ".join(parts), LONGEST_TOLD)


def title(label: str, rate: str, width: int) -> str:
    """The log's name, and how fast it grows where there is room for it."""
    label = safe(label, 200)
    return f"{label}  {rate}" if rate and cell_len(label) + cell_len(rate) + 8 <= width else label


def count(number: int) -> str:
    """`812`, `1.2 k`, `3.4 M`."""
    if number < 10_000:
        return str(number)
    return f"{number / 1e3:.0f} k" if number < 1_000_000 else f"{number / 1e6:.1f} M"


class Borders:
    """Writes into a widget's borders, and has no more painted than the line that changed.

    Setting `border_title` paints the whole widget; while thousands of lines a second come in, that is most of the work.
    """

    def __init__(self, widget: Widget, each_s: float) -> None:
        self._widget = widget
        self._each_s = each_s
        self._said = ("", "")
        self._said_at = 0.0
        self._later: asyncio.TimerHandle | None = None

    def say(self, texts: Callable[[], tuple[str, str]], *, quietly: bool = False) -> None:
        """Title and subtitle, now; `quietly`: if something was said a moment ago, a moment later."""
        now = time.monotonic()
        if quietly and now - self._said_at < self._each_s:
            if self._later is None:
                self._later = after(self._widget, self._each_s, lambda: self.say(texts))
            return
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if quietly:
            self._said_at = now
        title, subtitle = texts()
        widget = self._widget
        outer, inside = widget.outer_size, widget.content_offset
        top = Region(0, 0, outer.width, 1).translate(-inside)
        if title != self._said[0]:
            widget._border_title = Content(title)
            widget.refresh(top)
        if subtitle != self._said[1]:
            widget._border_subtitle = Content(subtitle)
            widget.refresh(top.translate((0, outer.height - 1)))
        self._said = title, subtitle
