"""Which open incident was begun on this workflow where it stood before it was moved?

One whose folder is gone, and of whose runs the logs are here: a run log's name holds the microsecond of its start.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from incident_console.errors import InputError
from incident_console.events import RunSeen
from incident_console.evidence.names import shown
from incident_console.record.store import Record
from incident_console.record.summaries import Summary

MOST = 20
"""Records without their folder whose journals are read, the newest first."""


def begun_elsewhere(workdir: Path, found: Sequence[Summary]) -> tuple[Summary, ...]:
    """Of the records that were found, oldest first: those, newest first."""
    here = shown(workdir.resolve())
    waiting = [one for one in reversed(found) if not one.closed and one.workdir != here]
    lost = [one for one in waiting if not Path(one.workdir).is_dir()]
    return tuple(one for one in lost[:MOST] if _left_here(one, workdir))


def _left_here(one: Summary, workdir: Path) -> bool:
    """Whether a log of a run that the record saw below its folder stands in the same place below this one."""
    try:
        lines = Record(one.path).incident().lines
    except InputError:
        return False
    logs = {line.event.log for line in lines if isinstance(line.event, RunSeen)}
    return any(log and not Path(log).is_absolute() and (workdir / log).is_file() for log in logs)
