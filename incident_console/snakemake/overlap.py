"""What goes with the failures of a rule: another job at the same time, a sample, a node, the first attempt, the time?

Counted over the attempts of one run, and told only where failures and passes differ strongly. What is found is an
association: two things that went together, not the cause of either.

The run log's times are whole seconds, cut off: an attempt told as 13:20:35 to 13:20:37 began within the second 35 and
ended within the second 37. That two attempts overlapped is claimed only where no rounding can have made it so.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp, inf, lgamma
from typing import Literal, TypeVar

from incident_console.snakemake.jobs import Attempt, Job
from incident_console.snakemake.run import Run

FEWEST = 3
"""Failures, and passes, below which nothing is told."""
SHARE = 0.5
"""By how much the share of the failures must exceed that of the passes."""
CHANCE = 0.05
"""How likely the difference may be by chance alone, all that was looked at taken together."""
VALUES = 50
"""Values of a wildcard, nodes, and rules that are looked at."""
TOLD = 3

What = Literal["overlap", "sample", "node", "attempt", "time"]
Nodes = Mapping[tuple[int, int], str]
"""By job id and attempt, the machine it ran on, where that is known."""


@dataclass(frozen=True, slots=True)
class Association:
    """Something that was so for most failures of a rule and for few passes. Counts are (so, of how many)."""

    rule: str
    what: What
    text: str
    """`all 6 failures overlapped another align; 1 of 9 passes did`"""
    failed: tuple[int, int]
    passed: tuple[int, int]
    unclear: int
    """Attempts of which it cannot be told; counted as if they spoke against it."""
    chance: float
    """How likely so great a difference is when nothing but chance is at work (Fisher's exact test, one-sided)."""


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Other jobs of which an attempt overlapped with one; `unclear`: the log's whole seconds leave it open."""

    sure: tuple[Job, ...]
    unclear: tuple[Job, ...]


def associations(run: Run, rule: str, nodes: Nodes | None = None) -> tuple[Association, ...]:
    """The strongest ones of a rule, at most three; none where there are too few failures or passes to say."""
    jobs = [job for job in run.jobs if job.rule == rule]
    tried = [(job, attempt) for job in jobs for attempt in job.attempts if attempt.outcome in ("failed", "succeeded")]
    failed = [one for one in tried if one[1].outcome == "failed"]
    passed = [one for one in tried if one[1].outcome == "succeeded"]
    if len(failed) < FEWEST or len(passed) < FEWEST:
        return ()
    asked = [*_overlaps(run, rule), *_samples(tried), *_nodes(tried, nodes or {}), _first_attempt(), *_halves(run)]
    found = (_contrast(rule, question, failed, passed, len(asked)) for question in asked)
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.chance)[:TOLD])


def meanwhile(run: Run, job: Job, attempt: Attempt) -> Meanwhile | None:
    """What else ran while this attempt did. None: its times, or where it ran, are not known well enough to say."""
    own = _span(run, job, attempt)
    if own is None:
        return None
    sure, unclear = [], []
    for other in run.jobs:
        if other.jobid == job.jobid or _together(job, other):
            continue
        answers = [own.overlaps(span) for each in other.attempts if (span := _span(run, other, each)) is not None]
        if True in answers:
            sure.append(other)
        elif None in answers or (other.external_id and other.attempts):
            unclear.append(other)
    return Meanwhile(tuple(sure), tuple(unclear))


# -- when an attempt ran -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Span:
    """Seconds as the log tells them; it ended within the second `ended`, or at any time up to `latest`."""

    started: float
    ended: float
    latest: float

    def overlaps(self, other: _Span) -> bool | None:
        """None: it cannot be told."""
        if max(self.started, other.started) + 1 <= min(self.ended, other.ended):
            return True
        return None if max(self.started, other.started) < min(self.latest, other.latest) else False


def _span(run: Run, job: Job, attempt: Attempt) -> _Span | None:
    """None for a job that a cluster ran: the log tells when it was submitted, not when it ran."""
    if attempt.started is None or job.external_id is not None:
        return None
    if attempt.ended is not None and attempt.outcome != "interrupted":
        return _Span(attempt.started, attempt.ended, attempt.ended + 1)
    # It goes on, or how and when it ended was not told.
    goes_on = run.status == "running" and attempt.outcome == "running"
    told = datetime.fromisoformat(run.last_at).timestamp() if goes_on and run.last_at else attempt.started
    return _Span(attempt.started, max(attempt.started, told), inf)


def _together(one: Job, other: Job) -> bool:
    """Members of one group run together by design."""
    return one.group is not None and one.group == other.group


# -- what may go with failures -------------------------------------------------------------------------------------

Tried = tuple[Job, Attempt]


@dataclass(frozen=True, slots=True)
class _Question:
    """`holds` says of an attempt whether it was so, None where that cannot be told."""

    what: What
    verb: str
    """`overlapped another align`: what those did of whom it holds."""
    short: str
    """`did`, `were`: said of the passes."""
    holds: Callable[[Job, Attempt], bool | None]


def _contrast(
    rule: str, question: _Question, failed: Sequence[Tried], passed: Sequence[Tried], asked: int
) -> Association | None:
    of_failed = [question.holds(*one) for one in failed]
    of_passed = [question.holds(*one) for one in passed]
    so_failed, so_passed = of_failed.count(True), of_passed.count(True)
    # What cannot be told is taken to speak against it: failures that it did not hold for, passes that it did.
    against = so_passed + of_passed.count(None)
    if so_failed / len(failed) - against / len(passed) < SHARE:
        return None
    chance = fisher(so_failed, len(failed), against, len(passed))
    if chance * asked > CHANCE:
        return None
    unclear = of_failed.count(None) + of_passed.count(None)
    text = (
        f"{_of(so_failed, len(failed), 'failure')} {question.verb}; "
        f"{_of(so_passed, len(passed), 'pass', 'passes')} {question.short}"
    )
    if unclear:
        text += f" (of {unclear} it cannot be told)"
    return Association(rule, question.what, text, (so_failed, len(failed)), (so_passed, len(passed)), unclear, chance)


def _overlaps(run: Run, rule: str) -> Iterable[_Question]:
    for other in list(dict.fromkeys(job.rule for job in run.jobs if job.rule))[:VALUES]:
        crowd = _Crowd(run, other)
        if crowd:
            whom = f"another {rule}" if other == rule else f"a job of {other}"
            yield _Question("overlap", f"overlapped {whom}", "did", crowd.overlaps)


class _Crowd:
    """The attempts of a rule, laid out so that each question costs a search, not a walk through all of them."""

    def __init__(self, run: Run, rule: str) -> None:
        self._run = run
        spans = [
            (span, job.jobid)
            for job in run.jobs
            if job.rule == rule
            for each in job.attempts
            if (span := _span(run, job, each)) is not None
        ]
        self._sure = _Latest((span.started, span.ended, jobid) for span, jobid in spans if span.ended > span.started)
        self._maybe = _Latest((span.started, span.latest, jobid) for span, jobid in spans)
        self._size = len(spans)

    def __bool__(self) -> bool:
        return self._size > 0

    def overlaps(self, job: Job, attempt: Attempt) -> bool | None:
        own = _span(self._run, job, attempt)
        if own is None:
            return None
        if own.ended > own.started and self._sure.end(own.ended - 1, job.jobid) >= own.started + 1:
            return True
        return None if self._maybe.end(own.latest, job.jobid, before=True) > own.started else False


class _Latest:
    """Of the spans that began until a time, the latest end, not counting one job's own."""

    def __init__(self, spans: Iterable[tuple[float, float, int]]) -> None:
        in_order = sorted(spans)
        self._starts = [start for start, _, _ in in_order]
        self._ends: list[tuple[tuple[float, int], tuple[float, int]]] = []
        first, second = (-inf, -1), (-inf, -1)
        for _, end, jobid in in_order:
            if jobid == first[1]:
                first = (max(first[0], end), jobid)
            elif end > first[0]:
                first, second = (end, jobid), first
            elif end > second[0]:
                second = (end, jobid)
            self._ends.append((first, second))

    def end(self, until: float, jobid: int, *, before: bool = False) -> float:
        count = (bisect_left if before else bisect_right)(self._starts, until)
        if not count:
            return -inf
        first, second = self._ends[count - 1]
        return second[0] if first[1] == jobid else first[0]


def _samples(tried: Sequence[Tried]) -> Iterable[_Question]:
    for name, value in _often(pair for job, _ in tried for pair in job.wildcards.items()):
        yield _Question("sample", f"had {name}={value}", "had", _has(name, value))


T = TypeVar("T")


def _often(found: Iterable[T]) -> list[T]:
    """What is there often enough to stand out; each thing that is asked about makes all others harder to believe."""
    return [one for one, count in Counter(found).most_common(VALUES) if count >= FEWEST]


def _has(name: str, value: str) -> Callable[[Job, Attempt], bool | None]:
    return lambda job, attempt: job.wildcards.get(name) == value


def _nodes(tried: Sequence[Tried], nodes: Nodes) -> Iterable[_Question]:
    known = (nodes.get((job.jobid, attempt.number)) for job, attempt in tried)
    for name in _often(name for name in known if name is not None):
        yield _Question("node", f"ran on {name}", "did", _ran_on(name, nodes))


def _ran_on(name: str, nodes: Nodes) -> Callable[[Job, Attempt], bool | None]:
    def holds(job: Job, attempt: Attempt) -> bool | None:
        node = nodes.get((job.jobid, attempt.number))
        return None if node is None else node == name

    return holds


def _first_attempt() -> _Question:
    return _Question("attempt", "were first attempts", "were", lambda job, attempt: attempt.number == 1)


def _halves(run: Run) -> Iterable[_Question]:
    """The middle is fixed before anything is counted: a time chosen to fit would always fit."""
    times = [each.started for job in run.jobs for each in job.attempts if each.started is not None]
    if not times or min(times) == max(times):
        return
    begun = min(times)
    middle = (begun + max(times)) / 2
    for half, late in (("first", False), ("second", True)):
        told = f"began in the {half} half of the run ({'after' if late else 'before'} {middle - begun:.0f} s)"
        yield _Question("time", told, "did", _began(middle, late=late))


def _began(middle: float, *, late: bool) -> Callable[[Job, Attempt], bool | None]:
    def holds(job: Job, attempt: Attempt) -> bool | None:
        return None if attempt.started is None else (attempt.started >= middle) == late

    return holds


# -- counting ------------------------------------------------------------------------------------------------------


def fisher(so: int, of: int, so_others: int, of_others: int) -> float:
    """How likely at least `so` of `of` is by chance, when `so + so_others` of all are so: the hypergeometric tail."""
    every, marked = of + of_others, so + so_others
    most = min(of, marked)
    whole = _log_choose(every, of)
    total = sum(
        exp(_log_choose(marked, count) + _log_choose(every - marked, of - count) - whole)
        for count in range(so, most + 1)
        if of - count <= every - marked
    )
    return min(1.0, total)


def _log_choose(of: int, count: int) -> float:
    return lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)


def _of(count: int, of: int, one: str, several: str = "") -> str:
    several = several or f"{one}s"
    if count == of:
        return f"all {of} {several}"
    return f"{count or 'none'} of {of} {several}"
