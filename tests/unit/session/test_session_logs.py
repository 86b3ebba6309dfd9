"""Who asks for the logs again and again is told what changed at once, and what nobody tells of after a while."""

from pathlib import Path

import pytest

from incident_console import events
from incident_console.record.incident import Incident
from incident_console.session.core import Session
from incident_console.session.logs import STILL_S, LogEntry, Logs, log_entries


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def logs(clock: Clock) -> Logs:
    return Logs(clock)


def asked(logs: Logs, *files: Path) -> tuple[LogEntry, ...]:
    return logs.entries(None, Incident("INC-1"), Path("/flow"), files, frozenset())


def test_while_nothing_is_told_the_files_are_not_looked_at(logs: Logs, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("one\n")
    before = asked(logs, log)
    log.write_text("one\ntwo\n")
    assert asked(logs, log) is before
    logs.stirred()
    assert [entry.size for entry in asked(logs, log)] == [8]


def test_another_log_is_listed_at_once(logs: Logs, tmp_path: Path) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_text("one\n")
    second.write_text("two\n")
    assert len(asked(logs, first)) == 1
    assert {entry.path for entry in asked(logs, first, second)} == {first, second}


def test_what_nobody_tells_of_is_seen_after_a_while(logs: Logs, clock: Clock, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("one\n")
    asked(logs, log)
    log.unlink()
    clock.now += STILL_S
    assert [entry.told for entry in asked(logs, log)] == ["not there (yet, or any more)"]


def test_where_the_run_is_out_of_reach_only_attempts_of_runs_before_the_last_are_of_earlier_ones(
    session: Session,
) -> None:
    for run in ("1.log", "2.log"):
        session.append(events.RunSeen(log=run, status="failed"))
        session.append(events.AttemptKept(rule="align", attempt=1, complete=False, missing="too late", run=run))
    told = log_entries(None, session.incident, Path("/elsewhere"), ())
    assert [entry.label for entry in told] == ["earlier run: align attempt 1", "align attempt 1"]
