"""Which folders does the system send file events for, out of more than it may be willing to watch?

A `RustNotify` (watchfiles) cannot be given another folder later, and making one holds the interpreter's lock for each
of its folders. So many folders are spread over several watchers, made one a step: a new folder costs a small watcher,
small ones are put together when there are many. What the system really watches is read back from
`/proc/self/fdinfo` (proc(5)), because watchfiles does not tell of refusals.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incident_console.tail.following.bell import Bell, inotify_descriptors

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

CHUNK = 1000
"""Folders of one watcher at most: about 15 ms in which no other thread of this process runs."""
MOST_SMALL = 6
"""Watchers with less than half of that, before they are put together."""
PINNED_FROM = 64

Identity = tuple[int, int]
"""Device and inode."""


@dataclass(slots=True)
class _Watcher:
    notify: "RustNotify"
    made: int
    folders: set[str] = field(default_factory=set)
    """Those of it that are still wanted, and that the system watches."""


class _Enough(Exception):
    """Ends a look at a watcher that has no news."""


class _Looks:
    """Looked at by `RustNotify.watch` before each of its steps. Its own ways of ending early forget what it has."""

    def __init__(self) -> None:
        self._left = 3

    def is_set(self) -> bool:
        self._left -= 1
        if self._left < 0:
            raise _Enough
        return False


class Watchers:
    """Watches wanted folders by their identity. In one thread; `bell` is rung when there may be news."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._wanted: dict[str, Identity] = {}
        self._watchers: list[_Watcher] = []
        self._in: dict[str, _Watcher] = {}
        self._todo: deque[str] = deque()
        self._refused: set[str] = set()
        self._over_limit: set[str] = set()
        """Of the refused ones, those that the system has no more watches for."""
        self.refusals = 0
        """Grows whenever other folders than before are refused."""
        self.trouble: str | None = None
        """Why the system gives no events at all, in its own words."""

    @property
    def watched(self) -> int:
        return len(self._in)

    @property
    def refused(self) -> Iterable[str]:
        """Wanted folders that there are no events from."""
        return self._refused

    @property
    def limited(self) -> bool:
        return bool(self._over_limit)

    @property
    def busy(self) -> bool:
        return bool(self._todo)

    def covers(self, folder: str) -> bool:
        return folder in self._in

    def want(self, folder: str, identity: Identity | None) -> None:
        """Watch this folder from the next steps on; None: no longer. One that is another folder by now is new."""
        if self._wanted.get(folder) == identity:
            return
        self._forget(folder)
        if identity is not None:
            self._wanted[folder] = identity
            if _is_text(folder):
                self._todo.append(folder)
            else:
                self._refuse(folder)

    def retry(self) -> None:
        """Ask again for what was refused: watches may have become free."""
        if self._over_limit:
            self._todo.extend(self._over_limit)
            self._refused -= self._over_limit
            self._over_limit.clear()
            self.refusals += 1

    def step(self) -> set[str]:
        """Make one watcher. Gives the folders that are watched by it, or refused, since then."""
        new: list[str] = []
        while self._todo and len(new) < CHUNK:
            folder = self._todo.popleft()
            if folder in self._wanted and folder not in self._in:
                new.append(folder)
        merged = self._small(CHUNK - len(new))
        # The new one is made before the old ones go, so that nothing is missed between the two.
        self._make(list(dict.fromkeys([*new, *(folder for old in merged for folder in old.folders)])))
        for old in merged:
            self._close(old)
        if any(folder in self._refused for old in merged for folder in old.folders):
            self.retry()
        return set(new)

    def _small(self, room: int) -> list[_Watcher]:
        """Watchers to put together, when there are many small ones."""
        small = sorted((old for old in self._watchers if 2 * old.made < CHUNK), key=lambda old: old.made)
        if len(small) < MOST_SMALL:
            return []
        merged = []
        for old in small:
            room -= len(old.folders)
            if room >= 0:
                merged.append(old)
        return merged

    def look(self) -> set[str]:
        """The paths that there were events for. Never blocks."""
        paths: set[str] = set()
        for watcher in tuple(self._watchers):
            try:
                found = watcher.notify.watch(0, 0, 0, _Looks())
            except _Enough:
                continue
            except RuntimeError:
                paths |= self._lost(watcher)
                continue
            if isinstance(found, set):
                paths.update(path for _, path in found)
        return paths

    def close(self) -> None:
        for watcher in tuple(self._watchers):
            self._close(watcher)
        self._wanted.clear()
        self._todo.clear()

    def _forget(self, folder: str) -> None:
        self._wanted.pop(folder, None)
        if folder in self._refused:
            self._refused.discard(folder)
            self._over_limit.discard(folder)
            self.refusals += 1
        if watcher := self._in.pop(folder, None):
            watcher.folders.discard(folder)
            if not watcher.folders:
                self._close(watcher)

    def _refuse(self, folder: str, *, over_limit: bool = False) -> None:
        self._refused.add(folder)
        if over_limit:
            self._over_limit.add(folder)
        self.refusals += 1

    def _close(self, watcher: _Watcher) -> None:
        watcher.notify.close()
        self._watchers.remove(watcher)
        for folder in watcher.folders:
            if self._in.get(folder) is watcher:
                del self._in[folder]

    def _lost(self, watcher: _Watcher) -> set[str]:
        """A file name that is not UTF-8 ends a watcher for good: its folders are tried again in two halves.

        The folder that is left by itself in the end is refused. Gives the folders: something changed in one of them.
        """
        folders = sorted(watcher.folders)
        self._close(watcher)
        if len(folders) == 1:
            self._refuse(folders[0])
        else:
            for half in (folders[: len(folders) // 2], folders[len(folders) // 2 :]):
                self._make(half)
        return set(folders)

    def _make(self, folders: list[str]) -> None:
        if not folders:
            return
        # Imported in the follower's thread: it takes about 40 ms, and the screen is painted meanwhile.
        from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

        before = inotify_descriptors()
        try:
            with self._bell.rung_by_new(), _on_one_processor(len(folders)):
                notify = RustNotify(folders, False, False, 300, False, True)
        except (OSError, WatchfilesRustInternalError) as fault:
            self.trouble = _short(fault)
            for folder in folders:
                if folder not in self._in:
                    self._refuse(folder, over_limit=True)
            return
        self.trouble = None
        watcher, taken = _Watcher(notify, len(folders)), set[int]()
        inodes = _watched_inodes(inotify_descriptors() - before)
        for folder in folders:
            inode = self._wanted[folder][1]
            if inodes is None or inode in inodes:
                watcher.folders.add(folder)
                self._in[folder] = watcher
                taken.add(inode)
                if inodes is not None:
                    inodes.discard(inode)
            else:
                # A folder may be reached by two names: its one watch tells its events by one of them only.
                self._refuse(folder, over_limit=inode not in taken and os.access(folder, os.R_OK))
        self._watchers.append(watcher)
        if not watcher.folders:
            self._close(watcher)


@contextmanager
def _on_one_processor(folders: int) -> Iterator[None]:
    """Each folder is handed from this thread to the watcher's and back: measured 15 µs on one processor, 100 on two."""
    try:
        every = os.sched_getaffinity(0)
    except (AttributeError, OSError):
        every = set()
    before = _tasks()
    if folders < PINNED_FROM or len(every) < 2 or not before:
        yield
        return
    _pin(0, {max(every)})
    try:
        yield
    finally:
        _pin(0, every)
        # The watcher's own thread was born on that one processor.
        for task in _tasks() - before:
            _pin(int(task), every)


def _tasks() -> set[str]:
    """Threads of this process; empty where the system does not tell."""
    try:
        return set(os.listdir("/proc/self/task"))  # noqa: PTH208
    except OSError:
        return set()


def _pin(task: int, processors: set[int]) -> None:
    try:
        os.sched_setaffinity(task, processors)
    except OSError:
        return


def _is_text(path: str) -> bool:
    """A name that is not UTF-8 cannot be handed to watchfiles."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _watched_inodes(descriptors: set[int]) -> set[int] | None:
    """None where the system does not tell."""
    inodes: set[int] = set()
    try:
        for fd in descriptors:
            with open(f"/proc/self/fdinfo/{fd}", encoding="ascii") as lines:  # noqa: PTH123
                for line in lines:
                    if line.startswith("inotify "):
                        inodes.add(int(line.split(" ino:")[1].split()[0], 16))
    except (OSError, ValueError, IndexError):
        return None
    return inodes if descriptors else None


def _short(fault: Exception) -> str:
    return str(fault).split(" about ")[0].rstrip(".").lower() or type(fault).__name__
