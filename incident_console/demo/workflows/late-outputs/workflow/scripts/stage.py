"""Copy a sample out of the archive onto the shared storage.

The storage is played by `.demo.json`, which is no part of the workflow: what it was given becomes visible after so many
seconds, as on a network file system that still believes its cache.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import time
from pathlib import Path


def late_s(sample: str) -> float:
    """Seconds until what was written for this sample can be seen."""
    try:
        return float(json.loads(Path(".demo.json").read_text(encoding="utf-8"))["machine"]["late"][sample])
    except (OSError, ValueError, KeyError):
        return 0.0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("archive", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sample", required=True)
    args = parser.parse_args()

    print(time.strftime("%H:%M:%S"), f"staging {args.archive}", flush=True)
    if seconds := late_s(args.sample):
        words = ["sh", "-c", 'sleep "$0" && cp "$1" "$2"', str(seconds), str(args.archive), str(args.out)]
        subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    else:
        shutil.copyfile(args.archive, args.out)
    print(
        time.strftime("%H:%M:%S"), f"{args.out}: {args.archive.stat().st_size} bytes handed to the storage", flush=True
    )
