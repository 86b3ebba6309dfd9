"""What is shown of the run right now? One frozen picture, so that a view never sees half a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from incident_console.session.logs import LogEntry
from incident_console.snakemake.run import Run


@dataclass(frozen=True, slots=True)
class Picture:
    """What the views show. Log paths are absolute."""

    run: Run | None = None
    headline: str = ""
    symptom: str = ""
    """The symptom drafted from the facts; empty while there is none."""
    clues: Mapping[str, str] = field(default_factory=dict)
    """By rule, the line in which its failing job said why."""
    logs: tuple[LogEntry, ...] = ()
    notices: tuple[str, ...] = ()
    other_run: str | None = None
    """A run that began after the one that is watched, and that is not watched in its place by itself."""
    looked: bool = False
    """Whether the search for a run has been made at all."""
