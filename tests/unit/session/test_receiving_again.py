"""Receiving in ordinary circumstances: a copy elsewhere, an older bundle, somebody else's hand-off, times as said."""

import shutil
import zipfile
from pathlib import Path

import pytest

from incident_console.record.due import due_at
from incident_console.record.handfields import Handoff
from incident_console.record.store import Record
from incident_console.session import recheck
from incident_console.session.asofnow import AsOfNow
from incident_console.session.core import Session
from incident_console.session.handoff import accept, doubts, drafted, not_in_bundle, offer
from incident_console.session.moments import settled
from incident_console.session.opening import resume_incident
from incident_console.session.sightings import Sightings
from incident_console.session.who import Who
from incident_console.snakemake.run import Run


@pytest.fixture
def receiver(tmp_path: Path) -> Who:
    return Who("bea", tmp_path / "elsewhere/records", tmp_path / "elsewhere/trusted.jsonl")


def run(status: str) -> Run:
    return Run("x.snakemake.log", status=status, cores=4)


def named(who: Who, name: str) -> Who:
    return Who(name, who.records, who.trust)


@pytest.fixture
def copy(session: Session, tmp_path: Path) -> Path:
    return Path(shutil.copytree(session.workdir, tmp_path / "copy"))


def test_a_receiver_may_say_later_where_his_copy_is(
    session: Session, receiver: Who, copy: Path, tmp_path: Path
) -> None:
    bundle = offer(session, "bea", {}, tmp_path / "out.zip").path
    shutil.rmtree(session.workdir)
    first = accept(bundle, receiver, "mine")
    told = accept(bundle, receiver, "mine", workdir=copy)
    assert told.recorded and told.record == first.record
    incident = Record(first.record).incident()
    assert incident.workdir == str(copy) and len(incident.accepted) == 1
    again = accept(bundle, receiver, "mine", workdir=copy)
    assert not again.recorded and "accepted this hand-off already" in again.why_not
    taken = resume_incident(receiver, first.record)
    assert recheck.reach(taken, "far-away").here
    taken.close()


def test_where_the_folder_was_moved_to_is_said_on_resuming_and_stays(session: Session, who: Who, copy: Path) -> None:
    shutil.rmtree(session.workdir)
    session.close()
    gone = resume_incident(who, session.record.path)
    assert f"incident-console resume {session.id} --workdir DIR" in recheck.reach(gone).told
    gone.close()
    resume_incident(who, session.record.path, moved=copy).close()
    found = resume_incident(who, session.record.path)
    assert found.workdir == copy and recheck.reach(found).here and not found.incident.edits
    found.close()


def test_an_older_bundle_is_said_to_be_older_and_adds_nothing(session: Session, receiver: Who, tmp_path: Path) -> None:
    older = offer(session, "bea", {}, tmp_path / "one.zip")
    session.note("meanwhile")
    accept(offer(session, "ana", {}, tmp_path / "two.zip").path, receiver, "mine")
    before = len(Record(receiver.records / session.id).read().lines)
    for name in ("bea", "ana", "zed"):
        told = accept(older.path, named(receiver, name), "mine")
        assert not told.recorded
        assert f"an older state ({older.events} events) of a record that is here with {before}" in told.why_not
    assert len(Record(receiver.records / session.id).read().lines) == before


def test_taking_what_was_handed_to_somebody_else_is_said(session: Session, receiver: Who, tmp_path: Path) -> None:
    bundle = offer(session, "Bea, or the night shift", {}, tmp_path / "out.zip").path
    assert doubts(bundle, receiver) == ()
    (to,) = doubts(bundle, named(receiver, "zed"))
    assert to == "It was handed to Bea, or the night shift, and you take it as zed."
    accept(bundle, receiver, "mine")
    assert doubts(bundle, receiver) == ()
    _, taken = doubts(bundle, named(receiver, "zed"))
    assert taken.startswith("bea accepted it at 20") and taken.endswith("and has it since.")
    assert doubts(tmp_path / "nothing.zip", receiver) == ()


def test_who_writes_on_after_handing_off_is_told_that_it_is_not_in_the_bundle(
    session: Session, receiver: Who, tmp_path: Path
) -> None:
    assert not_in_bundle(session.incident) == ""
    bundle = offer(session, "bea", {}, tmp_path / "out.zip").path
    told = not_in_bundle(session.incident)
    assert told.startswith("handed off to bea at 20") and "what you write now is not in the bundle" in told
    assert not_in_bundle(Record(accept(bundle, receiver, "mine").record).incident()) == ""


def test_a_watched_file_of_which_nothing_was_kept_is_not_compared(session: Session) -> None:
    (session.workdir / "config/new.yaml").write_text("a: 1\n")
    told = recheck.reach(session).told
    assert "1 of 1 watched files are as the sender saw them last" in told
    assert "not compared, as the sender kept none: config/new.yaml" in told and "; not: " not in told
    (session.record.blobs.folder / str(session.incident.watched_sha256)).unlink()
    lost = recheck.reach(session).told
    assert "the sender kept no state of the watched files" in lost and "as the sender saw them" not in lost


def test_a_watched_file_that_only_git_names_is_compared(session: Session, who: Who, loaded, tmp_path: Path) -> None:
    import subprocess

    from incident_console.session.opening import open_incident

    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=repo, check=True)

    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / "Makefile").write_text("all:\n")
    git("init", "-q")
    git("add", "Makefile")
    git("commit", "-qm", "one")
    opened = open_incident(who, repo, loaded, title="x")
    assert "1 of 1 watched files are as the sender saw them last." in recheck.reach(opened).told
    opened.close()


@pytest.mark.parametrize("said", ["tomorrow 06:00", "06:00", "in 20 min", "by 18:00, on Signal", "2031-01-01 06:00"])
def test_a_deadline_is_made_absolute_with_the_words_kept(session: Session, said: str, tmp_path: Path) -> None:
    handed = drafted(session, {"deadline": said}, AsOfNow())
    due = due_at(handed.deadline)
    assert due is not None and handed.deadline.endswith(f"Z (said: {said})")
    assert settled(handed.deadline, session.clock.now()) == handed.deadline
    session.describe("", "", said)
    assert due_at(session.incident.deadline)
    session.escalate("desk", "x", "y", "z", due=said)
    assert due_at(session.incident.waiting[0].event.due)


def test_one_that_is_not_understood_is_kept_as_it_was_said_and_told_so(session: Session, tmp_path: Path) -> None:
    offered = offer(session, "bea", {"deadline": "before the board meets"}, tmp_path / "out.zip")
    (told,) = offered.guessed
    assert "'before the board meets' stands as it was said" in told and "18:00 (UTC)" in told
    with zipfile.ZipFile(offered.path) as bundle:
        document = bundle.read(f"{session.id}/data/HANDOFF.md").decode()
    assert "before the board meets (as it was said: which day and zone is not known)" in document


def test_unknown_is_no_time_that_was_not_understood(session: Session, tmp_path: Path) -> None:
    offered = offer(session, "bea", {"deadline": "unknown", "reachable_until": "Unknown"}, tmp_path / "out.zip")
    assert offered.guessed == () and isinstance(drafted(session, {}, AsOfNow()), Handoff)


def test_a_record_that_was_handed_off_rests_until_somebody_writes_in_it(
    session: Session, receiver: Who, who: Who, tmp_path: Path
) -> None:
    """Else the sender's console, opened once more, would part the record from the one that comes back."""
    (session.workdir / "Snakefile").write_text("rule all:\n")
    session.look_for_edits()
    sightings = Sightings(session)
    sightings.see(run("running"))
    there = offer(session, "bea", {}, tmp_path / "out.zip")
    sightings.see(run("failed"))
    (session.workdir / "Snakefile").write_text("rule all:\n    input: []\n")
    assert session.incident.rests and session.look_for_edits() == ()
    session.close()
    accept(there.path, receiver, "mine")
    back = resume_incident(receiver, receiver.records / session.id, moved=session.workdir)
    to_ana = offer(back, "ana", {}, tmp_path / "back.zip")
    back.close()
    told = accept(to_ana.path, who, "mine again")
    assert told.how == "carried forward" and Record(told.record).incident().state == "open"


def test_what_was_seen_while_the_record_rested_is_recorded_once_somebody_goes_on_with_it(
    session: Session, tmp_path: Path
) -> None:
    sightings = Sightings(session)
    sightings.see(run("running"))
    offer(session, "bea", {}, tmp_path / "out.zip")
    (session.workdir / "Snakefile").write_text("rule all:\n    input: []\n")
    sightings.see(run("failed"))
    assert session.incident.run is not None and session.incident.run.event.status == "running"
    session.note("bea never came; I go on")
    sightings.see(run("failed"))
    assert session.incident.run.event.status == "failed" and len(session.look_for_edits()) == 1
