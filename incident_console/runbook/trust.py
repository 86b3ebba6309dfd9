"""Which runbooks that did not ship may run their commands here? Those whose exact content somebody has trusted.

The trust file is the user's own, JSON Lines, appended to: `{"sha256", "by", "at", "id", "path", "text"}` gives trust to
one content and keeps that content, so that a change can be shown later; the same with `"withdrawn": true`, and no text,
takes it back. The last line that names a content counts. A file that others could have written trusts nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incident_console.errors import InputError, RecordError
from incident_console.runbook.load import Loaded

LIMIT = 64 << 20
"""Bytes of a trust file: some thousand runbooks."""
PREFIX = 12
"""Hex digits that name a content at least."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """One content that may run its commands."""

    sha256: str
    by: str
    at: str
    """RFC 3339."""
    id: str = ""
    """The runbook's; empty when an earlier version of the console wrote the line, as are `path` and `text`."""
    path: str = ""
    """Where it lay, absolute."""
    text: str = ""


def in_force(file: Path) -> tuple[Trusted, ...]:
    """What is trusted now, the latest last. Raises InputError for a file that cannot be relied on."""
    try:
        with _open(file, os.O_RDONLY) as handle:
            return _fold(_entries(_read(handle, file), file))
    except FileNotFoundError:
        return ()
    except OSError as fault:
        raise InputError(f"{file}: cannot be read ({fault.strerror}); nothing is trusted without it") from None


def trusted_by(sha256: str, file: Path) -> str | None:
    """Who trusted exactly this content last, or None. Raises InputError for a file that cannot be relied on."""
    return next((each.by for each in in_force(file) if each.sha256 == sha256), None)


def earlier(loaded: Loaded, file: Path) -> Trusted | None:
    """What was trusted last, with its text kept, of the same path or else of the same runbook id."""
    known = [each for each in in_force(file) if each.text and each.sha256 != loaded.sha256]
    path = _path(loaded)
    same = [each for each in known if path and each.path == path] or [
        each for each in known if each.id == loaded.runbook.id
    ]
    return same[-1] if same else None


def give(loaded: Loaded, who: str, at: str, file: Path) -> None:
    """`who` trusts exactly this content since `at` (RFC 3339). It is on disk when this returns.

    Raises InputError for a trust file that cannot be relied on, RecordError when it cannot be written.
    """
    text = loaded.text.decode("utf-8", "surrogateescape")
    told = {"sha256": loaded.sha256, "by": who, "at": at, "id": loaded.runbook.id, "path": _path(loaded), "text": text}
    _append(told, file)


def withdraw(what: str, who: str, at: str, file: Path) -> tuple[Trusted, ...]:
    """Trust nothing any more that lies at the path `what`, or whose hash begins so; what that was.

    Raises InputError when nothing that is trusted is meant, RecordError when it cannot be written.
    """
    found = _meant(what, in_force(file))
    if not found:
        raise InputError(
            f"{what}: nothing that is trusted lies there or has that hash; `incident-console runbook trust --list` "
            f"shows what is trusted; a hash needs its first {PREFIX} digits"
        )
    for each in found:
        _append({"sha256": each.sha256, "by": who, "at": at, "withdrawn": True}, file)
    return found


def _meant(what: str, known: tuple[Trusted, ...]) -> tuple[Trusted, ...]:
    digits = what.lower()
    if len(digits) >= PREFIX and not digits.strip("0123456789abcdef"):
        return tuple(each for each in known if each.sha256.startswith(digits))
    path = os.path.abspath(what)  # noqa: PTH100  (a link is not followed: the path as it was given counts)
    content = ""
    with suppress(OSError, ValueError):
        content = hashlib.sha256(Path(path).read_bytes()).hexdigest() if Path(path).is_file() else ""
    return tuple(each for each in known if each.path == path or each.sha256 == content)


def _path(loaded: Loaded) -> str:
    return os.fsdecode(os.path.abspath(loaded.path)) if loaded.path is not None else ""  # noqa: PTH100


# The file


@contextmanager
def _open(file: Path, flags: int) -> Iterator[int]:
    """The trust file, if it is the user's own and nobody else can write to it. Raises OSError, InputError."""
    handle = os.open(file, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        if wrong := _wrong(os.fstat(handle), file.parent.stat()):
            raise InputError(f"{file}: {wrong}; nothing is trusted until that is put right")
        yield handle
    finally:
        os.close(handle)


def _wrong(file: os.stat_result, folder: os.stat_result) -> str:
    if not stat.S_ISREG(file.st_mode):
        return "it is not a plain file"
    if file.st_uid != os.geteuid():
        return f"it belongs to another user (uid {file.st_uid})"
    if file.st_mode & 0o022:
        return f"others may write to it (mode {stat.S_IMODE(file.st_mode):o}): read it, then `chmod 600` it"
    if folder.st_mode & 0o022 and not folder.st_mode & stat.S_ISVTX:
        return f"others may write to its folder (mode {stat.S_IMODE(folder.st_mode):o}): `chmod go-w` that"
    return ""


def _append(told: dict[str, Any], file: Path) -> None:
    line = json.dumps(told, ensure_ascii=True).encode("ascii") + b"\n"
    try:
        _private(file.parent)
        with _open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT) as handle:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(handle, fcntl.LOCK_EX)
            before = _read(handle, file)
            for _ in _entries(before, file):
                pass  # what cannot be relied on is not added to
            whole = before.rfind(b"\n") + 1
            if whole != len(before):
                os.ftruncate(handle, whole)  # a line that was cut short: nobody was told that it counts
            try:
                if os.write(handle, line) != len(line):
                    raise OSError(0, "only a part could be written; the disk may be full")
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, whole)
                raise
    except OSError as fault:
        raise RecordError(f"{file}: the trust could not be written ({fault.strerror})") from None


def _private(folder: Path) -> None:
    """Make the folder, and what is missing above it, 0700 whatever the umask."""
    if not folder.is_dir():
        _private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _read(handle: int, file: Path) -> bytes:
    size = os.fstat(handle).st_size
    if size > LIMIT:
        raise InputError(f"{file}: has more than {LIMIT} bytes; nothing is trusted by it: move it away, trust again")
    data = bytearray()
    while part := os.pread(handle, size + 1 - len(data), len(data)):
        data += part
    return bytes(data)


def _entries(data: bytes, file: Path) -> Iterator[dict[str, Any]]:
    """The whole lines. Raises InputError at one that says nothing sound: it may have been a withdrawal."""
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict) or not all(_says(entry, name) for name in ("sha256", "by")):
            raise InputError(
                f"{file}, line {number}: is broken, and may have taken trust back; nothing is trusted until it is "
                "taken out (or the file is moved away, and what is needed is trusted again)"
            )
        yield entry


def _says(entry: dict[str, Any], name: str) -> bool:
    return isinstance(entry.get(name), str) and bool(entry[name].strip())


def _fold(entries: Iterator[dict[str, Any]]) -> tuple[Trusted, ...]:
    found: dict[str, Trusted] = {}
    for entry in entries:
        sha256 = entry["sha256"]
        found.pop(sha256, None)
        if not entry.get("withdrawn"):
            told = {name: entry[name] for name in ("at", "id", "path", "text") if isinstance(entry.get(name), str)}
            if hashlib.sha256(told.get("text", "").encode("utf-8", "surrogateescape")).hexdigest() != sha256:
                told["text"] = ""
            found[sha256] = Trusted(sha256, entry["by"], **({"at": ""} | told))
    return tuple(found.values())
