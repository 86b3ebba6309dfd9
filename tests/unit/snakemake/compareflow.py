"""A small workflow's folder as a run of Snakemake 9 leaves it, made by hand, so that one thing at a time may differ."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from pathlib import Path

SNAKEFILE = """\
configfile: "config/config.yaml"
rule all:
    input: "publish/summary.tsv"
rule count:
    input: "data/{sample}.txt", "data/ref.txt"
    output: "out/{sample}.n"
    log: "logs/count/{sample}.log"
    benchmark: "benchmarks/count/{sample}.tsv"
    params: quality=config["quality"]
    shell: "python scripts/count.py {input} > {output}"  # one job a sample
rule summary:
    input: expand("out/{sample}.n", sample=config["samples"])
    output: "publish/summary.tsv"
    log: "logs/summary.log"
    shell: "cat {input} > {output}"
"""
BENCHMARK = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


@dataclass
class Flow:
    """What is to be made; `write` makes it."""

    root: Path
    samples: tuple[str, ...] = ("A", "B", "C")
    log_name: str = "2026-11-22T132034.620821.snakemake.log"
    home: str = "/srv/flow"
    command: str = "/usr/bin/snakemake -c2 -p"
    inputs: tuple[str, ...] = ("data/{}.txt", "data/ref.txt")
    """Of rule count, with the sample in the braces."""
    benchmarks: bool = True
    seconds: dict[str, float] = field(default_factory=dict)
    """By sample, what rule count took; else 10."""
    run: tuple[str, ...] | None = None
    """The samples that were counted in the run; None: all of them."""
    snakefile: str = SNAKEFILE
    config: str = "samples: [A, B, C]\nquality: 20\nthreads: 4\n"
    counts: dict[str, str] = field(default_factory=dict)
    """By sample, what its output holds; else the sample's name."""
    elapsed: float = 40.0
    end: str = "done"
    """done, failed, or cut: the log stops."""

    def write(self) -> Path:
        for name, text in {
            "Snakefile": self.snakefile,
            "config/config.yaml": self.config,
            "scripts/count.py": "print(1)\n",
            "data/ref.txt": "ref\n",
            "publish/summary.tsv": "".join(map(self._count, self.samples)),
            "logs/summary.log": "ok\n",
            f".snakemake/log/{self.log_name}": self.log(),
        }.items():
            self.put(name, text)
        for sample in self.samples:
            self.put(f"data/{sample}.txt", f"{sample}\n")
            self.put(f"out/{sample}.n", self._count(sample))
            self.put(f"logs/count/{sample}.log", "counted\n")
            if self.benchmarks:
                took = self.seconds.get(sample, 10.0)
                row = f"{took}\t0:00:10\t1\t1\t1\t1\t0\t0\t100\t{took}\n"
                self.put(f"benchmarks/count/{sample}.tsv", BENCHMARK + row)
        return self.root

    def put(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def metadata(self, output: str, **content: object) -> None:
        name = urlsafe_b64encode(output.encode()).decode()
        self.put(f".snakemake/metadata/{name}", json.dumps({"rule": "count", "input": [], **content}))

    def _count(self, sample: str) -> str:
        return self.counts.get(sample, f"{sample}\n")

    def log(self) -> str:
        """The run log, in the words of 9.27."""
        counted = self.samples if self.run is None else self.run
        total = len(counted) + 2
        stats = "".join(f"{rule:<8} {n:>6}\n" for rule, n in (("all", 1), ("count", len(counted)), ("summary", 1)))
        text = (
            f"SNAKEMAKE\n=========\n  Host: lab\n  Snakemake version: 9.27.1\n  Command: {self.command}\n"
            f"  Snakefile: {self.home}/Snakefile\n  Working directory: {self.home}\n\n"
            "Building DAG of jobs...\nProvided cores: 2\n"
            f"Job stats:\njob      count\n-------- -----\n{stats}total    {total:>6}\n\nSelect jobs to execute...\n"
        )
        second, done = 34, 0
        for number, sample in enumerate(counted, 2):
            took = round(self.seconds.get(sample, 10.0))
            bench = f"    benchmark: benchmarks/count/{sample}.tsv\n" if self.benchmarks else ""
            text += (
                f"{_at(second)}\nlocalrule count:\n    input: {', '.join(one.format(sample) for one in self.inputs)}\n"
                f"    output: out/{sample}.n\n    log: logs/count/{sample}.log\n    jobid: {number}\n{bench}"
                f"    reason: Forced execution\n    wildcards: sample={sample}\n    resources: tmpdir=/tmp\n"
            )
            second += took
            if self.end == "failed" and sample == counted[-1]:
                return text + (
                    f"{_at(second)}\nError in rule count:\n    message: None\n    jobid: {number}\n"
                    f"    output: out/{sample}.n\n"
                    "    shell:\n        false\n        (command exited with non-zero exit code)\n"
                    "Exiting because a job execution failed. Look below for error messages\n"
                    f"Complete log(s): {self.home}/.snakemake/log/{self.log_name}\n"
                )
            done += 1
            text += f"{_at(second)}\nFinished jobid: {number} (Rule: count)\n{done} of {total} steps (1%) done\n"
            if self.end == "cut":
                return text
        for number, rule, reads, makes in (
            (1, "summary", [f"out/{sample}.n" for sample in self.samples], "publish/summary.tsv"),
            (0, "all", ["publish/summary.tsv"], ""),
        ):
            out = f"    output: {makes}\n    log: logs/summary.log\n" if makes else ""
            done += 1
            text += (
                f"{_at(second)}\nlocalrule {rule}:\n    input: {', '.join(reads)}\n{out}    jobid: {number}\n"
                f"    reason: Forced execution\n{_at(second)}\nFinished jobid: {number} (Rule: {rule})\n"
                f"{done} of {total} steps (99%) done\n"
            )
        minutes, rest = divmod(self.elapsed, 60)
        return text + (
            f"Complete log(s): {self.home}/.snakemake/log/{self.log_name}\n"
            f"Elapsed time: 0:{int(minutes):02}:{rest:09.6f}\n"
        )


def _at(second: int) -> str:
    minute, rest = divmod(second, 60)
    return f"[Sun Nov 22 13:{20 + minute:02}:{rest:02} 2026]"
