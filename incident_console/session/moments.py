"""When was that, or when is it to be, as a person says it? `14:05`, `10 min ago`, `yesterday 23:10`, a full time.

All of them are UTC, unless `local` says that they are this machine's.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo

from incident_console.errors import Refused
from incident_console.record.due import due_at

HOW = "write 14:05 (UTC), 14:05 local, 10 min ago, yesterday 23:10, or 2026-01-31T14:05Z"
HOW_AHEAD = "write 18:00 (UTC), 18:00 local, in 20 min, tomorrow 9:00, or 2026-01-31T18:00Z"
SHOWN = 40
"""Characters of what was said that are told back."""
_LONGEST = 80

_UNIT = r"(seconds?|secs?|s|minutes?|mins?|m|hours?|h|days?|d)"
_SPAN = re.compile(rf"(in\s+)?(\d{{1,4}})\s*{_UNIT}(\s+ago)?", re.ASCII | re.IGNORECASE)
_CLOCK = re.compile(
    r"(?:(yesterday|today|tomorrow)\s+)?(\d{1,2}):(\d\d)(?::(\d\d))?\s*(z|utc|local)?", re.ASCII | re.IGNORECASE
)
_FULL = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d.*?)(?:\s+(utc|local))?", re.ASCII | re.IGNORECASE)
_BESIDE = re.compile(r"(?:by|until|till|at)\s+", re.IGNORECASE)
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def when(said: str, now: datetime, *, ahead: bool = False, zone: tzinfo | None = None) -> datetime:
    """The moment in UTC. Raises Refused, with a sentence, for what is no time or lies on the wrong side of now.

    A time of day is the last one that has passed, or with `ahead` the next one to come; nothing at all is now.
    `zone` is what `local` means; None: this machine's.
    """
    text = said.strip()
    now = now.astimezone(UTC)
    if text.lower() in ("", "now"):
        return now
    try:
        found = _found(text, now, ahead=ahead, zone=zone) if len(text) <= _LONGEST else None
    except (ValueError, OverflowError):  # 25:00, or a year that no calendar has
        found = None
    if found is None:
        raise Refused(f"{text[:SHOWN]!r} is no time; {HOW_AHEAD if ahead else HOW}")
    if found > now and not ahead:
        raise Refused(f"{text[:SHOWN]!r} has not come yet; write when it was")
    if found < now and ahead:
        raise Refused(f"{text[:SHOWN]!r} has passed already; write when it is due")
    return found


def settled(said: str, now: datetime) -> str:
    """When something is due, so that it says the same to whoever reads it later: in UTC, with the words kept.

    What is no time stays as it was said; one that has passed is a time, too. `until` and what stands after a comma are
    words beside it.
    """
    text = said.strip()
    if not text or due_at(text):
        return text
    part = _BESIDE.sub("", text.partition(",")[0]).strip()
    for ahead in (True, False):
        with suppress(Refused):
            return f"{written(when(part, now, ahead=ahead))} (said: {text})" if part else text
    return text


def _found(text: str, now: datetime, *, ahead: bool, zone: tzinfo | None) -> datetime | None:
    if span := _SPAN.fullmatch(text):
        if span[1] and span[4]:
            return None
        forward = bool(span[1]) or (ahead and not span[4])
        by = timedelta(seconds=int(span[2]) * _SECONDS[span[3][0].lower()])
        return now + by if forward else now - by
    if clock := _CLOCK.fullmatch(text):
        is_local = (clock[5] or "").lower() == "local"
        here = (now.astimezone(zone) if is_local else now).replace(tzinfo=None)
        wanted = here.replace(hour=int(clock[2]), minute=int(clock[3]), second=int(clock[4] or 0), microsecond=0)
        if clock[1]:
            return _in_utc(wanted + timedelta(days=_DAYS[clock[1].lower()]), is_local=is_local, zone=zone)
        if not ahead and wanted > here:
            wanted -= timedelta(days=1)
        elif ahead and wanted < here:
            wanted += timedelta(days=1)
        return _in_utc(wanted, is_local=is_local, zone=zone)
    if full := _FULL.fullmatch(text):
        found = datetime.fromisoformat(full[1])
        return found.astimezone(UTC) if found.tzinfo else _in_utc(found, is_local=full[2] == "local", zone=zone)
    return None


def _in_utc(naive: datetime, *, is_local: bool, zone: tzinfo | None) -> datetime:
    if not is_local:
        return naive.replace(tzinfo=UTC)
    return (naive.replace(tzinfo=zone) if zone is not None else naive).astimezone(UTC)


def written(moment: datetime) -> str:
    """`2026-11-22T14:05:00Z`: to the second, which is as exact as a person is."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
