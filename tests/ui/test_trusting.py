"""A runbook that nobody has trusted is opened and climbed; what it would run is read here, and trusted or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from incident_console.events import RunbookFrozen
from incident_console.runbook import shelf, trust
from tests.ui.scene import RUNBOOK, SMALL, WIDE, closed, kinds, opened, place, screen, shows, until

NOT_TRUSTED = "⚠ not trusted: T shows what it would run"


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_what_it_would_run_is_read_and_trusted_in_the_console(tmp_path: Path, size: tuple[int, int]) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(trusted=False), size) as (app, pilot):
        await pilot.press("2")
        await shows(pilot, NOT_TRUSTED, "T trust", "2  Look")
        await pilot.press("T")
        await shows(pilot, "What it would run", "$ echo 'hello, it says'", "[writes, at most 120 s] for look: touch")
        await pilot.press("escape")
        await shows(pilot, "May the runbook tiny, exactly as it was shown, run its commands?", pane="#ask")
        await pilot.press("enter")  # the first choice is no
        await closed(pilot)
        assert "runbook.frozen" not in kinds(app)[2:] and NOT_TRUSTED in screen(app)
        await pilot.press("T")
        await shows(pilot, "What it would run")
        await pilot.press("escape")
        await shows(pilot, "exactly as it was shown", pane="#ask")
        await pilot.press("down", "enter")
        await until(pilot, lambda: kinds(app).count("runbook.frozen") == 2)
        last = app.incident.lines[-1].event
        assert isinstance(last, RunbookFrozen) and last.trusted == "trusted by olga"
        await until(pilot, lambda: NOT_TRUSTED not in screen(app) and "T trust" not in screen(app))
        await pilot.press("c")
        await until(pilot, lambda: "evidence.captured" in kinds(app))
    assert trust.in_force(here.who.trust)[0].by == "olga"


async def test_a_changed_runbook_asks_again_with_what_changed(tmp_path: Path) -> None:
    here = place(tmp_path)
    here.tiny()
    changed = here.tiny(trusted=False, text=RUNBOOK.replace('run: [sleep, "60"]', "run: [rm, -r, out]"))
    async with opened(changed, WIDE) as (_, pilot):
        await pilot.press("2")
        await shows(pilot, NOT_TRUSTED)
        await pilot.press("T")
        await shows(pilot, "What changed since olga trusted it", 'run: [sleep, "60"]', "run: [rm, -r, out]")


async def test_trust_that_was_taken_back_meanwhile_counts_at_once(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        trust.withdraw(shelf.find(str(tmp_path / "tiny.yaml")).sha256, "olga", "now", here.who.trust)
        before = kinds(app)
        await pilot.press("2", "c")
        await shows(pilot, "What it would run", "nobody has trusted it")
        await pilot.press("escape")
        await shows(pilot, "exactly as it was shown", NOT_TRUSTED)
        assert kinds(app) == before


async def test_capturing_reads_out_what_would_run_and_goes_on_once_it_is_trusted(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(trusted=False), SMALL) as (app, pilot):
        await pilot.press("2", "c")
        await shows(pilot, "What it would run; Esc, and it is asked", "$ echo 'hello, it says'")
        await pilot.press("escape")
        await shows(pilot, "exactly as it was shown", pane="#ask")
        await pilot.press("enter")  # the first choice is no
        await closed(pilot)
        assert "evidence.captured" not in kinds(app)
        await pilot.press("c")
        await shows(pilot, "What it would run")
        await pilot.press("escape")
        await shows(pilot, "exactly as it was shown", pane="#ask")
        await pilot.press("down", "enter")
        await until(pilot, lambda: "evidence.captured" in kinds(app))


async def test_a_trust_file_that_others_may_write_to_is_told(tmp_path: Path) -> None:
    here = place(tmp_path)
    plan = here.tiny()
    here.who.trust.chmod(0o666)
    async with opened(plan, SMALL) as (_, pilot):
        await pilot.press("2", "c")
        await shows(pilot, "others may write to it (mode 666)", pane="Toast")


async def test_what_looks_like_a_secret_is_the_first_that_is_read(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    text = RUNBOOK.replace('run: [sleep, "60"]', f"run: [curl, -u, me, '{token}']")
    async with opened(place(tmp_path).tiny(trusted=False, text=text), WIDE) as (_, pilot):
        await pilot.press("2")
        await shows(pilot, NOT_TRUSTED)
        await pilot.press("T")
        await shows(pilot, "What it would run", "! line ", "this looks like a secret")
