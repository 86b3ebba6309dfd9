"""When was each output made, as `.snakemake/metadata` keeps it, and which outputs count as half-made?

A record is JSON under the URL-safe base64 of the output's path; a name longer than the file system takes is split
into folders that begin with `@`. From 9.17 a `db` backend may hold the same in SQLite. Version 7 stores pickled code
in some fields: nothing is ever unpickled. `starttime` is when the job was marked as begun, `endtime` when its output
was last written.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import orjson

from incident_console.snakemake.textfile import read_bytes, regular

RECORD_LIMIT = 1 << 20
LIMIT = 5000
"""Records that are read in one go."""
_DB_LIMIT = 256 << 20
_NAME_MAX = 255
_DEPTH = 20
_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of one output. Times in seconds since the epoch, None where none that makes sense is given."""

    output: str
    rule: str
    started: float | None
    ended: float | None
    input: tuple[str, ...]
    incomplete: bool


def read_records(workdir: Path, outputs: Iterable[str], limit: int = LIMIT) -> dict[str, Record]:
    """The records of these outputs, as far as there are any. Never raises for what the files hold."""
    wanted = list(dict.fromkeys(outputs))[:limit]
    folder = workdir / ".snakemake" / "metadata"
    found: dict[str, Record] = {}
    if folder.is_dir():
        for output in wanted:
            record = _from_file(folder, output)
            if record is not None:
                found[output] = record
    if len(found) < len(wanted):
        found = {**_from_db(workdir / ".snakemake" / "metadata.db", wanted), **found}
    return found


def has_records(workdir: Path) -> bool:
    """Whether any backend may hold records here."""
    folder = workdir / ".snakemake"
    return (folder / "metadata").is_dir() or (folder / "metadata.db").exists()


def incomplete_outputs(workdir: Path) -> tuple[str, ...]:
    """The outputs that are marked as begun and not ended; at most the first thousand by name."""
    folder = workdir / ".snakemake" / "incomplete"
    return tuple(sorted(decoded for decoded in _names(folder, "", 0) if decoded)[:_LISTED])


def locks(workdir: Path) -> tuple[str, ...]:
    """The names of the lock files, relative to the workdir."""
    folder = workdir / ".snakemake" / "locks"
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry, _ in zip(entries, range(_LISTED), strict=False)]
    except OSError:
        return ()
    return tuple(f".snakemake/locks/{name}" for name in sorted(names) if name.endswith(".lock"))


def record_path(folder: Path, output: str) -> Path:
    """Where the record of `output` lies."""
    encoded = urlsafe_b64encode(output.encode("utf-8", "surrogateescape")).decode("ascii")
    pieces = [encoded[at : at + _NAME_MAX - 1] for at in range(0, len(encoded), _NAME_MAX - 1)] or [""]
    return folder.joinpath(*("@" + piece for piece in pieces[:-1]), pieces[-1])


def _from_file(folder: Path, output: str) -> Record | None:
    try:
        path = record_path(folder, output)
        data = read_bytes(path, RECORD_LIMIT)
    except (OSError, ValueError):
        return None
    if not data:
        return None
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return _record(output, content) if isinstance(content, dict) else None


def _record(output: str, content: dict[str, object]) -> Record:
    names = content.get("input")
    return Record(
        output=output,
        rule=str(content.get("rule") or ""),
        started=_time(content.get("starttime")),
        ended=_time(content.get("endtime")),
        input=tuple(str(name) for name in names[:_LISTED]) if isinstance(names, list) else (),
        incomplete=bool(content.get("incomplete")),
    )


def _time(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < 1e11 else None


def _from_db(path: Path, outputs: list[str]) -> dict[str, Record]:
    """Records of the `db` backend, table `snakemake_metadata` (9.17), opened so that nothing is ever written."""
    facts = regular(path)
    if facts is None or facts.st_size > _DB_LIMIT:
        return {}
    wanted = set(outputs)
    found: dict[str, Record] = {}
    try:
        # `immutable` reads past locks and makes no journal beside the file: the scene stays as it is.
        uri = f"file:{quote(str(path))}?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=0.2)) as base:
            base.set_progress_handler(_stopper(), 10_000)
            columns = {str(row[1]) for row in base.execute("pragma table_info(snakemake_metadata)").fetchmany(200)}
            if "target" not in columns:
                return {}
            names = [name for name in ("rule", "input", "starttime", "endtime", "incomplete") if name in columns]
            quoted = ", ".join(f'"{name}"' for name in ("target", *names))
            for row in base.execute(f"select {quoted} from snakemake_metadata limit {LIMIT * 20}"):
                if isinstance(row[0], str) and row[0] in wanted:
                    content = dict(zip(names, row[1:], strict=True))
                    content["input"] = _listed(content.get("input"))
                    found[row[0]] = _record(row[0], content)
    except (sqlite3.Error, ValueError, OverflowError):
        return found
    return found


def _stopper(steps: int = 2000) -> Callable[[], int]:
    """Ends a query that a damaged or hostile file makes endless, after some twenty million of its steps."""
    left = iter(range(steps))
    return lambda: int(next(left, None) is None)


def _listed(value: object) -> object:
    if not isinstance(value, str | bytes):
        return None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return None


def _names(folder: Path, before: str, depth: int) -> Iterator[str]:
    """The decoded names under a folder of records."""
    try:
        with os.scandir(folder) as entries:
            listed = [entry for entry, _ in zip(entries, range(_LISTED), strict=False)]
    except OSError:
        return
    for entry in listed:
        try:
            inner = entry.is_dir(follow_symlinks=False)
        except OSError:
            continue
        if inner and entry.name.startswith("@") and depth < _DEPTH:
            yield from _names(Path(entry.path), before + entry.name[1:], depth + 1)
        elif not inner:
            try:
                yield urlsafe_b64decode(before + entry.name).decode("utf-8", "backslashreplace")
            except (Base64Error, ValueError):
                continue
