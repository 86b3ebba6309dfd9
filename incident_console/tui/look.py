"""How is the screen to look and behave: colours, glyphs, motion, layout, keys, and who is told of what?

The settings say it; where they say `auto`, what the terminal can do, as its environment tells.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType

from textual.app import App, ReturnType
from textual.filter import LineFilter, Monochrome, NoColor

from incident_console.tui import themes
from incident_console.tui.ascii import Ascii

DARK, LIGHT = "textual-dark", "textual-light"
TERMINALS_DARK, TERMINALS_LIGHT = "ansi-dark", "ansi-light"
"""Textual's themes of the 16 colours that the terminal itself is set to."""
EVERYTHING = ("run-failed", "run-ended", "retry", "edit", "disk")

Breakpoints = list[tuple[int, str]]

_NO_TITLE = ("linux", "dumb", "unknown", "vt100", "vt102", "vt220", "cons25", "ansi")
_NO_COLOUR = ("dumb", "unknown", "vt100", "vt102", "vt220")
_ASCII_ONLY = ("linux", "dumb", "unknown", "vt100", "vt102", "vt220", "cons25", "ansi")
"""The Linux console knows UTF-8, but its font has 256 glyphs, and ours are not among them."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """What it can do."""

    colour: bool = True
    light: bool = False
    utf8: bool = True
    far: bool = False
    """Reached over ssh."""
    title: bool = True
    """Takes a title (OSC 2)."""


@dataclass(frozen=True, slots=True)
class Look:
    theme: str | None = None
    """A name, or several with commas between: the first that is there. None: what fits the terminal."""
    layout: str = "auto"
    """auto, wide or narrow."""
    motion: str = "auto"
    """auto, full or none."""
    glyphs: str = "auto"
    """auto, unicode or ascii."""
    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By a binding's id, its keys with commas between."""
    editor: str = ""
    """A command; empty: as the environment says."""
    pager: str = ""
    toasts: tuple[str, ...] = EVERYTHING
    bell: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    """Which of `EVERYTHING` the terminal's title tells; none: the title is left alone."""
    terminal: Terminal = Terminal()

    @property
    def still(self) -> bool:
        """Nothing moves by itself."""
        return self.motion == "none" or (self.motion == "auto" and self.terminal.far)

    @property
    def ascii(self) -> bool:
        return self.glyphs == "ascii" or (self.glyphs == "auto" and not self.terminal.utf8)


def terminal(environ: Mapping[str, str]) -> Terminal:
    """TERM, the locale, COLORFGBG (`15;0`: the second is the ground; rxvt, konsole, iTerm2 set it) and ssh's variables."""
    term = environ.get("TERM", "")
    ground = environ.get("COLORFGBG", "").rpartition(";")[2]
    return Terminal(
        colour=term not in _NO_COLOUR and "NO_COLOR" not in environ,
        light=ground in ("7", "15"),
        utf8=term not in _ASCII_ONLY and _utf8(environ),
        far=bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")),
        title=term not in _NO_TITLE,
    )


def _utf8(environ: Mapping[str, str]) -> bool:
    """Whether the locale says UTF-8; where nobody says anything, every terminal of today does."""
    every, types, language = (environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if language in ("C", "POSIX") and types in ("C.UTF-8", "C.utf8", "UTF-8"):
        types = ""  # Python put that there when it began in the C locale (PEP 538); the terminal knows nothing of it.
    said = (every or types or language).lower()
    return not said or "utf-8" in said or "utf8" in said


def theme(look: Look, there: Sequence[str], colours: str | None) -> tuple[str, str]:
    """A theme's name, and a sentence where the one that is wanted is not `there`.

    `colours`: what the terminal is known to show, as rich calls it: standard (16), 256, truecolor; None: none.
    """
    if not look.terminal.colour or colours is None:
        return themes.NO_COLOUR, ""
    few = colours == "standard"
    dark, light = (TERMINALS_DARK, TERMINALS_LIGHT) if few else (DARK, LIGHT)
    fits = light if look.terminal.light else dark
    if not look.theme:
        return fits, ""
    for name in look.theme.split(","):
        if name.strip() in there:
            return name.strip(), ""
    near = get_close_matches(look.theme, there, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return fits, f"There is no theme {look.theme}, so this is {fits}.{meant} There are: {', '.join(sorted(there))}."


def breakpoints(layout: str, usual: Breakpoints) -> Breakpoints:
    """Widths from which on panes stand side by side. Wide: two as soon as both have 40 columns."""
    if layout == "narrow":
        return [(0, "-narrow")]
    if layout == "wide":
        return [(0, "-narrow"), (80, "-medium"), *(found for found in usual if found[1] not in ("-narrow", "-medium"))]
    return usual


class Dressed(App[ReturnType]):
    """An app that looks as it is told to; `wear` says what could not be done."""

    look = Look()

    def wear(self, look: Look) -> tuple[str, ...]:
        """Sentences for the operator; empty when all is as it was wanted."""
        self.look = look
        for own in themes.OWN:
            self.register_theme(own)
        told: list[str] = []
        self.theme, fault = theme(look, tuple(self.available_themes), self.console.color_system)
        told += [fault] if fault else []
        if look.still:
            self.animation_level = "none"
        elif look.motion == "full":
            self.animation_level = "full"
        if look.keys:
            # Imported when it is asked for: it looks at every screen that there is.
            from incident_console.tui import keymap

            keys, faults = keymap.fitting(look.keys, keymap.places())
            self.set_keymap(dict(keys))
            told += faults
        return tuple(told)

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = list(super().get_line_filters())
        if self.no_color or not self.look.terminal.colour:
            # Textual takes grey for no colour where it began with a theme that has colours of its own.
            filters = [found for found in filters if not isinstance(found, Monochrome | NoColor)] + [NoColor()]
        return [*filters, Ascii()] if self.look.ascii else filters

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment, with the editor and the pager that the settings name."""
        named = {"VISUAL": self.look.editor, "EDITOR": self.look.editor, "PAGER": self.look.pager}
        return {**os.environ, **{name: value for name, value in named.items() if value}}
