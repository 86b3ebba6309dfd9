"""One incident to look at, with its runbook: what stands in it, and where it stands on its ladder.

What reads needs this and no more: the screens show a record that is written here, one that somebody else writes, and a
bundle that nobody has accepted yet, all through it. `core.Session` is the one that also writes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console import events
from incident_console.evidence.redactor import Redactor
from incident_console.record.clock import Clock, SystemClock
from incident_console.runbook import ladder
from incident_console.session.standing import standing

if TYPE_CHECKING:
    from incident_console.record.incident import Incident
    from incident_console.record.store import Record
    from incident_console.runbook.schema import Runbook, Rung

Listener = Callable[[events.Recorded], None]


class View:
    """Safe to read from any thread, while one adds to it."""

    def __init__(
        self, record: Record, runbook: Runbook, workdir: Path, incident: Incident, clock: Clock | None = None
    ) -> None:
        self.record = record
        self.runbook = runbook
        self.workdir = workdir
        self.clock = clock or SystemClock()
        self.incident = incident
        self.redactor = Redactor()
        """What is read beside the record is redacted with it before the two are compared."""
        self.run: str | None = None
        """The log of the run that evidence captured now belongs to."""
        self._listeners: list[Listener] = []
        self._lock = threading.RLock()

    def listen(self, tell: Listener) -> None:
        """Call `tell` with every event from now on, in the journal's order, when it is on disk.

        It is called in the thread that recorded or read the event, which waits: `tell` must neither block nor raise.
        """
        with self._lock:
            self._listeners.append(tell)

    def _take_in(self, recorded: events.Recorded) -> None:
        """Fold one more event, and tell the views. The lock is held."""
        self.incident.apply(recorded)
        for tell in tuple(self._listeners):
            tell(recorded)

    def close(self) -> None:
        """Let go of what is held; nobody is told of anything any more."""
        with self._lock:
            self._listeners.clear()

    @property
    def id(self) -> str:
        return self.record.path.name

    @property
    def head(self) -> str:
        return self.incident.head

    def standing(self) -> ladder.Standing:
        return standing(self.incident)

    def missing(self, rung: str) -> tuple[ladder.Need, ...]:
        return ladder.missing(self.runbook, rung, self.standing())

    def next_rung(self, rung: str) -> str | None:
        return ladder.next_rung(self.runbook, rung, self.standing())

    def escalations(self) -> tuple[ladder.Held, ...]:
        """The escalation triggers of the runbook that hold now."""
        return ladder.escalations(self.runbook, self.standing())

    def marks(self) -> tuple[ladder.Mark, ...]:
        return ladder.marks(self.runbook, self.standing(), self.incident.open_rung)

    def gate_missing(self) -> tuple[str, ...]:
        """What the note must still name before an edit of the workflow; empty when the gate is open."""
        return self.incident.gate_missing

    def _rung(self, rung: str) -> Rung:
        """Raises Refused naming the rungs there are."""
        return self.runbook.rung(rung)
