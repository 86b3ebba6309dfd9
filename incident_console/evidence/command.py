"""What did a command say, and how did it end? Run apart from the console, bounded in time and in memory.

A command gets no terminal and no input, and its own session: a timeout, a cancel or the end of the console, also by
kill -9, ends everything it started that stayed in its process group. Whatever the command does is told in the
`Outcome`, never raised.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from incident_console.evidence.begin import begin
from incident_console.evidence.capped import CAP, HeadTail
from incident_console.evidence.guard import GUARD
from incident_console.evidence.names import shown

GRACE_S = 2.0
"""Seconds between SIGTERM and SIGKILL."""
DRAIN_S = 1.0
"""Seconds to go on reading after the command ended while something it started still holds its output."""
_TICK_S = 0.05
_REPORT_S = 0.1
_CHUNK = 256 * 1024

Ended = Literal["exited", "timed out", "cancelled", "could not run"]


@dataclass(frozen=True, slots=True)
class Command:
    """With `shell`, the words of `argv` are joined by spaces into one line for `/bin/sh -c`."""

    argv: tuple[str, ...]
    cwd: Path
    timeout_s: float
    cap: int = CAP
    """Bytes kept of each stream."""
    shell: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    """The whole environment of the command; see `environment.allowed`."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Told at once when the command has started, then about ten times a second."""

    pid: int
    """Also its process group."""
    elapsed_s: float
    stdout_bytes: int
    stderr_bytes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    ended: Ended
    reason: str
    """A sentence to stand after `ended`: `1 s passed; it and what it had started were ended`."""
    stdout: bytes
    stderr: bytes
    stdout_dropped: int
    stderr_dropped: int
    exit_code: int | None
    signal: str | None
    """Name of the signal that ended the command, such as `SIGKILL`."""
    started_at: str
    ended_at: str
    duration_s: float


def run(
    command: Command,
    *,
    cancel: threading.Event | None = None,
    progress: Callable[[Progress], None] | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Outcome:
    """Run the command to its end and tell what happened. Blocks; `cancel` may be set from another thread.

    Raises only what `progress` or `clock` raise, after ending the command.
    """
    started_at, began = _stamp(clock()), time.monotonic()
    try:
        process = begin(_words(command), command.cwd, command.env)
    except (OSError, ValueError, subprocess.SubprocessError) as fault:
        return Outcome(
            "could not run", _obstacle(command, fault), b"", b"", 0, 0, None, None, started_at, started_at, 0.0
        )

    streams = _Streams(process, command.cap)
    ended: Ended = "exited"
    alive = False
    try:
        with GUARD.over(process.pid):
            told = -_REPORT_S
            while process.poll() is None:
                elapsed = time.monotonic() - began
                if cancel is not None and cancel.is_set():
                    ended = "cancelled"
                elif elapsed >= command.timeout_s:
                    ended = "timed out"
                if ended != "exited":
                    alive = not _end(process, streams)
                    break
                if progress is not None and elapsed - told >= _REPORT_S:
                    progress(Progress(process.pid, elapsed, streams.stdout.size, streams.stderr.size))
                    told = elapsed
                streams.pump(min(_TICK_S, command.timeout_s - elapsed))
        held = streams.drain()
        ended_at, duration_s = _stamp(clock()), time.monotonic() - began
    except BaseException:
        _signal_group(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(DRAIN_S)
        raise
    finally:
        streams.close()

    code = process.returncode
    name = _signal_name(-code) if code is not None and code < 0 else None
    stdout, stdout_dropped = streams.stdout.kept()
    stderr, stderr_dropped = streams.stderr.kept()
    return Outcome(
        ended=ended,
        reason=_reason(ended, command.timeout_s, code, name, held, process.pid if alive else None),
        stdout=stdout,
        stderr=stderr,
        stdout_dropped=stdout_dropped,
        stderr_dropped=stderr_dropped,
        exit_code=code if code is not None and code >= 0 else None,
        signal=name,
        started_at=started_at,
        ended_at=ended_at,
        duration_s=round(duration_s, 3),
    )


class _Streams:
    """Both pipes of a process, read as they fill so that it never waits for us."""

    def __init__(self, process: subprocess.Popen[bytes], cap: int) -> None:
        self.stdout, self.stderr = HeadTail(cap), HeadTail(cap)
        self._pipes = [pipe for pipe in (process.stdout, process.stderr) if pipe is not None]
        self._selector = selectors.DefaultSelector()
        for pipe, kept in zip(self._pipes, (self.stdout, self.stderr), strict=True):
            self._selector.register(pipe, selectors.EVENT_READ, kept)

    def pump(self, seconds: float) -> None:
        """Read what is there; wait at most `seconds` for something to be."""
        if not self._selector.get_map():
            time.sleep(seconds)
        for key, _ in self._selector.select(seconds) if self._selector.get_map() else ():
            if chunk := os.read(key.fd, _CHUNK):
                key.data.add(chunk)
            else:
                self._selector.unregister(key.fileobj)

    def drain(self) -> bool:
        """Read to the end, for at most DRAIN_S; True when somebody still holds a pipe open after that."""
        until = time.monotonic() + DRAIN_S
        while self._selector.get_map() and time.monotonic() < until:
            self.pump(_TICK_S)
        return bool(self._selector.get_map())

    def close(self) -> None:
        self._selector.close()
        for pipe in self._pipes:
            pipe.close()


def _end(process: subprocess.Popen[bytes], streams: _Streams) -> bool:
    """End the whole process group, kindly first; True when it is gone."""
    for number, patience in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, DRAIN_S)):
        _signal_group(process.pid, number)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            streams.pump(_TICK_S)
            process.poll()  # an unreaped leader would count as a member of the group
            if not _signal_group(process.pid, 0):
                return process.returncode is not None
    return process.returncode is not None


def _signal_group(pid: int, number: int) -> bool:
    """False when the group has no member left, or none that we may signal."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _words(command: Command) -> tuple[str, ...]:
    if not command.argv:
        raise ValueError("no command is given")
    return ("/bin/sh", "-c", " ".join(command.argv)) if command.shell else command.argv


def _obstacle(command: Command, fault: Exception) -> str:
    """Why the command could not be started, and where it was looked for."""
    cwd = shown(command.cwd)
    if not command.argv or not command.argv[0]:
        return "no command is given"
    program = command.argv[0] if not command.shell else "/bin/sh"
    name = shown(program)
    if isinstance(fault, UnicodeError) or not isinstance(fault, OSError):
        return f"{name}: an argument or a variable cannot be passed to a program: {shown(str(fault))}"
    if not command.cwd.is_dir():
        return f"the directory {cwd} is not there, or is no directory: has it been moved or deleted?"
    if fault.filename == str(command.cwd):
        return f"the directory {cwd} may not be entered: {fault.strerror}"
    if isinstance(fault, FileNotFoundError):
        path = command.env.get("PATH", os.defpath)
        if (command.cwd / program).exists() if "/" in program else shutil.which(program, path=path):
            return f"{name} is there, but the interpreter that its first line names is not"
        if "/" in program:
            return f"there is no file {name}, seen from {cwd}"
        return f"there is no command {name}; PATH was searched: {shown(path)}"
    if isinstance(fault, PermissionError):
        return f"{name} may not be run: is it executable?"
    return f"{name}: {fault.strerror or shown(str(fault))}"


def _reason(ended: Ended, timeout_s: float, code: int | None, name: str | None, held: bool, left: int | None) -> str:
    if ended == "exited":
        said = f"ended by {name}" if name else f"exit code {code}"
    elif ended == "timed out":
        said = f"{timeout_s:g} s passed; it and what it had started were ended"
    else:
        said = "it and what it had started were ended"
    if left is not None:
        said += f"; process {left} did not go away, maybe it waits for a file system"
    if held:
        said += "; something it started still holds its output open, and what that prints from now on is not here"
    return said


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
