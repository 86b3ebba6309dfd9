"""Going from one piece of evidence to the next; a question keeps the focus; what a small screen must not hide."""

from pathlib import Path

from textual.widgets._toast import Toast

from incident_console.tui.ask import Ask
from incident_console.tui.log.view import LogView
from incident_console.tui.rung import RungRows
from tests.ui.scene import (
    MEDIUM,
    SMALL,
    WIDE,
    RunLog,
    ahead,
    closed,
    flat,
    kinds,
    opened,
    place,
    screen,
    shows,
    types,
    until,
)

LADDER = """\
schema: incident-console/runbook/1
id: keep
version: "1"
title: Keep
owner: the tests
when: In a test.
first: look
second: look
stop: look
watch: [Snakefile]
logs: ["logs/**/*.log"]
rungs:
  - id: look
    question: What is there, and what is it that was there before, and who has seen it there, and when was it seen last?
    help: One line of help that is long enough to be wrapped where the pane is narrow, and ends in the word anew.
    evidence:
      - {id: one, surface: diff, question: "One?", run: [echo, one], effects: read-only}
      - {id: two, surface: diff, question: "Two?", run: [echo, two], effects: read-only}
      - {id: three, surface: diff, question: "Three?", run: [echo, three], effects: read-only}
    ask:
      - {id: what, type: text, prompt: "What is it?", required: true}
    needs: [one]
"""


async def test_c_goes_from_one_piece_of_evidence_to_the_next_and_captures_none_twice(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(text=LADDER), SMALL) as (app, pilot):
        rows = app.query_one(RungRows)
        await pilot.press("1")
        await shows(pilot, "○ not captured (needed)", "○ not captured (optional)", pane="#rung")
        for captured, following in (("one", "evidence:two"), ("two", "evidence:three"), ("three", "field:what")):
            await pilot.press("c")
            await until(pilot, lambda: rows.row == following)  # noqa: B023
            await shows(pilot, f"✓ {captured}", "✓ captured", pane="#rung")
        await pilot.press("c")
        await shows(pilot, "All evidence of this rung is captured", pane="Toast")
        assert kinds(app).count("evidence.captured") == 3 and rows.row == "field:what"


async def test_a_question_keeps_the_focus_and_escape_gives_it_to_the_pane_in_view(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await pilot.press("1", "enter")
        await types(pilot, "ab", "tab")
        panel = app.query_one(Ask)
        assert app.focused is panel.field
        await pilot.click("#log-view", offset=(5, 5))
        await until(pilot, lambda: app.focused is panel.field)
        app.screen.set_focus(None)
        await pilot.press("escape")
        await closed(pilot)
        await until(pilot, lambda: app.focused is app.query_one(RungRows))


async def test_the_question_of_a_rung_is_whole_while_the_panel_is_open(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(text=LADDER), SMALL) as (_, pilot):
        await pilot.press("1", "end", "up", "enter")
        await shows(pilot, "What is it?", pane="#ask")
        await shows(pilot, "the word anew.", pane="#rung")


async def test_the_footer_says_what_choices_take(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("1", "down", "enter")
        await shows(pilot, "Which side?")
        await until(pilot, lambda: "Enter take" in screen(app).split("\n")[-1])
        await pilot.press("escape", "down", "enter")
        await shows(pilot, "Where?", pane="#ask")
        await until(pilot, lambda: "space mark" in screen(app).split("\n")[-1])


async def test_why_is_offered_while_an_edit_waits_and_the_diff_is_shown(tmp_path: Path) -> None:
    here = place(tmp_path)
    (here.workdir / "Snakefile").write_text("rule a:\n    threads: 1\n")
    async with opened(here.tiny(), WIDE) as (app, pilot):
        assert " why" not in screen(app).split("\n")[-1]
        await pilot.press("question_mark")
        await shows(pilot, "1-3  Go to that rung")
        await pilot.press("escape")
        (here.workdir / "Snakefile").write_text("rule a:\n    threads: 8\n")
        await until(pilot, lambda: "y why" in screen(app).split("\n")[-1])
        await pilot.press("y")
        await shows(pilot, "Edited: Snakefile.", pane="#ask")
        await shows(pilot, "threads: 8", pane="#log-view")


async def test_a_message_from_before_does_not_cover_a_question_nor_any_the_line_of_the_log(tmp_path: Path) -> None:
    here = place(tmp_path)
    RunLog(here.workdir)
    for size in (SMALL, (60, 15)):
        async with opened(here.tiny(), size) as (app, pilot):
            app.show_log()
            app.desk.tell("something was seen, and this says what")
            await until(pilot, lambda: bool(app.screen.query(Toast)))
            await pilot.pause()
            last = app.query_one(LogView).region.bottom
            assert all(toast.region.y >= last for toast in app.screen.query(Toast))
            await pilot.press("n")
            await until(pilot, lambda: not app.screen.query(Toast))
            ahead(app, "escape")
            await closed(pilot)
            await pilot.press("q")
        for found in here.who.records.glob("INC-*"):
            found.rename(here.root / f"{found.name}-{size[0]}")


async def test_closing_without_proof_asks_once_more_and_ends_capturing(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("2", "c")
        await shows(pilot, "✓ captured", pane="#rung")
        app.desk.start(app.desk.say.close_incident())
        await shows(pilot, "How did it end?", "Rung 2 is still open", pane="#ask")
        await types(pilot, "fixed", "enter")
        await shows(pilot, "Is the cause known?")
        await pilot.press("enter")
        await shows(pilot, "What proves it")
        await pilot.press("enter", "enter")
        await shows(pilot, "`unknown` stands in the record", pane="#ask")
        assert "incident.closed" not in kinds(app)
        await pilot.press("enter")
        await closed(pilot)
        await shows(pilot, "■ closed", pane="#header")
        before = len(kinds(app))
        await pilot.press("c")
        await shows(pilot, "the incident is closed (fixed)", pane="Toast")
        await pilot.press("1")
        await pilot.press("enter")
        await pilot.pause()
        assert len(kinds(app)) == before and "Which surface?" not in flat(app, "#ask")
