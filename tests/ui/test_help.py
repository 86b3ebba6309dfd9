"""Help: every key that works now, by where and what for, searched and scrolled; and what every binding must have."""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widgets import Input, TextArea

import incident_console.tui
from incident_console.tui.entry import Entry
from incident_console.tui.help import HelpScreen, Wanted
from incident_console.tui.keys import GROUPS, KEYS, written
from incident_console.tui.ladder import TIMELINE
from incident_console.tui.log.bar import FilterBar, SearchBar
from incident_console.tui.log.list import FilterLine
from incident_console.tui.texts import TextScreen
from tests.ui.scene import SMALL, flat, opened, place, screen, shows, until

LONGEST = 24
ALLOWED = {
    "ctrl+p": "the palette, as everywhere; a promise of the console",
    "ctrl+q": "leaves from within a field; a promise of the console",
    "ctrl+j": "another line in a field: the only key that every terminal sends for it",
    "ctrl+z": "back to the shell, as anywhere",
    "ctrl+l": "draws the screen anew, as anywhere",
    "ctrl+r": "a regular expression in the search line, as `less` has it",
}
IN_FIELDS = ("ctrl+", "alt+", "f")
"""How keys begin that a field may bind besides: they do there what readline does with them."""
BY_STATE = {
    ("TailApp", "escape"): "a pane over the others comes first, then one file of several",
    ("Console", "escape"): "what takes long is ended first, then the question is left",
}
"""Keys with two meanings in one place, of which never both hold."""
PLAIN = frozenset("enter escape tab space backspace up down left right pageup pagedown home end f1 f3".split()) | {  # noqa: SIM905
    "shift+tab",
    "shift+up",
    "shift+down",
}


def owners() -> Iterator[tuple[type[DOMNode], Binding]]:
    """Every binding of every screen and pane of ours, one key each."""
    for module in pkgutil.walk_packages(incident_console.tui.__path__, "incident_console.tui."):
        importlib.import_module(module.name)
    waiting, seen = [DOMNode], set[type[DOMNode]]()
    while waiting:
        for found in waiting.pop().__subclasses__():
            if found not in seen:
                seen.add(found)
                waiting.append(found)
                if found.__module__.startswith("incident_console.") and "BINDINGS" in vars(found):
                    yield from ((found, binding) for binding in Binding.make_bindings(vars(found)["BINDINGS"]))


def test_every_binding_has_an_id_a_sentence_and_a_short_name() -> None:
    wrong = [
        f"{owner.__name__} {binding.key}"
        for owner, binding in owners()
        if not (binding.id and binding.tooltip and 0 < len(binding.description) <= LONGEST)
    ]
    assert not wrong


def test_no_key_is_bound_that_terminals_shells_or_multiplexers_take() -> None:
    wrong = {
        f"{owner.__name__} {binding.key}"
        for owner, binding in owners()
        if binding.key not in ALLOWED and binding.key not in PLAIN and not _letter(binding.key)
        if not (issubclass(owner, TextArea | Input) and binding.key.startswith(IN_FIELDS))
    }
    assert not wrong


READLINE = {
    "ctrl+a": ("home", "cursor_line_start"),
    "ctrl+b": ("cursor_left",),
    "ctrl+d": ("delete_right",),
    "ctrl+e": ("end", "cursor_line_end"),
    "ctrl+f": ("cursor_right",),
    "ctrl+k": ("delete_right_all", "delete_to_end_of_line_or_delete_line"),
    "ctrl+u": ("delete_left_all", "delete_to_start_of_line"),
    "ctrl+w": ("delete_left_word", "delete_word_left"),
    "ctrl+y": ("yank",),
    "ctrl+underscore": ("undo",),
    "alt+b": ("cursor_left_word", "cursor_word_left"),
    "alt+d": ("delete_right_word", "delete_word_right"),
    "alt+f": ("cursor_right_word", "cursor_word_right"),
    "ctrl+r": ("regex",),
    **dict.fromkeys(("ctrl+g", "ctrl+l", "ctrl+n", "ctrl+o", "ctrl+s", "ctrl+t", "alt+c", "alt+l", "alt+t", "alt+u")),
}
"""What a key of readline's may do in a field, by the names that Textual's two kinds of field have for it; None: nothing
of its own. `ctrl+r` looks backwards there, and chooses how to look here."""


@pytest.mark.parametrize("field", [Entry, SearchBar, FilterBar, FilterLine, Wanted])
def test_a_field_does_with_readlines_keys_what_readline_does(field: type[TextArea | Input]) -> None:
    bound = {
        binding.key: binding.action.partition("(")[0]
        for above in reversed(field.__mro__)
        for binding in Binding.make_bindings(vars(above).get("BINDINGS", ()))
    }
    assert not {key: bound[key] for key, does in READLINE.items() if key in bound and bound[key] not in (does or ())}
    assert {"ctrl+a", "ctrl+b", "ctrl+e", "ctrl+f", "ctrl+k", "ctrl+u", "ctrl+w", "ctrl+y", "alt+b", "alt+f"} <= set(
        bound
    )


def _letter(key: str) -> bool:
    return len(written(key)) == 1


def test_no_two_keys_in_one_place_are_the_same_and_no_id_stands_for_two_things() -> None:
    taken: dict[tuple[str, str], set[str]] = defaultdict(set)
    meant: dict[str, set[str]] = defaultdict(set)
    for owner, binding in owners():
        taken[owner.__name__, binding.key].add(str(binding.id))
        meant[f"{owner.__name__} {binding.id}"].add(binding.action)
    assert not {place: ids for place, ids in taken.items() if len(ids) > 1 and place not in BY_STATE}
    assert not {id: actions for id, actions in meant.items() if len(actions) > 1}


def test_every_key_that_works_everywhere_stands_in_a_group() -> None:
    grouped = {name for names in GROUPS.values() for name in names}
    ids = {str(binding.id).removeprefix("app.") for binding in KEYS if isinstance(binding, Binding)}
    assert ids <= grouped


def test_keys_are_written_as_one_finds_them_on_the_keyboard() -> None:
    keys = ("question_mark", "exclamation_mark", "enter", "escape", "ctrl+p", "slash", "left_square_bracket", "f1")
    assert [written(key) for key in keys] == ["?", "!", "Enter", "Esc", "ctrl+p", "/", "[", "F1"]


@pytest.mark.parametrize("key", ["question_mark", "f1"])
async def test_what_has_the_focus_comes_first_then_what_works_everywhere_by_group(tmp_path: Path, key: str) -> None:
    async with opened(place(tmp_path).tiny(), (100, 90)) as (app, pilot):
        await pilot.press("2", key)
        await shows(pilot, "─ Help ─", "in the rung")
        told = screen(app)
        order = ["in the rung", *(f"everywhere: {group}" for group in GROUPS if group != "logs")]
        assert [told.index(heading) for heading in order] == sorted(told.index(heading) for heading in order)
        assert "1-3  Go to that rung" in told and " q  Leave" in told and "everywhere: more" not in told


@pytest.mark.parametrize("size", [(60, 15), SMALL])
async def test_it_is_read_to_its_end_with_vi_keys_and_folds_its_sentences(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with opened(place(tmp_path).tiny(), size) as (app, pilot):
        await pilot.press("question_mark")
        await shows(pilot, "─ Help ─", "Capture first")
        await pilot.press("j", "j", "j", "j")
        await until(pilot, lambda: "Capture first" not in screen(app))
        await pilot.press("G")
        await shows(pilot, "everywhere: leaving")
        await shows(pilot, "Leave; all is saved, or it says what is not")
        await pilot.press("g")
        await shows(pilot, "Capture first")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_a_key_is_looked_for_by_what_it_does(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await pilot.press("question_mark", "slash", *"brief")
        await until(pilot, lambda: "Capture first" not in screen(app))
        await shows(pilot, "twelve lines to paste")
        assert "Write a note" not in screen(app)
        await pilot.press(*"[x")
        await shows(pilot, "No key does “brief[x”")
        await pilot.press("escape")
        await shows(pilot, "Capture first")
        assert isinstance(app.screen, HelpScreen), "Escape left the line, not the page"
        await pilot.press("slash", *"note", "enter", "escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_keys_of_the_settings_are_shown_as_they_are(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), (100, 90)) as (app, pilot):
        app.set_keymap({"app.note": "N", "app.help": "H"})
        await pilot.press("H")
        await shows(pilot, "─ Help ─", "N  Write a note", "H  Every key that works now")


async def test_a_page_and_the_timeline_have_their_own_keys_first(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), (100, 90)) as (app, pilot):
        app.go(TIMELINE)
        await pilot.press("question_mark")
        await shows(pilot, "─ Help ─", "in the timeline")
        assert screen(app).index("in the timeline") < screen(app).index("everywhere")
        await pilot.press("escape")
        await app.push_screen(TextScreen("a page", "text"))
        await pilot.press("question_mark")
        await shows(pilot, "─ Help ─", "on this page", "Copy all of it")
        assert "everywhere" not in flat(app), "beneath a page nothing else works"


async def test_escape_keeps_what_was_typed(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: bool(app.screen.query("#ask.-open")))
        await pilot.press(*"half", "escape")
        await until(pilot, lambda: not app.screen.query("#ask.-open"))
        await pilot.press("n")
        await shows(pilot, "half")


@pytest.mark.parametrize(
    ("key", "told"),
    [("0", "1 names the symptom"), ("u", "0 shows the facts"), ("i", "p there pins a line")],
)
async def test_an_empty_place_says_what_to_do_next(tmp_path: Path, key: str, told: str) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (_, pilot):
        await pilot.press(key)
        await shows(pilot, told)


async def test_a_list_without_logs_and_a_pane_without_one_say_what_to_do_next(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), (160, 45)) as (app, pilot):
        await shows(pilot, "open --log 'GLOB' names them", pane="#log-list")
        await shows(pilot, "choose one in the list of logs", pane="#log-view")
        await pilot.press("1")
        assert app.place == "symptom"


@pytest.mark.parametrize("size", [SMALL, (200, 50)])
async def test_help_begins_with_what_the_marks_of_rungs_and_gate_mean(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(place(tmp_path).tiny(), size) as (app, pilot):
        await pilot.press("question_mark")
        await shows(
            pilot,
            "A rung is · not entered yet; ○ entered, and not completed yet; ▸ open, worked on now; ✓ completed; ⊘",
            "Looking at one enters nothing.",
            "◌ closed until symptom, scope, evidence and class are named, and then ◉ open",
        )
        await pilot.press("slash", *"quit")
        await until(pilot, lambda: "A rung is" not in screen(app))
