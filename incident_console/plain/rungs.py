"""Where does the incident stand on its ladder, and what may be said next? Lines, made from a view and a picture."""

from __future__ import annotations

from collections.abc import Iterator

from incident_console.events import EvidenceCaptured, EvidenceFailed
from incident_console.plain.words import clock, listed, said
from incident_console.record.incident import Incident
from incident_console.record.seen import Item
from incident_console.record.text import size
from incident_console.runbook.ladder import in_brief
from incident_console.runbook.schema import EvidenceItem, Field, Rung
from incident_console.session.core import Session
from incident_console.session.escalating import to_show
from incident_console.session.picture import Picture
from incident_console.session.suggest import draft
from incident_console.session.surfaces import smallest_first
from incident_console.session.view import View

STATES = {
    "open": "open now",
    "done": "done",
    "waived": "waived",
    "entered": "begun, not completed",
    "untouched": "not begun",
}
ALWAYS = "facts, log, go NUMBER, note TEXT, help, quit"


def latest(incident: Incident, rung: Rung) -> dict[str, Item]:
    """By evidence id, what was captured for this rung last."""
    return {
        item.event.item: item
        for item in tuple(incident.evidence)
        if item.rung == rung.id and isinstance(item.event, EvidenceCaptured | EvidenceFailed)
    }


def ladder(view: View) -> Iterator[str]:
    """Every rung with its state, and the inbox."""
    marks = view.marks()
    done = sum(mark.state in ("done", "waived") for mark in marks)
    yield f"{done} of {len(marks)} rungs are done or waived."
    for mark in marks:
        yield f"Rung {mark.number}, {mark.title}: {STATES[mark.state]}."
    if missing := view.gate_missing():
        yield f"Gate: closed, an edit now is asked about; the note does not name yet: {', '.join(missing)}."
    else:
        yield "Gate: open, the workflow may be edited; the note names symptom, scope, evidence and class."
    if inbox := view.incident.inbox:
        yield f"Inbox: {len(inbox)} captured or kept and not filed; inbox names them."


def rung_told(view: View, rung: Rung, picture: Picture) -> Iterator[str]:
    """The rung in full: what it asks, its evidence in the order to look at it, its questions, what is needed."""
    mark = next(mark for mark in view.marks() if mark.id == rung.id)
    yield f"Rung {mark.number} of {len(view.runbook.rungs)}, {rung.title}: {STATES[mark.state]}."
    yield f"It asks: {rung.question}"
    if rung.help:
        yield f"Help: {' '.join(rung.help.split())}"
    rung, because = smallest_first(rung, picture)
    needed = {
        id: "needed" if len(need.ids) == 1 else "needed, this one or another"
        for need in view.missing(rung.id)
        for id in need.ids
    }
    got = latest(view.incident, rung)
    for number, item in enumerate(rung.evidence, 1):
        yield from _evidence(number, item, got.get(item.id), needed.get(item.id, "not captured, optional"), view.run)
        if number == 1 and because and item.id not in got:
            yield f"  First, because {because}."
    named = {item.id for item in rung.evidence}
    for kept in view.incident.evidence:
        if kept.rung == rung.id and not (isinstance(kept.event, EvidenceCaptured) and kept.event.item in named):
            yield f"Also here: {kept.name}, event {kept.seq}."
    state = view.incident.rungs.get(rung.id)
    for number, field in enumerate(rung.ask, 1):
        answer = state.answers.get(field.id) if state is not None else None
        drafted = "" if answer is not None else draft(rung, field, picture)
        yield from _field(number, field, answer.text if answer is not None else "", drafted)
    for _, held in to_show(view.escalations(), rung.id, view.incident):
        yield f"Escalation holds, to {held.to}: {held.because} Say escalate."
    yield to_complete(view, rung)


def _evidence(number: int, item: EvidenceItem, got: Item | None, state: str, run: str | None) -> Iterator[str]:
    how = " ".join(item.run) if item.run else f"file {item.file}" if item.file else ""
    how = how or (f"chosen by the console: {item.pick}" if item.pick else "you say what you see")
    if got is not None and isinstance(got.event, EvidenceFailed):
        state = f"could not be captured: {got.event.reason}"
    elif got is not None and isinstance(got.event, EvidenceCaptured):
        code = "" if got.event.exit_code is None else f", exit {got.event.exit_code}"
        older = ", of an earlier run" if run and got.event.run and got.event.run != run else ""
        state = f"captured {clock(got.at)}{code}, {size(got.event.size)}{older}, event {got.seq}"
    yield f"Evidence {number}, {item.id}: {item.question} {state[:1].upper()}{state[1:]}."
    yield f"  By: {how}" + (f"; effects: {item.effects}." if item.run else ".")
    if item.expect and got is None:
        yield f"  Expected: {' '.join(item.expect.split())}"
    if item.warn:
        yield f"  Mind: {item.warn}"


def _field(number: int, field: Field, answer: str, drafted: str) -> Iterator[str]:
    need = "" if answer else ", needed" if field.required else ", may stay empty"
    yield f"Question {number}{need}: {field.prompt}"
    if answer:
        yield f"  Answered: {said(answer)}"
    elif drafted:
        yield f"  Drafted: {'; '.join(drafted.splitlines())}"


def to_complete(view: View, rung: Rung) -> str:
    missing = view.missing(rung.id)
    if not missing:
        state = view.incident.rungs.get(rung.id)
        done = state is not None and state.completed_at is not None
        return "This rung is completed." if done else "Nothing more is needed: complete completes this rung."
    return f"To complete it: {in_brief(missing)}."


def next_words(view: View) -> str:
    """What may be said next: the line above every prompt."""
    incident = view.incident
    if not isinstance(view, Session):
        return "Next, to read: facts, run, rungs, go NUMBER, show EVENT, brief, record, timeline, help, quit."
    if incident.closed is not None:
        return "The incident is closed. Next: note TEXT, record, brief, timeline, handoff, help, quit."
    marks = {mark.id: mark for mark in view.marks()}
    if incident.open_rung in marks:
        mark, rung = marks[incident.open_rung], view.runbook.rung(incident.open_rung)
        needs = in_brief(view.missing(rung.id))
        wanted = f"{needs}, or waive" if needs else "complete"
        return f"Next on rung {mark.number}, {mark.title}: {wanted}. Or {ALWAYS}."
    todo = [mark for mark in marks.values() if mark.state not in ("done", "waived")]
    if todo:
        return f"Next: go {todo[0].number} begins {todo[0].title}. Or {ALWAYS}."
    return f"Every rung is done or waived. Next: handoff, close. Or {ALWAYS}."


def inbox(view: View) -> Iterator[str]:
    items = view.incident.inbox
    if not items:
        yield "The inbox is empty: everything captured lies on a rung."
        return
    yield f"{len(items)} in the inbox; show EVENT reads one, file EVENT RUNG lays it to a rung."
    for item in items:
        yield f"Event {item.seq}: {item.name}, {size(item.event.size) if item.kept else 'not kept'}, {clock(item.at)}."


def numbers(view: View) -> str:
    return listed(f"{mark.number} {mark.title}" for mark in view.marks())
