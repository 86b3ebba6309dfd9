"""Which runs were seen during the incident, and how did they stand? A run is recorded when it is first seen and each
time its status changes; a restarted one with what differs from the run before. While the record rests, none is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from incident_console import events
from incident_console.errors import HeldError
from incident_console.evidence.redactor import Redactor
from incident_console.session.core import Session
from incident_console.snakemake.facts import failures_told
from incident_console.snakemake.run import Run

ENDED = frozenset({"succeeded", "failed", "interrupted", "nothing-to-do"})
PATIENCE_S = 10.0
"""How long a run that just began may take to say with what it was started, before it is recorded without."""


def sighting(run: Run) -> events.RunSeen:
    """How a run stands, without what differs from an earlier one."""
    return events.RunSeen(
        log=run.log,
        status=run.status,
        started_at=run.started_at,
        ended_at=run.ended_at,
        pid=run.pid,
        command=run.command,
        version=run.version,
        cores=run.cores,
        figures={
            "planned": run.planned,
            "finished": run.finished,
            "failed": run.failed,
            "running": run.running,
            "retried": run.retried,
        },
        failures=failures_told(run),
    )


class Sightings:
    """Not for use from several threads at once. `clock` gives seconds that only grow."""

    def __init__(self, session: Session, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._clock = clock
        self._first: dict[str, float] = {}
        self._recorded = {log: run.event.status for log, run in tuple(session.incident.runs.items())}

    def see(self, run: Run) -> None:
        """Raises RecordError; then the run is recorded at the next look."""
        if self._recorded.get(run.log) == run.status or not self._told_enough(run) or self._session.incident.rests:
            return
        previous = self._session.incident.run
        restarted = previous is not None and previous.event.log != run.log and run.log not in self._recorded
        differs = tuple(_differs(previous.event, run, self._session.redactor)) if previous and restarted else ()
        seen = sighting(run).with_(differs=differs)
        with suppress(HeldError):
            self._session.append(seen)
        self._recorded[run.log] = run.status

    def _told_enough(self, run: Run) -> bool:
        """Its first lines say version, command and cores; a run seen before them would seem to differ in all three."""
        first = self._first.setdefault(run.log, self._clock())
        return bool(run.cores or run.jobs) or run.status in ENDED or self._clock() - first >= PATIENCE_S


def _differs(before: events.RunSeen, now: Run, redactor: Redactor) -> Iterator[str]:
    pairs = (
        ("version", before.version, now.version),
        ("cores", before.cores, now.cores),
        ("command", before.command, redactor.text(now.command) if now.command else None),
    )
    for name, was, is_now in pairs:
        if was != is_now:
            yield f"{name}: {was or 'unknown'} -> {is_now or 'unknown'}"
