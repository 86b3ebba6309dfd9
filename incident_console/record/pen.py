"""Who may write into this record now?

One writer at a time holds the pen: an exclusive `flock` on the file `pen` beside the journal, which the system takes
back from a process that died. The file says who holds it. Where a network file system has no locks, what the file says
is all there is: a holder that is dead on this host is passed over, one on another host is believed. A host that died
may leave its lock, or its word, behind for good: `break_foreign` is for an operator who knows that it is gone.
"""

import errno
import fcntl
import json
import os
import socket
import time
from pathlib import Path

from incident_console.errors import DiskError, RecordError
from incident_console.record.files import sync_folder, why

ASKED_S, AGAIN_S = 2.0, 0.0002
"""How long the lock is tried for while others only ask who has it, and the pause between two tries."""
_SOMEBODY = "another process"
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


class Pen:
    """The right to write into one record folder, from construction until `release`."""

    def __init__(self, folder: Path) -> None:
        """Raises RecordError naming the holder when somebody else has the pen, DiskError when it cannot be told."""
        self._path = folder / "pen"
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o600)
        except OSError as fault:
            raise DiskError(f"The record {folder} cannot be written to: {why(fault)}.") from None
        try:
            self._take(folder)
        except BaseException:
            os.close(self._descriptor)
            raise

    def _take(self, folder: Path) -> None:
        try:
            os.fchmod(self._descriptor, 0o600)
            try:
                if not _locked(self._descriptor):
                    raise RecordError(_taken(folder, self._holder()))
            except OSError as fault:
                if fault.errno not in _NO_LOCKS:
                    raise
                if _alive(self._holder()):
                    raise RecordError(_taken(folder, self._holder())) from None
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps({"host": socket.gethostname(), "pid": os.getpid()}).encode(), 0)
        except OSError as fault:
            raise DiskError(f"The record {folder} cannot be written to: {why(fault)}.") from None

    def _holder(self) -> tuple[str, int] | None:
        return _parse(os.pread(self._descriptor, 4096, 0))

    def held(self) -> bool:
        """Whether nobody took the pen away by force (see `break_foreign`), nor the disk."""
        try:
            there, here = self._path.lstat(), os.fstat(self._descriptor)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)

    def release(self) -> None:
        try:
            os.ftruncate(self._descriptor, 0)
        except OSError:
            pass  # what the file says matters only where there are no locks, and there the pid tells
        finally:
            os.close(self._descriptor)


def holder(folder: Path) -> str | None:
    """Who holds the pen of a record now, as `host, pid N`; None when nobody does (or it cannot be told)."""
    try:
        descriptor = os.open(folder / "pen", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        try:
            if _is_free(descriptor):
                return None
        except OSError:
            found = _parse(os.pread(descriptor, 4096, 0))
            return _named(found) if _alive(found) else None
        return _named(_parse(os.pread(descriptor, 4096, 0)))
    except OSError:
        return None
    finally:
        os.close(descriptor)


def break_foreign(folder: Path) -> str:
    """Take the pen away from a console on another host, of which the operator says that it is gone; that console.

    Should it be alive after all, it notices at its next event, and records nothing more. Raises RecordError when
    nobody on another host has the pen: what is alive here is to be left first.
    """
    holding = holder(folder)
    if holding is None or holding.startswith(f"{socket.gethostname()}, ") or holding == _SOMEBODY:
        raise RecordError(f"The pen of {folder} is not held on another host ({holding or 'nobody has it'}).")
    try:
        (folder / "pen").unlink()
        sync_folder(folder)
    except OSError as fault:
        raise RecordError(f"The pen of {folder} could not be taken: {why(fault)}.") from None
    return holding


def _locked(descriptor: int) -> bool:
    """Take the lock; False: somebody has it. Raises OSError where there are no locks.

    Who only asks (see `holder`) holds a shared one for an instant, and is no writer: it is waited for.
    """
    until = time.monotonic() + ASKED_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if not _is_free(descriptor) or time.monotonic() > until:
                return False
        time.sleep(AGAIN_S)


def _is_free(descriptor: int) -> bool:
    """Whether nobody has the lock for writing. Raises OSError where there are no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return True


def _parse(raw: bytes) -> tuple[str, int] | None:
    try:
        found = json.loads(raw)
        return str(found["host"])[:255], int(found["pid"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _alive(found: tuple[str, int] | None) -> bool:
    if found is None:
        return False
    host, pid = found
    if host != socket.gethostname():
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _named(found: tuple[str, int] | None) -> str:
    return f"{found[0]}, pid {found[1]}" if found else _SOMEBODY


def _taken(folder: Path, found: tuple[str, int] | None) -> str:
    told = f"Another console is writing to {folder.name} ({_named(found)}): it can be read here, but not written to. "
    if found is None or found[0] == socket.gethostname():
        return told + "Leave that console first."
    return told + f"Leave that console first; if that host is gone for sure, delete {folder / 'pen'} and try again."
