"""What is going on in an incident that somebody else writes? Follows the journal, the pen and the run; keeps nothing.

The counterpart of `live` where nothing may be recorded: one thread, one frozen picture, no failed attempt kept, no edit
looked for. Which run is watched is what the record says, until the operator names another.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from incident_console.errors import ConsoleError
from incident_console.record.note import run_told
from incident_console.session.beats import Beats
from incident_console.session.clues import ClueFinder
from incident_console.session.live import FOLLOWED, Tell, runs_of
from incident_console.session.logs import Logs
from incident_console.session.picture import Picture
from incident_console.session.reviewing import Review
from incident_console.session.understanding import Understander
from incident_console.snakemake import facts
from incident_console.snakemake.run import Run
from incident_console.snakemake.watcher import RunWatcher
from incident_console.tail.following.follow import Follower, Paths
from incident_console.tail.places.find import Found, find_logs

LOOK_S = 0.25
"""Between two looks at the journal's size: a new event is shown well within two seconds."""
PEN_S = 1.0
SEARCH_S = 5.0
PICTURE_S = 0.5
SHARE = 10
"""A picture that took long is painted the less often; what is new in the journal is told without one."""


class Onlooker:
    """Start it, and be told in its own thread. `close()` ends it."""

    def __init__(self, review: Review, tell: Tell) -> None:
        self._review = review
        self._tell = tell
        self._watcher: RunWatcher | None = None
        self._chosen: Path | None = None
        self._run: Run | None = None
        self._logs = Logs()
        self._others = Found((), (), left_out=False)
        self._told: Picture | None = None
        self._trouble = ""
        self._clues = ClueFinder(review)
        self._understander = Understander(review.workdir, self._wake)
        self._woken = threading.Event()
        self._closed = threading.Event()
        self._beats = Beats()
        self._asked = self._searched = self._not_before = float("-inf")
        self.follower = Follower(at_once=self._changed)
        self._thread = threading.Thread(target=self._work, name="onlooker", daemon=True)

    def start(self) -> None:
        self.follower.start()
        self._understander.start()
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._woken.set()
        self._understander.close()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self.follower.close()

    def watch(self, log: Path) -> None:
        """Watch another run from now on."""
        self._chosen = log
        self._woken.set()

    def runs(self) -> tuple[tuple[Path, str], ...]:
        """The runs of this workflow, newest first, each with a line that tells it from the others."""
        return runs_of(self._review.workdir) if self._review.is_reachable else ()

    def _wake(self) -> None:
        self._woken.set()

    def _changed(self, changed: Paths) -> None:
        self._logs.stirred()
        self._woken.set()

    def _work(self) -> None:
        while not self._closed.is_set():
            with self._beats.one():
                self._beat()
            self._woken.wait(LOOK_S)
            self._woken.clear()
            self._closed.wait(LOOK_S / 5)

    def _beat(self) -> None:
        now = time.monotonic()
        try:
            self._review.look()
            if now - self._asked >= PEN_S:
                self._asked = now
                self._review.look_for_pen()
            if self._review.is_reachable:
                if now - self._searched >= SEARCH_S:
                    self._searched = now
                    self._search()
                self._follow_run()
            self._trouble = ""
        except (ConsoleError, OSError) as fault:
            self._trouble = f"What goes on cannot be followed: {fault}"
        except Exception:
            self._trouble = "What goes on cannot be followed, by a fault of the console itself; it is tried again."
            raise
        finally:
            began = time.monotonic()
            if began >= self._not_before:
                self._paint()
                ended = time.monotonic()
                self._not_before = ended + max(PICTURE_S, SHARE * (ended - began))

    def _search(self) -> None:
        self._others = find_logs(self._review.workdir, self._review.runbook.logs, FOLLOWED)
        self._aim()

    def _follow_run(self) -> None:
        log = self._chosen or (self._review.workdir / self._review.run if self._review.run else None)
        if log is not None and (self._watcher is None or self._watcher.log != log) and log.is_file():
            self._watcher = RunWatcher(self._review.workdir, log)
            self._run = None
        if self._watcher is None:
            return
        before = self._run
        self._run, batch, trace = self._watcher.poll_open()
        self._understander.take(self._run, batch, trace)
        if before is None:
            self._aim()

    def _aim(self) -> None:
        files = [] if self._watcher is None else [self._watcher.log]
        if self._run is not None:
            jobs = sorted(self._run.jobs, key=lambda job: job.state != "running")
            files += [self._review.workdir / log for job in jobs[:FOLLOWED] for log in job.logs if "\0" not in log]
        files += self._others.files
        folders = {path.parent for path in files[:FOLLOWED]} | set(self._others.folders[:FOLLOWED])
        self.follower.follow(files[:FOLLOWED], sorted(folders))

    def _paint(self) -> None:
        picture = self._picture()
        if picture != self._told:
            self._told = picture
            self._tell(picture)

    def _picture(self) -> Picture:
        run, review = self._run, self._review
        folder = review.incident.workdir
        notices = (
            review.because,
            review.fault,
            self._trouble,
            "" if review.is_reachable else f"Nothing of {folder} is looked at: only the record.",
            run.notice if run is not None else None,
            self.follower.notice,
        )
        return Picture(
            run=run,
            headline=facts.headline(run) if run is not None else f"in the record: {run_told(review.incident)}",
            clues=self._clues.find(run) if run is not None else (),
            known=self._understander.of(run),
            logs=self._logs.entries(run, review.incident, review.workdir, self._others.files, frozenset()),
            notices=tuple(notice for notice in notices if notice),
            looked=True,
        )
