"""Becomes an evidence command, once it is told to: `gated.py SOCKET`, where SOCKET is the number of a descriptor.

The console writes `LENGTH\\n` and LENGTH bytes: how many words, the words, then `NAME=VALUE`s, NUL between them. It
does so only when the guard has this process; a console that was killed before leaves less, and nothing is run. Answers
`.` just before the command, and its errno where it cannot be run. A file, not a module: it needs only Python.
"""

import os
import signal
import sys

_CHUNK = 64 * 1024


def main(gate: int) -> None:
    os.set_inheritable(gate, False)  # its end is how the console sees that the command runs
    asked = bytearray()
    try:
        while chunk := os.read(gate, _CHUNK):
            asked += chunk
        size, _, body = bytes(asked).partition(b"\n")
        if not size.isdigit() or int(size) != len(body):
            return
        os.write(gate, b".")
    except OSError:
        return
    count, *words = body.split(b"\0")
    argv, variables = words[: int(count)], words[int(count) :]
    env = {name: value for name, _, value in (each.partition(b"=") for each in variables)}
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and a command would inherit that
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(argv[0], argv, env)
    except OSError as fault:
        os.write(gate, b"%d" % (fault.errno or 0))


if __name__ == "__main__":
    main(int(sys.argv[1]))
