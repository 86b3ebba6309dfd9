"""All samples in one table."""

from __future__ import annotations

import argparse
from pathlib import Path

from lab import say  # type: ignore[import-not-found, unused-ignore]

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=Path)
    parser.add_argument("counts", type=Path, nargs="+")
    args = parser.parse_args()

    tables = [path.read_text(encoding="ascii").splitlines() for path in args.counts]
    rows = [row for table in tables for row in table[1:]]
    args.output.write_text("\n".join([tables[0][0], *rows]) + "\n", encoding="ascii")
    say(f"{len(rows)} rows of {len(tables)} samples")
