"""Where does a bundle lie while it is taken in, whose turn is it, and what becomes of what a killed one left?

One process at a time takes a bundle into a store: an exclusive `flock` on the store's folder, which the system takes
back from a process that died. Whoever has the turn removes what earlier ones left on this host; what is another
host's, or lies where there are no locks for folders, only when it is a day old. There the rename that puts a record in
place decides who was first.
"""

import errno
import fcntl
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from incident_console.errors import RecordError
from incident_console.record import files

PREFIX = ".import-"
WAIT_S = 10.0
"""For another process that takes a bundle in: seconds, unless it is a very large one."""
STEP_S = 0.05
OLD_S = 24 * 3600.0
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EBADF)


@contextmanager
def turn(records: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Take bundles into `records` alone. Raises RecordError when another process does so for longer than `wait_s`."""
    files.private_folder(records)
    try:
        descriptor = os.open(records, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as fault:
        raise RecordError(f"The records folder {records} could not be opened: {files.why(fault)}.") from None
    try:
        locked = _wait(descriptor, records, wait_s)
        _sweep(records, locked=locked)
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int, records: Path, wait_s: float) -> bool:
    """Whether the turn is surely ours; False where there are no locks."""
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= until:
                raise RecordError(
                    f"Another process is taking a bundle into {records} just now: nothing was taken in here. "
                    "Run accept again when that one has ended; it then says what is here."
                ) from None
            time.sleep(STEP_S)
        except OSError as fault:
            if fault.errno not in _NO_LOCKS:
                raise RecordError(f"The records folder {records} could not be locked: {files.why(fault)}.") from None
            return False


@contextmanager
def work_folder(records: Path) -> Iterator[Path]:
    """A new folder for what is not verified yet; gone afterwards, unless the process is killed. Raises DiskError."""
    work = records / f"{PREFIX}{secrets.token_hex(8)}{_here()}"
    files.private_folder(work)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _here() -> str:
    """This host, as the name of a work folder ends with it."""
    return "@" + re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname())[:64]


def _sweep(records: Path, *, locked: bool) -> None:
    """Remove what a process that was killed while it took a bundle in has left."""
    for left in records.glob(f"{PREFIX}*"):
        dead = locked and left.name.endswith(_here())
        with suppress(OSError):
            if left.is_dir() and not left.is_symlink() and (dead or time.time() - left.stat().st_mtime >= OLD_S):
                shutil.rmtree(left, ignore_errors=True)
