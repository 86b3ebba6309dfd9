"""What did the run cost, and when did its jobs run? Kept in the record when the run has ended, for who reads it later.

It is weighed from the run's own files by a thread of its own, and again when an incident is handed off: the receiver
may have the record alone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress

from incident_console import events
from incident_console.errors import ConsoleError
from incident_console.record.weighed import BARS, LANES, Bar, Lane, Weighed, to_json
from incident_console.session.beats import Beats
from incident_console.session.core import Session
from incident_console.session.sightings import ENDED
from incident_console.snakemake.analysis import Analysis, Analyst
from incident_console.snakemake.jobs import Brief, Job
from incident_console.snakemake.rulerows import RuleRow

AFTER_S = 1.0
"""After the end of a run: what keeps its failed attempts comes first."""
_TOLD = 400
_SENTENCES = 20


class Weigher:
    """`start()` begins, `close()` ends it; a run that could not be weighed is only not drawn later."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ended = threading.Event()
        self._closed = threading.Event()
        self._beats = Beats()
        self._thread = threading.Thread(target=self._work, name="weigher", daemon=True)

    def start(self) -> None:
        self._session.listen(self._told)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def _told(self, recorded: events.Recorded) -> None:
        if isinstance(recorded.event, events.RunSeen) and recorded.event.status in ENDED:
            self._ended.set()

    def _work(self) -> None:
        while True:
            self._ended.wait()
            self._ended.clear()
            if self._closed.wait(AFTER_S):
                return
            with self._beats.one(), suppress(ConsoleError, OSError):
                if not self._session.incident.rests:
                    weigh(self._session)


def weigh(session: Session) -> events.Recorded | None:
    """Keep how the run that was seen last went; None where there is none, or nothing is new. Raises RecordError."""
    run = session.incident.run
    log = session.workdir / run.event.log if run is not None and "\0" not in run.event.log else None
    if run is None or log is None or not log.is_file():
        return None
    analysis = Analyst(session.workdir, log).look()
    sha256, size, counts = session.keep(to_json(weighed(analysis, run.event.log)))
    if any(_says(line.event, sha256) for line in tuple(session.incident.lines)):
        return None
    status = analysis.run.status
    return session.append(
        events.RunWeighed(run=run.event.log, status=status, sha256=sha256, size=size, redactions=counts)
    )


def _says(event: events.Event, sha256: str) -> bool:
    return isinstance(event, events.RunWeighed) and event.sha256 == sha256


def weighed(analysis: Analysis, log: str) -> Weighed:
    """What is kept of an analysis: bounded, whatever the number of jobs."""
    cost = analysis.cost
    begun = analysis.started or 0.0
    jobs: dict[str, list[tuple[Brief, Job]]] = {}
    for brief, job in zip(analysis.run.briefs, analysis.run.jobs, strict=True):
        jobs.setdefault(brief.rule, []).append((brief, job))
    return Weighed(
        log=log[:_TOLD],
        status=analysis.run.status,
        started_at=analysis.run.started_at,
        elapsed_s=round(cost.elapsed_s, 3),
        planning_s=round(cost.planning_s, 3),
        scheduler_s=round(cost.scheduler_s, 3),
        storage_s=round(cost.storage_s, 3),
        tool_s=round(cost.tool_s, 3),
        dominant=cost.dominant,
        confidence=cost.confidence,
        basis=tuple(text[:_TOLD] for text in cost.basis[:_SENTENCES]),
        missing=tuple(text[:_TOLD] for text in cost.missing[:_SENTENCES]),
        lanes=tuple(
            _lane(row, jobs.get(row.rule, []), begun, begun + cost.elapsed_s) for row in analysis.rules[:LANES]
        ),
        more_lanes=max(0, len(analysis.rules) - LANES),
    )


def _lane(row: RuleRow, jobs: list[tuple[Brief, Job]], begun: float, ended: float) -> Lane:
    bars: list[Bar] = []
    shown = 0
    for brief, job in sorted(jobs, key=lambda each: each[0].plain):
        made = tuple(_bars(brief, job, begun, ended))
        if len(bars) + len(made) > BARS:
            break
        bars += made
        shown += 1
    return Lane(
        rule=row.rule[:_TOLD],
        planned=row.planned,
        finished=row.finished,
        failed=row.failed,
        retried=row.retried,
        wall_s=round(row.wall_s.sum, 3),
        bars=tuple(sorted(bars, key=lambda bar: bar.start_s)),
        more=len(jobs) - shown,
    )


def _bars(brief: Brief, job: Job, begun: float, ended: float) -> Iterator[Bar]:
    if brief.plain:
        tried = iter([(brief.tries, brief.started, brief.ended, brief.outcome)])
    else:
        tried = ((one.number, one.started, one.ended, one.outcome) for one in job.attempts)
    for number, started, until, outcome in tried:
        if started is not None:
            start = max(0.0, round(started - begun, 3))
            end = max(start, round((ended if until is None else until) - begun, 3))
            yield Bar(job=job.sample[:_TOLD], attempt=number, start_s=start, end_s=end, outcome=outcome)
