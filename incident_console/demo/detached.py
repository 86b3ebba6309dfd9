"""Runs a command on its own, so that whoever started it may go: `detached.py NAME COMMAND...`, in the current folder.

Writes NAME.out (stdout and stderr), NAME.pid once the command runs, NAME.exit (its exit code; 128 + signal when
it was killed) once it has ended. Returns at once. Started as a file, not a module: it needs nothing but Python.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path


def main(name: str, command: list[str]) -> int:
    if os.fork():
        return 0  # The starter waits for this process only; the command's parent is the other one.
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # Inherited by the command.
    with Path(f"{name}.out").open("wb") as out, Path(os.devnull).open("rb") as nothing:
        for stream, number in ((nothing, 0), (out, 1), (out, 2)):
            os.dup2(stream.fileno(), number)
    try:
        child = subprocess.Popen(command)
    except OSError as fault:
        print(f"{command[0]}: {fault.strerror}", file=sys.stderr, flush=True)
        _write(name, "exit", 127)
        return 0
    _write(name, "pid", child.pid)
    code = child.wait()
    _write(name, "exit", 128 - code if code < 0 else code)
    return 0


def _write(name: str, what: str, number: int) -> None:
    """In one step: whoever sees the file sees the whole number."""
    part = Path(f"{name}.{what}.part")
    part.write_text(f"{number}\n", encoding="ascii")
    part.replace(f"{name}.{what}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
