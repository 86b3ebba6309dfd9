"""How is a longer text written in the operator's own editor, and what when that does not work?

An editor that nobody chose is named before it takes the screen, and how it is left again. The screen is given away
while the editor runs; what records goes on in its own threads, and is shown afterwards. Whatever goes wrong is a
sentence beside the text as it was, and what was written and could not be read stays in its file.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import tempfile
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from textual.app import App, SuspendNotSupported

from incident_console.errors import Refused
from incident_console.openers import EDITOR

LIMIT = 1 << 20
"""Bytes of a text that are taken back."""
LEFT = {
    "vi": ":wq keeps what was written there, :q! drops it",
    "nano": "ctrl+x leaves it, and asks whether to keep what was written",
}
"""How the editors are left that are looked for where none is named."""


@dataclass(frozen=True, slots=True)
class Edited:
    """`text` is as it was where there is a `fault`, a sentence."""

    text: str
    fault: str = ""


def edit(
    app: App[Any], text: str, *, name: str = "text.md", environ: Mapping[str, str] | None = None, limit: int = LIMIT
) -> Edited:
    """Have `text` edited in $VISUAL or $EDITOR. The screen's loop waits until the editor has ended.

    `name` is the file's, by which an editor knows what it is; `environ` is otherwise the app's, in which the settings
    count; `limit` is how many bytes are taken back. The file is 0600 in a folder 0700, and deleted after.
    """
    try:
        words = EDITOR.command(_environ(app) if environ is None else environ)
    except Refused as fault:
        return Edited(text, f"{fault}; the form on the screen does the same.")
    try:
        folder = Path(tempfile.mkdtemp(prefix="incident-console-"))
    except OSError as fault:
        return Edited(text, f"There is no room for a file to edit: {fault.strerror}.")
    path, keep = folder / name, False
    try:
        before = text.encode("utf-8", "backslashreplace")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(before)
        with app.suspend(), lent_terminal():
            ended = _run([*words, str(path)])
        told, after = (ended, None) if ended else _read(path, limit)
        if after is not None:
            return Edited(after)
        keep = _differs(path, before)
        rest = f" What was written is still in {path}." if keep else ""
        return Edited(text, f"{told} The text stays as it was.{rest}")
    except SuspendNotSupported:
        return Edited(text, "An editor cannot be opened here: this screen is no terminal that could be given to it.")
    except OSError as fault:
        return Edited(text, f"The text could not be edited: {fault.strerror or fault}. It stays as it was.")
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def unasked(app: App[Any], again: str) -> str:
    """Which editor opens though nobody chose one, and how it is left; empty where one is chosen, or none is found.

    `again` is the key that opens it.
    """
    environ = _environ(app)
    if EDITOR.named(environ) or (found := EDITOR.found(environ)) is None:
        return ""
    return f"Neither $VISUAL nor $EDITOR is set: {again} once more opens {found}. There {LEFT[found]}."


def _environ(app: App[Any]) -> Mapping[str, str]:
    known: Mapping[str, str] = getattr(app, "environ", os.environ)
    return known


def _run(words: list[str]) -> str:
    """Empty when it ended well, else a sentence."""
    try:
        code = subprocess.run(words, check=False).returncode
    except OSError as fault:
        return f"{words[0]} could not be started: {fault.strerror}."
    if code < 0:
        return f"{words[0]} was ended by {signal.Signals(-code).name}."
    return f"{words[0]} ended with exit {code}." if code else ""


def _read(path: Path, limit: int) -> tuple[str, str | None]:
    """A sentence on why it cannot be taken, or the text."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return "The editor left no file behind.", None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return "The editor left something that is no file.", None
        data = file.read(limit + 1)
    if len(data) > limit:
        return f"The text is longer than {limit >> 10} KiB.", None
    try:
        return "", data.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        return f"The text is not UTF-8: line {line} holds the byte {data[fault.start]:#04x}.", None


def _differs(path: Path, before: bytes) -> bool:
    with suppress(OSError):
        return path.stat().st_size != len(before) or path.read_bytes() != before
    return False


@contextmanager
def lent_terminal() -> Iterator[None]:
    """An editor that was killed may leave the terminal as it wanted it; ctrl+c in it is not meant for the console."""
    try:
        modes = termios.tcgetattr(0)
    except termios.error:
        modes = None
    # A handler, not SIG_IGN, which the editor would inherit.
    before = {number: signal.signal(number, _pass) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if modes is not None:
            with suppress(termios.error):
                termios.tcsetattr(0, termios.TCSADRAIN, modes)


def _pass(number: int, frame: FrameType | None) -> None:
    """Not for us."""
