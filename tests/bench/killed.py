"""Is anything lost of what was acknowledged when the console is killed a thousand times while it writes?

    python tests/bench/killed.py [--kills 1000] [--seed N]

Prints the figures of `tests/killing.py`; ends with an AssertionError at the first thing that is lost.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.killing import kill_again_and_again


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--kills", type=int, default=1000)
    asked.add_argument("--seed", type=int, default=secrets.randbelow(1 << 30))
    arguments = asked.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="killed-") as folder:
        figures = kill_again_and_again(Path(folder) / "home", arguments.kills, arguments.seed)
    for name, figure in asdict(figures).items():
        print(f"{name.replace('_', ' '):14} {figure}")
    print(f"{'lost':14} 0   ({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    main()
