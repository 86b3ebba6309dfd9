"""Where does each line stand when long lines go on below themselves?

Only the lines of one page are measured, from its top downwards or from the end upwards, so that a page costs the same
in a file of any size.
"""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import split_graphemes
from rich.segment import Segment

Height = Callable[[int], int]
"""How many rows of the screen the line in this row of the log takes, at least 1."""

Top = tuple[int, int]
"""The first row of the log that is on the screen, and how many of its rows of the screen are above it."""


def top_of_last_page(rows: int, page: int, height: Height) -> Top:
    """The top from which the last line just ends at the bottom; (0, 0) where everything fits."""
    return top_above(rows - 1, page, height) if rows else (0, 0)


def top_above(row: int, page: int, height: Height) -> Top:
    """The top from which the end of this row's line stands at the bottom of the page."""
    left = page
    while row >= 0:
        tall = height(row)
        if tall >= left:
            return row, tall - left
        left -= tall
        row -= 1
    return 0, 0


def fill(top: Top, rows: int, page: int, height: Height) -> list[Top]:
    """What is on each row of the screen: which row of the log, and which of the pieces of its line."""
    row, piece = top
    shown: list[Top] = []
    while row < rows and len(shown) < page:
        tall = height(row)
        shown += [(row, at) for at in range(min(piece, tall - 1), tall)]
        row, piece = row + 1, 0
    return shown[:page]


def cut(segments: list[Segment], width: int) -> list[list[Segment]]:
    """A line in pieces of at most so many columns; a wide character that does not fit begins the next one."""
    text = "".join(segment.text for segment in segments)
    ends = _ends(text, max(2, width))
    pieces: list[list[Segment]] = []
    rest, at = list(reversed(segments)), 0
    for end in ends:
        piece: list[Segment] = []
        while rest and at < end:
            segment = rest.pop()
            room = end - at
            if len(segment.text) > room:
                rest.append(Segment(segment.text[room:], segment.style))
                segment = Segment(segment.text[:room], segment.style)
            piece.append(segment)
            at += len(segment.text)
        pieces.append(piece)
    return pieces


def _ends(text: str, width: int) -> list[int]:
    """The index behind the last character of each piece; one piece for an empty line."""
    if text.isascii():
        return [*range(width, len(text), width), len(text)]
    ends, column = [], 0
    for start, _, cells in split_graphemes(text)[0]:
        if column + cells > width:
            ends.append(start)
            column = 0
        column += cells
    return [*ends, len(text)]
