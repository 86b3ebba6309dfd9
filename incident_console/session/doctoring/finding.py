"""What does a look at one thing say, and how long may it take?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

State = Literal["fine", "mind", "broken"]
PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    told: str
    """May hold text from outside; whoever prints it makes it safe."""
    state: State = "fine"
    follows: str = ""
    """What follows, and what to do; for `mind` and `broken`."""


Probe = Callable[[], Sequence[Finding]]


class Ask(NamedTuple):
    section: str
    what: str
    """What it looks at: told where it does not answer."""
    probe: Probe
    late: State = "broken"
    """What it means when it does not answer in time."""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    findings: tuple[Finding, ...]


def look(asks: Sequence[Ask], patience_s: float = PATIENCE_S) -> tuple[Section, ...]:
    """Run the probes, all at once, and lay out what they tell in their order.

    What does not answer in time is told as that, and left behind: a mount that hangs must not hang who asks.
    """
    asked = [_Asked(ask) for ask in asks]
    for one in asked:
        one.start()
    told: dict[str, list[Finding]] = {}
    give_up = time.monotonic() + patience_s
    for ask, one in zip(asks, asked, strict=True):
        one.join(max(0.0, give_up - time.monotonic()))
        told.setdefault(ask.section, []).extend(one.told(patience_s))
    return tuple(Section(title, tuple(findings)) for title, findings in told.items())


class _Asked(threading.Thread):
    def __init__(self, ask: Ask) -> None:
        super().__init__(name="doctor", daemon=True)
        self._ask = ask
        self._answer: tuple[Finding, ...] | None = None

    def run(self) -> None:
        try:
            self._answer = tuple(self._ask.probe())
        except Exception as fault:  # whatever one probe meets, the others still tell what they see
            reason = fault.strerror if isinstance(fault, OSError) and fault.strerror else f"{type(fault).__name__}"
            self._answer = (Finding("", f"could not be looked at: {reason.lower()}", "mind", "See why that is."),)

    def told(self, patience_s: float) -> tuple[Finding, ...]:
        what = self._ask.what
        if self._answer is None:
            late = f"did not answer in {patience_s:g} s"
            return (Finding(what, late, self._ask.late, "What lies on it may hang, too: see whether it answers."),)
        return tuple(one if one.what else Finding(what, one.told, one.state, one.follows) for one in self._answer)
