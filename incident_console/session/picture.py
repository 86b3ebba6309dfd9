"""What is shown of the run right now? One frozen picture, so that a view never sees half a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incident_console.session.logs import LogEntry
    from incident_console.session.understanding import Understanding
    from incident_console.snakemake.run import Run


@dataclass(frozen=True, slots=True)
class CommandSeen:
    """A command that the console started, as it stands."""

    line: str
    status: str
    """As a run's: running, succeeded, failed; unknown where its end cannot be seen."""
    told: str
    """`since 15:20:01Z, pid 311`, or how it ended."""
    output: str
    """The path of what it prints."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What the views show. Log paths are absolute."""

    run: Run | None = None
    headline: str = ""
    """How the run stands; without one, what is told in its place."""
    symptom: str = ""
    """The symptom drafted from the facts; empty while there is none."""
    clues: tuple[str, ...] = ()
    """Of the run's failures, in their order: the line in which the failing job said why. Empty where none is known."""
    known: Understanding | None = None
    """What the run's evidence says, all together; it comes a moment later than the run. None: not of this run yet."""
    logs: tuple[LogEntry, ...] = ()
    notices: tuple[str, ...] = ()
    news: tuple[str, ...] = ()
    """Sentences that nobody needs to mind: how a run that was started here ended well."""
    started: CommandSeen | None = None
    """How the newest command stands that the console started; None where it started none."""
    other_run: str | None = None
    """A run that began after the one that is watched, and that is not watched in its place by itself."""
    record_gone: str = ""
    """That the record's folder was deleted, or is not where it was, in a sentence; empty while it is there."""
    looked: bool = False
    """Whether the search for a run has been made at all."""
