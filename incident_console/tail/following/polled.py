"""Which of many files changed, where no event tells: sizes, times and inodes compared, a few at a time?

What changed lately and what is most important is looked at each time, the rest in turn, so that a look costs the same
for two files and for twenty thousand. A time alone is not trusted: on network file systems it has whole seconds.
"""

import itertools
import os
import stat
import time
from collections import deque
from collections.abc import Callable, Iterable

ALWAYS = 64
"""The most important paths, looked at each time."""
LATELY = 64
"""Paths that changed last, looked at each time."""
LOUD_IN_TURN = 1500
"""Of the rest without events, a second: about 0.8 % of a processor on a local disk."""
FRESH_IN_TURN = 500
"""Of those that are opened to be looked at, a second: that costs three times as much."""
QUIET_IN_TURN = 200
"""Of the rest with events, a second."""
AT_ONCE = 500
"""New paths looked at in one go."""
MOST_NAMES = 1000
RELISTED_S = 2.5
"""A folder's names are compared this long after its last change: later ones in the same second leave its time as is."""

_State = tuple[int, int, int, int] | None


class Looks:
    """Compares paths with the look before. In one thread; never raises for what the disk does.

    `loud` paths are told when they are looked at first, so that nothing is missed; `quiet` ones, which have events,
    only when they change. With `fresh`, files are opened to be looked at, because a network file system hands out old
    sizes until then (close-to-open consistency, nfs(5)).
    """

    def __init__(self, *, fresh: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._fresh = fresh
        self._loud_rate = FRESH_IN_TURN if fresh else LOUD_IN_TURN
        self._clock = clock
        self._paths: dict[str, None] = {}
        """In the order of importance."""
        self._always: tuple[str, ...] = ()
        self._loud: frozenset[str] = frozenset()
        self._folders: frozenset[str] = frozenset()
        self._states: dict[str, _State] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._listed_until: dict[str, float] = {}
        self._new: deque[str] = deque()
        self._lately: dict[str, None] = {}
        self._loud_turn, self._quiet_turn = _Turn(()), _Turn(())

    def want(self, loud: Iterable[str], quiet: Iterable[str], folders: Iterable[str]) -> None:
        """Compare these from now on; `folders` says which of them are folders whose names are compared, too."""
        loud, quiet = tuple(loud), tuple(quiet)
        self._loud, self._folders = frozenset(loud), frozenset(folders)
        self._paths = dict.fromkeys((*loud, *quiet))
        self._always = tuple(itertools.islice(self._paths, ALWAYS))
        self._loud_turn, self._quiet_turn = self._loud_turn.over(loud), self._quiet_turn.over(quiet)
        for kept in (self._states, self._names, self._listed_until, self._lately):
            for path in kept.keys() - self._paths.keys():
                del kept[path]
        self._new = deque(path for path in loud if path not in self._states)

    def heed(self, paths: Iterable[str]) -> None:
        """These changed lately: look at them each time for a while."""
        for path in paths:
            if path in self._paths:
                self._lately.pop(path, None)
                self._lately[path] = None
        while len(self._lately) > LATELY:
            del self._lately[next(iter(self._lately))]

    @property
    def busy(self) -> bool:
        """New paths are waiting for their first look."""
        return bool(self._new)

    def look(self, period_s: float) -> set[str]:
        """Look at what is due each time, and at as much of the rest as the time since the look before allows."""
        if self._new:
            return self._look_at([self._new.popleft() for _ in range(min(AT_ONCE, len(self._new)))])
        some = self._loud_turn.next(self._loud_rate * period_s), self._quiet_turn.next(QUIET_IN_TURN * period_s)
        changed = self._look_at(dict.fromkeys((*self._always, *self._lately, *self._listed_until, *some[0], *some[1])))
        self.heed(changed)
        return changed

    def _look_at(self, paths: Iterable[str]) -> set[str]:
        changed: set[str] = set()
        for path in paths:
            first = path not in self._states
            state = _state(path, fresh=self._fresh)
            if first or state != self._states[path]:
                self._states[path] = state
                if not first or path in self._loud:
                    changed.add(path)
                if path in self._folders and path in self._loud:
                    self._listed_until[path] = self._clock() + RELISTED_S
            if path in self._listed_until:
                changed |= self._new_names(path, tell=not first)
        return changed

    def _new_names(self, folder: str, *, tell: bool) -> set[str]:
        if self._clock() > self._listed_until[folder]:
            del self._listed_until[folder]
        before, now = self._names.get(folder, frozenset()), _names(folder)
        self._names[folder] = now
        return {f"{folder.rstrip('/')}/{name}" for name in now - before} if tell else set()


class _Turn:
    """Goes round and round through paths, a few at a time."""

    def __init__(self, paths: tuple[str, ...], at: int = 0) -> None:
        self._paths = paths
        self._at = at

    def over(self, paths: tuple[str, ...]) -> "_Turn":
        """Go on at about the same place among other paths."""
        return _Turn(paths, self._at if self._at < len(paths) else 0)

    def next(self, number: float) -> tuple[str, ...]:
        some = self._paths[self._at : self._at + max(1, int(number))]
        self._at = self._at + len(some) if self._at + len(some) < len(self._paths) else 0
        return some


def _state(path: str, *, fresh: bool) -> _State:
    try:
        now = os.stat(path)  # noqa: PTH116
        if fresh and stat.S_ISREG(now.st_mode):
            now = _opened(path, now)
    except OSError:
        return None
    return now.st_size, now.st_mtime_ns, now.st_dev, now.st_ino


def _opened(path: str, otherwise: os.stat_result) -> os.stat_result:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except PermissionError:
        return otherwise
    try:
        return os.fstat(fd)
    finally:
        os.close(fd)


def _names(folder: str) -> frozenset[str]:
    """None of them where there are more than can be kept: then only the folder itself is told."""
    names: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                names.append(entry.name)
                if len(names) > MOST_NAMES:
                    return frozenset()
    except OSError:
        return frozenset()
    return frozenset(names)
