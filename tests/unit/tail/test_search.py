"""A search finds the next line that holds the pattern, in both directions, and never a match across lines."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident_console.errors import InputError
from incident_console.tail.filtering.filtered import Filtered
from incident_console.tail.filtering.filters import parse
from incident_console.tail.finding import blocks
from incident_console.tail.finding.search import Search, error_finder, finder, matcher, search
from incident_console.tail.logfile import LogFile
from incident_console.tail.source import TextSource

TEXT = b"alpha\nBeta\ngamma beta\n\nlast"


def line_numbers(data: bytes, pattern: str, *, forward: bool, regex: bool = False) -> list[int]:
    """The lines that searching on and on stops at, counted from 0."""
    source, found, place = TextSource("t", data), [], None
    while hit := search(source, pattern, place, forward=forward, regex=regex):
        found.append(source.row_of(hit.place))
        place = hit.place
    return found


def test_a_lower_case_pattern_finds_any_case_and_another_finds_its_own() -> None:
    assert line_numbers(TEXT, "beta", forward=True) == [1, 2]
    assert line_numbers(TEXT, "Beta", forward=True) == [1]
    assert line_numbers(TEXT, "beta", forward=False) == [2, 1]
    assert line_numbers(TEXT, "^b.*a$", forward=True, regex=True) == [1]
    assert line_numbers(TEXT, r"\d", forward=True, regex=True) == []


def test_the_hit_names_the_bytes_of_the_match() -> None:
    hit = search(TextSource("t", TEXT), "beta", forward=False)
    assert hit is not None
    assert TEXT[hit.start : hit.end] == b"beta"
    assert hit.place.offset == TEXT.index(b"gamma")


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([b"ab", b"AB", b"a", b"b", b"\n", b"", b"\xff"]), max_size=60).map(b"".join),
    st.sampled_from(["ab", "AB", "b", "a\\w?", "^", "b$", "^$", "ab|ba", "b\\s*a", "(a|b)b", "\\Ab"]),
    st.booleans(),
    st.integers(1, 9),
)
def test_any_text_in_blocks_of_any_size_gives_the_lines_that_a_plain_reading_gives(
    data: bytes, pattern: str, forward: bool, block: int
) -> None:
    regex = not pattern.isalpha()
    compiled = matcher(pattern, regex=regex)
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    expected = [number for number, line in enumerate(lines) if compiled.search(line)]
    before = blocks.BLOCK
    blocks.BLOCK = block
    try:
        found = line_numbers(data, pattern, forward=forward, regex=regex)
    finally:
        blocks.BLOCK = before
    assert found == (expected if forward else expected[::-1])


def test_a_search_goes_through_what_was_rotated_away(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "a.log")
    log.path.write_bytes(b"old needle\n")
    log.poll()
    log.path.rename(tmp_path / "b")
    log.path.write_bytes(b"new needle\n")
    log.poll()
    first = search(log, "needle")
    assert first is not None
    second = search(log, "needle", first.place)
    assert second is not None
    assert [first.place.generation, second.place.generation] == [1, 2]
    assert search(log, "needle", second.place) is None
    back = search(log, "needle", second.place, forward=False)
    assert back == first
    log.close()


def test_a_search_in_slices_tells_how_far_it_is_and_ends_by_itself() -> None:
    source = TextSource("t", b"x" * 79 + b"\n" + b"y" * 3_000_000 + b"\nneedle")
    looking = Search(source, finder("needle"))
    slices = 0
    while not looking.step(0):
        slices += 1
        assert 0 <= looking.progress <= 1
    assert slices > 2
    assert looking.hit is not None
    missing = Search(source, finder("nothing"))
    assert missing.step(60)
    assert missing.hit is None
    assert missing.progress == 1
    assert search(source, "needle", cancel=lambda: True) is None


def test_a_bad_expression_is_told_in_a_sentence() -> None:
    with pytest.raises(InputError, match=r"The search expression '\(' is not valid"):
        finder("(", regex=True)


def test_the_next_error_skips_names_that_only_look_like_one() -> None:
    data = b"INFO error_rate=0\nINFO ERROR_RATE=0 exit\nValueError: no such sample\nok\nexit code 2\n"
    source = TextSource("t", data)
    looking = Search(source, error_finder())
    looking.step(1)
    assert looking.hit is not None
    assert source.row_of(looking.hit.place) == 2
    back = Search(source, error_finder(), forward=False)
    back.step(1)
    assert back.hit is not None
    assert source.row_of(back.hit.place) == 4


def test_rows_that_have_no_bytes_of_their_own_are_searched_too() -> None:
    """A filtered view shows some of the lines; what it hides is not found."""
    view = Filtered(TextSource("t", b"keep needle 1\nneedle hidden\nkeep\nkeep needle 2\n"), parse("keep"))
    while not view.index_step(1):
        pass
    first = search(view, "needle")
    assert first is not None
    assert (view.row_of(first.place), first.start) == (0, 5)
    second = search(view, "needle", first.place)
    assert second is not None
    assert view.row_of(second.place) == 2
    assert search(view, "needle", second.place) is None
    assert search(view, "needle", second.place, forward=False) == first
    assert search(view, "hidden") is None


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)+$", r"(\w+\s?)+!$"])
@pytest.mark.parametrize("length", [40, 3_000_000])
def test_an_expression_without_end_stops_the_search_with_a_sentence(pattern: str, length: int) -> None:
    data = b"fine\n" + b"a" * length + b"?\nnext\n"
    looking = Search(TextSource("t", data), finder(pattern, regex=True))
    while not looking.step(0.01):
        pass
    assert looking.hit is None
    assert looking.trouble is not None
    assert looking.trouble.startswith("The search stopped at byte 5: the expression takes too long on that line.")


def test_a_line_that_is_longer_than_any_piece_is_searched_to_its_end_both_ways() -> None:
    data = b"first\n" + b"x" * 9_000_000 + b"needle" + b"x" * 9_000_000 + b" end\nlast"
    source = TextSource("t", data)
    for pattern, regex in (("needle", False), ("NEEDLE".lower() + "x", False), (r"needle\w", True), (" end$", True)):
        for forward in (True, False):
            hit = search(source, pattern, forward=forward, regex=regex)
            assert hit is not None, (pattern, forward)
            assert hit.place.offset == 6
            assert search(source, pattern, hit.place, forward=forward, regex=regex) is None


def test_a_text_across_two_pieces_of_a_very_long_line_is_found() -> None:
    edge = blocks.LONGEST
    data = b"x" * (edge - 3) + b"needle" + b"x" * (edge - 3)
    for forward in (True, False):
        hit = search(TextSource("t", data), "needle", forward=forward)
        assert hit is not None
        assert hit.start == edge - 3


def test_an_expression_sees_the_end_of_a_line_that_ends_with_crlf() -> None:
    assert line_numbers(b"done\r\nnot done yet\r\ndone\n", "done$", forward=True, regex=True) == [0, 2]


def test_an_escape_with_an_upper_case_letter_does_not_make_case_matter() -> None:
    assert line_numbers(b"Error in\n", r"error\Sin|error\W", forward=True, regex=True) == [0]
