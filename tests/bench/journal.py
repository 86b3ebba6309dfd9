"""What does it cost that every event is on disk before it is called saved, and that every line is checked?

    python tests/bench/journal.py [--appends 400] [--events 100000] [--records 1000] [--on DIR]

Prints each figure beside the barest thing that does the same work in this very run, on the same disk: an append beside
one write and one fsync of as many bytes, taken in turn; a journal that is read, checked and folded beside a loop over
its lines and beside their sha256; `list` of many records, of which nobody ever made a summary (they were copied here,
say), and of which each console left one, beside a Python that does nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from incident_console import events
from incident_console.record.chain import START, canonical, clean, read
from incident_console.record.clock import SystemClock
from incident_console.record.incident import Incident, fold
from incident_console.record.journal import Journal
from incident_console.record.summaries import leave

AT = "2026-11-22T13:45:01.000000Z"
TIMES = 5


def some_events(count: int) -> Iterator[events.Event]:
    """What a long incident holds, in about the shares that it does."""
    yield events.IncidentOpened(title="out/summary.tsv was rebuilt", workdir="/srv/wf")
    for n in range(count - 1):
        match n % 10:
            case 0 | 1 | 2 | 3:
                yield events.NoteAdded(text=f"{n}: the index was locked while sample B was aligned")
            case 4 | 5:
                yield events.RungAnswered(rung="symptom", fields={"surface": f"out/{n}.tsv", "comparison": "unknown"})
            case 6:
                yield events.LogPinned(path=f"logs/{n}.log", lines=(3, 4), bytes=(10, 20), sha256="a" * 64, size=12)
            case 7:
                yield events.RunSeen(log="one.log", status="running", pid=41, figures={"planned": 12, "finished": n})
            case 8:
                yield events.EvidenceCaptured(
                    item="dry-run",
                    rung="planned-work",
                    surface="dry-run",
                    question="What is planned, and why?",
                    argv=("snakemake", "-n"),
                    started_at=AT,
                    ended_at=AT,
                    sha256="b" * 64,
                    size=100,
                    exit_code=0,
                    duration_s=1.5,
                )
            case _:
                yield events.AttemptKept(
                    rule="align", jobid=n, attempt=1, wildcards={"sample": "B"}, sha256="c" * 64, size=9, complete=True
                )


def write_journal(path: Path, count: int) -> None:
    """As `Journal.append` writes, without an fsync for each line."""
    prev = START
    with path.open("wb") as file:
        for seq, event in enumerate(some_events(count), 1):
            data = clean(event.data())
            line = {"seq": seq, "at": AT, "mono_s": seq / 10, "session": "a1b2", "by": "ana@node1", "kind": event.kind}
            line |= {"data": data, "prev": prev}
            prev = hashlib.sha256(canonical(line)).hexdigest()
            file.write(_in_order({**line, "hash": prev}))


def _in_order(line: dict[str, object]) -> bytes:
    import orjson

    return orjson.dumps(line) + b"\n"


def timed(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    made = do()
    took = time.perf_counter() - started
    del made  # freed after the clock has stopped: whoever opens a journal keeps it
    return took


def row(what: str, figure: str, peer: str, ratio: float) -> None:
    print(f"  {what:44} {figure:>10}   {peer:44} {ratio:6.2f} x", flush=True)


def appends(folder: Path, count: int) -> None:
    path = folder / "INC-bench" / "journal.jsonl"
    bare = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    ours, theirs = [], []
    with Journal.create(path, session="a1b2", by="ana@node1", clock=SystemClock()) as journal:
        before = 0
        for event in some_events(count):
            ours.append(timed(lambda event=event: journal.append(event)))
            size = path.stat().st_size
            line, before = b"x" * (size - before), size

            def bare_append(line: bytes = line) -> None:
                os.write(bare, line)
                os.fsync(bare)

            theirs.append(timed(bare_append))
    os.close(bare)
    for name, share in (("p50", 50), ("p99", 99)):
        a, b = (statistics.quantiles(each, n=100)[share - 1] * 1e3 for each in (ours, theirs))
        row(f"append of one event, {name}", f"{a:.3f} ms", f"write + fsync of as many bytes {b:.3f} ms", a / b)


def reading(folder: Path, count: int) -> None:
    path = folder / "journal.jsonl"
    write_journal(path, count)

    def ours() -> Incident:
        found = read(path)
        assert not found.fault and len(found.lines) == count
        return fold(found.lines)

    def lines() -> None:
        with path.open("rb") as file:
            for _ in file:
                pass

    def hashes() -> None:
        with path.open("rb") as file:
            for line in file:
                hashlib.sha256(line).hexdigest()

    took = [(timed(ours), timed(lines), timed(hashes)) for _ in range(TIMES)]
    for name, of in (("best", min), ("median", statistics.median)):
        us, bare, hashed = (of(each) for each in zip(*took, strict=True))
        what = f"{count} events read, checked, folded: {name}"
        row(what, f"{us:.2f} s", f"loop over the lines {bare:.3f} s", us / bare)
        row("", "", f"sha256 of the lines {hashed:.3f} s", us / hashed)


def listing(folder: Path, count: int) -> None:
    for n in range(count):
        write_journal(made(folder / "copied", n), 20)
        as_a_console(made(folder / "written", n), 20)
    root = Path(__file__).parents[2]

    def ours(records: Path) -> None:
        command = [sys.executable, "-m", "incident_console", "list", "--records", str(records)]
        assert subprocess.check_output(command, cwd=root).count(b"\n") == count

    def bare() -> None:
        subprocess.run([sys.executable, "-c", ""], check=True)

    nothing = min(timed(bare) for _ in range(TIMES))
    for what, name in (("left by consoles", "written"), ("never summarised", "copied")):
        first = timed(lambda name=name: ours(folder / name))
        row(f"list of {count} records {what}", f"{first:.2f} s", f"python -c '' {nothing:.3f} s", first / nothing)
    took = [(timed(lambda: ours(folder / "written")), timed(bare)) for _ in range(TIMES)]
    again, nothing = (min(each) for each in zip(*took, strict=True))
    row(f"list of {count} records again", f"{again:.2f} s", f"python -c '' {nothing:.3f} s", again / nothing)


def made(records: Path, number: int) -> Path:
    record = records / f"INC-20261122T{number:06}Z-slow"
    record.mkdir(parents=True)
    return record / "journal.jsonl"


def as_a_console(path: Path, count: int) -> None:
    """Lines already there are taken up, one is added by the journal's own writer, and it lets go as a session does."""
    write_journal(path, count - 1)
    with Journal.open(path, session="a1b2", by="ana@node1", clock=SystemClock()) as journal:
        incident = fold(journal.reading.lines)
        incident.apply(journal.append(events.NoteAdded(text="left")))
        facts = journal.settled()
        assert facts
        leave(path.parent, incident, facts)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--appends", type=int, default=400)
    asked.add_argument("--events", type=int, default=100_000)
    asked.add_argument("--records", type=int, default=1000)
    asked.add_argument("--on", type=Path, help="a folder on the disk to measure")
    arguments = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="journal-", dir=arguments.on) as name:
        appends(Path(name), arguments.appends)
        reading(Path(name), arguments.events)
        listing(Path(name), arguments.records)


if __name__ == "__main__":
    main()
