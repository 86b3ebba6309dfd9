"""The quick reading of a journal says the same as the one by the letter, or nothing, whatever is done to the lines."""

import hashlib
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from incident_console.record import chain
from incident_console.record.chain import START, Reading, read_bytes
from incident_console.record.links import links

PIECES = (
    *(
        '{"text":"a"}',
        '{"text":"a","n":1.5}',
        '{"text":"é\\n\\u0001","x":{"b":1,"a":[null,true,1e-07]}}',
        '{"b":1,"a":2}',
    ),
    *(
        '{"text":"a","text":"b"}',
        '{"text":"\\u0061"}',
        '{"n":1.50}',
        '{"n":1e3}',
        '{"n":0.00001}',
        '{"n":-0}',
        '{"n":1e16}',
    ),
    *('{"n":123456789012345678901234567890}', '{"text":"a"},{"text":"b"}', '{"text":"', '"}', "{}", "[]", "1", ""),
    *(
        '{"text":"\\ud800"}',
        '{"text": "a"}',
        '{"text":"\x7f\x85\u2028"}',
        '{"text":"/\\/"}',
        '{"n":1e999}',
        '{"n":NaN}',
    ),
)


def by_the_letter(block: bytes) -> Reading:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chain, "links", lambda *_: None)
        return read_bytes(block)


def forged(pieces: list[str], mono: str = "0.5", kind: str = "future.thing") -> bytes:
    """Lines with these texts as data, each with the hash of what it says as it stands, or in order where it is JSON."""
    prev, lines = START, b""
    for seq, data in enumerate(pieces, 1):
        try:
            hashed = json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        except ValueError:
            hashed = data
        told = f'{{"at":"t","by":"b","data":{hashed},"kind":"{kind}","mono_s":{mono},"prev":"{prev}",'
        told += f'"seq":{seq},"session":"s"}}'
        digest = hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()
        line = f'{{"seq":{seq},"at":"t","mono_s":{mono},"session":"s","by":"b","kind":"{kind}","data":{data},'
        lines += f'{line}"prev":"{prev}","hash":"{digest}"}}\n'.encode("utf-8", "replace")
        prev = digest
    return lines


def agrees(block: bytes) -> bool:
    """Whether the quick way took the block; then it must have read what is there."""
    quick = links(block, 1, START)
    if quick is None:
        return False
    whole = by_the_letter(block)
    assert whole.fault is None and whole.torn == b"" and list(whole.lines) == quick and whole.size == len(block)
    return True


@given(st.lists(st.sampled_from(PIECES), max_size=3), st.sampled_from(["0.5", "1", "1.50", "0.00001", "true", "-0.0"]))
@settings(deadline=None, max_examples=300)
@example(['{"text":"a"},{"text":"b"}', '{"text":"}', '{"}'], "0.5")
def test_lines_with_hashes_of_their_own_are_taken_only_as_the_definition_has_them(pieces: list[str], mono: str) -> None:
    agrees(forged(pieces, mono))


SOUND = forged(
    ['{"text":"a","nature":"fact"}', '{"text":"é","x":[1.5,{"b":null,"a":"n"}]}', '{"text":""}'], kind="note.added"
)
BITS = (
    b'"',
    b"\n",
    b",",
    b"{",
    b"}",
    b"\\",
    b"0",
    b"e",
    b" ",
    b"\0",
    b"\xff",
    b'"seq":',
    b"1.0",
    b'"data":{}',
    b"null",
)


@given(
    st.lists(
        st.tuples(st.integers(0, len(SOUND)), st.integers(0, 12), st.sampled_from(BITS) | st.binary(max_size=3)),
        min_size=1,
        max_size=3,
    )
)
@settings(deadline=None, max_examples=500)
def test_lines_that_were_changed_are_never_taken_for_what_they_are_not(changes: list[tuple[int, int, bytes]]) -> None:
    block = SOUND
    for place, length, put in changes:
        block = block[:place] + put + block[place + length :]
    agrees(block)


def test_what_this_console_writes_is_taken_the_quick_way() -> None:
    texts = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    assert agrees(forged([json.dumps({"text": texts}, ensure_ascii=False, separators=(",", ":"))]))
    assert agrees(SOUND) and agrees(forged(['{"n":[0.001,-1.5,9007199254740991,123456789.123,0.0]}']))
