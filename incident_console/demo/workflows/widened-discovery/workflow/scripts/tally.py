"""How many reads does a sample have?"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

TAKES_S = 0.4
"""Seconds for one sample, at pace 1."""

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("clean", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sample", required=True)
    parser.add_argument("--pace", type=float, required=True)
    args = parser.parse_args()

    reads = args.clean.read_text(encoding="utf-8").count("\n")
    time.sleep(TAKES_S * args.pace)
    args.out.write_text(f"{args.sample}\t{reads}\n", encoding="utf-8")
    print(time.strftime("%H:%M:%S"), f"{args.sample}: {reads} reads", flush=True)
