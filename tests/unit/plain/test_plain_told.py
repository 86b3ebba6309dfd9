"""What is told in lines: news of the run, of the record and of the disk; the commands; lines of a log."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_console.errors import Refused
from incident_console.events import AttemptKept, EditObserved, NoteAdded
from incident_console.plain import commands, logs, news
from incident_console.session.holding import Entry, Held
from incident_console.session.picture import Picture
from incident_console.snakemake.run import Run

LOG = ".snakemake/log/2026-11-22T132744.863619.snakemake.log"
GOING = Picture(Run(LOG, "running"), "the run goes on", looked=True)
SINCE = datetime(2026, 11, 22, 14, tzinfo=UTC)


def test_a_run_that_fails_and_a_run_that_begins_are_told() -> None:
    failed = replace(GOING, run=Run(LOG, "failed"), headline="the run failed · 1 failed")
    assert list(news.of_run(GOING, failed)) == ["The run: failed. the run failed · 1 failed."]
    assert list(news.of_run(GOING, GOING)) == []
    assert list(news.of_run(GOING, replace(GOING, other_run="a/b.log"))) == ["b.log began; watch chooses it."]
    assert "A run is seen" in next(news.of_run(Picture(looked=True), GOING))
    assert list(news.of_run(Picture(), GOING)) == []


def test_an_attempt_that_was_kept_is_told_unless_it_failed_before() -> None:
    kept = AttemptKept(
        rule="align", jobid=1, attempt=2, wildcards={"s": "B"}, run_log=LOG, run=LOG, sha256="0" * 64, complete=True
    )
    now, before = "2026-11-22T14:00:01.000000Z", "2026-11-22T13:59:59.000000Z"
    assert news.of_event(kept.with_(occurred_at=now), SINCE) == "align B attempt 2 failed; its log is kept."
    assert news.of_event(kept.with_(occurred_at=before), SINCE) == ""


def test_an_edit_before_the_gate_is_open_asks_for_its_reason_and_a_note_is_no_news() -> None:
    edit = EditObserved(path="Snakefile", before_sha256=None, after_sha256="0" * 64, gate_open=False)
    assert news.of_event(edit, SINCE) == "Snakefile was edited before the gate is open; explain says why."
    assert news.of_event(NoteAdded(text="seen"), SINCE) == ""


def test_what_is_not_saved_and_saved_again_is_told() -> None:
    held = Held((Entry(NoteAdded(text="a"), "2026-11-22T14:00:00Z", 10),), because="The disk is full.")
    assert news.of_held(Held(), held).startswith("NOT SAVED. The disk is full.")
    assert news.of_held(held, Held()) == "Saved again: all is saved, 1 entry that had waited."
    assert news.of_held(held, held) == ""


def test_commands_are_found_by_name_short_form_and_beginning() -> None:
    assert [commands.find(word).name for word in ("HELP", "q", "esc", "timel")] == [
        "help",
        "quit",
        "escalate",
        "timeline",
    ]
    with pytest.raises(Refused, match="may be result, record, rescue"):
        commands.find("re")
    with pytest.raises(Refused, match="help names them all"):
        commands.find("frobnicate")


def test_it_loads_nothing_that_draws() -> None:
    code = "import sys, incident_console.plain.dialogue as d; sys.exit(bool({'textual', 'rich'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_no_two_commands_share_a_word() -> None:
    words = [word for each in commands.COMMANDS for word in (each.name, each.short) if word]
    assert len(words) == len(set(words))


@given(
    st.lists(st.binary(max_size=6).map(lambda line: line.replace(b"\n", b"")), min_size=1, max_size=12), st.booleans()
)
def test_every_line_of_a_log_is_found_by_its_number(lines: list[bytes], ended: bool) -> None:
    data = b"\n".join(lines) + (b"\n" if ended else b"")
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        starts = [0]
        for line in lines[:-1]:
            starts.append(starts[-1] + len(line) + 1)
        for number, start in enumerate(starts, 1):
            assert logs._offset(file.fileno(), len(data), number) == start
        assert logs._offset(file.fileno(), len(data), len(lines) + 2) is None


def test_the_end_of_a_long_log_keeps_its_line_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "END_BYTES", 64)
    path = tmp_path / "long.log"
    path.write_text("".join(f"line {number}\n" for number in range(1, 1001)))
    end = logs._end(path)
    assert end.lines == 1000
    assert end.numbered()[-1] == (1000, b"line 1000") and end.numbered()[0][1] == b"line %d" % end.numbered()[0][0]
