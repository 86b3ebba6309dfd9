"""What does any terminal program show, and when? Runs it on a real pty and times when a marked line comes out of it.

Nothing is read from inside the program. It is answered what terminals answer (device attributes, cursor reports, modes,
colours, the keyboard protocol). A marker is 12 capital consonants, each unlike those at the same place in the markers
before, while other lines are in lower case there: so a program that paints only what differs must write it whole, and
it is found in the raw bytes. Where it is not found within 0.4 s, what came is painted by pyte, and the time of the
chunk that completed the marker is taken, so that the slow parser spoils no figure.

Linux only: memory, descriptors and CPU are those of the program and its children, from /proc.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyte

KEYS = {
    "enter": "\r",
    "esc": "\x1b",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "f1": "\x1bOP",
    "down": "\x1b[B",
    "up": "\x1b[A",
    "tab": "\t",
    "pgup": "\x1b[5~",
    "pgdn": "\x1b[6~",
}
QUERY = re.compile(rb"\x1b\[(?:\?(\d+)\$p|(\d+)\$p|\??([56])n|([>=]?)0?c|(\?)u|(>)0?q)|\x1b\](1[01]);\?(?:\x07|\x1b\\)")
TICK = os.sysconf("SC_CLK_TCK")
mono = time.monotonic


def key_bytes(spec: str, needle: str = "") -> bytes:
    """`<ctrl-f>`, `<enter>`, `<needle>` and `\\xNN` stand for what they say."""

    def one(found: re.Match[str]) -> str:
        name = found[1]
        if name == "needle":
            return needle
        return chr(ord(name[5].upper()) - 64) if name.startswith("ctrl-") else KEYS.get(name, found[0])

    text = re.sub(r"<([a-z0-9-]+)>", one, spec)
    return re.sub(r"\\x([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), text).encode("latin-1", "replace")


class Term:
    """A program on a pty of its own; `close` leaves nothing running."""

    def __init__(
        self, argv: Sequence[str], home: Path, *, rows: int = 40, cols: int = 120, env: Mapping[str, str] | None = None
    ) -> None:
        self.cols, self.rows = cols, rows
        self.total = 0
        """Bytes that the program has written."""
        self._chunks: list[tuple[float, bytes]] = []
        self._kept = self._base = self._from = 0
        self._tail = b""
        self._eof = False
        self._painted = 0
        self._screen = pyte.Screen(cols, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._peaks: dict[int, int] = {}
        self._sampled = 0.0
        home.mkdir(parents=True, exist_ok=True)
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        said = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        kept = {name: value for name, value in os.environ.items() if name not in ("LESS", "PAGER")}
        self.t0 = mono()
        self.process = subprocess.Popen(
            argv,
            env={**kept, **said, "HOME": str(home), "LESSHISTFILE": "-", **(env or {})},
            preexec_fn=lambda: os.login_tty(slave),
        )
        os.close(slave)
        os.set_blocking(master, False)
        self._fd = master

    def pump(self, timeout: float) -> bytes | None:
        """One read: the new bytes, none after the timeout, None at the end."""
        if self._eof:
            return None
        if mono() - self._sampled > 0.5:
            self._sample()
        if not select.select([self._fd], [], [], max(0, timeout))[0]:
            return b""
        try:
            data = os.read(self._fd, 1 << 18)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._eof = True
            return None
        self._chunks.append((mono(), data))
        self.total += len(data)
        self._kept += len(data)
        while self._kept > 8 << 20:
            self._kept -= len(self._chunks[0][1])
            self._paint(1)
            self._chunks.pop(0)
            self._painted -= 1
            self._base += 1
        for query in QUERY.finditer(data) if b"\x1b" in data else ():
            self._answer(query)
        return data

    def _answer(self, query: re.Match[bytes]) -> None:
        private, ansi, report, attributes, keyboard, version, colour = query.groups()
        if private:
            told = b"\x1b[?%s;%d$y" % (private, 2 if private in (b"2026", b"25", b"7", b"1049") else 0)
        elif ansi:
            told = b"\x1b[%s;0$y" % ansi
        elif report:
            told = b"\x1b[0n" if report == b"5" else b"\x1b[1;1R"
        elif keyboard:
            told = b"\x1b[?0u"
        elif version:
            told = b"\x1bP>|ttybench 1\x1b\\"
        elif colour:
            told = b"\x1b]%s;rgb:%s\x1b\\" % (colour, b"ffff/ffff/ffff" if colour == b"10" else b"0000/0000/0000")
        else:
            told = {b">": b"\x1b[>0;276;0c", b"=": b"\x1bP!|00000000\x1b\\"}.get(attributes, b"\x1b[?62;22c")
        with contextlib.suppress(OSError):
            os.write(self._fd, told)

    def send(self, spec: str, needle: str = "") -> None:
        """Keys; `<wait:0.5>` among them waits that long."""
        for part in re.split(r"(<wait:[\d.]+>)", spec):
            if part.startswith("<wait:"):
                self.drain(float(part[6:-1]))
            elif part:
                with contextlib.suppress(OSError):
                    os.write(self._fd, key_bytes(part, needle))

    def drain(self, seconds: float) -> None:
        end = mono() + seconds
        while (left := end - mono()) > 0 and self.pump(min(left, 0.05)) is not None:
            pass

    def settle(self, quiet: float = 0.5, limit: float = 10.0) -> None:
        """Until nothing was written for that long."""
        end = mono() + limit
        last = mono()
        while mono() < end and mono() - last < quiet:
            data = self.pump(0.05)
            if data is None:
                return
            if data:
                last = mono()

    def rest(self, limit: float) -> None:
        """Until it uses next to no CPU: what it does behind the screen, an index for instance, is done."""
        end, before, calm = mono() + limit, self.usage()["cpu_s"], 0
        while mono() < end and calm < 3:
            self.drain(0.4)
            now = self.usage()["cpu_s"]
            calm = calm + 1 if now - before <= 0.02 else 0
            before = now

    def mark(self) -> None:
        """`wait` looks only at what comes from now on."""
        self._tail = b""
        self._from = self._base + len(self._chunks)

    def wait(self, pattern: str, timeout: float, *, painted: bool = True) -> float | None:
        """When the text came (monotonic), or None. `painted`: look at the picture, too, if the bytes do not show it."""
        wanted = re.compile(pattern.encode())
        end, begun = mono() + timeout, mono()
        tail, at, look = self._tail, self._from, begun + 0.4
        while True:
            for when, data in self._chunks[max(0, at - self._base) :]:
                text = tail + data
                if wanted.search(text):
                    self.mark()
                    return when
                tail = text[-200:]
            at = self._base + len(self._chunks)
            now = mono()
            if painted and now >= look and self._kept < 4 << 20:
                if (found := self._in_picture(re.compile(pattern))) is not None:
                    self.mark()
                    return found
                look = mono() + max(0.4, 2 * (mono() - now))
            if now >= end or self.pump(min(0.05, end - now)) is None:
                return None

    def screen(self) -> str:
        self._paint(len(self._chunks))
        return "\n".join(line.rstrip() for line in self._screen.display)

    def _paint(self, until: int) -> None:
        while self._painted < until:
            data = self._chunks[self._painted][1]
            self._painted += 1
            # Sequences that pyte takes for text.
            self._stream.feed(re.sub(rb"\x1b\[[>=?<][0-9;]*[umq]|\x1b\[\?[0-9;]*\$p|\x1bP.*?\x1b\\", b"", data))

    def _in_picture(self, wanted: re.Pattern[str]) -> float | None:
        while self._painted < len(self._chunks):
            self._paint(self._painted + 1)
            if self._painted > self._from - self._base and wanted.search("\n".join(self._screen.display)):
                return self._chunks[self._painted - 1][0]
        return None

    # -- what it uses ------------------------------------------------------------------------------------------------

    def _tree(self) -> list[int]:
        """The program and what it has started."""
        pids, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            pids.append(pid)
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    todo += [int(child) for child in (task / "children").read_text().split()]
        return pids

    def _sample(self) -> None:
        self._sampled = mono()
        for pid in self._tree():
            with contextlib.suppress(OSError, TypeError):
                found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
                self._peaks[pid] = max(self._peaks.get(pid, 0), int(found[1]))

    def usage(self) -> dict[str, float]:
        """`peak_mb`, `anon_mb` (what is its own alone), `cpu_s`, `fds`."""
        self._sample()
        anon = cpu = fds = 0.0
        for pid in self._tree():
            with contextlib.suppress(OSError, TypeError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                cpu += sum(map(int, fields[11:15])) / TICK
                fds += len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
                anon += int(re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])
        peak = sum(self._peaks.values()) / 1024
        return {"peak_mb": peak, "anon_mb": anon / 1024, "cpu_s": cpu, "fds": fds}

    def idle_cpu(self, seconds: float = 5.0) -> float:
        """Per cent of one core while nothing happens."""
        before, began = self.usage()["cpu_s"], mono()
        self.drain(seconds)
        return (self.usage()["cpu_s"] - before) / (mono() - began) * 100

    def close(self, keys: str) -> None:
        pids = self._tree()
        for key in keys.split(","):
            if self.process.poll() is None:
                self.send(key)
                self.drain(0.1)
        end = mono() + 1.5
        while self.process.poll() is None and mono() < end:
            if self.pump(0.05) is None:
                time.sleep(0.05)
        if self.process.poll() is None:
            for pid in pids:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        self.process.wait(5)
        os.close(self._fd)
