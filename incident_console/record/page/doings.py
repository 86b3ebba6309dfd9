"""What was done, said and decided: edits with their diffs, actions, notes, class, escalation, hand-off, and the proof
that nothing was changed since."""

from collections.abc import Callable, Iterator

from incident_console.events import UNKNOWN, EscalationAnswered
from incident_console.record import speaking
from incident_console.record.due import due_told
from incident_console.record.handoff import PROMPTS
from incident_console.record.incident import Incident
from incident_console.record.note import waiting_at
from incident_console.record.page.html import bullets, code, event, nature, pairs, pill, said, table, text, when
from incident_console.record.seen import Stated, how_changed, whole
from incident_console.record.text import because
from incident_console.record.timeline import LETTERS, letter

_HISTORY = 8
_DIFF = 64 << 10
_DIFFS = 4 << 20
"""Bytes of one diff, and of all, that are shown."""
_LISTED = 2000


def edits(incident: Incident, read_blob: Callable[[str], bytes | None]) -> Iterator[str]:
    if not incident.edits:
        yield '<p class="quiet">None was seen.</p>'
        return
    room = _DIFFS
    for edit in list(incident.edits.values())[-_LISTED:]:
        gate = pill("gate open", "good") if edit.event.gate_open else pill("gate closed", "warn")
        how = how_changed(edit.event)
        yield (
            f'<article class="edit" aria-labelledby="d{edit.seq}"><h3 id="d{edit.seq}">{code(edit.event.path)} {gate}'
            f"{f' {pill(how)}' if how else ''}</h3><p>{nature('F')} {when(edit.event.occurred_at or edit.at)}, "
            f"{event(edit.seq)}. "
            + (
                "; ".join(f"{nature('D')} Why: {said(each.event.text)}" for each in edit.explanations)
                or "Not explained."
            )
            + "</p>"
        )
        data = read_blob(edit.event.diff_sha256) if edit.event.diff_sha256 and room > 0 else None
        if data is not None:
            room -= min(len(data), _DIFF)
            more = f"<p>{len(data) - _DIFF:,} bytes more in the diff.</p>" if len(data) > _DIFF else ""
            shown = data[:_DIFF].decode("utf-8", "backslashreplace")
            yield f'<pre class="diff" tabindex="0" role="region" aria-label="Diff">{diff(shown)}</pre>{more}'
        if edit.event.diff_sha256:
            yield f'<p class="quiet">Diff: {code(f"evidence/{edit.event.diff_sha256}")}</p>'
        yield pairs(
            (name, code(sha256))
            for name, sha256 in (("Before", edit.event.before_sha256), ("After", edit.event.after_sha256))
            if sha256
        )
        yield "</article>"


def diff(lines: str) -> str:
    """A unified diff with its added and removed lines marked; the signs stay."""
    made = []
    for line in lines.split("\n"):
        header = line.startswith(("+++", "---", "@@"))
        tag = "" if header else {"+": "ins", "-": "del"}.get(line[:1], "")
        made.append(f"<{tag}>{text(line)}</{tag}>" if tag else text(line))
    return "\n".join(made)


def acted(incident: Incident) -> Iterator[str]:
    rows = (
        [event(a.seq), when(a.at), *map(said, (a.text, a.why, a.expected, a.resulted)), text(a.by_whom)]
        for a in list(incident.actions.values())[-_LISTED:]
    )
    if incident.actions:
        yield table("Actions", ("event", "at", "what", "why", "expected", "result", "by"), rows)
    yield bullets(
        (
            f"{nature(LETTERS.get(note.nature, ''))} {said(note.text)} "
            f'<span class="quiet">{event(note.seq)}, {when(note.at)}, {text(note.by)}</span>'
            + "".join(
                f'<span class="before">before, {event(old.seq)}: {said(old.text)}</span>'
                for old in note.history[-_HISTORY:]
            )
            for note in list(incident.notes.values())[-_LISTED:]
        ),
        "No note was taken.",
    )


def judged(incident: Incident) -> Iterator[str]:
    if not incident.classes:
        yield '<p class="quiet">The class is not yet named.</p>'
    for stated in reversed(whole(incident.classes)[-_HISTORY:]):
        told = stated.event
        latest = stated is incident.classes[-1]
        speaks_for, against = speaking.case(incident, told) if latest else (told.for_, told.against)
        yield (
            f"<h3>{pill(told.class_, 'good' if latest else '')} {'' if latest else 'said before: '}"
            f"cost {text(told.cost)}, confidence {text(told.confidence)}</h3>"
        )
        yield pairs(
            [
                ("Said", f"{nature(letter(told))} {event(stated.seq)}, {when(stated.at)}, {text(stated.by)}"),
                *([("Suggested by the files", text(told.suggested))] if told.suggested else []),
                *([("For", bullets(map(text, speaks_for)))] if speaks_for else []),
                *([("Against", bullets(map(text, against)))] if against else []),
                ("Ruled out", said(told.ruled_out)),
                ("Next narrower measurement", said(told.next_measurement)),
            ]
        )
    if others := speaking.of_other_classes(incident):
        yield "<h3>Said of evidence, for and against other classes</h3>"
        yield bullets(
            f"{nature('I')} {event(each.seq)}, {text(each.by)}: {said(speaking.text(incident, each))}"
            for each in others
        )
    if not incident.decisions:
        yield '<p class="quiet">Nothing is decided yet.</p>'
    for decided in reversed(whole(incident.decisions)[-_HISTORY:]):
        what = decided.event
        yield f"<h3>Decision: {said(what.decision)}</h3>"
        yield pairs(
            [
                ("Said", f"{nature(letter(what))} {event(decided.seq)}, {when(decided.at)}, {text(decided.by)}"),
                ("Reason", said(what.reason)),
                ("Owner", text(what.owner)),
            ]
        )


def handed(incident: Incident) -> Iterator[str]:
    if not (incident.escalations or incident.offered or incident.closed):
        yield '<p class="quiet">It was neither escalated nor handed off, and is not closed.</p>'
    for each in incident.escalations.values():
        raised = each.event
        now = waiting_at(incident) if each.open else None
        standing = pill("answered", "good") if each.answers else pill("no answer yet", "warn")
        yield f"<h3>Escalated to {text(raised.to)} {standing}</h3>"
        yield pairs(
            [
                ("Said", f"{nature(letter(raised))} {event(each.seq)}, {when(each.at)}, {text(each.by)}"),
                ("Trigger", said(because(raised.trigger))),
                ("Points to", said(raised.points_to)),
                ("Points away from", said(raised.points_away_from)),
                *([("Evidence", bullets(map(text, raised.evidence)))] if raised.evidence else []),
                (
                    "Who is to answer",
                    f"{text(raised.owner)}, due {text(due_told(raised.due, now))}",
                ),
                *(("Answer", _answer(a)) for a in each.answers),
            ]
        )
    for offer in incident.offered:
        yield f"<h3>Offered to {text(offer.event.to)}</h3>"
        fields = ((PROMPTS.get(name, name), said(value)) for name, value in offer.event.fields.items() if name != "to")
        unknown = ", ".join(PROMPTS.get(name, name) for name in offer.event.missing)
        yield pairs(
            [
                ("Offered", f"{event(offer.seq)}, {when(offer.at)}, {text(offer.by)}"),
                *fields,
                ("Not known to the sender", text(unknown or "nothing")),
            ]
        )
    for taken in incident.accepted:
        yield f"<h3>Accepted by {text(taken.event.as_)}</h3>"
        yield pairs([("Accepted", f"{event(taken.seq)}, {when(taken.at)}"), ("Read back", said(taken.event.readback))])
    if incident.closed:
        done = incident.closed
        yield "<h3>Closed</h3>"
        yield pairs(
            [
                ("Closed", f"{nature(letter(done.event))} {event(done.seq)}, {when(done.at)}, {text(done.by)}"),
                ("Outcome", said(done.event.outcome)),
                ("Cause", text(done.event.cause)),
                ("Proof", said(done.event.proof)),
                ("As an executable check", said(done.event.check)),
                *([("Left open", bullets(map(text, done.event.left)))] if done.event.left else []),
            ]
        )


def _answer(answer: Stated[EscalationAnswered]) -> str:
    told = answer.event
    who = told.who if told.who != UNKNOWN else answer.by
    decided = f"; decided: {said(told.decision)}" if told.decision != UNKNOWN else ""
    return f"{said(told.text)}{decided} ({text(who)}, {event(answer.seq)})"


def integrity(incident: Incident) -> Iterator[str]:
    yield pairs(
        [
            ("Chain head", code(incident.head)),
            ("Events", f"{len(incident.lines):,}"),
            ("Pieces of evidence", f"{len(incident.evidence):,}"),
            ("Opened with", text(f"incident-console {incident.console}" if incident.console else UNKNOWN)),
            *([("Runbook sha256", code(incident.runbook.sha256))] if incident.runbook else []),
        ]
    )
    yield (
        bullets(
            f"Journal repaired ({event(each.seq)}): {each.event.size:,} bytes set aside in "
            f"{code(each.event.set_aside)}, {text(because(each.event.reason))}."
            for each in incident.repaired[-_HISTORY:]
        )
        if incident.repaired
        else ""
    )
    yield (
        "<p>Each line of <code>journal.jsonl</code> holds the hash of the line before it, so the head stands for all "
        "of them: compare it with the head that the sender told you by another way. In the unpacked bundle "
        "<code>sha256sum -c manifest-sha256.txt</code> checks every file; <code>incident-console verify PATH --head "
        "HASH</code> checks the chain as well. This page is a view: what counts is the journal.</p>"
    )
