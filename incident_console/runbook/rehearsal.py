"""What was recorded for a rehearsal, and which path is expected? The format `incident-console/rehearsal/1`.

A rehearsal stands beside its runbook, as `NAME.rehearsal.yaml` or `rehearsals/NAME-*.yaml`. It is data: nothing in it
is run. `rehearse` climbs the ladder with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, JsonValue

from incident_console.errors import InputError
from incident_console.runbook import answers as given_answers
from incident_console.runbook import schema, shelf
from incident_console.runbook.answers import Answer
from incident_console.runbook.explain import faults_of_shape, unknown_key
from incident_console.runbook.faults import Fault, RunbookFaults, clip
from incident_console.runbook.load import Loaded, load, read_plain
from incident_console.runbook.nodes import Node, parse
from incident_console.runbook.schema import Id, Line, Runbook
from incident_console.runbook.terms import MAX_BYTES

SCHEMA = "incident-console/rehearsal/1"
SUFFIX = ".rehearsal.yaml"
FOLDER = "rehearsals"
_SCHEMA_LINE = re.compile(rb"^schema:\s*[\"']?incident-console/rehearsal/", re.MULTILINE)

_GIVEN: JsonValue = {"type": "object"}
"""One rung's answers, for editors; the reader checks them against the runbook."""

Gate = Literal["open", "closed"]
Outcome = Literal["completed", "refused", "lacking", "waived"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Recorded(_Model):
    """What an evidence item gave when it was looked at. A non-zero exit is evidence, too; `failed` is none."""

    exit: int | None = pydantic.Field(default=None, description="the command's exit code")
    text: str | None = pydantic.Field(default=None, description="what it printed or what was seen")
    file: Line | None = pydantic.Field(default=None, description="a file with that text, beside the rehearsal")
    failed: Line | None = pydantic.Field(default=None, description="why there is none: not found, timed out")


class Step(_Model):
    """One rung of the expected path."""

    rung: Id = pydantic.Field(description="the rung that is climbed")
    outcome: Outcome = pydantic.Field(default="completed", description="what came of it")
    because: str = pydantic.Field(
        default="", description="a part of the reason, where it is refused or lacks something"
    )
    escalations: tuple[Line, ...] = pydantic.Field(default=(), description="where it may be escalated to from here on")
    next: Id | None = pydantic.Field(default=None, description="the rung that comes next")
    gate: Gate | None = pydantic.Field(default=None, description="the edit gate after it")


class Ending(_Model):
    """How things stand when every rung was climbed. What is left out is not compared."""

    unfinished: tuple[Id, ...] | None = pydantic.Field(default=None, description="rungs neither completed nor waived")
    escalations: tuple[Line, ...] | None = pydantic.Field(default=None, description="all that hold at the end")
    gate: Gate | None = pydantic.Field(default=None, description="the edit gate at the end")
    class_: Line | None = pydantic.Field(default=None, alias="class", description="the incident class")
    cost: Line | None = pydantic.Field(default=None, description="the cost class")
    decision: Line | None = pydantic.Field(default=None, description="what was decided")


class Script(_Model):
    """The file. Answers by rung are a mapping, or a list of them where the first is to be refused."""

    schema_: Literal["incident-console/rehearsal/1"] = pydantic.Field(alias="schema", description=f"`{SCHEMA}`")
    runbook: Line = pydantic.Field(description="a shipped runbook's id, or a path seen from this file")
    title: Line = pydantic.Field(description="what is rehearsed")
    facts: dict[str, Any] = pydantic.Field(default={}, description="what the console knows from the beginning")
    evidence: dict[str, Recorded] = pydantic.Field(default={}, description="recorded evidence, by item id")
    answers: dict[str, Any] = pydantic.Field(
        default={},
        description="answers by rung and field, as in an answers file; or a list of them, tried one after another",
        json_schema_extra={
            "additionalProperties": {"anyOf": [_GIVEN, {"type": "array", "items": _GIVEN, "minItems": 1}]}
        },
    )
    path: tuple[Step, ...] = pydantic.Field(min_length=1, description="the rungs climbed, in order")
    ending: Ending = pydantic.Field(default=Ending(), description="how it ends")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A sound rehearsal with its runbook."""

    script: Script
    loaded: Loaded
    tries: Mapping[str, tuple[Mapping[str, Answer], ...]]
    """Rung id to the answers given, one try after another."""
    name: str
    nodes: Node = field(repr=False, compare=False)

    @property
    def runbook(self) -> Runbook:
        return self.loaded.runbook


def schema_json() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a rehearsal, for editors that complete and check YAML."""
    return schema.for_editors(Script, f"Rehearsal ({SCHEMA})")


def is_rehearsal(path: Path) -> bool:
    """Whether the file says that it is one, or is called so. Raises InputError when it cannot be read."""
    return path.name.endswith(SUFFIX) or _SCHEMA_LINE.search(read_plain(path)) is not None


def beside(runbook: Path) -> tuple[Path, ...]:
    """The files that by their names rehearse this runbook."""
    return tuple(path for path in within(runbook.parent) if _called_after(path, runbook) and _of(path, runbook))


def within(folder: Path) -> tuple[Path, ...]:
    """Every rehearsal of a folder of runbooks."""
    return tuple(sorted(_in(folder)))


def load_rehearsal(path: Path) -> Rehearsal:
    """The rehearsal in the file. Raises RunbookFaults with every fault, InputError when a file cannot be read."""
    name = str(path)
    root, faults = parse(read_plain(path), name, f"schema: {SCHEMA}")
    faults += faults_of_shape(root, name, Script)
    if faults:
        raise RunbookFaults(faults)
    script = Script.model_validate(root.plain())
    loaded = _runbook(script, root, path)
    faults += _faults(script, root, loaded.runbook, path)
    if faults:
        raise RunbookFaults(faults)
    tries = {id: _tries(given) for id, given in script.answers.items()}
    return Rehearsal(script, loaded, MappingProxyType(tries), name, root)


def _in(folder: Path) -> Iterator[Path]:
    for place, suffix in ((folder, SUFFIX), (folder / FOLDER, ".yaml")):
        if place.is_dir():
            yield from (path for path in place.iterdir() if path.name.endswith(suffix) and path.is_file())


def _called_after(path: Path, runbook: Path) -> bool:
    stem = path.name.removesuffix(SUFFIX).removesuffix(".yaml")
    return stem == runbook.stem or stem.startswith(f"{runbook.stem}-")


def _of(path: Path, runbook: Path) -> bool:
    """Of `flaky` and `flaky-command` each has its own: the rehearsal says which. A broken one is for either."""
    try:
        named = load_rehearsal(path).loaded.path
    except InputError:
        return True
    return named is None or named.resolve() == runbook.resolve()


def _runbook(script: Script, root: Node, path: Path) -> Loaded:
    if script.runbook in {shipped.stem for shipped in shelf.shipped()}:
        return shelf.find(script.runbook)
    file = path.parent / script.runbook
    if not file.is_file():
        place = root.get("runbook") or root
        wrong = f"there is no runbook {clip(script.runbook)}"
        told = "a path seen from this file, or the id of one that ships"
        raise RunbookFaults([Fault(str(path), place.line, place.column, wrong, told)])
    return load(file)


def _faults(script: Script, root: Node, runbook: Runbook, path: Path) -> Iterator[Fault]:
    """What the rehearsal names and the runbook does not have."""
    name = str(path)
    rungs = {rung.id: rung for rung in runbook.rungs}
    items = {item.id: item for rung in runbook.rungs for item in rung.evidence}
    facts = root.get("facts") or root
    for id in script.facts:
        if id not in schema.FACTS:
            yield unknown_key(name, facts, id, list(schema.FACTS), "fact")
    for id, recorded in script.evidence.items():
        node = _inner(root, "evidence", id)
        if id not in items:
            yield unknown_key(name, root.get("evidence") or root, id, list(items), "evidence item")
            continue
        yield from _recorded(recorded, node, items[id].run is not None, path)
    for id in script.answers:
        node = _inner(root, "answers", id)
        if id not in rungs:
            yield unknown_key(name, root.get("answers") or root, id, list(rungs), "rung")
            continue
        for given in node.items() or [node]:
            yield from given_answers.faults_given(name, id, given)
            yield from given_answers.strangers(name, rungs[id], given)
    targets = dict.fromkeys(trigger.to for rung in runbook.rungs for trigger in rung.escalate)
    for node in root.members("path"):
        for key in ("rung", "next"):
            yield from _known(name, [node.get(key)], list(rungs), "rung")
        yield from _known(name, node.members("escalations"), list(targets), "escalation")
    if ending := root.get("ending"):
        yield from _known(name, ending.members("unfinished"), list(rungs), "rung")
        yield from _known(name, ending.members("escalations"), list(targets), "escalation")


def _recorded(recorded: Recorded, node: Node, is_command: bool, path: Path) -> Iterator[Fault]:
    name = str(path)
    ways = [key for key in ("text", "file", "failed") if getattr(recorded, key) is not None]
    if len(ways) != 1:
        yield Fault(
            name, node.line, node.column, f"recorded as {' and '.join(ways) or 'nothing'}", "one of text, file, failed"
        )
    if recorded.exit is not None and not is_command:
        place = node.get("exit") or node
        yield Fault(name, place.line, place.column, "only a command has an exit code", "leave `exit` out")
    if recorded.file is not None:
        place = node.get("file") or node
        file = path.parent / recorded.file
        try:
            if not file.resolve().is_relative_to(path.parent.resolve()):
                raise InputError(f"{clip(recorded.file)} lies outside the rehearsal's folder; copy it there")
            if len(read_plain(file)) > MAX_BYTES:
                raise InputError(f"{clip(recorded.file)} is larger than 1 MiB; keep the lines that matter")
        except InputError as fault:
            yield Fault(name, place.line, place.column, str(fault))


def _known(name: str, nodes: list[Node | None] | list[Node], known: list[str], noun: str) -> Iterator[Fault]:
    for node in nodes:
        if node is not None and isinstance(node.value, str) and node.value not in known:
            told = f"there is: {', '.join(known)}" if known else "the runbook has none"
            yield Fault(name, node.line, node.column, f"the runbook has no {noun} {clip(node.value)!r}", told)


def _inner(root: Node, key: str, id: str) -> Node:
    mapping = root.get(key) or root
    return mapping.get(id) or mapping


def _tries(given: Any) -> tuple[Mapping[str, Answer], ...]:
    return tuple(given_answers.frozen(each) for each in (given if isinstance(given, list) else [given]))
