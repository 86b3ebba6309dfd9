"""Stretches of lines are kept in order, whatever the order they come in, and every line keeps its row's name."""

from hypothesis import given
from hypothesis import strategies as st

from incident_console.tail.merging.timeline import MOST_MOVED, SEQ_BITS, WINDOW_US, Timeline

STRETCHES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(1, 4)), max_size=8)


@given(st.lists(st.tuples(STRETCHES, st.integers(0, 60)), max_size=8))
def test_rows_are_those_of_a_sorted_list_after_any_insertions_and_drops(
    batches: list[tuple[list[tuple[int, int, int]], int]],
) -> None:
    timeline, oracle, seqs = Timeline(), [], [0] * 4
    last = [0] * 4
    dropped = [0] * 4
    for batch, keep in batches:
        new = []
        for order, rank, count in batch:
            last[rank] = max(last[rank], order)  # within a file lines stand in its order
            key = rank << SEQ_BITS | seqs[rank]
            new.append((last[rank], key, float(order), count))
            oracle += [(last[rank], key + inside, float(order)) for inside in range(count)]
            seqs[rank] += count
        timeline.insert(new)
        oracle.sort()
        cut = max(0, len(oracle) - keep)
        for _, key, _ in oracle[:cut]:
            dropped[key >> SEQ_BITS] = (key & ((1 << SEQ_BITS) - 1)) + 1
        lost = timeline.keep(keep)
        assert all(dropped[rank] == rows for rank, rows in lost.items())
        del oracle[:cut]
        assert timeline.rows == len(oracle)
        assert [timeline.line(row) for row in range(timeline.rows)] == oracle
        assert [timeline.row_of(order, key) for order, key, _ in oracle] == list(range(len(oracle)))
        for order in range(11):
            assert timeline.row_at(order) == sum(line[0] < order for line in oracle)


@given(STRETCHES, st.integers(-1, 10), st.integers(0, 4 << SEQ_BITS))
def test_the_row_of_a_line_that_is_not_there_is_a_row(new: list[tuple[int, int, int]], order: int, key: int) -> None:
    timeline = Timeline()
    seqs = [0] * 4
    for at, rank, count in new:
        timeline.insert([(at, rank << SEQ_BITS | seqs[rank], 0.0, count)])
        seqs[rank] += count
    assert 0 <= timeline.row_of(order, key) < max(1, timeline.rows)


def test_lines_are_inserted_at_most_so_far_up() -> None:
    timeline = Timeline()
    timeline.insert([(5, 0, 0.0, 1)])
    assert timeline.floor == 5 - WINDOW_US
    timeline.insert((10 + number, number + 1, 0.0, 1) for number in range(MOST_MOVED))
    assert timeline.floor == 10
