"""What was otherwise when it went well? A failed attempt of a job laid beside one that passed.

Of a job that was tried again: the attempt that failed, as it was kept, against the one that passed. Of a job that never
passed: against the passed job of the same rule that is nearest to it. Where nothing passed: two failed attempts.
What is not known of a side is None, for the screen to say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from incident_console.errors import InputError, Refused
from incident_console.events import AttemptKept
from incident_console.session.attempttexts import Text, Texts, Tried, redacted
from incident_console.session.logs import job_label
from incident_console.session.view import View
from incident_console.snakemake.benchmarks import Benchmark, read_benchmark
from incident_console.snakemake.jobs import Job
from incident_console.snakemake.overlap import Association, Meanwhile, associations, meanwhile
from incident_console.snakemake.run import Run
from incident_console.tail.comparing.sidebyside import SideBySide, side_by_side

LOOKED_AT = 50
"""Passed jobs among which one is sought that has left a log."""
HEADS = 200
"""Logs of cluster jobs whose beginnings are read for the node."""
HEAD = 64 << 10
NOTED_LINES = 3
NOTED_COLUMNS = 300

_HOST = re.compile(rb"^\s{0,4}[Hh]ost: ([\w.-]{1,255})\s*$", re.MULTILINE)
"""What the engine on the node says first: `host: NAME` (8), `  Host: NAME` (9.22 on)."""


@dataclass(frozen=True, slots=True)
class Side:
    """One attempt. Times are seconds since the epoch and whole: the run log's own resolution."""

    job: str
    """`align B`"""
    attempt: int
    of: int
    """How many attempts of the job there are."""
    outcome: str
    """failed, succeeded, running, interrupted."""
    source: str
    """Where the text is from."""
    remark: str
    """What must be known of the text; empty when it is whole and this attempt's for certain."""
    started: float | None
    ended: float | None
    exit_code: int | None
    node: str | None
    benchmark: Benchmark | None
    """Of an attempt that passed; those that failed leave none."""
    memory_available: int | None
    """Bytes, on the engine's machine, when it failed."""
    meanwhile: Meanwhile | None
    """None: when, or where, it ran is not known well enough."""

    @property
    def name(self) -> str:
        return f"{self.job}, attempt {self.attempt}" if self.of > 1 else self.job

    @property
    def duration_s(self) -> float | None:
        return self.ended - self.started if self.started is not None and self.ended is not None else None


@dataclass(frozen=True, slots=True)
class Contrast:
    """`left` failed; `right` passed, if anything did."""

    rule: str
    left: Side
    right: Side
    laid: SideBySide
    associations: tuple[Association, ...]
    failures: int
    """Of the rule in this run, in which the associations were sought; so `passes`."""
    passes: int


def contrast(session: View, run: Run | None, key: str, going: Callable[[float], None] = lambda _: None) -> Contrast:
    """The comparison for a row of the list of logs, by its key (`LogEntry.key`). Reads the logs; writes nothing.

    `going` is told the share of the logs that was compared (below 0: they are being read), and may raise to end it.
    Raises Refused with the reason when there is nothing to compare.
    """
    if run is None:
        raise Refused("no run is watched here, and only the logs of a run's jobs can be compared")
    going(-1)
    texts = Texts(session, run)
    job, number = _asked(session, run, key)
    left, left_text = _failed_one(run, job, number, texts)
    going(-1)
    right, right_text = _other_one(run, job, left, texts)
    going(-1)
    if left_text.redacted != right_text.redacted:
        # What stands in the record has its secrets replaced: so must the other, or each of them were a difference.
        left_text, right_text = redacted(left_text, session.redactor), redacted(right_text, session.redactor)
    laid = side_by_side(left_text.data, right_text.data, _names(left[0]), _names(right[0]), going=going)
    nodes = _nodes(session.workdir, run, left[0].rule)
    outcomes = [attempt.outcome for each in run.jobs if each.rule == left[0].rule for attempt in each.attempts]
    return Contrast(
        rule=left[0].rule,
        left=_side(session.workdir, run, left, left_text, nodes),
        right=_side(session.workdir, run, right, right_text, nodes),
        laid=laid,
        associations=associations(run, left[0].rule, nodes),
        failures=outcomes.count("failed"),
        passes=outcomes.count("succeeded"),
    )


def as_note(found: Contrast) -> str:
    """The comparison as a note: who against whom, the first lines that differ, and what went with the failures."""
    left, right, laid = found.left, found.right, found.laid
    told = [f"{left.name} ({left.outcome}) against {right.name} ({right.outcome}), compared line by line."]
    if laid.first is None:
        told.append("But for times, names and places the two logs say the same.")
    else:
        row = laid.row(laid.first)
        what = "differ, in figures only," if laid.only_figures else "first differ"
        told.append(f"The logs {what} at line {_number(row.left)} on the left, {_number(row.right)} on the right.")
        rows = [laid.row(at) for at in range(laid.first, min(laid.rows, laid.first + NOTED_LINES))]
        told += [f"left: {_shown(laid.left[row.left])}" for row in rows if row.left is not None]
        told += [f"right: {_shown(laid.right[row.right])}" for row in rows if row.right is not None]
    told += [f"An association, not a cause: {one.text}." for one in found.associations]
    return "\n".join(told)


# -- which job, which attempts -------------------------------------------------------------------------------------


def _asked(session: View, run: Run, key: str) -> tuple[Job, int | None]:
    """The job that a row belongs to, and the attempt when the row is one attempt's."""
    kind, _, rest = key.partition(":")
    if kind == "kept" and (item := session.incident.item(int(rest))) is not None:
        event = item.event
        if isinstance(event, AttemptKept):
            for job in run.jobs:
                if event.run == run.log and job.jobid == event.jobid:
                    return job, event.attempt
            raise Refused("this attempt is of an earlier run: watch that one, and then it can be compared")
    if kind == "job":
        for job in run.jobs:
            if job.jobid == int(rest):
                return job, None
    if kind == "file":
        writers = [job for job in run.jobs if any(str(session.workdir / log) == rest for log in job.logs)]
        if writers:
            return max(writers, key=lambda job: any(attempt.outcome == "failed" for attempt in job.attempts)), None
    raise Refused("this is no job's log: failed against passed compares the logs of jobs")


def _failed_one(run: Run, job: Job, number: int | None, texts: Texts) -> tuple[Tried, Text]:
    own = [(job, attempt) for attempt in reversed(job.attempts) if attempt.outcome == "failed"]
    own.sort(key=lambda one: one[1].number != number)
    others = [(each, attempt) for each in run.jobs for attempt in each.attempts if attempt.outcome == "failed"]
    tried = own or _nearest(job, (one for one in others if one[0].rule == job.rule))
    if not tried:
        raise Refused(f"no attempt of {job.rule} has failed in this run: there is nothing to compare with")
    for one in tried[:LOOKED_AT]:
        if (text := texts.of(one)) is not None:
            return one, text
    raise Refused(texts.why_not(tried[0]))


def _other_one(run: Run, job: Job, left: Tried, texts: Texts) -> tuple[Tried, Text]:
    """What the failed one is laid beside: the same job that passed, another that did, another failure, what goes on."""
    of_rule = [each for each in run.jobs if each.rule == left[0].rule]
    first = [job] if job is not left[0] else []
    for outcome in ("succeeded", "failed", "running", "interrupted"):
        tried = [
            (each, attempt)
            for each in (*first, left[0], *of_rule)
            for attempt in each.attempts
            if attempt.outcome == outcome and attempt is not left[1]
        ]
        own = [one for one in tried if one[0] in (*first, left[0])]
        for one in (*own, *_nearest(left[0], tried)[:LOOKED_AT]):
            if (text := texts.of(one)) is not None and text.source != texts.source_of(left):
                return one, text
    raise Refused(f"no other attempt of {left[0].rule} has left a log to compare {job_label(left[0])} with")


def _nearest(job: Job, tried: Iterable[Tried]) -> list[Tried]:
    """Those that share most wildcards with the job first; of these, those that began nearest to it."""
    began = job.attempts[-1].started or 0.0

    def distance(one: Tried) -> tuple[int, float, int]:
        shared = sum(one[0].wildcards.get(name) == value for name, value in job.wildcards.items())
        return -shared, abs((one[1].started or 0.0) - began), one[0].jobid

    return sorted(tried, key=distance)


def _names(job: Job) -> tuple[str, ...]:
    """What a log calls its job by: of two jobs of a rule, these stand for each other."""
    return tuple(job.wildcards.values())


# -- what is known of a side ---------------------------------------------------------------------------------------


def _side(workdir: Path, run: Run, one: Tried, text: Text, nodes: dict[tuple[int, int], str]) -> Side:
    job, attempt = one
    kept = text.kept
    exit_code = attempt.exit_code if attempt.exit_code is not None else kept.exit_code if kept is not None else None
    return Side(
        job=job_label(job),
        attempt=attempt.number,
        of=len(job.attempts),
        outcome=attempt.outcome,
        source=text.source,
        remark=text.remark,
        started=attempt.started,
        ended=attempt.ended,
        exit_code=0 if attempt.outcome == "succeeded" else exit_code,
        node=run.host if job.external_id is None else nodes.get((job.jobid, attempt.number)),
        benchmark=_benchmark(workdir, job) if attempt.outcome == "succeeded" else None,
        memory_available=kept.memory_available if kept is not None else None,
        meanwhile=meanwhile(run, job, attempt),
    )


def _benchmark(workdir: Path, job: Job) -> Benchmark | None:
    """The last repeat's figures; None when there are none to read."""
    if not job.benchmark or "\0" in job.benchmark:
        return None
    try:
        rows = read_benchmark(workdir / job.benchmark)
    except InputError:
        return None
    return rows[-1] if rows else None


def _nodes(workdir: Path, run: Run, rule: str) -> dict[tuple[int, int], str]:
    """Where the last attempts of a rule's cluster jobs ran, as far as their logs begin with it."""
    jobs = (job for job in run.jobs if job.rule == rule and job.external_id is not None and job.attempts)
    return {(job.jobid, job.attempts[-1].number): host for job in islice(jobs, HEADS) for host in _hosts(workdir, job)}


def _hosts(workdir: Path, job: Job) -> Iterator[str]:
    for log in job.logs:
        try:
            if not (workdir / log).is_file():
                continue
            with (workdir / log).open("rb") as file:
                found = _HOST.search(file.read(HEAD))
        except (OSError, ValueError):
            continue
        if found is not None:
            yield found[1].decode("ascii", "replace")


def _number(line: int | None) -> str:
    return f"{line + 1:,}" if line is not None else "none"


def _shown(line: bytes) -> str:
    text = line[: 4 * NOTED_COLUMNS].decode("utf-8", "replace")
    text = "".join(character if character.isprintable() else "�" for character in text)
    return text if len(text) <= NOTED_COLUMNS else text[: NOTED_COLUMNS - 1] + "…"
