"""How is a regular expression kept from holding up the screen, whatever the pattern and the line are?

Python's `re` cannot be given a time, and a few patterns need longer than anybody lives (`(a+)+$`). It does look for
signals while it matches, so a timer of CPU time ends it. Only the main thread hears signals: elsewhere a match takes as
long as it takes.
"""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")


class TooSlow(Exception):
    """It was not ready in time. Stays inside this room: who shows it makes a sentence of it."""


_ready = False


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """What `work` gives. Raises TooSlow when it needs more CPU time; a clock tick (4 ms) may come on top."""
    global _ready
    if threading.current_thread() is not threading.main_thread():
        return work()
    if not _ready:
        # SIGVTALRM: nobody else's timers and child processes are touched, as SIGALRM's might be.
        signal.signal(signal.SIGVTALRM, _late)
        _ready = True
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _late(signum: int, frame: FrameType | None) -> None:
    raise TooSlow
