"""Several files as one stream: lines in order of time, groups whole, what arrives is seen, much of it in pieces."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from incident_console.tail.merging.merged import (
    EARLIER,
    NO_FILES,
    NOTHING_YET,
    OPENING_ALL_BYTES,
    OPENING_FILES,
    OPENING_ROWS,
)
from incident_console.tail.source import CUT, Line, Place
from tests.unit.tail.streams import START, Stream, opened, stamp


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    stream = Stream(tmp_path)
    yield stream
    stream.source.close()


def test_without_files_or_lines_it_says_so(stream: Stream) -> None:
    assert stream.source.notice == NO_FILES
    opened(stream, "a.log")
    assert stream.source.notice == NOTHING_YET
    assert stream.source.row_count == 0
    assert stream.source.place(0) is None
    assert stream.source.row_of(Place(0, 0)) == 0
    with pytest.raises(IndexError):
        stream.source.row(0)


def test_opening_shows_the_last_lines_merged_by_time(stream: Stream) -> None:
    stream.write("a.log", f"{stamp(-9)} one\n{stamp(-7)} three\n")
    stream.write("b.log", f"{stamp(-8)} two\n  of two\n{stamp(-6)} four")
    stream.add("a.log", "b.log")
    stream.look()
    assert [row.split("Z ")[-1] for row in stream.shown()] == ["one", "two", "b|  of two", "three", "four"]


def test_opening_takes_the_files_that_changed_last_and_says_that_there_is_more(stream: Stream) -> None:
    count = OPENING_FILES + 4
    names = [f"{number:02}.log" for number in range(count)]
    for number, name in enumerate(names):
        stream.write(name, f"{name} was here\n")
        os.utime(stream.folder / name, (START - 100 + number,) * 2)
    stream.add(*names)
    stream.look()
    assert stream.shown() == [EARLIER] + [f"{number:02}|{number:02}.log was here" for number in range(4, count)]
    assert stream.source.partial == f"newest {OPENING_FILES} lines of {count} files"
    assert [facts.label for facts in stream.source.member_facts(2)] == [str(count - 1), str(count - 2)]


def test_a_stream_that_holds_everything_is_not_a_part_of_it(stream: Stream) -> None:
    stream.write("a.log", "one\n")
    stream.add("a.log")
    stream.look()
    assert (stream.source.partial, stream.source.line_count) == ("", 1)


def test_opening_reads_a_bounded_part_and_small_files_leave_room_to_large_ones(stream: Stream) -> None:
    names = [f"{number}.log" for number in range(40)]
    for name in names:
        stream.write(name, "line of ten\n" * (20_000 if name in ("3.log", "30.log") else 2))
    stream.add(*names)
    stream.look()
    assert stream.source.partial == f"newest {OPENING_ROWS:,} lines of 40 files"
    assert stream.source.row_count == OPENING_ROWS + 1
    of_large = [row for row in stream.shown() if row.startswith(("3|", "30|"))]
    assert len(of_large) > OPENING_ALL_BYTES / 40 / 12 * 2


def test_afterwards_all_that_is_new_is_taken_from_the_size_at_opening(stream: Stream) -> None:
    last = OPENING_FILES + 3
    for number in range(last + 1):
        stream.write(f"{number}.log", "old\nunfin")
        os.utime(stream.folder / f"{number}.log", (START - number,) * 2)
    stream.add(*(f"{number}.log" for number in range(last + 1)))
    stream.look()
    before = stream.source.row_count
    stream.write(f"{last}.log", "ished\nnew\n")
    stream.look(f"{last}.log")
    assert stream.shown()[before:] == [f"{last}|unfinished", f"{last}|new"]


def test_a_later_file_is_read_from_its_beginning(stream: Stream) -> None:
    opened(stream, "a.log")
    stream.write("b.log", "x\ny\n")
    stream.add("b.log")
    stream.look("a.log")
    assert stream.shown() == ["b|x", "b|y"]


def test_a_late_line_within_the_window_goes_to_its_place_and_places_stay(stream: Stream) -> None:
    opened(stream, "a.log", "b.log")
    stream.write("a.log", f"{stamp(0)} first\n{stamp(5)} third\n")
    stream.clock.now += 6
    stream.look()
    places = [stream.source.place(row) for row in range(2)]
    stream.write("b.log", f"{stamp(3)} second\n")
    stream.look()
    assert [row.split("Z ")[1] for row in stream.shown()] == ["first", "second", "third"]
    assert [stream.source.row_of(place) for place in places if place] == [0, 2]
    line = stream.source.row(1)
    assert isinstance(line, Line)
    assert line.at == START + 3
    assert line.number == 1


@pytest.mark.parametrize("offset", [-40, -7200, 7200])
def test_a_line_of_another_clock_is_put_at_the_end(stream: Stream, offset: float) -> None:
    opened(stream, "a.log", "b.log")
    stream.write("a.log", f"{stamp(0)} now\n")
    stream.look()
    stream.write("b.log", f"{stamp(offset)} strange\n of it\n")
    stream.clock.now += 1
    stream.look()
    stream.write("a.log", f"{stamp(2)} then\n")
    stream.clock.now += 1
    stream.look()
    assert [row.split("Z ")[-1] for row in stream.shown()] == ["now", "strange", "b| of it", "then"]
    strange = stream.source.row(1)
    assert isinstance(strange, Line)
    assert strange.at == START + offset


def test_a_traceback_that_arrives_in_pieces_is_not_torn_apart(stream: Stream) -> None:
    opened(stream, "a.log", "b.log")
    stream.write("a.log", f"{stamp(0)} ERROR\nTraceback\n")
    stream.write("b.log", f"{stamp(0.5)} calm\n")
    stream.clock.now += 1
    stream.look()
    stream.write("a.log", "  File x\nValueError\n")
    stream.look()
    assert [row.split("Z ")[-1] for row in stream.shown()] == [
        "ERROR",
        "a|Traceback",
        "a|  File x",
        "a|ValueError",
        "calm",
    ]


def test_a_snakemake_block_stays_whole_behind_its_time(stream: Stream) -> None:
    opened(stream, "run.log", "rule.log")
    bracket = datetime.fromtimestamp(START).strftime("[%a %b %d %H:%M:%S %Y]")
    stream.write("rule.log", f"{stamp(0.5)} aligning\n")
    stream.write("run.log", f"Building DAG of jobs...\n{bracket}\nlocalrule align:\n    jobid: 4\n")
    stream.clock.now += 1
    stream.look()
    assert stream.shown() == [
        "run|Building DAG of jobs...",
        f"run|{bracket}",
        "run|localrule align:",
        "run|    jobid: 4",
        f"rule|{stamp(0.5)} aligning",
    ]


def test_what_belongs_to_a_line_far_up_is_shown_at_the_end_where_it_is_seen(stream: Stream) -> None:
    opened(stream, "a.log", "b.log")
    stream.write("a.log", f"{stamp(0)} start\n")
    stream.write("b.log", f"{stamp(60)} later\n")
    stream.clock.now += 60
    stream.look()
    stream.write("a.log", "half done\n")
    stream.clock.now += 1
    stream.look()
    assert stream.shown()[-1] == "a|half done"


def test_a_file_without_times_stands_when_it_arrived(stream: Stream) -> None:
    opened(stream, "a.log", "b.log")
    for step, name in enumerate(["a", "b", "a"]):
        stream.clock.now = START + step
        stream.write(f"{name}.log", f"{step}\n")
        stream.look()
    assert stream.shown() == ["a|0", "b|1", "a|2"]
    line = stream.source.row(1)
    assert isinstance(line, Line)
    assert line.at == START + 1


def test_equal_times_stand_in_the_order_of_the_files(stream: Stream) -> None:
    opened(stream, "a.log", "b.log")
    stream.write("b.log", f"{stamp(0)} b1\n{stamp(0)} b2\n")
    stream.look()
    stream.write("a.log", f"{stamp(0)} a1\n")
    stream.look()
    stream.write("b.log", f"{stamp(0)} b3\n")
    stream.look()
    assert [row[-2:] for row in stream.shown()] == ["a1", "b1", "b2", "b3"]


def test_an_unfinished_line_is_shown_at_the_end_and_gets_its_place_when_it_is_finished(stream: Stream) -> None:
    opened(stream, "a.log", "b.log")
    stream.write("a.log", f"{stamp(0)[:12]}")
    stream.write("b.log", f"{stamp(0.5)} whole\n")
    stream.clock.now += 0.6
    stream.look()
    assert stream.shown()[-1] == f"a|{stamp(0)[:12]}"
    place = stream.source.place(1)
    assert place is not None
    assert stream.source.row_of(place) == 1
    assert stream.source.origin(place) == (stream.folder / "a.log", Place(1, 0))
    stream.write("a.log", f"{stamp(0)[12:]} done\n")
    stream.look()
    assert stream.shown() == [f"a|{stamp(0)} done", f"b|{stamp(0.5)} whole"]


def test_an_unfinished_line_that_stays_so_does_not_stand_at_the_end_for_ever(stream: Stream) -> None:
    opened(stream, "a.log", "b.log")
    stream.write("a.log", "no newline")
    stream.look()
    stream.clock.now += 2
    stream.write("b.log", "next\n")
    stream.look()
    stream.clock.now += 2
    stream.write("b.log", "last\n")
    stream.look()
    assert stream.shown() == ["a|no newline", "b|next", "b|last"]
    stream.write("a.log", " yet\n")
    stream.look()
    assert stream.shown() == ["a|no newline yet", "b|next", "b|last"]


def test_a_line_knows_its_own_file_and_place(stream: Stream) -> None:
    opened(stream, "a.log", "b.log")
    stream.write("a.log", "one\ntwo\n")
    stream.look()
    place = stream.source.place(1)
    assert place is not None
    assert stream.source.origin(place) == (stream.folder / "a.log", Place(1, 4))
    assert stream.source.origin(Place(-1, -1)) is None


def test_a_very_long_line_is_cut_and_costs_one_row(stream: Stream) -> None:
    opened(stream, "a.log")
    for _ in range(3):
        stream.write("a.log", b"x" * 3_000_000)
        stream.look()
    stream.write("a.log", b"\nshort\n")
    stream.look()
    line = stream.source.row(0)
    assert isinstance(line, Line)
    assert (stream.source.row_count, len(line.text), line.cut) == (2, CUT, True)
    assert line.end - line.offset == 9_000_000


def test_what_is_no_file_or_not_readable_does_no_harm(stream: Stream) -> None:
    (stream.folder / "dir.log").mkdir()
    os.mkfifo(stream.folder / "pipe.log")
    (stream.folder / "dangling.log").symlink_to("nowhere")
    stream.write("a.log", b"\x00\xff\x1b[2J\r\n")
    stream.add("dir.log", "pipe.log", "dangling.log", "a.log", "missing.log")
    stream.look()
    assert stream.shown() == ["a|\x00�\x1b[2J\r"]
    stream.write("missing.log", "here now\n")
    stream.look()
    assert stream.shown()[-1] == "missing|here now"


def test_a_look_without_news_looks_at_no_file(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(stream, *(f"{number}.log" for number in range(50)))

    def fail(*_: object) -> None:
        raise AssertionError("looked at the disk")

    monkeypatch.setattr(os, "stat", fail)
    assert stream.source.poll().kind == "same"


def test_much_is_taken_in_bounded_pieces_from_each_file_in_turn(stream: Stream) -> None:
    opened(stream, "a.log", "b.log")
    stream.write("a.log", "aaaa\n" * 200_000)
    stream.write("b.log", "b\n")
    stream.source.changed([stream.folder / "a.log", stream.folder / "b.log"])
    change = stream.source.poll()
    assert change.more
    assert stream.source.poll().more
    assert stream.source.row_count < 50_000
    assert [facts.lines for facts in stream.source.member_facts() if facts.label == "b"] == [1]
    while stream.source.poll().more:
        pass
    assert stream.source.row_count == 200_001
