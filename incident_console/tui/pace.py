"""When may the next frame be written, so that the answer to a key never waits behind frames that nobody has read yet?

What was handed to a terminal cannot be taken back: on a link of 100 kB/s, 15 kB that are under way are 150 ms, and ssh
and sshd hold megabytes between them without telling. So what is drawn because a log grows stays below a rate that such
a link can carry, over ssh always, elsewhere once the terminal was seen not to keep up; keys are answered in between.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import time
from collections.abc import Callable
from typing import Any

from textual import events
from textual.app import App, ReturnType, ScreenStackError
from textual.driver import Driver
from textual.widgets import Input, TextArea
from textual.worker import Worker

from incident_console.tui import tidy
from incident_console.tui.escapes import apart
from incident_console.tui.keywait import patient
from incident_console.tui.thin import Thin

RATE = 25_000
"""Bytes a second for what is drawn by itself."""
KEYED_RATE = 60_000
"""The same just after a key: enough to answer each of a key that is held down."""
KEYED_S = 0.15
"""So long after a key what is drawn is its answer, the first frame in any case."""
LITTLE = 500
"""Bytes of a frame that may be but the beginning of the answer: a page that comes up draws nothing first."""
ANSWER_S = 0.05
LEAST_S = 0.25
"""Between two frames that are drawn by themselves: a key that comes while one is drawn is answered behind it."""
MOST_S = 0.5
"""The longest time between two frames, whatever was written: a clock that stands looks like a console that hangs."""
SLACK_S = 0.03
"""So much may be under way already; less is not worth a wait."""
SLOW_S = 10.0
"""A terminal that did not keep up is held for slow so long."""
LOOK_S = 0.02
TERMINAL = 2
"""The descriptor that Textual draws on."""
TOGETHER_S = 0.01
"""What waited until it may be drawn goes into one frame."""


class Budget:
    """Counts what was written. `clock` gives seconds that only grow."""

    def __init__(self, *, far: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self.far = far
        """Whether what is under way cannot be seen from here."""
        self._clock = clock
        self._size = 0
        """Bytes since a frame was over last."""
        self._free = self._keyed_free = self._keyed = self._blocked = float("-inf")
        self._owed = False
        """A key was used, and nothing was drawn since."""
        self._answered = 0
        """Bytes drawn since it was."""

    @property
    def slow(self) -> bool:
        """Whether every byte counts."""
        return self.far or self._clock() - self._blocked <= SLOW_S

    def wrote(self, size: int) -> None:
        self._size += size

    def frame_over(self) -> None:
        now = self._clock()
        self._free = min(max(self._free, now) + max(self._size / RATE, LEAST_S), now + MOST_S)
        self._keyed_free = min(max(self._keyed_free, now) + self._size / KEYED_RATE, now + MOST_S)
        self._answered += self._size
        self._size, self._owed = 0, False

    def keyed(self) -> None:
        """A key or the mouse was used: what is drawn next is the answer."""
        self._keyed, self._owed, self._answered = self._clock(), True, 0

    @property
    def since_key(self) -> float:
        """Seconds."""
        return self._clock() - self._keyed

    @property
    def answering(self) -> bool:
        """Whether the answer to a key is yet to be drawn."""
        return self._owed or self.since_key < ANSWER_S

    def pause(self, *, takes: bool) -> float:
        """Seconds until there may be another frame. `takes`: the terminal takes more at this moment."""
        now = self._clock()
        if not takes:
            self._blocked = now
            return LOOK_S
        if not self.slow:
            return 0.0
        answers = now - self._keyed < KEYED_S
        if answers and self._answered < LITTLE:
            return 0.0
        free = self._keyed_free if self._owed or answers else self._free
        return max(0.0, free - now - SLACK_S)


class Paced(App[ReturnType]):
    """An app whose repaints are held as long as its budget says; what changes meanwhile is in the next frame."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._budget = Budget()
        self._hold_on: Worker[None] | None = None
        self._batch = contextlib.ExitStack()
        """What is held now; closed, it is drawn when the loop comes to it."""
        self._keyed, self._released = asyncio.Event(), asyncio.Event()
        self._thin = Thin()
        self._tidy = tidy.Tidy(lambda: self._budget.since_key)
        self.driver_class = _counted(apart(patient(self.driver_class), self._types), self._budget, self._thin)

    def on_mount(self) -> None:
        self._tidy.begin()
        self.set_interval(tidy.LOOK_S, self._tidy.look)

    def on_unmount(self) -> None:
        self._tidy.end()

    def keep_pace(self, *, far: bool) -> None:
        """`far`: the terminal is reached over ssh."""
        self._budget.far = far

    def _types(self) -> bool:
        """Whether what is typed goes into a text."""
        with contextlib.suppress(ScreenStackError):  # none yet, or no more
            return isinstance(self.focused, Input | TextArea)
        return False

    def post_display_hook(self) -> None:
        """Textual calls it when a frame was handed to the terminal."""
        self._budget.frame_over()
        if not self._holding and not self.is_headless and self._pause() > 0:
            self._hold_on = self.run_worker(self._hold(), group="pace")

    @property
    def _holding(self) -> bool:
        """Asked of the worker itself: one that is cancelled before it begins could put no flag back."""
        hold = self._hold_on
        return hold is not None and not (hold.is_finished or hold.is_cancelled)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent) and not isinstance(event, events.MouseMove):
            self.keyed()
        elif isinstance(event, events.Resize):
            self._thin.forget()
        await super().on_event(event)

    def keyed(self) -> None:
        """What is drawn next is an answer, and does not wait for what was drawn by itself."""
        self._budget.keyed()
        # At once, not when the worker comes to it: a page that opens meanwhile would be laid out for nothing.
        self._batch.close()
        self._keyed.set()

    async def may_draw(self) -> None:
        """Wait until what changes now would be drawn soon, and not with the answer to a key, later and larger by it."""
        until = time.monotonic() + MOST_S
        while (self._holding or self._budget.answering) and time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._released.wait(), LOOK_S)
                return

    def action_redraw(self) -> None:
        """Everything again: another program may have written on the terminal."""
        self._thin.forget()
        self.refresh(layout=True)

    async def _hold(self) -> None:
        with self._batch:
            self._batch.enter_context(self.batch_update())
            self._keyed.clear()
            while not self._keyed.is_set() and (pause := self._pause()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._keyed.wait(), pause)
            if not self._keyed.is_set():
                self._released.set()
                self._released.clear()
                await asyncio.sleep(TOGETHER_S)
        self._hold_on = None
        if self.is_running:
            self.screen.check_idle()

    def _pause(self) -> float:
        return self._budget.pause(takes=_takes(TERMINAL))


def _takes(output: int) -> bool:
    try:
        return bool(select.select([], [output], [], 0)[1])
    except OSError:
        return True  # it is closed: whoever writes there is told so


def _counted(driver: type[Driver], budget: Budget, thin: Thin) -> type[Driver]:
    """The same driver, whose output is counted, and, where each byte counts, made thinner."""

    class Counted(driver):  # type: ignore[valid-type, misc]
        def start_application_mode(self) -> None:
            thin.forget()
            super().start_application_mode()

        def write(self, data: str) -> None:
            if budget.slow:
                data = thin.frame(data)
            else:
                thin.forget()
            budget.wrote(len(data))
            super().write(data)

    return Counted
