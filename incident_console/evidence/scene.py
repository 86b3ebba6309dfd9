"""Did anything change while a command ran? Seen from file states alone; no file is opened, no output tree is walked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from incident_console.evidence.files import check_glob
from incident_console.evidence.names import relative
from incident_console.globs import Walk

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
    walk = Walk(ENTRIES)
    states: dict[str, State] = {}
    for glob in globs:
        check_glob(glob)
        for path, state in walk.find(glob, workdir):
            if len(states) >= LIMIT:
                return Look(states, complete=False)
            states[relative(Path(path), workdir)] = (state.st_mtime_ns, state.st_size, state.st_ino)
    return Look(states, complete=not walk.spent)
