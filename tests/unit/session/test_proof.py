"""Is the state before the repair kept, and does the prove rung hold the present against it?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import EvidenceError
from incident_console.record.verify import verify
from incident_console.runbook.load import loads
from incident_console.session import proof
from incident_console.session.capture import capture
from incident_console.session.core import Session
from incident_console.session.opening import open_incident
from incident_console.session.picks import pick
from incident_console.session.who import Who
from tests.unit.session.conftest import RUNBOOK
from tests.unit.session.runlog import RunLog
from tests.unit.snakemake.compareflow import Flow

LATER = "2026-11-22T142034.620821.snakemake.log"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "SOON_S", 0.0)
    monkeypatch.setattr(proof, "WAIT_S", 0.0)


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    made = Flow(tmp_path / "flow")
    made.write()
    return made


@pytest.fixture
def opened(flow: Flow, who: Who) -> Iterator[Session]:
    text = RUNBOOK.replace("pick: failing-log", "pick: comparison")
    session = open_incident(who, flow.root, replace(loads(text.encode(), "r"), shipped=True), title="slow")
    yield session
    session.close()


@pytest.fixture
def keeper(opened: Session) -> Iterator[proof.StateKeeper]:
    made = proof.StateKeeper(opened)
    yield made
    made.close()


def until(true: Callable[[], object]) -> None:
    give_up = time.monotonic() + 10
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def states(session: Session) -> list[events.StateKept]:
    return [line.event for line in session.incident.lines if isinstance(line.event, events.StateKept)]


def test_the_state_is_kept_when_the_incident_opens(opened: Session, keeper: proof.StateKeeper) -> None:
    keeper.start()
    until(lambda: states(opened))
    (kept,) = states(opened)
    assert kept.run == ".snakemake/log/2026-11-22T132034.620821.snakemake.log" and not kept.unfinished
    assert opened.incident.inbox == () and "evidence" in opened.gate_missing()


def test_it_is_kept_once_however_often_the_incident_is_taken_up(opened: Session, keeper: proof.StateKeeper) -> None:
    proof.keep_state(opened)
    keeper.start()
    opened.append(events.RunSeen(log="x", status="succeeded"))
    keeper.close()
    assert len(states(opened)) == 1


def test_a_run_that_goes_on_is_kept_again_at_its_end(opened: Session, keeper: proof.StateKeeper) -> None:
    opened.append(events.StateKept(sha256="0" * 64, size=0, run="x", unfinished=True))
    keeper.start()
    opened.append(events.RunSeen(log="x", status="succeeded"))
    until(lambda: len(states(opened)) == 2)
    assert not states(opened)[1].unfinished


def test_nothing_is_kept_for_before_after_an_edit(opened: Session, keeper: proof.StateKeeper, flow: Flow) -> None:
    flow.put("Snakefile", "rule edited:\n")
    opened.look_for_edits()
    keeper.start()
    keeper.close()
    assert states(opened) == []


def test_a_folder_without_a_workflow_keeps_nothing_and_harms_nothing(session: Session) -> None:
    (session.workdir / "Snakefile").unlink()
    keeper = proof.StateKeeper(session)
    keeper.start()
    keeper.close()
    assert states(session) == []
    with pytest.raises(EvidenceError, match="no workflow"):
        pick("comparison", session)


def test_a_record_that_is_closed_meanwhile_harms_nothing(opened: Session, keeper: proof.StateKeeper) -> None:
    opened.close()
    keeper.start()
    keeper.close()
    assert states(opened) == []


def test_the_comparison_stands_in_the_record(opened: Session, flow: Flow) -> None:
    proof.keep_state(opened)
    Flow(flow.root, log_name=LATER, seconds=dict.fromkeys("ABC", 4.0), elapsed=15.0).write()
    item = next(item for item in opened.runbook.rung("look").evidence if item.pick)
    recorded = capture(opened, opened.runbook.rung("look"), item)
    assert isinstance(recorded.event, events.EvidenceCaptured)
    note = opened.record.blobs.get(recorded.event.sha256).decode()
    assert note.startswith("## Same meaning\n") and "62 % less" in note
    opened.write_documents()
    assert "state of the workflow kept" in (opened.record.path / "record.md").read_text()
    assert verify(opened.record.path).fault is None


def test_a_dropped_input_shows_on_the_prove_rung(opened: Session, flow: Flow) -> None:
    proof.keep_state(opened)
    Flow(flow.root, log_name=LATER, inputs=("data/{}.txt",), elapsed=15.0).write()
    assert b"no longer reads data/ref.txt" in pick("comparison", opened).data


def test_secrets_are_neither_kept_nor_taken_for_a_difference(opened: Session, flow: Flow) -> None:
    flow.put("config/config.yaml", flow.config + "api_password: hunter2-said\n")
    kept = proof.keep_state(opened).event
    assert isinstance(kept, events.StateKept)
    assert b"hunter2-said" not in opened.record.blobs.get(kept.sha256)
    assert b"api\\_password" not in pick("comparison", opened).data


def test_without_a_kept_state_it_is_said_what_to_do(opened: Session) -> None:
    with pytest.raises(EvidenceError, match="compare BEFORE AFTER"):
        pick("comparison", opened)


def test_a_kept_state_that_was_altered_is_told(opened: Session) -> None:
    kept = proof.keep_state(opened).event
    assert isinstance(kept, events.StateKept)
    blob = opened.record.path / "evidence" / kept.sha256
    blob.chmod(0o600)
    blob.write_text("{}")
    with pytest.raises(EvidenceError, match="altered"):
        pick("comparison", opened)


def test_a_run_that_goes_on_is_kept_as_unfinished(session: Session) -> None:
    RunLog(session.workdir).begin().start(1, "A")
    kept = proof.keep_state(session).event
    assert isinstance(kept, events.StateKept) and kept.unfinished
