"""Runs told second by second, laid out as a workflow folder, and looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from incident_console.snakemake.analysis import Analysis, analyse, find_run, scene_of
from incident_console.snakemake.history import read_history, read_run
from incident_console.snakemake.metadata import record_path
from incident_console.snakemake.suspects import Scene

LONG_AGO = 1_900_000_000.0
"""A clock that makes every log old: nothing seems to be running."""
BEGUN = 1795353600.5
"""2026-11-22T13:20:00.5Z, the time in the name of a story's log."""
NAME = "2026-11-22T132000.500000.snakemake.log"
EARLIER = "2026-11-22T1{:02d}000.500000.snakemake.log"


class Story:
    """A log as 9.27 writes it; every step is given its second after 13:20:00."""

    def __init__(self, *, cores: int = 2, command: str = "snakemake -c2", header: str = "", **rules: int) -> None:
        rows = "\n".join(f"{rule:<12}{count}" for rule, count in rules.items())
        self.total = sum(rules.values())
        self.done = 0
        self.text = "\nSNAKEMAKE\n=========\n  Host: node1\n  Snakemake version: 9.27.1\n"
        self.text += f"  Command: {command}\n{header}\nBuilding DAG of jobs...\nProvided cores: {cores}\n"
        self.text += f"Job stats:\njob         count\n-----  -------\n{rows}\ntotal       {self.total}\n\n"

    def stamp(self, second: int) -> str:
        return f"[Sun Nov 22 13:{20 + second // 60:02d}:{second % 60:02d} 2026]\n"

    def add(self, text: str) -> Story:
        self.text += text
        return self

    def start(self, second: int, jobid: int, rule: str, sample: str = "", **fields: object) -> Story:
        known: dict[str, object] = {
            "input": fields.get("input", f"in/{rule}{sample}.txt"),
            "output": fields.get("output", f"out/{rule}{sample}.txt"),
            "log": fields.get("log", f"logs/{rule}{sample}.log"),
            "jobid": jobid,
            "benchmark": fields.get("benchmark", f"benchmarks/{rule}{sample}.tsv"),
            "reason": fields.get("reason", f"Missing output files: out/{rule}{sample}.txt"),
            "wildcards": f"s={sample}" if sample else None,
            "threads": fields.get("threads"),
            "resources": "tmpdir=/tmp",
        }
        head = "localcheckpoint" if fields.get("checkpoint") else "localrule"
        self.text += self.stamp(second) + f"{head} {rule}:\n"
        self.text += "".join(f"    {name}: {value}\n" for name, value in known.items() if value is not None)
        return self

    def finish(self, second: int, jobid: int, rule: str) -> Story:
        self.done += 1
        self.text += self.stamp(second) + f"Finished jobid: {jobid} (Rule: {rule})\n"
        self.text += f"{self.done} of {self.total} steps ({100 * self.done // self.total}%) done\n"
        return self

    def fail(self, second: int, jobid: int, rule: str, status: str = "returned non-zero exit status 1") -> Story:
        self.text += 'RuleException:\nCalledProcessError in file "/srv/Snakefile", line 9:\n'
        self.text += f"Command 'set -euo pipefail;  tool {jobid}' {status}.\n" + self.stamp(second)
        self.text += f"Error in rule {rule}:\n    message: None\n    jobid: {jobid}\n    shell:\n        tool {jobid}\n"
        self.text += "        (command exited with non-zero exit code)\n"
        return self

    def restart(self, jobid: int) -> Story:
        return self.add(f"Trying to restart job {jobid}.\n")

    def end(self, *, failed: bool = False, elapsed: float | None = None, name: str = NAME) -> Story:
        self.text += "Exiting because a job execution failed. Look above for error messages\n" if failed else ""
        self.text += f"Complete log(s): /srv/.snakemake/log/{name}\n"
        self.text += f"Elapsed time: 0:{int(elapsed // 60):02d}:{elapsed % 60:09.6f}\n" if elapsed is not None else ""
        return self


def lay_out(folder: Path, story: Story | str, name: str = NAME, files: Mapping[str, str] | None = None) -> Path:
    """The workflow's folder with this run's log and these files; the log's path."""
    log = folder / ".snakemake" / "log" / name
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(story if isinstance(story, str) else story.text, encoding="utf-8")
    for path, text in (files or {}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return log


def look(folder: Path, log: Path | None = None, now: float = LONG_AGO) -> Analysis:
    found = log or find_run(folder)
    assert found is not None
    return analyse(folder, found, clock=lambda: now)


def bench(s: float, cpu: float = 0.0, io: float = 0.0) -> str:
    return f"s\th:m:s\tmax_rss\tio_in\tio_out\tmean_load\tcpu_time\n{s}\t0:00:00\t1\t{io}\t0\t0\t{cpu}\n"


def record(folder: Path, output: str, started: float, ended: float) -> None:
    """Metadata of an output; times in seconds after 13:20:00."""
    path = record_path(folder / ".snakemake" / "metadata", output)
    path.parent.mkdir(parents=True, exist_ok=True)
    zero = BEGUN - 0.5
    path.write_text(json.dumps({"rule": "r", "input": [], "starttime": zero + started, "endtime": zero + ended}))


def scene(folder: Path, log: Path | None = None, now: float = LONG_AGO) -> Scene:
    """What the rules of suspicion are asked about."""
    found = log or find_run(folder)
    assert found is not None
    run, trace = read_run([found.read_bytes()], str(found.relative_to(folder)))
    return scene_of(folder, run, trace, read_history(folder, found), now)
