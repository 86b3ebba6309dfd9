"""Ends the commands of a console that died: a process of its own, whose input is a pipe that the console holds.

A line `+PGID` puts a process group under guard, `-PGID` lets it go; the end of the input is the end of the console,
however it came about. A file, not a module: it needs only Python, so that it is there within milliseconds.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_S = 2.0
TICK_S = 0.02


def main() -> None:
    # What ends the console may reach this process, too, which still has its work to do then.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin.buffer:
        with contextlib.suppress(ValueError):
            (groups.add if line[:1] == b"+" else groups.discard)(int(line[1:]))
    for number in (signal.SIGTERM, signal.SIGKILL):
        groups = {group for group in groups if group > 1 and _send(group, number)}
        until = time.monotonic() + GRACE_S
        while groups and time.monotonic() < until:
            time.sleep(TICK_S)
            groups = {group for group in groups if _send(group, 0)}


def _send(group: int, number: int) -> bool:
    """False when nobody is left in the group."""
    try:
        os.killpg(group, number)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
