"""A small, real, flaky run whose pace a test sets: its jobs wait at gates until the test opens them.

`index` works; `align B` fails its first attempt and works on the retry; `count F` fails for good; `settle` keeps the
run going. A gate is a file beside the workflow folder, so the workflow folder holds nothing of the test's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from incident_console.demo import start as demo
from incident_console.session import launch
from incident_console.session.launch import Launch

CLUE = "FATAL index is locked by pid 4711"
BROKEN = "ERROR truncated read at line 399"
SNAKEFILE = """
GATES = "../gates"

rule all:
    input: "out/B.bam", "out/F.tsv", "out/settled"

rule index:
    output: "out/index"
    log: "logs/index.log"
    shell: "echo indexed 3 genes > {log}; echo index > {output}"

rule align:
    input: "out/index"
    output: "out/{sample}.bam"
    log: "logs/{sample}/align.log"
    benchmark: "benchmarks/{sample}.align.tsv"
    wildcard_constraints: sample="B"
    retries: 1
    shell:
        '''
        echo "aligning {wildcards.sample}" > {log}
        if [ ! -e {GATES}/tried ]; then
            touch {GATES}/tried
            until [ -e {GATES}/align ]; do sleep 0.05; done
            echo "FATAL index is locked by pid $((4700 + 11))" >> {log}
            exit 3
        fi
        until [ -e {GATES}/again ]; do sleep 0.05; done
        echo "aligned 812 reads" >> {log}
        echo bam > {output}
        '''

rule count:
    input: "out/index"
    output: "out/{sample}.tsv"
    log: "logs/{sample}/count.log"
    wildcard_constraints: sample="F"
    shell:
        '''
        echo "counting {wildcards.sample}" > {log}
        until [ -e {GATES}/count ]; do sleep 0.05; done
        echo "ERROR truncated read at line $((400 - 1))" >> {log}
        exit 4
        '''

rule settle:
    input: "out/index"
    output: "out/settled"
    log: "logs/settle.log"
    shell:
        '''
        echo "settling" > {log}
        until [ -e {GATES}/settle ]; do sleep 0.05; done
        echo "settled" >> {log}
        echo ok > {output}
        '''
"""


@dataclass(frozen=True)
class Flaky:
    """The run in `workdir`, started detached; a context manager that lets it end."""

    workdir: Path
    gates: Path
    launch: Launch

    @classmethod
    def start(cls, folder: Path) -> Flaky:
        workdir, gates = folder / "on call, Zürich", folder / "gates"
        workdir.mkdir(parents=True)
        gates.mkdir()
        (workdir / "Snakefile").write_text(SNAKEFILE, encoding="utf-8")
        command = (*demo.find_snakemake(), "--cores", "4", "--keep-going", "--scheduler", "greedy")
        return cls(workdir, gates, launch.start(command, workdir, folder / "runs", now=datetime.now(UTC)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    @property
    def pid(self) -> int:
        return self.launch.command.pid

    @property
    def goes_on(self) -> bool:
        return self.launch.command.alive

    @property
    def ended(self) -> bool:
        return self.launch.state().kind != "running"

    def open(self, *gates: str) -> None:
        for gate in gates:
            (self.gates / gate).touch()

    def wait_for_file(self, name: str, text: str = "", timeout: float = 60.0) -> None:
        """Wait until this file of the workflow is there and holds the text."""
        path = self.workdir / name
        give_up = time.monotonic() + timeout
        while not (path.exists() and text in path.read_text(encoding="utf-8")):
            assert time.monotonic() < give_up, f"{name} never held {text!r}: {self.launch.output.read_text()}"
            time.sleep(0.05)

    def finish(self) -> int:
        """Let every job go on, and wait for the run's exit code."""
        self.open("align", "again", "count", "settle")
        give_up = time.monotonic() + 60
        while not self.ended:
            assert time.monotonic() < give_up, self.launch.output.read_text()
            time.sleep(0.05)
        code = self.launch.state().exit_code
        assert code is not None
        return code
