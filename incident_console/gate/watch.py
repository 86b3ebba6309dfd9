"""Which files does a runbook's `watch` name? Found within a budget; build and bookkeeping folders are passed by."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from incident_console.errors import InputError
from incident_console.globs import Listings, Walk, parts

MAX_FILES = 2_000
MAX_ENTRIES = 20_000
"""Folder entries that one look at the watched files goes through at most."""

_PASSED_BY = frozenset({".git", ".snakemake", "__pycache__"})
_TEMPORARY = re.compile(r".*~|\..*\.sw[a-z]|4913|#.*#|\.#.*|.*\.pyc|.*___jb_(?:tmp|old)___|\.goutputstream-.*")
"""What editors leave beside a file while it is open, and compiled Python."""
_SOURCES = re.compile(
    r"(?i).*\.(?:py|smk|rules|r|rmd|qmd|ipynb|jl|pl|pm|sh|bash|zsh|awk|sed|lua|rb|js|ts|c|cc|cpp|h|hpp|rs|go|java|scala"
    r"|nf|wdl|cwl|mk|ya?ml|json|toml|ini|cfg|conf|env|def|sql|j2|jinja2?|tpl)"
    r"|(?:.*/)?(?:Snakefile|Makefile|GNUmakefile|Dockerfile|Containerfile|justfile|requirements[^/]*\.txt|\.env)"
    r"|[^/]+\.[ct]sv"
)
_ODD_BYTE = re.compile(rb"\\x([89a-f][0-9a-f])")


def expand(watch_globs: Iterable[str], workdir: Path, listings: Listings | None = None) -> tuple[tuple[str, ...], bool]:
    """(the watched files in order, whether all were reached). `listings` are those of an earlier look.

    Globs as in `incident_console.globs`, relative to the workdir. Raises InputError for one that leaves it.
    """
    start = os.path.join(workdir, "")  # noqa: PTH118
    walk = Walk(MAX_ENTRIES, passed_by=_PASSED_BY, listings=listings)
    found: set[str] = set()
    for glob in watch_globs:
        if glob.startswith("/") or not parts(glob):
            raise InputError(
                f"watch: {glob!r} does not name files inside the workdir; write it relative to it, without `..`"
            )
        for path, file in walk.find(glob, workdir):
            if not stat.S_ISREG(file.st_mode) or _TEMPORARY.fullmatch(path.rpartition("/")[2]):
                continue
            if len(found) >= MAX_FILES:
                return tuple(sorted(found)), False
            found.add(_shown(path.removeprefix(start)))
    return tuple(sorted(found)), not walk.spent


def is_source(name: str) -> bool:
    """Whether a tracked file tells the workflow what to do: code, settings, a sample sheet at the top; not data."""
    return _SOURCES.fullmatch(name) is not None and _PASSED_BY.isdisjoint(name.split("/"))


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


def _shown(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")
