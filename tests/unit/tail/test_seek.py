"""A time that an operator types is understood, and the first line at or after it is found in any source."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from incident_console.errors import InputError
from incident_console.tail.filtering.filtered import Filtered
from incident_console.tail.filtering.filters import parse
from incident_console.tail.finding.seek import BLOCK, TimeSeek, at_of, parse_time
from incident_console.tail.logfile import LogFile
from incident_console.tail.merging.merged import Member, Merged
from incident_console.tail.merging.times import Stamper
from incident_console.tail.source import Line, Mark, Part, Place, Source, TextSource

NOW = datetime(2026, 11, 22, 14, 10, tzinfo=UTC).timestamp()


def written(at: float) -> bytes:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()


def found(source: Source, at: float) -> Place | None:
    seek = TimeSeek(source, at, stamper=Stamper(NOW, offset_s=0))
    while not seek.step(0):
        pass
    return seek.place


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, 1, 30, BLOCK // 3, BLOCK + 5])), max_size=12),
    st.integers(-2, 40),
)
@example([(0, BLOCK + 5)] * 6, 0)
def test_the_first_line_at_or_after_a_time_is_found(lines: list[tuple[int, int]], at: int) -> None:
    """Each line is a step later than the one before, with so many bytes of lines without a time behind it."""
    data, expected, now = b"", None, NOW
    for later, filler in lines:
        now += later
        if expected is None and now >= NOW + at:
            expected = len(data)
        data += written(now) + b" x\n"
        data += b"y" * filler + b"\n" if filler % 2 else (b"  y\n" * (filler // 4))
    place = found(TextSource("text", data), NOW + at)
    assert place == (None if expected is None else Place(0, expected))


def test_a_log_without_times_says_that_there_is_nothing_to_seek_by() -> None:
    seek = TimeSeek(TextSource("text", b"no time\n" * 100_000), NOW)
    while not seek.step(0):
        pass
    assert seek.place is None
    assert not seek.found_times


def test_a_rotated_file_is_sought_through_from_its_oldest_text(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(written(NOW) + b" old\n")
    log = LogFile(path)
    log.poll()
    path.rename(tmp_path / "a.log.1")
    path.write_bytes(written(NOW + 10) + b" new\n")
    while log.poll().more:
        pass
    assert found(log, NOW - 5) == Place(1, 0)
    assert found(log, NOW + 5) == Place(2, 0)
    assert found(log, NOW + 15) is None
    log.close()


def test_a_merged_stream_is_sought_by_where_its_rows_stand(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"".join(written(NOW + second) + b"\n" for second in range(ord(name) % 2, 20, 2)))
    source = Merged("all", clock=lambda: NOW + 20)
    source.set_members(Member(tmp_path / name, name) for name in "ab")
    source.poll()
    place = found(source, NOW + 7)
    assert place is not None
    line = source.row(source.row_of(place))
    assert isinstance(line, Line)
    assert (line.at, line.tag) == (NOW + 7, "a")
    assert found(source, NOW + 30) is None
    assert at_of(source, place) == NOW + 7
    source.close()


class Rows(Source):
    """A source that has rows only, as a filtered view has."""

    def __init__(self, texts: list[bytes]) -> None:
        super().__init__("rows")
        self.texts = texts

    @property
    def row_count(self) -> int:
        return len(self.texts)

    def row(self, row: int) -> Line | Mark:
        text = self.texts[row]
        return Line(0, row, row + 1, None, text, cut=False, complete=True) if text else Mark(0, "mark")

    def place(self, row: int) -> Place | None:
        return Place(0, row) if 0 <= row < len(self.texts) else None

    def row_of(self, place: Place) -> int:
        return place.offset

    @property
    def parts(self) -> list[Part]:
        return []


@given(st.lists(st.integers(0, 3), max_size=20), st.integers(-1, 40))
def test_a_source_with_rows_only_is_sought_by_rows(steps: list[int], at: int) -> None:
    now, texts = NOW, []
    for step in steps:
        now += step
        texts.append(written(now) if step else b"")
    timed = [row for row, text in enumerate(texts) if text and text >= written(NOW + at)]
    assert found(Rows(texts), NOW + at) == (Place(0, timed[0]) if timed else None)


def test_a_line_without_a_time_has_that_of_the_line_it_belongs_to() -> None:
    source = TextSource("text", written(NOW) + b" x\nTraceback\n  File\n" + b"z\n" * 1000)
    stamper = Stamper(NOW)
    assert at_of(source, Place(0, 0), stamper=stamper) == NOW
    assert at_of(source, Place(0, 32), stamper=stamper) == NOW
    assert at_of(source, Place(0, source.size - 1), stamper=stamper) is None
    assert at_of(TextSource("empty", b""), Place(0, 0)) is None


def test_a_line_never_has_the_time_of_another_files_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(written(NOW - 100) + b" x\n")
    (tmp_path / "b").write_bytes(b"untimed\n")
    source = Merged("all", clock=lambda: NOW)
    source.set_members(Member(tmp_path / name, name) for name in "ab")
    source.poll()
    for row in range(2):
        line, place = source.row(row), source.place(row)
        assert isinstance(line, Line)
        assert place is not None
        assert at_of(source, place) == (NOW - 100 if line.tag == "a" else None)
    source.close()


def at(day: int, hour: int, minute: int, second: int = 0) -> float:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14:05", at(22, 14, 5)),
        (" 14:05:30 ", at(22, 14, 5, 30)),
        ("14:10", at(22, 14, 10)),
        ("14:11", at(21, 14, 11)),
        ("9:00", at(22, 9, 0)),
        ("10 min ago", at(22, 14, 0)),
        ("10 minutes ago", at(22, 14, 0)),
        ("-10m", at(22, 14, 0)),
        ("- 90 s", at(22, 14, 8, 30)),
        ("2h ago", at(22, 12, 10)),
        ("1.5 hours ago", at(22, 12, 40)),
        ("1d ago", at(21, 14, 10)),
        ("2026-11-22 14:05", at(22, 14, 5)),
        ("2026-11-20", at(20, 0, 0)),
        ("2026-11-22T14:05:30", at(22, 14, 5, 30)),
        ("2026-11-22T15:05:30+01:00", at(22, 14, 5, 30)),
        ("2026-11-22t14:05:30z", at(22, 14, 5, 30)),
        ("yesterday 14:05", at(21, 14, 5)),
        ("Yesterday", at(21, 0, 0)),
        ("today 15:00", at(22, 15, 0)),
        ("now", NOW),
    ],
)
def test_what_an_operator_types_is_understood(text: str, expected: float) -> None:
    assert parse_time(text, NOW, offset_s=0) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "25:00", "14:60", "14", "10 parsecs ago", "-m", "2026-13-01", "2026-02-30 10:00"),
        *("yesterday noon", "9" * 400 + " h ago", "0000-00-00", "-1", "14:05 x", "\x00"),
    ],
)
def test_what_is_no_time_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InputError, match=r"is not a time. Write a time as 14:05"):
        parse_time(text, NOW, offset_s=0)


def test_local_time_is_meant_without_an_offset() -> None:
    typed = datetime.fromtimestamp(NOW - 60).strftime("%Y-%m-%d %H:%M")
    assert parse_time(typed, NOW) == NOW - 60


@given(st.text(max_size=20) | st.from_regex(r"\d{1,4}[-:]\d{1,3}([-: ]\d{1,3}){0,4}", fullmatch=True))
def test_any_text_gives_a_time_or_a_sentence(text: str) -> None:
    try:
        assert parse_time(text, NOW) >= 0
    except InputError as fault:
        assert "Write a time as" in str(fault)


@pytest.mark.parametrize("size", [3, 20_000])
def test_it_is_told_when_a_log_begins_later_than_was_asked_for(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"banner\n" + b"".join(written(NOW + second) + b" x\n" for second in range(size)))
    log = LogFile(path)
    log.poll()
    stream = Merged("all", clock=lambda: NOW + size)
    stream.set_members([Member(path, "a")])
    stream.poll()
    sources: list[Source] = [log, Filtered(log, parse("x"))] + ([stream] if not stream.partial else [])
    for source in sources:
        while not source.index_step(1):
            pass
        for asked, begins in ((NOW - 60, NOW), (NOW + 1, None)):
            seek = TimeSeek(source, asked, stamper=Stamper(NOW, offset_s=0))
            while not seek.step(0):
                pass
            assert seek.place is not None
            assert seek.begins_at == begins
    log.close()
    stream.close()
