"""What happened meanwhile, each as one line: to the run, to the record, to what could not be saved, to the pen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from incident_console.events import ActionTaken, AttemptKept, EditObserved, Event
from incident_console.record.clock import moment
from incident_console.record.seen import how_changed
from incident_console.session.holding import Held
from incident_console.session.parting import entries
from incident_console.session.picture import Picture


def of_run(before: Picture, now: Picture) -> Iterator[str]:
    """The run that is watched is another one, or stands otherwise than before."""
    was, run = before.run, now.run
    if run is None or was is None:
        if run is not None and before.looked:
            yield f"A run is seen: {Path(run.log).name}; {now.headline}."
    elif was.log != run.log:
        yield f"Now watching {Path(run.log).name}; what was captured before belongs to the run before."
    elif was.status != run.status:
        yield f"The run: {run.status}. {now.headline}."
    if now.other_run and now.other_run != before.other_run:
        yield f"{Path(now.other_run).name} began; watch chooses it."


def of_event(event: Event, since: datetime) -> str:
    """Something was put in the record that nobody asked for; empty where somebody did. `since`: when it was opened."""
    if isinstance(event, AttemptKept):
        if (moment(event.occurred_at) or since) < since:
            return ""  # what happened before is in the facts
        whose = f"{event.rule} {' '.join(event.wildcards.values())} attempt {event.attempt} failed"
        return f"{whose}; its log is kept." if event.sha256 else f"{whose}; its log is not kept: {event.missing or ''}"
    if isinstance(event, EditObserved):
        how = f" ({how_changed(event)})" if how_changed(event) else ""
        early = "" if event.gate_open or event.change == "layout" else " before the gate is open; explain says why"
        return f"{event.path} was edited{how}{early}."
    if isinstance(event, ActionTaken) and event.launch and event.corrects is not None:
        return f"The run that was started here: {event.result}"
    return ""


def of_held(before: Held, now: Held) -> str:
    """What waits for the disk is not what it was; empty where there is nothing new to say of it."""
    if now and not before:
        return f"NOT SAVED. {now.because} What you say is held in memory and tried again; rescue copies it elsewhere."
    if now.turned_away > before.turned_away:
        return "NOT SAVED. The memory for what is not saved is full: from now on it is lost."
    if before and not now:
        return f"Saved again: all is saved, {entries(before.count)} that had waited."
    return ""
