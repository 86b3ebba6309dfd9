"""A workflow's folder was moved while its incident was open: opened where it is now, the incident is offered there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from incident_console.events import RunSeen
from incident_console.record.store import Record
from incident_console.runbook import shelf
from incident_console.session.opening import open_incident
from incident_console.session.plan import Plan
from incident_console.tui.app import Console
from tests.ui.scene import SMALL, Place, RunLog, place, shows, until


def begun(here: Place) -> str:
    """An incident that has seen a run, and was left; its id."""
    run = RunLog(here.workdir)
    session = open_incident(here.who, here.workdir, shelf.find("slow-or-flaky-run"), title="")
    log = str(run.path.relative_to(here.workdir))
    session.append(RunSeen(log=log, status="running", started_at="2026-11-22T12:00:00Z"))
    session.close()
    return session.id


@pytest.mark.parametrize("size", [SMALL, (200, 50)])
async def test_the_incident_goes_on_where_the_workflow_is_now(tmp_path: Path, size: tuple[int, int]) -> None:
    here = place(tmp_path)
    id = begun(here)
    now = here.workdir.rename(tmp_path / "moved")
    app = Console(Plan(here.who, now))
    async with app.run_test(size=size) as pilot:
        await shows(
            pilot, "An incident was begun on this workflow before it was moved. Go on with it here?", pane="#ask"
        )
        await shows(pilot, id, "its run logs are here, its folder is gone", pane="#ask")
        await pilot.press("enter")
        await until(pilot, lambda: app.session is not None and app.picture.run is not None)
        assert app.session is not None and app.session.id == id and app.session.workdir == now
        assert app.live is not None
        app.live.close()
        app.session.close()
    assert Record(here.who.records / id).incident().workdir == str(now)


def test_only_what_was_left_by_a_folder_that_is_gone_with_its_run_logs_is_offered(tmp_path: Path) -> None:
    here = place(tmp_path)
    id = begun(here)
    other = tmp_path / "other"
    other.mkdir()
    assert [one.id for one in here.plan().candidates()] == [id]
    assert Plan(here.who, other).candidates() == ()
    now = here.workdir.rename(tmp_path / "moved")
    assert Plan(here.who, other).candidates() == (), "its run logs are not here"
    assert [one.id for one in Plan(here.who, now).candidates()] == [id]
    here.workdir.mkdir()
    assert Plan(here.who, now).candidates() == (), "a copy: the folder that it was begun in is still there"
    assert Plan(replace(here.who, records=tmp_path / "none"), now).candidates() == ()
