"""The analysis as a whole: of copied folders, of live runs, and of logs that are not what they were."""

import gc
import os
import random
import shutil
from pathlib import Path

import pytest
from runlogs import CASES, Case, events_of
from stories import BEGUN, LONG_AGO, Story, lay_out, look, record

from incident_console.snakemake import trace
from incident_console.snakemake.analysis import Analyst, find_run


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_copied_folder_is_no_live_run_however_new_its_files_are(tmp_path: Path) -> None:
    log = lay_out(tmp_path, Story(a=1).start(1, 1, "a"))
    now = BEGUN + 10_000_000
    os.utime(log, (now, now))
    analysis = look(tmp_path, log, now=now)
    assert analysis.run.status == "interrupted"
    assert analysis.elapsed_s < 10


def test_a_live_run_is_followed_to_its_end(tmp_path: Path) -> None:
    story = Story(a=2).start(1, 1, "a", "x")
    log = lay_out(tmp_path, story)
    clock = Clock(BEGUN + 5)
    os.utime(log, (clock.now, clock.now))
    analyst = Analyst(tmp_path, log, clock=clock)
    first = analyst.look()
    assert (first.run.status, first.run.running, first.elapsed_s) == ("running", 1, 5.0)
    clock.now += 5
    assert analyst.look().elapsed_s == 10.0
    story.finish(8, 1, "a").start(8, 2, "a", "y").finish(12, 2, "a").end(elapsed=12)
    log.write_text(story.text)
    os.utime(log, (clock.now, clock.now))
    clock.now = LONG_AGO
    last = analyst.look()
    assert (last.run.status, last.run.finished, last.elapsed_s) == ("succeeded", 2, 12.0)
    assert analyst.look() is last


def test_a_log_that_was_replaced_is_told_from_its_beginning(tmp_path: Path) -> None:
    log = lay_out(tmp_path, Story(a=2).start(1, 1, "a", "x").start(1, 2, "a", "y"))
    analyst = Analyst(tmp_path, log, clock=Clock(LONG_AGO))
    analyst.look()
    log.write_text(Story(a=1).start(1, 1, "a", "z").finish(9, 1, "a").end(elapsed=9).text)
    analysis = analyst.look()
    assert [row.finished for row in analysis.rules] == [1]
    assert len(analyst._trace.snapshot().starts) == 1
    assert any("read anew" in notice for notice in analysis.notices)


def test_an_error_at_the_very_end_of_a_log_is_told(tmp_path: Path) -> None:
    lay_out(tmp_path, Story(a=1).start(1, 1, "a", "x").fail(2, 1, "a"))
    (failure,) = look(tmp_path).failures
    assert (failure.kind, failure.exit_code) == ("nonzero-exit", 1)


def test_an_engine_that_has_been_silent_for_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = lay_out(tmp_path, Story(a=1).start(1, 1, "a"))
    monkeypatch.setattr("incident_console.snakemake.watcher.engine_pid", lambda log, likely=None: 4121)
    analysis = look(tmp_path, log, now=BEGUN + 3600)
    assert analysis.run.status == "running"
    assert any("said nothing for 59 min" in notice and "4121" in notice for notice in analysis.notices)


@pytest.mark.parametrize("data", [b"", b"\0" * 5000, b"\xff\xfe" * 100, b"[" * 100_000, os.urandom(20_000)])
def test_a_log_of_anything_at_all_is_looked_at(tmp_path: Path, data: bytes) -> None:
    log = lay_out(tmp_path, "")
    log.write_bytes(data)
    analysis = look(tmp_path, log)
    assert analysis.incident_class == "undetermined"
    assert analysis.failures == ()


def test_files_that_are_not_what_they_should_be_are_passed_over(tmp_path: Path) -> None:
    story = Story(a=1).start(1, 1, "a", "x").finish(9, 1, "a").end(elapsed=9)
    lay_out(tmp_path, story)
    (tmp_path / "benchmarks").mkdir()
    os.mkfifo(tmp_path / "benchmarks/ax.tsv")
    (tmp_path / ".snakemake/metadata").write_text("a file")
    (tmp_path / ".snakemake/locks").write_text("a file")
    (tmp_path / ".snakemake/incomplete").symlink_to("/dev/zero")
    (tmp_path / "publish").mkdir()
    os.mkfifo(tmp_path / "publish/manifest.json")
    assert look(tmp_path).run.status == "succeeded"


def test_a_workflow_without_a_run_has_none(tmp_path: Path) -> None:
    assert find_run(tmp_path) is None
    lay_out(tmp_path, "Building DAG of jobs...\n")
    assert find_run(tmp_path) is None


def test_an_empty_log_is_no_answer_and_says_what_would_be_one(tmp_path: Path) -> None:
    lay_out(tmp_path, "")
    analysis = look(tmp_path)
    assert (analysis.run.status, analysis.incident_class) == ("unknown", "undetermined")
    assert any("syntax or parse error" in notice for notice in analysis.notices)
    assert "snakemake -n" in analysis.suspects[0].settled_by


def test_an_empty_log_beside_records_of_outputs_is_no_hint_at_the_snakefile(tmp_path: Path) -> None:
    lay_out(tmp_path, "")
    record(tmp_path, "out/a.txt", 1, 2)
    analysis = look(tmp_path)
    assert (analysis.run.status, analysis.suspects) == ("unknown", ())
    assert any("--quiet all" in notice for notice in analysis.notices)


def test_an_empty_log_is_not_taken_where_another_tells_of_a_run(tmp_path: Path) -> None:
    lay_out(tmp_path, Story(a=1).start(1, 1, "a").finish(2, 1, "a").end())
    told = find_run(tmp_path)
    lay_out(tmp_path, "", "2026-11-22T142000.500000.snakemake.log")
    assert find_run(tmp_path) == told


def test_time_that_passes_without_a_word_is_shared_out_as_if_it_were_weighed_anew(tmp_path: Path) -> None:
    story = Story(a=2).start(1, 1, "a", "x").finish(9, 1, "a").start(10, 2, "a", "y", threads=2)
    log = lay_out(tmp_path, story)
    begun = BEGUN + 20
    os.utime(log, (begun, begun))
    clock = Clock(begun)
    analyst = Analyst(tmp_path, log, clock=clock)
    first = analyst.look()
    assert first.run.status == "running"
    clock.now += 4
    still = analyst.look()
    assert still.causes is first.causes
    anew = look(tmp_path, log, now=clock.now)
    assert still.elapsed_s == anew.elapsed_s == pytest.approx(first.elapsed_s + 4)
    for name in ("planning", "scheduler", "storage", "tool"):
        assert still.cost.seconds(name) == pytest.approx(anew.cost.seconds(name), abs=0.01)
    assert still.cost.tool_s > first.cost.tool_s


def test_a_quiet_run_is_weighed_anew_after_a_while(tmp_path: Path) -> None:
    log = lay_out(tmp_path, Story(a=1).start(1, 1, "a", "x"))
    os.utime(log, (BEGUN + 2, BEGUN + 2))
    clock = Clock(BEGUN + 2)
    analyst = Analyst(tmp_path, log, clock=clock)
    first = analyst.look()
    clock.now += 60
    anew = analyst.look()
    assert anew.run.status == "running"
    assert anew.rules is not first.rules
    assert anew.cost == look(tmp_path, log, now=clock.now).cost


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.name)
def test_many_events_at_once_tell_what_one_after_the_other_tells(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "DETAILED", 2)
    events = events_of(case.log().read_bytes(), name=case.log().name)
    together, singly = trace.TraceFold(), trace.TraceFold()
    together.take(events)
    for event in events:
        singly.apply(event)
    assert together.snapshot() == singly.snapshot()


def test_garbage_is_looked_for_again_after_a_look(tmp_path: Path) -> None:
    lay_out(tmp_path, Story(a=1).start(1, 1, "a"))
    look(tmp_path)
    assert gc.isenabled()


# -- mutation ------------------------------------------------------------------------------------------------------


def dropped(lines: list[bytes], chance: random.Random) -> list[bytes]:
    return [line for line in lines if chance.random() > 0.1]


def doubled(lines: list[bytes], chance: random.Random) -> list[bytes]:
    return [one for line in lines for one in [line] * (2 if chance.random() < 0.1 else 1)]


def truncated(lines: list[bytes], chance: random.Random) -> list[bytes]:
    data = b"".join(lines)
    return [data[: chance.randrange(len(data))]]


def interleaved(lines: list[bytes], chance: random.Random) -> list[bytes]:
    order = sorted(range(len(lines)), key=lambda index: index + chance.random() * 3)
    return [lines[index] for index in order]


def cut_in_front(lines: list[bytes], chance: random.Random) -> list[bytes]:
    return lines[chance.randrange(len(lines)) :]


MUTATIONS = (dropped, doubled, truncated, interleaved, cut_in_front)


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.name)
def test_a_damaged_log_never_makes_a_confident_wrong_class(case: Case, mutate: object, tmp_path: Path) -> None:
    assert callable(mutate)
    wd = tmp_path / "wd"
    shutil.copytree(case.wd, wd, symlinks=True)
    log = wd / case.truth["expect_run"]
    lines = log.read_bytes().splitlines(keepends=True)
    allowed = {*case.truth["classes"], "undetermined"}
    for seed in range(6):
        log.write_bytes(b"".join(mutate(lines, random.Random(seed))))
        analysis = look(wd, log)
        assert analysis.incident_class not in case.truth["never"], (seed, analysis.suspects)
        assert analysis.incident_class in allowed or analysis.notices, (seed, analysis.suspects)
        cost = case.truth["cost"]
        assert cost is None or analysis.cost.dominant in (*cost, "undetermined"), (seed, analysis.cost)


def test_commands_that_quote_a_log_make_no_failures(tmp_path: Path) -> None:
    quoted = (
        'RuleException:\nCalledProcessError in file "/srv/Snakefile", line 9:\n'
        "Command 'false' returned non-zero exit status 42.\n"
        "[Sun Nov 22 13:20:05 2026]\nError in rule fake:\n    jobid: 9\n"
    )
    story = Story(a=1).start(1, 1, "a").add(f"Shell command: cat <<E\n{quoted}\nE\n").finish(30, 1, "a").end(elapsed=30)
    lay_out(tmp_path, story)
    analysis = look(tmp_path)
    assert analysis.incident_class == "undetermined"
    assert analysis.failures == ()
