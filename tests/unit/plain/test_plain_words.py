"""What may be said: words on one line, and nothing that a terminal or a screen reader obeys."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from incident_console.plain.words import document, folded, said

ANY = st.text(st.characters())


@given(ANY)
def test_nothing_that_is_said_holds_a_control_character(text: str) -> None:
    for line in (said(text), *document(text)):
        assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in line)


def test_escape_sequences_and_odd_bytes_are_shown() -> None:
    assert said("\x1b]0;owned\x07 \u202ehidden \udcff") == "\\x1b]0;owned\\x07 \\u202ehidden \\xff"


def test_glyphs_are_said_as_words() -> None:
    assert said("2 of 8 · align × 3 → quiet") == "2 of 8, align times 3: quiet"


def test_a_path_stays_whole_and_the_lines_after_the_first_are_indented() -> None:
    path = "/srv/" + "long/" * 10
    lines = list(folded(f"The record is kept in {path} as before, and nothing else was written", 40))
    assert any(path in line for line in lines)
    assert lines[0] == "The record is kept in" and all(line.startswith("  ") for line in lines[1:])


def test_a_table_is_told_row_by_row() -> None:
    text = "Before\n| what | when |\n| --- | --- |\n| the run \\| failed | 14:05 |\nafter"
    assert list(document(text)) == ["Before", "what: the run | failed; when: 14:05", "after"]
