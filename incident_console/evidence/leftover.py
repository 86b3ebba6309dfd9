"""Does a command of a console that was killed still run here? Known by a mark in its environment.

A mark goes to everything that the command starts, whatever group or session that moves to, and unlike a process number
it is never given to somebody else.
"""

from __future__ import annotations

from pathlib import Path

NAME = "INCIDENT_CONSOLE_EVIDENCE"
"""The variable: record id and the number of the event `evidence.started`."""
_PROC = Path("/proc")


def mark(record: str, seq: int) -> str:
    return f"{record}/{seq}"


def still_running(mark: str) -> tuple[int, ...]:
    """The processes of this machine with this mark, as far as they may be seen; none where there is no `/proc`."""
    wanted = f"{NAME}={mark}".encode()
    found = []
    try:
        entries = [entry for entry in _PROC.iterdir() if entry.name.isdigit()]
    except OSError:
        return ()
    for entry in entries:
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # it has ended, or is somebody else's
            continue
        if wanted in variables:
            found.append(int(entry.name))
    return tuple(sorted(found))
