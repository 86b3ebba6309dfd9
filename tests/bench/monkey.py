"""Thousands of random keys: does the console ever end, hang, or leave a record that does not verify?

    python tests/bench/monkey.py [SEEDS] [KEYS]

Prints a line a seed; a fault ends it with the screen and the seed that led there.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.ui import monkey
from tests.ui.scene import MEDIUM, SMALL, WIDE, RunLog, opened, place


async def sweep(seed: int, count: int, folder: Path) -> None:
    here = place(folder)
    run = RunLog(here.workdir)
    run.starts("align", 1, "A", "one\nERROR two\n")
    run.fails("align", 1)
    async with opened(here.tiny(), (SMALL, MEDIUM, WIDE)[seed % 3]) as (app, pilot):
        await monkey.presses(pilot, app, seed, count)
        await monkey.comes_back(pilot, app)


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    os.environ |= {"EDITOR": "true", "PAGER": "cat"}
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(sweep(seed, count, Path(folder)))
        print(f"seed {seed}: {count} keys, the record verifies", flush=True)


if __name__ == "__main__":
    main()
