"""Each rule of suspicion on a story of its own, what keeps it quiet, and how rules are weighed together."""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from runlogs import CASES, Case
from stories import NAME, Story, bench, lay_out, look, record, scene

from incident_console.snakemake.causes import Source
from incident_console.snakemake.suspects import RULES, Clue, Rule, Said, ask, named, weigh
from incident_console.snakemake.suspects.scene import IncidentClass

BEFORE = "2026-11-22T112000.500000.snakemake.log"
BEFORE_THAT = "2026-11-22T102000.500000.snakemake.log"
Lay = Callable[[Path], object]


def healthy(name: str = NAME, **fields: object) -> Story:
    story = Story(align=3)
    for number, sample in enumerate("ABC"):
        story.start(1 + 4 * number, number, "align", sample, **fields).finish(4 + 4 * number, number, "align")
    return story.end(elapsed=13, name=name)


def spoke(folder: Path) -> set[str]:
    return {said.rule.name for said in ask(RULES, scene(folder, folder / ".snakemake/log" / NAME))}


def failing(
    message: str = "", status: str = "returned non-zero exit status 1", rule: str = "align", **fields: object
) -> Lay:
    def lay(folder: Path) -> None:
        story = Story(**{rule: 1}).start(1, 1, rule, "A", **fields).fail(2, 1, rule, status).end(failed=True)
        lay_out(folder, story, files={f"logs/{rule}A.log": message + "\n"} if message else {})

    return lay


def silent(folder: Path) -> None:
    """As 7 tells it: no exception, so no exit code."""
    failing_each_time(folder)
    log = folder / ".snakemake/log" / NAME
    log.write_text(re.sub(r"RuleException:\n.*\n.*\n", "", log.read_text()))


def recovering(message: str = "") -> Lay:
    def lay(folder: Path) -> None:
        story = Story(align=1).start(1, 1, "align", "A").fail(2, 1, "align")
        story.add(f"Logfile logs/alignA.log:\n=========\n{message}\n=========\n" if message else "").restart(1)
        lay_out(folder, story.start(3, 1, "align", "A").finish(4, 1, "align").end())

    return lay


def failing_each_time(folder: Path) -> None:
    story = Story(align=1).start(1, 1, "align", "A").fail(2, 1, "align").restart(1)
    lay_out(folder, story.start(3, 1, "align", "A").fail(4, 1, "align").end(failed=True))


def fault(text: str) -> Lay:
    return lambda folder: lay_out(folder, Story(a=1).text.partition("Provided")[0] + text)


def missing_output(name: str = NAME, wait: int = 5, *, remote: bool = False) -> Story:
    story = Story(a=1).start(1, 1, "a")
    if remote:
        story.add("Submitted job 1 with external jobid '28616'.\n")
    story.add(f"Waiting at most {wait} seconds for missing files:\nout/a.txt (missing locally)\n")
    story.add('MissingOutputException in rule a in file "/srv/Snakefile", line 3:\n')
    story.add(
        f"Job 1  completed successfully, but some output files are missing. Missing files after {wait} seconds.\n"
    )
    return story.add("out/a.txt (missing locally, parent dir contents: )\n").end(failed=True, name=name)


def given_up(folder: Path) -> None:
    """The file comes between the last look and the end of the waiting: none is listed, and one is removed."""
    story = missing_output()
    text = story.text.replace(
        "out/a.txt (missing locally, parent dir contents: )\n",
        "\nRemoving output files of failed job a since they might be corrupted:\nout/a.txt\n",
    )
    lay_out(folder, text, files={"out/other": ""})


def beside_an_older_sample(folder: Path) -> None:
    """Of a run that made the other samples before, whose log is not here."""
    story = (
        Story(a=1)
        .start(1, 1, "a", "E", output="out/E.txt")
        .add(
            "Waiting at most 5 seconds for missing files:\nout/E.txt (missing locally)\n"
            'MissingOutputException in rule a in file "/srv/Snakefile", line 3:\n'
            "Job 1  completed successfully, but some output files are missing. Missing files after 5 seconds.\n"
            "out/E.txt (missing locally, parent dir contents: A.txt)\n"
        )
    )
    lay_out(folder, story.end(failed=True), files={"out/A.txt": "of another sample\n"})
    os.utime(folder / "out/A.txt", (1, 1))


def after(earlier: Story, now: Story, files: dict[str, str] | None = None) -> Lay:
    def lay(folder: Path) -> None:
        lay_out(folder, earlier, BEFORE)
        lay_out(folder, now, files=files)

    return lay


def again(reason: str, **fields: object) -> Lay:
    return after(healthy(BEFORE), healthy(reason=reason, **fields))


def of_samples(*samples: str, name: str = NAME) -> Story:
    story = Story(align=len(samples))
    for number, sample in enumerate(samples):
        story.start(1, number, "align", sample).finish(2, number, "align")
    return story.end(name=name)


def mid_air(folder: Path) -> None:
    lay_out(folder, Story(align=2).start(1, 1, "align", "A"))


def left_behind(folder: Path) -> None:
    mid_air(folder)
    (folder / ".snakemake/locks").mkdir()
    (folder / ".snakemake/locks/0.output.lock").write_text("out/alignA.txt\n")


def killed(folder: Path) -> None:
    mid_air(folder)
    fault("IncompleteFilesException:\nThe files below seem to be incomplete.\n")(folder)
    (folder / ".snakemake/log" / NAME).rename(folder / ".snakemake/log/2026-11-22T142000.500000.snakemake.log")
    mid_air(folder)


def stopped(folder: Path) -> None:
    story = Story(align=1).start(1, 1, "align", "A")
    story.add("Terminating processes on user request, this might take some time.\n")
    lay_out(folder, story.fail(2, 1, "align", "died with <Signals.SIGINT: 2>").end())


def hosted(host: str, name: str = NAME, *, ok: bool = True) -> Story:
    story = Story(align=1).start(1, 1, "align", "A")
    story = story.finish(2, 1, "align").end(name=name) if ok else story.fail(2, 1, "align").end(failed=True, name=name)
    story.text = story.text.replace("Host: node1", f"Host: {host}")
    return story


def versioned(version: str, name: str = NAME, *, ok: bool = True) -> Story:
    story = hosted("node1", name, ok=ok)
    story.text = story.text.replace("9.27.1", version)
    return story


def homed(home: str, name: str = NAME, **fields: object) -> Story:
    story = healthy(name, **fields)
    story.text = story.text.replace("  Host: node1\n", f"  Host: node1\n  Working directory: {home}\n")
    return story


def slow(factor: int, name: str = NAME, rules: str = "xyz") -> Story:
    story = Story(**dict.fromkeys(rules, 1))
    second = 1
    for number, rule in enumerate(rules):
        story.start(second, number, rule).finish(second + 6 * factor, number, rule)
        second += 6 * factor
    return story.end(name=name)


def one_slow(folder: Path) -> None:
    lay_out(folder, healthy(BEFORE), BEFORE)
    story = Story(align=3)
    for number, (sample, took) in enumerate((("A", 3), ("B", 40), ("C", 3))):
        story.start(1 + 41 * number, number, "align", sample).finish(1 + 41 * number + took, number, "align")
    lay_out(folder, story.end())


def all_slow(folder: Path) -> None:
    """As when an earlier run was made with a setting that lets every tool be quick."""
    took = {"align": 30, "count": 20, "trim": 10}
    for name, factor in ((BEFORE, 0), (NAME, 1)):
        story, second = Story(align=2, count=2, trim=2), 1
        for number, (rule, sample) in enumerate((rule, sample) for rule in took for sample in "AB"):
            lasted = factor * took[rule] * (3 if (rule, sample) == ("align", "A") else 1)
            story.start(second, number, rule, sample).finish(second + lasted, number, rule)
            second += lasted
        lay_out(folder, story.end(name=name), name)


def straggling(folder: Path) -> None:
    story = Story(cores=3, align=3)
    for number, (sample, took) in enumerate((("A", 3), ("B", 50), ("C", 3))):
        story.start(1, number, "align", sample).finish(1 + took, number, "align")
    lay_out(folder, story.end())


def tiny(folder: Path) -> None:
    story = Story(t=100)
    for number in range(100):
        story.start(1 + number // 10, number, "t", f"s{number}").finish(1 + number // 10, number, "t")
    lay_out(folder, story.end(elapsed=11), files={f"benchmarks/ts{number}.tsv": bench(0.01) for number in range(100)})


def late(folder: Path) -> None:
    story = (
        Story(a=1).start(1, 1, "a").add("Waiting at most 60 seconds for missing files:\nout/a.txt (missing locally)\n")
    )
    lay_out(folder, story.finish(31, 1, "a").end(elapsed=31), files={"benchmarks/a.tsv": bench(2)})


def waited_a_little(folder: Path) -> None:
    story = Story(a=1).start(1, 1, "a").finish(61, 1, "a")
    story.start(61, 2, "b").add("Waiting at most 5 seconds for missing files:\n").finish(62, 2, "b")
    lay_out(folder, story.end(elapsed=62))


def published(folder: Path, *, alter: bool) -> None:
    lay_out(folder, healthy())
    place = folder / "publish/v1"
    place.mkdir(parents=True)
    (place / "summary.tsv").write_text("altered\n" if alter else "as published\n")
    digest = hashlib.sha256(b"as published\n").hexdigest()
    (place / "manifest.json").write_text(
        f'{{\n "files": [\n  {{"path": "summary.tsv", "sha256": "{digest}"}}\n ]\n}}\n'
    )


def always_missing(folder: Path) -> None:
    lay_out(folder, missing_output(BEFORE_THAT), BEFORE_THAT)
    lay_out(folder, missing_output(BEFORE), BEFORE)
    lay_out(folder, missing_output())


def odd_failing(folder: Path) -> None:
    story = Story(align=3)
    for number, sample in enumerate(("A", "A.md5", "B.md5", "B")):
        story.start(1, number, "align", sample)
        if "." in sample:
            story.fail(2, number, "align")
        else:
            story.finish(2, number, "align")
    lay_out(folder, story.end(failed=True))


INPUT_FUNCTION = (
    'InputFunctionException in rule a in file "/srv/Snakefile", line 9:\nError:\n  {}\nWildcards:\n    s=A\n'
)
STORIES: dict[str, Lay] = {
    "definition": fault(
        'CyclicGraphException in rule a in file "/srv/Snakefile", line 3:\nCyclic dependency on rule a.\n'
    ),
    "missing-input": fault(
        'MissingInputException in rule a in file "/srv/Snakefile", line 3:\nMissing input files for rule a:\n'
    ),
    "missing-input-late": fault(
        'MissingInputException in rule a in file "/srv/Snakefile", line 3:\nMissing input files:\n'
    ),
    "input-function": fault(INPUT_FUNCTION.format("KeyError: 'A'")),
    "input-function-surroundings": fault(INPUT_FUNCTION.format("ConnectionError: Connection refused")),
    "own-code": fault("NameError in file \"/srv/Snakefile\", line 1:\nname 'x' is not defined\n"),
    "surroundings": fault("WorkflowError:\nError: profile given but no config.yaml found.\n"),
    "storage-provider": fault("WorkflowError:\nFailed to query the storage provider: Input/output error\n"),
    "locked": fault("LockException:\nError: Directory cannot be locked. Please make sure that no other process\n"),
    "incomplete-files": fault("IncompleteFilesException:\nThe files below seem to be incomplete.\n"),
    "tool-error": failing("ValueError: invalid literal for int()"),
    "tool-failed": failing(),
    "failed-without-a-word": silent,
    "tool-crashed": failing(status="died with <Signals.SIGSEGV: 11>"),
    "recovered-on-retry": recovering(),
    "fails-each-time": failing_each_time,
    "lost-tool": failing("/usr/bin/bash: line 1: bwa: command not found"),
    "lost-library": failing("ModuleNotFoundError: No module named 'pysam'"),
    "not-permitted": failing("cp: cannot create 'x': Permission denied"),
    "environment": failing("FATAL:   While making image: unable to build"),
    "network": failing("curl: (6) Could not resolve host: example.org"),
    "disk-full": failing("samtools sort: write error: No space left on device"),
    "out-of-memory": failing(status="died with <Signals.SIGKILL: 9>"),
    "ended-by-scheduler": failing("slurmstepd: error: *** JOB 8 ON n1 CANCELLED AT 12:00 DUE TO TIME LIMIT ***"),
    "killed": failing(status="died with <Signals.SIGUSR1: 10>"),
    "storage-error": failing("cat: in/A.txt: Stale file handle"),
    "declared-input-absent": failing("cat: in/alignA.txt: No such file or directory"),
    "absent-then-there": recovering("cat: ref.fa: No such file or directory"),
    "undeclared-file-absent": failing("cat: ref/genome.fa: No such file or directory"),
    "some-file-absent": failing("No such file or directory"),
    "log-is-empty": lambda folder: lay_out(folder, ""),
    "came-after-the-wait": lambda folder: lay_out(folder, missing_output(), files={"out/a.txt": "late\n"}),
    "came-as-it-was-given-up": given_up,
    "output-missing": lambda folder: lay_out(folder, missing_output(remote=True)),
    "output-never-came": lambda folder: lay_out(folder, missing_output(), files={"out/other": ""}),
    "output-never-written": lambda folder: lay_out(folder, missing_output(), files={"out/other": ""}),
    "made-under-another-name": lambda folder: lay_out(folder, missing_output(), files={"out/a.tsv": "x\n"}),
    "never-seen-against-late": lambda folder: lay_out(folder, missing_output(), files={"out/a.tsv": "x\n"}),
    "always-missing": always_missing,
    "always-missing-against-late": always_missing,
    "outputs-came-late": late,
    "waited-a-little": waited_a_little,
    "storage-costs-most": late,
    "latency-wait-raised": after(healthy(BEFORE), Story(command="snakemake --latency-wait 90", a=1).start(1, 1, "a")),
    "stopped-by-hand": stopped,
    "failed-after-the-stop": stopped,
    "engine-killed": killed,
    "left-behind": left_behind,
    "log-just-ends": mid_air,
    "only-here": after(hosted("node7", BEFORE), hosted("node1", ok=False)),
    "other-version": after(versioned("8.30.0", BEFORE), versioned("9.27.1", ok=False)),
    "lost-cores": lambda folder: lay_out(folder, Story(command="snakemake --cores 16", cores=4, a=1).start(1, 1, "a")),
    "everything-slower-against-tools": after(slow(1, BEFORE), slow(3)),
    "everything-slower": after(slow(1, BEFORE), slow(3)),
    "widened-discovery": after(of_samples("A", "B", name=BEFORE), of_samples("A.txt.md5", "B.txt.md5")),
    "perhaps-widened": lambda folder: lay_out(folder, of_samples("A", "B", "A.bak")),
    "more-jobs": after(of_samples("A", "B", name=BEFORE), of_samples("A", "B", "C", "D", "E")),
    "code-changed": again("Code has changed since last execution"),
    "params-changed": again("Params have changed since last execution: before: 20 now: 25"),
    "input-set-changed": again("Set of input files has changed since last execution"),
    "input-set-after-checkpoint": again("Set of input files has changed since last execution", checkpoint=True),
    "software-changed": again("Software environment definition has changed since last execution"),
    "inputs-touched": again("Updated input files: in/alignA.txt"),
    "moved-params": again("Params have changed since last execution: before: '/old/wf/ref.fa' now: '/new/wf/ref.fa'"),
    "moved-and-again": after(
        homed("/srv/old", BEFORE),
        homed("/srv/new", reason="Params have changed since last execution: before: 1 now: 2"),
    ),
    "moved-against-edit": after(
        homed("/srv/old", BEFORE),
        homed("/srv/new", reason="Params have changed since last execution: before: 1 now: 2"),
    ),
    "moved": after(homed("/srv/old", BEFORE), homed("/srv/new")),
    "outputs-vanished": after(healthy(BEFORE), healthy()),
    "many-tiny-jobs": tiny,
    "slow-plan": lambda folder: lay_out(folder, Story(a=1).start(50, 1, "a").finish(51, 1, "a").end(elapsed=51)),
    "slow-plan-storage": lambda folder: lay_out(
        folder, Story(a=1).start(50, 1, "a").finish(51, 1, "a").end(elapsed=51)
    ),
    "became-slow": one_slow,
    "slower-with-the-run": all_slow,
    "plan-unchanged": one_slow,
    "straggler": straggling,
    "verification-refused": failing("sha256 mismatch for publish/v1/summary.tsv", rule="verify_report"),
    "refused-by-a-check": failing("sha256 mismatch for publish/v1/summary.tsv", rule="verify_report"),
    "published-altered": lambda folder: published(folder, alter=True),
    "publishing-failed": failing("ValueError: x", rule="publish_v1"),
    "checksum-elsewhere": failing("md5 checksum mismatch in in/A.txt"),
    "failed-on-odd-samples": odd_failing,
}


def test_every_rule_has_a_story_a_reason_and_a_name_of_its_own() -> None:
    assert {rule.name for rule in RULES} == set(STORIES)
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.reason and -1 < rule.weight < 1 for rule in RULES)
    assert all(rule.settled_by for rule in RULES if rule.weight >= 0.5)


@pytest.mark.parametrize("name", sorted(STORIES))
def test_the_rule_speaks_where_it_should(tmp_path: Path, name: str) -> None:
    STORIES[name](tmp_path)
    found = {said.rule.name: said for said in ask(RULES, scene(tmp_path, tmp_path / ".snakemake/log" / NAME))}
    assert name in found
    assert all(clue.text and clue.source.path and clue.source.line >= 1 for clue in found[name].clues)


def test_a_healthy_run_has_no_suspects(tmp_path: Path) -> None:
    lay_out(tmp_path, healthy())
    assert spoke(tmp_path) == set()


def clues(folder: Path, rule: str) -> list[str]:
    found = ask(RULES, scene(folder, folder / ".snakemake/log" / NAME))
    return [clue.text for said in found if said.rule.name == rule for clue in said.clues]


def test_all_samples_that_are_taken_too_many_are_named_and_of_very_many_the_rest_is_counted(tmp_path: Path) -> None:
    for names, told in (("AB", "A.md5, B.md5"), ("ABCDEFGH", "A.md5, B.md5, C.md5, D.md5, E.md5, F.md5 and 2 more")):
        lay_out(tmp_path, of_samples(*names, *(f"{name}.md5" for name in names)))
        first = f"{len(names)} values of s are others with a file ending: {told}"
        assert clues(tmp_path, "widened-discovery") == [first]


def test_of_a_job_that_became_slow_it_is_said_whether_others_did(tmp_path: Path) -> None:
    one_slow(tmp_path)
    assert clues(tmp_path, "became-slow") == [
        "align (B) took 40.0 s, in earlier runs 3 s at most; the 2 other jobs of align did not"
    ]


def test_a_job_is_not_said_to_be_slow_alone_where_others_are_slow_as_well(tmp_path: Path) -> None:
    all_slow(tmp_path)
    assert "became-slow" not in spoke(tmp_path)
    assert clues(tmp_path, "slower-with-the-run") == [
        "align (A) took 90.0 s, in earlier runs about a second at most; "
        "so did the 1 other job of align, and jobs of count, trim"
    ]


def test_how_long_the_engine_waited_is_the_same_number_wherever_it_is_told(tmp_path: Path) -> None:
    story = Story(a=1, b=1).start(1, 1, "a").start(1, 2, "b")
    story.add("Waiting at most 60 seconds for missing files:\nout/a.txt (missing locally)\n")
    story.finish(21, 1, "a").finish(21, 2, "b").end(elapsed=21)
    lay_out(tmp_path, story, files={"benchmarks/a.tsv": bench(2), "benchmarks/b.tsv": bench(20)})
    cost = look(tmp_path).cost
    told = "waited 1 time for outputs of finished jobs, 18.0 s in all"
    half = f"{cost.storage_s:.1f} s of the run's time, as other cores had work meanwhile"
    assert cost.storage_s < 10
    assert any(told in text and half in text for text in clues(tmp_path, "outputs-came-late"))
    assert f"storage: 1 wait for missing files, 18.0 s: {half}" in cost.basis


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.name)
def test_clues_point_at_lines_that_are_there(case: Case) -> None:
    for suspect in look(case.wd, case.log()).suspects:
        for clue in (*suspect.because, *suspect.against):
            path = case.wd / clue.source.path
            assert path.exists(), clue
            if path.is_file():
                assert 1 <= clue.source.line <= max(1, len(path.read_bytes().splitlines())), clue


@pytest.mark.parametrize(
    ("lay", "wanted"),
    [
        (failing("bash: line 1: bwa: command not found", "returned non-zero exit status 127"), "operating-context"),
        (failing(status="returned non-zero exit status 127"), "operating-context"),
        (failing("ValueError: bad"), "tool-behavior"),
        (failing("sha256 mismatch for publish/v1/summary.tsv", rule="verify_report"), "publish-boundary"),
        (failing("md5 checksum mismatch in in/A.txt"), "undetermined"),
        (failing("No such file or directory"), "undetermined"),
        (silent, "undetermined"),
        (odd_failing, "workflow-semantics"),
        (mid_air, "undetermined"),
        (killed, "operating-context"),
        (left_behind, "operating-context"),
        (STORIES["output-never-came"], "undetermined"),
        (STORIES["made-under-another-name"], "workflow-semantics"),
        (STORIES["came-after-the-wait"], "storage-visibility"),
        (given_up, "storage-visibility"),
        (beside_an_older_sample, "undetermined"),
        (STORIES["always-missing"], "workflow-semantics"),
        (STORIES["only-here"], "operating-context"),
        (STORIES["moved-params"], "operating-context"),
        (STORIES["moved-and-again"], "operating-context"),
        (STORIES["absent-then-there"], "storage-visibility"),
        (one_slow, "tool-behavior"),
        (straggling, "undetermined"),
        (all_slow, "undetermined"),
        (STORIES["everything-slower"], "operating-context"),
        (STORIES["more-jobs"], "undetermined"),
        (STORIES["waited-a-little"], "undetermined"),
        (lambda folder: published(folder, alter=True), "publish-boundary"),
        (lambda folder: published(folder, alter=False), "undetermined"),
    ],
)
def test_the_class_that_is_named(tmp_path: Path, lay: Lay, wanted: str) -> None:
    lay(tmp_path)
    assert look(tmp_path, tmp_path / ".snakemake/log" / NAME).incident_class == wanted


@pytest.mark.parametrize(
    ("samples", "name"),
    [
        (("S1", "S1.2", "S1.3"), "s"),
        (("bam", "bam.bai", "bam.csi"), "ext"),
        (("chr1", "chr10", "chr11"), "s"),
        (("A-1", "A-1_rep2", "A-1_rep3"), "s"),
    ],
)
def test_names_that_only_look_alike_are_samples(tmp_path: Path, samples: tuple[str, ...], name: str) -> None:
    story = of_samples(*samples)
    lay_out(tmp_path, story.text.replace("wildcards: s=", f"wildcards: {name}="))
    assert not spoke(tmp_path) & {"widened-discovery", "perhaps-widened"}


def test_a_change_is_no_reason_where_the_output_was_missing_anyway(tmp_path: Path) -> None:
    again("Missing output files: out/x; Code has changed since last execution")(tmp_path)
    assert "code-changed" not in spoke(tmp_path)


def test_records_do_not_stand_in_for_a_rule_that_nobody_made(tmp_path: Path) -> None:
    lay_out(tmp_path, healthy())
    record(tmp_path, "out/alignA.txt", 1, 4)
    assert spoke(tmp_path) == set()


def said(name: IncidentClass, weight: float) -> Said:
    rule = Rule("r", name, weight, "reason", lambda scene: (), "settle")
    return Said(rule, (Clue("seen", Source("log", 1)),))


def test_hints_stay_hints_however_many_there_are() -> None:
    suspects = weigh([said("tool-behavior", 0.4)] * 10)
    assert suspects[0].score < 0.5
    assert named(suspects) == "undetermined"


def test_two_classes_side_by_side_are_undetermined() -> None:
    assert named(weigh([said("tool-behavior", 0.7), said("operating-context", 0.7)])) == "undetermined"
    assert named(weigh([said("tool-behavior", 0.7), said("operating-context", 0.6)])) == "tool-behavior"


def test_what_speaks_against_takes_its_part() -> None:
    (suspect,) = weigh([said("tool-behavior", 0.8), said("tool-behavior", -0.5)])
    assert suspect.score == 0.4
    assert len(suspect.against) == 1


def test_nothing_against_is_no_suspect() -> None:
    assert weigh([said("tool-behavior", -0.5)]) == ()
    assert named(()) == "undetermined"


@pytest.mark.parametrize(
    "files", [{}, {"out/other": ""}, {"logs/a.log": ""}], ids=["no folder", "folder", "silent log"]
)
def test_an_output_that_never_came_on_one_machine_names_no_class(tmp_path: Path, files: dict[str, str]) -> None:
    lay_out(tmp_path, missing_output(), files=files)
    analysis = look(tmp_path)
    assert analysis.incident_class == "undetermined"
    assert {one.incident_class for one in analysis.suspects} == {"storage-visibility", "workflow-semantics"}
    assert all(one.settled_by for one in analysis.suspects)


def test_an_output_that_never_came_from_another_machine_is_first_of_all_late(tmp_path: Path) -> None:
    lay_out(tmp_path, missing_output(remote=True))
    assert look(tmp_path).incident_class == "storage-visibility"
