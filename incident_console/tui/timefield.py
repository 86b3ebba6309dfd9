"""What is understood of a time while it is typed, and which text then stands in the record?

`10 min ago` means nothing an hour later, so what is understood is written out: UTC, to the second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from incident_console.errors import Refused
from incident_console.session import moments
from incident_console.tui.words import span


class Time:
    """A field that takes a time. `ahead`: when something is due; `words`: other words are an answer, too."""

    def __init__(self, now: Callable[[], datetime], *, ahead: bool = False, words: bool = False) -> None:
        self._now, self._ahead, self._words = now, ahead, words

    def told(self, text: str) -> tuple[str, bool]:
        """What is shown beside the text, and whether it can be taken."""
        if not text.strip():
            return "", True
        now = self._now()
        try:
            found = moments.when(text, now, ahead=self._ahead)
        except Refused as fault:
            return (f"stands as it is said: {fault}", True) if self._words else (str(fault), False)
        return f"= {moments.written(found)}, {distance(found, now)}", True

    def settled(self, text: str) -> str:
        """The text as it is recorded. Raises Refused for what is no time, unless words are an answer."""
        if not text.strip():
            return ""
        try:
            return moments.written(moments.when(text, self._now(), ahead=self._ahead))
        except Refused:
            if self._words:
                return text
            raise


def distance(moment: datetime, now: datetime) -> str:
    """`12m ago`, `in 2h05m`, `now`."""
    seconds = (moment - now).total_seconds()
    if abs(seconds) < 1:
        return "now"
    return f"in {span(seconds)}" if seconds > 0 else f"{span(-seconds)} ago"


def of_line(at: float | None) -> str:
    """The time of a log's line, as it is put into a field; empty where the line has none."""
    if at is None:
        return ""
    try:
        return moments.written(datetime.fromtimestamp(at, UTC))
    except (ValueError, OverflowError, OSError):
        return ""
