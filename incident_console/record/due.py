"""By when was something to be done, and is that over?

Only a full time with its zone is one: `06:00` or `tomorrow` means something else to whoever reads it later.
"""

from __future__ import annotations

import re
from datetime import datetime

from incident_console.record.clock import moment
from incident_console.record.text import clock_time, elapsed

_FULL = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?\s?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)


def due_at(text: str) -> datetime | None:
    """The time that a text begins with; None where it would have to be guessed."""
    found = _FULL.match(text.strip())
    return moment(found[0].replace(" ", "T", 1).replace(" ", "").upper()) if found else None


def overdue(text: str, now: datetime | None) -> str:
    """`OVERDUE by 12m03s`; empty while there is time, and where nobody can tell."""
    due = due_at(text)
    return f"OVERDUE by {elapsed(due, now).removeprefix('+')}" if due and now and due < now else ""


def due_told(text: str, now: datetime | None) -> str:
    """As it stands in a document: in UTC, with what else was said, and how late it is at `now` (None: nobody waits)."""
    found, due = _FULL.match(text.strip()), due_at(text)
    if found is None or due is None:
        return text
    told = clock_time(due.isoformat()) + text.strip()[found.end() :]
    return ", ".join(filter(None, (told, overdue(text, now))))


def due_shown(text: str, now: datetime) -> str:
    """The same for a screen, which is not to be drawn each second for it: that it is overdue, and not by how much."""
    return due_told(text, None) + (", OVERDUE" if overdue(text, now) else "")
