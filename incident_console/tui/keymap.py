"""Can the keys that the settings name be taken? An unknown id, two doings on one key, a letter that could not be typed.

What cannot be taken is told and left out; the rest holds.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import key_to_character

NEAR = 3
_IS_ALT = re.compile(r"alt\+(.|enter|space|tab|escape)")
_HOME = "incident_console."


@dataclass(frozen=True, slots=True)
class Place:
    """Bindings that work together: an app's, or a pane's with those it inherits."""

    name: str
    bindings: tuple[Binding, ...]
    """One key each."""


def places(screens: Sequence[str]) -> tuple[Place, ...]:
    """Everywhere that keys work, from the bindings themselves; `screens` are modules that are loaded for it."""
    for module in screens:
        importlib.import_module(module)
    return tuple(Place(_title(found), tuple(bound(found))) for found in _classes(DOMNode) if "BINDINGS" in vars(found))


def _classes(above: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for found in above.__subclasses__():
        if found.__module__.startswith(_HOME):
            yield found
        yield from _classes(found)


def bound(place: type[DOMNode]) -> Iterator[Binding]:
    """What keys do in a pane, a page or the app, with what it inherits: one key each, as no setting has moved them."""
    for above in place.__mro__:
        if above.__module__.startswith(_HOME):
            yield from Binding.make_bindings(vars(above).get("BINDINGS", ()))


def _title(place: type[DOMNode]) -> str:
    return "everywhere" if place.__name__ in ("Console", "TailApp") else f"in {place.__name__}"


def listed(places: Sequence[Place]) -> str:
    """A line an id, for who writes `[keys]`: its keys and what it does."""
    keys: dict[str, dict[str, str]] = {}
    for binding in (binding for place in places for binding in place.bindings if binding.id):
        keys.setdefault(binding.id or "", {})[binding.key] = binding.tooltip or binding.description
    wide = max((len(id) for id in keys), default=0)
    return "\n".join(
        f"{id:<{wide}}  {','.join(told):<14}  {next(iter(told.values()))}" for id, told in sorted(keys.items())
    )


def fitting(keys: Mapping[str, str], places: Sequence[Place]) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Those that can be taken, and a sentence for each that cannot, or may not come on every terminal."""
    known = {binding.id: binding for place in places for binding in place.bindings if binding.id}
    defaults: dict[str, set[str]] = {}
    for binding in (binding for place in places for binding in place.bindings if binding.id):
        defaults.setdefault(binding.id or "", set()).add(binding.key)
    while_typing = {binding.id for place in places for binding in place.bindings if binding.priority}
    taken, faults = dict(keys), list[str]()

    def drop(id: str, because: str) -> None:
        faults.append(f"keys.{id}: {because}")
        del taken[id]

    for id in keys:
        alt = next((key.key for key in _keys(id, keys[id]) if _IS_ALT.fullmatch(key.key)), "")
        if id not in known:
            near = get_close_matches(id, known, n=NEAR, cutoff=0.5)
            nearest = f"; nearest: {', '.join(near)}" if near else ""
            drop(id, f"no key has that id{nearest}. `Keys and their ids` in the palette lists all.")
        elif id in while_typing and (letters := [key.key for key in _keys(id, keys[id]) if key.character_is_typed]):
            drop(id, f"works while you type, too, so {letters[0]} could never be typed; take a key such as f4.")
        if id in taken and alt and alt not in defaults[id]:
            faults.append(f"keys.{id}: many terminals send Esc and a key for {alt}; where it does not come, take f4.")
    # Leaving one out gives a key back to what had it, on which another may stand by now.
    while clash := next((found for place in places if (found := _clash(taken, place))), None):
        id, because = clash
        drop(id, because)
    return taken, tuple(faults)


def _clash(taken: Mapping[str, str], place: Place) -> tuple[str, str] | None:
    """An id that shares a key with another one here, and why it must give way."""
    whose: dict[str, str] = {}
    of: dict[str, list[str]] = {}
    for binding in place.bindings:
        if binding.id and binding.id not in of:
            own = [known.key for known in place.bindings if known.id == binding.id]
            of[binding.id] = [key.key for key in _keys(binding.id, taken[binding.id])] if binding.id in taken else own
    # Who keeps a default goes first: it is the other one that was asked to move there.
    for id in sorted(of, key=lambda id: id in taken):
        for key in of[id]:
            if key in whose and whose[key] != id and id in taken:
                return id, f"{key} is the key of {whose[key]} already, {place.name}; it keeps the keys it had."
            whose.setdefault(key, id)
    return None


@dataclass(frozen=True, slots=True)
class _Key:
    key: str
    character_is_typed: bool


def _keys(id: str, keys: str) -> Iterator[_Key]:
    for binding in Binding.make_bindings([Binding(keys, "", "", id=id)]):
        yield _Key(binding.key, bool((character := key_to_character(binding.key)) and character.isprintable()))
