"""How quickly do many files open as one stream, does it keep up with a flood, and what does a quiet look cost?

    python tests/bench/merged.py [SECONDS]

Each figure stands beside the least that the same work costs in the same run: one stat a file for opening, reading and
splitting the same bytes for taking lines.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from incident_console.tail.merging.merged import Member, Merged
from incident_console.tail.source import Line

FILES = 20_000
FLOOD_FILES = 4
LINES_PER_S = 100_000
BACKLOG = 400_000

WRITER = """
import sys, time
from datetime import datetime
paths, rate, seconds = sys.argv[3:], int(sys.argv[1]), float(sys.argv[2])
files = [open(path, "ab", buffering=0) for path in paths]
began, written, turn = time.perf_counter(), 0, 0
while (elapsed := time.perf_counter() - began) < seconds:
    due = int(elapsed * rate) - written
    if due >= 40:
        stamp = datetime.now().isoformat(" ", "milliseconds").replace(".", ",")
        file = files[turn % len(files)]
        file.write("".join(f"{stamp} INFO aligned read pair {written + n} of sample B\\n" for n in range(due)).encode())
        written += due
        turn += 1
    else:
        time.sleep(0.0002)
print(written)
"""


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def quantiles(seconds: list[float]) -> str:
    ranked = sorted(seconds)
    return f"p50 {ranked[len(ranked) // 2] * 1e3:.1f}, p99 {ranked[len(ranked) * 99 // 100] * 1e3:.1f} ms"


def rss_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def opening(folder: Path) -> None:
    paths = [folder / f"rule{number:05}.log" for number in range(FILES)]
    for number, path in enumerate(paths):
        path.write_text(f"{datetime.now().isoformat()} sample {number}\nnext\n")
    members = [Member(path, path.stem) for path in paths]
    names = [str(path) for path in paths]
    floor = min(timed(lambda: [os.stat(name) for name in names]) for _ in range(3))  # noqa: PTH116
    source = Merged("all")
    took = timed(lambda: (source.set_members(members), source.poll()))
    again = timed(lambda: source.set_members(members))
    print(f"open {FILES} files      {took * 1e3:8.1f} ms   {took / floor:5.2f} x one stat each")
    print(f"the same members again {again * 1e3:8.1f} ms   {again / floor:5.2f} x one stat each")
    source.changed(paths)
    said = timed(lambda: drain(source))
    print(f"all said to change     {said * 1e3:8.1f} ms   {said / floor:5.2f} x one stat each")
    quiet = timed(lambda: [source.poll() for _ in range(1000)]) / 1000
    print(f"poll without news      {quiet * 1e6:8.2f} µs")
    with paths[7].open("a") as file:
        file.write("appended\n")

    def look() -> None:
        source.changed([paths[7]])
        drain(source)

    print(f"one append             {timed(look) * 1e6:8.0f} µs")
    drawn = timed(lambda: [source.row(row) for row in range(max(0, source.row_count - 40), source.row_count)])
    print(f"40 rows drawn          {drawn * 1e6:8.0f} µs")
    source.close()


def drain(source: Merged) -> None:
    while source.poll().more:
        pass


def backlog(folder: Path) -> None:
    paths = [folder / f"backlog{number}.log" for number in range(FLOOD_FILES)]
    for path in paths:
        path.touch()
    source = Merged("all")
    source.set_members(Member(path, path.stem) for path in paths)
    source.poll()
    files = [path.open("w") for path in paths]
    began = time.time() - 20
    for number in range(BACKLOG):
        stamp = datetime.fromtimestamp(began + 20 * number / BACKLOG).isoformat(" ", "milliseconds").replace(".", ",")
        files[number % FLOOD_FILES].write(f"{stamp} INFO aligned read pair {number} of sample B\n")
    for file in files:
        file.close()

    def split_only() -> None:
        for path in paths:
            with path.open("rb") as file:
                while data := file.read(65536):
                    data.split(b"\n")

    floor = timed(split_only)
    source.changed(paths)
    longest, began = 0.0, time.perf_counter()
    while True:
        one = time.perf_counter()
        more = source.poll().more
        longest = max(longest, time.perf_counter() - one)
        if not more:
            break
    took = time.perf_counter() - began
    ats = [
        row.at for row in (source.row(n) for n in range(0, source.row_count, 997)) if isinstance(row, Line) and row.at
    ]
    order = "in order" if ats == sorted(ats) else "OUT OF ORDER"
    print(
        f"backlog {BACKLOG} lines   {BACKLOG / took:8.0f} lines/s   {took / floor:5.1f} x read and split; "
        f"longest poll {longest * 1e3:.0f} ms; {source.row_count} rows {order}"
    )
    source.close()


def flood(folder: Path, seconds: float) -> None:
    paths = [folder / f"flood{number}.log" for number in range(FLOOD_FILES)]
    for path in paths:
        path.touch()
    source = Merged("all")
    source.set_members(Member(path, path.stem) for path in paths)
    source.poll()
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(LINES_PER_S), str(seconds), *map(str, paths)], stdout=subprocess.PIPE
    )
    lags, polls, memory = [], [], []
    cpu = time.process_time()
    began = time.perf_counter()
    while writer.poll() is None:
        tick = time.perf_counter()
        source.changed(paths)
        more = source.poll().more
        polls.append(time.perf_counter() - tick)
        last = source.row(source.row_count - 1) if source.row_count else None
        if isinstance(last, Line) and last.at is not None:
            lags.append(time.time() - last.at)
        memory.append(rss_mb())
        if not more:
            time.sleep(max(0.0, 1 / 30 - (time.perf_counter() - tick)))
    share = (time.process_time() - cpu) / (time.perf_counter() - began)
    source.changed(paths)
    drain(source)
    written = int(writer.stdout.read()) if writer.stdout else 0
    taken = sum(facts.lines for facts in source.member_facts())
    print(
        f"flood {LINES_PER_S}/s, {seconds:.0f} s: {written} written, {taken} taken; lag {quantiles(lags)}; "
        f"poll {quantiles(polls)}; CPU {share:.0%}; memory {memory[len(memory) // 2]:.0f} MB half way, "
        f"{memory[-1]:.0f} MB at the end; {source.row_count} rows kept"
    )
    source.close()


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with tempfile.TemporaryDirectory() as folder:
        opening(Path(folder))
        backlog(Path(folder))
        flood(Path(folder), seconds)


if __name__ == "__main__":
    main()
