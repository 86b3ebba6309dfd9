"""Which runbooks ship with the console, and where are they? Quick to ask: nothing is read."""

from __future__ import annotations

from pathlib import Path


def shipped() -> tuple[Path, ...]:
    """The runbooks that ship with the console, by name: from the wheel's package data, else from the checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "_runbooks", package.parent / "runbooks"):
        if folder.is_dir():
            return tuple(sorted(folder.glob("*.yaml")))
    return ()
