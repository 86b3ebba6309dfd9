"""How do keys that are bound keep their place among letters that were typed before and after them?

A letter is taken by the widget itself; a bound key first goes up to the app, and what is typed fast overtakes it. Over
a slow link a key and what follows it come in one piece: `n` and the note that it opens a field for.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from bisect import insort
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, TextArea
from textual.worker import Worker

OPENS_S = 0.3
"""How long the next key waits for what a key opens; whatever takes longer is not typed into."""
LOOK_S = 0.005
LAPS = 3
"""What a key sets off is told on at most so often before it comes to the app: a row is chosen, it is an answer's."""
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
        self._keys.append(again(event))
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


async def done_here(app: Any, event: events.Key) -> bool:
    """Do what is bound to a key that goes into no field, before the next key is looked at; False: nothing is."""
    if isinstance(app.focused, Input | TextArea) or _reads_keys(app.focused):
        return False
    return bool(await app._check_bindings(event.key, priority=True) or await app._check_bindings(event.key))


def again(event: events.Key) -> events.Key:
    """The same key once more, pressed when it was."""
    key = events.Key(event.key, event.character)
    key.time = event.time
    return key


class Lap(Message):
    """Goes up to the app behind what a widget has told it."""

    def __init__(self, arrived: asyncio.Event) -> None:
        super().__init__()
        self.arrived = arrived


class InOrder:
    """The keys that come before what an earlier one opens is there: each waits for its turn.

    `opening`: what was begun, or answered, may still ask.
    """

    def __init__(self, app: Any, opening: Callable[[], bool]) -> None:
        self._app = app
        self._opening = opening
        self._waiting: list[events.Key] = []
        self._turn: events.Key | None = None
        """The key whose turn it is."""
        self._by: Widget | None = None
        """What had the focus when the last key was done, if anything is bound to that."""
        self._was_done = asyncio.Event()
        self._worker: Worker[None] | None = None

    @property
    def _at_work(self) -> bool:
        """Asked of the worker itself: one that is cancelled before it begins could put no flag back."""
        worker = self._worker
        return worker is not None and not (worker.is_finished or worker.is_cancelled)

    async def take(self, event: events.Key, do: Callable[[events.Key], Awaitable[Widget | None]]) -> None:
        """`do` what the key means, or have it wait. It gives what was in focus, where it may open something."""
        if self._holds(event):
            return
        by: Widget | None = None
        try:
            by = await do(event)
        finally:
            if event is self._turn:
                self._turn, self._by = None, by
                self._was_done.set()
            elif by is not None and not self._at_work:
                self._work(by)

    def _holds(self, event: events.Key) -> bool:
        """Whether the key has to wait. What is at once wherever one is, leaving for instance, never has to."""
        if event is self._turn:
            return False
        active = self._app.screen.active_bindings.get(event.key)
        if active is not None and active.binding.priority:
            return False
        if not self._at_work and self._opening():
            self._work(None)
        if not self._at_work:
            return False
        insort(self._waiting, again(event), key=lambda waits: waits.time)  # one may come from where it was not for
        event.stop().prevent_default()
        return True

    def _work(self, by: Widget | None) -> None:
        self._worker = self._app.run_worker(self._one_by_one(by), group="keys")

    async def _one_by_one(self, by: Widget | None) -> None:
        while True:
            await self._settled(by)
            if not self._waiting:
                return
            self._turn = self._waiting.pop(0)
            self._was_done.clear()
            if not self._app.post_message(self._turn):
                return  # the app is being closed
            await self._was_done.wait()
            by = self._by

    async def _settled(self, by: Widget | None) -> None:
        """Until what the last key opens is there; whatever takes longer is not typed into."""
        end = time.monotonic() + OPENS_S
        for _ in range(LAPS):
            arrived = asyncio.Event()
            if by is None or not by.is_attached or not by.post_message(Lap(arrived)):
                break
            while not arrived.is_set() and by.is_attached and time.monotonic() < end:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(arrived.wait(), LOOK_S)
        while self._opening() or (by is not None and self._page_comes_up(by) and time.monotonic() < end):
            await asyncio.sleep(LOOK_S)

    def _page_comes_up(self, by: Widget) -> bool:
        """Another one than the key was pressed on, that has not the focus yet."""
        screens = self._app.screen_stack
        before = by.screen if by.is_attached else None
        return bool(screens) and screens[-1] is not before and screens[-1].focused is None and screens[-1].AUTO_FOCUS
