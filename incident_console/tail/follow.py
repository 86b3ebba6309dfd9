"""Which of these files changed just now?

Folders are watched, not files: a file that is watched by itself goes silent when it is renamed away. One thread waits
for events (watchfiles; a step of 1 ms while files change, a look each 20 ms after a quiet second) and compares sizes,
times and inodes itself each second: for network file systems, for when the watch limit is reached, for what was missed.
"""

import asyncio
import itertools
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from incident_console.tail.mounts import Mounts, read_mounts

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

RATE_HZ = 30
POLL_S = 1.0
QUIET_S = 1.0
IDLE_STEP_S = 0.02
ALWAYS_POLLED = 64
MOST_ENTRIES = 1000
POLLED_AT_ONCE = 500
"""Watched local files compared in one poll, in turn, beyond the first ones: a safety net must not cost the idle CPU."""

Paths = frozenset[Path]
AtOnce = Callable[[Paths], None]
_State = tuple[int, int, int, int] | None


class Follower:
    """Tells which followed files changed, and what appeared or vanished in the followed folders.

    `at_once` is called in the follower's own thread, within milliseconds and before anybody else hears of it; it must
    be quick and must not raise. `changes()` is for the event loop: the first change at once, then 30 times a second.
    """

    def __init__(
        self,
        *,
        at_once: AtOnce | None = None,
        poll_s: float = POLL_S,
        events: bool = True,
        mounts: Mounts | None = None,
    ) -> None:
        self._at_once = at_once
        self._poll_s = poll_s
        self._events = events
        self._mounts = mounts
        self._lock = threading.Lock()
        self._wanted: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self._new_wanted = False
        self._pending: set[str] = set()
        self._listener: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._stir = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._watch = _Watch()
        self._poll = _Poll()

    @property
    def notice(self) -> str | None:
        """A sentence when events cannot be had for some folders, and files there are polled instead."""
        return self._watch.notice

    def follow(self, files: Iterable[Path], folders: Iterable[Path] = ()) -> None:
        """Follow these from now on, instead of those before; the most important files first. From any thread.

        Each path that is new here is told of once, so that nothing is missed between two looks at it; one that does not
        exist yet again when it appears.
        """
        with self._lock:
            self._wanted = (
                tuple(dict.fromkeys(map(_absolute, files))),
                tuple(dict.fromkeys(map(_absolute, folders))),
            )
            self._new_wanted = True
        self._stir.set()

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log follower", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop; returns within a few milliseconds."""
        self._closed = True
        self._stir.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=2)
        self._wake()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def changes(self) -> AsyncIterator[Paths]:
        """What changed, until `close()`. For one listener."""
        awake = asyncio.Event()
        with self._lock:
            self._listener = (asyncio.get_running_loop(), awake)
            if self._pending:
                awake.set()
        try:
            while not self._closed:
                await awake.wait()
                awake.clear()
                with self._lock:
                    batch, self._pending = frozenset(map(Path, self._pending)), set()
                if batch:
                    yield batch
                    await asyncio.sleep(1 / RATE_HZ)
        finally:
            self._listener = None

    def _run(self) -> None:
        quiet_since = time.monotonic()
        next_poll = 0.0
        while not self._closed:
            changed: set[str] = set()
            if self._new_wanted:
                changed |= self._take_wanted()
            now = time.monotonic()
            if now >= next_poll:
                changed |= _with_entries(self._watch.settle())
                changed |= self._poll.look(self._watch.unwatched)
                next_poll = now + self._poll_s
            if not changed:
                changed = self._watch.wait(self._stir, min(next_poll - now, 0.25), fast=now - quiet_since < QUIET_S)
                self._stir.clear()
            if changed:
                quiet_since = time.monotonic()
                self._tell(changed)
        self._watch.close()

    def _take_wanted(self) -> set[str]:
        with self._lock:
            files, folders = self._wanted
            self._new_wanted = False
        mounts = self._mounts or read_mounts()
        self._watch.want(files, folders, mounts if self._events else None)
        return self._poll.want(files, folders)

    def _tell(self, changed: set[str]) -> None:
        if self._at_once is not None:
            self._at_once(frozenset(map(Path, changed)))
        with self._lock:
            self._pending |= changed
        self._wake()

    def _wake(self) -> None:
        listener = self._listener
        if listener is not None and not listener[0].is_closed():
            listener[0].call_soon_threadsafe(listener[1].set)


class _Watch:
    """Events on the folders of what is followed; of their nearest existing ancestors where they do not exist yet."""

    def __init__(self) -> None:
        self.notice: str | None = None
        self.unwatched: set[str] = set()
        """Folders that events are not to be had from."""
        self._notify: RustNotify | None = None
        self._names: dict[str, str] = {}
        self._folders: set[str] = set()
        self._local: dict[str, bool] = {}
        self._watched: dict[str, tuple[int, int] | None] = {}
        self._awaited: set[str] = set()
        """What must appear first before a missing folder can."""
        self._mounts: Mounts | None = None

    def want(self, files: tuple[str, ...], folders: tuple[str, ...], mounts: Mounts | None) -> None:
        """`mounts` None: no events at all."""
        self._mounts = mounts
        self._local.clear()
        # A link's target changes in another folder than the link: both are watched, and told by the followed name.
        self._names = {os.path.realpath(path): path for path in files if os.path.islink(path)}  # noqa: PTH114
        self._names.update((path, path) for path in files)
        self._folders = set(folders)
        self.settle()

    def settle(self) -> set[str]:
        """Watch what should be watched by now; gives what is followed in the folders that are watched anew."""
        targets: dict[str, tuple[int, int] | None] = {}
        unwatched: set[str] = set()
        self._awaited.clear()
        for folder in {os.path.dirname(name) for name in self._names} | self._folders:  # noqa: PTH120
            there = _nearest(folder)
            if there != folder:
                self._awaited.add(_first_below(there, folder))
            if self._has_events(there):
                targets[there] = _identity(there)
            else:
                unwatched.add(folder)
        if targets == self._watched and (self._notify is not None or not targets):
            self.unwatched = unwatched
            return set()
        new = {path for path, identity in targets.items() if self._watched.get(path) != identity}
        self._replace(targets, unwatched)
        return (new & self._folders) | {path for name, path in self._names.items() if os.path.dirname(name) in new}  # noqa: PTH120

    def wait(self, stir: threading.Event, timeout_s: float, *, fast: bool) -> set[str]:
        """Events of at most that long, as followed files and things in followed folders."""
        if self._notify is None:
            stir.wait(max(0.0, timeout_s))
            return set()
        until = time.monotonic() + timeout_s
        while not stir.is_set():
            if not fast and stir.wait(IDLE_STEP_S):
                break
            raw = self._notify.watch(0, 1, 50 if fast else 1, stir)
            if isinstance(raw, set):
                return self._told({os.fspath(path) for _, path in raw})
            if time.monotonic() >= until:
                break
        return set()

    def close(self) -> None:
        if self._notify is not None:
            self._notify.close()
            self._notify = None

    def _told(self, paths: set[str]) -> set[str]:
        changed = {self._names[path] for path in paths if path in self._names}
        changed |= {path for path in paths if os.path.dirname(path) in self._folders or path in self._folders}  # noqa: PTH120
        if not paths.isdisjoint(self._awaited) or not paths.isdisjoint(self._watched):
            # A missing folder may have come, a watched one may have gone.
            changed |= _with_entries(self.settle())
        return changed

    def _has_events(self, folder: str) -> bool:
        if self._mounts is None:
            return False
        if folder not in self._local:
            # A name that is not UTF-8 cannot be handed to the watcher: such a folder is polled.
            self._local[folder] = _is_utf8(folder) and self._mounts.network_type(folder) is None
        return self._local[folder]

    def _replace(self, targets: dict[str, tuple[int, int] | None], unwatched: set[str]) -> None:
        """A new watcher is made before the old one goes, so that nothing is missed between the two."""
        # Imported in the follower's thread: it takes about 40 ms, and the screen is painted meanwhile.
        from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

        old, self._notify = self._notify, None
        self.notice = None
        try:
            if targets:
                self._notify = RustNotify(sorted(targets), False, False, 300, False, True)
        except FileNotFoundError:
            targets = {}  # A folder went away this moment; the next look settles it.
        except (OSError, WatchfilesRustInternalError) as fault:
            unwatched |= set(targets) | self._folders | {os.path.dirname(name) for name in self._names}  # noqa: PTH120
            self.notice = f"The system gives no file events ({_short(fault)}); files are looked at each second instead."
        if old is not None:
            old.close()
        self._watched, self.unwatched = targets, unwatched


class _Poll:
    """Size, time and inode of what is followed, compared with the look before."""

    def __init__(self) -> None:
        self._states: dict[str, _State] = {}
        self._files: tuple[str, ...] = ()
        self._folders: tuple[str, ...] = ()
        self._turn = 0

    def want(self, files: tuple[str, ...], folders: tuple[str, ...]) -> set[str]:
        """Compare these from now on; gives those that are new."""
        before = self._states
        self._files, self._folders = files, folders
        self._states = {path: before[path] if path in before else _state(path) for path in (*files, *folders)}
        self._turn = 0
        return self._states.keys() - before.keys()

    def look(self, unwatched: set[str]) -> set[str]:
        paths = set(self._files[:ALWAYS_POLLED])
        rest = (*self._files[ALWAYS_POLLED:], *self._folders)
        paths.update(rest[self._turn : self._turn + POLLED_AT_ONCE])
        self._turn = self._turn + POLLED_AT_ONCE if self._turn + POLLED_AT_ONCE < len(rest) else 0
        if unwatched:
            paths.update(path for path in self._files if os.path.dirname(path) in unwatched)  # noqa: PTH120
            paths.update(path for path in self._folders if path in unwatched)
        changed = set()
        for path in paths:
            state = _state(path)
            if state != self._states.get(path):
                self._states[path] = state
                changed.add(path)
        return changed


def _state(path: str) -> _State:
    try:
        now = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return now.st_size, now.st_mtime_ns, now.st_dev, now.st_ino


def _identity(path: str) -> tuple[int, int] | None:
    state = _state(path)
    return None if state is None else state[2:]


def _nearest(folder: str) -> str:
    """The folder, or the nearest one above it that exists."""
    while not os.path.isdir(folder) and (above := os.path.dirname(folder)) != folder:  # noqa: PTH112, PTH120
        folder = above
    return folder


def _first_below(above: str, path: str) -> str:
    below = path[len(above) :].lstrip("/").partition("/")[0]
    return f"{above.rstrip('/')}/{below}"


def _with_entries(paths: set[str]) -> set[str]:
    """And what is in the folders among them: they have just come, maybe with files in them."""
    entries: set[str] = set()
    for path in paths:
        try:
            with os.scandir(path) as there:
                entries.update(entry.path for entry in itertools.islice(there, MOST_ENTRIES))
        except OSError:
            continue
    return paths | entries


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _absolute(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100


def _short(fault: Exception) -> str:
    return str(fault).split(" about ")[0].rstrip(".").lower() or type(fault).__name__
