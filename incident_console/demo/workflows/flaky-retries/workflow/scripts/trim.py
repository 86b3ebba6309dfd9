"""Cut every read, and its qualities, to the length that the panel compares."""

from __future__ import annotations

import argparse
from pathlib import Path

from lab import Pacer, say  # type: ignore[import-not-found, unused-ignore]

SECONDS_A_READ = 0.12


def trimmed(lines: list[str], length: int) -> list[str]:
    """FASTQ lines with bases and qualities (the second and fourth of each four) cut to `length`."""
    return [line[:length] if number % 2 else line for number, line in enumerate(lines)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("reads", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--length", type=int, required=True)
    parser.add_argument("--pace", type=float, required=True)
    args = parser.parse_args()

    lines = args.reads.read_text(encoding="ascii").splitlines()
    pacer = Pacer(args.pace)
    for _ in range(0, len(lines), 4):
        pacer.worked(SECONDS_A_READ)
    args.output.write_text("".join(f"{line}\n" for line in trimmed(lines, args.length)), encoding="ascii")
    say(f"{args.reads}: {len(lines)} lines cut to {args.length} bases")
