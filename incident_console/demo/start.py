"""How does an operator get a flaky run to look at, with nothing but this package and Snakemake?

`prepare` lays out the workflow in a folder of its own: its files and data, a git repository, and one good run of the
samples A to E, so that there is a published bundle to compare with. Then sample F arrives, a script is edited and
committed, the machine gets busy (see `story`), and `start` lets the real run go, detached from the terminal.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from incident_console.demo.story import NEWCOMER, SAMPLES, Story, fastq, reference, story
from incident_console.errors import InputError, UsageError
from incident_console.session import launch
from incident_console.session.launch import Launch

FILES = Path(__file__).with_name("workflow")
ANSWERS = Path(__file__).with_name("answers.yaml")
"""What `demo --headless` answers on the runbook `slow-or-flaky-run`; true of seed 7."""
MARK = ".demo.json"
"""Tells a demo folder from any other, and plays the machine that the run meets."""
PACE = {False: 1.0, True: 0.13}
LATE_S = {False: 9.0, True: 3.0}
LATENCY_WAIT_S = 25
"""Well above LATE_S, so that a late output is waited for even on a busy machine."""
BASELINE_TIMEOUT_S = 120.0
START_TIMEOUT_S = 60.0

EARLIER = (
    ("config/config.yaml", f"  - {NEWCOMER}\n", ""),
    ("workflow/scripts/align.py", "SAY_EVERY = 5", "SAY_EVERY = 50"),
)
"""How the workflow was when A to E were published: (file, its text now, its text then)."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A workflow that is ready to run."""

    workdir: Path
    short: bool


@dataclass(frozen=True, slots=True)
class Started:
    """A run that goes on by itself."""

    workdir: Path
    launch: Launch
    log: Path
    """The run log, `.snakemake/log/….snakemake.log`."""

    @property
    def pid(self) -> int:
        """Of Snakemake itself."""
        return self.launch.command.pid


def default_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="incident-console-demo-"))


def prepare(folder: Path | None, *, short: bool, seed: int = 7) -> Demo:
    """Lay out the workflow in `folder` (made if need be; None: a new temporary one) and run it once on A to E.

    Raises UsageError for a folder that holds anything, InputError without Snakemake or when the good run fails.
    """
    snakemake = find_snakemake()
    if folder is not None:
        _refuse_used(folder)
    try:
        workdir = (folder or default_folder()).resolve()
        workdir.mkdir(parents=True, exist_ok=True)
        tale = story(seed)
        _lay_out(workdir, tale, PACE[short])
        now = _step_back(workdir)
        _commit(workdir, f"Weekly panel, samples {SAMPLES[0]} to {SAMPLES[-1]}")
        _baseline(workdir, snakemake)
        _step_forward(workdir, now, tale)
        _commit(workdir, f"Add sample {NEWCOMER}; align reports its progress in more detail")
        machine = {"index_held": tale.index_held(), "late": {tale.late: LATE_S[short]}}
        _mark(workdir, {"short": short, "story": asdict(tale), "machine": machine})
    except OSError as fault:
        raise InputError(f"The demo could not be laid out: {fault.filename or folder}: {fault.strerror}") from None
    return Demo(workdir, short)


def start(demo: Demo, runs: Path) -> Started:
    """Start the run, kept in a folder in `runs`, and wait for its log.

    Raises InputError when Snakemake ends, or says nothing, before that; RecordError when `runs` cannot be written.
    """
    command = (*find_snakemake(), *_options(), "--latency-wait", str(LATENCY_WAIT_S), "--printshellcmds")
    before = set(_run_logs(demo.workdir))
    try:
        begun = launch.start(
            command, demo.workdir, runs, now=datetime.now(UTC), why="the demo's run", environment=_environment()
        )
    except UsageError as fault:
        raise InputError(f"The demo's run did not start: {fault}") from None
    give_up = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < give_up:
        over = begun.state().kind != "running"
        new = sorted(set(_run_logs(demo.workdir)) - before)
        if new:
            return Started(demo.workdir, begun, new[-1])
        if over:
            break
        time.sleep(0.02)
    raise InputError(f"The demo's run did not start: {_last_words(begun.output)}")


def find_snakemake() -> tuple[str, ...]:
    """The command for Snakemake: this Python's own, else the one on PATH. Raises InputError if there is none."""
    if beside := shutil.which("snakemake", path=str(Path(sys.executable).parent)):
        return (beside,)
    if on_path := shutil.which("snakemake"):
        return (on_path,)
    if find_spec("snakemake") is not None:
        return (sys.executable, "-m", "snakemake")
    raise InputError("The demo needs Snakemake, which is not installed here: pip install 'incident-console[demo]'")


def _refuse_used(folder: Path) -> None:
    if (folder / MARK).exists():
        raise UsageError(f"{folder} holds a demo already; look at it with: incident-console open '{folder}'")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder; give --dir a new or an empty one")


def _lay_out(workdir: Path, tale: Story, pace: float) -> None:
    skipped = shutil.ignore_patterns("__pycache__")
    # Contents only: an installation may be read-only, the demo's files must not be.
    shutil.copytree(FILES, workdir, dirs_exist_ok=True, ignore=skipped, copy_function=shutil.copyfile)
    _replace(workdir / "config/config.yaml", "pace: 1.0", f"pace: {pace}")
    (workdir / "data").mkdir()
    genes = "".join(f">{name}\n{bases}\n" for name, bases in reference(tale.seed).items())
    (workdir / "data/reference.fa").write_text(genes, encoding="ascii")
    for sample in SAMPLES:
        _write_reads(workdir, tale, sample)
    _mark(workdir, {})


def _write_reads(workdir: Path, tale: Story, sample: str) -> None:
    lines = "".join(f"{line}\n" for line in fastq(tale, sample))
    (workdir / f"data/{sample}.fastq").write_text(lines, encoding="ascii")


def _step_back(workdir: Path) -> dict[str, str]:
    """Make the files what they were at the good run; returns what they are now."""
    now = {name: (workdir / name).read_text(encoding="utf-8") for name, _, _ in EARLIER}
    for name, text, then in EARLIER:
        _replace(workdir / name, text, then)
    return now


def _step_forward(workdir: Path, now: dict[str, str], tale: Story) -> None:
    for name, text in now.items():
        (workdir / name).write_text(text, encoding="utf-8")
    _write_reads(workdir, tale, NEWCOMER)


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer says {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def _mark(workdir: Path, content: dict[str, object]) -> None:
    text = json.dumps({"schema": "incident-console/demo/1", **content}, indent=2)
    (workdir / MARK).write_text(text + "\n", encoding="utf-8")


def _baseline(workdir: Path, snakemake: tuple[str, ...]) -> None:
    """The good run, as fast as it goes."""
    out = workdir / "baseline.out"
    with out.open("wb") as printed:
        try:
            done = subprocess.run(
                [*snakemake, *_options(), "--config", "pace=0"],
                cwd=workdir,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                timeout=BASELINE_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InputError(f"The demo's first run took more than {BASELINE_TIMEOUT_S:.0f} s: see {out}") from None
    if done.returncode:
        raise InputError(f"The demo's first run failed: {_last_words(out)}")


def _options() -> tuple[str, ...]:
    return ("--cores", "2", "--keep-going", "--scheduler", "greedy")


def _run_logs(workdir: Path) -> list[Path]:
    return list((workdir / ".snakemake/log").glob("*.snakemake.log"))


def _environment() -> dict[str, str]:
    """The console's own, without what would send the run to a cluster or git to another repository."""
    return {
        name: value for name, value in os.environ.items() if name != "SNAKEMAKE_PROFILE" and not name.startswith("GIT_")
    }


def _commit(workdir: Path, message: str) -> None:
    """Commit everything in the workflow's own repository; without git, or when git refuses, there is just none."""
    if shutil.which("git") is None:
        return
    words: tuple[tuple[str, ...], ...] = (("add", "--all"), ("commit", "--quiet", "--message", message))
    if not (workdir / ".git").exists():
        setup = (("init", "--quiet"), ("config", "user.name", "Panel lab"), ("config", "user.email", "panel@localhost"))
        words = (*setup, ("config", "commit.gpgsign", "false"), ("config", "core.hooksPath", os.devnull), *words)
    for line in words:
        done = subprocess.run(
            ["git", "-c", "init.defaultBranch=main", *line],
            cwd=workdir,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            return


def _last_words(out: Path) -> str:
    """The last line of what was printed, and where the rest is."""
    try:
        lines = out.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        lines = []
    return f"{next((line.strip() for line in reversed(lines) if line.strip()), 'it said nothing')} (see {out})"
