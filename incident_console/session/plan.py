"""What was the console asked to open? What that takes is imported when it is done: the facts of the run come first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incident_console.record.summaries import Summary
    from incident_console.session.core import Session
    from incident_console.session.reviewing import Review
    from incident_console.session.who import Who


@dataclass(frozen=True, slots=True)
class Plan:
    """What the console was asked to open."""

    who: Who
    workdir: Path
    runbook: str | None = None
    """A shipped id or a path; None: what fits the folder."""
    log: Path | None = None
    globs: tuple[str, ...] = ()
    context: str = "local"
    resume: Path | None = None
    """The record to take up again, when one was named."""
    command: tuple[str, ...] = ()
    """A run to start, detached, once the incident is open."""
    sources: tuple[tuple[str, ...], ...] = ()
    """Commands whose output is followed beside the logs."""
    no_redact: str = ""
    """Why no secret is to be replaced in what is recorded."""
    moved: Path | None = None
    """Where the workflow is now, where somebody said that it is not where the record has it."""
    said: str | None = None
    """The runbook as it was named on the command line: one that goes on has its own, as it was frozen."""
    reported: str = ""
    """What somebody told the operator; it is noted when the incident begins."""
    reported_by: str = ""
    """What tells the console of it."""
    bundle: Path | None = None
    """A bundle to be reviewed; everything else is then left aside."""

    def check(self) -> None:
        """What can be refused before anything is done. Raises UsageError, Refused."""
        if self.command:
            from incident_console.session import launch

            launch.check(self.command, self.workdir)
            launch.refuse_second(launch.runs_folder(self.who.records), self.workdir)

    def candidates(self) -> tuple[Summary, ...]:
        """Open incidents that could be taken up again instead of beginning a new one.

        Those of this folder, then those of a folder that is gone and whose run logs are here; see `offered`.
        """
        if self.resume is not None or self.bundle is not None:
            return ()
        from incident_console.record.summaries import summaries
        from incident_console.session.elsewhere import begun_elsewhere
        from incident_console.session.who import open_among

        found = summaries(self.who.records).found
        return (*open_among(self.workdir, found), *begun_elsewhere(self.workdir, found))

    def offered(self, found: Sequence[Summary]) -> tuple[str, dict[str, str]]:
        """Of candidates: what is asked, and by record path what is said of each."""
        from incident_console.evidence.names import shown
        from incident_console.record.text import clock_time

        here, told = shown(self.workdir.resolve()), {}
        for one in found:
            moved = f"; its run logs are here, its folder is gone: {one.workdir}" if one.workdir != here else ""
            stands = "" if one.state == "open" else f", {one.state}"
            told[str(one.path)] = f"go on with {one.id}, opened {clock_time(one.opened_at)}{stands}{moved}"
        if any(one.workdir == here for one in found):
            return "An incident is open on this workflow. Go on with it?", told
        return "An incident was begun on this workflow before it was moved. Go on with it here?", told

    def set_aside(self, session: Session) -> str:
        """That the runbook which was named is not the one that this incident froze; empty where it is."""
        from incident_console.session import opening

        return opening.set_aside(self, session)

    def begin(self, resume: Path | None = None) -> Session | Review:
        """As `opening.begin`, with what it raises."""
        from incident_console.session import opening

        return opening.begin(self, resume)
