"""What are the files of this side now: the outputs and what is published, byte for byte, as far as is bearable?

Small files first, until the budget of bytes is spent. What was not read is told by checksum lists beside it, or by
what the metadata keep of inputs. Links are followed only where they stay inside the workflow's folder.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from incident_console.snakemake.compare.state import FileState
from incident_console.snakemake.published import FOLDERS
from incident_console.snakemake.textfile import read_bytes

FILES = 3000
BYTES = 512 << 20
"""Hashed of one side, unless said otherwise."""
_PIECE = 1 << 20
_WALKED = 5000
_DEPTH = 6
_IN_FOLDER = 500
_LIST_LIMIT = 4 << 20
_LISTS = 200
_LIST_NAME = re.compile(r"(?i).*\.(md5|md5sum|md5sums|sha256|sha256sum|sha256sums)\Z|(md5|sha256)sums?(\.txt)?\Z")
_SUM = re.compile(rb"\\?([0-9a-f]{32}|[0-9a-f]{64})(?: [ *](.+))?\Z")
_ODD = re.compile(r"\\x([0-9a-f]{2})")
_SKIPPED = ".snakemake_timestamp"
EVIDENCE_FOLDERS = ("logs", "log", "benchmarks", "benchmark", "reports", "report")
_REPORT = re.compile(
    r"(?i)(provenance|verify|verification|evidence|manifest|checksums?)[\w.-]*\Z|.*verif(y|ication)[\w.-]*\Z"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Files of one side. `unread`: outputs and published files that are there and whose content is not known."""

    outputs: tuple[FileState, ...]
    published: tuple[FileState, ...]
    inputs: tuple[FileState, ...]
    """What jobs read and no job of the run made, as far as it lies in the folder."""
    unread: int
    cut: bool
    """Whether there were more files than are walked over."""


class Budget:
    def __init__(self, files: int = FILES, bytes: int = BYTES) -> None:
        self.files, self.bytes = files, bytes


def look(workdir: Path, outputs: Iterable[str], inputs: Iterable[str], told: Mapping[str, str], budget: Budget) -> Seen:
    """The files named, and all that lies in the publish folders. `told`: digests that the metadata keep.

    Never raises for what the files are or hold.
    """
    root = workdir.resolve()
    walked = Walk()
    published = [path for folder in FOLDERS for path in walked.files(workdir / folder)]
    names = {shown(path, workdir): path for path in published}
    made = dict.fromkeys(outputs)
    read = dict.fromkeys(name for name in inputs if name not in made)
    places = {**{name: _place(root, workdir, name) for name in (*made, *read)}, **names}
    sizes = {name: _size(path) for name, path in places.items() if path is not None}
    order = sorted(sizes, key=lambda name: (name not in names, name in read, sizes[name] or 0, name))
    digests: dict[str, str] = {}
    for name in order:
        path = places[name]
        digest = _digest(path, budget) if path is not None else None
        if digest is not None:
            digests[name] = digest
    listed = _listed(root, workdir, [name for name in order if name not in digests])
    states = {name: _state(name, sizes, digests, listed, told) for name in places}
    unread = sum(one.there and one.digest is None for name, one in states.items() if name not in read)
    return Seen(
        outputs=tuple(states[name] for name in made),
        published=tuple(states[name] for name in names),
        inputs=tuple(states[name] for name in read if states[name].there),
        unread=unread,
        cut=walked.cut,
    )


def evidence(workdir: Path, declared: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """The logs, benchmarks, provenance and reports that are there, by name; whether there are more than are listed."""
    root = workdir.resolve()
    walked = Walk()
    found = {name for name in declared if (path := _place(root, workdir, name)) is not None and _size(path) is not None}
    for folder in EVIDENCE_FOLDERS:
        found |= {shown(path, workdir) for path in walked.files(workdir / folder)}
    for folder in FOLDERS:
        found |= {shown(path, workdir) for path in walked.files(workdir / folder) if _REPORT.match(path.name)}
    return tuple(sorted(found)), walked.cut


def shown(path: Path, workdir: Path) -> str:
    """Relative to the workdir; bytes of the name that are not UTF-8 as `\\xNN`."""
    return os.fsencode(path.relative_to(workdir)).decode("utf-8", "backslashreplace")


class Walk:
    """Lists files below folders, some thousands in all; `cut` says that there were more."""

    def __init__(self, visits: int = _WALKED) -> None:
        self._left = visits
        self.cut = False

    def files(self, folder: Path, depth: int = 0) -> Iterator[Path]:
        """Regular files by name, links left out."""
        try:
            if folder.is_symlink():
                return
            with os.scandir(folder) as entries:
                listed = []
                for entry in entries:
                    self._left -= 1
                    if self._left < 0:
                        self.cut = True
                        break
                    listed.append(entry)
        except OSError:
            return
        for entry in sorted(listed, key=lambda one: one.name):
            try:
                if entry.is_dir(follow_symlinks=False):
                    if depth < _DEPTH:
                        yield from self.files(Path(entry.path), depth + 1)
                    else:
                        self.cut = True
                elif entry.is_file(follow_symlinks=False) and entry.name != _SKIPPED:
                    yield Path(entry.path)
            except OSError:
                continue


def _place(root: Path, workdir: Path, name: str) -> Path | None:
    """Where an output lies that is inside the workflow's folder; None for every other, and for one that is gone."""
    spellings = (name, _ODD.sub(lambda odd: os.fsdecode(bytes([int(odd[1], 16)])), name)) if "\\x" in name else (name,)
    for written in spellings:
        try:
            path = workdir / written
            path.stat()  # Mostly it is gone; to resolve a name costs ten times as much.
            path = path.resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            continue
        if path.is_relative_to(root):
            return path
    return None


def _size(path: Path) -> int | None:
    try:
        facts = path.stat()
    except (OSError, ValueError):
        return None
    return facts.st_size if stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode) else None


def _digest(path: Path, budget: Budget) -> str | None:
    return _folder_digest(path, budget) if path.is_dir() else _file_digest(path, budget)


def _file_digest(path: Path, budget: Budget) -> str | None:
    if budget.files <= 0:
        return None
    try:
        # O_NONBLOCK: between the look and the opening the file may have become a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except (OSError, ValueError):
        return None
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > budget.bytes:
            return None
        budget.files -= 1
        known, room = hashlib.sha256(), facts.st_size
        while room > 0 and (piece := os.read(descriptor, min(_PIECE, room))):
            known.update(piece)
            room -= len(piece)
        budget.bytes -= facts.st_size
        return f"sha256:{known.hexdigest()}"
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _folder_digest(folder: Path, budget: Budget) -> str | None:
    """Of a folder that is an output: its files' names and contents together."""
    walk = Walk(_IN_FOLDER)
    known = hashlib.sha256(b"folder\n")
    for path in walk.files(folder):
        digest = _file_digest(path, budget)
        if digest is None:
            return None
        known.update(os.fsencode(path.relative_to(folder)) + b"\0" + digest.encode() + b"\n")
    return None if walk.cut else f"sha256:{known.hexdigest()}"


def _listed(root: Path, workdir: Path, names: list[str]) -> dict[str, tuple[str, str]]:
    """By output: its digest and the list that tells it, from `NAME.md5`, `NAME.sha256` or the sums of its folder."""
    found: dict[str, tuple[str, str]] = {}
    looked: dict[Path, list[Path]] = {}
    sums: dict[Path, list[tuple[str, str]]] = {}
    for name in names:
        path = _place(root, workdir, name)
        if path is None or len(looked) > _LISTS:
            continue
        if path.parent not in looked:
            looked[path.parent] = _lists_in(path.parent)
        for listing in looked[path.parent]:
            if listing not in sums:
                sums[listing] = _sums(listing)
            for digest, listed in sums[listing]:
                if listed == path.name or (not listed and listing.stem == path.name):
                    found[name] = (digest, shown(listing, root))
    return found


def _lists_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            first = (entry for entry, _ in zip(entries, range(_WALKED), strict=False))
            return [
                Path(one.path) for one in first if one.is_file(follow_symlinks=False) and _LIST_NAME.match(one.name)
            ]
    except OSError:
        return []


def _sums(listing: Path) -> list[tuple[str, str]]:
    """Digest and file name of each line of a list."""
    data = read_bytes(listing, _LIST_LIMIT) or b""
    found = []
    for line in data.splitlines():
        told = _SUM.match(line.strip())
        if told is not None:
            kind = "md5" if len(told[1]) == 32 else "sha256"
            name = (told[2] or b"").decode("utf-8", "backslashreplace").rsplit("/", 1)[-1]
            found.append((f"{kind}:{told[1].decode()}", name))
    return found


def _state(
    name: str,
    sizes: Mapping[str, int | None],
    digests: Mapping[str, str],
    listed: Mapping[str, tuple[str, str]],
    told: Mapping[str, str],
) -> FileState:
    if name in digests:
        return FileState(path=name, size=sizes[name], digest=digests[name])
    there = sizes.get(name) is not None
    if name in listed:
        digest, source = listed[name]
        return FileState(path=name, there=there, size=sizes.get(name), digest=digest, told_by=source)
    source = "metadata of the job that read it" if name in told else ""
    return FileState(path=name, there=there, size=sizes.get(name), digest=told.get(name), told_by=source)
