"""How does a person read the settings? One row each, with the value in force and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incident_console.session.ways import Way
from incident_console.settings.inforce import Settings
from incident_console.settings.known import KNOWN, Known


@dataclass(frozen=True, slots=True)
class Row:
    known: Known
    value: str
    """Empty where nothing is set."""
    source: str
    """`default`, `file PATH`, `environment NAME` or `--flag`."""


def rows(settings: Settings) -> tuple[Row, ...]:
    """Every setting there is, in the table's order."""
    return tuple(Row(known, words(_in_force(settings, known.key)), settings.sources[known.key]) for known in KNOWN)


def _in_force(settings: Settings, key: str) -> Any:
    value: Any = settings
    for part in key.split("."):
        value = getattr(value, part)
    return value


def words(value: Any) -> str:
    """A setting's value as one reads it; empty for nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {said}" for name, said in value.items())
    if isinstance(value, tuple):
        return ", ".join(member.name if isinstance(member, Way) else str(member) for member in value)
    return "" if value is None else str(value)
