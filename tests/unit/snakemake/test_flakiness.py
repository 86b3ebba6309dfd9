"""Flaky, or failing the same way each time?"""

from pathlib import Path

from stories import NAME, Story, lay_out, look

ONE, TWO = "returned non-zero exit status 1", "returned non-zero exit status 2"


def tried(*statuses: str | None, name: str = NAME) -> Story:
    """A job whose attempts end like this; None succeeds."""
    story = Story(align=1)
    for number, status in enumerate(statuses):
        story.start(2 * number + 1, 1, "align", "B")
        if status is None:
            story.finish(2 * number + 2, 1, "align")
        else:
            story.fail(2 * number + 2, 1, "align", status)
            if number + 1 < len(statuses):
                story.restart(1)
    return story.end(failed=statuses[-1] is not None, name=name)


def test_a_job_that_recovers_is_flaky(tmp_path: Path) -> None:
    lay_out(tmp_path, tried(ONE, None))
    (flaky,) = look(tmp_path).flaky
    assert (flaky.nature, flaky.outcome, flaky.attempts, flaky.runs_failed, flaky.runs_seen) == (
        "flaky",
        "succeeded",
        2,
        1,
        1,
    )


def test_the_same_error_each_time_is_deterministic(tmp_path: Path) -> None:
    lay_out(tmp_path, tried(ONE, ONE, ONE))
    (flaky,) = look(tmp_path).flaky
    assert (flaky.nature, flaky.outcome) == ("deterministic", "failed")
    assert "the same way in all 3 attempts" in flaky.sentence


def test_another_error_each_time_is_not_deterministic(tmp_path: Path) -> None:
    lay_out(tmp_path, tried(ONE, TWO))
    assert look(tmp_path).flaky[0].nature == "flaky"


def test_a_job_tried_once_is_not_listed(tmp_path: Path) -> None:
    lay_out(tmp_path, tried(ONE))
    assert look(tmp_path).flaky == ()


def test_earlier_runs_that_tried_the_job_are_counted(tmp_path: Path) -> None:
    for hour, statuses in ((9, (ONE, None)), (10, (None,)), (11, (ONE, ONE))):
        name = f"2026-11-22T{hour:02d}2000.500000.snakemake.log"
        lay_out(tmp_path, tried(*statuses, name=name), name)
    other = "2026-11-22T122000.500000.snakemake.log"
    lay_out(tmp_path, Story(sort=1).start(1, 1, "sort").finish(2, 1, "sort").end(name=other), other)
    log = lay_out(tmp_path, tried(ONE, None))
    (flaky,) = look(tmp_path, log).flaky
    assert (flaky.runs_failed, flaky.runs_seen) == (3, 4)
    assert flaky.sentence.endswith("it failed in 3 of the last 4 runs")
