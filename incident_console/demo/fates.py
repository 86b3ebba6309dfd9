"""What goes wrong in the story of the flaky run? Decided by the seed alone: same seed, same fates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random

NEWCOMER = "F"
SAMPLES = ("A", "B", "C", "D", "E")
"""The samples of the earlier run; each has one fate. The newcomer's is always the same: its file was cut short."""
CUT_AT_LINE = 399
READS_ORDERED = 150
"""What the newcomer's file should have held."""
READ_LENGTH = 64
REPEAT_SHARE = 0.4
REPEATS = "tandem"
"""The gene that looks the same everywhere: a read of it has half a dozen candidate places."""


@dataclass(frozen=True, slots=True)
class Fates:
    """Each fate falls on one sample."""

    seed: int
    held_once: str
    """Its first alignment finds the index locked; the second works."""
    held_twice: str
    """Its first two alignments find the index locked; the third and last one works."""
    repeats: str
    """Its reads are full of repeats, so the aligner takes several times as long."""
    late: str
    """Its counts appear seconds after the tool has ended."""
    calm: str

    def reads(self, sample: str) -> int:
        """How many reads a sample has. No two have the same: Snakemake starts the jobs with the most input first,

        so these figures are also the order of the run; the cut newcomer comes first and fails about midway.
        """
        order = (self.held_once, self.repeats, self.late, self.held_twice, self.calm)
        return READS_ORDERED if sample == NEWCOMER else 98 - 2 * order.index(sample)

    def index_held(self) -> dict[str, list[int]]:
        """For each unlucky sample the pid that holds the index, one for each attempt that fails."""
        return {
            sample: [2000 + _draw(self.seed, sample, attempt) % 30000 for attempt in range(1, failures + 1)]
            for sample, failures in ((self.held_once, 1), (self.held_twice, 2))
        }


def fates(seed: int) -> Fates:
    order = sorted(SAMPLES, key=lambda sample: _draw(seed, sample, 0))
    return Fates(seed, *order)


def reference(seed: int) -> dict[str, str]:
    """Gene name to bases: eleven ordinary genes and one tandem repeat."""
    random = Random(f"{seed} reference")
    genes = {f"gene{number:02}": _bases(random, 300) for number in range(1, 12)}
    return {**genes, REPEATS: _bases(random, 40) * 8}


def fastq(tale: Fates, sample: str) -> list[str]:
    """The lines of the sample's FASTQ file, four a read; the newcomer's break off inside a read."""
    random = Random(f"{tale.seed} sample {sample}")
    genes = reference(tale.seed)
    ordinary = sorted(genes.keys() - {REPEATS})
    lines = []
    for number in range(1, tale.reads(sample) + 1):
        repeat = sample == tale.repeats and random.random() < REPEAT_SHARE
        gene = genes[REPEATS if repeat else ordinary[int(random.random() * len(ordinary))]]
        start = int(random.random() * (len(gene) - READ_LENGTH))
        bases = "".join(base if random.random() > 0.01 else "N" for base in gene[start : start + READ_LENGTH])
        qualities = "".join(chr(33 + 25 + int(random.random() * 15)) for _ in bases)
        lines += [f"@{sample}{number:03}", bases, "+", qualities]
    return lines[:CUT_AT_LINE] if sample == NEWCOMER else lines


def _bases(random: Random, count: int) -> str:
    return "".join("ACGT"[int(random.random() * 4)] for _ in range(count))


def _draw(seed: int, sample: str, attempt: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {sample} {attempt}".encode()).digest()[:6], "big")
