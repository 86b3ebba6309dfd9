"""The list of all evidence: what stands in it, what is shown of it, and what a piece is held against."""

from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import InputError, Refused
from incident_console.events import Recorded
from incident_console.record import speaking
from incident_console.record.blobs import Blobs
from incident_console.record.incident import Incident, fold
from incident_console.runbook.load import loads
from incident_console.session import itemdiff
from incident_console.session.browsing import ALL, INBOX, NO_RUNG, Entry, Shelf, again, before
from tests.ui.scene import RUNBOOK

SHA = "ab" * 32


def journal(*said: events.Event, session: str = "a1") -> Incident:
    return fold(
        [
            Recorded(seq, f"2026-11-22T12:00:{seq:02}.000000Z", 0.0, session, "olga@one", event.kind, event, "", "")
            for seq, event in enumerate(said, 1)
        ]
    )


def captured(
    item: str = "dry", rung: str | None = "look", surface: events.Surface = "dry-run", **more: object
) -> events.Event:
    told = {"sha256": SHA, "size": 10, "exit_code": 0, "argv": ("snakemake", "-n"), "run": "log1", **more}
    return events.EvidenceCaptured(
        item=item, rung=rung, surface=surface, question="?", started_at="t", ended_at="t", **told
    )


def attempt(jobid: int, number: int, *, run: str = "log1", rule: str = "align") -> events.Event:
    return events.AttemptKept(rule=rule, jobid=jobid, attempt=number, sha256=SHA, size=3, complete=True, run=run)


def failed(reason: str) -> events.Event:
    return events.EvidenceFailed(
        item="dry", rung="look", surface="dry-run", question="?", started_at="t", ended_at="t", reason=reason
    )


STARTED = events.EvidenceStarted(item="slow", rung="look", surface="diff", question="?", started_at="t2")
EDIT = events.EditObserved(path="Snakefile", diff_sha256=SHA, diff_size=9, gate_open=False)
PIN = events.LogPinned(path="a.log", lines=(3, 7), bytes=(0, 9), sha256=SHA, size=9)
LOST = events.AttemptKept(rule="align", attempt=1, complete=False, missing="too late")
STATE = events.StateKept(sha256=SHA, size=5)


def shelf_of(incident: Incident, *, writing: bool = True) -> Shelf:
    shelf = Shelf()
    shelf.take(incident, writing=writing)
    return shelf


def test_every_kind_of_piece_stands_in_the_list_in_the_journals_order_with_its_state() -> None:
    incident = journal(
        captured(), failed("timed out: 5 s"), failed("interrupted: the console ended"), PIN, LOST, EDIT, STATE, STARTED
    )
    shelf = shelf_of(incident)
    assert [entry.state for entry in shelf.entries] == [
        "captured",
        "failed",
        "interrupted",
        "pinned",
        "lost",
        "edit",
        "state",
        "running",
    ]
    assert [entry.rung for entry in shelf.entries] == ["look", "look", "look", INBOX, INBOX, NO_RUNG, NO_RUNG, "look"]
    assert shelf.entries[3].lines == 5
    assert shelf.entries[5].told == "made before the gate was open"


def test_a_command_without_an_end_runs_only_while_its_own_sitting_writes() -> None:
    incident = journal(STARTED)
    assert shelf_of(incident, writing=False).entries[0].state == "interrupted"
    shelf = shelf_of(incident)
    assert [entry.state for entry in shelf.entries] == ["running"]
    note = events.NoteAdded(text="x")
    incident.apply(Recorded(2, "2026-11-22T13:00:00Z", 0.0, "b2", "ben@two", note.kind, note, "", ""))
    assert shelf.take(incident, writing=True)
    assert [entry.state for entry in shelf.entries] == ["interrupted"]


def test_the_list_grows_and_a_piece_that_was_laid_to_a_rung_moves() -> None:
    incident = journal(PIN)
    shelf = shelf_of(incident)
    assert not shelf.take(incident, writing=True)
    filed = events.EvidenceFiled(of=1, rung="look")
    incident.apply(Recorded(2, "t", 0.0, "a1", "olga@one", filed.kind, filed, "", ""))
    assert shelf.take(incident, writing=True)
    assert shelf.entries[0].rung == "look"


def test_surface_rung_and_text_narrow_it_together() -> None:
    shelf = shelf_of(journal(captured(), captured("sum", "decide", "summary"), PIN, EDIT))
    assert shelf.surfaces() == [ALL, "dry-run", "summary", "rule-log", "edit"]
    assert shelf.rungs(("look", "decide")) == [ALL, "look", "decide", INBOX, NO_RUNG]
    shelf.show(rung="look")
    assert [entry.name for entry in shelf.shown] == ["dry"]
    shelf.show(surface="summary")
    assert shelf.shown == []
    shelf.show(surface=ALL, rung=ALL, text="SNAKEMAKE -N")
    assert [entry.name for entry in shelf.shown] == ["dry", "sum"]


def test_a_piece_is_held_against_the_one_before_of_the_same_thing() -> None:
    entries = shelf_of(
        journal(
            captured(),
            captured("sum", surface="summary"),
            captured(),
            attempt(4, 1),
            attempt(5, 1),
            attempt(4, 2),
            attempt(9, 1, run="log2"),
            captured("prov-a", surface="provenance"),
            captured("prov-b", surface="provenance"),
            failed("timed out"),
        )
    ).entries

    def held(seq: int) -> int | None:
        found = before(entries, entries[seq - 1])
        return found.seq if found is not None else None

    assert [held(seq) for seq in (1, 2, 3, 6, 7, 9)] == [None, None, 1, 4, 6, 8]


def test_only_what_the_runbook_says_is_run_again_whatever_the_record_says_was_run() -> None:
    runbook = loads(RUNBOOK.encode(), "tiny.yaml").runbook
    (entry,) = shelf_of(journal(captured("say", "symptom", "diff", argv=("rm", "-rf", "x")))).entries
    rung, item = again(runbook, entry)
    assert (rung.id, item.run) == ("look", ("echo", "hello, it says"))
    for event in (captured("evil"), PIN, attempt(1, 1), EDIT):
        with pytest.raises(Refused):
            again(runbook, shelf_of(journal(event)).entries[0])


# -- comparing -------------------------------------------------------------------------------------------------------


def kept(blobs: Blobs, *texts: bytes, code: int = 0) -> list[Entry]:
    said = []
    for text in texts:
        sha256, size = blobs.put(text)
        said.append(captured(sha256=sha256, size=size, exit_code=code))
    return shelf_of(journal(*said)).entries


def test_what_differs_in_times_only_is_the_same_and_says_so(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "evidence")
    one, other = kept(blobs, b"[Sun Nov 22 12:00:01 2026] ok\n", b"[Sun Nov 22 12:07:09 2026] ok\n")
    found = itemdiff.compare(blobs, other, one)
    assert found.left is one and found.same
    assert found.verdict == "Nothing differs but times, durations and process numbers."
    assert found.exact.differences == (0,)
    assert itemdiff.compare(blobs, one, one).verdict == "Nothing differs: they say the same to the byte."


def test_what_differs_is_counted_and_noted_with_the_lines(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "evidence")
    one, other = kept(blobs, b"a\nalign 3\nz\n", b"a\ncount and \x1b[31mmore\nz\n")
    found = itemdiff.compare(blobs, one, other)
    assert found.verdict == "They differ in 1 place." and not found.same
    told = itemdiff.as_note(found)
    assert "dry (event 1, " in told and "- 2: align 3" in told and "+ 2: count and �[31mmore" in told


def test_another_exit_code_is_a_difference_though_the_texts_are_the_same(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "evidence")
    sha256, size = blobs.put(b"same\n")
    pair = shelf_of(
        journal(captured(sha256=sha256, size=size), captured(sha256=sha256, size=size, exit_code=1))
    ).entries
    found = itemdiff.compare(blobs, *pair)
    assert not found.same
    assert found.verdict == "It ended with exit code 0 before, and with exit code 1 now. The texts say the same."


def test_json_in_one_line_is_compared_value_by_value(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "evidence")
    pair = kept(
        blobs, b'{"b": 1, "a": {"python": "3.11", "host": "one"}}', b'{"a": {"host": "two", "python": "3.11"}, "b": 1}'
    )
    found = itemdiff.compare(blobs, *pair)
    assert found.laid.first is not None
    row = found.laid.row(found.laid.first)
    assert row.left is not None and b'"host": "one"' in found.laid.left[row.left]
    assert len(found.laid.differences) == 1
    assert found.json
    one, same, text = kept(blobs, b'{"b": 1, "a": 2}', b'{"a":2,"b":1}', b"{no json}")
    assert itemdiff.compare(blobs, one, same).verdict == "Nothing differs: they say the same, value by value."
    assert not itemdiff.compare(blobs, one, text).json


def test_a_missing_or_altered_blob_is_told_with_its_place(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "evidence")
    gone, altered, sound = kept(blobs, b"gone\n", b"altered\n", b"one\ntwo")
    (blobs.folder / gone.blobs[0][1]).unlink()
    (blobs.folder / altered.blobs[0][1]).write_bytes(b"Altered\n")
    for entry, told in ((gone, "dry is missing"), (altered, "dry was altered")):
        fault = itemdiff.look(blobs, entry).fault
        assert fault.startswith(told) and f"evidence/{entry.blobs[0][1]}" in fault
    assert itemdiff.look(blobs, sound) == itemdiff.Looked("", 2)
    with pytest.raises(InputError):
        itemdiff.compare(blobs, altered, sound)


def test_what_is_not_kept_or_too_large_is_refused_in_words(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "evidence")
    (sound,) = kept(blobs, b"x\n")
    huge, lost = shelf_of(journal(captured(size=itemdiff.COMPARED + 1), LOST)).entries
    with pytest.raises(Refused, match="are compared"):
        itemdiff.compare(blobs, sound, huge)
    with pytest.raises(Refused, match="nothing is kept"):
        itemdiff.compare(blobs, sound, lost)
    assert itemdiff.look(blobs, huge) == itemdiff.Looked("", None)


# -- for and against a class -----------------------------------------------------------------------------------------


def speaks(of: int, side: str, class_: str, why: str) -> events.Event:
    return events.NoteAdded(text=f"{of} {side} {class_}: {why}", nature="inference", of=of, speaks=side, class_=class_)


def test_the_last_word_on_a_piece_and_a_class_counts() -> None:
    incident = journal(
        captured(),
        PIN,
        speaks(1, "for", "tool-behavior", "no"),
        speaks(1, "against", "tool-behavior", "yes"),
        speaks(2, "for", "tool-behavior", "pinned"),
        speaks(2, "for", "storage-visibility", "late"),
        speaks(2, "neither", "storage-visibility", "not late"),
        speaks(99, "for", "tool-behavior", "of nothing"),
    )
    assert speaking.texts(incident, "tool-behavior") == (
        ("2 for tool-behavior: pinned",),
        ("1 against tool-behavior: yes",),
    )
    assert speaking.texts(incident, "storage-visibility") == ((), ())
    assert len(incident.notes) == 6


def test_what_was_said_since_stands_beside_the_class_and_what_was_taken_back_does_not() -> None:
    first = speaks(1, "for", "tool-behavior", "first")
    assert isinstance(first, events.NoteAdded)
    set_ = events.ClassSet(class_="tool-behavior", for_=(first.text, "a clue"))
    incident = journal(captured(), first, set_, speaks(1, "against", "tool-behavior", "after all"))
    assert speaking.case(incident, set_) == (("a clue",), ("1 against tool-behavior: after all",))
    assert speaking.named(incident, "tool-behavior") == "; against it: dry (event 1)"
    assert speaking.of_other_classes(incident) == ()


def test_a_weighing_goes_through_the_journal_as_data() -> None:
    said = speaks(1, "for", "tool-behavior", "x")
    data = said.data()
    assert (data["of"], data["speaks"], data["class"]) == (1, "for", "tool-behavior")
    assert events.parse("note.added", data) == said
