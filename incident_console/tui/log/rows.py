"""How is one row of a log drawn: its number, a mark for the cursor or the selection, a mark for an error, the text?

A state is a glyph and never a colour alone: `▸` the cursor, `┃` selected, `✗` an error; `‹` and `›` say that the line
goes on to the left and to the right of what is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from incident_console.tail.errors_in import is_error
from incident_console.tail.source import Line, Mark
from incident_console.tui.log.text import line_text

MOST_HITS_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Look:
    """What the row looks like apart from its text: a drawn strip is good for as long as this is the same."""

    width: int
    """Columns of the whole row."""
    left: int
    """Columns of the text that are scrolled out."""
    digits: int
    """Columns for the line number."""
    cursor: bool
    selected: bool
    hits: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Styles:
    base: Style
    number: Style
    error: Style
    mark: Style
    notice: Style
    cursor: Style
    selected: Style
    hit: Style


def draw(row: Line | Mark, look: Look, styles: Styles) -> Strip:
    """The row as a strip of exactly `look.width` columns."""
    base = styles.base
    if look.selected:
        base += styles.selected
    elif look.cursor:
        base += styles.cursor
    pointer = "▸" if look.cursor else "┃" if look.selected else " "
    if isinstance(row, Mark):
        gutter = [Segment(" " * look.digits + pointer + " ", base)]
        body = [Segment(row.text, base + styles.mark)]
    else:
        error = is_error(row.text)
        number = "" if row.number is None else str(row.number)
        gutter = [
            Segment(number.rjust(look.digits), base + styles.number),
            Segment(pointer, base),
            Segment("✗" if error else " ", base + styles.error),
        ]
        body = _body(line_text(row), base + styles.error if error else base, styles.hit, look.hits)
    text = Strip(body)
    gutter.append(Segment("‹" if look.left and text.cell_length else " ", base + styles.number))
    left = Strip(gutter, look.digits + 3)
    room = max(0, look.width - left.cell_length)
    more = [Segment("›", base + styles.number)] if text.cell_length > look.left + room > look.left else []
    shown = text.crop_extend(look.left, look.left + room - len(more), base)
    return Strip.join([left, shown, Strip(more)]).crop(0, look.width)


def notice(text: str, width: int, styles: Styles) -> Strip:
    """A sentence in place of the log's text."""
    return Strip([Segment(text, styles.base + styles.notice)]).crop_extend(0, width, styles.base)


def _body(text: str, style: Style, hit: Style, hits: re.Pattern[str] | None) -> list[Segment]:
    if hits is None:
        return [Segment(text, style)]
    pieces, at = [], 0
    for number, found in enumerate(hits.finditer(text)):
        if number == MOST_HITS_SHOWN:
            break
        if found.end() > found.start():
            pieces += [Segment(text[at : found.start()], style), Segment(found[0], style + hit)]
            at = found.end()
    return [piece for piece in (*pieces, Segment(text[at:], style)) if piece.text]
