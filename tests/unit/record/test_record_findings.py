"""What a receiver must find in HANDOFF.md without opening anything else."""

import hashlib
from datetime import timedelta

import pytest

from incident_console import events
from incident_console.record import text
from incident_console.record.findings import exhibits, failures
from incident_console.record.findingstext import each_time
from incident_console.record.handoff import draft, handoff_md, offer
from incident_console.record.incident import Incident, fold
from incident_console.record.journal import Journal
from incident_console.record.markdown import record_md
from incident_console.record.note import brief, note_fields
from incident_console.record.page import record_html
from incident_console.record.timeline import sentence
from incident_console.record.verify import verify

BLOBS: dict[str, bytes] = {}


def blob(data: bytes) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    BLOBS[sha256] = data
    return sha256


def of(tmp_path, clock, *facts: events.Event, every: float = 60) -> Incident:
    with Journal.create(tmp_path / "journal.jsonl", session="s", by="ana@node", clock=clock) as journal:
        lines = []
        for fact in facts:
            clock.tick(every)
            lines.append(journal.append(fact))
    return fold(lines, "INC-1")


def attempt(sample: str, number: int, log: bytes | None, **more) -> events.AttemptKept:
    facts = {"rule": "align", "attempt": number, "wildcards": {"sample": sample}, "complete": True, "exit_code": 1}
    facts |= {"run": "one.log", "message": "(command exited with non-zero exit code)"}
    kept = {} if log is None else {"sha256": blob(log), "size": len(log)}
    return events.AttemptKept(**(facts | kept | more))


def captured(item: str, **more) -> events.EvidenceCaptured:
    facts = {"item": item, "surface": "summary", "question": "What is stale?", "started_at": "t1", "ended_at": "t2"}
    return events.EvidenceCaptured(**(facts | {"sha256": blob(item.encode()), "size": 3} | more))


def seen(status: str, log: str = "one.log", **more) -> events.RunSeen:
    return events.RunSeen(log=log, status=status, pid=4120, **more)


def handed(incident: Incident) -> str:
    return handoff_md(draft(incident, {"to": "bo"}, read_blob=BLOBS.get))


def section(document: str, title: str) -> str:
    return document.split(f"## {title}\n")[1].split("\n## ")[0]


# Failures


def test_attempts_with_the_same_last_words_are_one_cause(tmp_path, clock) -> None:
    incident = of(
        tmp_path,
        clock,
        seen("failed", "zero.log"),
        attempt("Z", 1, b"ERROR: of the earlier run\n", run="zero.log"),
        seen("failed"),
        attempt("A", 1, b"start\nERROR: A is truncated at byte 312\nbye\n"),
        attempt("B", 1, b"start\nERROR: B is truncated at byte 7\nbye\n"),
        attempt("B", 2, b"start\nERROR: B is truncated at byte 7\nbye\n"),
        attempt("C", 1, b"Killed\n", exit_code=137),
    )
    told = failures(incident, BLOBS.get)
    assert [(cause.exit_code, dict(cause.attempts)) for cause in told.causes] == [
        (1, {"sample=A": (1,), "sample=B": (1, 2)}),
        (137, {"sample=C": (1,)}),
    ]
    document = handed(incident)
    found = section(document, "Failures, by cause")
    assert "**align**, 2 jobs, 3 failed attempts, exit 1" in found and "`ERROR: B is truncated at byte 7`" in found
    assert "sample=A (attempt 1); sample=B (attempt 1, 2)" in found and "every attempt, whole" in found
    assert f"data/evidence/{blob(b'Killed' + bytes([10]))}" in found and "earlier run" not in found
    assert document.index("Symptom") < document.index("## What is running") < document.index("## Failures")


def test_an_attempt_that_was_not_kept_is_said_with_its_cause(tmp_path, clock) -> None:
    gone = attempt("A", 3, None, complete=False, missing="the log was gone already")
    incident = of(tmp_path, clock, seen("failed"), attempt("A", 2, b"x\n"), gone)
    told = section(handed(incident), "Failures, by cause")
    assert "NOT every attempt: attempt 3 of sample=A: the log was gone already; 1 earlier attempt of sample=A" in told
    assert "every attempt, whole" not in told and "(command exited with non-zero exit code)" in told


def test_without_attempts_of_the_latest_run_the_earlier_ones_are_told_as_such(tmp_path, clock) -> None:
    incident = of(tmp_path, clock, seen("failed"), attempt("A", 1, b"FATAL: x\n"), seen("running", "two.log"))
    assert "**An earlier run**, as none was kept of the latest: `one.log`" in handed(incident)
    assert "No failed attempt was kept." in handed(Incident("INC-1"))


def test_the_failures_are_told_without_blobs_too(tmp_path, clock) -> None:
    incident = of(tmp_path, clock, seen("failed"), attempt("A", 1, b"FATAL: x\n"))
    assert "non-zero exit code" in handoff_md(draft(incident, {}))


TRUNCATED = b"09:23:46 ERROR F.fastq: truncated read at line 399\n"


def test_a_job_that_fails_each_time_in_the_same_way_is_said_to(tmp_path, clock) -> None:
    words = [TRUNCATED.replace(b"46", str(46 + number).encode()) for number in range(3)]
    incident = of(tmp_path, clock, seen("failed"), *(attempt("F", n, text) for n, text in enumerate(words, 1)))
    (cause,) = failures(incident, BLOBS.get).causes
    assert (cause.alike, cause.differing, cause.numbers_differ) == (("sample=F (3 attempts)",), (), False)
    told = "each failed attempt ended in the same way, with the same last words: sample=F (3 attempts)"
    document = handed(incident)
    assert told in section(document, "Failures, by cause")
    head = document.split("## ")[0]
    short = (
        "- **What failed**: align (sample=F), 3 failed attempts, each in the same way, with the same last words: `09:"
    )
    assert short in head
    assert short in section(record_md(incident, BLOBS.get), "Incident note")
    assert told in record_html(incident, BLOBS.get)


def test_the_same_words_but_for_numbers_are_said_to_be_that(tmp_path, clock) -> None:
    logs = (b"ERROR: stopped at byte 312\n", b"ERROR: stopped at byte 7\n")
    incident = of(tmp_path, clock, seen("failed"), *(attempt("F", n, text) for n, text in enumerate(logs, 1)))
    assert "with the same last words but for numbers: sample=F (2 attempts)" in handed(incident)


def test_attempts_of_a_job_that_end_in_different_words_are_said_to_differ(tmp_path, clock) -> None:
    incident = of(tmp_path, clock, seen("failed"), attempt("F", 1, TRUNCATED), attempt("F", 2, b"FATAL: no index\n"))
    found = failures(incident, BLOBS.get)
    assert [(cause.alike, cause.differing) for cause in found.causes] == [((), ("sample=F",))] * 2
    told = section(handed(incident), "Failures, by cause")
    assert told.count("the failed attempts ended in different ways: sample=F") == 2
    head = handed(incident).split("## ")[0]
    assert "align (sample=F), 1 failed attempt, and others in a different way: `FATAL: no index`" in head
    assert "in the same way" not in told


def test_how_attempts_compare_is_not_said_where_one_left_no_words(tmp_path, clock) -> None:
    silent = attempt("F", 2, None, complete=False, missing="gone")
    for facts in (
        (attempt("F", 1, TRUNCATED),),
        (attempt("F", 1, TRUNCATED), silent),
        (attempt("F", 2, TRUNCATED), attempt("F", 3, TRUNCATED)),
    ):
        (tmp_path / "journal.jsonl").unlink(missing_ok=True)
        incident = of(tmp_path, clock, seen("failed"), *facts)
        assert not any(each_time(cause) for cause in failures(incident, BLOBS.get).causes)
        assert not any(each_time(cause) for cause in failures(incident, None).causes), "exit codes alone say nothing"


# Evidence


def test_logs_and_pins_stand_first_and_repeated_captures_are_one_line(tmp_path, clock) -> None:
    incident = of(
        tmp_path,
        clock,
        attempt("A", 1, b"x\n"),
        *(captured("summary", argv=("snakemake", "--summary"), exit_code=code) for code in (0, 0, 128)),
        captured("failing-log", surface="rule-log", path="logs/A.log"),
        events.LogPinned(path="logs/A.log", lines=(6, 6), bytes=(1, 3), sha256=blob(b"pin"), size=3),
        captured("look", surface="observation", sha256=blob(b"one")),
        captured("look", surface="observation", sha256=blob(b"two")),
    )
    assert [(each.item.seq, each.times) for each in exhibits(incident)] == [
        (5, 1),
        (6, 1),
        (4, 3),
        (7, 1),
        (8, 1),
        (1, 1),
    ]
    note = note_fields(incident).evidence_consulted
    assert note.startswith("failing-log (rule-log, event 5); logs/A.log:6 (rule-log, event 6); summary")
    assert note.count("summary (") == 1 and "(captured 3 times)" in note
    told = section(handed(incident), "Evidence")
    assert told.index("failing-log") < told.index("logs/A.log:6") < told.index("summary")
    assert f"data/evidence/{blob(b'pin')}" in told and "`snakemake --summary`" in told and "1 kept attempt:" in told
    assert "event 4) (captured 3 times): What is stale?" in told and "**exit 128: it failed**" in told


def test_what_the_operator_read_in_the_evidence_is_handed_over(tmp_path, clock, outline) -> None:
    incident = of(
        tmp_path,
        clock,
        outline,
        events.RungAnswered(rung="scope", fields={"targets": ["B", "F"], "family": "unknown"}, nature="inference"),
    )
    told = section(handed(incident), "Evidence")
    assert "- Scope: targets → B, F (I)" in told and "family" not in told


def test_a_command_that_failed_is_no_answer_in_any_document(tmp_path, clock, outline) -> None:
    failed = captured("dry-run", rung="planned-work", argv=("snakemake", "-n"), exit_code=128)
    incident = of(tmp_path, clock, outline, failed)
    for document in (handed(incident), record_md(incident, BLOBS.get), record_html(incident, BLOBS.get)):
        assert "exit 128: it failed" in document
    assert "its command failed, exit 128; it answers nothing" in " ".join(incident.not_looked_at())
    worked = captured("summary", argv=("snakemake", "--summary"), exit_code=0)
    incident = of(tmp_path / "2", clock, outline, failed, worked, captured("dry-run", argv=("a",), exit_code=0))
    assert note_fields(incident).first_confirming_command.startswith("snakemake --summary (event 3, exit 0")
    assert "answers nothing" not in " ".join(incident.not_looked_at())


# Edits, and what is so now


def edit(**more) -> events.EditObserved:
    return events.EditObserved(**({"path": "Snakefile", "gate_open": False, "diff_sha256": "d" * 64} | more))


def opened(**more) -> events.IncidentOpened:
    return events.IncidentOpened(title="x", workdir="/srv/wf", reentry=events.Reentry(commit="abc"), **more)


def test_edits_are_handed_over_with_gate_diff_and_explanation(tmp_path, clock) -> None:
    incident = of(
        tmp_path,
        clock,
        opened(),
        edit(),
        edit(path="config.yaml", gate_open=True),
        events.EditExplained(of=(3,), text="one sample taken out"),
    )
    told = section(handed(incident), "Edits of the workflow during the incident").splitlines()
    closed, explained = (line for line in told if line.startswith("- "))
    assert "`Snakefile` at 2026-11-22 13:47:01Z, the gate was **closed**" in closed and "**NOT explained**" in closed
    assert f"`data/evidence/{'d' * 64}`" in closed
    assert "the gate was open" in explained and "explained: one sample taken out" in explained


def test_a_tree_that_was_edited_does_not_read_as_clean(tmp_path, clock) -> None:
    assert draft(of(tmp_path, clock, opened()), {}).uncommitted == "none when the incident was opened"
    incident = of(tmp_path / "2", clock, opened(), edit(), edit())
    assert draft(incident, {}).uncommitted == "none when the incident was opened; edited since: Snakefile"
    later = of(tmp_path / "3", clock, opened(), offer(draft(of(tmp_path / "4", clock, opened()), {}), "0" * 64), edit())
    assert "edited since: Snakefile" in draft(later, {}).uncommitted


def test_what_was_said_in_a_hand_off_is_so_afterwards(tmp_path, clock) -> None:
    first = events.HandoffOffered(to="bo", head="0", fields={"impact": "the report is late", "severity": "high"})
    incident = of(tmp_path, clock, opened(deadline="noon"), first)
    assert (incident.impact, incident.severity, incident.deadline) == ("the report is late", "high", "noon")
    assert "Impact: the report is late (severity high)" in brief(incident, clock.now())
    assert "impact: the report is late" in record_md(incident, BLOBS.get)
    again = opened(corrects=1, impact="none", severity="low")
    incident = of(tmp_path / "2", clock, opened(), first, again)
    assert draft(incident, {}).impact == "none"
    silent = events.HandoffOffered(to="bo", head="0", fields={"impact": "unknown"})
    assert of(tmp_path / "3", clock, opened(impact="big"), silent).impact == "big"


@pytest.mark.parametrize(("status", "pid"), [("running", "4120"), ("failed", "none: the run ended")])
def test_the_pid_of_a_run_that_ended_is_not_handed_over(tmp_path, clock, status, pid) -> None:
    incident = of(tmp_path, clock, seen(status))
    drafted = draft(incident, {})
    assert drafted.engine_pid == pid
    assert ("4120" in drafted.running) is ("4120" in brief(incident, clock.now())) is (status == "running")


def test_a_symptom_told_before_the_run_failed_is_said_to_be(tmp_path, clock, outline) -> None:
    told = events.RungAnswered(rung="symptom", fields={"surface": "B.bam"})
    late = "the symptom was told at 13:48:01, before the run failed at 13:49:01"
    incident = of(tmp_path, clock, outline, seen("running"), told, seen("failed"))
    for document in (handed(incident), brief(incident, clock.now()), record_md(incident, BLOBS.get)):
        assert late in document
    assert len(brief(incident, clock.now() + timedelta(days=3)).splitlines()) <= 12
    after = of(tmp_path / "2", clock, outline, seen("failed"), told)
    ended = of(tmp_path / "3", clock, outline, told, seen("failed", ended_at="2026-11-22T13:00:00.000000Z"))
    works = of(tmp_path / "4", clock, outline, told, seen("succeeded"))
    for incident in (after, ended, works):
        assert "the symptom was told at" not in handed(incident)


# Wording


def said(event: events.Event) -> str:
    return sentence(events.Recorded(1, "t", 0.0, "s", "b", event.kind, event, "", ""))


def test_the_timeline_does_not_stutter() -> None:
    assert "; because lock; expecting" in said(events.ActionTaken(text="stop", why="because lock"))
    assert "; because lock; expecting" in said(events.ActionTaken(text="stop", why="lock"))
    assert "to bo because Lock;" not in said(events.EscalationRaised(to="bo", trigger="Because lock"))
    pin = events.LogPinned(path="a.log", lines=(6, 6), bytes=(0, 3), sha256="a" * 64, size=3)
    assert said(pin) == "pinned a.log line 6"
    assert text.excerpt(b"l\n" * 13).endswith("\n… 1 more line")


@pytest.mark.parametrize("content", [b"", b"PK", b"# Hand-off\n" * 100])
def test_a_file_that_is_no_zip_is_said_to_be_none(tmp_path, content) -> None:
    (tmp_path / "notes.zip").write_bytes(content)
    assert "notes.zip is not a zip file" in (verify(tmp_path / "notes.zip").fault or "")


def test_how_the_run_went_on_is_told_with_what_failed(tmp_path, clock, outline) -> None:
    ended = seen("failed").with_(failures=("count failed 3 times for F, for good", "align failed for B, recovered"))
    told = handed(of(tmp_path, clock, outline, attempt("F", 1, b"cut short\n", rule="count"), ended))
    assert "- **How it went on**: count failed 3 times for F, for good; align failed for B, recovered" in told
    assert "(sample=F, attempt 1)" in told.partition("- read: ")[2].partition("\n")[0], "of which attempt the log is"
    assert "How it went on: count failed 3 times for F, for good; align" in told.partition("## Failures")[2]


def test_a_class_that_is_given_field_by_field_is_told_once(tmp_path, clock, outline) -> None:
    def of_class(name: str, **more: str) -> events.ClassSet:
        return events.ClassSet(class_=name, **more)

    grown = (of_class("tool-behavior"), of_class("tool-behavior", cost="tool", confidence="high"))
    decided = (events.DecisionMade(decision="local repair"), events.DecisionMade(decision="local repair", reason="F"))
    document = record_md(of(tmp_path, clock, outline, *grown, *decided), BLOBS.get)
    part = document.partition("## Class and decision")[2].partition("##")[0]
    assert part.count("class **tool-behavior**") == 1 and "before, event" not in part
    assert part.count("local repair") == 1 and "reason: F" in part
    other = record_md(of(tmp_path / "2", clock, outline, *grown, of_class("storage-visibility")), BLOBS.get)
    assert "before, event 3" in other and "class **storage-visibility**" in other, "a change of mind is told"
