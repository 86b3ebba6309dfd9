"""Failed against passed: which two attempts are laid side by side, what is told of each, and what is refused."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console.errors import Refused
from incident_console.events import NoteAdded
from incident_console.session import attempttexts
from incident_console.session.contrast import Contrast, as_note, contrast
from incident_console.session.core import Session
from incident_console.session.logs import log_entries
from incident_console.session.recorder import Recorder
from incident_console.snakemake.run import Run
from incident_console.snakemake.watcher import RunWatcher
from tests.unit.session.runlog import RunLog
from tests.unit.snakemake.crowd import crowded

READS = "".join(f"13:58:0{n} read {n} of 92\n" for n in range(5))


class Followed:
    """A run that is followed and recorded while it is written."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.log = RunLog(session.workdir).begin()
        session.run = f".snakemake/log/{self.log.name}"
        self._watcher = RunWatcher(session.workdir, self.log.path)
        self._recorder = Recorder(session, self.log.path, session.run)

    def look(self) -> Run:
        run, events = self._watcher.poll_events()
        self._recorder.take_in(events)
        return run

    def fails(self, jobid: int, sample: str, text: str, *, retry: bool = False) -> None:
        self.log.start(jobid, sample)
        path = self.log.job_log(sample, text)
        self.look()
        self.log.error(jobid, sample, retry=retry)
        self.look()
        if retry:
            path.unlink()
            self._recorder.pay()

    def passes(self, jobid: int, sample: str, text: str) -> None:
        self.log.start(jobid, sample)
        self.log.job_log(sample, text)
        self.log.finish(jobid)
        self.look()

    def of(self, sample: str) -> Contrast:
        return contrast(self.session, self.look(), f"file:{self.session.workdir}/logs/{sample}.log")


@pytest.fixture
def followed(session: Session) -> Followed:
    return Followed(session)


def first(found: Contrast) -> tuple[bytes | None, bytes | None]:
    assert found.laid.first is not None
    row = found.laid.row(found.laid.first)
    left = found.laid.left[row.left] if row.left is not None else None
    return left, found.laid.right[row.right] if row.right is not None else None


def test_a_job_that_recovered_its_kept_attempt_against_the_one_that_passed(followed: Followed) -> None:
    followed.fails(1, "B", "13:57:01 align B: attempt 1\n13:57:02 FATAL index is locked\n", retry=True)
    followed.passes(1, "B", "13:58:00 align B: attempt 2\n" + READS)
    found = followed.of("B")
    assert (found.left.name, found.left.outcome) == ("align B, attempt 1", "failed")
    assert (found.right.name, found.right.outcome) == ("align B, attempt 2", "succeeded")
    assert first(found) == (b"13:57:02 FATAL index is locked", b"13:58:00 read 0 of 92")
    assert found.left.source.startswith("kept when it failed") and found.right.source == "logs/B.log"
    assert (found.left.exit_code, found.right.exit_code) == (42, 0)
    assert found.left.node == found.right.node == "somewhere-else"
    assert (found.failures, found.passes, found.associations) == (1, 1, ())


def test_the_row_of_a_kept_attempt_and_the_row_of_its_job_give_the_same(followed: Followed) -> None:
    followed.fails(1, "B", "FATAL first\n", retry=True)
    followed.fails(1, "B", "FATAL second\n", retry=True)
    followed.passes(1, "B", "fine\n")
    run, session = followed.look(), followed.session
    entries = log_entries(run, session.incident, session.workdir, ())
    told = {entry.key: contrast(session, run, entry.key).left.attempt for entry in entries if entry.state != "run"}
    assert sorted(told.values()) == [1, 2, 2]
    assert {kind for kind, _, _ in (key.partition(":") for key in told)} == {"file", "kept"}


def test_a_job_that_never_passed_against_the_nearest_sample_that_did(followed: Followed) -> None:
    followed.passes(1, "A", "align A\nreads A.fastq\nread 5\n")
    followed.fails(2, "B", "align B\nreads B.fastq\ntruncated\n")
    found = followed.of("B")
    assert (found.left.name, found.right.name) == ("align B", "align A")
    assert first(found) == (b"truncated", b"read 5")


def test_a_job_that_passed_against_the_sample_that_failed(followed: Followed) -> None:
    followed.passes(1, "A", "fine\n")
    followed.fails(2, "B", "truncated\n")
    found = followed.of("A")
    assert (found.left.name, found.right.name) == ("align B", "align A")


def test_two_failures_where_nothing_passed_and_what_still_runs_where_nothing_else_failed(followed: Followed) -> None:
    followed.fails(1, "B", "FATAL locked\n", retry=True)
    followed.log.start(1, "B")
    followed.log.job_log("B", "FATAL disk\n")
    found = followed.of("B")
    assert (found.left.attempt, found.right.attempt, found.right.outcome) == (1, 2, "running")
    followed.log.error(1, "B", retry=False)
    found = followed.of("B")
    assert (found.left.attempt, found.left.outcome, found.right.attempt, found.right.outcome) == (
        *(2, "failed"),
        *(1, "failed"),
    )


def test_the_benchmark_is_that_of_the_attempt_that_passed(followed: Followed) -> None:
    folder = followed.session.workdir / "benchmarks"
    folder.mkdir()
    (folder / "B.tsv").write_text("s\th:m:s\tmax_rss\tcpu_time\n2.5\t0:00:02\t41.3\t2.1\n")
    followed.fails(1, "B", "FATAL\n", retry=True)
    followed.log.say(
        "[Sun Nov 22 13:20:35 2026]\nlocalrule align:\n    output: out/B\n    log: logs/B.log\n    jobid: 1\n"
        "    benchmark: benchmarks/B.tsv\n    wildcards: sample=B\n    resources: tmpdir=/tmp\n"
    )
    followed.log.job_log("B", "fine\n")
    followed.log.finish(1)
    found = followed.of("B")
    assert found.left.benchmark is None
    assert found.right.benchmark is not None and found.right.benchmark.max_rss_mib == 41.3
    (folder / "B.tsv").write_bytes(b"\xff\0nothing to read here")
    assert followed.of("B").right.benchmark is None


def test_a_secret_that_the_record_hides_is_no_difference_to_the_log_that_shows_it(followed: Followed) -> None:
    secret = "password=hunter2-said\n"
    followed.fails(1, "B", secret + "FATAL\n", retry=True)
    followed.passes(1, "B", secret + "fine\n")
    found = followed.of("B")
    assert found.laid.first == 1
    assert b"hunter2" not in found.laid.right[0]


def test_a_log_that_was_written_to_later_is_doubted_and_a_huge_one_is_cut(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed.fails(1, "B", "FATAL\n", retry=True)
    followed.passes(1, "B", "fine\n" * 100)
    path = followed.session.workdir / "logs/B.log"
    assert followed.of("B").right.remark == ""
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime + 3600))
    assert "maybe by another run" in followed.of("B").right.remark
    monkeypatch.setattr(attempttexts, "TEXT_LIMIT", 10)
    found = followed.of("B")
    assert (len(found.laid.right), "only its first" in found.right.remark) == (2, True)


def refusal(session: Session, run: Run | None, key: str) -> str:
    with pytest.raises(Refused) as refused:
        contrast(session, run, key)
    return str(refused.value)


def test_what_cannot_be_compared_is_refused_with_the_reason(followed: Followed) -> None:
    session = followed.session
    assert "no run is watched" in refusal(session, None, "job:1")
    followed.passes(1, "A", "fine\n")
    run = followed.look()
    logs = session.workdir / "logs"
    assert "no attempt of align has failed" in refusal(session, run, f"file:{logs}/A.log")
    for key in (f"file:{session.workdir / run.log}", "file:/etc/hostname", "job:99", "kept:1", "other"):
        assert "this is no job's log" in refusal(session, run, key)
    followed.fails(2, "B", "FATAL\n")
    (logs / "A.log").unlink()
    assert "no other attempt of align has left a log to compare align B with" in refusal(
        session, followed.look(), f"file:{logs}/B.log"
    )


def test_a_text_that_was_lost_and_a_rule_without_a_log_are_told_so(session: Session) -> None:
    log = RunLog(session.workdir).begin()
    log.start(1, "B")
    log.error(1, "B", retry=True)
    log.start(1, "B")
    log.job_log("B", "fine\n")
    log.finish(1)
    log.start(2, "C", None)
    log.error(2, "C", None, retry=False)
    run = RunWatcher(session.workdir, log.path).poll()
    assert "the log of align B, attempt 1, is gone: a retry deletes it" in refusal(session, run, "job:1")
    assert "align has no log: of its own" in refusal(session, run, "job:2")


def test_a_log_that_is_a_pipe_a_folder_or_odd_is_not_waited_for(followed: Followed) -> None:
    followed.passes(1, "A", "fine\n")
    followed.fails(2, "B", "FATAL\n")
    run, logs = followed.look(), followed.session.workdir / "logs"
    (logs / "A.log").unlink()
    os.mkfifo(logs / "A.log")
    assert "no other attempt" in refusal(followed.session, run, f"file:{logs}/B.log")


def test_the_comparison_stands_in_the_record_as_an_inference(followed: Followed) -> None:
    for jobid in range(1, 5):
        followed.passes(jobid, f"S{jobid}", "start\nfine\n")
    followed.fails(9, "B", "start\nFATAL \x1b[31mlocked token=abcdef0123456789abcdef\n")
    text = as_note(followed.of("B"))
    assert text.startswith("align B (failed) against align S")
    assert "first differ at line 2 on the left, 2 on the right" in text
    assert "left: FATAL �[31mlocked" in text and "right: fine" in text
    recorded = followed.session.note(text, "inference")
    assert isinstance(recorded.event, NoteAdded)
    assert recorded.event.nature == "inference" and "abcdef0123456789abcdef" not in recorded.event.text


def test_logs_that_say_the_same_are_told_so(followed: Followed) -> None:
    followed.passes(1, "A", "13:00:01 align A\n")
    followed.fails(2, "B", "14:00:01 align B\n")
    found = followed.of("B")
    assert found.laid.first is None
    assert "the two logs say the same" in as_note(found)


def test_a_cluster_jobs_node_is_read_from_its_own_log(session: Session) -> None:
    log = RunLog(session.workdir).begin()
    for jobid, sample in ((1, "A"), (2, "B")):
        log.start(jobid, sample)
        log.say(f"Submitted job {jobid} with external jobid '{800 + jobid}'.\n")
        log.job_log(sample, f"host: node{jobid}\nworks on {sample}\n")
    log.finish(1)
    log.error(2, "B", retry=False)
    run = RunWatcher(session.workdir, log.path).poll()
    found = contrast(session, run, "job:2")
    assert (found.left.node, found.right.node) == ("node2", "node1")
    assert found.left.meanwhile is None


def test_of_a_real_flaky_run_without_a_record_it_says_what_is_gone(session: Session) -> None:
    case = Path(__file__).parents[2] / "corpus/c1-flaky-retry-ok-v9/wd"
    runs = [RunWatcher(case, log).poll() for log in case.glob(".snakemake/log/*.log")]
    run, job = next((run, job) for run in runs for job in run.jobs if len(job.attempts) > 1)
    assert "is gone" in refusal(session, run, f"job:{job.jobid}")


def test_what_went_with_the_failures_is_told_and_noted_as_an_association(session: Session) -> None:
    run = crowded()
    run = replace(run, jobs=tuple(replace(job, logs=(f"logs/{job.jobid}.log",)) for job in run.jobs))
    for job in run.jobs:
        (session.workdir / job.logs[0]).write_text(f"start\n{job.state}\n")
    found = contrast(session, run, "job:1")
    assert [one.text for one in found.associations] == [
        "all 6 failures overlapped another align; 1 of 9 passes did",
    ]
    assert found.left.meanwhile is not None
    assert [job.jobid for job in found.left.meanwhile.sure] == [2]
    assert "An association, not a cause: all 6 failures overlapped another align; 1 of 9 passes did." in as_note(found)
