"""How is a line of somebody else's log shown, whatever bytes it holds?

Log text is data: nothing in it is markup, and no escape sequence, control character, direction override or invisible
character reaches the terminal. Colours (SGR sequences) become styles or are left out, everything else is made visible.
Letters that are written from right to left are shown in the order in which they stand in the file, one column each and
without any character that changes direction: so the columns beside them stay where they are in every terminal.
"""

from __future__ import annotations

import re

from rich.cells import cell_len

from incident_console.tail.source import Line
from incident_console.tui.log.ansi import PLAIN, SGR, Sgr
from incident_console.tui.log.ansi import runs as coloured
from incident_console.tui.words import size

TAB = 8

Run = tuple[str, Sgr]
"""Text that is shown as it is, and the colours that the log asks for it."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_COMBINING_FIRST = re.compile(
    "^[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u20d0-\u20ff]"
)


def runs(text: bytes, *, colours: bool = True, whole: bool = False) -> list[Run]:
    """One line as characters that a terminal shows and does not obey, tabs expanded.

    A carriage return before the end begins the line again, as a terminal does: of a progress bar the last state is
    left; `whole` shows all of them. Bytes that are not UTF-8 are shown as U+FFFD. Empty for an empty line.
    """
    text = text.rstrip(b"\r")
    if b"\r" in text and not whole:
        text = text[text.rfind(b"\r") + 1 :]
    shown = text.decode("utf-8", "replace")
    if "\x1b" in shown:
        if colours:
            column, pieces = 0, []
            for piece, sgr in coloured(shown):
                piece, column = _visible_text(piece, column)
                pieces.append((piece, sgr))
            return [(piece, sgr) for piece, sgr in pieces if piece]
        shown = SGR.sub("", shown)
    shown, _ = _visible_text(shown, 0)
    return [(shown, PLAIN)] if shown else []


def plain(text: bytes, *, whole: bool = False) -> str:
    """As `runs`, without the colours."""
    return "".join(piece for piece, _ in runs(text, colours=False, whole=whole))


def line_runs(line: Line, *, colours: bool = True, whole: bool = False) -> list[Run]:
    """A line as it is shown; one that is cut says how long it is."""
    shown = runs(line.text, colours=colours, whole=whole)
    if line.cut:
        shown.append((f" … ({size(line.end - line.offset)} line)", PLAIN))
    return shown


def _visible_text(text: str, column: int) -> tuple[str, int]:
    """Text as it is shown that begins at this column, and the column behind it."""
    if text.isascii() and text.isprintable():
        return text, column + len(text)
    text = _HIDDEN.sub(_visible, text)
    if _COMBINING_FIRST.match(text):
        text = "◌" + text
    if "\t" not in text:
        return text, column + cell_len(text)
    shown = []
    pieces = text.split("\t")
    for piece in pieces[:-1]:
        column += cell_len(piece)
        stop = TAB - column % TAB
        shown += [piece, " " * stop]
        column += stop
    return "".join([*shown, pieces[-1]]), column + cell_len(pieces[-1])


def _visible(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0xFE00 <= code <= 0xFE0F:
        return ""  # A variation selector only chooses a glyph, and its width differs from terminal to terminal.
    return f"⟨{code:02X}⟩" if code < 0x100 else f"⟨U+{code:04X}⟩"
