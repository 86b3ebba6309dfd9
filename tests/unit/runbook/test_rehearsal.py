"""A rehearsal climbs the ladder with what was recorded, and says exactly where the path is another one."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import jsonschema  # comes with snakemake, which the test extra installs
import pytest
import yaml

from incident_console.errors import InputError
from incident_console.events import Effects, Surface
from incident_console.runbook import rehearsal, schema, shelf, skeleton, terms
from incident_console.runbook.answers import check_answers, loads_answers
from incident_console.runbook.faults import RunbookFaults
from incident_console.runbook.load import loads
from incident_console.runbook.rehearsal import beside, is_rehearsal, load_rehearsal, within
from incident_console.runbook.rehearse import Result, rehearse

SHIPPED = within(shelf.shipped()[0].parent)
SOUND = skeleton.rehearsal_text("mine", "mine.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.yaml").write_text(skeleton.text("mine"))
    return tmp_path


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "mine.rehearsal.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def climbed(folder: Path, old: str, new: str) -> Result:
    assert SOUND.count(old) == 1, f"{old!r} must stand once"
    return rehearse(load_rehearsal(written(folder, SOUND.replace(old, new))))


def faults(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(RunbookFaults) as caught:
        load_rehearsal(written(folder, text))
    return [str(fault).removeprefix(f"{folder}/") for fault in caught.value.faults]


# -- those that ship --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_runbook_leads_where_its_rehearsal_expects(path: Path) -> None:
    result = rehearse(load_rehearsal(path))
    assert result.faults == (), "\n".join([*map(str, result.faults), *result.diff])
    assert result.diff == ()


def test_every_shipped_runbook_has_at_least_two_rehearsals_of_its_own() -> None:
    found = {runbook.stem: beside(runbook) for runbook in shelf.shipped()}
    assert all(len(paths) >= 2 for paths in found.values()), found
    assert sorted(path for paths in found.values() for path in paths) == list(SHIPPED)


def test_the_widened_discovery_leads_to_the_workflow_review_and_leaves_the_retries_alone() -> None:
    (path,) = [path for path in SHIPPED if path.stem.endswith("widened-discovery")]
    result = rehearse(load_rehearsal(path))
    refused = [(taken.rung, taken.because) for taken in result.path if taken.outcome == "refused"]
    assert [rung for rung, _ in refused] == ["symptom", "decide"] and "retries" in refused[1][1].lower()
    assert result.ending.class_ == "workflow-semantics" and result.ending.escalations == ("workflow review",)


def test_the_example_of_the_readme_is_a_rehearsal_of_the_skeleton(tmp_path: Path) -> None:
    readme = (shelf.shipped()[0].parent / "README.md").read_text()
    (tmp_path / "late-export.yaml").write_text(skeleton.text("late-export"))
    example = readme.split("```yaml\n")[1].split("```")[0]
    assert rehearse(load_rehearsal(written(tmp_path, example))).faults == ()


def test_the_answers_of_the_readme_are_answers_for_the_skeleton() -> None:
    readme = (shelf.shipped()[0].parent / "README.md").read_text()
    example = readme.split("```yaml\n")[2].split("```")[0]
    answers = loads_answers(example.encode(), "answers.yaml")
    assert check_answers(answers, loads(skeleton.text("late-export").encode(), "late-export.yaml").runbook) == ()


def test_the_readme_names_every_value_that_the_format_takes() -> None:
    readme = (shelf.shipped()[0].parent / "README.md").read_text()
    closed = (Surface, schema.FieldType, Effects, schema.Pick, schema.ChoicesFrom, schema.Context)
    words = {*terms.CLASSES, *terms.COSTS, *schema.FACTS, *(word for each in closed for word in get_args(each))}
    assert sorted(word for word in words if f"`{word}`" not in readme) == []


# -- another path -----------------------------------------------------------------------------------------------------


def test_the_first_rehearsal_of_a_new_runbook_is_as_expected(folder: Path) -> None:
    assert rehearse(load_rehearsal(written(folder, SOUND))).faults == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "next: symptom, gate: closed}",
            "next: scope, gate: closed}",
            "step 1, symptom: expected next scope; it was symptom",
        ),
        (
            "because: Name the output,",
            "because: no such,",
            "step 1, symptom: expected because no such; it was surface: Name",
        ),
        (
            "outcome: refused, because: Name the output, ",
            "",
            "expected outcome completed; it was refused (surface: Name",
        ),
        (
            "{rung: planned-work}",
            "{rung: planned-work, outcome: lacking}",
            "step 4, planned-work: expected outcome lacking",
        ),
        ("  - {rung: scope}\n", "", "step 3, planned-work: was not the next rung; scope came: step 2 led there"),
        ("  - {rung: prove}\n", "", "the path goes on after step 7; add the steps prove"),
        (
            "  - {rung: prove}\n",
            "  - {rung: prove}\n  - {rung: scope}\n",
            "step 9, scope: not reached; the climb ended",
        ),
        (
            "escalations: [profile-or-storage review], gate",
            "gate",
            "expected escalations none; it was profile-or-storage",
        ),
        ("review], gate: open", "review], gate: closed", "step 6, classify: expected gate closed; it was open"),
        (
            "ending: {class: operating-context",
            "ending: {class: tool-behavior",
            "ending: expected class tool-behavior; it was",
        ),
        ("unfinished: []", "unfinished: [scope]", "ending: expected unfinished scope; it was none"),
        (
            'dry-run: {exit: 0, text: "python export.py --all\\n"}',
            "dry-run: {failed: no make}",
            "it was lacking (still needed",
        ),
    ],
)
def test_another_path_is_told_at_its_line_with_both_paths(folder: Path, old: str, new: str, expected: str) -> None:
    result = climbed(folder, old, new)
    lines = SOUND.replace(old, new).splitlines()
    assert any(expected in str(fault) for fault in result.faults), [str(fault) for fault in result.faults]
    for fault in result.faults:
        place = lines[fault.line - 1]
        assert place.lstrip().startswith(("- {rung", "ending:")) and fault.column <= len(place)
    assert result.diff, "a reader sees the two paths side by side"


def test_the_two_paths_differ_in_the_diff_where_the_fault_is(folder: Path) -> None:
    result = climbed(folder, "{rung: planned-work}", "{rung: planned-work, next: decide}")
    assert [line for line in result.diff if line[0] in "-+"] == [
        "- planned-work completed → decide, gate closed",
        "+ planned-work completed → narrowest-evidence, gate closed",
    ]


def test_a_changed_runbook_takes_another_path(folder: Path) -> None:
    text = (folder / "mine.yaml").read_text()
    (folder / "mine.yaml").write_text(text.replace("is: operating-context", "is: tool-behavior"))
    (fault, _) = rehearse(load_rehearsal(written(folder, SOUND))).faults
    assert "step 6, classify: expected escalations profile-or-storage review; it was none" in str(fault)


def test_an_observation_and_a_waiver_count_as_in_a_climb(folder: Path) -> None:
    result = climbed(folder, "  prove: {again: unknown, same: unknown}", "  prove: {waive: unknown}")
    assert [taken.outcome for taken in result.path][-1] == "refused", "a waiver needs a reason"
    result = climbed(folder, "  prove: {again: unknown, same: unknown}", "  prove: {waive: the step is gone}")
    assert [taken.outcome for taken in result.path][-1] == "waived" and result.ending.unfinished == ()


# -- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("title: A step", "titel: A step", "unknown key `titel`; did you mean `title`?"),
        ("unfinished: []", "unfinshed: []", "unknown key `unfinshed`; did you mean `unfinished`?"),
        ("{rung: planned-work}", "{rung: planed-work}", "the runbook has no rung 'planed-work'; there is: symptom"),
        (
            "{rung: planned-work}",
            "{rang: planned-work}",
            "unknown key `rang`; did you mean `rung`? allowed: rung, outcome",
        ),
        (
            "{rung: planned-work}",
            "{rung: planned-work, outcome: done}",
            "`outcome` is done; allowed: completed, refused",
        ),
        ("{rung: planned-work}", "{rung: planned-work, escalations: [me]}", "the runbook has no escalation 'me'"),
        ("  dry-run: {exit: 0", "  dryrun: {exit: 0", "unknown evidence item `dryrun`; did you mean `dry-run`?"),
        ("  failing-log: {failed", "  failing-log: {exit: 3, failed", "only a command has an exit code"),
        ("  dry-run: {exit: 0", "  dry-run: {exitt: 0", "unknown key `exitt`; did you mean `exit`?"),
        ("exit: 0, text", "file: x.txt, text", "recorded as text and file; one of text, file, failed"),
        ('text: "python export.py --all\\n"', "file: none.txt", "none.txt: cannot be read (No such file or directory)"),
        ('text: "python export.py --all\\n"', "file: ../x.txt", "../x.txt lies outside the rehearsal's folder"),
        ('text: "python export.py --all\\n"', "file: /etc/passwd", "/etc/passwd lies outside the rehearsal's folder"),
        ("{context: ci}", "{contexxt: ci}", "unknown fact `contexxt`"),
        ("  scope: {targets: [export]", "  skope: {targets: [export]", "unknown rung `skope`; did you mean `scope`?"),
        (
            "  scope: {targets: [export]",
            "  scope: {target: [export]",
            "unknown field `target`; did you mean `targets`?",
        ),
        (
            "  scope: {targets: [export], contexts: [ci]}",
            "  scope: yes",
            "`scope` is text; {FIELD: value} or {waive: reason}",
        ),
        ('runbook: "mine.yaml"', "runbook: yours.yaml", "there is no runbook yours.yaml"),
        ("facts: {context: ci}", "facts: &a {context: ci}", "the anchor &a is not read"),
        ("incident-console/rehearsal/1", "incident-console/rehearsal/2", "`schema` is incident-console/rehearsal/2"),
    ],
)
def test_a_fault_of_a_rehearsal_is_told_at_its_place(folder: Path, old: str, new: str, expected: str) -> None:
    assert SOUND.count(old) == 1, f"{old!r} must stand once"
    told = faults(folder, SOUND.replace(old, new))
    line = next(number for number, text in enumerate(SOUND.splitlines(), 1) if old.splitlines()[0] in text)
    assert any(expected in fault for fault in told), told
    assert any(fault.startswith(f"mine.rehearsal.yaml:{line}:") for fault in told), told


def test_aliases_that_multiply_and_files_without_end_are_refused_at_once(folder: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert any("alias" in fault for fault in faults(folder, bomb))
    assert "larger than 1 MiB" in faults(folder, b"#" * (1 << 21))[0]
    assert "not UTF-8" in faults(folder, b"schema: \xff")[0]
    assert "more than 20000 values" in faults(folder, "path: [" + "x, " * 30_000 + "]")[-1]


def test_recorded_evidence_may_stand_in_a_file_beside_the_rehearsal(folder: Path) -> None:
    (folder / "dry-run.txt").write_text("python export.py\n")
    assert climbed(folder, 'text: "python export.py --all\\n"', "file: dry-run.txt").faults == ()
    (folder / "dry-run.txt").write_bytes(b"x" * ((1 << 20) + 1))
    told = faults(folder, SOUND.replace('text: "python export.py --all\\n"', "file: dry-run.txt"))
    assert "dry-run.txt is larger than 1 MiB" in told[0]


def test_faults_of_the_runbook_are_told_as_its_own(folder: Path) -> None:
    (folder / "mine.yaml").write_text(skeleton.text("mine").replace("first: planned-work", "first: nowhere"))
    with pytest.raises(RunbookFaults, match=r"mine\.yaml:\d+:\d+: there is no rung called 'nowhere'"):
        load_rehearsal(written(folder, SOUND))


# -- which files ------------------------------------------------------------------------------------------------------


def test_rehearsals_are_found_beside_their_runbook_by_name_and_by_what_they_say(folder: Path) -> None:
    (folder / "mine-too.yaml").write_text(skeleton.text("mine-too"))
    (folder / "mine-too.rehearsal.yaml").write_text(skeleton.rehearsal_text("mine-too", "mine-too.yaml"))
    written(folder, SOUND)
    (folder / rehearsal.FOLDER).mkdir()
    (folder / rehearsal.FOLDER / "mine-other.yaml").write_text(SOUND.replace('"mine.yaml"', "../mine.yaml"))
    (folder / rehearsal.FOLDER / "mine-broken.yaml").write_text("x")
    assert [path.name for path in beside(folder / "mine.yaml")] == [
        "mine.rehearsal.yaml",
        "mine-broken.yaml",
        "mine-other.yaml",
    ]
    assert [path.name for path in beside(folder / "mine-too.yaml")] == ["mine-too.rehearsal.yaml"]
    assert len(within(folder)) == 4
    assert is_rehearsal(folder / rehearsal.FOLDER / "mine-other.yaml") and not is_rehearsal(folder / "mine.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        is_rehearsal(folder / "none.yaml")


# -- the JSON Schema --------------------------------------------------------------------------------------------------


def test_the_json_schema_takes_the_shipped_rehearsals_and_the_skeletons_and_each_names_it() -> None:
    validator = jsonschema.Draft202012Validator(rehearsal.schema_json())
    validator.check_schema(rehearsal.schema_json())
    for text in (*(path.read_text() for path in SHIPPED), SOUND):
        assert list(validator.iter_errors(yaml.safe_load(text))) == []
    for path in SHIPPED:
        modeline = f"# yaml-language-server: $schema=../{skeleton.REHEARSAL_SCHEMA_FILE}"
        assert path.read_text().splitlines()[0] == modeline


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: A step", "titel: A step"),
        ("outcome: refused, because", "outcome: rejected, because"),
        ("gate: open}", "gate: ajar}"),
        ("dry-run: {exit: 0,", "dry-run: {exit: none,"),
        ("{rung: planned-work}", "{rung: Planned Work}"),
        ("  scope: {targets: [export], contexts: [ci]}", "  scope: export"),
        ("ending: {class:", "ending: {klass:"),
    ],
)
def test_the_json_schema_refuses_what_the_reader_refuses(folder: Path, old: str, new: str) -> None:
    assert SOUND.count(old) == 1, f"{old!r} must stand once in the skeleton"
    broken = SOUND.replace(old, new)
    assert list(jsonschema.Draft202012Validator(rehearsal.schema_json()).iter_errors(yaml.safe_load(broken)))
    assert faults(folder, broken)
