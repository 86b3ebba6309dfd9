"""Does the record keep what a run cost and when its jobs ran, so that it can be drawn when the run is gone?"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console import events
from incident_console.record.verify import verify
from incident_console.record.weighed import BARS, Weighed, latest
from incident_console.runbook.load import loads
from incident_console.session import weighing
from incident_console.session.core import Session
from incident_console.session.opening import open_incident
from incident_console.session.weighing import Weigher, weigh
from incident_console.session.who import Who
from incident_console.snakemake.analysis import find_run
from tests.unit.session.conftest import RUNBOOK

CORPUS = Path(__file__).parents[2] / "corpus"
Opened = Callable[[str], Session]


@pytest.fixture
def opened(who: Who, tmp_path: Path) -> Iterator[Opened]:
    sessions: list[Session] = []

    def on(case: str) -> Session:
        shutil.copytree(CORPUS / case / "wd", tmp_path / "wf")
        loaded = replace(loads(RUNBOOK.encode(), "r"), shipped=True)
        sessions.append(open_incident(who, tmp_path / "wf", loaded, title="slow"))
        return sessions[-1]

    yield on
    for session in sessions:
        session.close()


def log_of(session: Session) -> str:
    log = find_run(session.workdir)
    assert log is not None
    return str(log.relative_to(session.workdir))


def seen(session: Session, status: str = "failed", log: str = "") -> None:
    session.append(events.RunSeen(log=log or log_of(session), status=status))


def kept(session: Session) -> list[events.RunWeighed]:
    return [line.event for line in session.incident.lines if isinstance(line.event, events.RunWeighed)]


def read(session: Session) -> Weighed:
    found = latest(session.incident.lines, session.record.blobs.peek)
    assert found is not None
    return found


def test_attempts_are_kept_with_their_times_and_how_they_ended(opened: Opened) -> None:
    session = opened("c1-flaky-retry-ok-v9")
    seen(session, "succeeded")
    weigh(session)
    lanes = {lane.rule: lane for lane in read(session).lanes}
    flaky = [(bar.attempt, bar.outcome) for bar in lanes["flaky"].bars]
    assert flaky == [(1, "failed"), (2, "succeeded")] and lanes["flaky"].retried == 1
    assert all(bar.end_s >= bar.start_s for lane in lanes.values() for bar in lane.bars)


def test_costs_add_up_to_what_the_run_took(opened: Opened) -> None:
    session = opened("e-slow-rule-v9")
    seen(session, "succeeded")
    weigh(session)
    found = read(session)
    spent = found.planning_s + found.scheduler_s + found.storage_s + found.tool_s
    assert spent == pytest.approx(found.elapsed_s, abs=0.01) and found.dominant == "tool" and found.basis
    assert verify(session.record.path).ok


def test_of_many_jobs_a_bounded_number_is_kept_and_the_rest_counted(opened: Opened) -> None:
    session = opened("d-many-tiny-jobs-v9")
    seen(session, "succeeded")
    weigh(session)
    tiny = next(lane for lane in read(session).lanes if lane.rule == "tiny")
    assert (len(tiny.bars), tiny.more) == (BARS, 300 - BARS)


def test_what_is_not_new_is_not_recorded_twice(opened: Opened) -> None:
    session = opened("c1-flaky-retry-ok-v9")
    seen(session, "succeeded")
    assert weigh(session) is not None
    assert weigh(session) is None and len(kept(session)) == 1


@pytest.mark.parametrize("log", [".snakemake/log/gone.log", "a\0b", ".snakemake"])
def test_a_run_whose_log_is_gone_is_not_weighed(opened: Opened, log: str) -> None:
    session = opened("c1-flaky-retry-ok-v9")
    seen(session, log=log)
    assert weigh(session) is None


def test_without_a_run_there_is_nothing_to_weigh(opened: Opened) -> None:
    assert weigh(opened("c1-flaky-retry-ok-v9")) is None


def test_a_run_that_ends_is_weighed_by_itself(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "AFTER_S", 0.0)
    session = opened("c1-flaky-retry-ok-v9")
    weighed = threading.Event()
    weigher = Weigher(session)
    weigher.start()
    session.listen(lambda line: weighed.set() if isinstance(line.event, events.RunWeighed) else None)
    seen(session, "running")
    assert not kept(session)
    seen(session, "succeeded")
    assert weighed.wait(10)
    weigher.close()
    assert [event.status for event in kept(session)] == ["succeeded"]
