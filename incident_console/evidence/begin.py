"""How does an evidence command begin, so that there is no moment in which a killed console would leave it behind?

A process is made that waits at a gate; the guard is told of it; only then it becomes the command. A console that dies
before the gate is open leaves a process that sees the end of its socket and goes.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from incident_console.evidence.guard import GUARD

_SCRIPT = Path(__file__).with_name("gated.py")


def begin(words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """The command, running in its own session and under guard; whoever gets it tells the guard of its end.

    Raises OSError and ValueError as `subprocess.Popen` does.
    """
    asked = _asked(words, env)
    here, there = socket.socketpair()
    with here:
        with there:
            try:
                process = _process([sys.executable, "-I", "-S", str(_SCRIPT), str(there.fileno())], cwd, None, there)
            except OSError:  # no directory, which the other way tells, or no interpreter any more
                return _unguarded(words, cwd, env)
        try:
            GUARD.take(process.pid)
            said = _ask(here, asked)
        except BaseException:
            _drop(process)
            raise
    if said == b".":
        return process
    _drop(process)
    if not said:  # the interpreter that this console began with does not run any more
        return _unguarded(words, cwd, env)
    fault = int(said[1:])
    raise OSError(fault, os.strerror(fault), words[0])


def _asked(words: Sequence[str], env: Mapping[str, str]) -> bytes:
    """Checked here: what cannot be passed to a program is a ValueError, not a command with fewer words."""
    argv = [os.fsencode(word) for word in words]
    variables = [(os.fsencode(name), os.fsencode(value)) for name, value in env.items()]
    if not argv[0]:
        raise ValueError("the name of a program is empty")
    if any(b"\0" in each for each in (*argv, *(part for pair in variables for part in pair))):
        raise ValueError("embedded null byte")
    if any(b"=" in name or not name for name, _ in variables):
        raise ValueError("illegal environment variable name")
    body = b"\0".join((b"%d" % len(argv), *argv, *(b"%b=%b" % pair for pair in variables)))
    return b"%d\n%b" % (len(body), body)


def _ask(here: socket.socket, asked: bytes) -> bytes:
    """What it answered until its end of the socket was closed: by becoming the command, or by ending."""
    said = b""
    try:
        here.sendall(asked)
        here.shutdown(socket.SHUT_WR)
        while more := here.recv(64):
            said += more
    except (BrokenPipeError, ConnectionResetError):
        pass
    return said


def _unguarded(words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Without a gate: the guard hears of it a moment late."""
    process = _process(list(words), cwd, env, None)
    GUARD.take(process.pid)
    return process


def _process(
    words: list[str], cwd: Path, env: Mapping[str, str] | None, kept: socket.socket | None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        cwd=cwd,
        env=None if env is None else dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
        pass_fds=() if kept is None else (kept.fileno(),),
    )


def _drop(process: subprocess.Popen[bytes]) -> None:
    GUARD.let_go(process.pid)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
