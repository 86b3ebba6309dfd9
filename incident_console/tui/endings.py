"""The console is told to end or to stop, or its terminal is gone: it leaves as by `q`, and the terminal is left sane.

A stopped console (ctrl+z) gives the terminal back and lies still as a whole, its threads with it, until `fg`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.driver import Driver

from incident_console.tui import threads


def on_signals(leave: Callable[[], object], at_once: Callable[[], object]) -> Callable[[], None]:
    """Call `leave`, in the screen's loop, at SIGTERM, SIGINT and SIGHUP; `at_once` when one comes again meanwhile.

    Returns what puts the handlers back as they were. Signals belong to the main thread; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    loop = asyncio.get_running_loop()
    told: list[int] = []

    def ended(number: int, frame: object) -> None:
        if number == signal.SIGHUP:
            # A write to a terminal that is gone would block the screen's loop.
            threads.into_nothing()
        told.append(number)
        loop.call_soon_threadsafe(leave if len(told) == 1 else at_once)

    before = {number: signal.signal(number, ended) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}

    def undo() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return undo


def on_stops(app: App[Any], driver: Driver, went_on: Callable[[float], object]) -> Callable[[], None]:
    """Stop and go on as a shell's job control wants it. Returns what puts the handlers back as they were.

    The toolkit's own handlers begin anew at every SIGCONT, also when nothing was given back before (`kill -STOP`):
    then the keys are read twice, and the terminal is left raw in the end. Its ctrl+z stops this process alone, and a
    wrapper that started it would hold on to the terminal.

    `went_on` is called in the screen's loop when the console goes on, with the seconds that it lay still.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    loop = asyncio.get_running_loop()
    stopped = False

    def told_to_stop(number: int, frame: object) -> None:
        if _draws(driver):
            # Not here: whatever is being drawn must be drawn to its end.
            loop.call_soon_threadsafe(stop)
        else:
            # An editor or a pager has the terminal, and was stopped with us.
            os.kill(os.getpid(), signal.SIGSTOP)

    def told_to_go_on(number: int, frame: object) -> None:
        """Unless it follows on a stop of ours: somebody stopped us, and the shell has had the terminal since."""
        if not stopped and _draws(driver) and _in_foreground():
            loop.call_soon_threadsafe(draw_anew)

    def stop() -> None:
        nonlocal stopped
        stopped, began = True, time.time()
        app.app_suspend_signal.publish(app)
        driver.suspend_application_mode()
        while True:
            os.kill(os.getpid(), signal.SIGSTOP)
            if _in_foreground():
                break  # else it was `bg`: nothing can be shown from there
        _take_again()
        stopped = False
        went_on(time.time() - began)

    def draw_anew() -> None:
        driver.suspend_application_mode()
        _take_again()

    def _take_again() -> None:
        driver.resume_application_mode()
        app.app_resume_signal.publish(app)
        app.refresh(layout=True)

    wanted = {signal.SIGTSTP: told_to_stop, signal.SIGCONT: told_to_go_on}
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}

    def undo() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return undo


def stop_job() -> None:
    """As the terminal itself does at ctrl+z: whatever was started together with us stops, too."""
    os.killpg(0, signal.SIGTSTP)


def _draws(driver: Driver) -> bool:
    """Whether the screen is ours now, and not lent to another program."""
    return bool(driver._auto_restart)


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return True
