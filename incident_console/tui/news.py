"""What is told in passing, as a message at the side: what happened to the run, and what was put in the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.events import UNKNOWN, ActionTaken, AttemptKept, EditObserved, NoteAdded, Recorded
from incident_console.record.due import due_shown
from incident_console.record.restoring import TOLD as DELETED
from incident_console.record.seen import Escalation, how_changed
from incident_console.session import parting as parting_words
from incident_console.session.core import unexplained
from incident_console.session.reviewing import FREE, BundleReview, Review
from incident_console.tui.words import parsed

if TYPE_CHECKING:
    from incident_console.record.incident import Incident
    from incident_console.session.picture import Picture
    from incident_console.session.view import View
    from incident_console.snakemake.run import Run
    from incident_console.tui.desk import Desk
    from incident_console.tui.livekeys import Key
    from incident_console.tui.notify import Severity


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
        kind = "run-failed" if ended_badly else "" if run.status == "running" else "run-ended"
        grave: Severity = "error" if ended_badly else "information"
        told = now.headline.partition(" · ")[2] or now.headline  # how it stands is the message's own head
        desk.tell(told, f"the run: {run.status}", grave, seconds=10, kind=kind)
    if now.other_run and now.other_run != before.other_run:
        desk.tell(
            f"{Path(now.other_run).name} began; {desk.key('app.run')} watches it.", "another run", "warning", seconds=10
        )


def of_record(desk: Desk, before: Picture, now: Picture) -> None:
    """The record is not where it was; that it was written anew is an event, and told as one."""
    if now.record_gone and now.record_gone != before.record_gone:
        desk.tell(now.record_gone, "the record is gone", "error", 30)


def of_pen(desk: Desk, review: Review, before: Picture) -> None:
    """Whoever wrote the record that is read here has left it."""
    if review.is_free and before.looked and not isinstance(review, BundleReview):
        desk.tell(
            f"{FREE}: {desk.key('app.take-pen')} takes the pen, and you go on where it was left.",
            "the pen is free",
            seconds=15,
        )


def of_event(desk: Desk, recorded: Recorded, since: datetime) -> None:
    """Something was put in the record that nobody asked for. `since`: when the console was opened."""
    event = recorded.event
    if isinstance(event, AttemptKept):
        if (parsed(event.occurred_at) or since) < since:
            return  # what happened before is in the facts; a storm of messages helps nobody
        whose = f"{event.rule} {' '.join(event.wildcards.values())} attempt {event.attempt} failed"
        if event.sha256:
            desk.tell(f"{whose}; its log is kept", "attempt kept", kind="retry")
        else:
            desk.tell(f"{whose}: {event.missing or ''}", "not kept", "warning", kind="retry")
    elif isinstance(event, EditObserved) and event.change == "layout":
        desk.tell(f"{event.path} was edited: {how_changed(event)}.", "edit seen", kind="edit")
    elif isinstance(event, EditObserved) and not event.gate_open:
        how = f" ({how_changed(event)})" if event.change != "content" else ""
        desk.tell(
            f"{event.path} was edited{how} before the gate is open. {desk.key('app.explain')} says why.",
            "edit seen",
            "warning",
            kind="edit",
        )
    elif isinstance(event, NoteAdded) and event.text.startswith(DELETED):
        desk.tell(event.text, "the record was deleted", "error", 30)
    elif isinstance(event, ActionTaken) and event.launch and event.corrects is not None:
        well = event.result.startswith("ended with exit 0 ")
        grave: Severity = "information" if well else "error"
        kind = "run-ended" if well else "run-failed"
        desk.tell(event.result, "the run that was started here", grave, seconds=10, kind=kind)


def parting(session: View, ended: Sequence[str] = (), run: Run | None = None) -> str:
    """What is said on leaving. `ended`: evidence commands that were cut short by it; `run`: what was watched."""
    told = [parting_words.parting(session)]
    if ended:
        what = "command was" if len(ended) == 1 else "commands were"
        told.append(f"{len(ended)} evidence {what} ended and recorded as cancelled: {', '.join(ended)}")
    if run is not None and run.status == "running":
        told.append("The run goes on: leaving the console ends nothing of it.")
    return "\n".join(told)


def resumed(id: str, cut_off: tuple[str, ...], drafts: tuple[str, ...]) -> str:
    """What waits for whoever goes on: commands that were cut, by item, and drafts, by what was asked."""
    told = [f"{id} goes on where it was left."]
    if drafts:
        told.append(f"What was typed and not taken waits as a draft: {', '.join(drafts)}.")
    if cut_off:
        told.append(f"Cut off when the console ended, capture it again: {', '.join(dict.fromkeys(cut_off))}.")
    return " ".join(told)


def notices(incident: Incident, picture: Picture, not_saved: str, key: Key, now: datetime) -> tuple[str, ...]:
    """What stays on the first screen until it is dealt with."""
    told = [f"NOT SAVED: {not_saved}"] if not_saved else []
    told += [picture.record_gone] if picture.record_gone else []
    told += picture.notices
    if waiting := len(unexplained(incident)):
        times = "once" if waiting == 1 else f"{waiting} times"
        told.append(f"The workflow was edited {times} before the gate was open: {key('app.explain')} says why.")
    if incident.closed is None:
        told += (_awaited(each, key("app.escalate"), now) for each in incident.waiting)
    if picture.other_run:
        told.append(f"Another run began: {Path(picture.other_run).name}. {key('app.run')} watches it.")
    if _symptom_is_older(incident, picture):
        told.append(f"The symptom was told before the run failed: {key('facts.open')} on the draft takes the new one.")
    return tuple(told)


def _awaited(raised: Escalation, tells: str, now: datetime) -> str:
    known = [] if raised.event.owner == UNKNOWN else [raised.event.owner]
    known += [] if raised.event.due == UNKNOWN else [f"due {due_shown(raised.event.due, now)}"]
    whose = f" ({', '.join(known)})" if known else ""
    return f"Escalation {raised.number} to {raised.event.to}{whose} has no answer yet: {tells} tells it."


def _symptom_is_older(incident: Incident, picture: Picture) -> bool:
    """Whether the run ended badly after somebody had told the symptom, and would now be told otherwise."""
    seen, run = incident.run, picture.run
    if not picture.symptom or run is None or seen is None or seen.event.log != run.log:
        return False
    if run.status not in ("failed", "interrupted") or seen.event.status != run.status:
        return False
    answers = [
        state.answers[name]
        for state in incident.rungs.values()
        for name in ("sentence", "symptom")
        if state.role == "symptom" and name in state.answers
    ]
    return any(answer.seq < seen.seq and answer.text.strip() != picture.symptom for answer in answers)


def ended(incident: Incident) -> str:
    """That the incident was closed, handed off or taken over, in two or three words; empty when none of these."""
    if incident.state != "open":
        return "■ closed" if incident.closed is not None else incident.state
    return f"taken over by {incident.accepted[-1].event.as_}" if incident.accepted else ""
