"""What the run's evidence says while it goes on: bounded, weighed aside, honest where it cannot tell."""

import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from incident_console.session import understanding as module
from incident_console.session.eta import LAUNCH_S, TRUSTED, Pace, Remaining, remaining
from incident_console.session.steadiness import failed_before, unsteady
from incident_console.session.understanding import Understander, Understanding
from incident_console.snakemake.analysis import Analysis, analyse
from incident_console.snakemake.history import History, JobKey, PastJob, PastRun
from incident_console.snakemake.jobs import Attempt, Job
from incident_console.snakemake.run import Run
from incident_console.snakemake.watcher import RunWatcher
from tests.unit.session.runlog import RunLog

CORPUS = Path(__file__).parents[2] / "corpus"
NOW = 2_000_000_000.0


def case(name: str) -> tuple[Path, Path]:
    workdir = CORPUS / name / "wd"
    return workdir, next(path for path in sorted((workdir / ".snakemake/log").iterdir()))


def understood(workdir: Path, log: Path) -> Understanding:
    """One look at a run that is over, without the thread."""
    watcher = RunWatcher(workdir, log)
    understander = Understander(workdir, lambda: None)
    for _ in range(2):
        understander.take(*watcher.poll_events())
    understander.look()
    assert understander.latest is not None
    return understander.latest


# -- what is told ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["c1-flaky-retry-ok-v9", "e-slow-rule-v9", "f-late-output-lw2-v9"])
def test_it_says_what_an_analysis_of_the_same_run_says(name: str) -> None:
    workdir, log = case(name)
    whole, known = analyse(workdir, log), understood(workdir, log)
    assert (known.cost, known.suspects, known.incident_class) == (whole.cost, whole.suspects, whole.incident_class)
    assert known.rules == whole.rules and [one.cause for one in known.causes] == list(whole.causes)
    assert known.remaining is None


@pytest.mark.parametrize("name", ["a-discovery-widened-v9", "c1-flaky-retry-ok-v9", "f-late-output-lw2-v9"])
def test_a_run_that_was_over_before_anybody_looked_is_weighed_the_same(name: str) -> None:
    workdir, log = case(name)
    watcher, understander = RunWatcher(workdir, log), Understander(workdir, lambda: None)
    for _ in range(2):
        understander.take(*watcher.poll_open())
    understander.look()
    known, whole = understander.latest, analyse(workdir, log)
    assert known is not None and (known.suspects, known.cost) == (whole.suspects, whole.cost)


def test_forty_failed_samples_are_one_cause_with_its_members(tmp_path: Path) -> None:
    run = RunLog(tmp_path).begin(jobs=40)
    for jobid in range(1, 41):
        run.start(jobid, f"S{jobid}")
        run.job_log(f"S{jobid}", f"reading S{jobid}\nERROR: the index of S{jobid} is locked\n")
        run.error(jobid, f"S{jobid}", retry=False)
    run.end(failed=True)
    (grouped,) = understood(tmp_path, run.path).causes
    assert grouped.cause.count == 40 == len(grouped.members)
    assert {failure.jobid for failure in grouped.members} == set(range(1, 41))


def test_causes_and_their_members_are_cut_with_a_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MEMBERS", 3)
    monkeypatch.setattr(module, "LISTED", 1)
    run = RunLog(tmp_path).begin(jobs=6)
    for jobid in range(1, 6):
        run.start(jobid, f"S{jobid}")
        run.error(jobid, f"S{jobid}", retry=False)
    run.start(6, "S6")
    before = run.path.read_text()
    run.error(6, "S6", retry=False)
    run.path.write_text(before + run.path.read_text().removeprefix(before).replace("status 42", "status 7"))
    run.end(failed=True)
    known = understood(tmp_path, run.path)
    assert [len(grouped.members) for grouped in known.causes] == [3]
    assert known.causes[0].cause.count == 5 and known.more_causes == 1


def test_a_log_that_was_replaced_is_weighed_from_its_beginning(tmp_path: Path) -> None:
    run = RunLog(tmp_path).begin(jobs=2)
    for jobid in (1, 2):
        run.start(jobid, f"S{jobid}")
    watcher, understander = RunWatcher(tmp_path, run.path), Understander(tmp_path, lambda: None)
    understander.take(*watcher.poll_events())
    understander.look()
    run.path.unlink()
    run.begin(jobs=1)
    run.start(7, "other")
    understander.take(*watcher.poll_events())
    understander.look()
    assert understander.latest is not None
    assert [row.planned for row in understander.latest.rules if row.rule == "align"] == [1]
    assert understander._trace.snapshot().started == 1


def test_another_run_is_told_without_what_was_told_of_the_first(tmp_path: Path) -> None:
    first = RunLog(tmp_path).begin()
    first.start(1, "A")
    first.error(1, "A", retry=False)
    first.end(failed=True)
    second = RunLog(tmp_path, "2026-11-22T142034.620821.snakemake.log").begin()
    second.start(1, "B")
    understander = Understander(tmp_path, lambda: None)
    for log in (first, second):
        understander.take(*RunWatcher(tmp_path, log.path).poll_events())
        understander.look()
    known = understander.latest
    assert known is not None and known.log.endswith(second.name)
    assert known.causes == () and known.earlier_runs == 1


# -- out of the way ----------------------------------------------------------------------------------------------


def test_it_tells_only_what_is_new(tmp_path: Path) -> None:
    workdir, log = case("c1-flaky-retry-ok-v9")
    told: list[int] = []
    understander = Understander(workdir, lambda: told.append(1))
    watcher = RunWatcher(workdir, log)
    for _ in range(3):
        understander.take(*watcher.poll_events())
        understander.look()
    assert told == [1]


def test_it_looks_at_most_a_tenth_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[tuple[float, float]] = []
    enough = threading.Event()

    class Slow(Understander):
        def look(self) -> None:
            began = time.monotonic()
            time.sleep(0.02)
            looks.append((began, time.monotonic()))
            if len(looks) == 3:
                enough.set()

    monkeypatch.setattr(module, "EVERY_S", 0.01)
    understander = Slow(tmp_path, lambda: None)
    understander.start()
    run = Run("a.log", "running")
    while not enough.is_set():
        understander.take(replace(run), [])
        enough.wait(0.005)
    understander.close()
    for (began, ended), (again, _) in pairwise(looks):
        assert again - ended >= 9 * (ended - began)


def test_handing_over_never_waits_for_a_look(tmp_path: Path) -> None:
    looking, go_on = threading.Event(), threading.Event()

    class Stuck(Understander):
        def look(self) -> None:
            looking.set()
            go_on.wait(10)

    understander = Stuck(tmp_path, lambda: None)
    understander.start()
    understander.take(Run("a.log", "running"), [])
    assert looking.wait(10)
    understander.take(Run("a.log", "failed"), [])  # comes back, though the look goes on
    understander.close()
    go_on.set()


def test_other_threads_get_the_interpreter_soon_while_it_weighs(tmp_path: Path) -> None:
    before, seen = module.USUAL_S, []

    class Looking(Understander):
        def look(self) -> None:
            seen.append(sys.getswitchinterval())

    Looking(tmp_path, lambda: None)._try()
    assert seen[0] <= module.YIELD_S * 1.01 < before == sys.getswitchinterval()


def test_what_goes_wrong_is_told_and_the_next_look_may_go_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    reported: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", reported.append)

    class Broken(Understander):
        fails = True

        def look(self) -> None:
            if self.fails:
                raise ZeroDivisionError("no jobs")

    understander = Broken(tmp_path, lambda: told.append(1))
    understander._try()
    assert understander.trouble is not None and "no jobs" in understander.trouble and told == [1]
    assert len(reported) == 1
    understander.fails = False
    understander._try()
    assert understander.trouble is None


# -- when it ends ------------------------------------------------------------------------------------------------


def job(jobid: int, rule: str, took: float | None, *, threads: int = 1, began: float = NOW - 100) -> Job:
    """`took` None: it is running."""
    done = took is not None
    attempt = Attempt(1, began, began + took if took is not None else None, "succeeded" if done else "running")
    return Job(jobid, rule, {}, "succeeded" if done else "running", (attempt,), threads=threads)


def running(jobs: tuple[Job, ...], planned: Mapping[str, int], cores: int | None = 2) -> Run:
    return Run(
        "a.log",
        "running",
        cores=cores,
        planned=sum(planned.values()),
        running=sum(job.state == "running" for job in jobs),
        planned_rules=tuple(planned.items()),
        jobs=jobs,
    )


def pace(took: float, *, elapsed: float | None = None, jobs: int = 4, rule: str = "align") -> Pace:
    return Pace({rule: took}, jobs * (took + LAUNCH_S), elapsed)


def test_the_end_is_a_range_from_the_quickest_to_the_slowest_run() -> None:
    run = running((job(1, "align", None, began=NOW),), {"align": 2})  # half of what the earlier runs did
    left = remaining(run, (pace(10, elapsed=40), pace(10, elapsed=50), pace(10, elapsed=60)), NOW)
    assert left == Remaining(20, 30, NOW, "by 3 earlier runs")


def test_before_a_job_has_ended_two_earlier_runs_are_no_basis() -> None:
    run = running((job(1, "align", None, began=NOW),), {"align": 2})
    told = remaining(run, (pace(10, elapsed=40), pace(10, elapsed=60)), NOW)
    assert told == "it is too early to tell: this run has not finished a job yet"


def test_the_pace_of_this_run_widens_the_range() -> None:
    run = running((job(1, "align", 10, began=NOW - 20),), {"align": 2})  # it took 20 s for one job of 10 s
    left = remaining(run, (pace(10, elapsed=40),), NOW)
    assert left == Remaining(10, 20, NOW, "by one earlier run and this one")


def test_a_run_that_this_one_is_not_like_tells_nothing_of_rules_still_to_come() -> None:
    run = running((job(1, "align", 10, began=NOW - 100),), {"align": 1, "count": 3})
    past = Pace({"align": 10, "count": 2}, 40, 40)
    assert remaining(run, (past,), NOW) == (
        "the earlier runs went at another pace, and this one has finished no count yet"
    )


def test_an_earlier_run_that_this_one_is_not_like_is_left_out() -> None:
    run = running((job(1, "align", 10, began=NOW - 100),), {"align": 2})  # it took 100 s for one job of 10 s
    left = remaining(run, (pace(10, elapsed=40),), NOW)
    basis = "by this run's own jobs alone; the earlier ones went at another pace"
    assert left == Remaining(100, 100, NOW, basis)


def test_what_a_running_job_has_spent_is_not_left() -> None:
    run = running((job(1, "align", None, began=NOW - 8),), {"align": 1}, cores=1)
    left = remaining(run, (pace(10, elapsed=42.0),) * TRUSTED, NOW)
    assert isinstance(left, Remaining) and (left.low_s, left.high_s) == (2, 3)


def test_an_earlier_run_that_does_not_tell_what_it_took_is_reckoned_by_cores() -> None:
    run = running((job(1, "align", None, began=NOW),), {"align": 4})
    left = remaining(run, (pace(9.5),) * TRUSTED, NOW)
    assert isinstance(left, Remaining) and left.low_s == left.high_s == 20


def test_without_earlier_runs_this_run_alone_is_said_to_be_the_basis() -> None:
    run = running((job(1, "align", 10), job(2, "align", 20)), {"align": 4}, cores=1)
    left = remaining(run, (), NOW)
    assert isinstance(left, Remaining) and left.basis == "by this run's own jobs alone"
    assert 0 < left.low_s < left.high_s


def test_before_a_first_job_has_ended_nothing_is_promised() -> None:
    run = running((job(1, "align", None, began=NOW),), {"align": 1}, cores=None)
    assert isinstance(remaining(run, (pace(10),), NOW), str)


def test_a_rule_that_never_finished_makes_the_end_unknown_and_is_named() -> None:
    run = running((job(1, "align", 10),), {"align": 2, "report": 1})
    assert remaining(run, (pace(10, elapsed=40),), NOW) == "no run that is known has finished report yet"


def test_a_plan_that_is_not_told_by_rule_makes_the_end_unknown() -> None:
    grown = replace(running((job(1, "align", 10),), {"align": 2}), planned=9)
    told = remaining(grown, (pace(10, elapsed=40),), NOW)
    assert isinstance(told, str) and "of which rules" in told


# -- flaky rules -------------------------------------------------------------------------------------------------


def past(**failed: bool) -> PastRun:
    jobs: dict[JobKey, PastJob] = {
        ("flaky", (("sample", sample),)): PastJob(1 + bad, int(bad), True, 1.0, frozenset())
        for sample, bad in failed.items()
    }
    none = dict.fromkeys(("started", "elapsed_s", "version", "host", "home", "snakefile", "command", "cores"))
    return PastRun(
        log="p.log",
        status="succeeded",
        clustered=False,
        jobs=jobs,
        planned_rules={},
        kinds=frozenset(),
        lines={},
        **none,
    )


@pytest.fixture
def flaky_run() -> Analysis:
    return analyse(*case("c1-flaky-retry-ok-v9"))


def test_a_flaky_rule_is_told_over_the_earlier_runs(flaky_run: Analysis) -> None:
    of_b = tuple(replace(one, wildcards={"sample": "B"}) for one in flaky_run.flaky)
    history = History((past(A=False, B=True), past(A=False, B=False), past(A=False, B=True)))
    (one,) = unsteady(replace(flaky_run, flaky=of_b), failed_before(history))
    assert one.text == "flaky failed in 3 of the last 4 runs, always B, succeeded on retry" and not one.steady


def test_without_earlier_runs_nothing_is_said_of_always(flaky_run: Analysis) -> None:
    (one,) = unsteady(flaky_run, {})
    assert one.text == "flaky failed in this run, succeeded on retry"


def test_what_fails_the_same_way_each_time_is_not_called_flaky(flaky_run: Analysis) -> None:
    same = tuple(replace(one, nature="deterministic", outcome="failed", attempts=3) for one in flaky_run.flaky)
    (one,) = unsteady(replace(flaky_run, flaky=same), {})
    assert one.steady and one.text.endswith("the same way in all 3 attempts, in this run")


def test_one_failure_is_not_called_always(flaky_run: Analysis) -> None:
    of_b = tuple(replace(one, wildcards={"sample": "B"}) for one in flaky_run.flaky)
    (one,) = unsteady(replace(flaky_run, flaky=of_b), failed_before(History((past(B=False),))))
    assert one.text == "flaky failed in 1 of the last 2 runs, for B, succeeded on retry"
