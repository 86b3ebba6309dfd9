"""The author's way, as a maintainer walks it: `runbook new`, `check`, `test`, `show`, `schema`, by the command line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

from incident_console import cli
from incident_console.runbook import shelf, skeleton
from incident_console.runbook.show import render
from incident_console.session import cautions
from tests.e2e.terminal import Terminal
from tests.needs import needs

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """One command in an empty folder: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: str | Path) -> tuple[int, str, str]:
        code = cli.main(["runbook", *map(str, words)])
        told = capsys.readouterr()
        return code, told.out, told.err

    yield call


def test_a_new_runbook_passes_check_and_test_as_it_is_and_nothing_is_written_over(run: Run, tmp_path: Path) -> None:
    code, out, err = run("new", "late-export")
    schemas = ["runbook.schema.json", "rehearsal.schema.json"]
    assert (code, out.split()) == (0, ["late-export.yaml", "late-export.rehearsal.yaml", *schemas])
    assert "next: edit late-export.yaml" in err
    text = (tmp_path / "late-export.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=runbook.schema.json\n")
    schema = json.loads((tmp_path / "runbook.schema.json").read_text())
    jsonschema.validate(yaml.safe_load(text), schema)
    rehearsal = (tmp_path / "late-export.rehearsal.yaml").read_text()
    assert rehearsal.startswith("# yaml-language-server: $schema=rehearsal.schema.json\n")
    jsonschema.validate(yaml.safe_load(rehearsal), json.loads((tmp_path / "rehearsal.schema.json").read_text()))
    assert run("schema", "rehearsal")[1] == (tmp_path / "rehearsal.schema.json").read_text()
    assert run("check", "--strict", "late-export.yaml") == (0, "late-export.yaml: no fault\n", "")
    code, out, _ = run("test", "late-export.yaml")
    assert code == 0 and out.startswith("✓ as expected  late-export.rehearsal.yaml")
    (tmp_path / "late-export.yaml").write_text("mine")
    code, _, err = run("new", "late-export")
    assert code == 2 and "late-export.yaml is there already" in err
    assert (tmp_path / "late-export.yaml").read_text() == "mine"


def test_nothing_is_written_where_one_of_the_files_cannot_be(run: Run, tmp_path: Path) -> None:
    (tmp_path / "late.rehearsal.yaml").write_text("mine")
    assert run("new", "late")[0] == 2 and not (tmp_path / "late.yaml").exists()
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "elsewhere")
    assert run("new", "dangling")[0] == 2 and not (tmp_path / "elsewhere").exists()
    assert run("new", "there", "--out", "no/folder/there.yaml")[0] == 3
    for name in ("Not An Id", "flaky-command", "../up", "a\nb"):
        assert run("new", name)[0] == 2
    assert run("new", "there", "-o", "there.txt")[0] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling.yaml", "late.rehearsal.yaml"]


def test_an_older_schema_beside_it_is_left_and_told_and_another_may_be_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "runbook.schema.json").write_text("{}")
    code, out, err = run("new", "late")
    assert code == 0 and "runbook.schema.json is of another version" in err and "runbook.schema.json" not in out
    assert "rehearsal.schema.json" in out and "rehearsal.schema.json is of" not in err
    assert (tmp_path / "runbook.schema.json").read_text() == "{}"
    (tmp_path / "rehearsal.schema.json").write_text("{}")
    assert "renew it with `incident-console runbook schema rehearsal > FILE`" in run("new", "latest")[2]
    code, out, _ = run("new", "later", "--schema", "https://example.org/runbook.json", "--json")
    assert code == 0 and json.loads(out)["files"] == ["later.yaml", "later.rehearsal.yaml"]
    assert "$schema=https://example.org/runbook.json\n" in (tmp_path / "later.yaml").read_text()
    assert "$schema" not in (tmp_path / "later.rehearsal.yaml").read_text()


def test_errors_end_with_one_warnings_with_none_unless_strict_and_what_cannot_be_read_with_three(
    run: Run, tmp_path: Path
) -> None:
    run("new", "late")
    book = tmp_path / "late.yaml"
    text = book.read_text()
    book.write_text(text.replace("expect: Nothing to be done.", "expect: ''"))
    code, out, err = run("check", "late.yaml")
    assert code == 0 and "warning: dry-run-after says nothing of what to expect" in out and "0 errors, 1 warning" in err
    assert run("check", "--strict", "late.yaml")[0] == 1
    book.write_text(text.replace("[make, -n]                #", "[make]                    #"))
    code, out, _ = run("check", "late.yaml", "none.yaml", "--json")
    told = json.loads(out)
    assert code == 3 and (told["schema"], told["errors"], told["warnings"]) == ("incident-console/faults/1", 1, 0)
    assert told["faults"][0].keys() == {"file", "line", "column", "message", "allowed", "severity"}
    assert told["unreadable"][0]["file"] == "none.yaml"
    assert run("check", "late.yaml")[0] == 1 and run("check", tmp_path)[0] == 3
    book.write_text(text.replace("first: planned-work ", "first: nowhere "))
    assert (
        run("check", "late.yaml")[2] == "1 error, 0 warnings; what it leads to is looked at once these are put right\n"
    )


def test_under_github_faults_are_annotations_and_no_text_of_a_file_is_a_command(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("new", "late")
    odd = tmp_path / "a,b:c\n::error ::x.yaml"
    odd.write_text((tmp_path / "late.yaml").read_text().replace("help: Write", "help: look into it 100%. Write"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    code, out, _ = run("check", odd)
    assert code == 1
    assert out.splitlines() == [
        "::error file=a%2Cb%3Ac%0A%3A%3Aerror %3A%3Ax.yaml,line=71,col=11,title=runbook::'look into it' is no next"
        " step; name the measurement, or who to escalate to"
    ]
    (tmp_path / "late.rehearsal.yaml").write_text(
        (tmp_path / "late.rehearsal.yaml").read_text().replace("gate: open}", "gate: closed}")
    )
    code, out, _ = run("test", "late.yaml")
    assert code == 1 and out.startswith(
        "::error file=late.rehearsal.yaml,line=30,col=70,title=runbook::step 6, classify"
    )
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert run("check", "late.yaml", "--github") == (0, "", "")


def test_test_tells_both_paths_and_ends_with_one_or_three(run: Run, tmp_path: Path) -> None:
    run("new", "late")
    script = tmp_path / "late.rehearsal.yaml"
    text = script.read_text()
    script.write_text(text.replace("  - {rung: scope}\n", ""))
    code, out, _ = run("test", "late.yaml")
    assert code == 1 and "late.rehearsal.yaml:27:12: step 3, planned-work: was not the next rung" in out
    assert "    + scope completed → planned-work, gate closed" in out.splitlines()
    told = json.loads(run("test", script, "--json")[1])
    assert told["schema"] == "incident-console/rehearsals/1" and not told["rehearsals"][0]["as_expected"]
    assert [step["rung"] for step in told["rehearsals"][0]["path"]][:3] == ["symptom", "symptom", "scope"]
    script.write_text(text.replace("outcome: refused", "outcome: refuse"))
    code, out, _ = run("test", "late.yaml")
    assert code == 3 and "late.rehearsal.yaml:25:30: `outcome` is refuse; allowed: completed" in out
    script.unlink()
    code, _, err = run("test", "late.yaml")
    assert code == 3 and "there is no rehearsal; write one as late.rehearsal.yaml" in err
    assert run("test", "none.yaml")[0] == 3


def test_the_shipped_runbooks_are_rehearsed_by_their_names(run: Run) -> None:
    code, out, _ = run("test", "slow-or-flaky-run", "flaky-command", "surprise-reruns", "suspicious-published-output")
    assert code == 0 and "8 rehearsals: 8 as expected, 0 on another path" in out


def test_a_rehearsal_runs_nothing(run: Run, tmp_path: Path) -> None:
    run("new", "late")
    book = tmp_path / "late.yaml"
    book.write_text(book.read_text().replace("run: [make, -n]  ", f"run: [touch, {tmp_path / 'ran'}]  "))
    assert run("test", "late.yaml")[0] == 0 and not (tmp_path / "ran").exists()
    assert not (tmp_path / "home").exists(), "no record, no settings, no trust"


@needs("make")
def test_a_rehearsal_says_what_a_climb_then_does(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same answers, climbed for once: the record has the path, the escalation and the gate that were rehearsed."""
    run("new", "late")
    (tmp_path / "Makefile").write_text("export.csv:\n\techo late > export.csv\n")
    answers = yaml.safe_load((tmp_path / "late.rehearsal.yaml").read_text())["answers"]
    answers["symptom"] = answers["symptom"][-1]
    prepared = {"schema": "incident-console/answers/1", "operator": "ci", "rungs": answers}
    (tmp_path / "answers.yaml").write_text(yaml.safe_dump(prepared))
    (rehearsed,) = json.loads(run("test", "late.yaml", "--json")[1])["rehearsals"]
    assert run("trust", "late.yaml", "--yes")[0] == 0
    records = ["--records", str(tmp_path / "records")]
    collect = ["collect", str(tmp_path), "--runbook", str(tmp_path / "late.yaml"), "--context", "ci"]
    assert cli.main([*collect, "--answers", str(tmp_path / "answers.yaml"), *records]) == 0
    record = Path(capsys.readouterr().out.split()[-1])
    kinds = [json.loads(line) for line in (record / "journal.jsonl").read_text().splitlines()]
    done = [event["data"]["rung"] for event in kinds if event["kind"] == "rung.completed"]
    assert done == [step["rung"] for step in rehearsed["path"] if step["outcome"] == "completed"]
    (said,) = [event["data"] for event in kinds if event["kind"] == "class.set"]
    assert said["class"] == rehearsed["ending"]["class"] and said["cost"] == rehearsed["ending"]["cost"]
    assert rehearsed["ending"]["gate"] == "open" and cli.main(["gate", str(tmp_path), *records]) == 0


def test_show_reads_as_text_and_as_markdown(run: Run) -> None:
    code, out, _ = run("show", "slow-or-flaky-run")
    assert code == 0 and max(map(len, out.splitlines())) <= 96 and "? surface (text, required)" in out
    assert run("show", "slow-or-flaky-run", "--format", "md")[1].startswith("# Slow, noisy or flaky")


def test_show_warns_in_the_words_of_the_console(run: Run, tmp_path: Path) -> None:
    (tmp_path / "late.yaml").write_text(skeleton.text("late"))
    shown = " ".join(run("show", str(tmp_path / "late.yaml"))[1].split())
    assert "beware: It does not say how long it will take. It shows the commands" in shown
    assert "Snakemake" not in shown and "snakemake" not in shown and "which rule" not in shown


def test_show_folds_to_the_terminal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "incident_console", "runbook", "show", "flaky-command"]
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    with Terminal(command, env={**env, "HOME": str(tmp_path)}, columns=60, lines=400) as page:
        assert page.wait_end() == 0
        page.wait_for("the cause is not the one that was")
        shown = [line for line in page.rows() if line.strip()]
    assert shown[0].startswith("Flaky command")
    laid_out = render(shelf.find("flaky-command"), 60, caution=cautions.of_item).splitlines()
    assert [line.rstrip() for line in shown] == [line.rstrip() for line in laid_out if line.strip()]
