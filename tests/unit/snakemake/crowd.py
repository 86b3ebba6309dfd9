"""Runs put together by hand: jobs with the times of their attempts."""

from collections.abc import Iterable

from incident_console.snakemake.jobs import Attempt, Job, Outcome
from incident_console.snakemake.run import Run

START = 1_795_350_000


def attempt(began: float, ended: float | None, outcome: Outcome = "succeeded", number: int = 1) -> Attempt:
    return Attempt(number, START + began, START + ended if ended is not None else None, outcome)


def job(jobid: int, rule: str, *attempts: Attempt, sample: str = "") -> Job:
    state = "failed" if attempts[-1].outcome == "failed" else "succeeded"
    return Job(jobid, rule, {"sample": sample or f"s{jobid}"}, state, attempts)  # type: ignore[arg-type]


def run_of(jobs: Iterable[Job], **more: object) -> Run:
    return Run("run.log", status="succeeded", jobs=tuple(jobs), **more)  # type: ignore[arg-type]


def crowded(*, passes: int = 9) -> Run:
    """Six align fail in pairs, at the same time; nine pass, of which one beside a failing one."""
    pairs = [(number, 100 * (number // 2)) for number in range(6)]
    failed = [job(1 + number, "align", attempt(at, at + 10, "failed")) for number, at in pairs]
    beside = job(20, "align", attempt(202, 209))
    alone = [job(30 + number, "align", attempt(1000 + 30 * number, 1020 + 30 * number)) for number in range(passes - 1)]
    early = [job(50, "other", attempt(-2000, -1990))]  # so that the failures are in no half of the run alone
    late = [job(51, "other", attempt(5000, 5010))]
    return run_of([*failed, beside, *alone, *early, *late])
