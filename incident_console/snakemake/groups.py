"""Which failures have the same cause? Forty failed samples should read as one line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from incident_console.snakemake.jobs import Attempt, Job

_PATH = re.compile(r"[\w.~-]*(?:/[\w.@%+=:,~-]+)+/?")
_HEX = re.compile(r"\b(?:0x)?(?=[0-9a-f]*\d)[0-9a-f]{6,}\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
SAMPLES = 50
"""Of how many jobs a group names the wildcards; `count` always tells the whole number."""


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failed attempts with one cause: the same rule, kind and shape of message."""

    rule: str
    """Empty where no rule is named: a lock, an interruption, a run with `--quiet rules`."""
    kind: str
    """As `failures[].kind` of the contracts."""
    count: int
    """Failed attempts."""
    message: str
    """Of the last one."""
    samples: tuple[str, ...] = ()
    """The jobs' wildcard values, each once, in the order they first failed."""
    wildcards: tuple[tuple[tuple[str, str], ...], ...] = ()
    """The same with the wildcards' names."""
    still_failing: int = 0
    """Jobs whose last attempt failed."""
    recovered: int = 0
    """Jobs that later succeeded."""
    exit_codes: tuple[int, ...] = ()
    logs: tuple[str, ...] = ()
    """Of the jobs, those still failing first."""
    jobids: tuple[int, ...] = ()
    line: int = 0
    """The last block's first line in the run log."""


def shape(message: str, wildcards: Iterable[str] = ()) -> str:
    """The message without what differs between jobs of one cause: wildcard values, paths, numbers."""
    for value in sorted((value for value in wildcards if value), key=len, reverse=True):
        message = re.sub(rf"(?<![A-Za-z]){re.escape(value)}(?![A-Za-z])", "*", message)
    message = _PATH.sub("/…", message)
    message = _HEX.sub("#", message)
    return _NUMBER.sub("#", message)


def grouped(jobs: Iterable[Job]) -> list[FailureGroup]:
    """All failed attempts, still failing groups first, then by count."""
    found: dict[tuple[str, str, int | None, str], list[tuple[Job, Attempt]]] = {}
    for job in jobs:
        for attempt in job.attempts:
            if attempt.kind is not None:
                message = shape(attempt.message or "", job.wildcards.values())
                key = (job.rule, attempt.kind, attempt.exit_code, message)
                found.setdefault(key, []).append((job, attempt))
    groups = [_group(rule, kind, pairs) for (rule, kind, _, _), pairs in found.items()]
    return sorted(groups, key=lambda group: (group.still_failing == 0, -group.still_failing, -group.count))


def _group(rule: str, kind: str, pairs: list[tuple[Job, Attempt]]) -> FailureGroup:
    jobs = list({job.jobid: job for job, _ in pairs}.values())
    failing = [job for job in jobs if job.state in ("failed", "interrupted")]
    last = max((attempt for _, attempt in pairs), key=lambda attempt: attempt.first_line or 0)
    ordered = failing + [job for job in jobs if job.state not in ("failed", "interrupted")]
    return FailureGroup(
        rule=rule,
        kind=kind,
        count=len(pairs),
        message=last.message or "",
        samples=tuple([job.sample for job in jobs if job.sample][:SAMPLES]),
        wildcards=tuple([tuple(job.wildcards.items()) for job in jobs if job.wildcards][:SAMPLES]),
        still_failing=sum(job.state == "failed" for job in jobs),
        recovered=sum(job.state == "succeeded" for job in jobs),
        exit_codes=tuple(sorted({attempt.exit_code for _, attempt in pairs if attempt.exit_code is not None})),
        logs=tuple([log for job in ordered for log in job.logs][:SAMPLES]),
        jobids=tuple([job.jobid for job in jobs][:SAMPLES]),
        line=last.first_line or 0,
    )
