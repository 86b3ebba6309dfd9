"""Rules over tools that did their work and took too long for it."""

from __future__ import annotations

from statistics import median

from incident_console.snakemake.causes import Source
from incident_console.snakemake.history import key_of
from incident_console.snakemake.jobs import Job
from incident_console.snakemake.suspects.scene import Clue, Rule, Scene, first

_SLOWER = 2.5
_SLOWER_BY_S = 3.0
_STRAGGLER = 5.0
_STRAGGLER_BY_S = 10.0
_FELT = 0.2


def seconds_of(scene: Scene, job: Job) -> float | None:
    """What a job that succeeded took: its benchmark, else its time by metadata or log."""
    if job.state != "succeeded" or not job.attempts:
        return None
    bench = scene.measured.bench.get(job.jobid)
    if bench is not None:
        return bench.s
    times = scene.measured.times.get(job.jobid)
    if times is not None:
        return times[1] - times[0]
    last = job.attempts[-1]
    return None if last.started is None or last.ended is None else max(0.0, last.ended - last.started)


def slower(scene: Scene) -> list[tuple[Job, float, float]]:
    """Jobs that took much longer than in any earlier run, with what they took now and at most before."""
    found: list[tuple[Job, float, float]] = []
    if not scene.history.earlier:
        return found
    for job in scene.run.jobs:
        now = seconds_of(scene, job)
        if now is None or now < _SLOWER_BY_S:
            continue
        past = [done.wall_s for _, done in scene.history.of(key_of(job)) if done.wall_s is not None]
        if not past:
            continue
        # Earlier times are differences of whole seconds: they may be a second too short.
        most = max(past) + 1
        if now >= _SLOWER * most and now - most >= _SLOWER_BY_S and now >= _FELT * scene.cost.elapsed_s:
            found.append((job, now, max(past)))
    return found


def _became_slow(scene: Scene) -> tuple[Clue, ...]:
    clues = []
    for job, now, before in slower(scene):
        bench = scene.measured.bench.get(job.jobid)
        source = Source(bench.path, 2) if bench is not None else scene.in_log(_line(scene, job))
        who = f"{job.rule} ({job.sample})" if job.sample else job.rule
        if bench is not None and bench.io_wait_s > 0.5 * now:
            continue
        clues.append(Clue(f"{who} took {now:.1f} s, in earlier runs {_at_most(before)}", source))
    return first(clues)


def _at_most(before: float) -> str:
    return f"{before:.0f} s at most" if before >= 1 else "about a second at most"


def _line(scene: Scene, job: Job) -> int:
    start = scene.start(job.jobid)
    return start.line if start is not None else 1


def _straggler(scene: Scene) -> tuple[Clue, ...]:
    """One job far slower than its siblings in a run that its tools dominate; there is no earlier run to ask."""
    if scene.cost.dominant != "tool":
        return ()
    by_rule: dict[str, list[tuple[float, Job]]] = {}
    for job in scene.run.jobs:
        now = seconds_of(scene, job)
        if now is not None and job.rule:
            by_rule.setdefault(job.rule, []).append((now, job))
    clues = []
    for rule, found in by_rule.items():
        if len(found) < 3:
            continue
        longest, job = max(found, key=lambda pair: pair[0])
        usual = median(one for one, _ in found)
        if longest >= _STRAGGLER * max(usual, 0.5) and longest - usual >= min(
            _STRAGGLER_BY_S, 0.5 * scene.cost.elapsed_s
        ):
            text = f"{rule} ({job.sample}) took {longest:.1f} s, its siblings {usual:.1f} s"
            clues.append(Clue(text, scene.in_log(_line(scene, job))))
    return first(clues)


def _unchanged(scene: Scene) -> tuple[Clue, ...]:
    """The plan is the earlier run's: the same jobs per rule."""
    past = next((run for run in scene.history.earlier if run.jobs), None)
    if past is None or not slower(scene) or dict(scene.run.planned_rules) != dict(past.planned_rules):
        return ()
    return (Clue(f"the same jobs were planned as in the run before ({past.log})", Source(past.log, 1)),)


RULES: tuple[Rule, ...] = (
    Rule(
        "became-slow",
        "tool-behavior",
        0.7,
        "the same job took much longer than in the earlier runs, and others did not",
        _became_slow,
        "the job's benchmark against a run that was quick: cpu_time grows with a slow tool, not with a slow disk",
    ),
    Rule(
        "straggler",
        "tool-behavior",
        0.4,
        "one job may have more to do than the others, or its tool hit a bad case",
        _straggler,
        "the size of its input against its siblings', and its benchmark in an earlier run",
    ),
    Rule(
        "plan-unchanged",
        "workflow-semantics",
        -0.5,
        "what was to be done did not change",
        _unchanged,
    ),
)
