"""Is this file a runbook, and if not, what is wrong with it? Bytes to a checked runbook, or every fault at once."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.errors import InputError
from incident_console.runbook.faults import RunbookFaults
from incident_console.runbook.terms import MAX_BYTES, SCHEMA

if TYPE_CHECKING:
    from incident_console.runbook.nodes import Node
    from incident_console.runbook.schema import Runbook


@dataclass(frozen=True, slots=True)
class Loaded:
    """A sound runbook and the exact bytes it was read from."""

    runbook: Runbook
    text: bytes
    sha256: str
    name: str
    """The file as the operator named it; stands in faults."""
    nodes: Node = field(repr=False, compare=False)
    path: Path | None = None
    shipped: bool = False
    """These bytes came with the console, so no trust has to be given first."""


def load(path: Path) -> Loaded:
    """The runbook in the file. Raises RunbookFaults with every fault, InputError when the file cannot be read."""
    loaded = loads(read_plain(path), str(path))
    return Loaded(loaded.runbook, loaded.text, loaded.sha256, loaded.name, loaded.nodes, path)


def loads(data: bytes, name: str) -> Loaded:
    """The runbook in `data`; `name` stands in the faults. Raises RunbookFaults with every fault."""
    # YAML and pydantic take a fifth of a second to import, and the facts of a run need no runbook.
    from incident_console.runbook.explain import faults_of_shape
    from incident_console.runbook.nodes import parse
    from incident_console.runbook.schema import Runbook
    from incident_console.runbook.semantics import faults_of_meaning

    root, faults = parse(data, name, f"schema: {SCHEMA}")
    faults += faults_of_shape(root, name)
    faults += faults_of_meaning(root, name)
    if faults:
        raise RunbookFaults(faults)
    return Loaded(Runbook.model_validate(root.plain()), data, hashlib.sha256(data).hexdigest(), name, root)


def read_plain(path: Path) -> bytes:
    """The first MiB and a byte of a plain file. Raises InputError saying what it is instead."""
    try:
        # Non-blocking: opening a named pipe that nobody writes to would wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            mode = os.fstat(handle).st_mode
            if stat.S_ISDIR(mode):
                raise InputError(f"{path}: is a directory; name the YAML file itself")
            if not stat.S_ISREG(mode):
                raise InputError(f"{path}: is not a plain file; copy its text into one")
            with os.fdopen(handle, "rb", closefd=False) as stream:
                return stream.read(MAX_BYTES + 1)
        finally:
            os.close(handle)
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise InputError(f"{path}: cannot be read ({reason}); name a readable YAML file") from None
