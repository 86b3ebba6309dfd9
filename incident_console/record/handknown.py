"""What does the record itself say in the fields of a hand-off? Each with where it has it from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import PurePosixPath

from incident_console.events import UNKNOWN, AttemptKept, EvidenceCaptured, EvidenceFailed, LogPinned
from incident_console.record import speaking
from incident_console.record.due import due_told
from incident_console.record.findings import exhibits
from incident_console.record.handfields import Known
from incident_console.record.incident import Incident
from incident_console.record.note import note_fields, waiting_at
from incident_console.record.seen import Item
from incident_console.record.text import clock_time, command
from incident_console.record.timeline import typed

LISTED = 12
RECORD = "the record"
_LEAVES_SOMETHING = re.compile(r"[;&\n]|\b(cd|exit|exec|export|set|umask)\b")
"""What a shell's own line may leave behind for the lines that are typed after it."""
_CLEARED = re.compile(r"/(?:tmp|var/tmp|dev/shm|run/user)(?:/|\Z)")
_SCRATCH = re.compile(r"/[^/]*(?:scratch|nobackup)[^/]*(?:/|\Z)", re.IGNORECASE)


def known(incident: Incident, now: datetime | None = None) -> dict[str, Known]:
    """By field; one of which the record knows nothing is not there. `now`: what is due is held against it."""
    now = now or waiting_at(incident)
    return {name: Known(text, source) for name, text, source in _fields(incident, now) if text and text != UNKNOWN}


def is_scratch(path: str, folders: Iterable[str] = ()) -> bool:
    """Whether an absolute path lies where things are cleared away; `folders` are more of such places (`$TMPDIR`)."""
    if _CLEARED.match(path) or (path.startswith("/") and _SCRATCH.search(path)):
        return True
    return any(PurePosixPath(path).is_relative_to(folder) for folder in folders if folder.startswith("/"))


def lines(texts: Iterable[str], limit: int = LISTED) -> str:
    """A line a thing, each once, and how many more there are."""
    found = list(dict.fromkeys(" ".join(text.split()) for text in texts))
    more = [f"and {len(found) - limit} more"] if len(found) > limit else []
    return "\n".join([*found[:limit], *more])


def _fields(incident: Incident, now: datetime | None) -> Iterator[tuple[str, str, str]]:
    entry, run = incident.reentry, incident.run
    opened = f"when the incident was opened, {clock_time(incident.opened_at)}"
    last_seen = f"the run as it was seen at {clock_time(run.at)}" if run else opened
    yield "severity", incident.severity, RECORD
    yield "impact", incident.impact, RECORD
    yield "deadline", incident.deadline, RECORD
    yield "summary", _summary(incident), "the incident note"
    yield "running", _running(incident), last_seen
    yield "host", entry.host, opened
    yield "user", entry.user, opened
    yield "directory", entry.cwd, opened
    yield "command", (run.event.command if run else None) or entry.command, last_seen
    yield "environment", entry.env or "", opened
    yield "commit", entry.commit or "", opened
    yield "uncommitted", _uncommitted(incident), opened
    pid = (run.event.pid if run else None) or entry.pid
    yield "engine_pid", "none: the run ended" if run and run.ended else str(pid) if pid else "", last_seen
    yield "tmux", entry.tmux or "", opened
    yield "open_actions", lines(_open_actions(incident, now)), RECORD
    yield "ruled_out", lines(_ruled_out(incident)), "the class and the escalations"
    yield "expiring", lines(_expiring(incident)), RECORD
    yield "recheck", "\n".join(_recheck(incident)), "the commands that were captured"
    yield "exit_criteria", lines(_exit_criteria(incident)), "the runbook's prove rung"


def _summary(incident: Incident) -> str:
    if incident.symptom == UNKNOWN and not incident.classes:
        return ""
    note = note_fields(incident)
    return f"{note.symptom}. Scope: {note.affected_scope}. Class: {note.current_class}. Next: {note.next_action}."


def _uncommitted(incident: Incident) -> str:
    entry = incident.reentry
    opened = "none when the incident was opened" if entry.commit else ""
    if entry.dirty_diff_sha256:
        opened = f"the diff is data/evidence/{entry.dirty_diff_sha256}, taken when the incident was opened"
    edited = edited_since(incident)
    return f"{opened or 'unknown when the incident was opened'}; {edited}" if edited else opened


def edited_since(incident: Incident) -> str:
    """Which watched files were edited during the incident; empty when none was."""
    paths = list(dict.fromkeys(edit.event.path for edit in incident.edits.values()))
    more = f" and {len(paths) - LISTED} more" if len(paths) > LISTED else ""
    return f"edited since: {', '.join(paths[:LISTED])}{more}" if paths else ""


def _running(incident: Incident) -> str:
    run = incident.run
    parts = []
    if run:
        pid = f", pid {run.event.pid}" if run.event.pid and not run.ended else ""
        parts.append(
            f"run {run.event.log}: {run.event.status} when it was last seen at {clock_time(run.at)}{pid}, "
            f"started {clock_time(run.event.started_at)}"
        )
    return "\n".join([*parts, *evidence_running(incident)])


def evidence_running(incident: Incident) -> Iterator[str]:
    for each in incident.running_evidence:
        yield f"evidence command {each.event.item}, started {each.event.started_at}"


def _open_actions(incident: Incident, now: datetime | None) -> Iterator[str]:
    if incident.actions and not any(action.open for action in incident.actions.values()) and not incident.decision:
        yield f"none that was begun: what came of {'each' if len(incident.actions) > 1 else 'it'} is told above"
    for action in incident.actions.values():
        if action.open:
            yield f"{action.text}: owner {action.by_whom}; state: done, its result is not known yet; due {UNKNOWN}"
    decided = incident.decision
    if decided and not incident.closed:
        yield f"{decided.decision}: owner {decided.owner}; state: decided; due {due_told(incident.deadline, now)}"
    for each in incident.escalations.values():
        if not each.answers:
            owner = each.event.to if each.event.owner == UNKNOWN else each.event.owner
            due = due_told(each.event.due, now)
            yield f"escalated to {each.event.to}: owner {owner}; state: not answered yet; due {due}"


def _ruled_out(incident: Incident) -> Iterator[str]:
    said = incident.classification
    if said is not None:
        behind = _evidence_before(incident, incident.classes[-1].seq)
        if said.ruled_out != UNKNOWN:
            yield f"{said.ruled_out}{behind}"
        for text in speaking.case(incident, said)[1]:
            yield f"against the class: {text}{behind if text in said.against else ''}"
    for other in speaking.of_other_classes(incident):
        if other.speaks == "against":
            yield f"against {other.class_}: {speaking.text(incident, other)} (said as event {other.seq})"
    told = {*said.ruled_out.split("; "), *speaking.case(incident, said)[1]} if said is not None else set()
    for each in incident.escalations.values():
        # An escalation is drafted from what was ruled out before: only what it adds is new.
        away = each.event.points_away_from
        fresh = [part for part in away.split("; ") if part not in told and away != UNKNOWN]
        if fresh:
            told.update(fresh)
            yield f"{'; '.join(fresh)} (escalation, event {each.seq}){_evidence_before(incident, each.seq)}"


def _evidence_before(incident: Incident, seq: int) -> str:
    """The evidence on the ladder that was there when it was said; a command that failed is none."""
    names = [
        f"{each.item.name} (event {each.item.seq})"
        for each in exhibits(incident)
        if each.item.seq < seq and each.item.rung and not getattr(each.item.event, "exit_code", None)
    ]
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return f"; evidence then: {', '.join(names[:6])}{more}" if names else "; no evidence was on the ladder then"


def _expiring(incident: Incident) -> Iterator[str]:
    for item in incident.evidence:
        if isinstance(item.event, AttemptKept) and not item.event.complete:
            yield f"lost: {item.name}: {item.event.missing or UNKNOWN}"
        elif isinstance(item.event, EvidenceFailed) and item.event.reason.startswith("interrupted"):
            yield f"lost: what {item.name} had printed (event {item.seq}): {item.event.reason}"
    if is_scratch(incident.workdir):
        yield f"expires: {incident.workdir} is on scratch storage: logs, benchmarks and outputs go when it is cleared"
        return
    for item in incident.evidence:
        path = item.event.path if isinstance(item.event, LogPinned | EvidenceCaptured) else None
        if path and is_scratch(path):
            yield f"expires: {path} is on scratch storage; what was captured of it is in the record"


def _recheck(incident: Incident) -> Iterator[str]:
    lines = dict.fromkeys(
        _alone(item, item.event)
        for item in incident.evidence
        if isinstance(item.event, EvidenceCaptured) and item.event.argv
    )
    if lines and incident.workdir:
        yield command(("cd", incident.workdir))
    yield from lines


def _alone(item: Item, event: EvidenceCaptured) -> str:
    """Its command in one line, that changes nothing for those typed after it: a shell's own goes into a shell."""
    line = typed(event)
    if not event.shell or not _LEAVES_SOMETHING.search(line):
        return line
    if len(lines := line.strip().splitlines()) > 1:
        return f"# {item.name}, event {item.seq}: a script of {len(lines)} lines, which stands in the record"
    return command(("sh", "-c", line.strip()))


def _exit_criteria(incident: Incident) -> Iterator[str]:
    for state in incident.rungs.values():
        if state.role == "prove" and state.outline:
            for each in state.outline.evidence:
                answered = f'answered "{each.expect}"' if each.expect else "answered well"
                yield f'"{each.question}" is {answered} (evidence {each.id})'
