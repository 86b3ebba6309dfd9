"""Where do runbooks come from, and may this one run commands? The shipped ones, and those an operator has trusted."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256 as _sha256
from pathlib import Path
from typing import Any

from incident_console.errors import InputError, RecordError
from incident_console.runbook.load import Loaded, load

_MAX_TRUST = 4 << 20


def shipped() -> tuple[Path, ...]:
    """The runbooks that ship with the console, by name: from the wheel's package data, else from the checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "_runbooks", package.parent / "runbooks"):
        if folder.is_dir():
            return tuple(sorted(folder.glob("*.yaml")))
    return ()


def find(name_or_path: str | Path, workdir: Path | None = None) -> Loaded:
    """The runbook with this shipped id, or at this path (seen from here, else from the workdir).

    A file whose bytes are those of a shipped runbook counts as shipped. Raises InputError naming the shipped ids when
    there is none, RunbookFaults when it is broken.
    """
    name = os.fspath(name_or_path)
    ours = shipped()
    by_id = {path.stem: path for path in ours}
    if name in by_id:
        return replace(load(by_id[name]), shipped=True)
    for path in _places(Path(name), workdir):
        if os.path.lexists(path):
            loaded = load(path)
            hashes = {_sha256(path.read_bytes()).hexdigest() for path in ours}
            return replace(loaded, shipped=loaded.sha256 in hashes)
    known = ", ".join(by_id) or "none; install incident-console again"
    raise InputError(f"{name}: no such runbook; give the path of a YAML file, or one that ships: {known}")


def trusted_by(sha256: str, trust_file: Path) -> str | None:
    """Who last trusted exactly this content, or None. Broken lines of the file trust nothing."""
    who = None
    for entry in _entries(trust_file):
        if entry.get("sha256") == sha256 and isinstance(entry.get("by"), str) and entry["by"].strip():
            who = entry["by"]
    return who


def trust(sha256: str, who: str, at: str, trust_file: Path) -> None:
    """Add to the trust file that `who` trusts this content since `at` (RFC 3339). Raises RecordError."""
    line = json.dumps({"sha256": sha256, "by": who, "at": at}, ensure_ascii=False).encode("utf-8", "replace")
    try:
        trust_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(trust_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # A newline first: a torn last line must not swallow this one.
            os.write(handle, b"\n" * bool(os.fstat(handle).st_size) + line + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as fault:
        raise RecordError(f"{trust_file}: the trust could not be written ({fault.strerror})") from None


def _places(path: Path, workdir: Path | None) -> Iterator[Path]:
    yield path
    if workdir is not None and not path.is_absolute():
        yield workdir / path


def _entries(trust_file: Path) -> Iterator[dict[str, Any]]:
    try:
        with trust_file.open("rb") as stream:
            text = stream.read(_MAX_TRUST)
    except FileNotFoundError:
        return
    except OSError as fault:
        raise InputError(f"{trust_file}: cannot be read ({fault.strerror}); nothing is trusted without it") from None
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            yield entry
