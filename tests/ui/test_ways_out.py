"""What leaves the console: copied, or sent by a configured command that is shown before it runs."""

import sys
from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot

from incident_console.session.plan import Plan
from incident_console.session.ways import Way
from incident_console.tui.app import Console
from tests.ui.scene import MEDIUM, SMALL, Place, ahead, flat, kinds, opened, place, screen, shows, until


def program(here: Place, text: str) -> str:
    path = here.root / "gh"
    path.write_text(f"#!{sys.executable}\nimport sys, time\n{text}\n")
    path.chmod(0o755)
    return str(path)


def plan(here: Place, *run: str) -> Plan:
    tiny = here.tiny()
    return replace(tiny, who=replace(tiny.who, ways=(Way("issue", run, "The owners' issues", 60),)))


async def palette(pilot: Pilot[int], title: str) -> None:
    assert isinstance(pilot.app, Console)
    await pilot.press("ctrl+p")
    await shows(pilot, "Search: action")
    ahead(pilot.app, *title.lower())
    await shows(pilot, title)
    await pilot.press("enter")


async def test_note_and_brief_are_copied_from_the_palette_and_from_their_pages(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await palette(pilot, "Copy the note")
        await shows(pilot, "The note is copied", pane="Toast")
        assert app.clipboard.startswith("# Incident note")
        await palette(pilot, "Copy the brief")
        await until(pilot, lambda: "Hypothesis" in app.clipboard)
        await palette(pilot, "Read the note")
        await shows(pilot, "─ Note ─", "c copies")
        await pilot.press("c")
        await until(pilot, lambda: app.clipboard.startswith("# Incident note"))


async def test_a_command_is_shown_before_it_runs_and_recorded_after(tmp_path: Path) -> None:
    here = place(tmp_path)
    gh = program(
        here, "print('https://example.org/issues/12'); open(sys.argv[0] + '.got', 'w').write(open(sys.argv[-1]).read())"
    )
    async with opened(plan(here, gh, "issue", "create", "--body-file", "{note}"), SMALL) as (app, pilot):
        await palette(pilot, "Send: The owners' issues")
        await shows(pilot, "Who does it go to?", "The owners' issues", pane="#ask")
        await pilot.press("enter")
        await shows(
            pilot, "Run it?", "issue create --body-file", "It gets note: note.md", "# Incident note", pane="#ask"
        )
        await shows(pilot, "with your own environment", "no, send nothing", "yes, run it", pane="#ask")
        assert not Path(gh + ".got").exists() and "action.taken" not in kinds(app)
        await pilot.press("down", "enter")
        await shows(pilot, "✓ exit code 0", "https://example.org/issues/12", "It stands in the record", "Esc closes")
        assert Path(gh + ".got").read_text().startswith("# Incident note")
        (action,) = app.incident.actions.values()
        assert action.sent_to == "The owners' issues" and "issues/12" in action.result
        await pilot.press("escape")
        await until(pilot, lambda: "It stands in the record" not in screen(app))


async def test_no_is_what_enter_means_first_and_nothing_is_run(tmp_path: Path) -> None:
    here = place(tmp_path)
    gh = program(here, "open(sys.argv[0] + '.got', 'w')")
    async with opened(plan(here, gh, "{brief}"), MEDIUM) as (app, pilot):
        await palette(pilot, "Send: The owners' issues")
        await shows(pilot, "Who does it go to?")
        await pilot.press("enter")
        await shows(pilot, "Run it?")
        await pilot.press("enter")
        await shows(pilot, "Nothing was run, and nothing was sent.", pane="Toast")
        assert not Path(gh + ".got").exists() and "action.taken" not in kinds(app)


async def test_a_command_that_hangs_shows_its_progress_and_is_cancelled(tmp_path: Path) -> None:
    here = place(tmp_path)
    gh = program(here, "print('so far', flush=True); time.sleep(60)")
    async with opened(plan(here, gh, "{brief}"), SMALL) as (app, pilot):
        await palette(pilot, "Send: The owners' issues")
        await shows(pilot, "Who does it go to?")
        await pilot.press("enter")
        await shows(pilot, "Run it?")
        await pilot.press("down", "enter")
        await shows(pilot, "⟳ running", "7 B so far", "Esc cancels")
        await pilot.press("x")
        await shows(pilot, "✗ cancelled", "Esc closes")
        assert "cancelled" in next(iter(app.incident.actions.values())).result
        await pilot.press("x")
        await until(pilot, lambda: "cancelled" not in flat(app, "#page"))


async def test_a_program_that_is_not_there_and_a_bundle_that_is_not_written_are_told(tmp_path: Path) -> None:
    here = place(tmp_path)
    missing = plan(here, "no-such-program-anywhere", "{id}")
    bundle = Way("mail", ("mail", "{bundle}"), "Mail it", 5)
    missing = replace(missing, who=replace(missing.who, ways=(*missing.who.ways, bundle)))
    async with opened(missing, MEDIUM) as (_, pilot):
        await palette(pilot, "Send: The owners' issues")
        await shows(pilot, "Who does it go to?")
        await pilot.press("enter")
        await shows(pilot, "Run it?", "It gets no file of the record.")
        await pilot.press("down", "enter")
        await shows(pilot, "✗ could not run: there is no command no-such-program-anywhere")
        await pilot.press("escape")
        await palette(pilot, "Send: Mail it")
        await shows(pilot, "Who does it go to?")
        await pilot.press("enter")
        await shows(pilot, "there is no hand-off bundle of this incident", pane="Toast")
