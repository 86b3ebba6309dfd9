"""Where do the keys come from when standard input is a pipe with text in it? From the terminal all the same."""

from __future__ import annotations

import os

from incident_console.errors import UsageError


def keys_from_terminal() -> int:
    """Put the terminal in the place of standard input, and give back a descriptor on what stood there before.

    Call it before anything was read from `sys.stdin`: what that has buffered would be lost. Raises UsageError where
    standard input is the terminal itself, or where there is no terminal.
    """
    if os.isatty(0):
        raise UsageError("there is nothing to read: standard input is the terminal; pipe something into it")
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        raise UsageError("the keys must come from a terminal, and there is none (/dev/tty cannot be opened)") from None
    try:
        stream = os.dup(0)
        # Textual reads the keys from descriptor 0, as most programs do.
        os.dup2(terminal, 0)
    except OSError as fault:
        raise UsageError(f"standard input could not be read: {(fault.strerror or str(fault)).lower()}") from None
    finally:
        os.close(terminal)
    return stream
