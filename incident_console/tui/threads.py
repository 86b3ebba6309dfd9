"""A thread failed by a fault that nobody foresaw: it is told and reported, instead of vanishing with the thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

DRAWS = "textual-output"
"""The toolkit's thread that writes to the terminal."""


def watched(failed: Callable[[BaseException, str], object], lost: Callable[[], object]) -> Callable[[], None]:
    """Call `failed` with what a thread raised and the thread's name, in that thread. Returns what undoes it.

    `lost` is called instead when the terminal takes nothing more. Whoever draws waits for the thread that writes, so
    that one goes on, into nothing.
    """
    before = threading.excepthook

    def hook(told: threading.ExceptHookArgs) -> None:
        error, thread = told.exc_value, told.thread
        if error is None or isinstance(error, SystemExit):
            return
        if thread is not None and thread.name == DRAWS and isinstance(error, OSError):
            into_nothing()
            lost()
            thread.run()
        else:
            failed(error, thread.name if thread is not None else "a thread")

    threading.excepthook = hook

    def undo() -> None:
        threading.excepthook = before

    return undo


def into_nothing() -> None:
    """What is drawn on a terminal that is gone goes nowhere from now on, and no key comes from it."""
    gone = [stream for stream in (0, 1, 2) if not os.isatty(stream)]
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in gone:
        os.dup2(nothing, stream)
    if nothing not in gone:
        os.close(nothing)
