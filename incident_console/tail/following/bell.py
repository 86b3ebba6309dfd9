"""How does a thread sleep until there are file events, when the one who gathers them can only be asked?

watchfiles reads the events in a thread of its own and lets others look at what it has, each so many milliseconds; a
look costs a wake-up, and fifty of them a second are most of what an idle console does. Linux can send SIGIO to one
thread when a descriptor has something to read (fcntl(2), `F_SETOWN_EX`): with the inotify descriptors of watchfiles the
waiting thread sleeps until there is news. SIGIO is blocked in that thread and taken up there (sigtimedwait(2)), so no
handler runs and nothing else of the process sees it. Elsewhere (not Linux) the thread looks 50 times a second.
"""

import fcntl
import os
import signal
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

STEP_S = 0.02
"""Between two looks where there is no signal to wait for."""
CHECK_S = 1.0
"""Between two looks that only check whether the signals come: a sandbox may not send them."""
_F_SETOWN_EX, _F_OWNER_TID = 15, 0
_creating = threading.Lock()
"""Held while a descriptor is made and found, so that two followers in one process do not take each other's."""


class Bell:
    """Rung by anybody, and by the system for the descriptors made under `rung_by_new()`; one thread waits for it."""

    def __init__(self) -> None:
        self._rung = threading.Event()
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._native = 0
        self._signalled = sys.platform == "linux"
        self.longest_s = CHECK_S if self._signalled else STEP_S
        """How long may be waited between two looks when nothing rings, in seconds."""

    @contextmanager
    def attended(self) -> Iterator[None]:
        """The calling thread is the one that waits."""
        if self._signalled:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGIO})
        with self._lock:
            self._thread, self._native = threading.get_ident(), threading.get_native_id()
        try:
            yield
        finally:
            with self._lock:
                self._thread = None

    @contextmanager
    def rung_by_new(self) -> Iterator[None]:
        """Inotify descriptors that come to be meanwhile ring it from now on. In the waiting thread."""
        with _creating:
            before = inotify_descriptors()
            yield
            for fd in inotify_descriptors() - before:
                # One that is closed this moment, or a system that refuses: the looks between tell, a little later.
                with suppress(OSError):
                    fcntl.fcntl(fd, _F_SETOWN_EX, struct.pack("ii", _F_OWNER_TID, self._native))
                    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)

    def ring(self) -> None:
        """From any thread, before and after anybody waits: the next `wait` returns at once."""
        self._rung.set()
        if self._signalled:
            with self._lock:
                if self._thread is not None:
                    signal.pthread_kill(self._thread, signal.SIGIO)

    def wait(self, timeout_s: float) -> bool:
        """True when it was rung before the time was over, maybe long ago. In the waiting thread."""
        if self._signalled:
            rung = self._rung.is_set() or signal.sigtimedwait({signal.SIGIO}, max(0.0, timeout_s)) is not None
        else:
            rung = self._rung.wait(max(0.0, timeout_s))
        if rung:
            self._rung.clear()
        return rung

    def missed(self) -> None:
        """There was news that nothing rang for: from now on look each `STEP_S`."""
        self.longest_s = STEP_S


def inotify_descriptors() -> set[int]:
    """Of this process; empty where `/proc` does not tell."""
    found = set()
    with suppress(OSError):
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
            with suppress(OSError):
                if "inotify" in os.readlink(f"/proc/self/fd/{name}"):  # noqa: PTH115
                    found.add(int(name))
    return found
