"""The hand-off screen: what is known is not asked, what only a person can say is counted, and nothing said is lost."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console.errors import RecordError
from incident_console.record import bag
from incident_console.record.handfields import Handoff
from incident_console.session.handoff import Offered
from incident_console.tui import editor
from incident_console.tui.app import Console
from incident_console.tui.handrows import head, told_of
from incident_console.tui.rows import Rows
from incident_console.tui.texts import TextScreen
from tests.ui.scene import MEDIUM, SMALL, RunLog, closed, flat, kinds, opened, place, screen, shows, types, until

LOW = (60, 15)


def drafts(record: Path) -> dict[str, str]:
    file = record / "drafts.json"
    return json.loads(file.read_text()) if file.exists() else {}


def bundled(bundle: Path, name: str = "HANDOFF.md") -> str:
    with zipfile.ZipFile(bundle) as zipped:
        found = next(each for each in zipped.namelist() if each.endswith(f"data/{name}"))
        return zipped.read(found).decode()


async def test_what_the_console_knows_is_not_asked_and_what_is_silent_is_counted(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1)
    async with opened(here.plan("slow-or-flaky-run"), MEDIUM) as (app, pilot):
        await pilot.press("h")
        await shows(pilot, "9 of 9 that only you can say still silent", "✓ What is running", "on elsewhere")
        await shows(pilot, "… Who may stop it nobody said", pane="#handover-rows")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert "handoff.offered" not in kinds(app)


@pytest.mark.parametrize("size", [SMALL, LOW])
async def test_every_key_of_the_page_stands_in_its_footer(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(place(tmp_path).tiny(), size) as (app, pilot):
        await pilot.press("h")
        await shows(pilot, "only you can say still silent")
        await pilot.press("down")
        for key in ("w write", "Enter edit", "u unknown", "? Help", "Esc back"):
            await until(pilot, lambda key=key: key in screen(app).splitlines()[-1])  # type: ignore[misc]
        await pilot.press("up")
        await pilot.press("down", "enter")
        await shows(pilot, "Severity", "Enter takes", pane="#ask")
        await types(pilot, "two", "enter")
        await shows(pilot, "✎ Severity two", "8 of 9")


async def test_unknown_is_an_answer_and_empty_takes_back_what_was_said(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (_, pilot):
        await pilot.press("h")
        await shows(pilot, "9 of 9")
        await pilot.press("down", "u")
        await shows(pilot, "? Severity unknown, as was said", "8 of 9")
        await pilot.press("enter")
        await until(pilot, lambda: bool(pilot.app.screen.query("#ask.-open")))
        await pilot.press(*(["backspace"] * len("unknown")), "enter")
        await shows(pilot, "… Severity nobody said", "9 of 9")


async def test_what_was_said_is_there_again_after_escape_and_after_a_resume(tmp_path: Path) -> None:
    here = place(tmp_path)
    plan = here.tiny()
    async with opened(plan, MEDIUM) as (_, pilot):
        await pilot.press("h")
        await shows(pilot, "9 of 9")
        await pilot.press("down", "enter")
        await types(pilot, "high", "enter")
        await shows(pilot, "✎ Severity high")
        await pilot.press("enter")  # the cursor has gone on
        await types(pilot, "half a sen", "escape")
        await closed(pilot)
        await pilot.press("escape")
    assert drafts(here.record) == {"handoff/severity": "high", "handoff?/impact": "half a sen"}
    async with opened(replace(plan, resume=here.record), MEDIUM) as (_, pilot):
        await pilot.press("h")
        await shows(pilot, "✎ Severity high", "8 of 9")
        await pilot.press("down", "down", "enter")
        await shows(pilot, "half a sen", pane="#ask")


async def write(pilot: object, who: str) -> None:
    assert hasattr(pilot, "press")
    await pilot.press("w")
    await shows(pilot, "Who takes it", "Before it is given", pane="#ask")  # type: ignore[arg-type]
    await types(pilot, who, "enter")  # type: ignore[arg-type]
    await shows(pilot, f"It goes to {who}; Enter gives it", pane="#ask")  # type: ignore[arg-type]
    await pilot.press("enter")


async def test_it_is_written_with_what_is_missing_listed_and_the_page_has_the_head_to_copy(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        assert app.session is not None
        for number, who in enumerate(("ben", "eve"), 1):
            await pilot.press("h")
            await shows(pilot, "that only you can say")
            if number == 1:
                await pilot.press("down", "u")
                await shows(pilot, "? Severity unknown")
            else:
                await pilot.press("w")
                await shows(pilot, "ben", pane="#ask")  # who took it last is the draft
                await pilot.press("backspace", "backspace", "backspace", "escape")
                await closed(pilot)
            await write(pilot, who)
            await shows(pilot, "─ Hand-off written ─", "c copies what the receiver needs", "Written as unknown")
            await pilot.press("c")
            (name,) = {line.split()[2] for line in app.clipboard.splitlines() if " verify " in line}
            assert str(tmp_path / name) in app.clipboard
            assert f"incident-console verify {name} --head {app.session.head}\n" in app.clipboard
            assert f"incident-console accept {name} --as NAME --readback 'what I took over'\n" in app.clipboard
            told = "".join(flat(app, "#page").split())
            assert app.session.head in told
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)
        bundles = sorted(tmp_path.glob("*.zip"), key=lambda each: len(each.name))
        assert [each.name.endswith("-2.zip") for each in bundles] == [False, True]
        first = bundled(bundles[0])
        assert "to ben," in first and "**Not known to the sender:** Severity." in first and "**Nobody said:**" in first
        assert bundled(bundles[0], "journal.jsonl").splitlines()[-1].count('"handoff.offered"') == 1
        assert drafts(here.record) == {}


async def test_a_disk_that_fails_is_told_nothing_is_lost_and_the_offer_stands_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place(tmp_path)
    whole = bag.write

    def full(*_: object, **__: object) -> Path:
        raise RecordError("The bundle could not be written: the disk is full.")

    async with opened(here.tiny(), MEDIUM) as (app, pilot):
        await pilot.press("h")
        await shows(pilot, "9 of 9")
        await pilot.press("down", "enter")
        await types(pilot, "high", "enter")
        await shows(pilot, "✎ Severity high")
        monkeypatch.setattr(bag, "write", full)
        await write(pilot, "ben")
        await shows(pilot, "the disk is full", pane="Toast")
        await shows(pilot, "✎ Severity high")
        assert drafts(here.record)["handoff/severity"] == "high"
        monkeypatch.setattr(bag, "write", whole)
        await pilot.press("w")
        await shows(pilot, "Before it is given", "ben", pane="#ask")
        await pilot.press("enter")
        await shows(pilot, "It goes to ben", pane="#ask")
        await pilot.press("enter")
        await shows(pilot, "─ Hand-off written ─")
        assert kinds(app).count("handoff.offered") == 1


async def test_nothing_is_given_by_a_name_alone_and_what_is_missing_is_shown_before(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("h")
        await shows(pilot, "9 of 9")
        await pilot.press("w")
        await types(pilot, "!Ana", "enter")
        await shows(pilot, "It goes to !Ana; Enter gives it, Esc goes back", "Severity, Impact", pane="#ask")
        await pilot.press("escape")
        await shows(pilot, "Nothing was given", pane="Toast")
        await pilot.press("w", "enter")
        await shows(pilot, "It goes to !Ana", pane="#ask")
        await pilot.press("down", "enter")
        await closed(pilot)
        assert "handoff.offered" not in kinds(app) and not [*tmp_path.glob("*.zip")]
        await shows(pilot, "✎ Who takes it !Ana")


async def test_u_leaves_what_is_known_alone_and_pressed_again_takes_itself_back(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), MEDIUM) as (app, pilot):
        await pilot.press("h")
        await shows(pilot, "9 of 9")
        rows = app.screen.query_one("#handover-rows", Rows)
        rows.put_cursor("host")
        await until(pilot, lambda: "u unknown" not in screen(app).splitlines()[-1])
        await pilot.press("u")
        await until(pilot, lambda: "⊘ u: this is known; Enter says something else" in screen(app).splitlines()[-1])
        await shows(pilot, "✓ Host")
        rows.put_cursor("severity")
        await pilot.press("enter")
        await types(pilot, "high", "enter")
        await shows(pilot, "✎ Severity high")
        rows.put_cursor("severity")
        await pilot.press("u")
        await shows(pilot, "? Severity unknown", "u not unknown")
        await pilot.press("u")
        await shows(pilot, "✎ Severity high")


async def test_the_cursor_begins_where_the_eyes_do_and_goes_to_what_is_unsaid(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await pilot.press("h")
        await shows(pilot, "9 of 9")
        rows = app.screen.query_one("#handover-rows", Rows)
        assert rows.row == "to"
        await pilot.press("enter")
        await types(pilot, "bea", "enter")
        await shows(pilot, "✎ Who takes it bea")
        await until(pilot, lambda: rows.row == "severity")
        for name in ("severity", "impact", "deadline", "may_stop"):
            await pilot.press("n")
            assert rows.row == name, "the cursor was led to the first; known fields between them are passed over"
        rows.put_cursor("told")
        await pilot.press("n", "n")
        assert rows.row not in ("to", "told"), "from the last on to what is left above, not to what is asked at the end"


def test_where_there_is_little_room_the_head_says_how_many_names_it_leaves_out() -> None:
    assert head(Handoff(), "w", 78, 2).plain.endswith("touched, Contingencies (if X, do Y) … and 3 more")
    assert head(Handoff(), "w", 78, 3).plain.endswith("Who was told, Sender can be reached until")
    assert head(Handoff(), "w", 58, 1).plain == "9 of 9 that only you can say still silent"


# -- as text ---------------------------------------------------------------------------------------------------------


async def test_all_fields_are_edited_as_text_and_only_what_was_changed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit(app: Console, text: str, **_: object) -> editor.Edited:
        return editor.Edited(text.replace("[told]\n", "[told]\nthe lab\n\\# at 14:10\n"))

    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.setattr(editor, "edit", edit)
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (_, pilot):
        await pilot.press("h")
        await shows(pilot, "9 of 9")
        await pilot.press("E")
        await shows(pilot, "Taken: Who was told", "8 of 9")
        assert drafts(here.record) == {"handoff/told": "the lab\n# at 14:10"}


async def test_a_text_that_is_not_understood_is_kept_with_its_faults_and_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def edit(app: Console, text: str, **_: object) -> editor.Edited:
        seen.append(text)
        return editor.Edited(
            text + "[tolled]\nthe lab\n" if len(seen) == 1 else text.replace("\n[tolled]\n", "\n[told]\n")
        )

    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.setattr(editor, "edit", edit)
    here = place(tmp_path)
    async with opened(here.tiny(), MEDIUM) as (_, pilot):
        await pilot.press("h")
        await shows(pilot, "9 of 9")
        await pilot.press("E")
        await shows(pilot, "there is no field [tolled]", "E opens it again", pane="Toast")
        assert "the lab" in drafts(here.record)["handoff/=text"]
        await pilot.press("E")
        await shows(pilot, "[told] stands a second time", pane="Toast")
        assert "#! there is no field [tolled]\n[tolled]\nthe lab" in seen[1]


async def test_an_editor_that_cannot_be_opened_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    async with opened(place(tmp_path).tiny(), MEDIUM) as (app, pilot):
        await pilot.press("h")
        await shows(pilot, "9 of 9")
        await pilot.press("E")
        await shows(pilot, "not edited")
        assert len(app.screen_stack) == 2


async def test_an_editor_that_nobody_chose_is_named_before_the_fields_go_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nano").write_text("#!/bin/sh\n")
    (tmp_path / "nano").chmod(0o700)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    async with opened(place(tmp_path).tiny(), SMALL) as (_, pilot):
        monkeypatch.setenv("PATH", str(tmp_path))
        await pilot.press("h")
        await shows(pilot, "9 of 9")
        await pilot.press("E")
        await shows(pilot, "E once more opens nano. There ctrl+x leaves it", pane="Toast")
        await pilot.press("E")
        await shows(pilot, "An editor cannot be opened here", pane="Toast")


async def test_where_a_bundle_is_and_its_head_stand_in_one_piece_on_eighty_columns(tmp_path: Path) -> None:
    offered = Offered(
        Path("/srv/flow/INC-20261123T153352Z-incident-console-demo-clueilxo.zip"),
        "0123456789abcdef" * 4,
        45,
        ("severity",),
    )
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await app.push_screen(TextScreen("Hand-off written", told_of(offered, offered.path.stem)))
        await until(pilot, lambda: str(offered.path) in screen(app))
        seen = screen(app)
        assert seen.count(offered.head) == 2
        assert "  incident-console verify \\" in seen and f"    {offered.path.name} \\" in seen
        assert f"  cd {offered.path.stem} && \\" in seen


# -- the head --------------------------------------------------------------------------------------------------------


async def test_the_head_of_the_chain_is_a_page_of_the_palette_to_be_copied(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        assert app.session is not None
        await pilot.press("ctrl+p")
        await shows(pilot, "Search: action")
        await pilot.press(*"head of", "enter")
        await shows(pilot, "─ Head of the chain ─", f"after {len(app.incident.lines)} events", "c copies the head")
        await pilot.press("c")
        assert app.clipboard == app.session.head
