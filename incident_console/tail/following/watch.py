"""Which followed files do file events speak of: by which name, through which link, in which folder?

Folders are watched, not files: a file that is watched by itself goes silent when it is renamed away. A folder that does
not exist yet is awaited in the nearest one above it; the target of a link is watched beside the link.
"""

import itertools
import os
from collections import defaultdict
from collections.abc import Iterable

from incident_console.tail.following.bell import Bell
from incident_console.tail.following.watchers import Identity, Watchers

MOST_ENTRIES = 1000
"""Names that are told of a folder that has just come."""
CHECKED_AT_ONCE = 200
"""Folders and links looked at in one check: events do not tell when a folder further up was renamed."""
HEARD_AT_ONCE = 10
"""Of those that events do tell of: nobody tells when something is mounted there, or of events that were too many."""


class Watch:
    """Events on followed names. In one thread."""

    def __init__(self, bell: Bell) -> None:
        self._watchers = Watchers(bell)
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._names_in: defaultdict[str, set[str]] = defaultdict(set)
        """For each folder, the followed files that are, or whose links lead, into it."""
        self._target: dict[str, str] = {}
        """Where a followed link leads."""
        self._links_to: defaultdict[str, set[str]] = defaultdict(set)
        self._there: dict[str, tuple[str, Identity | None]] = {}
        """For each folder, what stands for it: itself, or the nearest folder above it that exists."""
        self._stands_for: defaultdict[str, set[str]] = defaultdict(set)
        self._awaited: defaultdict[str, set[str]] = defaultdict(set)
        """What must appear first before a missing folder can."""
        self._come: set[str] = set()
        """Followed folders that have come since they are followed: what is in them is told when they are watched."""
        self._turn = 0
        self._moved = True
        """Something is watched, stands elsewhere or is refused since the last check: so may be what is below it."""
        self._left = 0
        """How many are still to be looked at since then."""
        self._alone: tuple[str, ...] = ()
        self._unwatched: frozenset[str] = frozenset()
        self._known = 0

    @property
    def busy(self) -> bool:
        return self._watchers.busy

    @property
    def trouble(self) -> str | None:
        return self._watchers.trouble

    @property
    def watched(self) -> int:
        return self._watchers.watched

    @property
    def wanted(self) -> int:
        """Folders that stand for what is followed."""
        return len(self._stands_for)

    @property
    def limited(self) -> bool:
        """The system watches fewer folders than it was asked to."""
        return self._watchers.limited

    @property
    def refusals(self) -> int:
        """Grows whenever other folders than before are refused."""
        return self._watchers.refusals

    @property
    def unwatched(self) -> frozenset[str]:
        """Followed files and folders that there are no events from."""
        if self._known != self.refusals:
            silent: set[str] = set()
            for there in self._watchers.refused:
                for folder in self._stands_for.get(there, ()):
                    silent |= self._followed_in(folder)
            self._unwatched, self._known = frozenset(silent), self.refusals
        return self._unwatched

    def add(self, files: Iterable[str], folders: Iterable[str]) -> set[str]:
        """Gives those in folders that are watched already; the others are told when theirs is."""
        told: set[str] = set()
        for file in files:
            self._files.add(file)
            self._enter(file, file)
            self._read_link(file)
            if self._is_watched(os.path.dirname(file)):  # noqa: PTH120
                told.add(file)
        for folder in folders:
            self._folders.add(folder)
            if folder not in self._there:
                self._settle(folder)
            if self._is_watched(folder):
                told.add(folder)
        self._watchers.retry()
        return told

    def drop(self, files: Iterable[str], folders: Iterable[str]) -> None:
        for file in files:
            self._files.discard(file)
            self._leave(file, file)
            if target := self._target.pop(file, None):
                self._links_to[target].discard(file)
                self._leave(target, file)
        for folder in folders:
            self._folders.discard(folder)
            self._let_go(folder)

    def step(self) -> set[str]:
        """Go on watching what is not watched yet; gives what is followed there, so that nothing is missed before."""
        told: set[str] = set()
        self._moved = True
        for there in self._watchers.step():
            for folder in self._stands_for.get(there, ()):
                told |= self._followed_in(folder)
                if folder in self._come:
                    self._come.discard(folder)
                    told |= _entries(folder)
        return told

    def look(self) -> set[str]:
        """Followed files that changed, and things in followed folders that changed, came or went."""
        told: set[str] = set()
        refusals = self.refusals
        for path in self._watchers.look():
            told |= self._told(path)
        self._moved = self._moved or refusals != self.refusals
        return told

    def check(self) -> set[str]:
        """Look whether folders and links are still what they were: all of them in turn after anything moved.

        Then those that no event tells of are looked at each time, and few of the others.
        """
        few = len(self._alone) <= CHECKED_AT_ONCE
        told = self._still_there(self._alone if few and not self._moved else ())
        every = [*self._there, *self._target]
        if self._moved:
            self._moved, self._left, self._alone = False, len(every), self._unheard()
        number = min(len(every), HEARD_AT_ONCE if few and not self._left else CHECKED_AT_ONCE)
        begin = self._turn if self._turn < len(every) else 0
        end = begin + number
        self._turn = end if end <= len(every) else end - len(every)
        self._left = max(0, self._left - number)
        return told | self._still_there((*every[begin:end], *every[: max(0, end - len(every))]))

    def _still_there(self, paths: Iterable[str]) -> set[str]:
        told: set[str] = set()
        for path in paths:
            told |= self._settle(path)
            if path in self._target:
                self._read_link(path)
        return told

    def _unheard(self) -> tuple[str, ...]:
        """Links, and the folders that could be renamed or go without an event from the one above them.

        One for all that the same folder stands for: where that is another one, everything is looked at.
        """
        covers, found = self._watchers.covers, dict.fromkeys(self._target)
        for there, folders in self._stands_for.items():
            if not covers(there):
                found |= dict.fromkeys(folders)
            elif not covers(os.path.dirname(there)):  # noqa: PTH120
                found[next(iter(folders))] = None
        return tuple(found)

    def close(self) -> None:
        self._watchers.close()

    def _told(self, path: str) -> set[str]:
        told = set(self._links_to.get(path, ()))
        above = os.path.dirname(path)  # noqa: PTH120
        if path in self._files or path in self._folders or above in self._folders:
            told.add(path)
        if path in self._files:
            self._read_link(path)
        for folder in (*self._awaited.get(path, ()), *self._stands_for.get(path, ())):
            told |= self._settle(folder)
        return told

    def _is_watched(self, folder: str) -> bool:
        return self._watchers.covers(self._there[folder][0])

    def _followed_in(self, folder: str) -> set[str]:
        return self._names_in.get(folder, set()) | ({folder} & self._folders)

    def _enter(self, path: str, name: str) -> None:
        folder = os.path.dirname(path)  # noqa: PTH120
        self._names_in[folder].add(name)
        if folder not in self._there:
            self._settle(folder)

    def _leave(self, path: str, name: str) -> None:
        folder = os.path.dirname(path)  # noqa: PTH120
        self._names_in[folder].discard(name)
        self._let_go(folder)

    def _read_link(self, name: str) -> None:
        target = os.path.realpath(name) if os.path.islink(name) else None  # noqa: PTH114
        before = self._target.get(name)
        if target == before:
            return
        if before is not None:
            del self._target[name]
            self._links_to[before].discard(name)
            if os.path.dirname(before) != os.path.dirname(name):  # noqa: PTH120
                self._leave(before, name)
        if target is not None:
            self._target[name] = target
            self._links_to[target].add(name)
            self._enter(target, name)

    def _let_go(self, folder: str) -> None:
        if self._followed_in(folder) or folder not in self._there:
            return
        self._names_in.pop(folder, None)
        self._stand(folder, None)

    def _settle(self, folder: str) -> set[str]:
        """Watch what stands for the folder now. Gives what is followed in it, when it has just come or gone."""
        if not self._followed_in(folder):
            return set()
        there, identity = _nearest(folder)
        before = self._there.get(folder)
        if before == (there, identity):
            return set()
        self._stand(folder, (there, identity))
        if before is None:
            return set()
        if folder in self._folders and there == folder:
            self._come.add(folder)
        return self._followed_in(folder)

    def _stand(self, folder: str, now: tuple[str, Identity | None] | None) -> None:
        self._moved = True
        before = self._there.get(folder) if now is not None else self._there.pop(folder, None)
        if before is not None:
            self._stands_for[before[0]].discard(folder)
            if before[0] != folder:
                awaited = _first_below(before[0], folder)
                self._awaited[awaited].discard(folder)
                if not self._awaited[awaited]:
                    del self._awaited[awaited]
        if now is not None:
            self._there[folder] = now  # in its place: checks go round in this order
            self._stands_for[now[0]].add(folder)
            self._watchers.want(*now)
            if now[0] != folder:
                self._awaited[_first_below(now[0], folder)].add(folder)
        if before is not None and not self._stands_for[before[0]]:
            del self._stands_for[before[0]]
            self._watchers.want(before[0], None)


def _nearest(folder: str) -> tuple[str, Identity | None]:
    """The folder, or the nearest one above it that exists; and which one that is."""
    while True:
        try:
            now = os.stat(folder + "/")  # noqa: PTH116
        except OSError:
            above = os.path.dirname(folder)  # noqa: PTH120
            if above == folder:
                return folder, None
            folder = above
        else:
            return folder, (now.st_dev, now.st_ino)


def _first_below(above: str, path: str) -> str:
    below = path[len(above) :].lstrip("/").partition("/")[0]
    return f"{above.rstrip('/')}/{below}"


def _entries(folder: str) -> set[str]:
    try:
        with os.scandir(folder) as there:
            return {entry.path for entry in itertools.islice(there, MOST_ENTRIES)}
    except OSError:
        return set()
