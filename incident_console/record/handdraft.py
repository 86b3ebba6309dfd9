"""What stands in each field of a hand-off? The sender's words, else what is so now, else what the record knows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from incident_console.errors import InputError
from incident_console.events import UNKNOWN, HandoffOffered, Reentry
from incident_console.record import findings
from incident_console.record.handfields import FIELDS, PERSONAL, Handoff, Known, is_unknown
from incident_console.record.handknown import known
from incident_console.record.incident import Incident
from incident_console.record.note import note_fields, told_before_failing, unredacted, waiting_at
from incident_console.record.seen import Stated
from incident_console.record.text import clock_time

FOLDED = {"severity", "impact", "deadline"}
"""Fields of an offer that the incident itself keeps, and may know better by now."""
RETOLD = {"summary", "open_actions", "ruled_out", "recheck", "exit_criteria"}
"""Fields that are told from the record each time, where they were not said."""


def draft(
    incident: Incident,
    supplied: Mapping[str, str],
    *,
    now: Mapping[str, Known] | None = None,
    reentry: Reentry | None = None,
    read_blob: findings.ReadBlob | None = None,
    at: datetime | None = None,
) -> Handoff:
    """The hand-off as far as it is known, with what the sender supplied over it. Raises InputError.

    `supplied` may say `unknown`, which is an answer; an empty text says nothing. `now` is what was found out at this
    moment, with `reentry`. `read_blob` gives a kept log by its sha256, or None; without it the failures are told by
    the run log's message, and no line of a pin is quoted. `at`: when it is drafted; None: with the last event.
    """
    for name in supplied:
        if name not in FIELDS:
            raise InputError(f"A hand-off has no field {name!r}; it has {', '.join(FIELDS)}.")
    offered = incident.offered[-1] if incident.offered else None
    at = None if incident.closed else at or waiting_at(incident)
    found, said = known(incident, at), dict[str, str]()
    if offered:
        source = f"the hand-off of {clock_time(offered.at)}"
        theirs = said_in(offered.event)
        for name, text in _still_so(incident, offered.seq, offered.event).items():
            if name in theirs:
                said[name] = f"{text} (said by {offered.by})" if _is_of_another(incident, offered, name, text) else text
            elif name not in found or name not in RETOLD:
                found[name] = Known(text, source)
    found |= {name: each for name, each in (now or {}).items() if not is_unknown(each.text)}
    said |= {name: text.strip() for name, text in supplied.items() if text.strip()}
    texts = {name: each.text for name, each in found.items()}
    texts |= {name: UNKNOWN if is_unknown(text) else text for name, text in said.items()}
    return Handoff(
        **texts,
        said=frozenset(said),
        sources={name: each.source for name, each in found.items() if name not in said},
        id=incident.id or UNKNOWN,
        # What was written after an offer is the draft of the next one, by whoever writes now.
        sender=incident.lines[-1].by if incident.lines else UNKNOWN,
        offered_at=offered.at if offered and offered.seq == len(incident.lines) else None,
        head=incident.head,
        events=len(incident.lines),
        actions=tuple(incident.actions.values()),
        gaps=incident.not_looked_at(),
        notes=tuple(incident.notes.values()),
        note=note_fields(incident, at),
        escalations=tuple(incident.escalations.values()),
        at=at,
        late=told_before_failing(incident),
        unredacted=unredacted(incident),
        failures=findings.failures(incident, read_blob),
        exhibits=findings.exhibits(incident, read_blob),
        claims=findings.claims(incident),
        edits=findings.edits(incident),
        rungs=tuple(incident.rungs.values()),
        held=tuple(each for each in offered.event.held if not _was_asked(incident, each)) if offered else (),
        decided=bool(incident.decisions) or incident.closed is not None,
        accepted=tuple(incident.accepted),
        reentry=reentry,
    )


def said_in(event: HandoffOffered) -> frozenset[str]:
    """The fields in which the sender's own words stand; an older console did not tell which those are."""
    return frozenset(event.said or (*PERSONAL, "to"))


def _was_asked(incident: Incident, held: str) -> bool:
    """Whether somebody was asked since, for the reason that the sentence ends with."""
    return any(held.endswith(f": {each.event.trigger}") for each in incident.escalations.values())


def _is_of_another(incident: Incident, offered: Stated[HandoffOffered], name: str, text: str) -> bool:
    """Whether words such as `me` are those of who had it before whoever hands it on."""
    taken_over = any(accepted.seq > offered.seq for accepted in incident.accepted)
    theirs = name in PERSONAL and name not in FOLDED and not is_unknown(text)
    return taken_over and theirs and "(said by " not in text


def _still_so(incident: Incident, seq: int, event: HandoffOffered) -> dict[str, str]:
    """The fields of an offer, without those that the record knows better by now."""
    stale = {name for name in FOLDED if not is_unknown(getattr(incident, name))}
    if any(edit > seq for edit in incident.edits):
        stale.add("uncommitted")
    if incident.run and incident.run.seq > seq:
        stale |= {"running", "engine_pid"}
    if any(accepted.seq > seq for accepted in incident.accepted):
        # It was taken over: whoever hands it on is somebody else, and speaks for himself.
        stale |= {"to", "reachable_until"}
    fields = {"to": event.to} | event.fields
    return {name: text for name, text in fields.items() if name in FIELDS and name not in stale}
