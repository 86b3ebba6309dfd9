"""A line's own time is read from real shapes at its beginning, and never from numbers that are data."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_console.tail.merging.times import Stamper

NOW = datetime(2026, 11, 22, 18, 4, 8, tzinfo=UTC).timestamp()

REAL = [
    (b"2026-11-22T18:04:08Z start", 0),
    (b"2026-11-22T18:04:08.250Z", 0.25),
    (b"2026-11-22T20:04:08+02:00 x", 0),
    (b"2026-11-22T20:04:08+0200 x", 0),
    (b"2026-11-22T20:04:08+02", 0),
    (b"2026-11-22 13:04:08 -0500", 0),
    (b"2026-11-22 18:04:08,123 - tool - INFO - aligned", 0.123),
    (b"2026-11-22 18:04:08", 0),
    (b"2026/11/22 18:04:08 [error] 7#7: open() failed", 0),
    (b"2026-11-22_18:04:08 x", 0),
    (b"[2026-11-22T18:04:08.500] done with job", 0.5),
    (b"INFO\t2026-11-22 18:04:08\tSortSam", 0),
    (b"[WARNING] 2026-11-22 18:04:08 - x", 0),
    (b"ERROR: 2026-11-22T18:04:08Z x", 0),
    (b"\x1b[32m2026-11-22 18:04:08.123\x1b[0m | INFO", 0.123),
    (b'time="2026-11-22T18:04:08Z" level=info msg="x"', 0),
    (b"<34>1 2026-11-22T18:04:08.003Z host app - - x", 0.003),
    (b"[Sun Nov 22 18:04:08 2026]", 0),
    (b"[Sun Nov 22 18:04:08 2026]\r", 0),
    (b"[Sun Nov 22 18:04:08.123456 2026] [core:notice] x", 0.123456),
    (b"Sun Nov 22 18:04:08 UTC 2026", 0),
    (b"Sun Nov 22 18:04:08 2026: x", 0),
    (b"Nov 22 18:04:08 node7 slurmd[12]: x", 0),
    (b"<13>Nov 22 18:04:08 node7 x", 0),
    (b"Nov 22 18:04:08 ..... started STAR run", 0),
    (b'127.0.0.1 - frank [22/Nov/2026:18:04:08 +0000] "GET / HTTP/1.1" 200', 0),
    (b"[22/Nov/2026:20:04:08 +0200] x", 0),
    (b"1795370648 started", 0),
    (b"1795370648.5 started", 0.5),
    (b"1795370648123 started", 0.123),
    (b"[1795370648] started", 0),
    (b"1795370648", 0),
    (b"11/22/2026 06:04:08 PM started", 0),
    (b"[11/22/2026, 6:04:08.250 PM] started", 0.25),
    (b"22.11.2026 18:04:08 started", 0),
    (b"22.11.2026 18:04:08,500", 0.5),
    (b"18:04:08 started", 0),
    (b"[18:04:08] started", 0),
    (b"18:04:08.250 INFO  HaplotypeCaller - x", 0.25),
    (b'{"level": "info", "time": "2026-11-22T18:04:08Z"}', 0),
    (b'{"timestamp":"2026-11-22 18:04:08,123","x":1}', 0.123),
    (b'{"@timestamp":"2026-11-22T18:04:08.000Z"}', 0),
    (b'{"ts":1795370648.25,"msg":"x"}', 0.25),
    (b'{"ts":1.79537064825e+09,"msg":"x"}', 0.25),
    (b'{"time":1795370648250}', 0.25),
    (b'{"asctime": "2026-11-22 18:04:08,500"}', 0.5),
    (b'{"request": {"time": 0.25}, "timestamp": "2026-11-22T18:04:08Z"}', 0),
    (b'{"job": {"timestamp": "2001-01-01T00:00:00Z"}, "ts": 1795370648}', 0),
]


@pytest.mark.parametrize(("line", "fraction"), REAL)
def test_a_real_shape_is_read(line: bytes, fraction: float) -> None:
    assert Stamper(NOW, offset_s=0).at(line) == pytest.approx(NOW + fraction, abs=1e-4)


LOOK_ALIKES = [
    b"",
    b"1234567890 reads processed",
    b"1795370648x",
    b"17953706481 reads",
    b"1795370648\tchr1\t100",
    b"chr1:1795370648-1795370900",
    b"version 2026-11-22 18:04:08",
    b"    2026-11-22 18:04:08 belongs to the block before",
    b"2026-11-22 reads",
    b"2026-13-22 18:04:08",
    b"2026-02-30 18:04:08",
    b"2026-11-22 24:04:08",
    b"2026-11-22 18:60:08",
    b"2026-11-22 18:04:61",
    b"1926-11-22 18:04:08",
    b"2126-11-22T18:04:08Z",
    b"2026-11-22T18:04:08+99:00",
    b"2026-11-22 18:04:08:99",
    b"00:00:05 elapsed",
    b"0:00:05 elapsed",
    b"18:04:08-18:05:00 window",
    b"18:04:08:12 timecode",
    b"12:34:56:78:9a:bc is up",
    b"[Dim Nov 22 18:04:08 2026]",
    b"[So Nov 22 18:04:08 2026]",
    b"[Sun Nov 31 18:04:08 2026]",
    b"Nov 22 results",
    b"Nov 31 18:04:08 node7 x",
    b"Novel 22 18:04:08",
    b"[12345.678901] usb 1-1: new device",
    b"rule align:",
    b"11/22/2026 18:04:08 is the month first or the day",
    b"11/22/2026 18:04:08 PM",
    b"13/22/2026 06:04:08 PM",
    b"11.22.2026 18:04:08",
    b"1.2.2026.4 18:04:08",
    b'{"time": 3.25}',
    b'{"ts": 12345678}',
    b'{"msg": "\\"time\\": \\"2026-11-22T18:04:08Z\\""}',
    b'{"job": {"time": "2026-11-22T18:04:08Z"}}',
    b'{"runtime": 1795370648}',
    b'["time", 1795370648]',
    b"\x00\xff\xfe",
]


@pytest.mark.parametrize("line", LOOK_ALIKES)
def test_a_look_alike_is_no_time(line: bytes) -> None:
    assert Stamper(NOW, offset_s=0).at(line) is None


def test_a_file_with_dates_never_takes_bare_numbers_or_durations_for_times() -> None:
    stamper = Stamper(NOW, offset_s=0)
    assert stamper.at(b"2026-11-22 18:04:08 start") == NOW
    assert stamper.at(b"1795370648 reads") is None
    assert stamper.at(b"18:04:08 of wall time") is None
    assert stamper.at(b"[Sun Nov 22 18:04:08 2026]") == NOW


def test_a_zone_is_not_made_of_a_number_that_follows() -> None:
    stamper = Stamper(NOW, offset_s=0)
    assert stamper.at(b"2026-11-22 18:04:08 -1234 reads") == NOW


def test_syslog_of_december_read_in_january_is_of_last_year() -> None:
    january = datetime(2027, 1, 1, 0, 0, 30, tzinfo=UTC).timestamp()
    stamper = Stamper(january, offset_s=0)
    assert stamper.at(b"Dec 31 23:59:58 node7 x") == january - 32
    assert stamper.at(b"Jan  1 00:00:10 node7 x") == january - 20
    assert stamper.at(b"Feb 29 12:00:00 node7 x") == datetime(2024, 2, 29, 12, tzinfo=UTC).timestamp()


def test_a_bare_clock_before_midnight_read_after_it_is_of_yesterday() -> None:
    after = datetime(2026, 11, 23, 0, 0, 30, tzinfo=UTC).timestamp()
    stamper = Stamper(after, offset_s=0)
    assert stamper.at(b"23:59:58 x") == after - 32
    assert stamper.at(b"00:00:10 x") == after - 20
    stamper.near = after + 86_400
    assert stamper.at(b"00:00:10 x") == after - 20 + 86_400


def test_naive_times_are_of_the_given_zone_and_a_written_zone_wins() -> None:
    stamper = Stamper(NOW, offset_s=3600)
    assert stamper.at(b"2026-11-22 19:04:08 x") == NOW
    assert stamper.at(b"2026-11-22T18:04:08Z x") == NOW
    assert stamper.at(b"19:04:08 x") is None  # a bare clock is not believed in a file with dates
    assert Stamper(NOW, offset_s=3600).at(b"19:04:08 x") == NOW


def test_without_a_zone_local_time_is_meant() -> None:
    local = datetime.fromtimestamp(NOW)
    assert Stamper(NOW).at(local.isoformat().encode()) == NOW


MOMENTS = st.datetimes(datetime(2001, 1, 2), datetime(2099, 12, 30))


@given(MOMENTS, st.integers(-14 * 4, 14 * 4), st.sampled_from(["T", " "]), st.sampled_from([".", ","]))
def test_what_python_writes_as_iso_is_read_back(moment: datetime, quarters: int, gap: str, point: str) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=15 * quarters)))
    text = aware.isoformat(gap, "microseconds").replace(".", point)
    assert Stamper(NOW).at(text.encode()) == pytest.approx(aware.timestamp(), abs=1e-5)


@given(MOMENTS)
def test_what_snakemake_and_syslog_write_is_read_back(moment: datetime) -> None:
    at = moment.replace(microsecond=0, tzinfo=UTC)
    stamper = Stamper(at.timestamp(), offset_s=0)
    assert stamper.at(at.strftime("[%a %b %d %H:%M:%S %Y]").encode()) == at.timestamp()
    assert stamper.at(at.strftime("%b %d %H:%M:%S host x").encode()) == at.timestamp()
    assert Stamper(at.timestamp(), offset_s=0).at(at.strftime("%H:%M:%S x").encode()) == at.timestamp()


BEGINNINGS = st.sampled_from(
    ["2026-11-22 18:04:08", "2026-11-22 18:04:09", "2026-11-22 18:04:08,5", "INFO 2026-11-22T18:04:08"]
)
ENDINGS = st.from_regex(r"[ .,]?([+-]?[0-9:]{0,6}|Z|UTC)?[ x]{0,10}", fullmatch=True)


@given(st.lists(st.tuples(BEGINNINGS, ENDINGS), max_size=12))
def test_lines_that_begin_alike_are_told_apart(lines: list[tuple[str, str]]) -> None:
    stamper = Stamper(NOW, offset_s=0)
    for beginning, ending in lines:
        line = (beginning + ending).encode()
        assert stamper.at(line) == Stamper(NOW, offset_s=0).at(line)


@given(st.lists(st.binary(max_size=60) | st.sampled_from([line for line, _ in REAL] + LOOK_ALIKES), max_size=20))
def test_any_bytes_give_a_plausible_time_or_none(lines: list[bytes]) -> None:
    stamper = Stamper(NOW, offset_s=0)
    for line in lines:
        at = stamper.at(line)
        assert at is None or 946_684_800 <= at < 4_102_444_800
