"""Which tests need a program that may not be here? In CI nothing is skipped: the test runs, and fails without it.

`pytestmark = needs("snakemake")`, or as a decorator: `@needs("git", "tmux")`.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""The first of them that is there."""


def program(name: str) -> str | None:
    """Where a program is: in this Python's environment, else on PATH."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def needs(*names: str) -> pytest.MarkDecorator:
    missing = [name for name in names if program(name) is None]
    return pytest.mark.skipif(bool(missing) and not os.environ.get("CI"), reason=f"not installed: {', '.join(missing)}")
