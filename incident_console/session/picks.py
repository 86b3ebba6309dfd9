"""Which file is the narrowest one? What the console picks when a rung asks for the failing log, the latest benchmark or the
provenance, from what the run left behind."""

from __future__ import annotations

from pathlib import Path

from incident_console.errors import EvidenceError
from incident_console.events import AttemptKept
from incident_console.evidence import files
from incident_console.evidence.files import FileCapture
from incident_console.session.clues import read_end
from incident_console.session.core import Session
from incident_console.snakemake import benchmarks, facts, find, provenance
from incident_console.snakemake.run import Run
from incident_console.snakemake.watcher import RunWatcher
from incident_console.tail.errors_in import is_error
from incident_console.tail.find import glob_logs

TAIL = 64 * 1024


def pick(what: str, session: Session) -> FileCapture:
    """Raises EvidenceError saying what was looked for and not found."""
    run = _run(session)
    if what == "failing-log":
        return _failing_log(session, run)
    if what == "latest-benchmark":
        found = benchmarks.latest_benchmark(run, session.workdir) if run is not None else None
        if found is None:
            raise EvidenceError("no job of this run has left a benchmark file")
        return files.capture_file(found, session.workdir)
    if what == "provenance":
        published = provenance.find_provenance(session.workdir)
        if not published:
            raise EvidenceError(f"there is no provenance.json in or below a publish folder of {session.workdir}")
        return files.capture_file(published[0], session.workdir)
    raise EvidenceError(f"this console does not know how to pick {what}")


def _run(session: Session) -> Run | None:
    if session.run is None:
        found = find.watched_run(session.workdir)
        return RunWatcher(session.workdir, found.path).poll() if found is not None else None
    return RunWatcher(session.workdir, session.workdir / session.run).poll()


def _failing_log(session: Session, run: Run | None) -> FileCapture:
    """The log of the job that failed and stays failed; else what was kept of the last failed attempt.

    The log at the path of a job that recovered tells of the success: it is never taken for the failure's.
    """
    if run is None:
        other = _loudest(session)
        if other is None:
            raise EvidenceError("no log here ends with an error")
        return files.capture_file(other, session.workdir)
    if any(job.state == "failed" for job in run.jobs):
        path = facts.failing_log(run, session.workdir)
        if path is not None and path.is_file():
            return files.capture_file(path, session.workdir)
    kept = [item.event for item in session.incident.evidence if isinstance(item.event, AttemptKept)]
    for event in reversed(kept):
        sha256 = event.sha256 or event.block_sha256
        if sha256 is not None:
            what = event.log if event.sha256 else f"{event.run_log}, its block"
            data = session.record.blobs.get(sha256)
            name = f"{what} (kept of {event.rule} attempt {event.attempt})"
            return FileCapture(path=name, data=data, size=len(data), dropped=0, inode=0, mtime_ns=0)
    raise EvidenceError("no job has failed so far, so there is no failing log")


def _loudest(session: Session) -> Path | None:
    """Without an engine: the log written last among those whose end has an error."""
    found = sorted(glob_logs(session.workdir, tuple(session.runbook.logs)), key=_changed, reverse=True)
    return next((path for path in found[:200] if _ends_badly(path)), None)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _ends_badly(path: Path) -> bool:
    return any(map(is_error, read_end(path, TAIL).splitlines()))
