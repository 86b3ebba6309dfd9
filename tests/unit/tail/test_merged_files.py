"""Several files as one stream, while they are rotated, linked, renamed and closed: every line once, none lost."""

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incident_console.tail.merging import kept as kept_module
from incident_console.tail.merging import merged as merged_module
from incident_console.tail.merging.kept import KeptLines
from incident_console.tail.merging.merged import EARLIER, NO_FILES
from incident_console.tail.source import Line, Place
from tests.unit.tail.streams import START, Stream, opened, stamp


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    stream = Stream(tmp_path)
    yield stream
    stream.source.close()


def test_rotation_truncation_and_deletion_are_told_and_lose_nothing(stream: Stream) -> None:
    opened(stream, "a.log")
    log = stream.folder / "a.log"
    stream.write("a.log", "one\n")
    stream.look()
    log.rename(stream.folder / "a.log.1")
    stream.write("a.log.1", "late\n")
    stream.write("a.log", "two\n")
    stream.look()
    log.write_bytes(b"3\n")
    stream.look()
    log.unlink()
    stream.look()
    stream.write("a.log", "four\n")
    stream.look()
    assert stream.shown() == [
        "a|one",
        "a|late",
        "── replaced by a new file: read from its start ──",
        "── this line is not in its file any more ──",
        "── truncated: read from its start ──",
        "a|3",
        "── deleted; what was shown of it stays ──",
        "── replaced by a new file: read from its start ──",
        "a|four",
    ]
    entry = stream.source.row(2)
    assert isinstance(entry, merged_module.MemberMark)
    assert entry.tag == "a"
    rows = range(stream.source.row_count)
    assert [stream.source.row_of(place) for row in rows if (place := stream.source.place(row))] == list(rows)


def test_a_file_that_its_server_dropped_is_read_on_where_it_was(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(stream, "a.log")
    stream.write("a.log", "one\n")
    stream.look()
    fstat, faults = os.fstat, [OSError(errno.ESTALE, "Stale file handle")]

    def stale_once(fd: int) -> os.stat_result:
        if faults:
            raise faults.pop()
        return fstat(fd)

    monkeypatch.setattr(os, "fstat", stale_once)
    stream.write("a.log", "two\n")
    stream.look()
    stream.look()
    assert faults == []
    assert stream.shown() == ["a|one", "a|two"]


def test_a_closed_stream_begins_anew(stream: Stream) -> None:
    opened(stream, "a.log")
    stream.write("a.log", "one\n")
    stream.look()
    stream.source.close()
    assert (stream.source.row_count, stream.source.size, stream.source.notice) == (0, 0, NO_FILES)
    stream.set("a.log")
    stream.look()
    assert stream.shown() == ["a|one"]


def test_a_rotated_file_that_appears_under_its_new_name_is_not_shown_again(stream: Stream) -> None:
    opened(stream, "a.log")
    stream.write("a.log", "one\n")
    stream.look()
    (stream.folder / "a.log").rename(stream.folder / "a.1.log")
    stream.write("a.log", "two\n")
    stream.add("a.1.log")
    stream.look()
    assert [row for row in stream.shown() if not row.startswith("──")] == ["a|one", "a|two"]


def test_a_link_to_a_member_is_shown_once_until_it_points_elsewhere(stream: Stream) -> None:
    stream.write("run-1.log", "")
    (stream.folder / "current.log").symlink_to("run-1.log")
    opened(stream, "run-1.log")
    stream.add("current.log")
    stream.write("run-1.log", "x\n")
    stream.look()
    assert stream.shown() == ["run-1|x"]
    assert stream.source.members_shown == 1
    stream.write("other", "y\n")
    (stream.folder / "current.log").unlink()
    (stream.folder / "current.log").symlink_to("other")
    stream.look()
    assert stream.shown() == ["run-1|x", "current|y"]


def test_a_file_that_was_renamed_before_it_was_ever_opened_has_nothing_new(stream: Stream) -> None:
    names = [f"{number:02}.log" for number in range(merged_module.OPENING_FILES + 2)]
    for number, name in enumerate(names):
        stream.write(name, f"{name} was here\n")
        os.utime(stream.folder / name, (START - 100 + number,) * 2)
    stream.add(*names)
    stream.look()
    before = stream.shown()
    (stream.folder / "00.log").rename(stream.folder / "00.old.log")
    stream.add("00.old.log")
    stream.look()
    assert stream.shown() == before
    stream.write("00.old.log", "more\n")
    stream.write("00.log", "anew\n")
    stream.look()
    assert [row for row in stream.shown() if row not in before] == [
        "── replaced by a new file: read from its start ──",
        "00|anew",
        "00.old|more",
    ]


def test_an_inode_that_is_used_again_is_another_file(stream: Stream) -> None:
    """As on ext4 and tmpfs: a log is deleted, and the next one gets its inode."""
    opened(stream, "a.log")
    stream.write("gone.log", "old text\n" * 3)
    stream.add("gone.log")
    stream.look("a.log")
    before = len(stream.shown())
    stream.set("a.log")
    inode = (stream.folder / "gone.log").stat().st_ino
    for log in stream.source._members.logs.values():
        log.close()
    os.truncate(stream.folder / "gone.log", 0)
    (stream.folder / "gone.log").rename(stream.folder / "b.log")
    stream.write("b.log", "new\n")
    assert (stream.folder / "b.log").stat().st_ino == inode
    stream.add("b.log")
    stream.look()
    assert stream.shown()[before:] == ["b|new"]


def test_members_come_and_go_and_come_again(stream: Stream) -> None:
    opened(stream, "a.log", "b.log")
    (stream.folder / "link.log").symlink_to("b.log")
    stream.add("link.log")
    stream.set("link.log")
    assert [facts.label for facts in stream.source.member_facts()] == ["link"]
    stream.set()
    assert stream.source.members_shown == 0
    stream.write("a.log", "unseen\n")
    stream.look("a.log")
    assert stream.source.row_count == 0
    stream.set("a.log", "link.log")
    stream.write("link.log", "seen\n")
    stream.look()
    assert stream.shown() == ["a|unseen", "link|seen"]
    stream.set("b.log")
    stream.write("b.log", "again\n")
    stream.look()
    assert stream.shown()[-1].endswith("|again")
    assert stream.source.members_shown == 1


def test_rows_of_a_file_that_vanished_stay_readable(stream: Stream) -> None:
    opened(stream, "a.log", "b.log")
    stream.write("a.log", "clue\n")
    stream.look()
    (stream.folder / "a.log").unlink()
    stream.set("b.log")
    stream.look()
    assert stream.shown()[0] == "a|clue"
    assert stream.source.members_shown == 1


def test_few_descriptors_are_open_and_closed_files_are_read_again(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merged_module, "MOST_OPEN", 4)
    names = [f"{number}.log" for number in range(12)]
    opened(stream, *names)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for round_ in range(2):
        for name in names:
            stream.write(name, f"{name} {round_}\n")
            stream.clock.now += 1
            stream.look(name)
    lines = [f"{number}|{number}.log {round_}" for round_ in range(2) for number in range(12)]
    assert stream.shown() == lines
    assert len(os.listdir("/proc/self/fd")) <= before + 4  # noqa: PTH208
    (stream.folder / "0.log").unlink()
    assert stream.shown() == lines, "what was read stays"
    monkeypatch.setattr(stream.source, "_kept", KeptLines())
    assert "this line is not in its file" in stream.shown()[0]
    assert stream.shown()[1:12] == lines[1:12]
    stream.write("0.log", "again\n")
    stream.clock.now += 40
    stream.look("0.log")
    # Which of the two depends on whether the file system gives the new file the old one's inode.
    assert any(row.startswith(("── truncated", "── replaced")) for row in stream.shown())
    assert stream.shown()[-1] == "0|again"


def test_what_was_on_the_screen_stays_when_its_file_is_truncated(stream: Stream) -> None:
    opened(stream, "a.log")
    stream.write("a.log", "one\ntwo\n")
    stream.look()
    assert stream.shown() == ["a|one", "a|two"]
    (stream.folder / "a.log").write_bytes(b"")
    assert stream.shown() == ["a|one", "a|two"], "before the next look, too"
    stream.look()
    stream.write("a.log", "three\n")
    stream.look()
    assert stream.shown() == ["a|one", "a|two", "── truncated: read from its start ──", "a|three"]


def test_a_bounded_number_of_lines_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_module, "TEXT_KEPT", 30)
    kept = KeptLines()
    lines = [Line(0, key, key + 10, None, b"x" * 10, cut=False, complete=True) for key in range(5)]
    for key in (0, 1, 2, 0, 3, 4):
        kept.keep(key, lines[key])
    assert [kept.get(key) for key in range(5)] == [lines[0], None, None, lines[3], lines[4]]


def test_old_rows_are_dropped_and_the_first_row_says_so(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merged_module, "MOST_ROWS", 100)
    opened(stream, "a.log", "b.log")
    for number in range(300):
        stream.clock.now += 1
        stream.write("ab"[number % 2] + ".log", f"{stamp(number + 1)} {number}\n more\n")
        stream.look()
        if number == 0:
            first = stream.source.place(0)
    assert first is not None
    rows = stream.shown()
    assert len(rows) <= 101
    assert rows[0] == EARLIER
    assert stream.source.origin(first) is None
    assert rows[-2:] == [f"b|{stamp(300)} 299", "b| more"]
    assert stream.source.row_of(Place(0, 0)) == 1
    places = [stream.source.place(row) for row in range(len(rows))]
    assert [stream.source.row_of(place) for place in places if place] == list(range(len(rows)))


TEXT = st.sampled_from(["", "x", " y", "z: 12:00", "\r"])
ACTIONS = st.one_of(
    st.tuples(st.just("timed"), st.integers(0, 2), TEXT),
    st.tuples(st.just("timed"), st.integers(0, 2), TEXT),
    st.tuples(st.just("plain"), st.integers(0, 3), TEXT),
    st.tuples(st.just("half"), st.integers(0, 3), TEXT),
    st.tuples(st.just("rename"), st.integers(0, 3), TEXT),
    st.tuples(st.just("truncate"), st.integers(0, 3), TEXT),
    st.tuples(st.just("look"), st.integers(0, 3), TEXT),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(st.lists(ACTIONS, max_size=30), st.integers(1, 30))
def test_any_interleaving_shows_each_line_once_in_its_files_order_with_groups_whole(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, int, str]], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("any")
    stream = Stream(folder)
    names = [f"{number}.log" for number in range(4)]
    opened(stream, *names)
    written: list[list[str]] = [[] for _ in names]
    gone: set[str] = set()
    leaders: list[dict[str, str]] = [{} for _ in names]
    """For each line of a file with times the line that it belongs to."""
    leader = [""] * 4
    timed: dict[str, float] = {}
    try:
        for count, (kind, number, text) in enumerate(actions):
            name = names[number]
            stream.clock.now += 0.02
            if kind in ("timed", "plain", "half"):
                own = stream.clock.now - START if kind == "timed" else None
                line = (f"{stamp(own)} " if own is not None else "") + f"#{count} {text}"
                written[number].append(line)
                if own is not None:
                    leader[number] = line
                    timed[line] = own
                leaders[number][line] = leader[number]
                data = f"{line}\n".encode()
                stream.write(name, data[:cut])
                if kind == "half":
                    stream.look(name)
                stream.write(name, data[cut:])
            elif kind == "look":
                stream.look(name)
            elif (folder / name).exists():
                stream.look(name)
                if kind == "rename":
                    (folder / name).rename(folder / f"{name}.{count}")
                else:
                    gone |= set(written[number])
                    os.truncate(folder / name, 0)
                    stream.look(name)
        stream.clock.now += 5
        stream.look()
        rows = [stream.source.row(row) for row in range(stream.source.row_count)]
        for number in range(4):
            texts = [row.text.decode() for row in rows if isinstance(row, Line) and row.tag == str(number)]
            kept = [line for line in written[number] if line not in gone]
            assert [text for text in texts if text in kept] == kept
            assert len(texts) == len(set(texts)) or gone
        order = [row.text.decode() for row in rows if isinstance(row, Line) and row.text]
        if not gone:
            assert sorted(order) == sorted(line for lines in written for line in lines)
            at = {line: place for place, line in enumerate(order)}
            for number in range(3):
                groups: dict[str, list[int]] = {}
                for line, head in leaders[number].items():
                    if head:
                        groups.setdefault(head, []).append(at[line])
                assert all(group == list(range(group[0], group[0] + len(group))) for group in groups.values())
            shown_times = [timed[line] for line in order if line in timed]
            assert shown_times == sorted(shown_times)
        places = [stream.source.place(row) for row in range(len(rows))]
        assert places == sorted(places, key=lambda place: (place.generation, place.offset) if place else ())
        assert [stream.source.row_of(place) for place in places if place] == list(range(len(rows)))
    finally:
        stream.source.close()
        shutil.rmtree(folder)
