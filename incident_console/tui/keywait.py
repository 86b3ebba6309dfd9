"""How does the thread that reads the keys sleep until there is one?

Textual's looks ten times a second, whether it is to end and whether an Escape was a key by itself: most of what wakes a
console that nobody uses. Its loop stays as it is, but what it waits with is ours: after something was typed it waits as
Textual has it, then until there is something to read or input is disabled. Where Textual waits otherwise some day,
nothing changes.
"""

from __future__ import annotations

import os
import selectors
import sys
import threading
import time
from typing import Any

from textual.driver import Driver

TYPED_S = 1.0
"""So long after input it is looked as often as Textual asks for: what follows an Escape says whether it was a key."""
LONGEST_S = 5.0
"""Between two looks all the same."""
MOST_FILES = 1024
"""select(2) takes no descriptor from this on."""
_waiting = threading.local()
"""Of a thread that reads keys: the descriptor that ends its wait."""


class Patient(selectors.SelectSelector):
    """Waits longer than it is asked to while nothing is typed; ended by a byte on `wake`, which is never given out."""

    def __init__(self, wake: int) -> None:
        super().__init__()
        self._wake = wake
        self._stirred = time.monotonic()
        self.register(wake, selectors.EVENT_READ)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout and time.monotonic() - self._stirred > TYPED_S:
            timeout = max(timeout, LONGEST_S)
        if ready := super().select(timeout):
            self._stirred = time.monotonic()
        if any(key.fd == self._wake for key, _ in ready):
            os.read(self._wake, 1)
        return [(key, mask) for key, mask in ready if key.fd != self._wake]


class _Selectors:
    """Stands for the module where Textual's driver looks it up."""

    def __getattr__(self, name: str) -> Any:
        return getattr(selectors, name)

    @staticmethod
    def SelectSelector() -> selectors.BaseSelector:
        wake = getattr(_waiting, "wake", None)
        return selectors.SelectSelector() if wake is None else Patient(wake)


def patient(driver: type[Driver]) -> type[Driver]:
    """The same driver, whose thread for input sleeps while there is none; any but that of a Unix terminal as it is."""
    if sys.platform == "win32":
        return driver
    from textual.drivers import linux_driver

    if not issubclass(driver, linux_driver.LinuxDriver):
        return driver
    linux_driver.selectors = _Selectors()  # type: ignore[assignment, attr-defined]

    class Waiting(driver):  # type: ignore[valid-type, misc]
        _ends_wait: int | None = None
        _ending = threading.RLock()
        """Held to write and to close: a closed descriptor may be another file's by the time that it is written to.
        A signal that suspends may come while it is held."""

        def run_input_thread(self) -> None:
            try:
                wake, ends = os.pipe()
            except OSError:
                super().run_input_thread()
                return
            _waiting.wake, self._ends_wait = (wake if wake < MOST_FILES else None), ends
            try:
                super().run_input_thread()
            finally:
                with self._ending:
                    _waiting.wake = self._ends_wait = None
                    os.close(wake)
                    os.close(ends)

        def disable_input(self) -> None:
            """It waits for the thread to end; that looks at once, and for a second soon again."""
            with self._ending:
                if self._ends_wait is not None:
                    os.write(self._ends_wait, b"\0")
            super().disable_input()

    return Waiting
