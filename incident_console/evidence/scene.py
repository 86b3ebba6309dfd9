"""Did anything change while a command ran? Seen from file states alone; no file is opened, no output tree is walked."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from incident_console.evidence.names import relative
from incident_console.evidence.walk import Budget, find

LIMIT = 5_000
"""Files held at most, of the watched ones and of the engine's."""
ENTRIES = 20_000
"""Folder entries gone through at most, for each of the two."""

_ENGINE = (".snakemake/*", ".snakemake/*/*")

State = tuple[int, int, int]
"""mtime in nanoseconds, size in bytes, inode."""


@dataclass(frozen=True, slots=True)
class Look:
    states: Mapping[str, State] = field(default_factory=dict)
    """By path, relative to the workdir."""
    complete: bool = True
    """False when a limit cut the look short: files it did not reach are not told of."""


def look(workdir: Path, globs: Iterable[str]) -> Look:
    """The state of the watched files, and of the engine's bookkeeping in `.snakemake`, two levels deep.

    Each of the two has its own limits, so that a large one does not hide the other. Raises EvidenceError for a glob
    that leaves the workdir by `..`.
    """
    watched = _look(workdir, globs)
    engine = _look(workdir, _ENGINE)
    return Look({**engine.states, **watched.states}, watched.complete and engine.complete)


def changed(before: Look, after: Look) -> tuple[str, ...]:
    """The paths that came, went or were written to between two looks, in order.

    Where a look was cut short, a path that only the other one holds proves nothing and is left out.
    """
    names = before.states.keys() & after.states.keys()
    if before.complete:
        names |= after.states.keys()
    if after.complete:
        names |= before.states.keys()
    return tuple(sorted(name for name in names if before.states.get(name) != after.states.get(name)))


def _look(workdir: Path, globs: Iterable[str]) -> Look:
    budget = Budget(ENTRIES)
    states: dict[str, State] = {}
    for glob in globs:
        for path in find(glob, workdir, budget):
            if len(states) >= LIMIT:
                return Look(states, complete=False)
            if state := _state(path):
                states[relative(path, workdir)] = state
    return Look(states, complete=not budget.spent)


def _state(path: Path) -> State | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    if stat.S_ISDIR(found.st_mode):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
