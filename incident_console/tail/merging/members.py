"""Which files are in a stream of several, each of them once, whatever names it has?

A file is known by its inode: a link to a member, or a member's old text under the name that rotation gave it, is no
other file. An inode is given to another file once its own is gone, so a match is looked at again before it is believed.
"""

import os
from collections.abc import Container, Iterable
from dataclasses import dataclass
from heapq import nlargest
from operator import attrgetter
from pathlib import Path

from incident_console.tail.merging.member import MemberLog, facts_of
from incident_console.tail.merging.memberrows import Identity


@dataclass(frozen=True, slots=True)
class Member:
    """One of the files. `label` stands before its lines."""

    path: Path
    label: str


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What a list of the files tells of one."""

    path: Path
    label: str
    size: int
    changed_at: float
    """Seconds of the epoch; 0: it does not exist."""
    lines: int
    """That came since the stream was opened."""


class Members:
    """The files by rank, by name and by inode. Those no longer named stay as long as rows of them are shown."""

    def __init__(self) -> None:
        self.logs: dict[int, MemberLog] = {}
        self.size = 0
        """Bytes of all of them."""
        self._by_path: dict[str, MemberLog] = {}
        self._aliases: dict[str, str] = {}
        """Other names of a file that is a member already, with the labels they would have."""
        self._by_inode: dict[Identity, MemberLog] = {}
        self._ranks = 0

    def set(self, members: Iterable[Member], *, seen: bool, busy: Container[int]) -> list[MemberLog]:
        """These are the files from now on. Gives the new ones with text that is to be read.

        `seen`: what stands in new files now is not to be read. `busy`: ranks that must not be forgotten.
        """
        wanted = {_absolute(member.path): member.label for member in members}
        for path in [path for path in self._by_path if path not in wanted]:
            self._unlist(path, busy)
        added = [self._admit(path, label, seen=seen) for path, label in wanted.items() if path not in self._by_path]
        for path, label in wanted.items():
            log = self._by_path[path]
            log.listed = True
            if path == log.path:
                log.label = label
        return [log for log in added if log.known is None and log.size]

    def told(self, path: Path, *, seen: bool) -> MemberLog | None:
        """The file of this name, which may have changed; None when it is no member."""
        name = _absolute(path)
        log = self._by_path.get(name)
        if log is not None and name != log.path and (known := facts_of(name)) and not log.holds(known[:2]):
            del self._by_path[name]  # a link that points elsewhere now
            return self._admit(name, self._aliases.pop(name), seen=seen)
        return log

    def looked_at(self, log: MemberLog, size_before: int) -> None:
        """Its size or its inodes may be others now."""
        self.size += log.size - size_before
        if log.eras:
            self._know(log, tuple(era.identity for era in log.eras))

    def newest(self, most: int) -> list[MemberLog]:
        """The files with any text that changed last, that one first."""
        return nlargest(most, (log for log in self.logs.values() if log.size), key=attrgetter("changed_at"))

    @property
    def shown(self) -> int:
        return sum(log.listed for log in self.logs.values())

    def facts(self, most: int | None = None) -> list[MemberFacts]:
        """The listed files, the one that changed last first."""
        listed = [log for log in self.logs.values() if log.listed]
        logs = nlargest(len(listed) if most is None else most, listed, key=attrgetter("changed_at"))
        return [MemberFacts(Path(log.path), log.label, log.size, log.changed_at, log.lines) for log in logs]

    def _admit(self, path: str, label: str, *, seen: bool) -> MemberLog:
        known = facts_of(path)
        inode = known[:2] if known is not None else (None, None)
        holder = self._by_inode.get(inode)
        if holder is not None and holder.path != path and holder.holds(inode):
            self._by_path[path] = holder
            self._aliases[path] = label
            return holder
        # A file that was only renamed since it was seen has nothing new.
        seen = seen or (holder is not None and holder.known == known)
        log = MemberLog(path, label, self._ranks, known, seen=seen)
        self._ranks += 1
        self.logs[log.rank] = self._by_path[path] = log
        self.size += log.size
        if known is not None:
            self._know(log, (inode,))
        return log

    def _unlist(self, path: str, busy: Container[int]) -> None:
        log = self._by_path[path]
        if path != log.path:
            del self._by_path[path], self._aliases[path]
            return
        log.listed = False
        if log.has_rows or log.file is not None or log.rank in busy:
            return
        self.size -= log.size
        del self._by_path[path], self.logs[log.rank]
        self._know(log, ())
        for other in [other for other in self._aliases if self._by_path[other] is log]:
            del self._by_path[other], self._aliases[other]

    def _know(self, log: MemberLog, inodes: tuple[Identity, ...]) -> None:
        for inode in log.seen_as:
            if inode not in inodes and self._by_inode.get(inode) is log:
                del self._by_inode[inode]
        log.seen_as = inodes
        for inode in inodes:
            self._by_inode[inode] = log


def _absolute(path: Path) -> str:
    name = os.fspath(path)
    return name if name.startswith("/") else os.path.abspath(name)  # noqa: PTH100
