"""What went with the failures of a rule: counted, told only where it is strong, never claimed by rounding."""

from dataclasses import replace
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident_console.snakemake.jobs import Job, Outcome
from incident_console.snakemake.overlap import Association, associations, fisher, meanwhile
from incident_console.snakemake.run import Run
from incident_console.snakemake.watcher import RunWatcher
from tests.unit.snakemake.crowd import attempt, crowded, job, run_of
from tests.unit.snakemake.runlogs import CASES, Case


def texts(found: tuple[Association, ...], what: str) -> list[str]:
    return [one.text for one in found if one.what == what]


def test_failures_that_all_overlapped_another_job_of_the_rule_are_told_with_counts() -> None:
    found = associations(crowded(), "align")
    assert texts(found, "overlap") == ["all 6 failures overlapped another align; 1 of 9 passes did"]
    (one,) = found
    assert (one.failed, one.passed, one.unclear) == ((6, 6), (1, 9), 0)


def test_another_rule_is_named_as_a_job_of_it_and_no_pass_as_none() -> None:
    failed = [job(n, "align", attempt(100 * n, 100 * n + 9, "failed")) for n in range(1, 6)]
    passed = [job(10 + n, "align", attempt(100 * n + 40, 100 * n + 60)) for n in range(1, 9)]
    index = [job(30 + n, "index", attempt(100 * n + 2, 100 * n + 7)) for n in range(1, 6)]
    found = associations(run_of([*failed, *passed, *index]), "align")
    assert texts(found, "overlap") == ["all 5 failures overlapped a job of index; none of 8 passes did"]


@pytest.mark.parametrize("passes", [1, 2])
def test_too_few_to_say_is_silence(passes: int) -> None:
    assert associations(crowded(passes=passes), "align") == ()
    assert associations(crowded(), "no such rule") == ()
    assert associations(run_of([]), "align") == ()


def test_what_holds_for_most_passes_too_is_not_told() -> None:
    jobs = [job(n, "align", attempt(0, 60, "failed" if n < 7 else "succeeded")) for n in range(20)]
    assert texts(associations(run_of(jobs), "align"), "overlap") == []


def test_an_overlap_that_rounding_may_have_made_is_not_claimed() -> None:
    """Every failure ended in the second in which another one began."""
    failed = [job(n, "align", attempt(10 * n, 10 * n + 10, "failed")) for n in range(1, 8)]
    passed = [job(20 + n, "align", attempt(1000 + 40 * n, 1020 + 40 * n)) for n in range(9)]
    run = run_of([*failed, *passed])
    assert texts(associations(run, "align"), "overlap") == []
    found = meanwhile(run, failed[2], failed[2].attempts[0])
    assert found is not None
    assert (found.sure, [each.jobid for each in found.unclear]) == ((), [2, 4])


def test_attempts_that_cannot_be_told_speak_against_it_and_are_counted() -> None:
    run = crowded(passes=20)
    doubtful = [job(60, "align", attempt(5005, 5005)), job(61, "align", attempt(5005, 5005))]
    (told,) = texts(associations(replace(run, jobs=(*run.jobs, *doubtful)), "align"), "overlap")
    assert told == "all 6 failures overlapped another align; 1 of 22 passes did (of 2 it cannot be told)"


def test_what_a_cluster_ran_is_told_nothing_of_since_its_times_are_those_of_submitting() -> None:
    run = run_of([replace(each, external_id="slurm 1") for each in crowded().jobs])
    assert texts(associations(run, "align"), "overlap") == []
    assert meanwhile(run, run.jobs[0], run.jobs[0].attempts[0]) is None


def test_the_other_attempts_of_the_same_job_are_not_another_job() -> None:
    one = job(1, "align", attempt(0, 10, "failed", 1), attempt(5, 20, "succeeded", 2))
    run = run_of([one, job(2, "count", attempt(2, 8))])
    found = meanwhile(run, one, one.attempts[0])
    assert found is not None
    assert [each.rule for each in found.sure] == ["count"]


def test_a_job_that_still_runs_overlaps_with_what_began_since() -> None:
    running = Job(1, "align", {}, "running", (attempt(0, None, "running"),))
    other = job(2, "count", attempt(20, 25, "failed"))
    run = Run("run.log", status="running", jobs=(running, other), last_at="2026-11-22T16:20:30.000000Z")
    assert run.last_at is not None
    found = meanwhile(run, other, other.attempts[0])
    assert found is not None
    assert [each.jobid for each in found.sure] == [1]


def test_a_job_whose_end_was_never_told_is_unclear() -> None:
    lost = Job(1, "align", {}, "interrupted", (attempt(0, None, "interrupted"),))
    other = job(2, "count", attempt(20, 25, "failed"))
    found = meanwhile(run_of([lost, other]), other, other.attempts[0])
    assert found is not None
    assert ([each.jobid for each in found.unclear], found.sure) == ([1], ())


def spread(*, failed: int, passed: int) -> list[Job]:
    """Jobs that never overlap, the failed ones here and there in the run."""
    jobs = []
    for number in range(failed + passed):
        began = 40 * (number * 7 % 23)
        jobs.append(job(number, "align", attempt(began, began + 20, "failed" if number < failed else "succeeded")))
    return jobs


def test_a_sample_a_node_a_first_attempt_and_a_half_of_the_run_are_told_where_they_stand_out() -> None:
    jobs = spread(failed=5, passed=18)
    sampled = [replace(each, wildcards={"sample": "F" if each.jobid < 6 else f"s{each.jobid}"}) for each in jobs]
    assert texts(associations(run_of(sampled), "align"), "sample") == [
        "all 5 failures had sample=F; 1 of 18 passes had"
    ]
    nodes = {(each.jobid, 1): "node7" if each.jobid < 5 else "node1" for each in jobs}
    assert texts(associations(run_of(jobs), "align", nodes), "node") == [
        "all 5 failures ran on node7; none of 18 passes did"
    ]
    assert texts(associations(run_of(jobs), "align"), "node") == []
    later = [replace(each, attempts=(replace(each.attempts[0], number=1 if each.jobid < 5 else 2),)) for each in jobs]
    assert texts(associations(run_of(later), "align"), "attempt") == [
        "all 5 failures were first attempts; none of 18 passes were"
    ]
    timed = [job(n, "align", attempt(40 * n, 40 * n + 20, "failed" if n > 17 else "succeeded")) for n in range(24)]
    assert texts(associations(run_of(timed), "align"), "time") == [
        "all 6 failures began in the second half of the run (after 460 s); 6 of 18 passes did"
    ]


@given(st.integers(0, 12), st.integers(1, 12), st.integers(0, 12), st.integers(1, 12))
def test_the_chance_is_that_of_fishers_exact_test(so: int, of: int, so_others: int, others: int) -> None:
    so, so_others = min(so, of), min(so_others, others)
    marked, every = so + so_others, of + others
    exact = sum(comb(marked, n) * comb(every - marked, of - n) for n in range(so, min(of, marked) + 1)) / comb(
        every, of
    )
    assert fisher(so, of, so_others, others) == pytest.approx(exact)


TIMES = st.tuples(st.integers(0, 25), st.integers(0, 6), st.sampled_from(["failed", "succeeded"]))


@given(st.lists(TIMES, min_size=6, max_size=25))
@settings(deadline=None)
def test_what_is_counted_is_what_meanwhile_says_of_each_attempt(times: list[tuple[int, int, Outcome]]) -> None:
    jobs = [job(n, "align", attempt(at, at + took, outcome)) for n, (at, took, outcome) in enumerate(times)]
    run = run_of(jobs)
    for one in associations(run, "align"):
        if one.what == "overlap":
            of_each = {each.jobid: meanwhile(run, each, each.attempts[0]) for each in jobs}
            sure = {jobid for jobid, found in of_each.items() if found is not None and found.sure}
            unclear = {jobid for jobid, found in of_each.items() if found is not None and found.unclear} - sure
            failed = {each.jobid for each in jobs if each.state == "failed"}
            assert one.failed == (len(sure & failed), len(failed))
            assert one.passed == (len(sure - failed), len(jobs) - len(failed))
            assert one.unclear == len(unclear)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.name)
def test_of_real_runs_it_says_something_or_nothing_and_never_fails(case: Case) -> None:
    if not case.truth.get("expect_run"):
        pytest.skip("this case has no run")
    run = RunWatcher(case.wd, case.log()).poll()
    for rule in {each.rule for each in run.jobs}:
        for one in associations(run, rule):
            assert "failure" in one.text
    for each in run.jobs:
        for tried in each.attempts:
            found = meanwhile(run, each, tried)
            assert found is None or each not in (*found.sure, *found.unclear)
