"""How does a text leave the screen for the operator's pager, and what when that does not work?

The text is written into a file that only its owner can read, as it is shown: a pager obeys what a terminal obeys. The
screen is given away while the pager runs; the file goes when it has ended.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App, SuspendNotSupported

from incident_console.errors import InputError
from incident_console.record.files import open_plain, why
from incident_console.session import itemdiff
from incident_console.tui.editor import lent_terminal
from incident_console.tui.log.text import plain

if TYPE_CHECKING:
    from incident_console.record.blobs import Blobs
    from incident_console.session.browsing import Entry

PIECE = 1 << 20
LONGEST = 8 << 20
"""Bytes of a line after which it is cut in two."""
_OBEYED_BY_NONE = bytes((9, 10, *range(32, 127)))


def written(blobs: Blobs, entry: Entry, going: Callable[[float], None] = lambda _: None) -> Path:
    """All that is kept of it, checked, in a file 0600 in a folder of its own. Raises InputError; reads all of it.

    `going` is told the share that is written, and may raise to end it.
    """
    if wrong := itemdiff.check(blobs, entry):
        raise InputError(wrong)
    folder = Path(tempfile.mkdtemp(prefix="incident-console-"))
    path = folder / f"evidence-{entry.seq}.txt"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            for part, sha256, _ in entry.blobs:
                file.write(f"\n-- {part} --\n".encode() if part else b"")
                with open_plain(blobs.folder / sha256) as blob:
                    file.writelines(harmless(_told(iter(lambda: blob.read(PIECE), b""), entry.size, going)))
    except OSError as fault:
        removed(path)
        raise InputError(f"it could not be written for the pager in {folder}: {why(fault)}") from None
    except BaseException:
        removed(path)
        raise
    return path


def _told(pieces: Iterable[bytes], size: int, going: Callable[[float], None]) -> Iterator[bytes]:
    read = 0
    for piece in pieces:
        read += len(piece)
        going(read / max(1, size))
        yield piece


def harmless(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same text, with nothing in it that a terminal obeys. Most of a log is plain, and costs next to nothing."""
    rest = b""
    for piece in pieces:
        whole, newline, rest = (rest + piece).rpartition(b"\n")
        if newline:
            yield _shown(whole) + b"\n"
        if len(rest) > LONGEST:
            yield _shown(rest)
            rest = b""
    if rest:
        yield _shown(rest)


def shown(data: bytes) -> str:
    """Text as `harmless` gives it."""
    return b"".join(harmless([data])).decode("utf-8", "replace")


def page(app: App[int], words: list[str], path: Path) -> str:
    """Run the pager on the file until it is left; a sentence on why it could not be, or empty. The screen waits."""
    try:
        with app.suspend(), lent_terminal():
            subprocess.run([*words, str(path)], check=False)
    except SuspendNotSupported:
        return "A pager cannot be opened here: this screen is no terminal that could be given to it."
    except OSError as fault:
        return f"{words[0]} could not be run: {why(fault)}."
    return ""


def removed(path: Path) -> None:
    with suppress(OSError):
        shutil.rmtree(path.parent, ignore_errors=True)


def _shown(text: bytes) -> bytes:
    if not text.translate(None, _OBEYED_BY_NONE):
        return text
    return b"\n".join(plain(line, whole=True).encode("utf-8", "replace") for line in text.split(b"\n"))
