"""How does `incident-console tail` compare with other log viewers, and with what Textual can do at all?

    python tests/bench/logs.py [--quick] [--only open,memory,append,flood,many,search] [--data DIR]

Every program runs on a real terminal, one after the other, in one run on one machine: look at the ratios, the figures
themselves are the machine's. Programs that are not installed are left out, and said so. `--quick` takes smaller files
and fewer turns. Up to 1.2 GB of logs are made in `--data` and left there for the next run.

Peers: lnav, toolong (`tl`), less, tail and grep, from the path; `bare` is the floor, bare_textual.py beside this file.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from madelogs import NEEDLE, RARE, append, make_log, marked, marker, mono, parse_size, quantiles, stamp
from peers import Program, programs
from ttybench import Term

HERE = Path(__file__).parent
ALL = ("open", "memory", "append", "flood", "many", "search")


@dataclass
class Bench:
    data: Path
    quick: bool
    programs: tuple[Program, ...]

    def log(self, size: str) -> tuple[Path, str]:
        path = self.data / f"{size}.log"
        return path, make_log(path, parse_size(size))

    def live(self, size: str = "1M") -> tuple[Path, str]:
        """A copy that may be written to."""
        source, mark = self.log(size)
        path = self.data / "work" / "live.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
        return path, mark

    def start(self, program: Program, template: str, **named: object) -> Term:
        argv = program.command(template, **{name: str(value) for name, value in named.items()})
        return Term(argv, self.data / "home")

    # -- the scenarios -----------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Spawn to the last line on the screen; and to a line on the screen that was appended right after."""
        for size in ("1M", "100M") if self.quick else ("1M", "100M", "1G"):
            path, mark = self.log(size)
            whole = path.stat().st_size
            opened: dict[str, list[float | None]] = {}
            live: dict[str, list[float | None]] = {}
            # In turns, so that a machine that is busy for a while is busy for all.
            for _ in range(5 if self.quick else 9):
                for program in self.programs:
                    term = self.start(program, program.argv, file=path)
                    seen = term.wait(mark, 30)
                    opened.setdefault(program.name, []).append(seen and seen - term.t0)
                    fresh = marker()
                    append(path, marked(fresh))
                    seen = term.wait(fresh, 30)
                    live.setdefault(program.name, []).append(seen and seen - term.t0)
                    term.close(program.quit)
                    with path.open("r+b") as file:
                        file.truncate(whole)
            headline(f"open {size}: spawn to the last line on the screen, seconds", "goal: median <= 1.15 x bare")
            table(("program", "least", "median", "x bare", "appended line"), self._open_rows(opened, live))

    def _open_rows(self, opened: dict[str, list[float | None]], live: dict[str, list[float | None]]) -> Iterator[Row]:
        floor = quantiles(opened.get("bare", []))
        for program in self.programs:
            figures, after = quantiles(opened[program.name]), quantiles(live[program.name])
            if figures is None:
                yield program.name, "never", "", "", ""
                continue
            ratio = f"{figures[1] / floor[1]:.2f}" if floor else ""
            yield program.name, f"{figures[0]:.3f}", f"{figures[1]:.3f}", ratio, f"{after[1]:.3f}" if after else "never"

    def memory(self) -> None:
        """Anonymous memory when the end is on the screen, and when all that is done behind the screen is done."""
        size = "100M" if self.quick else "1G"
        path, mark = self.log(size)
        rows: list[Row] = []
        for program in self.programs:
            term = self.start(program, program.argv, file=path)
            term.wait(mark, 60)
            before = term.usage()["anon_mb"]
            term.rest(90)
            used = term.usage()
            rows.append((program.name, f"{before:.1f}", f"{used['anon_mb']:.1f}", f"{used['peak_mb']:.1f}"))
            term.close(program.quit)
        headline(f"memory at {size}, MB", "goal: anonymous <= bare + 10 before, + 60 after the index")
        table(("program", "anonymous, at the end", "after the index", "peak resident"), rows)

    def append(self) -> None:
        """A line is written, and on the screen so much later."""
        rows: list[Row] = []
        floor: tuple[float, float, float] | None = None
        turns = 25 if self.quick else 60
        for program in sorted(self.programs, key=lambda program: program.name != "bare"):
            path, mark = self.live()
            term = self.start(program, program.argv, file=path)
            term.wait(mark, 30)
            term.settle(1.0)
            late = [self._appended(term, path, number) for number in range(turns)]
            figures = quantiles(late)
            if program.name == "bare":
                floor = figures
            idle = term.idle_cpu()
            rows.append((program.name, *against(figures, floor), str(late.count(None)), f"{idle:.1f}"))
            term.close(program.quit)
        headline("append: a line written to on the screen, milliseconds", "goal: p50 and p99 <= 1.2 x bare")
        table(("program", "p50", "p99", "x bare p50", "x bare p99", "not seen", "idle CPU %"), rows)

    def _appended(self, term: Term, path: Path, number: int) -> float | None:
        fresh = marker()
        term.mark()
        at = append(path, marked(fresh, f"append {number}"))
        seen = term.wait(fresh, 10)
        # Not in step with anybody's looks at the file.
        term.drain(0.1 + number % 7 * 0.02)
        return seen and (seen - at) * 1000

    def flood(self) -> None:
        """Lines come at a rate: how late is a key's effect, how late the last line, is every line there?"""
        seconds = 4.0 if self.quick else 10.0
        for rate in (10_000, 50_000) if self.quick else (10_000, 50_000, 100_000):
            rows = [
                self._flooded(program, keys, rate, seconds)
                for program in self.programs
                for keys in program.keys or (("", "", ""),)
            ]
            headline(
                f"flood of {rate:,} lines a second for {seconds:.0f} s: key to effect in milliseconds, lag in seconds",
                "goal: p99 <= bare's at the same key, aim 20 ms; lag <= 0.1 s; no line lost; memory flat",
            )
            table(("program", "key", "p50", "p99", "late", "lag", "lines lost", "memory MB", "CPU %"), rows)

    def _flooded(self, program: Program, keys: tuple[str, str, str], rate: int, seconds: float) -> Row:
        path, mark = self.live()
        term = self.start(program, program.argv, file=path)
        term.wait(mark, 30)
        term.settle(1.0)
        key, effect, undo = keys
        end, before = marker(), term.usage()
        argv = [sys.executable, str(HERE / "madelogs.py"), str(path), str(rate), str(seconds), end]
        writer = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        began = mono()
        term.drain(0.7)
        late: list[float | None] = []
        while writer.poll() is None and mono() - began < seconds - 0.7:
            if key:
                term.mark()
                at = mono()
                term.send(key)
                seen = term.wait(effect, 5, painted=False)
                late.append(seen and (seen - at) * 1000)
                term.drain(0.1)
                term.send(undo)
            # Longer than a program waits for what may follow an escape.
            term.drain(0.25)
        term.mark()
        # Where a key came to nothing, what it opened later may cover the lines.
        term.send(undo)
        while writer.poll() is None:
            term.drain(0.02)
        assert writer.stdout is not None
        done, _ = writer.stdout.read().split()
        seen = term.wait(end, 30)
        spent = (term.usage()["cpu_s"] - before["cpu_s"]) / (mono() - began) * 100
        term.rest(20)
        used, figures = term.usage(), quantiles(late)
        lost = self._lost(term.screen(), path)
        term.close(program.quit)
        return (
            program.name,
            key or "-",
            *((f"{figures[1]:.1f}", f"{figures[2]:.1f}") if figures else ("-", "-")),
            str(late.count(None)),
            f"{seen - float(done):.3f}" if seen else "never",
            lost,
            f"{before['anon_mb']:.0f} to {used['anon_mb']:.0f}",
            f"{spent:.0f}",
        )

    def _lost(self, screen: str, path: Path) -> str:
        """By the count at the bottom of our own view; no other says how many lines it holds."""
        told = re.search(r"line \d+ of (\d+)", screen)
        if told is None:
            return "-"
        with path.open("rb") as file:
            lines = sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))
        return str(lines - int(told[1]))

    def many(self) -> None:
        """As many folders as files: how long until the newest line shows, and what does it cost to wait?"""
        for count in (2_000,) if self.quick else (2_000, 20_000):
            folder, first = self._tree(count)
            rows: list[Row] = []
            for program in self.programs:
                if not program.many:
                    continue
                # `tail` holds a descriptor a file, and a system gives about a thousand of them.
                mark = marker()
                append(first, marked(mark, "newest line"))
                term = self.start(program, program.many, dir=folder)
                seen = term.wait(mark, 40)
                term.rest(40)
                figures = quantiles([self._appended(term, first, number) for number in range(10)])
                used = term.usage()
                rows.append(
                    (
                        program.name,
                        f"{seen - term.t0:.2f}" if seen else "never",
                        f"{figures[1]:.0f}" if figures else "never",
                        f"{figures[2]:.0f}" if figures else "never",
                        f"{used['fds']:.0f}",
                        f"{term.idle_cpu():.1f}",
                        f"{used['anon_mb']:.0f}",
                    )
                )
                term.close(program.quit)
            headline(
                f"{count:,} files in as many folders: open in seconds, append to one in milliseconds",
                "goal: open <= 1.5 s at 2,000; append <= 50 ms; descriptors of running logs only; idle CPU < 1 %",
            )
            table(("program", "open", "append p50", "p99", "descriptors", "idle CPU %", "memory MB"), rows)

    def _tree(self, count: int) -> tuple[Path, Path]:
        top = self.data / f"many{count}"
        first = top / "s000" / "job00000" / "job.log"
        if not (top / "made").exists():
            body = "".join(f"{stamp()} INFO  rule=align jobid={j} line {j}\n" for j in range(20))
            for number in range(count):
                path = top / f"s{number // 100:03d}" / f"job{number:05d}" / "job.log"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(body)
            (top / "made").touch()
        return top, first

    def search(self) -> None:
        """A rare line at 90 % of the file: last key to the line on the screen; against `grep -m1` on the same file."""
        size = "100M" if self.quick else "1G"
        path, mark = self.log(size)
        rows: list[Row] = []
        for label, needle, grep in (
            ("text", NEEDLE, ["grep", "-m1", NEEDLE]),
            ("regex", r"needle-xq\d+", ["grep", "-m1", "-E", "needle-xq[0-9]+"]),
        ):
            floor = min(
                timed(lambda grep=grep: subprocess.run([*grep, str(path)], stdout=subprocess.DEVNULL)) for _ in "123"
            )
            rows.append((" ".join(grep[:-1]), label, f"{floor:.2f}", "1.0"))
            for program in self.programs:
                steps = (program.search if label == "text" else program.regex).split(",")
                if steps == [""]:
                    continue
                found = quantiles([self._searched(program, path, mark, steps, needle) for _ in range(3)])
                rows.append(
                    (program.name, label, f"{found[1]:.2f}", f"{found[1] / floor:.1f}")
                    if found
                    else (program.name, label, "never", "")
                )
        headline(f"search {size}, hit at 90 %, seconds", "goal: <= 2 x grep -m1")
        table(("program", "pattern", "median", "x grep"), rows)

    def _searched(self, program: Program, path: Path, mark: str, steps: list[str], needle: str) -> float | None:
        term = self.start(program, program.view or program.argv, file=path)
        term.settle(0.5, 3)
        term.rest(30)
        for step in steps[:-1]:
            term.send(step, needle)
            term.drain(0.15)
        term.settle(0.3, 5)
        term.mark()
        at = mono()
        term.send(steps[-1], needle)
        seen = term.wait(RARE, 30)
        term.close(program.quit)
        return seen and seen - at


Row = tuple[str, ...]


def timed(call: Callable[[], object]) -> float:
    at = mono()
    call()
    return mono() - at


def against(figures: tuple[float, float, float] | None, floor: tuple[float, float, float] | None) -> Row:
    if figures is None:
        return "never", "", "", ""
    ratios = [f"{figures[i] / floor[i]:.2f}" if floor else "" for i in (1, 2)]
    return f"{figures[1]:.1f}", f"{figures[2]:.1f}", *ratios


def headline(told: str, goal: str) -> None:
    print(f"\n{told}\n  {goal}")


def table(heads: Row, rows: Iterator[Row] | list[Row]) -> None:
    lines = [heads, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        cells = [
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  " + "  ".join(cells).rstrip(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(ALL), help="some of " + ",".join(ALL))
    parser.add_argument("--programs", default="", help="some of the programs, by commas")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "incident-console-bench")
    arguments = parser.parse_args()
    wanted = [name for name in ALL if name in arguments.only.split(",")]
    there = []
    for program in programs():
        if arguments.programs and program.name not in arguments.programs.split(","):
            continue
        if shutil.which(program.argv.split()[0]) is None:
            print(f"{program.name} is not installed; it is left out")
            continue
        there.append(program)
    bench = Bench(arguments.data, arguments.quick, tuple(there))
    for name in wanted:
        getattr(bench, name)()


if __name__ == "__main__":
    main()
