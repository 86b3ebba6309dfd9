"""Is a sound runbook any good at 3 a.m.? Lints beyond the schema, each at its place in the file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePath

from incident_console.runbook import schema
from incident_console.runbook.faults import Fault, in_order
from incident_console.runbook.load import Loaded
from incident_console.runbook.nodes import Node
from incident_console.runbook.schema import Condition, EvidenceItem, Runbook, Rung

_SECTIONS = {
    "symptom": "symptom check",
    "evidence": "evidence route",
    "decide": "decision boundary",
    "prove": "proof route",
}
_NO_ENDING = re.compile(r"\b(investigate|look into (it|this)|dig) (further|more|deeper)\b", re.IGNORECASE)
_CHANGING = frozenset(
    (
        *("rm", "mv", "cp", "ln", "dd", "tee", "touch", "mkdir", "rmdir", "chmod", "chown", "truncate", "shred"),
        *("rsync", "kill", "pkill", "killall", "scancel", "qdel", "bkill"),
    )
)
_QUERY = re.compile(
    r"--(dry-?run|summary|detailed-summary|list-\S+|lint|dag|rulegraph|filegraph|d3dag|version|help)\b"
    r"|-[a-zA-Z]*[nSDlh][a-zA-Z]*$"
)
_GIT_READS = frozenset(
    ("log", "diff", "show", "status", "blame", "rev-parse", "ls-files", "shortlog", "describe", "cat-file", "grep")
)


def check(loaded: Loaded) -> tuple[Fault, ...]:
    """What a maintainer should put right, in the order of the file; the runbook can be climbed all the same."""
    return in_order(_lints(loaded))


def _lints(loaded: Loaded) -> Iterator[Fault]:
    runbook, name = loaded.runbook, loaded.name
    rungs = loaded.nodes.get("rungs") or loaded.nodes
    roles = {rung.role for rung in runbook.rungs}
    for role, section in _SECTIONS.items():
        if role not in roles:
            yield _fault(name, rungs, f"there is no {section}", f"a rung with the role {role}")
    if not any(rung.escalate for rung in runbook.rungs):
        yield _fault(name, rungs, "nothing says when to escalate", "`escalate` triggers in at least one rung")
    for rung, node in zip(runbook.rungs, rungs.items(), strict=True):
        yield from _rung(runbook, rung, node, name)
    yield from _endings(loaded.nodes, name)


def _rung(runbook: Runbook, rung: Rung, node: Node, name: str) -> Iterator[Fault]:
    for item, place in zip(rung.evidence, _members(node, "evidence"), strict=True):
        if wrong := understated(item):
            yield _fault(name, place.get("effects") or place.get("run") or place, *wrong)
    seen: set[Condition] = set()
    for branch, place in zip(rung.next, _members(node, "next"), strict=True):
        yield from _condition(runbook, rung, branch.when, place.get("when") or place, name)
        if branch.when in seen:
            yield _fault(name, place, "this branch is never taken", "an earlier one has the same condition")
        seen.add(branch.when)
    for trigger, place in zip(rung.escalate, _members(node, "escalate"), strict=True):
        yield from _condition(runbook, rung, trigger.when, place.get("when") or place, name)
    for field in rung.ask:
        vocabulary = {"class": schema.CLASSES, "cost": schema.COSTS}.get(field.id, ())
        strange = [choice for choice in field.choices if choice not in vocabulary]
        if rung.role == "classify" and vocabulary and strange:
            asked = next((entry for entry in _members(node, "ask") if entry.text("id") == field.id), node)
            yield _fault(name, asked, f"{', '.join(strange)}: no such {field.id}", f"allowed: {', '.join(vocabulary)}")


def _condition(runbook: Runbook, rung: Rung, when: Condition, node: Node, name: str) -> Iterator[Fault]:
    value = next((value for value in (when.is_, when.not_, when.includes) if value is not None), None)
    if value is None or isinstance(value, bool):
        return
    known: tuple[str, ...] = {"class": schema.CLASSES, "cost": schema.COSTS}.get(when.fact or "", ())
    if when.field is not None:
        fields = [field for owner in (rung, *runbook.rungs) if (field := owner.field(when.field))]
        known = fields[0].choices if fields else ()
    if known and str(value).casefold() not in [choice.casefold() for choice in (*known, "unknown")]:
        yield _fault(name, node, f"{value!r} can never be the answer", f"allowed: {', '.join(known)}")


def understated(item: EvidenceItem) -> tuple[str, str] | None:
    """What a command does beyond its declared effects, where that is known; and which effects to declare."""
    if item.run is None or item.effects not in ("read-only", "engine-bookkeeping"):
        return None
    words = _words(item)
    if not words:
        return None
    program, options = PurePath(words[0]).name, words[1:]
    if item.shell and re.search(r"(?<![0-9&])>(?![&])", " ".join(item.run)):
        return "the command line writes to a file", "effects: writes"
    if program in _CHANGING or (program == "sed" and any(word.startswith(("-i", "--in-place")) for word in options)):
        return f"`{program}` changes what it is given", "effects: writes, or deletes"
    if program == "snakemake":
        if {"--unlock", "--delete-all-output", "--delete-temp-output", "--cleanup-metadata"} & set(options):
            return "this snakemake command changes the scene", "effects: deletes"
        if not any(_QUERY.match(word) for word in options):
            return "snakemake without -n or a query runs the workflow", "effects: runs-workflow"
        if item.effects == "read-only":
            return "every snakemake query writes inside .snakemake/", "effects: engine-bookkeeping"
    if program == "make" and not {"-n", "--dry-run", "--just-print", "-q", "--question"} & set(options):
        return "make may run anything", "effects: writes, runs-workflow or deletes, after reading the target"
    if program == "git":
        verb = next((word for word in options if not word.startswith("-")), "")
        if verb not in _GIT_READS:
            return f"`git {verb}` may change the repository", "effects: writes"
    return None


def _words(item: EvidenceItem) -> list[str]:
    run = list(item.run or ())
    try:
        return shlex.split(" ".join(run)) if item.shell else run
    except ValueError:
        return run


def _endings(node: Node, name: str) -> Iterator[Fault]:
    """Texts anywhere in the file that send the reader away without a step. Depth is bounded by the reader."""
    if isinstance(node.value, str) and (match := _NO_ENDING.search(node.value)):
        yield _fault(name, node, f"{match[0]!r} is no next step", "name the measurement, or who to escalate to")
    children = list(node.value.values()) if isinstance(node.value, dict) else node.items()
    for child in children:
        yield from _endings(child, name)


def _members(node: Node, key: str) -> list[Node]:
    inner = node.get(key)
    return inner.items() if inner is not None else []


def _fault(name: str, node: Node, message: str, allowed: str) -> Fault:
    return Fault(name, node.line, node.column, message, allowed)
