"""What does a person at a terminal see? Runs a command on a real pty and keeps the screen that its output paints.

A thread reads the pty all the time, as a terminal does, so the command never waits for its reader. Tests wait for what
is on the screen, never for time to pass.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "f1": "\x1bOP",
    "ctrl+p": "\x10",
    "ctrl+q": "\x11",
    "ctrl+a": "\x01",
    "ctrl+u": "\x15",
}
UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<=>][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p")
"""Sequences that pyte would print in part: they ask or set something and paint nothing."""


class Terminal:
    """`command` on a pty of `columns` x `lines`; a context manager that leaves nothing running behind it."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        lines: int = 24,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._master, slave = os.openpty()
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._raw = bytearray()
        self._painted = threading.Condition()
        self._let_go, self._hang_up = os.pipe()
        self._set_size(columns, lines)
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**(os.environ if env is None else env), "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            preexec_fn=lambda: os.login_tty(slave),
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    # -- what is on it -------------------------------------------------------------------------------------------

    @property
    def raw(self) -> bytes:
        """Every byte the command has sent so far."""
        with self._painted:
            return bytes(self._raw)

    def rows(self) -> list[str]:
        with self._painted:
            return [row.rstrip() for row in self._screen.display]

    def screen(self) -> str:
        return "\n".join(self.rows())

    def words(self) -> str:
        """The screen as running text: frames and line ends left out, so that wrapped sentences can be looked for."""
        return " ".join(re.sub(r"[─-╿▀-▟]", " ", self.screen()).split())

    def wait_until(self, holds: Callable[[str], bool], what: str, timeout: float = 20.0) -> str:
        """Wait until the screen, as `words()` gives it, is as wanted; fails with the screen as it was at the end."""
        give_up = time.monotonic() + timeout
        while True:
            if holds(self.words()):
                return self.screen()
            with self._painted:
                ended = not self._reader.is_alive()
                if not ended:
                    self._painted.wait(timeout=0.1)
            if (ended and not holds(self.words())) or time.monotonic() > give_up:
                state = f"ended with {self.process.poll()}" if ended else f"not seen in {timeout:.0f} s"
                raise AssertionError(f"{what}: {state}; the screen:\n{self.screen()}")

    def wait_for(self, *texts: str, timeout: float = 20.0) -> str:
        """Wait until all these texts stand on the screen together."""
        return self.wait_until(lambda shown: all(text in shown for text in texts), f"{texts!r}", timeout)

    def wait_gone(self, text: str, timeout: float = 20.0) -> str:
        return self.wait_until(lambda shown: text not in shown, f"{text!r} to go", timeout)

    # -- what is done to it --------------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Press keys one after the other: a name of `KEYS`, or one character."""
        for key in keys:
            self._send(KEYS.get(key, key))

    def type(self, text: str) -> None:
        self._send(text)

    def resize(self, columns: int, lines: int) -> None:
        with self._painted:
            self._screen.resize(lines, columns)
        self._set_size(columns, lines)

    def hang_up(self) -> None:
        """Close the terminal: the kernel sends SIGHUP to what runs on it."""
        with contextlib.suppress(OSError):
            os.close(self._hang_up)
        self._reader.join(timeout=5)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait_end(self, timeout: float = 20.0) -> int:
        """Wait for the command to end and for its last output; its exit code, negative for a signal."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {timeout:.0f} s; the screen:\n{self.screen()}") from None
        self._reader.join(timeout=5)
        return code

    def _send(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self._master, data) :]

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _read(self) -> None:
        """Until the command has ended, or the terminal is to be closed: it must not be while somebody reads it."""
        while True:
            ready, _, _ = select.select([self._master, self._let_go], [], [])
            try:
                data = os.read(self._master, 65536) if self._let_go not in ready else b""
            except OSError:  # EIO: nobody has the other side open any more.
                data = b""
            with self._painted:
                self._raw += data
                self._stream.feed(UNKNOWN_TO_PYTE.sub(b"", data))
                self._painted.notify_all()
            if not data:
                break
        if self._let_go in ready:
            os.close(self._master)
