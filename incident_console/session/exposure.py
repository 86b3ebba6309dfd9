"""Who else could change this record? Told once, when it is opened; `verify` and `doctor` tell it, too."""

from __future__ import annotations

from incident_console.record.store import Record
from incident_console.record.verify import reachable

REMEDY = "what is recorded could be changed behind your back: `chmod go-w` it, and keep the head elsewhere"


def exposed(record: Record) -> str:
    """A sentence without its end; empty where only the owner may write. It asks the disk."""
    found = tuple(reachable(record))
    more = f" (and {len(found) - 1} more that `verify` names)" if len(found) > 1 else ""
    return f"{found[0]}{more}; {REMEDY}" if found else ""
