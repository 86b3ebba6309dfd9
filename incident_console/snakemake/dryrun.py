"""What does the workflow want to do, and why? Reads what `snakemake -n` prints, with and without `-p` and `--quiet`.

A dry run prints the job blocks of a run log (7 to 9), so the run log's reader reads it, and what a job's command
imitates is no job. Nothing raises for what the text holds, and what is kept is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from incident_console.snakemake import fields
from incident_console.snakemake.logevents import (
    FaultDetail,
    HeaderFact,
    JobStarted,
    JobStats,
    LogEvent,
    NothingToDo,
    WorkflowFault,
)
from incident_console.snakemake.reader import Reader
from incident_console.snakemake.reasons import deciding, summed, words_of

JOBS = 20_000
"""Planned jobs that are kept one by one; all are counted."""
PIECE = 1 << 20
_OUTPUTS = 50
_SAMPLES = 6
_RULES = 2000
_INCOMPLETE = 1000
_REASON = 600
_LINE = 4096


_CUT = re.compile(rb"\[\.\.\. \d+ bytes left out here \.\.\.\]$")
_LAST = b"This was a dry-run (flag -n)"
_UNRECORDED = re.compile(rb"(\d{1,9}) jobs? ha(?:s|ve) missing provenance/metadata")


@dataclass(frozen=True, slots=True)
class PlannedJob:
    jobid: int
    rule: str
    """Empty for a rule with a `message:`, whose block does not name it."""
    wildcards: Mapping[str, str]
    output: tuple[str, ...]
    reason: str
    """As printed, cut."""
    why: str
    """The name of the class that decides."""

    @property
    def label(self) -> str:
        """`align B`"""
        return " ".join((self.rule or f"job {self.jobid}", *self.wildcards.values()))


@dataclass(frozen=True, slots=True)
class Why:
    """One class of reasons. Every job stands under one: the class that decides."""

    name: str
    words: str
    jobs: int | None
    """None: with `--quiet` only rules are told, and a rule may stand under several."""
    rules: tuple[tuple[str, int], ...]
    """By rule, the jobs; 0 where only the rule is told. Most first."""
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DryRun:
    version: str | None
    total: int
    """Jobs, as the table says; as counted where there is none."""
    rules: tuple[tuple[str, int], ...]
    """Jobs by rule, most first."""
    why: tuple[Why, ...]
    """Most jobs first; `upstream`, which only follows from the others, after them."""
    jobs: tuple[PlannedJob, ...]
    seen: int
    """Jobs of which a block was read; fewer than `total` when it was cut off or quiet."""
    nothing: bool
    ended: bool
    """Whether the sentence was seen that ends every dry run that plans something."""
    locked: bool
    fault: str
    """Why it could not plan, as an exception's name and first line; empty when it could."""
    fault_kind: str
    """In the contracts' words (`incomplete-files`, `locked`, …); empty when it could plan."""
    incomplete: tuple[str, ...]
    """The outputs that it will not go past."""
    checkpoints: tuple[str, ...]
    """Checkpoints that are planned: the jobs behind them cannot be listed before they have run."""
    unrecorded: int
    """Jobs without a record of how their output was made, whose changes cannot trigger anything."""
    cut: bool
    """Whether the middle of the output was not kept."""

    @property
    def planned(self) -> bool:
        """Whether it is a plan at all."""
        return self.nothing or self.total > 0

    def line(self, running: int = 0) -> str:
        """`7 jobs: 4 code changed, 3 updated upstream`. `running`: so many of them were running when it was asked."""
        if self.nothing:
            return "nothing to be done"
        if not self.total:
            return f"no plan: {self.fault}" if self.fault else "no plan"
        jobs = f"{self.total} job{'' if self.total == 1 else 's'}"
        if running:
            jobs += f", {running} of them running then"
        why = ", ".join(f"{one.jobs} {one.words}" if one.jobs is not None else one.words for one in self.why)
        return f"{jobs}: {why}" if why else f"{jobs}; the reasons are not told"


def read_dry_run(pieces: Iterable[bytes]) -> DryRun:
    """The plan that the text tells of. Never raises for what it holds."""
    fold = _Fold()
    for piece in pieces:
        for at in range(0, len(piece), PIECE):
            fold.feed(piece[at : at + PIECE])
    return fold.done()


class _Fold:
    def __init__(self) -> None:
        self._reader = Reader()
        self._end = _End()
        self._version: str | None = None
        self._stats: JobStats | None = None
        self._jobs: list[PlannedJob] = []
        self._seen: set[int] = set()
        self._counts: dict[str, dict[str, int]] = {}
        self._samples: dict[str, list[str]] = {}
        self._nothing = self._locked = False
        self._fault = self._kind = ""
        self._incomplete: list[str] = []
        self._checkpoints: list[str] = []

    def feed(self, data: bytes) -> None:
        for event in self._reader.feed(data):
            self._apply(event)
        self._end.feed(data)

    def _apply(self, event: LogEvent) -> None:
        match event:
            case HeaderFact(name="snakemake version"):
                self._version = self._version or event.value[:40]
            case JobStats():
                self._stats = event
            case JobStarted():
                self._job(event)
            case NothingToDo():
                self._nothing = True
            case WorkflowFault(kind="locked", name="Error"):
                # It says so and goes on: with --nolock, or without a plan of its own to lock.
                self._locked = True
            case WorkflowFault() if not self._seen:
                self._fault, self._kind = f"{event.name}: {event.message}"[:_REASON], event.kind
            case FaultDetail() if self._kind == "incomplete-files" and len(self._incomplete) < _INCOMPLETE:
                self._incomplete.append(event.text)
            case _:
                pass

    def _job(self, event: JobStarted) -> None:
        if event.jobid in self._seen:
            return
        self._seen.add(event.jobid)
        reason = event.reason
        why = deciding(reason)
        job = PlannedJob(event.jobid, event.rule, event.wildcards, event.output[:_OUTPUTS], reason[:_REASON], why)
        if len(self._jobs) < JOBS:
            self._jobs.append(job)
        if event.checkpoint and len(self._checkpoints) < _RULES:
            self._checkpoints.append(job.label)
        rules = self._counts.setdefault(why, {})
        if event.rule in rules or len(rules) < _RULES:
            rules[event.rule] = rules.get(event.rule, 0) + 1
        samples = self._samples.setdefault(why, [])
        if len(samples) < _SAMPLES:
            samples.append(job.label)

    def done(self) -> DryRun:
        for event in self._reader.close():
            self._apply(event)
        self._end.close()
        counted: dict[str, int] = {}
        for rules in self._counts.values():
            for rule, count in rules.items():
                counted[rule] = counted.get(rule, 0) + count
        told = dict(self._stats.counts) if self._stats is not None else counted
        total = max(self._stats.total, 0) if self._stats is not None else len(self._seen)
        return DryRun(
            version=self._version,
            total=total,
            rules=_most_first(told),
            why=self._why() if self._counts else self._end.why(),
            jobs=tuple(self._jobs),
            seen=len(self._seen),
            nothing=self._nothing and not total,
            ended=self._end.ended,
            locked=self._locked,
            fault="" if total else self._fault,
            fault_kind="" if total else self._kind,
            incomplete=_files(self._incomplete),
            checkpoints=tuple(self._checkpoints),
            unrecorded=self._end.unrecorded,
            cut=self._end.cut,
        )

    def _why(self) -> tuple[Why, ...]:
        found = [
            Why(name, words_of(name), sum(rules.values()), _most_first(rules), tuple(self._samples[name]))
            for name, rules in self._counts.items()
        ]
        return tuple(sorted(found, key=lambda one: (one.name == "upstream", -(one.jobs or 0), one.name)))


class _End:
    """What stands behind the blocks: rules by reason, and remarks. The last one read holds, as a command may imitate
    it before that."""

    def __init__(self) -> None:
        self.ended = self.cut = False
        self.unrecorded = 0
        self._kept = b""
        self._reasons: dict[str, tuple[str, ...]] = {}
        self._in_reasons = False
        self._name = ""

    def feed(self, data: bytes) -> None:
        first, *more = data.split(b"\n")
        self._kept += first[: max(0, _LINE - len(self._kept))]
        for line in more:
            self._line(fields.plain(self._kept).rstrip(b"\r"))
            self._kept = line[:_LINE]

    def close(self) -> None:
        self._line(fields.plain(self._kept).rstrip(b"\r"))
        self._kept = b""

    def _line(self, line: bytes) -> None:
        if line == b"Reasons:":
            self._reasons, self._in_reasons, self._name = {}, True, ""
        elif self._in_reasons and line.startswith(b"        ") and self._name:
            rules = tuple(name.strip() for name in fields.text(line).split(","))
            self._reasons[self._name] = (*self._reasons.get(self._name, ()), *rules)[:_RULES]
        elif self._in_reasons and line.startswith(b"    "):
            words = fields.text(line).strip().removesuffix(":")
            self._name = "" if words.startswith("(") else summed(words)
        else:
            self._in_reasons = False
            if line.startswith(_LAST):
                self.ended = True
            elif found := _UNRECORDED.match(line):
                self.unrecorded = int(found[1])
            elif _CUT.match(line):
                self.cut = True

    def why(self) -> tuple[Why, ...]:
        found = [
            Why(name, words_of(name), None, tuple((rule, 0) for rule in rules), ())
            for name, rules in self._reasons.items()
        ]
        return tuple(sorted(found, key=lambda one: (one.name == "upstream", -len(one.rules), one.name)))


def _files(details: list[str]) -> tuple[str, ...]:
    """What stands below `Incomplete files:`."""
    if "Incomplete files:" not in details:
        return ()
    return tuple(details[details.index("Incomplete files:") + 1 :])


def _most_first(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
