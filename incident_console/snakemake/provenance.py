"""Which configuration and runtime made the published result? Finds and reads `publish/**/provenance.json`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from incident_console.errors import InputError

NAME = "provenance.json"
SIZE_LIMIT = 8 << 20
_FOLDERS = ("publish", "published", "results/publish")
_VISITS = 2000
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Provenance:
    """A provenance file. `values` is flat: `config.samples[0]` -> its text."""

    path: Path
    values: Mapping[str, str]


def find_provenance(workdir: Path) -> tuple[Path, ...]:
    """The provenance files below the publish folder, newest first. Bounded; symbolic links are not followed."""
    found: list[tuple[float, Path]] = []
    for name in _FOLDERS:
        found += _search(workdir / name)
    return tuple(path for _, path in sorted(found, key=lambda pair: (-pair[0], str(pair[1]))))


def read_provenance(path: Path) -> Provenance:
    """Raises InputError when the file cannot be read or is no JSON."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as fault:
        raise InputError(f"The provenance {path} cannot be read: {fault.strerror}.") from None
    if len(data) > SIZE_LIMIT:
        raise InputError(f"The provenance {path} is larger than {SIZE_LIMIT} bytes: open it as a log instead.")
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError as fault:
        raise InputError(f"The provenance {path} is no JSON: line {fault.lineno}: {fault.msg}.") from None
    return Provenance(path, dict(_flat("", content)))


def _search(root: Path) -> Iterator[tuple[float, Path]]:
    waiting = [(root, 0)]
    visits = 0
    while waiting and visits < _VISITS:
        folder, depth = waiting.pop(0)
        visits += 1
        try:
            if folder.is_symlink():
                continue
            with os.scandir(folder) as entries:
                for entry in entries:
                    visits += 1
                    if visits > _VISITS:
                        return
                    if entry.is_dir(follow_symlinks=False) and depth < _DEPTH:
                        waiting.append((Path(entry.path), depth + 1))
                    elif entry.name == NAME and entry.is_file(follow_symlinks=False):
                        yield entry.stat(follow_symlinks=False).st_mtime, Path(entry.path)
        except OSError:
            continue


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    # orjson refuses nesting deeper than 1024, so the recursion is bounded.
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _flat(f"{name}[{index}]", inner)
    else:
        yield name, value if isinstance(value, str) else orjson.dumps(value).decode()
