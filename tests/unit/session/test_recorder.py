"""The flight recorder, step by step: a failed attempt's own text is kept, or it is said why not; never a retry's."""

import gc
import time
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import RecordError
from incident_console.session import recorder as module
from incident_console.session.core import Session
from incident_console.session.recorder import DOUBTFUL, TOO_LATE, Recorder
from incident_console.snakemake.watcher import RunWatcher
from incident_console.tail.keeping.held import Kept
from tests.unit.session.runlog import RunLog


class Followed:
    """A run log, the watcher that reads it, and the recorder that is told."""

    def __init__(self, session: Session, *, log: RunLog | None = None) -> None:
        self.session = session
        self.log = log or RunLog(session.workdir).begin()
        self.run = f".snakemake/log/{self.log.name}"
        self.watcher = RunWatcher(session.workdir, self.log.path)
        self.now = 0.0
        self.recorder = Recorder(session, self.log.path, self.run, clock=lambda: self.now)
        self.poll()

    def poll(self) -> None:
        self.recorder.take_in(self.watcher.poll_events()[1])

    def wait(self) -> None:
        """Long enough for every doubt to be settled."""
        self.now += 2
        while not self.recorder.pay():
            pass

    def kept(self) -> list[events.AttemptKept]:
        return [i.event for i in self.session.incident.evidence if isinstance(i.event, events.AttemptKept)]

    def text(self, event: events.AttemptKept) -> bytes | None:
        return self.session.record.blobs.get(event.sha256) if event.sha256 else None


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the disk is, what is owed is recorded at once."""
    monkeypatch.setattr(module, "WRITING_S", 60.0)


@pytest.fixture
def followed(session: Session) -> Followed:
    return Followed(session)


def test_a_retry_deletes_the_log_but_the_attempt_is_kept(followed: Followed) -> None:
    log = followed.log
    log.start(4, "B")
    path = log.job_log("B", "FATAL index is locked\n")
    followed.poll()
    path.open("a").write("exit 42\n")
    path.unlink()
    log.error(4, "B", retry=True)
    log.start(4, "B")
    log.job_log("B", "aligned\n")
    followed.poll()
    log.finish(4)
    followed.poll()
    (event,) = followed.kept()
    assert followed.text(event) == b"FATAL index is locked\nexit 42\n"
    assert (event.rule, event.jobid, event.attempt, event.wildcards) == ("align", 4, 1, {"sample": "B"})
    assert (event.complete, event.missing, event.exit_code, event.run) == (True, None, 42, followed.run)
    assert event.block_sha256 is not None and event.run_lines is not None
    block = followed.session.record.blobs.get(event.block_sha256)
    assert b"Error in rule align:" in block and b"Trying to restart job 4." in block
    assert event.disk_free and event.memory_available and event.occurred_at


def test_a_log_that_was_never_held_is_not_taken_from_the_retry(followed: Followed) -> None:
    log = followed.log
    log.start(4, "B")
    followed.poll()
    log.job_log("B", "FATAL\n").unlink()
    log.error(4, "B", retry=True)
    log.start(4, "B")
    log.job_log("B", "the retry's own words\n")
    followed.poll()
    followed.wait()
    (event,) = followed.kept()
    assert event.sha256 is None and not event.complete
    assert event.missing == DOUBTFUL
    assert event.block_sha256 is not None
    log.error(4, "B", retry=False)
    followed.poll()
    assert followed.text(followed.kept()[1]) == b"the retry's own words\n", "read once for nothing, it is not lost"


def test_a_retry_is_told_of_before_the_log_is_deleted(followed: Followed) -> None:
    log = followed.log
    log.start(4, "B")
    path = log.job_log("B", "FATAL\n")
    log.error(4, "B", retry=True)
    log.start(4, "B")
    followed.poll()
    assert followed.kept() == [] and followed.recorder.in_doubt
    path.unlink()
    followed.recorder.pay()
    (event,) = followed.kept()
    assert followed.text(event) == b"FATAL\n" and event.complete
    log.job_log("B", "the second\n")
    followed.recorder.look([path])
    log.error(4, "B", retry=True)
    log.start(4, "B")
    followed.poll()
    path.unlink()
    log.job_log("B", "the third\n")
    followed.wait()
    assert followed.text(followed.kept()[1]) == b"the second\n"


def test_what_may_be_of_either_of_two_attempts_is_given_to_none(followed: Followed) -> None:
    log = followed.log
    log.start(4, "B")
    followed.poll()
    log.job_log("B", "first\n").unlink()
    log.error(4, "B", retry=True)
    log.start(4, "B")
    path = log.job_log("B", "second\n")
    followed.poll()
    log.error(4, "B", retry=True)
    path.unlink()
    log.start(4, "B")
    followed.poll()
    followed.wait()
    assert [followed.text(event) for event in followed.kept()] == [None, None]


def test_opened_too_late_says_so(session: Session) -> None:
    log = RunLog(session.workdir).begin()
    log.start(4, "B")
    log.error(4, "B", retry=True)
    log.start(4, "B")
    log.job_log("B", "the retry's own words\n")
    followed = Followed(session, log=log)
    followed.wait()
    (event,) = followed.kept()
    assert (event.sha256, event.missing, event.complete) == (None, TOO_LATE, False)
    assert event.disk_free is None and event.memory_available is None, "figures of now say nothing of then"
    log.error(4, "B", retry=False)
    followed.poll()
    assert followed.text(followed.kept()[1]) == b"the retry's own words\n"


def test_opened_long_after_the_retry_its_text_is_not_even_read(session: Session) -> None:
    log = RunLog(session.workdir).begin()
    log.start(4, "B")
    log.error(4, "B", retry=True)
    log.path.write_text(log.path.read_text().replace(time.strftime("%Y]"), "2020]"))
    log.start(4, "B")
    log.job_log("B", "the retry's own words\n")
    followed = Followed(session, log=log)
    assert [event.missing for event in followed.kept()] == [TOO_LATE] and not followed.recorder.in_doubt


def test_opened_after_the_final_failure_the_log_is_still_there(session: Session) -> None:
    log = RunLog(session.workdir).begin()
    log.start(4, "B")
    log.job_log("B", "truncated read\n")
    log.error(4, "B", retry=False)
    followed = Followed(session, log=log)
    (event,) = followed.kept()
    assert followed.text(event) == b"truncated read\n" and event.complete


def test_several_fast_retries_between_two_looks_are_each_kept(followed: Followed) -> None:
    log = followed.log
    for attempt in (1, 2, 3):
        log.start(4, "B")
        path = log.job_log("B", f"failed attempt {attempt}\n")
        followed.recorder.look([path])
        log.error(4, "B", retry=attempt < 3)
        if attempt < 3:
            path.unlink()
    followed.poll()
    assert [(event.attempt, followed.text(event)) for event in followed.kept()] == [
        (1, b"failed attempt 1\n"),
        (2, b"failed attempt 2\n"),
        (3, b"failed attempt 3\n"),
    ]


def test_of_several_fast_retries_the_text_of_one_is_never_given_to_another(followed: Followed) -> None:
    log = followed.log
    for attempt in (1, 2, 3):
        log.start(4, "B")
        path = log.job_log("B", f"failed attempt {attempt}\n")
        if attempt > 1:
            followed.recorder.look([path])  # the first one's came and went unseen
        log.error(4, "B", retry=attempt < 3)
        if attempt < 3:
            path.unlink()
    followed.poll()
    followed.wait()
    assert [(event.attempt, followed.text(event), event.missing) for event in followed.kept()] == [
        (1, None, DOUBTFUL),
        (2, None, DOUBTFUL),
        (3, b"failed attempt 3\n", None),
    ]


def test_a_log_that_was_opened_after_the_look_is_the_attempts_if_no_retry_had_begun(followed: Followed) -> None:
    log = followed.log
    log.start(4, "B")
    log.error(4, "B", retry=True)
    events, read_at = followed.watcher.poll_events()[1], followed.now
    followed.now += 0.01
    path = log.job_log("B", "whose is this?\n")
    log.start(44, "C")  # something else went on meanwhile
    followed.recorder.take_in(events, read_at, followed.watcher.read_to)
    path.unlink()
    assert [followed.text(event) for event in followed.kept()] == [b"whose is this?\n"]


def test_a_log_that_was_opened_after_the_look_is_nobodys_if_its_retry_failed_as_well(followed: Followed) -> None:
    log = followed.log
    log.start(4, "B")
    log.error(4, "B", retry=True)
    events, read_at = followed.watcher.poll_events()[1], followed.now
    followed.now += 0.01
    log.start(4, "B")
    path = log.job_log("B", "the retry says this\n")
    followed.recorder.take_in(events, read_at, followed.watcher.read_to)
    log.error(4, "B", retry=True)
    path.unlink()
    followed.now += 0.01
    followed.poll()
    followed.wait()
    assert [followed.text(event) for event in followed.kept() if event.attempt == 1] == [None]


def test_the_attempts_number_is_the_logs_own_where_it_tells_one(session: Session) -> None:
    log = RunLog(session.workdir).begin()
    log.start(4, "B", extra=", attempt=3")
    log.job_log("B", "no\n")
    log.error(4, "B", retry=False)
    assert [event.attempt for event in Followed(session, log=log).kept()] == [3]


def test_a_resource_that_is_called_attempt_does_not_merge_attempts(followed: Followed) -> None:
    log = followed.log
    for retry in (True, False):
        log.start(4, "B", extra=", attempt=1")
        followed.poll()
        log.error(4, "B", retry=retry)
        followed.poll()
    assert [event.attempt for event in followed.kept()] == [1, 2]


def test_a_job_without_a_log_keeps_its_block(followed: Followed) -> None:
    followed.log.start(4, "B", None)
    followed.log.error(4, "B", None, retry=False)
    followed.poll()
    (event,) = followed.kept()
    assert event.log is None and event.sha256 is None and event.block_sha256 is not None
    assert event.missing == "the rule has no log of its own"


def test_several_logs_stand_one_after_the_other(followed: Followed) -> None:
    followed.log.start(4, "B", "logs/B.log, logs/C.log")
    followed.log.job_log("B", "one\n")
    followed.log.job_log("C", "two\n")
    followed.log.error(4, "B", "logs/B.log, logs/C.log", retry=False)
    followed.poll()
    (event,) = followed.kept()
    assert followed.text(event) == b"==> logs/B.log <==\none\n\n==> logs/C.log <==\ntwo\n"


def test_a_job_that_was_interrupted_has_not_failed(followed: Followed) -> None:
    followed.log.start(4, "B")
    followed.log.job_log("B", "working\n")
    followed.poll()
    followed.log.say("Terminating processes on user request, this might take some time.\n")
    followed.log.error(4, "B", retry=False)
    followed.log.end(failed=True)
    followed.poll()
    followed.recorder.close()
    assert followed.kept() == []


def test_resuming_records_no_attempt_twice(followed: Followed) -> None:
    log = followed.log
    log.start(4, "B")
    log.job_log("B", "no\n")
    log.error(4, "B", retry=False)
    followed.poll()
    followed.recorder.close()
    again = Followed(followed.session, log=log)
    assert len(again.kept()) == 1


def test_a_run_log_that_is_read_anew_records_no_attempt_twice(followed: Followed) -> None:
    log = followed.log
    log.start(4, "B")
    log.job_log("B", "no\n")
    log.error(4, "B", retry=False)
    followed.poll()
    text = log.path.read_bytes()
    log.path.unlink()
    log.path.write_bytes(text)
    followed.poll()
    assert [event.attempt for event in followed.kept()] == [1]


def test_a_failure_whose_block_never_ended_is_kept_when_the_console_is_left(followed: Followed) -> None:
    log = followed.log
    log.start(4, "B")
    log.job_log("B", "no\n")
    followed.poll()
    whole = RunLog(log.workdir, "whole")
    whole.begin()
    whole.error(4, "B", retry=False)
    block = whole.path.read_text().split("RuleException:")[1].split("    output:")[0]
    log.say("RuleException:" + block)
    followed.poll()
    assert followed.kept() == []
    followed.recorder.close()
    (event,) = followed.kept()
    assert followed.text(event) == b"no\n" and not event.complete
    assert event.missing == "its block of the run log was not found"


def test_a_failure_in_doubt_whose_block_never_ended_is_kept_when_the_console_is_left(session: Session) -> None:
    log = RunLog(session.workdir).begin()
    log.start(4, "B")
    log.job_log("B", "no\n")
    whole = RunLog(log.workdir, "whole").begin()
    whole.error(4, "B", retry=False)
    log.say("RuleException:" + whole.path.read_text().split("RuleException:")[1].split("    output:")[0])
    followed = Followed(session, log=log)
    followed.recorder.close()
    assert [event.jobid for event in followed.kept()] == [4]


def test_texts_that_are_in_the_record_are_not_held_in_memory(followed: Followed) -> None:
    log = followed.log
    for jobid, retried in ((4, False), (5, True)):
        log.start(jobid, f"s{jobid}")
        log.job_log(f"s{jobid}", "no\n")
        followed.poll()
        log.error(jobid, f"s{jobid}", retry=retried)
        followed.poll()
        if retried:
            log.start(jobid, f"s{jobid}")
            followed.poll()
            followed.wait()
            log.finish(jobid)
            followed.poll()
    assert len(followed.kept()) == 2
    gc.collect()
    held = [one for one in gc.get_objects() if isinstance(one, Kept) and log.workdir in one.path.parents]
    assert [one.data for one in held] == []


def test_descriptors_are_held_for_running_jobs_only(followed: Followed) -> None:
    log = followed.log
    for jobid in range(100):
        log.start(jobid, f"s{jobid}")
        log.job_log(f"s{jobid}", "no\n")
        log.error(jobid, f"s{jobid}", retry=False)
        followed.poll()
        followed.recorder.look([log.workdir / f"logs/s{jobid}.log"])
    assert len(followed.kept()) == 100
    assert followed.recorder.holding <= 65
    before = descriptors()
    followed.recorder.close()
    assert descriptors() < before
    followed.recorder.look([log.workdir / "logs/s1.log"])
    assert followed.recorder.holding == 0


def test_secrets_in_a_log_are_redacted_before_it_is_hashed(followed: Followed) -> None:
    followed.log.start(4, "B")
    followed.log.job_log("B", "password=hunter2hunter2\n")
    followed.log.error(4, "B", retry=False)
    followed.poll()
    (event,) = followed.kept()
    assert event.redactions == {"password": 1}
    assert b"hunter2" not in (followed.text(event) or b"")


def test_an_attempt_that_could_not_be_recorded_is_recorded_when_the_disk_takes_it_again(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = followed.log

    def full(event: events.Event) -> events.Recorded:
        raise RecordError("the disk is full")

    log.start(4, "B")
    path = log.job_log("B", "FATAL\n")
    followed.poll()
    with monkeypatch.context() as patch:
        patch.setattr(followed.session, "append", full)
        log.error(4, "B", retry=True)
        log.start(5, "C")
        log.job_log("C", "gone soon\n")
        with pytest.raises(RecordError):
            followed.poll()
        path.unlink()
        (log.workdir / "logs/C.log").unlink()
        log.error(5, "C", retry=True)
        with pytest.raises(RecordError):
            followed.poll()
    assert followed.recorder.pay()
    assert [followed.text(event) for event in followed.kept()] == [b"FATAL\n", b"gone soon\n"]


def test_texts_that_wait_for_a_full_disk_are_bounded(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OWED_LIMIT", 10)

    def full(event: events.Event) -> events.Recorded:
        raise RecordError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(followed.session, "append", full)
        for jobid, sample in enumerate("ABC"):
            followed.log.start(jobid, sample)
            followed.log.job_log(sample, "six..\n")
            followed.log.error(jobid, sample, retry=False)
            with pytest.raises(RecordError):
                followed.poll()
    while not followed.recorder.pay():
        pass
    assert [followed.text(event) for event in followed.kept()] == [b"six..\n", None, None]
    assert followed.kept()[-1].missing == module.LET_GO


def test_every_log_is_saved_before_the_first_one_is_written_to_the_record(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing a long history takes seconds, in which a retry would delete the log that is still there now."""
    log = RunLog(session.workdir).begin()
    for jobid in range(80):
        log.start(jobid, "A", None)
        log.error(jobid, "A", None, retry=False)
    log.start(99, "B")
    path = log.job_log("B", "FATAL\n")
    log.error(99, "B", retry=True)
    real = session.append

    def slow(event: events.Event) -> events.Recorded:
        path.unlink(missing_ok=True)
        return real(event)

    monkeypatch.setattr(session, "append", slow)
    followed = Followed(session, log=log)
    while not followed.recorder.pay():
        pass
    assert followed.text(followed.kept()[-1]) == b"FATAL\n"
    assert len(followed.kept()) == 81


@pytest.mark.parametrize("log", ["logs/\0.log", "/dev/zero", "/proc/self/mem", "logs", "../" * 40 + "etc/hostname"])
def test_a_log_that_is_no_file_does_no_harm(followed: Followed, log: str) -> None:
    followed.log.start(4, "B", log)
    followed.poll()
    followed.log.error(4, "B", log, retry=False)
    followed.poll()
    assert len(followed.kept()) == 1


def test_events_in_an_order_that_makes_no_sense_do_no_harm(followed: Followed) -> None:
    log = followed.log
    log.error(7, "X", retry=True)
    log.finish(7)
    log.start(4, "B")
    log.finish(4)
    log.error(4, "B", retry=False)
    log.error(4, "B", retry=False)
    log.finish(4)
    followed.poll()
    assert followed.kept() == []


def test_a_run_log_that_vanished_leaves_what_the_job_said(followed: Followed, tmp_path: Path) -> None:
    followed.log.start(4, "B")
    followed.log.job_log("B", "no\n")
    followed.log.error(4, "B", retry=False)
    batch = followed.watcher.poll_events()[1]
    followed.log.path.unlink()
    followed.recorder.take_in(batch)
    (event,) = followed.kept()
    assert followed.text(event) == b"no\n"
    assert event.missing == "its block of the run log was not found"
