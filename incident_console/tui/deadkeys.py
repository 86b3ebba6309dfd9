"""Why did this key do nothing? One line at the foot of the screen, for whichever key cannot act where it was pressed.

Three things can be so, and they are looked for in this order: the key is bound here, and what it does cannot be done
now; it is bound elsewhere, in another pane; it is bound nowhere. Read from the bindings themselves, as help is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from textual.actions import parse
from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode

from incident_console.tui.help import PLACES
from incident_console.tui.keymap import bound
from incident_console.tui.keys import written
from incident_console.tui.livekeys import key, keys_taken

WIDE = 110
"""Columns from which on two other panes are named: what does not fit one line is not read."""
BEHIND = "behind this page"


@runtime_checkable
class SaysWhyNot(Protocol):
    """A widget, a page or an app that knows why something cannot be done now."""

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """In a few words, to follow a colon; empty: it can be done, or no more is known than that it cannot."""
        ...


def because(app: App[Any], pressed: str) -> str:
    """Why the key, as Textual names it, does nothing here; empty where it does something."""
    active = app.screen.active_bindings.get(pressed)
    if active is not None and active.enabled:
        return ""
    sign = written(pressed)
    here = [*_here(app, pressed)]
    for node, binding in here:
        where, action, parameters = parse(binding.action)
        asked = app if where == "app" else node
        if isinstance(asked, SaysWhyNot) and (told := asked.why_not(action, parameters)):
            return f"{sign}: {told}"
    if here:
        return f"{sign} {here[0][1].description}: there is nothing here that it could do now"
    if elsewhere := [*dict.fromkeys(_elsewhere(app, pressed))][: 1 if app.size.width < WIDE else 2]:
        return f"{sign} does nothing here; {', '.join(elsewhere)}"
    return f"{sign} is no key here; {key(app, 'app.help')} shows those that are"


def _here(app: App[Any], pressed: str) -> Iterator[tuple[DOMNode, Binding]]:
    """What binds the key between the focus and the app, the nearest first; a page keeps what is behind it out."""
    inside = app.focused or app.screen
    nodes = [node for node in inside.ancestors_with_self if node is not app]
    for node in nodes if app.screen.is_modal else (*nodes, app):
        yield from ((node, binding) for binding in bound(type(node)) if pressed in _keys(app, binding))


def _elsewhere(app: App[Any], pressed: str) -> Iterator[str]:
    """`in the rung: capture`, by pane."""
    base = app.screen_stack[0]
    for node in base.walk_children():
        if place := PLACES.get(node.id or ""):
            yield from (f"{place}: {told}" for told in _does(app, node, pressed))
    if app.screen is not base:
        yield from (f"{BEHIND}: {told}" for told in _does(app, app, pressed))


def _does(app: App[Any], node: DOMNode, pressed: str) -> Iterator[str]:
    return (binding.description for binding in bound(type(node)) if pressed in _keys(app, binding))


def _keys(app: App[Any], binding: Binding) -> tuple[str, ...]:
    """The keys of a binding, as the settings have them."""
    moved = keys_taken(app).get(binding.id or "", "")
    return tuple(each.key for each in Binding.make_bindings([Binding(moved or binding.key, "", "")]))
