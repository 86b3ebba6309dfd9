"""Which samples are there? One for each file of reads in the data folder."""

from __future__ import annotations

import sys
from pathlib import Path

PATTERN = "*.fastq.gz*"


def samples(folder: Path) -> list[str]:
    return sorted(path.name.removesuffix(".fastq.gz") for path in folder.glob(PATTERN))


def file_of(folder: Path, sample: str) -> Path:
    reads = folder / f"{sample}.fastq.gz"
    return reads if reads.exists() else folder / sample


if __name__ == "__main__":
    print("\n".join(samples(Path(sys.argv[1]))))
