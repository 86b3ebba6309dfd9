"""What was not looked at? Said by the record itself, so that a receiver takes nothing unexamined for examined."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from incident_console.events import AttemptKept, EvidenceCaptured, EvidenceFailed, EvidenceOutline
from incident_console.record.seen import RungState

if TYPE_CHECKING:
    from incident_console.record.known import Known


def gaps(incident: "Known") -> tuple[str, ...]:
    """Sentences in the order of the ladder, then what evidence is incomplete."""
    return (*_rungs(incident), *_incomplete(incident))


def _rungs(incident: "Known") -> Iterator[str]:
    failed = {item.event.item: item.event for item in incident.evidence if isinstance(item.event, EvidenceFailed)}
    for state in incident.rungs.values():
        if state.role == "prove" and not (incident.decision or state.entered_at or state.closed or state.answers):
            continue  # before anything is decided there is nothing that could be proved
        if state.waived is not None:
            yield f"Rung {state.named} was waived: {state.waived}"
        elif not (state.entered_at or state.closed or state.answers):
            yield f"Rung {state.named} was never entered."
        elif not (state.closed or state.answers):
            yield f"Rung {state.named} was entered, and nothing was answered."
        for outline in state.outline.evidence if state.outline else ():
            if outline.id in incident.captured:
                continue
            if fault := failed.get(outline.id):
                yield f"{_named(state, outline)} was tried and not captured: {fault.reason}"
            elif instead := _instead(incident, state, outline.id):
                yield f"{_named(state, outline)} was not captured; {instead}, which is enough there, was given."
            else:
                yield f"{_named(state, outline)} was never captured."
        for name, answer in state.answers.items():
            if not answer.known:
                yield f"Rung {state.named}: {state.prompt(name)} The answer is unknown."


def _instead(incident: "Known", state: RungState, id: str) -> str | None:
    """What was given instead of this evidence, where the runbook needs only one of several."""
    given = {*incident.captured, *(name for name, answer in state.answers.items() if answer.text.strip())}
    for need in state.outline.needs if state.outline else ():
        ids = [each.strip() for each in need.split("|")]
        if id in ids:
            return next((_titled(state, each) for each in ids if each in given), None)
    return None


def _titled(state: RungState, id: str) -> str:
    """Evidence by its id, an answer by its question."""
    asked = state.prompt(id)
    return f'the answer to "{asked}"' if asked != id else id


def _named(state: RungState, outline: EvidenceOutline) -> str:
    return f"Evidence {outline.id} of rung {state.named} ({outline.surface}: {outline.question})"


def _incomplete(incident: "Known") -> Iterator[str]:
    for running in incident.running_evidence:
        yield f"Evidence {running.event.item}, started {running.event.started_at}: no end is recorded."
    latest = {item.event.item: item.seq for item in incident.evidence if isinstance(item.event, EvidenceCaptured)}
    for item in incident.evidence:
        match item.event:
            case AttemptKept(complete=False) as event:
                yield f"{item.name} was not kept whole: {event.missing or 'what is missing is unknown'}"
            case EvidenceCaptured(exit_code=int(code)) as event if code and latest[event.item] == item.seq:
                yield f"Evidence {event.item} (event {item.seq}): its command failed, exit {code}; it answers nothing."
            case EvidenceCaptured(truncated=cut) as event if cut:
                yield f"Evidence {event.item} (event {item.seq}) was cut: {cut} bytes were left out."
