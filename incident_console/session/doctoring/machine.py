"""What does the system allow: file events, descriptors; and does its clock tell the time?"""

from __future__ import annotations

import os
import resource
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from incident_console.session.doctoring.finding import Finding

LIMITS = Path("/proc/sys/fs/inotify")
FEW_WATCHES = 8192
FEW_DESCRIPTORS = 256
OLDEST = datetime(2025, 1, 1, tzinfo=UTC)
"""Older than this version of the console."""
JUMP_S = 1.0
_TAKEN = 2000
"""Descriptors that are looked at, at most."""


def watches(limits: Path = LIMITS, processes: Path = Path("/proc")) -> tuple[Finding, ...]:
    """inotify(7): how many folders may be watched. Those of this user's processes count together."""
    most, instances = _number(limits / "max_user_watches"), _number(limits / "max_user_instances")
    if most is None or instances is None:
        return (Finding("file events", "the system tells no limit; files are looked at each second where none come"),)
    told = f"{most:,} folders and {instances:,} watchers at most"
    if (taken := _instances(processes)) is not None:
        told += f"; {taken:,} watchers are taken"
        if taken >= instances:
            follows = "No more events come: files are looked at each second. Raise fs.inotify.max_user_instances."
            return (Finding("file events", told, "mind", follows),)
    if most < FEW_WATCHES:
        follows = "Beyond it files are looked at each second: raise fs.inotify.max_user_watches."
        return (Finding("file events", told, "mind", follows),)
    return (Finding("file events", told),)


def _instances(processes: Path) -> int | None:
    """How many watchers this user's processes have; None where that would take long to count."""
    count = looked = 0
    for folder in processes.glob("[0-9]*/fd"):
        try:
            names = list(folder.iterdir())
        except OSError:
            continue  # somebody else's, or it has ended
        looked += len(names)
        if looked > _TAKEN:
            return None
        for name in names:
            try:
                count += os.readlink(name) == "anon_inode:inotify"  # noqa: PTH115
            except OSError:
                continue
    return count


def descriptors() -> tuple[Finding, ...]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < FEW_DESCRIPTORS:
        follows = (
            f"Logs of running jobs may not all be held: `ulimit -n {min(1024, hard) if hard > 0 else 1024}` first."
        )
        return (Finding("open files", f"{soft} at most", "mind", follows),)
    return (Finding("open files", f"{soft:,} at most" if soft >= 0 else "as many as wanted"),)


def clock() -> tuple[Finding, ...]:
    began, steady = time.time(), time.monotonic()
    time.sleep(0.05)
    jump = abs((time.time() - began) - (time.monotonic() - steady))
    now = datetime.now(UTC)
    told = f"{now:%Y-%m-%dT%H:%M:%SZ}, and here {now.astimezone():%H:%M:%S%z}"
    if now < OLDEST:
        return (Finding("clock", told, "broken", "It is far behind: set it, or every time in the record is wrong."),)
    if jump > JUMP_S:
        return (Finding("clock", f"{told}; it just jumped by {timedelta(seconds=jump)}", "mind", "See who sets it."),)
    return (Finding("clock", told),)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
