"""What failed, at which line is it said, and which failures have the same cause?

The message of a failed attempt is the line that matters in its rule's log. That log tells of the last attempt only, and
of the last run only: of an earlier attempt the run log is asked, which has the rule's log inside it after
`--show-failed-logs`, and then whoever kept the log before the retry deleted it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from incident_console.snakemake import fields
from incident_console.snakemake.groups import FailureGroup, shape
from incident_console.snakemake.history import History, key_of
from incident_console.snakemake.jobs import Attempt, Job
from incident_console.snakemake.matters import clipped, line_that_matters, says_why
from incident_console.snakemake.run import Run, troubled
from incident_console.snakemake.textfile import lines_of, printable, read_bytes, read_tail, regular

READ_LOGS = 500
"""Rule logs that are opened; failures beyond that keep the run log's words."""
LISTED = 5000
SAMPLES = 50
"""That a cause has one by one."""
Kept = Mapping[tuple[int, int], str]
"""By job and attempt, the line that matters of a log that was kept; its place is gone from the disk."""
NOTHING_KEPT: Kept = MappingProxyType({})
_BLOCK_LIMIT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a file, the path relative to the workdir where it is inside it."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt, or an error of the workflow itself (no jobid then). `at` in seconds since the epoch."""

    rule: str
    jobid: int | None
    wildcards: Mapping[str, str]
    attempt: int | None
    at: float | None
    kind: str
    exit_code: int | None
    logs: tuple[str, ...]
    external_id: str | None
    message: str
    group: str
    source: Source
    lasting: bool
    """False where a later attempt succeeded or is under way."""
    from_rule_log: bool
    says_why: bool = False
    """Whether the message is a tool's own word on an error: not the engine's, nor only the last line of a log."""
    from_kept: bool = False
    """The message is of the rule's log as it was kept: at the log's path stands another attempt's by now, or nothing.
    """

    @property
    def in_its_own_words(self) -> bool:
        """Whether the attempt's own log said it, and not only the run log, which says little more than how it ended."""
        return self.from_rule_log or self.from_kept

    @property
    def who(self) -> str:
        """`align (B)`"""
        sample = " ".join(self.wildcards.values())
        name = self.rule or (f"job {self.jobid}" if self.jobid is not None else "the workflow")
        return f"{name} ({sample})" if sample else name


@dataclass(frozen=True, slots=True)
class Cause:
    """Failures with one cause. `lasting` counts those that no later attempt made good."""

    group: str
    rule: str
    kind: str
    exit_code: int | None
    message: str
    count: int
    lasting: int
    samples: tuple[str, ...]
    source: Source
    more_samples: int = 0
    """How many are not among `samples`."""

    def named(self, most: int) -> str:
        """The first samples, and how many there are besides: `A, B, C and 4 more`."""
        more = len(self.samples[most:]) + self.more_samples
        return ", ".join(self.samples[:most]) + (f" and {more} more" if more else "")


def failures_of(
    run: Run, workdir: Path, history: History, home: str | None = None, kept: Kept = NOTHING_KEPT
) -> tuple[Failure, ...]:
    """Every failed attempt in the order of the log, then the errors of the workflow itself. Reads rule logs.

    `home` is the directory that the run worked in: its absolute names are looked for in a copied folder, too.
    """
    failed = [(job, one) for job in troubled(run) for one in job.attempts if one.kind is not None]
    failed.sort(key=lambda pair: pair[1].first_line or 0)
    found = [
        _of_attempt(run, job, attempt, workdir, history, home, kept, read=index < READ_LOGS)
        for index, (job, attempt) in enumerate(failed[:LISTED])
    ]
    found = _attempts_alike(found, [(job, attempt) for job, attempt in failed[:LISTED]])
    found += [_of_workflow(run, group) for group in run.failures if not group.jobids and not _quoted(run, group)]
    return tuple(found)


def causes_of(failures: tuple[Failure, ...]) -> tuple[Cause, ...]:
    """The failures by cause: the lasting ones first, then by how many."""
    by_group: dict[str, list[Failure]] = {}
    for one in failures:
        by_group.setdefault(one.group, []).append(one)
    found = []
    for name, members in by_group.items():
        last = next((one for one in reversed(members) if one.lasting), members[-1])
        samples = dict.fromkeys(sample for one in members if (sample := " ".join(one.wildcards.values())))
        found.append(
            Cause(
                name,
                last.rule,
                last.kind,
                last.exit_code,
                last.message,
                len(members),
                sum(one.lasting for one in members),
                tuple(samples)[:SAMPLES],
                last.source,
                max(0, len(samples) - SAMPLES),
            )
        )
    return tuple(sorted(found, key=lambda cause: (cause.lasting == 0, -cause.lasting, -cause.count)))


def group_name(rule: str, kind: str, exit_code: int | None, message: str, samples: tuple[str, ...]) -> str:
    """The same for the same cause: rule, kind, exit code and the shape of the message."""
    text = "\0".join((rule, kind, str(exit_code), shape(message, samples)))
    digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:8]
    return f"{rule or 'workflow'}/{kind}/{digest}"


def _quoted(run: Run, group: FailureGroup) -> bool:
    """An exception of a command that no job's block explains, in a run that shows blocks and went well: a quotation."""
    blocks = any(job.attempts and job.attempts[0].started is not None for job in run.jobs)
    return run.status == "succeeded" and blocks and group.kind in ("nonzero-exit", "killed", "disk-full")


def _attempts_alike(found: list[Failure], tried: list[tuple[Job, Attempt]]) -> list[Failure]:
    """Attempts of a job that the run log tells of in the same words have the same cause.

    Where only the last attempt's log is still there to say more, the others take its group.
    """
    if not any(one.in_its_own_words for one in found):
        return found
    known: dict[tuple[int, str], str] = {}
    words = [(job.jobid, told(job, attempt)) for job, attempt in tried]
    for one, key in zip(found, words, strict=True):
        if one.in_its_own_words:
            known[key] = one.group
    return [
        one if one.in_its_own_words else replace(one, group=known.get(key, one.group))
        for one, key in zip(found, words, strict=True)
    ]


def told(job: Job, attempt: Attempt) -> str:
    """How the run log tells of a failed attempt, without what differs from attempt to attempt."""
    return f"{attempt.kind} {attempt.exit_code} {shape(attempt.message or '', job.wildcards.values())}"


def _of_attempt(
    run: Run,
    job: Job,
    attempt: Attempt,
    workdir: Path,
    history: History,
    home: str | None,
    kept: Kept,
    *,
    read: bool,
) -> Failure:
    message = clipped(printable(attempt.message or ""))
    source = Source(run.log, attempt.first_line or 0)
    from_log = from_kept = says = False
    last = attempt is job.attempts[-1]
    shown = None
    if read and attempt.kind not in ("interrupted", "missing-output"):
        if last and not history.tried_later(key_of(job)):
            shown = _in_rule_log(workdir, job, home)
            from_log = shown is not None
        shown = shown or _in_run_log(workdir, run.log, attempt)
        if shown is None and (words := kept.get((job.jobid, attempt.number))):
            # What stands at the log's path by now is another attempt's: the place is the error in the run log.
            shown, from_kept = (clipped(printable(words)), source), True
    if shown is not None:
        message, source = shown
        says = says_why(message)
    assert attempt.kind is not None
    kind = "disk-full" if fields.no_space(message.encode("utf-8", "replace")) else attempt.kind
    return Failure(
        rule=job.rule,
        jobid=job.jobid,
        wildcards=job.wildcards,
        attempt=attempt.number,
        at=attempt.ended,
        kind=kind,
        exit_code=attempt.exit_code,
        logs=tuple(here(name, workdir, home) for name in job.logs),
        external_id=job.external_id,
        message=message,
        group=group_name(job.rule, kind, attempt.exit_code, message, tuple(job.wildcards.values())),
        source=source,
        lasting=last and job.state in ("failed", "interrupted"),
        from_rule_log=from_log,
        says_why=says,
        from_kept=from_kept,
    )


def _in_rule_log(workdir: Path, job: Job, home: str | None) -> tuple[str, Source] | None:
    # A cluster's own log stands last and tells why the scheduler ended the job: it is asked after the rule's.
    for told_name in job.logs:
        name = here(told_name, workdir, home)
        path = workdir / name
        tail = read_tail(path) if regular(path) is not None and _inside(workdir, path) else None
        if tail is None:
            continue
        index = line_that_matters(tail.lines)
        if index is not None:
            line = tail.first_line + index if tail.first_line is not None else 0
            return clipped(tail.lines[index]), Source(name, line)
    return None


def here(name: str, workdir: Path, home: str | None) -> str:
    """A path that the log gave, relative to the workdir where it lies in it or lay in the run's own directory."""
    for root in (str(workdir), home):
        if root and name.startswith(root.rstrip("/") + "/"):
            return name[len(root.rstrip("/")) + 1 :]
    return name


def _inside(workdir: Path, path: Path) -> bool:
    """Whether a name that a log gave stays in the workflow: a hostile log must not make us read elsewhere."""
    try:
        return path.resolve().is_relative_to(workdir.resolve())
    except (OSError, RuntimeError, ValueError):
        return False


_FENCE = "====="


def _in_run_log(workdir: Path, log: str, attempt: Attempt) -> tuple[str, Source] | None:
    """The line that matters of the rule's log that `--show-failed-logs` put into the error block."""
    if attempt.start is None or attempt.end is None or attempt.first_line is None:
        return None
    length = min(_BLOCK_LIMIT, attempt.end - attempt.start)
    if length <= 0:
        return None
    data = read_bytes(workdir / log, length, attempt.start)
    if data is None or b"Logfile " not in data:
        return None
    lines = lines_of(data)
    fences = [index for index, line in enumerate(lines) if line.strip() and not line.strip().strip("=")]
    fences = [index for index in fences if lines[index].strip().startswith(_FENCE)]
    if len(fences) < 2 or "Logfile " not in lines[fences[0] - 1]:
        return None
    shown = lines[fences[0] + 1 : fences[-1]]
    index = line_that_matters(shown)
    if index is None:
        return None
    return clipped(shown[index]), Source(log, attempt.first_line + fences[0] + 1 + index)


def _of_workflow(run: Run, group: FailureGroup) -> Failure:
    message = clipped(printable(group.message))
    code = group.exit_codes[0] if group.exit_codes else None
    return Failure(
        rule=group.rule,
        jobid=None,
        wildcards={},
        attempt=None,
        at=None,
        kind=group.kind,
        exit_code=code,
        logs=group.logs,
        external_id=None,
        message=message,
        group=group_name(group.rule, group.kind, code, message, ()),
        source=Source(run.log, group.line),
        lasting=run.status != "succeeded",
        from_rule_log=False,
    )
