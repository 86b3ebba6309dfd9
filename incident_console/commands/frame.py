"""What is on the screen while the console itself is still being loaded?

Half a second of imports stands between the command and the first thing that the toolkit draws. The screen is taken
over before them, with what is known by then; the console draws over it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import termios
from collections.abc import Iterator
from types import FrameType
from typing import Any

_Attributes = list[Any]
_TAKE = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J\x1b[H"
_WRAP = "\x1b[?7h"
_GIVE_BACK = f"{_WRAP}\x1b[?25h\x1b[?1049l"


@contextlib.contextmanager
def frame(told: str) -> Iterator[None]:
    """Show `told` while the body loads what draws next; when the body raises, the terminal is as it was.

    Keys that are typed meanwhile are not echoed; they wait for the console. Does nothing where there is no terminal
    that can be drawn on.
    """
    if not (os.isatty(0) and os.isatty(2)) or os.environ.get("TERM", "dumb") == "dumb":
        yield
        return
    before = termios.tcgetattr(0)
    with _signals_give_back(before):
        try:
            _echo(before, on=False)
            _write(_TAKE + _drawn(told, shutil.get_terminal_size()) + _WRAP)
            yield
        except BaseException:
            _write(_GIVE_BACK)
            raise
        finally:
            # The toolkit notes how the terminal was, to leave it so: it must not note our state.
            _echo(before, on=True)


def _drawn(told: str, size: os.terminal_size) -> str:
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in told)
    lines = ["\x1b[1m incident-console\x1b[0m", "", f" {shown}"[: size.columns]]
    foot = f"\x1b[{size.lines};1H\x1b[2m keys that are typed now are taken when the screen is there\x1b[0m"
    return "\r\n".join(lines) + foot


def _echo(before: _Attributes, *, on: bool) -> None:
    now = list(before)
    if not on:
        now[3] &= ~termios.ECHO
    with contextlib.suppress(termios.error):
        termios.tcsetattr(0, termios.TCSANOW, now)


def _write(text: str) -> None:
    # Where the toolkit draws, too.
    with contextlib.suppress(OSError):
        os.write(2, text.encode(sys.getfilesystemencoding(), "replace"))


@contextlib.contextmanager
def _signals_give_back(before: _Attributes) -> Iterator[None]:
    """What ends the program meanwhile leaves a sane terminal; ctrl+z waits until there is something to come back to."""

    def ended(number: int, stack: FrameType | None) -> None:
        _write(_GIVE_BACK)
        _echo(before, on=True)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    wanted: dict[int, Any] = {signal.SIGTERM: ended, signal.SIGHUP: ended, signal.SIGTSTP: signal.SIG_IGN}
    heard = {number: signal.getsignal(number) for number in wanted}
    for number, handler in wanted.items():
        if heard[number] != signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, was in heard.items():
            signal.signal(number, was)
