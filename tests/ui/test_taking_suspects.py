"""What the run's own files suggest: suspects on the classify rung, drafts of class, cost and scope, evidence first."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from incident_console.events import ClassSet
from incident_console.runbook.load import loads
from incident_console.session import understanding
from incident_console.session.picture import Picture
from incident_console.session.suggest import draft
from incident_console.session.surfaces import smallest_first
from incident_console.session.understanding import Understanding
from incident_console.snakemake.groups import FailureGroup
from incident_console.snakemake.run import Run
from incident_console.snakemake.suspects import Suspect
from incident_console.tui.app import Console
from incident_console.tui.log.view import LogView
from incident_console.tui.rung import RungRows
from tests.ui.scene import SMALL, WIDE, RunLog, drawn, flat, kinds, opened, place, shows, until

CLASSIFY = """\
schema: incident-console/runbook/1
id: classing
version: "1"
title: Classing
owner: the tests
when: In a test.
first: scope
second: classify
stop: classify
watch: [Snakefile]
logs: ["logs/**/*.log"]
rungs:
  - id: scope
    role: scope
    question: Where?
    ask:
      - {id: targets, type: many, prompt: "Which samples?", choices_from: wildcards, required: true, unknown: true}
      - {id: family, type: many, prompt: "Which rules?", choices_from: rules, required: true}
  - id: look
    role: evidence
    question: What is there?
    evidence:
      - {id: writes, surface: rule-log, question: "Rerun", run: [touch, x], effects: writes}
      - {id: bench, surface: benchmark, question: "What did it cost?", pick: latest-benchmark, warn: "Jobs read 0."}
      - {id: log, surface: rule-log, question: "What happened?", pick: failing-log}
    needs: [log]
  - id: classify
    role: classify
    question: Where does the problem live?
    ask:
      - id: class
        type: choice
        prompt: Which class?
        choices: [workflow-semantics, operating-context, storage-visibility, tool-behavior, undetermined]
        required: true
      - id: cost
        type: choice
        prompt: Which cost?
        choices: [planning, scheduler, storage, tool, undetermined]
        required: true
      - {id: confidence, type: choice, prompt: "How sure?", choices: [low, medium, high], required: true}
      - {id: ruled_out, type: text, prompt: "What is ruled out?", required: true, unknown: true}
      - {id: next_measurement, type: text, prompt: "What next?", required: true, unknown: true}
"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(understanding, "EVERY_S", 0.05)


def said(app: Console) -> list[ClassSet]:
    return [line.event for line in app.incident.lines if isinstance(line.event, ClassSet)]


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_rung_shows_suspects_with_reasons_and_places(tmp_path: Path, size: tuple[int, int]) -> None:
    here = place(tmp_path, "c2-deterministic-fail-stop-v9")
    async with opened(here.tiny(text=CLASSIFY), size) as (app, pilot):
        await until(pilot, lambda: app.picture.known is not None)
        await pilot.press("3")
        await shows(pilot, "▸ tool-behavior", " for, ", " against", "settled by:", "+ ", pane="#rung")
        await until(pilot, lambda: app.query_one(RungRows).row == "suspect:tool-behavior")


async def test_t_takes_the_suspect_and_records_what_was_suggested_beside_what_was_decided(tmp_path: Path) -> None:
    here = place(tmp_path, "c2-deterministic-fail-stop-v9")
    async with opened(here.tiny(text=CLASSIFY), WIDE) as (app, pilot):
        await until(pilot, lambda: app.picture.known is not None)
        await pilot.press("3")
        await shows(pilot, "t take suspect")
        await pilot.press("t")
        await until(pilot, lambda: bool(said(app)))
        (event,) = said(app)
        assert event.class_ == "tool-behavior" and event.suggested is not None
        assert event.suggested.startswith("tool-behavior (") and "; cost " in event.suggested
        assert event.for_ and all(":" in clue for clue in event.for_) and event.next_measurement != "unknown"
        assert event.confidence == "unknown", "only the operator knows how sure that is"
        await until(pilot, lambda: app.query_one(RungRows).row == "field:confidence")
        strength = app.picture.known.suspects[0].score if app.picture.known is not None else 0
        await shows(pilot, f"draft: {'high' if strength >= 0.75 else 'medium'}", pane="#rung")


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_all_that_speaks_for_a_suspect_is_listed(tmp_path: Path, size: tuple[int, int]) -> None:
    here = place(tmp_path, "c1-flaky-retry-ok-v9")
    async with opened(here.tiny(text=CLASSIFY), size) as (app, pilot):
        await until(pilot, lambda: app.picture.known is not None)
        assert app.picture.known is not None
        first = app.picture.known.suspects[0]
        await pilot.press("3")
        rows = app.query_one(RungRows)
        await until(pilot, lambda: any((option.id or "").startswith("clue:") for option in rows.options))
        listed = [one.id for one in rows.options if (one.id or "").startswith(f"clue:{first.incident_class}:for:")]
        assert len(listed) == len(first.because)


def test_how_sure_one_is_is_drafted_from_the_strength_that_is_shown() -> None:
    (field,) = (field for field in loads(CLASSIFY.encode(), "x.yaml").runbook.rungs[2].ask if field.id == "confidence")
    rung = loads(CLASSIFY.encode(), "x.yaml").runbook.rungs[2]
    for score, told in ((0.82, "high"), (0.69, "medium"), (0.3, "low")):
        suspect = Suspect("tool-behavior", score, (), (), "", ())
        known = SimpleNamespace(suspects=(suspect,), incident_class="tool-behavior")
        assert draft(rung, field, Picture(run=Run("a.log", "failed"), known=cast(Understanding, known))) == told


async def test_enter_on_a_suspect_only_asks_with_it_as_the_draft(tmp_path: Path) -> None:
    here = place(tmp_path, "c2-deterministic-fail-stop-v9")
    async with opened(here.tiny(text=CLASSIFY), WIDE) as (app, pilot):
        await until(pilot, lambda: app.picture.known is not None)
        await pilot.press("3")
        await shows(pilot, "t take suspect", "Enter answer")
        await pilot.press("j")
        await shows(pilot, "Enter open log")
        await pilot.press("k", "enter")
        await shows(pilot, "Which class?", pane="#ask")
        assert said(app) == []
        await pilot.press("enter")
        await until(pilot, lambda: bool(said(app)))
        assert said(app)[0].class_ == "tool-behavior"
        await until(pilot, lambda: app.query_one(RungRows).row == "field:cost")


async def test_the_operator_may_decide_otherwise_and_both_are_recorded(tmp_path: Path) -> None:
    here = place(tmp_path, "c2-deterministic-fail-stop-v9")
    async with opened(here.tiny(text=CLASSIFY), WIDE) as (app, pilot):
        await until(pilot, lambda: app.picture.known is not None)
        await pilot.press("3")
        rows = app.query_one(RungRows)
        await until(pilot, lambda: rows.row is not None)
        rows.put_cursor("field:class")
        await pilot.press("enter", "up", "enter")  # from the draft, tool-behavior, to the one above
        await until(pilot, lambda: bool(said(app)))
        (event,) = said(app)
        assert event.class_ == "storage-visibility" and "tool-behavior" in (event.suggested or "")
        assert event.for_ == ()  # nothing speaks for it, and nothing is made up


async def test_a_healthy_run_is_drafted_as_undetermined(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir, planned=1)
    run.starts("align", 1)
    run.finishes("align", 1)
    run.ends()
    async with opened(here.tiny(text=CLASSIFY), WIDE) as (app, pilot):
        await until(pilot, lambda: app.picture.known is not None)
        await pilot.press("3")
        await shows(pilot, "▸ undetermined", "draft: undetermined", pane="#rung")
        await pilot.press("t")
        await until(pilot, lambda: bool(said(app)))
        assert said(app)[0].class_ == "undetermined" and (said(app)[0].suggested or "").startswith("undetermined")


async def test_enter_on_a_clue_opens_the_place_where_it_stands(tmp_path: Path) -> None:
    here = place(tmp_path, "c2-deterministic-fail-stop-v9")
    async with opened(here.tiny(text=CLASSIFY), WIDE) as (app, pilot):
        await until(pilot, lambda: app.picture.known is not None)
        assert app.picture.known is not None
        source = app.picture.known.suspects[0].because[0].source
        await pilot.press("3")
        rows = app.query_one(RungRows)
        await until(pilot, lambda: any(option.id == "clue:tool-behavior:for:0" for option in rows.options))
        rows.put_cursor("clue:tool-behavior:for:0")
        await pilot.press("enter")
        view = app.query_one(LogView)
        await until(pilot, lambda: view.path == here.workdir / source.path and view.cursor_row == source.line - 1)
        assert "class.set" not in kinds(app)


async def test_a_later_correction_of_another_field_is_no_new_class(tmp_path: Path) -> None:
    here = place(tmp_path, "c2-deterministic-fail-stop-v9")
    async with opened(here.tiny(text=CLASSIFY), WIDE) as (app, pilot):
        await until(pilot, lambda: app.picture.known is not None)
        session = app.session
        assert session is not None and session.suggested is not None
        session.answer("classify", {"class": "tool-behavior", "cost": "tool"})
        session.suggested = None  # the run went on, and says something else
        session.answer("classify", {"class": "tool-behavior"})
        await until(pilot, lambda: kinds(app).count("rung.answered") == 2)
        assert len(said(app)) == 1


async def test_the_scope_is_drafted_from_what_failed_and_the_rest_can_be_chosen(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    for jobid, sample in enumerate("ABC", 1):
        run.starts("align", jobid, sample, "FATAL\n")
    run.finishes("align", 1)
    run.fails("align", 2, "B")
    async with opened(here.tiny(text=CLASSIFY), WIDE) as (app, pilot):
        await until(pilot, lambda: bool(app.picture.symptom))
        await pilot.press("1", "enter")
        await shows(pilot, "Which samples?", "[✓] sample=B × 1 failed", "[ ] sample=A", "[ ] sample=C", pane="#ask")
        await pilot.press("enter")
        await until(pilot, lambda: "rung.answered" in kinds(app))
        assert app.incident.rungs["scope"].answers["targets"].value == ["sample=B"]


async def test_the_evidence_that_answers_with_least_comes_first_and_says_why(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1, "B", "FATAL\n")
    run.fails("align", 1, "B")
    async with opened(here.tiny(text=CLASSIFY), WIDE) as (app, pilot):
        await until(pilot, lambda: bool(app.picture.symptom))
        await pilot.press("2")
        await drawn(pilot, app)
        text = flat(app, "#rung")
        assert text.index("○ log ") < text.index("○ bench ") < text.index("○ writes ")
        assert "first: align failed for good, and its log says most with least" in text
        assert "It does not say why there is more to do. Jobs read 0." in text
        await until(pilot, lambda: app.query_one(RungRows).row == "evidence:log")


def test_a_runbooks_own_order_stands_where_the_run_shows_nothing() -> None:
    rungs = loads(CLASSIFY.encode(), "x.yaml").runbook.rungs
    for rung in (rungs[0], rungs[2]):
        assert smallest_first(rung, Picture()) == (rung, "")
    ordered, because = smallest_first(rungs[1], Picture())
    assert [item.id for item in ordered.evidence] == ["bench", "log", "writes"] and because == ""
    failed = Picture(run=Run("a.log", "failed", failures=(FailureGroup("align", "killed", 1, "x", still_failing=1),)))
    assert [item.id for item in smallest_first(rungs[1], failed)[0].evidence] == ["log", "bench", "writes"]
