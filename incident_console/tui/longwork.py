"""What is being done that takes longer than a moment, how far is it, and how is it left?

It stands at the foot of the screen, with the key that ends it. What is ended has changed nothing: the work looks at
`going` while it goes, and what it gives all the same is dropped. What writes into the record is not ended half-way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from incident_console.errors import ConsoleError
from incident_console.tui.footer import KeyLine
from incident_console.tui.words import safe, span

if TYPE_CHECKING:
    from incident_console.tui.desk import Desk

T = TypeVar("T")
Going = Callable[[float], None]
"""Called by the work with the share of it that is done (0 … 1; below 0: not known); raises Stopped once it is left."""

SOON_S = 0.5
"""What is done by then needs no words."""
EACH_S = 0.5
ENDS_WITHIN_S = 10.0
"""What writes is waited for so long on leaving."""


class Stopped(ConsoleError):
    """The operator ended it; nothing came of it, and nothing was recorded."""


@dataclass(slots=True, eq=False)
class Work:
    what: str
    ends: bool
    """Whether it may be left before it is done."""
    left: asyncio.Event = field(default_factory=asyncio.Event)
    began: float = field(default_factory=time.monotonic)
    done: float = -1.0
    is_told: bool = False
    is_left: bool = False

    def going(self, share: float) -> None:
        """From the thread that works. Raises Stopped."""
        self.done = share
        if self.is_left:
            raise Stopped(f"{self.what}: ended")

    @property
    def told(self) -> str:
        share = f", {min(1.0, self.done):.0%}" if self.done >= 0 else ""
        return f"⟳ {safe(self.what, 60)} … {span(time.monotonic() - self.began)}{share}"


class LongWork:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._works: list[Work] = []

    @property
    def can_end(self) -> bool:
        """Whether something is told to be under way that a key ends."""
        return any(work.is_told and work.ends for work in self._works)

    async def do(
        self, what: str, call: Callable[[Going], T], *, ends: bool = True, drop: Callable[[T], object] | None = None
    ) -> T:
        """`call` in a thread, and what it gives; it is handed `going`, to be called now and then.

        `what`: what is being done, in a few words. `ends`: it may be left; `drop` gets what still comes of it then.
        Raises Stopped when it was left, and what `call` raises.
        """
        work = Work(what, ends)
        self._works.append(work)
        task = asyncio.create_task(self._desk.in_thread(call, work.going))
        left = asyncio.create_task(work.left.wait())
        try:
            wait = SOON_S
            while not task.done() and not work.is_left:
                await asyncio.wait({task, left}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
                work.is_told, wait = True, EACH_S
                if not task.done():
                    self._tell()
            if not task.done():
                task.add_done_callback(lambda done: _dropped(done, drop))
                raise Stopped(f"{what}: ended, and nothing came of it")
            return task.result()
        finally:
            left.cancel()
            self._works.remove(work)
            if work.is_told:
                self._tell()

    def end(self) -> None:
        """Leave what may be left."""
        for work in self._works:
            if work.ends:
                work.is_left = True
                work.left.set()

    async def settle(self) -> None:
        """End what may be ended, and wait for what writes."""
        self.end()
        until = time.monotonic() + ENDS_WITHIN_S
        while any(not work.ends for work in self._works) and time.monotonic() < until:
            await asyncio.sleep(0.02)

    def _tell(self) -> None:
        app = self._desk.app
        told = [work for work in self._works if work.is_told]
        newest = told[-1].told if told else ""
        ends = f"  {self._desk.key('app.end-work')} ends it" if newest and self.can_end else ""
        for screen in app.screen_stack:
            for line in screen.query(KeyLine):
                line.work = newest + ends
        app.refresh_bindings()


def _dropped(done: asyncio.Task[T], drop: Callable[[T], object] | None) -> None:
    """What was left has ended: nobody waits for what it says."""
    if not done.cancelled() and done.exception() is None and drop is not None:
        drop(done.result())
