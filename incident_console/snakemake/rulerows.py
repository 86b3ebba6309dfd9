"""What does each rule look like: how many jobs, how they ended, what they took?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from incident_console.snakemake.measured import Measured
from incident_console.snakemake.run import Run


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds of `count` jobs; all zero for none."""

    sum: float
    median: float
    max: float
    count: int


@dataclass(frozen=True, slots=True)
class RuleRow:
    rule: str
    planned: int
    finished: int
    failed: int
    running: int
    retried: int
    wall_s: Spread
    """Of the attempts that succeeded: by the metadata where they fit, else by the log's whole seconds."""
    benchmark_s: Spread


class _Row:
    def __init__(self) -> None:
        self.jobs = self.finished = self.failed = self.running = self.retried = 0
        self.wall: list[float] = []
        self.bench: list[float] = []


def rule_rows(run: Run, measured: Measured) -> tuple[RuleRow, ...]:
    """A row per rule, the one that took longest first. A job whose rule is not known yet has the rule ``."""
    rows: dict[str, _Row] = {rule: _Row() for rule, _ in run.planned_rules}
    times, bench = measured.times, measured.bench
    for job in run.briefs:
        row = rows.get(job.rule)
        if row is None:
            row = rows[job.rule] = _Row()
        row.jobs += 1
        row.finished += job.state == "succeeded"
        row.failed += job.state == "failed"
        row.running += job.state == "running"
        row.retried += job.tries > 1
        if job.benchmark and job.jobid in bench:
            row.bench.append(bench[job.jobid].s)
        if job.state == "succeeded":
            found = times.get(job.jobid)
            if found is not None:
                row.wall.append(found[1] - found[0])
            elif job.started is not None and job.ended is not None:
                row.wall.append(max(0.0, job.ended - job.started))
    planned = dict(run.planned_rules)
    table = [
        RuleRow(
            rule,
            # The plan grows after a checkpoint, and the table of it is printed once.
            max(planned.get(rule, 0), row.jobs),
            row.finished,
            row.failed,
            row.running,
            row.retried,
            spread(row.wall),
            spread(row.bench),
        )
        for rule, row in rows.items()
    ]
    return tuple(sorted(table, key=lambda row: (-max(row.wall_s.sum, row.benchmark_s.sum), row.rule)))


def spread(values: Iterable[float]) -> Spread:
    known = list(values)
    if not known:
        return Spread(0.0, 0.0, 0.0, 0)
    return Spread(round(sum(known), 3), round(median(known), 3), round(max(known), 3), len(known))
