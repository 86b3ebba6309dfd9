"""What does a person at a terminal see? Runs a command on a real pty and keeps the screen that its output paints.

A thread reads the pty all the time, as a terminal does, so the command never waits for its reader. Tests wait for what
is on the screen, never for time to pass.
"""

from __future__ import annotations

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
    "shift+up": "\x1b[1;2A",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "ctrl+p": "\x10",
    "ctrl+q": "\x11",
    "ctrl+a": "\x01",
    "ctrl+u": "\x15",
    "ctrl+l": "\x0c",
}
ASKS_FOR_FRAMES = b"\x1b[?2026$p"
HAS_FRAMES = b"\x1b[?2026;2$y"
CURSOR = "0165b3"
"""The ground of the row under the cursor, as the console's theme has it."""
FRAME_BEGINS, FRAME_ENDS = b"\x1b[?2026h", b"\x1b[?2026l"
"""Synchronized output: told that the terminal knows it, the command says where each picture begins and ends."""


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
        self._shown: list[str] = [""] * lines
        self._ground: list[list[str]] = [[] for _ in range(lines)]
        self._whole = self._fresh = self._told_of_frames = False
        self._painted = threading.Condition()
        self._let_go, self._hang_up = os.pipe()
        self._gone = False
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
        """The last whole picture."""
        with self._painted:
            self._look()
            return list(self._shown)

    def screen(self) -> str:
        return "\n".join(self.rows())

    def picture(self) -> tuple[tuple[int, int], list[list[tuple[object, ...]]]]:
        """Where the cursor stands, and each cell as it looks: of a blank that is its ground, unless it has a line."""

        def look(cell: pyte.screens.Char) -> tuple[object, ...]:
            lines = (cell.underscore, cell.strikethrough, cell.reverse)
            letter = (cell.fg, cell.bold, cell.italics) if cell.data.strip() or any(lines) else ()
            return (cell.data, cell.bg, lines, letter)

        with self._painted:
            screen = self._screen
            across, down = range(screen.columns), range(screen.lines)
            return (screen.cursor.y, screen.cursor.x), [[look(screen.buffer[y][x]) for x in across] for y in down]

    def modes(self) -> set[str]:
        """The private modes that are on now: `1049` is the alternate screen, `25` the cursor, `1000` the mouse."""
        on = {"25", "7"}
        for modes, switch in re.findall(rb"\x1b\[\?([0-9;]+)([hl])", self.raw):
            for mode in modes.decode().split(";"):
                on.add(mode) if switch == b"h" else on.discard(mode)
        return on

    def echoes(self) -> bool:
        """Whether the terminal shows what is typed and waits for whole lines, as a shell expects to find it."""
        local = termios.tcgetattr(self._master)[3]
        return bool(local & termios.ECHO and local & termios.ICANON)

    def words(self) -> str:
        """The screen as running text: frames and line ends left out, so that wrapped sentences can be looked for."""
        return " ".join(re.sub(r"[─-╿▀-▟]", " ", self.screen()).split())

    def highlighted(self, text: str) -> bool:
        """Whether this text stands in the row that the cursor is on, in the pane that has the focus."""
        with self._painted:
            self._look()
            for row, ground in zip(self._shown, self._ground, strict=True):
                if (x := row.find(text)) > 0 and ground[x] == CURSOR:
                    return True
        return False

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

    def close_page(self, title: str) -> None:
        """Once the page with this title is there, press Escape and wait until it is gone."""
        self.wait_until(lambda _: f"─ {title} ─" in self.screen(), f"the page {title!r} to open")
        self.press("escape")
        self.wait_until(lambda _: f"─ {title} ─" not in self.screen(), f"the page {title!r} to close")

    def wait_highlighted(self, text: str, timeout: float = 20.0) -> str:
        return self.wait_until(lambda _: self.highlighted(text), f"the cursor on {text!r}", timeout)

    # -- what is done to it --------------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Press keys one after the other: a name of `KEYS`, or one character."""
        for key in keys:
            self._send(key if len(key) == 1 else KEYS[key])

    def type(self, text: str) -> None:
        self._send(text)

    def move_to(self, text: str, key: str = "down", most: int = 40) -> None:
        """Press a key until the cursor stands on the row with this text, as a person looks and presses."""
        for _ in range(most):
            if self.highlighted(text):
                return
            more = self._more_than(len(self.raw))
            self.press(key)
            with self._painted:
                self._painted.wait_for(more, timeout=1.0)
            self.wait_quiet()
        self.wait_highlighted(text, timeout=1.0)

    def wait_quiet(self, seconds: float = 0.1, timeout: float = 5.0) -> None:
        """Wait until nothing has been painted for so long: what was pressed has had its effect."""
        give_up = time.monotonic() + timeout
        while time.monotonic() < give_up:
            with self._painted:
                if not self._painted.wait_for(self._more_than(len(self._raw)), timeout=seconds):
                    return

    def resize(self, columns: int, lines: int) -> None:
        with self._painted:
            self._screen.resize(lines, columns)
        self._set_size(columns, lines)

    def hang_up(self) -> None:
        """Close the terminal: the kernel sends SIGHUP to what runs on it."""
        if not self._gone:
            self._gone = True
            os.close(self._hang_up)
            self._reader.join()  # What somebody still reads would not be closed.
            os.close(self._let_go)
            os.close(self._master)

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

    def _more_than(self, size: int) -> Callable[[], bool]:
        return lambda: len(self._raw) > size

    def _send(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self._master, data) :]

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _read(self) -> None:
        """Until the command has ended, or the terminal is to be closed."""
        while True:
            ready, _, _ = select.select([self._master, self._let_go], [], [])
            try:
                data = os.read(self._master, 65536) if self._let_go not in ready else b""
            except OSError:  # EIO: nobody has the other side open any more.
                data = b""
            with self._painted:
                self._paint(data)
                self._painted.notify_all()
            if not data:
                return

    def _paint(self, data: bytes) -> None:
        asks = ASKS_FOR_FRAMES in self._raw[-len(ASKS_FOR_FRAMES) :] + data
        self._raw += data
        self._stream.feed(data)
        if asks and not self._told_of_frames:
            self._told_of_frames = True
            os.write(self._master, HAS_FRAMES)
        self._whole = self._raw.rfind(FRAME_ENDS) >= self._raw.rfind(FRAME_BEGINS)
        self._fresh = True

    def _look(self) -> None:
        """Take the picture, unless one is being painted: then the one before stands."""
        if self._fresh and self._whole:
            self._fresh = False
            across = range(self._screen.columns)
            cells = [self._screen.buffer[y] for y in range(self._screen.lines)]
            self._shown = [row.rstrip() for row in self._screen.display]
            self._ground = [[row[x].bg for x in across] for row in cells]
