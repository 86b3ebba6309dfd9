"""Which failures have the same cause? Forty failed samples should read as one line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from incident_console.snakemake.jobs import Attempt, Job, JobState

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
    states: tuple[JobState, ...] = ()
    """Of each of `samples`: how its job stands."""
    jobs: int = 0
    """How many failed, whether named or not."""
    still_failing: int = 0
    """Jobs whose last attempt failed."""
    recovered: int = 0
    """Jobs that later succeeded."""
    trying: int = 0
    """Jobs that are tried again, or will be."""
    exit_codes: tuple[int, ...] = ()
    logs: tuple[str, ...] = ()
    """Of the jobs, those still failing first."""
    jobids: tuple[int, ...] = ()
    line: int = 0
    """The last block's first line in the run log."""


def shape(message: str, wildcards: Iterable[str] = ()) -> str:
    """The message without what differs between jobs of one cause: wildcard values, paths, numbers."""
    for value in sorted((value for value in wildcards if value and value in message), key=len, reverse=True):
        message = _starred(message, value)
    message = _PATH.sub("/…", message)
    message = _HEX.sub("#", message)
    return _NUMBER.sub("#", message)


def _starred(message: str, value: str) -> str:
    """`value` becomes `*` where it is no part of a longer word. A pattern made for each sample would cost far more."""
    first, *others = message.split(value)
    said = first
    for number, after in enumerate(others, 1):
        left = message[len(first) - 1] if first else ""
        right = after[:1] or (value[:1] if number < len(others) else "")
        said += (value if _is_letter(left) or _is_letter(right) else "*") + after
        first += value + after
    return said


def _is_letter(char: str) -> bool:
    return char.isascii() and char.isalpha()


_TRYING = ("running", "waiting")

_Key = tuple[str, str, int | None, str]
"""Rule, kind, exit code and shape of the message."""


class _Cause:
    """The failed attempts of one group; changes as they come."""

    def __init__(self) -> None:
        self.jobs: dict[int, tuple[Job, tuple[Attempt, ...]]] = {}
        """By jobid, in the order they first failed."""
        self.count = 0
        self.first = 0
        self.failing: dict[int, None] = {}
        """Jobs whose last attempt failed or was interrupted."""
        self.still_failing = self.recovered = self.trying = 0
        self.last: tuple[int, Attempt] | None = None
        """The job and the attempt whose block stands last in the log; None while it has to be looked for."""
        self.group: FailureGroup | None = None

    def put(self, job: Job, attempts: tuple[Attempt, ...]) -> None:
        self.group = None
        self._forget(job.jobid)
        self.jobs[job.jobid] = (job, attempts)
        self.count += len(attempts)
        self.first = self.first or _line(attempts[0])
        self.recovered += job.state == "succeeded"
        self.trying += job.state in _TRYING
        self.still_failing += job.state == "failed"
        if job.state in ("failed", "interrupted"):
            self.failing[job.jobid] = None
        if self.last is not None and (job.jobid == self.last[0] or _line(attempts[-1]) >= _line(self.last[1])):
            self.last = (job.jobid, attempts[-1])

    def remove(self, jobid: int) -> None:
        self.group = None
        self._forget(jobid)
        del self.jobs[jobid]
        if self.last is not None and self.last[0] == jobid:
            self.last = None

    def _forget(self, jobid: int) -> None:
        before = self.jobs.get(jobid)
        if before is not None:
            self.count -= len(before[1])
            self.recovered -= before[0].state == "succeeded"
            self.trying -= before[0].state in _TRYING
            self.still_failing -= before[0].state == "failed"
            self.failing.pop(jobid, None)

    def told(self, key: _Key) -> FailureGroup:
        if self.group is None:
            rule, kind, exit_code, _ = key
            if self.last is None:
                everyone = ((jobid, attempts[-1]) for jobid, (_, attempts) in self.jobs.items())
                self.last = max(everyone, key=lambda one: _line(one[1]))
            last = self.last[1]
            jobs = [job for job, _ in islice(self.jobs.values(), SAMPLES)]
            failing = [self.jobs[jobid][0] for jobid in islice(self.failing, SAMPLES)]
            ordered = failing + [job for job in jobs if job.jobid not in self.failing]
            self.group = FailureGroup(
                rule=rule,
                kind=kind,
                count=self.count,
                message=last.message or "",
                samples=tuple([job.sample for job in jobs if job.sample]),
                wildcards=tuple([tuple(job.wildcards.items()) for job in jobs if job.wildcards]),
                states=tuple([job.state for job in jobs if job.sample]),
                jobs=len(self.jobs),
                still_failing=self.still_failing,
                recovered=self.recovered,
                trying=self.trying,
                exit_codes=(exit_code,) if exit_code is not None else (),
                logs=tuple([log for job in ordered for log in job.logs][:SAMPLES]),
                jobids=tuple([job.jobid for job in jobs]),
                line=_line(last),
            )
        return self.group


def _line(attempt: Attempt) -> int:
    return attempt.first_line or 0


class Groups:
    """All failed attempts by cause. What did not change since the last look is not looked at again."""

    def __init__(self) -> None:
        self._causes: dict[_Key, _Cause] = {}
        self._of: dict[int, tuple[_Key, ...]] = {}
        """The causes of each job's failures."""
        self._shapes: dict[tuple[int, int, str], str] = {}
        """By job and attempt with its message: a shape costs several searches."""

    def put(self, job: Job) -> None:
        """Take in a job with failures, or how it stands now."""
        found: dict[_Key, list[Attempt]] = {}
        for attempt in job.attempts:
            if attempt.kind is not None:
                key = (job.rule, attempt.kind, attempt.exit_code, self._shape(job, attempt))
                found.setdefault(key, []).append(attempt)
        for key in self._of.get(job.jobid, ()):
            if key not in found:
                cause = self._causes[key]
                cause.remove(job.jobid)
                if not cause.jobs:
                    del self._causes[key]
        for key, attempts in found.items():
            self._causes.setdefault(key, _Cause()).put(job, tuple(attempts))
        self._of[job.jobid] = tuple(found)

    def _shape(self, job: Job, attempt: Attempt) -> str:
        key = (job.jobid, attempt.number, attempt.message or "")
        found = self._shapes.get(key)
        if found is None:
            found = self._shapes[key] = shape(attempt.message or "", job.wildcards.values())
        return found

    def all(self) -> list[FailureGroup]:
        """Still failing groups first, then by count."""
        groups = [(cause.told(key), cause.first) for key, cause in self._causes.items()]
        groups.sort(key=lambda one: (one[0].still_failing == 0, -one[0].still_failing, -one[0].count, one[1]))
        return [group for group, _ in groups]
