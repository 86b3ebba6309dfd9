"""When is the garbage of a long evening looked for? While nobody types.

Python looks through all that it holds whenever that has grown by a quarter. A console holds half a million objects,
most of them for good; beside a log that floods that was a tenth of a second, every two seconds, in which no key was
answered. Here only what is young is looked through by itself: the rest while no key was pressed for a while.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

YOUNG, MIDDLE, NEVER = 2_000, 10, 1 << 30
"""So many new objects are looked through together, so many times; what outlives that is left to `look`."""
LOOK_S = 20.0
QUIET_S = 10.0
"""Without a key for so long the next one is not expected in this moment."""
SOME, MUCH = 25, 500
"""Looks at what is young, and is old since: worth a look at everything in a pause, and at any time."""


class Tidy:
    """`since_key` gives the seconds since a key was pressed."""

    def __init__(self, since_key: Callable[[], float]) -> None:
        self._since_key = since_key
        self._before = gc.get_threshold()

    def begin(self) -> None:
        self._before = gc.get_threshold()
        gc.set_threshold(YOUNG, MIDDLE, NEVER)

    def look(self) -> bool:
        """Called now and then; whether everything was looked through."""
        grown = gc.get_count()[2]
        if grown >= MUCH or (grown >= SOME and self._since_key() >= QUIET_S):
            gc.collect()
            return True
        return False

    def end(self) -> None:
        gc.set_threshold(*self._before)
