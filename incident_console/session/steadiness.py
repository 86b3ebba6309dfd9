"""Which rules fail now and then? One line a rule, over this run and the earlier ones: how often, for which sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incident_console.snakemake.analysis import Analysis
    from incident_console.snakemake.flakiness import Flaky
    from incident_console.snakemake.history import History

NAMED = 4

FailedBefore = Mapping[str, tuple[frozenset[str], ...]]
"""By rule: of each earlier run that tried it, the samples that an attempt failed for."""


@dataclass(frozen=True, slots=True)
class Unsteady:
    """A rule whose jobs were tried more than once in this run."""

    rule: str
    text: str
    """`align failed in 3 of the last 10 runs, always B, succeeded on retry`"""
    jobid: int
    """Of the job to look at first."""
    steady: bool
    """It fails the same way each time: trying again is no repair."""


def failed_before(history: History) -> FailedBefore:
    """Goes through every job of every earlier run, once."""
    found: dict[str, list[frozenset[str]]] = {}
    for run in history.earlier:
        samples: dict[str, set[str]] = {}
        for (rule, wildcards), job in run.jobs.items():
            failed = samples.setdefault(rule, set())
            if job.failed:
                failed.add(" ".join(value for _, value in wildcards))
        for rule, failed in samples.items():
            found.setdefault(rule, []).append(frozenset(failed))
    return {rule: tuple(runs) for rule, runs in found.items()}


def unsteady(analysis: Analysis, before: FailedBefore) -> tuple[Unsteady, ...]:
    """In the order in which the rules' jobs were first tried again."""
    by_rule: dict[str, list[Flaky]] = {}
    for one in analysis.flaky:
        by_rule.setdefault(one.rule, []).append(one)
    return tuple(_of_rule(rule, jobs, before.get(rule, ())) for rule, jobs in by_rule.items())


def _of_rule(rule: str, jobs: list[Flaky], before: tuple[frozenset[str], ...]) -> Unsteady:
    first = next((one for one in jobs if one.outcome == "failed"), jobs[0])
    steady = all(one.nature == "deterministic" for one in jobs)
    samples = dict.fromkeys(" ".join(one.wildcards.values()) for one in jobs)
    for failed in before:
        samples.update(dict.fromkeys(sorted(failed)))
    named = [sample for sample in samples if sample]
    failed_in = 1 + sum(map(bool, before))
    runs = 1 + len(before)
    times = f"in {failed_in} of the last {runs} runs" if before else "in this run"
    who, whom = rule or f"job {first.jobid}", _for(named, always=failed_in > 1)
    if steady:
        told = f"{who} failed the same way in all {max(one.attempts for one in jobs)} attempts{whom}"
        times = f"in this run alone of the last {runs}" if before and failed_in == 1 else times
        return Unsteady(rule, f"{told}, {times}", first.jobid, steady)
    return Unsteady(rule, f"{who} failed {times}{whom}{_ending(jobs)}", first.jobid, steady)


def _for(samples: list[str], *, always: bool) -> str:
    if not samples:
        return ""
    if len(samples) == 1:
        return f", {'always' if always else 'for'} {samples[0]}"
    more = f" and {len(samples) - NAMED} more" if len(samples) > NAMED else ""
    return f", for {', '.join(samples[:NAMED])}{more}"


def _ending(jobs: list[Flaky]) -> str:
    well = sum(one.outcome == "succeeded" for one in jobs)
    if well == len(jobs):
        return ", succeeded on retry"
    # Of those that are tried again now, the run itself tells, and sooner than this is weighed anew.
    return f", {well} of {len(jobs)} jobs succeeded on retry" if well else ""
