"""How long does a step take today, and what is the machine doing to it?

The machine is played by `.demo.json`, which is no part of the workflow: the same file gives the same bad day.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

LOCKED_TRIES = 3
LOCKED_WAIT_S = 5.0
"""Seconds between two tries on a locked index, at pace 1."""


def say(text: str) -> None:
    """One log line, at once: a log that is followed live must not sit in a buffer."""
    print(time.strftime("%H:%M:%S"), text, flush=True)


class Pacer:
    """Takes time in proportion to the work done, in naps long enough to be worth it."""

    NAP_S = 0.1

    def __init__(self, pace: float) -> None:
        self.pace = pace
        self.owed = 0.0

    def worked(self, seconds: float) -> None:
        self.owed += seconds * self.pace
        if self.owed >= self.NAP_S:
            time.sleep(self.owed)
            self.owed = 0.0


def index_holder(sample: str, attempt: int, root: Path = Path()) -> int | None:
    """The pid of the neighbour that holds the index during this attempt, or None."""
    held = _machine(root).get("index_held", {}).get(sample, [])
    return int(held[attempt - 1]) if attempt <= len(held) else None


def storage_delay(sample: str, root: Path = Path()) -> float:
    """Seconds until a result of this sample becomes visible."""
    return float(_machine(root).get("late", {}).get(sample, 0.0))


def _machine(root: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((root / ".demo.json").read_text(encoding="utf-8"))["machine"])
    except (OSError, ValueError, KeyError):
        return {}
