"""What is going on right now: follows the run, keeps failed attempts, sees edits and new runs. One thread, one picture.

Views get a new frozen `Picture` when something changed, at most ten times a second. While nothing stirs, one is made
now and then all the same, for what nobody tells of. What must not be missed (a log that
a retry is about to delete) happens in the follower's thread, before anybody is told.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from incident_console.errors import ConsoleError, HeldError, RecordError
from incident_console.evidence.names import relative
from incident_console.globs import Listings
from incident_console.session.beats import Beats
from incident_console.session.clues import ClueFinder
from incident_console.session.core import Session
from incident_console.session.firstlook import FirstLook, Looked
from incident_console.session.keptwords import KeptWords
from incident_console.session.logs import Logs
from incident_console.session.picture import Picture
from incident_console.session.proof import StateKeeper
from incident_console.session.recorder import Recorder
from incident_console.session.sightings import ENDED, Sightings
from incident_console.session.started import Started
from incident_console.session.suggest import suggestion, symptom
from incident_console.session.understanding import Understander
from incident_console.session.weighing import Weigher
from incident_console.snakemake import facts, find
from incident_console.snakemake.liveness import engine_pid
from incident_console.snakemake.logevents import JobStarted, LogEvent, Submitted
from incident_console.snakemake.run import Run
from incident_console.snakemake.trace import TraceFold
from incident_console.snakemake.watcher import RunWatcher
from incident_console.tail.following.follow import Follower, Paths
from incident_console.tail.places.find import Found, find_logs

__all__ = ["ENDED", "Live", "Picture", "Tell"]

TICK_S = 0.5
"""Between two looks while something was told to have changed just now."""
QUIET_S, REST_S = 1.0, 2.0
"""The same while a run goes on and its log says nothing, and while none does: what changes on a local disk is told."""
PICTURE_S = 0.1
SHARE = 10
"""A picture that took long to paint is painted the less often: at most one part in so many of the time."""
STILL_S = 2.0
STILL_SHARE = 400
"""The same while nothing was told to have changed: an idle console is to cost next to nothing, whatever it watches."""
SEARCH_S = 2.0
SOON_S = 0.05
"""Between two searches when a run log appears: its first job may fail within a second."""
ANYWAY_S = 10.0
"""So long no search is made while nothing was told to have changed. One for runs reads the ends of hundreds of logs,
so it is left out so long also while none of them came or grew."""
BREATH_S = 0.01
"""Between two looks at the run, however fast its logs grow: descriptors are held meanwhile, so nothing is lost."""
FOLLOWED = 4000
LOG_ENDINGS = frozenset({"", ".log", ".txt", ".out", ".err", ".stdout", ".stderr"})
"""What a log that no job has named yet is called; a descriptor on an output would keep its space on the disk."""

Tell = Callable[[Picture], None]


class Live:
    """Start it, and be told, in its own thread. `close()` ends it; the run is never touched."""

    def __init__(
        self,
        session: Session,
        tell: Tell,
        *,
        log: Path | None = None,
        globs: tuple[str, ...] = (),
        sources: tuple[tuple[str, ...], ...] = (),
        first: FirstLook | None = None,
    ) -> None:
        """`log` is the run log to watch, relative to the workdir or absolute; None: the one that is found.

        `first` is the look at the run that was begun before; it is gone on from where that was the same run.

        `sources` are commands whose output is followed as a log, and that end with this.
        """
        self._session = session
        self._workdir = session.workdir
        self._tell = tell
        self._globs = session.runbook.logs + globs
        self._run_logs = session.workdir / ".snakemake" / "log"
        self._appeared = False
        """Something changed where run logs come to be."""
        self._last_search: tuple[float, object] = (float("-inf"), None)
        self._wanted = log
        self._first = first
        self._looked_at: Looked | None = None
        """The first look at this run, until it is taken in."""
        self._chosen = False
        """The operator named the run that is watched, so no other one takes its place by itself."""
        self._watcher: RunWatcher | None = None
        self._recorder: Recorder | None = None
        self._sightings = Sightings(session)
        self._started = Started(session, sources)
        self._run: Run | None = None
        self._newest = ""
        """The name of the newest run's log that the operator knows of; names begin with the time."""
        self._other_run: str | None = None
        self._other_is_live = True
        self._others = Found((), (), left_out=False)
        self._logs = Logs()
        self._listings = Listings()
        self._aimed: tuple[object, ...] = ()
        """What decided last which files are followed."""
        self._queries: frozenset[Path] = frozenset()
        self._job_logs: frozenset[Path] = frozenset()
        self._looked = False
        self._record_gone = ""
        self._told: Picture | None = None
        self._troubles: dict[str, str] = {}
        self._beats = Beats()
        self._clues = ClueFinder(session)
        self._understander = Understander(self._workdir, self._understood, kept=KeptWords(session))
        self._keeper = StateKeeper(session)
        self._weigher = Weigher(session)
        self._wake = threading.Event()
        self._closed = threading.Event()
        self.follower = Follower(at_once=self._at_once)
        self._thread = threading.Thread(target=self._work, name="live", daemon=True)
        session.listen(lambda _: self._wake.set())
        # Until it was looked for, a run may be at work: what changes meanwhile is nobody's.
        session.run_is_live = True

    def start(self) -> None:
        self.follower.start()
        self._understander.start()
        self._keeper.start()
        self._weigher.start()
        self._thread.start()

    def close(self) -> None:
        """Look a last time, and let go. Raises RecordError when something could not be recorded."""
        self._closed.set()
        self._wake.set()
        self._understander.close()
        self._keeper.close()
        self._weigher.close()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self.follower.close()
        self._started.close()
        if self._recorder is not None:
            self._recorder.close()

    def watch(self, log: Path) -> None:
        """Watch another run from now on."""
        self._wanted = log
        self._wake.set()

    def runs(self) -> tuple[tuple[Path, str], ...]:
        """The runs of this workflow, newest first, each with a line that tells it from the others."""
        return runs_of(self._workdir)

    # -- the follower's thread -----------------------------------------------------------------------------------

    def _at_once(self, changed: Paths) -> None:
        recorder, watcher, job_logs = self._recorder, self._watcher, self._job_logs
        if recorder is not None:
            recorder.look(path for path in changed if path in job_logs or path.suffix in LOG_ENDINGS)
        current = watcher.log if watcher is not None else None
        places = (self._run_logs, *self._run_logs.parents[:2])
        if any(path in places or (path.parent == self._run_logs and path != current) for path in changed):
            self._appeared = True
        self._logs.stirred()
        self._wake.set()

    # -- the live thread -----------------------------------------------------------------------------------------

    def _work(self) -> None:
        searched = looked = painted = float("-inf")
        cost = 0.0
        fresh = stirred = searching = True
        while not self._closed.is_set():
            now, before = time.monotonic(), self._run
            pause = SOON_S if self._appeared else SEARCH_S if searching else ANYWAY_S
            if self._wanted is not None or now - searched >= pause:
                self._appeared = searching = False
                with self._trying("The search for runs and logs failed"):
                    self._search()
                searched = now
            with self._trying("What the console started could not be recorded"):
                self._started.look()
            with self._trying("The run could not be followed"):
                self._follow_run()
            fresh = fresh or self._run is not before
            began = time.monotonic()
            if began >= painted + _pause(cost, fresh=fresh, stirred=stirred):
                with self._trying("The picture of the run could not be made"):
                    self._paint()
                painted, fresh, stirred = time.monotonic(), False, False
                cost = painted - began
            if now - looked >= SEARCH_S:
                with self._trying("The watched files could not be looked at"):
                    self._session.look_for_edits()
                looked = now
            gone, self._record_gone = self._record_gone, self._session.record_gone()
            fresh = fresh or gone != self._record_gone
            doubt = self._recorder is not None and self._recorder.in_doubt
            woken = self._wake.wait(PICTURE_S if fresh or doubt else self._tick(stirred))
            stirred, searching = stirred or woken, searching or woken
            self._wake.clear()
            if woken:
                self._closed.wait(BREATH_S)
        self._follow_run()

    def _tick(self, stirred: bool) -> float:
        return TICK_S if stirred else QUIET_S if self._session.run_is_live else REST_S

    @contextmanager
    def _trying(self, what: str) -> Iterator[None]:
        """What goes wrong here is told, and tried again: nothing may end the thread that keeps failed attempts."""
        try:
            yield
        except HeldError:
            self._troubles.pop(what, None)  # the session tells of what it holds
        except RecordError as fault:
            self._troubles[what] = str(fault)
        except (ConsoleError, OSError) as fault:
            self._troubles[what] = f"{what}: {fault}"
        except Exception as fault:
            self._troubles[what] = f"{what}, by a fault of the console itself: {fault!r}"
            self._beats.tell(fault)
        else:
            self._troubles.pop(what, None)

    def _search(self) -> None:
        with self._trying("What the console started cannot be followed"):
            self._started.find()
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self._chosen = True
        elif self._may_be_another():
            wanted = self._newer_run()
            self._queries = find.queries(self._workdir)
        self._looked = True
        if wanted is not None:
            self._begin(self._workdir / wanted)
        others = find_logs(self._workdir, self._globs, FOLLOWED, listings=self._listings)
        self._others = self._others if others == self._others else others
        self._aim()

    def _may_be_another(self) -> bool:
        """Whether anything changed since the last search for runs that could change what it finds."""
        now, current = time.monotonic(), self._watcher.log.name if self._watcher is not None else ""
        try:
            names = os.listdir(self._run_logs)  # noqa: PTH208
            newest = max(names, default="")
            size = (self._run_logs / newest).stat().st_size if newest != current else 0
        except OSError:
            names, newest, size = [], "", 0
        state = (len(names), newest, size, current, self._run.status if self._run is not None else "")
        if (state == self._last_search[1] and now - self._last_search[0] < ANYWAY_S) and not self._other_is_live:
            return False
        self._last_search = (now, state)
        return True

    def _newer_run(self) -> Path | None:
        """The run to watch in place of the one that is watched; None to stay. A run that still goes on is kept."""
        found = find.watched_run(self._workdir)
        current = self._watcher.log if self._watcher is not None else None
        self._other_is_live = found is not None and found.pid is not None and found.path != current
        if found is None or found.path == current:
            return None
        if current is None:
            return found.path
        if found.path.name <= self._newest and not self._other_is_live:
            return None
        if self._chosen or (self._run is not None and self._run.status == "running"):
            self._other_run = str(found.path) if found.path.name > self._newest else self._other_run
            return None
        return found.path

    def _begin(self, log: Path) -> None:
        if self._recorder is not None:
            with self._trying("Attempts of the run before could not be recorded"):
                self._recorder.close()
        run = relative(log, self._workdir)
        first, self._first = self._first, None
        self._looked_at = first.of(log) if first is not None else None
        self._watcher = self._looked_at.watcher if self._looked_at is not None else RunWatcher(self._workdir, log)
        self._recorder = Recorder(self._session, log, run)
        self._run, self._other_run = None, None
        known = (each.path.name for each in find.runs(self._workdir) if each.kind == "run")
        self._newest = max(known, default=log.name)
        self._session.run, self._session.suggested = run, None

    def _follow_run(self) -> None:
        if self._watcher is None or self._recorder is None:
            self._session.run_is_live = self._other_is_live or not self._looked or self._started.running
            return
        batch: list[LogEvent] = []
        trace: TraceFold | None = None
        read_at = time.monotonic()
        with self._trying("The run cannot be followed"):
            if (first := self._looked_at) is not None:
                (self._run, batch, trace), read_at, self._looked_at = first.opened, first.read_at, None
                self._wake.set()  # what was written since is read at once
            else:
                self._run, batch, trace = self._watcher.poll_open()
        run = self._run
        running = run is not None and run.status == "running"
        self._session.run_is_live = running or self._other_is_live or self._started.running
        with self._trying("A failed attempt could not be recorded"):
            if batch:
                self._recorder.take_in(batch, read_at, self._watcher.read_to)
            elif not self._recorder.pay(read_at):
                self._wake.set()
        if run is not None:
            self._understander.take(run, batch, trace)
            with self._trying("The run could not be recorded"):
                self._sightings.see(run)
        if any(isinstance(event, JobStarted | Submitted) for event in batch):
            with self._trying("The logs cannot be followed"):
                self._aim()

    def _aim(self) -> None:
        """Follow the run log, the running jobs' logs first, then everything else that may be opened."""
        aimed = (self._others, self._run, self._watcher, self._started.files)
        if aimed == self._aimed:
            return
        self._aimed = aimed
        files = [*([] if self._watcher is None else [self._watcher.log]), *self._started.files]
        if self._run is not None:
            jobs = sorted(self._run.jobs, key=lambda job: job.state != "running")
            job_logs = [self._workdir / log for job in jobs[:FOLLOWED] for log in job.logs if "\0" not in log]
            self._job_logs = frozenset(job_logs)
            files += job_logs
        files += self._others.files
        folders = {path.parent for path in files[:FOLLOWED]} | set(self._others.folders[:FOLLOWED]) | {self._run_logs}
        self.follower.follow(files[:FOLLOWED], sorted(folders))

    def _understood(self) -> None:
        """Called by the thread that weighs the run's evidence: it is shown with the next picture."""
        if (known := self._understander.latest) is not None:
            self._session.suggested = suggestion(known)
        self._wake.set()

    def _paint(self) -> None:
        picture = self._picture()
        if picture != self._told:
            self._told = picture
            self._tell(picture)

    def _picture(self) -> Picture:
        run = self._run
        gone = "" if self._workdir.is_dir() else f"the folder {self._workdir} is gone; what was recorded is kept"
        logs = self._logs.entries(run, self._session.incident, self._workdir, self._others.files, self._queries)
        first, known = int(run is not None), self._understander.of(run)
        notices = (
            *self._troubles.values(),
            *self._started.notices(run_log=run is not None and run.status == "running"),
            gone,
            run.notice if run is not None else None,
            self._understander.trouble,
            self.follower.notice,
            self._recorder.notice if self._recorder is not None else None,
            f"More than {FOLLOWED} logs match; the first are listed." if self._others.left_out else "",
        )
        return Picture(
            run=run,
            headline=facts.headline(run) if run is not None else "",
            symptom=symptom(run, known),
            clues=self._clues.find(run) if run is not None else (),
            known=known,
            logs=(*logs[:first], *self._started.entries(), *logs[first:]),
            notices=tuple(notice for notice in notices if notice),
            news=self._started.news(),
            started=self._started.newest(),
            other_run=self._other_run,
            record_gone=self._record_gone,
            looked=self._looked,
        )


def _pause(cost: float, *, fresh: bool, stirred: bool) -> float:
    """Seconds between two pictures, of which the last took `cost`: `fresh` where the run itself is another."""
    if fresh:
        return max(PICTURE_S, SHARE * cost)
    return max(TICK_S, SHARE * cost) if stirred else max(STILL_S, STILL_SHARE * cost)


def runs_of(workdir: Path) -> tuple[tuple[Path, str], ...]:
    """The runs of a workflow, newest first, each with a line that tells it from the others."""
    found = [log for log in find.runs(workdir) if log.kind == "run"]
    live = {log.path for log in found[:8] if engine_pid(log.path) is not None}
    return tuple(
        (log.path, f"{log.path.name}  {log.size} bytes{'  running' if log.path in live else ''}") for log in found
    )
