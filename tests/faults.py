"""How does a test make the disk fail? One call of `os`, for the files under one folder, as a kernel would refuse it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FULL_OR_GONE = tuple(
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EIO", "EROFS", "ESTALE", "ENODEV", "ENXIO", "ENOTCONN")
)
"""What a disk says that is full, broken, read-only, lost or pulled out."""


def named(number: int) -> str:
    return errno.errorcode[number]


@contextmanager
def failing(under: Path, number: int, *calls: str) -> Iterator[list[str]]:
    """Each of `calls` raises `number` for a descriptor or a path at or under `under`; yields the calls that did."""
    seen: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        for call in calls:
            patched.setattr(os, call, _refusing(call, under, number, seen))
        yield seen
    assert seen, f"none of {calls} was called: nothing was tested"


def _refusing(call: str, under: Path, number: int, seen: list[str]) -> Any:
    real = getattr(os, call)

    def refused(what: Any, *more: Any, **named: Any) -> Any:
        path = _behind(what) if isinstance(what, int) else Path(what)
        if path == under or under in path.parents:
            seen.append(call)
            raise OSError(number, os.strerror(number))
        return real(what, *more, **named)

    return refused


@contextmanager
def short_writes(under: Path, size: int) -> Iterator[None]:
    """At most `size` bytes of each write go to the files under `under`, as on a disk that is nearly full."""
    real = os.write

    def short(descriptor: int, data: bytes) -> int:
        path = _behind(descriptor)
        return real(descriptor, data[:size] if under in path.parents else data)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "write", short)
        yield


def _behind(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}").readlink()
