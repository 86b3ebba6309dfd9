"""What did the run cost, and when did its jobs run? What the record keeps of it, to be drawn when the run is gone.

`incident-console/weighed/1`, one JSON object. Times are seconds from the run's beginning. It may come from anybody's
bundle, so whatever is not as it must be is no picture at all.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Literal

from msgspec import DecodeError, Meta, Struct, field, json

from incident_console.events import Recorded, RunWeighed

LANES = 40
"""Rules that are kept; how many there were besides is counted."""
BARS = 150
"""Attempts that are kept of one rule: those that failed first."""
_LIMIT = 4 << 20

Text = Annotated[str, Meta(max_length=2000)]
Seconds = Annotated[float, Meta(ge=0, le=1e10)]
Count = Annotated[int, Meta(ge=0, le=1 << 53)]
Outcome = Literal["succeeded", "failed", "interrupted", "running"]


class Bar(Struct, frozen=True, kw_only=True):
    """One attempt of a job."""

    job: Text
    attempt: Count
    start_s: Seconds
    end_s: Seconds
    outcome: Outcome


class Lane(Struct, frozen=True, kw_only=True):
    """One rule."""

    rule: Text
    planned: Count
    finished: Count
    failed: Count
    retried: Count
    wall_s: Seconds
    """Of all its jobs that succeeded."""
    bars: Annotated[tuple[Bar, ...], Meta(max_length=BARS)] = ()
    more: Count = 0
    """Jobs that are not among `bars`."""


class Weighed(Struct, frozen=True, kw_only=True):
    schema_: Literal["incident-console/weighed/1"] = field(default="incident-console/weighed/1", name="schema")
    log: Text
    status: Text
    started_at: Text | None = None
    elapsed_s: Seconds = 0.0
    planning_s: Seconds = 0.0
    scheduler_s: Seconds = 0.0
    storage_s: Seconds = 0.0
    tool_s: Seconds = 0.0
    dominant: Literal["planning", "scheduler", "storage", "tool", "undetermined"] = "undetermined"
    confidence: Literal["low", "medium", "high"] = "low"
    basis: Annotated[tuple[Text, ...], Meta(max_length=100)] = ()
    missing: Annotated[tuple[Text, ...], Meta(max_length=100)] = ()
    lanes: Annotated[tuple[Lane, ...], Meta(max_length=LANES)] = ()
    more_lanes: Count = 0


def to_json(weighed: Weighed) -> bytes:
    return json.encode(weighed) + b"\n"


def latest(lines: Iterable[Recorded], read_blob: Callable[[str], bytes | None]) -> Weighed | None:
    """The run that was weighed last; None where none was, or where what was kept of it cannot be read."""
    found = [line.event for line in lines if isinstance(line.event, RunWeighed)]
    data = read_blob(found[-1].sha256) if found else None
    if data is None or len(data) > _LIMIT:
        return None
    try:
        return json.decode(data, type=Weighed)
    except (DecodeError, UnicodeError, RecursionError):
        return None
