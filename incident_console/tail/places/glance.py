"""What does one line in a list of logs say: how big, when last written, does its end state a failure?"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from incident_console.tail.finding.errors_in import is_error
from incident_console.tail.logfile import unreadable

LOOKED_AT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Glance:
    path: Path
    size: int
    """Bytes."""
    changed_at: float
    """Seconds of the epoch."""
    inode: int | None
    errors: int
    """Lines that state a failure, among the last 64 KiB."""
    notice: str | None
    """Why it cannot be shown."""

    def same_as(self, now: os.stat_result) -> bool:
        return (self.size, self.changed_at, self.inode) == (now.st_size, now.st_mtime, now.st_ino)


def glance(path: Path, before: Glance | None = None) -> Glance:
    """Look at one file; `before` is given back when nothing changed. Never raises, and holds no descriptor."""
    try:
        now = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return Glance(path, 0, 0.0, None, 0, "This file does not exist.")
    except OSError as fault:
        return Glance(path, 0, 0.0, None, 0, unreadable(fault))
    if before is not None and before.path == path and before.notice is None and before.same_as(now):
        return before
    if not stat.S_ISREG(now.st_mode):
        return Glance(path, 0, now.st_mtime, now.st_ino, 0, "This is not a regular file.")
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            end = os.pread(fd, LOOKED_AT, max(0, now.st_size - LOOKED_AT))
        finally:
            os.close(fd)
    except OSError as fault:
        return Glance(path, now.st_size, now.st_mtime, now.st_ino, 0, unreadable(fault))
    errors = sum(map(is_error, end.splitlines()))
    return Glance(path, now.st_size, now.st_mtime, now.st_ino, errors, None)
