"""Taking lines out of a log: to the clipboard, into a file, through a pager."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from textual.app import SuspendNotSupported
from textual.binding import BindingType

from incident_console.errors import Refused
from incident_console.openers import PAGER
from incident_console.tail.linetime import time_of
from incident_console.tail.source import Source
from incident_console.tui.log.bar import LogBar
from incident_console.tui.log.copying import Rows
from incident_console.tui.log.filtering import LogFiltering
from incident_console.tui.log.scroll import SAY_EACH_S, SEEKING
from incident_console.tui.log.seeking import key
from incident_console.tui.log.select import Selected, hidden_between, in_own_file, joined, rows_between, selected
from incident_console.tui.log.text import plain
from incident_console.tui.look import Dressed
from incident_console.tui.words import size

SLICE_S = 0.01
PRIVATE = 0o600


class LogLeaving(LogFiltering):
    BINDINGS: ClassVar[list[BindingType]] = [
        key("c", "copy", "copy", "copy", "Copy this line, or the selected ones, to the terminal's clipboard (OSC 52)"),
        key("S", "save", "save", "save", "Save the selected lines, or all that are shown, into a file"),
        key("vertical_line", "page_out", "pager", "pager", "The selected lines, or all that are shown, in $PAGER"),
    ]

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._overwrite: Path | None = None
        """It was said that this file exists: asked for again, it is overwritten."""

    # -- the selection -------------------------------------------------------------------------------------------

    def clear_selection(self) -> None:
        self._anchor = None
        self._lay_out()

    def selection(self) -> Selected | None:
        """The selected lines, or the line under the cursor; None when there is no line there."""
        shown, whole = self._source, self.whole_source
        if shown is None or whole is None or not self._rows:
            return None
        if whole.part_of(self._cursor) is not None and not hidden_between(shown, whole, self._cursor, self._anchor):
            return selected(whole, self.path, self._label, self._cursor, self._anchor)
        if whole.several and (own := in_own_file(shown, whole, self._cursor, self._anchor)):
            return own
        text, cut = joined(shown, whole, self._cursor, self._anchor)
        title = f"{self._label} (filtered: {self.filter})" if self.filter else self._label
        return Selected(None, None, None, None, 0, len(text), title, cut) if text else None

    @property
    def line_time(self) -> float | None:
        """When the line under the cursor was written, seconds of the epoch: its own time, or its block's."""
        return time_of(self._source, self.cursor_row) if self._source is not None and self._rows else None

    def selected_bytes(self) -> bytes:
        """The bytes that `selection()` names, at most 1 MiB; empty when there are none."""
        chosen, shown, whole = self.selection(), self._source, self.whole_source
        if chosen is None or shown is None or whole is None:
            return b""
        part = whole.part_of(self._cursor)
        if part is None or hidden_between(shown, whole, self._cursor, self._anchor):
            return joined(shown, whole, self._cursor, self._anchor)[0]
        return part.read(chosen.start_byte, chosen.end_byte - chosen.start_byte)

    async def _rows_out(self, source: Source, *, raw: bool) -> Rows:
        """The selected rows; all of them where none are selected, once it is known which there are."""
        if self._anchor is None:
            await self._count_all(source, "counting lines")
            first, last = 0, source.row_count - 1
        else:
            first, last = rows_between(source, self._cursor, self._anchor)
        return Rows(source, self.whole_source or source, first, last, raw=raw)

    # -- to the clipboard ----------------------------------------------------------------------------------------

    def action_copy(self) -> None:
        shown, whole = self._source, self.whole_source
        if shown is None or whole is None or not self._rows:
            return
        text, cut = joined(shown, whole, self._cursor, self._anchor)
        lines = [plain(line, whole=True) for line in text.split(b"\n")]
        self.app.copy_to_clipboard("\n".join(lines))
        what = f"{len(lines)} line{'' if len(lines) == 1 else 's'}"
        first = f"the first {size(len(text))}, " if cut else ""
        self.tell(f"{first}{what} sent to the clipboard, if this terminal allows it (OSC 52)")

    # -- into a file ---------------------------------------------------------------------------------------------

    def action_save(self) -> None:
        self._overwrite = None
        what = "selected lines" if self._anchor is not None else "lines shown"
        self.ask(LogBar("", f"save the {what} as: path of a file · Enter takes it", self.save_as, self.focus))

    def save_as(self, text: str) -> bool:
        """Save what is selected, or else all that is shown; False, and it is told, where that cannot begin."""
        source = self._source
        if source is None:
            return False
        try:
            path = Path(text.strip()).expanduser().absolute()
            obstacle = self._obstacle(path)
        except OSError as fault:
            obstacle = f"not saved: {(fault.strerror or str(fault)).lower()}"
        except (RuntimeError, ValueError):  # Nobody of that name has a home; a name that no file can have.
            obstacle = "that is no path of a file: choose another name"
        if obstacle:
            self.tell(obstacle)
            return False
        self.run_worker(self._save(source, path), group=SEEKING, exclusive=True)
        return True

    def _obstacle(self, path: Path) -> str:
        """Why nothing is saved there now; asked again, what exists is overwritten. Raises OSError and ValueError."""
        try:
            there = path.stat()
        except FileNotFoundError:
            return ""
        before, self._overwrite = self._overwrite, None
        if self.path is not None and self.path.exists() and os.path.samestat(there, self.path.stat()):
            return "that is this log itself: choose another file"
        if not stat.S_ISREG(there.st_mode):
            return "that is no regular file: choose another name"
        if before == path:
            return ""
        self._overwrite = path
        return f"{path.name} exists, {size(there.st_size)}: enter again overwrites it"

    async def _save(self, source: Source, path: Path) -> None:
        """Into a file beside it first, so that what is there under that name is always whole."""
        rows = await self._rows_out(source, raw=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        said = time.monotonic()
        try:
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
        except OSError as fault:
            self.tell(f"not saved: {path}: {(fault.strerror or str(fault)).lower()}")
            return
        try:
            with os.fdopen(fd, "wb") as file:
                for piece in rows.pieces(SLICE_S):
                    await asyncio.to_thread(file.write, piece)
                    if time.monotonic() - said > SAY_EACH_S:
                        self.tell(f"saving {path.name}: {rows.progress:.0%}, {self._stops} stops")
                        said = time.monotonic()
                written = file.tell()
            part.replace(path)
        except OSError as fault:
            self.tell(f"not saved: {path}: {(fault.strerror or str(fault)).lower()}")
        else:
            gone = "1 line is no longer in its file"
            if rows.lost != 1:
                gone = f"{rows.lost} lines are no longer in their file" if rows.lost else ""
            saved = f"{rows.lines} line{'' if rows.lines == 1 else 's'}, {size(written)}, saved as {path}"
            self.tell(" · ".join(filter(None, (gone, saved))))
        finally:
            with contextlib.suppress(OSError):
                part.unlink()

    # -- through a pager -----------------------------------------------------------------------------------------

    def action_page_out(self) -> None:
        source = self._source
        if source is None or not self._rows:
            return
        try:
            command = PAGER.command(self.app.environ if isinstance(self.app, Dressed) else os.environ)
        except Refused as fault:
            self.tell(str(fault))
            return
        self.run_worker(self._page_out(source, command), group=SEEKING, exclusive=True)

    async def _page_out(self, source: Source, command: list[str]) -> None:
        rows = await self._rows_out(source, raw=False)
        try:
            with self.app.suspend():
                fault = _through(command, rows.pieces(SLICE_S))
        except SuspendNotSupported:
            fault = "a pager cannot be opened here: this terminal cannot be handed over"
        self.tell(fault)
        self.refresh()


def _through(command: list[str], pieces: Iterator[bytes]) -> str:
    """Run the pager until it is left; gives why it could not be run. Interrupting it must not interrupt the log."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError), process.stdin:
                for piece in pieces:
                    process.stdin.write(piece)
            process.wait()
    except OSError as fault:
        return f"{Path(command[0]).name} could not be run: {(fault.strerror or str(fault)).lower()}"
    finally:
        signal.signal(signal.SIGINT, before)
    return ""
