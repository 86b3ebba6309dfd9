"""What is told in passing, as a message at the side: what happened to the run, and what was put in the record."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.events import AttemptKept, EditObserved, Recorded
from incident_console.record.incident import Incident
from incident_console.record.store import records_dir
from incident_console.session.core import Session, unexplained
from incident_console.session.live import Picture
from incident_console.tui.words import parsed

if TYPE_CHECKING:
    from incident_console.tui.desk import Desk


def of_run(desk: Desk, before: Picture, now: Picture) -> None:
    """The run that is watched is another one, or stands otherwise than before."""
    was, run = before.run, now.run
    if run is None or was is None:
        return
    if was.log != run.log:
        text = f"Now watching {Path(run.log).name}; what was captured before belongs to the run before."
        desk.tell(text, "another run", seconds=10)
    elif was.status != run.status:
        ended_badly = run.status in ("failed", "interrupted")
        desk.tell(now.headline, f"the run: {run.status}", "error" if ended_badly else "information", seconds=10)
    if now.other_run and now.other_run != before.other_run:
        desk.tell(f"{Path(now.other_run).name} began; r watches it.", "another run", "warning", seconds=10)


def of_event(desk: Desk, recorded: Recorded, since: datetime) -> None:
    """Something was put in the record that nobody asked for. `since`: when the console was opened."""
    event = recorded.event
    if isinstance(event, AttemptKept):
        if (parsed(event.occurred_at) or since) < since:
            return  # what happened before is in the facts; a storm of messages helps nobody
        whose = f"{event.rule} {' '.join(event.wildcards.values())} attempt {event.attempt} failed"
        if event.sha256:
            desk.tell(f"{whose}; its log is kept", "attempt kept")
        else:
            desk.tell(f"{whose}: {event.missing or ''}", "not kept", "warning")
    elif isinstance(event, EditObserved) and not event.gate_open:
        desk.tell(f"{event.path} was edited before the gate is open. y says why.", "edit seen", "warning")


def notices(incident: Incident, picture: Picture, not_saved: str) -> tuple[str, ...]:
    """What stays on the first screen until it is dealt with."""
    told = [f"NOT SAVED: {not_saved}"] if not_saved else []
    told += picture.notices
    if waiting := len(unexplained(incident)):
        times = "once" if waiting == 1 else f"{waiting} times"
        told.append(f"The workflow was edited {times} before the gate was open: y says why.")
    if picture.other_run:
        told.append(f"Another run began: {Path(picture.other_run).name}. r watches it.")
    return tuple(told)


def parting(session: Session) -> str:
    """What is said on leaving: that all is saved, where, and how to go on."""
    where = session.record.path.parent
    elsewhere = "" if where == records_dir(os.environ) else f" --records {shlex.quote(str(where))}"
    return f"All is saved in {session.record.path}\nGo on with: {_program()} resume {session.id}{elsewhere}"


def _program() -> str:
    """How this console can be called again: by its name where that is on PATH, else as it was called."""
    name = Path(sys.argv[0]).name
    return name if shutil.which(name) else shlex.quote(sys.argv[0])
