"""A filter is read from one line, and what it says that cannot be understood is told."""

import pytest

from incident_console.errors import InputError
from incident_console.tail.filtering.filters import Term, is_from, parse


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("align", [Term("text", "align")]),
        ('align "two words" -noise', [Term("text", "align"), Term("text", "two words"), Term("text", "noise", True)]),
        (r"/a b\d/ -/x\/y/", [Term("regex", r"a b\d"), Term("regex", "x/y", True)]),
        ("level:error -level:warning", [Term("level", "error"), Term("level", "warning", True)]),
        (
            'file:align.log rule:al* -sample:"B 2"',
            [Term("origin", "align.log"), Term("origin", "al*"), Term("origin", "B 2", True)],
        ),
        ("jobid:3 - --on", [Term("text", "jobid:3"), Term("text", "-"), Term("text", "-on", True)]),
        (r'"say \"no\""', [Term("text", 'say "no"')]),
        ("a/b/", [Term("text", "a/b/")]),
        ("Level:ERROR FILE:a.Log", [Term("level", "error"), Term("origin", "a.Log")]),
    ],
)
def test_terms_are_read(text: str, terms: list[Term]) -> None:
    assert list(parse(text).terms) == terms
    assert parse(f"  {text} ").text == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "The filter is empty"),
        ("  ", "The filter is empty"),
        ('"open', "a quote that is not closed"),
        ('file:"open x', "a quote that is not closed"),
        ('""', "nothing between its quotes"),
        ("/open", "an expression that no / ends"),
        ("/(/", "is not valid"),
        ("level:loud", "level:loud is none of error, warning, info, debug"),
        ("rule:", "says rule: and no value"),
        ("level:", "write level:error"),
    ],
)
def test_what_is_not_understood_is_told_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(InputError) as told:
        parse(text)
    assert says in str(told.value)


def test_an_origin_is_a_word_a_part_of_a_path_or_a_pattern() -> None:
    tag = "align B logs/B/align_reads.1.log"
    for pattern in ("align", "B", "logs", "align_reads.1.log", "align_reads", "align_*", "logs/B/*", "align_reads.1"):
        assert is_from(tag, pattern), pattern
    for pattern in ("b", "lign", "align_read", "1", ""):
        assert not is_from(tag, pattern), pattern
