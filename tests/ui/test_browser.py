"""The evidence browser: one list of everything kept, and what can be done with a piece of it."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from incident_console import events
from incident_console.events import EvidenceCaptured, NoteAdded
from incident_console.openers import PAGER
from incident_console.session.capture import Pinned, pin
from incident_console.session.core import Session
from incident_console.session.plan import Plan
from incident_console.tui import paging
from incident_console.tui.app import Console
from incident_console.tui.browser import EvidenceRows
from incident_console.tui.columns import Columns
from incident_console.tui.diff import DiffScreen
from incident_console.tui.log.view import LogView
from tests.ui.scene import RUNBOOK, SMALL, WIDE, closed, drawn, flat, opened, place, screen, shows, types, until

LOW = (60, 15)
SIZES = pytest.mark.parametrize("size", [LOW, SMALL, (200, 50)], ids=["60x15", "80x24", "200x50"])
CLOCK = RUNBOOK.replace('run: [echo, "hello, it says"]', "run: [cat, told.txt]")


async def say(app: Console, item: str = "say") -> EvidenceCaptured:
    look = app.desk.session.runbook.rung("look")
    found = look.item(item)
    assert found is not None
    recorded = await app.desk.climb._gather(look, found, ())
    assert isinstance(recorded.event, EvidenceCaptured)
    return recorded.event


async def pinned(app: Console, text: str = "line 1\n") -> None:
    log = app.desk.session.workdir / "logs/a.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text(text)
    lines = Pinned(log, log.stat().st_ino, (1, 1), (0, len(text)), text.encode())
    await app.desk.in_thread(pin, app.desk.session, lines, None)


async def browse(app: Console, pilot: Pilot[int], count: int) -> EvidenceRows:
    if isinstance(app.focused, LogView):
        await pilot.press("shift+tab", "shift+tab")  # in the open log v selects lines
    await pilot.press("v")
    rows = app.query_one(EvidenceRows)
    await until(pilot, lambda: len(rows.shelf.entries) >= count and app.focused is rows)
    await drawn(pilot, app)
    return rows


@SIZES
async def test_v_shows_everything_that_was_kept_with_its_figures_and_it_goes_on_growing(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with opened(place(tmp_path).tiny(), size) as (app, pilot):
        await pilot.press("v")
        await shows(pilot, "No evidence yet: c on a rung captures", pane="#evidence")
        await say(app)
        await shows(pilot, "✓ captured", "1 piece")  # else both might be drawn at once, the cursor on the newest
        await pinned(app)
        rows = app.query_one(EvidenceRows)
        await shows(pilot, "✓ captured", "say", "rc 0", "1 l", "◂ pinned", "inbox", "logs/a.log:1", "2 pieces")
        assert rows.entry is not None and rows.entry.state == "captured", "the cursor stays on its piece"
        await pilot.press("k")
        await shows(pilot, "echo 'hello, it says'", pane="#evidence")
        await pilot.press("G")
        await pinned(app, "line 2\n")
        await shows(pilot, "3 pieces")
        assert rows.cursor == 1
        await pilot.press("g", "j")
        assert rows.cursor == 1


async def test_surface_rung_and_text_narrow_it_and_escape_widens_it_again(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await say(app)
        await pinned(app)
        rows = await browse(app, pilot, 2)
        await pilot.press("S")
        await shows(pilot, "◉ rule-log", "1 of 2 pieces")
        await pilot.press("S", "R")
        await shows(pilot, "◉ diff", "◉ rung look", "1 of 2 pieces")
        await pilot.press("R")
        await shows(pilot, "◉ the inbox", "Nothing here is of that kind", "0 of 2 pieces")
        await pilot.press("escape", "slash")
        await types(pilot, "A.LOG", "enter")
        await closed(pilot)
        await shows(pilot, "/ a.log", "1 of 2 pieces")
        assert [entry.state for entry in rows.shelf.shown] == ["pinned"]
        await pilot.press("escape")
        await shows(pilot, "2 pieces")


@SIZES
async def test_enter_opens_a_piece_in_the_log_pane(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(place(tmp_path).tiny(), size) as (app, pilot):
        await say(app)
        await browse(app, pilot, 1)
        await pilot.press("enter")
        await shows(pilot, "hello, it says", "exit code 0", pane="#log-view")
        assert app.focused is app.query_one(LogView)


async def test_an_edit_and_a_huge_piece_open_too(tmp_path: Path) -> None:
    scene = place(tmp_path)
    (scene.workdir / "Snakefile").write_text("rule all:\n")
    async with opened(scene.tiny(), WIDE) as (app, pilot):
        (scene.workdir / "Snakefile").write_text("rule none:\n")
        await app.desk.in_thread(app.desk.session.look_for_edits)
        await until(pilot, lambda: bool(app.incident.edits))
        await browse(app, pilot, 1)
        await pilot.press("enter")
        await shows(pilot, "+rule none:", pane="#log-view")
        text = b"".join(b"line %d of many\n" % n for n in range(1, 700_001))
        assert len(text) > 8 << 20
        session = app.desk.session
        sha256, size = await app.desk.in_thread(session.record.blobs.put, text)
        huge = events.EvidenceCaptured(
            item="huge", surface="diff", question="?", started_at="t", ended_at="t", sha256=sha256, size=size
        )
        await app.desk.in_thread(session.append, huge)
        await browse(app, pilot, 2)
        await pilot.press("G", "enter")
        view = app.query_one(LogView)
        await until(pilot, lambda: app.focused is view and view.path is None)
        await pilot.press("G")
        await shows(pilot, "line 700000 of many", pane="#log-view")
        await pilot.press("p")
        await until(pilot, lambda: any(isinstance(item.event, events.LogPinned) for item in app.incident.evidence))
        (kept,) = [item.event for item in app.incident.evidence if isinstance(item.event, events.LogPinned)]
        assert "huge" in kept.path and sha256 not in kept.path and kept.surface == "diff"


async def test_what_was_altered_or_is_missing_is_marked_and_never_shown_as_evidence(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), WIDE) as (app, pilot):
        event = await say(app)
        blob = app.desk.session.record.blobs.folder / event.sha256
        blob.write_bytes(b"hello, it sayz\n")
        await browse(app, pilot, 1)
        await shows(pilot, "✗ altered", f"evidence/{event.sha256[:20]}")
        await pilot.press("enter")
        await until(pilot, lambda: "was altered" in flat(app, "Toast"))
        assert "sayz" not in screen(app)


async def test_d_lays_the_capture_before_beside_this_one_and_n_notes_it(tmp_path: Path) -> None:
    scene = place(tmp_path)
    told = scene.workdir / "told.txt"
    async with opened(scene.tiny(text=CLOCK), SMALL) as (app, pilot):
        told.write_text("at 2026-11-22T12:00:00Z\nalign 3\n")
        await say(app)
        told.write_text("at 2026-11-22T14:00:00Z\nalign 300 and more\n")
        await say(app)
        await browse(app, pilot, 2)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await shows(pilot, "They differ in 1 place", "align 3", "align 300 and more", "(before)", "(now)")
        assert app.screen.query_one(Columns).told == "row 2 of 2 · difference 1 of 1"
        await pilot.press("t")
        await shows(pilot, "every byte counts")
        await until(pilot, lambda: app.screen.query_one(Columns).told == "row 1 of 2 · difference 1 of 1")
        await pilot.press("n")
        await until(pilot, lambda: bool(app.incident.notes))
        (note,) = app.incident.notes.values()
        assert note.nature == "inference" and "+ 2: align 300 and more" in note.text
        await pilot.press("escape")
        assert app.focused is app.query_one(EvidenceRows)


async def test_two_pieces_of_json_are_laid_out_before_they_are_compared_and_that_is_said(tmp_path: Path) -> None:
    scene = place(tmp_path)
    told = scene.workdir / "told.txt"
    async with opened(scene.tiny(text=CLOCK), SMALL) as (app, pilot):
        told.write_text('{"size": 3, "files": {"Snakefile": "as it was", "align.py": "one"}}')
        await say(app)
        told.write_text('{"files":{"align.py":"two","Snakefile":"as it was"},"size":3}')
        await say(app)
        await browse(app, pilot, 2)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await shows(pilot, "They differ in 1 place", "both are JSON: compared laid out, by sorted keys")
        await shows(pilot, '"align.py": "one"', '"align.py": "two"')


async def test_a_marked_piece_is_compared_with_any_other_and_nothing_to_compare_is_told(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await say(app)
        await pinned(app)
        await browse(app, pilot, 2)
        await pilot.press("d")
        await shows(pilot, "nothing before logs/a.log:1 is of the same kind", pane="Toast")
        app.clear_notifications()  # it stands over the list's first rows
        await pilot.press("g", "space")
        await shows(pilot, "marked")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await shows(pilot, "hello, it says", "line 1")


async def test_r_captures_again_by_the_ordinary_way_and_tells_what_changed(tmp_path: Path) -> None:
    scene = place(tmp_path)
    told = scene.workdir / "told.txt"
    async with opened(scene.tiny(text=CLOCK), SMALL) as (app, pilot):
        told.write_text("7 jobs\n")
        await say(app)
        rows = await browse(app, pilot, 1)
        await pilot.press("r")
        await shows(pilot, "nothing changed", "to the byte", pane="Toast")
        assert rows.cursor == 1
        told.write_text("7 jobs\nand one that failed\n")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await shows(pilot, "and one that failed", "They differ in 1 place")
        captured = [item for item in app.incident.evidence if isinstance(item.event, EvidenceCaptured)]
        assert len(captured) == 3


async def test_r_asks_before_it_writes_and_refuses_what_the_runbook_does_not_name(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        look = app.desk.session.runbook.rung("look")
        await app.desk.climb._gather(look, look.item("touch"), ("writes",))  # type: ignore[arg-type]
        await pinned(app)
        await browse(app, pilot, 2)
        await pilot.press("r")
        await shows(pilot, "it cannot be run again", pane="Toast")
        before = len(app.incident.lines)
        await pilot.press("k", "r")
        await shows(pilot, "writes files of the workflow. Run it?")
        await pilot.press("escape")
        await closed(pilot)
        assert len(app.incident.lines) == before


async def test_plus_and_minus_mark_it_for_and_against_a_class_with_the_reason(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await say(app)
        rows = await browse(app, pilot, 1)
        await pilot.press("plus")
        await shows(pilot, "Which class does say speak for?", "workflow-semantics")
        await pilot.press("down", "down", "enter")
        await types(pilot, "outputs came late", "enter")
        await closed(pilot)
        await until(pilot, lambda: bool(app.incident.weighed))
        (said,) = app.incident.weighed
        assert (said.speaks, said.class_) == ("for", "storage-visibility")
        await shows(pilot, "speaks for storage-visibility: outputs came late", pane="#evidence")
        assert "+ rc 0" in flat(app, "#evidence-rows")
        await pilot.press("minus")
        await shows(pilot, "take back what was marked")
        await pilot.press("end", "enter")
        await types(pilot, "a mistake", "enter")
        await until(pilot, lambda: len(app.incident.weighed) == 2)
        await until(pilot, lambda: rows.entry is not None and not rows.speaks(rows.entry))
        notes = [line.event for line in app.incident.lines if isinstance(line.event, NoteAdded)]
        assert [note.nature for note in notes] == ["inference", "inference"]


async def test_m_lays_an_inbox_piece_to_a_rung(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await pinned(app)
        await browse(app, pilot, 1)
        await pilot.press("m")
        await shows(pilot, "Which rung does it belong to?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: not app.incident.inbox)
        await shows(pilot, "◂ pinned 2 logs/a.log:1", pane="#evidence-rows")


async def test_c_copies_the_text_harmless_and_capital_c_where_it_lies(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await pinned(app, "red \x1b[31m\n")
        await browse(app, pilot, 1)
        await pilot.press("c")
        await until(pilot, lambda: app.clipboard == "red ␛[31m\n" or "red" in app.clipboard)
        assert "\x1b" not in app.clipboard
        await pilot.press("C")
        await until(pilot, lambda: "/evidence/" in app.clipboard)
        assert Path(app.clipboard).read_bytes().startswith(b"red")


async def test_what_is_there_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        session = app.desk.session
        sha256, size, _ = session.keep(bytes(range(256)) * 4)
        nasty = "\x1b[31mred\x07 [@click=app.leave]x[/] \u202egnp"
        event = events.EvidenceCaptured(
            item=nasty,
            surface="diff",
            question=nasty,
            path=nasty,
            started_at="t",
            ended_at="t",
            sha256=sha256,
            size=size,
        )
        await app.desk.in_thread(session.append, event)
        await browse(app, pilot, 1)
        await shows(pilot, "[@click=app.leave]x[/]")
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is app.query_one(LogView))
        await pilot.press("G", "g")
        await pilot.pause()
        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(screen(app))


async def test_where_nothing_may_be_written_everything_can_be_read_and_the_rest_is_refused_in_words(
    tmp_path: Path,
) -> None:
    scene = place(tmp_path)
    writer = scene.tiny().begin()
    assert isinstance(writer, Session)
    try:
        kept = writer.keep(b"kept\n")
        for _ in range(2):
            writer.append(
                events.EvidenceCaptured(
                    item="say", rung="look", surface="diff", question="?", started_at="t", ended_at="t",
                    sha256=kept[0], size=kept[1],
                )
            )  # fmt: skip
        before = len(writer.incident.lines)
        async with opened(Plan(scene.who, scene.workdir, resume=writer.record.path), SMALL) as (app, pilot):
            await browse(app, pilot, 2)
            for key in ("plus", "minus", "m", "r"):
                await pilot.press(key)
                await shows(pilot, "read-only", pane="Toast")
                app.clear_notifications()
                await until(pilot, lambda: "read-only:" not in flat(app, "Toast"))
            await pilot.press("d")
            await until(pilot, lambda: isinstance(app.screen, DiffScreen) or "to the byte" in flat(app))
            if isinstance(app.screen, DiffScreen):
                await pilot.press("escape")
            await pilot.press("enter")
            await shows(pilot, "kept", pane="#log-view")
            assert len(writer.incident.lines) == before
    finally:
        writer.close()


async def test_thousands_of_pieces_are_listed_at_once(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        last = app.incident.lines[-1]
        for n in range(1, 5_001):
            event = events.AttemptKept(rule="align", jobid=n, attempt=1, complete=False, missing="too late")
            app.incident.apply(replace(last, seq=last.seq + n, kind=event.kind, event=event))
        rows = await browse(app, pilot, 5_000)
        await shows(pilot, "5000 pieces", "∅ lost")
        await pilot.press("g", "j")
        assert rows.cursor == 1


def test_the_pagers_file_is_private_harmless_and_whole() -> None:
    pieces = [b"plain\nhalf ", b"a line\n\x1b[2J", b"end \xff\n", b"no newline"]
    assert b"".join(paging.harmless(pieces)).startswith(b"plain\nhalf a line\n")
    assert paging.shown(b"".join(pieces)).count("\n") == 3
    assert not {"\x1b", "\x9b"} & set(paging.shown(b"".join(pieces)))
    assert PAGER.command({"PAGER": "cat -n", "PATH": "/usr/bin:/bin"}) == ["cat", "-n"]


@pytest.mark.parametrize("value", ["no-such-pager-anywhere", 'less "'])
async def test_without_a_pager_that_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("PAGER", value)
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await say(app)
        await browse(app, pilot, 1)
        await pilot.press("vertical_line")
        await until(pilot, lambda: "pager" in flat(app, "Toast").lower())


async def test_the_cursor_stays_on_its_piece_when_others_arrive(tmp_path: Path) -> None:
    """A key is meant for what was under the cursor when it was decided on, also where that was the newest."""
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        for text in ("one\n", "two\n"):
            await pinned(app, text)
        rows = await browse(app, pilot, 2)
        assert rows.cursor == 1
        before = rows.entry
        await pinned(app, "three\n")
        await until(pilot, lambda: len(rows.shelf.shown) == 3)
        assert rows.cursor == 1 and rows.entry is not None and before is not None and rows.entry.seq == before.seq


async def test_without_a_piece_no_key_for_one_is_offered_and_with_the_first_they_are(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await pilot.press("v")
        await shows(pilot, "No evidence yet", "q quit")
        foot = screen(app).splitlines()[-1]
        assert not [word for word in ("open", "diff", "run again", "+ for") if word in foot], foot
        await pilot.press("d")  # outside, this key shows the record
        await drawn(pilot, app)
        assert len(app.screen_stack) == 1
        await pinned(app, "one\n")
        await until(pilot, lambda: "Enter open" in screen(app).splitlines()[-1])
