"""How long does a cold read of a run log of a million lines take, and a look without news?

    python tests/bench/run_log.py [JOBS] [--times N]

58,000 jobs (the default) make 1.0 million lines of the shape that Snakemake 9.27 writes; every hundredth job
fails once. The peer is a bare loop over the lines. Exit code 1 where a cold read takes more than 1.0 s or 120 MB, or a
look without news more than 5 ms.
"""

from __future__ import annotations

import argparse
import heapq
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from incident_console.snakemake.reader import Reader
from incident_console.snakemake.watcher import RunWatcher

RULES = ("qc_raw", "trim_fastq", "dedup_fastq", "kmer_profile", "screen_panel", "align_reads")
CORES = 16


def write_log(file: TextIO, jobs: int) -> int:
    """Writes the log; gives the number of its lines."""
    rng = random.Random(7)
    now = time.time() - jobs
    lines = 0

    def write(text: str) -> None:
        nonlocal lines
        file.write(text + "\n")
        lines += text.count("\n") + 1

    def stamp() -> str:
        return f"[{time.asctime(time.localtime(now))}]"

    def start(job: int) -> None:
        rule, sample = RULES[job % len(RULES)], f"sample{job:06d}"
        write(
            f"Select jobs to execute...\nExecute 1 jobs...\n{stamp()}\nlocalrule {rule}:\n"
            f"    input: data/raw/{sample}.fastq.gz\n"
            f"    output: results/{sample}/{rule}.json, results/{sample}/{rule}.tsv\n"
            f"    log: logs/{sample}/{rule}.log\n    jobid: {job}\n    benchmark: benchmarks/{rule}_{sample}.txt\n"
            f"    reason: Missing output files: results/{sample}/{rule}.json\n    wildcards: sample={sample}\n"
            f"    resources: tmpdir=/tmp, mem_mb=1000, mem=1 GB, mem_mib=954\n"
            f"Shell command: python3 -m tool.{rule} --in data/raw/{sample}.fastq.gz 2> logs/{sample}/{rule}.log"
        )
        heapq.heappush(running, (now + rng.expovariate(1 / 8.0), job))

    running: list[tuple[float, int]] = []
    again: list[int] = []
    tried: set[int] = set()
    write(f"SNAKEMAKE\n=========\n  Host: bench\n  Snakemake version: 9.27.1\n  Command: snakemake -c{CORES}\n")
    write(f"Building DAG of jobs...\nProvided cores: {CORES}\nJob stats:\njob             count\n------------  -------")
    for number, rule in enumerate(RULES):
        write(f"{rule:<14}{len(range(number or len(RULES), jobs + 1, len(RULES))):>7}")
    write(f"total         {jobs:>7}\n")
    following, done = 1, 0
    while following <= jobs or running or again:
        while len(running) < CORES and (again or following <= jobs):
            if again:
                start(again.pop())
            else:
                start(following)
                following += 1
        now, job = heapq.heappop(running)
        rule = RULES[job % len(RULES)]
        if rng.random() < 0.01 and job not in tried:
            tried.add(job)
            write(
                f'RuleException:\nCalledProcessError in file "/srv/Snakefile", line 9:\n'
                f"Command 'set -euo pipefail;  python3 -m tool.{rule}' returned non-zero exit status 1.\n"
                f"{stamp()}\nError in rule {rule}:\n    message: None\n    jobid: {job}\n"
                f"    output: results/{job}.json\n"
                f"    shell:\n        python3 -m tool.{rule}\n        (command exited with non-zero exit code)\n"
                f"Removing output files of failed job {rule} since they might be corrupted:\nresults/{job}.json\n"
                f"Trying to restart job {job}."
            )
            again.append(job)
            continue
        done += 1
        write(f"{stamp()}\nFinished jobid: {job} (Rule: {rule})\n{done} of {jobs} steps ({100 * done // jobs}%) done")
    write("Complete log(s): /srv/.snakemake/log/2026-11-22T132034.620821.snakemake.log")
    return lines


def bare_loop(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def reader_alone(path: Path) -> int:
    reader = Reader(path.name)
    events = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            events += len(reader.feed(piece))
    return events


def cost(work: Callable[[], object], times: int) -> float:
    """Seconds of this process's own time, the least of so many tries: others use the machine, too."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def in_a_process_of_its_own(path: Path) -> None:
    """A cold read as `poll` does it, and its memory: prints what was read, the time, and the peak."""
    watcher = RunWatcher(path.parent, path)
    began = time.process_time()
    run = watcher.poll()
    cold = time.process_time() - began
    quiet = cost(watcher.poll, 5)
    with path.open("a", encoding="utf-8") as file:
        file.write("[Sun Nov 22 13:20:35 2026]\nFinished jobid: 1 (Rule: none)\nSelect jobs to execute...\n" * 20)
    began = time.process_time()
    watcher.poll()
    news = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{cold} {quiet} {news} {peak} {run.status}, {run.finished} jobs, {run.retried} retried")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", type=int, nargs="?", default=58_000)
    parser.add_argument("--times", type=int, default=3, help="tries of each, of which the quickest counts")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.read:
        in_a_process_of_its_own(wanted.read)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "2026-11-22T132034.620821.snakemake.log"
        with path.open("w", encoding="utf-8") as file:
            lines = write_log(file, wanted.jobs)
        print(f"{wanted.jobs} jobs, {lines} lines, {path.stat().st_size / 1e6:.0f} MB; times are of the processor")
        loop = cost(lambda: bare_loop(path), wanted.times)
        print(f"{'bare line loop':<16}{loop:8.3f} s")
        alone = cost(lambda: reader_alone(path), wanted.times)
        print(f"{'reader alone':<16}{alone:8.3f} s   {alone / loop:5.1f} x the bare loop")
        command = [sys.executable, __file__, "--read", str(path)]
        found = [
            subprocess.run(command, check=True, capture_output=True, text=True).stdout.split(" ", 4)
            for _ in range(wanted.times)
        ]
        cold, quiet, news, peak = (min(float(one[place]) for one in found) for place in range(4))
        print(f"{'cold read':<16}{cold:8.3f} s   {cold / loop:5.1f} x the bare loop   {found[0][4].strip()}")
        print(f"{'no news':<16}{1000 * quiet:8.3f} ms")
        print(f"{'sixty lines':<16}{1000 * news:8.3f} ms")
        print(f"{'peak memory':<16}{peak:8.0f} MB")
        return 0 if cold <= 1.0 and quiet <= 0.005 and peak <= 120 else 1


if __name__ == "__main__":
    sys.exit(main())
