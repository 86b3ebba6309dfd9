"""Which run has this console started in a workdir, does it still go on, and how did it end?

The run is nobody's child here: a small process of its own waits for it and writes down how it ended (see `launched`).
Each run has a private folder beside the records, never in the workdir, and all that is known of it is read from there.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from incident_console.errors import InputError, RecordError, Refused, UsageError
from incident_console.record import files
from incident_console.record.folders import slug

RUNS = "runs"
WHY = "asked for on the command line of the console: open -- COMMAND"
SUPERVISOR = Path(__file__).with_name("launched.py")
NOTE_LIMIT = 8 << 20
START_S = 60.0
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    began: str
    """In clock ticks since the machine was started."""

    @property
    def alive(self) -> bool:
        """Whether it is this very process, and still at work. False where it cannot be seen."""
        try:
            text = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8", errors="replace")
            state, *fields = text.rpartition(")")[2].split()
        except (OSError, ValueError):
            return False
        return state not in "ZX" and fields[18:19] == [self.began]


@dataclass(frozen=True, slots=True)
class State:
    """`lost`: it ended, and nobody knows how. `elsewhere`: it runs, or ran, on another machine."""

    kind: Literal["running", "ended", "lost", "elsewhere"]
    exit_code: int | None = None
    """128 + the signal's number for a command that was killed."""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Launch:
    """A command that a console started in `cwd`, for the incident with this id."""

    folder: Path
    incident: str
    """Empty for a run that began before its incident."""
    why: str
    argv: tuple[str, ...]
    cwd: Path
    host: str
    boot: str
    started_at: datetime
    command: Process
    supervisor: Process

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def line(self) -> str:
        """The command as it would be typed."""
        return shlex.join(self.argv)

    @property
    def title(self) -> str:
        """The same without the folders of the program, for a line on the screen."""
        return shlex.join((Path(self.argv[0]).name, *self.argv[1:])) if self.argv else ""

    @property
    def output(self) -> Path:
        return self.folder / "output.log"

    def state(self) -> State:
        """As it is now. Never raises."""
        if (ended := self._end()) is not None:
            return ended
        if self.host != platform.node():
            return State("elsewhere")
        if self.boot == _boot() and (self.supervisor.alive or self.command.alive):
            return State("running")
        return self._end() or State("lost")  # it may have ended between the two looks

    def _end(self) -> State | None:
        told = _json(self.folder / "exit.json")
        try:
            return State("ended", int(told["exit_code"]), datetime.fromtimestamp(float(told["ended_at"]), UTC))
        except (LookupError, TypeError, ValueError, OverflowError, OSError):
            return None


def runs_folder(records: Path) -> Path:
    return records / RUNS


def launches(runs: Path, known: Collection[str] = ()) -> tuple[Launch, ...]:
    """Every run that was started, newest first, but for the `known` ids. What makes no sense is passed over."""
    try:
        names = {path.name for path in runs.iterdir() if path.name.startswith("RUN-")}.difference(known)
    except OSError:
        return ()
    found = (read_launch(runs / name) for name in sorted(names, reverse=True))
    return tuple(launch for launch in found if launch is not None)


def read_launch(folder: Path) -> Launch | None:
    told = _json(folder / "run.json")
    try:
        return Launch(
            folder=folder,
            incident=str(told["incident"]),
            why=str(told["why"]),
            argv=tuple(map(str, told["argv"])),
            cwd=Path(str(told["cwd"])),
            host=str(told["host"]),
            boot=str(told["boot"]),
            started_at=datetime.fromtimestamp(float(told["started_at"]), UTC),
            command=_process(told["command"]),
            supervisor=_process(told["supervisor"]),
        )
    except (LookupError, TypeError, ValueError, OverflowError, OSError):
        return None


def refuse_second(runs: Path, workdir: Path) -> None:
    """Raises Refused while a run that a console started in this workdir goes on."""
    for launch in launches(runs):
        if launch.cwd == workdir and launch.state().kind == "running":
            raise Refused(
                f"a run that the console started in {workdir} still goes on: `{launch.line}`, "
                f"pid {launch.command.pid}, since {launch.started_at:%H:%M:%SZ}; nothing was started. "
                f"`incident-console open {shlex.quote(str(workdir))}` goes on with it"
            )


def check(argv: tuple[str, ...], workdir: Path) -> None:
    """Raises UsageError for a command that cannot be started in `workdir`, before anything was done."""
    if not argv or not argv[0]:
        raise UsageError("there is no command to start")
    if not Path("/proc/self/stat").exists():
        raise UsageError("the console starts commands on Linux only: there is no /proc in which to find them again")
    name = argv[0]
    if "/" not in name:
        if shutil.which(name) is None:
            raise UsageError(f"there is no command {name} on PATH; nothing was started")
        return
    program = workdir / name
    if not program.is_file():
        raise UsageError(f"there is no command {program}; nothing was started")
    if not os.access(program, os.X_OK):
        raise UsageError(f"{program} is not executable (chmod +x makes it so); nothing was started")


def start(
    argv: tuple[str, ...],
    workdir: Path,
    runs: Path,
    *,
    now: datetime,
    incident: str = "",
    why: str = WHY,
    environment: Mapping[str, str] | None = None,
) -> Launch:
    """Start a command detached: in its own session, without a terminal. Its environment is that of this process.

    `incident` is the id of the incident that it belongs to; with another `environment` it gets that one.

    Raises UsageError when it cannot be started, Refused while another one goes on there, RecordError when its folder
    cannot be written.
    """
    check(argv, workdir)
    files.private_folder(runs)
    with _alone(runs):
        refuse_second(runs, workdir)
        folder = _folder(runs, now, Path(argv[0]).name)
        try:
            note = json.dumps({"schema": "incident-console/run/1", "incident": incident, "why": why})
            _supervise(argv, workdir, folder, note, environment)
        except BaseException:
            if not (folder / "run.json").exists():
                shutil.rmtree(folder, ignore_errors=True)
            raise
    launch = read_launch(folder)
    if launch is None:
        raise RecordError(f"The run was started, and what is known of it cannot be read in {folder}.")
    return launch


def _supervise(
    argv: tuple[str, ...], workdir: Path, folder: Path, note: str, environment: Mapping[str, str] | None
) -> None:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(SUPERVISOR), str(folder), note, *argv],
            cwd=workdir,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            timeout=START_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RecordError(
            f"The run did not begin within {START_S:.0f} s; look into {folder} before another is started."
        ) from None
    except (OSError, ValueError) as fault:
        raise UsageError(f"`{shlex.join(argv)}` cannot be started in {workdir}: {_why(fault)}") from None
    lines = done.stdout.splitlines() or [b"nothing was said"]
    try:
        told = json.loads(lines[0])
    except ValueError:
        raise RecordError(f"The run could not be started from {folder}: {os.fsdecode(lines[-1])}") from None
    if told:
        why = str(told.get("why")).lower()
        raise UsageError(f"`{shlex.join(argv)}` cannot be started in {workdir}: {why}; nothing was started")


def _folder(runs: Path, now: datetime, name: str) -> Path:
    base = f"RUN-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{slug(name)}"
    number, folder = 1, runs / base
    while True:
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            number += 1
            folder = runs / f"{base}-{number}"
        except OSError as fault:
            raise RecordError(f"The folder {folder} could not be made: {files.why(fault)}.") from None
        else:
            return folder


@contextlib.contextmanager
def _alone(runs: Path) -> Iterator[None]:
    """Two consoles that start the same at once: one of them sees the other's run."""
    try:
        lock = os.open(runs / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as fault:
        raise RecordError(f"{runs} cannot be written: {files.why(fault)}.") from None
    try:
        with contextlib.suppress(OSError):  # A file system without locks.
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _json(path: Path) -> Mapping[str, Any]:
    """The object in a small file; empty when there is none, or it makes no sense."""
    try:
        told = json.loads(files.read_plain(path, NOTE_LIMIT))
    except (InputError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _process(told: Mapping[str, Any]) -> Process:
    return Process(int(told["pid"]), str(told["began"]))


def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _why(fault: OSError | ValueError) -> str:
    return (fault.strerror or str(fault)).lower() if isinstance(fault, OSError) else str(fault)
