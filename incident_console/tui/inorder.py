"""How do keys that are bound keep their place among letters that were typed before and after them?

A letter is taken by the widget itself; a bound key first goes up to the app, and what is typed fast overtakes it. Over
a slow link a key and what follows it come in one piece: `n` and the note that it opens a field for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual import events
from textual.widget import Widget
from textual.widgets import Input, TextArea

OPENS_S = 0.3
"""How long the next key waits for what a key opens; whatever takes longer is not typed into."""
LOOK_S = 0.005
AT_ONCE = frozenset({"app.quit", "app.help"})
"""Bindings that mean something before the incident is open."""


class Early:
    """The keys that come before the incident is open: they wait for it, and are done in their order.

    `q` and help are keys at once, unless others wait before them: then they may be part of a word.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._keys: list[events.Key] = []

    def holds(self, event: events.Key) -> bool:
        """Whether the key was put by, because nothing is there yet that it could mean."""
        active = self._app.screen.active_bindings.get(event.key)
        at_once = active is not None and active.binding.id in AT_ONCE and not self._keys
        if at_once or event.key.startswith("ctrl+") or len(self._app.screen_stack) > 1:
            return False
        self._keys.append(events.Key(event.key, event.character))
        event.stop().prevent_default()
        return True

    def release(self) -> None:
        """The incident is open: they come again, before what is typed from now on."""
        keys, self._keys = self._keys, []
        for key in keys:
            self._app.post_message(key)

    def forget(self) -> None:
        self._keys.clear()


async def run_bound(event: events.Key, *widgets: Widget) -> bool:
    """Do at once what these widgets have bound to the key, as the settings have it; False: nothing is bound."""
    active = widgets[0].screen.active_bindings.get(event.key)
    if active is None or active.node not in widgets or not active.enabled:
        return False
    event.stop().prevent_default()
    await active.node.run_action(active.binding.action)
    return True


def _reads_keys(widget: Widget | None) -> bool:
    """A list that is searched by typing, for instance, takes letters that are bound further up."""
    own = type(widget).__mro__[: type(widget).__mro__.index(Widget)] if widget is not None else ()
    return any(name in vars(kind) for kind in own for name in ("_on_key", "on_key"))


async def done_first(app: Any, event: events.Key, opening: Callable[[], bool]) -> bool:
    """Do what is bound to a key that goes into no field, and wait until what it opens is there; False: nothing is.

    `opening`: something that was begun may still ask.
    """
    if isinstance(app.focused, Input | TextArea) or _reads_keys(app.focused):
        return False
    screen = app.screen
    bound = await app._check_bindings(event.key, priority=True) or await app._check_bindings(event.key)
    end = time.monotonic() + OPENS_S
    while bound and time.monotonic() < end:
        if app.screen is not screen and app.screen.focused is None and app.screen.AUTO_FOCUS:
            await asyncio.sleep(LOOK_S)  # a page came up, and has not the focus yet
        elif opening():
            await asyncio.sleep(LOOK_S)
        else:
            break
    return bool(bound)
