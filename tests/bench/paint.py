"""How soon is something on the screen, and how soon the facts of a run, compared with a bare Textual app?

    python tests/bench/paint.py [--times 7] [--jobs 1000]

`open` on a folder with the log of a run of so many jobs, in turns with bare_textual.py on the same log, each on a
terminal of its own and with an empty store: the frame that stands while the console is loaded, the facts, and the
logs, which come once the incident is open. All is compiled, as an installed console is: a turn that is not counted
goes before. Look at the ratios: the figures are the machine's. Exit code 1 where the first paint takes more than
1.15 times what the bare app takes, or the facts more than 1.5 s.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from idle import workflow
from ttybench import Term

PAINT, FACTS_S = 1.15, 1.5
STEPS = (
    ("first paint", "opening /"),
    ("facts", "as drafted from this"),
    ("logs", "logs as one"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=1000)
    wanted = parser.parse_args()
    bare_app = [sys.executable, str(Path(__file__).parent / "bare_textual.py")]
    floor: list[float] = []
    took: dict[str, list[float]] = {name: [] for name, _ in STEPS}
    with tempfile.TemporaryDirectory() as name, workflow(Path(name) / "flow", wanted.jobs, ended=True) as (flow, log):
        ours = [sys.executable, "-m", "incident_console", "open", str(flow)]
        for turn in range(-1, wanted.times):
            bare_took = timed([*bare_app, str(log)], (("", "Complete log"),), Path(name), turn)
            ours_took = timed(ours, STEPS, Path(name), turn)
            if turn >= 0:
                floor += bare_took.values()
                for step, seconds in ours_took.items():
                    took[step].append(seconds)
    bare = statistics.median(floor)
    print(f"a run of {wanted.jobs} jobs, {wanted.times} turns; seconds from the command to its text on the terminal\n")
    print(f"  {'':<22}{'least':>8}{'median':>8}{'x bare':>8}")
    print(f"  {'bare Textual app':<22}{min(floor):>8.3f}{bare:>8.3f}{1:>8.2f}")
    for step, figures in took.items():
        median = statistics.median(figures)
        print(f"  {step:<22}{min(figures):>8.3f}{median:>8.3f}{median / bare:>8.2f}")
    first, facts = (statistics.median(took[step]) for step in ("first paint", "facts"))
    return 0 if first <= PAINT * bare and facts <= FACTS_S else 1


def timed(argv: list[str], steps: tuple[tuple[str, str], ...], folder: Path, turn: int) -> dict[str, float]:
    """By step: seconds until its pattern came. Raises TimeoutError when one never does."""
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    env = {"INCIDENT_CONSOLE_RECORDS": str(folder / f"records{turn}"), **compiled}
    term = Term(argv, folder / "home", rows=24, cols=100, env=env)
    try:
        found = {}
        for step, pattern in steps:
            came = term.wait(pattern, 20, painted=False)
            if came is None:
                raise TimeoutError(f"{argv}: {pattern!r} never came; on the screen:\n{term.screen()}")
            found[step] = came - term.t0
        return found
    finally:
        term.close("q")


if __name__ == "__main__":
    sys.exit(main())
