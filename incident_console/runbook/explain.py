"""What is wrong with the shape of a value? pydantic's errors as sentences, at the place in the file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError

from incident_console.runbook import schema
from incident_console.runbook.faults import Fault, clip
from incident_console.runbook.nodes import Node

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_FORMS = {
    "when": "{field: F, is: V}",
    "next": "[{when: {field: F, is: V}, go: RUNG}]",
    "escalate": "[{when: {field: F, is: V}, to: REVIEW, because: WHY}]",
    "ask": "[{id: F, type: text, prompt: QUESTION}]",
    "refuse": "[{field: F, pattern: REGEX, because: WHAT TO WRITE}]",
    "evidence": "[{id: E, surface: S, question: QUESTION, run: [PROGRAM, WORD], effects: read-only}]",
}
"""How the values are written that hold more than a word or a list of words."""
_ENOUGH = 1_000
"""A file with more faults than this is something else; a megabyte of them must not take a minute to tell."""
Loc = tuple[int | str, ...]


def faults_of_shape(root: Node, name: str, model: type[BaseModel] = schema.Runbook) -> Iterator[Fault]:
    """Every fault that the model finds in the tree; the runbook's, unless another format is read."""
    try:
        model.model_validate(root.plain())
    except ValidationError as error:
        told: set[Loc] = set()
        for entry in error.errors(include_url=False):
            keyed = entry["type"] in ("missing", "extra_forbidden")
            node, path = _walk(root, entry["loc"][:-1] if keyed else entry["loc"])
            path = entry["loc"] if keyed else path
            # A union tells one error a member, and a list whose items are all broken is told to be too short as well.
            if path not in told and not (entry["type"] == "too_short" and node.items()):
                told.add(path)
                yield _fault(model, name, node, path, entry)
            if len(told) >= _ENOUGH:
                return


def _walk(root: Node, loc: Loc) -> tuple[Node, Loc]:
    node, path = root, loc
    for depth, part in enumerate(loc):
        inner = node.at(part)
        if inner is None:
            path = loc[:depth]
            break
        node = inner
    return node, path


def _fault(model: type[BaseModel], name: str, node: Node, loc: Loc, entry: Mapping[str, Any]) -> Fault:
    kind = entry["type"]
    context = entry.get("ctx", {})
    if kind == "missing":
        key = str(loc[-1])
        described = _described(_model(model, loc[:-1]), key)
        if key == "when" and "next" in loc:
            described = f"{described}, such as {_FORMS['when']}; without one the next rung in order follows by itself"
        return Fault(name, node.line, node.column, f"`{key}` is missing", described)
    if kind == "extra_forbidden":
        return _unknown_key(_model(model, loc[:-1]), name, node, str(loc[-1]))
    return Fault(name, node.line, node.column, *_wrong_value(loc, node, kind, context, entry["msg"]))


def _described(model: type[BaseModel], key: str) -> str:
    found = [field.description for name, field in model.model_fields.items() if key == (field.alias or name)]
    return found[0] or "" if found else ""


def _what(loc: Loc) -> str:
    """The value as a sentence names it."""
    if not loc:
        return "the file"
    key = next((part for part in reversed(loc) if isinstance(part, str)), "list")
    return f"item {loc[-1] + 1} of `{key}`" if isinstance(loc[-1], int) else f"`{key}`"


def _wrong_value(loc: Loc, node: Node, kind: str, context: Mapping[str, Any], told: str) -> tuple[str, str]:
    """What is wrong, and what is allowed."""
    what, key = _what(loc), next((part for part in reversed(loc) if isinstance(part, str)), "")
    if kind in _WANTED:
        return f"{what} is {node.kind()}, where {_WANTED[kind]} is expected", _hint(node, kind, key)
    if kind == "literal_error":
        allowed = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
        return f"{what} is {clip(node.raw) or node.kind()}", f"allowed: {allowed}"
    if kind == "string_too_short":
        return f"{what} is empty", "give it a text, or leave the key out if it may be"
    if kind == "too_short":
        return f"{what} is empty", "at least one item"
    if kind == "string_pattern_mismatch" and context.get("pattern") == schema.ID_PATTERN:
        return (
            f"{what} is {clip(node.raw)!r}, which is no id",
            "a-z first, then a-z, 0-9, - and _, at most 64 characters",
        )
    if kind == "string_pattern_mismatch":
        return f"{what} has several lines", "one line"
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{what} is {clip(node.raw)}", "1 to 3600 (seconds)"
    return f"{what} is not as it should be", told


def _hint(node: Node, kind: str, key: str) -> str:
    if kind == "string_type" and node.value is not None and not isinstance(node.value, (list, dict)):
        return f'quote it: "{clip(node.raw)}"'
    if key in _FORMS and kind in ("tuple_type", "model_type", "model_attributes_type"):
        return _FORMS[key]
    if kind.startswith("int_") and (seconds := re.fullmatch(r"(\d+) ?(s|sec|seconds?|m|min|minutes?)", node.raw)):
        return f"write {int(seconds[1]) * (60 if seconds[2].startswith('m') else 1)}"
    if kind == "tuple_type" and isinstance(node.value, str):
        return f"a list is written [{clip(', '.join(node.raw.split()))}]"
    return "leave the key out, or give it a value" if node.value is None else ""


def _unknown_key(model: type[BaseModel], name: str, node: Node, key: str) -> Fault:
    known = [field.alias or attribute for attribute, field in model.model_fields.items()]
    return unknown_key(name, node, key, known)


def unknown_key(name: str, mapping: Node, key: str, known: list[str], noun: str = "key") -> Fault:
    """The fault of a key that `mapping` may not have, placed at the key and naming the nearest one."""
    line, column = mapping.keys.get(key, (mapping.line, mapping.column))
    near = difflib.get_close_matches(key[:64], known, n=1)
    allowed = (f"did you mean `{near[0]}`? " if near else "") + f"allowed: {', '.join(known)}"
    return Fault(name, line, column, f"unknown {noun} `{clip(key)}`", allowed)


def _model(root: type[BaseModel], loc: Loc) -> type[BaseModel]:
    """The model of the mapping at `loc`: the annotations are followed as the value is."""
    current: Any = root
    for part in loc:
        if _is_model(current):
            fields = {field.alias or name: field.annotation for name, field in current.model_fields.items()}
            current = fields.get(str(part))
        else:
            current = _member(current)
    found = next((each for each in (current, _member(current)) if _is_model(each)), root)
    return cast("type[BaseModel]", found)


def _member(annotation: Any) -> Any:
    """What a list, a mapping or an optional of models holds; None where it holds no model."""
    return next((each for each in get_args(annotation) if _is_model(each)), None)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
