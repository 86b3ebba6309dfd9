"""A text is found where it stands first, whatever is rare or frequent around it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident_console.tail.finding import needle as module
from incident_console.tail.finding.needle import Needle, Needles
from incident_console.tail.finding.required import required

PIECES = st.lists(st.sampled_from([b"Ab", b"aB", b"-", b"x" * 50, b"k", b"K-a", b"\n", b"\xc3\x9c"]), max_size=80)


@settings(deadline=None)
@given(PIECES.map(b"".join), st.sampled_from([b"ab", b"k-a", b"K", b"-", b"x" * 20 + b"k", b"\xc3\xbc"]), st.booleans())
def test_every_place_is_found_in_order(data: bytes, text: bytes, fold: bool) -> None:
    before = module.WORTH_IT, module.CHUNK, module.PIECE, module.LAP
    module.WORTH_IT, module.CHUNK, module.PIECE, module.LAP = 1, 7, 16, 32
    try:
        needle, found, at = Needle(text, fold=fold), [], 1
        while (at := needle.find(data, at, len(data) - 1)) >= 0:
            found.append(at)
            at += 1
    finally:
        module.WORTH_IT, module.CHUNK, module.PIECE, module.LAP = before
    flags = re.IGNORECASE if fold else 0
    expected = re.compile(b"(?=" + re.escape(text) + b")", flags)
    last = len(data) - 1 - len(text)
    assert found == [match.start() for match in expected.finditer(data) if 1 <= match.start() <= last]


def test_a_byte_that_turns_out_to_be_frequent_is_given_up_and_nothing_is_missed() -> None:
    data = b"z" * 200_000 + b"kz" * 100_000 + b"kneedle"
    needle = Needle(b"kneedle")
    assert needle.find(data, 0, len(data)) == len(data) - 7
    assert needle.find(data, 1, len(data)) == len(data) - 7


def test_the_first_of_several_texts_is_found_and_asked_on() -> None:
    data = b"one two one three"
    needles, found, at = Needles((b"three", b"one", b"missing")), [], 0
    while (at := needles.find(data, at, len(data))) >= 0:
        found.append(at)
        at += 1
    assert found == [0, 8, 12]
    assert needles.find(data, 0, len(data)) == 0
    assert needles.find(b"a three", 0, 7) == 2


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        (rb"Needle-\d+", (b"Needle-",)),
        (rb"^\d+ (?:the)(re) x?", (b" there ",)),
        (rb"error|fatal: \w+", (b"error", b"fatal: ")),
        (rb"(?:ab)*cd", (b"cd",)),
        (rb"(?:abc)+d", (b"abc",)),
        (rb"(?i:abc)de", (b"de",)),
        (rb"(?!abc)\w+", None),
        (rb"abc|\d", None),
        (rb"\d+", None),
        (rb"a", None),
        (rb"[abc]de?", None),
        (rb"(?x) ab  cd ", (b"abcd",)),
    ],
)
def test_what_an_expression_demands(pattern: bytes, texts: tuple[bytes, ...] | None) -> None:
    assert required(re.compile(pattern)) == texts
