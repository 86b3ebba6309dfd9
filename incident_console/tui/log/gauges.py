"""How fast does this log grow, and where in it are the errors? Both are found out while nothing else is to be done."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

from incident_console.tail.finding.overview import Overview
from incident_console.tail.finding.rate import Rate
from incident_console.tui.after import after
from incident_console.tui.log.status import count

if TYPE_CHECKING:
    from incident_console.tui.log.scroll import LogScroll

BUCKETS = 512
SLICE_S = 0.003
PAUSE_S = 0.02
LOOK_EACH_S = 0.5
BARS = 12
FADE_S = 1.0
GLYPHS = " ▁▂▃▄▅▆▇█"


class Gauges:
    def __init__(self, view: LogScroll) -> None:
        self._view = view
        self._rate = Rate()
        self._overview: Overview | None = None
        self._looking = False
        self._drawn: tuple[int, ...] = ()
        self._fading: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Another source is on the screen."""
        self._rate = Rate()
        self._overview = None

    def note(self, lines: int) -> None:
        """So many lines came since the last look."""
        self._rate.note(max(0, lines), monotonic())
        if lines > 0 and self._fading is None:
            self._fading = after(self._view, FADE_S, self._fade)

    def _fade(self) -> None:
        """No more lines may come to tell that none come."""
        self._fading = None
        self._rate.note(0, monotonic())
        self._view.say_quietly()
        if self._rate.per_second >= 1:
            self._fading = after(self._view, FADE_S, self._fade)

    def rate(self) -> str:
        """`▁▂▅█ 312 lines/s` while lines come in; empty while none do."""
        speed = self._rate.per_second
        if speed < 1:
            return ""
        bars = "".join(GLYPHS[level] for level in self._rate.bars(BARS))
        return f"{bars} {count(round(speed))} lines/s"

    def marks(self, height: int) -> Sequence[int]:
        """How many errors there are in each of so many parts of the log."""
        return self._overview.marks(height) if self._overview is not None else ()

    def look(self) -> None:
        """Go on looking for errors, in slices between keys, once it is known which rows there are."""
        source = self._view.source
        if source is None or source.progress < 1:
            return
        if self._overview is None:
            self._overview = Overview(source, BUCKETS)
        if not self._looking:
            self._looking = True
            self._view.run_worker(self._look(), group="log-overview")

    async def _look(self) -> None:
        # While thousands of lines a second come in, keys come first: their errors are looked for twice a second.
        await asyncio.sleep(LOOK_EACH_S)
        while (overview := self._overview) is not None and (self._view.is_seeking or not overview.step(SLICE_S)):
            await asyncio.sleep(PAUSE_S)
        self._looking = False
        marks = tuple(self.marks(self._view.size.height))
        if marks != self._drawn:
            self._drawn = marks
            self._view.vertical_scrollbar.refresh()
