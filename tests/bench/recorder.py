"""How many failed attempts does the flight recorder keep, with a thousand jobs running and retries that come at once?

    python tests/bench/recorder.py [--jobs 1000] [--secs 20] [--life 2.0] [--fast 20] [--spool]

A process of its own writes a run log as a cluster run of Snakemake 9 does: each job writes its own log, fails in half
of its attempts, its log is deleted 12 ms after the error was told (as measured on the real one), and it is tried again.
`--fast` of the jobs are retried without a pause and live 30 ms. Each attempt's text is known, so what the record holds
is counted as whole, in part, lost (with a reason), wrong (another attempt's text) or never told of. `--spool` treats
the folder as a network file system.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import heapq
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from incident_console import events
from incident_console.runbook import shelf
from incident_console.session.live import Live
from incident_console.session.opening import open_incident
from incident_console.session.who import Who
from incident_console.tail.places.mounts import Mounts

FAST_LIFE_S = 0.03
DELETED_AFTER_S = 0.012
SETTLE_S = 20.0


def write(workdir: Path, jobs: int, secs: float, life: float, fast: int) -> None:
    """The run: prints as JSON what each failed attempt's log held, by `jobid/attempt`."""
    rng = random.Random(3)
    log = (workdir / ".snakemake/log/2026-11-22T132034.620821.snakemake.log").open("a", buffering=1)
    (workdir / "logs").mkdir(exist_ok=True)
    attempts: collections.Counter[int] = collections.Counter()
    files: dict[int, int] = {}
    truth: dict[str, str] = {}
    text: dict[int, bytes] = {}
    queue: list[tuple[float, int, str]] = []
    stop = time.monotonic() + secs

    def stamp() -> str:
        return f"[{time.asctime()}]"

    def start(job: int) -> None:
        attempts[job] += 1
        log.write(
            f"{stamp()}\nrule align:\n    output: out/{job}\n    log: logs/{job}.log\n    jobid: {job}\n"
            f"    wildcards: sample=s{job}\n    resources: tmpdir=<TBD>\nJob {job} has been submitted with SLURM"
            f" jobid {job * 100 + attempts[job]} (log: .snakemake/slurm_logs/{job}.log).\n"
        )
        files[job] = os.open(workdir / f"logs/{job}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        text[job] = b""
        say(job, f"attempt {attempts[job]} of job {job} begins\n")
        span = FAST_LIFE_S if job <= fast else rng.uniform(0.3, 1.7) * life
        now = time.monotonic()
        for share in (0.3, 0.6):
            heapq.heappush(queue, (now + share * span, job, "say"))
        heapq.heappush(queue, (now + span, job, "end"))

    def say(job: int, line: str) -> None:
        text[job] += line.encode()
        os.write(files[job], line.encode())

    for job in range(1, jobs + 1):
        start(job)
    while queue:
        due, job, what = heapq.heappop(queue)
        if (pause := due - time.monotonic()) > 0:
            time.sleep(pause)
        if what == "say":
            say(job, f"{time.time():.3f} working {rng.random()}\n")
        elif what == "delete":
            os.close(files[job])
            os.unlink(workdir / f"logs/{job}.log")  # noqa: PTH108
            start(job)
        elif time.monotonic() < stop and rng.random() < 0.5:
            say(job, f"ERROR job {job} gave up in attempt {attempts[job]}\n")
            truth[f"{job}/{attempts[job]}"] = hashlib.sha256(text[job]).hexdigest()
            log.write(
                f"{stamp()}\nError in rule align:\n    message: None\n    jobid: {job}\n    output: out/{job}\n"
                f"    log: logs/{job}.log (check log file(s) for error details)\n    shell:\n        align\n"
                f"        (command exited with non-zero exit code)\nTrying to restart job {job}.\n"
            )
            heapq.heappush(queue, (time.monotonic() + DELETED_AFTER_S, job, "delete"))
        else:
            os.close(files[job])
            log.write(f"{stamp()}\nFinished jobid: {job} (Rule: align)\n")
            if time.monotonic() < stop:
                attempts[job] = 0
                job += jobs * 10
                if job < jobs * 200:
                    start(job)
    log.write(f"{stamp()}\nComplete log(s): {workdir}\n")
    print(json.dumps(truth))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--secs", type=float, default=20.0)
    parser.add_argument("--life", type=float, default=2.0)
    parser.add_argument("--fast", type=int, default=20)
    parser.add_argument("--spool", action="store_true")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.write:
        write(wanted.write, wanted.jobs, wanted.secs, wanted.life, wanted.fast)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder), wanted)


def measure(folder: Path, wanted: argparse.Namespace) -> int:
    workdir = folder / "workflow"
    (workdir / ".snakemake/log").mkdir(parents=True)
    (workdir / "Snakefile").write_text("rule all:\n")
    (workdir / ".snakemake/log/2026-11-22T132034.620821.snakemake.log").write_text(
        f"SNAKEMAKE\n=========\n  Host: cluster\n  Snakemake version: 9.27.1\n  Command: snakemake\n\nBuilding DAG of"
        f" jobs...\nJob stats:\njob      count\n-----  -------\nalign  {wanted.jobs}\ntotal  {wanted.jobs}\n\n"
    )
    if wanted.spool:
        from incident_console.tail.keeping import far

        far.read_mounts = lambda: Mounts((("/", "ext4"), (os.fspath(folder), "nfs4")))
    session = open_incident(
        Who("bench", folder / "records", folder / "trust"), workdir, shelf.find("slow-or-flaky-run", workdir), title="x"
    )
    live = Live(session, lambda picture: None)
    live.start()
    used = resource.getrusage(resource.RUSAGE_SELF)
    began = time.monotonic()
    command = [sys.executable, __file__, "--write", str(workdir), "--jobs", str(wanted.jobs), "--secs"]
    command += [str(wanted.secs), "--life", str(wanted.life), "--fast", str(wanted.fast)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        most = 0
        truth = json.loads(writer.stdout.read())
        most = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    took = time.monotonic() - began
    until = time.monotonic() + SETTLE_S
    while time.monotonic() < until and len(_kept(session)) < len(truth):
        time.sleep(0.2)
    live.close()
    now = resource.getrusage(resource.RUSAGE_SELF)
    cpu = (now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime) / took
    kept = _kept(session)
    session.close()
    told = _count(session, kept, truth)
    print(
        f"{wanted.jobs} jobs at once, {len(truth)} failed attempts in {took:.0f} s: "
        + ", ".join(f"{count} {what}" for what, count in told.most_common())
    )
    print(f"descriptors at the end {most}, CPU {cpu:.0%}, peak memory {now.ru_maxrss / 1024:.0f} MiB")
    return 0


def _kept(session: object) -> list[events.AttemptKept]:
    evidence = session.incident.evidence  # type: ignore[attr-defined]
    return [item.event for item in tuple(evidence) if isinstance(item.event, events.AttemptKept)]


def _count(session: object, kept: list[events.AttemptKept], truth: dict[str, str]) -> collections.Counter[str]:
    told: collections.Counter[str] = collections.Counter()
    seen = set()
    for event in kept:
        key = f"{event.jobid}/{event.attempt}"
        seen.add(key)
        if event.sha256 is None:
            told[f"lost ({(event.missing or '?')[:60]})"] += 1
        elif event.sha256 == truth.get(key):
            told["kept whole"] += 1
        else:
            data = session.record.blobs.get(event.sha256) or b""  # type: ignore[attr-defined]
            own = f"attempt {event.attempt} of job {event.jobid} begins".encode() in data
            if not own:
                print(f"attempt {key} was given {data[:200]!r}")
            told["kept in part" if own and not event.complete else "part called whole" if own else "WRONG TEXT"] += 1
    told["never told of"] = len(truth.keys() - seen)
    return told


if __name__ == "__main__":
    sys.exit(main())
