"""A record to look at: a climb with an answer, captured and pinned evidence, a kept attempt, an edit and a decision."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from incident_console import events
from incident_console.record.journal import Journal
from incident_console.record.store import Record

RUNBOOK = b"schema: incident-console/runbook/1\nid: slow\n"
ID = "INC-20261122T134501Z-align-retries"


class StillClock:
    """Time moves only when it is told to."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 13, 45, 1, 123456, UTC)
        self.mono = 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.mono

    def tick(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.mono += seconds


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def outline() -> events.RunbookFrozen:
    return events.RunbookFrozen(
        id="slow",
        version="1",
        sha256=hashlib.sha256(RUNBOOK).hexdigest(),
        trusted="shipped",
        rungs=(
            events.RungOutline(
                id="symptom",
                role="symptom",
                title="Name the symptom",
                question="What changed?",
                prompts={"surface": "Which?"},
            ),
            events.RungOutline(id="scope", role="scope", title="Scope", question="Which targets?"),
            events.RungOutline(
                id="planned-work",
                role="plan",
                title="Planned work",
                question="What is planned?",
                evidence=(
                    events.EvidenceOutline(id="dry-run", surface="dry-run", question="What is planned, and why?"),
                ),
            ),
            events.RungOutline(
                id="prove",
                role="prove",
                title="Prove",
                question="Did it work?",
                evidence=(events.EvidenceOutline(id="tour", surface="verify-report", question="May it be trusted?"),),
            ),
        ),
    )


@pytest.fixture
def make_record(tmp_path: Path, clock: StillClock, outline: events.RunbookFrozen) -> Callable[..., Record]:
    """Climb a whole incident into `folder / ID`; every text from outside is `said`."""

    def make(folder: Path | None = None, said: str = "align fails on sample B", more: int = 0) -> Record:
        record = Record((folder or tmp_path / "records") / ID)
        record.make()
        record.freeze_runbook(RUNBOOK)
        put = record.blobs.put
        watched, _ = put(b'{"Snakefile": "aa"}')
        dirty, _ = put(b"diff --git\n")
        out, out_size = put(f"plan: {said}\n7 jobs\n".encode())
        err, err_size = put(b"Building DAG\n")
        pin, pin_size = put(f"FATAL {said}\n".encode())
        log, log_size = put(f"attempt one: {said}\n".encode() * 20)
        block, block_size = put(b"Error in rule align:\n")
        diff, diff_size = put(b"-a\n+b\n")
        facts = [
            events.IncidentOpened(
                title=said,
                workdir="/srv/wf",
                impact="the morning report is late",
                reentry=events.Reentry(host="node1", user="ana", cwd="/srv/wf", commit="abc", dirty_diff_sha256=dirty),
                watched_sha256=watched,
            ),
            outline,
            events.RunSeen(log="one.log", status="failed", pid=4120),
            events.RungEntered(rung="symptom"),
            events.RungAnswered(rung="symptom", fields={"surface": said, "comparison": "unknown"}),
            events.RungAnswered(rung="symptom", fields={"surface": f"{said}, twice"}),
            events.RungCompleted(rung="symptom"),
            events.EvidenceStarted(
                item="dry-run", surface="dry-run", question="?", argv=("snakemake", "-n"), started_at="t1"
            ),
            events.EvidenceCaptured(
                item="dry-run",
                rung="planned-work",
                surface="dry-run",
                question="What is planned?",
                argv=("snakemake", "-n", said),
                started_at="t1",
                ended_at="t2",
                sha256=out,
                size=out_size,
                stderr_sha256=err,
                stderr_size=err_size,
                exit_code=0,
                run="one.log",
            ),
            events.RunSeen(log="two.log", status="running", pid=4121, differs=("cores",)),
            events.LogPinned(
                path=f"logs/{said}.log", lines=(3, 4), bytes=(10, 20), sha256=pin, size=pin_size, run="two.log"
            ),
            events.AttemptKept(
                rule="align",
                attempt=1,
                wildcards={"sample": said},
                sha256=log,
                size=log_size,
                block_sha256=block,
                block_size=block_size,
                complete=False,
                missing=f"the log's end: {said}",
                run="two.log",
            ),
            events.EvidenceFiled(of=11, rung="planned-work"),
            events.NoteAdded(text=said),
            events.NoteCorrected(corrects=14, text=f"{said}!"),
            events.ActionTaken(text="stopped the run", why=said, expected="quiet"),
            events.ActionTaken(text="stopped the run", why=said, corrects=16, result="quiet"),
            events.EditObserved(
                path="Snakefile", diff_sha256=diff, diff_size=diff_size, gate_open=False, after_sha256="b" * 64
            ),
            events.EditExplained(of=(18,), text=said),
            events.RungWaived(rung="scope", reason=said),
            events.ClassSet(class_="tool-behavior", cost="tool", confidence="low", for_=(said,), ruled_out=said),
            events.DecisionMade(decision=said, owner="ana"),
            events.EscalationRaised(to="profile review", trigger=said),
            events.EscalationAnswered(of=23, text=said),
            *(events.NoteAdded(text=f"more {n}") for n in range(more)),
        ]
        with Journal.create(record.journal, session="s1", by="ana@node1", clock=clock) as journal:
            for fact in facts:
                clock.tick(7)
                journal.append(fact)
        return record

    return make
