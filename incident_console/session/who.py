"""Who works at the console, where their records are, and which of those are open on a workflow?

Light: the edit gate asks this in commit hooks.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from incident_console.evidence.names import shown
from incident_console.record.summaries import Summary, summaries
from incident_console.session.ways import Way


@dataclass(frozen=True, slots=True)
class Who:
    """Who writes, where records and trust are kept, and by which commands of theirs something may leave."""

    operator: str
    records: Path
    trust: Path
    ways: tuple[Way, ...] = ()
    secrets: tuple[str, ...] = ()
    """Environment variables whose values are secrets."""
    is_login: bool = False
    """Nobody said who works here: `operator` is the login name."""

    @property
    def by(self) -> str:
        return f"{self.operator}@{socket.gethostname()}"


def open_on(workdir: Path, records: Path) -> tuple[Summary, ...]:
    """The incidents that are still open on a workdir, newest first. Records that cannot be read are passed over."""
    return open_among(workdir, summaries(records).found)


def open_among(workdir: Path, found: Iterable[Summary]) -> tuple[Summary, ...]:
    """The same among the records that were found."""
    wanted = shown(workdir.resolve())
    here = (one for one in found if one.workdir == wanted and not one.closed)
    return tuple(sorted(here, key=lambda one: one.id, reverse=True))
