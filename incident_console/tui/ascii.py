"""What stands for a glyph where the terminal can show nothing but ASCII?

Columns stay as they are: what is two wide stays two wide, so that nothing on the screen moves.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_PAIRS = (
    # states; the word stands beside them wherever there is room
    "✓v ✗x ●* ○o ◌o ◎@ ◉@ ◐% ▸> ⊘/ ·. ■# ↻~ ⟳~ ⚠! ⚑P ⚐p ⚿k ∅0",
    # the log: selected, marked, where a line goes on
    "┃| ◆# ◈% ‹< ›> ↳\\ ━= ≋= ≡=",
    # cost classes and bars
    "◇o ◷@ ▤= ▏. ▎. ▍: ▌: ▋= ▊= ▉# █# ▁_ ▂. ▃- ▄- ▅= ▆= ▇# ▐| ▀- ░. ▒: ▓#",
    # keys and arrows
    "⏎< ⌫< ↵< ↰^ ⇥> ←< →> ↑^ ↓v ◂< ▴^ ▾v ▶> ◀< ▲^ ▼v ↔= ⇒> ⇢> ⇠< ▪* ▫o",
    # writing
    "–- —- …~ ×x ±~ •* ‘' ’' “\" ”\" «< »> ≤< ≥> ≠! ≈~ −- ✎e µu °o §S ⚒T ⟨< ⟩> �?",
)
_GLYPHS = {pair[0]: pair[1] for pairs in _PAIRS for pair in pairs.split(" ") if len(pair) == 2}
_CORNERS = "┌┐└┘├┤┬┴┼╭╮╯╰╔╗╚╝╠╣╦╩╬┏┓┗┛┣┫┳┻╋"
_UPRIGHT = "│║┃┆┇┊┋╎╏╵╷╹╻▏▕"
_CIRCLED = "⓪①②③④⑤⑥⑦⑧⑨"
_TABLE = str.maketrans(
    {chr(line): "-" for line in range(0x2500, 0x2580)}
    | dict.fromkeys(_CORNERS, "+")
    | {chr(picture): "^" for picture in range(0x2400, 0x2422)}
    | {glyph: str(number) for number, glyph in enumerate(_CIRCLED)}
    | {chr(number): "+" for number in range(ord("⑩"), ord("⑳") + 1)}
    | _GLYPHS
    | dict.fromkeys(_UPRIGHT, "|")
)


@lru_cache(4096)
def in_ascii(text: str) -> str:
    """The text in as many columns: letters without their accents, `?` for what has no likeness."""
    if text.isascii():
        return text
    text = text.translate(_TABLE)
    return text if text.isascii() else "".join(map(_like, text))


def _like(character: str) -> str:
    if character.isascii():
        return character
    width = cell_len(character)
    alike = unicodedata.normalize("NFKD", character)[:1]
    return (alike if alike.isascii() and alike.isprintable() else "?").ljust(width)[:width]


class Ascii(LineFilter):
    """Stands behind everything that is painted, Textual's own borders included."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment if segment.text.isascii() else Segment(in_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]
