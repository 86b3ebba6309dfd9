"""Is the engine that writes this run log still at work, and which process is it?

An engine holds its log open for writing from the first line to the last; that is what is looked for in `/proc`. Where
no process can be seen (no `/proc`, another machine), both the file's mtime and the last time written in the log must
be recent: file times alone say nothing in a copied folder.
"""

from __future__ import annotations

import os
import platform
import stat
from collections.abc import Iterable
from pathlib import Path

RECENT_S = 120.0
RECENT_ELSEWHERE_S = 900.0
"""The same for a log whose header names another machine, whose processes cannot be seen from here."""

_PROC = Path("/proc")
_QUERIES = frozenset(
    {
        *("--summary", "-S", "--detailed-summary", "-D", "--list-changes", "--lc", "--list-input-changes", "--li"),
        *("--list-code-changes", "--list-params-changes", "--lp", "--dag", "--rulegraph", "--filegraph", "--d3dag"),
        *("--lint", "--list-rules", "--list", "-l", "--list-target-rules", "--lt", "--unlock", "-n", "--dry-run"),
        *("--dryrun", "--report", "--archive", "--containerize", "--cleanup-metadata", "--cm", "--delete-all-output"),
        *("--delete-temp-output", "--list-conda-envs", "--list-resources", "--list-untracked", "--lu"),
        *("--print-compilation", "--generate-unit-tests", "--draft-notebook", "--edit-notebook"),
    }
)


def engine_pid(log: Path, likely: int | None = None) -> int | None:
    """The process that has `log` open for writing; None where there is none that may be seen.

    `likely` is looked at first: a watcher asks again and again.
    """
    if likely is not None and _held(likely, wanted := _identities([log])) == list(wanted):
        return likely
    return engine_pids([log]).get(log)


def engine_pids(logs: Iterable[Path]) -> dict[Path, int]:
    """The processes that write these logs, found in one look at `/proc`."""
    wanted = _identities(logs)
    found: dict[Path, int] = {}
    own = os.getpid()
    try:
        pids = [int(name) for name in os.listdir(_PROC) if name.isdigit()]  # noqa: PTH208
    except OSError:
        return found
    for pid in pids:
        if pid != own and len(found) < len(wanted):
            for identity in _held(pid, wanted):
                found.setdefault(wanted[identity], pid)
    return found


def _identities(logs: Iterable[Path]) -> dict[tuple[int, int], Path]:
    wanted = {}
    for log in logs:
        try:
            facts = log.stat()
        except OSError:
            continue
        wanted[facts.st_dev, facts.st_ino] = log
    return wanted


def _held(pid: int, wanted: dict[tuple[int, int], Path]) -> list[tuple[int, int]]:
    """Which of the wanted files the process has open for writing."""
    found: list[tuple[int, int]] = []
    folder = f"{_PROC}/{pid}/fd"  # no paths of objects here: there are thousands, and it is asked again and again
    try:
        descriptors = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return found
    for name in descriptors:
        try:
            facts = os.stat(f"{folder}/{name}")  # noqa: PTH116
            identity = (facts.st_dev, facts.st_ino)
            # Viewers hold a log, too (this console, `tail -f`): only the engine writes.
            if identity in wanted and _writes(pid, name):
                found.append(identity)
        except OSError:
            continue
    return found


def _writes(pid: int, descriptor: str) -> bool:
    with (_PROC / str(pid) / "fdinfo" / descriptor).open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            if line.startswith("flags:"):
                return int(line.split()[1], 8) & os.O_ACCMODE != os.O_RDONLY
    return False


def only_asks(pid: int) -> bool:
    """Whether the process was started to answer a question (`--summary`, …), not to run the workflow."""
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(os.fsdecode(word).split("=")[0] in _QUERIES for word in words)


def is_live(log: Path, last_at: float | None, host: str | None, home: str | None, now: float) -> bool:
    """Whether a run whose process is not seen is to be taken as going on all the same.

    Times in seconds since the epoch; `host` and `home` (the working directory) as the log's header says.
    """
    try:
        facts = log.stat()
    except OSError:
        return False
    if not stat.S_ISREG(facts.st_mode):
        return False
    here = platform.node()
    if host == here and facts.st_uid == os.geteuid() and _is_home(log, home):
        # Written by one of our own processes on this very machine: it would be seen.
        return False
    window = RECENT_ELSEWHERE_S if host is not None and host != here else RECENT_S
    told = last_at if last_at is not None else 0.0
    return abs(now - facts.st_mtime) <= window and abs(now - told) <= window


def _is_home(log: Path, home: str | None) -> bool:
    """Whether the log lies where it was written, in no copied folder."""
    try:
        return home is not None and (_PROC / "self" / "fd").is_dir() and Path(home).samefile(log.parents[2])
    except (OSError, IndexError, ValueError):
        return False
