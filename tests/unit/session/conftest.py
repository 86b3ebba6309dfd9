"""An incident on a small folder without an engine, with a runbook that has every kind of evidence."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console.runbook.load import Loaded, loads
from incident_console.session.core import Session
from incident_console.session.opening import open_incident
from incident_console.session.who import Who

RUNBOOK = """\
schema: incident-console/runbook/1
id: test-runbook
version: "1"
title: A run to look at
owner: tests
when: always
first: symptom
second: look
stop: decide
watch: [Snakefile, "config/**"]
logs: ["logs/*.log"]
rungs:
  - id: symptom
    role: symptom
    question: Which surface changed?
    ask:
      - {id: surface, type: text, prompt: "Which surface?", required: true}
      - {id: comparison, type: text, prompt: "Compared with what?", required: true, unknown: true}
    refuse:
      - {field: surface, pattern: "is broken", because: "Name the file, rule or number that changed."}
  - id: scope
    role: scope
    question: Which targets?
    ask:
      - {id: targets, type: text, prompt: "Which?", required: true}
      - {id: contexts, type: many, prompt: "Where?", choices: [local, ci]}
  - id: look
    role: evidence
    question: What do the surfaces say?
    evidence:
      - id: command
        surface: dry-run
        question: "What is planned?"
        run: [PYTHON, -c, "print('planned')"]
        effects: read-only
      - id: writer
        surface: dry-run
        question: "What?"
        run: [PYTHON, -c, "pass"]
        effects: writes
      - id: touches
        surface: dry-run
        question: "What?"
        run: [PYTHON, -c, "open('Snakefile', 'a').write('#')"]
        effects: read-only
      - id: missing
        surface: summary
        question: "What?"
        run: [no-such-command-anywhere]
        effects: read-only
      - id: slow
        surface: summary
        question: "What?"
        run: [PYTHON, -c, "import time; time.sleep(60)"]
        effects: read-only
        timeout: 1
      - id: endless
        surface: summary
        question: "What?"
        run: [PYTHON, -c, "import time; print('begun', flush=True); time.sleep(60)"]
        effects: read-only
      - id: killed
        surface: summary
        question: "What?"
        run: [PYTHON, -c, "import os; os.kill(os.getpid(), 9)"]
        effects: read-only
      - id: odd
        surface: summary
        question: "What?"
        run: [PYTHON, -c, "import os; os.write(1, bytes([255, 10]))"]
        effects: read-only
      - id: huge
        surface: summary
        question: "What?"
        run: [PYTHON, -c, "import sys; b = b'x' * 1048576; [sys.stdout.buffer.write(b) for _ in range(1024)]"]
        effects: read-only
      - id: secret
        surface: summary
        question: "What?"
        run: [PYTHON, -c, "print('pass' 'word=hun' 'ter2-said')"]
        effects: read-only
      - {id: file, surface: profile, question: "What?", file: "config/**/*.yaml"}
      - {id: log, surface: rule-log, question: "What?", pick: failing-log}
      - {id: seen, surface: observation, question: "What do you see?"}
    needs: [command, log]
  - id: classify
    role: classify
    question: Where does it live?
    ask:
      - {id: confidence, type: choice, prompt: "How sure?", choices: [low, high]}
    escalate:
      - {when: {fact: confidence, is: low}, to: confidence review, because: "Nobody is sure."}
      - {when: {fact: contexts, includes: ci}, to: profile review, because: "Seen in CI."}
      - {when: {fact: context, is: escalation}, to: those who escalate, because: "It was escalated."}
      - {when: {fact: status, is: failed}, to: run review, because: "The run failed."}
      - {when: {fact: class, is: publish-boundary}, to: publish review, because: "It may not be trusted."}
      - {when: {fact: cost, is: storage}, to: storage review, because: "Storage is theirs."}
      - {when: {fact: decision, is: rewrite}, to: workflow review, because: "It changes the meaning."}
  - id: decide
    role: decide
    question: What now?
""".replace("PYTHON", sys.executable)


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    folder = tmp_path / "workflow"
    (folder / "logs").mkdir(parents=True)
    (folder / "config").mkdir()
    (folder / "Snakefile").write_text("rule all:\n")
    return folder


@pytest.fixture
def who(tmp_path: Path) -> Who:
    return Who("ana", tmp_path / "records", tmp_path / "trusted.jsonl")


@pytest.fixture
def loaded() -> Loaded:
    return replace(loads(RUNBOOK.encode(), "runbook.yaml"), shipped=True)


@pytest.fixture
def session(who: Who, workdir: Path, loaded: Loaded) -> Iterator[Session]:
    opened = open_incident(who, workdir, loaded, title="align is flaky")
    yield opened
    opened.close()


@pytest.fixture
def kinds(session: Session) -> Callable[[], list[str]]:
    """The kinds that stand in the journal on disk."""
    return lambda: [line.kind for line in session.record.read().lines]
