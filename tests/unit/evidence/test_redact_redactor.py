"""What passes through a sitting's redactor: bytes, words, and every text of an event."""

import base64
import html
import json
import shlex
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_console import events
from incident_console.evidence.named import named
from incident_console.evidence.redact import redact, without_prints
from incident_console.evidence.redactor import Redactor

VALUE = "p@ss 'w\"ord/äö+9"


def redactor(**environ: str) -> Redactor:
    return Redactor(b"k" * 32, named(tuple(environ), environ)[0])


@pytest.mark.parametrize(
    "written",
    [
        VALUE,
        quote(VALUE, safe=""),
        quote(VALUE),
        quote_plus(VALUE),
        quote(VALUE, safe="")
        .replace("%2F", "%2f")
        .replace("%2B", "%2b")
        .replace("%C3", "%c3")
        .replace("%A4", "%a4")
        .replace("%B6", "%b6"),
        json.dumps(VALUE)[1:-1],
        json.dumps(VALUE, ensure_ascii=False)[1:-1],
        html.escape(VALUE),
        shlex.quote(VALUE)[1:-1],
        base64.b64encode(VALUE.encode()).decode(),
    ],
)
def test_the_value_of_a_named_variable_goes_in_every_form(written: str) -> None:
    got = redactor(DB_PASSWORD=VALUE).data(f"x {written} y".encode())
    assert got.counts == {"env DB_PASSWORD": 1}
    assert without_prints(got.data) in (b"x [redacted env DB_PASSWORD] y", b"x [redacted env DB_PASSWORD]= y")


@pytest.mark.parametrize("before", ["", "a", "ab", "bob:"])
@pytest.mark.parametrize("after", ["", "z", "zz"])
def test_it_goes_in_the_base64_of_a_text_that_holds_it(before: str, after: str) -> None:
    text = base64.b64encode(f"{before}{VALUE}{after}".encode())
    got = redactor(DB_PASSWORD=VALUE).data(b"see " + text + b" there")
    assert got.counts == {"env DB_PASSWORD": 1}
    assert len(got.data.replace(b"[redacted env DB_PASSWORD:", b"")) < len(text)


def test_all_forms_of_a_value_have_one_fingerprint() -> None:
    text = f"{VALUE} {quote(VALUE, safe='')} password='{VALUE}'".encode()
    marks = [word for word in redactor(X=VALUE).data(text).data.decode().split("]") if "redacted" in word]
    assert len({mark.rpartition(":")[2] for mark in marks}) == 1


def test_what_is_too_short_or_a_common_word_is_not_sought_and_told() -> None:
    environ = {"A": "abc", "B": "localhost", "C": "aaaaaaaa", "D": "kettle-of-fish"}
    found, left_out = named(("A", "B", "C", "D", "NOT_SET", "D"), environ)
    assert [each.name for each in found] == ["D"]
    assert left_out == ("A", "B", "C", "NOT_SET")
    assert "kettle" not in repr(found)


@given(st.lists(st.sampled_from([VALUE, "password=", quote(VALUE), " ", "\n", "x", "[redacted ", "]"])))
def test_redacting_twice_changes_nothing_more(pieces: list[str]) -> None:
    with_it = redactor(X=VALUE)
    once = with_it.data("".join(pieces).encode())
    assert with_it.data(once.data).data == once.data


def test_every_text_of_an_event_is_redacted_and_counted() -> None:
    secret = "password=hunter2"
    opened = events.IncidentOpened(
        title=secret,
        workdir="/home/token=abc1",
        impact=VALUE,
        reentry=events.Reentry(command=f"curl -u bob:{VALUE} x", env="x", commit="0" * 40),
    )
    got = redactor(DB=VALUE).event(opened)
    assert got.redactions == {"password": 1, "env DB": 2}
    assert "hunter2" not in got.title and VALUE not in f"{got.impact} {got.reentry.command}"
    assert (got.workdir, got.reentry.commit, got.schema_) == (opened.workdir, "0" * 40, opened.schema_)
    again = redactor(DB=VALUE).event(got)
    assert again == got


def test_answers_are_redacted_in_lists_and_by_the_name_of_their_field() -> None:
    fields = {"lines": ["token=abc1", "x"], "number": 4, "db_password": "hunter2", "password": "unknown-to-all"}
    got = Redactor().event(events.RungAnswered(rung="r", fields=fields))
    assert got.fields == {
        "lines": ["token=[redacted token]", "x"],
        "number": 4,
        "db_password": "[redacted password]",
        "password": "[redacted password]",
    }
    assert got.redactions == {"token": 1, "password": 2}
    assert Redactor().event(got) == got


def test_what_the_blobs_held_is_counted_with_the_words_of_the_command() -> None:
    captured = events.EvidenceCaptured(
        item="x",
        surface="summary",
        question="?",
        argv=("mysql", "-ubob", "-phunter2", "--token", "abc1"),
        started_at="2026-11-22T00:00:00.000000Z",
        ended_at="2026-11-22T00:00:01.000000Z",
        sha256="0" * 64,
        size=1,
        redactions={"password": 2},
    )
    got = Redactor().event(captured)
    assert got.argv == ("mysql", "-ubob", "-p[redacted password]", "--token", "[redacted token]")
    assert got.redactions == {"password": 3, "token": 1}


@pytest.mark.parametrize(
    ("argv", "at"),
    [
        (("curl", "-u", "bob:hunter2", "https://x"), 2),
        (("sudo", "/usr/bin/sshpass", "-p", "hunter2", "ssh", "x"), 3),
        (("redis-cli", "-a", "hunter2"), 2),
        (("openssl", "enc", "-pass", "pass:hunter2"), 3),
    ],
)
def test_secrets_behind_the_short_options_of_tools(argv: tuple[str, ...], at: int) -> None:
    got = Redactor().argv(argv)
    assert got[at].endswith("[redacted password]") and "hunter2" not in " ".join(got)
    assert (*got[:at], *got[at + 1 :]) == (*argv[:at], *argv[at + 1 :])


def test_an_ordinary_event_comes_out_as_it_is() -> None:
    seen = events.RunSeen(log="a.log", status="failed", command="snakemake -c2 -p results/token_B.bam", differs=("x",))
    assert Redactor(b"k").event(seen) is seen


def test_switched_off_nothing_is_replaced() -> None:
    off = Redactor(b"k", off=True)
    note = events.NoteAdded(text="password=hunter2")
    assert off.data(b"password=hunter2").data == b"password=hunter2"
    assert off.event(note) is note and off.argv(("mysql", "-px1")) == ("mysql", "-px1")


def test_text_that_is_no_utf8_is_told_and_redacted() -> None:
    assert Redactor().text("a\udcff password=hunter2") == "a\\xff password=[redacted password]"


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=60), max_size=4))
def test_no_answers_break_it(fields: dict[str, str]) -> None:
    got = Redactor().event(events.RungAnswered(rung="r", fields=fields))
    assert got.fields.keys() == fields.keys()


def test_marks_are_compared_without_the_fingerprints_of_two_keys() -> None:
    text = b"password=hunter2 token=abc1 x"
    left, right = (without_prints(redact(text, key).data) for key in (b"a", b"b"))
    assert left == right == redact(text).data
