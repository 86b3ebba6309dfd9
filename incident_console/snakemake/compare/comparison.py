"""Two states of one workflow, held against each other: the speed, the meaning, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass

from incident_console.snakemake.compare.meaning import Meaning, meaning_of
from incident_console.snakemake.compare.speed import Speed, speed_of
from incident_console.snakemake.compare.state import State
from incident_console.snakemake.compare.verdict import Verdict, judge


@dataclass(frozen=True, slots=True)
class Comparison:
    before: State
    after: State
    same_run: bool
    """Both sides tell of one run: nothing was run in between."""
    speed: Speed
    meaning: Meaning
    verdict: Verdict
    because: tuple[str, ...]
    settled_by: tuple[str, ...]
    """What would settle it, where it cannot be told."""


def compare(before: State, after: State) -> Comparison:
    """Pure: nothing is read any more."""
    same_run = _same_run(before, after)
    speed = speed_of(before, after, same_run=same_run)
    meaning = meaning_of(before, after)
    found = judge(before, after, meaning, speed, same_run=same_run)
    return Comparison(before, after, same_run, speed, meaning, found.verdict, found.because, found.settled_by)


def _same_run(before: State, after: State) -> bool:
    one, two = before.run, after.run
    if one is None or two is None:
        return False
    name = one.log.rpartition("/")[2]
    return name == two.log.rpartition("/")[2] and (one.started_at, one.elapsed_s) == (two.started_at, two.elapsed_s)
