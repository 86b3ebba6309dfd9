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
from incident_console.snakemake.jobs import Job
from incident_console.snakemake.metadata import read_records
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

    def of(self, job: Job) -> Bench | None:
        """What the job's benchmark says, or one like it."""
        found = self.bench.get(job.jobid)
        return self.assumed.get(job.rule) if found is None and job.benchmark else found


def measure(run: Run, trace: Trace, workdir: Path, history: History) -> Measured:
    """Reads benchmarks and metadata of the jobs that succeeded. Never raises for what the files hold."""
    done = [job for job in run.jobs if job.state == "succeeded" and job.attempts]
    if history.later:
        done = [job for job in done if not history.tried_later(key_of(job))]
    with_file = [job for job in done if job.benchmark]
    step = max(1, -(-len(with_file) // BENCHMARKS))
    bench: dict[int, Bench] = {}
    stale = 0
    for job in with_file[::step]:
        found = _bench(workdir, job)
        if found is None:
            continue
        wall = _wall(job)
        if wall is not None and found.s > wall + _SLACK_S:
            stale += 1
        else:
            bench[job.jobid] = found
    assumed = _averages(run, bench) if step > 1 else {}
    return Measured(bench, _times(workdir, done, trace), assumed, stale)


def _averages(run: Run, bench: Mapping[int, Bench]) -> dict[str, Bench]:
    by_rule: dict[str, list[Bench]] = {}
    for job in run.jobs:
        if job.jobid in bench:
            by_rule.setdefault(job.rule, []).append(bench[job.jobid])
    return {rule: Bench("", sum(one.s for one in found) / len(found), None, 0.0, 1) for rule, found in by_rule.items()}


def _wall(job: Job) -> float | None:
    last = job.attempts[-1]
    if last.started is None or last.ended is None:
        return None
    return max(0.0, last.ended - last.started)


def _bench(workdir: Path, job: Job) -> Bench | None:
    path = workdir / (job.benchmark or "")
    if regular(path) is None:
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


def _times(workdir: Path, jobs: list[Job], trace: Trace) -> dict[int, tuple[float, float]]:
    outputs = {start.jobid: start.output for start in trace.starts}
    wanted = [name for job in jobs for name in outputs.get(job.jobid, ())[:1]]
    records = read_records(workdir, wanted)
    found: dict[int, tuple[float, float]] = {}
    for job in jobs:
        name = next(iter(outputs.get(job.jobid, ())), None)
        record = records.get(name) if name is not None else None
        last = job.attempts[-1]
        if record is None or record.started is None or record.ended is None or last.started is None:
            continue
        ended = last.ended if last.ended is not None else last.started
        # A copy that keeps its source's time, or a record of another run, does not fit between start and end.
        if last.started - 1 <= record.started <= record.ended <= ended + 2:
            found[job.jobid] = (record.started, record.ended)
    return found
