"""In what do operating contexts differ? Profiles, or provenance files, laid side by side, value by value.

A profile is `profiles/NAME/config.yaml` (8 and later also `config.v8+.yaml`), a provenance file is JSON. Nothing raises
for what they hold; what cannot be read has no values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import orjson
import yaml

from incident_console.snakemake.provenance import find_provenance
from incident_console.snakemake.textfile import read_bytes

SIZE_LIMIT = 1 << 20
_YAML_LIMIT = 64 << 10
_VALUES = 2000
_DEPTH = 20
_TEXT = 400
_PROFILES = 50
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FOLDERS = ("profiles", "profile", "workflow/profiles")


@dataclass(frozen=True, slots=True)
class Context:
    """One side: its name, and its values by their dotted names."""

    name: str
    values: Mapping[str, str] = field(repr=False)
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    setting: str
    values: tuple[str | None, ...]
    """By context; None: not set there."""


@dataclass(frozen=True, slots=True)
class SideBySide:
    contexts: tuple[Context, ...]
    rows: tuple[Row, ...]
    """The settings in which they differ, by name."""
    alike: int
    """Settings that are the same in all."""

    @property
    def line(self) -> str:
        """`cluster against local: 3 settings differ, 5 alike`"""
        names = " against ".join(one.name for one in self.contexts)
        if unreadable := [one.name for one in self.contexts if not one.readable]:
            return f"{names}: {', '.join(unreadable)} cannot be read"
        differ = f"{len(self.rows)} setting{' differs' if len(self.rows) == 1 else 's differ'}"
        return f"{names}: {differ if self.rows else 'nothing differs'}, {self.alike} alike"


def side_by_side(contexts: Sequence[Context]) -> SideBySide:
    names = sorted({name for one in contexts for name in one.values})
    rows = [Row(name, tuple(one.values.get(name) for one in contexts)) for name in names]
    differing = tuple(row for row in rows if len(set(row.values)) > 1)
    return SideBySide(tuple(contexts), differing, len(rows) - len(differing))


def context_of(path: PurePath, data: bytes) -> Context:
    """The file's text as a context, named by its folder."""
    name = path.parent.name or path.name
    try:
        content = orjson.loads(data) if path.suffix == ".json" else _yaml(data)
    except (orjson.JSONDecodeError, yaml.YAMLError, ValueError, RecursionError):
        return Context(name, {}, readable=False)
    budget = [_VALUES]
    return Context(name, dict(_flat("", content, 0, budget)), readable=isinstance(content, dict))


def other_profiles(workdir: Path, than: PurePath) -> tuple[Context, ...]:
    """The profiles of the workflow beside that one, by name; with `config.v8+.yaml` before `config.yaml`."""
    found: dict[str, Context] = {}
    for folder in _FOLDERS:
        try:
            names = sorted(one for one in (workdir / folder).iterdir() if one.is_dir())[:_PROFILES]
        except OSError:
            continue
        for one in names:
            for path in (*sorted(one.glob("config.v*+.yaml"), reverse=True), one / "config.yaml"):
                data = read_bytes(path, SIZE_LIMIT + 1)
                if data is not None and one != workdir / than.parent:
                    found.setdefault(one.name, context_of(path, data))
                    break
    return tuple(found.values())


def other_provenance(workdir: Path, than: PurePath) -> tuple[Context, ...]:
    """The published provenance files beside that one, newest first."""
    found = []
    for path in find_provenance(workdir):
        data = read_bytes(path, SIZE_LIMIT + 1)
        if path != workdir / than and data is not None:
            found.append(context_of(path, data))
    return tuple(found)


def _yaml(data: bytes) -> object:
    if len(data) > _YAML_LIMIT:
        raise ValueError("too large for a profile")
    text, open_ = data.decode("utf-8", "replace"), 0
    # Building what is nested some thousand deep takes seconds, or more stack than there is: it is not begun.
    for event in yaml.parse(text, Loader=_LOADER):
        open_ += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if open_ > _DEPTH:
            raise ValueError("nested too deep for a profile")
    return yaml.load(text, Loader=_LOADER)


def _flat(name: str, value: object, depth: int, budget: list[int]) -> Iterator[tuple[str, str]]:
    """Names that are missing count as no value. An alias may stand for itself, so depth and number are bounded."""
    budget[0] -= 1
    if budget[0] < 0 or depth > _DEPTH:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), inner, depth + 1, budget)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for index, inner in enumerate(value):
            yield from _flat(f"{name}[{index}]", inner, depth + 1, budget)
    elif name:
        told = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield name[:_TEXT], told[:_TEXT]
