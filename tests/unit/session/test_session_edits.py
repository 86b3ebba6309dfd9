"""The edit gate: an edit is never blocked, always told, and asked about when the note does not name enough yet."""

import subprocess
from pathlib import Path

import pytest

from incident_console import events, gate
from incident_console.errors import RecordError
from incident_console.record.incident import Incident
from incident_console.runbook.load import Loaded
from incident_console.session.capture import capture
from incident_console.session.core import Session, unexplained
from incident_console.session.opening import open_incident, resume_incident
from incident_console.session.who import Who
from tests.needs import needs


def name_everything(session: Session) -> None:
    session.answer("symptom", {"surface": "align.log", "comparison": "unknown"})
    session.answer("scope", {"targets": "B"})
    rung = session.runbook.rung("look")
    item = rung.item("seen")
    assert item is not None
    capture(session, rung, item, text="it is slow")
    session.answer("classify", {"class": "undetermined"})


def edits(incident: Incident) -> list[tuple[str, bool]]:
    return [(edit.event.path, edit.event.gate_open) for edit in incident.edits.values()]


def diff(session: Session, seq: int) -> str:
    sha256 = session.incident.edits[seq].event.diff_sha256
    assert sha256 is not None
    return session.record.blobs.get(sha256).decode()


def test_an_edit_before_the_note_is_complete_is_recorded_and_asked_about(session: Session) -> None:
    assert session.gate_missing() == ("symptom", "scope", "evidence", "class")
    (session.workdir / "Snakefile").write_text("rule all:\n    threads: 8\n")
    (session.workdir / "config/new.yaml").write_text("password: hunter2hunter2\n")
    recorded = session.look_for_edits()
    assert edits(session.incident) == [("Snakefile", False), ("config/new.yaml", False)]
    assert "+    threads: 8" in diff(session, recorded[0].seq)
    assert "hunter2" not in diff(session, recorded[1].seq)
    assert session.look_for_edits() == ()
    assert unexplained(session.incident) == (recorded[0].seq, recorded[1].seq)
    session.explain_edits("it was on fire")
    assert unexplained(session.incident) == ()


def test_an_edit_after_all_four_are_named_waits_for_no_explanation(session: Session) -> None:
    name_everything(session)
    assert session.gate_missing() == ()
    (session.workdir / "Snakefile").unlink()
    session.look_for_edits()
    assert edits(session.incident) == [("Snakefile", True)]
    assert unexplained(session.incident) == ()


def test_a_touch_or_a_file_written_back_is_no_edit(session: Session) -> None:
    snakefile = session.workdir / "Snakefile"
    text = snakefile.read_bytes()
    snakefile.touch()
    assert session.look_for_edits() == ()
    snakefile.write_bytes(text + b"#\n")
    snakefile.write_bytes(text)
    assert session.look_for_edits() == ()


@needs("git")
def test_a_tracked_file_is_told_with_the_diff_of_git(who: Who, workdir: Path, loaded: Loaded) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=workdir, check=True, capture_output=True)

    git("init", "--quiet")
    git("add", "Snakefile")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "one")
    (workdir / "Snakefile").write_text("rule all: # dirty\n")
    session = open_incident(who, workdir, loaded, title="")
    dirty = session.incident.reentry.dirty_diff_sha256
    assert session.incident.reentry.commit and dirty
    assert b"+rule all: # dirty" in session.record.blobs.get(dirty)
    (workdir / "Snakefile").write_text("rule everything:\n")
    recorded = session.look_for_edits()
    assert diff(session, recorded[0].seq).startswith("diff --git a/Snakefile")
    session.close()


def test_edits_made_while_no_console_was_open_are_found_at_resume(session: Session, who: Who) -> None:
    (session.workdir / "Snakefile").write_text("rule one:\n")
    session.look_for_edits()
    session.close()
    (session.workdir / "Snakefile").write_text("rule two:\n")
    (session.workdir / "config/a.yaml").write_text("x: 1\n")
    again = resume_incident(who, session.record.path)
    assert edits(again.incident) == [("Snakefile", False), ("Snakefile", False), ("config/a.yaml", False)]
    again.close()
    resume_incident(who, session.record.path).close()
    assert len(session.record.incident().edits) == 3


def git(workdir: Path, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *words], cwd=workdir, check=True, capture_output=True)


def test_a_checkout_and_a_formatter_are_told_as_such_also_while_no_console_was_open(
    who: Who, workdir: Path, loaded: Loaded
) -> None:
    needs("git")
    (workdir / "align.py").write_text("print(1)\n")
    git(workdir, "init", "-q")
    git(workdir, "add", ".")
    git(workdir, "commit", "-qm", "one")
    session = open_incident(who, workdir, loaded, title="")
    first = session.incident.reentry.commit or ""
    opened = session.incident.lines[-1].at
    session.close()
    git(workdir, "checkout", "-qb", "other")
    (workdir / "align.py").write_text("print(2)\n")
    git(workdir, "commit", "-qam", "two")
    snakefile = (workdir / "Snakefile").read_text()
    (workdir / "Snakefile").write_text(snakefile + "\n# why is it slow?\n")
    again = resume_incident(who, session.record.path)
    by_path = {edit.event.path: edit.event for edit in again.incident.edits.values()}
    assert (by_path["Snakefile"].change, by_path["align.py"].change) == ("layout", "commit")
    assert by_path["align.py"].commits[0] == first != by_path["align.py"].commits[1]
    assert by_path["align.py"].unchanged_at == opened
    assert "+print(2)" in diff(again, max(again.incident.edits))
    waiting = unexplained(again.incident)
    assert [again.incident.edits[seq].event.path for seq in waiting] == ["align.py"], "a comment needs no reason"
    again.write_documents()
    told = (again.record.path / "record.md").read_text()
    assert f"by git, {first[:10]} to " in told and "layout or comments only" in told
    again.close()
    third = resume_incident(who, session.record.path)
    assert len(third.incident.edits) == 2, "what was told once is not told again"
    third.close()


def test_a_file_that_is_only_looked_at_again_at_resume_is_no_edit(session: Session, who: Who) -> None:
    session.close()
    again = resume_incident(who, session.record.path)
    assert again.incident.edits == {}
    assert all(seen.size >= 0 for seen in again.edits.baseline.files.values()), "it would be read again at every look"
    again.close()


def test_an_edit_that_could_not_be_recorded_is_recorded_later(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Snakefile", "config/a.yaml"):
        (session.workdir / name).write_text("changed\n")

    def full(event: events.Event) -> events.Recorded:
        raise RecordError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(session, "append", full)
        with pytest.raises(RecordError):
            session.look_for_edits()
    session.look_for_edits()
    assert [path for path, _ in edits(session.incident)] == ["Snakefile", "config/a.yaml"]


def test_the_gate_looks_at_files_without_holding_up_the_writer(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Thread

    (session.workdir / "Snakefile").write_text("changed\n")
    real, noted = gate.diff, []

    def slow(*arguments: object) -> bytes:
        other = Thread(target=lambda: noted.append(session.note("meanwhile")))
        other.start()
        other.join(10)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(gate, "diff", slow)
    session.look_for_edits()
    assert len(noted) == 1


@pytest.mark.parametrize("outside", ["../secret.txt", "config/../../secret.txt", "{whole}", "a\0b"])
def test_a_record_that_names_a_file_outside_the_workflow_has_nothing_of_it_read(
    session: Session, who: Who, outside: str
) -> None:
    secret = session.workdir.parent / "secret.txt"
    secret.write_text("nobody's business\n")
    path = outside.format(whole=secret)
    session.append(events.EditObserved(path=path, before_sha256="1" * 64, after_sha256="2" * 64, gate_open=True))
    session.close()
    resumed = resume_incident(who, session.record.path)
    try:
        assert len(resumed.incident.edits) == 1
        assert path not in resumed.edits.baseline.files
    finally:
        resumed.close()


def test_a_commit_that_a_record_names_is_never_an_option_of_git(workdir: Path, tmp_path: Path) -> None:
    (workdir / "Snakefile").write_text("rule all:\n")
    for words in (("init", "-q"), ("add", "."), ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")):
        subprocess.run(["git", *words], cwd=workdir, check=True)
    assert gate.committed(workdir, "--name-only") == gate.Repository()
    assert gate.committed(workdir, "HEAD:--output=x") == gate.Repository()
