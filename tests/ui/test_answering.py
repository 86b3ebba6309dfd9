"""Answers, refusals, drafts, completing and waiving."""

import threading
import time
from pathlib import Path

from incident_console.record.gaps import gaps as gaps_of
from incident_console.tui.ask import Ask
from incident_console.tui.climb import says_why
from incident_console.tui.inorder import OPENS_S
from incident_console.tui.rung import RungRows
from tests.ui.scene import (
    MEDIUM,
    RUNBOOK,
    SMALL,
    RunLog,
    ahead,
    closed,
    drawn,
    kinds,
    opened,
    place,
    screen,
    shows,
    types,
    until,
)


async def test_a_text_a_choice_and_several_of_several_are_answered_one_after_the_other(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("1", "enter")
        await types(pilot, "out/A.txt", "enter")
        await shows(pilot, "Which side?", "middle", pane="#ask")  # what is needed next is asked by itself
        await pilot.press("down", "enter")
        await shows(pilot, "Where?", "space marks", pane="#ask")
        await pilot.press("space", "down", "space", "enter")
        await closed(pilot)
        await until(pilot, lambda: len(app.incident.rungs["symptom"].answers) == 3)
        answers = app.incident.rungs["symptom"].answers
        assert [answers[name].value for name in ("surface", "side", "where")] == ["out/A.txt", "right", ["local", "ci"]]
        await shows(pilot, "✓ Which surface? out/A.txt", "✓ Where? local, ci", "▸ complete this rung", pane="#rung")
        await pilot.press("enter")
        await until(pilot, lambda: app.incident.open_rung == "look")
        await shows(pilot, "2  Look", "1✓ 2▸")


async def test_unknown_alone_is_an_answer_to_several_of_several(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("1", "down", "down", "enter")
        await shows(pilot, "Where?", "unknown")
        await pilot.press("end", "space", "enter")
        await until(pilot, lambda: "where" in app.incident.rungs["symptom"].answers)
        assert app.incident.rungs["symptom"].answers["where"].value == "unknown"


async def test_a_refusal_is_shown_where_the_text_still_stands(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("1", "enter")
        await types(pilot, "it is broken", "enter")
        await shows(pilot, "✗", "Name the file that changed.", "it is broken", pane="#ask")
        assert "rung.answered" not in kinds(app)
        await types(pilot, "ackspace", "enter")
        await shows(pilot, "it is brokenackspace", pane="#ask")
        await pilot.press("ctrl+u", *"out/A", "enter")
        await shows(pilot, "✓ Which surface?")


async def test_nothing_is_no_answer_where_one_is_needed_and_one_where_none_is(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("1", "enter")
        await types(pilot, "   ", "enter")
        await shows(pilot, "Something must stand here")
        await pilot.press("escape")
        await closed(pilot)
        await pilot.press("end", "up", "enter")
        await types(pilot, "", "enter")
        await until(pilot, lambda: "aside" in app.incident.rungs["symptom"].answers)
        await shows(pilot, "(empty)")


async def test_escape_keeps_a_draft_that_comes_back_also_in_another_sitting(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("1", "enter")
        await types(pilot, "half a thou", "escape")
        await closed(pilot)
        await shows(pilot, "✎ draft: half a thou")
        await pilot.press("enter")
        await shows(pilot, "half a thou", pane="#ask")
        await types(pilot, "ght", "escape")
        await closed(pilot)
        await until(pilot, lambda: (here.record / "drafts.json").exists())
        await app.desk.drafts.write()
    from dataclasses import replace

    async with opened(replace(here.tiny(), resume=here.record), MEDIUM) as (app, pilot):
        await shows(pilot, "1▸", "✎ draft: half a thought")  # at the same rung
        await pilot.press("enter")
        await shows(pilot, "half a thought", pane="#ask")
        await pilot.press("enter")
        await shows(pilot, "✓ Which surface? half a thought", pane="#rung")
        assert not (here.record / "drafts.json").exists(), "what was taken is no draft any more"


async def test_a_second_question_waits_until_the_first_is_answered(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("1", "enter")
        await types(pilot, "out/")
        await pilot.press("tab")  # the panel keeps the focus
        app.action_note()
        await shows(pilot, "Answer this first", "out/")
        await types(pilot, "A", "enter")
        await until(pilot, lambda: "surface" in app.incident.rungs["symptom"].answers)
        assert app.incident.rungs["symptom"].answers["surface"].text == "out/A"


async def test_a_rung_says_in_short_what_it_still_needs(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("1")
        await shows(pilot, "… to complete this rung: answer “Which surface?”, “Which side?” and 1 more", pane="#rung")
        await pilot.press("end")
        await shows(pilot, "Enter answer")
        await pilot.press("enter")
        await shows(pilot, "Which surface?", pane="#ask")
        await types(pilot, "out/A", "enter")
        await until(pilot, lambda: "surface" in app.incident.rungs["symptom"].answers)
        await shows(pilot, "… to complete this rung: answer “Which side?”, “Where?”", pane="#rung")
        assert "rung.completed" not in kinds(app)


async def test_what_matches_no_choice_is_said_and_the_choices_stay(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("1", "down", "down", "enter")
        await shows(pilot, "Where?", "[ ] local", "a list: space marks a row, Enter takes the marked", pane="#ask")
        await pilot.press("enter")
        await shows(pilot, "Nothing is marked: space marks the row under the cursor", "[ ] ci", pane="#ask")
        await types(pilot, "my laptop")
        await shows(pilot, "no choice matches “my laptop”; own words are not possible here", "[ ] ci", pane="#ask")
        await pilot.press("enter")
        await shows(pilot, "no choice matches “my laptop”", "[ ] local", "[ ] ci", pane="#ask")
        await types(pilot, "ci", "space", "enter")
        await until(pilot, lambda: "where" in app.incident.rungs["symptom"].answers)
        assert app.incident.rungs["symptom"].answers["where"].value == ["ci"]
        await pilot.press("n")
        await shows(pilot, "Note", pane="#ask")
        await pilot.press("ctrl+y")
        await shows(pilot, "my laptop", pane="#ask")


ALTERNATIVES = """\
schema: incident-console/runbook/1
id: tiny
version: "1"
title: Tiny
owner: the tests
when: In a test.
first: look
second: look
stop: look
rungs:
  - id: look
    question: What is there?
    evidence:
      - {id: one, surface: diff, question: "One?", run: [echo, one], effects: read-only}
      - {id: two, surface: diff, question: "Two?", run: [echo, two], effects: read-only}
    needs: ["one|two"]
"""


async def test_of_alternatives_it_says_that_one_is_needed_and_then_that_none_is(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(text=ALTERNATIVES), SMALL) as (app, pilot):
        await pilot.press("1")
        await shows(pilot, "not captured (needed, this one or another)", pane="#rung")
        await pilot.press("end", "enter")
        await until(pilot, lambda: app.query_one(RungRows).row == "evidence:one")
        await pilot.press("c")
        await shows(pilot, "○ not captured (optional)", "complete this rung", pane="#rung")
        assert "(needed)" not in screen(app)
        assert any(
            "Evidence two" in told and "one, which is enough there, was given" in told for told in gaps_of(app.incident)
        )


async def test_a_rung_is_waived_with_a_reason_and_the_next_one_opens(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("1", "w")
        await shows(pilot, "Rung 1 “Symptom” is left out: why?")
        await pilot.press("enter")
        await shows(pilot, "Something must stand here")
        await types(pilot, "ben", "enter")  # a name that was meant for the hand-off
        await shows(pilot, "Say in a few words why", "ben", pane="#ask")
        await pilot.press(*["backspace"] * 3)
        await types(pilot, "seen by phone", "enter")
        await until(pilot, lambda: app.incident.open_rung == "look")
        await shows(pilot, "1⊘ 2▸")
        await pilot.press("1")
        await shows(pilot, "⊘ waived: seen by phone")


async def test_what_is_typed_ahead_goes_where_it_belongs(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("a")
        await shows(pilot, "What was done?")
        ahead(app, *"quenched", "enter", *"quite hot", "enter", "enter", *"quiet", "enter")
        await until(pilot, lambda: "action.taken" in kinds(app))
        (action,) = app.incident.actions.values()
        assert (action.text, action.why, action.expected) == ("quenched", "quite hot", "quiet")
        await closed(pilot)
        await pilot.press("n")
        await shows(pilot, "Note", pane="#ask")
        ahead(app, *"quick", "f2", "f2", "enter")
        await until(pilot, lambda: "note.added" in kinds(app))
        (note,) = app.incident.notes.values()
        assert (note.text, note.nature) == ("quick", "decision")
        await closed(pilot)
        await pilot.press("n")
        await shows(pilot, "Note", pane="#ask")
        ahead(app, *"left at once", "escape")
        await closed(pilot)
        await pilot.press("n")
        await shows(pilot, "left at once", pane="#ask")
        assert app.is_running


async def test_a_whole_rung_can_be_typed_ahead_and_no_letter_of_it_is_a_key(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        ahead(app, "1", "enter", *"quick/hot.txt", "enter", *"right", "enter", "down", " ", "enter")
        await until(pilot, lambda: len(app.incident.rungs["symptom"].answers) == 3)
        answers = app.incident.rungs["symptom"].answers
        assert [answers[id].text for id in ("surface", "side", "where")] == ["quick/hot.txt", "right", "ci"]
        await closed(pilot)
        assert kinds(app)[2:] == ["rung.entered", *["rung.answered"] * 3]
        assert app.is_running and app.place == "symptom"


async def test_what_is_typed_fast_stands_in_its_order_in_each_of_many_fields(tmp_path: Path) -> None:
    """As from the thread that reads a terminal, half a millisecond a key: one that overtakes another spoils a word."""
    asked = "".join(f'      - {{id: f{n}, type: text, prompt: "F{n}?", required: true}}\n' for n in range(12))
    text = RUNBOOK.replace('      - {id: aside, type: text, prompt: "Anything else?"}\n', asked)
    text = text.replace("choices: [left, right, middle], required: true", "choices: [left, right, middle]")
    text = text.replace("scheduler], required: true, unknown", "scheduler], unknown")
    words = [f"abcdefghijkl{n}" for n in range(13)]
    async with opened(place(tmp_path).tiny(text=text), MEDIUM) as (app, pilot):
        await pilot.press("1", "enter")
        await until(pilot, lambda: app.query_one(Ask).is_open)

        def types_on() -> None:
            for key in "\r".join((*words, "")):
                app.call_from_thread(ahead, app, "enter" if key == "\r" else key)
                time.sleep(0.0005)

        typing = threading.Thread(target=types_on)
        typing.start()
        await until(pilot, lambda: len(app.incident.rungs["symptom"].answers) == 13)
        typing.join()
        assert [answer.text for answer in app.incident.rungs["symptom"].answers.values()] == words


def test_a_waiver_needs_words_also_where_they_have_no_blanks_between_them() -> None:
    assert not says_why("done")[1] and says_why("seen by phone")[1] and says_why("磁盘已满无法继续")[1]


async def test_escape_leaves_what_is_asked_next_and_what_was_answered_stays(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await pilot.press("1", "enter")
        await types(pilot, "out/A", "enter")
        await shows(pilot, "Which side?", pane="#ask")
        await pilot.press("escape")
        await closed(pilot)
        await shows(pilot, "✓ Which surface? out/A", "? Which side?", pane="#rung")
        rows = app.query_one(RungRows)
        assert rows.row == "field:side" and app.focused is rows


async def test_a_suggestion_that_nobody_touched_goes_with_the_run_and_own_words_stay(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir, planned=3)
    run.starts("align", 1, "A")
    run.fails("align", 1, "A")
    text = RUNBOOK.replace("{id: surface, type: text,", "{id: scope, type: text,").replace(
        "field: surface", "field: scope"
    )
    async with opened(here.tiny(text=text), MEDIUM) as (app, pilot):
        await until(pilot, lambda: bool(app.picture.symptom))
        await pilot.press("1", "enter")
        await shows(pilot, "align: A", pane="#ask")
        run.starts("align", 2, "B")
        run.fails("align", 2, "B")
        await shows(pilot, "align: A, B", pane="#ask")
        await types(pilot, " and more")
        run.starts("align", 3, "C")
        run.fails("align", 3, "C")
        await until(pilot, lambda: "C" in (app.picture.symptom or ""))
        await drawn(pilot, app)
        await shows(pilot, "align: A, B and more", pane="#ask")
        await pilot.press("enter")
        await until(pilot, lambda: "scope" in app.incident.rungs["symptom"].answers)
        assert app.incident.rungs["symptom"].answers["scope"].text == "align: A, B and more"


async def test_keys_are_not_slow_while_a_command_runs(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await pilot.press("2", "j", "c")
        await until(pilot, lambda: bool(app.desk.climb.busy))
        await until(pilot, lambda: not app.desk.opening)
        began = time.monotonic()
        ahead(app, *"jk" * 10, "n")
        await shows(pilot, "Note", pane="#ask")
        assert time.monotonic() - began < 10 * OPENS_S, "each key waited for the command"
        await pilot.press("escape")
        await app.desk.climb.cancel_all()


async def test_what_was_only_suggested_is_no_draft(tmp_path: Path) -> None:
    here = place(tmp_path, "c2-deterministic-fail-stop-v9")
    async with opened(here.plan(), SMALL) as (app, pilot):
        await until(pilot, lambda: bool(app.picture.symptom))
        await pilot.press("1", "end", "up", "enter")
        await shows(pilot, "The symptom in one sentence", pane="#ask")
        await pilot.press("escape")
        await closed(pilot)
        await app.desk.drafts.write()
        assert not (here.record / "drafts.json").exists()
