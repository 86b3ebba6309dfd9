"""Which of these files changed just now?

One thread waits for file events (`watch`, from watchfiles) and tells; others compare sizes, times and inodes at an
interval (`polled`): one for local disks, for what events miss and for folders that the system refuses to watch, and one
for each network file system, where there are no events, so that one that hangs holds up nobody else.
"""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from incident_console.tail.following.bell import CHECK_S, Bell
from incident_console.tail.following.polled import Looks
from incident_console.tail.following.watch import Watch
from incident_console.tail.places.mounts import Mounts, read_mounts

RATE_HZ = 30
POLL_S = 1.0
STEP_S = 0.002
"""Between looks at the events while files change; it is four times as long after each look that shows nothing."""
LOCAL = ""
"""Names the local disks among mount points."""

Paths = frozenset[Path]
AtOnce = Callable[[Paths], None]


class Follower:
    """Tells which followed files changed, and what appeared or vanished in the followed folders.

    `at_once` is called in the follower's own thread, within milliseconds and before anybody else hears of it; it must
    be quick and must not raise. `changes()` is for the event loop: the first change at once, then 30 times a second.
    Files without events are looked at each `poll_s` seconds, when there are many the rarely changing ones less often;
    `events=False` does without events altogether.
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
        self._wanted: tuple[tuple[Path, ...], tuple[Path, ...]] | None = None
        self._asked: tuple[tuple[Path, ...], tuple[Path, ...]] | None = None
        """What was wanted last: to be asked for the same again is no reason to wake up."""
        self._found: set[str] = set()
        """What the pollers found and the follower's thread has not told yet."""
        self._pending: set[Path] = set()
        self._listener: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._closed = False
        self._thread: threading.Thread | None = None
        self._bell = Bell()
        self._watch = Watch(self._bell)
        self._pollers: dict[str, _Poller] = {}
        self._files: dict[str, str] = {}
        """Followed files and the mount point each is on, the most important first."""
        self._folders: dict[str, str] = {}
        self._taken: tuple[tuple[Path, ...], tuple[Path, ...]] = ((), ())
        self._refusals = 0
        self._next_check = 0.0
        self._notice: str | None = None

    @property
    def notice(self) -> str | None:
        """A sentence when events cannot be had for some folders, and files there are polled instead."""
        return self._notice

    def follow(self, files: Iterable[Path], folders: Iterable[Path] = ()) -> None:
        """Follow these from now on, instead of those before; the most important files first. From any thread.

        Each path that is new here is told of once it is watched, so that nothing is missed between two looks at it; one
        that does not exist yet again when it appears. A call costs what is new in it.
        """
        wanted = tuple(files), tuple(folders)
        with self._lock:
            if wanted == self._asked:
                return
            self._wanted = self._asked = wanted
        self._bell.ring()

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log follower", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop; returns within a few milliseconds."""
        self._closed = True
        self._bell.ring()
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
                    pending, self._pending = self._pending, set()
                if pending:
                    yield frozenset(pending)
                    await asyncio.sleep(1 / RATE_HZ)
        finally:
            self._listener = None

    # -- the follower's thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        with self._bell.attended():
            pause, rung = STEP_S, True
            while not self._closed:
                changed, events = self._look()
                if events and not rung and pause == self._bell.longest_s:
                    self._bell.missed()
                if changed:
                    self._tell(changed)
                if self._watch.busy:
                    continue
                pause = STEP_S if events or rung else min(pause * 4, self._bell.longest_s)
                rung = self._bell.wait(pause)
                if rung:
                    # What rang is told to watchfiles' thread at the same moment: it has it a little later.
                    time.sleep(STEP_S / 2)
            self._watch.close()
            for poller in self._pollers.values():
                poller.close()

    def _look(self) -> tuple[set[str], set[str]]:
        """Everything that changed; and of that, what events told."""
        with self._lock:
            wanted, self._wanted = self._wanted, None
            changed, self._found = self._found, set()
        if wanted is not None:
            changed |= self._take(*wanted)
        if self._watch.busy:
            changed |= self._watch.step()
        events = self._watch.look()
        if (now := time.monotonic()) >= self._next_check:
            self._next_check = now + CHECK_S
            changed |= self._watch.check()
        if not self._watch.busy and self._watch.refusals != self._refusals:
            self._refusals = self._watch.refusals
            self._notice = _notice(self._watch)
            self._share_out()
        if events and (local := self._pollers.get(LOCAL)):
            local.heed(events)
        return changed | events, events

    def _take(self, files: tuple[Path, ...], folders: tuple[Path, ...]) -> set[str]:
        """Follow these from now on. Gives those that are new and watched already."""
        if (files, folders) == self._taken:
            return set()
        self._taken = files, folders
        mounts = self._mounts or read_mounts()
        mount_of: dict[str, str] = {}

        def placed(paths: tuple[Path, ...], before: dict[str, str], *, linked: bool) -> dict[str, str]:
            found: dict[str, str] = {}
            for path in paths:
                name = os.path.abspath(path)  # noqa: PTH100
                if "\0" in name:
                    continue  # No file can have this name.
                if name in before:
                    found[name] = before[name]
                    continue
                folder = os.path.dirname(name) if linked else name  # noqa: PTH120
                if folder not in mount_of:
                    mount_of[folder] = _mount_point(mounts, folder)
                found[name] = mount_of[folder]
                if linked and found[name] == LOCAL and os.path.islink(name):  # noqa: PTH114
                    found[name] = _mount_point(mounts, name)
            return found

        new_files = placed(files, self._files, linked=True)
        new_folders = placed(folders, self._folders, linked=False)
        old_files, old_folders = self._files, self._folders
        self._files, self._folders = new_files, new_folders
        told: set[str] = set()
        if self._events:
            self._watch.drop(_local_only(old_files, new_files), _local_only(old_folders, new_folders))
            told = self._watch.add(_local_only(new_files, old_files), _local_only(new_folders, old_folders))
        self._share_out()
        return told

    def _share_out(self) -> None:
        """To each poller what it compares: `loud` where no event tells."""
        loud: dict[str, list[str]] = {}
        quiet: list[str] = []
        for name, point in (*self._files.items(), *self._folders.items()):
            if point == LOCAL and self._events and name not in self._watch.unwatched:
                quiet.append(name)
            else:
                loud.setdefault(point, []).append(name)
        for point in {LOCAL, *loud} | self._pollers.keys():
            poller = self._pollers.get(point)
            if poller is None:
                # Who does without events may well be on a network file system that is not known as one.
                fresh = point != LOCAL or not self._events
                poller = self._pollers[point] = _Poller(self._poll_s, self._hear, fresh=fresh)
            poller.want(loud.get(point, ()), quiet if point == LOCAL else (), self._folders)

    def _hear(self, found: set[str]) -> None:
        """In a poller's thread."""
        with self._lock:
            self._found |= found
        self._bell.ring()

    def _tell(self, changed: set[str]) -> None:
        paths = frozenset(map(Path, changed))
        if self._at_once is not None:
            self._at_once(paths)
        with self._lock:
            self._pending |= paths
        self._wake()

    def _wake(self) -> None:
        listener = self._listener
        if listener is not None:
            with contextlib.suppress(RuntimeError):  # The loop was closed meanwhile.
                listener[0].call_soon_threadsafe(listener[1].set)


class _Poller:
    """A thread that compares what is in one place: a look that hangs there holds up this thread only."""

    def __init__(self, poll_s: float, tell: Callable[[set[str]], None], *, fresh: bool) -> None:
        self._poll_s = poll_s
        self._tell = tell
        self._looks = Looks(fresh=fresh)
        self._lock = threading.Lock()
        self._wanted: tuple[Iterable[str], Iterable[str], Iterable[str]] | None = None
        self._heeded: set[str] = set()
        self._stir = threading.Event()
        self._closed = False
        threading.Thread(target=self._run, name="log poller", daemon=True).start()

    def want(self, loud: Iterable[str], quiet: Iterable[str], folders: Iterable[str]) -> None:
        with self._lock:
            self._wanted = loud, quiet, folders
        self._stir.set()

    def heed(self, paths: set[str]) -> None:
        with self._lock:
            self._heeded |= paths

    def close(self) -> None:
        """It ends by itself, at the latest when what it is looking at answers."""
        self._closed = True
        self._stir.set()

    def _run(self) -> None:
        while True:
            self._stir.clear()
            if self._closed:  # Looked at after that: else what `close` stirs could be slept through.
                return
            with self._lock:
                wanted, self._wanted = self._wanted, None
                heeded, self._heeded = self._heeded, set()
            if wanted is not None:
                self._looks.want(*wanted)
            self._looks.heed(heeded)
            changed = self._looks.look(self._poll_s)
            if changed and not self._closed:
                self._tell(changed)
            if not self._looks.busy:
                self._stir.wait(self._poll_s)


def _notice(watch: Watch) -> str | None:
    if watch.trouble is None and not watch.limited:
        return None
    reason = watch.trouble or f"fs.inotify.max_user_watches is {_limit()}"
    if not watch.watched:
        return f"The system gives no file events ({reason}); files are looked at each second instead."
    return (
        f"The system gives file events from {watch.watched:,} of {watch.wanted:,} folders ({reason}); files in the"
        " others are looked at in turn, those that changed lately each second."
    )


def _limit(setting: Path = Path("/proc/sys/fs/inotify/max_user_watches")) -> str:
    try:
        return f"{int(setting.read_text(encoding='ascii')):,}"
    except (OSError, ValueError):
        return "reached"


def _local_only(names: dict[str, str], but: dict[str, str]) -> list[str]:
    return [name for name, point in names.items() if point == LOCAL and name not in but]


def _mount_point(mounts: Mounts, path: str) -> str:
    found = mounts.network_mount(path)
    return LOCAL if found is None else found.point
