"""Keys that are typed before the incident is open: the first screen is there sooner than what they mean."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from textual.events import Key
from textual.pilot import Pilot

from incident_console.session.core import Session
from incident_console.session.plan import Plan
from incident_console.session.reviewing import Review
from incident_console.tui.app import Console
from incident_console.tui.ask import Ask
from incident_console.tui.facts import Facts
from tests.ui.scene import SMALL, opened, place, screen, shows, until


class Slow:
    """An incident that takes its time to open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.may = threading.Event()
        begin = Plan.begin

        def waits(plan: Plan, resume: Path | None = None) -> Session | Review:
            assert self.may.wait(30)
            return begin(plan, resume)

        monkeypatch.setattr(Plan, "begin", waits)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    return Slow(monkeypatch)


async def closed(pilot: Pilot[int], app: Console) -> None:
    if app.session is None:
        return
    if app.live is not None:
        app.live.close()
    app.session.close()


async def test_a_note_that_is_typed_before_the_incident_is_open_is_whole(tmp_path: Path, slow: Slow) -> None:
    app = Console(place(tmp_path).tiny())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("n", *"quiet", "space", *"note")
        assert app.session is None and not app.query_one(Ask).is_open
        slow.may.set()
        await shows(pilot, "quiet note")
        await closed(pilot, app)


async def test_a_rung_that_is_gone_to_early_is_the_one_that_is_shown(tmp_path: Path, slow: Slow) -> None:
    app = Console(place(tmp_path).tiny())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("3", "2")
        slow.may.set()
        await until(pilot, lambda: app.session is not None and app.place == app.session.runbook.rungs[1].id)
        await closed(pilot, app)


async def test_help_and_leaving_wait_for_nothing(tmp_path: Path, slow: Slow) -> None:
    app = Console(place(tmp_path).tiny())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: len(app.screen_stack) > 1)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("q")
        await until(pilot, lambda: app.return_code == 0)
        slow.may.set()


async def test_what_was_typed_before_a_question_is_not_done_after_it(tmp_path: Path, slow: Slow) -> None:
    here = place(tmp_path)
    slow.may.set()
    async with opened(here.tiny(), SMALL):
        pass
    slow.may.clear()
    app = Console(here.tiny())
    async with app.run_test(size=SMALL) as pilot:
        app.post_message(Key("n", "n"))
        await shows(pilot, "Go on with it?")
        await pilot.press("enter")
        slow.may.set()
        await until(pilot, lambda: app.session is not None and app.picture.looked)
        assert not app.query_one(Ask).is_open, screen(app)
        await closed(pilot, app)


async def test_the_facts_are_told_while_the_incident_is_being_opened(tmp_path: Path, slow: Slow) -> None:
    app = Console(place(tmp_path, "c1-flaky-retry-ok-v9").plan())
    async with app.run_test(size=SMALL) as pilot:
        await shows(pilot, "symptom, as drafted from this", "✓ succeeded 4/4")
        assert app.session is None
        facts = app.query_one(Facts)
        facts.action_select()  # as a double click does
        await pilot.press("enter")
        assert app.session is None and not app.query_one(Ask).is_open
        slow.may.set()
        await until(pilot, lambda: app.incident.open_rung == "symptom")
        await until(pilot, lambda: bool(app.picture.logs))
        await closed(pilot, app)


def test_the_first_screen_loads_nothing_that_only_the_incident_needs() -> None:
    code = (
        "import sys, json, incident_console.commands.working, incident_console.session.plan, incident_console.tui.app;"
        "print(json.dumps([name.removeprefix('incident_console.') for name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    late = {"session.opening", "session.live", "session.handoff", "snakemake.analysis", "snakemake.compare"}
    assert not {"pydantic", "yaml", "runbook.schema", *late} & set(json.loads(done.stdout))
