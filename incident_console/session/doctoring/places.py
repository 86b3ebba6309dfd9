"""Which file systems do the folders lie on, is there room, and can a record be kept there durably?

The kind is the mount table's (`/proc/self/mountinfo`), which asks no file system that may hang.
"""

from __future__ import annotations

import os
import stat
import tempfile
import time
from pathlib import Path

from incident_console.record.folders import all_records
from incident_console.record.store import Record
from incident_console.record.summaries import summaries
from incident_console.record.verify import reachable
from incident_console.session.doctoring.finding import Finding
from incident_console.tail.places.mounts import MOUNTINFO, Mounts, read_mounts

MEMORY = ("tmpfs", "ramfs")
LEAST_FREE = 1 << 30
"""Bytes; a record with its evidence seldom takes more."""
TIGHT_FREE = 64 << 20
SLOW_SYNC_S = 0.1
"""An operator waits for one sync at each entry."""


def kind(what: str, path: Path, *, kept: bool, mountinfo: Path = MOUNTINFO) -> tuple[Finding, ...]:
    """`kept`: what lies there must outlive the machine's next start."""
    mounts = read_mounts(mountinfo)
    network = mounts.network_type(path)
    if network is not None:
        follows = "Files there are looked at each second, as no events come from it"
        if kept:
            follows += "; its locks may not hold between machines: open an incident on one machine at a time"
        return (Finding(what, f"{network}, a network file system: {path}", "mind", follows + "."),)
    local = _holding(mounts, path)
    if kept and local in MEMORY:
        follows = "What is recorded is gone when the machine restarts: name another folder with `records`."
        return (Finding(what, f"{local}, in memory: {path}", "mind", follows),)
    return (Finding(what, f"{local or 'a file system of unknown kind'}: {path}"),)


def _holding(mounts: Mounts, path: Path) -> str:
    kinds = dict(mounts.points)
    whole = Path(os.path.abspath(path))  # noqa: PTH100  (a link on a file system that hangs is not followed)
    return next((kinds[str(one)] for one in (whole, *whole.parents) if str(one) in kinds), "")


def room(what: str, path: Path) -> tuple[Finding, ...]:
    there = _nearest(path)
    facts = os.statvfs(there)
    free, whole = facts.f_bavail * facts.f_frsize, facts.f_blocks * facts.f_frsize
    told = f"{_size(free)} free of {_size(whole)}"
    if facts.f_files and not facts.f_favail:
        return (Finding(what, f"{told}, and no file may be added", "broken", "Delete files: its inodes are used up."),)
    if free < TIGHT_FREE:
        return (Finding(what, told, "broken", "Nothing more can be kept there soon: make room now."),)
    if free < LEAST_FREE:
        return (Finding(what, told, "mind", "Evidence may not fit: make room."),)
    return (Finding(what, told),)


def records_folder(folder: Path) -> tuple[Finding, ...]:
    if not os.path.lexists(folder):
        there = _nearest(folder)
        if not os.access(there, os.W_OK | os.X_OK):
            follows = f"{there} may not be written to: name another folder with `records`."
            return (Finding("folder", f"{folder}: cannot be made", "broken", follows),)
        return (Finding("folder", f"{folder}: not there yet; the first incident makes it"), _writable(there))
    if not folder.is_dir():
        return (Finding("folder", f"{folder}: no folder", "broken", "Move it away, or name another: `records`."),)
    return (_mode(folder), _writable(folder))


def _mode(folder: Path) -> Finding:
    facts = folder.stat()
    told = f"{folder}, mode {stat.S_IMODE(facts.st_mode):04o}"
    if facts.st_uid != os.getuid() or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        follows = "Others may change or delete what is recorded there: `chmod go-w`, or keep the heads elsewhere."
        return Finding("folder", told, "mind", follows)
    return Finding("folder", told)


def _writable(folder: Path) -> Finding:
    """Tried with a file of our own, which is gone again afterwards."""
    try:
        handle, name = tempfile.mkstemp(prefix=".doctor-", dir=folder)
        try:
            os.write(handle, b"incident-console doctor\n")
            began = time.monotonic()
            os.fsync(handle)
            took = time.monotonic() - began
        finally:
            os.close(handle)
            Path(name).unlink()
    except OSError as fault:
        reason = (fault.strerror or str(fault)).lower()
        return Finding("writing", f"{folder}: {reason}", "broken", "Nothing can be recorded: mend it, or `--records`.")
    told = f"a file was written and synced, which took {took * 1000:.1f} ms"
    if took > SLOW_SYNC_S:
        return Finding("writing", told, "mind", "Each entry waits for that: keep records on a local disk.")
    return Finding("writing", told)


def records(folder: Path) -> tuple[Finding, ...]:
    """How many there are, and which are broken; where nobody has listed them yet, every journal is read."""
    told = summaries(folder, keep=False)
    waiting = [one for one in told.found if not one.closed]
    found = [Finding("records", f"{len(told.found)}, of which {len(waiting)} open")]
    broken = [one.id for one in told.found if one.broken]
    if broken or told.unread:
        names = ", ".join((*broken[:3], *(sentence.partition(":")[0] for sentence in told.unread[:3])))
        follows = "`incident-console verify ID` says where each one is broken."
        found.append(Finding("broken", f"{len(broken) + len(told.unread)}: {names}", "mind", follows))
    if exposed := [path for path in all_records(folder) if any(reachable(Record(path), inside=True))]:
        names = ", ".join(path.name for path in exposed[:3]) + (", …" if len(exposed) > 3 else "")
        follows = "What is recorded there could be changed: `chmod -R go-w` them; `verify ID` says which file it is."
        found.append(Finding("open to others", f"{len(exposed)}: {names}", "mind", follows))
    return tuple(found)


def _nearest(path: Path) -> Path:
    return next((one for one in (path, *path.parents) if one.exists()), Path("/"))


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
