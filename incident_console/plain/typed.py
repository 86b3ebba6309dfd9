"""Is a line being typed on the terminal right now, and if so: what becomes of it?

A terminal that edits lines itself does not say what is typed and not yet entered. It is asked by letting it give up
its editing for a moment; where something had been typed, the rest of that line is edited here, with the same keys.
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import termios
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ERASE, KILL, END = (0x7F, 0x08), 0x15, 0x04
RUB_OUT = b"\b \b"
"""What a terminal that edits lines itself writes for an erased character."""


def rest_of_line(terminal: int, wake: int, stopped: Callable[[], bool]) -> bytes | None:
    """None: nothing is typed, and the terminal is as before. Else the line, once it is entered.

    When `wake` is readable, `stopped` says whether to end before; the line has no line feed at its end then.
    """
    try:
        with _unedited(terminal):
            waiting = struct.unpack("i", fcntl.ioctl(terminal, termios.FIONREAD, b"\0" * 4))[0]
            return _edit(terminal, wake, stopped) if waiting else None
    except (termios.error, OSError):
        return None


@contextmanager
def _unedited(terminal: int) -> Iterator[None]:
    before = termios.tcgetattr(terminal)
    now = list(before)
    now[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(terminal, termios.TCSANOW, now)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)


def _edit(terminal: int, wake: int, stopped: Callable[[], bool]) -> bytes:
    line, shown = b"", False  # what was typed before has been echoed by the terminal
    while True:
        ready, _, _ = select.select([terminal, wake], [], [])
        if wake in ready and stopped():
            return line
        if terminal not in ready:
            continue
        for byte in os.read(terminal, 4096):
            if byte in (0x0A, 0x0D):
                os.write(terminal, b"\n")
                return line + b"\n"
            if byte in ERASE or byte == KILL:
                line = _erase(terminal, line, all_=byte == KILL)
            elif byte >= 0x20:
                line += bytes([byte])
                if shown:
                    os.write(terminal, bytes([byte]))
        shown = True


def _erase(terminal: int, line: bytes, *, all_: bool) -> bytes:
    text = line.decode("utf-8", "surrogateescape")
    gone = text if all_ else text[-1:]
    cells = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in gone)
    os.write(terminal, RUB_OUT * cells)
    return text[: len(text) - len(gone)].encode("utf-8", "surrogateescape")
