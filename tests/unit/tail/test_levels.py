"""A line has the level that it states first; a line that states none belongs to one before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_console.tail.finding.errors_in import is_error
from incident_console.tail.finding.levels import ERROR_KEYS, REACH, WARNING_KEYS, Level, Levels, level_of

OF = {
    Level.ERROR: """
2026-11-22 13:20:35,120 ERROR align: index is locked
ERROR no INFO field in the VCF
{"ts": 1, "level": "error", "msg": "no route"}
{"level":"fatal"}
level=error msg=x
[error] worker died
ValueError: 399 is not a line
Killed
CRIT: fan stopped
""",
    Level.WARNING: """
WARNING Error: ignored
2026 WARN error rate is high
main.c:12:3: warning: unused variable
script.py:4: DeprecationWarning: use of x
[warning] low space
{"level": "warn"}
Warning on line 3
""",
    Level.INFO: """
INFO done, ERROR_RATE=0
2026-11-22 13:20:35,120 INFO retrying after ERROR from the scheduler
level=info msg="error"
NOTICE: vacuum
""",
    Level.DEBUG: """
DEBUG cache miss
TRACE enter
[debug] Error: is only a text
""",
    None: """
12 of 19 steps (63%) done
error_rate 0.01
logs/ERROR/align.log
forewarning: none
TRR ARR DNFO
no level=high here
INFORMATION DEBUGGER
--warning=off
""",
}


@pytest.mark.parametrize(
    ("line", "level"), [(line, level) for level, lines in OF.items() for line in lines.split("\n") if line]
)
def test_a_line_has_the_level_it_states_first(line: str, level: Level | None) -> None:
    assert level_of(line.encode()) is level


@given(
    st.lists(
        st.sampled_from(
            [
                *(line.encode() for lines in OF.values() for line in lines.split("\n")),
                b"Error",
                b"ERR",
                b" ",
                b"]",
                b":",
            ]
        ),
        max_size=4,
    ).map(b"".join)
)
def test_every_error_and_every_warning_holds_a_key_that_bulk_searches_look_for(line: bytes) -> None:
    level = level_of(line)
    if level is Level.ERROR:
        assert any(key in line for key in ERROR_KEYS)
    if level is Level.WARNING:
        assert any(key in line for key in WARNING_KEYS)
    assert is_error(line) is (level is Level.ERROR)


def levels(*lines: bytes) -> str:
    """One letter a line."""
    known = Levels()
    return "".join(known.of(line).name[0] for line in lines)


def test_a_traceback_belongs_to_the_line_it_follows() -> None:
    assert (
        levels(b"INFO a", b"ERROR b", b"Traceback (most recent call last):", b'  File "x"', b"ValueError: y") == "IEEEE"
    )
    assert levels(b"ERROR b", b"no level", b"", b"none", b"INFO c", b"none") == "EEEEII"


def test_after_words_of_a_failure_only_indented_lines_belong_to_it() -> None:
    assert levels(b"plain", b"Error in rule align:", b"    jobid: 3", b"", b"Finished", b"  sub") == "IEEIII"
    assert levels(b"DEBUG x", b"Error in rule align:", b"    jobid: 3", b"Finished") == "DEED"


def test_nothing_belongs_to_a_line_far_before_it() -> None:
    assert levels(b"ERROR a", b"x" * REACH, b"b") == "EII"


@pytest.mark.timeout(5)
@pytest.mark.parametrize("filler", [b"a", b"ERR", b"[", b"level=", b"arning", b"w.", b" ", b"TTT"])
def test_a_hostile_line_costs_no_more_than_another(filler: bytes) -> None:
    for _ in range(20):
        level_of(filler * 1_000_000 + b"!")


def test_a_line_with_a_time_of_its_own_is_no_part_of_the_warning_before_it() -> None:
    levels = Levels()
    told = [b"10:00:01 WARN slow disk", b"  on /scratch", b"10:00:02 read 5 of 9", b"and so on"]
    assert [levels.of(line) for line in told] == [Level.WARNING, Level.WARNING, Level.INFO, Level.INFO]
