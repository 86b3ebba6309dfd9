"""What happens to an entry that the disk does not take? It is held in memory, in order, and goes out when it can.

Everything that is to be recorded passes through here. While something is held, all that comes after it is held, too:
the order of the chain is the order in which things were said. Nothing that is held counts as recorded.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from incident_console import events
from incident_console.counting import counted
from incident_console.errors import DiskError, HeldError, RecordError
from incident_console.record.chain import LINE_LIMIT, canonical, clean
from incident_console.record.clock import Clock, stamp
from incident_console.record.timeline import sentence
from incident_console.session.beats import Beats

LIMIT = 64 << 20
"""Bytes that are held in memory; of these ENTRIES are kept free of evidence, for what is typed."""
ENTRIES = 16 << 20
RETRY_S = 2.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One event that waits for the disk."""

    event: events.Event
    since: str
    """When it was held."""
    size: int

    @property
    def told(self) -> str:
        """It in one sentence, as outside text."""
        return sentence(events.Recorded(0, self.since, 0.0, "", "", self.event.kind, self.event, "", ""))


@dataclass(frozen=True, slots=True)
class Blob:
    """Evidence, redacted already, that the disk did not take."""

    sha256: str
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)


@dataclass(frozen=True, slots=True)
class Held:
    """A frozen picture of what is held."""

    entries: tuple[Entry, ...] = ()
    blobs: tuple[Blob, ...] = ()
    because: str = ""
    """What the disk said last."""
    turned_away: int = 0
    """How many could not even be held, because the memory for it was full."""

    def __bool__(self) -> bool:
        return bool(self.entries or self.blobs)

    @property
    def count(self) -> int:
        return len(self.entries) or len(self.blobs)


Tell = Callable[[Held], None]


class Holding:
    """The way from the session to the disk. Thread-safe under the lock that it is given.

    Until `hold` is called nothing is held: what the disk does not take is raised, for a command without a screen.
    """

    def __init__(
        self,
        lock: threading.RLock,
        clock: Clock,
        *,
        record: Callable[[events.Event], events.Recorded],
        follow: Callable[[events.Recorded], Iterable[events.Event]],
        put: Callable[[bytes], tuple[str, int]],
    ) -> None:
        """`record` puts an event on disk, `follow` takes it in and gives what follows from it; `put` keeps a blob."""
        self._lock = lock
        self._clock = clock
        self._record = record
        self._follow = follow
        self._put = put
        self._queue: deque[Entry | Blob] = deque()
        self._size = 0
        self._because = ""
        self._turned_away = 0
        self._tell: Tell | None = None
        self._told = Held()
        self._closed = threading.Event()
        self._retrying: threading.Thread | None = None
        self._beats = Beats()

    def hold(self, tell: Tell) -> None:
        """Hold from now on what the disk does not take. `tell` gets each change, in any thread, and must not block."""
        with self._lock:
            self._tell = tell

    @property
    def held(self) -> Held:
        with self._lock:
            return self._picture()

    @property
    def entering(self) -> str | None:
        """The rung that was entered last, if that is held."""
        with self._lock:
            held = (one.event for one in reversed(self._queue) if isinstance(one, Entry))
            return next((event.rung for event in held if isinstance(event, events.RungEntered)), None)

    def append(self, event: events.Event, *, may_wait: bool = True) -> events.Recorded:
        """Record `event`, after all that is held.

        Raises HeldError when it waits in memory now, RecordError when it is neither recorded nor held.
        """
        with self._lock:
            try:
                self._go_out()
                if not self._queue:
                    return self._now(event)
                if not may_wait:
                    raise DiskError(self._not_now())
            except DiskError as fault:
                if self._tell is None or not may_wait:
                    raise
                self._because = str(fault)
            finally:
                self._changed()
            self._take(self._entry(event))
            raise HeldError(f"Held in memory, and NOT saved. {self._because}")

    def keep(self, data: bytes) -> tuple[str, int]:
        """Keep a blob: its sha256 and size. Raises RecordError when it is neither on disk nor held."""
        try:
            return self._put(data)
        except DiskError as fault:
            with self._lock:
                if self._tell is None:
                    raise
                sha256 = hashlib.sha256(data).hexdigest()
                self._because = str(fault)
                if not any(isinstance(one, Blob) and one.sha256 == sha256 for one in self._queue):
                    self._take(Blob(sha256, data))
                return sha256, len(data)

    def retry(self) -> bool:
        """Try to get all of it on disk; whether nothing is held any more."""
        with self._lock:
            self._go_out()
            self._changed()
            return not self._queue

    def close(self) -> None:
        """Try no more."""
        self._closed.set()

    # -- the queue; the lock is held -----------------------------------------------------------------------------

    def _now(self, event: events.Event) -> events.Recorded:
        recorded = self._record(event)
        for each in self._follow(recorded):
            with suppress(HeldError):
                self.append(each)
        return recorded

    def _go_out(self) -> None:
        """In order, as far as the disk takes it."""
        while self._queue:
            first = self._queue[0]
            recorded = None
            try:
                if isinstance(first, Blob):
                    self._put(first.data)
                else:
                    recorded = self._record(first.event)
            except RecordError as fault:
                self._because = str(fault)
                return
            self._size -= self._queue.popleft().size
            if recorded is not None:
                with self._beats.one():  # it is on disk: whatever comes of it, it must not go out twice
                    self._put_first(tuple(self._follow(recorded)))
        self._because, self._turned_away = "", 0

    def _put_first(self, following: tuple[events.Event, ...]) -> None:
        for event in reversed(following):
            entry = self._entry(event)
            self._queue.appendleft(entry)
            self._size += entry.size

    def _entry(self, event: events.Event) -> Entry:
        now = stamp(self._clock.now())
        if event.occurred_at is None:
            event = event.with_(occurred_at=now)
        size = len(canonical(clean(event.data())))
        if size > LINE_LIMIT // 2:
            # It would be refused later, and everything behind it would wait for good.
            raise RecordError(f"Not recorded: a {event.kind} of {size} bytes is too large. Keep it as a file.")
        return Entry(event, now, size)

    def _take(self, one: Entry | Blob) -> None:
        room = LIMIT - (ENTRIES if isinstance(one, Blob) else 0)
        if self._size + one.size > room:
            self._turned_away += 1
            self._changed()
            raise RecordError(
                f"NOT recorded, and not held: {self._size >> 20} MiB wait in memory already. Free the disk, or write "
                f"an emergency copy and begin anew. {self._because}"
            )
        self._queue.append(one)
        self._size += one.size
        self._changed()
        if self._retrying is None:
            self._retrying = threading.Thread(target=self._retry, name="held", daemon=True)
            self._retrying.start()

    def _retry(self) -> None:
        while not self._closed.wait(RETRY_S):
            with self._beats.one(), self._lock:
                if self.retry():
                    self._retrying = None
                    return

    def _not_now(self) -> str:
        waiting = counted(self._picture().count, "entry waits", "entries wait")
        return f"{waiting} in memory for the disk, and this must not come before. {self._because}"

    def _picture(self) -> Held:
        entries = tuple(one for one in self._queue if isinstance(one, Entry))
        blobs = tuple(one for one in self._queue if isinstance(one, Blob))
        return Held(entries, blobs, self._because, self._turned_away)

    def _changed(self) -> None:
        if self._tell is None or (not self._queue and not self._told and not self._turned_away):
            return
        now = self._picture()
        if now != self._told:
            self._told = now
            self._tell(now)
