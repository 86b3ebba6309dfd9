"""How long does `record.html` take to write, against `record.md` of the same record, and how large does it get?

    python tests/bench/page.py [--events 5000] [--items 200] [--rounds 5]

The record is made in memory: `--items` kept attempts with a log of 56 KB each, and notes up to `--events`. Both
documents are written in turn in the same process; the best of the rounds counts.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from incident_console import events
from incident_console.record.incident import Incident, fold
from incident_console.record.render import record_html, record_md

LINE = '2026-11-22 13:45:08 INFO reading <sample> & "more" of it, line after line after line\n'
LOG = (LINE * 700).encode()
NOTE = "count of F ended with exit code 65 in three of three attempts, as <before>, and nobody knows why"


def made(count: int, items: int) -> Incident:
    facts: list[events.Event] = [events.IncidentOpened(title="slow", workdir="/srv/wf")]
    facts += (
        events.AttemptKept(
            rule="align", attempt=1, wildcards={"sample": f"s{n}"}, complete=True, sha256=f"{n:064x}", size=len(LOG)
        )
        for n in range(items)
    )
    facts += (events.NoteAdded(text=f"note {n}: {NOTE}") for n in range(count - len(facts)))
    at = "2026-11-22T13:45:08.123456Z"
    return fold(
        events.Recorded(seq, at, 1.0, "s", "ana@node", fact.kind, fact, "0" * 64, "0" * 64)
        for seq, fact in enumerate(facts, 1)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    incident = made(asked.events, asked.items)
    best: dict[str, float] = {}
    size: dict[str, int] = {}
    for _ in range(asked.rounds):
        for write in (record_html, record_md):
            began = time.perf_counter()
            document = write(incident, lambda _: LOG)
            took = time.perf_counter() - began
            name = write.__name__
            best[name], size[name] = min(took, best.get(name, took)), len(document.encode())
    for name, took in best.items():
        print(f"{name:12} {took:7.3f} s {size[name] / 1e6:8.1f} MB")
    print(f"html / md    {best['record_html'] / best['record_md']:7.2f} x the time")


if __name__ == "__main__":
    main()
