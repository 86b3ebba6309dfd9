"""What may a rule of suspicion look at, and what does one look like?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from incident_console.snakemake.causes import Failure, Source
from incident_console.snakemake.cost import Cost
from incident_console.snakemake.discovery import OddSample
from incident_console.snakemake.flakiness import Flaky
from incident_console.snakemake.history import History
from incident_console.snakemake.jobs import Job
from incident_console.snakemake.measured import Measured
from incident_console.snakemake.published import Mismatch
from incident_console.snakemake.run import Run
from incident_console.snakemake.suspects.natures import nature_of
from incident_console.snakemake.trace import Start, Trace

IncidentClass = Literal[
    "workflow-semantics", "operating-context", "storage-visibility", "tool-behavior", "publish-boundary"
]
CLASSES: tuple[IncidentClass, ...] = (
    "workflow-semantics",
    "operating-context",
    "storage-visibility",
    "tool-behavior",
    "publish-boundary",
)


REASON = " — "
"""Stands between what is seen and the reason of its rule."""
_OF_JOBS = frozenset({"nonzero-exit", "killed", "missing-output", "disk-full"})
"""Kinds of failures that jobs have; with `--quiet rules`, when no block is written, a log does not say which job's."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that the run's own files say, read before any rule is asked."""

    workdir: Path
    run: Run
    trace: Trace
    history: History
    failures: tuple[Failure, ...]
    flaky: tuple[Flaky, ...]
    measured: Measured
    cost: Cost
    locks: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    """Published files whose checksum is another than was published with them."""
    odd_samples: tuple[OddSample, ...] = ()
    natures: Mapping[str, tuple[Failure, ...]] = field(init=False)
    """The failed attempts by their nature (see `natures`), each in the order of the log."""
    _jobs: Mapping[int, Job] = field(init=False, repr=False)
    _starts: Mapping[int, Start] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Rules look things up for each of perhaps many thousand failures.
        natures: dict[str, list[Failure]] = {}
        quiet = self.trace.started == 0
        attributed = any(one.jobid is not None for one in self.failures)
        for one in self.failures:
            # Of two that fail at once 8 may mix up the blocks: then the exception alone tells how a command ended.
            alone = quiet or (not attributed and one.exit_code is not None)
            if one.jobid is not None or (alone and one.kind in _OF_JOBS):
                natures.setdefault(nature_of(one), []).append(one)
        object.__setattr__(self, "natures", {name: tuple(found) for name, found in natures.items()})
        jobids = (brief.jobid for brief in self.run.briefs)
        object.__setattr__(self, "_jobs", dict(zip(jobids, self.run.jobs, strict=True)))
        object.__setattr__(self, "_starts", {start.jobid: start for start in reversed(self.trace.starts)})

    def job(self, jobid: int | None) -> Job | None:
        return None if jobid is None else self._jobs.get(jobid)

    def start(self, jobid: int | None) -> Start | None:
        """The first start of a job, where it is known in detail."""
        return None if jobid is None else self._starts.get(jobid)

    def of_nature(self, *names: str) -> tuple[Failure, ...]:
        return tuple(one for name in names for one in self.natures.get(name, ()))

    def in_log(self, line: int) -> Source:
        return Source(self.run.log, max(1, line))


@dataclass(frozen=True, slots=True)
class Clue:
    """One thing that is seen, with where."""

    text: str
    source: Source

    @property
    def reason(self) -> str:
        """Why it speaks for a class or against it; told with the first clue of a rule, empty with the others."""
        return self.text.rpartition(REASON)[2] if REASON in self.text else ""

    @property
    def seen(self) -> str:
        """What is seen, without the reason."""
        return self.text.rpartition(REASON)[0] or self.text


@dataclass(frozen=True, slots=True)
class Rule:
    """Speaks for a class (weight above 0) or against it (below 0) when `look` finds clues.

    A weight of 0.5 and more makes a class on its own; weaker ones are hints, and stay hints however many there are.
    """

    name: str
    incident_class: IncidentClass
    weight: float
    reason: str
    """Why what is seen speaks for the class."""
    look: Callable[[Scene], tuple[Clue, ...]]
    settled_by: str = ""
    """`{job}` stands for the job that the rule's first clue tells of."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one rule found."""

    rule: Rule
    clues: tuple[Clue, ...]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A class with what speaks for it and against it."""

    incident_class: IncidentClass
    score: float
    because: tuple[Clue, ...]
    against: tuple[Clue, ...]
    settled_by: str
    rules: tuple[str, ...]
    """The names of the rules that spoke, the strongest first."""


def first(clues: list[Clue], limit: int = 4, more: str = "more like these") -> tuple[Clue, ...]:
    """Not more clues than somebody reads; how many there are is told in the last."""
    if len(clues) <= limit:
        return tuple(clues)
    last = clues[limit - 1]
    return (*clues[: limit - 1], Clue(f"{last.text} (and {len(clues) - limit} {more})", last.source))
