"""A clock that jumps is told; one that is kept right by small steps is not."""

from pathlib import Path

import pytest

from incident_console.events import NoteAdded, Recorded
from incident_console.record.clock import jump, jump_told
from incident_console.record.journal import Journal


def line(at: str, mono_s: float, session: str = "s") -> Recorded:
    return Recorded(1, f"2026-11-22T{at}Z", mono_s, session, "b", "note.added", NoteAdded(text="x"), "0", "0")


@pytest.mark.parametrize(
    ("before", "after", "seconds"),
    [
        (line("13:00:00", 10.0), line("13:00:07", 17.0), 0.0),
        (line("13:00:00", 10.0), line("13:00:11", 17.0), 0.0),
        (line("13:00:00", 10.0), line("12:00:07", 17.0), -3600.0),
        (line("13:00:00", 10.0), line("15:00:07", 17.0), 7200.0),
        (line("13:00:00", 10.0), line("13:10:00", 0.0, "t"), 0.0),
        (line("13:00:00", 10.0), line("12:50:00", 0.0, "t"), -600.0),
        (line("13:00:00", 10.0), line("12:59:57", 0.0, "t"), 0.0),
        (line("13:00:00", 10.0), line("no time", 0.0), 0.0),
    ],
)
def test_how_far_a_clock_jumped(before, after, seconds) -> None:
    assert jump(before, after) == seconds
    assert (jump_told(before, after) is not None) == bool(seconds)


def test_the_sentence_says_how_and_how_far() -> None:
    assert "was set back, by 3600 seconds" in (jump_told(line("13:00:00", 1.0), line("12:00:00", 1.0)) or "")
    assert "went forward (it was set, or the machine slept), by 60 seconds" in (
        jump_told(line("13:00:00", 1.0), line("13:01:00", 1.0)) or ""
    )


def test_two_sittings_with_clocks_set_back_keep_their_order(tmp_path: Path, clock) -> None:
    path = tmp_path / "INC-1" / "journal.jsonl"
    with Journal.create(path, session="a", by="b", clock=clock) as journal:
        first = journal.append(NoteAdded(text="1"))
        clock.at = clock.at.replace(hour=3)
        second = journal.append(NoteAdded(text="2"))
    clock.at = clock.at.replace(year=2020)
    with Journal.open(path, session="c", by="b", clock=clock) as journal:
        third = journal.append(NoteAdded(text="3"))
        assert journal.reading.lines == (first, second)
    assert [jump(first, second) < 0, jump(second, third) < 0] == [True, True]
    assert [first.seq, second.seq, third.seq] == [1, 2, 3]
