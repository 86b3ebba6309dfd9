"""What stands in a log that was compressed when it was rotated away (`.gz`, `.bz2`, `.xz`)?

It is unpacked in slices into a file without a name, so that a row can be read from anywhere and nothing is left behind;
its rows appear as they are unpacked. A broken file is shown as far as it can be read, then a mark tells what is wrong.
"""

from __future__ import annotations

import bz2
import lzma
import os
import stat
import tempfile
import time
import zlib
from pathlib import Path
from typing import Protocol

from incident_console.tail.lineindex import LineIndex
from incident_console.tail.logfile import unreadable
from incident_console.tail.source import Change, Mark, Part, Source

SPARE = 512 << 20
"""Bytes that are left free where the text is unpacked."""
LIMIT = 16 << 30
"""Bytes unpacked of one file: a few megabytes of zeros become as much as one likes."""
READ = 64 * 1024
UNPACK = 256 * 1024
"""Bytes unpacked at once, so that a slice is short however well the text was packed."""
LOOK_EACH = 16 << 20
"""Bytes between two looks at the free space."""
PADDING = b"\0"
"""What tapes and block devices leave between members and behind the last."""
XZ_MEMORY = 256 << 20


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def unpack(self, data: bytes) -> bytes:
        """At most `UNPACK` bytes; called with b"" while `more`."""

    @property
    def more(self) -> bool: ...


class GzFile(Source):
    """A compressed file, opened at the first `poll()` or `index_step()`. No method raises for what the disk does."""

    def __init__(
        self, path: str | os.PathLike[str], *, folder: Path | None = None, limit: int = LIMIT, spare: int = SPARE
    ) -> None:
        """`folder` is where it is unpacked; None: where temporary files go."""
        super().__init__(os.fspath(path))
        self.path = Path(path)
        self._folder = folder
        self._limit = limit
        self._spare = spare
        self._packed = -1
        self._text = -1
        self._packed_size = self._read_size = self._text_size = self._look_at = 0
        self._changed_at = 0.0
        self._unpacker: _Unpacker | None = None
        self._rest = b""
        """Read, and not given to an unpacker yet."""
        self._done = False
        self._inode: int | None = None

    @property
    def inode(self) -> int | None:
        return self._inode

    @property
    def progress(self) -> float:
        if self._done or not self._packed_size:
            return float(self._done)
        return min(self._read_size / self._packed_size, 0.99)

    def poll(self) -> Change:
        """Open it; later, look whether somebody still writes to it. Nothing is unpacked here."""
        if self._packed < 0 and not self._done:
            self._open()
            return Change("appeared" if self._packed >= 0 else "same", 0, self.size)
        self._look()
        return Change("same", 0, self.size)

    def index_step(self, budget_s: float) -> bool:
        """Unpack for about that long; True when there is no more."""
        until = time.perf_counter() + budget_s
        if self._packed < 0 and not self._done:
            self._open()
        while not self._done:
            self._unpack_some()
            if time.perf_counter() >= until:
                break
        return self._done

    def close(self) -> None:
        for fd in (self._packed, self._text):
            if fd >= 0:
                os.close(fd)
        self._packed = self._text = -1
        self._packed_size = self._read_size = self._text_size = self._look_at = 0
        self._unpacker, self._rest, self._parts = None, b"", []
        self._done = False

    def _open(self) -> None:
        try:
            self._packed = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
            facts = os.fstat(self._packed)
            if not stat.S_ISREG(facts.st_mode):
                self._finish("This is not a regular file; only regular files can be shown.")
                return
        except FileNotFoundError:
            self._finish("This file does not exist.")
            return
        except OSError as fault:
            self._finish(unreadable(fault))
            return
        try:
            with tempfile.TemporaryFile(dir=self._folder, buffering=0) as text:
                self._text = os.dup(text.fileno())
        except OSError as fault:
            self._finish(f"There is no room to unpack it: {(fault.strerror or str(fault)).lower()}.")
            return
        self._packed_size, self._changed_at = facts.st_size, facts.st_mtime
        self._inode = facts.st_ino
        index = LineIndex(self._read, 0)
        self._parts = [Part(0, index, self._read, facts.st_dev, facts.st_ino)]
        self.notice = "It is being unpacked."

    def _read(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self._text, length, offset) if self._text >= 0 and length > 0 and offset >= 0 else b""
        except OSError:
            return b""

    def _unpack_some(self) -> None:
        """One piece; whatever is wrong with it ends the text with a mark."""
        try:
            unpacker = self._unpacker
            if unpacker is not None and unpacker.more:
                text = unpacker.unpack(b"")
            elif (data := self._rest or self._more()) and (unpacker := unpacker or _unpacker(data)):
                self._unpacker, self._rest = unpacker, b""
                text = unpacker.unpack(data)
            else:
                self._end(data)
                return
        except (zlib.error, lzma.LZMAError, EOFError, ValueError) as fault:
            self._break(f"the file is damaged here: {fault}")
            return
        except OSError as fault:
            # bz2 raises one without a number for data that is none.
            self._break(f"the file is damaged here: {fault}" if fault.errno is None else unreadable(fault).rstrip("."))
            return
        if unpacker.eof:
            # What follows is another member: logs are packed piece by piece, and the pieces joined.
            self._unpacker, self._rest = None, unpacker.unused_data.lstrip(PADDING)
        if text:
            self._store(text)

    def _more(self) -> bytes:
        while data := os.pread(self._packed, READ, self._read_size):
            self._read_size += len(data)
            if self._unpacker is not None:
                return data
            if data := data.lstrip(PADDING):
                return data
        return b""

    def _end(self, rest: bytes) -> None:
        if self._unpacker is not None:
            self._break("the file ends in the middle: it was cut off, or is still being written")
        elif rest and self._text_size:
            self._break("what follows is not compressed text; it is left out")
        elif rest:
            self._finish("This file is not compressed as its name says.")
        else:
            self._finish(None if self._text_size else "It is empty.")

    def _store(self, text: bytes) -> None:
        if self._text_size + len(text) > self._limit:
            self._break(f"the first {self._text_size:,} bytes are shown; it holds more than is unpacked here")
            return
        try:
            if self._text_size + len(text) > self._look_at:
                self._look_at = self._text_size + LOOK_EACH
                disk = os.fstatvfs(self._text)
                if disk.f_bavail * disk.f_frsize < self._spare + len(text):
                    self._break(f"the first {self._text_size:,} bytes are shown; the disk is too full to unpack more")
                    return
            rest = memoryview(text)
            while rest:
                written = os.write(self._text, rest)
                self._text_size += written
                rest = rest[written:]
        except OSError as fault:
            self._break(f"no more could be unpacked: {(fault.strerror or str(fault)).lower()}")
            return
        self.parts[0].index.grow(self._text_size)

    def _break(self, why: str) -> None:
        if self._text_size:
            self.parts[0].index.grow(self._text_size)
            self._parts.append(Mark(1, f"── {why} ──"))
        self._finish(f"{why[0].upper()}{why[1:]}.")

    def _finish(self, notice: str | None) -> None:
        self._done = True
        self._unpacker, self._rest = None, b""
        self.notice = notice
        self._look()

    def _look(self) -> None:
        """Whether it was written to since it was opened."""
        if self._packed < 0 or self._text < 0:
            return
        try:
            now = os.fstat(self._packed)
        except OSError:
            return
        if (now.st_size, now.st_mtime) != (self._packed_size, self._changed_at):
            self.notice = "It has been written to since it was opened; open it again to see the rest."


class _Gzip:
    more = False

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def unpack(self, data: bytes) -> bytes:
        text = self._inner.decompress(self._inner.unconsumed_tail + data, UNPACK)
        # A full piece may have more behind it, even with everything taken in.
        self.more = not self._inner.eof and (bool(self._inner.unconsumed_tail) or len(text) == UNPACK)
        return text


class _Other:
    """bz2 and xz have the same interface."""

    def __init__(self, inner: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._inner = inner

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def more(self) -> bool:
        return not self._inner.eof and not self._inner.needs_input

    def unpack(self, data: bytes) -> bytes:
        return self._inner.decompress(data, UNPACK)


def _unpacker(data: bytes) -> _Unpacker | None:
    """By the first bytes, not by the name; None for what is not compressed in one of the known ways."""
    if data.startswith(b"\x1f\x8b"[: len(data)]):
        return _Gzip()
    if data.startswith(b"BZh"[: len(data)]):
        return _Other(bz2.BZ2Decompressor())
    if data.startswith(b"\xfd7zXZ"[: len(data)]):
        return _Other(lzma.LZMADecompressor(memlimit=XZ_MEMORY))
    return None
