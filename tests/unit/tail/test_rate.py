"""Lines a second, as a number and as bars."""

from incident_console.tail.finding.rate import KEPT, Rate


def test_bars_are_the_last_whole_periods_with_the_fastest_as_eight() -> None:
    rate = Rate()
    for second, lines in enumerate([0, 10, 80, 1, 40, 5]):
        rate.note(lines, 100 + second)
    assert rate.bars(5) == (0, 1, 8, 1, 4)
    assert rate.bars(7) == (0, 0, 0, 1, 8, 1, 4)
    assert rate.bars(2) == (1, 8)
    assert rate.bars(0) == ()
    assert rate.per_second == 40


def test_silence_is_shown_as_silence() -> None:
    rate = Rate()
    rate.note(9, 5.5)
    rate.note(0, 8.0)
    assert rate.bars(3) == (8, 0, 0)
    assert rate.per_second == 0
    rate.note(0, 1e9)
    assert set(rate.bars(KEPT)) == {0}


def test_a_clock_that_goes_back_loses_no_line() -> None:
    rate = Rate(period_s=0.5)
    rate.note(1, 10.0)
    rate.note(2, 3.0)
    rate.note(0, 10.5)
    assert rate.bars(1) == (8,)
    assert rate.per_second == 6


def test_before_the_first_line_there_is_nothing() -> None:
    assert Rate().bars(3) == (0, 0, 0)
    assert Rate().per_second == 0
