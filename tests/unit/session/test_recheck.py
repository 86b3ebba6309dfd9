"""What changed since the hand-off: whether the workflow is here, then and now, and the same evidence again."""

import shutil
from pathlib import Path

import pytest

from incident_console.errors import InputError
from incident_console.events import RunSeen
from incident_console.session import recheck
from incident_console.session.capture import capture
from incident_console.session.core import Session
from incident_console.session.handoff import accept, offer
from incident_console.session.opening import resume_incident
from incident_console.session.who import Who


def handed(session: Session, tmp_path: Path, workdir: Path | None = None) -> Session:
    """Handed off, and taken over by ben."""
    bundle = offer(session, "ben", {}, tmp_path / "out.zip").path
    session.close()
    receiver = Who("ben", tmp_path / "ben/records", session_trust(tmp_path))
    return resume_incident(receiver, accept(bundle, receiver, "mine", workdir=workdir).record)


def session_trust(tmp_path: Path) -> Path:
    return tmp_path / "ben/trusted.jsonl"


def test_on_the_same_host_the_folder_is_the_workflow_and_what_differs_is_named(session: Session) -> None:
    found = recheck.reach(session)
    assert found.here and "1 of 1 watched files are as the sender saw them last" in found.told
    (session.workdir / "Snakefile").write_text("rule other:\n")
    found = recheck.reach(session)
    assert found.here and "0 of 1" in found.told and "not: Snakefile" in found.told


def test_elsewhere_it_is_told_by_its_files_and_where_it_is_not_it_is_said_plainly(session: Session) -> None:
    assert "Another machine than the sender's" in recheck.reach(session, "far-away").told
    (session.workdir / "Snakefile").write_text("somebody else's\n")
    other = recheck.reach(session, "far-away")
    assert not other.here and "it is not that workflow" in other.told and "--workdir" in other.told
    shutil.rmtree(session.workdir)
    gone = recheck.reach(session, "far-away")
    assert not gone.here and "far-away has no folder" in gone.told and "--workdir" in gone.told


def test_the_receivers_word_for_where_it_is_is_taken(session: Session, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(session.workdir, copy)
    (copy / "Snakefile").write_text("rule all: # mine\n")
    taken = handed(session, tmp_path, copy)
    assert recheck.reach(taken, "far-away").here
    taken.close()


def test_another_workflow_at_the_same_path_is_no_edit(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (session.workdir / "config/a.yaml").write_text("a: 1\n")
    session.look_for_edits()
    before = len(session.incident.edits)
    (session.workdir / "Snakefile").write_text("not the same workflow\n")
    (session.workdir / "config/a.yaml").unlink()
    monkeypatch.setattr("incident_console.session.recheck.socket.gethostname", lambda: "far-away")
    monkeypatch.setattr(session, "look_for_edits", tuple)
    taken = handed(session, tmp_path)
    assert len(taken.incident.edits) == before
    taken.close()


def test_the_run_then_and_now(session: Session, tmp_path: Path) -> None:
    assert recheck.since(session, None) == ()
    figures = {"planned": 4, "finished": 2, "failed": 1}
    session.append(RunSeen(log=".snakemake/log/a.snakemake.log", status="running", figures=figures))
    taken = handed(session, tmp_path)
    run, files, failures = recheck.since(taken, None)
    assert run.then == "running 2/4, 1 failed" and run.now == "no run is here to be seen" and run.differs
    assert not files.differs and not failures.differs
    (taken.workdir / "Snakefile").write_text("rule all: # repaired\n")
    taken.look_for_edits()
    assert recheck.since(taken, None)[1].now == "1 edited since: Snakefile"
    taken.close()


def test_the_same_evidence_again_says_the_same_or_shows_what_differs(session: Session, tmp_path: Path) -> None:
    rung = session.runbook.rung("look")
    by_id = {item.id: item for item in rung.evidence}
    (session.workdir / "config/a.yaml").write_text("cores: 2\nlatency: 5\n")
    capture(session, rung, by_id["file"])
    capture(session, rung, by_id["seen"], text="it is slow")
    taken = handed(session, tmp_path)
    (pair,) = recheck.again(taken)
    assert pair.item.id == "file" and pair.same is None
    with pytest.raises(InputError, match="not captured again"):
        recheck.diff(taken, pair)
    capture(taken, rung, by_id["file"])
    (pair,) = recheck.again(taken)
    assert pair.same and b"the same now as then" in recheck.diff(taken, pair)
    (taken.workdir / "config/a.yaml").write_text("cores: 8\nlatency: 5\n")
    capture(taken, rung, by_id["file"])
    (pair,) = recheck.again(taken)
    told = recheck.diff(taken, pair).decode()
    assert pair.same is False and "-cores: 2" in told and "+cores: 8" in told and " latency: 5" in told
    taken.close()


def test_the_receivers_own_store_decides_what_may_run(session: Session, tmp_path: Path) -> None:
    taken = handed(session, tmp_path)
    assert taken.trusted() is None
    taken.close()
