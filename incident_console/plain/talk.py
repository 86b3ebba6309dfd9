"""How is a dialogue of lines held? What is said, what is asked, and what is told meanwhile between two lines.

Nothing is said in the middle of a line that is being typed: news waits for Enter, or, on a terminal where nothing is
typed, is told at once and the prompt is said again. On a pipe it is told before the next prompt.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO, TypeVar

from incident_console.plain.typed import rest_of_line
from incident_console.plain.words import folded, said

T = TypeVar("T")

NEWS = 100
"""So many lines of news are kept between two prompts; how many more there were is told."""
LINE_LIMIT = 1 << 20
"""Bytes of a line that is read."""
PROGRESS_S = 3.0


class Left(Exception):
    """ctrl+c: the question is left, and nothing of it is recorded."""


class Ended(Exception):
    """No line will come any more: the end of the input, a signal to end, or nobody who hears."""


class Flag:
    """What a signal says. An `Event` is set under a lock, for which a second signal at that moment waits for ever."""

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        self._is_set = True

    def clear(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set


class Talk:
    """One dialogue, held by one thread; `news` may be called from any. Use it inside `with talk.held():`."""

    def __init__(self, out: TextIO, *, width: int = 80, stdin: int = 0) -> None:
        self._out, self._width, self._in = out, width, stdin
        self.is_terminal = os.isatty(stdin)
        self._news: deque[str] = deque(maxlen=NEWS)
        self._untold = 0
        self._buffer = b""
        self._no_more = False
        self._cancelled, self._ending = Flag(), Flag()
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """ctrl+c cancels what is going on, not the dialogue; TERM and HUP end it in order. What is ignored stays so."""

        def cancel(number: int, frame: object) -> None:
            self._cancelled.set()

        def end(number: int, frame: object) -> None:
            self._ending.set()

        wanted = {signal.SIGINT: cancel, signal.SIGTERM: end, signal.SIGHUP: end}
        before = {number: signal.getsignal(number) for number in wanted}
        for number, handler in wanted.items():
            if before[number] != signal.SIG_IGN:
                signal.signal(number, handler)
        woke = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(woke)
            for number, was in before.items():
                signal.signal(number, was)

    # -- saying --------------------------------------------------------------------------------------------------

    def say(self, text: str = "") -> None:
        """One fact, folded to the width."""
        self._write("".join(f"{line}\n" for line in folded(said(text), self._width)))

    def say_whole(self, text: str) -> None:
        """On one line, however long: a command or a path, to be copied."""
        self._write(f"{said(text)}\n")

    def say_all(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.say(line)

    def read_out(self, lines: Iterable[str]) -> None:
        """Lines of a text as they are, each made safe already. Raises Left at ctrl+c, Ended."""
        for line in lines:
            self._check()
            self._write(f"{line}\n")

    def news(self, text: str) -> None:
        """Tell this when no line is being typed. Never waits."""
        self._untold += len(self._news) == NEWS
        self._news.append(text)
        with contextlib.suppress(OSError):
            os.write(self._wake, b"\0")

    def tell_news(self) -> None:
        if self._untold:
            self.say(f"News: {self._untold} earlier lines are left out; timeline has all that was recorded.")
            self._untold = 0
        while self._news:
            self.say(self._news.popleft())

    def _write(self, text: str) -> None:
        try:
            self._out.write(text)
            self._out.flush()
        except (OSError, ValueError):
            self._ending.set()  # nobody hears it: the incident is left in order
            self._forget()

    def _forget(self) -> None:
        """What is said from now on goes nowhere; else what is buffered would be written at the end, and fail again."""
        with contextlib.suppress(OSError, ValueError):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self._out.fileno())
            os.close(nothing)

    # -- hearing -------------------------------------------------------------------------------------------------

    def hear(self, prompt: str = "> ") -> str:
        """The next line, without its end. Raises Left at ctrl+c, Ended."""
        self.tell_news()
        self._write(prompt)
        while True:
            self._check()
            line = self._line()
            if line is not None:
                if not self.is_terminal:
                    self._write(f"{said(line)}\n")  # so that what was heard can be read beside what was said
                return line
            if self._no_more:
                self._write("\n")
                raise Ended
            ready, _, _ = select.select([self._in, self._woken], [], [])
            if self._woken in ready:
                self._drain()
            if self._in in ready:
                self._read()
            elif self._news and self.is_terminal and not self._cancelled.is_set() and not self._ending.is_set():
                self._tell_between(prompt)

    @property
    def is_over(self) -> bool:
        """Whether the input has ended already, with no line left in it. Never waits."""
        while not self._no_more and b"\n" not in self._buffer and select.select([self._in], [], [], 0)[0]:
            if self.is_terminal:
                return False
            self._read()
        return self._no_more and not self._buffer

    def _tell_between(self, prompt: str) -> None:
        line = rest_of_line(self._in, self._woken, self._is_stopped)
        if line is not None:
            self._buffer += line
        else:
            self._write("\n")
            self.tell_news()
            self._write(prompt)

    def _is_stopped(self) -> bool:
        """Whether what woke is more than news."""
        self._drain()
        return self._cancelled.is_set() or self._ending.is_set()

    def _check(self) -> None:
        if self._ending.is_set():
            self._write("\n")
            raise Ended
        if self._cancelled.is_set():
            self._cancelled.clear()
            self._buffer = b"" if self.is_terminal else self._buffer
            self._write("\n")
            raise Left

    def _line(self) -> str | None:
        line, end, rest = self._buffer.partition(b"\n")
        if not end and len(line) < LINE_LIMIT and not (self._no_more and line):
            return None
        self._buffer = rest
        return line.removesuffix(b"\r").decode("utf-8", "surrogateescape")

    def _read(self) -> None:
        try:
            data = os.read(self._in, 1 << 16)
        except OSError:
            data = b""  # the terminal is gone
        self._buffer += data
        self._no_more = not data

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._woken, 4096):
                pass

    # -- waiting -------------------------------------------------------------------------------------------------

    def wait_for(
        self, call: Callable[[], T], told: Callable[[float], str], cancel: Callable[[], object] | None = None
    ) -> T:
        """What `call` gives, in a thread of its own; every few seconds `told` says how it goes, given the seconds.

        ctrl+c calls `cancel`, and what `call` then gives or raises is waited for all the same.
        """
        done: list[T] = []
        failed: list[BaseException] = []

        def work() -> None:
            try:
                done.append(call())
            except BaseException as fault:
                failed.append(fault)

        thread = threading.Thread(target=work, name="plain", daemon=True)
        thread.start()
        began = time.monotonic()
        tell_at = began + PROGRESS_S
        while thread.is_alive():
            thread.join(0.05)
            now = time.monotonic()
            if self._cancelled.is_set() or self._ending.is_set():
                if self._cancelled.is_set():
                    self._cancelled.clear()
                    self.say("Being cancelled." if cancel is not None else "This cannot be cut short; it ends soon.")
                if cancel is not None:
                    cancel()
            if now >= tell_at:
                tell_at = now + PROGRESS_S
                self.say(told(now - began))
        if failed:
            raise failed[0]
        return done[0]
