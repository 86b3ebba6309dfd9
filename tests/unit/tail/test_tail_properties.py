"""Whatever a writer does between two looks, the reader shows what was written, in order, none twice, or a mark."""

import os
import tempfile
import tracemalloc
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from incident_console.tail import logfile
from incident_console.tail.logfile import DROPPED, FINGERPRINT, OLDER_KEPT, REPLACED, TRUNCATED, VANISHED, LogFile
from incident_console.tail.source import CUT, Line, Mark, Part

PIECES = st.one_of(
    st.binary(max_size=3),
    st.text("ab\n", max_size=12).map(str.encode),
    st.sampled_from(
        [b"\n", b"\r\n", b"\0", b"\0\0\n", b"\xff\xfe\n", b"1 %\r2 %\r", b"no newline", b"x" * 9000 + b"\n"]
    ),
)


class AnyWriter(RuleBasedStateMachine):
    """Appends, truncations, rotations, deletions, links swapped, in any order, with looks anywhere between them.

    What cannot be known is not asked for. Text written and gone again between two looks was never seen: only its mark
    must be there. A file written anew between two looks with the same ends and at least as long cannot be told from one
    that grew; the ends are made short here, so that there is a middle in small texts, too.
    """

    ENDS = 16

    def __init__(self) -> None:
        super().__init__()
        self._patch = patch.object(logfile, "FINGERPRINT", self.ENDS)
        self._patch.start()
        self._made = tempfile.TemporaryDirectory()
        self.folder = Path(self._made.name)
        self.path = self.folder / "a.log"
        self.log = LogFile(self.path)
        self.names = 0
        self.seen: dict[int, bytes] = {}
        """The text of each generation, as of the last look."""
        self.unknowable: set[int] = set()
        """Generations whose middle was written anew."""

    def teardown(self) -> None:
        self.log.close()
        self._made.cleanup()
        self._patch.stop()

    def another(self) -> Path:
        self.names += 1
        return self.folder / f"other {self.names}"

    @initialize(text=PIECES, linked=st.booleans())
    def begin(self, text: bytes, linked: bool) -> None:
        if linked:
            self.swap_the_link(text)
        else:
            self.path.write_bytes(text)

    @rule(text=PIECES)
    def append(self, text: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(text)

    @rule(text=PIECES)
    def append_with_a_look_at_each_byte(self, text: bytes) -> None:
        for at in range(min(len(text), 12)):
            self.append(text[at : at + 1])
            self.look()

    @precondition(lambda self: self.path.exists())
    @rule(kept=st.booleans(), text=PIECES)
    def copytruncate(self, kept: bool, text: bytes) -> None:
        """The writer goes on with something else, or begins with the same text again."""
        before = self.path.read_bytes()
        os.truncate(self.path, 0)
        self.append(before[: len(before) // 2] + text if kept else text)

    @precondition(lambda self: self.path.exists())
    @rule(by=st.integers(1, 40), text=PIECES)
    def shrink_and_grow(self, by: int, text: bytes) -> None:
        os.truncate(self.path, max(0, self.path.stat().st_size - by))
        self.append(text)

    @precondition(lambda self: self.path.exists() and self.path.stat().st_size)
    @rule(back=st.integers(1, ENDS), by=st.integers(1, 255))
    def rewrite_in_the_same_length(self, back: int, by: int) -> None:
        with self.path.open("r+b") as file:
            file.seek(-min(back, self.path.stat().st_size), os.SEEK_END)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([(byte + by) % 256]))

    @precondition(lambda self: self.path.exists())
    @rule(text=st.none() | PIECES)
    def rename_away(self, text: bytes | None) -> None:
        self.path.rename(self.another())
        if text is not None:
            self.path.write_bytes(text)

    @precondition(lambda self: self.path.exists())
    @rule(text=st.none() | PIECES)
    def delete_and_make_again(self, text: bytes | None) -> None:
        """The system may give the new file the inode number of one that is gone."""
        self.path.unlink()
        if text is not None:
            self.path.write_bytes(text)

    @rule(text=PIECES)
    def swap_the_link(self, text: bytes) -> None:
        target, link = self.another(), self.another()
        target.write_bytes(text)
        link.symlink_to(target)
        link.rename(self.path)

    @precondition(lambda self: self.names)
    @rule(size=st.integers(0, 3), number=st.integers(1, 100))
    def empty_a_rotated_file(self, size: int, number: int) -> None:
        path = self.folder / f"other {1 + number % self.names}"
        if path.exists() and path.stat().st_size > size:
            os.truncate(path, size)

    @rule()
    def count_lines(self) -> None:
        self.log.index_step(0)

    @rule()
    def look(self) -> None:
        while self.log.poll().more:
            pass
        while not self.log.index_step(1):
            pass
        before, self.seen = self.seen, {part.generation: _text(part) for part in self.log.parts}
        rows = [self.log.row(at) for at in range(self.log.row_count)]
        marks = {row.generation: row.text for row in rows if isinstance(row, Mark)}
        if self.path.exists():
            assert self.seen[max(self.seen)] == self.path.read_bytes(), "the last text is the file, whole"
        elif self.seen:
            assert rows and rows[-1].text == VANISHED
        assert set(self.seen) - {1} <= set(marks), "each text but the first has its mark"
        for generation, text in before.items():
            now = self.seen.get(generation)
            if now is None:
                later = min((other for other in marks if other > generation), default=None)
                assert later is not None, "what is no longer shown is told by the next mark"
                assert marks[later] in (TRUNCATED, DROPPED)
            else:
                known = now[: len(text)]
                ends = slice(0, self.ENDS), slice(-self.ENDS, None)
                assert [known[end] for end in ends] == [text[end] for end in ends], "what was shown still stands"
                if known != text:
                    self.unknowable.add(generation)
        assert len(self.seen) <= OLDER_KEPT + 1
        assert [row.place for row in rows] == sorted({row.place for row in rows}), "in order, none twice"
        for generation, text in self.seen.items():
            if generation in self.unknowable:
                continue
            self.is_shown(text, [row for row in rows if isinstance(row, Line) and row.generation == generation])

    @staticmethod
    def is_shown(text: bytes, lines: list[Line]) -> None:
        """Each byte stands in one line, and the lines are cut at the newlines."""
        assert [line.number for line in lines] == list(range(1, len(lines) + 1))
        assert [line.offset for line in lines] == [0, *(line.end + 1 for line in lines[:-1])][: len(lines)]
        assert (lines[-1].end + lines[-1].complete if lines else 0) == len(text)
        for line in lines:
            assert b"\n" not in text[line.offset : line.end]
            assert line.cut or line.text == text[line.offset : line.end]


AnyWriter.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
test_whatever_a_writer_does_the_reader_shows_what_was_written_or_a_mark = AnyWriter.TestCase


def _text(part: Part) -> bytes:
    return part.read(0, part.index.end + 1)


def _shown(log: LogFile) -> list[bytes | str]:
    return [log.row(at).text for at in range(log.row_count)]


@pytest.mark.parametrize("at", range(12))
@pytest.mark.parametrize("grown", [b"", b"more\n"], ids=["as it was", "grown"])
def test_a_file_written_anew_while_it_is_being_read_is_never_mixed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, grown: bytes
) -> None:
    """The text is replaced just before the n-th read of one look."""
    path = tmp_path / "a.log"
    path.write_bytes(b"old\n" * 5)
    log = LogFile(path)
    log.poll()
    with path.open("ab") as file:
        file.write(grown)
    reads, real = 0, os.pread

    def pread(fd: int, length: int, offset: int) -> bytes:
        nonlocal reads
        if reads == at:
            path.write_bytes(b"new\n" * 20)
        reads += 1
        return real(fd, length, offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", pread)
        log.poll()
    if reads <= at:
        path.write_bytes(b"new\n" * 20)
    while log.poll().more:
        pass
    assert _shown(log) == [TRUNCATED, *[b"new"] * 20]
    log.close()


def test_a_rotated_file_that_is_emptied_is_told_to_be_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    log = LogFile(path)
    for name in ("1", "2"):
        path.write_bytes(name.encode() + b"\n")
        log.poll()
        path.rename(tmp_path / name)
    path.write_bytes(b"3\n")
    log.poll()
    assert _shown(log) == [b"1", REPLACED, b"2", REPLACED, b"3"]
    os.truncate(tmp_path / "2", 0)
    log.poll()
    assert _shown(log) == [b"1", DROPPED, b"3"]
    log.close()


def test_a_text_written_anew_with_the_same_ends_is_shown_as_it_is(tmp_path: Path) -> None:
    """No reader that keeps only the ends can tell the loss; but no line is shown cut at the newlines of before."""
    ends = b"e" * FINGERPRINT
    path = tmp_path / "a.log"
    path.write_bytes(ends + b"\none\nthree\n" + ends)
    os.utime(path, ns=(1, 1))
    log = LogFile(path)
    log.poll()
    assert _shown(log)[1:-1] == [b"one", b"three"]
    path.write_bytes(ends + b"\nthree\none\n" + ends)
    log.poll()
    assert _shown(log)[1:-1] == [b"three", b"one"]
    log.close()


def test_a_look_reads_a_bounded_part_of_a_burst(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "LOOK", 64 * 1024)
    path = tmp_path / "a.log"
    path.write_bytes(b"first\n")
    log = LogFile(path)
    log.poll()
    with path.open("ab") as file:
        file.write(b"0123456\n" * 50_000)
    looks, size = 0, log.size
    while (change := log.poll()).more:
        assert change.size - size <= 64 * 1024
        looks, size = looks + 1, change.size
    assert looks == 400_000 // (64 * 1024)
    assert log.row_count == 50_001
    log.close()


def test_a_line_of_a_hundred_megabytes_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"first\n")
    log = LogFile(path)
    log.poll()
    os.truncate(path, 100_000_000)
    tracemalloc.start()
    try:
        while log.poll().more:
            pass
        row = log.row(1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(row, Line)
    assert (row.cut, len(row.text), row.end, row.complete) == (True, CUT, 100_000_000, False)
    with path.open("ab") as file:
        file.write(b"\nlast")
    log.poll()
    assert (log.row_count, log.row(2).text) == (3, b"last")
    assert peak < 4_000_000
    log.close()
