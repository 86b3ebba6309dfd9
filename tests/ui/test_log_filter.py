"""Only some lines of a log are shown: which ones, how many, and where the reader is meanwhile."""

from pathlib import Path

import pytest

from tests.ui.logbench import SIZES, SMALL, Bench, append, rows, status, texts, until

LINES = b"".join(b"%s sample %d step %d\n" % (b"ERROR" if n % 50 == 7 else b"INFO", n % 10, n) for n in range(200))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "align.log"
    path.write_bytes(LINES)
    return path


@pytest.mark.parametrize("size", SIZES)
async def test_typing_filters_after_a_short_pause_and_enter_keeps_it(log: Path, size: tuple[int, int]) -> None:
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("ampersand", *'"sample 3"')
        await until(pilot, lambda: app.view.filter == '"sample 3"')
        assert app.query("FilterBar")
        await until(pilot, lambda: texts(app)[-1:] == ["INFO sample 3 step 193"])
        assert all("sample 3" in text for text in texts(app))
        await pilot.press("enter")
        assert app.focused is app.view and not app.query("FilterBar")
        assert "20 of 200" in status(app)
        assert [row for row in rows(app) if row][-1].startswith(" 194▸")


async def test_what_is_written_meanwhile_is_filtered_too(log: Path) -> None:
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        app.view.set_filter("-INFO")
        append(log, b"INFO new\nERROR newest\n")
        app.view.changed({log})
        await until(pilot, lambda: texts(app)[-1] == "ERROR newest")
        assert "INFO new" not in texts(app)
        assert "following" in status(app)


async def test_switching_a_filter_on_and_off_keeps_the_reader_where_he_is(log: Path) -> None:
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("colon", *"104", "enter")
        await until(pilot, lambda: app.view.cursor_row == 103)
        app.view.set_filter('"sample 3"')
        await until(pilot, lambda: app.view.source.progress == 1)
        assert [row for row in rows(app) if "▸" in row] == [" 104▸  INFO sample 3 step 103"]
        app.view.set_filter("")
        assert app.view.cursor_row == 103
        # The line itself is not shown: the nearest one is gone to, and back to it when the filter goes.
        app.view.set_filter("-sample")
        await until(pilot, lambda: "No line matches" in rows(app)[0])
        app.view.set_filter("")
        assert app.view.cursor_row == 103


@pytest.mark.parametrize("size", SIZES)
async def test_errors_only_is_one_key_on_and_off(log: Path, size: tuple[int, int]) -> None:
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("o")
        await until(pilot, lambda: texts(app) == [f"ERROR sample 7 step {n}" for n in (7, 57, 107, 157)])
        assert "4 of 200" in status(app)
        await pilot.press("o")
        assert app.view.filter == ""
        assert texts(app)[-1] == "INFO sample 9 step 199"


async def test_escape_takes_one_step_back_at_a_time(log: Path) -> None:
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        app.view.set_filter("sample")
        app.view.search("step 19")
        await until(pilot, lambda: app.view.cursor_row == 19)
        await pilot.press("shift+up", "escape")
        assert app.view._anchor is None and app.view._hits is not None
        await pilot.press("escape")
        assert app.view._hits is None and app.view.filter == "sample"
        await pilot.press("escape")
        assert app.view.filter == ""


async def test_leaving_the_line_leaves_the_filter_as_it_was(log: Path) -> None:
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        app.view.set_filter("ERROR")
        await pilot.press("ampersand", *"sample")
        await until(pilot, lambda: app.view.filter == "sample")
        await pilot.press("escape")
        assert app.view.filter == "ERROR"
        await pilot.press("ampersand", "delete", "enter")
        assert app.view.filter == ""


async def test_a_filter_that_is_not_understood_is_told_and_changes_nothing(log: Path) -> None:
    async with Bench().run_test(size=(140, 20)) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("ampersand", *"/(/", "enter")
        assert "is not valid" in status(app)
        assert app.query("FilterBar") and app.view.filter == ""


async def test_searching_and_errors_stay_among_what_is_shown(log: Path) -> None:
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        app.view.set_filter("-ERROR")
        await until(pilot, lambda: app.view.source.progress == 1)
        await pilot.press("E")
        await until(pilot, lambda: "no errors in this log" in status(app))
        app.view.search("step 19")
        await until(pilot, lambda: "INFO sample 9 step 19" in [row[7:] for row in rows(app) if "▸" in row])


async def test_another_log_opens_without_the_filter(log: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.log"
    other.write_bytes(b"something\n")
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        app.view.set_filter("ERROR")
        app.view.show(other)
        assert (app.view.filter, texts(app)) == ("", ["something"])


async def test_lines_with_hidden_ones_between_them_are_pinned_as_text_and_single_ones_as_bytes(log: Path) -> None:
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        app.view.set_filter("level:error")
        await until(pilot, lambda: len(texts(app)) == 4)
        one = app.view.selection()
        assert one is not None and (one.path, one.first_line) == (log, 158)
        assert (
            log.read_bytes()[one.start_byte : one.end_byte] == app.view.selected_bytes() == b"ERROR sample 7 step 157"
        )
        await pilot.press("shift+up")
        two = app.view.selection()
        assert two is not None and two.path is None and "filtered: level:error" in two.title
        assert app.view.selected_bytes() == b"ERROR sample 7 step 107\nERROR sample 7 step 157"
        assert two.end_byte == len(app.view.selected_bytes())
