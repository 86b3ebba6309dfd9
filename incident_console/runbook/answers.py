"""Which answers were prepared? The format `incident-console/answers/1`, for climbing a ladder without a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from incident_console.runbook.explain import unknown_key
from incident_console.runbook.faults import Fault, RunbookFaults, in_order
from incident_console.runbook.load import read_plain
from incident_console.runbook.nodes import Node, parse
from incident_console.runbook.schema import Runbook, Rung, Scalar
from incident_console.runbook.terms import WAIVE

SCHEMA = "incident-console/answers/1"
_KEYS = ["schema", "operator", "rungs"]

Answer = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """Prepared answers by rung. A rung is answered or waived, never both."""

    operator: str | None
    fields: Mapping[str, Mapping[str, Answer]]
    """Rung id to field id to value; an observation's text stands under its evidence id."""
    waived: Mapping[str, str]
    """Rung id to the reason."""
    name: str
    nodes: Node = field(repr=False, compare=False)


def load_answers(path: Path) -> Answers:
    """The answers in the file. Raises RunbookFaults with every fault, InputError when the file cannot be read."""
    return loads_answers(read_plain(path), str(path))


def loads_answers(data: bytes, name: str) -> Answers:
    """The answers in `data`; `name` stands in the faults. Raises RunbookFaults with every fault."""
    root, faults = parse(data, name, f"schema: {SCHEMA}")
    faults += _faults(root, name)
    if faults:
        raise RunbookFaults(faults)
    rungs = root.plain()["rungs"]
    operator = root.text("operator")
    fields = {id: frozen(given) for id, given in rungs.items() if WAIVE not in given}
    waived = {id: given[WAIVE].strip() for id, given in rungs.items() if WAIVE in given}
    return Answers(operator, MappingProxyType(fields), MappingProxyType(waived), name, root)


def check_answers(answers: Answers, runbook: Runbook) -> tuple[Fault, ...]:
    """The rungs and fields that the answers name and the runbook does not have, each with its place."""
    return in_order(_strangers(answers, runbook))


def split(rung: Rung, given: Mapping[str, Answer]) -> tuple[dict[str, Answer], dict[str, str]]:
    """What is given for a rung, parted into its fields and the texts of its observations."""
    observed = {item.id for item in rung.evidence if item.is_observation}
    texts = {key: _as_text(value) for key, value in given.items() if key in observed}
    return {key: value for key, value in given.items() if key not in observed}, texts


def _strangers(answers: Answers, runbook: Runbook) -> Iterator[Fault]:
    rungs = answers.nodes.get("rungs")
    if rungs is None or not isinstance(rungs.value, dict):
        return
    known = {rung.id: rung for rung in runbook.rungs}
    for id, node in rungs.value.items():
        if id in known:
            yield from strangers(answers.name, known[id], node)
        else:
            yield unknown_key(answers.name, rungs, id, list(known), "rung")


def strangers(name: str, rung: Rung, given: Node) -> Iterator[Fault]:
    """The fields given for a rung that it does not have."""
    own = [field.id for field in rung.ask] + [item.id for item in rung.evidence if item.is_observation]
    for key in given.keys:
        if key not in own and key != WAIVE:
            yield unknown_key(name, given, key, [*own, WAIVE], "field")


def _faults(root: Node, name: str) -> Iterator[Fault]:
    if not isinstance(root.value, dict):
        yield Fault(name, root.line, root.column, f"the file is {root.kind()}, where a mapping is expected")
        return
    for key in root.value:
        if key not in _KEYS:
            yield unknown_key(name, root, key, _KEYS)
    schema, operator, rungs = (root.get(key) for key in _KEYS)
    if schema is None or schema.value != SCHEMA:
        place = schema or root
        yield Fault(name, place.line, place.column, "the file does not say which format it has", f"schema: {SCHEMA}")
    if operator is not None and not (isinstance(operator.value, str) and operator.value.strip()):
        yield Fault(name, operator.line, operator.column, f"`operator` is {operator.kind()}", "a name, in quotes")
    if rungs is None or not isinstance(rungs.value, dict):
        place = rungs or root
        yield Fault(name, place.line, place.column, "`rungs` is not a mapping", "rungs: {RUNG: {FIELD: value}}")
        return
    for id, given in rungs.value.items():
        yield from faults_given(name, id, given)


def faults_given(name: str, id: str, given: Node) -> Iterator[Fault]:
    """What is wrong with the shape of the answers given for one rung."""
    if not isinstance(given.value, dict):
        yield Fault(name, given.line, given.column, f"`{id}` is {given.kind()}", "{FIELD: value} or {waive: reason}")
        return
    for key, node in given.value.items():
        if key == WAIVE:
            if len(given.value) > 1:
                yield Fault(name, node.line, node.column, f"`{id}` is answered and waived", "one of them")
            if not (isinstance(node.value, str) and node.value.strip()):
                yield Fault(name, node.line, node.column, "a waiver has no reason", "waive: why it is left out")
        elif node.value is None:
            yield Fault(name, node.line, node.column, f"`{key}` has no value", "an answer, or unknown")
        elif isinstance(node.value, dict) or any(isinstance(part.value, (list, dict)) for part in node.items()):
            yield Fault(
                name, node.line, node.column, f"`{key}` is {node.kind()} of lists or mappings", "a value or a list"
            )
        elif any(part.value is None for part in node.items()):
            yield Fault(name, node.line, node.column, f"`{key}` holds an empty item", "leave it out")


def frozen(given: Mapping[str, object]) -> Mapping[str, Answer]:
    """The answers given for one rung, as they are kept: lists become tuples."""
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    return MappingProxyType(values)  # type: ignore[arg-type]  # `faults_given` let nothing but scalars and lists of them by


def _as_text(value: Answer) -> str:
    if isinstance(value, tuple):
        return "\n".join(_as_text(part) for part in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
