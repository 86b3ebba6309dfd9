"""How does an event get on disk so that nothing acknowledged is ever lost?

One line, one `write` on an `O_APPEND` descriptor, one fsync; only then does `append` return. A write that fails half
way is cut off again, so the journal on disk is at any moment good lines and at most one torn end.
"""

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from incident_console.errors import InputError, RecordError
from incident_console.events import Event, Recorded
from incident_console.record import files
from incident_console.record.chain import LINE_LIMIT, START, Reading, as_event, clean, clean_text, line_hash, read
from incident_console.record.clock import Clock, stamp
from incident_console.record.pen import Pen

__all__ = ["Journal", "Reading", "Repair", "read"]


@dataclass(frozen=True, slots=True)
class Repair:
    """What opening set aside: the data of a `journal.repaired` event, which the opener appends."""

    set_aside: str
    size: int
    reason: str


class Journal:
    """One incident's journal, open for writing. Thread-safe. Close it, or use it in a `with`."""

    repaired: Repair | None
    """What `open` found torn and set aside."""
    reading: Reading
    """What stood in the journal when it was opened."""

    def __init__(self, path: Path, pen: Pen, descriptor: int, session: str, by: str, clock: Clock) -> None:
        """For `create` and `open` alone."""
        self.path = path
        self.repaired = None
        self.reading = Reading((), b"", START, None, 0)
        self._pen = pen
        self._descriptor = descriptor
        self._session = clean_text(session)
        self._by = clean_text(by)
        self._clock = clock
        self._started = clock.monotonic()
        self._lock = threading.Lock()
        self._seq = 0
        self._head = START
        self._size = 0
        self._open = True

    @classmethod
    def create(cls, path: Path, *, session: str, by: str, clock: Clock) -> "Journal":
        """A new, empty journal; its folder is made if need be. Raises RecordError, also when one is there already."""
        files.private_folder(path.parent)
        pen = Pen(path.parent)
        try:
            os.close(files.create(path))
            files.sync_folder(path.parent)
            return cls(path, pen, _appending(path), session, by, clock)
        except FileExistsError:
            pen.release()
            raise RecordError(f"There is a journal at {path} already: resume that incident instead.") from None
        except OSError as fault:
            pen.release()
            raise RecordError(f"The journal {path} could not be made: {files.why(fault)}.") from None

    @classmethod
    def open(cls, path: Path, *, session: str, by: str, clock: Clock) -> "Journal":
        """Continue a journal; `reading` is what it holds. A torn end is set aside: see `repaired`.

        Raises InputError when the chain is broken or there is no journal, RecordError when it cannot be written to or
        somebody else is writing.
        """
        if not path.is_file():
            raise InputError(f"There is no journal at {path}.")
        pen = Pen(path.parent)
        try:
            reading = read(path)
            if reading.fault:
                raise InputError(
                    f"{path}, {reading.fault}. The record can be read up to there, but not continued: "
                    "get an unaltered copy."
                )
            journal = cls(path, pen, _appending(path), session, by, clock)
        except OSError as fault:
            pen.release()
            raise RecordError(f"The journal {path} could not be opened: {files.why(fault)}.") from None
        except BaseException:
            pen.release()
            raise
        journal.reading = reading
        journal._seq, journal._head, journal._size = len(reading.lines), reading.head, reading.size
        if reading.torn:
            try:
                journal.repaired = journal._set_aside(reading.torn)
            except OSError as fault:
                journal.close()
                raise RecordError(f"The torn end of {path} could not be set aside: {files.why(fault)}.") from None
        return journal

    def append(self, event: Event) -> Recorded:
        """Record `event`; it is on disk when this returns. Raises RecordError, and then nothing was recorded."""
        with self._lock:
            if not self._open:
                raise RecordError("Not recorded: the journal is closed.")
            data = clean(event.model_dump(mode="python", by_alias=True, exclude_none=True))
            seq, at = self._seq + 1, stamp(self._clock.now())
            mono_s = round(self._clock.monotonic() - self._started, 3)
            line = {
                "seq": seq,
                "at": at,
                "mono_s": mono_s,
                "session": self._session,
                "by": self._by,
                "kind": event.kind,
                "data": data,
                "prev": self._head,
            }
            digest = line_hash(line)
            raw = json.dumps({**line, "hash": digest}, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
            if len(raw) > LINE_LIMIT:
                raise RecordError(f"Not recorded: a {event.kind} of {len(raw)} bytes is too large. Keep it as a file.")
            self._write(raw)
            prev, self._seq, self._head, self._size = self._head, seq, digest, self._size + len(raw)
            # what is handed back is what a reader will get, so that a live fold and a later one cannot differ
            return Recorded(
                seq, at, mono_s, self._session, self._by, event.kind, as_event(event.kind, data)[0], prev, digest
            )

    @property
    def head(self) -> str:
        """The hash of the last line, or 64 zeros."""
        return self._head

    @property
    def seq(self) -> int:
        """The number of lines."""
        return self._seq

    def close(self) -> None:
        """Give the pen back. Everything is saved already."""
        with self._lock:
            if self._open:
                self._open = False
                os.close(self._descriptor)
                self._pen.release()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _write(self, raw: bytes) -> None:
        try:
            self._check_file()
            written = os.write(self._descriptor, raw)
            if written != len(raw):
                self._cut_back()
                raise RecordError(
                    f"Not recorded: only {written} of {len(raw)} bytes went to {self.path}; the disk may be full."
                )
            os.fsync(self._descriptor)
        except OSError as fault:
            self._cut_back()
            raise RecordError(f"Not recorded: {self.path} could not be written: {files.why(fault)}.") from None

    def _check_file(self) -> None:
        """Cut off what an earlier failed write left; refuse when the file is not the one that was opened."""
        facts = os.fstat(self._descriptor)
        if not facts.st_nlink or not _is_still(self.path, facts):
            raise RecordError(f"Not recorded: {self.path} was removed or replaced while this console was writing it.")
        if facts.st_size > self._size and self._torn:
            os.ftruncate(self._descriptor, self._size)
            self._torn = False
        elif facts.st_size != self._size:
            raise RecordError(f"Not recorded: another program changed {self.path} while this console was writing it.")

    _torn = False
    """A failed write may have left a part that could not be cut off yet."""

    def _cut_back(self) -> None:
        self._torn = True
        try:
            os.ftruncate(self._descriptor, self._size)
            self._torn = False
        except OSError:
            pass  # tried again before the next write; until then the part is a torn end, which every reader knows

    def _set_aside(self, torn: bytes) -> Repair:
        name = set_aside(self.path.parent, torn)
        os.ftruncate(self._descriptor, self._size)
        os.fsync(self._descriptor)
        return Repair(name, len(torn), "the last line was cut short; it had not been acknowledged")


def set_aside(folder: Path, torn: bytes) -> str:
    """Keep a torn end in a new file `journal.torn-N.bin` of the record; its name. Raises OSError."""
    taken = {path.name for path in folder.glob("journal.torn-*.bin")}
    name = next(name for n in range(1, len(taken) + 2) if (name := f"journal.torn-{n}.bin") not in taken)
    descriptor = files.create(folder / name)
    try:
        files.write_all(descriptor, torn)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    files.sync_folder(folder)
    return name


def _appending(path: Path) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
    os.fchmod(descriptor, 0o600)
    return descriptor


def _is_still(path: Path, facts: os.stat_result) -> bool:
    try:
        now = path.lstat()
    except FileNotFoundError:
        return False
    return (now.st_dev, now.st_ino) == (facts.st_dev, facts.st_ino)
