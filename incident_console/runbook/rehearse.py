"""Does the runbook still lead where it is expected to? The pure ladder climbed with recorded answers; nothing is run.

The climb is that of `collect`: from the first rung as the runbook branches, then what was passed over.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from incident_console.events import UNKNOWN
from incident_console.runbook import ladder
from incident_console.runbook.answers import Answer, split
from incident_console.runbook.faults import Fault, clip
from incident_console.runbook.ladder import Standing
from incident_console.runbook.nodes import Node
from incident_console.runbook.rehearsal import Ending, Gate, Outcome, Rehearsal, Step
from incident_console.runbook.schema import Runbook, Rung
from incident_console.runbook.terms import WAIVE

_CONCLUDED = {"classify": ("class", "cost", "confidence"), "decide": ("decision",)}
"""The answers that become facts of the incident, by the role of their rung."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A rung as it was climbed."""

    rung: str
    outcome: Outcome
    because: str
    escalations: tuple[str, ...]
    """Those that did not hold before."""
    next: str | None
    gate: Gate


@dataclass(frozen=True, slots=True)
class Result:
    """The path taken, how it ended, and where that is not what was expected."""

    path: tuple[Taken, ...]
    ending: Ending
    faults: tuple[Fault, ...]
    diff: tuple[str, ...]
    """Both paths, a step a line: `-` expected, `+` taken; empty where they are the same."""


def rehearse(rehearsal: Rehearsal) -> Result:
    """Climb the ladder as the rehearsal says, and compare."""
    climb = _Climb(rehearsal)
    path = tuple(climb.steps())
    ending = climb.ending()
    faults = (*_path_faults(rehearsal, path), *_ending_faults(rehearsal, ending))
    return Result(path, ending, faults, tuple(_diff(rehearsal.script.path, path)) if faults else ())


def gate_missing(runbook: Runbook, standing: Standing) -> tuple[str, ...]:
    """What the note must still name before the workflow is edited: symptom, scope, evidence, class.

    As the record has it: a part that the runbook has no rung for is not asked, and `undetermined` is a class.
    """
    asked = {"symptom", "scope", "classify"}
    roles = asked.intersection(rung.role for rung in runbook.rungs) or asked
    told = {rung.role for rung in runbook.rungs if any(_known(v) for v in standing.answers.get(rung.id, {}).values())}
    named = {
        "symptom": "symptom" in told or "symptom" not in roles,
        "scope": "scope" in told or "scope" not in roles,
        "evidence": any(standing.captured.values()),
        "class": bool(standing.facts.get("class")) or "classify" not in roles,
    }
    return tuple(part for part, there in named.items() if not there)


@dataclass(slots=True)
class _Climb:
    """What has happened so far."""

    rehearsal: Rehearsal
    entered: list[str] = field(default_factory=list)
    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    captured: dict[str, frozenset[str]] = field(default_factory=dict)
    completed: set[str] = field(default_factory=set)
    waived: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def steps(self) -> Iterator[Taken]:
        runbook = self.rehearsal.runbook
        self.facts |= self.rehearsal.script.facts
        tries = {id: list(given) for id, given in self.rehearsal.tries.items()}
        held: tuple[str, ...] = ()
        here: str | None = runbook.rungs[0].id
        while here is not None:
            self.entered.append(here)
            rest = tries.get(here, [])
            outcome, because = self._climb(runbook.rung(here), rest.pop(0) if rest else {})
            # Refused with another answer at hand: one stays on the rung and gives that.
            following = here if rest and here not in self.completed | self.waived.keys() else self._next(here)
            now = self._held()
            new = tuple(to for to in now if to not in held)
            yield Taken(here, outcome, because, new, following, self._gate())
            here, held = following, now

    def ending(self) -> Ending:
        done = self.completed | self.waived.keys()
        told = {"class": self.facts.get("class"), "cost": self.facts.get("cost")}
        return Ending.model_validate(
            {
                **{key: str(value) for key, value in told.items() if value},
                **({"decision": str(self.facts["decision"])} if self.facts.get("decision") else {}),
                "unfinished": [rung.id for rung in self.rehearsal.runbook.rungs if rung.id not in done],
                "escalations": list(self._held()),
                "gate": self._gate(),
            }
        )

    def _climb(self, rung: Rung, given: Mapping[str, Answer]) -> tuple[Outcome, str]:
        runbook = self.rehearsal.runbook
        if WAIVE in given:
            reason = str(given[WAIVE])
            if refusal := ladder.waiver_refusal(runbook, rung.id, reason):
                return "refused", refusal
            self.waived[rung.id] = reason
            return "waived", reason
        fields, texts = split(rung, given)
        recorded = self.rehearsal.script.evidence
        seen = {item.id for item in rung.evidence if item.id in recorded and recorded[item.id].failed is None}
        self.captured[rung.id] = self.captured.get(rung.id, frozenset()) | seen | texts.keys()
        if refusals := ladder.refusals(runbook, rung.id, fields):
            return "refused", "; ".join(f"{refusal.field}: {refusal.because}" for refusal in refusals)
        self.answers[rung.id] = {**self.answers.get(rung.id, {}), **fields}
        for name in (*_CONCLUDED.get(rung.role, ()), *(("contexts",) if rung.role == "scope" else ())):
            if _known(fields.get(name)):
                self.facts[name] = fields[name]
        if needs := ladder.missing(runbook, rung.id, self.standing()):
            return "lacking", "still needed: " + "; ".join(need.text for need in needs)
        self.completed.add(rung.id)
        return "completed", ""

    def standing(self) -> Standing:
        return Standing(
            tuple(self.entered), self.answers, self.captured, frozenset(self.completed), self.waived, self.facts
        )

    def _next(self, here: str) -> str | None:
        following = ladder.next_rung(self.rehearsal.runbook, here, self.standing())
        if following not in self.entered:
            return following
        over = {*self.entered, *self.completed, *self.waived}
        return next((rung.id for rung in self.rehearsal.runbook.rungs if rung.id not in over), None)

    def _held(self) -> tuple[str, ...]:
        held = ladder.escalations(self.rehearsal.runbook, self.standing())
        return tuple(dict.fromkeys(each.to for each in held))

    def _gate(self) -> Gate:
        return "closed" if gate_missing(self.rehearsal.runbook, self.standing()) else "open"


def _known(value: Any) -> bool:
    parts = value if isinstance(value, (list, tuple)) else (value,)
    return any(part is not None and str(part).strip().casefold() not in ("", UNKNOWN) for part in parts)


def _path_faults(rehearsal: Rehearsal, path: tuple[Taken, ...]) -> Iterator[Fault]:
    nodes = rehearsal.nodes.members("path")
    for number, (step, node) in enumerate(zip(rehearsal.script.path, nodes, strict=True), 1):
        lead = f"step {number}, {step.rung}"
        if number > len(path):
            yield _fault(rehearsal, node, f"{lead}: not reached", f"the climb ended with step {len(path)}")
            return
        taken = path[number - 1]
        if taken.rung != step.rung:
            told = (
                f"{taken.rung} came: step {number - 1} led there"
                if number > 1
                else f"the ladder begins with {taken.rung}"
            )
            yield _fault(rehearsal, node.get("rung") or node, f"{lead}: was not the next rung", told)
            return
        for key, was in _unlike(step, taken):
            place = node.get(key) or node
            yield _fault(rehearsal, place, f"{lead}: expected {key} {_told(getattr(step, key))}", f"it was {was}")
    if len(path) > len(nodes):
        rest = " → ".join(taken.rung for taken in path[len(nodes) :])
        yield _fault(
            rehearsal, nodes[-1], f"the path goes on after step {len(nodes)}", f"add the steps {clip(rest, 200)}"
        )


def _unlike(step: Step, taken: Taken) -> Iterator[tuple[str, str]]:
    why = f" ({clip(taken.because, 200)})" if taken.because else ""
    if step.outcome != taken.outcome:
        yield "outcome", f"{taken.outcome}{why}"
    elif step.because.casefold() not in taken.because.casefold():
        yield "because", taken.because or "no reason at all"
    if step.escalations != taken.escalations:
        yield "escalations", _told(taken.escalations)
    if step.next not in (None, taken.next):
        yield "next", _told(taken.next)
    if step.gate not in (None, taken.gate):
        yield "gate", taken.gate


def _ending_faults(rehearsal: Rehearsal, ending: Ending) -> Iterator[Fault]:
    wanted = rehearsal.script.ending
    node = rehearsal.nodes.get("ending") or rehearsal.nodes
    for name, info in Ending.model_fields.items():
        expected, was = getattr(wanted, name), getattr(ending, name)
        key = info.alias or name
        if expected is not None and expected != was:
            place = node.get(key) or node
            yield _fault(rehearsal, place, f"ending: expected {key} {_told(expected)}", f"it was {_told(was)}")


def _diff(wanted: tuple[Step, ...], path: tuple[Taken, ...]) -> Iterator[str]:
    took = [
        _line(taken.rung, taken.outcome, taken.because, taken.escalations, taken.next, taken.gate) for taken in path
    ]
    want: list[str] = []
    for number, step in enumerate(wanted):
        taken = path[number] if number < len(path) and path[number].rung == step.rung else None
        because, following, gate = step.because, step.next, step.gate
        if taken is not None:  # what is not asked for is as it was
            because = taken.because if step.outcome == taken.outcome and because in taken.because else because
            following, gate = following or taken.next, gate or taken.gate
        want.append(_line(step.rung, step.outcome, because, step.escalations, following, gate))
    yield from (line.rstrip() for line in difflib.ndiff(want, took) if not line.startswith("?"))


def _line(
    rung: str, outcome: str, because: str, escalations: tuple[str, ...], following: str | None, gate: str | None
) -> str:
    why = f" ({clip(because, 100)})" if because else ""
    away = f", escalate to {', '.join(escalations)}" if escalations else ""
    return f"{rung} {outcome}{why} → {following or 'the end'}{f', gate {gate}' if gate else ''}{away}"


def _told(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value) or "none"
    return "none" if value is None else str(value)


def _fault(rehearsal: Rehearsal, node: Node, message: str, allowed: str) -> Fault:
    return Fault(rehearsal.name, node.line, node.column, message, allowed)
