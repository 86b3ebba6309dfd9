"""Which files do the words of a command name: a file, a folder, a glob? Which of what appears later belongs to them?

A word that names something on the disk is that thing, even with a `[` in it. A folder stands for the files below it,
without those whose name, or a folder's on the way, begins with a dot. A word that names nothing yet is a glob when it
has a wildcard, a folder when it ends in `/`, else a file that is waited for. A search is bounded, as in `tail.find`.
"""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from incident_console.globs import Walk, is_wild, parts
from incident_console.tail.places.find import MOST_ENTRIES

MOST_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Named:
    """A file that is named. `size` in bytes, `changed_at` in seconds of the epoch; -1 and 0 when it does not exist."""

    path: Path
    size: int
    changed_at: float


@dataclass(frozen=True, slots=True)
class Search:
    files: tuple[Named, ...]
    folders: tuple[Path, ...]
    """Where more of them may appear: these are to be watched."""
    notice: str | None
    """Why there may be more than is listed."""


@dataclass(frozen=True, slots=True)
class _Word:
    top: str
    glob: str
    """Seen from the top; empty: the top is the file."""

    def takes(self, path: str) -> bool:
        """Whether it names this file."""
        if not self.glob:
            return path == self.top
        top = os.path.join(self.top, "")  # noqa: PTH118
        return path.startswith(top) and _fits(path[len(top) :].split("/"), parts(self.glob))


class Names:
    """What the words name. Words are seen from `cwd`; nothing is looked at before `find` but what each word is."""

    def __init__(self, words: Sequence[str], cwd: Path) -> None:
        self._words = tuple(_word(word, str(cwd)) for word in words)

    @property
    def one_file(self) -> Path | None:
        """The file, where the words are one that names a single file."""
        first = self._words[0]
        return Path(first.top) if len(self._words) == 1 and not first.glob else None

    def find(self) -> Search:
        """All files that are named now; each once. Never raises for what the disk holds."""
        walk = Walk(MOST_ENTRIES, linked=True)
        files: dict[str, Named] = {}
        folders: set[str] = set()
        notice = None
        for word in self._words:
            if not word.glob:
                files.setdefault(word.top, _plain(word.top))
                continue
            folders.add(word.top)
            for path, state in walk.find(word.glob, Path(word.top)):
                if len(files) >= MOST_FILES:
                    notice = f"These are the first {MOST_FILES} files; there are more."
                    break
                if stat.S_ISREG(state.st_mode):
                    files.setdefault(path, Named(Path(path), state.st_size, state.st_mtime))
        if walk.spent:
            notice = f"Only {MOST_ENTRIES} folder entries were looked at; there may be more files."
        folders.update(folder.rstrip("/") or "/" for folder in walk.folders)
        return Search(tuple(files.values()), tuple(map(Path, sorted(folders))), notice)

    def look(self, paths: Iterable[Path], known: Set[Path], since: float) -> Search:
        """What of these is named: they have just appeared, or something in them has.

        `known` folders were looked into before; they are looked at again when they changed after `since` (seconds of
        the epoch), without going into the known ones below them.
        """
        walk = Walk(MOST_ENTRIES, linked=True)
        files: dict[str, Named] = {}
        for path in paths:
            for name, state in self._below(path, known, since, walk):
                if stat.S_ISREG(state.st_mode) and self.takes(name) and len(files) < MOST_FILES:
                    files[name] = Named(Path(name), state.st_size, state.st_mtime)
        folders = {Path(folder.rstrip("/") or "/") for folder in walk.folders} - known
        return Search(tuple(files.values()), tuple(sorted(folders)), None)

    def _below(self, path: Path, known: Set[Path], since: float, walk: Walk) -> Iterator[tuple[str, os.stat_result]]:
        try:
            state = path.stat()
            if not stat.S_ISDIR(state.st_mode):
                yield str(path), state
            elif path not in known:
                if self._leads_on(path):
                    yield from walk.find("**/*", path)
            elif state.st_mtime >= since:
                for entry in sorted(os.listdir(path))[:MOST_FILES]:  # noqa: PTH208
                    if (path / entry) not in known:
                        yield from self._below(path / entry, known, since, walk)
        except (OSError, ValueError):
            return

    def obstacle(self) -> str | None:
        """A sentence on a folder that is named and cannot be listed now."""
        return next((fault for word in self._words if word.glob and (fault := _closed(word.top))), None)

    def takes(self, path: str) -> bool:
        return any(word.takes(path) for word in self._words)

    def _leads_on(self, folder: Path) -> bool:
        """A hidden folder is entered only where a glob says its dot."""
        return any(
            str(folder).startswith(word.top) and (not folder.name.startswith(".") or "/." in f"/{word.glob}")
            for word in self._words
            if word.glob
        )


def labels(paths: Sequence[Path]) -> list[str]:
    """For each path as many of its last names as tell it from all others: `align.log`, or `B/align.log`."""
    names = [path.parts for path in paths]
    deep = [1] * len(names)
    while True:
        told = ["/".join(parts[-depth:]).replace("//", "/") for parts, depth in zip(names, deep, strict=True)]
        seen: dict[str, int] = {}
        for label in told:
            seen[label] = seen.get(label, 0) + 1
        longer = [i for i, label in enumerate(told) if seen[label] > 1 and deep[i] < len(names[i])]
        if not longer:
            return told
        for i in longer:
            deep[i] += 1


def _word(word: str, cwd: str) -> _Word:
    path = os.path.abspath(os.path.join(cwd, word))  # noqa: PTH100, PTH118
    if os.path.isdir(path) or (word.endswith("/") and not is_wild(word)):  # noqa: PTH112
        return _Word(path, "**/*")
    if is_wild(word) and not os.path.lexists(path):
        fixed = _fixed(path)
        return _Word(fixed, path[len(fixed) :].lstrip("/"))
    return _Word(path, "")


def _fixed(path: str) -> str:
    """The folder above the first wildcard."""
    names = path.split("/")
    first = next(i for i, name in enumerate(names) if is_wild(name))
    return "/".join(names[:first]) or "/"


def _fits(names: Sequence[str], glob: Sequence[str]) -> bool:
    """Whether a path below the top, as its names, is what the parts of the glob say."""
    if not glob or not names:
        return not glob and not names
    if glob[0] == "**" and len(glob) > 1:
        return _fits(names, glob[1:]) or (not names[0].startswith(".") and _fits(names[1:], glob))
    hidden = names[0].startswith(".") and not glob[0].startswith(".")
    return not hidden and fnmatch.fnmatchcase(names[0], glob[0]) and _fits(names[1:], glob[1:])


def _plain(path: str) -> Named:
    try:
        state = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return Named(Path(path), -1, 0.0)
    return Named(Path(path), state.st_size, state.st_mtime)


def _closed(folder: str) -> str | None:
    """A sentence when this folder cannot be listed."""
    if not os.path.isdir(folder):  # noqa: PTH112
        return f"Waiting for the folder {folder}: it does not exist yet."
    if not os.access(folder, os.R_OK | os.X_OK):
        return f"The folder {folder} cannot be read: permission denied."
    return None
