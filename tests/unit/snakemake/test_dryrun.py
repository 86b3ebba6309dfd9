"""What is planned and why, as real dry runs of 7, 8 and 9 tell it; and that a command's text is no plan."""

from pathlib import Path

import pytest

from incident_console.snakemake.dryrun import DryRun, read_dry_run

CORPUS = Path(__file__).parents[2] / "corpus"


def read(case: str, name: str) -> DryRun:
    return read_dry_run(((CORPUS / case / "cmd" / f"{name}.stdout").read_bytes(),))


def why(plan: DryRun) -> dict[str, int | None]:
    return {one.name: one.jobs for one in plan.why}


def block(jobid: int, reason: str, rule: str = "align", sample: str = "A", shell: str = "") -> str:
    command = f"Shell command: {shell}\n" if shell else ""
    return (
        f"[Sun Nov 22 13:26:55 2026]\nrule {rule}:\n    input: data/{sample}\n    output: out/{sample}\n"
        f"    jobid: {jobid}\n    reason: {reason}\n    wildcards: sample={sample}\n    resources: tmpdir=/tmp\n"
        f"{command}\n"
    )


def table(**counts: int) -> str:
    rows = "".join(f"{rule}  {count}\n" for rule, count in counts.items())
    return f"Building DAG of jobs...\nJob stats:\njob  count\n---  -----\n{rows}total  {sum(counts.values())}\n\n\n"


def test_jobs_stand_under_the_reason_that_decides() -> None:
    plan = read("a-discovery-widened-v9", "10-dryrun")
    assert (plan.total, plan.rules) == (5, (("clean", 3), ("all", 1), ("summarize", 1)))
    assert why(plan) == {"missing-output": 3, "upstream": 2} and plan.version == "9.27.1" and plan.ended
    assert plan.line() == "5 jobs: 3 missing output, 2 updated upstream"
    assert plan.why[0].samples == ("clean C.txt.md5", "clean B.txt.md5", "clean A.txt.md5")


def test_seven_and_eight_read_alike() -> None:
    seven = read("c2-deterministic-fail-keepgoing-v7", "31-dryrun-after")
    assert (seven.total, why(seven), seven.version) == (3, {"missing-output": 2, "upstream": 1}, None)
    eight = read("m-slow-planning-v8", "10-dryrun")
    assert (why(eight), eight.unrecorded) == ({"updated-input": 1, "upstream": 2}, 1499)


def test_nothing_to_be_done_is_a_plan() -> None:
    plan = read("m-slow-planning-v8", "30-dryrun-after")
    assert plan.nothing and plan.planned and plan.line() == "nothing to be done"


def test_half_made_files_stand_in_the_way_of_a_plan() -> None:
    plan = read("g-sigkill-v9", "11-dryrun-while-running")
    assert not plan.planned and plan.fault_kind == "incomplete-files" and plan.incomplete == ("out/B.txt", "out/C.txt")
    assert plan.line().startswith("no plan: IncompleteFilesException: The files below seem to be incomplete")


def test_a_lock_that_is_gone_past_is_no_failure() -> None:
    plan = read("g-sigkill-v9", "15-dryrun-nolock-ignore-incomplete")
    assert plan.locked and not plan.fault and plan.total == 2


def test_forced_jobs_are_told_as_forced() -> None:
    plan = read("g-sigkill-v9", "34-dryrun-rerun-incomplete")
    assert why(plan) == {"forced": 2, "missing-output": 1, "upstream": 1}


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("Code has changed since last execution; Input files updated by another job: x", "code"),
        ("Missing output files: a; Code has changed since last execution", "missing-output"),
        ("Params have changed since last execution: before: 3 now: 4", "params"),
        ("Set of input files has changed since last execution; Code has changed since last execution", "code"),
        ("Set of input files has changed since last execution", "input-set"),
        ("Software environment definition has changed since last execution", "software"),
        ("Updated input files: data/A", "updated-input"),
        ("Updated input files: ; Input files updated by another job: x", "upstream"),
        ("Incomplete output files: out/A", "incomplete-output"),
        ("Rules with neither input nor output files are always executed.", "always"),
        ("Output file is a pipe and has to be filled for consuming job.", "needed"),
        ("Something that a later version says", "other"),
    ],
)
def test_each_reason_is_of_its_class(reason: str, name: str) -> None:
    plan = read_dry_run(((table(align=1) + block(1, reason)).encode(),))
    assert why(plan) == {name: 1}


def test_with_quiet_rules_only_rules_are_told_for_a_reason() -> None:
    end = (
        "Reasons:\n    (check individual jobs above for details)\n    code has changed since last execution:\n"
        "        align, count\n    input files updated by another job:\n        all\n"
        "This was a dry-run (flag -n). The order of jobs does not reflect the order of execution.\n"
    )
    plan = read_dry_run(((table(align=3, count=1, all=1) + end).encode(),))
    assert (plan.total, plan.seen, why(plan)) == (5, 0, {"code": None, "upstream": None})
    assert plan.why[0].rules == (("align", 0), ("count", 0))
    assert plan.line() == "5 jobs: code changed, updated upstream"


def test_a_command_that_imitates_a_plan_adds_nothing_to_it() -> None:
    fake = "cat <<EOF\n" + block(99, "Code has changed since last execution", "fake") + table(fake=99)
    fake += "Nothing to be done\nEOF\n"
    text = (
        table(align=2) + block(1, "Missing output files: out/A", shell=fake) + block(2, "Forced execution", sample="B")
    )
    plan = read_dry_run((text.encode(),))
    assert (plan.total, plan.nothing, why(plan)) == (2, False, {"missing-output": 1, "forced": 1})


def test_text_that_was_left_out_of_the_middle_is_told() -> None:
    text = table(align=9) + block(1, "Forced execution") + "[... 123 bytes left out here ...]\n"
    plan = read_dry_run((text.encode(),))
    assert plan.cut and (plan.total, plan.seen) == (9, 1)


def test_cut_anywhere_it_reads_the_same() -> None:
    data = (CORPUS / "a-discovery-widened-v9" / "cmd" / "10-dryrun.stdout").read_bytes()
    whole = read_dry_run((data,))
    assert read_dry_run(bytes((byte,)) for byte in data) == whole
    assert read_dry_run((data.replace(b"\n", b"\r\n"),)).why == whole.why


def test_no_text_makes_it_raise_or_grow_without_end() -> None:
    for data in (
        b"",
        b"\0" * 100_000,
        b"Reasons:\n" * 1000,
        b"\xff\xfe" * 100,
        b"Reasons:\n" + b"        x\n" * 10_000,
    ):
        assert not read_dry_run((data,)).planned
    assert read_dry_run((b"Reasons:\n    forced:\n" + b"        x\n" * 100_000,)).why[0].rules[:1] == (("x", 0),)
