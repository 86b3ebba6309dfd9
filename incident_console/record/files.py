"""How does a file of the record reach the disk for good, and stay private?

Folders are 0700 and files 0600 whatever the umask says; a new name is durable only after its folder was fsynced;
a file is replaced by a rename, so that a reader sees the old or the new one, never half of either.
"""

import errno
import hashlib
import os
import secrets
import stat
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

from incident_console.errors import DiskError, InputError

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission is denied",
    errno.EPERM: "the operation is not permitted",
    errno.EIO: "the disk reports an input/output error",
    errno.ENOENT: "the folder is not there",
    errno.ESTALE: "the network file system lost the file",
    errno.EFBIG: "the file would be larger than is allowed",
    errno.ENODEV: "the disk is gone",
    errno.ENXIO: "the disk is gone",
    errno.ENOTCONN: "the file system is no longer connected",
    errno.ETIMEDOUT: "the network file system does not answer",
}

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


def why(fault: OSError) -> str:
    """The reason in words, for the end of a sentence."""
    return _REASONS.get(fault.errno or 0) or (fault.strerror or str(fault)).lower()


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable. File systems that cannot sync a folder are taken as they are."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as fault:
        if fault.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise
    finally:
        os.close(descriptor)


def private_folder(folder: Path) -> None:
    """Make `folder` (and its parents) 0700 if it is missing. Raises DiskError."""
    try:
        _make(folder)
    except OSError as fault:
        raise DiskError(f"The folder {folder} could not be made: {why(fault)}.") from None


def _make(folder: Path) -> None:
    if folder.is_dir():
        return
    if not folder.parent.is_dir():
        _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        folder.chmod(0o700)
        sync_folder(folder.parent)
    except OSError:
        with suppress(OSError):
            folder.rmdir()  # the next try must not take it for one that is durable
        raise


def create(path: Path) -> int:
    """A descriptor, open for writing, on the new file `path`, 0600. Raises OSError, also when the name is taken."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor


def write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def pwrite_all(descriptor: int, data: bytes, place: int) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(descriptor, rest, place)
        rest, place = rest[written:], place + written


def unpredictable(path: Path) -> Path:
    """A temporary name beside `path` that nobody can have put something under."""
    return path.with_name(f".tmp-{secrets.token_hex(12)}")


def write_atomically(path: Path, data: bytes, *, new: bool = False) -> None:
    """Put `data` under `path`, 0600, durably and whole or not at all. Raises DiskError.

    With `new`, what somebody else has put there meanwhile stays, and it is a DiskError.
    """
    temporary = unpredictable(path)
    try:
        try:
            descriptor = create(temporary)
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if new:
                _name_anew(temporary, path)
            else:
                temporary.replace(path)
            sync_folder(path.parent)
        finally:
            with suppress(OSError):  # `verify` tells of one that stays
                temporary.unlink(missing_ok=True)
    except OSError as fault:
        raise DiskError(f"{path} could not be written: {why(fault)}.") from None


def _name_anew(temporary: Path, path: Path) -> None:
    """Unlike a rename, a link never takes the place of what is there; where links are not had, an empty file does."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except OSError as fault:
        if fault.errno not in _NO_LINKS:
            raise
        os.close(create(path))
        temporary.replace(path)


def open_plain(path: Path) -> BufferedReader:
    """A regular file, open for reading, never through a symlink at its end and never waiting for a pipe's writer.

    Raises InputError.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as fault:
        reason = "it is a symbolic link" if fault.errno == errno.ELOOP else why_unread(fault)
        raise InputError(f"{path} could not be read: {reason}.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError(f"{path} could not be read: it is not a regular file.")
    return os.fdopen(descriptor, "rb")


def read_plain(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; see `open_plain`. Raises InputError."""
    with open_plain(path) as file:
        try:
            data = file.read(min(limit, os.fstat(file.fileno()).st_size) + 1)
        except OSError as fault:
            raise InputError(f"{path} could not be read: {why_unread(fault)}.") from None
    if len(data) > limit:
        raise InputError(f"{path} is longer than the {limit} bytes that are read here.")
    return data


def sha256_of(path: Path) -> tuple[str, int]:
    """The hash and the size of a regular file, of any size; see `open_plain`. Raises InputError."""
    with open_plain(path) as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
        except OSError as fault:
            raise InputError(f"{path} could not be read: {why_unread(fault)}.") from None


def why_unread(fault: OSError) -> str:
    return "it is not there" if fault.errno in (errno.ENOENT, errno.ENOTDIR) else why(fault)
