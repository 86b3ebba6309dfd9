"""While the console is being loaded the screen is taken over, no key is lost, and any end gives the terminal back."""

import os
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.conftest import heard

BODY = """
import os, sys, time
from incident_console.commands.frame import frame
with frame(sys.argv[1]):
    os.write(2, b"LOADING")
    if sys.argv[2] == "fails":
        raise SystemExit(3)
    while not os.path.exists(sys.argv[3]):
        time.sleep(0.01)
os.write(2, b"LOADED")
print(sys.stdin.readline())
"""


@contextmanager
def started(told: str, how: str, flag: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, int]]:
    master, slave = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", BODY, told, how, str(flag)],
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
        preexec_fn=lambda: [heard(), os.login_tty(slave)],
    )
    try:
        yield process, master, slave
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def read_until(master: int, wanted: bytes, seen: bytes = b"") -> bytes:
    end = time.monotonic() + 20
    while wanted not in seen:
        assert time.monotonic() < end, seen
        if select.select([master], [], [], 0.2)[0]:
            seen += os.read(master, 65536)
    return seen


def echoes(slave: int) -> bool:
    return bool(termios.tcgetattr(slave)[3] & termios.ECHO)


def test_the_frame_is_there_before_the_console_and_keys_wait_for_it(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    with started("opening a\x1b[2Jb\u202ec " + "long" * 50, "waits", flag) as (process, master, slave):
        drawn = read_until(master, b"LOADING")
        assert b"\x1b[?1049h" in drawn and b"opening a\xef\xbf\xbd[2Jb\xef\xbf\xbdc" in drawn
        assert not echoes(slave)
        os.write(master, b"typed meanwhile\n")
        flag.touch()
        seen = read_until(master, b"typed meanwhile")
        assert b"LOADED" in seen and b"\x1b[?1049l" not in seen, "the console draws over it, on the same screen"
        assert echoes(slave)
        assert process.wait(20) == 0


@pytest.mark.parametrize("end", ["fails", signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_whatever_ends_the_loading_gives_the_terminal_back(end: str | int, tmp_path: Path) -> None:
    with started("opening", str(end), tmp_path / "flag") as (process, master, slave):
        seen = read_until(master, b"LOADING")
        if isinstance(end, int):
            process.send_signal(end)
        code = process.wait(20)
        assert code == (3 if end == "fails" else -int(end))
        assert re.search(rb"\x1b\[\?25h.*\x1b\[\?1049l", read_until(master, b"\x1b[?1049l", seen))
        assert echoes(slave)
