"""A make target is asked what it would do before it is run, and nothing of it is run by asking."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import Refused
from incident_console.evidence import environment
from incident_console.runbook.load import loads
from incident_console.runbook.schema import EvidenceItem
from incident_console.session.capture import capture
from incident_console.session.foreseen import Foreseen, foresee
from incident_console.session.opening import open_incident
from incident_console.session.who import Who
from tests.needs import needs

pytestmark = needs("make")

MAKEFILE = """\
.PHONY: plan tour clean summary odd
plan:
\t@snakemake -n -p
summary:
\tsnakemake --cores 4
\tcat logs/*.log
clean:
\trm -rf .snakemake logs benchmarks
tour: clean
\t$(MAKE) --no-print-directory summary
odd:
\t./run.sh
"""


def item(*run: str, effects: str = "read-only", shell: bool = False) -> EvidenceItem:
    return EvidenceItem.model_validate(
        {"id": "target", "surface": "dry-run", "question": "?", "run": run, "effects": effects, "shell": shell}
    )


def ahead(folder: Path, *run: str, effects: str = "read-only", shell: bool = False) -> Foreseen:
    return foresee(item(*run, effects=effects, shell=shell), folder, environment.allowed(os.environ))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text("evidence\n")
    return tmp_path


def test_a_target_that_only_plans_is_not_asked_about(folder: Path) -> None:
    assert ahead(folder, "make", "plan") == Foreseen("read-only")


@pytest.mark.parametrize("asking", ["-n", "--dry-run", "-q"])
def test_evidence_that_only_asks_make_itself_is_not_asked_about_unless_make_runs_something_even_then(
    folder: Path, asking: str
) -> None:
    assert ahead(folder, "make", asking, "clean") == Foreseen("read-only")
    (folder / "Makefile").write_text("X := $(shell rm -rf logs)\n" + MAKEFILE)
    assert ahead(folder, "make", asking, "clean").effects == ("runs-workflow",)
    (folder / "Makefile").write_text(MAKEFILE.replace("\trm -rf", "\t+rm -rf"))
    assert ahead(folder, "make", asking, "clean").effects
    assert (folder / "logs" / "a.log").exists()


def test_a_target_that_runs_the_workflow_is_told_with_the_command(folder: Path) -> None:
    seen = ahead(folder, "make", "summary")
    assert (seen.effects, seen.strongest) == (("runs-workflow",), "runs-workflow")
    assert seen.told == "runs the workflow (snakemake --cores 4)"


def test_a_target_that_first_deletes_the_evidence_is_told_though_another_make_runs_the_rest(folder: Path) -> None:
    seen = ahead(folder, "make", "tour")
    assert seen.effects == ("runs-workflow", "deletes")
    assert seen.told == (
        "deletes evidence (rm -rf .snakemake logs benchmarks); runs the workflow (snakemake --cores 4)"
    )
    assert (folder / "logs" / "a.log").exists()


def test_only_what_is_stronger_than_declared_is_told(folder: Path) -> None:
    assert ahead(folder, "make", "tour", effects="deletes").told == ""
    assert ahead(folder, "make", "tour", effects="runs-workflow").effects == ("deletes",)
    assert ahead(folder, "make", "summary", effects="writes").not_allowed(("runs-workflow",)) == ()


def test_what_nobody_can_tell_is_asked_about_as_a_run_of_the_workflow(folder: Path) -> None:
    seen = ahead(folder, "make", "odd")
    assert (seen.effects, seen.told) == (("runs-workflow",), "cannot tell what it does (./run.sh)")
    assert ahead(folder, "make", "odd", effects="runs-workflow").told == ""


@pytest.mark.parametrize(
    "line",
    [
        "\t+touch HAPPENED",
        "\t$(MAKE) plan && touch HAPPENED",
        "X := $(shell touch HAPPENED)",
        "X != touch HAPPENED",
        "P = +\n\t$(P)touch HAPPENED",
        "include made.mk\nmade.mk:\n\ttouch HAPPENED made.mk",
        "$(eval X := $(shell touch HAPPENED))",
    ],
)
def test_make_is_not_asked_where_asking_would_run_something(tmp_path: Path, line: str) -> None:
    (tmp_path / "Makefile").write_text(f"plan:\n\tsnakemake -n\n{line}\n")
    seen = ahead(tmp_path, "make", "plan")
    assert seen.told.startswith("cannot tell what it does (Makefile") or "made.mk" in seen.told
    assert seen.effects == ("runs-workflow",)
    assert not (tmp_path / "HAPPENED").exists()


def test_a_makefile_of_another_folder_is_looked_at_too(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "Makefile").write_text("plan:\n\t+touch HAPPENED\n")
    (folder / "Makefile").write_text("plan:\n\t$(MAKE) -C sub plan\n")
    assert "sub" not in ahead(folder, "make", "-C", "nowhere", "plan").told
    for seen in (ahead(folder, "make", "plan"), ahead(folder, "make", "-C", "sub", "plan")):
        assert "recipe line with +" in seen.told
    assert not (folder / "sub" / "HAPPENED").exists()


def test_a_target_that_make_does_not_know_cannot_be_foreseen(folder: Path) -> None:
    assert "No rule to make target" in ahead(folder, "make", "nothing").told


def test_a_makefile_that_is_no_text_or_none_is_no_trouble(tmp_path: Path) -> None:
    assert ahead(tmp_path, "make", "plan").effects == ("runs-workflow",)
    (tmp_path / "Makefile").mkdir()
    assert "cannot be read" in ahead(tmp_path, "make", "plan").told
    (tmp_path / "GNUmakefile").write_bytes(bytes(range(256)) * 100)
    assert ahead(tmp_path, "make", "plan").effects == ("runs-workflow",)


RUNBOOK = """\
schema: incident-console/runbook/1
id: test-runbook
version: "1"
title: t
owner: tests
when: always
first: look
second: look
stop: look
rungs:
  - id: look
    role: plan
    question: What?
    evidence:
      - {id: tour, surface: dry-run, question: "What?", run: [make, tour], effects: read-only}
"""


def test_what_is_captured_needs_consent_for_what_was_found_and_says_so_in_the_record(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder / "Makefile").write_text("tour:\n\trm -rf logs\n\techo snakemake-n\n")
    root = tmp_path_factory.mktemp("records")
    loaded = replace(loads(RUNBOOK.encode(), "runbook.yaml"), shipped=True)
    session = open_incident(Who("ana", root, root / "trust"), folder, loaded, title="t")
    rung = session.runbook.rung("look")
    wanted = rung.item("tour")
    assert wanted is not None
    with pytest.raises(Refused, match=r"make tour: deletes evidence \(rm -rf logs\); allow deletes to run it"):
        capture(session, rung, wanted)
    assert (folder / "logs" / "a.log").exists() and not session.incident.evidence
    event = capture(session, rung, wanted, allow=("deletes",)).event
    assert isinstance(event, events.EvidenceCaptured) and event.effects == "deletes"
    assert not (folder / "logs").exists()
    session.close()


def test_a_line_for_a_shell_is_not_taken_for_a_call_of_make(folder: Path) -> None:
    assert ahead(folder, "make", "plan", "&&", "rm", "x", shell=True).effects == ("runs-workflow",)
    assert ahead(folder, "CORES=1 make plan", shell=True).effects == ("runs-workflow",)
    assert ahead(folder, "make", "plan", shell=True) == Foreseen("read-only")
    assert ahead(folder, "make summary", shell=True).told.startswith("runs the workflow")
    assert ahead(folder, "echo make-believe | cat", shell=True) == Foreseen("read-only")
