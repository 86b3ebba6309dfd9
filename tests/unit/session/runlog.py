"""A run log as Snakemake 9 writes it, a block at a time, and what its jobs leave in their own logs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

HEADER = """\
Assuming unrestricted shared filesystem usage.

SNAKEMAKE
=========
  Host: somewhere-else
  Snakemake version: {version}
  Command: snakemake -c{cores}

Building DAG of jobs...
Provided cores: {cores}
Job stats:
job      count
-----  -------
align       {jobs}
total       {jobs}

"""


@dataclass
class RunLog:
    workdir: Path
    name: str = "2026-11-22T132034.620821.snakemake.log"

    @property
    def path(self) -> Path:
        return self.workdir / ".snakemake/log" / self.name

    def begin(self, *, version: str = "9.27.1", cores: int = 2, jobs: int = 4) -> RunLog:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(HEADER.format(version=version, cores=cores, jobs=jobs))
        return self

    def say(self, text: str) -> None:
        with self.path.open("a") as log:
            log.write(text)

    def start(self, jobid: int, sample: str, log: str | None = "", *, extra: str = "") -> None:
        log = f"logs/{sample}.log" if log == "" else log
        line = f"    log: {log}\n" if log else ""
        self.say(
            f"[{self._now()}]\nlocalrule align:\n    output: out/{sample}\n{line}    jobid: {jobid}\n"
            f"    wildcards: sample={sample}\n    resources: tmpdir=/tmp{extra}\n"
            f"Shell command: align {sample}\n"
        )

    def error(self, jobid: int, sample: str, log: str | None = "", *, retry: bool) -> None:
        log = f"logs/{sample}.log" if log == "" else log
        line = f"    log: {log} (check log file(s) for error details)\n" if log else ""
        again = f"Trying to restart job {jobid}.\n" if retry else ""
        self.say(
            f'RuleException:\nCalledProcessError in file "/wf/Snakefile", line 14:\n'
            f"Command 'set -euo pipefail;  align {sample}' returned non-zero exit status 42.\n"
            f"[{self._now()}]\nError in rule align:\n    message: None\n    jobid: {jobid}\n    output: out/{sample}\n"
            f"{line}    shell:\n        align {sample}\n        (command exited with non-zero exit code)\n{again}"
            "Select jobs to execute...\n"
        )

    def finish(self, jobid: int) -> None:
        self.say(f"[{self._now()}]\nFinished jobid: {jobid} (Rule: align)\n1 of 4 steps (25%) done\n")

    def end(self, *, failed: bool) -> None:
        if failed:
            self.say("Exiting because a job execution failed. Look below for error messages\n")
        self.say(f"Complete log(s): {self.path}\n")

    def job_log(self, sample: str, text: str) -> Path:
        """The log of a job, as its shell makes it: a new file."""
        path = self.workdir / f"logs/{sample}.log"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def _now(self) -> str:
        return time.strftime("%a %b %e %H:%M:%S %Y")
