"""Failed against passed on the screen: two attempts side by side, what is known of both, and the note it makes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from incident_console.events import AttemptKept, NoteAdded
from incident_console.tui.app import Console
from incident_console.tui.columns import Columns
from incident_console.tui.contrast import ContrastScreen
from incident_console.tui.doings import doings
from incident_console.tui.log.view import LogView
from incident_console.tui.logs import LogList
from tests.ui.scene import MEDIUM, SMALL, WIDE, Place, RunLog, ahead, flat, opened, place, screen, shows, until
from tests.ui.test_hostile import FORBIDDEN, NASTY

READS = "".join(f"13:58:{n:02} read {n} of 92\n" for n in range(40))
FATAL = "13:57:01 align B: attempt 1\n13:57:02 FATAL index is locked\n"
FINE = f"13:58:00 align B: attempt 2\n{READS}"


@asynccontextmanager
async def flaky(
    tmp_path: Path, size: tuple[int, int] = WIDE, *, failed: str = FATAL, passed: str = FINE
) -> AsyncIterator[tuple[Console, Pilot[int], Place]]:
    """align of B failed, was kept, and passed at its second attempt; its row has the cursor."""
    made = place(tmp_path)
    run = RunLog(made.workdir)
    run.starts("align", 4, "B", failed)
    async with opened(made.tiny(), size) as (app, pilot):
        await until(pilot, lambda: app.picture.run is not None and bool(app.picture.run.jobs))
        run.fails("align", 4, "B", again=True)
        await until(pilot, lambda: _kept(app))
        run.starts("align", 4, "B", passed)
        run.finishes("align", 4)
        await until(pilot, lambda: any(entry.state == "retried" for entry in app.picture.logs))
        await to_row(app, pilot, "retried")
        yield app, pilot, made


def _kept(app: Console) -> bool:
    """The first attempt is in the record: in doubt, it waits until its log is deleted by the retry."""
    run = app.picture.run
    return run is not None and any(attempt.outcome == "failed" for job in run.jobs for attempt in job.attempts)


async def to_row(app: Console, pilot: Pilot[int], state: str) -> None:
    rows = app.query_one(LogList)
    await until(pilot, lambda: any(entry.state == state for entry in rows._told))
    rows.focus()
    rows.put_cursor(next(entry.key for entry in rows._told if entry.state == state))
    await pilot.pause()


async def compares(app: Console, pilot: Pilot[int]) -> Columns:
    ahead(app, "x", "x")
    await until(pilot, lambda: any(columns.size.width > 0 for columns in app.screen.query(Columns)))
    await pilot.pause()
    return app.screen.query_one(Columns)


async def test_the_first_line_that_differs_stands_there_with_the_facts_of_both(tmp_path: Path) -> None:
    async with flaky(tmp_path, SMALL) as (app, pilot, _):
        await until(pilot, lambda: any(isinstance(item.event, AttemptKept) for item in app.incident.evidence))
        columns = await compares(app, pilot)
        told = screen(app)
        for text in ("✗ align B, attempt 1  failed", "✓ align B, attempt 2  passed", "too few to tell"):
            assert text in told
        assert any(
            "▸13:57:02 FATAL index is locked" in line and "≠ 13:58:00 read 0 of 92" in line for line in told.split("\n")
        )
        for fact in ("took", "exit code", "node", "memory", "cost", "ran then", "log"):
            assert f" {fact} " in told
        assert "unknown" in told and "elsewhere" in told
        assert columns.told == "row 2 of 41 · difference 1 of 1"


async def test_it_fits_any_size_and_the_logs_are_always_in_view(tmp_path: Path) -> None:
    async with flaky(tmp_path, WIDE) as (app, pilot, _):
        columns = await compares(app, pilot)
        for size in (SMALL, MEDIUM, (200, 50), (60, 24), (60, 15)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda width=size[0]: columns.size.width == width - 4)  # type: ignore[misc]
            told = screen(app)
            assert columns.size.height >= 2
            assert "▸" in told and "≠" in told
            assert "Esc" in told.split("\n")[-1]


async def test_keys_move_by_row_page_edge_difference_and_sideways(tmp_path: Path) -> None:
    same = "".join(f"same {n}\n" for n in range(30))
    async with flaky(
        tmp_path, SMALL, failed=f"one\n{same}two {'x' * 200}END\n{same}", passed=f"uno\n{same}due\n{same}"
    ) as (app, pilot, _):
        columns = await compares(app, pilot)
        at = []
        for key in ("right_square_bracket", "left_square_bracket", "j", "down", "k", "G", "g", "pagedown", "pageup"):
            await pilot.press(key)
            at.append(columns.cursor)
        assert at[:7] == [31, 0, 1, 2, 1, 61, 0]
        assert at[7] > 3 and at[8] == 0
        await pilot.press("right_square_bracket", "right_square_bracket")
        assert columns.told == "row 32 of 62 · difference 2 of 2"
        assert "END" not in screen(app) and "›" in screen(app)
        await pilot.press(*["right"] * 24)
        await shows(pilot, "END")
        assert "‹" in screen(app)
        await pilot.press(*["left"] * 40)
        assert columns.left == 0


async def test_escape_and_q_close_it_and_the_list_has_the_focus_again(tmp_path: Path) -> None:
    async with flaky(tmp_path) as (app, pilot, _):
        for key in ("escape", "q"):
            await compares(app, pilot)
            await pilot.press(key)
            await until(pilot, lambda: not isinstance(app.screen, ContrastScreen))
            assert app.focused is app.query_one(LogList)


async def test_help_tells_its_keys(tmp_path: Path) -> None:
    async with flaky(tmp_path) as (app, pilot, _):
        await compares(app, pilot)
        await pilot.press("question_mark")
        await shows(pilot, "in the comparison", "The next difference", "Put the comparison in the record")
        await pilot.press("escape")
        assert isinstance(app.screen, ContrastScreen)


async def test_n_puts_it_in_the_record_as_an_inference(tmp_path: Path) -> None:
    async with flaky(tmp_path) as (app, pilot, _):
        await compares(app, pilot)
        await pilot.press("n")
        await until(pilot, lambda: bool(app.incident.notes))
        await shows(pilot, "The comparison is in the record", pane="Toast")
        notes = [line.event for line in app.incident.lines if isinstance(line.event, NoteAdded)]
        assert notes[0].nature == "inference"
        assert "left: 13:57:02 FATAL index is locked" in notes[0].text


async def test_the_open_log_and_the_palette_compare_too(tmp_path: Path) -> None:
    async with flaky(tmp_path) as (app, pilot, _):
        await until(pilot, lambda: any(entry.kept for entry in app.picture.logs))
        for state in ("retried", "kept"):
            await to_row(app, pilot, state)
            await pilot.press("enter")
            await until(pilot, lambda: app.focused is app.query_one(LogView))
            await compares(app, pilot)
            await shows(pilot, "align B, attempt 1", "align B, attempt 2")
            await pilot.press("escape")
        titles = {title: call for title, _, call in doings(app.desk)}
        titles["Failed against passed"]()
        await until(pilot, lambda: isinstance(app.screen, ContrastScreen))


async def test_what_cannot_be_compared_is_told_with_the_reason(tmp_path: Path) -> None:
    async with flaky(tmp_path) as (app, pilot, _):
        await to_row(app, pilot, "run")
        await pilot.press("x")
        await until(pilot, lambda: "this is no job's log" in flat(app))
        assert not isinstance(app.screen, ContrastScreen)


async def test_hostile_text_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    nasty = "\n".join(NASTY.values())
    failed, passed = (f"start\n{nasty} {outcome}\n{nasty}" for outcome in ("failed", "passed"))
    async with flaky(tmp_path, failed=failed, passed=passed) as (app, pilot, _):
        await compares(app, pilot)
        assert "[red]A[/red] [@click=app.leave]x[/]" in screen(app)
        for key in ("g", "right", "left", "G", "n"):
            await pilot.press(key)
            told = screen(app)
            assert not FORBIDDEN & set(told), sorted(map(repr, FORBIDDEN & set(told)))
