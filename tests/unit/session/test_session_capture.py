"""Evidence: whatever a command does, the record says that it was tried and what came of it."""

import json
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import RecordError, Refused
from incident_console.evidence import command as commands
from incident_console.session.capture import Pinned, capture, pin
from incident_console.session.core import Session

Kinds = Callable[[], list[str]]


def take(session: Session, id: str, **how: object) -> events.EvidenceCaptured | events.EvidenceFailed:
    rung = session.runbook.rung("look")
    item = rung.item(id)
    assert item is not None
    event = capture(session, rung, item, **how).event  # type: ignore[arg-type]
    assert isinstance(event, events.EvidenceCaptured | events.EvidenceFailed)
    return event


def captured(session: Session, id: str, **how: object) -> events.EvidenceCaptured:
    event = take(session, id, **how)
    assert isinstance(event, events.EvidenceCaptured)
    return event


def failed(session: Session, id: str, **how: object) -> events.EvidenceFailed:
    event = take(session, id, **how)
    assert isinstance(event, events.EvidenceFailed)
    return event


def test_a_command_is_kept_with_all_that_custody_asks(session: Session, kinds: Kinds) -> None:
    session.run = "one.log"
    event = captured(session, "command")
    assert session.record.blobs.get(event.sha256) == b"planned\n"
    assert (event.size, event.exit_code, event.truncated, event.cwd, event.run) == (8, 0, 0, ".", "one.log")
    assert event.argv is not None and event.argv[-1] == "print('planned')"
    assert event.host and "PATH" in event.env and event.started_at <= event.ended_at
    assert kinds()[2:] == ["evidence.started", "evidence.captured"]
    assert event.of == 3 and session.incident.running_evidence == ()


def test_a_command_that_is_not_there_is_told_as_such(session: Session) -> None:
    event = failed(session, "missing")
    assert event.reason.startswith("could not run: there is no command no-such-command-anywhere")
    assert event.of is not None and session.incident.running_evidence == ()


def test_a_command_that_takes_too_long_is_ended(session: Session) -> None:
    assert failed(session, "slow").reason.startswith("timed out: 1 s passed")


def test_a_cancelled_command_keeps_what_it_had_printed(session: Session) -> None:
    cancel = threading.Event()

    def progress(seen: commands.Progress) -> None:
        if seen.stdout_bytes:
            cancel.set()

    event = failed(session, "endless", cancel=cancel, progress=progress)
    assert event.reason.startswith("cancelled")
    assert event.sha256 is not None and session.record.blobs.get(event.sha256) == b"begun\n"


def test_a_command_that_a_signal_ended_says_so_in_its_exit_code(session: Session) -> None:
    assert captured(session, "killed").exit_code == 137


def test_output_that_is_no_text_is_kept_byte_for_byte(session: Session) -> None:
    assert session.record.blobs.get(captured(session, "odd").sha256) == b"\xff\n"


def test_a_gigabyte_of_output_is_cut_and_the_cut_is_told(session: Session) -> None:
    event = captured(session, "huge")
    assert event.size < 100 << 20
    assert event.truncated > 900 << 20
    assert b"left out" in session.record.blobs.get(event.sha256)


def test_a_failure_tells_what_was_cut_and_redacted_too(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: object, **_: object) -> commands.Outcome:
        out = b"password=hunter2hunter2\n"
        return commands.Outcome("timed out", "1 s passed", out, b"", 7, 0, None, None, "t1", "t2", 1.0)

    monkeypatch.setattr(commands, "run", run)
    failed(session, "command")
    data = json.loads(session.record.journal.read_bytes().splitlines()[-1])["data"]
    assert data["truncated"] == 7 and data["redactions"] == {"password": 1}


def test_effects_are_asked_for_before_anything_is_recorded(session: Session, kinds: Kinds) -> None:
    with pytest.raises(Refused, match="allow writes"):
        take(session, "writer")
    with pytest.raises(Refused, match="allow writes"):
        take(session, "writer", allow=("deletes",))
    assert len(kinds()) == 2
    assert captured(session, "writer", allow=("writes",)).effects == "writes"


def test_a_line_pinned_out_of_a_private_key_is_redacted_by_what_surrounds_it(session: Session) -> None:
    lines = [
        b"start",
        b"-----BEGIN PRIVATE KEY-----",
        b"MIIEowIBAAKCplantedplantedplanted",
        b"QUJD",
        b"-----END PRIVATE KEY-----",
    ]
    lines += [b"MIIEowIBAAKCthisisnokeybutlooksso"]
    log = session.workdir / "key.log"
    log.write_bytes(b"\n".join(lines) + b"\n")

    def pinned(first: int, last: int) -> bytes:
        start = sum(len(line) + 1 for line in lines[:first])
        data = b"\n".join(lines[first : last + 1])
        event = pin(session, Pinned(log, 1, (first + 1, last + 1), (start, start + len(data)), data), None).event
        assert isinstance(event, events.LogPinned)
        return session.record.blobs.get(event.sha256)

    assert re.fullmatch(rb"\[redacted private-key:[0-9a-f]{8}\]", pinned(2, 2))
    assert re.fullmatch(rb"\[redacted private-key:[0-9a-f]{8}\]", pinned(3, 3))
    assert re.fullmatch(rb"start\n\[redacted private-key:[0-9a-f]{8}\]", pinned(0, 2))
    assert pinned(5, 5) == lines[5]
    pinned_after = Pinned(log, 1, (1, 1), (0, 5), b"other text than stands there now")
    event = pin(session, pinned_after, None).event
    assert isinstance(event, events.LogPinned) and session.record.blobs.get(event.sha256) == pinned_after.data


def test_secrets_are_redacted_before_anything_is_hashed(session: Session) -> None:
    event = captured(session, "secret")
    assert event.redactions
    rung = session.runbook.rung("look")
    item = rung.item("seen")
    assert item is not None
    capture(session, rung, item, text="password=hunter2-said")
    pin(session, Pinned(session.workdir / "a.log", None, None, (0, 9), b"password=hunter2-said\n"), None)
    for path in session.record.path.rglob("*"):
        if path.is_file() and path != session.record.runbook:
            assert b"hunter2-said" not in path.read_bytes(), path


def test_a_change_is_laid_to_the_command_only_when_no_run_is_live(session: Session) -> None:
    alone = captured(session, "touches").scene
    assert alone is not None and (alone.changed, alone.attributed) == (("Snakefile",), True)
    session.run_is_live = True
    beside = captured(session, "touches").scene
    assert beside is not None and (beside.changed, beside.attributed) == (("Snakefile",), False)
    nothing = captured(session, "command").scene
    assert nothing is not None and (nothing.changed, nothing.attributed) == ((), False)


def test_the_newest_file_of_a_glob_is_taken(session: Session) -> None:
    assert "no file matches" in failed(session, "file").reason
    (session.workdir / "config/deep").mkdir()
    for age, name in enumerate(("deep/new.yaml", "old.yaml")):
        path = session.workdir / "config" / name
        path.write_text(f"{name}\n")
        os.utime(path, (1e9 - age, 1e9 - age))
    event = captured(session, "file")
    assert event.path == "config/deep/new.yaml" and event.inode
    assert session.record.blobs.get(event.sha256) == b"deep/new.yaml\n"


def test_a_file_that_cannot_be_read_is_told(session: Session) -> None:
    os.mkfifo(session.workdir / "config/pipe.yaml")
    assert "could not be captured" in failed(session, "file").reason


def test_an_observation_needs_words(session: Session, kinds: Kinds) -> None:
    with pytest.raises(Refused, match="Say what you saw"):
        take(session, "seen", text=" ")
    assert len(kinds()) == 2
    event = captured(session, "seen", text=" the list holds md5 files ")
    assert session.record.blobs.get(event.sha256) == b"the list holds md5 files\n"


def test_a_pin_needs_lines_and_a_rung_that_exists(session: Session, kinds: Kinds) -> None:
    path = session.workdir / "logs/a.log"
    with pytest.raises(Refused, match="no line"):
        pin(session, Pinned(path, 1, (1, 1), (0, 0), b""), None)
    with pytest.raises(Refused, match="no rung"):
        pin(session, Pinned(path, 1, (1, 1), (0, 3), b"abc"), "nowhere")
    assert len(kinds()) == 2
    event = pin(session, Pinned(path, 1, (3, 4), (5, 8), b"abc"), "look").event
    assert isinstance(event, events.LogPinned)
    assert (event.path, event.lines, event.bytes, event.size) == ("logs/a.log", (3, 4), (5, 8), 3)


def test_evidence_that_cannot_be_kept_is_no_evidence(session: Session, kinds: Kinds) -> None:
    session.record.blobs.folder.rename(session.record.path / "away")
    session.record.blobs.folder.symlink_to(session.record.path / "away")
    with pytest.raises(RecordError):
        take(session, "command")
    assert "evidence.captured" not in kinds()


def test_a_workdir_that_vanished_is_told_by_every_kind_of_evidence(session: Session, tmp_path: Path) -> None:
    session.workdir.rename(tmp_path / "moved")
    assert "is not there" in failed(session, "command").reason
    assert failed(session, "file").reason and failed(session, "log").reason
