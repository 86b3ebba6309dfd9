"""What does a command print that is followed as a log beside the others, `kubectl logs -f pod` for instance?

It belongs to the console: it gets no terminal and no input, what it prints is spooled, and it ends with the console.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

from incident_console.errors import InputError, UsageError
from incident_console.session.launch import check
from incident_console.tail.spool import ENDED, Spool

SPOOLS = "spools"
GRACE_S = 0.5
"""Seconds between SIGTERM and SIGKILL."""
_LOOK = os.WEXITED | os.WNOHANG | os.WNOWAIT


def words(line: str, workdir: Path) -> tuple[str, ...]:
    """The words of a `--source`, as a shell would split them; no shell runs it. Raises UsageError."""
    try:
        argv = tuple(shlex.split(line))
    except ValueError as fault:
        raise UsageError(f"--source {line!r} cannot be split into words: {str(fault).lower()}") from None
    check(argv, workdir)
    return argv


class SourceCommand:
    """One such command, started when it is made. Raises InputError when it cannot be, or its text cannot be kept."""

    def __init__(self, argv: tuple[str, ...], workdir: Path, spools: Path) -> None:
        self.line = shlex.join(argv)
        reading, writing = os.pipe()
        try:
            self._spool = Spool(reading, spools, self.line)
        except InputError:
            os.close(reading)
            os.close(writing)
            raise
        try:
            self._process = subprocess.Popen(
                argv,
                cwd=workdir,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                start_new_session=True,
            )
        except (OSError, ValueError) as fault:
            self._spool.close()
            why = (fault.strerror or str(fault)).lower() if isinstance(fault, OSError) else str(fault)
            raise InputError(f"The source `{self.line}` cannot be started: {why}.") from None
        finally:
            os.close(writing)
        self._spool.start()

    @property
    def path(self) -> Path:
        """What it has printed."""
        return self._spool.path

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def notice(self) -> str | None:
        """That its text is not kept whole; None while it is."""
        return None if self._spool.notice == ENDED else self._spool.notice

    def exit_code(self) -> int | None:
        """None while it goes on; 128 + the signal's number when it was killed."""
        code = self._process.poll()
        return 128 - code if code is not None and code < 0 else code

    def close(self) -> None:
        """End it with everything it started, and delete what was spooled."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            give_up = time.monotonic() + GRACE_S
            # Looked at without being reaped: until then its number, which is the group's, is nobody else's.
            while time.monotonic() < give_up and not os.waitid(os.P_PID, self.pid, _LOOK):
                time.sleep(0.01)
            self._signal(signal.SIGKILL)
            self._process.wait()
        self._spool.close()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)
