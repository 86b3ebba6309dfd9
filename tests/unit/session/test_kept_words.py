"""What an attempt said whose log is gone stands in what is told of the run, and in the suspects."""

from collections.abc import Callable
from pathlib import Path

import pytest

from incident_console import events
from incident_console.session import keptwords
from incident_console.session.core import Session
from incident_console.session.keptwords import KeptWords
from incident_console.session.understanding import Understander, Understanding
from incident_console.snakemake.watcher import RunWatcher
from tests.unit.session.runlog import RunLog

SAID = "09:23:39 FATAL index is locked by pid 6551"


def keep(session: Session, run: str, log: str, *, jobid: int | None = 1, attempt: int = 1) -> None:
    sha256, size, _ = session.keep(log.encode())
    session.append(
        events.AttemptKept(
            rule="align", jobid=jobid, attempt=attempt, sha256=sha256, size=size, complete=True, exit_code=42, run=run
        )
    )


@pytest.fixture
def recovered(workdir: Path) -> RunLog:
    """A run whose first attempt failed and whose second went well, so that its log tells of the second alone."""
    run = RunLog(workdir).begin(jobs=1)
    run.start(1, "B")
    run.error(1, "B", retry=True)
    run.start(1, "B")
    run.job_log("B", "went well\n")
    run.finish(1)
    run.end(failed=False)
    return run


def understood(session: Session, run: RunLog) -> Callable[[], Understanding]:
    watcher, understander = (
        RunWatcher(session.workdir, run.path),
        Understander(session.workdir, lambda: None, kept=KeptWords(session)),
    )
    for _ in range(2):
        understander.take(*watcher.poll_events())

    def look() -> Understanding:
        understander.look()
        assert understander.latest is not None
        return understander.latest

    return look


def test_the_cause_and_the_suspects_speak_in_the_kept_logs_words(session: Session, recovered: RunLog) -> None:
    look = understood(session, recovered)
    before = look()
    assert before.causes and "locked" not in before.causes[0].cause.message
    keep(session, before.log, f"09:23:37 align B: attempt 1\n{SAID}\n")
    known = look()
    assert known.causes[0].cause.message == SAID
    assert any("index is locked" in clue.text for one in known.suspects for clue in one.because)


def test_what_another_runs_attempt_said_is_not_taken_for_this_ones(session: Session, recovered: RunLog) -> None:
    keep(session, "another.snakemake.log", f"{SAID}\n")
    assert "locked" not in understood(session, recovered)().causes[0].cause.message


def test_an_attempt_that_is_kept_is_told_at_once_and_nothing_else_is(session: Session) -> None:
    told: list[bool] = []
    KeptWords(session).hear(lambda: told.append(True))
    session.note("not an attempt")
    assert told == []
    keep(session, "a.log", SAID)
    assert told == [True]


def test_a_text_that_is_gone_or_says_nothing_gives_no_words(session: Session) -> None:
    words = KeptWords(session)
    keep(session, "a.log", "=====\n\n", attempt=1)
    keep(session, "a.log", SAID, attempt=2)
    keep(session, "a.log", "of no job", jobid=None)
    for blob in session.record.blobs.folder.iterdir():
        if blob.read_bytes() == SAID.encode():
            blob.unlink()
    assert words.of("a.log") == {}


def test_the_end_of_a_huge_log_is_read_and_no_more_logs_than_so_many(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keptwords, "READ", 2)
    keep(session, "a.log", "ERROR: long ago\n" + "busy\n" * 100_000 + SAID)
    for attempt in (2, 3):
        keep(session, "a.log", f"ERROR number {attempt}", attempt=attempt)
    assert dict(KeptWords(session).of("a.log")) == {(1, 1): SAID, (1, 2): "ERROR number 2"}
