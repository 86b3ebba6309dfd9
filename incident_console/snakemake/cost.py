"""What did the elapsed time go into: planning, scheduler, storage or tool?

The method. Every second of the run, from the time in its log's name to its end (or now), falls to classes that add up:

- **planning**: until the first job began; and while nothing ran after a checkpoint, when the plan is made anew. A run
  without a job was planning all the time.
- After that, at each instant the cores that were wanted are counted: those that jobs held, and those that jobs could
  have had whose inputs were all there (not more than were provided). Of these, **tool** is the part in which a tool
  was at work: the benchmark's seconds, spread over the time of the job; or the job's time, where it has no benchmark
  and took at least two seconds. A benchmark's first hundredth of a second is the starting of its shell, not the tool.
- **storage** is the waiting for files, an output that was last written long after its tool had ended, and the time in
  which a tool that moves much data did not compute.
- **scheduler** is what is left: launching, noticing the end of, and choosing between jobs; queues; idle cores while
  work was ready.

The log's times are whole seconds and a job without a benchmark hides its share, so seconds that might belong to
another class are counted as well. A class is dominant only when it leads by more than these; else `undetermined`. A
log that is not whole (see `gaps`) names none.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from incident_console.counting import counted
from incident_console.snakemake.gaps import gaps
from incident_console.snakemake.jobs import Brief
from incident_console.snakemake.measured import Measured
from incident_console.snakemake.run import Run
from incident_console.snakemake.timeline import Load, Timeline, instants
from incident_console.snakemake.trace import Trace

CostClass = Literal["planning", "scheduler", "storage", "tool"]
Confidence = Literal["low", "medium", "high"]
CLASSES: tuple[CostClass, ...] = ("planning", "scheduler", "storage", "tool")
TOO_SHORT_S = 2.0
"""Below this the log's whole seconds tell nothing, and nobody waits for it."""
_NO_MATTER_S = 0.1
"""What no reader sees in the numbers that are shown."""
_LEAST_SHARE = 0.5
_LEAST_LEAD = 0.1


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by class, which add up to `elapsed_s`."""

    planning_s: float
    scheduler_s: float
    storage_s: float
    tool_s: float
    elapsed_s: float
    dominant: CostClass | Literal["undetermined"]
    confidence: Confidence
    basis: tuple[str, ...]
    missing: tuple[str, ...]
    came_s: float = 0.0
    """How long the engine waited for files that came: more than its part of `storage_s` where other jobs went on."""
    pace: Mapping[CostClass, float] = field(default_factory=dict)
    """What each further second falls to while the run goes on and nothing happens; the parts add up to 1."""

    def after(self, more: float) -> Cost:
        """The same `more` seconds later, if nothing has happened since."""
        if more <= 0 or not self.pace:
            return self
        elapsed = self.elapsed_s + more
        spent = _adding_up({name: self.seconds(name) + more * self.pace[name] for name in CLASSES}, elapsed)
        return replace(
            self,
            planning_s=spent["planning"],
            scheduler_s=spent["scheduler"],
            storage_s=spent["storage"],
            tool_s=spent["tool"],
            elapsed_s=round(elapsed, 3),
        )

    def seconds(self, name: CostClass) -> float:
        return {
            "planning": self.planning_s,
            "scheduler": self.scheduler_s,
            "storage": self.storage_s,
            "tool": self.tool_s,
        }[name]


def cost_of(run: Run, trace: Trace, measured: Measured, line: Timeline) -> Cost:
    """Shares out the time of the run."""
    spent, unsure, pace = _shared_out(line)
    elapsed = max(0.0, line.ended - line.begun)
    if not line.precise and line.first < line.ended:
        # The first start is told in whole seconds.
        unsure += min(0.5, elapsed)
    rounded = _adding_up(spent, elapsed)
    lost = gaps(run, trace)
    dominant, confidence = _verdict(rounded, float("inf") if lost or run.notice else unsure, elapsed)
    jobs = [job for job in run.briefs if job.tries]
    return Cost(
        planning_s=rounded["planning"],
        scheduler_s=rounded["scheduler"],
        storage_s=rounded["storage"],
        tool_s=rounded["tool"],
        elapsed_s=round(elapsed, 3),
        dominant=dominant,
        confidence=confidence,
        basis=_basis(run, trace, measured, line, rounded, jobs),
        missing=(*lost, *_missing(run, trace, measured, line, jobs, dominant, elapsed)),
        came_s=round(line.came_s, 3),
        pace=pace if run.status == "running" else {},
    )


def _shared_out(line: Timeline) -> tuple[dict[CostClass, float], float, dict[CostClass, float]]:
    """Seconds by class, how many of them are unsure, and the shares of the last second."""
    planning = max(0.0, line.first - line.begun)
    in_tools = in_storage = idle = unsure = 0.0
    cores = math.inf if line.cores is None else float(line.cores)
    changes: dict[float, list[float]] = {}
    for load, (starts, ends) in line.loads.items():
        for at, count in Counter(starts).items():
            _change(changes, at, load, count)
        for at, count in Counter(ends).items():
            _change(changes, at, load, -count)
    for span in line.ready:
        changes.setdefault(span.start, [0.0] * 5)[_WAITING] += span.threads
        changes.setdefault(span.end, [0.0] * 5)[_WAITING] -= span.threads
    waiting = busy = tool = storage = doubt = 0.0
    # Until a job begins the run is being planned.
    replanning, of_tool, of_storage, used = line.first >= line.ended, 0.0, 0.0, 0.0
    checkpoints = set(line.checkpoints)
    for start, end in instants(line):
        change = changes.get(start)
        if change is not None:
            busy, tool, storage = busy + change[0], tool + change[1], storage + change[2]
            doubt, waiting = doubt + change[3], waiting + change[_WAITING]
        replanning = busy < 1e-6 and (replanning or start in checkpoints)
        # This is gone through for each second of a long run: `min` and `max` would be most of the time.
        wanted = busy + waiting
        wanted = cores if wanted > cores else wanted
        wanted = wanted if wanted > 1.0 else 1.0
        of_tool = tool / wanted if tool > 0 else 0.0
        of_storage = storage / wanted if storage > 0 else 0.0
        used = of_tool + of_storage
        lasted = end - start
        if used > 1.0:
            lasted_each, left = lasted / used, 0.0
        else:
            lasted_each, left = lasted, lasted * (1 - used)
        in_tools += lasted_each * of_tool
        in_storage += lasted_each * of_storage
        if replanning:
            planning += left
        else:
            idle += left
        if doubt > 0:
            unsure += lasted * (doubt / wanted if doubt < wanted else 1.0)
    spent: dict[CostClass, float] = {
        "planning": planning,
        "scheduler": idle,
        "storage": in_storage,
        "tool": in_tools,
    }
    pace: dict[CostClass, float] = dict.fromkeys(CLASSES, 0.0)
    pace["tool"], pace["storage"] = of_tool / max(1.0, used), of_storage / max(1.0, used)
    pace["planning" if replanning else "scheduler"] = max(0.0, 1 - used)
    return spent, unsure, pace


_WAITING = 4


def _change(changes: dict[float, list[float]], at: float, load: Load, count: int) -> None:
    """What begins (or ends) at a time: cores held, tool, storage, doubt; the fifth is work that could begin."""
    found = changes.get(at)
    if found is None:
        found = changes[at] = [0.0] * 5
    busy, tool, storage, unsure = load
    found[0] += count * busy
    found[1] += count * tool
    found[2] += count * storage
    found[3] += count * unsure


def _adding_up(spent: dict[CostClass, float], elapsed: float) -> dict[CostClass, float]:
    total = sum(spent.values())
    scale = elapsed / total if total > 0 else 0.0
    rounded = {name: round(value * scale, 3) for name, value in spent.items()}
    largest = max(rounded, key=lambda name: rounded[name])
    rounded[largest] = round(rounded[largest] + round(elapsed, 3) - sum(rounded.values()), 3)
    return rounded


def _verdict(
    spent: dict[CostClass, float], unsure: float, elapsed: float
) -> tuple[CostClass | Literal["undetermined"], Confidence]:
    ordered = sorted(CLASSES, key=lambda name: -spent[name])
    top, second = spent[ordered[0]], spent[ordered[1]]
    if elapsed < TOO_SHORT_S or top < _LEAST_SHARE * elapsed or top - second <= max(unsure, _LEAST_LEAD * elapsed):
        return "undetermined", "low"
    lead = (top - second - unsure) / elapsed
    confidence: Confidence = "high" if lead > 0.5 else "medium" if lead > 0.2 else "low"
    return ordered[0], confidence


def _basis(
    run: Run, trace: Trace, measured: Measured, line: Timeline, spent: dict[CostClass, float], jobs: list[Brief]
) -> tuple[str, ...]:
    said = []
    if not jobs:
        said.append(f"planning: no job began in {seconds(line.ended - line.begun)}")
    else:
        said.append(f"planning: {seconds(line.first - line.begun)} from the log's beginning to the first job")
    left = f" for {counted(len(jobs), 'job')}" if jobs else ""
    said.append(
        f"scheduler: {seconds(spent['scheduler'])} left{left}: launching, gaps, queues, cores idle while work was ready"
    )
    if line.waited_s:
        vain = sum(wait.in_vain for wait in trace.waits)
        kept = f", {vain} of them in vain" if vain else ""
        beside = shared(line.waited_s, spent["storage"])
        said.append(
            f"storage: {counted(len(trace.waits), 'wait')} for missing files, {seconds(line.waited_s)}{kept}{beside}"
        )
    else:
        said.append(f"storage: {seconds(spent['storage'])}; the log tells of no wait for missing files")
    if measured.bench:
        total = sum(one.s for one in measured.bench.values())
        said.append(
            f"tool: benchmarks of {len(measured.bench)} of {counted(len(jobs), 'job')} say {seconds(total)} in all"
        )
        heavy = [one for one in measured.bench.values() if one.io_wait_s]
        if heavy:
            waited = sum(one.io_wait_s for one in heavy)
            said.append(
                f"storage inside tools: {counted(len(heavy), 'job')} moved {sum(one.io_mib for one in heavy):.0f} MiB "
                f"and did not compute for {seconds(waited)}"
            )
    else:
        said.append(
            f"tool: {seconds(spent['tool'])} by the log's times of {counted(len(jobs), 'job')}; no benchmark fits"
        )
    if line.retries_s:
        said.append(f"tool: {seconds(line.retries_s)} in failed attempts that were tried again")
    lost = lost_cores(run, trace)
    if lost is not None:
        said.append(f"cores: {lost[0]} were asked for, {lost[1]} provided")
    return tuple(said)


def lost_cores(run: Run, trace: Trace) -> tuple[int, int] | None:
    """Cores that the command asked for and that were provided, where these are fewer."""
    words = (run.command or "").split()
    asked: list[int] = []
    for index, word in enumerate(words):
        name, _, value = word.partition("=")
        if name in ("-c", "--cores", "-j", "--jobs"):
            value = value or (words[index + 1] if index + 1 < len(words) else "")
        elif word[:2] in ("-c", "-j") and word[2:].isdigit():
            value = word[2:]
        else:
            continue
        if value.isdigit() and len(value) < 6:
            asked.append(int(value))
    if asked and trace.cores is not None and trace.cores < min(asked):
        return min(asked), trace.cores
    return None


def _missing(
    run: Run,
    trace: Trace,
    measured: Measured,
    line: Timeline,
    jobs: list[Brief],
    dominant: str,
    elapsed: float,
) -> tuple[str, ...]:
    said = []
    if elapsed < TOO_SHORT_S:
        said.append(f"a run of {seconds(elapsed)} is too short for a log that tells whole seconds")
    done = [job for job in jobs if job.state == "succeeded" and job.benchmark]
    without = [job for job in jobs if not job.benchmark]
    if jobs and not measured.bench:
        said.append("benchmark files: without them a tool's time cannot be told from launching and waiting")
    elif measured.assumed:
        said.append(f"benchmarks of {len(measured.bench)} jobs were read, the others taken to be alike")
    elif len(done) > len(measured.bench) + measured.stale:
        lost = len(done) - len(measured.bench) - measured.stale
        said.append(f"{counted(lost, 'benchmark file')} that should be there")
    elif len(without) > 1 and measured.bench:
        said.append(f"{len(without)} jobs have no benchmark")
    if run.status == "interrupted" and trace.elapsed is None:
        said.append("when the run ended: its log only stops, and what went on after its last time is not counted")
    if measured.stale:
        said.append(f"benchmarks of this run: {counted(measured.stale, 'file')} of another run left out")
    if jobs and not measured.times:
        said.append("metadata of this run's outputs: without them starts and ends are known to a second only")
    if any(job.remote for job in jobs):
        said.append("the cluster's accounting: how long jobs were queued is not in the log")
    if not trace.complete:
        said.append("with so many jobs it was not looked at which could have begun earlier")
    if run.notice:
        said.append(run.notice)
    if dominant == "undetermined" and elapsed >= TOO_SHORT_S:
        said.append("no class leads by more than what cannot be told apart")
    return tuple(said)


def shared(waited: float, storage: float) -> str:
    """Why the storage of the run is another number than what was waited for files; empty where it is the same."""
    if storage < waited - _NO_MATTER_S:
        return f": {seconds(storage)} of the run's time, as other cores had work meanwhile"
    if storage > waited + _NO_MATTER_S:
        return f"; {seconds(storage)} with outputs that were late and tools that moved data"
    return ""


def seconds(value: float) -> str:
    """`0.52 s`, `7.1 s`, `12 min 5 s`, `3 h 2 min`"""
    value = max(0.0, value)
    if value < 1:
        return f"{value:.2f} s"
    if value < 60:
        return f"{value:.1f} s"
    if value < 3600:
        return f"{int(value // 60)} min {int(value % 60)} s"
    return f"{int(value // 3600)} h {int(value % 3600 // 60)} min"
