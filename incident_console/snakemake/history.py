"""What did other runs of the same workflow do, by their logs?

Only logs are read, the newest first and within limits. A query's log is no run; a run that failed before its first job
is one that tried no job.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from incident_console.snakemake.find import FoundLog, runs
from incident_console.snakemake.jobs import Job
from incident_console.snakemake.logevents import LogEvent
from incident_console.snakemake.reader import Reader
from incident_console.snakemake.run import Run, RunFold, RunStatus
from incident_console.snakemake.textfile import read_bytes
from incident_console.snakemake.trace import Trace, TraceFold

EARLIER = 20
LATER = 3
LOG_LIMIT = 8 << 20
ALL_LIMIT = 24 << 20
"""Bytes of logs: a longer one is passed over, and reading stops when all together are more."""

JobKey = tuple[str, tuple[tuple[str, str], ...]]
"""A rule and its wildcards: what stays of a job from run to run, as its jobid does not."""


@dataclass(frozen=True, slots=True)
class PastJob:
    """How one job fared in another run."""

    attempts: int
    failed: int
    """Attempts that failed."""
    succeeded: bool
    wall_s: float | None
    """Of the attempt that succeeded, in whole seconds as the log tells."""
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class PastRun:
    log: str
    started: float | None
    status: RunStatus
    elapsed_s: float | None
    version: str | None
    host: str | None
    home: str | None
    """The directory that it worked in, as the log's header says (9.22 on)."""
    snakefile: str | None
    command: str | None
    cores: int | None
    clustered: bool
    jobs: Mapping[JobKey, PastJob]
    planned_rules: Mapping[str, int]
    kinds: frozenset[str]
    """Of all its failures."""
    lines: Mapping[str, int]
    """Where the log says it: `cores` and the names of the header."""


@dataclass(frozen=True, slots=True)
class History:
    """Runs before and after the one that is looked at, newest first."""

    earlier: tuple[PastRun, ...] = ()
    later: tuple[PastRun, ...] = ()
    passed_over: int = 0
    """Logs that were too long to be read."""
    queries: tuple[PastRun, ...] = ()
    """Later logs that are no run, such as of a query, and yet tell of a failure."""

    def of(self, key: JobKey) -> list[tuple[PastRun, PastJob]]:
        """The earlier runs that tried this job, newest first."""
        return [(run, run.jobs[key]) for run in self.earlier if key in run.jobs]

    def tried_later(self, key: JobKey) -> bool:
        """Whether a later run tried the job: its log and benchmark then tell of that run."""
        return any(key in run.jobs for run in self.later)


def key_of(job: Job) -> JobKey:
    return job.rule, tuple(sorted(job.wildcards.items()))


def read_run(data: Iterable[bytes], log: str) -> tuple[Run, Trace]:
    """The run that a whole log tells of. Never raises for any bytes."""
    reader = Reader(Path(log).name)
    fold, trace = RunFold(log), TraceFold()
    for piece in data:
        _take(reader.feed(piece), fold, trace)
    _take(reader.close(), fold, trace)
    return fold.snapshot(), trace.snapshot()


def _take(events: list[LogEvent], fold: RunFold, trace: TraceFold) -> None:
    for event in events:
        fold.apply(event)
    trace.take(events)


def read_history(workdir: Path, log: Path) -> History:
    """The runs beside the one with this log. Never raises for what the files hold."""
    logs = runs(workdir)
    names = [one.path.name for one in logs]
    if log.name not in names:
        return History()
    place = names.index(log.name)
    budget = [ALL_LIMIT]
    passed = 0
    earlier: list[PastRun] = []
    for one in [one for one in logs[place + 1 :] if one.kind == "run"][:EARLIER]:
        past = _read(workdir, one, budget)
        passed += past is None
        if past is not None:
            earlier.append(past)
    later: list[PastRun] = []
    queries: list[PastRun] = []
    # The next ones tell what this run left behind.
    following = list(reversed(logs[:place]))
    for one in [one for one in following if one.kind == "run"][:LATER]:
        past = _read(workdir, one, budget)
        if past is not None:
            later.append(past)
    for one in [one for one in following if one.kind == "query" and one.size > _SILENT_QUERY][:LATER]:
        past = _read(workdir, one, budget)
        if past is not None and past.kinds:
            queries.append(past)
    return History(tuple(earlier), tuple(reversed(later)), passed, tuple(queries))


_SILENT_QUERY = 64


def _read(workdir: Path, found: FoundLog, budget: list[int]) -> PastRun | None:
    if found.size > min(LOG_LIMIT, budget[0]):
        return None
    data = read_bytes(found.path, LOG_LIMIT)
    if data is None:
        return None
    budget[0] -= len(data)
    run, trace = read_run([data], f".snakemake/log/{found.path.name}")
    return past_of(run, trace, found.started)


def past_of(run: Run, trace: Trace, started: float | None) -> PastRun:
    """The few facts of a run that another is held against."""
    jobs = {key_of(job): _past_job(job) for job in run.jobs if job.rule}
    return PastRun(
        log=run.log,
        started=started,
        status=run.status,
        elapsed_s=trace.elapsed,
        version=run.version,
        host=run.host,
        home=trace.header.get("working directory"),
        snakefile=trace.header.get("snakefile"),
        command=run.command,
        cores=trace.cores,
        clustered=any(job.remote for job in run.briefs),
        jobs=jobs,
        planned_rules=dict(run.planned_rules),
        kinds=frozenset(group.kind for group in run.failures),
        lines={**trace.header_lines, "cores": trace.provided_line},
    )


def _past_job(job: Job) -> PastJob:
    done = [one for one in job.attempts if one.outcome == "succeeded"]
    wall = None
    if done and done[-1].started is not None and done[-1].ended is not None:
        wall = max(0.0, done[-1].ended - done[-1].started)
    failed = [one for one in job.attempts if one.outcome == "failed"]
    kinds = frozenset(one.kind for one in job.attempts if one.kind is not None)
    return PastJob(len(job.attempts), len(failed), job.state == "succeeded", wall, kinds)
