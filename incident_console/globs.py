"""Which files does a glob name? Found within a budget, and never raising for what the disk holds or does.

`*`, `?` and `[...]` stand for part of one name, `**` for any number of folders. A name that begins with a dot is found
only where the glob says the dot. A folder that is a symbolic link is entered where the glob names it without a
wildcard, and never by `**`: that could lead round in circles. A glob may be absolute; it never goes up by `..`.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path

Entry = tuple[str, bool, bool]
"""A name in a folder, whether it is a folder, whether it is a symbolic link."""


SURE_NS = 2_000_000_000
"""A folder that changed as lately as that may change once more within the same tick of its time."""


FORGET_S = 60.0


class Listings:
    """What stood in folders when they were read last, for who looks again and again: an unchanged one is not opened.

    After `FORGET_S` all are read anew: a file server's clock may tell less than it seems, and folders come and go.
    """

    def __init__(self) -> None:
        self._read: dict[str, tuple[int, tuple[Entry, ...]]] = {}
        """By folder: its time of change in nanoseconds, and its entries."""
        self._since = time.monotonic()

    def entries(self, folder: str, limit: int) -> tuple[Entry, ...]:
        """At most `limit` of them. Raises OSError."""
        if time.monotonic() - self._since > FORGET_S:
            self._read.clear()
            self._since = time.monotonic()
        changed = os.stat(folder).st_mtime_ns  # noqa: PTH116
        before = self._read.get(folder)
        if before is not None and before[0] == changed:
            return before[1][:limit]
        found = tuple(islice(_scanned(folder), limit))
        if len(found) < limit and time.time_ns() - changed > SURE_NS:
            self._read[folder] = changed, found
        return found


def _scanned(folder: str) -> Iterator[Entry]:
    with os.scandir(folder) as entries:
        for entry in entries:
            yield entry.name, entry.is_dir(follow_symlinks=False), entry.is_symlink()


def parts(glob: str) -> tuple[str, ...]:
    """The names that the glob is made of; none for a glob that names nothing: empty, with a zero byte or a `..`."""
    names = tuple(part for part in glob.split("/") if part not in ("", "."))
    return () if ".." in names or "\0" in glob else names


def is_wild(text: str) -> bool:
    """Whether it has a wildcard, and so may name any number of files."""
    return "*" in text or "?" in text or "[" in text


class Walk:
    """Finds the files of globs, one after the other, until so many folder entries were looked at.

    Folders named in `passed_by` are not entered. With `linked`, `*` enters folders that are symbolic links, as it does
    in a shell. `listings` are of an earlier walk.
    """

    def __init__(
        self,
        entries: int,
        *,
        passed_by: frozenset[str] = frozenset(),
        linked: bool = False,
        listings: Listings | None = None,
    ) -> None:
        self.spent = False
        """The budget did not suffice: there may be files that were not found."""
        self.folders: set[str] = set()
        """Whole paths of the folders that were looked into: where a file could appear that a glob names."""
        self._left = entries
        self._passed_by = passed_by
        self._linked = linked
        self._listings = listings

    def find(self, glob: str, top: Path) -> Iterator[tuple[str, os.stat_result]]:
        """(whole path, state) of what is no folder, nearest to the top first: files, links to files, pipes and devices.

        A relative glob is seen from `top`.
        """
        wanted = parts(glob)
        if not wanted:
            return
        last = len(wanted) - 1
        start = "/" if glob.startswith("/") else os.path.join(top, "")  # noqa: PTH118
        # A place is how many parts of the glob a folder's path has used up; with `**` it may have several at once.
        folders = deque([(start, _or_none((0,), wanted))])
        while folders:
            here, places = folders.popleft()
            self.folders.add(here)
            sought = {wanted[place]: place < last for place in reversed(places)}
            fits = _fits(wanted[last]) if last in places else None
            files: list[str] = []
            deeper: list[tuple[str, tuple[int, ...]]] = []
            for name, is_folder, is_link in self._entries(here, sought):
                if is_folder or is_link:
                    after = tuple(self._after(name, is_link, places, wanted))
                    if after and (is_folder or _is_folder(here + name)):
                        deeper.append((f"{here}{name}/", _or_none(after, wanted)))
                if fits is not None and not is_folder and fits(name):
                    files.append(name)
            for name in sorted(files):
                if state := _state(here + name):
                    yield here + name, state
            folders.extend(sorted(deeper))

    def _entries(self, folder: str, sought: dict[str, bool]) -> Iterator[Entry]:
        """`sought`: the parts of the glob that a name here may fit, and whether they lead on."""
        if not any(map(is_wild, sought)):
            # Plain names are looked up, not searched for: `.snakemake/log` costs two looks at any size of the workdir.
            for name, leads_on in sought.items():
                yield name, leads_on and _is_folder(folder + name), False
            return
        if self.spent:
            return
        try:
            found = _scanned(folder) if self._listings is None else self._listings.entries(folder, self._left + 1)
            for entry in found:
                if self._left <= 0:
                    self.spent = True
                    return
                self._left -= 1
                yield entry
        except OSError:
            return

    def _after(self, name: str, is_link: bool, places: tuple[int, ...], wanted: tuple[str, ...]) -> Iterator[int]:
        """The places behind this folder: `**` stays where it is, a name that fits moves on."""
        if name in self._passed_by:
            return
        for place in places:
            part = wanted[place]
            if part == "**":
                if not is_link and _fits(part)(name):
                    yield place
            elif place < len(wanted) - 1 and (not is_link or self._linked or not is_wild(part)) and _fits(part)(name):
                yield place + 1


@lru_cache(maxsize=256)
def _fits(part: str) -> Callable[[str], object]:
    if not is_wild(part):
        return part.__eq__
    return re.compile(("" if part.startswith(".") else r"(?!\.)") + fnmatch.translate(part)).match


@lru_cache(maxsize=1024)
def _or_none(places: tuple[int, ...], wanted: tuple[str, ...]) -> tuple[int, ...]:
    """`**` may also stand for no folder at all."""
    found = set(places)
    for place, part in enumerate(wanted[:-1]):
        if place in found and part == "**":
            found.add(place + 1)
    return tuple(sorted(found))


def _state(path: str) -> os.stat_result | None:
    """Behind a symbolic link too; None for a folder, and when there is nothing."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return None if stat.S_ISDIR(found.st_mode) else found


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112
