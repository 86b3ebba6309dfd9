"""What becomes of a fault that nobody foresaw, in a thread that works beat by beat? It is told, and the next begins.

It goes to whoever watches over threads (`threading.excepthook`: the console tells it on the screen, writes a report and
the debug log), as if it had ended the thread; only that it did not.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class GoesOnError(Exception):
    """A beat failed with what is its cause, and its thread goes on."""


def told(error: BaseException, name: str, where: str = "") -> str:
    """That the thread `name` raised `error`, and what follows, in sentences; `where` says where the traceback is."""
    cause = error.__cause__ if isinstance(error, GoesOnError) and error.__cause__ is not None else error
    what = f"part of the console ({name}: {type(cause).__name__}){f'; {where}' if where else ''}"
    if cause is not error:
        return f"The record is safe. A fault of its own disturbed a {what}. That part goes on and tries again."
    return f"The record is safe. A fault of its own ended a {what}. Leave and resume to begin that part anew."


@contextmanager
def watched(tell: Callable[[str], object]) -> Iterator[None]:
    """Meanwhile `tell` gets in sentences what a thread raised, in that thread, in place of a traceback on stderr."""
    before = threading.excepthook

    def hook(raised: threading.ExceptHookArgs) -> None:
        if raised.exc_value is not None and not isinstance(raised.exc_value, SystemExit):
            tell(told(raised.exc_value, raised.thread.name if raised.thread is not None else "a thread"))

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before


class Beats:
    """Of one thread. The same fault from the same place is told once: a beat may come four times a second."""

    def __init__(self) -> None:
        self._told: set[tuple[type[Exception], str, int | None]] = set()

    @contextmanager
    def one(self) -> Iterator[None]:
        """A beat: whatever goes wrong in it ends no more than itself."""
        try:
            yield
        except Exception as fault:
            self.tell(fault)

    def tell(self, fault: Exception) -> None:
        last = traceback.extract_tb(fault.__traceback__)[-1:]
        place = (type(fault), last[0].filename if last else "", last[0].lineno if last else None)
        if place in self._told:
            return
        self._told.add(place)
        error = GoesOnError(f"{type(fault).__name__} in {threading.current_thread().name}")
        error.__cause__ = fault
        threading.excepthook(
            threading.ExceptHookArgs((GoesOnError, error, fault.__traceback__, threading.current_thread()))
        )
