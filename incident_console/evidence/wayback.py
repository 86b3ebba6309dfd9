"""How does somebody get back to where a process works? What it was started with, and what one needs to be there.

Everything is read of our own machine and user; what cannot be read is None or empty, never a guess.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from incident_console.evidence.command import Command, run
from incident_console.evidence.environment import allowed
from incident_console.evidence.names import shown

LIMIT = 1 << 20
"""Bytes that are read of a process's environment or command line."""
TMUX_TIMEOUT_S = 1.0
_MASTER_JOBS = (
    ("SLURM_JOB_ID", "slurm"),
    ("PBS_JOBID", "pbs"),
    ("LSB_JOBID", "lsf"),
    ("FLUX_JOB_ID", "flux"),
    ("_CONDOR_JOB_ID", "htcondor"),
    ("OAR_JOB_ID", "oar"),
)


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    argv: tuple[str, ...] = ()
    cwd: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    """Empty when it may not be read."""


@dataclass(frozen=True, slots=True)
class Pane:
    """A place in tmux. `socket` is None for the usual one."""

    session: str
    pane: str
    """`1.0`: window and pane."""
    socket: str | None = None

    @property
    def attach(self) -> str:
        server = f"-S {shlex.quote(self.socket)} " if self.socket else ""
        return f"tmux {server}attach -t {shlex.quote(self.session)}"


def process(pid: int, proc: Path = Path("/proc")) -> Process | None:
    """None when there is no such process any more."""
    place = proc / str(pid)
    if not place.is_dir():
        return None
    words = _read(place / "cmdline").split(b"\0")
    pairs = (word.partition(b"=") for word in _read(place / "environ").split(b"\0") if b"=" in word)
    try:
        cwd = shown(str((place / "cwd").readlink()))
    except OSError:
        cwd = None
    return Process(
        pid,
        tuple(os.fsdecode(word) for word in words[:-1]),
        cwd,
        {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs},
    )


def activation(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The lines to type that activate what was activated: modules, a conda environment, a virtual environment."""
    found = []
    if modules := environ.get("LOADEDMODULES"):
        found.append(f"module load {' '.join(shlex.quote(each) for each in modules.split(':') if each)}")
    if conda := environ.get("CONDA_DEFAULT_ENV") or environ.get("CONDA_PREFIX"):
        own = "micromamba" if environ.get("MAMBA_EXE") and not environ.get("CONDA_EXE") else "conda"
        found.append(f"{own} activate {shlex.quote(conda)}")
    if venv := environ.get("VIRTUAL_ENV"):
        found.append(f"source {shlex.quote(f'{venv}/bin/activate')}")
    return tuple(shown(line) for line in found)


def master_job(environ: Mapping[str, str]) -> str | None:
    """The scheduler's job that a process runs in: `slurm 8123`. None outside of one."""
    for name, scheduler in _MASTER_JOBS:
        if value := environ.get(name, "").strip():
            return f"{scheduler} {shown(value)[:200]}"
    if environ.get("JOB_ID") and environ.get("SGE_TASK_ID"):
        return f"sge {shown(environ['JOB_ID'])[:200]}"
    return None


def pane(environ: Mapping[str, str], here: Path, own: Mapping[str, str]) -> Pane | None:
    """Where in tmux a process with this environment stands; None outside tmux, or when tmux does not answer.

    `own` is the environment of the console, with which tmux is asked.
    """
    server = environ.get("TMUX", "")
    if not server or not environ.get("TMUX_PANE"):
        return None
    socket = server.split(",")[0]
    form = "#{session_name}\t#{window_index}.#{pane_index}"
    argv = ("tmux", "-S", socket, "display-message", "-p", "-t", environ["TMUX_PANE"], form)
    outcome = run(Command(argv=argv, cwd=here, timeout_s=TMUX_TIMEOUT_S, env=allowed(own)))
    name, tab, place = outcome.stdout.decode("utf-8", "backslashreplace").split("\n", 1)[0].partition("\t")
    if outcome.exit_code != 0 or not name:
        return None
    # A tmux older than 3.3 writes an underscore for the tab; the name is told all the same.
    usual = Path(socket).name == "default"
    return Pane(shown(name)[:200], shown(place)[:40] if tab else "", None if usual else shown(socket))


def permissions(path: Path) -> str | None:
    """Who may enter and write a folder: `/srv/wf: owner ana, group lab, drwxrwx---`."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return f"{shown(path)}: owner {_user(facts.st_uid)}, group {_group(facts.st_gid)}, {stat.filemode(facts.st_mode)}"


def _user(uid: int) -> str:
    import pwd

    try:
        return shown(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    import grp

    try:
        return shown(grp.getgrgid(gid).gr_name)
    except KeyError:
        return str(gid)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LIMIT)
    except OSError:
        return b""
