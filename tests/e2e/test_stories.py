"""Does each story of the demo lead where it should: from what was reported, by a real run, to the right class?"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from incident_console import cli
from incident_console.demo.stories import BY_NAME, STORIES
from incident_console.runbook.answers import check_answers, load_answers
from incident_console.runbook.load import load
from tests.e2e.conftest import COMMAND, Desk
from tests.needs import needs

RUNBOOK = Path(__file__).parents[2] / "runbooks/slow-or-flaky-run.yaml"
PAGE = (Path(cli.__file__).parent / "demo/README.md").read_text(encoding="utf-8")
CLASSES = {
    "widened-discovery": ("workflow-semantics", "workflow-semantics"),
    "late-outputs": ("storage-visibility", "storage-visibility"),
    "tiny-jobs": ("workflow-semantics", "workflow-semantics"),
    # one clue, however plain, names no class: the profile's diff settles it, and the operator does
    "lost-cores": ("operating-context", "undetermined"),
}
"""The class that the operator sets, and the one that the run's files carry by themselves."""


@dataclass(frozen=True)
class Told:
    desk: Desk
    name: str

    @property
    def workdir(self) -> Path:
        return self.desk.home / "lab"

    def shell(self, line: str) -> subprocess.CompletedProcess[str]:
        path = f"{Path(COMMAND).parent}:{self.desk.environment['PATH']}"
        environment = {**self.desk.environment, "PATH": path, "INCIDENT_CONSOLE_RECORDS": str(self.desk.records)}
        words = ["bash", "-c", line]
        return subprocess.run(
            words, cwd=self.desk.home, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    def json(self, line: str) -> Any:
        return json.loads(self.shell(line).stdout)

    def events(self, kind: str) -> list[dict[str, Any]]:
        lines = (self.desk.record() / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        return [line["data"] for line in map(json.loads, lines) if line["kind"] == kind]


def tell(name: str, home: Path, begin: str = "") -> Told:
    home.mkdir()
    told = Told(Desk(home, "mira"), name)
    done = told.shell(f"{begin or f'incident-console demo --story {name} --dir lab'} --headless --short")
    assert done.returncode == 0, done.stderr
    assert BY_NAME[name].reported in done.stderr
    return told


@needs("snakemake", "git")
@pytest.mark.timeout(150)
@pytest.mark.parametrize("name", [name for name in CLASSES if name != "widened-discovery"])
def test_a_story_ends_at_its_class_and_its_evidence_points_there(name: str, tmp_path: Path) -> None:
    told = tell(name, tmp_path / "home")
    said, carried = CLASSES[name]
    (classed,) = told.events("class.set")
    found = told.json("incident-console analyze lab --json")
    assert (classed["class"], found["class"]) == (said, carried)
    assert found["suspects"][0]["class"] == said
    assert classed["cost"] == found["cost"]["dominant"]


@needs("snakemake", "git")
@pytest.mark.timeout(150)
def test_the_worked_example_goes_from_its_symptom_to_the_proof_without_touching_retries(tmp_path: Path) -> None:
    begin, repair = (re.sub(r"\breads\b", "lab", block.strip()) for block in PAGE.split("```")[1::2])
    told = tell("widened-discovery", tmp_path / "home", begin)
    (classed,) = told.events("class.set")
    found = told.json("incident-console analyze lab --json")
    assert classed["class"] == found["class"] == "workflow-semantics"
    assert found["run"]["jobs"] == {"planned": 24, "finished": 24, "failed": 0, "running": 0, "retried": 0}
    assert any("A.fastq.gz.md5" in because["text"] for because in found["suspects"][0]["because"])
    (decided,) = told.events("decision.made")
    assert decided["decision"] == "local repair"
    assert "A.fastq.gz.md5" in (told.workdir / "results/discovered.txt").read_text()

    *repairs, last = repair.splitlines()
    for line in repairs:
        done = told.shell(line)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (told.workdir / "results/discovered.txt").read_text().split() == list("ABCDE")
    again = told.json("incident-console analyze lab --json")
    assert again["run"]["jobs"]["planned"] == 14
    proof = told.json("incident-console compare lab/good.json lab --json")
    assert proof["verdict"] == "same-meaning"
    assert proof["meaning"]["policy_changed"] == []
    changed = told.shell("git -C lab diff --stat HEAD~2 HEAD")
    assert changed.stdout == ""
    without_a_screen = told.shell(last)
    assert without_a_screen.returncode == 2 and "terminal" in without_a_screen.stderr


def test_the_stories_of_the_command_line_are_those_that_there_are() -> None:
    listed = dict(re.split(r"  +", line.strip(), maxsplit=1) for line in cli.STORIES.splitlines()[1:])
    assert listed == {story.name: story.title for story in STORIES}
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|", PAGE, re.M))
    assert rows == listed


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_storys_answers_fit_the_runbook_and_its_files_can_step_back(story: Any) -> None:
    assert check_answers(load_answers(story.answers), load(RUNBOOK).runbook) == ()
    for name, now, then in story.earlier:
        text = (story.files / name).read_text(encoding="utf-8")
        assert text.count(now) == 1, f"{name}: the demo steps back by replacing {now!r} with {then!r}"
    assert "good.json" in (story.files / ".gitignore").read_text()


def test_a_story_that_there_is_not_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--story", "wrong"]) == 2
    told = capsys.readouterr().err
    assert [story.name for story in STORIES if story.name not in told] == []
