"""Bytes in any pieces become events; imitations do not."""

import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runlogs import ALL_LOGS, CORPUS, REAL, LogText, events_of, run_of

from incident_console.snakemake.logevents import (
    Finished,
    HeaderFact,
    JobError,
    JobFailing,
    JobStarted,
    Progress,
    Restarting,
    RuleRaised,
    Submitted,
    WaitingForFiles,
    WorkflowFault,
)
from incident_console.snakemake.reader import LINE_LIMIT, Reader

ZOO = CORPUS / "i-misc-formats-v9" / "wd" / ".snakemake" / "log"
MATERIAL = [path.read_bytes() for path in ALL_LOGS if path.stat().st_size < 12_000]


def only(kind: type, data: bytes) -> list:
    return [event for event in events_of(data) if isinstance(event, kind)]


@pytest.mark.parametrize("size", [1, 37, 4096])
@pytest.mark.parametrize("log", [path for path in ALL_LOGS if path.stat().st_size < 30_000], ids=lambda path: path.name)
def test_cut_anywhere_a_log_gives_the_same_events(log: Path, size: int) -> None:
    data = log.read_bytes()
    assert events_of(data, size) == events_of(data)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_cutting_gives_what_one_read_gives(data: st.DataObject) -> None:
    log = data.draw(st.sampled_from(MATERIAL))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(log)), max_size=30)))
    reader = Reader()
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(log)], strict=True):
        found += reader.feed(log[start:end])
    assert found + reader.close() == events_of(log)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_at_all_are_read(data: bytes) -> None:
    assert events_of(data, 7) == events_of(data)


_LINES = [line for log in MATERIAL for line in log.splitlines(keepends=True)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(sorted(set(_LINES))), max_size=60), st.integers(1, 50))
def test_lines_in_any_order_are_read_and_cut_anywhere(lines: list[bytes], size: int) -> None:
    data = b"".join(lines)
    assert events_of(data, size) == events_of(data)
    run_of(data)


def test_lines_dropped_doubled_mixed_or_cut_off_are_read_and_cut_anywhere() -> None:
    rng = random.Random(4)
    for log in MATERIAL:
        lines = log.splitlines(keepends=True)
        for _ in range(6):
            kept = []
            for line in lines:
                kept += [line] * rng.choice((0, *[1] * 12, 2))
                if rng.random() < 0.03:
                    kept.append(rng.choice((b"", b"    ", b"\x1b[32m")) + rng.choice(lines)[rng.randrange(3) :])
                if rng.random() < 0.01:
                    kept[-1:] = [line[: rng.randrange(len(line))]]
            data = b"".join(kept)[: rng.randrange(len(log) + 1)]
            assert events_of(data, 61) == events_of(data)
            run_of(data)


BLOCK = (
    b"localrule a:",
    b"    input: in.txt",
    b"    log: logs/a.log",
    b"    jobid: 1",
    b"    reason: Missing output files: x",
    b"    wildcards: s=A",
    b"    resources: tmpdir=/tmp",
    b"Shell command: true",
)


@pytest.mark.parametrize(
    "odd", [b"    jobid: 2", b"        jobid: 3", b"", b"x", b"\t", b"    jobid: x", b"    resources: y"]
)
def test_a_block_with_a_line_too_many_is_read_the_same_however_it_is_cut(odd: bytes) -> None:
    for place in range(len(BLOCK)):
        lines = [b"Select jobs to execute...", b"", b"[Sun Nov 22 13:20:01 2026]", *BLOCK]
        lines.insert(3 + place, odd)
        data = b"\n".join((*lines, b"[Sun Nov 22 13:20:02 2026]", b"Finished jobid: 1 (Rule: a)", b""))
        assert events_of(data, 1) == events_of(data), place


def test_of_a_field_told_twice_the_first_counts() -> None:
    log = LogText(a=1).start(1, "a").text.replace("    jobid: 1\n", "    jobid: 1\n    jobid: 7\n    log: other\n")
    (started,) = only(JobStarted, log.encode())
    assert (started.jobid, started.log) == (1, ("logs/a.log",))


def test_a_line_of_a_hundred_megabytes_does_not_grow_memory() -> None:
    reader = Reader()
    piece = b"x" * (1 << 20)
    tracemalloc.start()
    for _ in range(100):
        reader.feed(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20
    assert reader.offset == 100 << 20
    log = LogText(a=1).start(1, "a")
    events = reader.feed(b"\n" + log.data)
    assert [event.offset for event in events if isinstance(event, JobStarted)] == [
        (100 << 20) + 1 + log.text.index("localrule a:")
    ]


def test_only_the_beginning_of_a_long_line_is_looked_at_however_it_is_cut() -> None:
    data = b"Shell command: " + b"y" * LINE_LIMIT * 2 + b"\r\n" + LogText(a=1).start(1, "a").data
    assert events_of(data, 1000) == events_of(data)
    assert only(JobStarted, data)[0].line == 11


def test_a_shell_text_that_imitates_the_engine_makes_no_ghost_jobs() -> None:
    events = events_of((ZOO / "2026-11-22T133013.862721.snakemake.log").read_bytes())
    assert {event.jobid for event in events if isinstance(event, JobStarted)} == {1, 3, 4, 5}
    assert [event.jobid for event in events if isinstance(event, Finished)] == [4, 1, 5]
    assert [(event.done, event.total) for event in events if isinstance(event, Progress)] == [(1, 8), (2, 8), (3, 8)]
    assert [event.rule for event in events if isinstance(event, JobError)] == ["odd"]


def test_a_heredoc_does_not_fail_a_job_whose_rule_was_not_told() -> None:
    events = events_of((REAL / "heredoc.log").read_bytes())
    assert [(event.jobid, event.rule) for event in events if isinstance(event, JobError)] == [(2, "work")]
    started = [event.jobid for event in events if isinstance(event, JobStarted)]
    ended = [event.jobid for event in events if isinstance(event, Finished)]
    assert sorted({*started}) == sorted(ended)


def test_an_older_time_in_a_commands_text_ends_no_job_of_version_8() -> None:
    log = LogText(a=1).start(1, "a", shell="cat <<EOF\n[Sun Nov 22 10:00:00 2026]\nFinished job 1.\nEOF")
    assert not only(Finished, log.data)
    log.add(log.stamp() + "Finished job 1.\n")
    assert [event.jobid for event in only(Finished, log.data)] == [1]


def test_a_clock_set_back_by_an_hour_hides_no_end() -> None:
    log = LogText(a=1).start(1, "a", shell="true").add("[Sun Nov 22 12:20:30 2026]\nFinished job 1.\n")
    assert [event.jobid for event in only(Finished, log.data)] == [1]


HEREDOC = """
[Sun Nov 22 10:00:00 2026]
rule ghost:
    output: boo
    jobid: 77
    resources: tmpdir=/tmp

[Sun Nov 22 10:00:01 2026]
Error in rule ghost:
    jobid: 77
    shell:
        x
        (command exited with non-zero exit code)

[Sun Nov 22 10:00:01 2026]
Finished jobid: 77 (Rule: ghost)
[Sun Nov 22 10:00:02 2026]
Error in rule b:
    jobid: 1
    output: x
Trying to restart job 1.
9 of 9 steps (100%) done
MissingOutputException in rule b in file "/x/Snakefile", line 3:
Job 1  completed successfully, but some output files are missing.
LockException:
Error: Directory cannot be locked.
Terminating processes on user request, this might take some time.
Exiting because a job execution failed. Look above for error messages
Complete log(s): /elsewhere/.snakemake/log/2020-01-01T000000.000000.snakemake.log
"""


def test_a_whole_imitated_log_in_a_heredoc_changes_nothing() -> None:
    log = LogText(a=1, all=1).start(1, "a", shell=f"cat <<'EOF'{HEREDOC}EOF").finish(1, "a").start(0, "all")
    run = run_of(log.finish(0, "all").end().data)
    assert run.status == "succeeded"
    assert [job.rule for job in run.jobs] == ["a", "all"]
    assert not run.failures
    assert (run.planned, run.finished, run.failed) == (2, 2, 0)


def test_a_run_is_still_running_while_its_shell_text_tells_of_an_end() -> None:
    log = LogText(a=1, all=1).start(1, "a", shell=f"cat <<'EOF'{HEREDOC}EOF")
    run = run_of(log.data, live=True)
    assert (run.status, run.running, run.failed) == ("running", 1, 0)


def test_a_failed_command_shown_in_the_block_is_not_believed() -> None:
    shell = f"cat <<'EOF'{HEREDOC}EOF\nexit 3"
    log = LogText(a=1, all=1).start(1, "a").fail(1, "a", shell, "returned non-zero exit status 3")
    events = events_of(log.end(failed=True).data)
    errors = [event for event in events if isinstance(event, JobError)]
    assert [(error.jobid, error.exit_code) for error in errors] == [(1, 3)]
    assert not [event for event in events if isinstance(event, (WorkflowFault, Restarting))]
    assert run_of(log.data).status == "failed"


def test_the_shown_log_of_another_snakemake_is_not_believed() -> None:
    log = LogText(a=2, all=1).start(1, "a", "A").fail(1, "a")
    inner = LogText(x=1).start(1, "x").fail(1, "x").end(failed=True).text.replace("2026-11-22T13", "2026-11-22T14")
    fence = "=" * 60
    log.add(f"Logfile logs/aA.log:\n{fence}\n{inner}KeyError: 'lane'\n{fence}\n").restart(1).start(1, "a", "A")
    run = run_of(log.finish(1, "a").data, live=True)
    assert [(job.rule, job.state, len(job.attempts)) for job in run.jobs] == [("a", "succeeded", 2)]
    assert run.failures[0].message == "exit status 1: KeyError: 'lane'"


@pytest.mark.parametrize(
    ("case", "log", "first", "last"),
    [
        ("c1-flaky-retry-ok-v9", "2026-11-22T132721.098395", "RuleException:", "Trying to restart job 3."),
        ("c2-deterministic-fail-stop-v9", "2026-11-22T132744.863619", "RuleException:", "out/B.parsed"),
        (
            "c2-deterministic-fail-keepgoing-v7",
            "2026-11-22T132708.234647",
            "[Sun Nov 22 13:27:08 2026]",
            "out/B.parsed",
        ),
        (
            "f-late-output-lw2-v9",
            "2026-11-22T133133.336730",
            'MissingOutputException in rule stage in file "/srv/workflow/Snakefile", line 3:',
            "out/staged.txt (missing locally, parent dir contents: )",
        ),
        (
            "i-misc-formats-v9",
            "2026-11-22T133013.862721",
            "RuleException:",
            "        (command exited with non-zero exit code)",
        ),
    ],
)
def test_the_range_of_an_error_block_is_exact(case: str, log: str, first: str, last: str) -> None:
    data = (CORPUS / case / "wd" / ".snakemake" / "log" / f"{log}.snakemake.log").read_bytes()
    (error,) = only(JobError, data)
    lines = data.splitlines()
    assert (lines[error.first_line - 1].decode(), lines[error.last_line - 1].decode()) == (first, last)
    assert data[error.start : error.end].splitlines() == lines[error.first_line - 1 : error.last_line]
    assert error.first_line < error.line <= error.last_line or error.kind == "missing-output"


def test_every_event_stands_where_it_says() -> None:
    for data in MATERIAL:
        starts = [0]
        for line in data.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        for event in events_of(data):
            assert starts[event.line - 1] == event.offset


def test_a_failure_is_told_before_its_block_is_complete() -> None:
    log = LogText(a=1).start(1, "a")
    before = log.text
    reader = Reader()
    reader.feed(before.encode())
    block = log.fail(1, "a").text[len(before) :]
    until = block.index("    output:")
    (raised, failing) = reader.feed(block[:until].encode())
    assert isinstance(raised, RuleRaised)
    assert isinstance(failing, JobFailing)
    assert (failing.jobid, failing.exit_code, failing.kind) == (1, 1, "nonzero-exit")
    assert reader.feed(block[until:].encode()) == []
    pending = reader.pending()
    assert pending is not None
    assert (before + block)[pending.start : pending.end] == block
    assert reader.close() == [pending]


def test_two_jobs_that_fail_at_once_keep_their_own_exit_codes() -> None:
    log = LogText(a=1, b=1).start(1, "a").start(2, "b")
    first, second = LogText(), LogText()
    first.fail(1, "a", "tool-a", "returned non-zero exit status 3")
    second.fail(2, "b", "tool-b", "died with <Signals.SIGKILL: 9>")
    heads = [part.text[part.text.index("RuleEx") : part.text.index("[Sun")] for part in (first, second)]
    blocks = [part.text[part.text.index("[Sun") :] for part in (first, second)]
    log.add(heads[0] + heads[1] + blocks[1] + blocks[0]).end(failed=True)
    errors = {error.rule: error for error in only(JobError, log.data)}
    assert (errors["a"].exit_code, errors["a"].kind) == (3, "nonzero-exit")
    assert (errors["b"].exit_code, errors["b"].kind) == (137, "killed")


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("at-once-segv-v8.log", {(2, "killed", 139), (3, "killed", 139)}),
        ("at-once-determ-retry-v8.log", {(2, "nonzero-exit", 3), (3, "nonzero-exit", 3)}),
        ("at-once-determ-retry-v7.log", {(1, "nonzero-exit", None), (3, "nonzero-exit", None)}),
        ("at-once-sigint-v7.log", {(1, "interrupted", None), (3, "interrupted", None)}),
    ],
)
def test_two_blocks_whose_lines_stand_between_each_other_are_both_told(
    log: str, told: set[tuple[int, str, int | None]]
) -> None:
    data = (REAL / log).read_bytes()
    errors = only(JobError, data)
    starts = only(JobStarted, data)
    assert {(error.jobid, error.kind, error.exit_code) for error in errors} == told
    assert len(errors) == len([start for start in starts if start.rule == "tool"])
    lines = data.splitlines()
    for error in errors:
        assert error.at is not None
        assert lines[error.line - 1] == b"Error in rule tool:"


def test_an_end_that_stands_apart_from_its_time_is_told() -> None:
    text = LogText(a=1).start(1, "a").text
    text += "[Sun Nov 22 13:20:02 2026]\nBenchmark: unable to collect cpu and memory benchmark statistics\n"
    assert [end.jobid for end in only(Finished, (text + "Finished job 1.\n").encode())] == [1]


_APART = "    jobid: 2\n    output: out/b.txt\n    shell:\n        false\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Error in rule b:\n" + _APART, id="no time was read"),
        pytest.param("{stamp}Shell command: cat <<E\nError in rule b:\n" + _APART, id="text of a command"),
        pytest.param("cat <<E\n{stamp}a line\nError in rule b:\n" + _APART, id="bare text of a command, as 8 has it"),
        pytest.param("{old}Select jobs to execute...\nError in rule b:\n" + _APART, id="an old time"),
        pytest.param("{stamp}Select jobs to execute...\nError in rule a:\n" + _APART, id="another job's rule"),
        pytest.param("{stamp}Select jobs to execute...\nError in rule b:\n    jobid: 7\n", id="an unknown job"),
        pytest.param("{stamp}Select jobs to execute...\n" + "\n" * 300 + "Error in rule b:\n" + _APART, id="far away"),
    ],
)
def test_a_block_apart_from_its_time_is_not_believed_in_foreign_text(text: str) -> None:
    log = LogText(a=1, b=1).start(1, "a").start(2, "b")
    text = text.format(stamp=log.stamp(), old="[Sun Nov 22 11:02:02 2026]\n")
    assert only(JobError, (log.text + text).encode()) == []


def test_carriage_returns_and_the_colours_of_a_terminal_do_not_matter() -> None:
    typescript = (CORPUS / "i-misc-formats-v9" / "cmd" / "36-tty-colour.typescript").read_bytes()
    plain = (ZOO / "2026-11-22T133026.292706.snakemake.log").read_bytes()
    coloured = [event for event in events_of(typescript, 5) if isinstance(event, (JobStarted, Finished, JobError))]
    assert [(type(event), event.jobid, event.rule) for event in coloured] == [
        (type(event), event.jobid, event.rule)
        for event in events_of(plain)
        if isinstance(event, (JobStarted, Finished, JobError))
    ]


def test_members_of_a_group_and_their_cluster_job_are_told() -> None:
    folder = CORPUS / "k-cluster-groups-v9" / "wd" / ".snakemake" / "log"
    events = events_of((folder / "2026-11-22T133434.911687.snakemake.log").read_bytes())
    started = {event.jobid: event for event in events if isinstance(event, JobStarted)}
    assert {jobid: (event.rule, event.group) for jobid, event in started.items()} == {
        2: ("a", "g"),
        1: ("b", "g"),
        4: ("a", "g"),
        3: ("b", "g"),
    }
    assert [(event.jobids, event.external_id) for event in events if isinstance(event, Submitted)] == [
        ((2, 1), "28037"),
        ((4, 3), "28041"),
    ]
    assert {event.jobid for event in events if isinstance(event, JobError)} == {3, 4}


def test_a_group_of_version_7_is_read() -> None:
    log = """Job stats:
job    count
-----  -------
a      1
b      1
total  2

[Sun Nov 22 13:00:00 2026]

group job g (jobs in lexicogr. order):

    [Sun Nov 22 13:00:00 2026]
    rule a:
        output: a.txt
        jobid: 2
        resources: tmpdir=<TBD>


    [Sun Nov 22 13:00:00 2026]
    rule b:
        input: a.txt
        jobid: 1
        resources: tmpdir=<TBD>

Submitted group job 0f2e1ebb with external jobid 'Submitted batch job 28616'.
[Sun Nov 22 13:00:09 2026]
Error in group g:
    jobs:
        rule a:
            jobid: 2
            output: a.txt
        rule b:
            jobid: 1
            output: b.txt

Exiting because a job execution failed. Look above for error message
"""
    events = events_of(log.encode())
    assert [event.jobid for event in events if isinstance(event, JobStarted)] == [2, 1]
    assert [event.external_id for event in events if isinstance(event, Submitted)] == ["28616"]
    assert [(event.jobid, event.rule) for event in events if isinstance(event, JobError)] == [(2, "a"), (1, "b")]


def test_the_slurm_plugin_tells_where_its_log_is() -> None:
    log = LogText(a=1).start(1, "a")
    where = "/srv/.snakemake/slurm_logs/rule_a/B/8123.log"
    log.add(f"Job 1 has been submitted with SLURM jobid 8123 (log: {where}).\n")
    run = run_of(log.data, live=True)
    assert run.jobs[0].external_id == "8123"
    assert run.jobs[0].logs == ("logs/a.log", where)


def test_a_rule_with_a_message_is_named_by_its_end() -> None:
    run = run_of((ZOO / "2026-11-22T133013.862721.snakemake.log").read_bytes())
    assert {job.jobid: job.rule for job in run.jobs}[1] == "with_message"


def test_without_blocks_jobs_are_known_from_how_they_end() -> None:
    log = LogText(a=2).add("Select jobs to execute...\n").finish(1, "a")
    log.add('RuleException:\nCalledProcessError in file "/srv/Snakefile", line 9:\n')
    log.add("Command 'set -euo pipefail;  false' returned non-zero exit status 9.\n").end(failed=True)
    run = run_of(log.data)
    assert [(job.rule, job.state) for job in run.jobs] == [("a", "succeeded")]
    assert (run.status, [(group.kind, group.exit_codes) for group in run.failures]) == (
        "failed",
        [("nonzero-exit", (9,))],
    )


def test_the_header_of_the_newer_versions_is_read() -> None:
    facts = {
        event.name: event.value
        for event in only(HeaderFact, (ZOO / "2026-11-22T133013.862721.snakemake.log").read_bytes())
    }
    assert (facts["snakemake version"], facts["host"]) == ("9.27.1", "vm")
    assert facts["command"].endswith("snakemake -c2 -p")


def test_what_a_block_says_can_be_asked_for() -> None:
    started = only(JobStarted, (ZOO / "2026-11-22T133013.862721.snakemake.log").read_bytes())[0]
    assert started.threads == 2
    assert started.resources["mem"] == "100 MB"
    assert started.reason == "Missing output files: out/multi.2.txt, out/multi.1.txt"
    assert (started.local, started.checkpoint, started.attempt) == (True, False, None)


def test_waiting_for_late_files_is_an_event_of_every_version() -> None:
    for text in ("Waiting at most 5 seconds for missing files.\n", "Waiting at most 5 seconds for missing files:\nx\n"):
        assert [event.seconds for event in only(WaitingForFiles, text.encode())] == [5]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('SyntaxError in file "/srv/Snakefile", line 3:\ninvalid syntax:\n    rule a\n', "syntax-error"),
        ("SyntaxError in file /srv/Snakefile, line 3:\ninvalid syntax\n", "syntax-error"),
        (
            'CyclicGraphException in rule b in file "/srv/Snakefile", line 5:\nCyclic dependency on rule b.\n',
            "cyclic-graph",
        ),
        ("AmbiguousRuleException:\nRules a and b are ambiguous for the file x.\n", "ambiguous-rules"),
        ("MissingRuleException:\nNo rule to produce x (if you use input functions…).\n", "missing-rule"),
        ('InputFunctionException in rule a in file "/srv/S", line 3:\nError:\n  KeyError: 1\n', "input-function"),
        ("LockException:\nError: Directory cannot be locked. Please make sure\n", "locked"),
        ("Error: Directory cannot be locked. Please make sure\n", "locked"),
        ("IncompleteFilesException:\nThe files below seem to be incomplete.\nout/a\n", "incomplete-files"),
        ("NameError in file \"/srv/Snakefile\", line 2:\nname 'x' is not defined\n", "workflow-error"),
        ("WorkflowError:\nFailed to create the environment\n", "workflow-error"),
        ("WorkflowError:\nOSError: [Errno 28] No space left on device\n", "disk-full"),
        ('Traceback (most recent call last):\n  File "x", line 1\nOSError: [Errno 28] No space left\n', "disk-full"),
    ],
)
def test_an_error_of_the_workflow_has_a_kind(text: str, kind: str) -> None:
    run = run_of(b"Building DAG of jobs...\n" + text.encode())
    assert (run.status, [group.kind for group in run.failures]) == ("failed", [kind])


def test_a_fault_that_is_explained_by_a_jobs_error_is_no_fault_of_the_workflow() -> None:
    log = LogText(a=1).start(1, "a").add("WorkflowError:\nFailed to open source file.\n")
    log.add(log.stamp() + "Error in rule a:\n    message: None\n    jobid: 1\n    output: x\n").end(failed=True)
    run = run_of(log.data)
    assert [(group.rule, group.kind) for group in run.failures] == [("a", "workflow-error")]


def test_a_full_disk_is_seen_in_the_shown_log() -> None:
    fence = "=" * 40
    log = LogText(a=1).start(1, "a").fail(1, "a")
    log.add(f"Logfile logs/a.log:\n{fence}\nsort: write failed: No space left on device\n{fence}\n").end(failed=True)
    assert [group.kind for group in run_of(log.data).failures] == ["disk-full"]
