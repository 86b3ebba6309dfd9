"""Which logs does this incident have? The run log, the jobs' logs with their attempts, and what the globs found.

A log that a retry deleted is still here when the recorder kept it: its entry names the event instead of a file.
"""

from __future__ import annotations

import stat
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.events import AttemptKept

if TYPE_CHECKING:
    from incident_console.record.incident import Incident
    from incident_console.snakemake.run import Job, Run

LIMIT = 20_000
STILL_S = 2.0
STILL_SHARE = 1000
"""Of files that nobody told to have changed: between two looks at them, and so many times as long as the last took."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One row of the list of logs. `path` is absolute; `changed_at` is seconds since the epoch."""

    key: str
    """No other entry has it."""
    label: str
    state: str
    """run, running, failed, retried, succeeded, waiting, kept, lost, query, other."""
    path: Path | None = None
    size: int | None = None
    changed_at: float | None = None
    inode: int | None = None
    attempts: tuple[str, ...] = ()
    """How each attempt of the job ended, in order: failed, succeeded, running, interrupted."""
    kept: int | None = None
    """The `seq` of the `attempt.kept` event whose text this is."""
    twin: bool = False
    """The output of a run on a terminal: where the run has a log, that says the same."""
    told: str = ""
    """Why there is nothing to show, for a lost one; what is shown beside the log's own text, for a kept one."""


class Logs:
    """`log_entries` for who asks again and again: files are looked at when one changed, and now and then all the same.

    `clock` gives seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._given: tuple[object, ...] = ()
        """What the entries were made of."""
        self._entries: tuple[LogEntry, ...] = ()
        self._stirred = True
        self._again = float("-inf")

    def stirred(self) -> None:
        """A file may have changed. From any thread."""
        self._stirred = True

    def entries(
        self, run: Run | None, incident: Incident, workdir: Path, others: tuple[Path, ...], queries: frozenset[Path]
    ) -> tuple[LogEntry, ...]:
        """In one thread."""
        given = run, len(incident.lines), workdir, others, queries
        began = self._clock()
        if self._stirred or given != self._given or began >= self._again:
            self._stirred, self._given = False, given
            self._entries = log_entries(run, incident, workdir, others, queries)
            ended = self._clock()
            self._again = ended + max(STILL_S, STILL_SHARE * (ended - began))
        return self._entries


def log_entries(
    run: Run | None,
    incident: Incident,
    workdir: Path,
    others: Iterable[Path],
    queries: Collection[Path] = (),
) -> tuple[LogEntry, ...]:
    """Failed first, then running, then retried, then the rest; a job's kept attempts stand under it.

    `queries`: logs of what only asked the engine something.
    """
    kept = _kept(incident)
    seen: set[Path] = set()
    entries: list[LogEntry] = []
    if run is not None:
        path = workdir / run.log
        seen.add(path)
        entries.append(_entry(f"file:{path}", "run log", "run", path))
        jobs = sorted((job for job in run.jobs if job.attempts), key=_urgency)
        writers = Counter(log for job in jobs for log in set(job.logs))
        for job in jobs:
            entries += _job(job, workdir, seen, writers)
            entries += [_attempt(seq, event) for seq, event in kept.pop((run.log, job.jobid), [])]
    latest = run.log if run is not None else incident.run and incident.run.event.log
    for (log, _), attempts in kept.items():
        entries += [_attempt(seq, event, earlier=log != latest) for seq, event in attempts]
    found = (
        _entry(f"file:{path}", _name(path, workdir), "query" if path in queries else "other", path)
        for path in dict.fromkeys(others)
        if path not in seen
    )
    entries += sorted(found, key=lambda entry: -(entry.changed_at or 0.0))
    return tuple(entries[:LIMIT])


def job_label(job: Job) -> str:
    return " ".join((job.rule, *job.wildcards.values()))


def _urgency(job: Job) -> tuple[int, int]:
    order = {"failed": 0, "running": 1, "interrupted": 2}
    rank = order.get(job.state, 3 if len(job.attempts) > 1 else 4)
    return rank, -job.jobid


def _job(job: Job, workdir: Path, seen: set[Path], writers: Counter[str]) -> list[LogEntry]:
    """The job's logs. A log that several jobs write to is one row: that of the one to be looked at first."""
    outcomes = tuple(attempt.outcome for attempt in job.attempts)
    state = "retried" if job.state == "succeeded" and len(outcomes) > 1 else job.state
    entries = []
    for number, log in enumerate(job.logs or ("",)):
        path = workdir / log if log else None
        label = job_label(job) + (f" ({Path(log).name})" if len(job.logs) > 1 else "")
        if path is None:
            entries.append(
                LogEntry(f"job:{job.jobid}", label, state, attempts=outcomes, told="this rule has no log: of its own")
            )
        elif path not in seen:
            seen.add(path)
            if (more := writers[log] - 1) > 0:
                label += f" and {more} other job{'' if more == 1 else 's'}"
            entries.append(_entry(f"file:{path}", label, state, path, outcomes if number == 0 else ()))
    return entries


def _attempt(seq: int, event: AttemptKept, *, earlier: bool = False) -> LogEntry:
    whose = " ".join((event.rule, *event.wildcards.values()))
    return LogEntry(
        key=f"kept:{seq}",
        label=f"{'earlier run: ' if earlier else ''}{whose} attempt {event.attempt}",
        state="kept" if event.sha256 else "lost",
        size=event.size if event.sha256 else None,
        kept=seq if event.sha256 else None,
        told="+ its block" if event.sha256 and event.block_sha256 else event.missing or "",
    )


def _kept(incident: Incident) -> dict[tuple[str | None, int | None], list[tuple[int, AttemptKept]]]:
    found: dict[tuple[str | None, int | None], list[tuple[int, AttemptKept]]] = {}
    for item in tuple(incident.evidence):
        if isinstance(item.event, AttemptKept):
            found.setdefault((item.event.run, item.event.jobid), []).append((item.seq, item.event))
    return found


def _entry(key: str, label: str, state: str, path: Path, attempts: tuple[str, ...] = ()) -> LogEntry:
    try:
        facts = path.stat()
    except (OSError, ValueError):
        return LogEntry(key, label, state, path, attempts=attempts, told="not there (yet, or any more)")
    if not stat.S_ISREG(facts.st_mode):
        return LogEntry(key, label, state, None, attempts=attempts, told="not a regular file")
    return LogEntry(key, label, state, path, facts.st_size, facts.st_mtime, facts.st_ino, attempts)


def _name(path: Path, workdir: Path) -> str:
    try:
        return str(path.relative_to(workdir))
    except ValueError:
        return str(path)
