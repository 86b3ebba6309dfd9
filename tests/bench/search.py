"""How long does a search take beside `grep -m1` on the same file, in the same run?

    python tests/bench/search.py [MEGABYTES]

1,000 MB (the default) of log lines are written to a temporary folder; what is looked for stands once, at 90 %. The file
is read once before, so that nobody waits for the disk. The best of `ROUNDS` counts, program and peer in turn.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from incident_console.tail.filtering.filtered import Filtered
from incident_console.tail.filtering.filters import parse
from incident_console.tail.finding.overview import Overview
from incident_console.tail.finding.search import Search, finder
from incident_console.tail.logfile import LogFile
from incident_console.tail.source import Source

ROUNDS = 3
SLICE_S = 0.006
NEEDLE = "2026-11-22T13:59:59.999Z INFO    align[77]: The Needle-42 in the haystack was lost\n"
CASES = (
    ("literal", "Needle-42", False, ["-F"]),
    ("literal, any case", "needle-42", False, ["-iF"]),
    ("literal with a rare letter", "haystack", False, ["-iF"]),
    ("regex with a literal part", "Needle-[0-9]+", True, ["-E"]),
    ("regex, any case", "needle-[0-9]+", True, ["-iE"]),
    ("regex, literal in the middle", r"[A-Z]\w+-[0-9]+.*haystack", True, ["-E"]),
    ("regex, one of two words", "Needle-4[0-9]|Bodkin-[0-9]+", True, ["-E"]),
    ("regex without a literal", r"T\w\w [MN]\w+", True, ["-E"]),
)


def write_log(path: Path, size: int) -> None:
    rng = random.Random(3)
    lines = []
    for number in range(200_000):
        level = rng.choices(["INFO", "DEBUG", "WARNING", "ERROR"], [90, 8, 1.9, 0.1])[0]
        lines.append(
            f"2026-11-22T13:{number // 60 % 60:02}:{number % 60:02}.{rng.randrange(1000):03}Z {level:<7} "
            f"align[{rng.randrange(9999)}]: read {rng.randrange(10**9)} of sample S{rng.randrange(96):02} mapped to "
            f"chr{rng.randrange(22)}:{rng.randrange(10**8)} quality={rng.random():.3f}\n"
        )
    piece = "".join(lines).encode()
    with path.open("wb") as file:
        hidden = False
        while file.tell() < size:
            if not hidden and file.tell() >= size * 0.9:
                file.write(NEEDLE.encode())
                hidden = True
            file.write(piece)


def in_slices(step: Callable[[float], bool]) -> tuple[float, float]:
    """Seconds altogether, and of the longest slice."""
    longest, began = 0.0, time.perf_counter()
    before, over = began, False
    while not over:
        over = step(SLICE_S)
        now = time.perf_counter()
        longest, before = max(longest, now - before), now
    return before - began, longest


def grep(path: Path, options: list[str], pattern: str) -> float:
    began = time.perf_counter()
    subprocess.run(["grep", "-m1", *options, "-e", pattern, path], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def compare(source: Source, path: Path) -> None:
    print(f"{'search for':<32}{'console':>10}{'grep -m1':>10}{'ratio':>8}{'longest slice':>16}")
    for name, pattern, regex, options in CASES:
        ours, theirs, slices = [], [], []
        for _ in range(ROUNDS):
            search = Search(source, finder(pattern, regex=regex))
            seconds, longest = in_slices(search.step)
            assert search.hit is not None, name
            ours.append(seconds)
            slices.append(longest)
            theirs.append(grep(path, options, pattern))
        ratio = min(ours) / min(theirs)
        print(f"{name:<32}{min(ours):>8.3f} s{min(theirs):>8.3f} s{ratio:>8.2f}{1000 * min(slices):>13.1f} ms")


def background(source: Source) -> None:
    while not source.index_step(1):
        pass
    print(f"\n{'in the background':<32}{'seconds':>10}{'longest slice':>16}")
    for text in ("Needle-42", "level:error", "level:error -mapped", "/S0[12] .*quality=1/"):
        filtered = Filtered(source, parse(text))
        seconds, longest = in_slices(filtered.index_step)
        print(f"{'filter ' + text:<32}{seconds:>8.2f} s{1000 * longest:>13.1f} ms   {filtered.matched} lines")
    overview = Overview(source, 400)
    seconds, longest = in_slices(overview.step)
    print(
        f"{'errors on the scroll bar':<32}{seconds:>8.2f} s{1000 * longest:>13.1f} ms   {sum(overview.marks(40))} lines"
    )


def main() -> None:
    size = int(sys.argv[1]) * 10**6 if len(sys.argv) > 1 else 10**9
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.log"
        write_log(path, size)
        grep(path, ["-F"], "haystack")
        print(f"{path.stat().st_size / 1e6:.0f} MB, locale {os.environ.get('LC_ALL') or os.environ.get('LANG')}")
        source = LogFile(path)
        source.poll()
        compare(source, path)
        background(source)
        source.close()


if __name__ == "__main__":
    main()
