"""Where does a line go on that does not fit? Below its own text, not below its glyph: the eye tells rows apart."""

from __future__ import annotations

import re

from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

LEADS = re.compile(r" *(?:[^\w\s\[(“\"'`./-] +(?=\S))?")
"""What stands before a line's text: its indentation, and the glyph of a state."""
LEAST = 24
"""Columns that the text keeps: where there are fewer, a line goes on at the left edge."""


def fold(content: Content, width: int) -> list[Content]:
    """Lines of at most `width` columns."""
    folded: list[Content] = []
    for line in content.split(allow_blank=True):
        lead = found.end() if (found := LEADS.match(line.plain)) else 0
        if line.cell_length <= width or width - lead < LEAST:
            folded += line.wrap(width)
            continue
        head, text = line.divide([lead]) if lead else (Content(), line)
        first, *more = text.wrap(width - head.cell_length)
        folded += [Content.assemble(head, first), *(Content.assemble(" " * head.cell_length, each) for each in more)]
    return folded


class Hanging(Visual):
    """Draws a content with its lines folded so."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._folded: tuple[int, list[Content]] = (0, [])

    def _fold(self, width: int) -> list[Content]:
        if self._folded[0] != width:
            self._folded = (width, fold(self._content, width))
        return self._folded[1]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return self._content.get_optimal_width(rules, container_width)

    def get_minimal_width(self, rules: RulesMap) -> int:
        return self._content.get_minimal_width(rules)

    def get_height(self, rules: RulesMap, width: int) -> int:
        return len(self._fold(width)) if width else 0

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        if not width:
            return []
        strips = [strip for line in self._fold(width) for strip in line.render_strips(width, 1, style, options)]
        return strips if height is None else strips[:height]
