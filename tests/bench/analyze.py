"""What does `analyze` cost on a run log of a million lines, and an update of it without news?

    python tests/bench/analyze.py [JOBS] [--times N] [--benchmarks]

58,000 jobs (the default) make 1.0 million lines of the shape that Snakemake 9.27 writes; every hundredth job fails
once. Times are of the processor; the peer is a bare loop over the lines, timed beside each try, as a busy machine makes
both slower. `--benchmarks` lays a benchmark file beside each job. Exit code 1 where a look takes more than 32 times the
bare loop, the command more than 120 MB, or an update without news more than 5 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from run_log import RULES, bare_loop, write_log

NAME = "2026-11-22T132034.620821.snakemake.log"
_HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
_ROW = _HEAD + "0.5\t0:00:00" + "\t1" * 8 + "\n"


def lay_benchmarks(folder: Path, jobs: int) -> None:
    (folder / "benchmarks").mkdir()
    for job in range(1, jobs + 1):
        path = folder / "benchmarks" / f"{RULES[job % len(RULES)]}_sample{job:06d}.txt"
        path.write_text(_ROW)


def bare(log: Path) -> float:
    began = time.process_time()
    bare_loop(log)
    return time.process_time() - began


def look(folder: Path) -> dict[str, float | str]:
    """In a process of its own: the first look at the run, one without news, and the peak of memory."""
    from incident_console.snakemake.analysis import Analyst, find_run

    found = find_run(folder)
    assert found is not None
    loop = bare(found)
    analyst = Analyst(folder, found)
    began = time.process_time()
    analysis = analyst.look()
    cold = time.process_time() - began
    quiet = []
    for _ in range(5):
        began = time.process_time()
        again = analyst.look()
        quiet.append(time.process_time() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = f"{again.run.status}, {again.run.finished} of {again.run.planned} jobs, {len(analysis.failures)} failures"
    return {"loop": loop, "cold": cold, "quiet": max(quiet), "peak": peak, "told": told}


def command(folder: Path) -> tuple[float, float]:
    """Seconds and MB of `analyze --json` as a whole, interpreter and output among it."""
    words = [sys.executable, "-c", "import sys; from incident_console.cli import main; sys.exit(main())"]
    process = subprocess.Popen(
        [*words, "analyze", str(folder), "--json"],
        stdout=subprocess.DEVNULL,
        cwd=Path(__file__).resolve().parents[2],
    )
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit("analyze failed")
    process.returncode = 0
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", type=int, nargs="?", default=58_000)
    parser.add_argument("--times", type=int, default=3, help="tries of each, of which the quickest counts")
    parser.add_argument("--benchmarks", action="store_true", help="with a benchmark file for each job")
    parser.add_argument("--look", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.look:
        print(json.dumps(look(wanted.look)))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / ".snakemake" / "log" / NAME
        log.parent.mkdir(parents=True)
        with log.open("w", encoding="utf-8") as file:
            lines = write_log(file, wanted.jobs)
        if wanted.benchmarks:
            lay_benchmarks(folder, wanted.jobs)
        print(f"{wanted.jobs} jobs, {lines} lines, {log.stat().st_size / 1e6:.0f} MB; times are of the processor")
        finished = [in_a_process_of_its_own(folder) for _ in range(wanted.times)]
        whole = min(command(folder) for _ in range(wanted.times))
        # Cut short and held open for writing, as an engine at work holds it.
        os.truncate(log, log.stat().st_size - 20_000)
        with log.open("a"):
            running = in_a_process_of_its_own(folder)
    best = min(finished, key=lambda one: float(one["cold"]))
    cold, loop, peak = float(best["cold"]), min(float(one["loop"]) for one in finished), float(best["peak"])
    print(f"{'bare line loop':<22}{loop:8.3f} s")
    print(f"{'first look':<22}{cold:8.3f} s   {cold / loop:5.1f} x the bare loop   {best['told']}")
    print(f"{'analyze --json':<22}{whole[0]:8.3f} s   {whole[0] / loop:5.1f} x the bare loop   all in all")
    print(f"{'update without news':<22}{1000 * float(best['quiet']):8.3f} ms   of a run that is over")
    print(f"{'':<22}{1000 * float(running['quiet']):8.3f} ms   {running['told']}")
    print(f"{'peak memory':<22}{max(peak, whole[1]):8.0f} MB")
    slow = max(float(best["quiet"]), float(running["quiet"])) > 0.005
    return 1 if slow or cold > 32 * loop or max(peak, whole[1]) > 120 else 0


def in_a_process_of_its_own(folder: Path) -> dict[str, float | str]:
    words = [sys.executable, __file__, "--look", str(folder)]
    found: dict[str, float | str] = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
