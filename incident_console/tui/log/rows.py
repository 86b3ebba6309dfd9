"""How is one line of a log drawn: its number or its file, a mark for the cursor or the selection, one for an error?

A state is a glyph and never a colour alone: `▸` the cursor, `┃` selected, `◆` marked (`◈` under the cursor), `✗` an
error; `‹` and `›` say that the line goes on to the left and to the right of what is shown, `↳` that it comes from
above.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from zlib import crc32

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.strip import Strip

from incident_console.tail.finding.errors_in import is_error
from incident_console.tail.finding.patience import TooSlow, within
from incident_console.tail.source import Line, Mark
from incident_console.tui.log import ansi, wrap
from incident_console.tui.log.text import line_runs
from incident_console.tui.words import safe

MOST_HITS_SHOWN = 500
HITS_WITHIN_S = 0.005
SIGNS = 3
"""Columns between the number and the text: cursor, error, what is scrolled out."""
TAG_COLOURS = 5
STYLED = (
    *("number", "error", "mark", "notice", "cursor", "selected", "hit"),
    *(f"tag-{number}" for number in range(TAG_COLOURS)),
)
"""What has a style of its own."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the row looks like apart from its text: a drawn strip is good for as long as this is the same."""

    width: int
    """Columns of the whole row."""
    left: int
    """Columns of the text that are scrolled out."""
    gutter: int
    """Columns for the line number, or for the name of its file."""
    wrap: bool
    colours: bool
    whole: bool
    """Carriage returns are shown, not obeyed."""
    hits: re.Pattern[str] | None
    cursor: bool = False
    selected: bool = False
    marked: bool = False


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
    tags: tuple[Style, ...]
    ink: ansi.Rgb
    ground: ansi.Rgb
    theme: TerminalTheme


def styles(base: Style, of: Callable[[str], Style], theme: TerminalTheme) -> Styles:
    """`of` gives the style of each of `STYLED`; `theme` says what the 16 colours are."""
    ink = base.color.get_truecolor(theme) if base.color else theme.foreground_color
    ground = base.bgcolor.get_truecolor(theme) if base.bgcolor else theme.background_color
    return Styles(
        base=base,
        number=of("number"),
        error=of("error"),
        mark=of("mark"),
        notice=of("notice"),
        cursor=of("cursor"),
        selected=of("selected"),
        hit=of("hit"),
        tags=tuple(of(f"tag-{number}") for number in range(TAG_COLOURS)),
        ink=(ink.red, ink.green, ink.blue),
        ground=(ground.red, ground.green, ground.blue),
        theme=theme,
    )


def draw(row: Line | Mark, look: Look, styles: Styles) -> tuple[Strip, ...]:
    """The row as strips of exactly `look.width` columns: one, or as many as it takes where long lines are wrapped."""
    base = styles.base
    if look.selected:
        base += styles.selected
    elif look.cursor:
        base += styles.cursor
    quiet = base + styles.number
    room = max(0, look.width - look.gutter - SIGNS)
    error = isinstance(row, Line) and is_error(row.text)
    if isinstance(row, Mark):
        body = [Segment(row.text, base + styles.mark)]
    else:
        body = list(_body(row, base + styles.error if error else base, look, styles))
    first = _gutter(row, look, styles, base, error=error)
    if look.wrap and room:
        again = Segment(" " * look.gutter + ("┃" if look.selected else " ") + " ↳", quiet)
        return tuple(
            _row([*first, Segment(" ", quiet)] if at == 0 else [again], piece, room, look, base)
            for at, piece in enumerate(wrap.cut(body, room))
        )
    if len(body) == 1 and body[0].text.isascii():
        return (_simple(body[0], first, room, look, quiet),)
    long = sum(cell_len(segment.text) for segment in body)
    more = long > look.left + room > look.left
    if look.left or more:
        shown = Strip(body, long).crop(look.left, look.left + room - more)
        body = [
            *shown,
            Segment(" " * (room - more - shown.cell_length), base),
            *([Segment("›", quiet)] if more else []),
        ]
    before = "‹" if look.left and long else " "
    return (_row([*first, Segment(before, quiet)], body, room, look, base),)


def notice(text: str, width: int, styles: Styles) -> Strip:
    """A sentence in place of the log's text."""
    return Strip([Segment(text, styles.base + styles.notice)]).crop_extend(0, width, styles.base)


def _gutter(row: Line | Mark, look: Look, styles: Styles, base: Style, *, error: bool) -> list[Segment]:
    style = quiet = base + styles.number
    if tag := getattr(row, "tag", ""):
        name = set_cell_size(_short(safe(tag), look.gutter - 1), look.gutter)
        style = base + styles.tags[crc32(tag.encode("utf-8", "replace")) % len(styles.tags)]
    elif isinstance(row, Line) and row.number is not None:
        name = str(row.number).rjust(look.gutter)
    else:
        name = " " * look.gutter
    if not (error or look.cursor or look.selected or look.marked):
        return [Segment(name + "  ", style)]
    pointer = "▸" if look.cursor else "┃" if look.selected else " "
    if look.marked:
        pointer = "◈" if look.cursor else "◆"
    sign = Segment("✗", base + styles.error) if error else Segment(" ", quiet)
    return [Segment(name, style), Segment(pointer, base), sign]


def _short(tag: str, width: int) -> str:
    """The end of a long name: where names of files differ."""
    if cell_len(tag) <= width:
        return tag
    while tag and cell_len(tag) > width - 1:
        tag = tag[1:]
    return "…" + tag


def _simple(body: Segment, gutter: list[Segment], room: int, look: Look, quiet: Style) -> Strip:
    """Most lines of most logs: one column a character, in one style. Several times as quick as the general way."""
    text, left = body.text, look.left
    more = len(text) > left + room > left
    shown = Segment(text[left : left + room - more].ljust(room - more), body.style)
    pieces = [*gutter, Segment("‹" if left and text else " ", quiet), shown]
    if more:
        pieces.append(Segment("›", quiet))
    return Strip(pieces, look.gutter + SIGNS + room) if room else Strip(pieces).adjust_cell_length(look.width)


def _row(gutter: list[Segment], body: list[Segment], room: int, look: Look, base: Style) -> Strip:
    """Neighbours of one style in one piece: what a terminal is sent grows with the number of pieces."""
    shown = sum(cell_len(segment.text) for segment in body)
    if shown < room:
        body = [*body, Segment(" " * (room - shown), base)]
    strip = Strip([segment for segment in Segment.simplify([*gutter, *body]) if segment.text], None)
    return strip if strip.cell_length == look.width else strip.adjust_cell_length(look.width, base)


def _body(line: Line, base: Style, look: Look, styles: Styles) -> Iterator[Segment]:
    runs = line_runs(line, colours=look.colours, whole=look.whole)
    segments = [
        Segment(text, base if sgr is ansi.PLAIN else base + ansi.style(sgr, styles.ink, styles.ground, styles.theme))
        for text, sgr in runs
    ]
    if look.hits is None:
        yield from segments
        return
    found = iter(found_in(look.hits, "".join(text for text, _ in runs)))
    start, stop = next(found, (1 << 62, 1 << 62))
    at = 0
    for text, style, _ in segments:
        end = at + len(text)
        assert style is not None
        while at < end:
            if at >= stop:
                start, stop = next(found, (1 << 62, 1 << 62))
            elif at < start:
                upto = min(start, end)
                yield Segment(text[at - end : upto - end or None], style)
                at = upto
            else:
                upto = min(stop, end)
                yield Segment(text[at - end : upto - end or None], style + styles.hit)
                at = upto


def found_in(hits: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """Where the hits are; nothing where the expression needs too long for this line."""
    try:
        found = within(HITS_WITHIN_S, lambda: [match.span() for match in islice(hits.finditer(text), MOST_HITS_SHOWN)])
    except TooSlow:
        return []
    return [(start, stop) for start, stop in found if stop > start]
