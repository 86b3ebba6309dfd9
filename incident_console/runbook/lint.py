"""Is a sound runbook any good at 3 a.m.? Lints beyond the schema, each at its place in the file.

An error is what would mislead or hold up whoever climbs; a warning is what would help them. Either way the runbook can
be climbed. `effects` reads the commands, `branches` the conditions and ways; here is the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from incident_console.runbook import branches, terms
from incident_console.runbook.effects import understated
from incident_console.runbook.faults import Fault, clip, in_order
from incident_console.runbook.load import Loaded
from incident_console.runbook.nodes import Node
from incident_console.runbook.schema import Runbook, Rung
from incident_console.runbook.wording import unworkable

_SECTIONS = {
    "symptom": "symptom check",
    "evidence": "evidence route",
    "decide": "decision boundary",
    "prove": "proof route",
}
_QUESTIONS = {
    "first": "what do I run first",
    "second": "what do I look at second",
    "stop": "when do I stop and escalate",
}
_NO_ENDING = re.compile(
    r"\b((investigate|dig|look|analy[sz]e|debug|check|examine)"
    r"( (it|this|things?|them|in|into (it|this|things)))? (further|more|deeper)"
    r"|(look|dig|check) into (it|this|the (matter|issue|problem|cause))"
    r"|(further|more|deeper|additional) (investigation|analysis|debugging|research|digging|troubleshooting)"
    r"|keep (on )?(looking|digging|investigating|trying|debugging)"
    r"|(find|figure|work) (it )?out (what|why|how|the (cause|reason|problem))"
    r"|figure (it|this) out|see what happens|try (something|things|some things|anything)( else)?"
    r"|(use|apply) (your )?(best )?judge?ment|ask around|troubleshoot (it|this|the (issue|problem))"
    r"|(do|act|proceed) as (appropriate|needed|necessary))\b(?! to\b)",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(do not|don't|must not|should not|need not|never|not to|instead of|no need to|without) (try to |go on to )?$",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"(tbd|tba|todo|fixme|xxx|n/?a|none|unknown|nobody|no ?one|some(body|one|where)|any(body|one)|whoever|[-?.]+)", re.I
)
_RECORDED = frozenset(
    (
        *("class", "cost", "confidence", "for", "against", "ruled_out", "next_measurement"),
        *("decision", "reason", "owner", "contexts", "sentence"),
    )
)
"""Fields that the note, the record or a fact takes up by their name."""
_LONGEST = {"runbook": 72, "rung": 40, "question": 160, "prompt": 160}
"""Characters that a header, a row of the ladder and a line of the form can show."""


def check(loaded: Loaded) -> tuple[Fault, ...]:
    """What a maintainer should put right, in the order of the file; the runbook can be climbed all the same."""
    return in_order((*_lints(loaded), *branches.faults(loaded)))


def _lints(loaded: Loaded) -> Iterator[Fault]:
    runbook, root, name = loaded.runbook, loaded.nodes, loaded.name
    rungs = root.get("rungs") or root
    yield from _sections(runbook, rungs, name)
    yield from _questions(runbook, root, name)
    yield from _long(name, root, "title", "runbook")
    if (owner := root.get("owner")) and _NOBODY.fullmatch(runbook.owner.strip()):
        yield _warning(name, owner, f"the owner {runbook.owner!r} is nobody", "who keeps this runbook true")
    used = _used(runbook)
    for rung, node in zip(runbook.rungs, rungs.items(), strict=True):
        yield from _rung(rung, node, name)
        yield from _unread(rung, node, name, used)
    yield from _endings(root, name)


def _sections(runbook: Runbook, rungs: Node, name: str) -> Iterator[Fault]:
    roles = [rung.role for rung in runbook.rungs]
    for role, section in _SECTIONS.items():
        if role not in roles:
            yield _fault(name, rungs, f"there is no {section}", f"a rung with the role {role}")
    if not any(rung.escalate for rung in runbook.rungs):
        yield _fault(name, rungs, "nothing says when to escalate", "`escalate` triggers in at least one rung")
    wanted = [role for role in ("symptom", "evidence", "classify", "decide", "prove") if role in roles]
    for before, after in pairwise(wanted):
        if roles.index(before) > roles.index(after):
            place = rungs.items()[roles.index(after)]
            yield _fault(
                name,
                place.get("role") or place,
                f"the rung for {after} stands before the one for {before}",
                f"the order {', '.join(wanted)}",
            )


def _questions(runbook: Runbook, root: Node, name: str) -> Iterator[Fault]:
    ids = [rung.id for rung in runbook.rungs]
    for earlier, later in (("first", "second"), ("second", "stop")):
        place = root.get(later) or root
        one, two = getattr(runbook, earlier), getattr(runbook, later)
        if one == two:
            told = f"`{earlier}` and `{later}` both name {one}"
            yield _fault(name, place, told, f"a rung of its own for: {_QUESTIONS[later]}?")
        elif ids.index(one) > ids.index(two):
            told = f"`{later}` names {two}, which is climbed before {one}, named by `{earlier}`"
            yield _fault(name, place, told, "first, second and stop in the order of the ladder")


def _rung(rung: Rung, node: Node, name: str) -> Iterator[Fault]:
    for key in ("title", "question"):
        yield from _long(name, node, key, "rung" if key == "title" else key)
    if not rung.evidence and not rung.ask:
        yield _warning(
            name, node, f"the rung {rung.id} asks nothing and looks at nothing", "evidence, or a field to ask"
        )
    if rung.role == "decide" and not rung.escalate:
        yield _warning(name, node, "the decision has no boundary", "`escalate` triggers: whose decision it is no more")
    for item, place in zip(rung.evidence, node.members("evidence"), strict=True):
        if wrong := understated(item):
            at = place.get("effects") or place.get("run") or place
            yield (_fault if wrong.certain else _warning)(name, at, wrong.message, wrong.allowed)
        if item.run and not item.shell and (never := unworkable(item.run)):
            yield _fault(name, place.get("run") or place, *never)
        if not item.expect.strip():
            yield _warning(name, place, f"{item.id} says nothing of what to expect", "expect: what a healthy run shows")
    for trigger, place in zip(rung.escalate, node.members("escalate"), strict=True):
        if _NOBODY.fullmatch(trigger.to.strip()):
            yield _fault(name, place.get("to") or place, f"{trigger.to!r} is nobody", "a review, a team or a person")
    for field, place in zip(rung.ask, node.members("ask"), strict=False):
        yield from _long(name, place, "prompt", "prompt")
        vocabulary = {"class": terms.CLASSES, "cost": terms.COSTS}.get(field.id, ())
        strange = [choice for choice in field.choices if choice not in vocabulary]
        if rung.role == "classify" and vocabulary and strange:
            yield _fault(name, place, f"{', '.join(strange)}: no such {field.id}", f"allowed: {', '.join(vocabulary)}")


def _used(runbook: Runbook) -> frozenset[str]:
    """Fields that a condition asks for; a fact goes by the name of its field."""
    whens = [branch.when for rung in runbook.rungs for branch in rung.next]
    whens += [trigger.when for rung in runbook.rungs for trigger in rung.escalate]
    return frozenset(when.field or when.fact or "" for when in whens)


def _unread(rung: Rung, node: Node, name: str, used: frozenset[str]) -> Iterator[Fault]:
    """Questions that may be left empty and that nothing depends on: nobody answers those at night."""
    needed = {id.strip() for need in rung.needs for id in need.split("|")} | {refuse.field for refuse in rung.refuse}
    for field, place in zip(rung.ask, node.members("ask"), strict=False):
        if not (field.required or field.unknown or field.id in needed | used | _RECORDED):
            told = f"`{field.id}` may be left empty, and nothing reads it"
            yield _warning(name, place, told, "required: true, or unknown: true, or leave it out")


def _long(name: str, node: Node, key: str, kind: str) -> Iterator[Fault]:
    place = node.get(key)
    if place is not None and isinstance(place.value, str) and len(place.value) > _LONGEST[kind]:
        told = f"`{key}` has {len(place.value)} characters and is cut on the screen"
        yield _warning(name, place, told, f"at most {_LONGEST[kind]}; `help` has room for the rest")


def _endings(node: Node, name: str, key: str = "") -> Iterator[Fault]:
    """Texts that send the reader away without a step. Depth is bounded by the reader."""
    # A runbook may well refuse such words, and a command's words are no advice.
    if key in ("pattern", "run", "id"):
        return
    if isinstance(node.value, str) and (match := _sends_away(node.value)):
        yield _fault(name, node, f"{clip(match[0])!r} is no next step", "name the measurement, or who to escalate to")
    if isinstance(node.value, dict):
        for inner, child in node.value.items():
            yield from _endings(child, name, inner)
    for child in node.items():
        yield from _endings(child, name, key)


def _sends_away(text: str) -> re.Match[str] | None:
    """The first words that are no step; "do not investigate further" is one: it tells where to stop."""
    return next((found for found in _NO_ENDING.finditer(text) if not _NOT.search(text, 0, found.start())), None)


def _fault(name: str, node: Node, message: str, allowed: str) -> Fault:
    return Fault(name, node.line, node.column, message, allowed)


def _warning(name: str, node: Node, message: str, allowed: str) -> Fault:
    return Fault(name, node.line, node.column, message, allowed, "warning")
