"""When was this row of a log written? Its own time, or that of the block it belongs to."""

from __future__ import annotations

import math

from incident_console.tail.merging.times import Stamper
from incident_console.tail.source import Line, Source

LOOK_BACK = 200
"""Rows above a line in which the time of its block is looked for."""


def time_of(source: Source, row: int) -> float | None:
    """When a row was written, seconds of the epoch; where it does not say, the nearest row above it that does."""
    stamper = Stamper()
    for at in range(row, max(-1, row - LOOK_BACK), -1):
        try:
            line = source.row(at)
        except IndexError:
            return None
        if isinstance(line, Line) and (found := line.at if line.at is not None else stamper.at(line.text)) is not None:
            return found if math.isfinite(found) else None
    return None
