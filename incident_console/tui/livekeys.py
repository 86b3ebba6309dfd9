"""Which key does it now? Every text that names a key asks here, so that keys moved by the settings are told right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, runtime_checkable

from textual.binding import Binding

from incident_console.tui.keys import plainest, written

Key = Callable[[str], str]
"""Gives the key of a binding, as `key` does, for texts that are made without an app at hand."""


@runtime_checkable
class HasKeys(Protocol):
    """An app whose keys the settings may have moved."""

    @property
    def keys_taken(self) -> Mapping[str, str]:
        """By a binding's id, its keys with commas between; those at their defaults are not in it."""
        ...


def key(app: object, id: str) -> str:
    """The plainest key of a binding in this app, as it is written: `p`, `Enter`, `^z`.

    Raises KeyError for an id that no loaded screen has.
    """
    moved = app.keys_taken.get(id, "") if isinstance(app, HasKeys) else ""
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
