"""The timeline: what its rows say, how they are found, and where each one leads."""

import threading
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from textual.pilot import Pilot

from incident_console import events
from incident_console.events import Recorded
from incident_console.session.capture import Pinned, pin
from incident_console.tui import timecells
from incident_console.tui.app import Console
from incident_console.tui.log.view import LogView
from incident_console.tui.texts import TextScreen
from incident_console.tui.timeline import TimelineRows
from incident_console.tui.timerows import GROUPS, KINDS, Steps, group_of
from incident_console.tui.words import parsed
from tests.ui.scene import SMALL, WIDE, closed, drawn, flat, kinds, opened, place, screen, shows, types, until

SIZES = pytest.mark.parametrize("size", [SMALL, (200, 50)], ids=["80x24", "200x50"])


def line(seq: int, at: str, session: str = "a1", by: str = "olga@one", text: str = "") -> Recorded:
    note = events.NoteAdded(text=text or f"note {seq}")
    return Recorded(seq, f"2026-11-22T{at}.000000Z", 0.0, session, by, note.kind, note, "", "")


def test_a_silence_another_sitting_and_a_clock_set_back_part_the_rows() -> None:
    steps = Steps()
    steps.take([line(1, "12:00:00"), line(2, "12:09:00"), line(3, "14:14:00"), line(4, "14:04:00")])
    steps.take([*steps.lines, line(5, "14:05:00", "b2", "ben@two"), line(6, "14:06:00", "b2", "ben@two")])
    assert steps.rows == [0, 1, "2h05m later", 2, "the clock went back 10m", 3, "sitting 2: ben@two", 4, 5]
    assert steps.sitting(steps.lines[-1]) == 2


def test_the_next_day_is_told_with_its_date() -> None:
    steps = Steps()
    late = replace_at(line(2, "00:01:00"), "2026-11-23T00:01:00.000000Z")
    steps.take([line(1, "23:59:00"), late])
    assert steps.rows == [0, "2m later (2026-11-23)", 1]


def replace_at(recorded: Recorded, at: str) -> Recorded:
    return replace(recorded, at=at)


def test_filters_hide_silences_but_never_who_is_at_work() -> None:
    steps = Steps()
    run = events.RunSeen(log="a", status="running")
    other = replace(line(2, "13:00:00", "b2", "ben@two"), kind=run.kind, event=run)
    steps.take([line(1, "12:00:00"), other, line(3, "13:01:00", "b2", "ben@two", text="Look at ALIGN")])
    steps.show(frozenset({"S"}), "")
    assert steps.rows == [0, "sitting 2: ben@two", 2]
    steps.show(frozenset(), "align")
    assert [row for row in steps.rows if isinstance(row, int)] == [2]
    steps.show(frozenset({"D"}), "")
    assert steps.rows == []


def test_every_kind_of_event_has_a_group_and_a_word() -> None:
    assert set(KINDS) == set(events.KINDS)
    assert {group_of(kind) for kind in KINDS} == set(GROUPS)


async def noted(app: Console, *texts: str) -> None:
    for text in texts:
        await app.desk.in_thread(app.desk.session.note, text)


async def at(pilot: Pilot[int], kind: str) -> None:
    """Put the cursor on the last event of this kind."""
    rows = pilot.app.query_one(TimelineRows)
    seq = max(line.seq for line in rows.steps.lines if line.kind == kind)
    index = rows.steps.index_of(seq)
    assert index is not None
    rows.put_cursor(index)
    await pilot.pause()


@SIZES
async def test_l_shows_everything_that_happened_and_it_goes_on_growing(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(place(tmp_path).tiny(), size) as (app, pilot):
        await noted(app, "first word")
        await pilot.press("l")
        await shows(pilot, "◉ opened", "• note", "F note: first word", "L ladder 0", "S said 1", "olga")
        assert app.focused is app.query_one(TimelineRows)
        await noted(app, "second word")
        await shows(pilot, "note: second word", "S said 2")
        assert app.query_one(TimelineRows).line.event.text == "second word"  # type: ignore[union-attr]
        await pilot.press("g")
        await noted(app, "third word")
        await shows(pilot, "S said 3")
        assert app.query_one(TimelineRows).line.seq == 1  # type: ignore[union-attr]


async def test_filters_and_search_narrow_it_and_escape_widens_it_again(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await noted(app, "the queue is held", "the disk is full")
        await pilot.press("l", "S")
        await shows(pilot, "◉ said 2", "2 of ")
        assert "opened" not in screen(app)
        await pilot.press("H")
        await shows(pilot, "◉ opened", "note: the disk is full")
        await pilot.press("slash")
        await types(pilot, "DISK", "enter")
        await closed(pilot)
        await shows(pilot, "/ disk", "note: the disk is full")
        assert "queue" not in screen(app)
        await pilot.press("escape")
        await shows(pilot, "the queue is held")
        assert "runbook tiny" in flat(app)
        await pilot.press("escape")
        await until(pilot, lambda: "◉ said" not in screen(app))


async def test_enter_leads_from_an_event_to_what_it_speaks_of(tmp_path: Path) -> None:
    scene = place(tmp_path)
    (scene.workdir / "Snakefile").write_text("rule all:\n")
    log = scene.workdir / "logs/a.log"
    log.parent.mkdir()
    log.write_text("".join(f"line {n}\n" for n in range(1, 200)))
    async with opened(scene.tiny(), WIDE) as (app, pilot):
        session = app.desk.session
        look = session.runbook.rung("look")
        await app.desk.climb._gather(look, look.item("say"), ())  # type: ignore[arg-type]
        whole = log.read_bytes()
        start = whole.index(b"line 150")
        pinned = Pinned(log, log.stat().st_ino, (150, 150), (start, start + 9), b"line 150\n")
        await app.desk.in_thread(pin, session, pinned, None)
        (scene.workdir / "Snakefile").write_text("rule none:\n")
        await app.desk.in_thread(session.look_for_edits)
        await noted(app, "read me [b]whole[/b]")
        await pilot.press("l")
        await shows(pilot, "read me [b]whole[/b]")
        view = app.query_one(LogView)

        await at(pilot, "evidence.captured")
        await pilot.press("enter")
        await shows(pilot, "hello, it says", pane="#log-view")
        assert app.focused is view

        app.go("(timeline)")
        await at(pilot, "log.pinned")
        await pilot.press("enter")
        await shows(pilot, "line 150", "line 150 of", pane="#log-view")
        assert view.path == log

        log.unlink()
        app.go("(timeline)")
        await pilot.press("enter")
        await until(pilot, lambda: view.path is None and "line 150" in flat(app, "#log-view"))

        app.go("(timeline)")
        await at(pilot, "edit.observed")
        await pilot.press("enter")
        await shows(pilot, "+rule none:", pane="#log-view")

        app.go("(timeline)")
        await at(pilot, "note.added")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        assert "read me [b]whole[/b]" in flat(app)
        await pilot.press("escape")

        app.go("(timeline)")
        await at(pilot, "rung.entered")
        await pilot.press("enter")
        await until(pilot, lambda: app.place == "look")


async def test_stepping_shows_the_evidence_beside_and_stays_in_the_timeline(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), (200, 50)) as (app, pilot):
        look = app.desk.session.runbook.rung("look")
        await app.desk.climb._gather(look, look.item("say"), ())  # type: ignore[arg-type]
        await noted(app, "after it")
        await pilot.press("l")
        await shows(pilot, "after it")
        await pilot.press("left_square_bracket")
        await shows(pilot, "hello, it says", pane="#log-view")
        assert app.focused is app.query_one(TimelineRows)
        await pilot.press("right_square_bracket")
        assert app.query_one(TimelineRows).line.kind == "note.added"  # type: ignore[union-attr]


async def test_whoever_goes_from_an_event_to_its_text_has_half_of_the_screen_for_it(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), (200, 50)) as (app, pilot):
        look = app.desk.session.runbook.rung("look")
        await app.desk.climb._gather(look, look.item("say"), ())  # type: ignore[arg-type]
        await pilot.press("l")
        await at(pilot, "evidence.captured")
        view = app.query_one(LogView)
        beside = view.size.width
        await pilot.press("enter")
        await shows(pilot, "hello, it says", pane="#log-view")
        await until(pilot, lambda: app.focused is view and view.outer_size.width >= 100)
        app.go("(timeline)")
        await until(pilot, lambda: app.focused is app.query_one(TimelineRows) and view.size.width == beside)


async def test_what_is_written_there_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await noted(app, "\x1b[31mred\x07 [@click=app.leave]x[/] \u202egnp")
        await pilot.press("l")
        await shows(pilot, "[@click=app.leave]x[/]")
        assert not {"\x1b", "\x07", "\u202e"} & set(screen(app))


async def test_a_long_journal_is_shown_at_once(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        last = app.incident.lines[-1]
        app.incident.lines += [replace(last, seq=last.seq + n) for n in range(1, 20_001)]
        await pilot.press("l")
        await shows(pilot, f"{len(kinds(app))} events")
        await pilot.press("g")
        await shows(pilot, "◉ opened")
        await pilot.press("G", "k")
        await drawn(pilot, app)
        assert app.query_one(TimelineRows).cursor >= 20_000


LONG = "the queue is held since the reservation of the other group began, and nobody has told us why"


def rows(app: Console) -> list[str]:
    """The rows of the timeline, without what is around them."""
    pane = app.query_one(TimelineRows)
    return [pane.render_line(y).text for y in range(min(pane.size.height, len(pane.steps.rows)))]


@pytest.mark.parametrize("size", [(60, 15), SMALL, (200, 50)], ids=["60x15", "80x24", "200x50"])
async def test_a_row_that_is_cut_says_so_and_its_sentence_has_room(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(place(tmp_path).tiny(), size) as (app, pilot):
        await noted(app, LONG * 3)
        await pilot.press("l")
        await shows(pilot, "note: the queue is held")
        (row,) = [row for row in rows(app) if "note: the" in row]
        assert row.rstrip().endswith("…")
        assert len(row[row.index("note: the") :].rstrip()) >= 36
        assert ("+0m" in row, "olga" in row) == (size[0] > 60, size[0] > 60)


@SIZES
async def test_a_name_has_as_many_columns_as_the_longest_of_all(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(place(tmp_path).tiny(), size) as (app, pilot):
        await noted(app, "first word")
        await pilot.press("l")
        await shows(pilot, "note: first word", "olga  F note: first word")


async def test_the_foot_of_the_timeline_says_what_the_letter_of_a_row_means(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), (60, 15)) as (app, pilot):
        await noted(app, "a word")
        await app.desk.in_thread(app.desk.session.note, "a guess", "inference")
        await pilot.press("l")
        await shows(pilot, "note.added, inference", "olga", "note: a guess", pane="#timeline-told")
        await pilot.press("k")
        await shows(pilot, "note.added, fact", pane="#timeline-told")
        await pilot.press("g")
        await shows(pilot, "incident.opened, bookkeeping", pane="#timeline-told")
        await pilot.press("question_mark")
        await shows(pilot, "F is a fact, I an inference, D a decision")


def test_what_came_before_the_event_above_it_says_so() -> None:
    steps = Steps()
    late = events.ActionTaken(text="stopped it", why="it was wrong", occurred_at="2026-11-22T12:04:58Z")
    steps.take([line(1, "12:00:00"), line(2, "12:05:00"), replace(line(3, "12:05:01"), kind=late.kind, event=late)])
    shown = timecells.row(steps, 2, parsed("2026-11-22T12:00:00.9Z"), 120).plain
    assert shown.startswith("12:04:58Z  +4m58s ! action     olga  D ↰ earlier: action: stopped it")
    assert "before the event above it" in timecells.foot(steps, steps.lines[2], 80).plain
    assert "earlier" not in timecells.row(steps, 1, parsed("2026-11-22T12:00:00.9Z"), 120).plain


def test_wide_and_hostile_names_keep_the_columns() -> None:
    steps = Steps()
    steps.take([line(1, "12:00:00", by="\x1b]0;x\x07" + "🔥" * 40), line(2, "12:00:01", "b2", "張偉@two")])
    for width in (50, 76, 120, 190):
        shown = [timecells.row(steps, index, None, width) for index in (0, 1)]
        assert {each.plain.index("F note") and each.cell_length <= width for each in shown} == {True}
        starts = {cell_len(each.plain[: each.plain.index("F note")]) for each in shown}
        assert len(starts) == 1, width


async def test_what_threads_tell_in_another_order_stands_in_the_journal_s(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        session = app.desk.session
        await pilot.press("l")
        thread = threading.Thread(target=session.note, args=("in a thread",))
        thread.start()
        thread.join()  # it is told when the loop comes to it, and the next one at once
        session.note("in the loop")
        await shows(pilot, "in a thread", "in the loop", pane="#timeline")
        assert [line.seq for line in app.incident.lines] == list(range(1, len(app.incident.lines) + 1))
        assert [note.text for note in app.incident.notes.values()][-2:] == ["in a thread", "in the loop"]
