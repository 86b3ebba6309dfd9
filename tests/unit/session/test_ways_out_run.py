"""A command of the user's own gets its files, exactly its words, and an end; what came of it stands in the record."""

import os
import stat
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import InputError
from incident_console.session import waysout
from incident_console.session.core import Session
from incident_console.session.ways import Way


@pytest.fixture(autouse=True)
def own_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def way(*run: str, timeout_s: int = 30) -> Way:
    return Way("issue", run, "An issue", timeout_s)


def python(text: str, *words: str, timeout_s: int = 30) -> Way:
    return way(sys.executable, "-c", text, *words, timeout_s=timeout_s)


def send(session: Session, declared: Way, to: str = "the owners", **more: object) -> waysout.Done:
    prepared = waysout.prepare(session, declared, session.incident)
    return waysout.send(session, prepared, to, dict(os.environ), cancel=threading.Event(), **more)  # type: ignore[arg-type]


def test_the_words_are_the_users_and_each_file_is_private_and_gone_afterwards(session: Session, own_tmp: Path) -> None:
    declared = python(
        "import sys; print(open(sys.argv[1]).read()[:20], sys.argv[2:])", "{note}", "{id}; $(id) {", "{x}"
    )
    prepared = waysout.prepare(session, declared, session.incident)
    (note,) = prepared.files
    assert stat.S_IMODE(note.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(prepared.folder.stat().st_mode) == 0o700
    assert note.first.startswith("# Incident note:") and note.size == note.path.stat().st_size
    assert prepared.argv == (*declared.run[:3], str(note.path), f"{session.id}; $(id) {{", "{x}")
    done = waysout.send(session, prepared, "kim", dict(os.environ), cancel=threading.Event())
    assert done.well and "# Incident note" in done.result and "$(id)" in done.result
    assert list(own_tmp.iterdir()) == []


@pytest.mark.parametrize("name", ["note", "brief", "record", "html", "handoff"])
def test_every_document_can_be_sent(session: Session, name: str) -> None:
    prepared = waysout.prepare(session, way("true", f"{{{name}}}"), session.incident)
    assert prepared.files[0].size > 0 and prepared.files[0].first
    prepared.forget()
    assert not prepared.folder.exists()


def test_a_bundle_is_sent_only_once_there_is_one(session: Session, own_tmp: Path) -> None:
    with pytest.raises(InputError, match="no hand-off bundle of this incident"):
        waysout.prepare(session, way("true", "{note}", "{bundle}"), session.incident)
    assert list(own_tmp.iterdir()) == []
    beside = session.record.path.parent.parent
    for name, data, at in ((".zip", b"old", 1), ("-2.zip", b"new", 2)):
        (beside / f"{session.id}{name}").write_bytes(data)
        os.utime(beside / f"{session.id}{name}", (at, at))
    prepared = waysout.prepare(session, way("true", "{bundle}"), session.incident)
    assert prepared.files[0].path.read_bytes() == b"new" and prepared.files[0].path.parent == prepared.folder
    prepared.forget()


def test_it_stands_in_the_record_before_it_runs_and_its_end_after(session: Session) -> None:
    seen: list[str] = []
    session.listen(lambda line: seen.append(line.kind))
    done = send(session, python("print('made #12')", "{brief}"), "the owners")
    assert done.well and seen == ["action.taken", "action.taken"]
    (action,) = session.incident.actions.values()
    assert action.sent_to == "the owners" and action.text.startswith("sent brief to the owners by the command issue: ")
    assert "exit code 0" in action.result and "it said: made #12" in action.result and not action.open


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        (way("no-such-program-anywhere", "{note}"), "could not run: there is no command no-such-program-anywhere"),
        (python("import sys; print('no rights', file=sys.stderr); sys.exit(3)"), "exit code 3.*on stderr: no rights"),
        (
            python("import time; print('begun', flush=True); time.sleep(60)", timeout_s=1),
            "timed out: 1 s passed.*begun",
        ),
        (python("import os; os.kill(os.getpid(), 9)"), "ended by SIGKILL"),
        (way("true", "a\ud800b"), "could not run"),
    ],
)
def test_what_goes_wrong_is_told_and_recorded(session: Session, own_tmp: Path, declared: Way, told: str) -> None:
    import re

    done = send(session, declared)
    (action,) = session.incident.actions.values()
    assert not done.well and re.search(told, action.result) and list(own_tmp.iterdir()) == []


def test_huge_output_with_escapes_and_secrets_is_cut_shown_and_redacted(session: Session) -> None:
    text = "import os; os.write(1, b'\\x1b[31mpassword=hunter2hunter2\\n'); os.write(1, b'x' * 9_000_000)"
    done = send(session, python(text))
    assert done.well and len(done.result) < 3 * waysout.TOLD_LIMIT and "\x1b" not in done.result
    assert (
        "hunter2" not in done.result
        and "[redacted password" in done.result
        and "bytes more were not kept" in done.result
    )


def test_a_cancelled_command_is_ended_and_says_so(session: Session) -> None:
    cancel = threading.Event()
    prepared = waysout.prepare(session, python("import time; time.sleep(60)"), session.incident)
    done = waysout.send(session, prepared, "", dict(os.environ), cancel=cancel, progress=lambda _: cancel.set())
    assert not done.well and "cancelled" in done.result
    (action,) = session.incident.actions.values()
    assert action.sent_to == "unknown"


def test_a_secret_in_the_words_reaches_the_command_and_not_the_record(session: Session) -> None:
    done = send(session, python("import sys; print(len(sys.argv[-1]))", "--token", "hunter2hunter2"))
    assert "it said: 14" in done.result
    assert all("hunter2" not in str(line.event) for line in session.incident.lines)


def test_a_title_cannot_become_a_placeholder_or_more_than_one_line(session: Session) -> None:
    session.append(events.RungAnswered(rung="symptom", fields={"sentence": "{note}\nrm -rf \x1b[31m"}))
    prepared = waysout.prepare(session, way("true", "{title}"), session.incident)
    assert prepared.argv == ("true", "{note} ↵ rm -rf ␛[31m") and prepared.files == ()
    prepared.forget()
