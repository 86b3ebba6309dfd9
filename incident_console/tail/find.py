"""Which log files are there, and which folders must be watched to learn of new ones?

Globs are relative to the workdir; `**` is any number of folders. As in a shell, names with a leading dot are matched
only by patterns that start with one, and `**` does not go through symbolic links. A search is bounded: an output tree
may hold millions of files.
"""

import fnmatch
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

MOST_ENTRIES = 400_000


@dataclass(frozen=True, slots=True)
class Found:
    files: tuple[Path, ...]
    """Sorted by name."""
    folders: tuple[Path, ...]
    """Where a matching file, or a folder with matching files, could appear: these are to be watched."""
    left_out: bool
    """A limit was reached: there is more than is listed."""


def glob_logs(workdir: Path, globs: Iterable[str], limit: int = 20_000) -> tuple[Path, ...]:
    """The matching regular files. Never raises: what cannot be read is left out."""
    return find_logs(workdir, globs, limit).files


def find_logs(workdir: Path, globs: Iterable[str], limit: int = 20_000, entries: int = MOST_ENTRIES) -> Found:
    """The matching regular files, and the folders that were looked into."""
    walk = _Walk(limit, entries)
    for pattern in globs:
        parts = [part for part in pattern.split("/") if part not in ("", ".")]
        root = Path("/") if pattern.startswith("/") else workdir
        if parts and ".." not in parts:
            walk.into(os.fspath(root), tuple(parts))
    return Found(
        tuple(Path(path) for path in sorted(walk.files)),
        tuple(Path(path) for path in sorted(walk.folders)),
        walk.left_out,
    )


class _Walk:
    def __init__(self, limit: int, entries: int) -> None:
        self.files: set[str] = set()
        self.folders: set[str] = set()
        self.left_out = False
        self._limit = limit
        self._entries = entries

    def into(self, folder: str, parts: tuple[str, ...]) -> None:
        waiting = [(folder, parts)]
        seen: set[tuple[str, tuple[str, ...]]] = set()
        while waiting and not self.left_out:
            here, left = waiting.pop()
            if (here, left) in seen:
                continue
            seen.add((here, left))
            self.folders.add(here)
            if left[0] == "**" and len(left) > 1:
                waiting.append((here, left[1:]))
            waiting.extend(self._entries_of(here, left))

    def _entries_of(self, here: str, left: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
        part, rest = left[0], left[1:]
        if part != "**" and not _is_pattern(part):
            # A plain name is looked up, not searched for: `.snakemake/log` costs two looks at any size of the workdir.
            path = os.path.join(here, part)  # noqa: PTH118
            if rest:
                yield from ((path, rest) for _ in [0] if os.path.isdir(path))  # noqa: PTH112
            else:
                self._file(path)
            return
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    self._entries -= 1
                    if self._entries < 0:
                        self.left_out = True
                        return
                    if entry.name.startswith(".") and not part.startswith("."):
                        continue
                    if part == "**":
                        if not rest:
                            self._file(entry.path)
                        if _is_folder(entry, follow=False):
                            yield entry.path, left
                    elif _regex(part).match(entry.name):
                        if not rest:
                            self._file(entry.path)
                        elif _is_folder(entry, follow=True):
                            yield entry.path, rest
        except OSError:
            return

    def _file(self, path: str) -> None:
        try:
            regular = stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
        except OSError:
            return
        if regular and path not in self.files:
            if len(self.files) >= self._limit:
                self.left_out = True
            else:
                self.files.add(path)


def _is_folder(entry: "os.DirEntry[str]", *, follow: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow)
    except OSError:
        return False


def _is_pattern(part: str) -> bool:
    return any(sign in part for sign in "*?[")


@lru_cache(maxsize=256)
def _regex(part: str) -> "re.Pattern[str]":
    return re.compile(fnmatch.translate(part))
