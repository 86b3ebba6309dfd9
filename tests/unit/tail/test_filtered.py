"""A filtered view shows exactly the lines that match, as they come, and keeps the reader's place."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incident_console.tail.filtering import filtered, sifted
from incident_console.tail.filtering.filtered import Filtered
from incident_console.tail.filtering.filters import parse
from incident_console.tail.finding import blocks
from incident_console.tail.finding.levels import Level, Levels
from incident_console.tail.logfile import TRUNCATED, LogFile
from incident_console.tail.merging.merged import Member, Merged
from incident_console.tail.source import Line, Mark, Place, Source, TextSource


@contextmanager
def blocks_of(size: int) -> Iterator[None]:
    before, blocks.BLOCK = blocks.BLOCK, size
    try:
        yield
    finally:
        blocks.BLOCK = before


def shown(source: Source) -> list[bytes | str]:
    rows = [source.row(row) for row in range(source.row_count)]
    return [row.text for row in rows]


def all_of(source: Source) -> list[bytes | str]:
    while not source.index_step(1):
        pass
    return shown(source)


def expected(data: bytes, text: str) -> list[bytes]:
    """What a plain reading of the whole text lets through."""
    levels, lines = Levels(), data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    kept = []
    for line in lines:
        level = levels.of(line)
        for term in text.split():
            no, term = term.startswith("-"), term.removeprefix("-")
            if term.startswith("level:"):
                holds = level >= Level[term[6:].upper()]
            else:
                holds = term.strip("/").encode() in line.lower()
            if holds is no:
                break
        else:
            kept.append(line)
    return kept


PIECES = [
    b"ERROR a\n",
    b"INFO b\n",
    b"  in a\n",
    b"Error in x\n",
    b"WARNING ab\n",
    b"ab",
    b"b\n",
    b"\n",
    b"INF",
    b"DEBUG \xff\n",
]
FILTERS = [
    "a",
    "ab",
    "-a",
    "level:error",
    "level:warning",
    "level:info b",
    "-level:error",
    "level:error -a",
    "/a/ -b",
    "/b/",
]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join), min_size=1, max_size=6),
    st.sampled_from(FILTERS),
    st.integers(1, 40),
    st.booleans(),
)
def test_any_text_written_in_any_pieces_shows_the_lines_that_a_plain_reading_lets_through(
    tmp_path: Path, pieces: list[bytes], text: str, block: int, index_between: bool
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(pieces[0])
    with blocks_of(block):
        log = LogFile(path)
        log.poll()
        view = Filtered(log, parse(text))
        for number in range(len(pieces)):
            if number:
                with path.open("ab") as file:
                    file.write(pieces[number])
            while view.poll().more:
                pass
            if index_between:
                view.index_step(1)
        assert all_of(view) == expected(b"".join(pieces), text)
        assert view.matched == view.row_count
        assert view.progress == 1
        for row in range(view.row_count):
            place = view.place(row)
            assert place is not None
            assert view.row_of(place) == row
            assert view.knows(place)
        log.close()


def test_the_end_is_shown_before_the_rest_was_looked_at() -> None:
    data = b"".join(b"%07d %s\n" % (number, b"keep" if number % 10 == 0 else b"drop") for number in range(300_001))
    inner = TextSource("t", data)
    view = Filtered(inner, parse("keep"))
    assert view.row(view.row_count - 1).text == b"0300000 keep"
    assert view.progress < 1
    before = view.place(view.row_count - 1)
    assert len(all_of(view)) == 30_001
    assert before is not None
    assert view.row_of(before) == 30_000
    line = view.row(10)
    assert isinstance(line, Line)
    assert line.number == 101


def test_switching_a_filter_keeps_the_place() -> None:
    view = Filtered(TextSource("t", b"a 1\nb\na 2\nb\nb\na 3\n"), parse("a"))
    all_of(view)
    hidden = view.inner.place(4)
    assert hidden is not None
    assert view.row_of(hidden) == 1
    assert view.row_of(Place(0, -1)) == 0
    assert view.row_of(Place(9, 0)) == 2
    assert view.inner.row_of(view.place(2) or Place(0, 0)) == 5


def test_a_last_line_without_newline_is_judged_again_when_it_is_completed(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"x\nno")
    log = LogFile(path)
    log.poll()
    view, without = Filtered(log, parse("needle")), Filtered(log, parse("-needle"))
    assert (all_of(view), all_of(without)) == ([], [b"x", b"no"])
    for text, has, has_not in ((b" nee", [], [b"x", b"no nee"]), (b"dle", [b"no needle"], [b"x"])):
        with path.open("ab") as file:
            file.write(text)
        view.poll(), without.poll()
        assert (shown(view), shown(without)) == (has, has_not)
    with path.open("ab") as file:
        file.write(b"\nlast needle")
    view.poll(), without.poll()
    assert (shown(view), shown(without)) == ([b"no needle", b"last needle"], [b"x"])
    log.close()


def test_rotation_and_truncation_are_shown_between_the_lines_that_match(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"keep 1\ndrop\n")
    log = LogFile(path)
    log.poll()
    view = Filtered(log, parse("keep"))
    path.rename(tmp_path / "a.log.1")
    path.write_bytes(b"drop\nkeep 2\n")
    while view.poll().more:
        pass
    assert [type(row) is str for row in all_of(view)] == [False, True, False]
    assert shown(view)[2] == b"keep 2"
    mark = view.row(1)
    assert isinstance(mark, Mark)
    assert view.row_of(mark.place) == 1
    path.write_bytes(b"keep 3\n")
    while view.poll().more:
        pass
    assert all_of(view)[-2:] == [TRUNCATED, b"keep 3"]
    log.close()


@pytest.mark.parametrize("keep", ["keep", "/ke+p/", "level:error"])
def test_a_line_that_is_longer_than_any_piece_is_one_row(keep: str) -> None:
    long = b"ERROR keep " + b"x" * 20_000_000 + b" keep"
    data = b"ERROR keep 1\nINFO drop\n" + long + b"\nINFO drop\nERROR keep 2\nINFO"
    view = Filtered(TextSource("t", data), parse(keep))
    while not view.index_step(1):
        pass
    places = [view.place(row) for row in range(view.row_count)]
    assert [place.offset for place in places if place] == [0, 23, len(data) - 17]


def test_at_the_limit_the_oldest_are_left_out_and_a_mark_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filtered, "MOST", 100)
    path = tmp_path / "a.log"
    path.write_bytes(b"".join(b"keep %d\n" % number for number in range(1000)))
    log = LogFile(path)
    log.poll()
    view = Filtered(log, parse("keep"))
    rows = all_of(view)
    assert rows[-1] == b"keep 999"
    assert len(rows) <= 101
    assert rows[1:] == [b"keep %d" % number for number in range(1000 - len(rows[1:]), 1000)]
    assert rows[0] == f"── only the last {len(rows) - 1} matching lines are shown: narrow the filter for more ──"
    assert view.progress == 1
    with path.open("ab") as file:
        file.write(b"".join(b"keep %d\n" % number for number in range(1000, 1050)))
    view.poll()
    rows = shown(view)
    assert rows[-1] == b"keep 1049"
    assert len(rows) <= 101
    assert view.row_of(Place(1, 0)) == 1
    log.close()


def test_a_line_that_an_expression_cannot_judge_in_time_is_shown_and_told() -> None:
    view = Filtered(TextSource("t", b"fine\n" + b"a" * 50 + b"?\nno\n"), parse("/(a+)+$/"))
    assert all_of(view) == [b"a" * 50 + b"?"]
    assert view.notice == "1 line took too long for the filter's expression and is shown."
    nothing = Filtered(TextSource("t", b"fine\n"), parse("missing"))
    assert all_of(nothing) == []
    assert nothing.notice == "No line matches the filter missing"


def test_a_file_without_tags_is_judged_by_its_title() -> None:
    assert all_of(Filtered(TextSource("logs/B/align.log", b"x\ny\n"), parse("rule:align x"))) == [b"x"]
    assert all_of(Filtered(TextSource("logs/B/align.log", b"x\ny\n"), parse("sample:C"))) == []


class Stream(Source):
    """Rows without bytes of their own, put in before the end as they come late: what a merged stream looks like."""

    live = True

    def __init__(self) -> None:
        super().__init__("stream")
        self.lines: list[Line | Mark] = []

    def put(self, text: bytes, tag: str = "", before_end: int = 0) -> None:
        # An offset that tells nothing of the order, as in several files.
        line = Line(7, (len(self.lines) * 7919) % 100_003, len(text), None, text, False, True, tag)
        self.lines.insert(len(self.lines) - before_end, line)

    @property
    def row_count(self) -> int:
        return len(self.lines)

    @property
    def progress(self) -> float:
        return 1.0

    def row(self, row: int) -> Line | Mark:
        return self.lines[row]

    def place(self, row: int) -> Place | None:
        return self.lines[row].place if 0 <= row < len(self.lines) else None

    def row_of(self, place: Place) -> int:
        return next((number for number, line in enumerate(self.lines) if line.place == place), 0)

    @property
    def size(self) -> int:
        return sum(len(line.text) for line in self.lines)


def test_rows_of_a_stream_are_filtered_and_late_ones_find_their_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sifted, "LOOSE_ROWS", 20)
    monkeypatch.setattr(sifted, "ROWS_AT_ONCE", 7)
    stream = Stream()
    for number in range(100):
        stream.put(b"keep %d" % number if number % 3 == 0 else b"drop")
    stream.lines.insert(50, Mark(3, "rotated"))
    view = Filtered(stream, parse("keep"))

    def plain() -> list[bytes | str]:
        return [line.text for line in stream.lines if isinstance(line, Mark) or b"keep" in line.text]

    assert all_of(view) == plain()
    for number in range(100, 180):
        stream.put(b"keep %d" % number, before_end=number % 9)
        if number % 11 == 0:
            while view.poll().more:
                pass
            assert all_of(view) == plain()
    while view.poll().more:
        pass
    assert all_of(view) == plain()
    for row in range(view.row_count):
        assert view.row_of(view.place(row) or Place(0, 0)) == row
    assert view.looked_at == stream.row_count


def test_rows_that_a_stream_dropped_are_gone_from_the_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sifted, "LOOSE_ROWS", 5)
    stream = Stream()
    for number in range(100):
        stream.put(b"keep %d" % number)
    view = Filtered(stream, parse("keep"))
    assert len(all_of(view)) == 100
    del stream.lines[:40]
    view.poll()
    assert all_of(view) == [b"keep %d" % number for number in range(40, 100)]
    assert view.progress == 1


def test_a_merged_stream_is_filtered_while_its_files_are_written(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.log", "b.log")]
    for path in paths:
        path.write_bytes(b"".join(b"2026-11-22 13:00:%02d INFO keep %d\nno\n" % (n, n) for n in range(20)))
    now = datetime(2026, 11, 22, 13, 1).timestamp()
    stream = Merged("both", clock=lambda: now)
    stream.set_members([Member(str(path), path.name) for path in paths])
    while stream.poll().more:
        pass
    view = Filtered(stream, parse("keep file:a"))
    assert len(all_of(view)) == 20
    for number in range(20, 60):
        for path in paths:
            with path.open("ab") as file:
                file.write(b"2026-11-22 13:00:%02d INFO kee" % number)
        stream.changed(paths)
        view.poll()
        assert view.matched == number
        for path in paths:
            with path.open("ab") as file:
                file.write(b"p %d\nno\n" % number)
        stream.changed(paths)
        while view.poll().more:
            pass
        assert view.matched == number + 1
    assert [row[20:] for row in all_of(view) if isinstance(row, bytes)] == [b"INFO keep %d" % n for n in range(60)]
    stream.close()


def test_each_file_of_a_stream_has_levels_of_its_own() -> None:
    stream = Stream()
    for tag, text in (("a.log", b"ERROR x"), ("b.log", b"INFO y"), ("a.log", b"  of a"), ("b.log", b"  of b")):
        stream.put(text, tag)
    assert all_of(Filtered(stream, parse("level:error"))) == [b"ERROR x", b"  of a"]
    assert all_of(Filtered(stream, parse("file:b.log"))) == [b"INFO y", b"  of b"]
    assert all_of(Filtered(stream, parse("-file:b level:info"))) == [b"ERROR x", b"  of a"]


def test_a_source_that_has_nothing_yet_is_filtered_when_it_has(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "a.log")
    log.poll()
    view = Filtered(log, parse("keep"))
    assert (view.row_count, view.live, view.notice) == (0, True, "This file does not exist yet.")
    log.path.write_bytes(b"keep\ndrop\n")
    view.poll()
    assert all_of(view) == [b"keep"]
    view.close()
    assert log.row_count == 2
    log.close()


def test_marks_of_a_stream_are_shown_and_not_counted_as_matches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incident_console.tail.filtering.sifted.LOOSE_ROWS", 2)
    log = tmp_path / "a.log"
    log.write_bytes(b"keep\n" * 20_000)
    stream = Merged("one")
    stream.set_members([Member(str(log), "a")])
    stream.poll()
    assert len(all_of(stream)) == stream.row_count, "read, so it is kept"
    log.write_bytes(b"anew\n")
    stream.changed([log])
    stream.poll()
    for text, matched in (("nothing", 0), ("keep", stream.line_count - 2), ("anew", 1)):
        view = Filtered(stream, parse(text))
        while not view.index_step(1):
            pass
        marks = [row for row in range(view.row_count) if isinstance(view.row(row), Mark)]
        assert view.matched == matched == view.row_count - len(marks), text
        assert (view.notice or "").endswith("open a file alone to search all of it") == (not matched)
    stream.close()


def test_a_late_line_far_above_the_end_of_a_stream_is_let_through(tmp_path: Path) -> None:
    now = 1_790_000_000.0
    fast, late = tmp_path / "fast.log", tmp_path / "late.log"
    stream = Merged("stream", clock=lambda: now)
    stream.set_members([Member(path, path.stem) for path in (fast, late)])
    stream.poll()
    shown = Filtered(stream, parse("clue"))
    for begin in range(0, 5000, 1000):
        with fast.open("a") as file:
            file.writelines(f"[{now - 20 + line / 500:.3f}] busy\n" for line in range(begin, begin + 1000))
        with late.open("a") as file:
            file.write(f"[{now - 20 + begin / 1000:.3f}] clue {begin}\n")
        for path in (fast, late):
            stream.changed([path])
            while shown.poll().more:
                pass
            while not shown.index_step(1):
                pass
    rows = [shown.row(row) for row in range(shown.row_count)]
    assert [row.text.split()[-1] for row in rows] == [b"0", b"1000", b"2000", b"3000", b"4000"]
    stream.close()


def test_rows_that_a_stream_has_dropped_are_gone_from_what_is_filtered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incident_console.tail.merging.merged.MOST_ROWS", 1000)
    log = tmp_path / "a.log"
    stream = Merged("one")
    stream.set_members([Member(log, "a")])
    stream.poll()
    shown = Filtered(stream, parse("line"))
    for begin in range(0, 5000, 100):
        with log.open("a") as file:
            file.writelines(f"line {number}\n" for number in range(begin, begin + 100))
        stream.changed([log])
        while shown.poll().more:
            pass
        while not shown.index_step(1):
            pass
        rows = [shown.row(row).text for row in range(shown.row_count)]
        assert rows == [stream.row(row).text for row in range(stream.row_count)]
    stream.close()


def test_what_happened_to_a_file_of_a_stream_has_a_place_of_its_own(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    stream = Merged("one")
    stream.set_members([Member(log, "a")])
    stream.poll()
    for text in ("before\n", "", "after\n"):
        log.write_text(text)
        stream.changed([log])
        stream.poll()
    marks = [row for row in range(stream.row_count) if isinstance(stream.row(row), Mark)]
    assert marks and [stream.row(row).place for row in marks] == [stream.place(row) for row in marks]
    stream.close()
