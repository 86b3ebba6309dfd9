"""Which files does a glob name? Found within a budget, without wandering into what the glob does not name.

`*`, `?` and `[...]` stand for part of one name, `**` for any number of folders. A name that begins with a dot is found
only where the glob says the dot. Folders that are symbolic links are entered only where the glob names them without a
wildcard: a wildcard must not lead out of the tree or round in circles.
"""

from __future__ import annotations

import fnmatch
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from incident_console.errors import EvidenceError
from incident_console.evidence.names import shown

_WILD = frozenset("*?[")


@dataclass(slots=True)
class Budget:
    """Folder entries that may still be looked at; `spent` says that the walk stopped short."""

    entries: int
    spent: bool = False


def find(glob: str, workdir: Path, budget: Budget) -> Iterator[Path]:
    """The paths that match, as they are met, folders nearest to the top first. Raises EvidenceError for a glob that
    leaves the workdir by `..` (an absolute glob may point anywhere)."""
    parts = PurePath(glob).parts
    if not parts or "\0" in glob:
        raise EvidenceError("the name of the file to capture is empty or holds a zero byte; name a file or a glob")
    if ".." in parts:
        raise EvidenceError(f"{shown(glob)} goes up by `..`; write the whole path when a file outside is meant")
    fixed = 0
    while fixed < len(parts) - 1 and not _WILD & set(parts[fixed]):
        fixed += 1
    top = workdir.joinpath(*parts[:fixed])
    wanted = parts[fixed:]
    if len(wanted) == 1 and not _WILD & set(wanted[0]):
        yield top / wanted[0]
        return
    folders = deque([(top, _closure({0}, wanted))])
    while folders:
        folder, places = folders.popleft()
        for entry in _entries(folder, budget):
            after = _step(entry.name, places, wanted)
            if _is_folder(entry):
                if deeper := _closure(after, wanted) - {len(wanted)}:
                    folders.append((folder / entry.name, deeper))
            elif len(wanted) in after or (wanted[-1] == "**" and len(wanted) - 1 in after):
                yield folder / entry.name


def _entries(folder: Path, budget: Budget) -> list[os.DirEntry[str]]:
    found: list[os.DirEntry[str]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if budget.entries <= 0:
                    budget.spent = True
                    break
                budget.entries -= 1
                found.append(entry)
    except OSError:
        return found
    return sorted(found, key=lambda entry: entry.name)


def _step(name: str, places: frozenset[int], wanted: tuple[str, ...]) -> set[int]:
    """Where in the glob one may be after this name: `**` stays where it is, a name that matches moves on."""
    after = set()
    for place in places:
        if place == len(wanted):
            continue
        part = wanted[place]
        if part == "**":
            if not name.startswith("."):
                after.add(place)
        elif fnmatch.fnmatchcase(name, part) and (part.startswith(".") or not name.startswith(".")):
            after.add(place + 1)
    return after


def _closure(places: set[int], wanted: tuple[str, ...]) -> frozenset[int]:
    """`**` may also stand for no folder at all."""
    found = set(places)
    for place in range(len(wanted)):
        if place in found and wanted[place] == "**":
            found.add(place + 1)
    return frozenset(found)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
