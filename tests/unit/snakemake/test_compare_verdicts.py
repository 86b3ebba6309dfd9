"""Is it the same workflow, only faster? One thing at a time differs between two folders, and the verdict sees it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from incident_console.snakemake.compare import Comparison, as_json, as_note, compare, read_side
from incident_console.snakemake.compare.take import take
from tests.unit.snakemake.compareflow import SNAKEFILE, Flow

CORPUS = Path(__file__).parents[2] / "corpus"
LATER = "2026-11-22T142034.620821.snakemake.log"


@pytest.fixture
def before(tmp_path: Path) -> Flow:
    return Flow(tmp_path / "before")


@pytest.fixture
def after(tmp_path: Path) -> Flow:
    return Flow(tmp_path / "after", log_name=LATER)


def held(before: Flow, after: Flow) -> Comparison:
    return compare(read_side(before.write()), read_side(after.write()))


def said(found: Comparison) -> str:
    return "\n".join(found.because)


def test_a_faster_run_with_the_same_bytes_is_the_same(before: Flow, after: Flow) -> None:
    after.seconds, after.elapsed = dict.fromkeys("ABC", 4.0), 15.0
    found = held(before, after)
    assert found.verdict == "same-meaning", found.because
    assert (found.speed.change, found.speed.elapsed_s) == ("faster", (40.0, 15.0))
    row = next(row for row in found.speed.rules if row.rule == "count")
    assert (row.change, row.mean_s, row.jobs) == ("faster", (10.0, 4.0), (3, 3))
    assert found.meaning.outputs_same == 4 and found.meaning.published_same == 1


def test_a_moved_folder_is_the_same_even_where_its_log_names_the_old_place(before: Flow, after: Flow) -> None:
    after.home = "/scratch/elsewhere/flow"
    after.inputs = ("/scratch/elsewhere/flow/data/{}.txt", "data/ref.txt")
    assert held(before, after).verdict == "same-meaning"


def test_a_copied_folder_is_the_same_and_shows_no_speed_up(before: Flow, tmp_path: Path) -> None:
    shutil.copytree(before.write(), tmp_path / "copy")
    found = compare(read_side(before.root), read_side(tmp_path / "copy"))
    assert found.verdict == "same-meaning" and found.same_run
    assert found.speed.change == "not-comparable" and "nothing was run in between" in said(found)


def test_a_difference_of_a_second_is_noise(before: Flow, after: Flow) -> None:
    after.elapsed = 39.0
    found = held(before, after)
    assert found.speed.change == "noise" and "no speed-up is shown" in said(found)


def test_a_dropped_input_is_never_the_same(before: Flow, after: Flow) -> None:
    after.inputs, after.elapsed = ("data/{}.txt",), 5.0
    found = held(before, after)
    assert found.verdict == "meaning-changed"
    (lost,) = found.meaning.inputs_removed
    assert (lost.rule, lost.input, lost.jobs) == ("count", "data/ref.txt", 3)


def test_an_input_by_wildcard_is_told_once_for_the_rule(before: Flow, after: Flow) -> None:
    before.inputs, after.inputs = ("data/{}.txt", "data/sample_{}.idx"), ("data/{}.txt",)
    before.samples = after.samples = ("left", "right")
    assert [one.input for one in held(before, after).meaning.inputs_removed] == ["data/sample_{sample}.idx"]


def test_dropped_benchmarks_are_lost_evidence_though_the_old_files_still_lie_there(before: Flow, after: Flow) -> None:
    after.benchmarks = False
    before.write()
    shutil.copytree(before.root / "benchmarks", after.root / "benchmarks")
    found = held(before, after)
    assert found.verdict == "meaning-changed"
    assert found.meaning.evidence_lost == tuple(f"benchmarks/count/{s}.tsv" for s in "ABC")


def test_deleted_logs_and_provenance_are_lost_evidence(before: Flow, after: Flow) -> None:
    before.put("publish/provenance.json", "{}")
    before.write()
    after.write()
    (after.root / "logs/count/A.log").unlink()
    found = compare(read_side(before.root), read_side(after.root))
    assert found.verdict == "meaning-changed"
    assert found.meaning.evidence_lost == ("logs/count/A.log", "publish/provenance.json")


def test_a_dropped_sample_changes_outputs_and_inputs(before: Flow, after: Flow) -> None:
    after.samples, after.config = ("A", "B"), "samples: [A, B]\nquality: 20\nthreads: 4\n"
    found = held(before, after)
    assert found.verdict == "meaning-changed"
    assert found.meaning.outputs_removed == ("out/C.n",)
    assert [one.input for one in found.meaning.inputs_removed] == ["out/C.n"]
    assert found.meaning.config_changed[0].name == "config/config.yaml: samples[2]"


def test_an_output_that_nobody_asks_for_any_more_is_removed_even_while_it_lies_there(before: Flow, after: Flow) -> None:
    after.samples = ("A", "B")
    after.put("out/C.n", "C\n")
    assert held(before, after).meaning.outputs_removed == ("out/C.n",)


def test_jobs_that_were_not_run_again_prove_nothing(before: Flow, after: Flow) -> None:
    after.run, after.elapsed = ("A",), 11.0
    found = held(before, after)
    assert found.verdict == "cannot-tell"
    assert found.meaning.skipped == ("count B", "count C") and found.meaning.outputs_removed == ()
    assert found.speed.change == "not-comparable" and any("--forceall" in one for one in found.settled_by)


def test_retries_hide_a_failure(before: Flow, after: Flow) -> None:
    after.command += " --retries 3"
    found = held(before, after)
    assert found.verdict == "cannot-tell"
    assert as_json(found)["meaning"]["policy_changed"] == [{"setting": "retries", "before": 0, "after": 3}]


def test_retries_of_a_rule_are_seen_in_its_text(before: Flow, after: Flow) -> None:
    after.snakefile = SNAKEFILE.replace("    params:", "    retries: 3\n    params:")
    found = held(before, after)
    assert found.verdict == "cannot-tell"
    assert [(one.name, one.before, one.after) for one in found.meaning.policy_changed] == [
        ("retries of count", None, "3")
    ]


def test_fewer_retries_are_no_doubt(before: Flow, after: Flow) -> None:
    before.command += " --retries 3"
    assert held(before, after).verdict == "same-meaning"


@pytest.mark.parametrize(
    ("option", "verdict"),
    [
        ("--latency-wait 60", "cannot-tell"),
        ("--rerun-triggers mtime", "cannot-tell"),
        ("--ignore-incomplete", "cannot-tell"),
        ("--until count", "meaning-changed"),
        ("--touch", "meaning-changed"),
        ("--config quality=30", "meaning-changed"),
        ("--keep-going", "same-meaning"),
        ("-c8", "same-meaning"),
    ],
)
def test_what_the_command_line_adds(before: Flow, after: Flow, option: str, verdict: str) -> None:
    after.command += f" {option}"
    assert held(before, after).verdict == verdict


def test_a_target_on_the_command_line_is_asked_for(before: Flow, after: Flow) -> None:
    after.command = "/usr/bin/snakemake -c2 -p out/A.n --configfile other.yaml"
    assert held(before, after).meaning.targets_added == ("out/A.n",)


def test_a_config_value_changes_the_meaning_and_a_thread_count_does_not(before: Flow, after: Flow) -> None:
    after.config = "samples: [A, B, C]\nquality: 20\nthreads: 8\n"
    found = held(before, after)
    assert found.verdict == "same-meaning" and [one.name for one in found.meaning.policy_changed] == [
        "config/config.yaml: threads"
    ]
    after.config = "samples: [A, B, C]\nquality: 25\nthreads: 4\n"
    assert held(before, after).verdict == "meaning-changed"


def test_params_that_only_the_metadata_tell_of(before: Flow, after: Flow) -> None:
    before.metadata("out/A.n", params=["20"])
    after.metadata("out/A.n", params=["25"])
    found = held(before, after)
    assert found.verdict == "meaning-changed" and found.meaning.config_changed[0].name == "params of count"


def test_a_published_file_that_changed_is_told_with_both_checksums(before: Flow, after: Flow) -> None:
    after.counts = {"B": "b!\n"}
    found = held(before, after)
    assert found.verdict == "meaning-changed"
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in ("A\nB\nC\n", "A\nb!\nC\n")]
    (changed,) = as_json(found)["meaning"]["published"]["changed"]
    assert (changed["path"], changed["before_sha256"], changed["after_sha256"]) == ("publish/summary.tsv", *digests)


def test_a_provenance_of_another_hour_is_no_other_result(before: Flow, after: Flow) -> None:
    for flow, hour in ((before, 1), (after, 2)):
        text = json.dumps({"created_at": f"2026-11-22T0{hour}:00:00Z", "config": {"quality": 20}})
        flow.put("publish/provenance.json", text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        flow.put("publish/manifest.json", json.dumps({"files": {"provenance.json": digest}}))
    found = held(before, after)
    assert found.verdict == "same-meaning", found.because
    assert [one.harmless for one in found.meaning.published_changed] == [True, True]
    after.put("publish/provenance.json", json.dumps({"created_at": "x", "config": {"quality": 25}}))
    assert compare(read_side(before.root), read_side(after.root)).verdict == "meaning-changed"


def test_an_intermediate_that_differs_while_the_results_do_not_is_a_doubt(before: Flow, after: Flow) -> None:
    before.write()
    after.write()
    (after.root / "out/A.n").write_text("otherwise\n")
    found = compare(read_side(before.root), read_side(after.root))
    assert found.verdict == "cannot-tell" and "intermediate" in said(found)


def test_code_that_changed_and_was_not_run_since_proves_nothing(before: Flow, after: Flow) -> None:
    before.run = after.run = ("A",)
    before.snakefile = SNAKEFILE + 'rule extra:\n    output: "x"\n    shell: "slow"\n'
    after.snakefile = SNAKEFILE + 'rule extra:\n    output: "x"\n    shell: "quick"\n'
    found = held(before, after)
    assert found.verdict == "cannot-tell" and "rule extra changed" in said(found)


def test_code_that_changed_and_was_run_again_may_be_the_repair(before: Flow, after: Flow) -> None:
    after.snakefile = SNAKEFILE.replace("python scripts/count.py", "wc -l")
    found = held(before, after)
    assert found.verdict == "same-meaning"
    assert [(one.rule, one.directive) for one in found.meaning.rules_changed] == [("count", "shell")]


def test_a_comment_is_no_change(before: Flow, after: Flow) -> None:
    after.snakefile = SNAKEFILE.replace("# one job a sample", "# changed my mind\n    # twice")
    assert held(before, after).meaning.rules_changed == ()


@pytest.mark.parametrize("end", ["failed", "cut"])
def test_a_run_that_did_not_end_well_proves_nothing(before: Flow, after: Flow, end: str) -> None:
    before.end = end
    found = held(before, after)
    assert found.verdict == "cannot-tell" and found.speed.change == "not-comparable"
    assert not found.meaning.outputs_added


def test_two_logs_alone_cannot_tell_what_the_files_hold(before: Flow, after: Flow, tmp_path: Path) -> None:
    logs = []
    for flow in (before, after):
        flow.write()
        logs.append(shutil.copy(flow.root / ".snakemake/log" / flow.log_name, tmp_path / flow.log_name))
    found = compare(*map(read_side, map(Path, logs)))
    assert found.verdict == "cannot-tell" and len(found.meaning.outputs_unknown) == 4
    assert found.meaning.matched == 5 and found.speed.elapsed_s == (40.0, 40.0)


def test_an_older_log_does_not_borrow_the_files_of_the_newest(before: Flow) -> None:
    before.write()
    later = Flow(before.root, log_name=LATER, counts={"A": "new\n"})
    later.write()
    found = compare(*(read_side(before.root / ".snakemake/log" / name) for name in (before.log_name, LATER)))
    assert found.verdict == "cannot-tell" and found.meaning.outputs_same == 0
    assert found.after.sees_files and not found.before.sees_files


def test_checksum_lists_stand_in_for_what_is_too_large(before: Flow, after: Flow) -> None:
    for flow in (before, after):
        flow.put("out/A.n.md5", hashlib.md5(b"A\n").hexdigest() + "  A.n\n")
        flow.write()
    budget = [_bytes(0), _bytes(0)]
    one, two = (take(flow.root, budget=room) for flow, room in zip((before, after), budget, strict=True))
    found = compare(one, two)
    assert found.meaning.outputs_same == 1 and len(found.meaning.outputs_unknown) == 3
    assert found.verdict == "cannot-tell" and "not looked at" in said(found)


def _bytes(count: int) -> object:
    from incident_console.snakemake.compare.files import Budget

    return Budget(bytes=count)


def test_a_temporary_file_is_told_by_the_metadata_of_who_read_it(before: Flow, after: Flow) -> None:
    for flow in (before, after):
        flow.write()
        (flow.root / "out/A.n").unlink()
        flow.metadata("publish/summary.tsv", input_checksums={"out/A.n": "sha256:" + "a" * 64})
    found = compare(read_side(before.root), read_side(after.root))
    assert found.verdict == "same-meaning" and found.meaning.outputs_same == 4


def test_the_corpus_pairs_tell_what_is_known_of_them() -> None:
    logs = CORPUS / "a-discovery-widened-v9" / "wd" / ".snakemake" / "log"
    found = compare(*(read_side(logs / f"2026-11-22T{at}.snakemake.log") for at in ("132649.372901", "132709.849345")))
    assert found.verdict == "meaning-changed"
    assert found.meaning.outputs_added == tuple(f"out/clean/{s}.txt.md5.tsv" for s in "ABC")
    logs = CORPUS / "e-slow-rule-v9" / "wd" / ".snakemake" / "log"
    found = compare(*(read_side(logs / f"2026-11-22T{at}.snakemake.log") for at in ("132808.595694", "132811.769172")))
    assert found.verdict == "cannot-tell" and found.speed.change == "slower"
    assert found.speed.rules[0].rule == "align" and found.speed.rules[0].change == "slower"


@pytest.mark.parametrize("case", sorted(path.name for path in CORPUS.glob("*-v*")))
def test_every_case_of_the_corpus_compared_with_itself_never_differs(case: str) -> None:
    side = read_side(CORPUS / case / "wd")
    found = compare(side, side)
    assert found.verdict != "meaning-changed", found.because
    whole = side.run is not None and side.run.status == "succeeded" and not found.meaning.outputs_unknown
    assert (found.verdict == "same-meaning") == (whole and found.meaning.outputs_same > 0)


def test_the_note_is_short_and_shows_names_as_they_stand(before: Flow, after: Flow) -> None:
    odd = "out|`rm`<b>@team*"
    for flow in (before, after):
        flow.put("publish/" + odd, flow.log_name)
    note = as_note(held(before, after))
    assert note.startswith("## The meaning changed\n") and len(note.splitlines()) < 70
    assert "<b>" not in note and "@team" not in note and "\\|\\`rm\\`" in note
    for title in ("What got faster", "Why", "What stayed the same", "How we know"):
        assert f"### {title}\n" in note


def test_other_input_data_makes_equal_results_worth_little(before: Flow, after: Flow) -> None:
    before.write()
    after.write()
    after.put("data/ref.txt", "another reference\n")
    found = compare(read_side(before.root), read_side(after.root))
    assert found.verdict == "cannot-tell" and [one.path for one in found.meaning.inputs_changed] == ["data/ref.txt"]


def test_an_edit_that_was_not_run_yet_proves_nothing(before: Flow) -> None:
    kept = read_side(before.write())
    before.put("Snakefile", SNAKEFILE.replace("python scripts/count.py", "wc -l"))
    found = compare(kept, read_side(before.root))
    assert found.verdict == "cannot-tell" and "not run since" in said(found)


def test_a_whole_chain_that_nobody_asks_for_is_removed(before: Flow, after: Flow) -> None:
    one, two = read_side(before.write()), read_side(after.write())
    (job, *_) = one.jobs
    chain = [replace(job, input=(f"x/{n}",), output=(f"x/{n + 1}",)) for n in range(2000)]
    asked = ("publish/summary.tsv", "x/2000")
    found = compare(replace(one, jobs=(*reversed(chain), *one.jobs), targets=asked), two)
    assert found.meaning.targets_removed == ("x/2000",) and len(found.meaning.outputs_removed) == 2000
    assert found.meaning.skipped == ()


def test_a_setting_that_the_profile_says_already_is_no_change(before: Flow, after: Flow) -> None:
    for flow in (before, after):
        flow.put("profiles/default/config.yaml", "retries: 2\n")
    after.command += " --retries 2"
    assert held(before, after).verdict == "same-meaning"


def test_retries_raised_in_a_profile_are_seen(before: Flow, after: Flow) -> None:
    before.put("profiles/default/config.yaml", "retries: 0\n")
    after.put("profiles/default/config.yaml", "retries: 5\n")
    found = held(before, after)
    assert found.verdict == "cannot-tell"
    assert [one.name for one in found.meaning.policy_changed] == ["profile default: retries"]


def test_a_sample_sheet_is_config(before: Flow, after: Flow) -> None:
    before.put("config/samples.tsv", "sample\nA\n")
    after.put("config/samples.tsv", "sample\nB\n")
    found = held(before, after)
    assert found.verdict == "meaning-changed" and found.meaning.config_changed[0].name == "config/samples.tsv"


def test_inputs_that_no_longer_count_as_newer_are_a_doubt(before: Flow, after: Flow) -> None:
    after.snakefile = SNAKEFILE.replace('"data/ref.txt"', 'ancient("data/ref.txt")')
    found = held(before, after)
    assert found.verdict == "cannot-tell" and "says its input otherwise" in said(found)


def test_a_config_value_in_the_provenance_is_never_a_mere_time(before: Flow, after: Flow) -> None:
    for flow, value in ((before, "1"), (after, "2")):
        flow.put("publish/provenance.json", json.dumps({"config": {"time": value}}))
    assert held(before, after).verdict == "meaning-changed"


def test_a_setting_that_an_unseen_profile_may_say_is_a_doubt(before: Flow, after: Flow) -> None:
    before.command += " --profile slurm"
    after.command += " --profile slurm --retries 2"
    found = held(before, after)
    assert found.verdict == "cannot-tell" and "retries: not set before, 2 after" in said(found)


def test_a_run_that_only_came_through_by_trying_again_is_not_repaired(before: Flow, after: Flow) -> None:
    one, two = read_side(before.write()), read_side(after.write())
    assert two.run is not None
    retried = replace(two, run=replace(two.run, retried=1))
    found = compare(one, retried)
    assert found.verdict == "cannot-tell" and "tried again" in said(found)
