"""What time is it? Passed in wherever time matters, so that tests can hold it still."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from incident_console.events import Recorded

JUMP_S = 5.0
"""What a clock that is kept right by small steps is never off by between two events."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock, aware, in UTC. It may jump."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds and `Z`, as every time in a record is written."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str | None) -> datetime | None:
    """The time that a record's text stands for; None when it is no time (a record may hold anything)."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def jump(before: Recorded, after: Recorded) -> float:
    """How many seconds the wall clock went forward, or back (below 0), by itself between two lines; 0.0 for none.

    Within one sitting it is measured against the seconds that the console counts; from one sitting, or machine, to the
    next only that time runs forward is known.
    """
    first, second = moment(before.at), moment(after.at)
    if first is None or second is None:
        return 0.0
    passed = (second - first).total_seconds()
    off = passed - (after.mono_s - before.mono_s) if after.session == before.session else min(passed, 0.0)
    return off if abs(off) > JUMP_S else 0.0


def jump_told(before: Recorded, after: Recorded) -> str | None:
    """A sentence for the record when the clock jumped between two lines."""
    off = jump(before, after)
    if not off:
        return None
    how = "was set back" if off < 0 else "went forward (it was set, or the machine slept)"
    return (
        f"The console says: between events {before.seq} and {after.seq} the clock {how}, by {abs(off):.0f} seconds. "
        "Times before and after do not belong to one count; the numbers of the events keep their order."
    )
