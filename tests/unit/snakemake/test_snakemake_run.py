"""The fold of a log's events: status, attempts, causes."""

from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
from runlogs import ALL_LOGS, CASES, CORPUS, REAL, Case, LogText, events_of, run_of

from incident_console.snakemake.groups import shape
from incident_console.snakemake.jobs import Attempt, Job
from incident_console.snakemake.run import RunFold


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.name)
def test_every_labelled_run_is_read_right(case: Case) -> None:
    run = run_of(case.log().read_bytes(), log=case.truth["expect_run"])
    kinds = {group.kind for group in run.failures}
    assert run.status in case.truth["status"]
    wanted = case.truth["kinds"]
    assert wanted is None or (kinds & set(wanted) if wanted else not kinds)
    assert case.truth["flaky"] in (None, bool(run.retries))


def test_a_retried_success_is_a_success_with_a_failed_attempt() -> None:
    case = CORPUS / "c1-flaky-retry-ok-v9" / "wd" / ".snakemake" / "log" / "2026-11-22T132721.098395.snakemake.log"
    run = run_of(case.read_bytes(), log=case.name)
    assert (run.status, run.failed, run.retried, run.finished) == ("succeeded", 0, 1, 4)
    (job,) = run.retries
    assert [(attempt.number, attempt.outcome, attempt.exit_code) for attempt in job.attempts] == [
        (1, "failed", 42),
        (2, "succeeded", None),
    ]
    assert job.attempts[0].last_line == 89
    (group,) = run.failures
    assert (group.rule, group.count, group.still_failing, group.recovered) == ("flaky", 1, 0, 1)


def test_times_are_utc_with_the_microseconds_of_the_logs_name() -> None:
    path = CORPUS / "e-slow-rule-v9" / "wd" / ".snakemake" / "log" / "2026-11-22T132811.769172.snakemake.log"
    run = run_of(path.read_bytes(), log=str(path))
    assert (run.started_at, run.ended_at) == ("2026-11-22T13:28:11.769172Z", "2026-11-22T13:28:19.607270Z")


def test_local_times_are_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    from incident_console.snakemake import fields

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    fields._minutes.clear()
    run = run_of(LogText(a=1).start(1, "a").data, live=True)
    assert run.jobs[0].attempts[0].started_at == "2026-11-22T18:20:01.000000Z"
    assert run.started_at == "2026-11-22T18:20:34.620821Z"


def test_forty_failures_of_one_cause_read_as_one() -> None:
    log = LogText(align=40, all=1)
    for number in range(1, 41):
        log.start(number, "align", f"S{number:02d}").fail(number, "align", f"tool S{number:02d}")
        log.add(f"Logfile logs/alignS{number:02d}.log:\n=====\nno index at /data/S{number:02d}/i{number}\n=====\n")
    run = run_of(log.end(failed=True).data)
    (group,) = run.failures
    assert (group.count, group.still_failing, len(group.samples), group.samples[0]) == (40, 40, 40, "S01")
    assert run.failed == 40


def test_different_causes_stay_apart() -> None:
    log = LogText(align=3, all=1)
    log.start(1, "align", "A").fail(1, "align").start(2, "align", "B")
    log.fail(2, "align", status="died with <Signals.SIGKILL: 9>").start(3, "align", "C")
    run = run_of(log.fail(3, "align", status="returned non-zero exit status 2").end(failed=True).data)
    assert sorted((group.kind, group.exit_codes) for group in run.failures) == [
        ("killed", (137,)),
        ("nonzero-exit", (1,)),
        ("nonzero-exit", (2,)),
    ]


def test_the_shape_of_a_message_leaves_out_what_differs() -> None:
    assert shape("no index at /data/B/i7 for B line 12", ["B"]) == shape("no index at /data/C/i8 for C line 9", ["C"])
    assert shape("disk is full") != shape("index is missing")


def test_error_blocks_after_an_interruption_are_no_tool_failures() -> None:
    log = LogText(a=2).start(1, "a", "A").start(2, "a", "B")
    log.add("Terminating processes on user request, this might take some time.\n")
    log.fail(1, "a", status="returned non-zero exit status 1").fail(2, "a", status="died with <Signals.SIGINT: 2>")
    run = run_of(log.end().data)
    assert (run.status, run.failed) == ("interrupted", 0)
    assert {group.kind for group in run.failures} == {"interrupted"}
    assert {job.state for job in run.jobs} == {"interrupted"}


def test_asked_to_end_gracefully_a_tool_may_still_fail_by_itself() -> None:
    log = LogText(a=2).start(1, "a", "A").start(2, "a", "B")
    log.add("Will exit after finishing currently running jobs (scheduler).\n").fail(1, "a").finish(2, "a")
    run = run_of(log.end().add("WorkflowError:\nAt least one job did not complete successfully.\n").data)
    assert run.status == "interrupted"
    assert {group.kind for group in run.failures} == {"nonzero-exit", "interrupted"}


def test_a_log_that_stops_in_mid_air_was_interrupted_unless_the_engine_lives() -> None:
    data = LogText(a=1).start(1, "a").data
    assert run_of(data).status == "interrupted"
    assert run_of(data).jobs[0].state == "interrupted"
    assert (run_of(data, live=True).status, run_of(data, live=True).running) == ("running", 1)


def test_a_job_waiting_for_its_retry_is_neither_failed_nor_done() -> None:
    log = LogText(a=1).start(1, "a").fail(1, "a").restart(1)
    run = run_of(log.data, live=True)
    assert (run.jobs[0].state, run.failed, run.running) == ("waiting", 0, 0)
    assert run_of(log.data).jobs[0].state == "failed"


def test_the_plan_grows_after_a_checkpoint() -> None:
    log = LogText(a=1).start(1, "a")
    log.total = 9
    assert run_of(log.finish(1, "a").data, live=True).planned == 9


def test_an_end_with_jobs_unaccounted_for_is_not_called_a_success() -> None:
    log = LogText(a=2).start(1, "a", "A").finish(1, "a").start(2, "a", "B").end()
    run = run_of(log.data)
    assert run.status == "unknown"
    assert run.notice is not None


def test_a_lost_last_line_does_not_make_a_finished_run_interrupted() -> None:
    log = LogText(a=1).start(1, "a").finish(1, "a")
    run = run_of(log.data)
    assert (run.status, run.notice is not None) == ("succeeded", True)
    assert run_of(log.data, live=True).status == "running"


def test_jobs_ended_by_ctrl_c_are_an_interruption_without_the_engines_own_word() -> None:
    log = LogText(a=2).start(1, "a", "A").fail(1, "a", status="died with <Signals.SIGINT: 2>").end(failed=True)
    assert run_of(log.data).status == "interrupted"


def test_a_failure_that_nothing_explains_is_said_to_be_unexplained() -> None:
    run = run_of(LogText(a=2).start(1, "a").finish(1, "a").end(failed=True).data)
    assert (run.status, run.failures) == ("failed", ())
    assert run.notice is not None
    assert "not which" in run.notice


def test_an_attempt_whose_end_is_lost_is_said() -> None:
    run = run_of(LogText(a=1).start(1, "a", attempt=1).start(1, "a", attempt=2).finish(1, "a").end().data)
    assert [attempt.outcome for attempt in run.jobs[0].attempts] == ["interrupted", "succeeded"]
    assert run.notice is not None
    assert "how 1 attempt ended" in run.notice


def test_a_folded_run_gives_unchanged_jobs_again() -> None:
    log = LogText(a=2).start(1, "a", "A").finish(1, "a").start(2, "a", "B")
    fold = RunFold("x.snakemake.log")
    for event in events_of(log.data):
        fold.apply(event)
    before = fold.snapshot(live=True)
    for event in events_of(log.finish(2, "a").data)[-2:]:
        fold.apply(event)
    after = fold.snapshot(live=True)
    assert after.jobs[0] is before.jobs[0]
    assert after.jobs[1].state == "succeeded"


def test_what_was_handed_out_stays_as_it_was() -> None:
    log = LogText(a=1).start(1, "a", "A")
    fold = RunFold("x.snakemake.log")
    told = events_of(log.data)
    for event in told:
        fold.apply(event)
    (before,) = fold.snapshot(live=True).jobs
    for event in events_of(log.fail(1, "a").restart(1).start(1, "a", "A").finish(1, "a").data)[len(told) :]:
        fold.apply(event)
    (after,) = fold.snapshot(live=True).jobs
    assert (before.state, len(before.attempts), before.wildcards) == ("running", 1, {"s": "A"})
    assert (after.state, len(after.attempts), after.logs) == ("succeeded", 2, ("logs/aA.log",))


def test_a_job_that_is_read_when_asked_is_one_like_any_other() -> None:
    (job,) = run_of(LogText(a=1).start(1, "a", "A").data, live=True).jobs
    same = Job(1, "a", {"s": "A"}, "running", (Attempt(1, job.attempts[0].started),), ("logs/aA.log",))
    assert job == same
    assert repr(job) == repr(same)
    assert replace(job, rule="b") == replace(same, rule="b")
    with pytest.raises(FrozenInstanceError):
        job.rule = "b"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        job.jobname  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("often", [1, 3, 1000])
def test_however_often_one_looks_the_failures_are_grouped_the_same(often: int) -> None:
    log = LogText(a=6, b=2)
    for number in range(1, 7):
        log.start(number, "a", f"S{number}").fail(number, "a", f"tool S{number}").restart(number)
    for number in range(1, 7):
        log.start(number, "a", f"S{number}")
        log = log.finish(number, "a") if number < 4 else log.fail(number, "a", "x", "died with <Signals.SIGKILL: 9>")
    log.start(7, "b").fail(7, "b", status="returned non-zero exit status 2").end(failed=True)
    fold = RunFold("x.snakemake.log")
    for number, event in enumerate(events_of(log.data)):
        fold.apply(event)
        if number % often == 0:
            fold.snapshot(live=True)
    groups = fold.snapshot().failures
    assert [(one.rule, one.kind, one.count, one.still_failing, one.recovered, one.jobids) for one in groups] == [
        ("a", "nonzero-exit", 6, 3, 3, (1, 2, 3, 4, 5, 6)),
        ("a", "killed", 3, 3, 0, (4, 5, 6)),
        ("b", "nonzero-exit", 1, 1, 0, (7,)),
    ]
    assert groups[0].logs == tuple(f"logs/aS{number}.log" for number in (4, 5, 6, 1, 2, 3))
    assert groups == run_of(log.data).failures


@pytest.mark.parametrize(
    ("log", "name"),
    [("heredoc", "2026-11-22T191909.853469"), ("interrupted", "2026-11-22T192345.033768")],
)
def test_a_run_captured_from_its_terminal_reads_like_its_log(log: str, name: str) -> None:
    own = run_of((REAL / f"{log}.log").read_bytes(), log=f".snakemake/log/{name}.snakemake.log")
    captured = run_of((REAL / f"{log}.typescript").read_bytes(), log="console.txt")
    assert (captured.status, captured.planned, captured.finished) == (own.status, own.planned, own.finished)
    assert [(job.jobid, job.rule, job.state, job.logs) for job in captured.jobs] == [
        (job.jobid, job.rule, job.state, job.logs) for job in own.jobs
    ]
    assert [replace(group, line=0) for group in captured.failures] == [replace(group, line=0) for group in own.failures]
    assert own.started_at is not None
    assert captured.started_at is not None
    assert abs(float(captured.started_at[17:-1]) - float(own.started_at[17:-1])) <= 1


def test_what_quiet_progress_leaves_out_is_said_and_no_failure() -> None:
    name = ".snakemake/log/2026-11-22T191902.752607.snakemake.log"
    run = run_of((REAL / "quiet-progress.log").read_bytes(), log=name)
    assert (run.status, run.finished, run.planned, run.retried) == ("succeeded", 10, 10, 1)
    assert {job.state for job in run.jobs} == {"succeeded"}
    assert run.notice is not None
    assert "quiet progress" in run.notice


def test_with_quiet_rules_failures_of_one_cause_are_one() -> None:
    run = run_of((REAL / "quiet-rules.log").read_bytes())
    assert (run.status, run.finished) == ("failed", 1)
    told = [(group.kind, group.count, group.exit_codes, group.message) for group in run.failures]
    assert told == [("nonzero-exit", 2, (3,), "exit status 3")]


def test_the_rules_that_are_ambiguous_are_named() -> None:
    (group,) = run_of((REAL / "ambiguous.log").read_bytes()).failures
    assert (group.kind, group.message.split(" for ")[0]) == ("ambiguous-rules", "Rules amb2 and amb1 are ambiguous")


def test_the_errors_that_verbose_and_shown_logs_surround_are_found() -> None:
    run = run_of((REAL / "verbose.log").read_bytes())
    assert (run.status, run.finished, run.failed, run.retried) == ("succeeded", 10, 0, 1)
    run = run_of((REAL / "keep-going.log").read_bytes())
    assert [(group.rule, group.count) for group in run.failures] == [("work", 2), ("runpy", 1)]
    assert run.failures[0].message.startswith("exit status 3: KeyError: lane")


def test_an_empty_log_is_said_to_be_empty() -> None:
    run = run_of(b"")
    assert run.status == "unknown"
    assert run.notice is not None
    assert "empty" in run.notice


def test_the_cluster_logs_of_all_attempts_are_kept() -> None:
    log = LogText(a=1)
    for external in ("81", "82"):
        log.start(1, "a").add(f"Job 1 has been submitted with SLURM jobid {external} (log: /s/{external}.log).\n")
        log = log.fail(1, "a").restart(1) if external == "81" else log.finish(1, "a")
    (job,) = run_of(log.data).jobs
    assert (job.external_id, job.logs) == ("82", ("logs/a.log", "/s/81.log", "/s/82.log"))


@pytest.mark.parametrize("log", ALL_LOGS, ids=lambda path: path.name)
@pytest.mark.parametrize("live", [True, False], ids=["going on", "over"])
def test_a_job_in_short_says_what_the_job_says(log: Path, live: bool) -> None:
    data = log.read_bytes()
    run = run_of(data[: len(data) // 2] if live else data, live=live)
    assert len(run.briefs) == len(run.jobs)
    for brief, job in zip(run.briefs, run.jobs, strict=True):
        whole = Job(
            job.jobid,
            job.rule,
            job.wildcards,
            job.state,
            job.attempts,
            benchmark=job.benchmark,
            external_id=job.external_id,
            threads=job.threads,
        )
        assert brief == whole.brief()
