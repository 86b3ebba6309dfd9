"""Who ends an evidence command when the console is killed in the middle of it? A small process that outlives it.

One for the whole console, started with its first command. A signal of the kernel's (PR_SET_PDEATHSIG) would not do: it
comes when the *thread* ends that started the command, and there is none on macOS.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

_SCRIPT = Path(__file__).with_name("guarding.py")


class Guard:
    """Thread-safe. Where the process cannot be had, commands run without it, and resuming tells what still runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def over(self, group: int) -> Iterator[None]:
        """While this goes on, the process group `group` ends with the console."""
        self.take(group)
        try:
            yield
        finally:
            self.let_go(group)

    def take(self, group: int) -> None:
        """From when this returns, `group` ends with the console; to take it twice does nothing more."""
        self._change(group, b"+")

    def let_go(self, group: int) -> None:
        self._change(group, b"-")

    def _change(self, group: int, sign: bytes) -> None:
        with self._lock:
            (self._groups.add if sign == b"+" else self._groups.discard)(group)
            try:
                self._tell(b"%b%d\n" % (sign, group))
            except (OSError, ValueError):  # it was never there, or somebody ended it
                self._start()

    def _tell(self, line: bytes) -> None:
        if self._process is None or self._process.stdin is None:
            raise BrokenPipeError
        self._process.stdin.write(line)

    def _start(self) -> None:
        if self._process is not None:
            self._process.poll()
        self._process = None
        if not self._groups:
            return
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_SCRIPT)],
                cwd="/",
                env={},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,
            )
            for group in self._groups:
                self._tell(b"+%d\n" % group)


GUARD = Guard()
