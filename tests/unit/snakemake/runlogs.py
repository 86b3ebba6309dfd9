"""The labelled runs, and logs put together from the blocks that Snakemake writes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incident_console.snakemake.logevents import LogEvent
from incident_console.snakemake.reader import Reader
from incident_console.snakemake.run import Run, RunFold

CORPUS = Path(__file__).parents[2] / "corpus"
LOG = ".snakemake/log/2026-11-22T132034.620821.snakemake.log"


@dataclass(frozen=True)
class Case:
    path: Path
    truth: dict[str, Any]

    @property
    def wd(self) -> Path:
        return self.path / "wd"

    def log(self) -> Path:
        return self.wd / str(self.truth["expect_run"])


CASES = [Case(path.parent, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(CORPUS.glob("*/case.json"))]
REAL = Path(__file__).parent / "logs"
"""Logs of small runs of Snakemake 9.27, two of them as a terminal showed them; `at-once` are of 7.32 and 8.30."""
ALL_LOGS = sorted([*CORPUS.glob("*/**/log/*.snakemake.log"), *REAL.iterdir()])


def events_of(data: bytes, size: int | None = None, name: str = "") -> list[LogEvent]:
    reader = Reader(name)
    found: list[LogEvent] = []
    step = size or max(1, len(data))
    for at in range(0, len(data), step):
        found += reader.feed(data[at : at + step])
    return found + reader.close()


def run_of(data: bytes, *, live: bool = False, log: str = LOG) -> Run:
    fold = RunFold(log)
    for event in events_of(data, name=Path(log).name):
        fold.apply(event)
    return fold.snapshot(live=live)


STATS = """Building DAG of jobs...
Provided cores: 2
Job stats:
job      count
-----  -------
{rows}
total    {total}

"""


class LogText:
    """Writes a 9.27 log the way Snakemake does, a second a step."""

    def __init__(self, **rules: int) -> None:
        self.second = 0
        rows = "\n".join(f"{rule:<8}{count}" for rule, count in rules.items())
        self.text = STATS.format(rows=rows, total=sum(rules.values()))
        self.done, self.total = 0, sum(rules.values())

    def stamp(self) -> str:
        self.second += 1
        return f"[Sun Nov 22 13:{20 + self.second // 60:02d}:{self.second % 60:02d} 2026]\n"

    def add(self, text: str) -> "LogText":
        self.text += text
        return self

    def start(self, jobid: int, rule: str, sample: str = "", shell: str = "", attempt: int = 0) -> "LogText":
        block = (
            f"localrule {rule}:\n    output: out/{rule}{sample}\n    log: logs/{rule}{sample}.log\n    jobid: {jobid}\n"
        )
        block += f"    wildcards: s={sample}\n" if sample else ""
        block += "    resources: tmpdir=/tmp" + (f", attempt={attempt}" if attempt else "") + "\n"
        self.text += self.stamp() + block + (f"Shell command: {shell}\n" if shell else "")
        return self

    def finish(self, jobid: int, rule: str) -> "LogText":
        self.done += 1
        self.text += self.stamp() + f"Finished jobid: {jobid} (Rule: {rule})\n"
        self.text += f"{self.done} of {self.total} steps ({100 * self.done // self.total}%) done\n"
        return self

    def fail(
        self, jobid: int, rule: str, shell: str = "false", status: str = "returned non-zero exit status 1"
    ) -> "LogText":
        self.text += 'RuleException:\nCalledProcessError in file "/srv/Snakefile", line 9:\n'
        self.text += f"Command 'set -euo pipefail;  {shell}' {status}.\n"
        self.text += (
            self.stamp() + f"Error in rule {rule}:\n    message: None\n    jobid: {jobid}\n    output: out/{rule}\n"
        )
        self.text += f"    shell:\n        {shell}\n        (command exited with non-zero exit code)\n"
        return self

    def restart(self, jobid: int) -> "LogText":
        return self.add(f"Trying to restart job {jobid}.\n")

    def end(self, failed: bool = False) -> "LogText":
        self.text += "Exiting because a job execution failed. Look above for error messages\n" if failed else ""
        self.text += f"Complete log(s): /srv/{LOG}\n"
        self.text += "WorkflowError:\nAt least one job did not complete successfully.\n" if failed else ""
        return self

    @property
    def data(self) -> bytes:
        return self.text.encode()
