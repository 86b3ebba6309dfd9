"""What got faster, by how much, and is it more than noise? Elapsed time, rules, cost classes.

A run log tells whole seconds, and one run is one measurement: what differs by less than that says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from incident_console.snakemake.compare.state import RuleState, RunState, State, Times
from incident_console.snakemake.cost import CLASSES, seconds

Change = Literal["faster", "slower", "noise", "only-before", "only-after", "not-comparable"]

_ELAPSED_S = 1.5
_SHARE = 0.10
_FEW = 3
_FEW_SHARE = 0.25
_WALL_S = 1.0
_FINE_S = 0.1


@dataclass(frozen=True, slots=True)
class RuleSpeed:
    """Seconds before and after; None where nothing was measured."""

    rule: str
    jobs: tuple[int, int]
    wall_s: tuple[float | None, float | None]
    """Of all its jobs together."""
    benchmark_s: tuple[float | None, float | None]
    mean_s: tuple[float | None, float | None]
    """Of one job, on average: by benchmarks where both sides have them, else by the log's times."""
    change: Change


@dataclass(frozen=True, slots=True)
class CostSpeed:
    name: str
    seconds: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Speed:
    elapsed_s: tuple[float | None, float | None]
    change: Change
    said: str
    """One sentence."""
    rules: tuple[RuleSpeed, ...]
    cost: tuple[CostSpeed, ...]
    dominant: tuple[str, str]


def speed_of(before: State, after: State, *, same_run: bool) -> Speed:
    one, two = before.run, after.run
    rules = tuple(_rules(before.rules, after.rules))
    elapsed = (one.elapsed_s if one is not None else None, two.elapsed_s if two is not None else None)
    change, said = _elapsed(one, two, same_run)
    return Speed(
        elapsed_s=elapsed,
        change=change,
        said=said,
        rules=rules,
        cost=tuple(CostSpeed(n, (getattr(before.cost, f"{n}_s"), getattr(after.cost, f"{n}_s"))) for n in CLASSES),
        dominant=(before.cost.dominant, after.cost.dominant),
    )


def _elapsed(one: RunState | None, two: RunState | None, same_run: bool) -> tuple[Change, str]:
    if one is None or two is None:
        return "not-comparable", f"there is no run {'before' if one is None else 'after'}, so no time to compare"
    told = f"{seconds(one.elapsed_s)} before, {seconds(two.elapsed_s)} after"
    if same_run:
        return (
            "not-comparable",
            f"both sides tell of the same run ({seconds(two.elapsed_s)}): nothing was run in between",
        )
    for run, side in ((one, "before"), (two, "after")):
        if run.status != "succeeded":
            return (
                "not-comparable",
                f"{told}, but the run {side} is {run.status}: its time is not that of the whole work",
            )
    if one.finished != two.finished:
        return "not-comparable", f"{told}, but {one.finished} jobs before and {two.finished} after: not the same work"
    least = max(_ELAPSED_S, _SHARE * max(one.elapsed_s, two.elapsed_s))
    gained = one.elapsed_s - two.elapsed_s
    if abs(gained) < least:
        return "noise", f"{told}: a difference of less than {seconds(least)} is noise, not a change"
    share = round(100 * abs(gained) / one.elapsed_s) if one.elapsed_s else 100
    word: Change = "faster" if gained > 0 else "slower"
    return word, f"{told}: {share} % {'less' if gained > 0 else 'more'} for {two.finished} jobs, by one run each"


def _rules(before: Iterable[RuleState], after: Iterable[RuleState]) -> list[RuleSpeed]:
    """The rules that changed most first."""
    old, new = {row.rule: row for row in before}, {row.rule: row for row in after}
    found = [
        _rule(name, old.get(name, RuleState(rule=name)), new.get(name, RuleState(rule=name))) for name in {**old, **new}
    ]
    return sorted(found, key=lambda row: (-abs((row.wall_s[0] or 0.0) - (row.wall_s[1] or 0.0)), row.rule))


def _rule(name: str, one: RuleState, two: RuleState) -> RuleSpeed:
    by_benchmark = bool(one.benchmark_s.count and two.benchmark_s.count)
    measured = (one.benchmark_s, two.benchmark_s) if by_benchmark else (one.wall_s, two.wall_s)
    return RuleSpeed(
        rule=name,
        jobs=(one.finished, two.finished),
        wall_s=(_sum(one.wall_s), _sum(two.wall_s)),
        benchmark_s=(_sum(one.benchmark_s), _sum(two.benchmark_s)),
        mean_s=(_mean(measured[0]), _mean(measured[1])),
        change=_change(one, two, measured, _FINE_S if by_benchmark else _WALL_S),
    )


def _change(one: RuleState, two: RuleState, measured: tuple[Times, Times], resolution: float) -> Change:
    if not one.finished or not two.finished:
        return "only-before" if one.finished else "only-after" if two.finished else "not-comparable"
    a, b = measured
    if all(times.sum % 1 for times in measured):
        # Fractions are from benchmarks or metadata; the log's own times are whole seconds.
        resolution = _FINE_S
    if not a.count or not b.count:
        return "not-comparable"
    share = _FEW_SHARE if min(a.count, b.count) < _FEW else _SHARE
    # What one job takes, not all together: fewer jobs are no faster jobs.
    mean = (a.sum / a.count, b.sum / b.count)
    if abs(mean[0] - mean[1]) < max(resolution, share * max(mean)):
        return "noise"
    return "faster" if mean[0] > mean[1] else "slower"


def _mean(times: Times) -> float | None:
    return round(times.sum / times.count, 3) if times.count else None


def _sum(times: Times) -> float | None:
    return times.sum if times.count else None
