"""Which key does it now? Every text that names a key asks here, so that keys moved by the settings are told right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from textual.binding import Binding

from incident_console.tui.keys import plainest, written

Key = Callable[[str], str]
"""Gives the key of a binding, as `key` does, for texts that are made without an app at hand."""


def keys_taken(app: object) -> Mapping[str, str]:
    """Where the settings moved this app's keys: by a binding's id its keys with commas between, without the others."""
    moved: Mapping[str, str] = getattr(app, "keys_taken", {})
    return moved


def key(app: object, id: str) -> str:
    """The plainest key of a binding in this app, as it is written: `p`, `Enter`, `^z`.

    Raises KeyError for an id that no loaded screen has.
    """
    return _written(keys_taken(app).get(id, ""), id)


@lru_cache(1024)
def _written(moved: str, id: str) -> str:
    return written(plainest(binding.key for binding in _made(moved, id)))


def _made(moved: str, id: str) -> Iterator[Binding]:
    if moved:
        yield from Binding.make_bindings([Binding(moved, "", "", id=id)])
        return
    if id not in _defaults:
        _look()
    yield from Binding.make_bindings([Binding(_defaults[id], "", "", id=id)])


_defaults: dict[str, str] = {}
"""By id, as far as it was looked for: classes are made once, and what is bound in them stays."""


def _look() -> None:
    from incident_console.tui import keymap  # it looks through all screens, which the log alone does without

    for place in keymap.places(()):
        found: dict[str, list[str]] = {}
        for binding in place.bindings:
            if binding.id:
                found.setdefault(binding.id, []).append(binding.key)
        _defaults.update({id: ",".join(keys) for id, keys in found.items()})
