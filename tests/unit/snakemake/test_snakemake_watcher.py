"""A run is followed by what its log gains."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from runlogs import CASES, CORPUS, LOG, Case, LogText

from incident_console.snakemake.find import FoundLog, watched_run
from incident_console.snakemake.logevents import Finished, JobError, JobFailing, JobStarted, LogEvent, Progress
from incident_console.snakemake.watcher import OPENED_EACH_S, RunWatcher


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / LOG
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    return path


def write(log: Path, text: str) -> None:
    with log.open("ab") as file:
        file.write(text.encode())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.name)
def test_a_labelled_run_is_watched_right_in_a_copied_folder(case: Case) -> None:
    run = RunWatcher(case.wd, case.log()).poll()
    assert run.status in case.truth["status"]
    assert run.log == case.truth["expect_run"]
    assert (run.pid, run.notice) == (None, None)


def test_live_snapshots_are_read_as_they_stood(tmp_path: Path) -> None:
    place = tmp_path / ".snakemake" / "log"
    place.mkdir(parents=True)
    seen = []
    watcher = None
    for number in range(1, 9):
        snap = CORPUS / "j-live-snapshots-v9" / "snap" / f"t{number}"
        (source,) = (snap / "log").iterdir()
        target = place / source.name
        with target.open("ab") as file:
            file.write(source.read_bytes()[file.tell() :])
        last = 1795354229.0 + number
        os.utime(target, (last, last))
        watcher = watcher or RunWatcher(tmp_path, target, clock=Clock(last))
        watcher._clock = Clock(last)
        run = watcher.poll()
        seen.append((run.status, run.finished, run.running))
    assert [status for status, _, _ in seen] == ["running"] * 6 + ["succeeded"] * 2
    assert [finished for _, finished, _ in seen] == sorted(finished for _, finished, _ in seen)
    assert seen[-1] == ("succeeded", 7, 0)
    assert seen[1][2] == 2


def test_nothing_new_gives_the_same_run_and_reads_nothing(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(log, LogText(a=1).start(1, "a").text)
    watcher = RunWatcher(log.parents[2], log)
    first = watcher.poll()
    monkeypatch.setattr(os, "pread", lambda *args: pytest.fail("read again"))
    assert watcher.poll() is first


def test_each_event_is_given_once(log: Path) -> None:
    text = LogText(a=1).start(1, "a")
    write(log, text.text)
    watcher = RunWatcher(log.parents[2], log)
    _, events = watcher.poll_events()
    assert [type(event) for event in events if isinstance(event, (JobStarted, Finished))] == [JobStarted]
    done = len(text.text)
    write(log, text.finish(1, "a").text[done:])
    run, events = watcher.poll_events()
    assert [type(event) for event in events if isinstance(event, (JobStarted, Finished))] == [Finished]
    assert run.jobs[0].state == "succeeded"


def test_events_are_handed_over_as_they_are_read(log: Path) -> None:
    text = LogText(a=3).start(1, "a", "A").finish(1, "a").start(2, "a", "B").fail(2, "a").restart(2)
    write(log, text.text)
    taken: list[LogEvent] = []
    run = RunWatcher(log.parents[2], log).poll(taken.extend)
    assert RunWatcher(log.parents[2], log).poll_events() == (run, taken)


def test_the_first_look_can_leave_out_what_succeeded_before_it(log: Path) -> None:
    text = LogText(a=4).start(1, "a", "A").finish(1, "a").start(2, "a", "B").fail(2, "a").restart(2)
    text.start(2, "a", "B").start(3, "a", "C").start(4, "a", "D").finish(2, "a").finish(4, "a")
    write(log, text.text)
    watcher = RunWatcher(log.parents[2], log)
    run, events, trace = watcher.poll_open()
    assert trace is not None and trace.snapshot().started == 5  # nothing is left out of what the run is weighed by
    _, everything = RunWatcher(log.parents[2], log).poll_events()
    assert run.finished == 3
    kinds = (JobStarted, Finished, JobFailing, JobError)
    assert {event.jobid for event in events if isinstance(event, kinds)} == {2, 3}
    assert [event for event in everything if event in events] == events
    assert [event.done for event in events if isinstance(event, Progress)] == [3]
    done = len(text.text)
    write(log, text.finish(3, "a").start(5, "a", "E").finish(5, "a").text[done:])
    later = watcher.poll_open()
    assert [event.jobid for event in later.events if isinstance(event, Finished)] == [3, 5] and later.trace is None


def test_a_failure_is_told_at_once_and_its_block_when_nothing_follows(log: Path) -> None:
    clock = Clock(time.time())
    write(log, LogText(a=2).start(1, "a").fail(1, "a").text)
    watcher = RunWatcher(log.parents[2], log, clock=clock)
    _, events = watcher.poll_events()
    assert [type(event) for event in events if isinstance(event, (JobFailing, JobError))] == [JobFailing]
    assert watcher.poll_events()[1] == []
    clock.now += 5
    run, events = watcher.poll_events()
    assert [type(event) for event in events] == [JobError]
    assert run.jobs[0].attempts[0].last_line is not None
    clock.now += 5
    assert watcher.poll_events()[1] == []


def test_a_log_that_vanishes_is_said_and_what_was_read_is_kept(log: Path) -> None:
    write(log, LogText(a=1).start(1, "a").finish(1, "a").end().text)
    watcher = RunWatcher(log.parents[2], log)
    before = watcher.poll()
    shutil.rmtree(log.parents[1])
    run = watcher.poll()
    assert run.notice is not None
    assert "cannot be read" in run.notice
    assert (run.status, run.jobs) == (before.status, before.jobs)


def test_a_log_that_was_never_there_is_said(tmp_path: Path) -> None:
    run = RunWatcher(tmp_path, tmp_path / LOG).poll()
    assert (run.status, run.log) == ("unknown", LOG)
    assert run.notice is not None


def test_a_log_that_is_cut_off_or_replaced_is_read_anew(log: Path) -> None:
    write(log, LogText(a=2).start(1, "a").start(2, "a", "B").text)
    watcher = RunWatcher(log.parents[2], log)
    assert len(watcher.poll().jobs) == 2
    log.write_text(LogText(b=1).start(7, "b").text)
    run = watcher.poll()
    assert [job.rule for job in run.jobs] == ["b"]
    assert run.notice is not None
    other = log.with_suffix(".new")
    other.write_text(LogText(c=1).start(8, "c").finish(8, "c").text + "\n" * 2000)
    other.rename(log)
    assert [job.rule for job in watcher.poll().jobs] == ["c"]


def test_a_folder_in_place_of_the_log_is_said(log: Path) -> None:
    log.unlink()
    log.mkdir()
    assert RunWatcher(log.parents[2], log).poll().notice is not None


HOLD = "import sys\nf = open(sys.argv[1], 'a')\nprint('held', flush=True)\nsys.stdin.read()\n"


def test_a_run_ends_with_the_process_that_writes_it(log: Path) -> None:
    write(log, LogText(a=1).start(1, "a").text)
    clock = Clock(time.time())
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    watcher = RunWatcher(log.parents[2], log, clock=clock)
    run = watcher.poll()
    assert (run.status, run.pid, run.running) == ("running", holder.pid, 1)
    holder.communicate()
    assert watcher.poll().status == "running"
    clock.now += 2
    run = watcher.poll()
    assert (run.status, run.pid, run.running) == ("interrupted", None, 0)
    assert run.jobs[0].state == "interrupted"


SNAKEFILE = """
rule all:
    input: expand("out/{s}.txt", s=["A", "B"])
rule work:
    output: "out/{s}.txt"
    log: "logs/{s}.log"
    retries: 1
    resources: attempt=lambda wildcards, attempt: attempt
    shell: "echo attempt {resources.attempt} > {log}; [ {wildcards.s} = A ] || sleep 0.6; "
        "[ {wildcards.s} = A -o {resources.attempt} = 2 ] || exit 7; touch {output}"
"""


def test_a_real_run_is_followed_from_start_to_end(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    engine = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "-c2", "--quiet", "reason"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        found = _until(lambda: watched_run(tmp_path), 30)
        watcher = RunWatcher(tmp_path, found.path)
        statuses, events = [], []
        while engine.poll() is None:
            run, fresh = watcher.poll_events()
            statuses.append(run.status)
            assert run.pid in (engine.pid, None)
            events += fresh
            if not fresh:
                engine_wait(engine)
        run, fresh = watcher.poll_events()
        events += fresh
    finally:
        engine.kill()
        engine.wait()
    assert run.status == "succeeded"
    assert "running" in statuses
    assert [one for one, before in zip(statuses, [None, *statuses], strict=False) if one != before] in (
        ["running"],
        ["running", "succeeded"],
    )
    assert (run.planned, run.finished, run.failed, run.retried) == (3, 3, 0, 1)
    assert [(group.rule, group.exit_codes, group.samples) for group in run.failures] == [("work", (7,), ("B",))]
    (error,) = (event for event in events if isinstance(event, JobError))
    block = (tmp_path / run.log).read_bytes()[error.start : error.end].splitlines()
    assert block[0] == b"RuleException:"
    assert block[-1].startswith(b"Trying to restart job")


def engine_wait(engine: "subprocess.Popen[bytes]") -> None:
    try:
        engine.wait(timeout=0.02)
    except subprocess.TimeoutExpired:
        return


def _until(look: Callable[[], FoundLog | None], seconds: float) -> FoundLog:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found is not None:
            return found
        os.sched_yield()
    raise AssertionError("no run was found")


def test_a_log_that_stands_still_is_not_opened_again_and_again(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    watcher = RunWatcher(log.parent, log, clock=lambda: now[0])
    watcher.poll()
    opened: list[object] = []
    really = os.open

    def noted(path: object, *how: int) -> int:
        opened.append(path)
        return really(path, *how)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", noted)
    for _ in range(8):
        now[0] += 0.5
        watcher.poll()
    assert log not in opened
    now[0] += OPENED_EACH_S
    watcher.poll()
    assert opened.count(log) == 1
    with log.open("a", encoding="utf-8") as file:
        file.write("[Sun Nov 22 13:20:35 2026]\nFinished jobid: 1 (Rule: none)\n")
    watcher.poll()
    assert opened.count(log) == 2
