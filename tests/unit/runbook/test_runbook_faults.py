"""Every fault of a runbook file is told at once, at its place, and nothing in a file can hurt the console."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from incident_console.errors import Exit, InputError
from incident_console.runbook import nodes
from incident_console.runbook.faults import RunbookFaults
from incident_console.runbook.load import load, loads
from incident_console.runbook.slips import slip

SOUND = """\
schema: incident-console/runbook/1
id: small
version: "1"
title: Small
owner: me
when: Always.
first: look
second: look
stop: decide
rungs:
  - id: look
    role: state
    question: What is there?
    ask:
      - {id: what, type: text, prompt: 'What is there?', required: true}
    refuse:
      - {field: what, pattern: '^it is broken', because: Name the file.}
    evidence:
      - {id: listing, surface: observation, question: Which files are there now}
      - {id: space, surface: profile, question: Is there space, run: [df, -h], effects: read-only}
    needs: [listing|space]
    next: [{when: {field: what, includes: nothing}, go: decide}]
  - id: decide
    role: decide
    question: What now?
    escalate:
      - {when: {fact: class, is: tool-behavior}, to: the tool's owners, because: The tool is theirs.}
"""


def faults(text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(RunbookFaults) as caught:
        loads(data, "x.yaml")
    return [str(fault) for fault in caught.value.faults]


def changed(old: str, new: str) -> list[str]:
    assert SOUND.count(old) == 1, f"{old!r} must stand once in the sound runbook"
    return faults(SOUND.replace(old, new))


def test_a_sound_runbook_is_read_with_its_hash_and_its_defaults() -> None:
    loaded = loads(SOUND.encode(), "x.yaml")
    assert loaded.runbook.rung("look").title == "Look"
    assert [field.id for field in loaded.runbook.rung("decide").ask] == ["decision", "reason", "owner"]
    assert loaded.runbook.rung("look").evidence[1].timeout == 120
    assert loaded.text == SOUND.encode()
    assert len(loaded.sha256) == 64
    assert not loaded.shipped


def test_faults_of_shape_and_of_meaning_are_told_in_one_reading_in_the_order_of_the_file() -> None:
    text = (
        SOUND.replace('version: "1"', "version: 1")
        .replace("first: look", "first: lock")
        .replace("role: state", "rol: state")
    )
    told = faults(text)
    assert told == [
        'x.yaml:3:10: `version` is a number, where text is expected; quote it: "1"',
        "x.yaml:7:8: there is no rung called 'lock'; there is: look, decide",
        "x.yaml:12:5: unknown key `rol`; did you mean `role`? allowed: id, role, title, question, help, ask, refuse,"
        " evidence, needs, next, escalate",
    ]


def test_a_duplicate_key_names_the_line_of_the_first() -> None:
    assert changed("owner: me\n", "owner: me\nowner: you\n") == [
        "x.yaml:6:1: the key `owner` stands twice, first in line 5; keep one of them"
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("title: Small\n", "title: ' '\n", "x.yaml:4:8: `title` is empty"),
        ("title: Small\n", "", "x.yaml:1:1: `title` is missing"),
        ("id: small", "id: Not An Id", "x.yaml:2:5: `id` is 'Not An Id', which is no id"),
        ("role: state", "role: stat", "x.yaml:12:11: `role` is stat; allowed: symptom, scope"),
        ("run: [df, -h]", "run: df -h", "`run` is text, where a list is expected; a list is written [df, -h]"),
        ("run: [df, -h]", "run: [df, 5]", 'item 2 of `run` is a number, where text is expected; quote it: "5"'),
        ("run: [df, -h]", "run: []", "`run` is empty"),
        ("run: [df, -h]", "run: ['']", "the command has no name"),
        ("run: [df, -h]", "run: [df, -h], file: y", "both run and file are given; exactly one of run, file, pick"),
        ("run: [df, -h], effects: read-only", "effects: read-only", "nothing says how this evidence is captured"),
        ("run: [df, -h], effects: read-only", "shell: true, file: x", "`shell` is given without a command"),
        (", effects: read-only", "", "the command's `effects` are missing; say what the command does to the scene"),
        ("effects: read-only", "effects: none", "`effects` is none; allowed: read-only"),
        ("effects: read-only", "effects: read-only, timeout: 0", "`timeout` is 0; 1 to 3600"),
        ("effects: read-only", "effects: read-only, timeout: 60s", "a whole number is expected; write 60"),
        ("effects: read-only", "effects: read-only, timeout: 2 min", "a whole number is expected; write 120"),
        ("effects: read-only", "effects: read-only, timeout: 3601", "`timeout` is 3601; 1 to 3600"),
        ("id: space", "id: listing", "the evidence item id 'listing' is taken in line 19"),
        ("id: what,", "id: waive,", "no field can be called `waive`"),
        ("id: what,", "id: space,", "the field id 'space' is taken by an evidence item of this rung"),
        ("type: text", "type: choice", "a field of type choice has nothing to choose from"),
        ("type: text", "type: text, choices: [a]", "a field of type text has choices"),
        ("type: text", "type: many, choices: [a, a]", "the choice 'a' stands twice"),
        ("type: text", "type: choice, choices: [a], choices_from: rules", "both choices and choices_from are given"),
        ("{field: what, p", "{field: whom, p", "there is no field of this rung called 'whom'; there is: what"),
        ("'^it is broken'", "'('", "the pattern is not a regular expression"),
        ("'^it is broken'", "'(a+)+$'", "the pattern repeats a group, which can take for ever"),
        ("'^it is broken'", "'" + "a" * 301 + "'", "the pattern has 301 characters; at most 300"),
        ("[listing|space]", "[listing|spice]", "`needs` names 'spice', which this rung does not have"),
        ("go: decide", "go: decode", "there is no rung called 'decode'"),
        ("go: decide", "go: look", "the branch goes back to its own rung"),
        ("{field: what, i", "{field: why, i", "there is no field called 'why'; there is: what, decision"),
        ("fact: class", "fact: clas", "there is no fact called 'clas'"),
        ("fact: class", "fact: class, field: what", "a condition asks one thing; exactly one of field, fact"),
        ("is: tool-behavior", "is: a, not: b", "the condition has 2 operators; exactly one of is, not"),
        (", is: tool-behavior", "", "the condition has no operators"),
        ("id: decide", "id: look", "the rung id 'look' is taken in line 11"),
        ("role: state", "role: decide", "a second rung has the role decide"),
        ("owner: me", "owner: &a me", "x.yaml:5:8: the anchor &a is not read"),
        (
            "owner: me",
            "owner: !!python/name:os.system ''",
            "x.yaml:5:8: the tag tag:yaml.org,2002:python/name:os.system",
        ),
        ("owner: me", "5: me", 'x.yaml:5:1: this key is a number, where text is expected; quote it: "5"'),
        ("owner: me", "? [a, b]\n: me", "x.yaml:5:3: this key is a list, where text is expected"),
        ("owner: me", "owner: *nowhere", "x.yaml:5:8: the alias *nowhere is not read"),
        ("owner: me", 'owner: "\\e[31mred"', "x.yaml:5:8: the character U+001B is not visible text"),
        ("owner: me", "owner: me\n---\nowner: you", "a second document begins here"),
        ("owner: me", "owner: me\n\tx: y", "a tab stands where YAML wants spaces; indent with spaces"),
        (
            "owner: me",
            "owner me",
            "x.yaml:5:1: no colon with a space behind it follows this key: `owner me`; write `key: value`",
        ),
        ("owner: me", "owner:me", "x.yaml:5:1: no colon with a space behind it follows this key: `owner:me`"),
        ("owner: me", "owner: me: you", "x.yaml:5:10: a second colon with a space stands on the line of this key; put"),
        (
            "owner: me",
            "  owner: me",
            "x.yaml:5:3: `owner: me` stands deeper than the line above it, whose value is over",
        ),
        (
            "owner: me",
            "owner: [me",
            "x.yaml:5:8: the list that begins here with `[` is not closed before line 6",
        ),
        ("owner: me", "owner: {me: x", "x.yaml:5:8: the mapping that begins here with `{` is not closed before line 6"),
        ("owner: me", 'owner: "me', 'x.yaml:5:8: the quote " that begins here is never closed; close it with "'),
        (
            "owner: me",
            "owner: 'it's me'",
            "x.yaml:5:12: `s me'` stands behind a value that is over: its quote or bracket",
        ),
        ("owner: me", 'owner: "a\\d"', 'x.yaml:5:10: `\\d"` is no escape within double quotes; double the backslash'),
        ("owner: me", "owner: *.log", "x.yaml:5:8: a value cannot begin with `*`; put the value in quotes"),
        ("owner: me", "owner: @me", "x.yaml:5:8: a value cannot begin with `@`; put the value in quotes"),
        (
            "owner: me",
            "owner: - me",
            "x.yaml:5:8: a list begins on the line of its key; begin each item on a line of its own",
        ),
        (
            "owner: me",
            "owner: |me",
            "x.yaml:5:9: a text stands behind `|`, where only the line's end may; begin the text",
        ),
        ("owner: me", "owner: [a,, b]", "x.yaml:5:11: a value is missing before `, b]`; write it, or remove the comma"),
        (
            "    role: state",
            "   role: state",
            "x.yaml:12:4: `role: state` is indented like nothing above it: what is around",
        ),
        ("  - id: decide", " - id: decide", "x.yaml:23:2: this list item, `- id: decide`, belongs to no list"),
    ],
)
def test_a_fault_says_what_is_wrong_and_what_is_allowed(old: str, new: str, expected: str) -> None:
    told = changed(old, new)
    assert any(expected in fault for fault in told), told


@pytest.mark.parametrize(
    "text", ["a: b\nowner me\n", "a: [b\n", 'a: "b\n', "a: b: c\n", "a: *\n", "a: 'b' c\n", "%x\n"]
)
def test_no_parsers_words_are_told_of_a_slip_that_is_known(text: str) -> None:
    (told,) = faults(text)
    assert not any(word in told for word in ("while ", "scann", "pars", "token", "expected", "scalar", "sequence")), (
        told
    )


def test_the_parsers_words_stand_behind_ours_where_a_slip_is_not_known() -> None:
    odd = yaml.MarkedYAMLError("while knitting", None, "lost a stitch", yaml.Mark("", 0, 0, 3, None, None))
    found = slip(odd, "a: b\n")
    assert (found.line, found.column, found.wrong) == (1, 4, "this is not YAML, from `b` on")
    assert found.do == "check quotes and indentation (its parser says: while knitting lost a stitch)"


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("decide", "`next` is text, where a list is expected; [{when: {field: F, is: V}, go: RUNG}]"),
        ("[decide]", "item 1 of `next` is text, where a mapping is expected; [{when: {field: F, is: V}, go: RUNG}]"),
        (
            "[{go: decide}]",
            "`when` is missing; a condition, such as {field: F, is: V}; without one the next rung in order follows",
        ),
    ],
)
def test_how_a_branch_is_written_is_told_the_first_time(given: str, hint: str) -> None:
    assert hint in changed("[{when: {field: what, includes: nothing}, go: decide}]", given)[0]


def test_yes_no_and_dates_are_words_here() -> None:
    text = SOUND.replace("type: text", "type: choice, choices: [yes, no, on, 2026-01-31, '1']")
    assert loads(text.encode(), "x").runbook.rung("look").ask[0].choices == ("yes", "no", "on", "2026-01-31", "1")


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# only a comment\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_told_what_it_begins_with(data: bytes) -> None:
    assert faults(data) == ["x.yaml:1:1: the file is empty; it begins with `schema: incident-console/runbook/1`"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"id: x\ntitle: caf\xe9\n", "x.yaml:2:11: byte 0xe9 is not UTF-8; save the file as UTF-8"),
        (b"id: x\nti\x00tle: y\n", "x.yaml:2:3: the character U+0000 is not visible text"),
        ("id: x\n# rm \u202e -rf\n".encode(), "x.yaml:2:6: the character U+202E is not visible text"),
        (b"- a\n- b\n", "x.yaml:1:1: the file is a list, where a mapping is expected"),
        (b"just text\n", "x.yaml:1:1: the file is text, where a mapping is expected"),
    ],
)
def test_a_file_that_is_no_mapping_of_visible_text_is_told_so(data: bytes, expected: str) -> None:
    assert expected in faults(data)[0]


@pytest.mark.parametrize(
    "data",
    [
        b"x" * (1 << 20) + b"y",
        b"[" * 500_000,
        b"{a: " * 200_000,
        b"- " * 300_000,
        b"? " * 300_000,
        b"[[]," * 200_000,
        b"a: x\n" * 200_000,
        b"rungs:\n" + b"- {next: [{go: b}]}\n" * 50_000,
        b"a: &a [x,x]\nb: &b [*a,*a]\nc: [" + b"*b," * 300_000 + b"]\n",
        b"a: " + b"9" * 1_000_000,
    ],
    ids=["big", "flow", "braces", "dashes", "keys", "wide", "duplicates", "rungs", "aliases", "digits"],
)
def test_a_hostile_file_is_refused_soon_and_in_few_words(data: bytes) -> None:
    started = time.monotonic()
    told = faults(data)
    assert time.monotonic() - started < 5
    assert told
    assert all(len(line) < 400 for line in told)


def test_the_message_of_a_file_with_very_many_faults_is_bounded() -> None:
    with pytest.raises(RunbookFaults) as caught:
        loads(b"".join(b"key%d: x\n" % number for number in range(500)), "x")
    assert str(caught.value).count("\n") == 100
    assert str(caught.value).endswith("more faults; put these right first")
    assert len(caught.value.faults) > 500
    assert caught.value.exit_code == Exit.INPUT


@given(st.binary(max_size=300) | st.text(alphabet="a:-[]{}&*!|>'\"\\ \n\tx0#?,%@~", max_size=80).map(str.encode))
def test_no_bytes_bring_forth_anything_but_faults(data: bytes) -> None:
    with pytest.raises(RunbookFaults):
        loads(data, "x.yaml")


@given(st.data())
def test_a_sound_runbook_with_a_hole_is_sound_or_told_with_its_faults(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SOUND)))
    end = data.draw(st.integers(start, min(len(SOUND), start + 40)))
    try:
        loads((SOUND[:start] + SOUND[end:]).encode(), "x.yaml")
    except RunbookFaults as told:
        lines = SOUND.count("\n") + 1
        assert all(1 <= fault.line <= lines and fault.column >= 1 and fault.message for fault in told.faults)


def test_the_pure_parser_reads_and_refuses_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    monkeypatch.setattr(nodes, "_LOADER", yaml.SafeLoader)
    assert loads(SOUND.encode(), "x").runbook.id == "small"
    assert "a tab stands where YAML wants spaces" in faults("a: b\n\tc: d\n")[0]
    assert faults('a: "\\UFFFFFFFF"\n')


def test_a_directory_a_pipe_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, expected in (
        (tmp_path, "is a directory; name the YAML file itself"),
        (tmp_path / "pipe", "is not a plain file"),
        (tmp_path / "nothing.yaml", "cannot be read (No such file or directory)"),
        (Path("nul\0.yaml"), "cannot be read"),
    ):
        with pytest.raises(InputError, match=expected.replace("(", r"\(").replace(")", r"\)")):
            load(path)
