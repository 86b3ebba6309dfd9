"""The console is told to end, or its terminal is gone: it leaves as by `q`, and the terminal is left sane."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable


def on_signals(leave: Callable[[], object]) -> Callable[[], None]:
    """Call `leave`, in the screen's loop, at SIGTERM and SIGHUP. Returns what puts the handlers back as they were.

    Signals belong to the main thread; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, leave)
    before = signal.signal(signal.SIGHUP, lambda *_: _hung_up(loop, leave))

    def undo() -> None:
        signal.signal(signal.SIGHUP, before)
        if not loop.is_closed():
            loop.remove_signal_handler(signal.SIGTERM)

    return undo


def _hung_up(loop: asyncio.AbstractEventLoop, leave: Callable[[], object]) -> None:
    """A write to a terminal that is gone would block the screen's loop: from now on what is drawn goes nowhere."""
    if not os.isatty(0):
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
    loop.call_soon_threadsafe(leave)
