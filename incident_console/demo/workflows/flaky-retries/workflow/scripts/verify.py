"""Is the published bundle what its manifest says? Exit code 1 and the files at fault if not."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path


def faults(bundle: Path) -> list[str]:
    """One sentence a file that is missing or altered; empty when all are as published."""
    named = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))["sha256"]
    found = []
    for name, sha256 in sorted(named.items()):
        path = bundle / name
        if not path.is_file():
            found.append(f"{path}: missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            found.append(f"{path}: not what was published")
    return found


if __name__ == "__main__":
    bundle = Path(sys.argv[1])
    try:
        found = faults(bundle)
    except (OSError, ValueError, KeyError) as fault:
        sys.exit(f"{bundle}: no readable manifest.json ({fault})")
    for sentence in found:
        print(sentence)
    if not found:
        print(f"{bundle}: every file is as published")
    sys.exit(1 if found else 0)
