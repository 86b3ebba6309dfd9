import json
import tempfile
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from incident_console import events
from incident_console.errors import InputError
from incident_console.record import text
from incident_console.record.handoff import FIELDS, PROMPTS, draft, handoff_md, offer
from incident_console.record.incident import Incident
from incident_console.record.journal import Journal
from incident_console.record.render import brief, note_fields, note_md, record_html, record_json, record_md
from incident_console.record.store import Record
from incident_console.record.timeline import Order, sentence, timeline

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOSTILE = (
    "# H1\n\n```\n~~~\n<script>alert(1)</script><img src=x onerror=y> | a \\| b \\\\| c\n---\n\x1b[31mred\x1b]0;t\x07 "
    "\u202etxt\u2066 [a](javascript:1) ![i](http://e/x.png) &amp; &#60; <http://e> ** __ `` ` \r\n- li\n1. one\n> q\n\n"
    "    code\n</pre></details></main>\" ' =\n==="
)


@pytest.fixture
def incident(make_record) -> Incident:
    return make_record().incident()


@pytest.fixture
def record(make_record) -> Record:
    return make_record()


def test_the_note_has_its_six_fields_in_order_and_the_head(incident) -> None:
    note = note_md(incident)
    names = [line.split("**")[1] for line in note.splitlines() if line.startswith("- **")]
    assert names == [
        "Symptom",
        "Affected scope",
        "First confirming command",
        "Evidence consulted",
        "Current class",
        "Next action",
    ]
    last = note.rstrip().splitlines()[-1]
    assert last == f"head {incident.head} after {len(incident.lines)} events, as of 2026-11-22 13:47:49Z"
    assert "snakemake -n 'align fails on sample B' (event 9, exit 0" in note
    assert "tool-behavior (cost tool, confidence low); ruled out: align fails on sample B" in note
    assert "next narrower measurement: unknown" in note


def test_a_note_of_nothing_says_unknown_and_not_yet_named() -> None:
    note = note_fields(Incident("INC-1"))
    assert (note.symptom, note.affected_scope) == ("unknown", "unknown")
    assert note.first_confirming_command == note.evidence_consulted == "not yet named"
    assert note.current_class == "not yet named; ruled out: unknown"
    assert note.next_action == "not yet named; next narrower measurement: not yet named"
    for document in (
        note_md(Incident()),
        record_md(Incident(), lambda _: None),
        record_html(Incident(), lambda _: None),
    ):
        assert "unknown" in document
    assert record_json(Incident())["events"] == 0


def test_the_brief_fits_a_chat(incident, clock) -> None:
    told = brief(incident, clock.now() + timedelta(hours=2))
    lines = told.splitlines()
    assert len(lines) <= 12 and all(len(line) <= 280 for line in lines)
    assert "Impact: the morning report is late" in told
    assert "(+2h02m): run running, pid 4121" in told
    assert "Hypothesis: tool-behavior" in told and "Unknown: scope, severity, deadline" in told


def test_the_brief_stays_short_whatever_was_said(make_record, clock) -> None:
    told = brief(make_record(said=HOSTILE * 50).incident(), clock.now())
    assert len(told.splitlines()) <= 12 and max(map(len, told.splitlines())) <= 280
    assert "\x1b" not in told and "\u202e" not in told


def test_the_record_tells_facts_inferences_and_decisions_apart(record) -> None:
    told = record_md(record.incident(), record.blobs.peek)
    rows = [line for line in told.splitlines() if line.startswith("| 2") or line.startswith("| 9 ")]
    letters = {row.split("|")[1].strip(): row.split("|")[4].strip() for row in rows if row.count("|") == 7}
    assert letters["9"] == "F" and letters["21"] == "I" and letters["22"] == "D" and letters["2"] == ""


def test_the_record_holds_what_a_reader_looks_for(record) -> None:
    incident = record.incident()
    told = record_md(incident, record.blobs.peek)
    for part in (
        "+0m14s",  # since opening
        "**earlier run** `one.log`",
        "latest run; differs: cores",
        "FATAL align fails on sample B",  # the pinned excerpt
        "… 8 more lines",  # of the kept attempt
        "Error in rule align:",
        "before, event 5: align fails on sample B",  # the superseded answer
        "before, event 14: align fails on sample B",  # the corrected note
        "| quiet (2026-11-22 13:47:00Z) | ana@node1 |",
        "the gate was closed",
        "waived: align fails on sample B",
        "escalated to profile review",
        'Evidence tour of rung "Prove"',
    ):
        assert part in told, part
    for item in incident.evidence:
        assert item.event.sha256 in told


def test_a_blob_that_is_gone_is_said_to_be(record) -> None:
    assert "is not here" in record_md(record.incident(), lambda _: None)


def test_a_broken_journal_is_said_in_every_document(record, clock) -> None:
    lines = record.journal.read_bytes().splitlines(keepends=True)
    record.journal.write_bytes(b"".join([*lines[:5], *lines[6:]]))
    incident = record.incident()
    for document in (
        note_md(incident),
        record_md(incident, record.blobs.peek),
        record_html(incident, record.blobs.peek),
        brief(incident, clock.now()),
    ):
        assert "The journal is broken at line 6" in document
    assert record_json(incident)["fault"].startswith("line 6")


def test_the_json_is_json_and_names_its_events(record) -> None:
    told = json.loads(json.dumps(record_json(record.incident())))
    assert told["schema"] == "incident-console/record/1"
    assert [item["seq"] for item in told["evidence"]] == [9, 11, 12]
    assert [item["earlier_run"] for item in told["evidence"]] == [True, False, False]
    assert told["timeline"][0] == {
        "seq": 1,
        "at": "2026-11-22T13:45:08.123456Z",
        "elapsed": "+0m00s",
        "by": "ana@node1",
        "letter": "",
        "kind": "incident.opened",
        "text": "incident opened on /srv/wf: align fails on sample B",
    }
    assert len(told["timeline"]) == told["events"] == 24


def test_every_kind_of_event_has_its_sentence() -> None:
    samples = {"Literal": "dry-run", "tuple": (1, 2), "dict": {"a": 1}, "bool": True, "int": 3, "str": "said"}
    for kind, model in events.KINDS.items():
        required = {field.name: str(field.type) for field in msgspec.structs.fields(model) if field.required}
        said = {name: next(v for word, v in samples.items() if word in shown) for name, shown in required.items()}
        line = events.Recorded(1, "t", 0.0, "s", "b", kind, model(**said), "", "")
        assert "not known" not in sentence(line), kind
    unknown = events.Recorded(1, "t", 0.0, "s", "b", "new.kind", events.UnknownEvent(), "", "")
    assert sentence(unknown) == "new.kind (not known to this console)"


def recorded(seq: int, at: str, event: events.Event) -> events.Recorded:
    return events.Recorded(seq, f"2026-11-23T14:{at}Z", 0.0, "s", "ana@node1", event.kind, event, "", "")


def test_the_result_of_an_action_that_is_told_later_reads_as_a_result() -> None:
    done = events.ActionTaken(text="started snakemake -c2", why="a run", result="exit 1, after 4m44s", corrects=3)
    assert sentence(recorded(9, "40:26.5", done)) == (
        'result of "started snakemake -c2": exit 1, after 4m44s (puts event 3 right)'
    )
    by = msgspec.structs.replace(done, by_whom="ben")
    assert sentence(recorded(9, "40:26.5", by)).startswith('result of "started snakemake -c2" by ben: exit 1')
    long = msgspec.structs.replace(done, text="started " + "x" * 200)
    assert len(sentence(recorded(9, "40:26.5", long))) < 140
    still = msgspec.structs.replace(done, result="unknown")
    assert sentence(recorded(9, "40:26.5", still)).startswith("action: started snakemake -c2; because a run")


def test_time_since_opening_is_what_the_times_that_stand_beside_it_say() -> None:
    opened = datetime(2026, 11, 23, 14, 45, 27, 100_000, tzinfo=UTC)
    later = {0.8: "+0m00s", 23.6: "+0m23s", -0.05: "+0m00s", -2.1: "-0m02s", -1.6: "-0m02s", 3599.95: "+1h00m"}
    for seconds, told in later.items():
        assert text.elapsed(opened, opened + timedelta(seconds=seconds)) == told, seconds


def test_what_happened_before_the_event_above_it_says_when_it_was_recorded() -> None:
    incident = Incident("INC-1")
    note = events.NoteAdded(text="a note")
    late = events.ActionTaken(text="stopped it", why="it was wrong", occurred_at="2026-11-23T14:45:25Z")
    for seq, (at, event) in enumerate((("45:27.2", note), ("45:28.9", late), ("45:29.1", note)), 1):
        incident.apply(recorded(seq, at, event))
    incident.opened_at = "2026-11-23T14:45:27.2Z"
    told = [(each.elapsed, each.text) for each in timeline(incident)]
    assert told[0] == ("+0m00s", "note: a note")
    assert told[1][0] == "-0m02s"
    assert told[1][1].endswith("(happened before the event above it; recorded 14:45:28Z)")
    assert told[2] == ("+0m02s", "note: a note")
    assert "happened before the event above it; recorded 14:45:28Z" in record_md(incident, lambda _: None)


def test_an_event_that_took_time_to_be_recorded_says_nothing_of_it_where_the_order_holds() -> None:
    order = Order()
    edit = events.EditObserved(path="a", gate_open=False, occurred_at="2026-11-23T14:00:01.9Z")
    other = msgspec.structs.replace(edit, occurred_at="2026-11-23T14:00:01.1Z")
    assert not order.early(recorded(1, "00:00.5", events.NoteAdded(text="a")))
    assert not order.early(recorded(2, "00:05.0", edit))
    assert not order.early(recorded(3, "00:05.1", other)), "they stand there with the same second"
    note = events.NoteAdded(text="after the clock was set back")
    assert not order.early(recorded(4, "00:09", note))
    assert not order.early(recorded(5, "00:01", note)), "the clock was set back: that is told where it happened"
    broken = msgspec.structs.replace(edit, occurred_at="yesterday")
    assert not order.early(recorded(6, "00:02", broken))


# What comes from outside stays text


def blocks(markdown: str) -> list[str]:
    """The structure of a document; raises when text became markup."""
    found = []
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown):
        assert token.type != "html_block"
        for child in token.children or ():
            assert child.type in ("text", "code_inline", "strong_open", "strong_close", "text_special"), child
        found.append(token.type)
    return found


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))

    def handle_endtag(self, tag) -> None:
        self.found.append((f"/{tag}", ()))


def tags(html: str) -> list[tuple[str, tuple[str, ...]]]:
    parser = Tags()
    parser.feed(html)
    parser.close()
    return parser.found


def documents(make_record, said: str) -> tuple[list[list[str]], list, str]:
    with tempfile.TemporaryDirectory() as folder:
        record = make_record(Path(folder), said=said)
        incident, peek = record.incident(), record.blobs.peek
        marked = [
            note_md(incident),
            record_md(incident, peek),
            handoff_md(draft(incident, dict.fromkeys(FIELDS, said), read_blob=peek)),
        ]
        page = record_html(incident, peek)
        return [blocks(each) for each in marked], tags(page), "".join([*marked, page, brief(incident, NOW)])


@given(
    st.text(st.sampled_from(list("ab1`*_[]()<>|#~&\\!-+=.:/\n\t \x1b\x00\r\u202e\u2028é\"'")), min_size=1, max_size=30)
)
@example(HOSTILE)
@example("a\\\\|b")
@example("```\n\n# out")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_from_outside_becomes_markup(make_record, said) -> None:
    said = f"x{said}x"
    plain = "\n".join("plain" if text.one_line(line) else "" for line in said.split("\n"))
    plain_blocks, plain_tags, _ = documents(make_record, plain)
    hostile_blocks, hostile_tags, raw = documents(make_record, said)
    assert hostile_blocks == plain_blocks
    assert hostile_tags == plain_tags
    assert not any(sign in raw for sign in ("\x1b", "\x00", "\u202e", "\r"))


@pytest.mark.parametrize(
    "start", ["# x", "- x", "+ x", "1. x", "12) x", "> x", "* x", "=== x", "    x", "```", "~~~", "<b>", "---"]
)
def test_text_that_begins_like_a_block_stays_text(start) -> None:
    assert blocks(f"- {text.prose(start)}") == blocks("- plain")
    assert blocks(text.table(["a", "b"], [[text.prose(start), text.code(start)]])) == blocks(
        text.table(["a", "b"], [["x", "`x`"]])
    )


def test_ordinary_text_stays_readable() -> None:
    said = "out/sum_mary.tsv: 7 jobs (4 x code changed), 12 % & rising; rule align-b #5"
    assert text.prose(said) == said


def test_control_characters_are_shown() -> None:
    assert text.visible("a\x1b[1mb\x07\x9b\u202e\u200b\tc\r\nd\re") == "a␛[1mb␇\\x9b\\u202e\\u200b\tc\nd␍e"


def test_an_excerpt_is_short_and_says_how_much_is_left() -> None:
    assert text.excerpt(b"a\nb\n") == "a\nb"
    assert text.excerpt(b"x" * 10_000).endswith("…") and len(text.excerpt(b"x" * 10_000)) == 300
    assert text.excerpt(b"l\n" * 100).endswith("l\n… 88 more lines")
    assert text.excerpt(b"\xff\xfe") == "\\xff\\xfe"


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "+0m00s"), (125, "+2m05s"), (7380, "+2h03m"), (270_000, "+3d03h"), (-61, "-1m01s")]
)
def test_elapsed_time(clock, seconds, told) -> None:
    assert text.elapsed(clock.now(), clock.now() + timedelta(seconds=seconds)) == told
    assert text.elapsed(None, clock.now()) == ""


# The hand-off


def test_a_hand_off_is_drafted_from_the_record(incident) -> None:
    drafted = draft(incident, {})
    assert drafted.impact == "the morning report is late"
    assert (drafted.host, drafted.user, drafted.directory, drafted.engine_pid) == ("node1", "ana", "/srv/wf", "4121")
    assert "two.log: running when it was last seen" in drafted.running
    assert drafted.uncommitted.startswith("the diff is data/evidence/")
    assert drafted.recheck == "cd /srv/wf\nsnakemake -n 'align fails on sample B'"
    assert drafted.open_actions == "align fails on sample B: owner ana; state: decided; due unknown"
    assert drafted.expiring.startswith("lost: align")
    assert drafted.exit_criteria == '"May it be trusted?" is answered well (evidence tour)'
    assert set(drafted.missing) == {
        "to",
        "severity",
        "deadline",
        "may_stop",
        "do_not_touch",
        "command",
        "environment",
        "tmux",
        "master_job",
        "permissions",
        "contingencies",
        "quarantine",
        "consumers",
        "told",
        "reachable_until",
    }


def test_what_the_sender_says_goes_over_the_draft(incident) -> None:
    drafted = draft(incident, {"to": "bo", "impact": "none yet", "told": "the lab", "command": " "})
    assert (drafted.to, drafted.impact, drafted.told, drafted.command) == ("bo", "none yet", "the lab", "unknown")
    assert "told" not in drafted.missing
    with pytest.raises(InputError, match="no field 'tolled'"):
        draft(incident, {"tolled": "x"})


def test_a_hand_off_read_alone_has_every_field_and_says_how_to_check_it(record, clock) -> None:
    event = offer(draft(record.incident(), {"to": "bo", "contingencies": "if it stalls, hold the queue"}), "0" * 64)
    with Journal.open(record.journal, session="s2", by="ana@node1", clock=clock) as journal:
        journal.append(event)
    incident = record.incident()
    drafted = draft(incident, {})
    told = handoff_md(drafted)
    assert drafted.to == "bo" and drafted.contingencies == "if it stalls, hold the queue"
    for prompt in (prompt for name, prompt in PROMPTS.items() if name not in ("to", "summary")):
        assert prompt in told
    for part in (
        "sha256sum -c manifest-sha256.txt",
        incident.head,
        "Read back:",
        "stopped the run",
        'Rung "Scope" was waived',
    ):
        assert part in told
    assert "**Nobody said:** Severity, Deadline" in told
    assert event.missing == drafted.missing and "contingencies" in event.fields


def test_every_field_has_its_name_for_people() -> None:
    assert tuple(PROMPTS) == FIELDS
