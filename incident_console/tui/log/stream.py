"""Several files as one: which are there, which have come, and which of them changed? Feeds the stream and the list."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from incident_console.tail.following.follow import Follower, Paths
from incident_console.tail.merging.merged import NO_FILES, Member, Merged
from incident_console.tail.places.named import Named, Names
from incident_console.tail.places.rotated import PACKED
from incident_console.tui.log.files import Files, states

AT_ONCE = 200
"""Changed files that are looked at in the screen's loop; more of them in a thread."""
P = ParamSpec("P")
T = TypeVar("T")

MARGIN_S = 2.0
"""Times of files are this coarse on the coarsest file systems."""


class Stream:
    """Finds the files, follows them, and hands on what changed."""

    def __init__(
        self,
        names: Names,
        titles: Mapping[Path, str],
        changed: Callable[[Paths], None],
        told: Callable[[str | None], None],
    ) -> None:
        """`titles`: files that no word names, such as the spool of what is piped in, and what they are called.

        `told` hears that the list is another; with text, what there is to say on the files as a whole is another, too.
        """
        self.files = Files(titles)
        self.merged = Merged("all files")
        self._names = names
        self._more = tuple(Named(path, 0, 0.0) for path in titles)
        self._changed = changed
        self._told = told
        self._folders: set[Path] = set()
        self._limit: str | None = None
        """Why there may be more files than are listed."""
        self._packed = ""
        """How many files are listed that are not in the stream."""
        self._looked_at = 0.0
        self._new: set[Path] = set()
        self._finding: asyncio.Task[None] | None = None

    async def run(self, follower: Follower, opened: Callable[[], None]) -> None:
        """Until the follower is closed. `opened` is called when the files are found and the stream can be shown."""
        self._looked_at = time.time() - MARGIN_S
        found = await _aside(self._names.find)
        self._folders.update(found.folders)
        self.files.add((*self._more, *found.files))
        await _aside(self._set_members)
        opened()
        self._limit = found.notice
        self._tell()
        self._follow(follower)
        async for paths in follower.changes():
            known = frozenset(path for path in paths if path in self.files)
            await self._look(known)
            self._new |= paths - known
            if self._new and (self._finding is None or self._finding.done()):
                self._finding = asyncio.create_task(self._find(follower))

    async def _look(self, paths: Paths) -> None:
        if len(paths) <= AT_ONCE:
            self._hand_on(paths)
            self.files.take(states(paths))
        else:
            # All files are told of when they begin to be followed: most of them have not changed since they were found.
            self._hand_on(frozenset(self.files.take(await _aside(states, paths))))
        self._told(None)

    async def _find(self, follower: Follower) -> None:
        """What has come: looked for behind the screen, and not faster than twenty thousand rows can be told anew."""
        while self._new:
            began = time.monotonic()
            new, self._new = frozenset(self._new), set()
            since, self._looked_at = self._looked_at, time.time() - MARGIN_S
            found = await _aside(self._names.look, new, frozenset(self._folders), since)
            before = len(self._folders)
            self._folders.update(found.folders)
            added = self.files.add(found.files)
            if added:
                self._set_members()
                self._hand_on(frozenset(file.path for file in found.files))
                self._tell()
            if added or len(self._folders) > before:
                self._follow(follower)
            await asyncio.sleep(4 * (time.monotonic() - began))

    def _tell(self) -> None:
        self._told(" · ".join(filter(None, (self._names.obstacle() or self._limit, self._packed))))

    def _hand_on(self, paths: Paths) -> None:
        if paths:
            self.merged.changed(paths)
            self._changed(paths)

    def _set_members(self) -> None:
        """Compressed logs are old ones, which nobody writes to: they are listed, and not in the stream."""
        files = self.files.newest_first()
        members = [Member(file.path, file.label) for file in files if not file.path.name.endswith(PACKED)]
        packed = len(files) - len(members)
        one = "1 compressed file is" if packed == 1 else f"{packed} compressed files are"
        self._packed = f"{one} not in the stream: enter in the list opens one" if packed else ""
        self.merged.empty = self._packed or NO_FILES
        self.merged.set_members(members)

    def _follow(self, follower: Follower) -> None:
        follower.follow([file.path for file in self.files.newest_first()], sorted(self._folders))


async def _aside(call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Call it in a thread that nobody waits for on leaving: a file system that hangs must not hold up the way out."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def finish(result: T | None, fault: Exception | None) -> None:
        if done.cancelled():
            return
        if fault is not None:
            done.set_exception(fault)
        else:
            done.set_result(cast(T, result))

    def work() -> None:
        result, fault = None, None
        try:
            result = call(*arguments, **named)
        except Exception as raised:
            fault = raised
        with contextlib.suppress(RuntimeError):  # The screen has gone meanwhile.
            loop.call_soon_threadsafe(finish, result, fault)

    threading.Thread(target=work, name="log files", daemon=True).start()
    return await done
