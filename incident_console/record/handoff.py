"""What does a receiver need so that no call back is needed? Drafted from the record, completed by the sender.

The fields are those of the domain's hand-off section; what nobody said is `unknown`, never silence. `HANDOFF.md` is
read alone, by somebody who may have nothing but a shell.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from incident_console.errors import InputError
from incident_console.events import UNKNOWN, AttemptKept, EvidenceCaptured, HandoffOffered
from incident_console.record import findings
from incident_console.record.incident import Incident
from incident_console.record.note import note_fields, note_md, told_before_failing
from incident_console.record.seen import Action, Note
from incident_console.record.text import clock_time, code, command, prose, table

_DERIVED = (
    *("id", "sender", "offered_at", "head", "events", "actions", "gaps", "notes", "note"),
    *("late", "failures", "exhibits", "claims", "edits"),
)


@dataclass(frozen=True, slots=True)
class Handoff:
    """Every field of a hand-off as plain text, `unknown` where nobody said; then what the record itself gives."""

    to: str = UNKNOWN
    severity: str = UNKNOWN
    impact: str = UNKNOWN
    deadline: str = UNKNOWN
    summary: str = UNKNOWN
    running: str = UNKNOWN
    may_stop: str = UNKNOWN
    do_not_touch: str = UNKNOWN
    host: str = UNKNOWN
    user: str = UNKNOWN
    directory: str = UNKNOWN
    command: str = UNKNOWN
    environment: str = UNKNOWN
    commit: str = UNKNOWN
    uncommitted: str = UNKNOWN
    engine_pid: str = UNKNOWN
    tmux: str = UNKNOWN
    master_job: str = UNKNOWN
    permissions: str = UNKNOWN
    open_actions: str = UNKNOWN
    contingencies: str = UNKNOWN
    ruled_out: str = UNKNOWN
    expiring: str = UNKNOWN
    quarantine: str = UNKNOWN
    consumers: str = UNKNOWN
    told: str = UNKNOWN
    reachable_until: str = UNKNOWN
    recheck: str = UNKNOWN
    exit_criteria: str = UNKNOWN

    id: str = UNKNOWN
    sender: str = UNKNOWN
    offered_at: str | None = None
    head: str = ""
    events: int = 0
    actions: tuple[Action, ...] = ()
    gaps: tuple[str, ...] = ()
    """What was not looked at, in sentences."""
    notes: tuple[Note, ...] = ()
    """What the operators wrote down on the way."""
    note: str = ""
    """The incident note, Markdown."""
    late: str | None = None
    """What was told before the run failed, so that it may not be the symptom of that failure."""
    failures: findings.Failures = findings.NONE
    exhibits: tuple[findings.Exhibit, ...] = ()
    claims: tuple[findings.Claim, ...] = ()
    edits: tuple[findings.EditTold, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the fields that are `unknown`."""
        return tuple(name for name in FIELDS if getattr(self, name).strip().lower() in ("", UNKNOWN))

    def fields(self) -> dict[str, str]:
        """What a `handoff.offered` event keeps: every field that says something."""
        return {name: getattr(self, name) for name in FIELDS if name not in self.missing}


FIELDS: tuple[str, ...] = tuple(each.name for each in fields(Handoff) if each.name not in _DERIVED)
"""The names that may be supplied, in the order of the document."""

PROMPTS: dict[str, str] = {
    "to": "Who takes it",
    "severity": "Severity",
    "impact": "Impact",
    "deadline": "Deadline",
    "summary": "Summary",
    "running": "What is running",
    "may_stop": "Who may stop it",
    "do_not_touch": "What must not be touched",
    "host": "Host",
    "user": "User",
    "directory": "Directory",
    "command": "Exact command",
    "environment": "Environment activation",
    "commit": "Commit",
    "uncommitted": "Uncommitted changes",
    "engine_pid": "Engine pid",
    "tmux": "tmux session",
    "master_job": "Master job id",
    "permissions": "Permissions needed",
    "open_actions": "Actions open (owner, state, due)",
    "contingencies": "Contingencies (if X, do Y)",
    "ruled_out": "Ruled out, with the evidence",
    "expiring": "Evidence that expires or is lost already",
    "quarantine": "Outputs to quarantine",
    "consumers": "Consumers already fed",
    "told": "Who was told",
    "reachable_until": "Sender can be reached until",
    "recheck": "Commands to check again",
    "exit_criteria": "Exit criteria",
}
"""What each field is called, for a form and for the document."""


def draft(incident: Incident, supplied: Mapping[str, str], *, read_blob: findings.ReadBlob | None = None) -> Handoff:
    """The hand-off as far as the record knows it, with what the sender supplied over it. Raises InputError.

    `read_blob` gives a kept log by its sha256, or None; without it the failures are told by the run log's message.
    """
    for name in supplied:
        if name not in FIELDS:
            raise InputError(f"A hand-off has no field {name!r}; it has {', '.join(FIELDS)}.")
    offered = incident.offered[-1] if incident.offered else None
    said = {name: text for name, text in _known(incident) if text and text != UNKNOWN}
    if offered:
        stale = _stale(incident, offered.seq)
        said |= {name: text for name, text in offered.event.fields.items() if name in FIELDS and name not in stale}
        said["to"] = offered.event.to
    said |= {name: text.strip() for name, text in supplied.items() if text.strip()}
    return Handoff(
        **said,
        id=incident.id or UNKNOWN,
        sender=offered.by if offered else (incident.operators[-1] if incident.operators else UNKNOWN),
        offered_at=offered.at if offered else None,
        head=incident.head,
        events=len(incident.lines),
        actions=tuple(incident.actions.values()),
        gaps=incident.not_looked_at(),
        notes=tuple(incident.notes.values()),
        note=note_md(incident),
        late=told_before_failing(incident),
        failures=findings.failures(incident, read_blob),
        exhibits=findings.exhibits(incident),
        claims=findings.claims(incident),
        edits=findings.edits(incident),
    )


def _stale(incident: Incident, offered: int) -> set[str]:
    """The fields of an offer that the record knows better by now; the fold keeps the first three itself."""
    stale = {"severity", "impact", "deadline"}
    if any(seq > offered for seq in incident.edits):
        stale.add("uncommitted")
    if incident.run and incident.run.seq > offered:
        stale |= {"running", "engine_pid"}
    return stale


def _known(incident: Incident) -> Iterator[tuple[str, str]]:
    entry, run = incident.reentry, incident.run
    yield "severity", incident.severity
    yield "impact", incident.impact
    yield "deadline", incident.deadline
    note = note_fields(incident)
    if incident.symptom != UNKNOWN or incident.classes:
        yield (
            "summary",
            f"{note.symptom}. Scope: {note.affected_scope}. Class: {note.current_class}. Next: {note.next_action}.",
        )
    yield "running", _running(incident)
    yield "host", entry.host
    yield "user", entry.user
    yield "directory", entry.cwd
    yield "command", (run.event.command if run else None) or entry.command
    yield "environment", entry.env or ""
    yield "commit", entry.commit or ""
    yield "uncommitted", _uncommitted(incident)
    pid = (run.event.pid if run else None) or entry.pid
    yield "engine_pid", "none: the run ended" if run and run.ended else str(pid) if pid else ""
    yield "tmux", entry.tmux or ""
    waiting = [action for action in incident.actions.values() if action.open]
    yield (
        "open_actions",
        "; ".join(f"{action.text} (owner {action.by_whom}, result not known yet)" for action in waiting),
    )
    yield "ruled_out", _ruled_out(incident)
    yield (
        "expiring",
        "; ".join(
            f"lost: {item.name}: {item.event.missing or UNKNOWN}"
            for item in incident.evidence
            if isinstance(item.event, AttemptKept) and not item.event.complete
        ),
    )
    yield "recheck", "\n".join(_recheck(incident))
    prove = [
        each
        for state in incident.rungs.values()
        if state.role == "prove" and state.outline
        for each in state.outline.evidence
    ]
    yield "exit_criteria", "; ".join(f"{each.id} answers: {each.question}" for each in prove)


def _uncommitted(incident: Incident) -> str:
    entry = incident.reentry
    opened = "none when the incident was opened" if entry.commit else ""
    if entry.dirty_diff_sha256:
        opened = f"the diff is data/evidence/{entry.dirty_diff_sha256}, taken when the incident was opened"
    paths = list(dict.fromkeys(edit.event.path for edit in incident.edits.values()))
    if not paths:
        return opened
    more = f" and {len(paths) - 12} more" if len(paths) > 12 else ""
    return f"{opened or 'unknown when the incident was opened'}; edited since: {', '.join(paths[:12])}{more}"


def _running(incident: Incident) -> str:
    run = incident.run
    parts = []
    if run:
        pid = f", pid {run.event.pid}" if run.event.pid and not run.ended else ""
        parts.append(
            f"run {run.event.log}: {run.event.status} when it was last seen at {clock_time(run.at)}{pid}, "
            f"started {clock_time(run.event.started_at)}"
        )
    parts += [
        f"evidence command {each.event.item}, started {each.event.started_at}" for each in incident.running_evidence
    ]
    return "; ".join(parts)


def _ruled_out(incident: Incident) -> str:
    said = incident.classification
    if said is None or (said.ruled_out == UNKNOWN and not said.against):
        return ""
    return "; ".join([said.ruled_out, *(f"against the class: {text}" for text in said.against)])


def _recheck(incident: Incident) -> Iterator[str]:
    seen = set()
    for item in incident.evidence:
        if isinstance(item.event, EvidenceCaptured) and item.event.argv and item.event.argv not in seen:
            seen.add(item.event.argv)
            yield command(item.event.argv)


def offer(handoff: Handoff, head: str) -> HandoffOffered:
    """The event that hands the incident over; `head` is the chain's head before it."""
    return HandoffOffered(to=handoff.to, missing=handoff.missing, head=head, fields=handoff.fields())


def handoff_md(handoff: Handoff) -> str:
    """`HANDOFF.md`. Times are UTC."""
    return "\n".join(line for part in _SECTIONS for line in (*part(handoff), "")).rstrip() + "\n"


def _head(handoff: Handoff) -> Iterator[str]:
    yield f"# Hand-off: {code(handoff.id)}"
    yield ""
    yield f"From {prose(handoff.sender)} to {prose(handoff.to)}, {clock_time(handoff.offered_at)}. Times are UTC."
    if handoff.missing:
        names = ", ".join(PROMPTS[name] for name in handoff.missing)
        yield ""
        yield f"**Not known to the sender:** {prose(names)}."
    yield ""
    yield from _lines(handoff, "severity", "impact", "deadline", "summary")
    if handoff.late:
        yield f"- **Mind**: {prose(handoff.late)}"


def _failures(handoff: Handoff) -> Iterator[str]:
    yield from findings.failures_md(handoff.failures)


def _evidence(handoff: Handoff) -> Iterator[str]:
    yield from findings.evidence_md(handoff.exhibits, handoff.claims)


def _edits(handoff: Handoff) -> Iterator[str]:
    yield from findings.edits_md(handoff.edits)


def _lines(handoff: Handoff, *names: str) -> Iterator[str]:
    for name in names:
        yield f"- **{PROMPTS[name]}**: {prose(getattr(handoff, name)) or UNKNOWN}"


def _now(handoff: Handoff) -> Iterator[str]:
    yield "## What is running"
    yield ""
    yield from _lines(handoff, "running", "may_stop", "do_not_touch")


def _reentry(handoff: Handoff) -> Iterator[str]:
    yield "## Re-entry"
    yield ""
    names = ("host", "user", "directory", "command", "environment", "commit", "uncommitted", "engine_pid", "tmux")
    for name in (*names, "master_job", "permissions"):
        text = getattr(handoff, name)
        yield f"- **{PROMPTS[name]}**: {UNKNOWN if name in handoff.missing else code(text)}"


def _actions(handoff: Handoff) -> Iterator[str]:
    yield "## Actions"
    yield ""
    if handoff.actions:
        yield table(
            ["at", "what was tried", "why", "expected", "result", "by"],
            (
                [clock_time(a.at), *(prose(text) for text in (a.text, a.why, a.expected, a.result, a.by_whom))]
                for a in handoff.actions
            ),
        )
    else:
        yield "No action is recorded."
    yield ""
    yield from _lines(handoff, "open_actions", "contingencies")


def _known_not(handoff: Handoff) -> Iterator[str]:
    yield "## Ruled out, and not looked at"
    yield ""
    yield from _lines(handoff, "ruled_out")
    yield "- **Not looked at**:"
    yield from (f"    - {prose(gap)}" for gap in handoff.gaps or ("nothing of the runbook was left out",))


def _around(handoff: Handoff) -> Iterator[str]:
    yield "## Outputs and people"
    yield ""
    yield from _lines(handoff, "expiring", "quarantine", "consumers", "told", "reachable_until")


def _done(handoff: Handoff) -> Iterator[str]:
    yield "## Check again, and when it is over"
    yield ""
    yield f"- **{PROMPTS['recheck']}**:"
    lines = [] if "recheck" in handoff.missing else [code(line) for line in handoff.recheck.split("\n")]
    yield from (f"    - {line}" for line in lines or [UNKNOWN] if line)
    yield from _lines(handoff, "exit_criteria")


def _note(handoff: Handoff) -> Iterator[str]:
    yield "## Incident note"
    yield ""
    yield from (line for line in handoff.note.split("\n")[1:] if line.startswith("- "))


def _notes(handoff: Handoff) -> Iterator[str]:
    yield "## Notes on the way"
    yield ""
    for note in handoff.notes:
        yield f"- {clock_time(note.at)}, {note.nature}, {prose(note.by)}: {prose(note.text)}"
    if not handoff.notes:
        yield "No note was written."


def _integrity(handoff: Handoff) -> Iterator[str]:
    yield "## Is this what was sent?"
    yield ""
    yield "In the folder that holds `manifest-sha256.txt`:"
    yield ""
    yield "```sh\nsha256sum -c manifest-sha256.txt tagmanifest-sha256.txt\n```"
    yield ""
    yield f"The journal's last line must end the chain at this hash, after {handoff.events} events:"
    yield ""
    yield f"    {handoff.head}"
    yield ""
    yield "Ask the sender for it over another way. `incident-console verify FILE.zip --head HASH` checks all of it."
    yield ""
    yield "`data/record.html` is the whole record, `data/journal.jsonl` its source, `data/evidence/` what was kept."


def _readback(handoff: Handoff) -> Iterator[str]:
    yield "## Read-back"
    yield ""
    yield "The receiver says in their own words what is wrong, what is next, and what must not be touched:"
    yield ""
    yield "- Read back:"
    yield "- Name:"
    yield "- Time (UTC):"


_SECTIONS = (
    *(_head, _failures, _evidence, _edits, _now, _reentry, _actions, _known_not),
    *(_around, _done, _note, _notes, _integrity, _readback),
)
