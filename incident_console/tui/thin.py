r"""What of a frame does the terminal know already?

Textual sends whole rows, and names both colours of each piece anew: a screen of 120 x 40 is 20 kB, of which 5 kB are
text. Over a slow link that is the time until a key is answered. Here cells that stand there already are left out, and
a colour is named when it changes. What a terminal shows in the end is the same, cell by cell.

Of SGR sequences (ECMA-48, 8.3.117) rich writes `\x1b[...m` with all that a piece is to have, and `\x1b[0m` after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size

_PLACE = re.compile(r"\x1b\[(\d+);(\d+)H")
_STYLE = re.compile(r"\x1b\[([0-9;]*)m")
_SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "53"})
"""Attributes that show where there is no letter: underlines, reverse, strike, overline."""


@dataclass(frozen=True, slots=True)
class _Pen:
    """How the next cell is written; a colour as in SGR, empty for the terminal's own."""

    fore: str = ""
    ground: str = ""
    more: frozenset[str] = frozenset()


_PLAIN = _Pen()
_Cell = tuple[str, _Pen]
_GAP = 6
"""So many cells that are as they were are written once more rather than skipped: to go elsewhere costs as much."""


class Thin:
    """Remembers what stands on the terminal. `forget` when somebody else may have written there."""

    def __init__(self) -> None:
        self._lines: dict[str, list[_Cell | None]] = {}
        """By row, as far as it is known what stands there."""

    def forget(self) -> None:
        self._lines.clear()

    def frame(self, data: str) -> str:
        """The same picture in fewer characters. `data` begins and ends with no style set."""
        head, *placed = _PLACE.split(data)
        out, pen = [head], _PLAIN
        for at in range(0, len(placed), 3):
            row, column, text = placed[at : at + 3]
            text = text.rstrip("\r\n")
            if (cells := _cells(text)) is None:
                # Wide characters, links: as it came, and from then on it is not known what stands in this row.
                self._lines[row] = []
                out.append(f"\x1b[0m\x1b[{row};{column}H{text}")
                pen = _PLAIN
            elif not cells:
                if at == len(placed) - 3:  # where the cursor is left; before that a place without text is nothing
                    out.append(f"\x1b[{row};{column}H")
            else:
                for begin, end in self._put(row, int(column) - 1, cells):
                    out.append(f"\x1b[{row};{int(column) + begin}H")
                    pen = _write(cells[begin:end], pen, out)
        if pen != _PLAIN:
            out.append("\x1b[0m")
        return "".join(out)

    def _put(self, row: str, column: int, cells: tuple[_Cell, ...]) -> list[tuple[int, int]]:
        """Take these as what stands there now; where they are others than before, as ranges of them."""
        line = self._lines.setdefault(row, [])
        line += [None] * (column + len(cells) - len(line))
        before = line[column : column + len(cells)]
        line[column : column + len(cells)] = cells
        runs: list[tuple[int, int]] = []
        if before == list(cells):
            return runs
        for at, (was, now) in enumerate(zip(before, cells, strict=True)):
            if was != now:
                if runs and at - runs[-1][1] < _GAP:
                    runs[-1] = (runs[-1][0], at + 1)
                else:
                    runs.append((at, at + 1))
        return runs


@lru_cache(256)
def _cells(text: str) -> tuple[_Cell, ...] | None:
    """A cell for each character; None where that is not how it is shown. Most rows of a frame were in one before."""
    cells: list[_Cell] = []
    pen = _PLAIN
    for number, piece in enumerate(_STYLE.split(text)):
        if number % 2:
            pen = _pen(piece)
        elif piece:
            if "\x1b" in piece or not _one_each(piece):
                return None
            # A blank looks the same whatever its letters' colour would be.
            blank = pen if pen.more & _SEEN_ON_BLANKS else _Pen(ground=pen.ground)
            cells += [(char, blank if char == " " else pen) for char in piece]
    return tuple(cells)


def _one_each(text: str) -> bool:
    """An accent without a cell and a letter of two come to the right sum, in the wrong places."""
    return cell_len(text) == len(text) and (text.isascii() or all(get_character_cell_size(char) == 1 for char in text))


def _write(cells: Sequence[_Cell], pen: _Pen, out: list[str]) -> _Pen:
    """Append them, with what the pen has not got yet; the pen after that."""
    for char, wanted in cells:
        fits = char == " " and wanted.ground == pen.ground and not (wanted.more | pen.more) & _SEEN_ON_BLANKS
        if wanted != pen and not fits:
            out.append(_change(pen, wanted))
            pen = wanted
        out.append(char)
    return pen


@lru_cache(4096)
def _change(pen: _Pen, wanted: _Pen) -> str:
    said: list[str] = []
    if (pen.more - wanted.more) or (pen.fore and not wanted.fore) or (pen.ground and not wanted.ground):
        said.append("0")
        pen = _Pen()
    said += sorted(wanted.more - pen.more)
    said += [colour for colour, before in ((wanted.fore, pen.fore), (wanted.ground, pen.ground)) if colour != before]
    return f"\x1b[{';'.join(said)}m"


@lru_cache(4096)
def _pen(style: str) -> _Pen:
    """From the numbers of one SGR sequence, which sets everything anew."""
    numbers = iter(style.split(";"))
    fore, ground = "", ""
    more: set[str] = set()
    for number in numbers:
        if number in ("", "0"):
            fore, ground, more = "", "", set()
        elif number in ("38", "48"):
            kind = next(numbers, "5")
            colour = ";".join((number, kind, *(next(numbers, "0") for _ in range(3 if kind == "2" else 1))))
            fore, ground = (colour, ground) if number == "38" else (fore, colour)
        elif (30 <= int(number) <= 37) or (90 <= int(number) <= 97):
            fore = number
        elif (40 <= int(number) <= 47) or (100 <= int(number) <= 107):
            ground = number
        elif number == "39":
            fore = ""
        elif number == "49":
            ground = ""
        else:
            more.add(number)
    return _Pen(fore, ground, frozenset(more))
