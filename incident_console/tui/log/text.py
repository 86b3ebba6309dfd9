"""How is a line of somebody else's log shown, whatever bytes it holds?

Log text is data: nothing in it is markup, and no escape sequence, control character, direction override or invisible
character reaches the terminal. Colours (SGR sequences) are left out, everything else is made visible.
"""

from __future__ import annotations

import re

from rich.cells import cell_len

from incident_console.tail.source import Line
from incident_console.tui.words import size

TAB = 8

_COLOURS = re.compile(rb"\x1b\[[0-9;:]{0,64}m")
_HIDDEN = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_COMBINING_FIRST = re.compile(
    "^[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u20d0-\u20ff]"
)


def plain(text: bytes) -> str:
    """One line as characters that a terminal shows and does not obey, tabs expanded.

    A carriage return before the end begins the line again, as a terminal does: of a progress bar the last state is
    left. Bytes that are not UTF-8 are shown as U+FFFD.
    """
    text = text.rstrip(b"\r")
    if b"\r" in text:
        text = text[text.rfind(b"\r") + 1 :]
    if b"\x1b" in text:
        text = _COLOURS.sub(b"", text)
    shown = text.decode("utf-8", "replace")
    if shown.isascii() and shown.isprintable():
        return shown
    shown = _HIDDEN.sub(_visible, shown)
    if _COMBINING_FIRST.match(shown):
        shown = "◌" + shown
    return _expand_tabs(shown) if "\t" in shown else shown


def line_text(line: Line) -> str:
    """A line as it is shown; one that is cut says how long it is."""
    shown = plain(line.text)
    return f"{shown} … ({size(line.end - line.offset)} line)" if line.cut else shown


def _visible(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0xFE00 <= code <= 0xFE0F:
        return ""  # A variation selector only chooses a glyph, and its width differs from terminal to terminal.
    return f"⟨{code:02X}⟩" if code < 0x100 else f"⟨U+{code:04X}⟩"


def _expand_tabs(text: str) -> str:
    shown, column = [], 0
    pieces = text.split("\t")
    for piece in pieces[:-1]:
        column += cell_len(piece)
        stop = TAB - column % TAB
        shown += [piece, " " * stop]
        column += stop
    return "".join([*shown, pieces[-1]])
