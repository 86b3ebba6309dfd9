"""How does an operator get a run that goes wrong to look at, with nothing but this package and Snakemake?

`prepare` lays out a story's workflow in a folder of its own: its files and data, a git repository, and one good run, so
that there is something to compare with. Then something happens to it (see `stories`), and `start` lets the real run go,
detached from the terminal.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from incident_console.demo.stories import DEFAULT, Story
from incident_console.errors import InputError, UsageError
from incident_console.session import launch
from incident_console.session.launch import Launch
from incident_console.snakemake import compare

GOOD = "good.json"
"""The state after the good run, which `compare` takes for a side."""
MARK = ".demo.json"
"""Tells a demo folder from any other, and plays the machine that the run meets."""
BASELINE_TIMEOUT_S = 120.0
START_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Demo:
    """A workflow that is ready to run."""

    workdir: Path
    story: Story
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


def prepare(folder: Path | None, *, short: bool, story: Story = DEFAULT) -> Demo:
    """Lay out a story in `folder` (made if need be; None: a new temporary one), with its good run behind it.

    Raises UsageError for a folder that holds anything, InputError without Snakemake or when the good run fails.
    """
    snakemake = find_snakemake()
    if folder is not None:
        refuse_used(folder)
    try:
        workdir = (folder or default_folder()).resolve()
        workdir.mkdir(parents=True, exist_ok=True)
        _lay_out(workdir, story, short)
        now = _step_back(workdir, story)
        _commit(workdir, story.commits[0])
        _baseline(workdir, (*snakemake, *story.good))
        (workdir / GOOD).write_bytes(compare.to_json(compare.read_side(workdir)))
        for name, text in now.items():
            (workdir / name).write_text(text, encoding="utf-8")
        story.arrives(workdir)
        _commit(workdir, story.commits[1])
        _mark(workdir, {"story": story.name, "short": short, "machine": story.machine(short)})
    except OSError as fault:
        raise InputError(f"The demo could not be laid out: {fault.filename or folder}: {fault.strerror}") from None
    return Demo(workdir, story, short)


def start(demo: Demo, runs: Path) -> Started:
    """Start the run, kept in a folder in `runs`, and wait for its log.

    Raises InputError when Snakemake ends, or says nothing, before that; RecordError when `runs` cannot be written.
    """
    command = (*find_snakemake(), *demo.story.options)
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


def refuse_used(folder: Path) -> None:
    """Raises UsageError where something stands there already."""
    if (folder / MARK).exists():
        raise UsageError(f"{folder} holds a demo already; look at it with: incident-console open '{folder}'")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder; give --dir a new or an empty one")


def _lay_out(workdir: Path, story: Story, short: bool) -> None:
    for source in story.files.rglob("*"):
        name = source.relative_to(story.files)
        if source.is_file() and "__pycache__" not in name.parts:
            # Contents only: an installation may be read-only, the demo's files and folders must not be.
            (workdir / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, workdir / name)
    if story.pace:
        _replace(workdir / "config/config.yaml", "pace: 1.0", f"pace: {story.pace[short]}")
    story.data(workdir)
    _mark(workdir, {})


def _step_back(workdir: Path, story: Story) -> dict[str, str]:
    """Make the files what they were at the good run; returns what they are now."""
    now = {name: (workdir / name).read_text(encoding="utf-8") for name, _, _ in story.earlier}
    for name, text, then in story.earlier:
        _replace(workdir / name, text, then)
    return now


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer says {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def _mark(workdir: Path, content: dict[str, object]) -> None:
    text = json.dumps({"schema": "incident-console/demo/1", **content}, indent=2)
    (workdir / MARK).write_text(text + "\n", encoding="utf-8")


def _baseline(workdir: Path, command: tuple[str, ...]) -> None:
    """The good run."""
    out = workdir / "baseline.out"
    with out.open("wb") as printed:
        try:
            done = subprocess.run(
                command,
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
