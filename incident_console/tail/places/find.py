"""Which log files are there, and which folders must be watched to learn of new ones?

Globs as in `incident_console.globs`, relative to the workdir or absolute; `*` goes through symbolic links, because
folders of samples are often links to scratch space. A search is bounded: an output tree may hold millions of files.
"""

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from incident_console.globs import Listings, Walk

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


def find_logs(
    workdir: Path,
    globs: Iterable[str],
    limit: int = 20_000,
    entries: int = MOST_ENTRIES,
    listings: Listings | None = None,
) -> Found:
    """The matching regular files, and the folders that were looked into. A glob that goes up by `..` finds nothing.

    `listings` are those of an earlier search.
    """
    walk = Walk(entries, linked=True, listings=listings)
    files: set[str] = set()
    full = False
    for glob in globs:
        for path, state in walk.find(glob, workdir):
            if not stat.S_ISREG(state.st_mode):
                continue
            if full := path not in files and len(files) >= limit:
                break
            files.add(path)
        if full:
            break
    return Found(
        tuple(Path(path) for path in sorted(files)),
        tuple(Path(path) for path in sorted(walk.folders)),
        full or walk.spent,
    )
