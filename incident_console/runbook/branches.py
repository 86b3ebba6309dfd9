"""Where can this ladder lead? Conditions that never hold, branches never taken, rungs no way leads to, circles.

A condition on a field with a closed set of answers is tried with every one of them, by the ladder's own rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

from incident_console.events import UNKNOWN
from incident_console.runbook import ladder, schema, terms
from incident_console.runbook.faults import Fault
from incident_console.runbook.load import Loaded
from incident_console.runbook.nodes import Node
from incident_console.runbook.schema import Condition, Field, Runbook, Rung

_STATUS = ("running", "succeeded", "failed", "interrupted", "nothing-to-do")
_SET_BY = {"class": "classify", "cost": "classify", "confidence": "classify", "decision": "decide"}
_ABSENT = None
_ANYTHING = object()
_NEEDED_ROLES = ("symptom", "scope", "evidence", "classify", "decide")
"""The gate asks for the first four, and the fifth is where one stops."""


@dataclass(frozen=True, slots=True)
class _Domain:
    """Every answer that a condition can meet."""

    values: tuple[Any, ...]
    told: tuple[str, ...]
    """Those that can be named; none where the answers are open."""
    single: bool
    """A closed set, and one answer of it at a time: what earlier branches took is gone for the later ones."""


@dataclass(slots=True)
class _Ways:
    """The ladder as a graph over the rungs' places, counted from 0."""

    branches: list[tuple[int, int, Node]]
    falls: list[bool]
    """Whether one may go on from the rung to the next in order."""
    onward: dict[int, list[int]] = field(default_factory=dict)

    def add(self, origin: int, to: int, place: Node) -> None:
        self.branches.append((origin, to, place))
        self.onward.setdefault(origin, []).append(to)

    def reached(self, start: int, *, without: int = -1, falling: bool = True) -> set[int]:
        found: set[int] = set()
        todo = [start] if start != without else []
        while todo:
            here = todo.pop()
            if here in found:
                continue
            found.add(here)
            todo += [to for to in self.onward.get(here, ()) if to != without]
            if falling and here + 1 < len(self.falls) and self.falls[here] and here + 1 != without:
                todo.append(here + 1)
        return found


def faults(loaded: Loaded) -> Iterator[Fault]:
    """Everything about conditions and ways that the author of the runbook cannot have meant."""
    runbook, name = loaded.runbook, loaded.name
    rungs = loaded.nodes.get("rungs") or loaded.nodes
    places = {rung.id: at for at, rung in enumerate(runbook.rungs)}
    ways = _Ways([], [])
    for at, (rung, node) in enumerate(zip(runbook.rungs, rungs.items(), strict=True)):
        seen: set[Condition] = set()
        left: dict[str, set[Any]] = {}
        for branch, place in zip(rung.next, node.members("next"), strict=True):
            domain = _domain(runbook, rung, branch.when, within=True)
            if told := _never(runbook, rung, branch.when, domain, places, branching=True):
                yield _fault(name, place.get("when") or place, *told)
                continue
            # Of a closed set only what earlier branches left can still come here.
            values = set(domain.values)
            remaining = left.setdefault(branch.when.field or "", values) if domain.single else values
            holds = {value for value in remaining if ladder.matches(branch.when, value)}
            if branch.when in seen or (domain.told and not holds):
                yield _fault(name, place, "this branch is never taken", "an earlier one takes all it asks for; drop it")
                continue
            seen.add(branch.when)
            if domain.single:
                remaining -= holds
            elif branch.when.present and holds == values:
                left[branch.when.field or ""] = set()  # always answered here: nothing goes on to the next rung
            ways.add(at, places[branch.go], place)
        ways.falls.append(all(left.values()))
        for trigger, place in zip(rung.escalate, node.members("escalate"), strict=True):
            domain = _domain(runbook, rung, trigger.when, within=False)
            if told := _never(runbook, rung, trigger.when, domain, places, branching=False):
                yield _fault(name, place.get("when") or place, *told)
    yield from _ways(runbook, rungs, ways, name)


def _never(
    runbook: Runbook, rung: Rung, when: Condition, domain: _Domain, places: dict[str, int], *, branching: bool
) -> tuple[str, str] | None:
    """Why the condition cannot hold, or None."""
    asked = when.field or when.fact or ""
    role = _SET_BY.get(when.fact or "")
    owners = [owner for owner in runbook.rungs if owner.field(asked) and (role is None or owner.role == role)]
    if when.fact in (*_SET_BY, "contexts") and not owners:
        where = f"a rung of the role {role} with a field `{asked}`" if role else "a rung with a field `contexts`"
        return f"nothing ever sets the fact {asked}", where
    if branching and owners and rung not in owners and when.present is not False:
        first = min(places[owner.id] for owner in owners)
        if first > places[rung.id]:
            later = runbook.rungs[first].id
            return (
                f"`{asked}` is answered only later, in {later}, so this never holds here",
                f"ask it in {rung.id} or before, or put the branch into {later}",
            )
    if when.present is not None:
        if not any(ladder.matches(when, value) for value in domain.values):
            return f"`{asked}` must be answered here, so it is never absent", "drop the condition"
        return None
    value = next(value for value in (when.is_, when.not_, when.includes) if value is not None)
    if when.field is not None and not _number_may_be(
        value, [field for owner in owners if (field := owner.field(asked))]
    ):
        return f"{value!r} can never be the answer to `{asked}`, which is a number", "a number, or the field a choice"
    asking = when if when.not_ is None else Condition.model_validate({"field": "x", "is": value})
    if not domain.told or any(ladder.matches(asking, each) for each in domain.values):
        return None
    return f"{value!r} can never be the answer to `{asked}`", f"allowed: {', '.join(domain.told)}"


def _number_may_be(value: Any, fields: list[Field]) -> bool:
    """Whether one of the fields that are asked for takes the value, as far as their being numbers goes."""
    return not fields or any(
        asked.type != "number" or ladder.is_number(value) or (asked.unknown and str(value).casefold() == UNKNOWN)
        for asked in fields
    )


def _domain(runbook: Runbook, rung: Rung, when: Condition, *, within: bool) -> _Domain:
    """What the condition can meet. `within`: at the moment the rung itself is completed."""
    if when.fact is not None:
        return _fact(runbook, when.fact)
    own = rung.field(when.field or "")
    if own is not None:
        return _answers(own, within=within)
    found = [_answers(asked, within=False) for owner in runbook.rungs if (asked := owner.field(when.field or ""))]
    if len(found) == 1:
        return found[0]
    told = dict.fromkeys(word for domain in found for word in domain.told)
    open_ = not all(domain.told for domain in found)
    return _Domain(tuple(value for domain in found for value in domain.values), () if open_ else tuple(told), False)


def _fact(runbook: Runbook, fact: str) -> _Domain:
    known: tuple[str, ...] = {
        "class": terms.CLASSES,
        "cost": terms.COSTS,
        "context": get_args(schema.Context),
        "status": _STATUS,
    }.get(fact, ())
    if not known:
        role = _SET_BY.get(fact)
        fields = [field for rung in runbook.rungs if role in (None, rung.role) and (field := rung.field(fact))]
        if fields and all(field.choices for field in fields):
            known = tuple(dict.fromkeys(choice for field in fields for choice in field.choices))
    if not known:
        return _Domain((_ABSENT, _ANYTHING), (), False)
    unknown = (UNKNOWN,) if fact in _SET_BY or fact == "contexts" else ()
    return _Domain((_ABSENT, *known, *unknown), known, False)


def _answers(field: Field, *, within: bool) -> _Domain:
    choices: tuple[str, ...] = field.choices if field.type in ("choice", "many") else ()
    if field.type == "yes-no":
        choices = ("yes", "no")
    absent = () if field.required and within else (_ABSENT,)
    if not choices:
        return _Domain((*absent, _ANYTHING), (), False)
    told = tuple(dict.fromkeys((*choices, *((UNKNOWN,) if field.unknown else ()))))
    return _Domain((*absent, *told), told, field.type != "many")


def _ways(runbook: Runbook, rungs: Node, ways: _Ways, name: str) -> Iterator[Fault]:
    ids = [rung.id for rung in runbook.rungs]
    for origin, to, place in ways.branches:
        go = place.get("go") or place
        if origin not in ways.reached(0, without=to) or origin in ways.reached(to, falling=False):
            yield _fault(
                name,
                go,
                f"the branch goes round in a circle: {ids[to]} was climbed on the way to {ids[origin]}",
                "a rung further up; what is done is not climbed again",
            )
        elif skipped := _skipped(runbook, ways, origin, to):
            yield Fault(
                name,
                go.line,
                go.column,
                f"the branch to {ids[to]} goes past {', '.join(skipped)}, which every incident needs",
                "put the rung it leads to before them, or lead back to them from there",
                "warning",
            )
    reached = ways.reached(0)
    for at, node in enumerate(rungs.items()):
        if at not in reached and at - 1 in reached:
            yield _fault(
                name,
                node.get("id") or node,
                f"no way leads to the rung {ids[at]}: every answer before it goes elsewhere",
                "a branch to it, or one branch less before it",
            )


def _skipped(runbook: Runbook, ways: _Ways, origin: int, to: int) -> list[str]:
    """The needed rungs between that the way does not come back to."""
    after = ways.reached(to)
    between: Iterable[int] = range(origin + 1, to)
    return [
        runbook.rungs[at].id
        for at in between
        if at not in after and (runbook.rungs[at].role in _NEEDED_ROLES or runbook.rungs[at].id == runbook.stop)
    ]


def _fault(name: str, node: Node, message: str, allowed: str) -> Fault:
    return Fault(name, node.line, node.column, message, allowed)
