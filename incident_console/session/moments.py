"""When was that, as a person says it? `14:05`, `10 min ago`, `now`, or a full time; all of them UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from incident_console.errors import Refused
from incident_console.record.clock import moment

_AGO = re.compile(r"(\d{1,4})\s*(s|sec|min|m|h|hours?|minutes?|seconds?)\s*(?:ago)?", re.IGNORECASE)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?\s*(?:z|utc)?", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def when(said: str, now: datetime) -> datetime:
    """The moment in UTC; a time of day is the last one that has passed. Raises Refused for what is no past time."""
    text = said.strip()
    if text.lower() in ("", "now"):
        return now.astimezone(UTC)
    found: datetime | None
    if ago := _AGO.fullmatch(text):
        found = now - timedelta(seconds=int(ago[1]) * _SECONDS[ago[2][0].lower()])
    elif clock := _CLOCK.fullmatch(text):
        hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
        found = now.astimezone(UTC).replace(hour=hour, minute=minute, second=second, microsecond=0)
        found -= timedelta(days=1) if found > now else timedelta()
    else:
        found = moment(text) if re.match(r"\d{4}-\d\d-\d\d[ T]\d", text) else None
    if found is None:
        raise Refused(f"{text[:40]!r} is no time; write 14:05 (UTC), 10 min ago, or nothing for now")
    if found > now:
        raise Refused(f"{text[:40]!r} has not come yet; write when it was")
    return found.astimezone(UTC)
