"""What does a captured output say? The parsed reading that belongs to a dry run, a summary, a change list or a context.

Beside what the text says stands what must be known of it: which of the jobs it lists were running when it was
captured, which files it takes for whole that are not, and which known lie applies. The text itself is never altered.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from typing import TypeAlias

from incident_console.events import EvidenceCaptured
from incident_console.record.seen import ItemEvent
from incident_console.session import cautions
from incident_console.session.view import View
from incident_console.snakemake import find
from incident_console.snakemake.changes import ChangeList, asked, read_changes
from incident_console.snakemake.contexts import (
    SideBySide,
    context_of,
    other_profiles,
    other_provenance,
    side_by_side,
)
from incident_console.snakemake.dryrun import DryRun, PlannedJob, read_dry_run
from incident_console.snakemake.history import read_history
from incident_console.snakemake.jobs import Job
from incident_console.snakemake.metadata import incomplete_outputs
from incident_console.snakemake.run import Run
from incident_console.snakemake.samples import Discovery, compare_samples
from incident_console.snakemake.summary import Summary, read_summary

Output: TypeAlias = DryRun | Summary | ChangeList
Parsed: TypeAlias = Output | SideBySide

SURFACES = frozenset({"dry-run", "summary", "change-list"})
"""Of commands."""
CONTEXTS = frozenset({"profile", "provenance"})
"""Of files: one context, to be laid beside the others."""
SIDES = 3
NEEDED = ("--nolock", "--ignore-incomplete")
"""With these a query works while a run holds the lock and files are half written."""
KEPT = 16
"""Parsed outputs that are held."""
_NEWEST = 8
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """`parsed` is what the text says by itself; all else is what must be known beside it."""

    parsed: Parsed
    line: str
    """One line: what is to be done and why, or what is stale."""
    failed: str
    """Why the command could not answer, as it said itself; empty when it answered."""
    running: tuple[PlannedJob, ...] = ()
    """Jobs that a dry run lists, and that were running when it was captured."""
    discovery: Discovery | None = None
    lies: tuple[str, ...] = ()
    """Sentences: the known lies that apply to this output, now."""
    offer: tuple[str, ...] = ()
    """The command that answers while a run goes on, where this one could not."""


def has_reading(event: ItemEvent) -> bool:
    if not isinstance(event, EvidenceCaptured):
        return False
    if event.argv is None:
        return event.surface in CONTEXTS and bool(event.path)
    # Each line of any other program's output would be taken for an output that changed.
    listed = event.surface != "change-list" or asked(event.argv).change is not None
    return event.surface in SURFACES and listed


class Readings:
    """Reads captured outputs; what was parsed once is held by its hash. Safe to call from any thread."""

    def __init__(self, session: View) -> None:
        self._session = session
        self._parsed: OrderedDict[tuple[str, ...], Output] = OrderedDict()
        self._past: tuple[str, tuple[tuple[str, Mapping[str, str]], ...]] | None = None
        """A run's log, and the jobs of the runs before it."""
        self._lock = threading.Lock()

    def of(self, event: ItemEvent, run: Run | None) -> Reading | None:
        """The reading of what was captured, with `run`, which is watched; None where there is none for it.

        Raises InputError when the record's blob cannot be read.
        """
        if not isinstance(event, EvidenceCaptured) or not has_reading(event):
            return None
        with self._lock:
            if event.surface in CONTEXTS:
                return self._contexts(event, PurePath(event.path or ""))
            parsed, fault = self._parse(event)
            if isinstance(parsed, Summary) and not parsed.is_summary and not fault.fault:
                return None
            its_run = run if run is not None and run.log == event.run else None
            if isinstance(parsed, DryRun):
                return self._dry_run(event, parsed, its_run)
            if isinstance(parsed, Summary):
                return self._summary(event, parsed, fault, its_run)
            return self._changes(event, parsed, fault)

    # -- by surface ----------------------------------------------------------------------------------------------

    def _dry_run(self, event: EvidenceCaptured, plan: DryRun, run: Run | None) -> Reading | None:
        if not plan.planned and not plan.fault:
            return None
        running = then_running(plan.jobs, run, event)
        over = run is not None and run.status == "succeeded"
        # What a run that goes on or failed has done already belongs to what is processed now, as what is planned does.
        own = [(job.rule, job.wildcards) for job in run.jobs] if run is not None else []
        now = [(job.rule, job.wildcards) for job in plan.jobs] + ([] if over else own)
        before = (*self._before(event), *(own if over else ()))
        half = incomplete_outputs(self._session.workdir) if "--ignore-incomplete" in (event.argv or ()) else ()
        return Reading(
            parsed=plan,
            line=plan.line(len(running)),
            failed=plan.fault,
            running=running,
            discovery=compare_samples(now, before),
            lies=cautions.of_plan(plan, running, went_on(run, event), half),
            offer=_offer(event, plan),
        )

    def _summary(self, event: EvidenceCaptured, told: Summary, fault: DryRun, run: Run | None) -> Reading:
        half = incomplete_outputs(self._session.workdir)
        lies = cautions.of_summary(told, half, went_on(run, event), self._newest_query())
        line = f"no summary: {fault.fault}" if fault.fault and not told.is_summary else told.line
        return Reading(told, line, fault.fault, lies=lies, offer=_offer(event, fault))

    def _changes(self, event: EvidenceCaptured, told: ChangeList, fault: DryRun) -> Reading:
        lies = cautions.of_changes(told, bool(fault.fault), self._plan_before(event), self._newest_query())
        line = f"no answer: {fault.fault}" if fault.fault else told.line
        return Reading(told, line, fault.fault, lies=lies, offer=_offer(event, fault))

    def _contexts(self, event: EvidenceCaptured, path: PurePath) -> Reading | None:
        """What was captured beside the other profiles; a provenance, beside what it was when captured before."""
        blobs, workdir = self._session.record.blobs, self._session.workdir
        own = context_of(path, blobs.get(event.sha256))
        if event.surface == "provenance":
            before = self._same_before(event)
            others = other_provenance(workdir, path)
            if before is not None:
                earlier = context_of(path, blobs.get(before.sha256))
                others = (replace(earlier, name=f"{earlier.name} as of {before.ended_at[11:19]}Z"), *others)
        else:
            others = other_profiles(workdir, path)
        if not others:
            return None
        laid = side_by_side((own, *others[: SIDES - 1]))
        more = len(others) - (SIDES - 1)
        lies = (f"{more} more are there and not compared here.",) if more > 0 else ()
        return Reading(laid, laid.line, "", lies=lies)

    def _same_before(self, event: EvidenceCaptured) -> EvidenceCaptured | None:
        """The same file as captured before, if it was another text then."""
        for item in reversed(tuple(self._session.incident.evidence)):
            other = item.event
            if (
                isinstance(other, EvidenceCaptured)
                and (other.path, other.surface) == (event.path, event.surface)
                and other.started_at < event.started_at
                and other.sha256 != event.sha256
            ):
                return other
        return None

    def _plan_before(self, event: EvidenceCaptured) -> DryRun | None:
        """The plan that was captured last before this, of the same run."""
        for item in reversed(tuple(self._session.incident.evidence)):
            other = item.event
            if (
                isinstance(other, EvidenceCaptured)
                and other.surface == "dry-run"
                and has_reading(other)
                and other.run == event.run
                and other.started_at <= event.started_at
            ):
                plan = self._parse(other)[0]
                return plan if isinstance(plan, DryRun) and plan.planned else None
        return None

    # -- what is read besides ------------------------------------------------------------------------------------

    def _parse(self, event: EvidenceCaptured) -> tuple[Output, DryRun]:
        """What standard output says, and what standard error says of a failure."""
        blobs, argv = self._session.record.blobs, event.argv or ()
        fault = self._held(("fault", event.stderr_sha256 or ""))
        if fault is None:
            errors = blobs.get(event.stderr_sha256) if event.stderr_sha256 and event.stderr_size else b""
            fault = self._hold(("fault", event.stderr_sha256 or ""), read_dry_run((errors,)))
        key = (event.surface, event.sha256, *(argv if event.surface == "change-list" else ()))
        parsed = self._held(key)
        if parsed is None:
            data = (blobs.get(event.sha256),)
            if event.surface == "summary":
                parsed = read_summary(data)
            elif event.surface == "change-list":
                parsed = read_changes(argv, data)
            else:
                parsed = read_dry_run(data)
            self._hold(key, parsed)
        assert isinstance(fault, DryRun)
        if isinstance(parsed, DryRun) and not parsed.planned and not parsed.fault and fault.fault:
            parsed = fault
        return parsed, fault

    def _held(self, key: tuple[str, ...]) -> Output | None:
        found = self._parsed.get(key)
        if found is not None:
            self._parsed.move_to_end(key)
        return found

    def _hold(self, key: tuple[str, ...], parsed: Output) -> Output:
        self._parsed[key] = parsed
        while len(self._parsed) > KEPT:
            self._parsed.popitem(last=False)
        return parsed

    def _before(self, event: EvidenceCaptured) -> tuple[tuple[str, Mapping[str, str]], ...]:
        """The jobs of the runs before the one that this belongs to, by rule and wildcards."""
        if event.run is None:
            return ()
        if self._past is None or self._past[0] != event.run:
            history = read_history(self._session.workdir, self._session.workdir / event.run)
            keys = {key for past in history.earlier for key in past.jobs}
            self._past = (event.run, tuple((rule, dict(wildcards)) for rule, wildcards in keys))
        return self._past[1]

    def _newest_query(self) -> str | None:
        newest = next(iter(find.runs(self._session.workdir, _NEWEST)), None)
        return newest.path.name if newest is not None and newest.kind == "query" else None


# -- the run at the time of the capture ----------------------------------------------------------------------------


def then_running(planned: Iterable[PlannedJob], run: Run | None, event: EvidenceCaptured) -> tuple[PlannedJob, ...]:
    """The planned jobs that `run` was at while the plan was made; one between two attempts is being worked on, too."""
    begin, end = _seconds(event.started_at), _seconds(event.ended_at)
    if run is None or begin is None or end is None:
        return ()
    busy = {_key(job.rule, job.wildcards) for job in run.jobs if _busy(job, begin, end)}
    return tuple(job for job in planned if _key(job.rule, job.wildcards) in busy)


def _busy(job: Job, begin: float, end: float) -> bool:
    if not job.attempts or job.attempts[0].started is None or job.attempts[0].started > end:
        return False
    last = job.attempts[-1].ended
    # A log tells whole seconds, cut off: what ended at second 5 may have gone on until just before 6.
    return job.state in ("running", "waiting") or (last is not None and last + 1 > begin)


def went_on(run: Run | None, event: EvidenceCaptured) -> bool:
    """Whether the run was alive when it was captured."""
    if run is None or run.status == "unknown":
        return False
    ended, begin = _seconds(run.ended_at), _seconds(event.started_at)
    return run.status == "running" or (ended is not None and begin is not None and begin < ended)


def _key(rule: str, wildcards: Mapping[str, str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    return rule, tuple(sorted(wildcards.items()))


def _seconds(text: str | None) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None


def _offer(event: EvidenceCaptured, fault: DryRun) -> tuple[str, ...]:
    """The same query in the form that works while a run goes on; empty where it would not help."""
    argv = event.argv or ()
    missing = [word for word in NEEDED if word not in argv]
    if fault.fault_kind not in ("incomplete-files", "locked") or not missing or not _is_snakemake(argv):
        return ()
    if "--" in argv:
        return ()
    asks = asked(argv).change is not None or {"-n", "--dry-run", "--dryrun", "--summary"} & set(argv)
    return (*argv, *missing) if asks else ()


def _is_snakemake(argv: Sequence[str]) -> bool:
    return bool(argv) and PurePath(argv[0]).name == "snakemake"
