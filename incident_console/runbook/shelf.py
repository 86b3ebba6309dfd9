"""Where do runbooks come from? The shipped ones are found by id, any other by its path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256 as _sha256
from pathlib import Path

from incident_console.errors import InputError
from incident_console.runbook.load import Loaded, load
from incident_console.runbook.shipped import shipped as shipped


def find(name_or_path: str | Path, workdir: Path | None = None) -> Loaded:
    """The runbook with this shipped id, or at this path (seen from here, else from the workdir).

    A shipped id is never a file's: no workflow can put its own in the place of a shipped one. A file whose bytes are
    those of a shipped runbook counts as shipped. Raises InputError naming the shipped ids when
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


def _places(path: Path, workdir: Path | None) -> Iterator[Path]:
    yield path
    if workdir is not None and not path.is_absolute():
        yield workdir / path
