"""What did the console itself do, and how long did it take? A file for whoever looks for a fault in it (`--debug`).

Kinds of events, timings, and where exceptions came up: never what a log, a command or a person said, because a message
may hold it. A line is `<UTC> <seconds since the beginning> <what>`.
"""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

LIMIT = 1 << 20
"""Bytes of one file; what is full becomes `.1`, and that of before is let go."""
KEPT = 10
"""Files of earlier sittings that are kept."""


class DebugLog:
    """May be called from any thread; a disk that takes nothing more ends the log, never the console."""

    def __init__(self, folder: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Raises OSError where there can be no file in `folder`, which is made if it is not there."""
        self._clock = clock
        self._began = clock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in sorted(folder.glob("debug-*.log*"))[: -2 * KEPT]:
            with contextlib.suppress(OSError):
                old.unlink()
        self.path = folder / f"debug-{self._began:%Y%m%dT%H%M%S.%fZ}-{os.getpid()}.log"
        self._size = 0
        self._handle = self._open()
        self.trouble = ""
        """Why it says no more; empty while it does."""

    def tell(self, what: str) -> None:
        now = self._clock()
        safe = "".join(char if char.isprintable() else "?" for char in what)
        self._write(f"{now:%Y-%m-%dT%H:%M:%S.%fZ} {(now - self._began).total_seconds():9.3f} {safe}\n")

    def fault(self, error: BaseException, where: str) -> None:
        """The exception's kind, and the way there; its message stays out."""
        self.tell(f"{type(error).__name__} in {where}")
        for frame in traceback.extract_tb(error.__traceback__):
            self.tell(f"    {frame.filename}:{frame.lineno} {frame.name}")
        if error.__cause__ is not None:
            self.fault(error.__cause__, f"{where}, the cause")

    def close(self) -> None:
        self.tell("ended")
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _write(self, line: str) -> None:
        if self._handle < 0 or self.trouble:
            return
        data = line.encode("utf-8", "backslashreplace")
        try:
            if self._size + len(data) > LIMIT:
                self.path.replace(self.path.with_suffix(".log.1"))
                before, self._handle, self._size = self._handle, self._open(), 0
                os.close(before)
            self._size += os.write(self._handle, data)
        except OSError as fault:
            self.trouble = (fault.strerror or str(fault)).lower()
