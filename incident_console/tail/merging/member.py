"""What is new in one of several files that are read as one stream?

A file is opened when it changes, may be closed again meanwhile, and is known again by its inode. One that never
changes costs a stat and a small object, because there may be tens of thousands.
"""

import os
from pathlib import Path

from incident_console.tail.logfile import LogFile
from incident_console.tail.merging.memberrows import Arrival, Era, Identity, MemberRows
from incident_console.tail.merging.timeline import Stretch
from incident_console.tail.source import Part, Place

BACK = 64 * 1024
"""Bytes looked back for the beginning of a line that was unfinished at opening."""

Facts = tuple[int, int, int, int]
"""Device, inode, size in bytes, time of the last change in nanoseconds."""


class MemberLog:
    """One file of the stream; `rank` numbers them as they came."""

    __slots__ = (
        *("_rows", "_start", "changed_at", "eras", "file", "known", "label"),
        *("listed", "path", "rank", "seen_as", "size"),
    )

    def __init__(self, path: str, label: str, rank: int, known: Facts | None, *, seen: bool) -> None:
        """`known` None: there is no such file yet. `seen`: what stands in it now is not shown."""
        self.path = path
        self.label = label
        self.rank = rank
        self.listed = True
        self.known = known if seen else None
        """What a stat said when all that stood in it had been read, or was to be left out."""
        self.size = known[2] if known else 0
        self.changed_at = known[3] / 1e9 if known else 0.0
        self.file: LogFile | None = None
        self.seen_as: tuple[Identity, ...] = ()
        """The inodes that it is known by to whoever compares names."""
        self.eras: tuple[Era, ...] = ()
        self._start = known if seen else None
        self._rows: MemberRows | None = None

    @property
    def rows(self) -> MemberRows:
        """Made when the first line comes."""
        if self._rows is None:
            self._rows = MemberRows(self.rank, self.changed_at)
        return self._rows

    @property
    def has_rows(self) -> bool:
        return self._rows is not None and len(self._rows) > 0

    @property
    def lines(self) -> int:
        """That came since opening."""
        return self._rows.lines if self._rows is not None else 0

    @property
    def unfinished(self) -> Era | None:
        """The text now, when its last line is unfinished and has no place yet."""
        return self.eras[-1] if self.eras and self.eras[-1].is_unfinished else None

    @property
    def descriptors(self) -> int:
        return len(self.file.parts) if self.file is not None else 0

    def holds(self, identity: Identity) -> bool:
        """Whether a file with this inode is this one, now or before a rotation."""
        if self.file is not None:
            return any((part.device, part.inode) == identity for part in self.file.parts)
        return self._is_on_disk(identity)

    def is_unchanged(self) -> bool:
        """A stat alone says that there is nothing new; never while it is open."""
        if self.file is not None:
            return False
        before, self.known = self.known, facts_of(self.path)
        return before == self.known

    def can_be_reopened(self) -> bool:
        """Closing it loses nothing: it holds one text only, which is still on disk under its name."""
        return self.descriptors <= 1 and bool(self.eras) and self._is_on_disk(self.eras[-1].identity)

    def origin(self, seq: int) -> tuple[Path, Place] | None:
        """Where a line is in the file as it is now; None when its row was dropped, or its text rotated or truncated."""
        if seq not in self.rows:
            return None
        era, start, _ = self.rows.where(seq)
        return (Path(self.path), Place(1, start)) if self.eras and era is self.eras[-1] else None

    def close(self) -> None:
        if self.file is not None:
            there = facts_of(self.path)
            # What it is known by must not hide text that was not read yet.
            era = self.eras[-1] if self.eras else None
            wholly = there is not None and era is not None and there[:3] == (*era.identity, era.scanned)
            self.known = there if wholly else None
            self.file.close()
        self.file = None
        for era in (*self.eras, *(self._rows.eras if self._rows is not None else ())):
            era.generation = None

    def reopen(self) -> bool:
        """Open it only to read what was shown: False when that text is not in the file any more."""
        file = LogFile(self.path)
        file.poll()
        parts, era = file.parts, self.eras[-1]
        if parts and _continues(era, parts[-1]):
            self.file, era.generation = file, parts[-1].generation
            return True
        file.close()
        return False

    def look(self, limit: int, arrival: Arrival, out: list[Stretch]) -> tuple[int, bool]:
        """Take what is new, about `limit` bytes; gives how many were taken, and whether there is more."""
        if self.file is None:
            self.file = LogFile(self.path)
        rows = self.rows
        rows.stamper.near = arrival.now
        change = self.file.poll()
        if self.file.size != self.size or change.kind not in ("same", "appeared"):
            self.size, self.changed_at = self.file.size, arrival.now
        parts = self.file.parts
        taken = 0
        for part in parts:
            era = self._era_of(part, arrival, out, resumed=change.kind == "replaced")
            while taken < limit and era.scanned < part.index.end:
                data = part.read(era.scanned, min(limit - taken, part.index.end - era.scanned))
                if not data:
                    return taken, False  # it cannot be read now; the next change tells
                taken += len(data)
                rows.feed(era, data, arrival, out)
            if era.scanned < part.index.end:
                return taken, True
            if part is not parts[-1]:
                rows.settle(era, arrival, out)
        if change.kind == "vanished" and self.eras:
            rows.mark("── deleted; what was shown of it stays ──", self.eras[-1], arrival, out)
        alive = {part.generation for part in parts}
        self.eras = tuple(era for era in self.eras if era.generation in alive) or self.eras[-1:]
        return taken, change.more

    def open_at_end(self, length: int, arrival: Arrival, out: list[Stretch]) -> None:
        """Take the lines in the last so many bytes: the first look at a file."""
        self.file = LogFile(self.path)
        self.file.poll()
        if not (parts := self.file.parts):
            return
        part, rows = parts[-1], self.rows
        begin = max(0, part.index.end - length)
        data = part.read(begin, part.index.end - begin)
        skip = data.find(b"\n") + 1 if begin else 0
        era = Era((part.device, part.inode), begin + skip, begin + skip, part.generation)
        self.eras = (era,)
        rows.feed(era, data[skip:], arrival, out)
        rows.settle(era, arrival, out)
        rows.lines = 0

    def _era_of(self, part: Part, arrival: Arrival, out: list[Stretch], *, resumed: bool) -> Era:
        """`resumed`: the same file under another generation is one that its server had dropped, not a truncated one."""
        for era in self.eras:
            if era.generation == part.generation:
                return era
        last = self.eras[-1] if self.eras else self._first_era()
        if last is not None and (last.generation is None or resumed) and _continues(last, part):
            last.generation = part.generation
            if not last.at_line_start:
                _to_line_start(last, part)
            self.eras = self.eras or (last,)
            return last
        era = Era((part.device, part.inode), 0, 0, part.generation)
        if last is not None:
            self.rows.settle(last, arrival, out)
            if last.scanned:
                happened = "truncated" if last.identity == era.identity else "replaced by a new file"
                self.rows.mark(f"── {happened}: read from its start ──", era, arrival, out)
        self.eras = (*self.eras, era)
        return era

    def _first_era(self) -> Era | None:
        """The text as it was when the file was seen first."""
        if self._start is None:
            return None
        device, inode, size, _ = self._start
        return Era((device, inode), size, size, at_line_start=not size)

    def _is_on_disk(self, identity: Identity) -> bool:
        there = facts_of(self.path)
        return there is not None and there[:2] == identity


def facts_of(path: str) -> Facts | None:
    """None: there is no such file, or it cannot be looked at."""
    try:
        there = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns


def _continues(era: Era, part: Part) -> bool:
    """The same file, with what was read of it still in it."""
    return era.identity == (part.device, part.inode) and part.index.end >= era.scanned


def _to_line_start(era: Era, part: Part) -> None:
    """The file was known by its size only, which may lie within a line: that line is new when it grows."""
    begin = max(0, era.scanned - BACK)
    newline = part.read(begin, era.scanned - begin).rfind(b"\n")
    if newline >= 0 or begin == 0:
        era.scanned = era.line_start = begin + newline + 1
    era.at_line_start = True
