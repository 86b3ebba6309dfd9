"""What does the console cost while nothing happens? Processor, wake-ups, and bytes to the terminal.

    python tests/bench/idle.py [--seconds 20] [--jobs 1000]

An ended run of so many jobs is open, then the same one while an engine still holds its log and is silent; each locally
and as over ssh, where the clock tells minutes alone. The floor is a bare Textual app (bare_textual.py). Linux only.
Exit code 1 where one of ours takes 1 % of a core or more, or writes more than a clock does.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from run_log import write_log
from ttybench import Term

SETTLED_S = 26.0
"""Everything that is found out once has been found out by then, and the clock tells minutes alone."""
CLOCK_BYTES = 300
"""A second: the beginning of a line, up to the cells that tell the time."""
SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}


@dataclass(frozen=True)
class Idle:
    cpu: float
    """Per cent of a core."""
    wakes_s: float
    bytes_s: float


@contextmanager
def workflow(folder: Path, jobs: int, *, ended: bool) -> Iterator[tuple[Path, Path]]:
    """A folder with the log of a run, and that log. While it has not ended, this process holds it as an engine does."""
    log = folder / ".snakemake" / "log" / "2026-11-22T132034.620821.snakemake.log"
    log.parent.mkdir(parents=True)
    (folder / "Snakefile").write_text("rule all:\n", encoding="utf-8")
    with log.open("w", encoding="utf-8") as file:
        write_log(file, jobs)
    if not ended:
        *lines, _ = log.read_text(encoding="utf-8").splitlines(keepends=True)
        log.write_text("".join(lines[: -2 * 3]), encoding="utf-8")
    with log.open("a", encoding="utf-8") as held:
        # Ages are told in hours then, and change no more while it is measured.
        os.utime(log, (time.time() - 7200,) * 2)
        if ended:
            held.close()
        yield folder, log


def measured(argv: list[str], folder: Path, env: dict[str, str], seconds: float) -> Idle:
    term = Term(argv, folder / "home", env={"INCIDENT_CONSOLE_RECORDS": str(folder / "records"), **env})
    try:
        term.drain(SETTLED_S)
        before, wakes, total = term.usage()["cpu_s"], switches(term.process.pid), term.total
        term.drain(seconds)
        cpu = (term.usage()["cpu_s"] - before) / seconds * 100
        return Idle(cpu, (switches(term.process.pid) - wakes) / seconds, (term.total - total) / seconds)
    finally:
        term.close("q")


def switches(pid: int) -> int:
    """Voluntary context switches of all its threads: each is a wake-up."""
    found = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        told = (task / "status").read_text(encoding="ascii", errors="replace")
        found += int(told.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--jobs", type=int, default=1000)
    wanted = parser.parse_args()
    bare = [sys.executable, str(Path(__file__).parent / "bare_textual.py")]
    good = True
    print(f"a run of {wanted.jobs} jobs; goal for ours: CPU < 1 %, bytes of a clock at most\n")
    print(f"  {'':<24}{'CPU %':>8}{'wake-ups/s':>12}{'bytes/s':>10}")
    for state, ended in (("ended", True), ("quiet", False)):
        for where, env in (("", {}), (", over ssh", SSH)):
            with tempfile.TemporaryDirectory() as name, workflow(Path(name) / "flow", wanted.jobs, ended=ended) as made:
                ours = [sys.executable, "-m", "incident_console", "open", str(made[0])]
                found = measured(ours, Path(name), env, wanted.seconds)
                good = good and found.cpu < 1.0 and found.bytes_s <= CLOCK_BYTES
                told(f"open, {state} run{where}", found)
                if ended and not env:
                    told("bare Textual", measured([*bare, str(made[1])], Path(name), env, wanted.seconds))
    return 0 if good else 1


def told(name: str, found: Idle) -> None:
    print(f"  {name:<24}{found.cpu:>8.2f}{found.wakes_s:>12.1f}{found.bytes_s:>10.0f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
