"""What is missing in the log itself, so that times cannot be shared out by it?

Lines may be lost: a log that was cut, copied while it was written, filtered, or written with `--quiet`.
"""

from __future__ import annotations

from collections.abc import Iterator

from incident_console.counting import counted
from incident_console.snakemake.jobs import Outcome
from incident_console.snakemake.run import Run, troubled
from incident_console.snakemake.trace import Trace

_OF_JOBS = frozenset({"nonzero-exit", "killed", "missing-output", "disk-full"})


def gaps(run: Run, trace: Trace) -> tuple[str, ...]:
    """A sentence for each kind of gap; none where the log is whole as far as can be told."""
    said = []
    attempts = list(_told(run))
    untold = sum(started is None for started, _, _ in attempts)
    if untold:
        said.append(f"the log does not tell when {counted(untold, 'job')} began")
    if run.status in ("succeeded", "failed"):
        open_ended = sum(outcome == "interrupted" and kind is None for _, outcome, kind in attempts)
        if open_ended:
            said.append(f"the log does not tell how {counted(open_ended, 'attempt')} ended")
    seen = sum(job.state == "succeeded" for job in run.briefs)
    if run.finished > seen:
        said.append(f"the log counts {counted(run.finished, 'job')} as done and tells of {seen}")
    if run.jobs and not run.planned_rules:
        said.append("the log's beginning, with the table of jobs, is missing")
    refused = any(group.kind not in _OF_JOBS for group in run.failures)
    if not run.jobs and (trace.waits or not refused) and run.status not in ("running", "nothing-to-do"):
        said.append("the log tells of no job, nor why there was none")
    if any(group.kind in _OF_JOBS and not group.jobids for group in run.failures):
        said.append("the log tells of a failed job without saying which")
    waited = {wait.jobid for wait in trace.waits if wait.in_vain}
    failed = {job.jobid for job in troubled(run) for one in job.attempts if one.kind == "missing-output"}
    if failed - waited:
        said.append("the log does not tell of the wait before an output was given up")
    return tuple(said)


def _told(run: Run) -> Iterator[tuple[float | None, Outcome, str | None]]:
    """Of every attempt: when it began, how it ended, and the kind of its failure."""
    for brief, job in zip(run.briefs, run.jobs, strict=True):
        if brief.plain:
            if brief.tries:
                yield brief.started, brief.outcome, None
        else:
            yield from ((one.started, one.outcome, one.kind) for one in job.attempts)
