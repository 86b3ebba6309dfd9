"""The first look at the run: told before the incident is open, and gone on from once it is."""

import time
from pathlib import Path

import pytest

from incident_console.session import firstlook, live
from incident_console.session.core import Session
from incident_console.session.firstlook import FirstLook
from incident_console.session.picture import Picture
from tests.unit.session.runlog import RunLog
from tests.unit.session.test_live import engine, watching


def looked(workdir: Path, log: Path | None = None) -> tuple[FirstLook, Picture]:
    """A look that has been made, and what it told."""
    told: list[Picture] = []
    look = FirstLook(workdir, log, told.append)
    look.start()
    look.of(Path("any"))
    return look, told[0]


def failing(workdir: Path) -> RunLog:
    """One job failed and is tried again, and runs."""
    log = RunLog(workdir).begin()
    log.start(4, "B")
    log.job_log("B", "the first\n")
    log.error(4, "B", retry=True)
    log.start(4, "B")
    log.job_log("B", "the second\n")
    return log


def test_it_tells_the_facts_and_no_logs(tmp_path: Path) -> None:
    log = failing(tmp_path)
    _, picture = looked(tmp_path)
    assert picture.run is not None and picture.run.log == f".snakemake/log/{log.name}"
    assert picture.looked and picture.headline and "align failed" in picture.symptom and not picture.logs


def test_it_tells_that_there_is_no_run(tmp_path: Path) -> None:
    assert looked(tmp_path)[1] == Picture(looked=True)


def test_it_looks_at_the_run_that_was_named(tmp_path: Path) -> None:
    old = RunLog(tmp_path, "2026-11-22T100000.000000.snakemake.log").begin()
    new = RunLog(tmp_path, "2026-11-22T110000.000000.snakemake.log").begin()
    look, picture = looked(tmp_path, old.path.relative_to(tmp_path))
    assert picture.run is not None and picture.run.log.endswith(old.name)
    assert look.of(old.path) is not None and look.of(new.path) is None


def test_the_run_is_followed_from_where_it_stopped(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    log = failing(session.workdir)
    with engine(log.path):
        look, _ = looked(session.workdir)
        monkeypatch.setattr(live, "RunWatcher", None)  # no log is read a second time
        with (session.workdir / "logs/B.log").open("a") as job:
            job.write("FATAL\n")
        log.error(4, "B", retry=False)
        with watching(session, first=look) as watch:
            watch.until(lambda: [one.attempt for one in watch.kept()] == [1, 2])
            assert session.record.blobs.get(watch.kept()[1].sha256 or "") == b"the second\nFATAL\n"
            log.start(5, "C")
            watch.until(lambda: watch.picture.run and {job.jobid for job in watch.picture.run.jobs} >= {4, 5})


def test_an_old_look_is_made_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    log = failing(session.workdir)
    look, _ = looked(session.workdir)
    assert look.of(log.path) is not None
    now = time.monotonic()
    monkeypatch.setattr(firstlook.time, "monotonic", lambda: now + firstlook.FRESH_S + 1)
    assert look.of(log.path) is None
    monkeypatch.undo()
    monkeypatch.setattr(firstlook, "FRESH_S", -1.0)
    with watching(session, first=look) as watch:
        watch.until(lambda: watch.picture.run and [one.attempt for one in watch.kept()] == [1])
