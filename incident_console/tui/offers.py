"""What is a palette made of? Entries, how they are found and shown, and those that every screen has: keys and themes.

Texts from outside are contents, never markup. What a key of the keyboard does is said with the key beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from textual.app import App
from textual.command import CommandList, CommandPalette, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets.option_list import Option

from incident_console.tui.help import MOVING
from incident_console.tui.keys import written
from incident_console.tui.matching import best, places
from incident_console.tui.words import safe

MOST = 40
"""Hits that one kind of source shows at once."""
OFFERED = 60
"""Entries that are shown before anything is typed."""
MARGIN = 4
"""Columns beside the list's rows."""
SHOWN = 120
"""Characters of a title from outside."""
NOTHING_AFTER_S = 0.5
"""Without a letter typed, until it is said that nothing fits: past incidents come from the disk."""
NOT_LISTED = frozenset({"command_palette", "leave_question", "end_work", "rung"})
"""Actions with a key that the palette is already, cannot be, or lists by name."""
DO, GO, OPEN, WATCH, USE = "does it", "goes there", "opens it", "watches it", "uses it"
"""What Enter does."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One line of the palette. `rank`: far below 1; decides between what fits as well."""

    glyph: str
    title: str
    enter: str
    call: Callable[[], object]
    told: str = ""
    beside: str = ""
    """What it is found by, but does not show."""
    key: str = ""
    rank: float = 0.0
    folded: tuple[str, str] = ("", "")

    @staticmethod
    def make(glyph: str, title: str, enter: str, call: Callable[[], object], **named: Any) -> Entry:
        title = safe(title, SHOWN)
        found_by = " ".join((title, named.get("told", ""), named.get("beside", ""), named.get("key", "")))
        return Entry(glyph, title, enter, call, folded=(title.casefold(), found_by.casefold()), **named)

    def shown(self, typed: str, marked: Any, width: int) -> Content:
        """Two lines: what it is, and what Enter does."""
        title = Content(self.title)
        for at in places(self.title, typed):
            title = title.stylize(marked, at, at + 1)
        key = (f"  {self.key}", "$text-accent") if self.key else ""
        told = f" · {safe(self.told, SHOWN)}" if self.told else ""
        below = Content.styled(f"  Enter {self.enter}{told}", "$foreground-muted not bold")
        lines = (Content.assemble(f"{self.glyph} ", title, key), below)
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)


class Offers(Provider):
    """Shows entries, best first. `entries` is filled by `startup`."""

    ASKED = "Search: action, rung, log, evidence, incident, theme"
    """What stands in the palette while nothing is typed."""
    FOUND = "Part of an action, a rung, a log, a piece of evidence, a past incident or a theme can be typed"
    """What there is to find, for whoever typed something else."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.entries: tuple[Entry, ...] = ()

    async def search(self, query: str) -> Hits:
        for score, entry in best(self.entries, query, MOST):
            yield self._hit(entry, score, query)

    async def discover(self) -> Hits:
        """In the order in which they were made; a hit, since a `DiscoveryHit` is sorted by its letters."""
        for number, entry in enumerate(self.entries[:OFFERED]):
            yield self._hit(entry, 1.0 - number / 1000, "")

    def _hit(self, entry: Entry, score: float, typed: str) -> Hit:
        width = max(20, self.app.size.width - MARGIN)
        return Hit(score, entry.shown(typed, self.match_style, width), entry.call, text=entry.title)


class Bindings(Offers):
    """Every key that works, and the themes: the palette of `incident-console tail`."""

    ASKED = "Search: action, theme"
    FOUND = "Part of an action or a theme can be typed"

    async def startup(self) -> None:
        self.entries = (*keys(self.app, self.screen, frozenset()), *themes(self.app))


class Palette(CommandPalette):
    DEFAULT_CSS = """
    Palette {
        & SearchIcon { display: none; }
        & > Vertical { margin-top: 2; }
        &.-low > Vertical { margin-top: 0; }
        & #--input { padding-left: 1; }
        & CommandList > .option-list--option { padding: 0 1; }
    }
    """

    def __init__(self, offers: tuple[type[Offers], ...], asked: str, found: str) -> None:
        """`asked` stands there while nothing is typed, `found` where nothing fits."""
        super().__init__(offers, placeholder=asked)
        self._found = found

    def _start_no_matches_countdown(self, search_value: str) -> None:
        """Say what can be typed in place of the toolkit's own words, for which it has no public name."""
        self._stop_no_matches_countdown()
        self._no_matches_timer = self.set_timer(NOTHING_AFTER_S, partial(self._tell_nothing_fits, search_value))

    def _tell_nothing_fits(self, typed: str) -> None:
        if typed:
            fits = Content.assemble("Nothing fits ", (f"{safe(typed, SHOWN)}", "bold"))
            told = Content.styled(f"{self._found}; Esc goes back.", "$foreground-muted not bold")
            self.query_one(CommandList).add_option(
                Option(Content("\n").join((fits, told)), disabled=True, id=self._NO_MATCHES)
            )
        self._list_visible = bool(typed)


def is_open(app: App[Any]) -> bool:
    return CommandPalette.is_open(app)


def screen(*offers: type[Offers]) -> Palette:
    return Palette(offers, offers[0].ASKED, offers[0].FOUND)


def keys(app: App[Any], screen: Screen[object], named: frozenset[str]) -> Iterator[Entry]:
    """Whatever has a key here and no name of its own in the list."""
    seen = set(named)
    for node, binding, enabled, tooltip in screen.active_bindings.values():
        action = binding.action.partition("(")[0].rpartition(".")[2]
        if (
            not (enabled and binding.id and tooltip)
            or binding.id in seen
            or action in NOT_LISTED
            or binding.action.startswith(MOVING)
        ):
            continue
        seen.add(binding.id)
        yield Entry.make(
            "›",
            f"{binding.description[:1].upper()}{binding.description[1:]}",
            DO,
            partial(_act, app, binding.action, node),
            told=tooltip,
            key=written(binding.key),
        )


def _act(app: App[Any], action: str, node: DOMNode) -> None:
    app.run_worker(app.run_action(action, node))


def themes(app: App[Any]) -> Iterator[Entry]:
    for name in sorted(app.available_themes):
        now = "in use" if name == app.theme else ""
        yield Entry.make(
            "◐", f"Theme {name}", USE, partial(setattr, app, "theme", name), told=now or "colours", rank=-0.01
        )
