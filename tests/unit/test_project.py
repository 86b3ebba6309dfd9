"""Does the checkout keep what its README promises?"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = README.split("```")[1::2]
DEMO, TESTS = (block.removeprefix("sh\n").strip() for block in BLOCKS if block.startswith("sh\n"))
TOOLS = {"ruff": "ruff", "mypy": "mypy", "lint-imports": "import-linter", "pytest": "pytest"}
"""Command to the package it comes from."""


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def commands(line: str) -> list[list[str]]:
    return [shlex.split(part) for part in line.split("&&")]


def test_the_visible_top_level_is_exactly_six_names() -> None:
    seen = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - {"build", "dist"}
    assert seen == {"pyproject.toml", "incident_console", "runbooks", "tests", "screenshots", "README.md"}


def test_ci_runs_the_readmes_test_command_as_it_is_written() -> None:
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert TESTS in lines
    assert [line for line in lines if "pytest" in line] == [TESTS]
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


@pytest.mark.parametrize("line", [DEMO, TESTS], ids=["demo", "tests"])
def test_each_of_the_two_commands_is_one_line_that_sets_everything_up(line: str, project: dict[str, Any]) -> None:
    assert "\n" not in line
    make, install, *rest = commands(line)
    assert make == ["python3", "-m", "venv", ".venv"]
    assert install[:4] == [".venv/bin/pip", "install", "-q", "-e"]
    extra = install[4].removeprefix(".[").removesuffix("]")
    assert extra in project["project"]["optional-dependencies"]
    assert rest and all(command[0].startswith(".venv/bin/") for command in rest)


def test_the_demo_command_is_one_that_the_program_has() -> None:
    program, *words = commands(DEMO)[-1]
    assert program == ".venv/bin/incident-console"
    asked = [sys.executable, "-m", "incident_console", *words, "--help"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and "a real run that goes wrong" in done.stdout


def test_every_tool_of_the_test_command_comes_with_the_test_extra(project: dict[str, Any]) -> None:
    extra = project["project"]["optional-dependencies"]["test"]
    packages = {re.split(r"[\[>=<]", package)[0] for package in extra}
    used = {Path(command[0]).name for command in commands(TESTS)[2:]}
    used = {"pytest" if name == "python" else name for name in used}
    assert used == set(TOOLS)
    assert {TOOLS[name] for name in used} <= packages
    assert "incident-console[demo]" in extra


def test_import_linter_holds_the_rooms_apart_and_textual_in_the_screens(project: dict[str, Any]) -> None:
    rooms_apart, only_tui, log_part = project["tool"]["importlinter"]["contracts"]
    assert rooms_apart["exhaustive"] is True
    assert "tail | snakemake | runbook | evidence | record | gate" in rooms_apart["layers"]
    assert only_tui["forbidden_modules"] == ["textual", "rich"]
    assert log_part["source_modules"] == ["incident_console.tui.log"]
    rooms = {path.stem for path in (ROOT / "incident_console").iterdir() if not path.name.startswith("_")} - {"tui"}
    named = {name.removeprefix("incident_console.") for name in only_tui["source_modules"]}
    assert rooms <= named


def test_every_command_in_the_readme_is_one_that_the_program_has() -> None:
    (block,) = (text for text in BLOCKS if "incident-console open [WORKDIR]" in text)
    named = set(re.findall(r"(?:incident-console|\|) ([a-z]+)\b", re.sub(r"runbook .*", "runbook", block)))
    help = subprocess.run(
        [sys.executable, "-m", "incident_console", "--help"], capture_output=True, text=True, cwd=ROOT
    )
    assert {"demo", "open", "resume", "verify", "handoff", "accept", "gate", "runbook"} <= named
    assert [name for name in sorted(named) if not re.search(rf"^    {name}\b", help.stdout, re.M)] == []


def test_the_pictures_that_the_readme_shows_are_there() -> None:
    shown = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    assert shown and [name for name in shown if not (ROOT / name).is_file()] == []
