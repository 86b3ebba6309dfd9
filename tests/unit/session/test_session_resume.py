"""A console dies, or two are opened: nothing that was told as saved is lost, and the record says what was cut off."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import InputError, RecordError, Refused
from incident_console.evidence import leftover
from incident_console.record.store import Record
from incident_console.record.verify import verify_record
from incident_console.runbook import shelf, trust
from incident_console.runbook.load import Loaded, loads
from incident_console.session.capture import capture
from incident_console.session.core import Session
from incident_console.session.opening import open_incident, resume_incident
from incident_console.session.plan import Plan
from incident_console.session.who import Who, open_on

HOLDER = """
import sys, threading
from dataclasses import replace
from pathlib import Path
from incident_console.runbook.load import loads
from incident_console.session.capture import Pinned, capture, pin
from incident_console.session.opening import open_incident
from incident_console.session.who import Who
records, workdir, runbook = map(Path, sys.argv[1:])
who = Who("ana", records, records / "trust")
session = open_incident(who, workdir, replace(loads(runbook.read_bytes(), "r"), shipped=True), title="it hangs")
session.answer("symptom", {"surface": "align.log", "comparison": "unknown"})
session.enter("look")
pin(session, Pinned(workdir / "logs/a.log", 1, (1, 1), (0, 3), b"abc", "rule-log"), None)
session.record.save_drafts({"note": "half a thought"})
rung = session.runbook.rung("look")
told = threading.Event()
def progress(seen):
    if seen.stdout_bytes and not told.is_set():
        told.set()
        print(session.record.path, seen.pid, flush=True)
capture(session, rung, rung.item("endless"), progress=progress)
"""


@pytest.fixture
def killed(who: Who, workdir: Path, loaded: Loaded, tmp_path: Path) -> Record:
    """The record of a console that was killed in the middle of a command."""
    (tmp_path / "runbook.yaml").write_bytes(loaded.text)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(who.records), str(workdir), str(tmp_path / "runbook.yaml")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    folder, child = line.rsplit(" ", 1)
    with suppress(ProcessLookupError):  # the console's guard may have been quicker
        os.killpg(int(child), signal.SIGKILL)
    return Record(Path(folder))


def test_after_a_kill_everything_is_where_it_was(killed: Record, who: Who) -> None:
    session = resume_incident(who, killed.path)
    assert session.incident.open_rung == "look"
    assert [item.kind for item in session.incident.inbox] == ["log.pinned"]
    assert killed.load_drafts() == {"note": "half a thought"}
    assert session.incident.rungs["symptom"].answers["surface"].value == "align.log"
    session.close()
    assert verify_record(killed).ok


def test_whoever_goes_on_knows_what_was_cut_off(killed: Record, who: Who) -> None:
    session = resume_incident(who, killed.path)
    assert session.taken_up and session.cut_off == ("endless",)
    session.close()
    again = resume_incident(who, killed.path)
    assert again.cut_off == ()
    again.close()


def test_a_runbook_that_is_not_the_frozen_one_is_said_when_the_incident_goes_on(
    killed: Record, who: Who, tmp_path: Path
) -> None:
    session = resume_incident(who, killed.path)
    mine = tmp_path / "mine.yaml"
    mine.write_bytes(killed.frozen_runbook())
    assert Plan(who, session.workdir, said=str(mine)).set_aside(session) == ""
    assert Plan(who, session.workdir).set_aside(session) == ""
    mine.write_text(mine.read_text().replace('version: "1"', 'version: "2"'))
    told = Plan(who, session.workdir, said=str(mine)).set_aside(session)
    assert told.startswith(f"{mine} is not what this incident froze") and "\n" not in told
    mine.unlink()
    assert "goes on with its own runbook" in Plan(who, session.workdir, said=str(mine)).set_aside(session)
    session.close()


def test_a_command_that_was_running_is_marked_interrupted_once(killed: Record, who: Who) -> None:
    resume_incident(who, killed.path).close()
    resume_incident(who, killed.path).close()
    lines = killed.read().lines
    started = next(line for line in lines if line.kind == "evidence.started")
    failed = [line.event for line in lines if isinstance(line.event, events.EvidenceFailed)]
    assert len(failed) == 1
    assert (failed[0].of, failed[0].item, failed[0].rung) == (started.seq, "endless", "look")
    assert failed[0].reason.startswith("interrupted")
    assert failed[0].argv == started.event.argv  # type: ignore[attr-defined]


def test_a_command_that_outlived_its_console_is_told_with_how_to_end_it(killed: Record, who: Who) -> None:
    seq = next(line.seq for line in killed.read().lines if line.kind == "evidence.started")
    variables = {"PATH": os.environ["PATH"], leftover.NAME: leftover.mark(killed.id, seq)}
    outlived = subprocess.Popen(["sleep", "1000"], env=variables)
    try:
        session = resume_incident(who, killed.path)
        (failed,) = (line.event for line in session.incident.lines if isinstance(line.event, events.EvidenceFailed))
        assert f"it still runs on this machine, `kill {outlived.pid}` ends it" in failed.reason
        session.close()
    finally:
        outlived.kill()
        outlived.wait()


def test_a_torn_last_line_is_set_aside_and_told(session: Session, who: Who) -> None:
    session.note("whole")
    session.close()
    with session.record.journal.open("ab") as journal:
        journal.write(b'{"seq": 4, "at": "20')
    again = resume_incident(who, session.record.path)
    repaired = again.incident.repaired[-1].event
    assert (again.record.path / repaired.set_aside).read_bytes() == b'{"seq": 4, "at": "20'
    again.note("goes on")
    again.close()
    assert verify_record(session.record).ok


def test_a_second_console_is_told_who_holds_the_record(session: Session, who: Who) -> None:
    before = session.record.journal.read_bytes()
    with pytest.raises(RecordError, match=f"pid {os.getpid()}"):
        resume_incident(who, session.record.path)
    assert session.record.journal.read_bytes() == before
    session.note("still writing")


def test_a_record_that_was_altered_is_not_continued(session: Session, who: Who) -> None:
    session.note("one")
    session.close()
    text = session.record.journal.read_text()
    session.record.journal.write_text(text.replace("align is flaky", "align is robust"))
    with pytest.raises(InputError, match="line 1"):
        resume_incident(who, session.record.path)


def test_a_runbook_that_was_altered_runs_nothing(session: Session, who: Who) -> None:
    session.close()
    session.record.runbook.write_bytes(session.record.frozen_runbook().replace(b"A run to look at", b"Another"))
    with pytest.raises(InputError, match="altered"):
        resume_incident(who, session.record.path)
    session.record.runbook.unlink()
    with pytest.raises(InputError, match=r"runbook\.yaml"):
        resume_incident(who, session.record.path)


def test_a_folder_that_is_no_record_is_refused(who: Who, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a record"):
        resume_incident(who, tmp_path)
    (tmp_path / "journal.jsonl").write_text("garbage\n")
    with pytest.raises(InputError):
        resume_incident(who, tmp_path)


def test_a_shipped_runbook_is_trusted_still_after_resuming(who: Who, workdir: Path) -> None:
    session = open_incident(who, workdir, shelf.find("flaky-command"), title="")
    session.close()
    again = resume_incident(who, session.record.path)
    assert again.trusted() == "shipped"
    again.close()


def test_a_runbook_that_did_not_ship_is_trusted_by_its_content_alone(who: Who, workdir: Path, loaded: Loaded) -> None:
    session = open_incident(who, workdir, replace(loaded, shipped=False), title="")
    rung = session.runbook.rung("look")
    item = rung.item("command")
    assert item is not None
    with pytest.raises(Refused, match="runbook trust"):
        capture(session, rung, item)
    trust.give(loaded, "ben", "2026-01-01T00:00:00Z", who.trust)
    assert session.trusted() == "trusted by ben"
    capture(session, rung, item)
    session.close()
    other = loads(loaded.text.replace(b"A run to look at", b"Another"), "other")
    assert trust.trusted_by(other.sha256, who.trust) is None


def test_open_incidents_of_a_workdir_are_found_newest_first(
    session: Session, who: Who, workdir: Path, loaded: Loaded, tmp_path: Path
) -> None:
    second = open_incident(who, workdir, loaded, title="")
    ended = open_incident(who, workdir, loaded, title="")
    ended.end("done", "")
    (tmp_path / "elsewhere").mkdir()
    elsewhere = open_incident(who, tmp_path / "elsewhere", loaded, title="")
    (who.records / "INC-garbage").mkdir()
    (who.records / "INC-garbage/journal.jsonl").write_bytes(b"\xff\xfe\n")
    found = [one.path for one in open_on(workdir / "../workflow", who.records)]
    assert found == [second.record.path, session.record.path]
    for each in (second, ended, elsewhere):
        each.close()


def test_a_workdir_that_is_gone_does_not_keep_anybody_from_resuming(session: Session, who: Who) -> None:
    session.close()
    session.workdir.rename(session.workdir.with_name("moved"))
    again = resume_incident(who, session.record.path)
    again.note("it was moved")
    assert again.look_for_edits() == ()
    session.workdir.with_name("moved").rename(session.workdir)
    assert again.look_for_edits() == ()
    (session.workdir / "Snakefile").write_text("rule other:\n")
    assert [json.loads(json.dumps(line.event.data()))["path"] for line in again.look_for_edits()] == ["Snakefile"]
    again.close()


def test_a_console_that_was_left_need_not_be_read_to_be_offered_again(session, workdir, who, monkeypatch) -> None:
    session.answer("symptom", {"surface": "align.log", "comparison": "unknown"})
    session.close()
    read: list[str] = []
    real = Record.incident
    monkeypatch.setattr(Record, "incident", lambda self: read.append(self.id) or real(self))
    assert [one.path for one in open_on(workdir, who.records)] == [session.record.path]
    assert read == []
