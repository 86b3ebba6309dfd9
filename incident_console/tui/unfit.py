"""Which settings of the screen could not be taken? For who asks without a screen."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES

from incident_console.tui import keymap, themes
from incident_console.tui.app import Console
from incident_console.tui.look import Look, theme


def unfit(look: Look) -> tuple[str, ...]:
    """A sentence for each, as the screen would tell it. Imports every screen where keys are set."""
    there = tuple({*BUILTIN_THEMES, *(own.name for own in themes.OWN)})
    _, fault = theme(look, there, "truecolor")
    keys = keymap.fitting(look.keys, keymap.places(Console.SCREENS_APART))[1] if look.keys else ()
    return (*((fault,) if fault else ()), *keys)
