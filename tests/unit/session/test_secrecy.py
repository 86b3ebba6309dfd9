"""The key of a record's marks, what is said where nothing is redacted, and a runbook that holds a secret."""

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console import cli, events
from incident_console.errors import UsageError
from incident_console.evidence.redactor import Redactor
from incident_console.record.asjson import record_json
from incident_console.record.markdown import record_md
from incident_console.record.note import note_md
from incident_console.record.page import record_html
from incident_console.runbook import shelf
from incident_console.runbook.load import Loaded, loads
from incident_console.session import secrecy
from incident_console.session.core import Session
from incident_console.session.handoff import accept, offer
from incident_console.session.opening import open_incident, resume_incident
from incident_console.session.who import Who
from tests.unit.session.conftest import RUNBOOK

FLAKY = next(path for path in shelf.shipped() if path.stem == "flaky-command")


def mark(session: Session) -> str:
    event = session.note("password=hunter2").event
    assert isinstance(event, events.NoteAdded)
    return event.text


def test_equal_secrets_have_equal_marks_in_a_record_at_every_resume(session: Session, who: Who) -> None:
    first = mark(session)
    assert first == mark(session)
    session.close()
    again = resume_incident(who, session.record.path)
    assert mark(again) == first
    again.close()


def test_another_record_and_another_user_make_other_marks(
    session: Session, who: Who, workdir: Path, loaded: Loaded, tmp_path: Path
) -> None:
    other = open_incident(who, workdir, loaded, title="")
    somebody = open_incident(replace(who, trust=tmp_path / "else" / "trusted"), workdir, loaded, title="")
    assert len({mark(each) for each in (session, other, somebody)}) == 3
    other.close()
    somebody.close()


def test_the_key_is_private_and_in_no_record_and_no_bundle(session: Session, who: Who, tmp_path: Path) -> None:
    mark(session)
    key = who.trust.with_name(secrecy.KEY)
    assert key.stat().st_mode & 0o777 == 0o600 and len(key.read_bytes()) == 32
    bundle = offer(session, "ben", {}, tmp_path / "b.zip").path
    with zipfile.ZipFile(bundle) as archive:
        parts = [archive.read(name) for name in archive.namelist()]
    parts += [path.read_bytes() for path in session.record.path.rglob("*") if path.is_file()]
    own = session.redactor.key
    assert own is not None
    for secret in (key.read_bytes(), own):
        assert not any(secret in part or secret.hex().encode() in part for part in parts)
    assert own.hex() not in repr(session.redactor) and repr(own) not in repr(session.redactor)


def test_without_a_place_for_the_key_the_record_is_redacted_all_the_same(who: Who, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    odd = secrecy.redactor(tmp_path / "file" / "trusted", "INC-1")
    assert odd.data(b"password=hunter2").counts == {"password": 1} and odd.key
    key = who.trust.with_name(secrecy.KEY)
    key.write_bytes(b"short")
    assert secrecy.redactor(who.trust, "INC-1").key != secrecy.redactor(who.trust, "INC-1").key


def test_the_read_back_is_redacted_with_the_receivers_own_key(session: Session, who: Who, tmp_path: Path) -> None:
    sent = mark(session)
    bundle = offer(session, "ben", {}, tmp_path / "b.zip").path
    ben = Who("ben", tmp_path / "there", tmp_path / "ben" / "trusted", secrets=("KETTLE",))
    lines = resume_incident(ben, accept(bundle, ben, "rotate password=hunter2").record).incident.accepted
    assert lines[-1].event.readback.startswith("rotate password=[redacted password:")
    assert lines[-1].event.readback != f"rotate {sent}"


def test_values_that_the_settings_name_go(
    who: Who, workdir: Path, loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KETTLE", "of-fish-42")
    opened = open_incident(replace(who, secrets=("KETTLE",)), workdir, loaded, title="")
    note = opened.note("a kettle of-fish-42").event
    assert isinstance(note, events.NoteAdded) and note.text.startswith("a kettle [redacted env KETTLE:")
    assert note.redactions == {"env KETTLE": 1}
    opened.close()


def test_what_is_not_redacted_says_so_everywhere_until_it_is_again(who: Who, workdir: Path, loaded: Loaded) -> None:
    opened = open_incident(who, workdir, loaded, title="", no_redact="the token is the fault")
    assert mark(opened) == "password=hunter2"
    assert opened.keep(b"password=hunter2")[2] == {}
    assert "the token is the fault" in opened.incident.not_redacted
    opened.close()
    again = resume_incident(who, opened.record.path)
    assert again.incident.not_redacted == ""
    assert mark(again).startswith("password=[redacted")
    bundle = offer(again, "ben", {}).path
    incident = again.incident
    with zipfile.ZipFile(bundle) as archive:
        handed = archive.read(f"{again.id}/data/HANDOFF.md").decode()
    for document in (note_md(incident), record_md(incident, lambda _: None), handed):
        assert "⚠ not redacted from here on: the token is the fault" in document
        assert "may hold secrets" in document
    assert "may hold secrets" in record_html(incident, lambda _: None)
    notes = [line.event.text for line in incident.lines if isinstance(line.event, events.NoteAdded)]
    assert "redacted again from here on" in notes
    assert record_json(incident)
    again.close()
    resume_incident(who, opened.record.path).close()
    assert resume_incident(who, opened.record.path).incident.lines[-1].kind != "note.added"


def test_redaction_may_be_off_for_one_sitting_only(session: Session, who: Who) -> None:
    session.close()
    off = resume_incident(who, session.record.path, no_redact="to see the header")
    assert mark(off) == "password=hunter2" and off.incident.not_redacted
    off.close()


@pytest.mark.parametrize("given", ["", "  "])
def test_no_redact_needs_a_reason(given: str) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        secrecy.reason(given)
    assert secrecy.reason(None) == "" and secrecy.reason(" why ") == "why"


def test_a_runbook_with_a_secret_is_told_with_its_place_and_kept_as_it_is(who: Who, workdir: Path) -> None:
    text = RUNBOOK.replace("title: A run to look at", "title: A run, password=hunter2hunter2")
    text = text.replace("[no-such-command-anywhere]", "[mysql, -pswordfish7]")
    loaded = replace(loads(text.encode(), "r"), shipped=True)
    found = secrecy.in_runbook(loaded, Redactor())
    lines = text.splitlines()
    assert [(place.kind, lines[place.line - 1][place.column - 1 :][:5]) for place in found] == [
        ("password", "hunte"),
        ("in a command", "-pswo"),
    ]
    opened = open_incident(who, workdir, loaded, title="")
    notes = [note.text for note in opened.incident.notes.values()]
    assert [note.startswith("the runbook, line ") for note in notes] == [True, True]
    assert opened.record.runbook.read_bytes() == loaded.text
    assert "hunter2" not in opened.record.journal.read_text()
    opened.close()


def test_an_ordinary_runbook_holds_nothing(loaded: Loaded) -> None:
    assert secrecy.in_runbook(loaded, Redactor()) == ()


def test_a_named_variable_that_cannot_be_looked_for_is_told() -> None:
    told = secrecy.not_sought(("SHORT", "GONE", "FINE"), {"SHORT": "abc", "FINE": "of-fish-42"})
    assert told.endswith(": SHORT, GONE") and secrecy.not_sought(("FINE",), {"FINE": "of-fish-42"}) == ""


def test_check_warns_of_a_runbook_with_a_secret_and_finds_no_error_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(FLAKY.read_text() + "# password: hunter2hunter2\n")
    assert cli.main(["runbook", "check", str(file)]) == 0
    told = capsys.readouterr()
    line = len(file.read_text().splitlines())
    assert f"mine.yaml:{line}:13: warning: this looks like a secret (password)" in told.out
    assert "0 errors, 1 warning" in told.err
