"""Taking lines out of a log: into the clipboard, a file, a pager."""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from incident_console.tail.merging.kept import KeptLines
from incident_console.tail.merging.merged import Member, Merged
from incident_console.tui.log import scroll
from incident_console.tui.log.copying import Rows
from tests.ui.logbench import SIZES, SMALL, Bench, append, numbered, status, until


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "run.log"
    path.write_bytes(numbered(100))
    return path


class Suspending(Bench):
    """An app whose terminal can be handed over, as on a real one."""

    @contextmanager
    def suspend(self) -> Iterator[None]:
        yield


@pytest.mark.parametrize("size", SIZES)
async def test_lines_are_copied_as_they_are_shown(log: Path, size: tuple[int, int]) -> None:
    log.write_bytes(b"plain\n\x1b[31mred\x1b[0m\x1b[2J\a\nlast\n")
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("c")
        assert app.clipboard == "last"
        assert "1 line sent to the clipboard" in status(app)
        await pilot.press("shift+up", "shift+up", "c")
        assert app.clipboard == "plain\nred␛[2J␇\nlast"
        assert "3 lines sent to the clipboard" in status(app)


@pytest.mark.parametrize("size", SIZES)
async def test_all_lines_or_the_selected_ones_are_saved_for_oneself_alone(
    log: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    out = tmp_path / "out.txt"
    async with Bench().run_test(size=size) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("S", *str(out), "enter")
        await until(pilot, lambda: out.exists())
        assert out.read_bytes() == log.read_bytes()
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        await until(pilot, lambda: "100 lines, 792 B, saved as" in status(app))
        await pilot.press("shift+up")
        assert not app.view.save_as(str(out))
        assert "out.txt exists, 792 B" in status(app)
        assert app.view.save_as(str(out))
        await until(pilot, lambda: out.read_bytes() == b"line 99\nline 100\n")
        assert not list(tmp_path.glob(".*part"))


async def test_what_a_filter_shows_is_saved(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        app.view.set_filter('"line 9"')
        await until(pilot, lambda: app.view.source.progress == 1)
        app.view.save_as(str(out))
        await until(pilot, lambda: out.exists())
        assert out.read_bytes() == b"line 9\n" + numbered(10, 90)


async def test_long_lines_are_saved_whole(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    log.write_bytes(b"x" * 100_000 + b"\x1b[31m\r\xff\nlast\n")
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        app.view.save_as(str(out))
        await until(pilot, lambda: out.exists())
        assert out.read_bytes() == log.read_bytes()


async def test_the_log_itself_a_folder_and_an_impossible_place_are_refused(log: Path, tmp_path: Path) -> None:
    async with Bench().run_test(size=(140, 20)) as pilot:
        app = pilot.app
        app.view.show(log)
        link = tmp_path / "link"
        link.symlink_to(log)
        for path in (log, link):
            assert not app.view.save_as(str(path))
            assert "that is this log itself" in status(app)
            assert not app.view.save_as(str(path))
        assert not app.view.save_as(str(tmp_path))
        assert "no regular file" in status(app)
        assert app.view.save_as(str(tmp_path / "no" / "such" / "out.txt"))
        await until(pilot, lambda: "not saved" in status(app) and "no such file" in status(app))
        assert log.read_bytes() == numbered(100)


async def test_a_log_whose_lines_are_not_counted_yet_is_saved_and_paged_from_its_first_line(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_bytes(numbered(100_000))
    saved, paged = tmp_path / "saved.txt", tmp_path / "paged.txt"
    monkeypatch.setenv("PAGER", f"tee {paged}")
    monkeypatch.setattr(scroll, "INDEX_AFTER_S", 3600)
    async with Suspending().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        assert app.view.source.progress < 1
        app.view.save_as(str(saved))
        await until(pilot, lambda: saved.exists())
        app.view.show_text("nothing", b"")
        app.view.show(log)
        assert app.view.source.progress < 1
        await pilot.press("vertical_line")
        await until(pilot, lambda: paged.exists() and not app.view.is_seeking)
        assert saved.read_bytes() == log.read_bytes() == paged.read_bytes()


@pytest.mark.parametrize("name", ["~nobody-of-that-name/out.txt", "x" * 300, "a\0b", "run.log/below"])
async def test_a_name_that_no_file_can_have_is_told(log: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(log.parent)
    async with Bench().run_test(size=(140, 20)) as pilot:
        app = pilot.app
        app.view.show(log)
        assert not app.view.save_as(name)
        assert "not saved" in status(app) or "no path of a file" in status(app)


async def test_a_file_that_is_in_the_way_of_saving_is_left_alone(log: Path, tmp_path: Path) -> None:
    mine = tmp_path / f".out.txt.{os.getpid()}.part"
    mine.write_text("somebody's")
    async with Bench().run_test(size=(140, 20)) as pilot:
        app = pilot.app
        app.view.show(log)
        assert app.view.save_as(str(tmp_path / "out.txt"))
        await until(pilot, lambda: "not saved" in status(app) and "exists" in status(app))
        assert mine.read_text() == "somebody's"


def test_a_name_of_a_file_that_is_no_text_stands_before_its_lines(tmp_path: Path) -> None:
    log = tmp_path / os.fsdecode(b"B\xff.log")
    log.write_text("text\n")
    stream = Merged("stream")
    stream.set_members([Member(log, log.name)])
    stream.poll()
    assert list(Rows(stream, stream, 0, 0, raw=True).pieces(1)) == ["B\ufffd.log  text\n".encode()]
    stream.close()


def test_no_line_is_taken_out_twice_when_one_comes_in_between(tmp_path: Path) -> None:
    one, other = tmp_path / "one.log", tmp_path / "other.log"
    stream = Merged("stream")
    stream.set_members([Member(path, path.stem) for path in (one, other)])
    stream.poll()
    now = int(time.time())
    one.write_text(f"[{now - 9}] a\n[{now - 8}] b\n[{now - 7}] c\n")
    stream.changed([one])
    stream.poll()
    pieces = Rows(stream, stream, 0, stream.row_count - 1, raw=True).pieces(0)
    taken = [next(pieces), next(pieces)]
    other.write_text(f"[{now - 20}] late\n")
    stream.changed([other])
    stream.poll()
    taken += pieces
    assert [piece.split()[-1] for piece in taken] == [b"a", b"b", b"c"]
    stream.close()


async def test_a_save_that_is_stopped_leaves_nothing_behind(log: Path, tmp_path: Path) -> None:
    log.write_bytes(numbered(400_000))
    out = tmp_path / "out.txt"
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        await until(pilot, lambda: app.view.source.progress == 1)
        app.view.save_as(str(out))
        await until(pilot, lambda: "saving out.txt" in status(app))
        await pilot.press("escape")
        await until(pilot, lambda: not list(tmp_path.glob(".*part")))
        assert not out.exists()


async def test_the_pager_is_given_what_is_shown_with_nothing_a_terminal_obeys(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "seen"
    monkeypatch.setenv("PAGER", f"tee {out}")
    log.write_bytes(b"\x1b[31mred\x1b[0m\x1b[2J\n10 %\r100 %\nlast\n")
    async with Suspending().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("vertical_line")
        await until(pilot, lambda: out.exists() and out.read_text() == "red␛[2J\n10 %␍100 %\nlast\n")
        await pilot.press("shift+up", "vertical_line")
        await until(pilot, lambda: out.read_text() == "10 %␍100 %\nlast\n")


async def test_a_pager_that_is_left_early_or_fails_does_no_harm(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_bytes(numbered(100_000))
    bad = tmp_path / "bad"
    bad.write_bytes(b"\x7fELF nonsense")
    bad.chmod(0o755)
    async with Suspending().run_test(size=(140, 20)) as pilot:
        app = pilot.app
        app.view.show(log)
        monkeypatch.setenv("PAGER", "head -n 1")
        await pilot.press("vertical_line")
        await until(pilot, lambda: not app.view.is_seeking)
        assert "following" in status(app)
        monkeypatch.setenv("PAGER", str(bad))
        await pilot.press("vertical_line")
        await until(pilot, lambda: "could not be run" in status(app))
        monkeypatch.setenv("PAGER", str(tmp_path / "none"))
        await pilot.press("vertical_line")
        assert "there is no such program" in status(app)


async def test_where_the_terminal_cannot_be_handed_over_it_is_told(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "cat")
    async with Bench().run_test(size=SMALL) as pilot:
        app = pilot.app
        app.view.show(log)
        await pilot.press("vertical_line")
        await until(pilot, lambda: "a pager cannot be opened here" in status(app))


async def test_lines_that_are_no_longer_in_their_file_are_not_counted_as_saved(log: Path, tmp_path: Path) -> None:
    source = Merged("all")
    source.set_members([Member(log, "a")])
    out = tmp_path / "out.txt"
    async with Bench().run_test(size=(160, 24)) as pilot:
        app = pilot.app
        app.view.open(source, "all files")
        append(log, b"more\n")
        source.changed([log])
        app.view.changed([log])
        await until(pilot, lambda: source.row_count == 101)
        source._kept = KeptLines()
        log.write_bytes(b"anew\n")
        source.changed([log])
        app.view.changed([log])
        await until(pilot, lambda: source.row_count == 103)
        app.view.save_as(str(out))
        await until(pilot, lambda: "101 lines are no longer in their file · 1 line, 8 B, saved as" in status(app))
        assert out.read_bytes() == b"a  anew\n"
