"""The run as it goes on: attempts kept within milliseconds, runs that begin and end, a folder that vanishes."""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import RecordError
from incident_console.session import live as module
from incident_console.session.core import Session
from incident_console.session.live import Live, Picture
from incident_console.session.sightings import Sightings
from incident_console.snakemake.run import Run
from tests.unit.session.runlog import RunLog

ENGINE = "import sys; log = open(sys.argv[1], 'a'); print('ready', flush=True); sys.stdin.read()"


class Watching:
    """Everything that was told, and a way to wait for it."""

    def __init__(self, session: Session, **how: object) -> None:
        self.session = session
        self.pictures: list[Picture] = []
        self._told = threading.Condition()
        session.listen(self._event)
        self.live = Live(session, self._picture, **how)  # type: ignore[arg-type]

    def _picture(self, picture: Picture) -> None:
        with self._told:
            self.pictures.append(picture)
            self._told.notify_all()

    def _event(self, recorded: events.Recorded) -> None:
        with self._told:
            self._told.notify_all()

    @property
    def picture(self) -> Picture:
        return self.pictures[-1] if self.pictures else Picture()

    def kept(self) -> list[events.AttemptKept]:
        return [i.event for i in self.session.incident.evidence if isinstance(i.event, events.AttemptKept)]

    def runs(self) -> list[tuple[str, str]]:
        seen = [line.event for line in self.session.incident.lines if isinstance(line.event, events.RunSeen)]
        return [(Path(event.log).name, event.status) for event in seen]

    def until(self, what: Callable[[], object], timeout: float = 20.0) -> None:
        with self._told:
            assert self._told.wait_for(what, timeout), (self.picture, self.runs())

    def until_searched_again(self) -> None:
        """A new log is found by the same search that looks for runs."""
        (self.session.workdir / "logs/marker.log").write_text("x")
        self.until(lambda: any(entry.path and entry.path.name == "marker.log" for entry in self.picture.logs))


@contextmanager
def watching(session: Session, **how: object) -> Iterator[Watching]:
    watch = Watching(session, **how)
    watch.live.start()
    try:
        yield watch
    finally:
        watch.live.close()


@contextmanager
def engine(log: Path) -> Iterator[int]:
    """A process that holds the run log open for writing, as an engine does."""
    process = subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdin is not None
    assert process.stdout.readline() == "ready\n"
    try:
        yield process.pid
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEARCH_S", 0.1)


def test_a_log_that_is_unlinked_ten_milliseconds_after_the_error_is_kept(session: Session) -> None:
    log = RunLog(session.workdir).begin()
    with engine(log.path), watching(session) as watch:
        watch.until(lambda: watch.picture.run)
        for attempt in range(1, 6):
            log.start(4, "B")
            path = log.job_log("B", f"attempt {attempt} begins\n")
            time.sleep(0.01)
            with path.open("a") as job:
                job.write(f"FATAL {attempt}\n")
            log.error(4, "B", retry=True)
            time.sleep(0.01)
            path.unlink()
        log.start(4, "B")
        log.job_log("B", "aligned\n")
        log.finish(4)
        watch.until(lambda: len(watch.kept()) == 5)
        # On a busy machine one may be gone before this process had its turn: that is told, and nobody else's is taken.
        texts = [session.record.blobs.get(event.sha256) if event.sha256 else None for event in watch.kept()]
        wanted = [f"attempt {n} begins\nFATAL {n}\n".encode() for n in range(1, 6)]
        assert all(text in (own, None) for text, own in zip(texts, wanted, strict=True))
        assert all(event.sha256 or event.missing for event in watch.kept())
        assert len([text for text in texts if text]) >= 3
        states = ["kept" if text else "lost" for text in texts]
        watch.until(lambda: [entry.state for entry in watch.picture.logs[1:]] == ["retried", *states])
        assert watch.picture.logs[1].attempts == ("failed",) * 5 + ("succeeded",)


def test_what_failed_in_the_last_moment_before_leaving_is_kept(session: Session) -> None:
    log = RunLog(session.workdir).begin()
    with engine(log.path), watching(session) as watch:
        watch.until(lambda: watch.picture.run)
        log.start(4, "B")
        log.job_log("B", "no\n")
        log.error(4, "B", retry=False)
    assert len(watch.kept()) == 1


def test_the_run_is_recorded_at_each_change_of_its_status(session: Session) -> None:
    log = RunLog(session.workdir).begin()
    with ExitStack() as leaving:
        engine_runs = leaving.enter_context(ExitStack())
        pid = engine_runs.enter_context(engine(log.path))
        watch = leaving.enter_context(watching(session))
        watch.until(lambda: watch.runs() == [(log.name, "running")])
        seen = session.incident.run
        assert seen is not None and (seen.event.pid, seen.event.cores, seen.event.version) == (pid, 2, "9.27.1")
        assert session.run == f".snakemake/log/{log.name}" and session.run_is_live
        log.end(failed=True)
        engine_runs.close()
        watch.until(lambda: watch.runs() == [(log.name, "running"), (log.name, "failed")])
        watch.until(lambda: not session.run_is_live)


def test_resuming_does_not_record_a_status_that_is_known(session: Session) -> None:
    RunLog(session.workdir).begin().end(failed=True)
    for _ in range(2):
        with watching(session) as watch:
            watch.until(lambda: watch.picture.run)
    assert len(watch.runs()) == 1


def test_a_run_that_is_started_again_is_recorded_with_what_differs(session: Session) -> None:
    first = RunLog(session.workdir, "2026-11-22T100000.000000.snakemake.log").begin()
    first.end(failed=True)
    with watching(session) as watch:
        watch.until(lambda: watch.runs() == [(first.name, "failed")])
        second = RunLog(session.workdir, "2026-11-22T110000.000000.snakemake.log").begin(cores=8)
        with engine(second.path):
            watch.until(lambda: (second.name, "running") in watch.runs())
    assert session.incident.run is not None
    assert session.incident.run.event.differs == ("cores: 2 -> 8", "command: snakemake -c2 -> snakemake -c8")
    assert session.incident.restarts == 1 and session.run == f".snakemake/log/{second.name}"


def test_a_run_that_goes_on_is_not_left_for_another_by_itself(session: Session) -> None:
    first = RunLog(session.workdir, "2026-11-22T100000.000000.snakemake.log").begin()
    second = RunLog(session.workdir, "2026-11-22T110000.000000.snakemake.log")
    with engine(first.path), watching(session) as watch:
        watch.until(lambda: watch.picture.run)
        second.begin()
        with engine(second.path):
            watch.until(lambda: watch.picture.other_run == str(second.path))
            assert watch.picture.run is not None and watch.picture.run.log.endswith(first.name)
            watch.live.watch(second.path)
            watch.until(lambda: watch.picture.run and watch.picture.run.log.endswith(second.name))
            assert watch.picture.other_run is None


def test_a_run_that_the_operator_chose_stays(session: Session) -> None:
    old = RunLog(session.workdir, "2026-11-22T100000.000000.snakemake.log").begin()
    old.end(failed=True)
    new = RunLog(session.workdir, "2026-11-22T110000.000000.snakemake.log").begin()
    new.end(failed=False)
    with watching(session, log=old.path.relative_to(session.workdir)) as watch:
        watch.until(lambda: watch.picture.run and watch.picture.looked)
        watch.until_searched_again()
        assert watch.picture.run is not None and watch.picture.run.log.endswith(old.name)
        assert watch.picture.other_run is None
        newest = RunLog(session.workdir, "2026-11-22T120000.000000.snakemake.log").begin()
        newest.end(failed=False)
        watch.until(lambda: watch.picture.other_run == str(newest.path))
        assert [Path(path).name for path, _ in watch.live.runs()] == [newest.name, new.name, old.name]


def test_a_querys_log_never_becomes_the_watched_run(session: Session) -> None:
    run = RunLog(session.workdir, "2026-11-22T100000.000000.snakemake.log").begin()
    run.end(failed=True)
    query = RunLog(session.workdir, "2026-11-22T110000.000000.snakemake.log")
    with watching(session) as watch:
        watch.until(lambda: watch.picture.run)
        query.path.write_text("Building DAG of jobs...\n")
        watch.until_searched_again()
    assert {name for name, _ in watch.runs()} == {run.name}
    assert session.run == f".snakemake/log/{run.name}"


def test_an_older_run_does_not_take_the_place_of_one_whose_log_was_deleted(session: Session) -> None:
    old = RunLog(session.workdir, "2026-11-22T100000.000000.snakemake.log").begin()
    old.end(failed=False)
    new = RunLog(session.workdir, "2026-11-22T110000.000000.snakemake.log").begin()
    new.end(failed=True)
    with watching(session) as watch:
        watch.until(lambda: watch.picture.run)
        new.path.unlink()
        watch.until(lambda: any("cannot be read" in notice for notice in watch.picture.notices))
        watch.until_searched_again()
        assert watch.picture.run is not None and watch.picture.run.log.endswith(new.name)


def test_a_folder_that_vanishes_is_told_and_nothing_is_lost(session: Session) -> None:
    log = RunLog(session.workdir).begin()
    log.start(4, "B")
    log.job_log("B", "no\n")
    log.error(4, "B", retry=False)
    with watching(session) as watch:
        watch.until(lambda: len(watch.kept()) == 1)
        shutil.rmtree(session.workdir)
        watch.until(lambda: any("is gone" in notice for notice in watch.picture.notices))
        session.note("somebody removed it")
        assert len(watch.kept()) == 1


def test_without_any_run_the_logs_are_followed_all_the_same(session: Session) -> None:
    with watching(session, globs=("*.out",)) as watch:
        watch.until(lambda: watch.picture.looked)
        assert watch.picture.run is None and not session.run_is_live
        (session.workdir / "logs/a.log").write_text("x")
        (session.workdir / "b.out").write_text("x")
        watch.until(lambda: {entry.label for entry in watch.picture.logs} == {"logs/a.log", "b.out"})


def test_until_a_run_was_looked_for_one_may_be_live(session: Session) -> None:
    Live(session, lambda picture: None)
    assert session.run_is_live


def test_edits_are_seen_while_the_run_is_followed(session: Session) -> None:
    with watching(session) as watch:
        (session.workdir / "Snakefile").write_text("rule other:\n")
        watch.until(lambda: session.incident.edits)


def test_a_full_disk_is_told_and_what_was_owed_is_recorded_later(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = RunLog(session.workdir).begin()
    real, full = session.append, True

    def append(event: events.Event) -> events.Recorded:
        if full:
            raise RecordError("Not recorded: the disk is full.")
        return real(event)

    monkeypatch.setattr(session, "append", append)
    with engine(log.path), watching(session) as watch:
        log.start(4, "B")
        path = log.job_log("B", "FATAL\n")
        watch.until(lambda: watch.picture.run and watch.picture.run.running)
        log.error(4, "B", retry=True)
        watch.until(lambda: any("disk is full" in notice for notice in watch.picture.notices))
        path.unlink()
        full = False
        watch.until(lambda: watch.kept() and watch.runs())
        watch.until(lambda: not any("disk is full" in notice for notice in watch.picture.notices))
    assert session.record.blobs.get(watch.kept()[0].sha256 or "") == b"FATAL\n"


def test_a_fault_of_ours_does_not_end_the_thread(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    log = RunLog(session.workdir).begin()

    def broken(*_: object) -> object:
        raise ValueError("embedded null byte")

    with engine(log.path), watching(session) as watch:
        watch.until(lambda: watch.picture.run)
        with monkeypatch.context() as patch:
            reported: list[threading.ExceptHookArgs] = []
            patch.setattr(threading, "excepthook", reported.append)
            patch.setattr(module, "find_logs", broken)
            watch.until(lambda: any("fault of the console" in notice for notice in watch.picture.notices))
            assert len(reported) == 1
            log.start(4, "B")
            log.job_log("B", "FATAL\n")
            log.error(4, "B", retry=True)
            watch.until(watch.kept)


def test_a_log_named_with_a_zero_byte_does_not_stop_the_following(session: Session) -> None:
    log = RunLog(session.workdir).begin()
    log.start(4, "B", "logs/\0.log")
    log.error(4, "B", "logs/\0.log", retry=False)
    with watching(session) as watch:
        watch.until(lambda: watch.kept() and watch.picture.logs)
        assert watch.picture.notices == ()


def test_outputs_beside_a_log_are_not_held(session: Session) -> None:
    log = RunLog(session.workdir).begin()
    log.start(4, "B")
    with engine(log.path), watching(session) as watch:
        watch.until(lambda: watch.picture.run and watch.picture.run.running)
        (session.workdir / "logs/B.bam").write_text("many gigabytes")
        log.job_log("B", "x\n")
        watch.until(lambda: any(entry.size for entry in watch.picture.logs if entry.label == "align B"))
        held = {str(fd.readlink()) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()}
        assert str(session.workdir / "logs/B.log") in held
        assert str(session.workdir / "logs/B.bam") not in held


def test_a_run_is_recorded_without_its_header_after_a_while(session: Session) -> None:
    now = 100.0
    sightings = Sightings(session, clock=lambda: now)
    planning = Run(log="a.log", status="running")
    sightings.see(planning)
    assert session.incident.runs == {}
    now += 11
    sightings.see(planning)
    sightings.see(planning)
    assert [line.kind for line in session.incident.lines].count("run.seen") == 1
