"""What logs do the benches read? Made on first use, of any size, with lines that are found in a terminal's bytes.

python tests/bench/madelogs.py FILE RATE SECONDS MARKER      appends a flood, then the marked line
"""

from __future__ import annotations

import os
import random
import re
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

mono = time.monotonic
NEEDLE, RARE = "needle-xq7731", "HZWKVBTRCPLM"
RULES = ("bwa_mem", "samtools_sort", "mark_duplicates", "fastqc", "haplotype_caller", "trim_reads", "multiqc")
MESSAGES = (
    "finished job with output results/{s}/{r}.bam",
    "activating conda environment .snakemake/conda/{h}",
    "input reads/{s}_r1.fastq.gz reads/{s}_r2.fastq.gz",
    "resources mem_mb=16000 disk_mb=4000 tmpdir=/scratch/{h}",
    "progress {n} of 96 steps done",
    "retrying after non-zero exit status of shell command",
)
_last: list[str] = []
_chance = random.Random()


def marker() -> str:
    letters = "BCDFGHJKLMNPQRSTVWXZ"
    made = "".join(_chance.choice([one for one in letters if all(one != m[i] for m in _last)]) for i in range(12))
    _last.append(made)
    del _last[:-3]
    return made


def stamp(at: float | None = None) -> str:
    at = time.time() if at is None else at
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at)) + f",{int(at % 1 * 1000):03d}"


def marked(mark: str, note: str = "marked line") -> bytes:
    return f"{stamp()} INFO  {mark} {note} written by the bench\n".encode()


def bodies(count: int = 1000, seed: int = 7) -> list[str]:
    """Lines without their time."""
    chance = random.Random(seed)
    made = []
    for i in range(count):
        level = "ERROR" if i % 97 == 0 else "WARN " if i % 23 == 0 else "INFO "
        sample, rule = f"s{chance.randrange(4000):04d}", chance.choice(RULES)
        said = chance.choice(MESSAGES).format(
            s=sample, r=rule, h=f"{chance.getrandbits(64):016x}", n=chance.randrange(96)
        )
        made.append(
            f"{level} rule={rule} jobid={chance.randrange(99999):05d} wildcards=sample:{sample},"
            f"lane:{chance.randrange(8)} threads={chance.choice((1, 4, 8, 16))} {said}\n"
        )
    return made


def parse_size(text: str) -> int:
    found = re.fullmatch(r"(\d+)([KMG]?)B?", text.upper())
    if found is None:
        raise ValueError(f"{text} is no size such as 100M")
    return int(found[1]) * {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[found[2]]


def make_log(path: Path, size: int) -> str:
    """A log of about that many bytes, made on first use; gives the marker of its last line. A rare line is at 90 %."""
    note = path.with_name(path.name + ".mark")
    if path.exists() and note.exists():
        mark, whole = note.read_text().split()
        if path.stat().st_size != int(whole):
            os.truncate(path, int(whole))
        return mark
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = bodies()
    blocks = int(size / (sum(map(len, lines)) + 24_000)) + 1
    began, done, rare = time.time() - blocks - 60, 0, False
    with path.open("wb", buffering=1 << 20) as file:
        for block in range(blocks):
            second = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(began + block))
            text = "".join(f"{second},{i:03d} {line}" for i, line in enumerate(lines)).encode()
            if done + len(text) > size:
                text = text[: max(0, size - done)]
                text = text[: text.rfind(b"\n") + 1]
            done += file.write(text)
            if not rare and done >= size * 0.9:
                rare = True
                file.write(f"{second},999 ERROR {RARE} {NEEDLE} the rare line\n".encode())
            if done >= size - 400:
                break
        mark = marker()
        file.write(marked(mark, "last line"))
    note.write_text(f"{mark} {path.stat().st_size}")
    return mark


def append(path: Path, data: bytes) -> float:
    """The time just before it was written."""
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    at = mono()
    os.write(fd, data)
    os.close(fd)
    return at


def write_flood(path: Path, rate: int, seconds: float, end: str) -> None:
    """Append `rate` lines a second in steps of 10 ms, then the marked line; print its time and how many lines."""
    lines = bodies(2000, 3)
    fd = os.open(path, os.O_WRONLY | os.O_APPEND)
    began, written = mono(), 0
    while (past := mono() - began) < seconds:
        due = min(int(past * rate) - written, 2000)
        if due > 0:
            head = stamp() + " "
            os.write(fd, (head + head.join(lines[(written + j) % 2000] for j in range(due))).encode())
            written += due
        if written >= int((mono() - began) * rate) - rate // 100:
            time.sleep(0.01)
    at = mono()
    os.write(fd, marked(end, "end of flood"))
    print(at, written)


def quantiles(figures: Sequence[float | None]) -> tuple[float, float, float] | None:
    """Least, median and 99th percentile; None without any."""
    known = sorted(figure for figure in figures if figure is not None)
    if not known:
        return None
    return known[0], statistics.median(known), known[min(len(known) - 1, round(0.99 * (len(known) - 1)))]


if __name__ == "__main__":
    write_flood(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
