"""Two logs side by side: what counts as a difference, where the first one is, and that no line is lost."""

import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident_console.tail.comparing import sidebyside
from incident_console.tail.comparing.normal import HEAD, normal
from incident_console.tail.comparing.sidebyside import SideBySide, side_by_side

LINES = st.lists(
    st.one_of(
        st.sampled_from([b"", b"read 5", b"read 6", b"FATAL locked", b"done", b"B done", b"C done", b"12:00:01 go"]),
        st.binary(max_size=12),
    ),
    max_size=30,
)


def text(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def told(found: SideBySide) -> list[tuple[str, int | None, int | None]]:
    return [(row.kind, row.left, row.right) for row in map(found.row, range(found.rows))]


def first_lines(found: SideBySide) -> tuple[bytes | None, bytes | None]:
    assert found.first is not None
    row = found.row(found.first)
    left = found.left[row.left] if row.left is not None else None
    return left, found.right[row.right] if row.right is not None else None


def covers(found: SideBySide) -> None:
    rows = told(found)
    assert [left for _, left, _ in rows if left is not None] == list(range(len(found.left)))
    assert [right for _, _, right in rows if right is not None] == list(range(len(found.right)))
    for kind, left, right in rows:
        sides = {"left": (True, False), "right": (False, True)}.get(kind, (True, True))
        assert kind == "beyond" or (left is not None, right is not None) == sides
    starts = [
        number
        for number, (kind, _, _) in enumerate(rows)
        if kind in ("differs", "left", "right")
        and (number == 0 or rows[number - 1][0] not in ("differs", "left", "right"))
    ]
    assert list(found.differences) == starts or (found.only_figures and not starts)


@given(LINES, LINES, st.integers(1, 12), st.booleans())
@settings(deadline=None)
def test_every_line_of_both_stands_there_once_and_in_order(
    left: list[bytes], right: list[bytes], window: int, ended: bool
) -> None:
    end = b"\n" if ended else b""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sidebyside, "WINDOW", window)
        found = side_by_side(b"\n".join(left) + end, b"\n".join(right), ("B",), ("C",))
    covers(found)
    assert b"\n".join(found.left[number] for number in range(len(found.left))) == b"\n".join(left).removesuffix(
        b"\n" if not ended else b""
    )


@given(st.binary(max_size=300), st.text(max_size=4), st.text(max_size=4))
@settings(deadline=None)
def test_identical_bytes_have_no_difference_whatever_they_are(data: bytes, name: str, other: str) -> None:
    found = side_by_side(data, data, (name,), (other,))
    covers(found)
    assert found.first is None
    assert {kind for kind, _, _ in told(found)} <= {"same"}


STAMPS = (
    "2026-11-22T13:58:02Z",
    "2026-11-22 13:58:02,123",
    "2026-11-22T13:58:02.123456+01:00",
    "2026/11/22 13:58",
    "20261122T135802Z",
    "Sun Nov 22 13:20:35 2026",
    "Sun Nov  2 01:20:35 PM CET 2026",
    "Nov 22 13:20:35",
    "22/Nov/2026:13:20:35 +0000",
    "Sun, 22 Nov 2026 13:20:35 GMT",
    "13:58:02",
    "13:58:02.001",
    "1:58:02 PM",
    "22.11.2026",
    "11/22/2026",
    "1795354682.12",
    "1795354682123",
)


@given(st.permutations(STAMPS), st.permutations(STAMPS))
@settings(deadline=None)
def test_timestamps_of_any_usual_shape_in_any_order_are_no_difference(one: list[str], other: list[str]) -> None:
    left = text(*(f"{stamp} worker: step done" for stamp in one))
    right = text(*(f"{stamp} worker: step done" for stamp in other))
    found = side_by_side(left, right)
    kinds = {kind for kind, _, _ in told(found)}
    assert (found.first, kinds) == (None, {"same"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("took 3.2 s", "took 41 s"),
        ("took 1h05m", "took 3d4h"),
        ("took 17m03s", "took 1m2.5s"),
        ("took 12ms", "took 3 seconds"),
        ("writes /tmp/tmpab12/x.bam", "writes /tmp/tmpzz98k/x.bam"),
        ("writes /tmp/snakemake-7781/x.bam", "writes /tmp/snakemake-9/x.bam"),
        ("in tmpabcdefgh", "in tmpzyxwvuts"),
        ("in tmp.Ab3dE6xZ10", "in tmp.aaaaaaaaaa"),
        ("pid 4121 said so", "pid 99 said so"),
        ("sshd[4121]: hello", "sshd[7]: hello"),
        ("<obj at 0x7f3a2c> gone", "<obj at 0x55ffe01234> gone"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-0000-0000-0000-000000000000"),
        ("\x1b[31mred\x1b[0m", "red"),
        (" 10 %\r 50 %\rdone", "done"),
    ],
)
def test_durations_temporary_names_pids_addresses_and_uuids_are_no_difference(one: str, other: str) -> None:
    found = side_by_side(one.encode(), other.encode())
    assert (found.first, told(found)) == (None, [("same", 0, 0)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("uses /data/ref/A.fa", "uses /data/old/A.fa"),
        ("uses /tmp/ref.fa", "uses /tmp/other.fa"),
        ("status ok", "status failed"),
        ("May fail", "May work"),
        ("tmpfile missing", "tmpdata missing"),
    ],
)
def test_what_is_said_and_which_file_is_meant_is_a_difference(one: str, other: str) -> None:
    assert side_by_side(one.encode(), other.encode()).first == 0


def test_numbers_alone_are_a_difference_only_when_there_is_no_other() -> None:
    left = text("read 5 of 92", "exit code 1", "bye")
    assert told(side_by_side(left, text("read 7 of 92", "exit code 0", "bye"))) == [
        ("figures", 0, 0),
        ("figures", 1, 1),
        ("same", 2, 2),
    ]
    only = side_by_side(left, text("read 7 of 92", "exit code 0", "bye"))
    assert (only.first, only.only_figures) == (0, True)
    other = side_by_side(left, text("read 7 of 92", "exit code 0", "see you"))
    assert (other.first, other.only_figures) == (2, False)


def test_each_sides_own_sample_lines_up_with_the_others() -> None:
    left = text("align B: attempt 1", "reads data/B.fastq", "FATAL index is locked")
    right = text("align C: attempt 1", "reads data/C.fastq", "read 5", "read 10")
    found = side_by_side(left, right, ("B",), ("C",))
    assert first_lines(found) == (b"FATAL index is locked", b"read 5")
    assert side_by_side(left, right).first == 0


def test_a_log_that_names_the_others_sample_differs_and_a_plain_letter_does_not() -> None:
    mixed_up = side_by_side(text("reads B.fastq"), text("reads A.fastq"), ("B",), ("C",))
    assert mixed_up.first == 0
    assert side_by_side(text("10:00:01 grade B"), text("10:00:02 grade B"), ("B",), ("C",)).first is None
    left = text("start", "grade B", "more", "B is B")
    assert told(side_by_side(left, text("start", "extra", "grade B", "more", "C is C"), ("B",), ("C",))) == [
        ("same", 0, 0),
        ("right", None, 1),
        ("same", 1, 2),
        ("same", 2, 3),
        ("same", 3, 4),
    ]


def test_a_sample_whose_name_is_a_number_hides_no_figure() -> None:
    found = side_by_side(text("exit code 1"), text("exit code 2"), ("1",), ("2",))
    assert (found.first, found.only_figures) == (0, True)


def test_lines_that_stand_on_one_side_only_leave_the_others_beside_each_other() -> None:
    found = side_by_side(text("a", "waiting", "b", "FATAL", "end"), text("a", "b", "read", "more", "end"))
    assert told(found) == [
        ("same", 0, 0),
        ("left", 1, None),
        ("same", 2, 1),
        ("differs", 3, 2),
        ("right", None, 3),
        ("same", 4, 4),
    ]
    assert found.differences == (1, 3)


def test_a_log_that_stops_short_differs_where_it_stops() -> None:
    whole = text(*(f"10:00:{n:02} read" for n in range(20)))
    found = side_by_side(text(*(f"11:00:{n:02} read" for n in range(7))), whole)
    assert (found.first, found.rows, told(found)[7]) == (7, 20, ("right", None, 7))
    assert side_by_side(b"", whole).first == 0
    assert told(side_by_side(b"", b"")) == []


def test_beyond_the_window_nothing_is_claimed_and_the_common_end_still_lines_up() -> None:
    left = text("same", *(f"left says {word}" for word in words(5000)), "FATAL", "last words")
    right = text("same", *(f"right says {word}" for word in words(4000)), "fine", "last words")
    found = side_by_side(left, right)
    covers(found)
    assert found.first == 1
    kinds = [kind for kind, _, _ in told(found)]
    assert (kinds.count("differs"), kinds[-2:]) == (sidebyside.WINDOW, ["beyond", "same"])
    assert "3,001 lines on the left and 2,001 on the right" in found.left_out


def words(count: int) -> list[str]:
    chance = random.Random(7)
    return ["".join(chance.choices("abcdefgh", k=9)) for _ in range(count)]


def test_lines_that_repeat_in_bulk_are_laid_out_whole() -> None:
    chance = random.Random(1)
    left, right = (text("x", *chance.choices(["ab", "cd", "ef"], k=2500)) for _ in range(2))
    covers(side_by_side(left, right))


def test_a_line_without_end_is_compared_whole_though_only_its_head_is_normalised() -> None:
    long = b"10:00:01 " + b"x" * (HEAD * 3)
    other = b"10:00:02" + long[8:]
    assert side_by_side(long, other).first is None
    assert side_by_side(long, other + b"y").first == 0
    assert len(normal(b"1" * 10_000_000)) < 2 * HEAD


def test_memory_stays_near_that_of_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidebyside, "FIGURES_SOUGHT", 10)
    data = b"".join(b"12:00:%02d read number %d of many\n" % (n % 60, n) for n in range(20_000))
    other = data.replace(b"12:", b"13:").replace(b" 1 of", b" 3 of")
    tracemalloc.start()
    try:
        found = side_by_side(data, other)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (found.first, found.rows) == (1, 20_000)
    assert peak < 3 * len(data)


def test_where_figures_differ_is_sought_in_so_many_lines_only_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidebyside, "FIGURES_SOUGHT", 10)
    found = side_by_side(text(*["read 1"] * 5, *["a"] * 20), text(*["read 2"] * 5, *["a"] * 19, "a"))
    assert (found.differences, found.left_out) == (
        (0,),
        "Nothing but figures differs; in which of the last 15 lines they do was not looked for.",
    )
