"""What would stay open if the incident were closed now?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from incident_console.session.standing import unexplained

if TYPE_CHECKING:
    from incident_console.record.incident import Incident
    from incident_console.runbook import ladder

NAMED = 3


def still_open(incident: Incident, marks: Iterable[ladder.Mark], run_is_live: bool) -> tuple[str, ...]:
    """Sentences, what matters most first; empty when nothing is left."""
    return tuple(_open(incident, marks, run_is_live))


def _open(incident: Incident, marks: Iterable[ladder.Mark], run_is_live: bool) -> Iterator[str]:
    run = incident.run
    if run_is_live and run is not None:
        yield f"The run {run.event.log} is still going on."
    if running := incident.running_evidence:
        yield f"Evidence is still being captured: {_some(each.event.item for each in running)}."
    if waiting := incident.waiting:
        yield f"No answer yet to escalation {_some(f'{each.number} ({each.event.to})' for each in waiting)}."
    if actions := [action.text for action in incident.actions.values() if action.open]:
        yield f"The result is not told of: {_some(actions)}."
    if edits := unexplained(incident):
        paths = dict.fromkeys(incident.edits[seq].event.path for seq in edits)
        yield f"Nobody said why this was edited: {_some(paths)}."
    if incident.state.startswith("handed off"):
        yield f"It is {incident.state}, who has not accepted it yet."
    marks = tuple(marks)
    if left := [str(mark.number) for mark in marks if mark.state in ("open", "entered")]:
        yield f"{_rungs(left)} still open."
    if never := [str(mark.number) for mark in marks if mark.state == "untouched"]:
        yield f"{_rungs(never, 'was', 'were')} never entered."


def _rungs(numbers: list[str], one: str = "is", several: str = "are") -> str:
    return f"Rung {numbers[0]} {one}" if len(numbers) == 1 else f"Rungs {', '.join(numbers)} {several}"


def _some(texts: Iterable[str]) -> str:
    found = [text if len(text) <= 60 else text[:59] + "…" for text in texts]
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return "; ".join(found[:NAMED]) + more
