"""What does a file hold right now? Read once, within a cap, without ever waiting for a pipe or a device."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from incident_console.errors import EvidenceError
from incident_console.evidence.capped import CAP, joined, shares
from incident_console.evidence.names import relative, shown
from incident_console.globs import Walk, is_wild, parts

LIMIT = 100
"""Paths that `resolve` returns at most."""
ENTRIES = 200_000
"""Folder entries that `resolve` looks at at most."""

_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileCapture:
    path: str
    """Relative to the workdir where it is inside it; a byte that is not UTF-8 as `\\xNN`."""
    data: bytes
    size: int
    """Bytes on disk when it was read."""
    dropped: int
    """Bytes that the cap left out of `data`."""
    inode: int
    mtime_ns: int
    target: str | None = None
    """Where it really lies, when a symbolic link was followed."""


def capture_file(path: Path, workdir: Path, cap: int = CAP) -> FileCapture:
    """Read a regular file, its head and tail when it is longer than `cap` bytes.

    A file that grows meanwhile is read as far as it was; one that shrinks gives what could still be read. Raises
    EvidenceError with a sentence when it is missing, unreadable or not a regular file.
    """
    whole = workdir / path
    name = relative(path, workdir)
    try:
        # Looked at before it is opened: opening a device can already do something.
        _refuse_odd(whole.stat().st_mode, name)
        descriptor = os.open(whole, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            found = os.fstat(descriptor)
            _refuse_odd(found.st_mode, name)
            data, size, dropped = _read(descriptor, found.st_size, cap)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as fault:
        raise EvidenceError(f"{name} could not be read: {_why(fault)}") from None
    return FileCapture(
        path=name,
        data=data,
        size=size,
        dropped=dropped,
        inode=found.st_ino,
        mtime_ns=found.st_mtime_ns,
        target=relative(whole.resolve(), workdir.resolve()) if _has_link(whole, workdir) else None,
    )


def resolve(glob: str, workdir: Path, limit: int = LIMIT, entries: int = ENTRIES) -> tuple[Path, ...]:
    """The regular files that a glob names, newest first, at most `limit`; none is an empty tuple.

    A glob without a wildcard names its file whether it is there or not, so that `capture_file` can say what is wrong.
    Raises EvidenceError for a glob that leaves the workdir, or when more than `entries` folder entries would have to be
    looked at: the newest of a part of them would be a guess.
    """
    check_glob(glob)
    if not is_wild(glob):
        return (workdir / glob,)
    walk = Walk(entries)
    found = sorted(
        (-state.st_mtime_ns, path) for path, state in walk.find(glob, workdir) if stat.S_ISREG(state.st_mode)
    )
    if walk.spent:
        raise EvidenceError(f"{shown(glob)} looks through more than {entries} entries; name a narrower folder")
    return tuple(Path(path) for _, path in found[:limit])


def check_glob(glob: str) -> None:
    """Raises EvidenceError for a glob that names nothing, or leaves the workdir by `..`; absolute it may point
    anywhere."""
    if parts(glob):
        return
    if ".." in glob.split("/"):
        raise EvidenceError(f"{shown(glob)} goes up by `..`; write the whole path when a file outside is meant")
    raise EvidenceError("the name of the file to capture is empty or holds a zero byte; name a file or a glob")


def _read(descriptor: int, size: int, cap: int) -> tuple[bytes, int, int]:
    """(data, size, dropped). Files of /proc say that they are empty, so a short one is read to its end."""
    if size <= cap:
        data = _pread(descriptor, 0, size if size else cap)
        return data, len(data), 0
    head_share, tail_share = shares(cap)
    head = _pread(descriptor, 0, head_share)
    tail = _pread(descriptor, size - tail_share, tail_share)
    if len(head) + len(tail) < cap:  # it was cut short meanwhile
        return head + tail, len(head) + len(tail), 0
    data, dropped = joined(head, tail, size)
    return data, size, dropped


def _pread(descriptor: int, offset: int, count: int) -> bytes:
    """At most `count` bytes; fewer where the file ends."""
    data = bytearray()
    while count > len(data) and (chunk := os.pread(descriptor, min(_CHUNK, count - len(data)), offset + len(data))):
        data += chunk
    return bytes(data)


def _refuse_odd(mode: int, name: str) -> None:
    if stat.S_ISREG(mode):
        return
    kind = "a folder; name a file or a glob" if stat.S_ISDIR(mode) else "a pipe, socket or device, not a regular file"
    raise EvidenceError(f"{name} is {kind}")


def _has_link(path: Path, workdir: Path) -> bool:
    """Whether a symbolic link stands between the workdir (or the root) and the file."""
    for step in (path, *path.parents):
        if step == workdir:
            return False
        if step.is_symlink():
            return True
    return False


def _why(fault: Exception) -> str:
    if not isinstance(fault, OSError):
        return "its name cannot be a path"
    return {
        errno.ENOENT: "it is not there (any more)",
        errno.EACCES: "no permission",
        errno.ELOOP: "its symbolic links go round in a circle",
        errno.ENAMETOOLONG: "its name is too long",
        errno.ESTALE: "the network file system has lost it",
    }.get(fault.errno or 0, fault.strerror or "unknown reason")
