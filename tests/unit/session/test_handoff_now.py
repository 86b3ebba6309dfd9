"""What is looked up at the hand-off itself: the engine, the way back to it, and what it leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from incident_console import events
from incident_console.errors import RecordError
from incident_console.evidence import wayback
from incident_console.record import bag
from incident_console.record.store import Record
from incident_console.record.verify import verify
from incident_console.session.asofnow import as_of_now
from incident_console.session.core import Session
from incident_console.session.handoff import drafted, offer

LOG = ".snakemake/log/2026-11-22T132034.620821.snakemake.log"


@pytest.fixture
def run_log(workdir: Path) -> Path:
    log = workdir / LOG
    log.parent.mkdir(parents=True)
    log.write_text(
        "Building DAG of jobs...\nProvided cores: 2\nJob stats:\njob      count\n-----  -------\nalign  2\ntotal  2\n\n"
        "Select jobs to execute...\n[Sun Nov 22 13:20:35 2026]\nlocalrule align:\n    output: out/A.bam, out/A.bai\n"
        "    jobid: 1\n    reason: Missing output files: out/A.bam\n    wildcards: sample=A\n"
        "Removing temporary output tmp/A.sam.\n"
        "[Sun Nov 22 13:20:36 2026]\nError in rule align:\n    message: None\n    jobid: 1\n"
        "    output: out/A.bam, out/A.bai\n    shell:\n        false\n"
        "        (command exited with non-zero exit code)\n"
        "Shutting down, this might take some time.\n"
        "Exiting because a job execution failed. Look below for error messages\n"
    )
    (workdir / "out").mkdir()
    (workdir / "out/A.bam").write_text("half")
    return log


def seen(session: Session) -> None:
    session.append(events.RunSeen(log=LOG, status="running", pid=1, command="snakemake -c2"))


def test_a_run_that_goes_on_is_told_with_its_process_its_place_and_its_master_job(
    session: Session, run_log: Path
) -> None:
    seen(session)
    hold = "import sys, time; held = open(sys.argv[1], 'a'); print('held', flush=True); time.sleep(600)"
    environ = {"PATH": os.environ["PATH"], "SLURM_JOB_ID": "8123", "CONDA_DEFAULT_ENV": "my qc", "CONDA_EXE": "/c"}
    engine = subprocess.Popen(
        [sys.executable, "-c", hold, str(run_log)], env=environ, cwd=run_log.parent, stdout=subprocess.PIPE
    )
    try:
        assert engine.stdout is not None and engine.stdout.readline() == b"held\n"
        fields = as_of_now(session, {}).fields
        assert fields["engine_pid"].text == str(engine.pid)
        assert "going on at" in fields["running"].text and f"pid {engine.pid}" in fields["running"].text
        assert fields["master_job"].text == "slurm 8123"
        assert fields["environment"].text == "conda activate 'my qc'"
        assert fields["directory"].text == str(run_log.parent)
        assert f"to stop pid {engine.pid}: be its owner" in fields["permissions"].text
    finally:
        engine.kill()
        engine.wait()
        engine.stdout.close()  # type: ignore[union-attr]
    over = as_of_now(session, {}).fields
    assert "none is seen" in over["engine_pid"].text and over["master_job"].text == "none any more: the run ended"


def test_what_the_run_leaves_behind_is_to_be_quarantined_and_what_it_deleted_is_lost(
    session: Session, run_log: Path
) -> None:
    seen(session)
    fields = as_of_now(session, {}).fields
    assert fields["quarantine"].text == "out/A.bam: of a job that failed (align A)"
    assert "lost: tmp/A.sam: declared temp(), deleted by the engine" in fields["expiring"].text
    (session.workdir / "out/A.bam").unlink()
    assert fields["quarantine"].source.startswith("seen at")
    assert "none seen" in as_of_now(session, {}).fields["quarantine"].text


def test_without_its_workflow_or_any_run_nothing_is_made_up(session: Session, workdir: Path) -> None:
    fields = as_of_now(session, {}).fields
    assert not {"running", "engine_pid", "master_job", "commit", "quarantine"} & set(fields)
    workdir.rename(workdir.with_name("gone"))
    assert as_of_now(session, {}).fields == {}


def test_the_uncommitted_diff_of_now_goes_along(session: Session, workdir: Path, tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(workdir)]
    for words in (["init", "-q"], ["add", "Snakefile"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    (workdir / "Snakefile").write_text("rule changed: # password=correct-horse-battery\n")
    offered = offer(session, "ben", {}, tmp_path / "out.zip")
    (event,) = [line.event for line in Record(session.record.path).read().lines if line.kind == "handoff.offered"]
    assert isinstance(event, events.HandoffOffered) and event.reentry and event.reentry.dirty_diff_sha256
    name = f"data/evidence/{event.reentry.dirty_diff_sha256}"
    with zipfile.ZipFile(offered.path) as zipped:
        diff = zipped.read(f"{session.id}/{name}").decode()
        assert "+rule changed" in diff and "correct-horse" not in diff
        assert f"the diff is {name}, as of" in zipped.read(f"{session.id}/data/HANDOFF.md").decode()
    assert verify(offered.path, offered.head).ok


def test_an_offer_whose_bundle_could_not_be_written_is_not_recorded_twice(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bag.write

    def full(*_: object, **__: object) -> Path:
        raise RecordError("the disk is full")

    monkeypatch.setattr(bag, "write", full)
    with pytest.raises(RecordError, match="full"):
        offer(session, "ben", {"told": "the lab"}, tmp_path / "out.zip")
    monkeypatch.setattr(bag, "write", whole)
    offered = offer(session, "ben", {"told": "the lab"}, tmp_path / "out.zip")
    kinds = [line.kind for line in session.record.read().lines]
    assert kinds.count("handoff.offered") == 1 and verify(offered.path, session.head).ok
    offer(session, "ben", {"told": "the lab and the press"}, tmp_path / "two.zip")
    assert [line.kind for line in session.record.read().lines].count("handoff.offered") == 2


def test_what_is_recorded_while_the_bundle_is_written_stays_out_of_it(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bag.write

    def busy(*words: object, **named: object) -> Path:
        session.note("meanwhile")
        return whole(*words, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(bag, "write", busy)
    offered = offer(session, "ben", {}, tmp_path / "out.zip")
    verdict = verify(offered.path, offered.head)
    assert verdict.ok and verdict.events == offered.events < len(session.incident.lines)


def test_a_draft_is_quick_and_records_nothing(session: Session, run_log: Path) -> None:
    seen(session)
    before = session.head
    handoff = drafted(session, {"told": "token=ghp_notarealtokenbutlongenough1234567890"}, as_of_now(session, {}))
    assert session.head == before and "ghp_" not in handoff.told
    assert handoff.state("running") == "known" and handoff.state("to") == "silent"


# -- the way back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "lines"),
    [
        ({"VIRTUAL_ENV": "/srv/my venv"}, ("source '/srv/my venv/bin/activate'",)),
        ({"CONDA_PREFIX": "/opt/envs/qc"}, ("conda activate /opt/envs/qc",)),
        ({"CONDA_DEFAULT_ENV": "qc", "MAMBA_EXE": "/b/micromamba"}, ("micromamba activate qc",)),
        ({"LOADEDMODULES": "gcc/12:samtools/1.19"}, ("module load gcc/12 samtools/1.19",)),
        ({"LOADEDMODULES": "a;rm -rf x"}, ("module load 'a;rm -rf x'",)),
        ({}, ()),
    ],
)
def test_the_environment_is_told_as_lines_to_type(environ: dict[str, str], lines: tuple[str, ...]) -> None:
    assert wayback.activation(environ) == lines


@pytest.mark.parametrize(
    ("environ", "job"),
    [
        ({"SLURM_JOB_ID": "8"}, "slurm 8"),
        ({"PBS_JOBID": "9.head"}, "pbs 9.head"),
        ({"JOB_ID": "7", "SGE_TASK_ID": "undefined"}, "sge 7"),
        ({"JOB_ID": "7"}, None),
        ({}, None),
    ],
)
def test_the_master_job_is_the_schedulers(environ: dict[str, str], job: str | None) -> None:
    assert wayback.master_job(environ) == job


def test_a_process_that_is_gone_is_none_and_one_that_hides_says_little(tmp_path: Path) -> None:
    assert wayback.process(7, tmp_path) is None
    (tmp_path / "7").mkdir()
    assert wayback.process(7, tmp_path) == wayback.Process(7)
    (tmp_path / "7/environ").write_bytes(b"A=1=2\0NOTHING\0B=\xff\0")
    (tmp_path / "7/cmdline").write_bytes(b"snakemake\0-c2\0")
    known = wayback.process(7, tmp_path)
    assert known is not None and known.argv == ("snakemake", "-c2") and known.environ["A"] == "1=2"
    assert wayback.pane({"TMUX": "/no/socket,1,2", "TMUX_PANE": "%1"}, tmp_path, {"PATH": "/nowhere"}) is None
    place = wayback.Pane("a b", "1.0", "/s x")
    assert place.attach == "tmux -S '/s x' attach -t 'a b'"
