"""What is left of a record whose console is killed, again and again, while it writes?

A nursery, a process that has imported everything, forks one console after the other. Each takes the record up as
`resume` does and writes: blobs with events that name them, commands begun, now and then an event of a megabyte, which
a kill can cut in two. What `append` returned is told over a pipe, and only that counts as acknowledged. Every console
is killed with SIGKILL at a random moment; then the record is read as the next console would read it.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from incident_console import events
from incident_console.record.blobs import Blobs
from incident_console.record.chain import read
from incident_console.record.verify import verify
from incident_console.runbook import shelf
from incident_console.session.opening import open_incident, resume_incident
from incident_console.session.who import Who

LONGEST_LIFE_S = 0.1
LONG = 500_000
"""Bytes of the longest event."""
KILLS_A_RECORD = 10
"""Then a new record is begun, so that reading it each time stays quick."""


@dataclass
class Figures:
    kills: int = 0
    acknowledged: int = 0
    torn: int = 0
    repaired: int = 0
    interrupted: int = 0
    """Commands whose end nobody saw, told as failed by the next console."""
    left_over: int = 0
    """Temporary files of blobs: a note of `verify`."""


def who(home: Path) -> Who:
    return Who("killed", home / "records", home / "trust")


def write(home: Path, folder: Path, seed: int) -> None:
    """The console: writes until it is killed."""
    draw = random.Random(seed)
    session = resume_incident(who(home), folder)
    for n in count():
        if draw.random() < 0.1:
            asked = events.EvidenceStarted(item="dry-run", surface="dry-run", question="?", started_at=f"{seed} {n}")
            recorded = session.append(asked)
        elif draw.random() < 0.15:
            recorded = session.append(events.NoteAdded(text=f"{n} " + "seen " * (LONG // 5)))
        else:
            sha256, size, _ = session.keep(f"{seed} {n}\n".encode() * draw.randrange(1, 3000))
            recorded = session.append(events.LogPinned(path="a.log", bytes=(0, size), sha256=sha256, size=size))
        os.write(1, f"{recorded.seq} {recorded.hash}\n".encode())


def nursery() -> None:
    """Forks a console for each line `HOME FOLDER SEED` it reads; says its pid, and when it is gone."""
    with tempfile.TemporaryDirectory() as home:  # what is imported on first use is here before anybody is killed
        here = Path(home)
        session = open_incident(who(here), here, shelf.find("flaky-command", here), title="")
        session.close()
        resume_incident(who(here), session.record.path).close()
    for line in sys.stdin:
        home, folder, seed = line.rstrip("\n").split("\t")
        pid = os.fork()
        if not pid:
            write(Path(home), Path(folder), int(seed))
        os.write(1, f"pid {pid}\n".encode())
        os.waitpid(pid, 0)
        os.write(1, b"gone\n")


def kill_again_and_again(home: Path, kills: int, seed: int) -> Figures:
    """Kill `kills` consoles that write records under `home`. Raises AssertionError for the first thing that is lost."""
    figures = Figures()
    draw = random.Random(seed)
    workdir = home / "workflow"
    workdir.mkdir(parents=True)
    command = [sys.executable, "-c", "from tests.killing import nursery; nursery()"]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as nurse:
        try:
            while figures.kills < kills:
                _one_record(home, workdir, nurse, draw, min(KILLS_A_RECORD, kills - figures.kills), figures)
        finally:
            nurse.kill()
    return figures


def _one_record(
    home: Path, workdir: Path, nurse: subprocess.Popen[str], draw: random.Random, kills: int, figures: Figures
) -> None:
    session = open_incident(who(home), workdir, shelf.find("flaky-command", workdir), title="")
    folder = session.record.path
    session.close()
    journal, acknowledged, torn, last = folder / "journal.jsonl", dict[int, str](), 0, b""
    for _ in range(kills):
        acknowledged |= dict(_killed(home, folder, nurse, draw))
        reading = read(journal)
        assert reading.fault is None, f"{folder}: {reading.fault}"
        hashes = {line.seq: line.hash for line in reading.lines}
        lost = {seq for seq, hash in acknowledged.items() if hashes.get(seq) != hash}
        assert not lost, f"{folder}: acknowledged and lost: {sorted(lost)}"
        torn += bool(reading.torn) and reading.torn != last  # a console may be killed before it sets one aside
        last = reading.torn
        figures.kills += 1
    session = resume_incident(who(home), folder)
    session.close()
    lines = read(journal).lines
    repaired = [line.event for line in lines if isinstance(line.event, events.JournalRepaired)]
    aside = {path.name for path in folder.glob("journal.torn-*.bin")}
    # a console killed while it set one aside leaves a part of it, too
    assert len(repaired) >= torn and sorted(each.set_aside for each in repaired) == sorted(aside), folder
    for each in repaired:
        assert (folder / each.set_aside).stat().st_size == each.size
    failed = sum(isinstance(line.event, events.EvidenceFailed) for line in lines)
    assert failed == sum(isinstance(line.event, events.EvidenceStarted) for line in lines)
    pinned = [line.event for line in lines if isinstance(line.event, events.LogPinned)]
    blobs = Blobs(folder / "evidence")
    assert not [wrong for each in pinned if (wrong := blobs.check(each.sha256, each.size))]
    verdict = verify(folder)
    assert verdict.ok, f"{folder}: {verdict.fault}"
    figures.acknowledged += len(acknowledged)
    figures.torn += torn
    figures.repaired += len(repaired)
    figures.interrupted += failed
    figures.left_over += sum(".tmp-" in note for note in verdict.notes)


def _in_a_write(journal: Path, more: int) -> None:
    """Until the journal has grown by `more` bytes: in the midst of a write, if it is quick enough."""
    end, until = journal.stat().st_size + more, time.monotonic() + 2 * LONGEST_LIFE_S
    while journal.stat().st_size < end and time.monotonic() < until:
        pass


def _killed(home: Path, folder: Path, nurse: subprocess.Popen[str], draw: random.Random) -> Iterator[tuple[int, str]]:
    """One console, killed; what it acknowledged."""
    assert nurse.stdin is not None and nurse.stdout is not None
    nurse.stdin.write(f"{home}\t{folder}\t{draw.randrange(1 << 30)}\n")
    nurse.stdin.flush()
    told = []
    while not (line := nurse.stdout.readline()).startswith("pid "):
        told.append(line)
    if draw.random() < 0.5:
        time.sleep(draw.random() * LONGEST_LIFE_S)
    else:
        _in_a_write(folder / "journal.jsonl", draw.randrange(2 * LONG))
    os.kill(int(line.split()[1]), signal.SIGKILL)
    while (line := nurse.stdout.readline()) != "gone\n":
        assert line, "the nursery is gone"
        told.append(line)
    for line in told:
        seq, hash = line.split()
        yield int(seq), hash
