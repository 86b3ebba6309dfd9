"""What is left when the console itself fails: a file with the traceback, and one sentence that says where."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from incident_console.evidence.redact import Redacted


def write(
    error: BaseException, folders: tuple[Path, ...], now: datetime, redact: Callable[[bytes], Redacted]
) -> Path | None:
    """Write the traceback into the first folder that takes it, as `crash-<time>.txt`, mode 0600; None: nowhere.

    A message may hold what a log or a person said: it goes through `redact`.
    """
    text = "".join(traceback.format_exception(error)).encode("utf-8", "backslashreplace")
    for folder in folders:
        path = folder / f"crash-{now:%Y%m%dT%H%M%S.%fZ}.txt"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError:
            continue
        with os.fdopen(handle, "wb") as file:
            file.write(redact(text).data)
        return path
    return None


def told(error: BaseException, path: Path | None, go_on: str) -> str:
    """What is said on the way out. `go_on` says what is saved and how to go on."""
    return (
        f"incident-console: it failed, and that is a fault of its own ({type(error).__name__}); {where(path)}\n{go_on}"
    )


def where(path: Path | None) -> str:
    return f"the traceback is in {path}" if path is not None else "the traceback could not be written anywhere"
