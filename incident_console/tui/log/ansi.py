"""Which colours does a log ask for, and how are they shown so that they can be read?

Only SGR sequences (ECMA-48, `CSI … m`) are understood: the 16, 256 and direct colours, bold, dim, italic, underline,
reverse and strike. Hidden and blinking text is shown like any other. Each line begins plain, whatever the one before
left switched on: lines are read in any order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from rich.color import Color
from rich.style import Style
from rich.terminal_theme import TerminalTheme

Rgb = tuple[int, int, int]

SGR = re.compile("\x1b\\[([0-9;:]{0,64})m")
READABLE = 3.0
"""The contrast (WCAG 2) that text has against what is behind it, at least."""
STEPS = 8
_FLAGS = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike", 21: "underline"}
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}


@dataclass(frozen=True, slots=True)
class Sgr:
    """What is switched on. A colour is a number of the palette of 256 or red, green and blue."""

    ink: int | Rgb | None = None
    ground: int | Rgb | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False
    strike: bool = False


PLAIN = Sgr()


def runs(text: str) -> Iterator[tuple[str, Sgr]]:
    """The text between the sequences, each piece with what is switched on for it."""
    state, at = PLAIN, 0
    for found in SGR.finditer(text):
        if found.start() > at:
            yield text[at : found.start()], state
        state, at = after(state, found[1]), found.end()
    if at < len(text):
        yield text[at:], state


@lru_cache(1024)
def after(state: Sgr, codes: str) -> Sgr:
    """What is switched on after `CSI codes m`; codes that mean nothing here change nothing."""
    numbers = [_numbers(part) for part in codes.split(";")]
    while numbers:
        (code, *sub), *numbers = numbers
        if code == 0:
            state = PLAIN
        elif code in (38, 48):
            if not sub:
                sub, numbers = _following(numbers)
            colour = _colour(sub)
            if colour is not None:
                state = replace(state, ink=colour) if code == 38 else replace(state, ground=colour)
        elif code == 4 and sub:
            state = replace(state, underline=sub[0] != 0)
        else:
            state = _simple(state, code)
    return state


def _simple(state: Sgr, code: int) -> Sgr:
    if code in _FLAGS:
        return replace(state, **{_FLAGS[code]: True})
    if code in _OFF:
        return replace(state, **dict.fromkeys(_OFF[code], False))
    if 30 <= code <= 37 or 90 <= code <= 97:
        return replace(state, ink=code - 30 if code < 90 else code - 82)
    if 40 <= code <= 47 or 100 <= code <= 107:
        return replace(state, ground=code - 40 if code < 100 else code - 92)
    if code == 39:
        return replace(state, ink=None)
    return replace(state, ground=None) if code == 49 else state


def _numbers(part: str) -> list[int]:
    return [int(number[:6]) if number else 0 for number in part.split(":")]


def _following(numbers: list[list[int]]) -> tuple[list[int], list[list[int]]]:
    """`38;5;n` and `38;2;r;g;b` spread a colour over the next codes."""
    length = {5: 2, 2: 4}.get(numbers[0][0], 1) if numbers else 0
    return [part[0] for part in numbers[:length]], numbers[length:]


def _colour(sub: list[int]) -> int | Rgb | None:
    if len(sub) >= 2 and sub[0] == 5:
        return min(sub[1], 255)
    if len(sub) >= 4 and sub[0] == 2:
        red, green, blue = (min(part, 255) for part in sub[-3:])
        return red, green, blue
    return None


@lru_cache(4096)
def style(sgr: Sgr, ink: Rgb, ground: Rgb, theme: TerminalTheme) -> Style:
    """The style over text that is `ink` on `ground` by itself: readable whatever the log asks for."""
    wanted = ink if sgr.ink is None else _rgb(sgr.ink, theme)
    behind = ground if sgr.ground is None else _rgb(sgr.ground, theme)
    if sgr.reverse:
        wanted, behind = behind, wanted
    if sgr.dim:
        wanted = _mix(wanted, behind, 0.4)
    coloured = sgr.ink is not None or sgr.ground is not None or sgr.reverse or sgr.dim
    return Style(
        color=Color.from_rgb(*readable(wanted, behind)) if coloured else None,
        bgcolor=Color.from_rgb(*behind) if sgr.ground is not None or sgr.reverse else None,
        bold=sgr.bold or None,
        italic=sgr.italic or None,
        underline=sgr.underline or None,
        strike=sgr.strike or None,
    )


def readable(ink: Rgb, ground: Rgb) -> Rgb:
    """The ink, moved towards white or black as far as it takes to be read on the ground."""
    end = max(((255, 255, 255), (0, 0, 0)), key=lambda colour: contrast(colour, ground))
    for step in range(STEPS + 1):
        mixed = _mix(ink, end, step / STEPS)
        if contrast(mixed, ground) >= READABLE:
            return mixed
    return end


def contrast(one: Rgb, other: Rgb) -> float:
    """1 to 21, as WCAG 2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (part / 3294 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _rgb(colour: int | Rgb, theme: TerminalTheme) -> Rgb:
    if isinstance(colour, tuple):
        return colour
    red, green, blue = Color.from_ansi(colour).get_truecolor(theme)
    return red, green, blue
