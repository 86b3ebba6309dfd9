"""How does the run stand, before the incident is open? The facts of a run need neither its record nor a runbook.

The look is begun at once, in a thread of its own, while the screen and the incident are still being opened. Who follows
the run then goes on where it stopped, so that no log is read twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from incident_console.session.picture import Picture
from incident_console.snakemake import facts, find
from incident_console.snakemake.watcher import Opened, RunWatcher

FRESH_S = 2.0
"""A look that is older is made again: a log that is opened long after the run log was read may be a retry's."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was read. The watcher stands where the reading ended, and is used by nobody else any more."""

    watcher: RunWatcher
    opened: Opened
    read_at: float
    """When the look began, monotonic."""
    ended_at: float


class FirstLook:
    """`start` it; `tell` is called in its thread, once, with the run and without its logs."""

    def __init__(self, workdir: Path, log: Path | None, tell: Callable[[Picture], None]) -> None:
        """`log` is the run log to look at, relative to the workdir or absolute; None: the one that is found."""
        self._workdir = workdir
        self._log = log
        self._tell = tell
        self._looked: Looked | None = None
        self._thread = threading.Thread(target=self._work, name="first look", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def of(self, log: Path) -> Looked | None:
        """What was read of this log, once it is read; None where it was another one, or the look is too old."""
        if self._thread.ident is not None:
            self._thread.join()
        looked = self._looked
        if looked is None or looked.watcher.log != log or time.monotonic() - looked.ended_at > FRESH_S:
            return None
        return looked

    def _work(self) -> None:
        try:
            self._tell(self._picture())
        except Exception:  # whatever a log holds must not reach the screen as a traceback
            return  # who follows the run comes to the same fault, and tells of it

    def _picture(self) -> Picture:
        found = None if self._log is not None else find.watched_run(self._workdir)
        log = self._log if found is None else found.path
        if log is None:
            return Picture(looked=True)
        watcher, read_at = RunWatcher(self._workdir, log), time.monotonic()
        opened = watcher.poll_open()
        self._looked, run = Looked(watcher, opened, read_at, time.monotonic()), opened.run
        return Picture(run=run, headline=facts.headline(run), symptom=facts.draft_symptom(run), looked=True)
