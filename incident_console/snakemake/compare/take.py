"""How does one side stand now? Reads a workflow's folder, a run log, or a state kept earlier; writes nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from incident_console.errors import InputError
from incident_console.snakemake.analysis import span_of
from incident_console.snakemake.compare import files
from incident_console.snakemake.compare.command import Command, read_command
from incident_console.snakemake.compare.files import Budget
from incident_console.snakemake.compare.jobs import JobsFold, relative_to
from incident_console.snakemake.compare.kept import Kept, read_kept
from incident_console.snakemake.compare.state import (
    SIZE_LIMIT,
    CostState,
    Document,
    JobState,
    RuleState,
    RunState,
    State,
    Times,
    from_json,
)
from incident_console.snakemake.compare.texts import Texts, flatten, read_texts
from incident_console.snakemake.cost import cost_of
from incident_console.snakemake.find import is_workflow, runs, watched_run
from incident_console.snakemake.history import read_history
from incident_console.snakemake.logevents import LogEvent
from incident_console.snakemake.measured import Measured, measure
from incident_console.snakemake.published import mismatches
from incident_console.snakemake.rulerows import RuleRow, Spread, rule_rows
from incident_console.snakemake.run import Run
from incident_console.snakemake.textfile import read_bytes, regular
from incident_console.snakemake.timeline import timeline_of
from incident_console.snakemake.trace import Trace, TraceFold
from incident_console.snakemake.watcher import QUIET_S, RunWatcher

_HEAD = 4096
_TRIED = 5
_SHORT = 64 << 10
_DOCUMENT = 64 << 10
_DOCUMENTS = 100
_SETTINGS = 5000


def read_side(path: Path) -> State:
    """One side: a workflow's folder, a run log, or a kept state. Raises InputError for anything else."""
    if path.is_dir():
        return take(path)
    if not path.exists():
        raise InputError(f"there is no {path}: name a workflow's folder, a run log, or a captured state")
    if regular(path) is None:
        raise InputError(f"{path} is neither a folder nor a regular file")
    head = read_bytes(path, _HEAD)
    if head is None:
        raise InputError(f"{path} cannot be read")
    if head.lstrip()[:1] == b"{":
        return from_json(read_bytes(path, SIZE_LIMIT + 1) or b"", str(path))
    return take_log(path)


def take(workdir: Path, *, log: Path | None = None, budget: Budget | None = None) -> State:
    """The state of a workflow's folder and of its newest run (or the one with this `log`).

    Raises InputError where there is neither a run nor a workflow.
    """
    if not workdir.is_dir():
        raise InputError(f"there is no folder {workdir}")
    workdir = workdir.resolve()
    log = log if log is not None else _run_with_jobs(workdir)
    if log is None and not is_workflow(workdir):
        raise InputError(f"there is nothing to compare in {workdir}: no run under .snakemake/log, and no Snakefile")
    return _State(workdir, log, sees_files=True).made(budget or Budget())


def take_log(log: Path) -> State:
    """The state that a run log alone tells. Raises InputError when it tells of no run."""
    log = log.absolute()
    own = log.parent.name == "log" and log.parents[1].name == ".snakemake"
    workdir = (log.parents[2] if own else log.parent).resolve()
    # Beside the newest run the files are that run's own; beside an older one they tell of others.
    newest = own and log.name == getattr(_run_with_jobs(workdir), "name", None)
    state = _State(workdir, workdir / ".snakemake" / "log" / log.name if own else log, sees_files=newest).made(Budget())
    if state.run is None or (state.run.status == "unknown" and not state.jobs and not state.run.planned):
        raise InputError(f"{log} tells of no run: it is no log that Snakemake wrote, or only a query's")
    return state


def _run_with_jobs(workdir: Path) -> Path | None:
    """The newest run that did something; else the newest at all."""
    first = watched_run(workdir)
    if first is None or first.pid is not None:
        return first.path if first is not None else None
    for one in [one for one in runs(workdir) if one.kind == "run"][:_TRIED]:
        # A long log is that of a run that did something; it is read once, and not here.
        if one.size > _SHORT or RunWatcher(workdir, one.path).poll().jobs:
            return one.path
    return first.path


class _State:
    """Reads one run and what lies beside it."""

    def __init__(self, workdir: Path, log: Path | None, *, sees_files: bool) -> None:
        self._workdir = workdir
        self._log = log
        self._sees_files = sees_files
        self._not_seen: list[str] = []

    def made(self, budget: Budget) -> State:
        run, trace, fold = self._read() if self._log is not None else (None, TraceFold().snapshot(), JobsFold())
        home = trace.header.get("working directory")
        relative = relative_to(str(self._workdir), home, fold.home)
        jobs = tuple(fold.jobs(run, relative)) if run is not None else ()
        command = read_command(run.command if run is not None else None)
        if fold.cut:
            self._not_seen.append("the run has more jobs or files than are compared one by one")
        if run is not None and run.planned > len(jobs) and not fold.cut and run.status == "succeeded":
            self._not_seen.append(f"the log tells the inputs and outputs of {len(jobs)} of {run.planned} jobs")
        parts = self._beside(jobs, relative, budget) if self._sees_files else {}
        texts = self._texts() if self._sees_files else None
        return State(
            taken_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            workdir=os.fsencode(self._workdir).decode("utf-8", "backslashreplace"),
            from_="workdir" if self._sees_files else "run-log",
            jobs=jobs,
            targets=_targets(jobs, command, relative, run),
            policy={**(texts.profiles if texts else {}), **_policy(run, trace, fold, jobs, command)},
            config={**(texts.config if texts else {}), **(command.config if command else {})},
            texts=texts.rules if texts else (),
            sources=dict(texts.sources) if texts else {},
            not_seen=tuple(self._not_seen),
            **({} if run is None else self._measured(run, trace)),
            **parts,
        )

    def _read(self) -> tuple[Run, Trace, JobsFold]:
        assert self._log is not None
        ahead = [0.0]
        watcher = RunWatcher(self._workdir, self._log, clock=lambda: time.time() + ahead[0])
        trace, fold = TraceFold(), JobsFold()

        def take_in(events: list[LogEvent]) -> None:
            for event in events:
                trace.apply(event)
                fold.apply(event)

        run, events = watcher.poll_events()
        take_in(events)
        if run.status != "running":
            # An error block at the very end of a log is told only when nothing has followed it for a while.
            ahead[0] = 2 * QUIET_S
            run, events = watcher.poll_events()
            take_in(events)
        return run, trace.snapshot(), fold

    def _measured(self, run: Run, trace: Trace) -> dict[str, Any]:
        assert self._log is not None
        measured = Measured({}, {}, {}, stale=0)
        if self._in_place():
            # Beside a copied log lie no benchmarks, or those of another run.
            measured = measure(run, trace, self._workdir, read_history(self._workdir, self._log))
        cost = cost_of(run, trace, measured, timeline_of(run, trace, measured, *span_of(run, trace, time.time())))
        rows = rule_rows(run, measured)
        return {
            "run": RunState(
                log=run.log[:4000],
                status=run.status,
                started_at=run.started_at,
                elapsed_s=cost.elapsed_s,
                command=run.command[:8000] if run.command else None,
                planned=run.planned,
                finished=run.finished,
                failed=run.failed,
                retried=run.retried,
                planned_rules=dict(run.planned_rules[:5000]),
            ),
            "rules": tuple(map(_rule, rows[:5000])),
            "cost": CostState(
                planning_s=cost.planning_s,
                scheduler_s=cost.scheduler_s,
                storage_s=cost.storage_s,
                tool_s=cost.tool_s,
                dominant=cost.dominant,
                confidence=cost.confidence,
            ),
        }

    def _in_place(self) -> bool:
        return self._log is not None and self._log.parent == self._workdir / ".snakemake" / "log"

    def _beside(self, jobs: tuple[JobState, ...], relative: Callable[[str], str], budget: Budget) -> dict[str, Any]:
        """The files of the folder."""
        kept: Kept = read_kept(self._workdir, relative)
        made = [name for job in jobs for name in job.output]
        read = [name for job in jobs for name in job.input]
        seen = files.look(self._workdir, [*made, *kept.outputs], read, kept.digests, budget)
        declared = [name for job in jobs for name in (*job.log, *filter(None, (job.benchmark,)))]
        evidence, more = files.evidence(self._workdir, declared)
        if seen.unread:
            self._not_seen.append(f"the content of {seen.unread} outputs: too large, too many, or not readable")
        if seen.cut or more or kept.cut:
            self._not_seen.append("the folders hold more files than are listed")
        ours = set(made)
        outputs = tuple(one for one in seen.outputs if one.there or one.path in ours)
        return {
            "outputs": outputs,
            "inputs": seen.inputs,
            "published": seen.published,
            "mismatches": tuple(sorted({one.path for one in mismatches(self._workdir)})),
            "documents": tuple(self._documents([one.path for one in seen.published])),
            "evidence": evidence,
            "params": {output: said for output, said in kept.params.items() if said},
        }

    def _documents(self, names: list[str]) -> list[Document]:
        found: list[Document] = []
        for name in names:
            path = self._workdir / name
            if not name.endswith(".json") or len(found) >= _DOCUMENTS:
                continue
            data = read_bytes(path, _DOCUMENT + 1)
            if data is None or len(data) > _DOCUMENT:
                continue
            try:
                values: dict[str, str] = {}
                flatten("", orjson.loads(data), values, 0)
            except ValueError:
                continue
            found.append(Document(path=name, values=values))
        return found

    def _texts(self) -> Texts:
        texts = read_texts(self._workdir)
        if texts.cut:
            self._not_seen.append("not all of the workflow's own files: there are too many, or too large ones")
        return texts


def _targets(
    jobs: tuple[JobState, ...], command: Command | None, relative: Callable[[str], str], run: Run | None
) -> tuple[str, ...] | None:
    """What was asked for, as far as the log tells."""
    asked = {relative(name) for name in (command.targets if command is not None else ())}
    ends = {name for job in jobs if not job.output for name in job.input}
    if not asked and not ends:
        # Without a rule that only collects, the last outputs are what was asked for.
        if run is None or run.status != "succeeded" or not jobs:
            return None
        read = {name for job in jobs for name in job.input}
        ends = {name for job in jobs for name in job.output if name not in read}
    return tuple(sorted(asked | ends))


def _policy(
    run: Run | None, trace: Trace, fold: JobsFold, jobs: tuple[JobState, ...], command: Command | None
) -> dict[str, str]:
    """How the workflow is run, not what it means, as the log tells: cores, waiting, threads, options, engine."""
    policy: dict[str, str] = {}
    for job in jobs:
        policy.setdefault(f"threads of {job.rule}", str(job.threads))
        if job.resources:
            told = ", ".join(f"{name}={value}" for name, value in sorted(job.resources.items()))
            policy.setdefault(f"resources of {job.rule}", told)
        if len(policy) > _SETTINGS:
            break
    if fold.waited is not None:
        policy["latency-wait"] = str(fold.waited)
    policy |= command.policy if command is not None else {}
    if trace.cores is not None:
        policy["cores"] = str(trace.cores)
    if run is not None and run.version:
        policy["engine version"] = run.version
    if run is not None and run.host:
        policy["host"] = run.host
    return policy


def _rule(row: RuleRow) -> RuleState:
    return RuleState(
        rule=row.rule,
        planned=row.planned,
        finished=row.finished,
        failed=row.failed,
        retried=row.retried,
        wall_s=_times(row.wall_s),
        benchmark_s=_times(row.benchmark_s),
    )


def _times(spread: Spread) -> Times:
    return Times(sum=spread.sum, median=spread.median, max=spread.max, count=spread.count)
