"""What is this, how does it stand, and what is asked of who opens it?"""

from collections.abc import Iterable, Iterator
from dataclasses import fields

from incident_console.counting import counted
from incident_console.events import UNKNOWN
from incident_console.record.clock import moment
from incident_console.record.due import due_told, overdue
from incident_console.record.incident import Incident
from incident_console.record.note import brief, note_fields, told_before_failing, unredacted, waiting_at, warning
from incident_console.record.page.html import bullets, code, event, pairs, pill, said, text, when
from incident_console.record.text import clock_time
from incident_console.record.timeline import LEGEND


def header(incident: Incident) -> Iterator[str]:
    tone = "good" if incident.state == "closed" else "warn"
    yield f'<header class="top"><p class="over">Incident record {pill(incident.state, tone)}</p>'
    yield f"<h1>{text(incident.title or UNKNOWN, 400)}</h1>"
    yield f'<p class="id">{code(incident.id or UNKNOWN)}</p>'
    if incident.fault:
        yield f'<p class="alarm"><strong>{text(warning(incident))}</strong></p>'
    if told := unredacted(incident):
        yield f'<p class="alarm"><strong>{text(told)}</strong></p>'
    yield pairs(_facts(incident), "facts")
    yield f'<p class="quiet">State as of {clock_time(_last(incident))}. Times are UTC. {text(LEGEND)}</p></header>'


def _last(incident: Incident) -> str | None:
    return incident.lines[-1].at if incident.lines else None


def _facts(incident: Incident) -> Iterator[tuple[str, str]]:
    stated, run, book = incident.classification, incident.run, incident.runbook
    yield "Workflow", code(incident.workdir or UNKNOWN)
    yield "Opened", f"{when(incident.opened_at)} by {text(incident.opened_by)}"
    if incident.closed:
        done = incident.closed
        yield "Closed", f"{when(done.at)} by {text(done.by)}: {said(done.event.outcome)}"
    yield "Written by", text(", ".join(incident.operators) or UNKNOWN)
    yield "Impact", said(incident.impact)
    yield "Severity", text(incident.severity)
    yield "Deadline", text(due_told(incident.deadline, waiting_at(incident)))
    if run:
        tone = {"succeeded": "good", "failed": "bad", "interrupted": "bad"}.get(run.event.status, "")
        yield "Latest run", f"{pill(run.event.status, tone)} {text(_figures(run.event.figures))}"
    yield "Class", pill(stated.class_) if stated else "not yet named"
    yield "Cost", f"{text(stated.cost)}, confidence {text(stated.confidence)}" if stated else "not yet named"
    missing = incident.gate_missing
    yield (
        "Edit gate",
        f"{pill('closed', 'warn')} {text(', '.join(missing))} missing" if missing else pill("open", "good"),
    )
    if book:
        yield "Runbook", f"{code(book.id)} {text(book.version)}, {text(book.trust)}"


def _figures(figures: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in figures.items() if count)


def asked(incident: Incident) -> Iterator[str]:
    """What waits for somebody: the reader may be the one."""
    yield bullets(_waiting(incident), "Nothing waits for an answer.")
    silent = [part for part in ("impact", "severity", "deadline") if getattr(incident, part) == UNKNOWN]
    known_not: list[str] = []
    if incident.offered:
        offer = incident.offered[-1].event
        known_not = [name for name in offer.missing if name in offer.said]
        silent = [name for name in dict.fromkeys((*silent, *offer.missing)) if name not in known_not]
    gaps = incident.not_looked_at()
    yield "<h3>What is unknown</h3>"
    told = (("Nobody said", silent), ("Not known to the sender", known_not))
    names = [f"{how}: <strong>{text(_named(fields))}</strong>." for how, fields in told if fields]
    yield bullets([*names, f'<a href="#gaps">{counted(len(gaps), "thing")} not looked at</a>.'])


def _named(fields: Iterable[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in fields)


def _waiting(incident: Incident) -> Iterator[str]:
    if late := told_before_failing(incident):
        yield f"<strong>Mind:</strong> {text(late)}."
    if incident.state.startswith("handed off"):
        offer = incident.offered[-1]
        yield (
            f"<strong>Hand-off to {text(offer.event.to)}</strong> waits for the read-back, offered by "
            f"{text(offer.by)} {when(offer.at)} ({event(offer.seq)})."
        )
    for raised in incident.escalations.values():
        if not raised.answers:
            over = overdue(raised.event.due, waiting_at(incident))
            waits = f"is not answered, {text(over)}" if over else "is not answered"
            yield (
                f"<strong>Escalation to {text(raised.event.to)}</strong> {waits}: "
                f"{said(raised.event.trigger)} ({event(raised.seq)})."
            )
    for action in incident.actions.values():
        if action.open:
            yield f"<strong>Result unknown:</strong> {said(action.text)} ({event(action.seq)})."
    for edit in incident.edits.values():
        if not edit.explanations and not edit.event.gate_open:
            yield f"<strong>Edit not explained:</strong> {code(edit.event.path)} ({event(edit.seq)})."
    for running in incident.running_evidence:
        yield f"<strong>No end is recorded</strong> of the evidence {code(running.event.item)} ({event(running.seq)})."
    if incident.decision and not incident.closed:
        decided = incident.decision
        yield f"<strong>Decided:</strong> {said(decided.decision)}; owner: {text(decided.owner)}."


def note(incident: Incident) -> Iterator[str]:
    told = note_fields(incident)
    yield pairs([(each.name.replace("_", " ").capitalize(), said(getattr(told, each.name))) for each in fields(told)])
    now = moment(_last(incident))
    if now:
        yield "<h3>The brief, to paste into a chat</h3>"
        yield f'<pre class="brief" tabindex="0" role="region" aria-label="The brief">{text(brief(incident, now))}</pre>'


def gaps(incident: Incident) -> Iterator[str]:
    yield bullets(map(text, incident.not_looked_at()), "Everything that the runbook asks for was looked at.")
