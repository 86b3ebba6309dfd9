"""What does the end of a text file say, read within bounds? Nothing here raises for what a file is or holds."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from incident_console.snakemake import fields

TAIL = 64 * 1024
_LINE_LIMIT = 2000
_COUNT_LIMIT = 16 << 20
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Tail:
    """The last lines of a file. `first_line` is the number of the first of them, None in a file too long to count."""

    lines: tuple[str, ...]
    first_line: int | None
    size: int


def regular(path: Path) -> os.stat_result | None:
    """The facts of a regular file; None for anything else, be it missing, a pipe or a folder."""
    try:
        facts = path.stat()
    except (OSError, ValueError):
        return None
    return facts if stat.S_ISREG(facts.st_mode) else None


def read_bytes(path: Path, limit: int, offset: int = 0) -> bytes | None:
    """At most `limit` bytes from `offset`; None when the file is no regular one or cannot be read."""
    if regular(path) is None:
        return None
    try:
        # O_NONBLOCK: between the look and the opening the file may have become a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return os.pread(descriptor, limit, offset)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def read_tail(path: Path, limit: int = TAIL) -> Tail | None:
    """The last `limit` bytes as lines without colours; None when the file cannot be read."""
    facts = regular(path)
    if facts is None:
        return None
    start = max(0, facts.st_size - limit)
    data = read_bytes(path, limit, start)
    if data is None:
        return None
    before = _lines_before(path, start)
    if start:
        # The first line is cut: it begins before the tail does.
        cut = data.find(b"\n") + 1
        data = data[cut:] if cut else data
        before = before + 1 if before is not None and cut else before
    return Tail(lines_of(data), None if before is None else before + 1, facts.st_size)


def lines_of(data: bytes) -> tuple[str, ...]:
    """Lines as text: bytes that are not UTF-8 become `\\xNN`, control characters and colours go."""
    found = []
    for line in data.split(b"\n"):
        shown = fields.text(fields.plain(line[:_LINE_LIMIT])).rstrip("\r")
        # A progress bar rewrites its line: what stands last is what was seen.
        shown = shown.rsplit("\r", 1)[-1]
        found.append(printable(shown))
    if found and not found[-1]:
        found.pop()
    return tuple(found)


def printable(text: str) -> str:
    """The text without control characters, which a terminal would obey."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def _lines_before(path: Path, start: int) -> int | None:
    """How many line ends stand before byte `start`; None where counting would take too long."""
    if start > _COUNT_LIMIT:
        return None
    count = 0
    for at in range(0, start, _PIECE):
        piece = read_bytes(path, min(_PIECE, start - at), at)
        if piece is None:
            return None
        count += piece.count(b"\n")
    return count
