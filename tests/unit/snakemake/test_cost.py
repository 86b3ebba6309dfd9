"""What the time went into, and when that can be said."""

from pathlib import Path

import pytest
from runlogs import CASES, Case
from stories import BEGUN, Story, bench, lay_out, look, record

from incident_console.snakemake.cost import Cost, seconds


def adds_up(cost: Cost) -> bool:
    parts = (cost.planning_s, cost.scheduler_s, cost.storage_s, cost.tool_s)
    return min(parts) >= 0 and abs(sum(parts) - cost.elapsed_s) < 0.002


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.name)
def test_the_classes_of_every_labelled_run_add_up(case: Case) -> None:
    cost = look(case.wd, case.log()).cost
    assert adds_up(cost)
    assert all(any(char.isdigit() for char in sentence) for sentence in cost.basis)


def test_the_time_to_the_first_job_is_planning(tmp_path: Path) -> None:
    story = Story(a=1).start(20, 1, "a").finish(22, 1, "a").end(elapsed=22)
    lay_out(tmp_path, story, files={"benchmarks/a.tsv": bench(1.9)})
    cost = look(tmp_path).cost
    assert (cost.dominant, cost.confidence) == ("planning", "high")
    assert cost.planning_s == pytest.approx(19.5, abs=0.6)
    assert adds_up(cost)


def test_a_run_without_a_job_was_planning_all_the_time(tmp_path: Path) -> None:
    lay_out(tmp_path, Story(a=1))
    log = next((tmp_path / ".snakemake/log").iterdir())
    log.touch()
    cost = look(tmp_path, log).cost
    assert cost.planning_s == cost.elapsed_s == 0.0
    assert cost.dominant == "undetermined"


def test_one_long_job_is_tool_though_another_core_is_idle(tmp_path: Path) -> None:
    story = Story(cores=8, a=1).start(1, 1, "a").finish(61, 1, "a").end(elapsed=61)
    lay_out(tmp_path, story, files={"benchmarks/a.tsv": bench(59.8, cpu=59)})
    cost = look(tmp_path).cost
    assert (cost.dominant, cost.confidence) == ("tool", "high")
    assert cost.tool_s > 58


def tiny(each_second: int, seconds_long: int, samples: range) -> Story:
    story = Story(t=len(samples))
    numbers = iter(samples)
    for second in range(1, seconds_long + 1):
        for _ in range(each_second):
            number = next(numbers)
            story.start(second, number, "t", f"s{number}").finish(second, number, "t")
    return story.end(elapsed=seconds_long + 1)


def test_many_tiny_jobs_are_the_schedulers_in_whole_seconds_too(tmp_path: Path) -> None:
    files = {f"benchmarks/ts{number}.tsv": bench(0.01) for number in range(200)}
    lay_out(tmp_path, tiny(20, 10, range(200)), files=files)
    cost = look(tmp_path).cost
    assert cost.dominant == "scheduler"
    assert cost.tool_s < 2
    assert adds_up(cost)


def test_tiny_jobs_without_a_benchmark_do_not_make_a_tool_dominant(tmp_path: Path) -> None:
    lay_out(tmp_path, tiny(20, 10, range(200)))
    cost = look(tmp_path).cost
    assert cost.dominant != "tool"
    assert any("benchmark" in sentence for sentence in cost.missing)


def test_a_chain_of_short_jobs_is_not_held_against_cores_that_it_cannot_use(tmp_path: Path) -> None:
    story = Story(cores=8, a=10)
    for number in range(10):
        source = f"out/as{number - 1}.txt" if number else "in/x"
        story.start(1 + 3 * number, number, "a", f"s{number}", input=source)
        story.finish(4 + 3 * number, number, "a")
    files = {f"benchmarks/as{number}.tsv": bench(2.9) for number in range(10)}
    lay_out(tmp_path, story.end(elapsed=31), files=files)
    assert look(tmp_path).cost.dominant == "tool"


def test_idle_cores_while_work_is_ready_are_the_schedulers(tmp_path: Path) -> None:
    story = Story(cores=8, a=8)
    for number in range(8):
        story.start(1 + 5 * number, number, "a", f"s{number}").finish(6 + 5 * number, number, "a")
    files = {f"benchmarks/as{number}.tsv": bench(4.9) for number in range(8)}
    lay_out(tmp_path, story.end(elapsed=41), files=files)
    cost = look(tmp_path).cost
    assert cost.dominant == "scheduler"


def test_a_wait_in_vain_is_storage_for_all_that_it_was_given(tmp_path: Path) -> None:
    story = (
        Story(a=1).start(1, 1, "a").add("Waiting at most 30 seconds for missing files:\nout/a.txt (missing locally)\n")
    )
    story.add('MissingOutputException in rule a in file "/srv/Snakefile", line 3:\n')
    story.add("Job 1  completed successfully, but some output files are missing. Missing files after 30 seconds.\n")
    lay_out(tmp_path, story.add("out/a.txt (missing locally, parent dir contents: )\n").end(failed=True))
    cost = look(tmp_path).cost
    assert (cost.dominant, cost.confidence) == ("storage", "high")
    assert cost.storage_s == pytest.approx(30, abs=0.6)
    assert adds_up(cost)


def test_a_late_output_is_storage_and_its_benchmark_says_how_much(tmp_path: Path) -> None:
    story = (
        Story(a=1).start(1, 1, "a").add("Waiting at most 60 seconds for missing files:\nout/a.txt (missing locally)\n")
    )
    lay_out(tmp_path, story.finish(31, 1, "a").end(elapsed=31), files={"benchmarks/a.tsv": bench(9.9)})
    cost = look(tmp_path).cost
    assert cost.storage_s == pytest.approx(20, abs=1)
    assert cost.tool_s == pytest.approx(10, abs=1)


def test_an_output_last_written_long_after_its_tool_is_storage(tmp_path: Path) -> None:
    lay_out(
        tmp_path, Story(a=1).start(1, 1, "a").finish(21, 1, "a").end(elapsed=21), files={"benchmarks/a.tsv": bench(2)}
    )
    record(tmp_path, "out/a.txt", 1.2, 20.9)
    assert look(tmp_path).cost.dominant == "storage"


def test_a_tool_that_moves_data_and_hardly_computes_is_storage(tmp_path: Path) -> None:
    story = Story(a=1).start(1, 1, "a").finish(61, 1, "a").end(elapsed=61)
    lay_out(tmp_path, story, files={"benchmarks/a.tsv": bench(59.8, cpu=3, io=4000)})
    cost = look(tmp_path).cost
    assert cost.dominant == "storage"
    assert any("4000 MiB" in sentence for sentence in cost.basis)


def test_a_tool_that_only_sleeps_moves_no_data(tmp_path: Path) -> None:
    story = Story(a=1).start(1, 1, "a").finish(61, 1, "a").end(elapsed=61)
    lay_out(tmp_path, story, files={"benchmarks/a.tsv": bench(59.8, cpu=0.1, io=0.2)})
    assert look(tmp_path).cost.dominant == "tool"


def test_queued_cluster_jobs_are_no_tools_when_their_benchmarks_say_so(tmp_path: Path) -> None:
    story = Story(a=1).start(1, 1, "a").add("Submitted job 1 with external jobid '28616'.\n")
    lay_out(tmp_path, story.finish(601, 1, "a").end(elapsed=601), files={"benchmarks/a.tsv": bench(20)})
    assert look(tmp_path).cost.dominant == "scheduler"


def test_without_benchmarks_a_cluster_jobs_time_is_not_called_the_tools(tmp_path: Path) -> None:
    story = Story(a=1).start(1, 1, "a").add("Submitted job 1 with external jobid '28616'.\n")
    lay_out(tmp_path, story.finish(601, 1, "a").end(elapsed=601))
    cost = look(tmp_path).cost
    assert cost.confidence != "high"
    assert any("queued" in sentence for sentence in cost.missing)


def test_a_gap_after_a_checkpoint_is_planning(tmp_path: Path) -> None:
    story = Story(split=1, b=1).start(1, 1, "split", checkpoint=True).finish(3, 1, "split")
    story.start(33, 2, "b", input="out/split.txt").finish(35, 2, "b").end(elapsed=35)
    lay_out(tmp_path, story, files={"benchmarks/b.tsv": bench(1.9), "benchmarks/split.tsv": bench(1.9)})
    cost = look(tmp_path).cost
    assert cost.dominant == "planning"
    assert cost.planning_s == pytest.approx(30, abs=1.5)


def test_attempts_that_were_tried_again_are_told(tmp_path: Path) -> None:
    story = Story(a=1).start(1, 1, "a").fail(21, 1, "a").restart(1).start(22, 1, "a").finish(42, 1, "a")
    lay_out(tmp_path, story.end(elapsed=42))
    assert any("20.0 s in failed attempts" in sentence for sentence in look(tmp_path).cost.basis)


def test_cores_that_were_asked_for_and_not_provided_are_told(tmp_path: Path) -> None:
    story = Story(command="snakemake --cores 16", cores=4, a=1).start(1, 1, "a").finish(9, 1, "a").end(elapsed=9)
    lay_out(tmp_path, story)
    assert "cores: 16 were asked for, 4 provided" in look(tmp_path).cost.basis


def test_a_benchmark_of_another_run_is_left_out_and_told(tmp_path: Path) -> None:
    story = Story(a=1).start(1, 1, "a").finish(4, 1, "a").end(elapsed=4)
    lay_out(tmp_path, story, files={"benchmarks/a.tsv": bench(900)})
    analysis = look(tmp_path)
    assert any("another run" in sentence for sentence in analysis.cost.missing)
    assert analysis.rules[0].benchmark_s.count == 0


def test_a_run_shorter_than_its_logs_seconds_is_undetermined(tmp_path: Path) -> None:
    lay_out(tmp_path, Story(a=1).start(1, 1, "a").finish(1, 1, "a").end(elapsed=0.9))
    cost = look(tmp_path).cost
    assert (cost.dominant, cost.confidence) == ("undetermined", "low")


def test_a_live_run_costs_up_to_now(tmp_path: Path) -> None:
    import os

    log = lay_out(tmp_path, Story(a=1).start(1, 1, "a"))
    now = BEGUN + 60
    os.utime(log, (now, now))
    analysis = look(tmp_path, log, now=now)
    assert analysis.run.status == "running"
    assert analysis.cost.elapsed_s == 60.0
    assert analysis.cost.dominant == "tool"
    assert analysis.ended is None


def test_clocks_that_run_backwards_do_not_make_negative_seconds(tmp_path: Path) -> None:
    story = Story(a=2).start(50, 1, "a", "x").finish(20, 1, "a").start(10, 2, "a", "y").finish(5, 2, "a").end()
    lay_out(tmp_path, story)
    assert adds_up(look(tmp_path).cost)


@pytest.mark.parametrize(
    ("value", "told"), [(0.5, "0.50 s"), (7.12, "7.1 s"), (125, "2 min 5 s"), (7320, "2 h 2 min"), (-1, "0.00 s")]
)
def test_seconds_are_told_as_one_says_them(value: float, told: str) -> None:
    assert seconds(value) == told
