"""When will the run be over? A range, from the pace of earlier runs of this workflow and from that of this one.

The work that is left is counted rule by rule, in seconds of one job. Each earlier run tells how long it took for all
its work, and so for as much as is left now, its waiting, launching and cores among it; this run tells its own pace so
far. The range goes from the quickest to the slowest of them; an earlier run whose pace is not this one's at all is left
out, and with it what it tells of rules that this run has not finished yet. A rule that no run tells of makes the end
unknown, and it is said which one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incident_console.snakemake.history import History
    from incident_console.snakemake.jobs import Job
    from incident_console.snakemake.run import Run

COLLECTS = frozenset({"all"})
"""By custom a target that only names files: it takes no time, and it ends last."""
LAUNCH_S = 0.5
"""Added to each job: logs tell whole seconds, and a job that reads 0 is launched and looked after all the same."""
ALIKE = 3.0
"""An earlier run that was so many times as quick, or as slow, for what is done now tells nothing of the rest."""
TRUSTED = 3
"""Earlier runs from which on they alone tell when this one ends; fewer may have run under quite another load."""
ENOUGH = 4
"""Jobs of a rule from which on its quarters mean something."""


@dataclass(frozen=True, slots=True)
class Pace:
    """An earlier run: by rule the median seconds of a job, the seconds of all its jobs, and what it took."""

    walls: Mapping[str, float]
    work_s: float
    elapsed_s: float | None


@dataclass(frozen=True, slots=True)
class Remaining:
    """Whole seconds from `now` (since the epoch) until the end; `basis` says by what."""

    low_s: int
    high_s: int
    now: float
    basis: str


def paces(history: History) -> tuple[Pace, ...]:
    """Of each earlier run that finished jobs. Goes through every job of them, once."""
    found = []
    for run in history.earlier:
        walls: dict[str, list[float]] = {}
        for (rule, _), job in run.jobs.items():
            if job.wall_s is not None:
                walls.setdefault(rule, []).append(job.wall_s)
        if walls:
            work = sum(sum(known) + LAUNCH_S * len(known) for known in walls.values())
            found.append(Pace({rule: median(known) for rule, known in walls.items()}, work, run.elapsed_s))
    return tuple(found)


def remaining(run: Run, past: tuple[Pace, ...], now: float) -> Remaining | str:
    """How long a running run will still take; or, as the end of a sentence, why that cannot be told.

    `now` is in seconds since the epoch.
    """
    left = _left(run)
    if left is None:
        return "the log does not tell of which rules the jobs are that are left"
    own = _walls(run.jobs)
    known = [pace.walls for pace in past]
    strange = sorted(rule for rule in left if rule not in COLLECTS and rule not in own and not _any(rule, known))
    if strange:
        more = f" (and {len(strange) - 1} more)" if len(strange) > 1 else ""
        return f"no run that is known has finished {strange[0] or 'such a job'}{more} yet"
    began = min((job.attempts[0].started for job in run.jobs if job.attempts and job.attempts[0].started), default=now)
    usual = {rule: median([walls[rule] for walls in known if rule in walls] or own.get(rule, [0.0])) for rule in left}
    estimates = []
    like = tuple(pace for pace in past if _alike(pace, own, now - began))
    unseen = sorted(rule for rule in left if rule not in COLLECTS and rule not in own)
    if past and not like and unseen:
        return f"the earlier runs went at another pace, and this one has finished no {unseen[0] or 'such job'} yet"
    done = sum(sum(walls) + LAUNCH_S * len(walls) for walls in own.values())
    settled = bool(done) and now - began >= 1
    if not settled and len(like) < TRUSTED:
        return "it is too early to tell: this run has not finished a job yet"
    for pace in like:
        work = _work(run, left, {rule: pace.walls.get(rule, usual[rule]) for rule in left}, now)
        if pace.elapsed_s is not None:
            estimates.append(pace.elapsed_s * work / pace.work_s)
        elif run.cores:
            estimates.append(work / run.cores)
    if settled:
        for per_job in (_quarter(own, usual, 0), _quarter(own, usual, -1)):
            estimates.append((now - began) * _work(run, left, per_job, now) / done)
    if not estimates:
        return "the earlier runs do not tell how long they took, and this one has not finished a job yet"
    basis = _basis(len(like), len(past) - len(like), settled)
    return Remaining(math.floor(min(estimates)), math.ceil(max(estimates)), now, basis)


def _alike(pace: Pace, own: Mapping[str, list[float]], spent: float) -> bool:
    """Whether what is done by now would have taken about as long in that run; True while too little is done."""
    done = sum(len(walls) * (pace.walls[rule] + LAUNCH_S) for rule, walls in own.items() if rule in pace.walls)
    if not done or not pace.elapsed_s or spent < 1:
        return True
    ratio = spent / (pace.elapsed_s * done / pace.work_s)
    return 1 / ALIKE <= ratio <= ALIKE


def _basis(earlier: int, unlike: int, own: bool) -> str:
    runs = "one earlier run" if earlier == 1 else f"{earlier} earlier runs"
    if earlier:
        return f"by {runs} and this one" if own else f"by {runs}"
    aside = "; the earlier ones went at another pace" if unlike else ""
    return f"by this run's own jobs alone{aside}"


def _left(run: Run) -> Counter[str] | None:
    """By rule, the jobs that are not over; None where the plan is not told by rule, or has grown since."""
    planned = Counter(dict(run.planned_rules))
    seen, over = Counter[str](), Counter[str]()
    for job in run.jobs:
        seen[job.rule] += 1
        over[job.rule] += job.state in ("succeeded", "failed", "interrupted")
    planned |= seen
    if not planned or planned.total() < run.planned:
        return None
    return planned - over


def _walls(jobs: Iterable[Job]) -> dict[str, list[float]]:
    """By rule, how long its jobs took that succeeded."""
    found: dict[str, list[float]] = {}
    for job in jobs:
        last = job.attempts[-1] if job.state == "succeeded" and job.attempts else None
        if last is not None and last.started is not None and last.ended is not None:
            found.setdefault(job.rule, []).append(max(0.0, last.ended - last.started))
    return found


def _any(rule: str, known: list[Mapping[str, float]]) -> bool:
    return any(rule in walls for walls in known)


def _quarter(own: Mapping[str, list[float]], usual: Mapping[str, float], place: int) -> dict[str, float]:
    """By rule, what a quick job of it takes (`place` 0), or a slow one (-1): in this run, else as usual."""
    found = {}
    for rule, otherwise in usual.items():
        walls = sorted(own.get(rule, ())) or [otherwise]
        found[rule] = (quantiles(walls, n=4) if len(walls) >= ENOUGH else walls)[place]
    return found


def _work(run: Run, left: Mapping[str, int], per_job: Mapping[str, float], now: float) -> float:
    """Seconds of work that are left; what the running jobs have done already is not."""
    work = sum(count * (per_job[rule] + LAUNCH_S) for rule, count in left.items())
    for job in run.jobs:
        started = job.attempts[-1].started if job.state == "running" and job.attempts else None
        if started is not None and job.rule in per_job:
            work -= min(max(0.0, now - started), per_job[job.rule])
    return max(0.0, work)
