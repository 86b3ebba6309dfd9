"""At each instant of the run, what was going on?

Every attempt becomes a span with a density for tool and storage: the part of each second that went into it. A span is
placed by the metadata (milliseconds) where they fit, else by the log's whole seconds. What of a span is known to be
neither is launching and tracking, and falls to the scheduler when the time is shared out (see `cost`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from incident_console.snakemake.measured import Bench, Measured
from incident_console.snakemake.run import Run
from incident_console.snakemake.trace import Trace, Wait

_LATE_S = 1.0
_LATE_SHARE = 0.2
_SHORT_S = 0.25
"""Below this, launching a job is a good part of its time."""
LAUNCH_S = 0.01
"""What a benchmark measures of a command that does nothing: bash starts and ends."""


class Span(NamedTuple):
    """Something that went on from `start` to `end`, in seconds since the epoch, on `threads` cores.

    The others are parts of one: `tool` and `storage` of the time, `busy` of the cores that it held, `unsure` of the
    time that may be another class's than said.
    """

    start: float
    end: float
    threads: int
    tool: float = 0.0
    storage: float = 0.0
    busy: float = 1.0
    unsure: float = 0.0

    @property
    def load(self) -> Load:
        threads = self.threads
        return Load(threads * self.busy, threads * self.tool, threads * self.storage, threads * self.unsure)


class Load(NamedTuple):
    """What spans have in common that put the same on the machine, in cores: held, and of these the three parts."""

    busy: float
    tool: float
    storage: float
    unsure: float


Loads = Mapping[Load, tuple[list[float], list[float]]]
"""When spans with this load begin, and when they end: tens of thousands of jobs have but a few loads."""


@dataclass(frozen=True, slots=True)
class Timeline:
    begun: float
    ended: float
    first: float
    """When the first job began; `ended` where none did."""
    precise: bool
    """Whether that is known to less than a second."""
    loads: Loads
    ready: tuple[Span, ...]
    """Jobs that could have begun and had not: from when all their inputs were there to their start."""
    cores: int | None
    checkpoints: tuple[float, ...]
    retries_s: float
    """Seconds of failed attempts that were tried again."""
    waited_s: float
    """Seconds that the engine waited for missing files, one wait beside another counted twice."""
    came_s: float
    """Of these, waits for files that came."""


def timeline_of(run: Run, trace: Trace, measured: Measured, begun: float, ended: float) -> Timeline:
    """`begun` and `ended` of the run in seconds since the epoch; `ended` is now while it goes on."""
    waits = {wait.jobid: wait for wait in trace.waits if wait.jobid is not None}
    targets = {start.jobid for start in trace.starts if not start.output}
    loads: dict[Load, tuple[list[float], list[float]]] = {}
    first, precise = ended, False
    retries = waited = came = 0.0
    whole_starts, whole_ends = loads.setdefault(Span(0, 0, 1, tool=1.0).load, ([], []))
    known = waits.keys() | targets | measured.times.keys() | measured.bench.keys()
    for job, whole in zip(run.briefs, run.jobs, strict=True):
        if job.plain and job.jobid not in known and not (job.benchmark and job.rule in measured.assumed):
            # So are nearly all of many thousand: only the log tells of them.
            if job.started is None:
                continue
            start, stop, threads = job.started, job.ended if job.ended is not None else ended, job.threads
            if begun <= start and start + 2 <= stop <= ended and threads == 1 and not job.remote:
                whole_starts.append(start)
                whole_ends.append(stop)
            else:
                start = max(begun, min(start, ended))
                stop = min(max(stop, start), ended)
                at = _Placed(start, stop, ended, False, max(1, min(threads, 1000)), trace.submitted and job.remote)
                _put(loads, _unmeasured(at, job.outcome == "running", False))
            if start < first:
                first, precise = start, False
            continue
        attempts = (job,) if job.plain else whole.attempts
        for attempt in attempts:
            if attempt.started is None:
                continue
            last = attempt is attempts[-1]
            times = measured.times.get(job.jobid) if last else None
            start = max(begun, min(times[0] if times else attempt.started, ended))
            if start < first:
                first, precise = start, times is not None
            stop = attempt.ended if attempt.ended is not None else ended
            wait = waits.get(job.jobid) if last else None
            if not last and attempt.outcome == "failed":
                retries += max(0.0, stop - start)
            bench = measured.of(job) if last and job.state == "succeeded" else None
            kept = None
            if wait is not None:
                kept = _waiting(wait, start, stop, ended, bench)
                waited += kept.end - kept.start
                came += 0.0 if wait.in_vain else kept.end - kept.start
                _put(loads, kept)
                stop = kept.start
            elif times is not None:
                stop = min(times[1], ended)
            stop = min(max(stop, start), ended)
            if kept is not None and stop <= start:
                continue
            remote = trace.submitted and job.remote
            placed = _Placed(start, stop, ended, times is not None, max(1, min(job.threads, 1000)), remote)
            if bench is not None:
                _put(loads, _benched(placed, bench))
            else:
                _put(loads, _unmeasured(placed, attempt.outcome == "running", job.jobid in targets))
    for wait in trace.waits:
        # Somebody waits at this very moment; for which job is not written yet.
        if wait.jobid is None and wait.after is not None and run.status == "running":
            until = min(ended, wait.after + wait.seconds)
            waited += max(0.0, until - wait.after)
            _put(loads, Span(max(begun, wait.after), max(begun, until), 1, storage=1.0, unsure=0.5))
    return Timeline(
        begun=begun,
        ended=ended,
        first=first,
        precise=precise,
        loads=loads,
        ready=_ready(run, trace, measured, first),
        cores=trace.cores,
        checkpoints=trace.checkpoints,
        retries_s=retries,
        waited_s=waited,
        came_s=came,
    )


def _put(loads: dict[Load, tuple[list[float], list[float]]], span: Span) -> None:
    if span.end > span.start:
        starts, ends = loads.setdefault(span.load, ([], []))
        starts.append(span.start)
        ends.append(span.end)


def _waiting(wait: Wait, start: float, stop: float, ended: float, bench: Bench | None) -> Span:
    """A wait has no time of its own: it lies between what the log tells before and after it, and is N at most."""
    begins = max(start, wait.after if wait.after is not None else start)
    if bench is not None:
        begins = max(begins, start + bench.s)
    if wait.in_vain:
        until = min(ended, max(begins + wait.seconds, wait.until or 0.0))
        begins = max(begins, until - wait.seconds - 1)
    else:
        until = min(ended, max(begins, wait.until if wait.until is not None else stop))
        begins = max(begins, until - wait.seconds - 1)
    exact = wait.in_vain or bench is not None
    return Span(min(begins, until), until, 1, storage=1.0, unsure=0.0 if exact else 0.25)


class _Placed(NamedTuple):
    """Where an attempt lies: `ended` is the run's end, `precise` by the metadata, `remote` on a cluster."""

    start: float
    stop: float
    ended: float
    precise: bool
    threads: int
    remote: bool


def _unmeasured(at: _Placed, running: bool, target: bool) -> Span:
    width = at.stop - at.start
    if target and width <= 1:
        # A rule that only names targets runs nothing.
        return Span(at.start, at.stop, 1, busy=0.0)
    if running or width >= 2 or (at.precise and width >= _SHORT_S):
        # Of a cluster's job the log does not tell how long it was queued.
        return Span(at.start, at.stop, at.threads, tool=1.0, unsure=0.5 if at.remote else 0.0)
    if at.precise and width > 0:
        return Span(at.start, at.stop, at.threads, tool=0.5, unsure=0.5)
    # Whole seconds tell of a short job no more than that it was short.
    stop = min(at.ended, max(at.stop, at.start + 1))
    return Span(at.start, stop, at.threads, tool=0.25 if width < 1 else 0.75, busy=0.25, unsure=0.25)


def _benched(at: _Placed, bench: Bench) -> Span:
    tool = max(0.0, bench.s - LAUNCH_S * bench.repeats)
    stop = min(at.ended, max(at.stop, at.start + bench.s))
    if not at.precise and stop - at.start < 1:
        # It lies somewhere in this second, as perhaps a hundred others do.
        stop = min(at.ended, at.start + 1)
        part = min(1.0, tool / max(stop - at.start, 1e-3))
        return Span(at.start, stop, at.threads, tool=part, busy=part)
    width = max(stop - at.start, 1e-3)
    excess = width - bench.s
    storage = min(bench.io_wait_s, tool)
    tool -= storage
    unsure = 0.0
    if at.precise and not at.remote and excess >= max(_LATE_S, _LATE_SHARE * width):
        # The output was last written long after the tool had ended.
        storage += excess
        unsure = 0.25 * excess
    elif not at.precise and not at.remote and excess > 2:
        unsure = excess - 2
    return Span(at.start, stop, at.threads, tool=tool / width, storage=storage / width, unsure=unsure / width)


def _ready(run: Run, trace: Trace, measured: Measured, first: float) -> tuple[Span, ...]:
    """Only where every start is known in detail, and for runs on this machine: a cluster has its own queue."""
    if not trace.complete or trace.cores is None:
        return ()
    made: dict[str, float] = {}
    ends = {}
    threads = {}
    begins = {}
    for job in run.briefs:
        times = measured.times.get(job.jobid)
        threads[job.jobid] = job.threads
        if job.ended is not None and job.state == "succeeded":
            ends[job.jobid] = times[1] if times else job.ended
        if times is not None:
            begins[job.jobid] = times[0]
    for start in trace.starts:
        for name in start.output:
            if start.jobid in ends:
                made[name] = ends[start.jobid]
    tried: set[int] = set()
    found = []
    for start in trace.starts:
        if start.jobid in tried:
            continue
        tried.add(start.jobid)
        at = begins.get(start.jobid, start.at)
        since = max([first, *(made[name] for name in start.input if name in made)])
        since = max([since, *(time for time in trace.checkpoints if time <= start.at)])
        if at > since:
            found.append(Span(since, at, max(1, threads.get(start.jobid, 1))))
    return tuple(found)


def instants(line: Timeline) -> list[tuple[float, float]]:
    """The elementary stretches after the first start, between which nothing begins or ends."""
    marks = {line.first, line.ended}
    for starts, ends in line.loads.values():
        marks.update(starts)
        marks.update(ends)
    for span in line.ready:
        marks.add(span.start)
        marks.add(span.end)
    marks.update(line.checkpoints)
    ordered = sorted(mark for mark in marks if line.first <= mark <= line.ended)
    return list(pairwise(ordered))
