"""Rules over tools that did their work and took too long for it."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from incident_console.snakemake.causes import Source
from incident_console.snakemake.history import key_of
from incident_console.snakemake.jobs import Job
from incident_console.snakemake.suspects.scene import Clue, Rule, Scene, first

_SLOWER = 2.5
_SLOWER_BY_S = 3.0
_STRAGGLER = 5.0
_STRAGGLER_BY_S = 10.0
_FELT = 0.2
_NAMED = 3


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


class Compared(NamedTuple):
    """A job with what it took now, and at most in earlier runs, in seconds."""

    job: Job
    now: float
    before: float

    @property
    def longer(self) -> bool:
        # Earlier times are differences of whole seconds: they may be a second too short.
        most = self.before + 1
        return self.now >= _SLOWER * most and self.now - most >= _SLOWER_BY_S


def slower(scene: Scene) -> list[Compared]:
    """Jobs that took much longer than in any earlier run, and a good part of this one."""
    felt = max(_SLOWER_BY_S, _FELT * scene.cost.elapsed_s)
    return [one for one in _compared(scene, felt) if one.longer]


def _compared(scene: Scene, least: float = 0.0) -> Iterator[Compared]:
    """The jobs that an earlier run made as well, and that took so long at least."""
    for job in scene.run.jobs if scene.history.earlier else ():
        now = seconds_of(scene, job)
        if now is None or now < least:
            continue
        past = [done.wall_s for _, done in scene.history.of(key_of(job)) if done.wall_s is not None]
        if past:
            yield Compared(job, now, max(past))


def _became_slow(scene: Scene) -> tuple[Clue, ...]:
    return _longer(scene, with_others=False)


def _slower_with_the_run(scene: Scene) -> tuple[Clue, ...]:
    return _longer(scene, with_others=True)


def _longer(scene: Scene, *, with_others: bool) -> tuple[Clue, ...]:
    """The jobs that became slow, of rules beside which most other rules did so as well, or did not."""
    found = slower(scene)
    if not found:
        return ()
    by_rule: dict[str, list[Compared]] = {}
    for one in _compared(scene):
        # A job of a moment is none that could be seen to take long.
        if max(one.now, one.before) >= 1:
            by_rule.setdefault(one.job.rule, []).append(one)
    slow = [rule for rule, all_of in by_rule.items() if 2 * sum(one.longer for one in all_of) >= len(all_of)]
    clues = []
    for job, now, before in found:
        others = [rule for rule in slow if rule != job.rule]
        if with_others != (2 * len(others) > len(by_rule.keys() - {job.rule})):
            continue
        bench = scene.measured.bench.get(job.jobid)
        source = Source(bench.path, 2) if bench is not None else scene.in_log(_line(scene, job))
        who = f"{job.rule} ({job.sample})" if job.sample else job.rule
        if bench is not None and bench.io_wait_s > 0.5 * now:
            continue
        told = f"{who} took {now:.1f} s, in earlier runs {_at_most(before)}"
        clues.append(Clue(told + _company(job, by_rule.get(job.rule, []), others), source))
    return first(clues)


def _company(job: Job, of_rule: list[Compared], others: list[str]) -> str:
    """Whether other jobs became slow as well: of its own rule, and of other ones."""
    alike = [one.longer for one in of_rule if one.job.jobid != job.jobid]
    many = f"{len(alike)} other {'job' if len(alike) == 1 else 'jobs'} of {job.rule}"
    did = [f"the {many}" if all(alike) else f"{sum(alike)} of the {many}"] if any(alike) else []
    if others:
        more = f" and {len(others) - _NAMED} more rules" if len(others) > _NAMED else ""
        did.append(f"jobs of {', '.join(others[:_NAMED])}{more}")
    if did:
        return f"; so did {', and '.join(did)}"
    return f"; the {many} did not" if alike else ""


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
        "the same job took much longer than in the earlier runs",
        _became_slow,
        "the job's benchmark against a run that was quick: cpu_time grows with a slow tool, not with a slow disk",
    ),
    Rule(
        "slower-with-the-run",
        "tool-behavior",
        0.3,
        "a tool may be slow; but where several are, so may be the machine, or it is the data or a setting",
        _slower_with_the_run,
        "what differs between the two runs: the command, the config, the size of the inputs, the machine's load",
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
