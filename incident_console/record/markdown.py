"""`record.md`: the whole incident as one document that is read from top to bottom, and as plain text too."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime

from incident_console.events import (
    UNKNOWN,
    AttemptKept,
    EvidenceCaptured,
    EvidenceFailed,
    LogPinned,
)
from incident_console.record import speaking
from incident_console.record.due import due_told
from incident_console.record.findings import failures
from incident_console.record.findingstext import in_short
from incident_console.record.incident import Incident
from incident_console.record.note import note_fields, told_before_failing, unredacted, waiting_at, warning
from incident_console.record.seen import Escalation, Item, how_changed, whole
from incident_console.record.text import because, clock_time, code, excerpt, exit_said, fence, prose, table
from incident_console.record.timeline import LEGEND, letter, source, timeline

ReadBlob = Callable[[str], bytes | None]


def record_md(incident: Incident, read_blob: ReadBlob) -> str:
    """Every section of the record; `read_blob` gives a blob by its sha256, or None."""
    parts = (
        _header(incident),
        _note(incident, read_blob),
        _timeline(incident),
        _rungs(incident),
        _evidence(incident, read_blob),
        _doings(incident),
        _class(incident),
        _handing(incident),
        _bullets("What was not looked at", [prose(gap) for gap in incident.not_looked_at()]),
        _integrity(incident),
    )
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _header(incident: Incident) -> Iterator[str]:
    yield f"# Incident record: {prose(incident.title or UNKNOWN, 200)}"
    yield ""
    yield f"- Incident: {code(incident.id or UNKNOWN)}, {prose(incident.state)}"
    yield f"- Workflow: {code(incident.workdir or UNKNOWN)} (context {prose(incident.context)})"
    yield f"- Opened: {clock_time(incident.opened_at)} by {prose(incident.opened_by)}"
    yield f"- Written by: {prose(', '.join(incident.operators) or UNKNOWN)}"
    yield f"- Severity: {prose(incident.severity)}; impact: {prose(incident.impact)}"
    yield f"- Deadline: {prose(due_told(incident.deadline, waiting_at(incident)))}"
    book = incident.runbook
    if book:
        yield f"- Runbook: {code(book.id)} {prose(book.version)} ({prose(book.trust)}), sha256 {code(book.sha256)}"
    for run in incident.runs.values():
        differs = f"; differs: {prose(', '.join(run.event.differs))}" if run.event.differs else ""
        latest = "latest run" if run is incident.run else "earlier run"
        yield (
            f"- Run: {code(run.event.log)} {prose(run.event.status)}, started {clock_time(run.event.started_at)}, "
            f"{latest}{differs}"
        )
    if late := told_before_failing(incident):
        yield f"- Mind: {prose(late)}"
    yield ""
    if incident.fault:
        yield f"**{prose(warning(incident))}**"
        yield ""
    if told := unredacted(incident):
        yield f"**{prose(told)}**"
        yield ""
    yield f"Times are UTC. {LEGEND}"
    yield ""


def _note(incident: Incident, read_blob: ReadBlob) -> Iterator[str]:
    yield "## Incident note"
    yield ""
    note = note_fields(incident)
    for each in fields(note):
        yield f"- **{each.name.replace('_', ' ').capitalize()}**: {prose(getattr(note, each.name))}"
    for failed in in_short(failures(incident, read_blob)):
        yield f"- **What failed**: {failed}"
    yield ""


def _timeline(incident: Incident) -> Iterator[str]:
    yield "## Timeline"
    yield ""
    rows = (
        [str(each.seq), clock_time(each.at), each.elapsed, each.letter, prose(each.text, 400), prose(each.by)]
        for each in timeline(incident)
    )
    yield table(["event", "UTC", "since opening", "F/I/D", "what", "by"], rows)
    yield ""


def _rungs(incident: Incident) -> Iterator[str]:
    yield "## The ladder"
    for state in incident.rungs.values():
        yield ""
        yield f"### {prose(state.title)} ({code(state.id)}): {_standing(incident, state.id)}"
        if state.outline:
            yield ""
            yield prose(state.outline.question)
        yield ""
        for name, answer in state.answers.items():
            yield (
                f"- {_mark(answer.nature)}{prose(state.prompt(name))} **{prose(answer.text) or UNKNOWN}** "
                f"(event {answer.seq}, {clock_time(answer.at)}, {prose(answer.by)})"
            )
            for old in answer.superseded[-8:]:
                yield f"    - before, event {old.seq}: {prose(old.text)}"
        for item in incident.evidence:
            if item.rung == state.id:
                yield f"- evidence: {prose(item.name)} (event {item.seq})"
    yield ""


def _standing(incident: Incident, rung: str) -> str:
    state = incident.rungs[rung]
    if state.waived is not None:
        return f"waived: {prose(state.waived)}"
    if state.completed_at:
        return f"completed {clock_time(state.completed_at)}"
    if incident.open_rung == rung:
        return "open"
    return "entered, not completed" if state.entered_at else "never entered"


def _mark(nature: str) -> str:
    mark = {"fact": "F", "inference": "I", "decision": "D"}.get(nature, "")
    return f"({mark}) " if mark else ""


def _evidence(incident: Incident, read_blob: ReadBlob) -> Iterator[str]:
    yield "## Evidence"
    yield ""
    if not incident.evidence:
        yield "None was kept."
        yield ""
        return
    head = ["event", "what", "surface", "question", "command or path", "result", "bytes", "sha256", "rung", "run"]
    yield table(head, (_row(incident, item) for item in incident.evidence))
    yield ""
    for item in incident.evidence:
        if isinstance(item.event, LogPinned | AttemptKept):
            yield from _quoted(incident, item, read_blob)


def _row(incident: Incident, item: Item) -> list[str]:
    event = item.event
    where = code(source(event)) if isinstance(event, EvidenceCaptured | EvidenceFailed) else code(_path(item))
    sha256 = code(event.sha256) if event.sha256 else "nothing kept"
    return [
        str(item.seq),
        prose(item.name),
        prose(item.surface),
        prose(item.question),
        where,
        _result(item),
        str(event.size),
        sha256,
        prose(_rung_of(incident, item)),
        of_run(incident, item),
    ]


def _rung_of(incident: Incident, item: Item) -> str:
    state = incident.rungs.get(item.rung or "")
    return state.title if state is not None else item.rung or "inbox"


def of_run(incident: Incident, item: Item) -> str:
    """Which run a piece of evidence belongs to; older evidence says so. Markdown."""
    if not item.run:
        return "none"
    earlier = incident.run is not None and item.run != incident.run.event.log
    return f"{'**earlier run** ' if earlier else ''}{code(item.run)}"


def _path(item: Item) -> str:
    match item.event:
        case LogPinned() as event:
            return event.path
        case AttemptKept() as event:
            return event.log or event.run_log or UNKNOWN
    return UNKNOWN


def _result(item: Item) -> str:
    match item.event:
        case EvidenceCaptured() as event:
            said = [exit_said(event.exit_code) or "read"]
            said += [f"cut by {event.truncated} bytes"] if event.truncated else []
            said += [f"{sum(event.redactions.values())} redactions"] if event.redactions else []
            return ", ".join(said)
        case EvidenceFailed() as event:
            return f"failed: {prose(event.reason)}"
        case AttemptKept() as event:
            code = "" if event.exit_code is None else f"exit {event.exit_code}, "
            return code + ("whole" if event.complete else f"incomplete: {prose(event.missing or UNKNOWN)}")
    return "pinned"


def _quoted(incident: Incident, item: Item, read_blob: ReadBlob) -> Iterator[str]:
    event = item.event
    yield f"### {prose(item.name)} (event {item.seq}), {of_run(incident, item)}"
    yield ""
    for sha256 in (event.sha256, event.block_sha256 if isinstance(event, AttemptKept) else None):
        data = read_blob(sha256) if sha256 else None
        if data is not None:
            yield fence(excerpt(data))
            yield ""
        elif sha256:
            yield f"The blob {code(sha256)} is not here."
            yield ""


def _doings(incident: Incident) -> Iterator[str]:
    yield "## Actions"
    yield ""
    rows = (
        [
            str(a.seq),
            "D",
            clock_time(a.at),
            *(prose(text) for text in (a.text, a.why, a.expected, a.resulted, a.by_whom)),
        ]
        for a in incident.actions.values()
    )
    if incident.actions:
        yield table(["event", "F/I/D", "at", "what", "why", "expected", "result", "by"], rows)
    else:
        yield "None was recorded."
    yield ""
    yield from _bullets(
        "Notes",
        [
            f"{_mark(note.nature)}{prose(note.text)} (event {note.seq}, {clock_time(note.at)}, {prose(note.by)})"
            + "".join(f"\n    - before, event {old.seq}: {prose(old.text)}" for old in note.history[-8:])
            for note in incident.notes.values()
        ],
    )
    yield from _bullets(
        "Edits of the workflow",
        [
            f"(F) {code(edit.event.path)} at {clock_time(edit.event.occurred_at or edit.at)}, the gate was "
            f"{'open' if edit.event.gate_open else 'closed'}"
            + (f", {prose(how)}" if (how := how_changed(edit.event)) else "")
            + (f", diff {code(edit.event.diff_sha256)}" if edit.event.diff_sha256 else "")
            + (
                "; why: " + "; ".join(prose(each.event.text) for each in edit.explanations)
                if edit.explanations
                else "; not explained"
            )
            for edit in incident.edits.values()
        ],
    )


def _class(incident: Incident) -> Iterator[str]:
    yield "## Class and decision"
    yield ""
    for stated in whole(incident.classes):
        said = stated.event
        latest = "" if said is incident.classification else "before, "
        yield (
            f"- ({letter(said)}) {latest}event {stated.seq}, {prose(stated.by)}: class **{prose(said.class_)}**, cost "
            f"{prose(said.cost)}, confidence {prose(said.confidence)}; ruled out: {prose(said.ruled_out)}; "
            f"next narrower measurement: {prose(said.next_measurement)}"
        )
        if said.suggested:
            yield f"    - the run's own files suggested: {prose(said.suggested)}"
        speaks_for, against = (said.for_, said.against) if latest else speaking.case(incident, said)
        yield from (f"    - for: {prose(text)}" for text in speaks_for)
        yield from (f"    - against: {prose(text)}" for text in against)
    for each in speaking.of_other_classes(incident):
        yield f"- (I) event {each.seq}, {prose(each.by)}: {prose(speaking.text(incident, each))}"
    for decided in whole(incident.decisions):
        yield (
            f"- ({letter(decided.event)}) event {decided.seq}, {prose(decided.by)}: {prose(decided.event.decision)}; "
            f"reason: {prose(decided.event.reason)}; owner: {prose(decided.event.owner)}"
        )
    if not incident.classes:
        yield "- The class is not yet named."
    if not incident.decisions:
        yield "- Nothing is decided yet."
    yield ""


def _handing(incident: Incident) -> Iterator[str]:
    said = [_escalation(each, waiting_at(incident) if each.open else None) for each in incident.escalations.values()]
    said += [
        f"event {o.seq}: offered to {prose(o.event.to)} by {prose(o.by)}, {clock_time(o.at)}" for o in incident.offered
    ]
    said += [
        f"event {a.seq}: accepted by {prose(a.event.as_)}, {clock_time(a.at)}; read back: {prose(a.event.readback)}"
        for a in incident.accepted
    ]
    if incident.closed:
        done = incident.closed.event
        said.append(
            f"(D) event {incident.closed.seq}: closed, {prose(done.outcome)}; cause: {prose(done.cause)}; "
            f"proof: {prose(done.proof)}; as an executable check: {prose(done.check)}"
            + "".join(f"\n    - left open: {prose(text)}" for text in done.left)
        )
    yield from _bullets("Escalation, hand-off, closing", said)


def _escalation(each: Escalation, now: datetime | None) -> str:
    """One escalation with what made it hold and every answer, as a list item."""
    raised = each.event
    lines = [
        f"({letter(raised)}) event {each.seq}: **escalation {each.number}, {each.state}**: escalated to "
        f"{prose(raised.to)} {prose(because(raised.trigger))}; points to {prose(raised.points_to)}; points away from "
        f"{prose(raised.points_away_from)}; owner {prose(raised.owner)}; answer due {prose(due_told(raised.due, now))}"
    ]
    lines += [f"held because of: {prose(text)}" for text in raised.evidence]
    for answer in each.answers:
        told = answer.event
        decided = "" if told.decision == UNKNOWN else f"; decided: {prose(told.decision)}"
        lines.append(
            f"(F) answer, event {answer.seq}, {clock_time(told.occurred_at or answer.at)}, by {prose(told.who)}, "
            f"written down by {prose(answer.by)}: {prose(told.text)}{decided}"
        )
    return "\n    - ".join(lines)


def _integrity(incident: Incident) -> Iterator[str]:
    yield "## Integrity"
    yield ""
    yield f"Chain head after {len(incident.lines)} events: {code(incident.head)}"
    for stated in incident.repaired:
        event = stated.event
        yield f"\nJournal repaired (event {stated.seq}): {event.size} bytes set aside in {code(event.set_aside)}."


def _bullets(title: str, texts: list[str]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield from (f"- {text}" for text in texts or ["none"])
    yield ""
