"""Is the engine that writes this run log still at work, and which process is it?

An engine holds its log open for writing from the first line to the last; that is what is looked for in `/proc`. Where
no process can be seen (no `/proc`, another machine), both the file's mtime and the last time written in the log must
be recent: file times alone say nothing in a copied folder.
"""

from __future__ import annotations

import os
import platform
import stat
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
    try:
        wanted = log.stat()
    except OSError:
        return None
    if likely is not None and _holds(likely, log.name, wanted):
        return likely
    own = os.getpid()
    try:
        pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    except OSError:
        return None
    return next((pid for pid in pids if pid not in (own, likely) and _holds(pid, log.name, wanted)), None)


def _holds(pid: int, name: str, wanted: os.stat_result) -> bool:
    try:
        descriptors = list((_PROC / str(pid) / "fd").iterdir())
    except OSError:
        return False
    for path in descriptors:
        try:
            if path.readlink().name != name:
                continue
            found = path.stat()
            same = (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino)
            # Viewers hold it, too (this console, `tail -f`): only the engine writes.
            if same and _writes(pid, path.name):
                return True
        except OSError:
            continue
    return False


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


def is_live(log: Path, pid: int | None, last_at: float | None, host: str | None, now: float) -> bool:
    """Whether the run is to be taken as going on. Times in seconds since the epoch; `host` as the log's header says."""
    if pid is not None:
        return True
    try:
        facts = log.stat()
    except OSError:
        return False
    if not stat.S_ISREG(facts.st_mode):
        return False
    here = platform.node()
    if host == here and facts.st_uid == os.geteuid() and (_PROC / "self" / "fd").is_dir():
        # Our own processes on this very machine can all be seen, and none has it.
        return False
    window = RECENT_ELSEWHERE_S if host is not None and host != here else RECENT_S
    told = last_at if last_at is not None else 0.0
    return abs(now - facts.st_mtime) <= window and abs(now - told) <= window
