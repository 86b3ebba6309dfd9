"""`analyze --json` on every labelled run: what it says is what is true, in the contract's shape."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from incident_console import cli
from incident_console.snakemake import fields

CORPUS = Path(__file__).parents[1] / "corpus"
TIME = {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}
COUNT = {"type": "integer", "minimum": 0}
SECONDS = {"type": "number", "minimum": 0}
SPREAD = {"type": "object", "required": ["sum", "median", "max"], "additionalProperties": SECONDS}
SOURCE = {
    "type": "object",
    "required": ["path", "line"],
    "properties": {"path": {"type": "string", "minLength": 1}, "line": COUNT},
}
CLUES = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["text", "source"],
        "properties": {"text": {"type": "string", "minLength": 1}, "source": SOURCE},
    },
}
CLASSES = ["workflow-semantics", "operating-context", "storage-visibility", "tool-behavior", "publish-boundary"]
KINDS = [
    *("nonzero-exit", "killed", "missing-output", "missing-input", "incomplete-files", "locked", "disk-full"),
    *("syntax-error", "cyclic-graph", "ambiguous-rules", "missing-rule", "input-function", "interrupted"),
    "workflow-error",
]


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


SCHEMA = _object(
    schema={"const": "incident-console/analysis/1"},
    workdir={"type": "string"},
    engine={"const": "snakemake"},
    run=_object(
        log={"type": "string"},
        status={"enum": ["running", "succeeded", "failed", "interrupted", "nothing-to-do", "unknown"]},
        started_at=TIME,
        ended_at=TIME,
        elapsed_s=SECONDS,
        jobs=_object(planned=COUNT, finished=COUNT, failed=COUNT, running=COUNT, retried=COUNT),
    ),
    rules=_list(
        _object(
            rule={"type": "string"},
            planned=COUNT,
            finished=COUNT,
            failed=COUNT,
            retried=COUNT,
            wall_s=SPREAD,
            benchmark_s=SPREAD,
        )
    ),
    failures=_list(
        _object(
            rule={"type": "string"},
            jobid={"type": ["integer", "null"]},
            wildcards={"type": "object", "additionalProperties": {"type": "string"}},
            attempt={"type": ["integer", "null"]},
            at=TIME,
            kind={"enum": KINDS},
            exit_code={"type": ["integer", "null"]},
            logs=_list({"type": "string"}),
            external_id={"type": ["string", "null"]},
            message={"type": "string", "minLength": 1},
            group={"type": "string", "minLength": 1},
            source=SOURCE,
        )
    ),
    flaky=_list(
        _object(
            rule={"type": "string"},
            jobid=COUNT,
            attempts={"type": "integer", "minimum": 2},
            outcome={"enum": ["succeeded", "failed"]},
            runs_failed=COUNT,
            runs_seen={"type": "integer", "minimum": 1},
        )
    ),
    cost=_object(
        planning_s=SECONDS,
        scheduler_s=SECONDS,
        storage_s=SECONDS,
        tool_s=SECONDS,
        elapsed_s=SECONDS,
        dominant={"enum": ["planning", "scheduler", "storage", "tool", "undetermined"]},
        confidence={"enum": ["low", "medium", "high"]},
        basis={"type": "array", "minItems": 1, "items": {"type": "string", "pattern": r"\d"}},
        missing=_list({"type": "string"}),
    ),
    suspects=_list(
        _object(
            **{"class": {"enum": CLASSES}},
            score={"type": "number", "minimum": 0, "maximum": 1},
            because={**CLUES, "minItems": 1},
            against=CLUES,
            settled_by={"type": "string"},
        )
    ),
    **{"class": {"enum": [*CLASSES, "undetermined"]}},
)


@dataclass(frozen=True)
class Case:
    path: Path
    truth: dict[str, Any]


CASES = [Case(path.parent, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(CORPUS.glob("*/case.json"))]
Told = dict[str, Any]


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The labelled logs were written in UTC; a log's times are local."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    fields._minutes.clear()
    yield
    monkeypatch.undo()
    time.tzset()
    fields._minutes.clear()


def analyze(capsys: pytest.CaptureFixture[str], *words: str | Path) -> Told:
    assert cli.main(["analyze", *map(str, words), "--json"]) == 0
    told: Told = json.loads(capsys.readouterr().out)
    jsonschema.validate(told, SCHEMA)
    return told


@pytest.fixture(params=CASES, ids=lambda case: case.path.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def test_every_case_holds(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    truth = case.truth
    told = analyze(capsys, case.path / "wd", *(["--run", truth["run"]] if truth["run"] else []))
    assert told["run"]["log"] == truth["expect_run"]
    assert told["run"]["status"] in truth["status"]
    assert told["class"] in truth["classes"]
    assert told["class"] not in truth["never"]
    assert truth["cost"] is None or told["cost"]["dominant"] in truth["cost"]
    assert truth["flaky"] is None or bool(told["flaky"]) == truth["flaky"]
    kinds = {failure["kind"] for failure in told["failures"]}
    wanted = truth["kinds"]
    assert wanted is None or (kinds & set(wanted) if wanted else not kinds)


def test_what_is_named_is_the_first_suspect(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    told = analyze(capsys, case.path / "wd")
    scores = [suspect["score"] for suspect in told["suspects"]]
    assert scores == sorted(scores, reverse=True)
    assert told["class"] in ("undetermined", *(suspect["class"] for suspect in told["suspects"][:1]))


def test_nothing_is_written(case: Case, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "wd"
    shutil.copytree(case.path / "wd", folder, symlinks=True)
    before = _state(folder)
    analyze(capsys, folder)
    assert _state(folder) == before


def _state(folder: Path) -> list[tuple[str, int, int]]:
    return sorted((str(path), path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.rglob("*"))


def test_the_text_fits_a_terminal_and_has_no_control_characters(
    case: Case, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main(["analyze", str(case.path / "wd")]) == 0
    text = capsys.readouterr().out
    assert max(len(line) for line in text.splitlines()) <= 80
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    for name in ("planning", "scheduler", "storage", "tool"):
        assert re.search(rf"^  {name} .*\d %$", text, re.MULTILINE)


def test_a_narrow_terminal_without_unicode_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    from incident_console.commands.analysis_text import lines_of
    from incident_console.snakemake.analysis import analyse

    wd = CORPUS / "e-slow-rule-v9" / "wd"
    log = next(path for path in sorted((wd / ".snakemake/log").iterdir()) if "132811" in path.name)
    lines = lines_of(analyse(wd, log), 40, colours=False, blocks=False)
    assert max(map(len, lines)) <= 40
    assert any("#" in line for line in lines)
    assert not any("█" in line for line in lines)
