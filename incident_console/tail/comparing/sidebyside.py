"""Where do two logs begin to differ, and which line of the one stands beside which of the other?

Lines are compared by what they say (`tail.normal`): times, durations, temporary names and each side's own names do not
count. Lines that differ in their numbers only stand side by side as `figures`; they are a difference only when there
is no other. What the logs begin and end with alike is skipped; of what is between, WINDOW lines a side are compared.
"""

from __future__ import annotations

import difflib
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Literal

from incident_console.tail.comparing.normal import Names, normal, shape, skeleton

WINDOW = 2000
SLOW = 250_000
"""Lines of one gap times lines of the other up to which it is worth looking for lines that stand there repeatedly."""
FIGURES_SOUGHT = 5_000
"""Lines in which differing figures are sought when nothing else differs: each takes some twenty microseconds."""
CHUNK = 1 << 16
AT_ONCE = 4096
"""Lines that are looked at together."""

Kind = Literal["same", "figures", "differs", "left", "right", "beyond"]
"""`figures`: the same but for numbers; `left`, `right`: on that side only; `beyond`: not compared."""
Pairs = list[tuple[int, int]]
Going = Callable[[float], None]


class Lines:
    """The lines of a text, without their ends. Keeps the text and eight bytes a line."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._starts = array("Q", [0])
        at = data.find(b"\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = data.find(b"\n", at + 1)
        if self._starts[-1] != len(data):
            self._starts.append(len(data) + 1)  # the last line has no end

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: int) -> bytes:
        return self._data[self._starts[number] : self._starts[number + 1] - 1]

    def text(self, numbers: range) -> bytes:
        """These lines, which follow each other (upwards or downwards), as they stand, without the last one's end."""
        first, last = min(numbers), max(numbers)
        return self._data[self._starts[first] : self._starts[last + 1] - 1]

    def whole_before(self, offset: int) -> int:
        """How many lines, with their ends, stand before this byte."""
        return min(len(self), bisect_right(self._starts, offset) - 1)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of each side, counted from 0; None where the side has none."""

    kind: Kind
    left: int | None
    right: int | None


@dataclass(frozen=True, slots=True)
class _Block:
    """Rows of one kind: lines from..to of each side. Of `same` blocks some rows may be `figures`."""

    kind: Kind
    left: range
    right: range

    @property
    def rows(self) -> int:
        return max(len(self.left), len(self.right))


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two texts laid side by side; `row(0)` … `row(rows - 1)` hold every line of both, once and in order."""

    left: Lines
    right: Lines
    differences: tuple[int, ...]
    """The rows at which differences begin; those of figures (the first of them) where nothing else differs."""
    only_figures: bool
    """There are differences, and all of them are in numbers."""
    left_out: str
    """What was not compared, as a sentence; empty when everything was."""
    _blocks: tuple[_Block, ...] = field(repr=False)
    _tops: tuple[int, ...] = field(repr=False)
    _eye: _Eye = field(repr=False)

    @property
    def first(self) -> int | None:
        """The row of the first difference; None when there is none."""
        return self.differences[0] if self.differences else None

    @property
    def rows(self) -> int:
        return self._tops[-1]

    def row(self, index: int) -> Row:
        """Raises IndexError outside 0 … rows - 1."""
        if not 0 <= index < self.rows:
            raise IndexError(index)
        number = bisect_right(self._tops, index) - 1
        block, at = self._blocks[number], index - self._tops[number]
        left = block.left[at] if at < len(block.left) else None
        right = block.right[at] if at < len(block.right) else None
        kind = block.kind
        if kind == "same" and left is not None and right is not None:
            kind = self._eye.compare(self.left[left], self.right[right]) or "figures"
        return Row(kind, left, right)


def side_by_side(
    left: bytes,
    right: bytes,
    left_names: Sequence[str] = (),
    right_names: Sequence[str] = (),
    *,
    exact: bool = False,
    going: Going = lambda _: None,
) -> SideBySide:
    """Lay two logs side by side. `left_names` and `right_names` are what each calls the same thing: B here, C there.

    `exact`: times, names and figures count, too. `going` is told the share of the lines that was looked at, and may
    raise to end it. Takes any bytes. Memory: the texts, eight bytes a line, the window.
    """
    eye = _ExactEye(Names(), Names()) if exact else _Eye(Names(left_names), Names(right_names))
    a, b = Lines(left), Lines(right)
    known = a.whole_before(_same_bytes(left, right))
    head = _head(a, b, known, eye, going)
    tail = _tail(a, b, head, eye, going)
    a_end, b_end = len(a) - tail, len(b) - tail
    in_a, in_b = range(head, min(a_end, head + WINDOW)), range(head, min(b_end, head + WINDOW))
    pairs = [(head + i, head + j) for i, j in _matches(*eye.keys([a[n] for n in in_a], [b[n] for n in in_b]))]
    cut = in_a.stop < a_end or in_b.stop < b_end
    laid = [_Block("same", range(head), range(head)), *_laid(pairs, in_a, in_b, cut=cut)]
    beyond = _Block("beyond", range(laid[-1].left.stop, a_end), range(laid[-1].right.stop, b_end))
    end = _Block("same", range(a_end, len(a)), range(b_end, len(b)))
    blocks = tuple(block for block in (*laid, beyond, end) if block.rows)
    tops = tuple(accumulate((block.rows for block in blocks), initial=0))
    differences = _beginnings(blocks, tops)
    figures = () if differences else _figures(a, b, known, eye)
    return SideBySide(
        left=a,
        right=b,
        differences=differences or figures,
        only_figures=bool(figures),
        left_out=_left_out(beyond, unsought=0 if differences else len(a) - known - FIGURES_SOUGHT),
        _blocks=blocks,
        _tops=tops,
        _eye=eye,
    )


class _Eye:
    """Compares a line of the left with one of the right."""

    def __init__(self, left: Names, right: Names) -> None:
        self._left, self._right = left, right

    def compare(self, left: bytes, right: bytes) -> Kind | None:
        """`same`, `figures`, or None when they say different things."""
        if left == right:
            return "same"
        left, right = normal(left), normal(right)
        if left == right:
            return "same"
        named_left, named_right = self._left.hide(left), self._right.hide(right)
        if named_left == named_right:
            return "same"
        if skeleton(left) == skeleton(right) or skeleton(named_left) == skeleton(named_right):
            return "figures"
        return None

    def alike(self, left: Lines, right: Lines, in_left: range, in_right: range) -> Iterator[bool]:
        """Line by line from the last to the first, or the other way, whether `compare` would not say None.

        Most lines of two like logs are alike but for digits and names, which is seen of all of them at once.
        """
        step = in_left.step
        shapes = shape(self._left.hide(left.text(in_left))).split(b"\n")[::step]
        others = shape(self._right.hide(right.text(in_right))).split(b"\n")[::step]
        for i, j, one, other in zip(in_left, in_right, shapes, others, strict=True):
            yield one == other or self.compare(left[i], right[j]) is not None

    def keys(self, left: list[bytes], right: list[bytes]) -> tuple[list[bytes], list[bytes]]:
        """Keys that are equal where `compare` would not say None: whichever of the two ways made the lines alike."""
        left, right = [normal(line) for line in left], [normal(line) for line in right]
        keys = [skeleton(self._left.hide(line)) for line in left]
        known = dict(zip((skeleton(line) for line in left), keys, strict=True)) | dict(zip(left, keys, strict=True))
        named = (skeleton(self._right.hide(line)) for line in right)
        return keys, [
            known.get(line, known.get(skeleton(line), other)) for line, other in zip(right, named, strict=True)
        ]


class _ExactEye(_Eye):
    """Every byte counts."""

    def compare(self, left: bytes, right: bytes) -> Kind | None:
        return "same" if left == right else None

    def alike(self, left: Lines, right: Lines, in_left: range, in_right: range) -> Iterator[bool]:
        return (left[i] == right[j] for i, j in zip(in_left, in_right, strict=True))

    def keys(self, left: list[bytes], right: list[bytes]) -> tuple[list[bytes], list[bytes]]:
        return left, right


def _same_bytes(left: bytes, right: bytes) -> int:
    """How many bytes they begin with alike."""
    end, at = min(len(left), len(right)), 0
    a, b = memoryview(left), memoryview(right)
    while at < end and a[at : at + CHUNK] == b[at : at + CHUNK]:
        at += CHUNK
    while at < end and left[at] == right[at]:
        at += 1
    return min(at, end)


def _head(a: Lines, b: Lines, done: int, eye: _Eye, going: Going) -> int:
    """How many lines they begin with alike, of which `done` are known."""
    end = min(len(a), len(b))
    while done < end:
        going(done / end)
        lines = range(done, min(end, done + AT_ONCE))
        for alike in eye.alike(a, b, lines, lines):
            if not alike:
                return done
            done += 1
    return done


def _tail(a: Lines, b: Lines, head: int, eye: _Eye, going: Going) -> int:
    """How many lines they end with alike, of those that they do not begin with."""
    most = min(len(a), len(b)) - head
    done = 0
    while done < most:
        going((head + done) / (head + most))
        count = min(AT_ONCE, most - done)
        in_a, in_b = (range(len(each) - done - 1, len(each) - done - 1 - count, -1) for each in (a, b))
        for alike in eye.alike(a, b, in_a, in_b):
            if not alike:
                return done
            done += 1
    return done


def _figures(a: Lines, b: Lines, start: int, eye: _Eye) -> tuple[int, ...]:
    """The rows at which runs of lines that differ in figures begin, of two logs that differ in nothing else."""
    found: list[int] = []
    last = False
    for number in range(start, min(len(a), start + FIGURES_SOUGHT)):
        now = eye.compare(a[number], b[number]) != "same"
        if now and not last:
            found.append(number)
        last = now
    return tuple(found)


def _matches(left: Sequence[bytes], right: Sequence[bytes]) -> Pairs:
    """Which lines stand in both, in order: first those that stand once in each, then between them again."""
    pairs: Pairs = []
    gaps = [(0, len(left), 0, len(right))]
    while gaps:
        a, a_end, b, b_end = gaps.pop()
        while a < a_end and b < b_end and left[a] == right[b]:
            pairs.append((a, b))
            a, b = a + 1, b + 1
        while a < a_end and b < b_end and left[a_end - 1] == right[b_end - 1]:
            a_end, b_end = a_end - 1, b_end - 1
            pairs.append((a_end, b_end))
        anchors = _anchors(left, right, range(a, a_end), range(b, b_end))
        if anchors:
            pairs += anchors
            ends = [(a - 1, b - 1), *anchors, (a_end, b_end)]
            gaps += [(i + 1, i2, j + 1, j2) for (i, j), (i2, j2) in pairwise(ends)]
        elif 0 < (a_end - a) * (b_end - b) <= SLOW:
            found = difflib.SequenceMatcher(None, left[a:a_end], right[b:b_end], autojunk=False).get_matching_blocks()
            pairs += [(a + i + n, b + j + n) for i, j, size in found for n in range(size)]
    return sorted(pairs)


def _anchors(left: Sequence[bytes], right: Sequence[bytes], in_a: range, in_b: range) -> Pairs:
    """Lines that stand once on each side, as many as are in the same order on both."""
    if not in_a or not in_b:
        return []
    in_left, in_right = Counter(left[i] for i in in_a), Counter(right[j] for j in in_b)
    where = {right[j]: j for j in in_b if in_right[right[j]] == 1}
    once = [(i, where[left[i]]) for i in in_a if in_left[left[i]] == 1 and left[i] in where]
    lowest: list[int] = []
    """Of the rising sequences of each length, the lowest end; `ends` the pair it is, `before` the one before it."""
    ends: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(once):
        length = bisect_left(lowest, j)
        before.append(ends[length - 1] if length else -1)
        lowest[length : length + 1] = [j]
        ends[length : length + 1] = [number]
    chain: Pairs = []
    number = ends[-1] if ends else -1
    while number >= 0:
        chain.append(once[number])
        number = before[number]
    return chain[::-1]


def _laid(pairs: Pairs, in_a: range, in_b: range, *, cut: bool) -> Iterator[_Block]:
    """The window's blocks. `cut`: lines follow it, among which the partners of its last ones may be."""
    a, b = in_a.start, in_b.start
    for i, j in pairs:
        yield from _gap(a, i, b, j)
        yield _Block("same", range(i, i + 1), range(j, j + 1))
        a, b = i + 1, j + 1
    if not (cut and pairs):
        yield from _gap(a, in_a.stop, b, in_b.stop)


def _gap(a: int, a_end: int, b: int, b_end: int) -> Iterator[_Block]:
    """Lines without a partner stand beside each other as far as there are some on both sides."""
    both = min(a_end - a, b_end - b)
    for block in (
        _Block("differs", range(a, a + both), range(b, b + both)),
        _Block("left", range(a + both, a_end), range(b + both, b + both)),
        _Block("right", range(a_end, a_end), range(b + both, b_end)),
    ):
        if block.rows:
            yield block


def _beginnings(blocks: Sequence[_Block], tops: Sequence[int]) -> tuple[int, ...]:
    kinds = ["same" if block.kind == "beyond" else block.kind for block in blocks]
    return tuple(
        tops[number]
        for number, kind in enumerate(kinds)
        if kind != "same" and (number == 0 or kinds[number - 1] == "same")
    )


def _left_out(beyond: _Block, unsought: int) -> str:
    if unsought > 0:
        return f"Nothing but figures differs; in which of the last {unsought:,} lines they do was not looked for."
    if not beyond.rows:
        return ""
    left, right = len(beyond.left), len(beyond.right)
    return (
        f"Compared are {WINDOW:,} lines from the first difference on, and what the logs end with alike; "
        f"{left:,} lines on the left and {right:,} on the right between them were not."
    )
