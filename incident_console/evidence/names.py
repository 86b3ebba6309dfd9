"""How is a path or a word from outside written down, when it may hold bytes that are no text?"""

from __future__ import annotations

import os
import re
from pathlib import Path

_SURROGATE = re.compile("[\ud800-\udfff]")


def shown(text: str | Path) -> str:
    """The text as it may stand in a record: a byte that is not UTF-8 becomes `\\xNN`; no lone surrogate is left."""
    return _SURROGATE.sub(_escaped, str(text))


def relative(path: Path, workdir: Path) -> str:
    """The path as it may stand in a record: relative to the workdir where it is inside it, else absolute."""
    whole = Path(os.path.normpath(workdir / path))
    base = Path(os.path.normpath(workdir))
    return shown(whole.relative_to(base) if whole.is_relative_to(base) else whole)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
