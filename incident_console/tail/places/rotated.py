"""What has a log been rotated to, by logrotate, by a logging library, by hand?"""

from __future__ import annotations

import os
import re
from pathlib import Path

PACKED = (".gz", ".bz2", ".xz")
"""What `tail.gz` unpacks."""
_DATE = r"\d{4}-\d{2}-\d{2}(?:[-_T.]?[\d:.-]{2,8})?|\d{8}(?:[-_T.]?\d{2,6})?"
_ROTATED = re.compile(rf"\.(?P<number>\d{{1,5}})|[.-](?P<date>{_DATE})")


def siblings(path: Path) -> tuple[Path, ...]:
    """Newest first: `x.log.1`, `x.log.2.gz`, `x.log-20261121.gz`, `x.1.log`, `x-2026-11-21.log`.

    Regular files in the log's own folder; none where it cannot be read.
    """
    found = []
    try:
        with os.scandir(path.parent) as entries:
            for entry in entries:
                age = _age(entry.name, path)
                if age is not None and entry.is_file():
                    found.append((age, entry.name))
    except OSError:
        return ()
    return tuple(path.with_name(name) for _, name in sorted(found))


def _age(name: str, log: Path) -> tuple[int, int] | None:
    """The smaller, the newer; None for a file that is no rotated part of the log."""
    if name.endswith(PACKED):
        name = name[: name.rindex(".")]
    for before, after in ((log.name, ""), (log.stem, log.suffix)):
        middle = name[len(before) : len(name) - len(after)]
        if name == f"{before}{middle}{after}" and (rotated := _ROTATED.fullmatch(middle)):
            if rotated["number"]:
                return 0, int(rotated["number"])
            return 1, -int(re.sub(r"\D", "", rotated["date"]).ljust(16, "0"))
    return None
