import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident_console.errors import InputError
from incident_console.events import NoteAdded, UnknownEvent
from incident_console.record.chain import LINE_LIMIT, START, canonical, clean, line_hash, read
from incident_console.record.journal import Journal


@pytest.fixture
def path(tmp_path: Path, clock) -> Path:
    path = tmp_path / "rec" / "journal.jsonl"
    with Journal.create(path, session="s", by="b", clock=clock) as journal:
        for text in ("one", "two", "three", "four"):
            journal.append(NoteAdded(text=text))
    return path


def definition(line: dict) -> str:
    """The contract's words, written down a second time."""
    body = {key: value for key, value in line.items() if key != "hash"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def forged(seq: int, prev: str, **changes) -> tuple[bytes, str]:
    line = {
        "seq": seq,
        "at": "2026-11-22T13:45:01.000000Z",
        "mono_s": 0.0,
        "session": "s",
        "by": "b",
        "kind": "note.added",
        "data": {"text": "x"},
        "prev": prev,
    } | changes
    line["hash"] = definition(line)
    return json.dumps(line, ensure_ascii=False).encode() + b"\n", line["hash"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
@settings(deadline=None)
def test_whatever_is_recorded_hashes_the_same_when_it_is_read_again(value) -> None:
    line = {"data": clean({"value": value, "odd": "\udcff\ud800"})}
    digest = line_hash(line)
    again = json.loads(json.dumps(line, ensure_ascii=False).encode("utf-8"))
    assert line_hash(again) == digest == hashlib.sha256(canonical(again)).hexdigest()
    assert clean(again) == again


@given(JSON)
@settings(deadline=None, max_examples=60)
def test_the_quick_way_of_reading_agrees_with_the_definition(tmp_path_factory, value) -> None:
    path = tmp_path_factory.mktemp("j") / "journal.jsonl"
    raw, digest = forged(1, START, data=clean({"text": "x", "extra": value}))
    compact = json.dumps(json.loads(raw), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    for body in (raw, compact):
        path.write_bytes(body)
        reading = read(path)
        assert reading.fault is None and reading.head == digest == definition(json.loads(body))


def test_numbers_and_text_become_what_every_json_reader_agrees_on() -> None:
    values = [1.23456, 1e-9, 1e300, float("inf"), 2**53, -(2**53), 2**53 - 1, True, "a\udcff\ud83d", 10**5000]
    cleaned = clean(values)
    assert cleaned[:9] == [1.235, 0.0, "1e+300", "inf", str(2**53), str(-(2**53)), 2**53 - 1, True, "a\\xff\\ud83d"]
    assert isinstance(cleaned[9], str)
    assert clean({"\udcff": 1, "\\xff": 2}) == {"\\xff": 1, "\\xff~": 2}


def test_a_sound_journal_reads_whole(path) -> None:
    reading = read(path)
    assert (reading.fault, reading.torn, len(reading.lines)) == (None, b"", 4)
    assert reading.head == reading.lines[-1].hash and reading.size == path.stat().st_size


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("tamper", "line", "why"),
    [
        (lambda lines: [lines[0], lines[1].replace(b"two", b"tow"), *lines[2:]], 2, "its hash"),
        (lambda lines: [lines[0], lines[2], lines[3]], 2, "seq 3 where 2 is due"),
        (lambda lines: lines[1:], 1, "seq 2 where 1 is due"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], 1, "seq 2"),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], 3, "seq 2 where 3"),
        (lambda lines: [lines[0], b"\n", *lines[1:]], 2, "not a JSON object"),
        (lambda lines: [lines[0], b"[1]\n", *lines[1:]], 2, "not a JSON object"),
        (lambda lines: [lines[0], b"{}\n", *lines[1:]], 2, "keys of a journal line"),
        (lambda lines: [lines[0], lines[1].replace(b'"seq":2', b'"seq":2,"seq":2'), *lines[2:]], 2, "same key twice"),
        (
            lambda lines: [lines[0], lines[1].replace(b'{"text"', b'{"x":1,"x":1,"text"'), *lines[2:]],
            2,
            "same key twice",
        ),
        (lambda lines: [lines[0], lines[1].replace(b'"mono_s":0.0', b'"mono_s":NaN'), *lines[2:]], 2, "NaN"),
        (lambda lines: [lines[0], lines[1].replace(b'"by":"b"', b'"by":7'), *lines[2:]], 2, "wrong kind of value"),
        (lambda lines: [lines[0], b"\xff\xfe\n", *lines[1:]], 2, "not UTF-8"),
        (lambda lines: [lines[0], b"\0\0\n", *lines[1:]], 2, "NUL bytes"),
        (lambda lines: [lines[0], b"[" * 100_000 + b"\n", *lines[1:]], 2, "nested too deeply"),
        (lambda lines: [lines[0], forged(2, START)[0]], 2, "its prev is not"),
        (lambda lines: [forged(1, START)[0], *lines[1:]], 2, "its prev is not"),
        (lambda lines: [lines[0], lines[1].replace(b"two", b"\\ud800"), *lines[2:]], 2, "UTF-8"),
        (lambda lines: [lines[0], b" " * (LINE_LIMIT + 2) + b"\n", *lines[1:]], 2, "longer than"),
    ],
)
def test_the_first_broken_place_is_told(path, tamper, line, why) -> None:
    path.write_bytes(b"".join(tamper(lines_of(path))))
    reading = read(path)
    assert reading.fault is not None and reading.fault.line == line and why in reading.fault.why
    assert len(reading.lines) == line - 1


def test_no_byte_of_a_journal_can_be_changed_unseen(path) -> None:
    whole = path.read_bytes()
    head = read(path).head
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        reading = read(path)
        assert reading.fault or reading.torn or reading.head != head, place


def test_a_kind_that_is_not_known_and_data_that_does_not_fit_are_kept(tmp_path) -> None:
    path = tmp_path / "journal.jsonl"
    first, head = forged(1, START, kind="future.thing", data={"text": "new"})
    second, head = forged(2, head, kind="note.added", data={"text": 7})
    third, _ = forged(3, head, kind="future.thing", data={"occurred_at": 7})
    path.write_bytes(first + second + third)
    reading = read(path)
    assert reading.fault is None
    assert [type(line.event) for line in reading.lines] == [UnknownEvent] * 3
    assert reading.lines[0].event.extra == {"text": "new"}
    assert reading.lines[1].event.extra == {"as_recorded": {"text": 7}}
    assert [note[:7] for note in reading.notes] == ["line 2:", "line 3:"]


def test_what_is_no_regular_file_is_refused(tmp_path) -> None:
    target = tmp_path / "real.jsonl"
    target.write_bytes(b"")
    link = tmp_path / "journal.jsonl"
    link.symlink_to(target)
    for wrong in (link, tmp_path, tmp_path / "none", Path("/dev/zero")):
        with pytest.raises(InputError):
            read(wrong)


@pytest.mark.parametrize(
    ("data", "hashed"),
    [
        (b'{"n":1e-7}', b'{"n":1e-7}'),  # as one JSON writer has it; the definition's has 1e-07
        (b'{"n":0.00001}', b'{"n":0.00001}'),
        (b'{"n":[-0.0000123]}', b'{"n":[-0.0000123]}'),
        (b'{"text":"a","text":"b"}', b'{"text":"b"}'),
        (b'{"text":"\\u0061"}', b'{"text":"\\u0061"}'),
        (b'{"n":1.50}', b'{"n":1.50}'),
    ],
)
def test_data_written_in_another_way_does_not_pass_with_a_hash_of_its_own(tmp_path, data, hashed) -> None:
    rest = b'"kind":"future.thing","mono_s":0.0,"prev":"%b","seq":1,"session":"s"}' % START.encode()
    digest = hashlib.sha256(b'{"at":"t","by":"b","data":' + hashed + b"," + rest).hexdigest().encode()
    line = b'{"seq":1,"at":"t","mono_s":0.0,"session":"s","by":"b","kind":"future.thing",'
    line += b'"data":%b,"prev":"%b","hash":"%b"}\n'
    path = tmp_path / "journal.jsonl"
    path.write_bytes(line % (data, START.encode(), digest))
    assert read(path).fault is not None and read(path).lines == ()


def test_data_that_is_only_json_together_with_its_neighbours_does_not_pass_with_hashes_of_its_own(tmp_path) -> None:
    pieces = (b'{"text":"a"},{"text":"b"}', b'{"text":"}', b'{"}')  # three values in all, none where it should be
    prev, lines = START.encode(), b""
    for seq, data in enumerate(pieces, 1):
        rest = b'"kind":"note.added","mono_s":0.0,"prev":"%b","seq":%d,"session":"s"}' % (prev, seq)
        digest = hashlib.sha256(b'{"at":"t","by":"b","data":' + data + b"," + rest).hexdigest().encode()
        line = b'{"seq":%d,"at":"t","mono_s":0.0,"session":"s","by":"b","kind":"note.added",' % seq
        lines += line + b'"data":%b,"prev":"%b","hash":"%b"}\n' % (data, prev, digest)
        prev = digest
    path = tmp_path / "journal.jsonl"
    path.write_bytes(lines)
    reading = read(path)
    assert reading.lines == () and str(reading.fault) == "line 1: it is not a JSON object"
