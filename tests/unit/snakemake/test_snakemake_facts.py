"""What is said of a run, and which log is the narrowest."""

from dataclasses import replace
from pathlib import Path

from runlogs import CORPUS, LogText, run_of

from incident_console.snakemake.facts import (
    WARNINGS,
    choices,
    draft_symptom,
    failing_log,
    headline,
    no_failure,
    rule_logs,
    went_on,
)

EXITING = b"Exiting because a job execution failed. Look above for error message\n"


def flaky_and_failed() -> LogText:
    log = LogText(align=2, count=1, all=1)
    log.start(1, "align", "B").fail(1, "align").restart(1).start(1, "align", "B").finish(1, "align")
    log.start(2, "align", "D").fail(2, "align").restart(2).start(2, "align", "D").finish(2, "align")
    log.start(3, "count", "F").fail(3, "count", status="returned non-zero exit status 3")
    log.restart(3).start(3, "count", "F").fail(3, "count", status="returned non-zero exit status 3")
    return log.end(failed=True)


def test_the_symptom_is_drafted_from_what_failed_and_how_it_went_on() -> None:
    said = draft_symptom(run_of(flaky_and_failed().data))
    assert said == (
        "count failed 2 times (exit 3) for F, for good after retries; "
        "align failed 2 times (exit 1) for B, D, recovered on retry (2 of 4 jobs done, run failed)"
    )


def test_a_symptom_that_is_drafted_while_the_run_goes_on_says_nothing_that_passes() -> None:
    log = LogText(align=2, count=2).start(1, "align", "B").fail(1, "align", status="exited with status 1")
    said = draft_symptom(replace(run_of(log.data), status="running"))
    assert "align" in said and "running" not in said and "jobs done" not in said


def held(*samples: str) -> LogText:
    """These failed for the same cause, and wait to be tried again."""
    log = LogText(align=len(samples))
    for jobid, sample in enumerate(samples, 1):
        log.start(jobid, "align", sample).fail(jobid, "align").restart(jobid)
    return log


def test_only_those_that_recovered_are_said_to_have_recovered() -> None:
    log = held("C", "B").start(1, "align", "C").finish(1, "align").start(2, "align", "B")
    run = run_of(log.data, live=True)
    said = "align failed 2 times (exit 1) for B (being tried again) and C (recovered on retry)"
    assert draft_symptom(run) == said and choices(run, "failures") == (said,)
    assert went_on(run.failures[0], run) == "1 being tried again, 1 recovered on retry"


def test_one_that_failed_for_good_is_told_from_those_that_recovered() -> None:
    log = held("C", "B", "D").start(1, "align", "C").finish(1, "align").start(3, "align", "D").finish(3, "align")
    run = run_of(log.start(2, "align", "B").fail(2, "align").end(failed=True).data)
    assert draft_symptom(run).startswith("align failed 4 times (exit 1) for B (for good) and C, D (recovered on retry)")
    assert went_on(run.failures[0], run) == "1 failed for good, 2 recovered on retry"


def test_of_many_it_is_counted_how_it_went_on() -> None:
    names = [f"S{number}" for number in range(8)]
    log = held(*names).start(1, "align", "S0").finish(1, "align")
    said = draft_symptom(run_of(log.data, live=True))
    assert said.endswith("for S0, S1, S2, S3, S4, S5 and 2 more, 7 being tried again, 1 recovered on retry")


def test_a_healthy_run_has_no_symptom() -> None:
    assert draft_symptom(run_of(LogText(a=1).start(1, "a").finish(1, "a").end().data)) == ""


def test_a_lock_and_a_missing_input_are_said() -> None:
    lock = run_of(b"Building DAG of jobs...\nLockException:\nError: Directory cannot be locked. Please make sure\n")
    assert "locked" in draft_symptom(lock)
    assert "cannot be locked" in headline(lock)
    missing = run_of(
        b'MissingInputException in rule a in file "/S", line 3:\nMissing input files for rule a:\n    x.txt\n'
    )
    assert "missing-input in rule a" in draft_symptom(missing)
    assert "x.txt" in draft_symptom(missing)


def test_a_killed_run_is_said_to_have_stopped() -> None:
    assert "stopped without a word at 0 of 2 jobs" in draft_symptom(run_of(LogText(a=2).start(1, "a").data))


def test_the_headline_counts() -> None:
    assert headline(run_of(flaky_and_failed().data)) == "the run failed · 2 of 4 jobs done · 1 failed · 3 tried again"


def test_choices_begin_with_what_failed() -> None:
    run = run_of(flaky_and_failed().data)
    assert choices(run, "rules") == ("count", "align", "all")
    assert choices(run, "wildcards") == ("s=F", "s=B", "s=D")
    assert choices(run, "logs")[:2] == (run.log, "logs/countF.log")
    assert len(choices(run, "failures")) == 2
    assert choices(run, "contexts")[0] == "local"
    assert choices(run, "nothing known") == ()


def test_the_narrowest_log_is_that_of_the_job_that_failed_for_good(tmp_path: Path) -> None:
    run = run_of(flaky_and_failed().data)
    assert failing_log(run, tmp_path) is None
    (tmp_path / "logs").mkdir()
    for name in ("alignB", "alignD", "countF"):
        (tmp_path / "logs" / f"{name}.log").write_text(name)
    assert failing_log(run, tmp_path) == tmp_path / "logs" / "countF.log"


def test_without_a_lasting_failure_it_is_that_of_the_last_failed_attempt() -> None:
    case = CORPUS / "c1-flaky-retry-ok-v9" / "wd"
    name = ".snakemake/log/2026-11-22T132721.098395.snakemake.log"
    run = run_of((case / name).read_bytes(), log=name)
    assert failing_log(run, case) == case / "logs" / "flaky.log"


def test_logs_are_marked_with_how_their_attempts_ended() -> None:
    labels = [log.label for log in rule_logs(run_of(flaky_and_failed().data))]
    assert labels == [
        "count F: attempt 1 failed, attempt 2 failed",
        "align B: attempt 1 failed, attempt 2 ok",
        "align D: attempt 1 failed, attempt 2 ok",
    ]


def test_known_lies_are_warned_of() -> None:
    assert "running jobs" in WARNINGS["dry-run"]
    assert "half-written" in WARNINGS["summary"]
    assert "--list-changes params" in WARNINGS["change-list"]


def test_a_failure_of_no_job_is_not_before_any_job_where_jobs_ran() -> None:
    log = next((CORPUS / "h-missing-input-v9" / "wd" / ".snakemake" / "log").iterdir())
    run = run_of(log.read_bytes())
    assert went_on(run.failures[0], run) == "before any job ran"
    stopped = LogText(align=2, all=1).start(1, "align", "B").finish(1, "align").start(2, "align", "C")
    run = run_of(stopped.data + b"Terminating processes on user request, this might take some time.\n")
    assert [went_on(group, run) for group in run.failures if not group.jobs] == ["after 1 of 3 jobs"]


def test_no_failure_is_only_said_of_a_run_that_went_well() -> None:
    log = LogText(align=1, all=1).start(1, "align", "B")
    assert no_failure(run_of(log.data, live=True)) == "no failure so far"
    ended = run_of(
        log.finish(1, "align").data + b"Exiting because a job execution failed. Look above for error message"
    )
    assert (ended.status, no_failure(ended)) == ("failed", "the log tells of no failure")
