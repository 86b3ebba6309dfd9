"""What was measured of each job: its benchmark file and the times that the metadata keep?

A benchmark file holds what was measured last, be it by another run: it is taken only for a job that succeeded in this
run, that no later run tried again, and when it fits into the time that the log gives the job.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from incident_console.errors import InputError
from incident_console.snakemake.benchmarks import read_benchmark
from incident_console.snakemake.history import History, key_of
from incident_console.snakemake.jobs import Brief, Job
from incident_console.snakemake.metadata import has_records, read_records
from incident_console.snakemake.run import Run
from incident_console.snakemake.textfile import regular
from incident_console.snakemake.trace import Trace

BENCHMARKS = 3000
"""Benchmark files that are read; of more jobs every n-th is taken."""
_SLACK_S = 2.0
_HEAVY_MIB = 64.0
_IDLE_CPU = 0.5


@dataclass(frozen=True, slots=True)
class Bench:
    """All repeats of one job together. Seconds and MiB."""

    path: str
    s: float
    cpu_s: float | None
    io_mib: float
    repeats: int

    @property
    def io_wait_s(self) -> float:
        """Of a tool that moved much data and computed little: the time in which it did not compute."""
        if self.cpu_s is None or self.io_mib < _HEAVY_MIB or self.cpu_s > _IDLE_CPU * self.s or self.s < 1:
            return 0.0
        return self.s - self.cpu_s


@dataclass(frozen=True, slots=True)
class Measured:
    bench: Mapping[int, Bench]
    """By jobid."""
    times: Mapping[int, tuple[float, float]]
    """By jobid: when the job began and when its last output was written, in seconds since the epoch."""
    assumed: Mapping[str, Bench]
    """By rule, where there are more benchmark files than were read: what its jobs took on average."""
    stale: int
    """Benchmark files that tell of another run."""

    def of(self, job: Brief) -> Bench | None:
        """What the job's benchmark says, or one like it."""
        found = self.bench.get(job.jobid)
        return self.assumed.get(job.rule) if found is None and job.benchmark else found


def measure(run: Run, trace: Trace, workdir: Path, history: History) -> Measured:
    """Reads benchmarks and metadata of the jobs that succeeded. Never raises for what the files hold."""
    done = [
        (brief, job)
        for brief, job in zip(run.briefs, run.jobs, strict=True)
        if brief.state == "succeeded" and brief.tries
    ]
    if history.later:
        done = [(brief, job) for brief, job in done if not history.tried_later(key_of(job))]
    with_file = [(brief, job) for brief, job in done if brief.benchmark]
    step = max(1, -(-len(with_file) // BENCHMARKS))
    bench: dict[int, Bench] = {}
    stale = 0
    by_rule: dict[str, list[Bench]] = {}
    folders: dict[str, bool] = {}
    for brief, job in with_file[::step]:
        found = _bench(workdir, job, folders)
        if found is None:
            continue
        wall = _wall(brief)
        if wall is not None and found.s > wall + _SLACK_S:
            stale += 1
        else:
            bench[brief.jobid] = found
            by_rule.setdefault(brief.rule, []).append(found)
    assumed = {rule: _average(alike) for rule, alike in by_rule.items()} if step > 1 else {}
    return Measured(bench, _times(workdir, [brief for brief, _ in done], trace), assumed, stale)


def _average(found: list[Bench]) -> Bench:
    return Bench("", sum(one.s for one in found) / len(found), None, 0.0, 1)


def _wall(job: Brief) -> float | None:
    return None if job.started is None or job.ended is None else max(0.0, job.ended - job.started)


def _bench(workdir: Path, job: Job, folders: dict[str, bool]) -> Bench | None:
    """`folders`: which are known to be there; most often none is missing a file, or all files are missing with it."""
    name = job.benchmark or ""
    folder = name.rpartition("/")[0]
    there = folders.get(folder)
    if there is None:
        there = folders[folder] = (workdir / folder).is_dir()
    path = workdir / name
    if not name or not there or regular(path) is None:
        return None
    try:
        rows = read_benchmark(path)
    except InputError:
        return None
    seconds = [max(0.0, row.s) for row in rows if row.s is not None]
    if not seconds:
        return None
    cpu = [row.cpu_s for row in rows if row.cpu_s is not None]
    moved = sum(max(0.0, row.io_in_mib or 0) + max(0.0, row.io_out_mib or 0) for row in rows)
    return Bench(job.benchmark or "", sum(seconds), sum(cpu) if cpu else None, moved, len(seconds))


def _times(workdir: Path, jobs: list[Brief], trace: Trace) -> dict[int, tuple[float, float]]:
    if not has_records(workdir):
        return {}
    outputs = {start.jobid: start.output[0] for start in trace.starts if start.output}
    told = [(job, outputs[job.jobid]) for job in jobs if job.jobid in outputs]
    records = read_records(workdir, (name for _, name in told))
    found: dict[int, tuple[float, float]] = {}
    for job, name in told:
        record = records.get(name)
        if record is None or record.started is None or record.ended is None or job.started is None:
            continue
        ended = job.ended if job.ended is not None else job.started
        # A copy that keeps its source's time, or a record of another run, does not fit between start and end.
        if job.started - 1 <= record.started <= record.ended <= ended + 2:
            found[job.jobid] = (record.started, record.ended)
    return found
