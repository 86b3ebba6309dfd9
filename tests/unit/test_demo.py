"""The demo's story is decided by its seed, its data are broken for real, and its run outlives whoever started it."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from incident_console.demo import start as demo
from incident_console.demo import stories
from incident_console.demo.fates import CUT_AT_LINE, NEWCOMER, SAMPLES, fastq, fates
from incident_console.demo.stories import DEFAULT
from incident_console.errors import Exit, InputError, UsageError

SCRIPTS = DEFAULT.files / "workflow/scripts"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """One of the workflow's scripts, as a module."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.delitem(sys.modules, "lab", raising=False)

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"demo_{name}", SCRIPTS / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.mark.parametrize("seed", [0, 7, 8, 123456])
def test_the_same_seed_tells_the_same_story_with_one_fate_a_sample(seed: int) -> None:
    tale = fates(seed)
    assert tale == fates(seed)
    each = (tale.held_once, tale.held_twice, tale.repeats, tale.late, tale.calm)
    assert sorted(each) == sorted(SAMPLES)
    assert {sample: len(pids) for sample, pids in tale.index_held().items()} == {tale.held_once: 1, tale.held_twice: 2}
    assert [fastq(tale, sample) for sample in SAMPLES] == [fastq(fates(seed), sample) for sample in SAMPLES]


def test_another_seed_tells_another_story() -> None:
    assert len({fates(seed) for seed in range(20)}) == 20
    assert len({fates(seed).late for seed in range(20)}) > 1


def test_the_index_is_held_for_the_first_attempts_only(
    tmp_path: Path, script: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = script("lab")
    assert lab.index_holder("B", 1, tmp_path) is None  # No machine described: nothing goes wrong.
    (tmp_path / ".demo.json").write_text(json.dumps({"machine": {"index_held": {"B": [41, 42]}, "late": {"D": 3.0}}}))
    assert [lab.index_holder("B", attempt, tmp_path) for attempt in (1, 2, 3)] == [41, 42, None]
    assert lab.index_holder("A", 1, tmp_path) is None
    assert (lab.storage_delay("D", tmp_path), lab.storage_delay("A", tmp_path)) == (3.0, 0.0)


def test_only_the_newcomers_reads_break_off_and_the_parser_finds_the_line(script: Callable[[str], ModuleType]) -> None:
    count, trim, tale = script("count"), script("trim"), fates(7)
    for sample in SAMPLES:
        assert len(list(count.records(trim.trimmed(fastq(tale, sample), 60)))) == tale.reads(sample)
    with pytest.raises(count.TruncatedRead, match=f"truncated read at line {CUT_AT_LINE}: @F100 "):
        list(count.records(trim.trimmed(fastq(tale, NEWCOMER), 60)))


def test_a_quality_line_that_falls_short_is_told_by_its_line(script: Callable[[str], ModuleType]) -> None:
    count = script("count")
    with pytest.raises(count.TruncatedRead, match="line 8: @b has 4 bases, 2 qualities"):
        list(count.records(["@a", "ACGT", "+", "IIII", "@b", "ACGT", "+", "II"]))


def test_repeats_make_the_aligner_compare_several_times_as_many_places(script: Callable[[str], ModuleType]) -> None:
    from incident_console.demo.fates import reference

    index, align, tale = script("index"), script("align"), fates(7)
    places = index.kmers(reference(7), 11)

    def a_read(sample: str) -> float:
        reads = fastq(tale, sample)[1::4]
        return sum(len(align.candidates(read[:60], 11, places)) for read in reads) / len(reads)

    assert a_read(tale.repeats) > 2.5 * max(a_read(sample) for sample in SAMPLES if sample != tale.repeats)


def test_the_jobs_with_the_most_input_come_first_and_no_two_are_equal() -> None:
    tale = fates(7)
    lines = {sample: len(fastq(tale, sample)) for sample in (*SAMPLES, NEWCOMER)}
    assert len(set(lines.values())) == len(lines)
    assert max(lines, key=lambda sample: lines[sample]) == NEWCOMER


def test_the_earlier_workflow_differs_in_the_samples_and_one_script() -> None:
    for name, now, then in DEFAULT.earlier:
        text = (DEFAULT.files / name).read_text(encoding="utf-8")
        assert text.count(now) == 1, f"{name}: the demo steps back by replacing {now!r} with {then!r}"
    samples = yaml.safe_load((DEFAULT.files / "config/config.yaml").read_text(encoding="utf-8"))["samples"]
    assert samples == [*SAMPLES, NEWCOMER]


@pytest.mark.parametrize("name", ["notes.txt", ".hidden"])
def test_a_folder_that_holds_anything_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError, match="not an empty folder"):
        demo.prepare(tmp_path, short=True)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    with pytest.raises(UsageError, match="not an empty folder"):
        demo.prepare(path, short=True)


def test_a_demo_folder_is_refused_with_how_to_open_it(tmp_path: Path) -> None:
    (tmp_path / demo.MARK).write_text("{}")
    with pytest.raises(UsageError, match="incident-console open"):
        demo.prepare(tmp_path, short=True)


def test_without_snakemake_one_sentence_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo.shutil, "which", lambda *_, **__: None)
    monkeypatch.setattr(demo, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install 'incident-console\[demo\]'") as told:
        demo.prepare(tmp_path / "new", short=True)
    assert told.value.exit_code == Exit.INPUT
    assert not (tmp_path / "new").exists()


def test_snakemake_is_taken_from_this_environment_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("here", "elsewhere"):
        (tmp_path / folder).mkdir()
        for name in ("snakemake", "python"):
            (tmp_path / folder / name).write_text("#!/bin/sh\n")
            (tmp_path / folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "here/python"))
    assert demo.find_snakemake() == (str(tmp_path / "here/snakemake"),)
    (tmp_path / "here/snakemake").unlink()
    assert demo.find_snakemake() == (str(tmp_path / "elsewhere/snakemake"),)


def test_a_first_run_that_fails_is_told_with_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "find_snakemake", lambda: (sys.executable, "-c", "import sys; sys.exit('disk on fire')"))
    with pytest.raises(InputError, match="first run failed: disk on fire"):
        demo.prepare(tmp_path / "new", short=True)


def test_a_run_that_ends_before_its_log_exists_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        demo, "find_snakemake", lambda: (sys.executable, "-c", "import sys; sys.exit('no such profile')")
    )
    with pytest.raises(InputError, match="did not start: no such profile"):
        demo.start(demo.Demo(tmp_path, DEFAULT, short=True), tmp_path / "runs")


def test_a_workflow_that_vanished_before_its_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "find_snakemake", lambda: ("true",))
    with pytest.raises(InputError, match=r"did not start: .*no such file"):
        demo.start(demo.Demo(tmp_path / "gone", DEFAULT, short=True), tmp_path / "runs")


def test_the_canned_answers_fit_the_shipped_runbook_and_name_the_storys_samples() -> None:
    from incident_console.runbook.answers import check_answers, load_answers
    from incident_console.runbook.load import load

    runbook = Path(__file__).parents[2] / "runbooks/slow-or-flaky-run.yaml"
    answers = load_answers(DEFAULT.answers)
    assert check_answers(answers, load(runbook).runbook) == ()
    tale = fates(7)
    assert (tale.held_twice, tale.held_once, tale.repeats, tale.late) == ("B", "C", "A", "D")
    assert (
        f"the lock cost {tale.held_twice} two attempts and {tale.held_once} one"
        in answers.fields["classify"]["ruled_out"]
    )


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "find_snakemake", lambda: ("true",))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"could not be laid out: .*Not a directory"):
        demo.prepare(tmp_path / "file/below", short=True)


def test_neither_a_cluster_profile_nor_a_git_hook_reaches_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAKEMAKE_PROFILE", "slurm")
    monkeypatch.setenv("GIT_DIR", "/elsewhere/.git")
    monkeypatch.setenv("LANG", "C.UTF-8")
    given = demo._environment()
    assert "SNAKEMAKE_PROFILE" not in given and "GIT_DIR" not in given
    assert given["LANG"] == "C.UTF-8"


def test_what_is_laid_out_from_a_read_only_installation_can_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed, workdir = tmp_path / "installed", tmp_path / "it's a dëmo"
    shutil.copytree(DEFAULT.files, installed / "workflows" / DEFAULT.name)
    for path in installed.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    monkeypatch.setattr(stories, "HERE", installed)
    workdir.mkdir(mode=0o700)
    demo._lay_out(workdir, DEFAULT, True)
    for path in installed.rglob("*"):
        path.chmod(0o755)  # so that it can be removed
    assert all(path.stat().st_mode & 0o200 for path in workdir.rglob("*"))
    assert workdir.stat().st_mode & 0o777 == 0o700, "whose folder it is decides who may look into it"
    assert (workdir / ".gitignore").is_file()
