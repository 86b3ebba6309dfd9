"""How does an event get on disk so that nothing acknowledged is ever lost?

One line, one `write` on an `O_APPEND` descriptor, one fsync; only then does `append` return. A write that fails half
way is cut off again, so the journal on disk is at any moment good lines and at most one torn end.

After any failure the disk is not taken at its word: a kernel whose fsync failed may have dropped what it could not
write, and say yes the next time (https://wiki.postgresql.org/wiki/Fsync_Errors). Before the next event the file is
opened anew, read and compared with what was acknowledged, and its end is written and synced once more.
"""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from incident_console.errors import DiskError, InputError, RecordError
from incident_console.events import Event, JournalRepaired, Recorded
from incident_console.record import files
from incident_console.record.chain import LINE_LIMIT, START, Reading, as_event, clean, clean_text, line_hash, read
from incident_console.record.clock import Clock, stamp
from incident_console.record.pen import Pen

__all__ = ["Journal", "Reading", "read"]

_END = 1 << 16
"""Bytes; the largest page of memory that a file is written by."""

PART = 1 << 20


class Journal:
    """One incident's journal, open for writing. Thread-safe. Close it, or use it in a `with`."""

    repairs: tuple[JournalRepaired, ...]
    """What was set aside, by `open` or by a console that ended before it could tell: for the opener to append."""
    reading: Reading
    """What stood in the journal when it was opened."""

    def __init__(self, path: Path, pen: Pen, descriptor: int, session: str, by: str, clock: Clock) -> None:
        """For `create` and `open` alone."""
        self.path = path
        self.repairs = ()
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
        self._changed_ns = os.fstat(descriptor).st_mtime_ns
        """When the file was changed last, as far as this journal did it or has read it since."""
        self._open = True

    @classmethod
    def create(cls, path: Path, *, session: str, by: str, clock: Clock) -> "Journal":
        """A new, empty journal; its folder is made if need be. Raises RecordError, also when one is there already."""
        files.private_folder(path.parent)
        pen = Pen(path.parent)
        try:
            os.close(files.create(path))
        except FileExistsError:
            pen.release()
            raise RecordError(f"There is a journal at {path} already: resume that incident instead.") from None
        except OSError as fault:
            pen.release()
            raise DiskError(f"The journal {path} could not be made: {files.why(fault)}.") from None
        try:
            files.sync_folder(path.parent)
            return cls(path, pen, _appending(path), session, by, clock)
        except OSError as fault:
            with suppress(OSError):
                path.unlink()  # it may not outlive a power cut, so it must not stand in the way of another try
            pen.release()
            raise DiskError(f"The journal {path} could not be made: {files.why(fault)}.") from None

    @classmethod
    def open(cls, path: Path, *, session: str, by: str, clock: Clock) -> "Journal":
        """Continue a journal; `reading` is what it holds. A torn end is set aside: see `repairs`.

        Raises InputError when the chain is broken or there is no journal, RecordError when it cannot be written to or
        somebody else is writing.
        """
        if not path.is_file():
            raise InputError(f"There is no journal at {path}.")
        pen = Pen(path.parent)
        try:
            changed_ns = path.stat().st_mtime_ns  # taken before: what is written while it is read is not known
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
        journal._changed_ns = changed_ns
        journal.repairs = tuple(_untold(path.parent, reading))
        if reading.torn:
            try:
                journal.repairs += (journal._set_aside(reading.torn),)
            except OSError as fault:
                journal.close()
                raise DiskError(f"The torn end of {path} could not be set aside: {files.why(fault)}.") from None
        return journal

    def append(self, event: Event) -> Recorded:
        """Record `event`; it is on disk when this returns. Raises RecordError, and then nothing was recorded.

        DiskError: it may be taken later. Any other: this event, or this journal, will not do.
        """
        with self._lock:
            if not self._open:
                raise RecordError("Not recorded: the journal is closed.")
            data = clean(event.data())
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

    def contents(self) -> Iterator[bytes]:
        """What is recorded, in parts; also when the file has no name any more. Raises OSError."""
        with self._lock:  # another thread that tries again may open the file anew meanwhile, and close this descriptor
            descriptor, size = os.dup(self._descriptor), self._size
        try:
            at = 0
            while at < size:
                part = os.pread(descriptor, min(PART, size - at), at)
                if not part:
                    return
                at += len(part)
                yield part
        finally:
            os.close(descriptor)

    def facts(self) -> os.stat_result:
        """Of the file that is open, whatever became of its name. Raises OSError."""
        with self._lock:
            return os.fstat(self._descriptor)

    def settled(self) -> os.stat_result | None:
        """Of the file, when it holds what was acknowledged and nothing else; None when that is not sure."""
        with self._lock:
            try:
                facts = os.fstat(self._descriptor)
                sure = self._open and not self._doubtful and facts.st_mtime_ns == self._changed_ns
                return facts if sure and self._is_as_left() else None
            except OSError:
                return None

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
            if self._doubtful or not self._is_as_left():
                self._make_sure()
            written = os.write(self._descriptor, raw)
            if written == len(raw):
                os.fsync(self._descriptor)
                self._changed_ns = os.fstat(self._descriptor).st_mtime_ns
                return
        except OSError as fault:
            self._cut_back()
            raise DiskError(f"Not recorded: {self.path} could not be written: {files.why(fault)}.") from None
        self._cut_back()
        raise DiskError(f"Not recorded: only {written} of {len(raw)} bytes went to {self.path}; the disk may be full.")

    def _is_as_left(self) -> bool:
        """Whether nobody touched the file since the last event, nor took the pen. Raises OSError."""
        facts = os.fstat(self._descriptor)
        # the number of links says nothing: some network file systems give 0 for a file that is there
        return facts.st_size == self._size and _is_still(self.path, facts) and self._pen.held()

    def _is_same(self) -> bool:
        try:
            return _is_still(self.path, os.fstat(self._descriptor))
        except OSError:
            return False

    _doubtful = False
    """A write or a sync failed, and nobody has made sure since of what is on the disk."""
    _torn = False
    """A failed write may have left a part that could not be cut off yet."""

    def _cut_back(self) -> None:
        self._doubtful = self._torn = True
        with suppress(OSError):  # tried again before the next write; until then it is a torn end, known to every reader
            if os.fstat(self._descriptor).st_size > self._size:
                os.ftruncate(self._descriptor, self._size)
            self._torn = False

    def _make_sure(self) -> None:
        """See that the pen is here, and on the disk everything acknowledged and nothing else.

        Raises OSError, DiskError when the file is not there (now), RecordError when another program wrote to it or
        another console has the pen.
        """
        if not self.path.is_file():
            raise DiskError(f"Not recorded: {self.path} was removed or replaced while this console was writing it.")
        if not self._pen.held():
            taken = Pen(self.path.parent)
            self._pen.release()
            self._pen = taken
        same = self._is_same()
        renewed = _appending(self.path)  # what the old descriptor was opened on may be stale
        with suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = renewed
        if self._torn and os.fstat(renewed).st_size > self._size:
            os.ftruncate(renewed, self._size)
        try:
            found = read(self.path)
        except InputError as fault:
            raise DiskError(f"Not recorded: {fault}") from None
        if found.head != self._head or found.torn or found.fault:
            how = "another program changed {}" if same else "{} was removed or replaced"
            raise RecordError(f"Not recorded: {how.format(self.path)} while this console was writing it.")
        _write_end_again(self.path, self._size)
        self._doubtful = self._torn = False

    def _set_aside(self, torn: bytes) -> JournalRepaired:
        name = set_aside(self.path.parent, torn)
        os.ftruncate(self._descriptor, self._size)
        os.fsync(self._descriptor)
        reason = "the last line was cut short; it had not been acknowledged"
        return JournalRepaired(set_aside=name, size=len(torn), reason=reason)


def _untold(folder: Path, reading: Reading) -> Iterator[JournalRepaired]:
    told = {line.event.set_aside for line in reading.lines if isinstance(line.event, JournalRepaired)}
    for path in sorted(folder.glob("journal.torn-*.bin")):
        if path.name not in told and path.is_file():
            reason = "set aside earlier, by a console that ended before it could tell"
            yield JournalRepaired(set_aside=path.name, size=path.stat().st_size, reason=reason)


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
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
    os.fchmod(descriptor, 0o600)
    return descriptor


def _write_end_again(path: Path, size: int) -> None:
    """Have the end of what was acknowledged written once more, over itself: it shares a page with what failed."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        start = max(0, size - _END)
        files.pwrite_all(descriptor, os.pread(descriptor, size - start, start), start)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_still(path: Path, facts: os.stat_result) -> bool:
    try:
        now = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return (now.st_dev, now.st_ino) == (facts.st_dev, facts.st_ino)
