"""What is going on right now: follows the run, keeps failed attempts, sees edits and new runs. One thread, one picture.

Views get a new frozen `Picture` when something changed, at most ten times a second. What must not be missed (a log that
a retry is about to delete) happens in the follower's thread, before anybody is told.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from incident_console import events
from incident_console.errors import ConsoleError, RecordError
from incident_console.session.clues import ClueFinder
from incident_console.session.core import Session
from incident_console.session.logs import LogEntry, log_entries
from incident_console.session.recorder import Recorder
from incident_console.snakemake import facts, find
from incident_console.snakemake.liveness import engine_pid
from incident_console.snakemake.logevents import JobStarted, LogEvent, Submitted
from incident_console.snakemake.run import Run
from incident_console.snakemake.watcher import RunWatcher
from incident_console.tail.find import Found, find_logs
from incident_console.tail.follow import Follower, Paths

TICK_S = 0.5
PICTURE_S = 0.1
SEARCH_S = 2.0
FOLLOWED = 4000

ENDED = frozenset({"succeeded", "failed", "interrupted", "nothing-to-do"})


@dataclass(frozen=True, slots=True)
class Picture:
    """What the views show. Log paths are absolute."""

    run: Run | None = None
    headline: str = ""
    symptom: str = ""
    """The symptom drafted from the facts; empty while there is none."""
    clues: Mapping[str, str] = field(default_factory=dict)
    """By rule, the line in which its failing job said why."""
    logs: tuple[LogEntry, ...] = ()
    notices: tuple[str, ...] = ()
    other_run: str | None = None
    """A run that began after the one that is watched, while that one still goes on."""
    looked: bool = False
    """Whether the search for a run has been made at all."""


Tell = Callable[[Picture], None]


class Live:
    """Start it, and be told. `close()` ends it; the run is never touched."""

    def __init__(self, session: Session, tell: Tell, *, log: Path | None = None, globs: tuple[str, ...] = ()) -> None:
        self._session = session
        self._workdir = session.workdir
        self._tell = tell
        self._globs = tuple(session.runbook.logs) + globs
        self._wanted_log = log
        self._watcher: RunWatcher | None = None
        self._recorder: Recorder | None = None
        self._run: Run | None = None
        self._others = Found((), (), left_out=False)
        self._other_run: str | None = None
        self._looked = False
        self._told: Picture | None = None
        self._trouble = ""
        self._clues = ClueFinder(session)
        self._wake = threading.Event()
        self._closed = threading.Event()
        self.follower = Follower(at_once=self._at_once)
        self._thread = threading.Thread(target=self._work, name="live", daemon=True)

    def start(self) -> None:
        self.follower.start()
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self.follower.close()
        if self._recorder is not None:
            self._recorder.close()

    def watch(self, log: Path) -> None:
        """Watch another run from now on."""
        self._wanted_log = log
        self._wake.set()

    def runs(self) -> tuple[tuple[Path, str], ...]:
        """The runs of this workflow, newest first, each with a line that tells it from the others."""
        return tuple(
            (found.path, f"{found.path.name}  {found.size} bytes{'  running' if engine_pid(found.path) else ''}")
            for found in find.runs(self._workdir)
            if found.kind == "run"
        )

    # -- the follower's thread -----------------------------------------------------------------------------------

    def _at_once(self, changed: Paths) -> None:
        recorder = self._recorder
        if recorder is not None:
            recorder.look(path for path in changed if path.suffix != ".lock" and not path.is_dir())
        self._wake.set()

    # -- the live thread -----------------------------------------------------------------------------------------

    def _work(self) -> None:
        searched = told = looked_for_edits = 0.0
        while not self._closed.is_set():
            now = time.monotonic()
            before = self._run
            try:
                if self._wanted_log is not None or now - searched >= SEARCH_S:
                    self._search()
                    searched = now
                self._follow_run()
                if now - looked_for_edits >= SEARCH_S and self._workdir.is_dir():
                    self._session.look_for_edits()
                    looked_for_edits = now
                self._trouble = ""
            except RecordError as fault:
                self._trouble = str(fault)
            except (ConsoleError, OSError) as fault:
                self._trouble = f"the run cannot be followed just now: {fault}"
            fresh = self._run is not before or self._told is None
            if time.monotonic() - told >= (PICTURE_S if fresh else TICK_S):
                self._paint()
                told, fresh = time.monotonic(), False
            self._wake.wait(PICTURE_S if fresh else TICK_S)
            self._wake.clear()

    def _search(self) -> None:
        wanted, self._wanted_log = self._wanted_log, None
        if wanted is None:
            found = find.watched_run(self._workdir)
            current = self._watcher.log if self._watcher is not None else None
            if found is not None and found.path != current:
                if current is None or not (self._run is not None and self._run.pid):
                    wanted = found.path
                else:
                    self._other_run = str(found.path)
            self._looked = True
        if wanted is not None:
            self._begin(wanted)
        self._others = find_logs(self._workdir, self._globs, FOLLOWED)
        self._aim()

    def _begin(self, log: Path) -> None:
        if self._recorder is not None:
            self._recorder.close()
        self._watcher = RunWatcher(self._workdir, log)
        self._recorder = Recorder(self._session, log)
        self._run, self._other_run = None, None
        self._session.run = os.path.relpath(log, self._workdir)

    def _follow_run(self) -> None:
        if self._watcher is None or self._recorder is None:
            return
        before = self._run
        run, batch = self._watcher.poll_events()
        if batch:
            self._recorder.take_in(batch)
        if run is before:
            return
        self._run = run
        self._session.run_is_live = run.status == "running"
        if before is None or before.status != run.status:
            self._see(run)
        if batch and any(_starts(event) for event in batch):
            self._aim()

    def _see(self, run: Run) -> None:
        """Put a run in the record when it is first seen and when its status changes."""
        known = self._session.incident.runs.get(run.log)
        if known is not None and known.event.status == run.status:
            return
        previous = self._session.incident.run
        differs = _differs(previous.event, run) if previous is not None and previous.event.log != run.log else ()
        self._session.append(
            events.RunSeen(
                log=run.log,
                status=run.status,
                started_at=run.started_at,
                ended_at=run.ended_at,
                pid=run.pid if run.status == "running" else None,
                command=run.command,
                version=run.version,
                cores=run.cores,
                differs=differs,
                figures={
                    "planned": run.planned,
                    "finished": run.finished,
                    "failed": run.failed,
                    "running": run.running,
                    "retried": run.retried,
                },
            )
        )

    def _aim(self) -> None:
        """Follow the run log, the running jobs' logs first, then everything else that may be opened."""
        files: list[Path] = [] if self._watcher is None else [self._watcher.log]
        if self._run is not None:
            jobs = sorted(self._run.jobs, key=lambda job: job.state != "running")
            files += [self._workdir / log for job in jobs for log in job.logs]
        files += self._others.files
        folders = {path.parent for path in files[:FOLLOWED]} | set(self._others.folders[:FOLLOWED])
        self.follower.follow(files[:FOLLOWED], sorted(folders))

    def _paint(self) -> None:
        run = self._run
        notices = tuple(
            notice
            for notice in (
                self._trouble,
                "" if self._workdir.is_dir() else f"the folder {self._workdir} is gone; what was recorded is kept",
                run.notice if run is not None and run.notice else "",
                self.follower.notice or "",
                (self._recorder.notice or "") if self._recorder is not None else "",
                f"More than {FOLLOWED} logs match; the first are listed." if self._others.left_out else "",
            )
            if notice
        )
        picture = Picture(
            run=run,
            headline=facts.headline(run) if run is not None else "",
            symptom=facts.draft_symptom(run) if run is not None else "",
            clues=self._clues.find(run) if run is not None else {},
            logs=log_entries(run, self._session.incident, self._workdir, self._others.files),
            notices=notices,
            other_run=self._other_run,
            looked=self._looked,
        )
        if picture != self._told:
            self._told = picture
            self._tell(picture)


def _starts(event: LogEvent) -> bool:
    return isinstance(event, JobStarted | Submitted)


def _differs(before: events.RunSeen, now: Run) -> tuple[str, ...]:
    found = []
    for name, was, is_now in (
        ("version", before.version, now.version),
        ("cores", before.cores, now.cores),
        ("command", before.command, now.command),
    ):
        if was != is_now:
            found.append(f"{name}: {was or 'unknown'} -> {is_now or 'unknown'}")
    return tuple(found)
