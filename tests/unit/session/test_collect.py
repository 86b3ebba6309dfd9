"""The ladder without a terminal: nothing is answered for the operator, and the exit code says what is left."""

import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console.errors import Exit, InputError
from incident_console.runbook.answers import Answers, loads_answers
from incident_console.runbook.load import loads
from incident_console.session.collect import collect
from incident_console.session.core import Session
from incident_console.session.opening import open_incident
from incident_console.session.who import Who
from tests.unit.session.runlog import RunLog
from tests.unit.session.test_live import engine

HEAD = """\
schema: incident-console/runbook/1
id: climb
version: "1"
title: A climb
owner: tests
when: always
first: one
second: two
stop: three
watch: [Snakefile]
logs: ["logs/*.log"]
"""
RUNGS = """\
rungs:
  - {id: one, question: Which?, ask: [{id: what, type: text, prompt: "What?", required: true}]}
  - id: two
    role: plan
    question: What is planned?
    evidence:
      - {id: plan, surface: dry-run, question: "What?", run: [PYTHON, -c, "print(1)"], effects: EFFECTS}
      - {id: seen, surface: observation, question: "What is seen?"}
    needs: [plan, seen]
  - {id: three, question: What now?, ask: [{id: then, type: text, prompt: "Then?"}]}
"""
BRANCHED = """\
rungs:
  - id: one
    question: Which?
    ask: [{id: what, type: text, prompt: "What?", required: true}]
    next: [{when: {field: what, is: late}, go: three}]
  - {id: two, question: What else?, ask: [{id: more, type: text, prompt: "More?", required: true}]}
  - {id: three, question: What now?, ask: [{id: then, type: text, prompt: "Then?"}]}
"""


@pytest.fixture
def said() -> list[str]:
    return []


def begin(who: Who, workdir: Path, rungs: str = RUNGS, *, effects: str = "read-only", shipped: bool = True) -> Session:
    text = (HEAD + rungs).replace("PYTHON", sys.executable).replace("EFFECTS", effects)
    return open_incident(who, workdir, replace(loads(text.encode(), "r"), shipped=shipped), title="")


def answers(text: str) -> Answers:
    return loads_answers(f"schema: incident-console/answers/1\nrungs: {text}\n".encode(), "answers.yaml")


ALL = "{one: {what: it is late}, two: {seen: twice as many}}"


def test_all_answered_and_captured_is_fine(who: Who, workdir: Path, said: list[str]) -> None:
    session = begin(who, workdir)
    assert collect(session, answers(ALL), say=said.append) == Exit.OK
    assert {mark.state for mark in session.marks()} == {"done"}
    session.close()


def test_an_answer_that_nobody_gave_leaves_its_rung_open(who: Who, workdir: Path, said: list[str]) -> None:
    session = begin(who, workdir)
    assert collect(session, answers("{two: {seen: yes it is}}"), say=said.append) == Exit.NO
    assert [mark.state for mark in session.marks()] == ["open", "done", "done"]
    assert any("still needed: answer what" in line for line in said)
    session.close()


def test_an_observation_that_nobody_made_is_an_open_question(who: Who, workdir: Path, said: list[str]) -> None:
    session = begin(who, workdir)
    assert collect(session, answers("{one: {what: late}}"), say=said.append) == Exit.NO
    session.close()


def test_needed_evidence_that_could_not_be_captured_wins(who: Who, workdir: Path, said: list[str]) -> None:
    session = begin(who, workdir, RUNGS.replace("PYTHON", "no-such-command"))
    assert collect(session, answers("{two: {seen: x}}"), say=said.append) == Exit.EVIDENCE
    session.close()


def test_evidence_whose_effects_are_not_allowed_could_not_be_captured(who: Who, workdir: Path, said: list[str]) -> None:
    session = begin(who, workdir, effects="writes")
    assert collect(session, answers(ALL), say=said.append) == Exit.EVIDENCE
    assert any("allow writes" in line for line in said)
    session.close()
    allowed = begin(who, workdir, effects="writes")
    assert collect(allowed, answers(ALL), allow=["writes"], say=said.append) == Exit.OK
    allowed.close()


def test_refused_answers_leave_the_rung_open_and_the_climb_goes_on(who: Who, workdir: Path, said: list[str]) -> None:
    session = begin(who, workdir)
    assert collect(session, answers("{one: {what: [a, b]}, two: {seen: x}}"), say=said.append) == Exit.NO
    assert session.incident.rungs["one"].answers == {}
    assert session.incident.rungs["three"].completed_at
    session.close()


def test_waivers_stand_with_their_reason_and_an_empty_one_is_refused(who: Who, workdir: Path, said: list[str]) -> None:
    session = begin(who, workdir)
    waived = answers("{one: {what: late}, two: {waive: the node is gone}}")
    assert collect(session, waived, say=said.append) == Exit.OK
    assert session.incident.rungs["two"].waived == "the node is gone"
    assert not any(line.kind == "evidence.started" for line in session.incident.lines)
    session.close()
    refused = begin(who, workdir)
    assert collect(refused, answers("{one: {what: late}, two: {waive: n/a}}"), say=said.append) == Exit.NO
    assert refused.incident.rungs["two"].waived is None
    refused.close()


def test_without_answers_the_evidence_is_captured_all_the_same(who: Who, workdir: Path, said: list[str]) -> None:
    session = begin(who, workdir)
    assert collect(session, None, say=said.append) == Exit.NO
    assert "plan" in session.incident.captured
    session.close()


def test_a_branch_is_taken_and_what_it_passed_over_is_not_left_out_in_silence(
    who: Who, workdir: Path, said: list[str]
) -> None:
    session = begin(who, workdir, BRANCHED)
    given = answers("{one: {what: late}, two: {more: nothing}}")
    assert collect(session, given, say=said.append) == Exit.OK
    entered = [line.event.rung for line in session.incident.lines if line.kind == "rung.entered"]  # type: ignore[attr-defined]
    assert entered == ["one", "three", "two"]
    session.close()
    half = begin(who, workdir, BRANCHED)
    assert collect(half, answers("{one: {what: late}}"), say=said.append) == Exit.NO
    assert all(rung.entered_at for rung in half.incident.rungs.values())
    half.close()


def test_an_untrusted_runbook_runs_nothing(who: Who, workdir: Path, said: list[str]) -> None:
    session = begin(who, workdir, shipped=False)
    with pytest.raises(InputError, match="runbook trust"):
        collect(session, answers(ALL), say=said.append)
    assert not any(line.kind == "rung.entered" for line in session.incident.lines)
    session.close()


def test_interrupted_in_the_middle_of_a_command_the_record_is_whole(who: Who, workdir: Path, said: list[str]) -> None:
    slow = RUNGS.replace("print(1)", "print(1, flush=True); import time; time.sleep(60)")
    session = begin(who, workdir, slow)
    cancel = threading.Event()
    session.listen(lambda recorded: cancel.set() if recorded.kind == "evidence.started" else None)
    assert collect(session, answers(ALL), say=said.append, cancel=cancel) == Exit.INTERRUPTED
    assert session.incident.lines[-1].kind == "evidence.failed"
    assert session.incident.open_rung == "two"
    session.close()


def test_waiting_for_the_run_the_plan_is_captured_before_and_the_climb_comes_after(
    who: Who, workdir: Path, said: list[str]
) -> None:
    log = RunLog(workdir).begin()
    session = begin(who, workdir)
    done: list[Exit] = []
    with engine(log.path):
        climbing = threading.Thread(
            target=lambda: done.append(collect(session, answers(ALL), say=said.append, wait_for_end=True))
        )
        captured = threading.Event()
        session.listen(lambda recorded: captured.set() if recorded.kind == "evidence.captured" else None)
        climbing.start()
        assert captured.wait(20)
        assert not any(line.kind == "rung.entered" for line in session.incident.lines)
        log.start(4, "B")
        log.job_log("B", "no\n")
        log.error(4, "B", retry=False)
        log.end(failed=True)
    climbing.join(20)
    assert done == [Exit.OK]
    kinds = [line.kind for line in session.incident.lines]
    assert kinds.index("attempt.kept") < kinds.index("rung.entered")
    assert kinds.count("evidence.captured") == 3, "the plan twice, and the observation"
    session.close()


def test_waiting_can_be_interrupted(who: Who, workdir: Path, said: list[str]) -> None:
    log = RunLog(workdir).begin()
    session = begin(who, workdir)
    cancel = threading.Event()

    def say(line: str) -> None:
        if "waiting" in line:
            cancel.set()

    with engine(log.path):
        assert collect(session, answers(ALL), say=say, wait_for_end=True, cancel=cancel) == Exit.INTERRUPTED
    session.close()


def test_nothing_is_waited_for_where_no_run_goes_on(who: Who, workdir: Path, said: list[str]) -> None:
    session = begin(who, workdir)
    assert collect(session, answers(ALL), say=said.append, wait_for_end=True) == Exit.OK
    session.close()
