"""Where in a YAML file does each value stand? Bytes to a tree of values with line and column, every fault told.

Read is a narrow YAML: one document, plain mappings, lists and scalars; no anchors, aliases or tags, so that what a
reviewer sees is what runs and nothing can be multiplied. Scalars follow YAML 1.2's core schema (`yes`, `no`, dates and
`1:30` are text), so that a choice called `no` stays a word.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from incident_console.runbook.faults import Fault, RunbookFaults, clip
from incident_console.runbook.slips import slip
from incident_console.runbook.terms import MAX_BYTES

MAX_DEPTH = 16
MAX_VALUES = 20_000
_ODD_SHOWN = 20

Scalar = str | int | float | bool | None
# libyaml reads the largest allowed file in well under a second, the pure parser needs about ten.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?[0-9]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# Control characters, lone surrogates, and the marks that make text look other than it runs (bidirectional controls).
_ODD = re.compile(
    "[^\\t\\n\\r\\x20-\\x7e\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]"
    "|[\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ufeff]"
)


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it begins, counted from 1. `value` is a scalar, a list of nodes, or a dict of nodes by key."""

    line: int
    column: int
    value: Scalar | list[Node] | dict[str, Node]
    raw: str = ""
    """A scalar as it was written, without quotes."""
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Where each key of a mapping stands."""

    def get(self, key: str) -> Node | None:
        return self.value.get(key) if isinstance(self.value, dict) else None

    def items(self) -> list[Node]:
        """The members of a list; nothing for any other value."""
        return self.value if isinstance(self.value, list) else []

    def members(self, key: str) -> list[Node]:
        """The members of the list under `key`; nothing where there is none."""
        inner = self.get(key)
        return inner.items() if inner is not None else []

    def at(self, key: str | int) -> Node | None:
        if isinstance(self.value, list) and isinstance(key, int) and 0 <= key < len(self.value):
            return self.value[key]
        return self.get(key) if isinstance(key, str) else None

    def text(self, key: str) -> str | None:
        """The text under `key`, or None where there is none."""
        node = self.get(key)
        return node.value if node is not None and isinstance(node.value, str) else None

    def plain(self) -> Any:
        """The bare value. Recursion is bounded by MAX_DEPTH."""
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return self.value

    def kind(self) -> str:
        """What the value is, as a noun for a sentence."""
        if self.value is None:
            return "empty"
        names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}
        return names.get(type(self.value), "a mapping")


def parse(data: bytes, name: str, starts_with: str) -> tuple[Node, list[Fault]]:
    """The tree of the file called `name`, and the faults that did not hinder reading on.

    `starts_with` is the schema line a sound file begins with, for the fault of an empty one. Raises RunbookFaults where
    there is no tree to read: too big, not UTF-8, control characters, broken YAML, several documents, too deep.
    """
    faults: list[Fault] = []
    root = _Reader(name, faults).read(_decoded(data, name))
    if root is None:
        raise RunbookFaults([*faults, Fault(name, 1, 1, "the file is empty", f"it begins with `{starts_with}`")])
    return root, faults


def _decoded(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise RunbookFaults([Fault(name, 1, 1, "the file is larger than 1 MiB", "a runbook is a page or two")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        before = data[: fault.start].decode("utf-8", "replace")
        line, column = _place(before, len(before))
        wrong = f"byte 0x{data[fault.start]:02x} is not UTF-8"
        raise RunbookFaults([Fault(name, line, column, wrong, "save the file as UTF-8")]) from None
    odd = [match.start() for match, _ in zip(_ODD.finditer(text), range(_ODD_SHOWN), strict=False)]
    if odd:
        raise RunbookFaults(Fault(name, *_place(text, at), *_odd(text[at])) for at in odd)
    return text


def _odd(char: str) -> tuple[str, str]:
    return f"the character U+{ord(char):04X} is not visible text", "remove it; indent with spaces"


def _place(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _scalar(raw: str) -> Scalar:
    if raw in _WORDS:
        return _WORDS[raw]
    if _INT.fullmatch(raw):
        return int(raw)
    if _FLOAT.fullmatch(raw) and math.isfinite(number := float(raw)):
        return number
    return raw


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read; `key` is the mapping key whose value comes next."""

    node: Node
    key: str | None = None
    has_key: bool = False


class _Reader:
    """Builds the tree from parser events with a stack of its own: depth is counted, never recursed into."""

    def __init__(self, name: str, faults: list[Fault]) -> None:
        self.name = name
        self.faults = faults
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.values = 0

    def read(self, text: str) -> Node | None:
        try:
            for event in self._events(text):
                self._take(event)
        except yaml.MarkedYAMLError as fault:
            self._fault_of_yaml(fault, text)
        except (yaml.YAMLError, ValueError, OverflowError) as fault:  # PyYAML's own scanner hands a bad \U to chr()
            self._stop(1, 1, f"this is not YAML: {clip(str(fault))}", "check quotes and escapes")
        return self.root

    def _events(self, text: str) -> Iterator[Any]:
        documents = 0
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop(*_mark(event), "a second document begins here", "one file holds one document")
            elif not isinstance(event, (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentEndEvent)):
                yield event

    def _take(self, event: Any) -> None:
        line, column = _mark(event)
        self.values += 1
        if self.values > MAX_VALUES:
            self._stop(line, column, f"the file has more than {MAX_VALUES} values", "a runbook is a page or two")
        if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._add(self.stack.pop().node)
            return
        if isinstance(event, yaml.AliasEvent):
            self._fault(line, column, f"the alias *{clip(event.anchor or '')} is not read", "write the value out")
            self._add(Node(line, column, None))
            return
        if event.anchor is not None:
            self._fault(line, column, f"the anchor &{clip(event.anchor)} is not read", "write each value out")
        if event.tag is not None:
            self._fault(line, column, f"the tag {clip(event.tag)} is not read", "write the value without it")
        if isinstance(event, yaml.ScalarEvent):
            if odd := _ODD.search(event.value):
                self._fault(line, column, *_odd(odd[0]))
            value = _scalar(event.value) if event.implicit[0] else event.value
            self._add(Node(line, column, value, event.value))
            return
        if len(self.stack) >= MAX_DEPTH:
            self._stop(line, column, f"values are nested more than {MAX_DEPTH} deep", "write it flatter")
        empty: list[Node] | dict[str, Node] = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        self.stack.append(_Open(Node(line, column, empty)))

    def _add(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if isinstance(parent.node.value, list):
            parent.node.value.append(node)
        elif parent.has_key:
            if parent.key is not None and isinstance(parent.node.value, dict):
                parent.node.value[parent.key] = node
            parent.has_key = False
        else:
            parent.has_key, parent.key = True, self._key(parent.node, node)

    def _key(self, mapping: Node, node: Node) -> str | None:
        """The key to file the next value under; None where that value must be dropped."""
        if not isinstance(node.value, str):
            quoted = f'quote it: "{clip(node.raw)}"' if node.raw else "a key is a word"
            self._fault(node.line, node.column, f"this key is {node.kind()}, where text is expected", quoted)
            return None
        if node.value in mapping.keys:
            first = mapping.keys[node.value][0]
            again = f"the key `{clip(node.value)}` stands twice, first in line {first}"
            self._fault(node.line, node.column, again, "keep one of them")
            return None
        mapping.keys[node.value] = (node.line, node.column)
        return node.value

    def _fault(self, line: int, column: int, message: str, allowed: str) -> None:
        self.faults.append(Fault(self.name, line, column, message, allowed))

    def _stop(self, line: int, column: int, message: str, allowed: str) -> None:
        self._fault(line, column, message, allowed)
        raise RunbookFaults(self.faults) from None

    def _fault_of_yaml(self, fault: yaml.MarkedYAMLError, text: str) -> None:
        found = slip(fault, text)
        self._stop(found.line, found.column, found.wrong, found.do)


def _mark(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
