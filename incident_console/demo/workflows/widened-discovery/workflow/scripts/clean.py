"""Keep the reads that are long enough: name and length, a line each."""

from __future__ import annotations

import argparse
import gzip
import time
from collections.abc import Iterator
from pathlib import Path

TAKES_S = 1.2
"""Seconds for one sample, at pace 1."""


def lines(path: Path) -> list[str]:
    packed = path.read_bytes()
    text = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    return text.decode("ascii", "replace").splitlines()


def reads(found: list[str]) -> Iterator[tuple[int, str, str]]:
    """(line, name, bases) of each read; what is none has no name, and its own line for bases."""
    at = 0
    while at < len(found):
        if found[at].startswith("@") and found[at + 2 : at + 3] == ["+"]:
            yield at + 1, found[at][1:], found[at + 1]
            at += 4
        else:
            yield at + 1, "", found[at]
            at += 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("reads", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--length", type=int, required=True)
    parser.add_argument("--pace", type=float, required=True)
    args = parser.parse_args()

    print(time.strftime("%H:%M:%S"), f"cleaning {args.reads}", flush=True)
    kept, skipped = [], 0
    for number, name, bases in reads(lines(args.reads)):
        if not name:
            skipped += 1
            print(time.strftime("%H:%M:%S"), f"WARN {args.reads}:{number}: no read, skipped: {bases}", flush=True)
        elif len(bases) >= args.length:
            kept.append(f"{name}\t{len(bases)}\n")
    time.sleep(TAKES_S * args.pace)
    args.out.write_text("".join(kept), encoding="utf-8")
    print(time.strftime("%H:%M:%S"), f"{len(kept)} reads kept, {skipped} lines skipped", flush=True)
