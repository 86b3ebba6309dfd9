"""How is the screen to look and behave: colours, glyphs, motion, layout, keys, and who is told of what?

The settings say it; where they say `auto`, what the terminal can do, as its environment tells.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from textual import on
from textual.app import ReturnType
from textual.events import DescendantFocus
from textual.filter import LineFilter, Monochrome, NoColor

from incident_console.tui import themes
from incident_console.tui.after import after
from incident_console.tui.ascii import Ascii
from incident_console.tui.pace import Paced
from incident_console.tui.steady import Steady

DARK, LIGHT = "textual-dark", "textual-light"
TERMINALS_DARK, TERMINALS_LIGHT = "ansi-dark", "ansi-light"
"""Textual's themes of the 16 colours that the terminal itself is set to."""
EVERYTHING = ("run-failed", "run-ended", "retry", "edit", "disk")

_COLOURLESS, _STEADY, _ASCII = themes.Colourless(), Steady(), Ascii()

Breakpoints = list[tuple[int, str]]
SMALLEST = (60, 15)
"""Columns and rows that every pane, every question and the keys fit on."""
ROOM_AFTER_S = 1 / 60

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
    untaken: tuple[str, ...] = ()
    """What the settings say and cannot be taken, a sentence each."""

    @property
    def still(self) -> bool:
        """Nothing moves by itself."""
        return self.motion == "none" or (self.motion == "auto" and self.terminal.far)

    @property
    def ascii(self) -> bool:
        return self.glyphs == "ascii" or (self.glyphs == "auto" and not self.terminal.utf8)


def terminal(environ: Mapping[str, str]) -> Terminal:
    """From TERM, NO_COLOR, the locale, COLORFGBG and ssh's variables.

    COLORFGBG is `15;0` or `15;default;0`, the last being the ground; rxvt, konsole and iTerm2 set it.
    """
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
    if colours is None:
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


@runtime_checkable
class _Blinks(Protocol):
    """A field with a cursor: Textual's Input and TextArea, neither of which need be loaded for this."""

    cursor_blink: bool


class Dressed(Paced[ReturnType]):
    """An app that looks as it is told to, and says what could not be done."""

    look = Look()
    keys_taken: Mapping[str, str] = MappingProxyType({})
    """By a binding's id, the keys that the settings gave it."""
    _is_small = False

    def on_mount(self) -> None:
        self.screen_change_signal.subscribe(self, lambda _: self._look_for_room())

    def on_resize(self) -> None:
        # The screen has the new size a moment later, as Textual takes the last of many.
        after(self, ROOM_AFTER_S, self._look_for_room)

    def _look_for_room(self) -> None:
        """Say so while there is too little of it."""
        width, height = self.size
        if self._is_small or width < SMALLEST[0] or height < SMALLEST[1]:
            # Imported when there is too little room: who looks at a log alone waits for nothing else.
            from incident_console.tui import toosmall

            self._is_small = toosmall.look(self, SMALLEST)

    def wear(self, look: Look) -> tuple[str, ...]:
        """Colours and motion. Gives sentences for the operator; none when all is as it was wanted."""
        self.look = look
        self.keep_pace(far=look.terminal.far)
        for own in themes.OWN:
            self.register_theme(own)
        colours = None if self._is_colourless else self.console.color_system
        self.theme, fault = theme(look, tuple(self.available_themes), colours)
        # Textual looks at a theme when its name changes; the one by its default name is ours, too.
        self.stylesheet.set_variables(self.get_css_variables())
        if look.still:
            self.animation_level = "none"
        elif look.motion == "full":
            self.animation_level = "full"
        return (*look.untaken, fault) if fault else look.untaken

    def take_keys(self, screens: Sequence[str]) -> tuple[str, ...]:
        """Have the keys that the settings name; a sentence for each that cannot be had.

        `screens`: modules with keys that need not be loaded yet.
        """
        if not self.look.keys:
            return ()
        # Imported when it is asked for: it looks at every screen that there is.
        from incident_console.tui import keymap

        keys, faults = keymap.fitting(self.look.keys, keymap.places(screens))
        self.keys_taken = keys
        self.set_keymap(dict(keys))
        return faults

    @on(DescendantFocus)
    def _keep_cursor_still(self, event: DescendantFocus) -> None:
        if self.look.still and isinstance(event.widget, _Blinks):
            event.widget.cursor_blink = False

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = list(super().get_line_filters())
        if self._is_colourless:
            filters = [*(found for found in filters if not isinstance(found, Monochrome | NoColor)), _COLOURLESS]
        return [*filters, _STEADY, _ASCII] if self.look.ascii else [*filters, _STEADY]

    @property
    def _is_colourless(self) -> bool:
        return self.no_color or not self.look.terminal.colour

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment, with the editor and the pager that the settings name."""
        named = {"VISUAL": self.look.editor, "EDITOR": self.look.editor, "PAGER": self.look.pager}
        return {**os.environ, **{name: value for name, value in named.items() if value}}
