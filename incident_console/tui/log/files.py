"""Which files are followed, in which order are they listed, and what is there to say about each in one row?"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from incident_console.tail.places.named import Named, labels

State = tuple[int, float, int] | None
"""Bytes, seconds of the epoch when it changed last, and the inode; None: there is no such file."""


@dataclass(slots=True)
class File:
    """One row of the list."""

    path: Path
    label: str
    """As many of the path's last names as tell it from all others."""
    size: int
    """Bytes; -1: it does not exist."""
    changed_at: float
    """Seconds of the epoch; 0: never."""
    new: int
    """Bytes written since this view was opened, through rotations and truncations."""
    errors: int = 0
    """Lines near its end that state a failure, when it was looked at last."""
    looked: bool = False
    """It has not changed since."""
    inode: int | None = None
    """None: not known yet."""

    @property
    def gone(self) -> bool:
        return self.size < 0

    def take(self, state: State) -> bool:
        """What it is now; True when that is not what it was."""
        before = (self.size, self.changed_at)
        if state is None:
            self.size = -1
        else:
            size, self.changed_at, inode = state
            is_another = self.inode not in (None, inode) or size < self.size
            self.new += size if is_another else size - max(0, self.size)
            self.size, self.inode = size, inode
        return before != (self.size, self.changed_at)


class Files:
    """All files that are followed, by path. Nothing here reads a file."""

    def __init__(self, titles: Mapping[Path, str]) -> None:
        """`titles`: what these are called, instead of by their paths."""
        self._titles = titles
        self._files: dict[Path, File] = {}
        self._began = False

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, path: Path) -> bool:
        return path in self._files

    def label(self, path: Path) -> str:
        file = self._files.get(path)
        return file.label if file is not None else str(path)

    def add(self, found: Iterable[Named]) -> bool:
        """Those that are new here; of the first ones what is in them already is not new. True when there were any."""
        known = len(self._files)
        for each in found:
            if each.path not in self._files:
                new = max(0, each.size) if self._began else 0
                self._files[each.path] = File(each.path, "", each.size, each.changed_at, new)
        self._began = True
        if len(self._files) == known:
            return False
        for file, label in zip(self._files.values(), labels(list(self._files)), strict=True):
            file.label = self._titles.get(file.path, label)
        return True

    def take(self, states: Mapping[Path, State]) -> list[Path]:
        """What they are now; gives those that changed."""
        changed = []
        for path, state in states.items():
            file = self._files.get(path)
            if file is not None and file.take(state):
                changed.append(path)
                file.looked = False
        return changed

    def newest_first(self, holding: str = "") -> list[File]:
        """Those whose path holds the text, whatever its case."""
        wanted = holding.casefold()
        files = (file for file in self._files.values() if not wanted or wanted in str(file.path).casefold())
        return sorted(files, key=lambda file: (file.gone, -file.changed_at, file.label))


def states(paths: Iterable[Path]) -> dict[Path, State]:
    """How each file is now, from the disk; never raises."""
    return {path: _state(path) for path in paths}


def _state(path: Path) -> State:
    try:
        now = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return (now.st_size, now.st_mtime, now.st_ino) if stat.S_ISREG(now.st_mode) else None
