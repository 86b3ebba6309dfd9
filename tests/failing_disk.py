"""A disk that fails when it is told to: what writes into one folder gets an error from the system, all else works."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CALLS = ("write", "fsync", "ftruncate")


class Disk:
    """Holds `folder` and what is in it. Stands before os.write and its like; works until `fails` is called."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._number = 0
        self._only = ""
        for name in CALLS:
            monkeypatch.setattr(os, name, self._guarded(getattr(os, name)))

    def fails(self, number: int, only: str = "") -> None:
        """Every write of a path with `only` in it ends with this errno."""
        self._number, self._only = number, only

    def works(self) -> None:
        self._number = 0

    def _guarded(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(descriptor: int, *arguments: Any) -> Any:
            if self._number and self._is_here(descriptor):
                raise OSError(self._number, os.strerror(self._number))
            return call(descriptor, *arguments)

        return guarded

    def _is_here(self, descriptor: int) -> bool:
        try:
            path = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115  (the guard itself must be quick)
        except OSError:
            return False
        return path.startswith(str(self._folder)) and self._only in path.removeprefix(str(self._folder))
