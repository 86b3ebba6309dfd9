"""How do log viewers and the console feel over a slow link while a log is flooded? Keys, and bytes a second.

    python tests/bench/link.py [--rate 100000] [--delay 0.02] [--seconds 24] [--tmux] [--only open,tail,lnav,...]
    python tests/bench/link.py --through 100000 0.02 COMMAND ...      any command as it feels over such a link

Every program runs behind a proxy that lets so many bytes a second through each way, each so many seconds later (20 ms
each way are 40 ms there and back; `--delay 0.04` is the harsher reading), and that holds `--buffer` bytes that are
under way, as ssh, sshd and their sockets do: who writes more than the link carries is not told, and answers keys late.
SSH_CONNECTION is set, as it is there; with `--tmux` each program runs in a tmux at the far end, as many do. 10,000
lines a second are appended to a log that the program follows; a key is the time from its being typed to its effect at
the far end. Programs that are not installed are left out, and said so.
Exit code 1 where a key of ours is not answered within 150 ms in 95 of 100 cases, or more than half of the link is used.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import fcntl
import itertools
import os
import pty
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
import tty
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LINES = 10_000
GOAL_MS = 150
ENVIRONMENT = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
LOW, HIGH = 0.002, 0.5
"""Seconds between two looks while something is under way, and while nothing is."""


# -- the link ---------------------------------------------------------------------------------------------------------


class Way:
    """One direction: `rate` bytes a second, `delay` seconds, and at most `buffer` bytes that wait to be sent."""

    def __init__(self, rate: float, delay: float, buffer: int) -> None:
        self._rate = rate
        self._delay = delay
        self._buffer = buffer
        self._waiting = bytearray()
        self._under_way: collections.deque[tuple[float, bytes]] = collections.deque()
        self._sent_at = time.monotonic()

    @property
    def room(self) -> int:
        return max(0, self._buffer - len(self._waiting))

    @property
    def idle(self) -> bool:
        return not self._waiting and not self._under_way

    def take(self, data: bytes) -> None:
        if not self._waiting:
            self._sent_at = max(self._sent_at, time.monotonic())
        self._waiting += data

    def come(self) -> bytes:
        """What has come to the other end by now."""
        now = time.monotonic()
        count = min(len(self._waiting), int((now - self._sent_at) * self._rate))
        if count > 0:
            self._sent_at += count / self._rate
            self._under_way.append((now + self._delay, bytes(self._waiting[:count])))
            del self._waiting[:count]
        come = b""
        while self._under_way and self._under_way[0][0] <= now:
            come += self._under_way.popleft()[1]
        return come


def through(rate: float, delay: float, buffer: int, command: Sequence[str]) -> int:
    """Run a command on a terminal of its own, behind the link. Its exit code."""
    pid, inner = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    size = fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8))
    fcntl.ioctl(inner, termios.TIOCSWINSZ, size)
    signal.signal(signal.SIGHUP, lambda *_: os.kill(pid, signal.SIGHUP))
    before = termios.tcgetattr(0)
    tty.setraw(0)
    there, back = Way(rate, delay, buffer), Way(rate, delay, buffer)
    ended = False
    try:
        while not (ended and back.idle):
            wanted = [each for each, way in ((0, there), (inner, back)) if way.room and not (ended and each == inner)]
            ready = select.select(wanted, [], [], HIGH if there.idle and back.idle else LOW)[0]
            for each, way in ((0, there), (inner, back)):
                if each not in ready:
                    continue
                try:
                    data = os.read(each, min(way.room, 1 << 16))
                except OSError:
                    data = b""
                if not data:
                    ended = True
                way.take(data)
            if come := there.come():
                with contextlib.suppress(OSError):
                    os.write(inner, come)
            if come := back.come():
                os.write(1, come)
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)
        os.close(inner)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


# -- the programs -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Follower:
    """A program that follows `{log}`, or the logs of `{dir}`."""

    name: str
    argv: str
    ready: str
    """A pattern: it is on the screen when the program is there."""
    keys: tuple[str, str, str] = ("", "", "")
    """A key, a pattern of its effect, and the keys that undo it."""
    quit: str = "q"
    ours: bool = False
    painted: bool = False
    """The effect is looked for on the screen: what stood there already is not sent again."""


def followers() -> Iterator[Follower]:
    python, here = sys.executable, Path(__file__).parent
    ours = f"{python} -m incident_console"
    palette = ("<ctrl-p>", "earch for commands", "<esc>")
    yield Follower("open", f"{ours} open {{dir}}", "saved.*", ("1", "surface changed", "0"), ours=True)
    yield Follower("open help", f"{ours} open {{dir}}", "saved.*", ("?", "─ Help", "<esc>"), ours=True, painted=True)
    yield Follower("tail", f"{ours} tail {{log}}", "{mark}", ("<pgup>", "paused", "f"), ours=True)
    yield Follower("bare", f"{python} {here / 'bare_textual.py'} {{log}}", "{mark}", palette)
    yield Follower("lnav", "lnav {log}", "{mark}", ("/", "[Ss]earch for|Enter a", "\\x1d"), quit="q,q")
    yield Follower("tl", "tl {log}", "{mark}", ("<ctrl-f>", "Case sensitive", "<esc>"), quit="<esc>,<ctrl-c>")
    yield Follower("less", "less +F {log}", "{mark}", ("<ctrl-c>", r"\x1b\[K:|:\x1b|\(END\)", "F"), quit="<ctrl-c>,q")


# -- the bench --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """`late`: milliseconds, None for a key whose effect never came; bytes a second; seconds after the last line."""

    late: tuple[float | None, ...]
    bytes_s: float
    most_s: float
    lag: float | None

    def of(self, share: float) -> float | None:
        known = sorted(figure for figure in self.late if figure is not None)
        return known[min(len(known) - 1, round(share * (len(known) - 1)))] if known else None

    @property
    def missed(self) -> int:
        return self.late.count(None)


def flooded(program: Follower, wanted: argparse.Namespace, folder: Path) -> Seen:
    """Follow a log that grows by LINES a second, and type."""
    from madelogs import make_log, marker
    from ttybench import Term

    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    log = work / "logs" / "flood.log"
    made = folder / "1M.log"
    mark = make_log(made, 1 << 20)
    log.parent.mkdir(parents=True)
    shutil.copyfile(made, log)
    (work / "Snakefile").write_text("rule all:\n", encoding="utf-8")
    argv = [word.format(log=log, dir=work) for word in program.argv.split()]
    server = f"link{os.getpid()}"
    if wanted.tmux:
        # Its own 500 ms would hold an Esc back until the next key.
        (folder / "tmux.conf").write_text("set -s escape-time 10\n", encoding="utf-8")
        argv = ["tmux", "-L", server, "-f", str(folder / "tmux.conf"), "new-session", *argv]
    proxy = [sys.executable, __file__, "--buffer", str(wanted.buffer)]
    env = {**ENVIRONMENT, "INCIDENT_CONSOLE_RECORDS": str(folder / program.name), "XDG_CONFIG_HOME": str(folder)}
    term = Term([*proxy, "--through", str(wanted.rate), str(wanted.delay), *argv], folder / "home", env=env)
    key, effect, undo = program.keys
    try:
        term.wait(program.ready.format(mark=mark), 30)
        term.settle(2.0)
        end = marker()
        flood = [sys.executable, str(Path(__file__).parent / "madelogs.py"), str(log), str(LINES), str(wanted.seconds)]
        writer = subprocess.Popen([*flood, end], stdout=subprocess.PIPE, text=True)
        began, before = time.monotonic(), term.total
        term.drain(1.0)
        late: list[float | None] = []
        pauses = random.Random(1)  # evenly typed keys would fall in with what is drawn evenly
        steps = [(time.monotonic(), term.total)]
        while time.monotonic() - began < wanted.seconds - 1.0:
            term.mark()
            at = time.monotonic()
            term.send(key)
            seen = term.wait(effect, 5, painted=program.painted or wanted.tmux)
            late.append(seen and (seen - at) * 1000)
            term.drain(0.1)
            term.send(undo)
            term.drain(pauses.uniform(0.25, 0.6))
            steps.append((time.monotonic(), term.total))
        spent = (term.total - before) / (time.monotonic() - began)
        term.mark()
        term.send(undo)
        writer.wait()
        assert writer.stdout is not None
        done = float(writer.stdout.read().split()[0])
        last = term.wait(end, 30)
        most = max((b - a) / (until - since) for (since, a), (until, b) in itertools.pairwise(steps))
        return Seen(tuple(late), spent, most, last and last - done)
    finally:
        term.close(program.quit)
        if wanted.tmux:
            subprocess.run(["tmux", "-L", server, "kill-server"], check=False, capture_output=True)


def told(program: Follower, seen: Seen, wanted: argparse.Namespace) -> str:
    def ms(figure: float | None) -> str:
        return f"{figure:.0f}" if figure is not None else "never"

    lag = f"{seen.lag:.2f}" if seen.lag is not None else "never"
    return (
        f"  {program.name:<14}{program.keys[0]:>10}{ms(seen.of(0.5)):>8}{ms(seen.of(0.95)):>8}{seen.missed:>8}"
        f"{seen.bytes_s / 1000:>10.1f}{seen.most_s / 1000:>10.1f}{100 * seen.bytes_s / wanted.rate:>9.0f}{lag:>8}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=100_000, help="bytes a second, each way")
    parser.add_argument("--delay", type=float, default=0.02, help="seconds, each way")
    parser.add_argument("--buffer", type=int, default=256 << 10, help="bytes that ssh holds")
    parser.add_argument("--seconds", type=float, default=24, help="of flood: some 35 keys")
    parser.add_argument("--tmux", action="store_true", help="every program runs in a tmux")
    parser.add_argument("--only", default="", help="some of the programs, by commas")
    parser.add_argument("--through", nargs=argparse.REMAINDER, metavar=("RATE", "DELAY"), help="run a command so")
    wanted = parser.parse_args()
    if wanted.through:
        rate, delay, *command = wanted.through
        return through(float(rate), float(delay), wanted.buffer, command)
    rate, delay = f"{wanted.rate / 1000:.0f} kB/s", f"{1000 * wanted.delay:.0f} ms each way"
    print(f"{rate} and {delay}, {wanted.buffer >> 10} KiB under way; {LINES:,} lines a second")
    print(f"goal for ours: 95 of 100 keys within {GOAL_MS} ms, at most half of the link used\n")
    print("  program              key key p50  p95 ms  missed      kB/s   at most   % link   lag s")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for program in followers():
            if wanted.only and program.name not in wanted.only.split(","):
                continue
            if shutil.which(program.argv.split()[0]) is None:
                print(f"  {program.name:<14} is not installed; it is left out")
                continue
            seen = flooded(program, wanted, Path(folder))
            print(told(program, seen, wanted), flush=True)
            slowest = seen.of(0.95)
            answered = slowest is not None and slowest < GOAL_MS and not seen.missed
            good = good and (not program.ours or (answered and seen.bytes_s < wanted.rate / 2))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
