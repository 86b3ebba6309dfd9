"""Where in this log are the errors? Marks on the scroll bar, each for the part of the log that it stands at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment, Segments
from rich.style import Style
from textual.scrollbar import ScrollBarRender

Marks = Callable[[int], Sequence[int]]
"""For each row of a bar of this height: how many errors stand in that part of the log."""
GLYPH = "━"


class MarkedBar(ScrollBarRender):
    """A scroll bar as Textual draws it, with a mark in each row that stands for a part with errors."""

    def __init__(self, marks: Marks, error: Callable[[], Style], **bar: Any) -> None:
        super().__init__(**bar)
        self._marks = marks
        self._error = error

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        height = options.height or console.height
        colour = self._error().color
        for bar in super().__rich_console__(console, options):
            if not isinstance(bar, Segments):
                yield bar
                continue
            marks = self._marks(height)
            segments = [
                _marked(segment, Style(color=colour)) if at < len(marks) and marks[at] else segment
                for at, segment in enumerate(bar.segments)
            ]
            yield Segments(segments, new_lines=True)


def _marked(segment: Segment, error: Style) -> Segment:
    style = segment.style or Style()
    behind = style.color if style.reverse else style.bgcolor
    return Segment(GLYPH * len(segment.text), Style(bgcolor=behind, meta=style.meta or None) + error)
