"""Are the published files still those whose checksums were published with them?

Looks for checksum lists in the publish folders: `sha256sum` lines, or JSON in which 64 hex digits stand beside a path.
Bounded in folders, files and bytes; symbolic links are not followed.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from incident_console.snakemake.textfile import read_bytes, regular

FOLDERS = ("publish", "published", "results/publish", "results/published")
_VISITS = 2000
_DEPTH = 4
_LISTS = 8
_LIST_LIMIT = 4 << 20
_FILES = 500
_BYTES = 64 << 20
_LIST_NAME = re.compile(r"(?i)(?:sha256|checksum|manifest|provenance).*(?:\.txt|\.json|\.sha256|sums?)?\Z|.*\.sha256\Z")
_LINE = re.compile(r"^\\?([0-9a-f]{64}) [ *](.+)$")
_HASH = re.compile(r"(?:sha256:)?([0-9a-f]{64})\Z")
_PATH_KEYS = ("path", "file", "name", "output")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A published file that is not as published. `path` and `listed_in` are relative to the workdir."""

    path: str
    listed_in: str
    line: int
    gone: bool


def mismatches(workdir: Path) -> tuple[Mismatch, ...]:
    """The files that differ from their published checksum. Never raises for what the files hold."""
    found: list[Mismatch] = []
    files, room = _FILES, _BYTES
    for listing in _lists(workdir):
        data = read_bytes(listing, _LIST_LIMIT)
        for line, name, expected in _entries(data or b""):
            path = _beside(workdir, listing, name)
            if path is None or files <= 0:
                continue
            files -= 1
            facts = regular(path)
            told = (str(_relative(path, workdir)), str(_relative(listing, workdir)), line)
            if facts is None:
                # A list may name files that were never meant to be here: only a gap in the folder itself counts.
                if path.parent.is_dir() and path.is_relative_to(listing.parent):
                    found.append(Mismatch(*told, gone=True))
            elif facts.st_size <= room:
                room -= facts.st_size
                content = read_bytes(path, facts.st_size)
                if content is not None and hashlib.sha256(content).hexdigest() != expected:
                    found.append(Mismatch(*told, gone=False))
    return tuple(found)


def _lists(workdir: Path) -> Iterator[Path]:
    visits, lists = 0, 0
    waiting = [(workdir / name, 0) for name in FOLDERS]
    while waiting:
        folder, depth = waiting.pop(0)
        try:
            if folder.is_symlink():
                continue
            with os.scandir(folder) as entries:
                for entry in entries:
                    visits += 1
                    if visits > _VISITS or lists >= _LISTS:
                        return
                    if entry.is_dir(follow_symlinks=False) and depth < _DEPTH:
                        waiting.append((Path(entry.path), depth + 1))
                    elif entry.is_file(follow_symlinks=False) and _LIST_NAME.match(entry.name):
                        lists += 1
                        yield Path(entry.path)
        except OSError:
            continue


def _entries(data: bytes) -> Iterator[tuple[int, str, str]]:
    """Line, name and SHA-256 of each entry."""
    text = data.decode("utf-8", "replace")
    if text.lstrip()[:1] in ("{", "["):
        try:
            content = orjson.loads(data)
        except orjson.JSONDecodeError:
            return
        for name, digest in _pairs(content, 0):
            line = text.count("\n", 0, max(0, text.find(digest))) + 1
            yield line, name, digest
        return
    for number, written in enumerate(text.splitlines(), 1):
        listed = _LINE.match(written)
        if listed is not None:
            yield number, listed[2], listed[1]


def _pairs(value: object, depth: int) -> Iterator[tuple[str, str]]:
    """`{"path": digest}` and `{"path": …, "sha256": digest}`, at any depth that a person writes."""
    if depth > 20:
        return
    if isinstance(value, dict):
        own = next((value[key] for key in _PATH_KEYS if isinstance(value.get(key), str)), None)
        for key, inner in value.items():
            digest = _HASH.match(inner) if isinstance(inner, str) else None
            if digest is not None and own is not None:
                yield own, digest[1]
            elif digest is not None and ("." in key or "/" in key):
                yield key, digest[1]
            else:
                yield from _pairs({**inner, "path": key} if _names_a_file(key, inner) else inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _pairs(inner, depth + 1)


def _names_a_file(key: str, inner: object) -> bool:
    """`{"summary.tsv": {"sha256": …}}`"""
    return isinstance(inner, dict) and ("." in key or "/" in key) and not any(name in inner for name in _PATH_KEYS)


def _beside(workdir: Path, listing: Path, name: str) -> Path | None:
    """The published file that a list names: beside the list, or from the workdir; never outside of that folder."""
    for root in (listing.parent, workdir):
        try:
            path = (root / name).resolve()
            inside = any(path.is_relative_to((workdir / folder).resolve()) for folder in FOLDERS)
        except (OSError, RuntimeError, ValueError):
            continue
        if inside and (path.exists() or root == listing.parent):
            return path
    return None


def _relative(path: Path, workdir: Path) -> Path:
    root = workdir.resolve()
    return path.resolve().relative_to(root) if path.resolve().is_relative_to(root) else path
