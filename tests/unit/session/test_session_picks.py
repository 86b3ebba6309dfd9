"""Which log is the failure's? The one of the job that stays failed, or what was kept; never that of a success."""

import os
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import EvidenceError
from incident_console.session.core import Session
from incident_console.session.picks import pick
from incident_console.session.recorder import Recorder
from incident_console.snakemake.watcher import RunWatcher
from tests.unit.session.runlog import RunLog


@pytest.fixture
def log(session: Session) -> RunLog:
    log = RunLog(session.workdir).begin()
    session.run = f".snakemake/log/{log.name}"
    return log


def keep(session: Session, sample: str, text: bytes, *, jobid: int, run: str | None = None) -> None:
    sha256, size, _ = session.keep(text)
    session.append(
        events.AttemptKept(
            rule="align",
            jobid=jobid,
            attempt=1,
            log=f"logs/{sample}.log",
            sha256=sha256,
            size=size,
            complete=True,
            run=run or session.run,
        )
    )


def test_the_log_of_the_job_that_failed_last_for_good(session: Session, log: RunLog) -> None:
    for jobid, sample in ((1, "A"), (2, "B")):
        log.start(jobid, sample)
        log.job_log(sample, f"{sample} is truncated\n")
        log.error(jobid, sample, retry=False)
    assert (pick("failing-log", session).path, pick("failing-log", session).data) == ("logs/B.log", b"B is truncated\n")


def test_a_job_that_recovered_gives_the_kept_attempt(session: Session, log: RunLog) -> None:
    followed = Recorder(session, log.path, session.run or "")
    watcher = RunWatcher(session.workdir, log.path)
    log.start(4, "B")
    path = log.job_log("B", "FATAL locked\n")
    followed.take_in(watcher.poll_events()[1])
    log.error(4, "B", retry=True)
    followed.take_in(watcher.poll_events()[1])
    path.unlink()
    log.start(4, "B")
    log.job_log("B", "aligned 812 reads\n")
    picked = pick("failing-log", session)
    assert picked.data == b"FATAL locked\n" and picked.path == "logs/B.log (kept of align attempt 1)"
    log.finish(4)
    log.end(failed=False)
    assert pick("failing-log", session).data == b"FATAL locked\n"


def test_a_recovered_job_of_which_nothing_was_kept_gives_no_log(session: Session, log: RunLog) -> None:
    log.start(4, "B")
    log.error(4, "B", retry=True)
    log.start(4, "B")
    log.job_log("B", "aligned 812 reads\n")
    log.finish(4)
    with pytest.raises(EvidenceError, match="recovered since"):
        pick("failing-log", session)


def test_the_job_that_stays_failed_goes_before_a_later_one_that_recovered(session: Session, log: RunLog) -> None:
    log.start(1, "A")
    log.error(1, "A", retry=False)
    log.start(2, "B")
    log.error(2, "B", retry=True)
    log.start(2, "B")
    log.job_log("B", "aligned\n")
    log.finish(2)
    keep(session, "A", b"A failed\n", jobid=1)
    keep(session, "B", b"B failed once\n", jobid=2)
    assert pick("failing-log", session).data == b"A failed\n"


def test_an_attempt_of_the_run_before_is_not_this_runs_failure(session: Session, log: RunLog) -> None:
    keep(session, "B", b"of yesterday\n", jobid=4, run=".snakemake/log/earlier.snakemake.log")
    with pytest.raises(EvidenceError, match="no job has failed"):
        pick("failing-log", session)


def test_without_an_engine_the_newest_log_that_ends_badly(session: Session) -> None:
    with pytest.raises(EvidenceError, match="no log here ends with an error"):
        pick("failing-log", session)
    for age, (name, text) in enumerate((("ok", "fine\n"), ("bad", "ERROR: no\n"), ("old", "ERROR: older\n"))):
        path = session.workdir / f"logs/{name}.log"
        path.write_text(text)
        os.utime(path, (1e9 - age, 1e9 - age))
    assert pick("failing-log", session).path == "logs/bad.log"


def test_what_is_not_there_is_told(session: Session, log: RunLog) -> None:
    for what in ("latest-benchmark", "provenance", "horoscope"):
        with pytest.raises(EvidenceError):
            pick(what, session)


def test_provenance_is_found_below_a_publish_folder(session: Session) -> None:
    path = session.workdir / "publish/v1/provenance.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    assert pick("provenance", session).path == str(Path("publish/v1/provenance.json"))
