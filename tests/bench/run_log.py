"""How long does a cold read of a run log of a million lines take, and a look without news?

    python tests/bench/run_log.py [JOBS]

58,000 jobs (the default) make 1.0 million lines of the shape that Snakemake 9.27 writes; every hundredth job
fails once.
"""

from __future__ import annotations

import heapq
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TextIO

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


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 58_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "2026-11-22T132034.620821.snakemake.log"
        with path.open("w", encoding="utf-8") as file:
            lines = write_log(file, jobs)
        print(f"{jobs} jobs, {lines} lines, {path.stat().st_size / 1e6:.0f} MB")
        for name, work in (("bare line loop", bare_loop), ("reader alone", reader_alone)):
            began = time.perf_counter()
            work(path)
            print(f"{name:<16}{time.perf_counter() - began:8.2f} s")
        watcher = RunWatcher(Path(folder), path)
        began = time.perf_counter()
        run = watcher.poll()
        told = f"{run.status}, {run.finished} jobs, {run.retried} retried"
        print(f"{'cold read':<16}{time.perf_counter() - began:8.2f} s   {told}")
        began = time.perf_counter()
        same = watcher.poll() is run
        print(f"{'no news':<16}{1000 * (time.perf_counter() - began):8.2f} ms  same object: {same}")
        print(f"{'peak memory':<16}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f} MB")


if __name__ == "__main__":
    main()
