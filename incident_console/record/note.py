"""The incident note in its six fields, and the brief to paste into a chat. Generated: nobody types a field twice."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from incident_console.counting import counted
from incident_console.events import UNKNOWN, EvidenceCaptured, RunSeen
from incident_console.record import speaking
from incident_console.record.clock import moment, stamp
from incident_console.record.due import due_told, overdue
from incident_console.record.findings import exhibits, times
from incident_console.record.incident import Incident
from incident_console.record.seen import ENDED, Escalation
from incident_console.record.text import clock_time, code, elapsed, exit_said, one_line, prose
from incident_console.record.timeline import source

UNNAMED = "not yet named"


@dataclass(frozen=True, slots=True)
class NoteFields:
    """The short form, in the order in which it is read. Plain text."""

    symptom: str
    affected_scope: str
    first_confirming_command: str
    evidence_consulted: str
    current_class: str
    next_action: str


def note_fields(incident: Incident, now: datetime | None = None) -> NoteFields:
    """`now`: what is due is held against it; None: against the time of the last event."""
    told = _next(incident, now or waiting_at(incident))
    return NoteFields(incident.symptom, incident.scope, _command(incident), _evidence(incident), _class(incident), told)


def note_md(incident: Incident) -> str:
    """`note.md`: what an operator would have written down, and the chain's head to check it by."""
    note = note_fields(incident)
    lines = [
        f"- **{each.name.replace('_', ' ').capitalize()}**: {prose(getattr(note, each.name))}" for each in fields(note)
    ]
    return "\n".join(
        [
            f"# Incident note: {prose(incident.title or UNKNOWN, 200)}",
            "",
            f"{code(incident.id or UNKNOWN)} · {code(incident.workdir or UNKNOWN)} · {prose(incident.state)} · opened "
            f"{clock_time(incident.opened_at)} · as of {_as_of(incident)}",
            "",
            *(
                [f"**Deadline {prose(over)}**", ""]
                if (over := overdue(incident.deadline, waiting_at(incident)))
                else []
            ),
            *([f"**{prose(warning(incident))}**", ""] if incident.fault else []),
            *([f"**{prose(told)}**", ""] if (told := unredacted(incident)) else []),
            *lines,
            "",
            f"head {incident.head} after {len(incident.lines)} events, as of {_as_of(incident)}",
            "",
        ]
    )


def brief(incident: Incident, now: datetime, seen: RunSeen | None = None) -> str:
    """At most twelve short lines of plain text for a chat. `seen`: the run as it stands now, where that is known."""
    said = incident.classification
    since = elapsed(moment(incident.opened_at), now)
    lines = [
        _named(incident),
        f"Impact: {incident.impact} (severity {incident.severity})",
        f"Deadline: {due_told(incident.deadline, None if incident.closed else now)}",
        f"State as of {clock_time(stamp(now))} ({since or 'time since opening unknown'}): {run_told(incident, seen)}",
        f"Symptom: {incident.symptom}",
        f"Scope: {incident.scope}",
        f"Hypothesis: {said.class_}, cost {said.cost}, confidence {said.confidence}; ruled out: {said.ruled_out}"
        if said
        else f"Hypothesis: class {UNNAMED}",
        f"Done: {_done(incident)}",
        f"Next check: {_next(incident, now)}",
        f"Unknown: {_unknown(incident)}; {len(incident.lines)} events, chain head {incident.head[:12]}…",
    ]
    if incident.escalations:
        lines.insert(-2, f"Escalated: {'; '.join(_escalated(incident, now))}")
    if incident.fault:
        lines.append(warning(incident))
    return "\n".join(one_line(line, 280) for line in lines) + "\n"


def waiting_at(incident: Incident) -> datetime | None:
    """The time of the last event, against which a document holds what is due; None once nobody waits any more."""
    return moment(incident.lines[-1].at) if incident.lines and not incident.closed else None


def held_by(incident: Incident) -> str:
    """Who has it: whoever took it over last, else whoever opened it."""
    if incident.accepted:
        return incident.accepted[-1].event.as_
    return incident.opened_by.partition("@")[0]


def warning(incident: Incident) -> str:
    """The sentence for a record whose journal is broken."""
    return f"The journal is broken at {incident.fault}. What stood from there on is not shown."


def unredacted(incident: Incident) -> str | None:
    """The sentence for a record in which secrets may stand, because somebody asked for nothing to be replaced."""
    return f"{incident.was_not_redacted}. This record may hold secrets." if incident.was_not_redacted else None


def told_before_failing(incident: Incident) -> str | None:
    """What to say when the latest run failed after the symptom was last told, which may be of something else."""
    run = incident.run
    answers = [
        answer
        for state in incident.rungs.values()
        if state.role == "symptom"
        for answer in state.answers.values()
        if answer.known
    ]
    if run is None or run.event.status != "failed" or not answers:
        return None
    last = max(answers, key=lambda answer: answer.seq)
    told, failed = moment(last.at), moment(run.event.ended_at) or moment(run.at)
    if run.seq < last.seq or told is None or failed is None or failed < told:
        return None
    shown = "%H:%M:%S" if failed - told < timedelta(minutes=2) else "%H:%M"
    return f"the symptom was told at {told:{shown}}, before the run failed at {failed:{shown}} (UTC)"


def _as_of(incident: Incident) -> str:
    return clock_time(incident.lines[-1].at) if incident.lines else UNKNOWN


def _command(incident: Incident) -> str:
    item = incident.first_command
    if item is None or not isinstance(item.event, EvidenceCaptured):
        return UNNAMED
    code = "" if item.event.exit_code is None else f", {exit_said(item.event.exit_code)}"
    return f"{source(item.event)} (event {item.seq}{code}, {clock_time(item.event.started_at)})"


def _evidence(incident: Incident) -> str:
    names = [
        f"{each.item.name} ({each.item.surface}, event {each.item.seq}){times(each.times)}"
        for each in exhibits(incident)
    ]
    if not names:
        return UNNAMED
    return "; ".join(names[:12]) + (f"; and {len(names) - 12} more" if len(names) > 12 else "")


def _class(incident: Incident) -> str:
    said = incident.classification
    if said is None:
        return f"{UNNAMED}; ruled out: {UNKNOWN}"
    marked = speaking.named(incident, said.class_)
    return f"{said.class_} (cost {said.cost}, confidence {said.confidence}){marked}; ruled out: {said.ruled_out}"


def _next(incident: Incident, now: datetime | None) -> str:
    said = incident.classification
    narrower = f"next narrower measurement: {said.next_measurement if said else UNNAMED}"
    if incident.closed:
        return f"none, closed: {incident.closed.event.outcome}"
    parts = [_awaited(incident.waiting, now)] if incident.waiting else []
    if incident.decision:
        owner = "" if incident.decision.owner == UNKNOWN else f" (owner {incident.decision.owner})"
        parts.append(f"{incident.decision.decision}{owner}")
    return "; ".join([*(parts or [UNNAMED]), narrower])


def _awaited(waiting: tuple[Escalation, ...], now: datetime | None) -> str:
    told = []
    for each in waiting[:3]:
        known = [each.event.owner] if each.event.owner != UNKNOWN else []
        known += [f"due {due_told(each.event.due, now)}"] if each.event.due != UNKNOWN else []
        told.append(f"{each.number} to {each.event.to}" + (f" ({', '.join(known)})" if known else ""))
    more = f" and {len(waiting) - 3} more" if len(waiting) > 3 else ""
    return f"no answer yet to escalation {', '.join(told)}{more}"


def run_told(incident: Incident, seen: RunSeen | None = None) -> str:
    """How the run stands, in one line; `seen` as `brief` has it."""
    run = incident.run
    if seen is not None and (run is None or run.event.log == seen.log):
        return _stands(seen, "now", over=seen.status in ENDED, late=told_before_failing(incident))
    if run is None:
        started = [action for action in incident.actions.values() if action.launch]
        if not started:
            return "no run seen"
        result = started[-1].result
        return f"{started[-1].text}: {result if result != UNKNOWN else 'its end is not known yet'}"
    return _stands(run.event, clock_time(run.at), over=run.ended, late=told_before_failing(incident))


def _stands(run: RunSeen, when: str, *, over: bool, late: str | None) -> str:
    figures = ", ".join(f"{count} {name}" for name, count in run.figures.items())
    pid = f", pid {run.pid}" if run.pid and not over else ""
    return f"run {run.status}{pid}{f' ({figures})' if figures else ''}, seen {when}{f'; {late}' if late else ''}"


def _done(incident: Incident) -> str:
    kept = sum(item.kept for item in incident.evidence)
    parts = [f"{counted(kept, 'piece')} of evidence kept"]
    parts += [f"{one_line(each.text, 90)} → {one_line(each.result, 60)}" for each in incident.actions.values()]
    return "; ".join(parts)


def _named(incident: Incident) -> str:
    """Its id, how it stands, who has it; and its title, where that is not the symptom, which is told anyway."""
    title = "" if incident.symptom.startswith(incident.title) else f": {incident.title or UNKNOWN}"
    waits = incident.state.startswith("handed off")
    state = f"{incident.state}, who has not accepted it yet" if waits else incident.state
    holder = "" if incident.closed else f", held by {held_by(incident)}"
    return f"{incident.id or 'incident'} [{state}{holder}]{title}"


def _escalated(incident: Incident, now: datetime) -> Iterator[str]:
    """The latest first: it is the one that is asked about."""
    for each in reversed(tuple(incident.escalations.values())):
        if each.answers:
            last = each.answers[-1]
            at, told = clock_time(last.event.occurred_at or last.at), last.event
            decided = "" if told.decision == UNKNOWN else f", decided: {told.decision}"
            yield f"{each.event.to} → {told.who} {at}: {told.text}{decided}"
        else:
            over = overdue(each.event.due, now)
            yield f"{each.event.to} → no answer yet{f', {over}' if over else ''}"


def _unknown(incident: Incident) -> str:
    named = [part for part in ("impact", "severity", "deadline") if getattr(incident, part) == UNKNOWN]
    missing = [*incident.gate_missing, *named]
    gaps = len(incident.not_looked_at())
    return "; ".join(
        [*([", ".join(missing)] if missing else []), f"{counted(gaps, 'thing')} not looked at (see the record)"]
    )
