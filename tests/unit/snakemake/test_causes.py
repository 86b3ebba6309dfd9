"""Which line matters, and which failures are one."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from runlogs import CORPUS
from stories import LONG_AGO, NAME, Story, lay_out, look

from incident_console.snakemake.analysis import Analysis, explain
from incident_console.snakemake.causes import Kept
from incident_console.snakemake.history import read_history, read_run
from incident_console.snakemake.matters import line_that_matters


def failing(*samples: str) -> Story:
    story = Story(align=len(samples))
    for jobid, sample in enumerate(samples, 1):
        story.start(jobid, jobid, "align", sample).fail(jobid + 1, jobid, "align")
    return story.end(failed=True)


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("reading\nValueError: no index\n", "ValueError: no index"),
        ("Traceback (most recent call last):\n  File \"x.py\", line 3\n    f()\nKeyError: 'B'\n", "KeyError: 'B'"),
        ("bash: line 1: bwa: command not found\nERROR: empty input\n", "bash: line 1: bwa: command not found"),
        (
            "[E] write failed: No space left on device\nERROR: pipe closed\n",
            "[E] write failed: No space left on device",
        ),
        ("INFO 0 errors\nERROR bad header\nINFO cleaning up\n", "ERROR bad header"),
        ("one\ntwo\n=====\n\n", "two"),
        ("started\nWrote PARTIAL then crashing.\ncleaning up\n", "Wrote PARTIAL then crashing."),
        (
            "Error in library(x) :\n  there is no package called ‘x’\nExecution halted\n",
            "  there is no package called ‘x’",
        ),
    ],
)
def test_the_line_that_matters(log: str, line: str) -> None:
    lines = log.splitlines()
    found = line_that_matters(lines)
    assert found is not None
    assert lines[found] == line


def test_the_last_line_of_a_log_need_not_say_why(tmp_path: Path) -> None:
    lay_out(tmp_path, failing("A", "B"), files={"logs/alignA.log": "started\n", "logs/alignB.log": "bad: invalid x\n"})
    assert [(one.message, one.says_why) for one in look(tmp_path).failures] == [
        ("started", False),
        ("bad: invalid x", True),
    ]


def test_nothing_but_noise_has_no_line_that_matters() -> None:
    assert line_that_matters(["", "=====", "   "]) is None


def test_the_rules_log_tells_and_is_pointed_at(tmp_path: Path) -> None:
    lay_out(tmp_path, failing("B"), files={"logs/alignB.log": "start\nFATAL index is locked\nbye\n"})
    (failure,) = look(tmp_path).failures
    assert (failure.message, failure.source.path, failure.source.line) == (
        "FATAL index is locked",
        "logs/alignB.log",
        2,
    )


def test_without_a_rules_log_the_run_log_is_pointed_at(tmp_path: Path) -> None:
    story = failing("B")
    log = lay_out(tmp_path, story)
    (failure,) = look(tmp_path).failures
    assert failure.message == "exit status 1"
    assert failure.source.path == f".snakemake/log/{NAME}"
    assert log.read_text().splitlines()[failure.source.line - 1] == "RuleException:"


def test_a_shown_log_is_pointed_at_line_by_line() -> None:
    analysis = look(CORPUS / "c1-flaky-retry-ok-v9" / "wd")
    (failure,) = analysis.failures
    lines = (CORPUS / "c1-flaky-retry-ok-v9" / "wd" / failure.source.path).read_text().splitlines()
    assert lines[failure.source.line - 1] == failure.message == "Failing on attempt 1 (intentional)."


def test_forty_failed_samples_have_one_cause(tmp_path: Path) -> None:
    samples = [f"S{number}" for number in range(40)]
    logs = {
        f"logs/align{one}.log": f"ERROR no index /data/{one}/i.idx for {one} at 0x{n:08x}\n"
        for n, one in enumerate(samples)
    }
    lay_out(tmp_path, failing(*samples), files=logs)
    analysis = look(tmp_path)
    (cause,) = analysis.causes
    assert (cause.count, cause.lasting, len(cause.samples)) == (40, 40, 40)
    assert len({one.group for one in analysis.failures}) == 1


def test_different_messages_are_different_causes(tmp_path: Path) -> None:
    logs = {"logs/alignA.log": "ERROR no index\n", "logs/alignB.log": "ERROR bad header\n"}
    lay_out(tmp_path, failing("A", "B"), files=logs)
    assert len(look(tmp_path).causes) == 2


def test_attempts_alike_share_their_group_though_only_the_last_log_is_left(tmp_path: Path) -> None:
    story = Story(align=1).start(1, 1, "align", "B").fail(2, 1, "align").restart(1)
    story.start(3, 1, "align", "B").fail(4, 1, "align").end(failed=True)
    lay_out(tmp_path, story, files={"logs/alignB.log": "ERROR bad header\n"})
    first, second = look(tmp_path).failures
    assert (first.group, first.lasting, second.lasting) == (second.group, False, True)
    assert (first.message, second.message) == ("exit status 1", "ERROR bad header")


def test_the_log_of_a_later_run_does_not_explain_this_one(tmp_path: Path) -> None:
    log = lay_out(tmp_path, failing("B"), files={"logs/alignB.log": "ERROR of the later run\n"})
    later = "2026-11-22T142000.500000.snakemake.log"
    lay_out(tmp_path, failing("B"), later)
    assert look(tmp_path, log).failures[0].message == "exit status 1"


@pytest.mark.parametrize("hostile", ["pipe", "folder", "outside", "link"])
def test_a_hostile_rule_log_is_not_read(tmp_path: Path, hostile: str) -> None:
    folder = tmp_path / "wd"
    story = Story(align=1)
    name = "../secret.log" if hostile == "outside" else "logs/align.log"
    story.start(1, 1, "align", "B", log=name).fail(2, 1, "align").end(failed=True)
    lay_out(folder, story)
    (tmp_path / "secret.log").write_text("ERROR secret\n")
    (folder / "logs").mkdir()
    if hostile == "pipe":
        os.mkfifo(folder / "logs/align.log")
    elif hostile == "folder":
        (folder / "logs/align.log").mkdir()
    elif hostile == "link":
        (folder / "logs/align.log").symlink_to(tmp_path / "secret.log")
    assert look(folder).failures[0].message == "exit status 1"


def test_control_characters_and_odd_bytes_are_made_harmless(tmp_path: Path) -> None:
    lay_out(tmp_path, failing("B"))
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/alignB.log").write_bytes(b"10%\r90%\r\x1b[31mERROR\x1b[0m \x07caf\xe9\x9b2J\n")
    assert look(tmp_path).failures[0].message == "ERROR caf\\xe9\\x9b2J"


def test_a_rules_log_under_the_runs_own_directory_is_found_in_a_copied_folder(tmp_path: Path) -> None:
    story = Story(header="  Working directory: /srv/old\n", align=1)
    story.start(1, 1, "align", "B", log="/srv/old/logs/x.log").fail(2, 1, "align").end(failed=True)
    lay_out(tmp_path, story, files={"logs/x.log": "ERROR bad header\n"})
    (failure,) = look(tmp_path).failures
    assert (failure.logs, failure.message) == (("logs/x.log",), "ERROR bad header")


def test_an_error_of_the_workflow_has_no_job() -> None:
    (failure,) = look(CORPUS / "h-missing-input-v9" / "wd").failures
    assert (failure.kind, failure.rule, failure.jobid, failure.attempt, failure.lasting) == (
        "missing-input",
        "a",
        None,
        None,
        True,
    )


# What was kept of attempts whose logs a retry deleted


def retried(*statuses: str, files: Mapping[str, str] | None = None, folder: Path) -> Path:
    """A job of `align` that was tried so often; the log at its path is the last attempt's."""
    story = Story(align=1)
    for number, status in enumerate(statuses):
        story.start(2 * number + 1, 1, "align", "B").fail(2 * number + 2, 1, "align", status)
        if number + 1 < len(statuses):
            story.restart(1)
    return lay_out(folder, story.end(failed=True), files=files)


def with_kept(folder: Path, log: Path, kept: Kept) -> Analysis:
    run, trace = read_run([log.read_bytes()], str(log.relative_to(folder)))
    return explain(folder, run, trace, read_history(folder, log), LONG_AGO, kept)


EXIT_75 = "returned non-zero exit status 75"


def test_a_kept_attempt_tells_its_cause_in_the_logs_own_words(tmp_path: Path) -> None:
    story = Story(align=1).start(1, 1, "align", "B").fail(2, 1, "align", EXIT_75).restart(1)
    log = lay_out(tmp_path, story.start(3, 1, "align", "B").finish(4, 1, "align").end())
    without = with_kept(tmp_path, log, {})
    assert "locked" not in without.causes[0].message
    told = with_kept(tmp_path, log, {(1, 1): "09:23:39 FATAL index is locked by pid 6551"})
    (failure,), (cause,) = told.failures, told.causes
    assert cause.message == "09:23:39 FATAL index is locked by pid 6551"
    assert (failure.from_kept, failure.from_rule_log, failure.says_why) == (True, False, True)
    assert failure.source == without.failures[0].source, "the log's path has another attempt's text by now"
    clues = [clue.text for suspect in told.suspects for clue in suspect.because]
    assert any("index is locked" in text for text in clues), clues


def test_the_log_that_stands_there_is_believed_before_what_was_kept(tmp_path: Path) -> None:
    log = retried(EXIT_75, folder=tmp_path, files={"logs/alignB.log": "FATAL no index\n"})
    (failure,) = with_kept(tmp_path, log, {(1, 1): "FATAL something else"}).failures
    assert (failure.message, failure.from_kept) == ("FATAL no index", False)


def test_attempts_with_one_exit_code_and_other_words_are_two_causes_and_not_the_same_failure(tmp_path: Path) -> None:
    log = retried(EXIT_75, EXIT_75, folder=tmp_path, files={"logs/alignB.log": "ERROR: truncated read\n"})
    alike = with_kept(tmp_path, log, {})
    assert [flaky.nature for flaky in alike.flaky] == ["deterministic"], "nothing else is known"
    told = with_kept(tmp_path, log, {(1, 1): "FATAL index is locked"})
    assert {cause.message for cause in told.causes} == {"FATAL index is locked", "ERROR: truncated read"}
    assert [flaky.nature for flaky in told.flaky] == ["flaky"]


def test_attempts_that_were_kept_with_the_same_words_are_one_cause(tmp_path: Path) -> None:
    log = retried(EXIT_75, EXIT_75, folder=tmp_path, files={"logs/alignB.log": "09:02 ERROR: truncated read\n"})
    told = with_kept(tmp_path, log, {(1, 1): "09:01 ERROR: truncated read"})
    assert [cause.count for cause in told.causes] == [2]
    assert [flaky.nature for flaky in told.flaky] == ["deterministic"]


def test_what_was_kept_is_shown_without_its_control_characters(tmp_path: Path) -> None:
    log = retried(EXIT_75, EXIT_75, folder=tmp_path)
    told = with_kept(tmp_path, log, {(1, 1): "\x1b[31mERROR\x1b[0m: bad\x07"})
    assert "\x1b" not in told.failures[0].message and "ERROR" in told.failures[0].message
