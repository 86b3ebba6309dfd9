"""Where does an incident stand on its ladder, and what follows from what was answered? Folded state in, facts out.

Called from any thread while another one writes: what may grow meanwhile is copied before it is gone through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from incident_console import events
from incident_console.record import speaking
from incident_console.runbook import ladder

if TYPE_CHECKING:
    from incident_console.record.incident import Incident
    from incident_console.record.seen import Item, RungState
    from incident_console.session.suggest import Suggestion


def standing(incident: Incident) -> ladder.Standing:
    """What the ladder needs to know of an incident."""
    rungs = dict(tuple(incident.rungs.items()))
    return ladder.Standing(
        entered=tuple(name for name, rung in rungs.items() if rung.entered_at),
        answers={name: answers_of(rung) for name, rung in rungs.items()},
        captured=_captured(tuple(incident.evidence), rungs),
        completed=frozenset(name for name, rung in rungs.items() if rung.completed_at),
        waived={name: rung.waived for name, rung in rungs.items() if rung.waived is not None},
        facts=_facts(incident, rungs),
    )


def answers_of(rung: RungState) -> dict[str, Any]:
    """By field, the last word said."""
    return {name: answer.value for name, answer in rung.answers.items()}


def conclusions(
    incident: Incident, role: str, answers: Mapping[str, Any], suggested: Suggestion | None = None
) -> Iterator[events.Event]:
    """What a rung's answers say beyond themselves: `classify` sets the class, `decide` makes the decision.

    `suggested` is what the run's evidence says of the class; it is kept beside what was decided. Nothing where it was
    concluded already: a correction of another field is no new class.
    """
    concluded: events.Event | None = None
    if role == "classify" and answers.get("class"):
        concluded = _class_set(incident, answers, suggested)
        before = incident.classification
        if before is not None and concluded == before.with_(**_seen_meanwhile(concluded, answers)):
            return
    elif role == "decide" and answers.get("decision"):
        concluded = events.DecisionMade(
            decision=_text(answers["decision"]),
            reason=_text(answers.get("reason")),
            owner=_text(answers.get("owner")),
        )
    if concluded is not None and concluded != incident.decision:
        yield concluded


def _class_set(incident: Incident, answers: Mapping[str, Any], suggested: Suggestion | None) -> events.ClassSet:
    """What nobody answered for and against the class is what was said of single evidence, and what the files say."""
    name = _text(answers["class"])
    clues = suggested.clues(name) if suggested is not None else ((), ())
    speaks_for, speaks_against = (
        tuple(dict.fromkeys((*marked, *clue)))
        for marked, clue in zip(speaking.texts(incident, name), clues, strict=True)
    )
    return events.ClassSet(
        class_=name,
        cost=_text(answers.get("cost")),
        confidence=_text(answers.get("confidence")),
        for_=_lines(answers.get("for")) or speaks_for,
        against=_lines(answers.get("against")) or speaks_against,
        ruled_out=_text(answers.get("ruled_out")),
        next_measurement=_text(answers.get("next_measurement")),
        suggested=suggested.text if suggested is not None else None,
    )


def _seen_meanwhile(now: events.ClassSet, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What changes by itself while the run goes on, and nobody said: it makes no new class."""
    seen: dict[str, Any] = {"suggested": now.suggested, "redactions": now.redactions}
    if not answers.get("for"):
        seen["for_"] = now.for_
    if not answers.get("against"):
        seen["against"] = now.against
    return seen


def unexplained(incident: Incident) -> tuple[int, ...]:
    """The `seq` of every edit made while the gate was closed that nobody has given a reason for.

    What changed only the layout of a file needs none.
    """
    edits = ((seq, edit) for seq, edit in incident.edits.items() if edit.event.change != "layout")
    return tuple(seq for seq, edit in edits if not edit.event.gate_open and not edit.explanations)


def _captured(evidence: tuple[Item, ...], rungs: Mapping[str, RungState]) -> dict[str, frozenset[str]]:
    """By rung, the ids of the evidence that something was kept for.

    Pinned lines and kept attempts have no id of the runbook's: they count for every item of their surface.
    """
    found: dict[str, set[str]] = {}
    for item in evidence:
        if item.rung is None or not item.kept:
            continue
        if isinstance(item.event, events.EvidenceCaptured):
            ids = {item.event.item}
        else:
            outline = rungs[item.rung].outline if item.rung in rungs else None
            ids = {wanted.id for wanted in outline.evidence if wanted.surface == item.surface} if outline else set()
        found.setdefault(item.rung, set()).update(ids)
    return {rung: frozenset(ids) for rung, ids in found.items()}


def _facts(incident: Incident, rungs: Mapping[str, RungState]) -> dict[str, Any]:
    """Every name of `runbook.schema.FACTS` that is known; what nobody said is left out, so that it is absent."""
    said, run, decision = incident.classification, incident.run, incident.decision
    facts = {
        "class": said.class_ if said else None,
        "cost": said.cost if said else None,
        "confidence": said.confidence if said else None,
        "contexts": _contexts(rungs),
        "context": incident.context,
        "decision": decision.decision if decision else None,
        "status": run.event.status if run else None,
    }
    return {name: value for name, value in facts.items() if value not in (None, events.UNKNOWN)}


def _contexts(rungs: Mapping[str, RungState]) -> Any:
    """The operating contexts in which it was seen, as the scope says, or any other rung that asks for them."""
    for rung in sorted(rungs.values(), key=lambda rung: rung.role != "scope"):
        answer = rung.answers.get("contexts")
        if answer is not None and answer.known:
            return answer.value
    return None


def _text(value: Any) -> str:
    if value is None or value == "":
        return events.UNKNOWN
    return ", ".join(str(part) for part in value) if isinstance(value, list | tuple) else str(value)


def _lines(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(part) for part in value)
    return tuple(line.strip() for line in str(value or "").splitlines() if line.strip())
