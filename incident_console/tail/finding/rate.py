"""How fast is something written: lines a second now, and as the bars of a sparkline?"""

from collections import deque

PERIOD_S = 1.0
KEPT = 240
FULL = 8
"""The highest bar."""


class Rate:
    """Lines counted in periods of `period_s` seconds. The clock (any that only goes on) is passed in."""

    def __init__(self, period_s: float = PERIOD_S) -> None:
        self._period_s = period_s
        self._counts: deque[int] = deque([0], maxlen=KEPT)
        """Oldest first; the last one is the period that has not ended."""
        self._now: int | None = None
        """Number of the present period."""

    def note(self, lines: int, now: float) -> None:
        """So many lines came by this time; 0 lets time pass. A time before the last one counts for the present."""
        number = int(now // self._period_s)
        if self._now is None:
            self._now = number
        for _ in range(min(number - self._now, KEPT)):
            self._counts.append(0)
        self._now = max(self._now, number)
        self._counts[-1] += max(0, lines)

    @property
    def per_second(self) -> float:
        """Of the last whole period; of the present one while it is the first."""
        return self._counts[-2 if len(self._counts) > 1 else -1] / self._period_s

    def bars(self, width: int) -> tuple[int, ...]:
        """0 to 8 for each of the last `width` whole periods, oldest first; 8 is the fastest of them, 0 is nothing."""
        shown = list(self._counts)[:-1][-width:] if width > 0 else []
        most = max(shown, default=0)
        levels = [-(-count * FULL // most) if count else 0 for count in shown]
        return (*[0] * (width - len(levels)), *levels)
