"""Waits for one command, so that whoever started it may go: `launched.py FOLDER NOTE COMMAND...`, in the workdir.

FOLDER is there, private and empty. It gets `output.log` (stdout and stderr), `run.json` (NOTE, a JSON object, with the
processes, when and where) once the command runs, and `exit.json` when it has ended. One line on stdout tells whoever
waits that it runs, `{}`, or why it does not, `{"errno": …, "why": …}`. A file, not a module: it needs only Python, and
nothing in the workdir can take the place of what it imports.
"""

import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

RESERVED = 256
"""Bytes of `exit.json`, written when the run starts: a run that fails because the disk is full still tells how."""


def main(folder: str, note: str, command: list[str]) -> int:
    if os.fork():
        return 0  # The starter waits for this process only; the command's parent is the other one.
    os.setsid()
    home = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    out = _create(home, "output.log", os.O_APPEND)
    ended = _create(home, "exit.json")
    os.write(ended, b" " * RESERVED)
    os.fsync(ended)
    try:
        # A session of its own: `kill -- -PID` ends the run and leaves this process to write down how it ended.
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    except (OSError, ValueError) as fault:
        _tell({"errno": getattr(fault, "errno", None), "why": getattr(fault, "strerror", None) or str(fault)})
        return 0
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        _write_note(home, json.loads(note), child.pid, command)
        _tell({})
    except OSError as fault:
        # Nobody would find it again.
        child.kill()
        _tell({"errno": fault.errno, "why": fault.strerror})
    with contextlib.suppress(OSError):
        os.chdir("/")
    _let_go_of_terminal(out)
    code = child.wait()
    _write_end(home, ended, 128 - code if code < 0 else code)
    return 0


def _write_note(home: int, note: dict[str, object], pid: int, command: list[str]) -> None:
    note |= {
        "argv": command,
        "cwd": str(Path.cwd()),
        "host": platform.node(),
        "boot": _read("/proc/sys/kernel/random/boot_id").strip(),
        "started_at": time.time(),
        "command": {"pid": pid, "began": _began(pid)},
        "supervisor": {"pid": os.getpid(), "began": _began(os.getpid())},
    }
    with os.fdopen(_create(home, "run.json.part"), "wb") as file:
        file.write(json.dumps(note).encode())
        file.flush()
        os.fsync(file.fileno())
    os.rename("run.json.part", "run.json", src_dir_fd=home, dst_dir_fd=home)
    os.fsync(home)


def _write_end(home: int, ended: int, code: int) -> None:
    text = json.dumps({"exit_code": code, "ended_at": time.time()}).ljust(RESERVED - 1) + "\n"
    os.pwrite(ended, text.encode("ascii"), 0)
    os.fsync(ended)
    os.fsync(home)


def _began(pid: int) -> str:
    """Clock ticks from boot to the start of a process: with them, a pid that was used again is told from this one."""
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()[19]


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8", errors="replace")


def _create(folder: int, name: str, flags: int = 0) -> int:
    return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | flags, 0o600, dir_fd=folder)


def _tell(what: dict[str, object]) -> None:
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(what).encode() + b"\n")


def _let_go_of_terminal(out: int) -> None:
    """Nothing of the starter's is held any more; a fault of this process itself is told in the output."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream, number in ((nothing, 0), (nothing, 1), (out, 2)):
        os.dup2(stream, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
