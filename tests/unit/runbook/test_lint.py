"""What a maintainer should put right in a sound runbook, and what editors are told of the format."""

from __future__ import annotations

import jsonschema  # comes with snakemake, which the test extra installs
import pytest
import yaml

from incident_console.runbook import lint, shelf
from incident_console.runbook.load import loads
from incident_console.runbook.schema import EvidenceItem, schema_json

BARE = """\
schema: incident-console/runbook/1
id: bare
version: "1"
title: Bare
owner: me
when: Always.
first: look
second: look
stop: sort
rungs:
  - id: look
    role: state
    question: What is there?
    ask: [{id: what, type: choice, prompt: What?, choices: [a, b]}]
    next:
      - {when: {field: what, is: a}, go: sort}
      - {when: {field: what, is: a}, go: sort}
      - {when: {field: what, is: c}, go: sort}
    evidence:
      - {id: run, surface: dry-run, question: What is planned?, run: [snakemake, -c1], effects: read-only}
  - id: sort
    role: classify
    question: What is it?
    help: Otherwise investigate further.
    ask: [{id: class, type: choice, prompt: Which?, choices: [tool-behaviour]}]
"""


def test_every_weakness_is_told_at_its_place() -> None:
    told = [str(fault) for fault in lint.check(loads(BARE.encode(), "b.yaml"))]
    assert told == [
        "b.yaml:11:3: there is no symptom check; a rung with the role symptom",
        "b.yaml:11:3: there is no evidence route; a rung with the role evidence",
        "b.yaml:11:3: there is no decision boundary; a rung with the role decide",
        "b.yaml:11:3: there is no proof route; a rung with the role prove",
        "b.yaml:11:3: nothing says when to escalate; `escalate` triggers in at least one rung",
        "b.yaml:17:9: this branch is never taken; an earlier one has the same condition",
        "b.yaml:18:16: 'c' can never be the answer; allowed: a, b",
        "b.yaml:20:97: snakemake without -n or a query runs the workflow; effects: runs-workflow",
        "b.yaml:24:11: 'investigate further' is no next step; name the measurement, or who to escalate to",
        "b.yaml:25:11: tool-behaviour: no such class; allowed: workflow-semantics, operating-context,"
        " storage-visibility, tool-behavior, publish-boundary, undetermined",
    ]


@pytest.mark.parametrize(
    ("command", "effects", "understated"),
    [
        ("rm -r out", "read-only", True),
        ("/bin/mv a b", "engine-bookkeeping", True),
        ("rm -r out", "deletes", False),
        ("sed -i s/a/b/ x", "read-only", True),
        ("sed -n 5p x", "read-only", False),
        ("snakemake -c1", "engine-bookkeeping", True),
        ("snakemake --snakefile x --cores 4", "engine-bookkeeping", True),
        ("snakemake --unlock", "engine-bookkeeping", True),
        ("snakemake -np", "read-only", True),
        ("snakemake -np", "engine-bookkeeping", False),
        ("snakemake --list-changes code", "engine-bookkeeping", False),
        ("snakemake --dry-run", "engine-bookkeeping", False),
        ("make verify-report", "read-only", True),
        ("make -n verify-report", "read-only", False),
        ("git checkout .", "read-only", True),
        ("git --no-pager diff HEAD", "read-only", False),
    ],
)
def test_a_command_that_does_more_than_it_declares_is_told(command: str, effects: str, understated: bool) -> None:
    item = {"id": "e", "surface": "diff", "question": "q", "run": command.split(), "effects": effects}
    assert (lint.understated(EvidenceItem.model_validate(item)) is not None) is understated


@pytest.mark.parametrize(("line", "understated"), [("ls > files", True), ("ls 2>&1", False), ("rm -r x; ls", True)])
def test_a_shell_line_is_read_too(line: str, understated: bool) -> None:
    item = {"id": "e", "surface": "diff", "question": "q", "run": [line], "shell": True, "effects": "read-only"}
    assert (lint.understated(EvidenceItem.model_validate(item)) is not None) is understated


def test_the_json_schema_takes_the_shipped_runbooks_and_refuses_an_unknown_key() -> None:
    schema = schema_json()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in shelf.shipped():
        runbook = yaml.safe_load(path.read_bytes())
        assert list(validator.iter_errors(runbook)) == []
        assert list(validator.iter_errors({**runbook, "ownr": "me"}))
