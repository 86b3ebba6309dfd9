"""Is a job flaky, or does it fail the same way each time it is tried?

Within a run, by its attempts; over the earlier runs of the same workflow, by their logs. Trying again what fails the
same way each time is no repair, so the two are told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from incident_console.snakemake.causes import Failure, told
from incident_console.snakemake.history import History, JobKey, key_of
from incident_console.snakemake.jobs import Job
from incident_console.snakemake.run import Run

Nature = Literal["flaky", "deterministic", "unclear"]


@dataclass(frozen=True, slots=True)
class Flaky:
    """A job that was tried more than once in this run.

    `runs_seen` counts the runs that tried the job, this one among them; `runs_failed` those in which an attempt failed.
    """

    rule: str
    jobid: int
    wildcards: Mapping[str, str]
    attempts: int
    outcome: Literal["succeeded", "failed"]
    """`failed` as long as no attempt has succeeded."""
    runs_failed: int
    runs_seen: int
    nature: Nature
    """`deterministic`: every attempt failed, and in the same way."""
    line: int

    @property
    def sentence(self) -> str:
        """`align (B) succeeded at attempt 2; it failed in 3 of the last 10 runs`"""
        who = f"{self.rule or f'job {self.jobid}'}"
        sample = " ".join(self.wildcards.values())
        who = f"{who} ({sample})" if sample else who
        if self.outcome == "succeeded":
            said = f"{who} succeeded at attempt {self.attempts}"
        elif self.nature == "deterministic":
            said = f"{who} failed the same way in all {self.attempts} attempts"
        else:
            said = f"{who} has not succeeded in {self.attempts} attempts"
        if self.runs_seen > 1:
            said += f"; it failed in {self.runs_failed} of the last {self.runs_seen} runs"
        return said


def flaky_of(run: Run, failures: tuple[Failure, ...], history: History) -> tuple[Flaky, ...]:
    """Every job of the run that was tried more than once, in the order they first started."""
    by_job: dict[int, list[Failure]] = {}
    for one in failures:
        if one.jobid is not None:
            by_job.setdefault(one.jobid, []).append(one)
    return tuple(_flaky(job, by_job.get(job.jobid, []), history) for job in run.retries)


def runs_of(key: JobKey, history: History) -> tuple[int, int]:
    """In how many of the earlier runs that tried this job it failed, and how many these are."""
    past = history.of(key)
    return sum(one.failed > 0 for _, one in past), len(past)


def _flaky(job: Job, failures: list[Failure], history: History) -> Flaky:
    failed_before, seen_before = runs_of(key_of(job), history)
    failed_now = any(attempt.outcome == "failed" for attempt in job.attempts)
    return Flaky(
        rule=job.rule,
        jobid=job.jobid,
        wildcards=job.wildcards,
        attempts=len(job.attempts),
        outcome="succeeded" if job.state == "succeeded" else "failed",
        runs_failed=failed_before + failed_now,
        runs_seen=seen_before + 1,
        nature=_nature(job, failures),
        line=failures[-1].source.line if failures else 0,
    )


def _nature(job: Job, failures: list[Failure]) -> Nature:
    failed = [one for one in job.attempts if one.outcome == "failed"]
    if job.state == "succeeded" and failed:
        return "flaky"
    alike = len({told(job, one) for one in failed}) == 1
    # The run log tells no more than an exit code where the attempts' own logs may say different things.
    alike = alike and len({one.group for one in failures if one.in_its_own_words}) < 2
    if alike and len(failed) == len(job.attempts) > 1:
        return "deterministic"
    return "flaky" if len(failed) > 1 and not alike else "unclear"
