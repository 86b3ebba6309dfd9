"""How many reads has each gene, and of which quality? Reads must be whole: a quality for every base."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from lab import Pacer, say, storage_delay  # type: ignore[import-not-found, unused-ignore]

SECONDS_A_READ = 0.2
SAY_EVERY = 20
BAD_DATA = 65


class TruncatedRead(Exception):
    """The file ends, or a quality line falls short, inside a read."""


def records(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """(name, bases, qualities) of each read. Raises TruncatedRead with the line where a read breaks off."""
    for first in range(0, len(lines), 4):
        record = lines[first : first + 4]
        if len(record) < 4:
            raise TruncatedRead(f"truncated read at line {first + len(record)}: {record[0]} ends without its qualities")
        if len(record[1]) != len(record[3]):
            lengths = f"{len(record[1])} bases, {len(record[3])} qualities"
            raise TruncatedRead(f"truncated read at line {first + 4}: {record[0]} has {lengths}")
        yield record[0][1:], record[1], record[3]


def mean_quality(qualities: str) -> float:
    """Phred+33."""
    return sum(ord(mark) - 33 for mark in qualities) / max(len(qualities), 1)


def promote(part: Path, output: Path, delay: float) -> None:
    """Give the result its name, `delay` seconds from now if storage is slow, by a helper that outlives this step."""
    if not delay:
        part.replace(output)
        return
    late = "import os, sys, time; time.sleep(float(sys.argv[3])); os.replace(*sys.argv[1:3])"
    subprocess.Popen(
        [sys.executable, "-c", late, str(part), str(output), str(delay)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("reads", type=Path)
    parser.add_argument("hits", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--sample", required=True)
    parser.add_argument("--pace", type=float, required=True)
    args = parser.parse_args()

    gene_of = dict(row.split("\t")[:2] for row in args.hits.read_text(encoding="ascii").splitlines()[1:])
    lines = args.reads.read_text(encoding="ascii").splitlines()
    say(f"count {args.sample}: {len(gene_of)} aligned reads")
    pacer = Pacer(args.pace)
    reads: dict[str, int] = defaultdict(int)
    quality: dict[str, float] = defaultdict(float)
    try:
        for number, (name, _, qualities) in enumerate(records(lines), start=1):
            pacer.worked(SECONDS_A_READ)
            reads[gene_of[name]] += 1
            quality[gene_of[name]] += mean_quality(qualities)
            if number % SAY_EVERY == 0:
                say(f"read {number} of {len(lines) // 4}")
    except TruncatedRead as fault:
        say(f"ERROR {args.reads}: {fault}")
        sys.exit(BAD_DATA)

    part = args.output.with_name(args.output.name + ".part")
    rows = [f"{args.sample}\t{gene}\t{reads[gene]}\t{quality[gene] / reads[gene]:.2f}\n" for gene in sorted(reads)]
    part.write_text("sample\tgene\treads\tmean_quality\n" + "".join(rows), encoding="ascii")
    say(f"{sum(reads.values())} reads on {len(reads)} genes")
    promote(part, args.output, storage_delay(args.sample))
