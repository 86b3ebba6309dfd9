"""To which gene does each read belong? A toy aligner: seeds of k bases, then every candidate place is compared."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from lab import LOCKED_TRIES, LOCKED_WAIT_S, Pacer, index_holder, say  # type: ignore[import-not-found, unused-ignore]

SAY_EVERY = 5
SECONDS_A_CANDIDATE = 0.38
TEMPORARY_FAILURE = 75


def candidates(read: str, kmer: int, places: dict[str, list[tuple[str, int]]]) -> list[tuple[str, int]]:
    """Every (gene, start) that one of the read's seeds points to."""
    found = set()
    for offset in range(0, len(read) - kmer + 1, kmer):
        for gene, place in places.get(read[offset : offset + kmer], ()):
            found.add((gene, place - offset))
    return sorted(place for place in found if place[1] >= 0)


def identity(read: str, gene: str, start: int) -> float:
    """Share of the read's bases that are the gene's."""
    return sum(a == b for a, b in zip(read, gene[start:])) / len(read)  # noqa: B905 (also runs under Python 3.9)


def await_index(index: Path, sample: str, attempt: int, pacer: Pacer) -> None:
    """Leaves with exit code 75 when a neighbour keeps the index locked."""
    holder = index_holder(sample, attempt)
    if holder is None:
        return
    for turn in range(1, LOCKED_TRIES + 1):
        say(f"index {index} is locked, waiting ({turn} of {LOCKED_TRIES})")
        pacer.worked(LOCKED_WAIT_S)
    say(f"FATAL index is locked by pid {holder} (nightly reindex); gave up after {LOCKED_TRIES} tries")
    sys.exit(TEMPORARY_FAILURE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("reads", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--sample", required=True)
    parser.add_argument("--attempt", type=int, required=True)
    parser.add_argument("--identity", type=float, required=True)
    parser.add_argument("--pace", type=float, required=True)
    args = parser.parse_args()

    pacer = Pacer(args.pace)
    say(f"align {args.sample}: attempt {args.attempt}")
    await_index(args.index, args.sample, args.attempt, pacer)
    index = json.loads(args.index.read_text(encoding="utf-8"))

    lines = args.reads.read_text(encoding="ascii").splitlines()
    reads = list(zip(lines[0::4], lines[1::4]))  # noqa: B905
    rows = []
    compared = 0
    for number, (name, read) in enumerate(reads, start=1):
        places = candidates(read, index["kmer"], index["places"])
        compared += len(places)
        pacer.worked(SECONDS_A_CANDIDATE * len(places))
        scored = [(identity(read, index["genes"][gene], start), gene, start) for gene, start in places]
        share, gene, start = max(scored, default=(0.0, "-", 0))
        if share < args.identity:
            gene, start = "-", 0
        rows.append(f"{name[1:]}\t{gene}\t{start}\t{share:.3f}\n")
        if number % SAY_EVERY == 0:
            say(f"read {number} of {len(reads)}: {compared} candidate places compared")
    args.output.write_text("read\tgene\tstart\tidentity\n" + "".join(rows), encoding="ascii")
    say(f"{len(rows)} reads, {compared} candidate places, {sum('-' in row.split(chr(9)) for row in rows)} unplaced")
