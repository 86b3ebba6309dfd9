"""Which files does a runbook's `watch` name? Found within a budget; build and bookkeeping folders are passed by."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from incident_console.errors import InputError

MAX_FILES = 2_000
MAX_ENTRIES = 20_000
"""Folder entries that one look at the watched files goes through at most."""

_SKIPPED_FOLDERS = frozenset({".git", ".snakemake", "__pycache__"})
_TEMPORARY = re.compile(r".*~|\..*\.sw[a-z]|4913|#.*#|\.#.*|.*\.pyc|.*___jb_(?:tmp|old)___|\.goutputstream-.*")
"""What editors leave beside a file while it is open, and compiled Python."""
_ODD_BYTE = re.compile(rb"\\x([89a-f][0-9a-f])")
_WILD = frozenset("*?[")


def expand(watch_globs: Iterable[str], workdir: Path) -> tuple[tuple[str, ...], bool]:
    """(the watched files in order, whether all were reached).

    Globs are relative to the workdir; `**` is any number of folders, a leading dot must be written. A folder that is a
    symbolic link is entered only where the glob names it without a wildcard. Raises InputError for a glob that leaves
    the workdir.
    """
    walk = _Walk(MAX_ENTRIES)
    found: set[str] = set()
    for glob in watch_globs:
        for path in walk.find(glob, workdir):
            if len(found) >= MAX_FILES:
                return tuple(sorted(found)), False
            found.add(path)
    return tuple(sorted(found)), walk.left > 0


def on_disk(workdir: Path, name: str) -> Path:
    """The file that a watched name stands for: a byte that is not UTF-8 is written `\\xNN` in it."""
    path = workdir / name
    if "\\x" not in name or path.exists():
        return path
    return workdir / os.fsdecode(_ODD_BYTE.sub(lambda odd: bytes([int(odd[1], 16)]), name.encode()))


def state(path: Path) -> os.stat_result | None:
    """The state of a regular file, behind a symbolic link too; None when there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found if stat.S_ISREG(found.st_mode) else None


@dataclass(slots=True)
class _Walk:
    """Finds the files of globs, near the top first, until `left` folder entries are used up."""

    left: int

    def find(self, glob: str, workdir: Path) -> Iterator[str]:
        parts = PurePosixPath(glob).parts
        if not parts or parts[0] == "/" or ".." in parts or "\0" in glob:
            raise InputError(
                f"watch: {glob!r} does not name files inside the workdir; write it relative to it, without `..`"
            )
        fixed = 0
        while fixed < len(parts) - 1 and not _WILD & set(parts[fixed]):
            fixed += 1
        top, wanted = PurePosixPath(*parts[:fixed]), parts[fixed:]
        if _SKIPPED_FOLDERS & set(top.parts):
            return
        if len(wanted) == 1 and not _WILD & set(wanted[0]):
            if not _TEMPORARY.fullmatch(wanted[0]) and state(workdir / top / wanted[0]):
                yield _shown(top / wanted[0])
            return
        folders = deque([(top, _or_none({0}, wanted))])
        while folders:
            folder, places = folders.popleft()
            for name, is_folder in self._entries(workdir / folder):
                after = _after(name, places, wanted)
                if is_folder:
                    if name not in _SKIPPED_FOLDERS and (deeper := _or_none(after, wanted) - {len(wanted)}):
                        folders.append((folder / name, deeper))
                    continue
                matches = len(wanted) in after or (wanted[-1] == "**" and len(wanted) - 1 in after)
                if matches and not _TEMPORARY.fullmatch(name) and state(workdir / folder / name):
                    yield _shown(folder / name)

    def _entries(self, folder: Path) -> list[tuple[str, bool]]:
        found: list[tuple[str, bool]] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if self.left <= 0:
                        break
                    self.left -= 1
                    found.append((entry.name, entry.is_dir(follow_symlinks=False)))
        except OSError:
            return sorted(found)
        return sorted(found)


def _shown(path: PurePosixPath) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _after(name: str, places: set[int], wanted: tuple[str, ...]) -> set[int]:
    """Where in the glob one stands behind this name: `**` stays where it is, a name that matches moves on."""
    after = set()
    for place in places - {len(wanted)}:
        part = wanted[place]
        if name.startswith(".") and not part.startswith("."):
            continue
        if part == "**":
            after.add(place)
        elif fnmatch.fnmatchcase(name, part):
            after.add(place + 1)
    return after


def _or_none(places: set[int], wanted: tuple[str, ...]) -> set[int]:
    """`**` may also stand for no folder at all."""
    found = set(places)
    for place, part in enumerate(wanted):
        if place in found and part == "**":
            found.add(place + 1)
    return found
