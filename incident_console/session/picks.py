"""Which file is the narrowest one? What the console picks from what the run left behind, when a rung asks for the
failing log, the latest benchmark, the provenance or the comparison with how it was before."""

from __future__ import annotations

from pathlib import Path

from incident_console.errors import EvidenceError
from incident_console.events import AttemptKept
from incident_console.evidence import files
from incident_console.evidence.files import FileCapture
from incident_console.session import proof
from incident_console.session.clues import read_end
from incident_console.session.core import Session
from incident_console.snakemake import benchmarks, find, provenance
from incident_console.snakemake.run import Run
from incident_console.snakemake.watcher import RunWatcher
from incident_console.tail.finding.errors_in import is_error
from incident_console.tail.places.find import glob_logs

TAIL = 64 * 1024


def pick(what: str, session: Session) -> FileCapture:
    """Raises EvidenceError saying what was looked for and not found."""
    if what == "comparison":
        return proof.comparison(session)
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
    failed = [job for job in run.jobs if job.state == "failed"]
    for job in sorted(failed, key=lambda job: job.attempts[-1].first_line or 0, reverse=True):
        for log in job.logs:
            if (session.workdir / log).is_file():
                return files.capture_file(session.workdir / log, session.workdir)
    for_good = {job.jobid for job in failed}
    kept = [event for event in _kept(session, run) if event.sha256 or event.block_sha256]
    if kept:
        return _of_kept(session, max(kept, key=lambda event: event.jobid in for_good))
    if any(attempt.outcome == "failed" for job in run.jobs for attempt in job.attempts):
        raise EvidenceError("every job that failed has recovered since, and a retry deletes the failure's log")
    raise EvidenceError("no job has failed so far, so there is no failing log")


def _kept(session: Session, run: Run) -> list[AttemptKept]:
    """This run's kept attempts, the latest first."""
    kept = (item.event for item in reversed(session.incident.evidence) if isinstance(item.event, AttemptKept))
    return [event for event in kept if event.run == run.log]


def _of_kept(session: Session, event: AttemptKept) -> FileCapture:
    data = session.record.blobs.get(event.sha256 or event.block_sha256 or "")
    what = event.log if event.sha256 else f"{event.run_log}, its block"
    name = f"{what} (kept of {event.rule} attempt {event.attempt})"
    return FileCapture(path=name, data=data, size=len(data), dropped=0, inode=0, mtime_ns=0)


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
