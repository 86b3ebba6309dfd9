"""Which boundaries does the incident cross, which evidence says so, and what would an escalation say?

The runbook's triggers that hold come first; then the four that hold for any workflow, unless the runbook has told the
same already: the fix changes the meaning, one operating context only, the published contract, and a thing that keeps
coming back. Folded state in, drafts out; nothing is escalated here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from incident_console.events import UNKNOWN, EvidenceCaptured
from incident_console.record import speaking
from incident_console.record.findings import failures
from incident_console.runbook import ladder
from incident_console.session.standing import standing

if TYPE_CHECKING:
    from incident_console.record.incident import Incident
    from incident_console.record.seen import Answer, RungState
    from incident_console.runbook.schema import Condition, Runbook

CLUES = 3
CAUSES = 3
_OF_THE_CLASS = ("class", "cost", "confidence")


@dataclass(frozen=True, slots=True)
class Crossing:
    """A boundary that is crossed, and the review that it leads to."""

    to: str
    because: str
    evidence: tuple[str, ...]
    """Sentences with the event where each stands."""


@dataclass(frozen=True, slots=True)
class Draft:
    points_to: str
    points_away_from: str
    owner: str


def crossings(runbook: Runbook, incident: Incident) -> tuple[Crossing, ...]:
    """Those that hold now, the runbook's first."""
    found = [
        Crossing(held.to, held.because, tuple(_evidence(incident, held.rung, held.when)))
        for held in ladder.escalations(runbook, standing(incident))
    ]
    for general in _general(incident):
        told = (set(general.evidence) <= set(each.evidence) for each in found)
        if not any(told):
            found.append(general)
    return tuple(found)


def raised_by(incident: Incident, crossing: Crossing) -> int | None:
    """The number of the escalation that this crossing led to already; the latest, where there are several."""
    numbers = [
        each.number
        for each in incident.escalations.values()
        if (each.event.to, each.event.trigger) == (crossing.to, crossing.because)
    ]
    return numbers[-1] if numbers else None


def to_show(held: Iterable[ladder.Held], rung: str, incident: Incident) -> tuple[tuple[int, ladder.Held], ...]:
    """Those that stand on this rung, each with its place among all: its own, and those of others until they are raised.

    A trigger holds wherever one is on the ladder, from the answer that fulfils it on.
    """
    raised = {(each.event.to, each.event.trigger) for each in tuple(incident.escalations.values())}
    return tuple(
        (place, each) for place, each in enumerate(held) if each.rung == rung or (each.to, each.because) not in raised
    )


def draft(incident: Incident) -> Draft:
    """Where the evidence points, and where it points away from, as far as the record says; empty where it does not."""
    said = incident.classification
    named = said is not None and said.class_ not in (UNKNOWN, "undetermined")
    speaks_for, against = speaking.case(incident, said) if said is not None else ((), ())
    points_to: list[str] = [said.class_, *speaks_for[:CLUES]] if said is not None and named else []
    if not points_to:
        causes = failures(incident, None).causes[:CAUSES]
        points_to = [f"{cause.rule}: {cause.words or 'failed'}" for cause in causes]
    away = []
    if said is not None:
        away = [said.ruled_out] if said.ruled_out != UNKNOWN else []
        away += against[:CLUES]
    owner = incident.decision.owner if incident.decision is not None else ""
    return Draft("; ".join(points_to), "; ".join(away), "" if owner == UNKNOWN else owner)


def _general(incident: Incident) -> Iterator[Crossing]:
    """The four triggers of any workflow."""
    if meaning := list(_yes(incident, "changes_meaning")):
        yield Crossing("workflow review", "The proposed fix changes what the workflow means.", tuple(meaning))
    if one := [*_one_context(incident), *_class_is(incident, "operating-context")]:
        because = "The problem shows in one operating context only, so its profile has to be reviewed."
        yield Crossing("profile-or-storage review", because, tuple(one))
    if doubtful := [*_class_is(incident, "publish-boundary"), *_verify_failed(incident)]:
        yield Crossing("publish-boundary review", "The published contract may no longer be trusted.", tuple(doubtful))
    if again := list(_yes(incident, "seen_before")):
        because = "The same incident keeps coming back and should become an executable check."
        yield Crossing("workflow review", because, tuple(again))


def _yes(incident: Incident, name: str) -> Iterator[str]:
    for rung, answer in _answers(incident, name):
        if answer.value is True or answer.text.strip().lower() == "yes":
            yield _answered(rung, name, answer)


def _one_context(incident: Incident) -> Iterator[str]:
    """A problem that was seen locally and nowhere else says only that nobody looked elsewhere."""
    for rung, answer in _answers(incident, "contexts"):
        names = [str(part) for part in answer.value] if isinstance(answer.value, list | tuple) else [answer.text]
        if answer.known and len(names) == 1 and names[0].strip().lower() != "local":
            yield _answered(rung, "contexts", answer)


def _class_is(incident: Incident, name: str) -> Iterator[str]:
    if incident.classification is not None and incident.classification.class_ == name:
        yield from _classed(incident, "class")


def _verify_failed(incident: Incident) -> Iterator[str]:
    """The last verify report of each kind, where it said no."""
    latest = {
        item.name: item
        for item in incident.evidence
        if item.surface == "verify-report" and isinstance(item.event, EvidenceCaptured)
    }
    for name, item in latest.items():
        if code := getattr(item.event, "exit_code", None):
            yield f"verify-report {name} ended with exit code {code} (event {item.seq})"


def _evidence(incident: Incident, rung: str, when: Condition | None) -> Iterator[str]:
    """What the condition of a trigger was met by."""
    name = (when.field or when.fact or "") if when is not None else ""
    if when is not None and when.fact is not None and (known := list(_of_fact(incident, name))):
        yield from known
        return
    answers = list(_answers(incident, name))
    own = [(state, answer) for state, answer in answers if state.id == rung]
    for state, answer in (own or answers)[:1]:
        yield _answered(state, name, answer)


def _of_fact(incident: Incident, name: str) -> Iterator[str]:
    if name in _OF_THE_CLASS and incident.classes:
        yield from _classed(incident, name)
    elif name == "decision" and incident.decisions:
        decided = incident.decisions[-1]
        yield f"decision {decided.event.decision} (event {decided.seq}, {decided.by})"
    elif name == "status" and incident.run is not None:
        yield f"run {incident.run.event.log} {incident.run.event.status} (event {incident.run.seq})"
    elif name == "context":
        yield f"the incident is worked in the context {incident.context}"


def _classed(incident: Incident, name: str) -> Iterator[str]:
    said = incident.classes[-1]
    value = {"class": said.event.class_, "cost": said.event.cost, "confidence": said.event.confidence}[name]
    yield f"{name} {value} (event {said.seq}, {said.by})"
    if name == "class":
        yield from said.event.for_[:CLUES]


def _answers(incident: Incident, name: str) -> Iterator[tuple[RungState, Answer]]:
    # Copied first: the live thread may record while this is read.
    for state in tuple(incident.rungs.values()):
        answer = state.answers.get(name)
        if answer is not None and _says(answer.value):
            yield state, answer


def _says(value: Any) -> bool:
    return value not in (None, "", [], ())


def _answered(rung: RungState, name: str, answer: Answer) -> str:
    return f"rung {rung.named}, {rung.label(name)}: {answer.text} (event {answer.seq}, {answer.by})"
