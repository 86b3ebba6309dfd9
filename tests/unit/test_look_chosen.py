"""What the screen is to look like, by settings and terminal: themes and their contrast, glyphs, motion, keys."""

from __future__ import annotations

import ast
import re
import unicodedata
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.binding import Binding
from textual.color import Color
from textual.theme import BUILTIN_THEMES

import incident_console
from incident_console.tui import keymap, themes
from incident_console.tui.ascii import in_ascii
from incident_console.tui.keymap import Place
from incident_console.tui.look import Look, Terminal, breakpoints, terminal, theme

HERE = Path(incident_console.__file__).parent
THERE = (*BUILTIN_THEMES, *(own.name for own in themes.OWN))
TEXTS = (
    *("text", "foreground-muted", "text-disabled", "text-primary", "text-secondary"),
    *("text-accent", "text-success", "text-warning", "text-error"),
)
"""What text is written in, wherever it stands."""
GROUNDS = ("background", "surface", "panel")


def contrast(one: str, other: str) -> float:
    """As WCAG 2 counts it, 1 to 21; Textual's own counts brightness in another way."""

    def luminance(colour: str) -> float:
        parts = (part / 255 for part in Color.parse(colour).rgb)
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", [themes.CONTRAST, themes.CONTRAST_LIGHT])
def test_high_contrast_is_aaa_for_text_and_aa_for_borders(name: str) -> None:
    colours = next(own for own in themes.OWN if own.name == name).to_color_system().generate()
    for ground in GROUNDS:
        for text in TEXTS:
            assert contrast(colours[ground], colours[text]) >= 7, (text, ground)
        for line in ("accent", "surface-lighten-2"):
            assert contrast(colours[ground], colours[line]) >= 4.5, (line, ground)
    assert contrast(colours["block-cursor-background"], colours["block-cursor-foreground"]) >= 7
    for row in ("surface-lighten-1", "primary-muted"):  # under the log's cursor, and selected
        assert contrast(colours[row], colours["text"]) >= 7


def test_every_colour_that_the_screens_name_is_in_every_own_theme() -> None:
    named: set[str] = set()
    for path in [*HERE.rglob("tui/**/*.py"), *HERE.rglob("*.tcss")]:
        named |= set(re.findall(r"\$([a-z][a-z0-9-]*[a-z0-9])", path.read_text()))
    dark = set(BUILTIN_THEMES["textual-dark"].to_color_system().generate())
    for own in (*themes.OWN, BUILTIN_THEMES["ansi-dark"], BUILTIN_THEMES["ansi-light"]):
        assert not (named & dark) - set(own.to_color_system().generate()), own.name


def test_the_theme_fits_the_terminal_unless_one_is_named() -> None:
    light = Look(terminal=Terminal(light=True))
    assert theme(Look(), THERE, "truecolor") == ("textual-dark", "")
    assert theme(light, THERE, "256") == ("textual-light", "")
    assert theme(Look(), THERE, "standard") == ("ansi-dark", "") and theme(light, THERE, "standard")[0] == "ansi-light"
    assert theme(Look(theme="nord"), THERE, None) == (themes.NO_COLOUR, "")
    assert theme(Look(theme="no-such, nord"), THERE, "standard") == ("nord", "")
    name, told = theme(Look(theme="high-contrst"), THERE, "256")
    assert name == "textual-dark" and "Did you mean high-contrast?" in told and "solarized-light" in told


@pytest.mark.parametrize(
    ("environ", "is_so"),
    [
        ({"LANG": "en_GB.UTF-8"}, True),
        ({}, True),
        ({"LANG": "C"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),  # as Python leaves it behind
        ({"LANG": "C.UTF-8"}, True),
        ({"LANG": "de_DE@euro"}, False),
        ({"LC_ALL": "C", "LANG": "en_GB.UTF-8"}, False),
        ({"LANG": "C", "LC_CTYPE": "en_US.utf8"}, True),
        ({"LANG": "en_GB.UTF-8", "TERM": "linux"}, False),
    ],
)
def test_glyphs_are_ascii_where_the_locale_is_not_utf8_or_the_font_has_none(
    environ: dict[str, str], is_so: bool
) -> None:
    assert terminal(environ).utf8 is is_so
    assert Look(terminal=terminal(environ)).ascii is not is_so
    assert Look(glyphs="ascii", terminal=terminal(environ)).ascii
    assert not Look(glyphs="unicode", terminal=terminal(environ)).ascii


def test_nothing_moves_over_ssh_unless_it_is_wanted() -> None:
    far = terminal({"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"})
    assert Look(terminal=far).still and Look(terminal=terminal({"SSH_TTY": "/dev/pts/1"})).still
    assert not Look(motion="full", terminal=far).still and Look(motion="none").still and not Look().still


def test_a_terminal_without_colours_or_with_a_light_ground_is_known() -> None:
    assert not terminal({"TERM": "vt100"}).colour and not terminal({"NO_COLOR": "1", "TERM": "xterm"}).colour
    assert terminal({"TERM": "xterm"}).colour and terminal({"TERM": "xterm"}).title
    assert not terminal({"TERM": "linux"}).title and terminal({"TERM": "linux"}).colour
    for said, light in (("0;15", True), ("15;default;0", False), ("0;7", True), ("", False), ("x", False)):
        assert terminal({"COLORFGBG": said}).light is light


def test_the_layout_that_is_wanted_holds_at_every_width() -> None:
    usual = [(0, "-narrow"), (100, "-medium"), (150, "-wide")]
    assert breakpoints("auto", usual) == usual
    assert breakpoints("narrow", usual) == [(0, "-narrow")]
    assert breakpoints("wide", usual) == [(0, "-narrow"), (80, "-medium"), (150, "-wide")]


def test_every_glyph_of_the_console_has_a_likeness_in_ascii() -> None:
    lost: dict[str, str] = {}
    for path in HERE.rglob("tui/**/*.py"):
        if path.name == "ascii.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                drawn = (one for one in node.value if not one.isascii() and unicodedata.category(one)[0] in "SP")
                lost |= {glyph: path.name for glyph in drawn if glyph != "�" and in_ascii(glyph) in ("?", "")}
    assert not lost


@pytest.mark.parametrize("text", ["│ ✓ done ▸ 日本語 │", "é̃ naïve", "👩‍🔬 x", "ＷＩＤＥ", "\u200b|", "ﷺ"])
def test_in_ascii_a_line_is_as_wide_as_it_was(text: str) -> None:
    plain = in_ascii(text)
    assert plain.isascii() and plain.isprintable()
    assert len(plain) == sum(cell_len(character) for character in text)


def test_states_that_differ_by_a_glyph_differ_in_ascii() -> None:
    states = "·○▸✓⊘"
    assert len(set(map(in_ascii, states))) == len(states)
    assert len(set(map(in_ascii, "●✓✗■–"))) == 5


def test_each_binding_has_one_id_that_says_where_it_works() -> None:
    screens = (f"incident_console.tui.{name}" for name in ("app", "contrast", "handover", "log.app", "log.bar"))
    doing: dict[str, set[str]] = {}
    for place in keymap.places(tuple(screens)):
        for binding in place.bindings:
            assert binding.id and re.fullmatch(r"[a-z-]+\.[a-z0-9_-]+", binding.id), (place.name, binding)
            # The same doing may stand in two places; two doings of one id would be moved together.
            doing.setdefault(binding.id, set()).add(binding.action.removeprefix("app."))
    shared = {id: found for id, found in doing.items() if len(found) > 1}
    assert set(shared) <= {"app.next", "app.previous", "app.quit"}, shared  # the console's and the tail's own


def _place(name: str, **keys: str) -> Place:
    return Place(name, tuple(Binding.make_bindings(Binding(key, "x", id=id) for id, key in keys.items())))


def test_a_key_that_many_terminals_send_as_two_is_told() -> None:
    places = (_place("here", a="x", b="alt+b,f3"),)
    taken, faults = keymap.fitting({"a": "alt+n", "b": "alt+b,f4"}, places)
    assert len(taken) == 2 and len(faults) == 1 and "keys.a: many terminals send Esc and a key for alt+n" in faults[0]


def test_keys_are_taken_swapped_and_given_back() -> None:
    places = (_place("here", a="x,f2", b="y", c="z"), _place("there", d="x"))
    assert keymap.fitting({"a": "f5"}, places) == ({"a": "f5"}, ())
    assert keymap.fitting({"a": "y", "b": "x"}, places) == ({"a": "y", "b": "x"}, ())
    assert keymap.fitting({"d": "y"}, places) == ({"d": "y"}, ())  # what is on a key elsewhere is no clash
    taken, (told,) = keymap.fitting({"a": "z"}, places)
    assert not taken and "z is the key of c already, here" in told
    # b cannot have z, so it keeps y, and a cannot have that.
    taken, told_all = keymap.fitting({"b": "z", "a": "y"}, places)
    assert not taken and len(told_all) == 2


def test_an_unknown_id_is_told_with_the_nearest() -> None:
    taken, (told,) = keymap.fitting({"log.serch": "f3"}, (_place("in the log", **{"log.search": "slash"}),))
    assert not taken and "no key has that id; nearest: log.search" in told


def test_a_letter_is_not_taken_for_what_works_while_one_types() -> None:
    first = Place("everywhere", (Binding("tab", "pane", id="app.next", priority=True),))
    taken, (told,) = keymap.fitting({"app.next": "n"}, (first,))
    assert not taken and "n could never be typed" in told
    assert keymap.fitting({"app.next": "f4"}, (first,))[0] == {"app.next": "f4"}
