"""What is drawn for writing of which terminals disagree how wide it is?

One that is drawn wider than Textual counts pushes every border beside it away. So what joins characters, or changes how
wide the one before is, does not reach the terminal: of a family of emoji the first is drawn, of a flag its letters, of
Devanagari the letters without the vowel signs that stand beside them. What is kept, copied and recorded is the text
itself. Each character that is left is as wide in every terminal as in the layout.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size, set_cell_size, split_graphemes
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

FLAGS, SKINS = range(0x1F1E6, 0x1F200), range(0x1F3FB, 0x1F400)
SELECTORS, MORE_SELECTORS = range(0xFE00, 0xFE10), range(0xE0000, 0xE01F0)
_SUSPECTS = (
    *(range(0x903, 0x109D), range(0x1160, 0x1200), range(0x1715, 0x1CF8), range(0x200B, 0x2010), range(0x2060, 0x2065)),
    *(range(0x302E, 0x3030), range(0xA823, 0xABED), range(0xD7B0, 0xD800), SELECTORS, range(0xFEFF, 0xFF00)),
    *(range(0x11000, 0x16FF2), range(0x1D165, 0x1D173), FLAGS, SKINS, MORE_SELECTORS),
)
SUSPECT = re.compile("[" + "".join(f"{chr(each.start)}-{chr(each.stop - 1)}" for each in _SUSPECTS) + "]")
"""Where any such character is, so that all other text is passed on without being looked at further."""
LETTERS = {chr(code): chr(ord("A") + number) for number, code in enumerate(FLAGS)}
"""Of which flags are made, two and two."""


def steady(text: str) -> str:
    """The text in as many columns, by characters that every terminal counts alike."""
    if text.isascii() or SUSPECT.search(text) is None:
        return text
    return _steady(text)


@lru_cache(4096)
def _steady(text: str) -> str:
    spans, _ = split_graphemes(text)
    told = "".join(_drawn(text[start:stop], width) for start, stop, width in spans)
    # Of what joins nothing rich counts another width than of its parts; the layout went by the whole.
    return set_cell_size(told, cell_len(text))


def _drawn(cluster: str, width: int) -> str:
    if SUSPECT.search(cluster) is None:
        return cluster
    kept, room = "", width
    for character in cluster:
        character = LETTERS.get(character, character)
        columns = get_character_cell_size(character)
        if columns <= room and not _joins(character):
            kept, room = kept + character, room - columns
    return kept + " " * room


def _joins(character: str) -> bool:
    """Whether it changes the characters beside it, by joining, colouring or widening them."""
    code = ord(character)
    return unicodedata.category(character) in ("Mc", "Cf") or any(
        code in each for each in (SELECTORS, MORE_SELECTORS, SKINS)
    )


class Steady(LineFilter):
    """Stands behind everything that is painted, and before `Ascii`."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.text.isascii() or segment.control
            else Segment(steady(segment.text), segment.style, segment.control)
            for segment in segments
        ]
