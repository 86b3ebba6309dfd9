"""Does a log that is written at 20,000 lines a second and rotated all the time arrive whole, in order, once?

    python tests/bench/soak.py [--secs 600] [--rate 20000] [--rotate 3]

A writer of its own process numbers every line and rotates by rename and by copytruncate in turn. The reader follows as
the console does (Follower, LogFile) and reads every line that it is shown. A line counts as lost when it was never
shown. Of those, what was written and truncated away between two looks could not be seen by anybody; the writer says
what it truncated, so these are counted apart. Ends with 1 when another line was lost, or one shown twice or out of
order, or when a truncation left no mark.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path

from incident_console.tail.following.follow import Follower
from incident_console.tail.logfile import TRUNCATED, LogFile
from incident_console.tail.source import Line, Place

TICK_S = 0.01


def write(path: Path, secs: float, rate: int, rotate_s: float) -> None:
    """The writer's process. Prints, as JSON, the number of lines and which ones each copytruncate took away."""
    number, per_tick = 0, int(rate * TICK_S)
    began = turned = time.monotonic()
    first_here, rotations = 0, 0
    file = path.open("ab", buffering=0)
    truncated: list[tuple[int, int]] = []
    while (now := time.monotonic()) - began < secs:
        behind = int((now - began) * rate) - number
        if behind >= per_tick:
            some = range(number, number + behind)
            file.write(b"".join(b"%09d a line of the usual length in a rule log, sample B, done\n" % at for at in some))
            number += behind
        if now - turned > rotate_s:
            turned, rotations = now, rotations + 1
            if rotations % 2:
                older = path.with_suffix(f".{rotations % 6}")
                path.rename(older)
                file.close()
                file = path.open("ab", buffering=0)
            else:
                truncated.append((first_here, number))
                os.truncate(path, 0)
            first_here = number
        time.sleep(TICK_S)
    file.close()
    json.dump({"lines": number, "rotations": rotations, "truncated": truncated}, sys.stdout)


@dataclass
class Tally:
    """What the reader was shown."""

    shown: array[int]
    """One for each line that could be written."""
    doubled: int = 0
    disordered: int = 0
    last: int = -1
    marks: dict[str, int] = field(default_factory=dict)

    def take(self, number: int) -> None:
        self.doubled += self.shown[number]
        self.disordered += number < self.last
        self.shown[number] = 1
        self.last = number


class Reader:
    """Reads on from the last whole line that it has read, through all that comes behind."""

    def __init__(self, path: Path, most_lines: int) -> None:
        self.log = LogFile(path)
        self.tally = Tally(array("B", bytes(most_lines)))
        self._next = Place(0, 0)
        self._newest = 1
        self.looks = 0
        self.longest_look_s = 0.0

    def look(self) -> None:
        more = True
        while more:
            began = time.perf_counter()
            more = self.log.poll().more
            self.longest_look_s = max(self.longest_look_s, time.perf_counter() - began)
            self.looks += 1
            self._read_on()

    def _read_on(self) -> None:
        for part in self.log.parts:
            if part.generation < self._next.generation:
                continue
            start = self._next.offset if part.generation == self._next.generation else 0
            text = part.read(start, part.index.end - start)
            whole = text[: text.rfind(b"\n") + 1]
            for line in whole.splitlines():
                self.tally.take(int(line[:9]))
            self._next = Place(part.generation, start + len(whole))
            if whole:
                self._check_row(part.generation, start + len(whole) - 1, whole)
        for part in self.log.parts:
            if part.generation > self._newest:
                self._newest = part.generation
                mark = self.log.row(self.log.row_of(Place(part.generation, -1))).text
                self.tally.marks[str(mark)] = self.tally.marks.get(str(mark), 0) + 1

    def _check_row(self, generation: int, offset: int, whole: bytes) -> None:
        """The index must give the same last line as the bytes do."""
        line = self.log.row(self.log.row_of(Place(generation, offset)))
        if not isinstance(line, Line) or line.text != whole.splitlines()[-1]:
            self.tally.disordered += 1


def anonymous_mb() -> float:
    """Memory of this process that no file stands behind."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def follow(path: Path, reader: Reader, writer: asyncio.subprocess.Process, secs: float) -> list[float]:
    """Read until the writer has ended. Gives the memory in MB, ten times."""
    memory: list[float] = []
    began = time.monotonic()
    with Follower() as follower:
        follower.follow([path])

        async def listen() -> None:
            async for _ in follower.changes():
                reader.look()
                if time.monotonic() - began > secs * (len(memory) + 1) / 10:
                    memory.append(anonymous_mb())

        task = asyncio.create_task(listen())
        await writer.wait()
        await asyncio.sleep(0.2)
    await task
    reader.look()
    return memory


async def soak(secs: float, rate: int, rotate_s: float) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rule.log"
        path.touch()
        reader = Reader(path, int(rate * (secs + 60)))
        reader.look()
        command = ("--write", str(path), "--secs", str(secs), "--rate", str(rate), "--rotate", str(rotate_s))
        used, began = cpu_s(), time.monotonic()
        writer = await asyncio.create_subprocess_exec(
            sys.executable, __file__, *command, stdout=asyncio.subprocess.PIPE
        )
        memory = await follow(path, reader, writer, secs)
        used, took = cpu_s() - used, time.monotonic() - began
        assert writer.stdout is not None
        written = json.loads(await writer.stdout.read())
        reader.log.close()
    return report(reader, written, memory, used / took)


def report(reader: Reader, written: dict[str, object], memory: list[float], cpu: float) -> int:
    lines, truncated = written["lines"], written["truncated"]
    assert isinstance(lines, int) and isinstance(truncated, list)
    tally = reader.tally
    unseen = lost = 0
    for first, end in truncated:
        # Only what was written last before the truncation can have gone unseen.
        at = end
        while at > first and not tally.shown[at - 1]:
            at -= 1
        unseen += end - at
    lost = lines - sum(tally.shown) - unseen
    marks = tally.marks.get(TRUNCATED, 0)
    print(f"{lines:,} lines, {written['rotations']} rotations, {len(truncated)} of them by copytruncate")
    print(f"lost {lost}, shown twice {tally.doubled}, out of order {tally.disordered}")
    print(f"truncated away before anybody could look: {unseen}; marks of truncations: {marks}")
    print(f"memory (MB): {' '.join(f'{mb:.1f}' for mb in memory)}")
    print(f"processor: {cpu:.1%} of one; {reader.looks} looks, the longest {1000 * reader.longest_look_s:.1f} ms")
    return int(bool(lost or tally.doubled or tally.disordered or marks != len(truncated)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--secs", type=float, default=600)
    parser.add_argument("--rate", type=int, default=20_000, help="lines a second")
    parser.add_argument("--rotate", type=float, default=3.0, help="seconds between two rotations")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write is not None:
        write(given.write, given.secs, given.rate, given.rotate)
        return 0
    return asyncio.run(soak(given.secs, given.rate, given.rotate))


if __name__ == "__main__":
    sys.exit(main())
