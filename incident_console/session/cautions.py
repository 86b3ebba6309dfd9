"""Which known lies of a surface apply to this output, now? Sentences to stand beside it; pure, from what was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from incident_console.session.surfaces import WEAK
from incident_console.snakemake.facts import WARNINGS

if TYPE_CHECKING:
    from incident_console.runbook.schema import EvidenceItem
    from incident_console.snakemake.changes import ChangeList
    from incident_console.snakemake.dryrun import DryRun, PlannedJob
    from incident_console.snakemake.summary import Summary

_NAMED = 4


def of_item(item: EvidenceItem) -> str:
    """What to beware of before it is captured: the question that its surface answers badly, and what the runbook says.

    Where the runbook says nothing, Snakemake's own lies stand for it, but only where Snakemake is what is looked at.
    """
    weak = WEAK.get(item.surface)
    weakness = f"It does not say {weak}." if weak is not None else ""
    if item.warn is None and any("snakemake" in word for word in (*(item.run or ()), item.file or "")):
        return WARNINGS.get(item.surface, weakness)
    return f"{weakness} {item.warn or ''}".strip()


def of_plan(plan: DryRun, running: Sequence[PlannedJob], live: bool, half: Sequence[str]) -> tuple[str, ...]:
    """`running`: those of its jobs that ran when it was captured; `live`: a run went on then.

    `half`: the outputs that are marked as half-written, where the command was told to go past them.
    """
    return tuple(_of_plan(plan, running, live, half))


def _of_plan(plan: DryRun, running: Sequence[PlannedJob], live: bool, half: Sequence[str]) -> Iterator[str]:
    if running:
        named, verb = _names([job.label for job in running]), "was" if len(running) == 1 else "were"
        yield (
            f"{len(running)} of these jobs {verb} running when it was captured ({named}): listed as work, but not "
            "missing. What else is listed may be what that run had not come to yet."
        )
    elif live:
        yield "A run was going on when it was captured: what it had still to do is listed as work, too."
    elif plan.locked:
        yield "It found the folder locked: by a run that is not watched here, or by one that was killed."
    if half and not running:
        yield (
            f"Half-written, as it is marked now: {_names(half)}. With --ignore-incomplete such a file passes for "
            "whole, and its job is not listed."
        )
    if plan.checkpoints:
        yield (
            f"The jobs behind {_count(plan.checkpoints, 'checkpoint')} ({_names(plan.checkpoints)}) are not listed: "
            "nobody knows them before it has run."
        )
    if plan.unrecorded:
        yield (
            f"Of {plan.unrecorded} finished jobs there is no record how their outputs were made: changes of code, "
            "params or input are not seen for them."
        )
    if plan.jobs and plan.seen < plan.total:
        yield f"The reasons are those of {plan.seen} of the {plan.total} jobs: the text of the others is not here."


def of_summary(told: Summary, half: Sequence[str], live: bool, query: str | None) -> tuple[str, ...]:
    """`half`: the outputs that are marked as half-written; `query`: the newest log's name where it is no run's."""
    return tuple(_of_summary(told, half, live, query))


def _of_summary(told: Summary, half: Sequence[str], live: bool, query: str | None) -> Iterator[str]:
    marked = {str(PurePosixPath(path)) for path in half}
    whole = [row.path for row in told.rows if row.status == "ok" and str(PurePosixPath(row.path)) in marked]
    if whole:
        yield f"Told as ok, but marked as half-written now: {_names(whole)}."
    if live:
        yield (
            "A run was going on when it was captured: Snakemake 8 and 9 say ok of a file that a job has only begun to "
            "write."
        )
    yield from _of_query(query)


def of_changes(told: ChangeList, failed: bool, plan: DryRun | None, query: str | None) -> tuple[str, ...]:
    """`plan`: that of the dry run that was captured last before it, whose reasons can be trusted."""
    return tuple(_of_changes(told, failed, plan, query))


def _of_changes(told: ChangeList, failed: bool, plan: DryRun | None, query: str | None) -> Iterator[str]:
    asked = told.asked
    if asked.targets:
        words = " and ".join(asked.targets)
        yield f"It asked about {asked.change} only: the option takes one class, and {words} became targets."
    if failed:
        yield "It failed, which says nothing about changes: an empty list is no answer here."
    elif asked.change == "params" and told.count and not asked.old:
        yield f"Snakemake 8.30 to 9.27 list an output of every job here, changed or not: {_instead(told, plan)}"
    elif asked.change == "params":
        yield "A value that took the place of one that another param has is not seen."
    elif asked.change == "code" and not told.count:
        yield "An empty list does not clear the code: helper modules that a rule runs as a command are not seen."
    yield from _of_query(query)


def _instead(told: ChangeList, plan: DryRun | None) -> str:
    if plan is None or (not plan.nothing and not plan.seen):
        return "believe a dry run's reasons instead."
    if plan.nothing:
        return "the dry run that was captured before found nothing to be done. Believe that one."
    jobs = sum("Params have changed" in job.reason for job in plan.jobs)
    count = f"{jobs} job{'' if jobs == 1 else 's'}" if jobs else "no job"
    return f"the dry run that was captured before gives params as a reason for {count}. Believe that one."


def _of_query(query: str | None) -> Iterator[str]:
    if query is not None:
        yield f"The newest log, {query}, was left by a query such as this one: it is not the run."


def _count(things: Sequence[object], word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
