"""Typing in the panel: several lines, preview, editor, undo; choosing; times; drafts. Nothing typed is lost unsaid."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.widgets import OptionList

from incident_console.tui import editor
from incident_console.tui.app import Console
from incident_console.tui.ask import Ask, Question
from incident_console.tui.choosing import SHOWN, Many, fitting
from incident_console.tui.entry import LIMIT, Entry
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

LOW = (60, 15)
RUNBOOK = """\
schema: incident-console/runbook/1
id: forms
version: "1"
title: Forms
owner: the tests
when: In a test.
first: symptom
second: symptom
stop: symptom
rungs:
  - id: symptom
    role: symptom
    question: What changed?
    ask:
      - {id: since, type: time, prompt: "Since when?", required: true, unknown: true}
      - {id: jobs, type: number, prompt: "How many jobs?"}
      - {id: files, type: lines, prompt: "Which files?"}
      - {id: rules, type: many, prompt: "Which rules?", choices_from: rules}
      - {id: sample, type: choice, prompt: "Which sample?", choices_from: wildcards}
"""


def field(app: Console) -> Entry:
    return app.query_one(Entry)


async def note(pilot: Any) -> None:
    await pilot.press("n")
    await shows(pilot, "Note  ◉ fact", pane="#ask")


def question(app: Console, *asked: Question) -> None:
    async def ask() -> None:
        await app.desk.ask("test", *asked)

    app.desk.start(ask())


# -- several lines -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [LOW, SMALL, (200, 50)])
async def test_a_note_of_several_lines_is_taken_by_the_same_key(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(place(tmp_path).tiny(), size) as (app, pilot):
        await note(pilot)
        await shows(pilot, "Enter takes · Esc keeps it as a draft", pane="#ask")
        await types(pilot, "# B failed", "ctrl+j")
        await shows(pilot, "Enter takes · Esc keeps it as a draft · ^J line", pane="#ask")
        ahead(app, *"twice", "ctrl+j", *"again", "enter")
        await until(pilot, lambda: "note.added" in kinds(app))
        (said,) = app.incident.notes.values()
        assert said.text == "# B failed\ntwice\nagain"


async def test_what_joins_characters_is_typed_pasted_and_recorded_as_it_is(tmp_path: Path) -> None:
    doctor, heart = "\U0001f469\u200d\U0001f52c", "\u2764\ufe0f"
    async with opened(place(tmp_path).tiny(), MEDIUM) as (app, pilot):
        await note(pilot)
        for character in doctor:
            app.post_message(events.Key("any", character))
        await until(pilot, lambda: app.query_one(Entry).text == doctor)
        app.query_one(Entry).post_message(events.Paste(f" {heart} {doctor}"))
        await until(pilot, lambda: app.query_one(Entry).text == f"{doctor} {heart} {doctor}")
        await pilot.press("escape")
        await closed(pilot)
        await note(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.incident.notes))
        (said,) = app.incident.notes.values()
        assert said.text == f"{doctor} {heart} {doctor}"


async def test_undo_takes_back_some_words_and_not_the_whole_note(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), MEDIUM) as (app, pilot):
        await note(pilot)
        await types(pilot, "the index was locked by the nightly reindex since noon")
        await pilot.press("ctrl+underscore")
        left = app.query_one(Entry).text
        assert left and "the index was locked by the nightly reindex since noon".startswith(left)


async def test_the_preview_shows_markdown_and_typing_goes_on_where_it_was(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), MEDIUM) as (app, pilot):
        await note(pilot)
        await types(pilot, "**bold** [red]x[/] [l](http://e.x)", "f3")
        await until(pilot, lambda: "bold [red]x[/] l" in flat(app, "#ask"))
        await shows(pilot, "back to the text", pane="#ask")
        assert "n note" not in screen(app).splitlines()[-1], "letters are no keys here"
        await pilot.press("q")  # a letter of the note, not the key that quits
        await shows(pilot, "(http://e.x)q", pane="#ask")
        await pilot.press("f3", "escape")
        assert app.query_one(Ask).is_open, "Escape first leaves the preview"
        assert app.focused is field(app)


async def test_the_editor_gets_the_text_and_gives_it_back_or_says_why_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    async with opened(place(tmp_path).tiny(), MEDIUM) as (app, pilot):
        await note(pilot)
        await types(pilot, "short", "f4")
        await shows(pilot, "✗", "An editor cannot be opened here", "short", pane="#ask")

        def edit(_: object, text: str, **named: Any) -> editor.Edited:
            assert named["limit"] == LIMIT
            return editor.Edited(f"{text}\nlonger\x1b[31m\n")

        monkeypatch.setattr(editor, "edit", edit)
        await pilot.press("alt+e")
        await shows(pilot, "longer␛[31m", "Enter takes", pane="#ask")
        await pilot.press("ctrl+underscore")
        assert field(app).text == "short"
        await pilot.press("f6")
        assert field(app).text == "short\nlonger␛[31m"


@pytest.mark.parametrize("size", [SMALL, (200, 50)])
async def test_an_editor_that_nobody_chose_is_named_first_and_opens_when_asked_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    (tmp_path / "vi").write_text("#!/bin/sh\n")
    (tmp_path / "vi").chmod(0o700)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.setattr(editor, "edit", lambda _, text, **named: editor.Edited(f"{text} and vi"))
    async with opened(place(tmp_path).tiny(), size) as (app, pilot):
        monkeypatch.setenv("PATH", str(tmp_path))
        await note(pilot)
        await types(pilot, "short", "f4")
        await shows(pilot, "F4 once more opens vi. There :wq keeps", ":q! drops it", pane="#ask")
        assert field(app).text == "short"
        await pilot.press("f4")
        await until(pilot, lambda: field(app).text == "short and vi")
        await pilot.press("f4")
        await until(pilot, lambda: field(app).text == "short and vi and vi")


async def test_where_there_is_no_editor_the_form_is_said_to_do_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    async with opened(place(tmp_path).tiny(), SMALL) as (_, pilot):
        monkeypatch.setenv("PATH", str(tmp_path))
        await note(pilot)
        await types(pilot, "short", "f4")
        await shows(pilot, "no editor here: $EDITOR may name one; the form on the screen does the same", pane="#ask")


async def test_the_editor_that_the_settings_name_opens_for_a_note_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        app.look = replace(app.look, editor="no-such-editor")
        await note(pilot)
        await types(pilot, "short", "f4")
        await shows(pilot, "'no-such-editor', and there is no such program", pane="#ask")


async def test_words_are_moved_by_and_cut_as_in_readline_and_undo_brings_them_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Console] = []
    monkeypatch.setattr(Console, "action_suspend_process", lambda app: asked.append(app))
    async with opened(place(tmp_path).tiny(), MEDIUM) as (app, pilot):
        await note(pilot)
        await types(pilot, "one two three", "alt+b", "alt+b", "alt+d")
        assert field(app).text.split() == ["one", "three"]
        await pilot.press("ctrl+underscore")
        assert field(app).text == "one two three"
        await pilot.press("ctrl+e", "ctrl+w", "ctrl+a", "alt+f", "X")
        assert field(app).text == "oneX two "
        await pilot.press("ctrl+e", "ctrl+y")
        assert field(app).text == "oneX two three"
        await pilot.press("ctrl+w")
        await pilot.press("ctrl+z")  # the shell's key, here as everywhere
        assert field(app).text == "oneX two " and asked == [app]


# -- what comes in ---------------------------------------------------------------------------------------------------


async def test_a_huge_paste_is_bounded_and_told_and_control_characters_are_seen(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), MEDIUM) as (app, pilot):
        await note(pilot)
        app.post_message(events.Paste("\x1b]0;owned\x07" + "x" * 100_000))
        await shows(pilot, "100,010 characters were pasted, and 65,536 of them stand here", pane="#ask")
        assert len(field(app).text) == LIMIT and field(app).text.startswith("␛]0;owned␇x")
        await pilot.press("y")
        await shows(pilot, "this one is full", pane="#ask")
        await pilot.press("f7", "delete")
        app.post_message(events.Paste("a\r\nb\rc"))
        await until(pilot, lambda: field(app).text == "a\nb\nc")


async def test_wide_combining_and_right_to_left_text_is_typed_shown_and_kept(tmp_path: Path) -> None:
    text = "日本 é שלום 한"
    async with opened(place(tmp_path).tiny(), LOW) as (app, pilot):
        await note(pilot)
        await types(pilot, text)
        await shows(pilot, "日本", "שלום 한", pane="#ask")
        assert all(len(row) <= 60 for row in screen(app).split("\n"))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "note.added" in kinds(app))
        assert next(iter(app.incident.notes.values())).text == text


# -- drafts ----------------------------------------------------------------------------------------------------------


async def test_a_draft_of_several_lines_comes_back_with_its_cursor_in_its_own_field(tmp_path: Path) -> None:
    here = place(tmp_path)
    plan = here.tiny()
    async with opened(plan, SMALL) as (app, pilot):
        await note(pilot)
        await types(pilot, "first", "ctrl+j")
        await types(pilot, "second", "up", "home", "X", "escape")
        await closed(pilot)
        await shows(pilot, "Kept as a draft")
        await pilot.press("a")
        await types(pilot, "stopped it", "enter")
        await types(pilot, "too lou", "escape")
        await closed(pilot)
        await app.desk.drafts.write()
        file = here.record / "drafts.json"
        assert file.stat().st_mode & 0o777 == 0o600
        assert json.loads(file.read_text()) == {
            "note/text": "Xfirst\nsecond",
            "note/text@cursor": "0,1",
            "action/text": "stopped it",
            "action/why": "too lou",
        }
    async with opened(replace(plan, resume=here.record), SMALL) as (app, pilot):
        await note(pilot)
        assert (field(app).text, field(app).cursor_location) == ("Xfirst\nsecond", (0, 1))
        await pilot.press("enter")
        await until(pilot, lambda: "note.added" in kinds(app))
        await closed(pilot)
        await pilot.press("a")
        await shows(pilot, "stopped it", pane="#ask")
        await pilot.press("enter")
        await shows(pilot, "too lou", pane="#ask")
        await until(pilot, lambda: "note" not in (here.record / "drafts.json").read_text())


async def test_a_resize_in_the_middle_of_typing_changes_nothing_that_was_typed(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await note(pilot)
        await types(pilot, "a line", "ctrl+j")
        await types(pilot, "and another", "left")
        for size in (LOW, (200, 50)):
            await pilot.resize_terminal(*size)
            await shows(pilot, "a line", "and another", "Enter takes", pane="#ask")
            assert app.focused is field(app) and field(app).cursor_location == (1, 10)
        await pilot.press("X", "ctrl+underscore")
        assert field(app).text == "a line\nand another"


# -- choices ---------------------------------------------------------------------------------------------------------


def test_a_choice_is_found_by_parts_in_any_order() -> None:
    assert fitting(["align a", "count a", "align b"], "B ali") == [2]
    assert fitting(["x"] * 3, " ") == [0, 1, 2]


async def test_ten_thousand_choices_are_looked_for_by_typing_and_few_are_laid_out(tmp_path: Path) -> None:
    many = tuple(f"sample={n:05}" for n in range(10_000))
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        question(app, Question("s", "Which?", "many", many, own=True))
        await shows(pilot, f"the first {SHOWN} of 10000: type a part of it", pane="#ask")
        assert app.query_one("#ask OptionList", OptionList).option_count == SHOWN
        ahead(app, *"=09999")
        await shows(pilot, "looking for “=09999”: 1 of 10000", "[ ] sample=09999", pane="#ask")
        await pilot.press("space")
        await shows(pilot, "[✓] sample=09999", "1 marked", pane="#ask")
        await pilot.press("ctrl+u", *"my own")
        await shows(pilot, "✎ “my own” in these words", pane="#ask")
        await pilot.press("enter")
        await shows(pilot, "2 marked", pane="#ask")
        await pilot.press("escape")
        await closed(pilot)
        question(app, Question("s", "Which?", "many", many, own=True))
        await shows(pilot, "2 marked", pane="#ask")


async def test_choices_come_from_what_the_logs_show_with_how_often_they_failed(tmp_path: Path) -> None:
    here = place(tmp_path, "c2-deterministic-fail-stop-v9")
    async with opened(here.tiny(text=RUNBOOK), WIDE) as (app, pilot):
        await until(pilot, lambda: app.picture.run is not None)
        assert app.picture.run is not None
        failed = app.picture.run.failures[0]
        await pilot.press("1", "down", "down", "down", "enter")
        await shows(pilot, "Which rules?", f"{failed.rule} × {failed.count} failed", pane="#ask")
        await pilot.press("space", "enter")
        await until(pilot, lambda: "rules" in app.incident.rungs["symptom"].answers)
        assert app.incident.rungs["symptom"].answers["rules"].value == [failed.rule]
        await closed(pilot)
        await pilot.press("end", "up", "enter")
        await shows(pilot, "Which sample?", pane="#ask")
        ahead(app, *"not in the logs", "enter")
        await until(pilot, lambda: "sample" in app.incident.rungs["symptom"].answers)
        assert app.incident.rungs["symptom"].answers["sample"].value == "not in the logs"


# -- times and numbers -----------------------------------------------------------------------------------------------


async def test_what_is_understood_of_a_time_is_shown_while_it_is_typed_and_recorded_written_out(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(text=RUNBOOK), SMALL) as (app, pilot):
        await pilot.press("1", "enter")
        await types(pilot, "10 mi")
        await shows(pilot, "✗", "'10 mi' is no time; write 14:05 (UTC)", pane="#ask")
        await pilot.press("enter")
        assert app.query_one(Ask).is_open, "what is no time is not taken"
        await types(pilot, "n ago")
        await shows(pilot, "= 20", "Z, 10m ago", pane="#ask")
        await pilot.press("enter")
        await until(pilot, lambda: "since" in app.incident.rungs["symptom"].answers)
        said = app.incident.rungs["symptom"].answers["since"].text
        age = (datetime.now(UTC) - datetime.fromisoformat(said)).total_seconds()
        assert said.endswith("Z") and 590 < age < 660
        await closed(pilot)
        await pilot.press("home", "enter", "ctrl+u", *"unknown", "enter")
        await until(pilot, lambda: app.incident.rungs["symptom"].answers["since"].text == "unknown")


async def test_the_time_of_the_logs_line_is_put_in_by_a_key(tmp_path: Path) -> None:
    here = place(tmp_path)
    (here.workdir / "logs").mkdir()
    (here.workdir / "logs" / "a.log").write_text("2026-01-02T03:04:05Z it began\n  and went on\n")
    async with opened(here.tiny(text=RUNBOOK + 'logs: ["logs/*.log"]\n'), WIDE) as (app, pilot):
        await shows(pilot, "and went on", pane="#log-view")
        await pilot.press("1", "enter")
        await shows(pilot, "F5 log time", pane="#ask")
        await pilot.press("f5")
        await shows(pilot, "= 2026-01-02T03:04:05Z", pane="#ask")
        await pilot.press("enter")
        await until(pilot, lambda: "since" in app.incident.rungs["symptom"].answers)
        assert app.incident.rungs["symptom"].answers["since"].text == "2026-01-02T03:04:05Z"


async def test_what_is_no_number_is_told_while_it_is_typed(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(text=RUNBOOK), LOW) as (app, pilot):
        await pilot.press("1", "down", "enter")
        await types(pilot, "1x")
        await shows(pilot, "✗ '1x' is not a number.", pane="#ask")
        await types(pilot, "", "backspace")
        await until(pilot, lambda: "✗" not in flat(app, "#ask"))


async def test_what_fails_while_it_is_asked_can_be_chosen_and_the_cursor_keeps_its_meaning(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1, "A")
    async with opened(here.tiny(text=RUNBOOK), MEDIUM) as (app, pilot):
        await until(pilot, lambda: app.picture.run is not None and bool(app.picture.run.jobs))
        await pilot.press("1", "down", "down", "down", "enter")
        await shows(pilot, "Which rules?", pane="#ask")
        listed = app.query_one(Many)
        before = list(listed._choices)
        listed.highlighted = len(before) - 1
        await pilot.press("space")
        run.starts("count", 3, "C")
        run.fails("count", 3, "C", again=True)
        await shows(pilot, "count × 1 failed", pane="#ask")
        assert listed.highlighted is not None
        assert listed._choices[listed._places[listed.highlighted]] == before[-1] and "1 marked" in listed.told
        await pilot.press("enter")
        await until(pilot, lambda: "rules" in app.incident.rungs["symptom"].answers)
        assert app.incident.rungs["symptom"].answers["rules"].value == [before[-1]]
