"""What can be said of a run without asking anybody? Sentences, lists to choose from, and the narrowest log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from incident_console.snakemake.groups import FailureGroup
from incident_console.snakemake.jobs import JobState
from incident_console.snakemake.matters import shortened
from incident_console.snakemake.run import Run

CHOICES = 200
OFFERED = 10_000
"""Choices for one question: who has many types a part of what is wanted."""
_NAMED, _CAUSES = 6, 4

WARNINGS: Mapping[str, str] = MappingProxyType(
    {
        "dry-run": "It says what is planned and why, not how long tools take. During a run it lists running jobs as "
        "work to do: they are not missing. Before a checkpoint has run it cannot show the jobs that come after it.",
        "summary": "It says which outputs exist or are stale, not why a tool failed. Over half-written files of a run "
        "that goes on or was killed, Snakemake 8 and 9 say `ok`; 9 leaves a log of its own, which is not the run.",
        "change-list": "It says which class of change causes reruns, not what they cost. It takes one class at a time. "
        "`--list-changes params` lists one output of every job on Snakemake 8.30 to 9.27, changed or not: trust the "
        "dry-run's reasons instead.",
        "rule-log": "It says what happened inside one job, not whether the whole run was efficient. A retry deletes "
        "it: the file that remains tells of the last attempt only.",
        "run-log": "It says what the engine did, in seconds; a retried success ends at 100 %. The newest log may be "
        "that of a query. Volume is not cost: the loudest rule is often not the slow one.",
        "benchmark": "It says what one job cost, not why the DAG grew. Failed attempts leave nothing in it; jobs under "
        "a second read 0.",
        "provenance": "It says which configuration made the published result, not what a failing command printed. "
        "Helper modules are not tracked.",
        "profile": "It says in what the operating contexts differ, not what the workflow means.",
        "verify-report": "It says whether the published bundle may be trusted, not why it was slow. Making it may run "
        "the workflow.",
        "discovery": "It says what the workflow believes it must process, not whether the tools work.",
    }
)
"""By surface: its weak question, and the lies it is known for."""


@dataclass(frozen=True, slots=True)
class RuleLog:
    """A log file of a job with how the job's attempts ended. `path` is relative to the workdir."""

    path: str
    rule: str
    wildcards: Mapping[str, str]
    jobid: int
    state: str
    attempts: tuple[str, ...]
    """running, failed, succeeded or interrupted, in order."""

    @property
    def label(self) -> str:
        """`align B: attempt 1 failed, attempt 2 ok`"""
        who = " ".join((self.rule or f"job {self.jobid}", *self.wildcards.values()))
        if len(self.attempts) == 1:
            return f"{who}: {_ended(self.attempts[0])}"
        marks = ", ".join(f"attempt {number} {_ended(outcome)}" for number, outcome in enumerate(self.attempts, 1))
        return f"{who}: {marks}" if marks else who


def headline(run: Run) -> str:
    """One line: state, progress, failures."""
    parts = [_STATES.get(run.status, run.status)]
    if run.planned:
        parts.append(f"{run.finished} of {run.planned} jobs done")
    if run.running:
        parts.append(f"{run.running} running")
    if run.failed:
        parts.append(f"{run.failed} failed")
    if run.retried:
        parts.append(f"{run.retried} tried again")
    if not run.jobs and run.failures:
        parts.append(shortened(run.failures[0].message, 120))
    return " · ".join(parts)


def failures_told(run: Run) -> tuple[str, ...]:
    """By cause, how it went on: `align failed 2 times (exit 1) for B, D, recovered on retry`."""
    retried = {job.jobid for job in run.retries}
    more = len(run.failures) - _CAUSES
    told = tuple(_group(group, retried) for group in run.failures[:_CAUSES])
    return (*told, f"{more} more causes of failure") if more > 0 else told


def draft_symptom(run: Run) -> str:
    """One sentence of what is seen, for the operator to correct; empty where nothing is out of the ordinary."""
    said = list(failures_told(run))
    if run.status == "interrupted" and not any(group.kind == "interrupted" for group in run.failures):
        said.append(f"the run stopped without a word at {run.finished} of {run.planned} jobs")
    return so_far(run, said)


def so_far(run: Run, said: Sequence[str]) -> str:
    """What is said of a run as one sentence, with how it ended; empty where nothing is said."""
    if not said:
        return ""
    # While the run goes on, how far it is would be wrong a moment after it was taken down.
    ended = run.status in ("succeeded", "failed", "interrupted")
    return "; ".join(said) + (f" ({run.finished} of {run.planned} jobs done, run {run.status})" if ended else "")


def no_failure(run: Run) -> str:
    """What is said where the log tells of none."""
    if run.status in ("succeeded", "nothing-to-do"):
        return "no failure"
    return "no failure so far" if run.status in ("running", "unknown") else "the log tells of no failure"


def went_on(group: FailureGroup, run: Run) -> str:
    """How it went on for the jobs of a cause: `failed for good`, `1 being tried again, 2 recovered on retry`."""
    told = _outcomes(group)
    if not told and group.kind == "interrupted":
        return f"after {run.finished} of {run.planned} jobs" if run.jobs else "before any job ran"
    if not told:
        return "of the workflow, not of one job" if run.jobs else "before any job ran"
    words = [f"failed {word}" if word == _GOOD else word for word in told]
    if len(told) == 1:
        return words[0]
    return ", ".join(f"{count} {word}" for word, count in zip(words, told.values(), strict=True))


def choices(run: Run, kind: str) -> tuple[str, ...]:
    """What may be chosen for `choices_from`: rules, wildcards, failures, contexts or logs; what failed comes first."""
    if kind == "rules":
        failed = [group.rule for group in run.failures if group.rule]
        found: Iterable[str] = [*failed, *(job.rule for job in run.jobs), *(rule for rule, _ in run.planned_rules)]
    elif kind == "wildcards":
        pairs = [pair for group in run.failures for sample in group.wildcards for pair in sample]
        found = [f"{name}={value}" for name, value in pairs]
        found += [f"{name}={value}" for job in run.jobs for name, value in job.wildcards.items()]
    elif kind == "failures":
        found = [_group(group, {job.jobid for job in run.retries}) for group in run.failures]
    elif kind == "contexts":
        submitted = any(job.external_id for job in run.jobs)
        found = ["cluster", "local", "CI"] if submitted else ["local", "CI", "cluster"]
        found = [*found, "several contexts"]
    elif kind == "logs":
        found = [run.log, *(log.path for log in rule_logs(run))]
    else:
        found = ()
    return tuple(islice(dict.fromkeys(item for item in found if item), OFFERED))


def failure_counts(run: Run, kind: str) -> Mapping[str, str]:
    """By choice, for those of `rules`, `wildcards` and `logs` that failed: `align × 3 failed` (attempts)."""
    counts: Counter[str] = Counter()
    for job in run.jobs:
        failed = sum(attempt.kind is not None for attempt in job.attempts)
        if failed:
            pairs = [f"{name}={value}" for name, value in job.wildcards.items()]
            named = {"rules": [job.rule], "wildcards": pairs, "logs": list(job.logs)}
            counts.update(dict.fromkeys(named.get(kind, ()), failed))
    return {name: f"{name} × {count} failed" for name, count in counts.items()}


def rule_logs(run: Run) -> tuple[RuleLog, ...]:
    """All log files of the run's jobs: failed ones first, then running, retried, the rest."""
    found = [
        RuleLog(path, job.rule, job.wildcards, job.jobid, job.state, tuple(one.outcome for one in job.attempts))
        for job in run.jobs
        for path in job.logs
    ]
    return tuple(sorted(found, key=_urgency))


def failing_log(run: Run, workdir: Path) -> Path | None:
    """The one log that matches the failure: of the last job that failed for good, else of the last failed attempt."""
    failed = [
        (attempt.first_line or 0, job) for job in run.jobs for attempt in job.attempts if attempt.kind is not None
    ]
    hopeless = [(line, job) for line, job in failed if job.state in ("failed", "waiting")]
    for _, job in sorted(hopeless or failed, key=lambda pair: pair[0], reverse=True):
        for log in job.logs:
            path = workdir / log
            if path.is_file():
                return path
    return None


_STATES = {
    "running": "the run goes on",
    "succeeded": "the run succeeded",
    "failed": "the run failed",
    "interrupted": "the run was interrupted",
    "nothing-to-do": "nothing was to be done",
    "unknown": "how the run stands cannot be told",
}


_GOOD, _TRYING = "for good", "being tried again"
_WORDS: Mapping[JobState, str] = {
    "failed": _GOOD,
    "running": _TRYING,
    "waiting": _TRYING,
    "succeeded": "recovered on retry",
    "interrupted": "interrupted",
}


def _ended(outcome: str) -> str:
    return "ok" if outcome == "succeeded" else outcome


def _urgency(log: RuleLog) -> int:
    order = {"failed": 0, "waiting": 1, "running": 2, "interrupted": 3}
    return order.get(log.state, 4 if len(log.attempts) > 1 else 5)


def _group(group: FailureGroup, retried: set[int]) -> str:
    """`align failed 2 times (exit 1) for B, D, recovered on retry`"""
    if group.kind == "interrupted":
        return f"{group.rule or 'the run'} was interrupted" + _for(group)
    if not group.jobids:
        return f"{group.kind} {f'in rule {group.rule}' if group.rule else ''}: {shortened(group.message, 160)}".replace(
            " :", ":"
        )
    times = "" if group.count == 1 else f" {group.count} times"
    codes = f" (exit {', '.join(map(str, group.exit_codes))})" if group.exit_codes else f" ({group.kind})"
    told = _outcomes(group)
    whom, tail = _for(group), ""
    if len(told) > 1 and group.jobs == len(group.samples) <= _NAMED:
        whom = f" for {_by_outcome(group, told)}"
    elif len(told) > 1:
        tail = "".join(f", {count} {word}" for word, count in told.items())
    elif group.recovered:
        tail = ", recovered on retry"
    elif group.still_failing:
        tried = " after retries" if retried & set(group.jobids) else ""
        tail = f", for good{tried}"
    return f"{group.rule or 'a rule'} failed{times}{codes}{whom}{tail}"


def _outcomes(group: FailureGroup) -> Mapping[str, int]:
    """In words, the worst first: for how many jobs it went on so."""
    counts = {_GOOD: group.still_failing, _TRYING: group.trying, "recovered on retry": group.recovered}
    counts["interrupted"] = group.jobs - sum(counts.values())
    return {word: count for word, count in counts.items() if count > 0}


def _by_outcome(group: FailureGroup, told: Iterable[str]) -> str:
    """`B (being tried again) and C, D (recovered on retry)`"""
    by_word: dict[str, list[str]] = {word: [] for word in told}
    for sample, state in zip(group.samples, group.states, strict=True):
        by_word[_WORDS[state]].append(sample)
    *others, last = [f"{', '.join(samples)} ({word})" for word, samples in by_word.items()]
    return f"{', '.join(others)} and {last}"


def _for(group: FailureGroup) -> str:
    if not group.samples:
        return ""
    more = f" and {group.jobs - _NAMED} more" if group.jobs > _NAMED else ""
    return f" for {', '.join(group.samples[:_NAMED])}{more}"
