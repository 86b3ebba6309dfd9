from incident_console import events
from incident_console.record.incident import Incident, fold
from incident_console.record.journal import Journal


def climb(tmp_path, clock, *facts: events.Event) -> Incident:
    with Journal.create(tmp_path / "r" / "journal.jsonl", session="s", by="ana@node", clock=clock) as journal:
        lines = []
        for fact in facts:
            clock.tick(1)
            lines.append(journal.append(fact))
    live = Incident()
    for line in lines:
        live.apply(line)
    again = fold(lines)
    assert vars(live) == vars(again)
    return live


def captured(item: str = "dry-run", **more) -> events.EvidenceCaptured:
    facts = {
        "item": item,
        "surface": "dry-run",
        "question": "What is planned?",
        "argv": ("snakemake", "-n"),
        "sha256": "a" * 64,
        "size": 3,
        "started_at": "t1",
        "ended_at": "t2",
    }
    return events.EvidenceCaptured(**(facts | more))


def started(item: str = "dry-run", **more) -> events.EvidenceStarted:
    return events.EvidenceStarted(**({"item": item, "surface": "dry-run", "question": "?", "started_at": "t1"} | more))


def test_the_open_rung_is_the_one_entered_last_and_not_left_since(tmp_path, clock) -> None:
    enter = lambda rung: events.RungEntered(rung=rung)  # noqa: E731
    incident = climb(tmp_path, clock, enter("a"), enter("b"))
    assert incident.open_rung == "b"
    incident = climb(tmp_path / "2", clock, enter("a"), enter("b"), events.RungCompleted(rung="b"))
    assert incident.open_rung == "a"
    left = (enter("a"), events.RungCompleted(rung="a"), events.RungWaived(rung="b", reason="no"))
    incident = climb(tmp_path / "3", clock, *left)
    assert incident.open_rung is None
    incident = climb(tmp_path / "4", clock, *left, enter("a"))
    assert incident.open_rung == "a" and incident.rungs["a"].completed_at is not None


def test_an_answer_keeps_the_ones_it_took_the_place_of(tmp_path, clock) -> None:
    say = lambda **fields: events.RungAnswered(rung="symptom", fields=fields)  # noqa: E731
    incident = climb(tmp_path, clock, say(surface="a", other=1), say(surface="b"), say(surface="c"))
    answer = incident.rungs["symptom"].answers["surface"]
    assert (answer.value, answer.seq, answer.by) == ("c", 3, "ana@node")
    assert [(old.value, old.seq) for old in answer.superseded] == [("a", 1), ("b", 2)]
    assert incident.rungs["symptom"].answers["other"].value == 1


def test_the_symptom_is_unknown_until_something_is_said(tmp_path, clock, outline) -> None:
    nothing = events.RungAnswered(rung="symptom", fields={"surface": "unknown", "comparison": " "})
    assert climb(tmp_path, clock, outline, nothing).symptom == "unknown"
    said = events.RungAnswered(rung="symptom", fields={"surface": "summary.tsv"})
    incident = climb(tmp_path / "2", clock, outline, nothing, said)
    assert incident.symptom == "surface: summary.tsv; comparison: unknown"


def test_evidence_waits_in_the_inbox_until_it_is_filed(tmp_path, clock) -> None:
    pin = events.LogPinned(path="a.log", bytes=(0, 3), sha256="a" * 64, size=3)
    attempt = events.AttemptKept(rule="align", attempt=1, complete=True, sha256="a" * 64, size=1)
    incident = climb(tmp_path, clock, pin, attempt, captured(rung="plan"))
    assert [item.seq for item in incident.inbox] == [1, 2]
    filed = events.EvidenceFiled(of=2, rung="plan")
    incident = climb(tmp_path / "2", clock, pin, attempt, filed, events.EvidenceFiled(of=99, rung="plan"))
    assert [item.seq for item in incident.inbox] == [1]
    assert incident.item(2) is not None and incident.item(2).rung == "plan"
    assert incident.item(99) is None


def test_a_command_of_which_no_end_is_recorded_is_running(tmp_path, clock) -> None:
    failed = events.EvidenceFailed(**started("b").data(), reason="timed out after 5 s", ended_at="t2")
    incident = climb(tmp_path, clock, started("a"), started("b"), failed, started("c", started_at="t9"), captured("a"))
    assert [running.event.item for running in incident.running_evidence] == ["c"]
    assert incident.captured == {"a"}
    twice = (started("a"), started("a"), captured("a", of=1))
    assert [running.seq for running in climb(tmp_path / "2", clock, *twice).running_evidence] == [2]


def test_a_corrected_note_and_a_told_result_keep_what_was_said(tmp_path, clock) -> None:
    act = events.ActionTaken(text="stop", why="noise", expected="quiet")
    result = events.ActionTaken(text="stop", why="noise", result="quiet", corrects=3)
    incident = climb(
        tmp_path,
        clock,
        events.NoteAdded(text="1st", rung="a"),
        events.NoteCorrected(corrects=1, text="2nd"),
        act,
        events.NoteCorrected(corrects=2, text="3rd", nature="inference"),
        result,
        events.NoteCorrected(corrects=77, text="of nothing"),
    )
    (note,) = incident.notes.values()
    assert (note.text, note.nature, note.rung) == ("3rd", "inference", "a")
    assert [old.text for old in note.history] == ["1st", "2nd"]
    (action,) = incident.actions.values()
    assert (action.result, action.expected, action.open, len(action.history)) == ("quiet", "quiet", False, 1)


def test_a_restarted_run_is_seen_and_the_latest_is_the_run(tmp_path, clock) -> None:
    seen = lambda log, status: events.RunSeen(log=log, status=status)  # noqa: E731
    incident = climb(tmp_path, clock, seen("1", "running"), seen("1", "failed"), seen("2", "running"))
    assert incident.run is not None and incident.run.event.log == "2" and incident.restarts == 1
    assert incident.runs["1"].event.status == "failed"


def test_the_gate_opens_when_symptom_scope_evidence_and_class_are_named(tmp_path, clock, outline) -> None:
    facts = [
        events.IncidentOpened(title="t", workdir="/w"),
        events.RungAnswered(rung="symptom", fields={"surface": "x"}),
        events.RungAnswered(rung="scope", fields={"targets": ["a"]}),
        captured(),
        events.ClassSet(class_="undetermined"),
    ]
    missing = [climb(tmp_path / str(n), clock, *facts[:n]).gate_missing for n in range(1, 6)]
    assert [len(each) for each in missing] == [4, 3, 2, 1, 0]
    assert missing[0] == ("symptom", "scope", "evidence", "class")
    # this runbook has no rung that classifies
    assert climb(tmp_path / "x", clock, outline, *facts[:4]).gate_missing == ()


def test_a_failed_capture_is_no_evidence_for_the_gate(tmp_path, clock) -> None:
    failed = events.EvidenceFailed(**started().data(), reason="could not run", ended_at="t", sha256="a" * 64)
    assert "evidence" in climb(tmp_path, clock, failed).gate_missing


def test_what_was_not_looked_at_is_said_in_sentences(tmp_path, clock, outline) -> None:
    failed = events.EvidenceFailed(**started().data(), reason="timed out after 120 s", ended_at="t")
    incident = climb(
        tmp_path,
        clock,
        outline,
        events.RungAnswered(rung="symptom", fields={"surface": "unknown"}),
        events.RungWaived(rung="scope", reason="only one target"),
        failed,
        events.AttemptKept(rule="align", attempt=2, complete=False, missing="opened too late"),
        events.DecisionMade(decision="hold the queue"),
        captured("other", truncated=12),
        started("hanging", started_at="t7"),
    )
    told = "\n".join(incident.not_looked_at())
    for sentence in (
        'Rung "Name the symptom": Which? The answer is unknown.',
        'Rung "Scope" was waived: only one target',
        'Evidence dry-run of rung "Planned work" (dry-run: What is planned, and why?) was tried and not captured:',
        'Rung "Prove" was never entered.',
        'Evidence tour of rung "Prove"',
        "align attempt 2 was not kept whole: opened too late",
        "Evidence other (event 7) was cut: 12 bytes",
        "Evidence hanging, started t7: no end is recorded.",
    ):
        assert sentence in told


def test_the_state_follows_hand_off_and_closing(tmp_path, clock) -> None:
    offer = events.HandoffOffered(to="bo", head="0" * 64)
    take = events.HandoffAccepted(readback="I see", as_="bo", head="0" * 64)
    assert climb(tmp_path, clock).state == "open"
    assert climb(tmp_path / "1", clock, offer).state == "handed off to bo"
    assert climb(tmp_path / "2", clock, offer, take).state == "open"
    assert climb(tmp_path / "3", clock, offer, take, events.IncidentClosed(outcome="repaired")).state == "closed"


def test_what_refers_to_nothing_or_is_not_known_stands_in_the_lines_alone(tmp_path, clock) -> None:
    incident = climb(
        tmp_path,
        clock,
        events.UnknownEvent(extra=events.Extra(anything=1)),
        events.EditExplained(of=(5, 5), text="x"),
        events.EscalationAnswered(of=9, text="x"),
        events.ActionTaken(text="late", why="x", corrects=40),
    )
    assert len(incident.lines) == 4 and len(incident.actions) == 1 and not incident.escalations


def test_a_long_history_costs_no_more_for_each_event_than_a_short_one(clock) -> None:
    def record(seq: int, event: events.Event) -> events.Recorded:
        return events.Recorded(seq, "t", 0.0, "s", "b", event.kind, event, "", "")

    incident = Incident()
    incident.apply(record(1, events.NoteAdded(text="first")))
    for seq in range(2, 40_000, 2):
        incident.apply(record(seq, events.RungAnswered(rung="a", fields={"x": seq})))
        incident.apply(record(seq + 1, events.NoteCorrected(corrects=1, text=str(seq))))
    assert len(incident.rungs["a"].answers["x"].superseded) == len(incident.notes[1].history) - 1


def test_the_whole_climb_of_a_record(make_record) -> None:
    incident = make_record().incident()
    assert incident.id.startswith("INC-") and incident.opened_by == "ana@node1"
    assert [item.seq for item in incident.inbox] == [12]
    (edit,) = incident.edits.values()
    assert [each.event.text for each in edit.explanations] == ["align fails on sample B"]
    (raised,) = incident.escalations.values()
    assert len(raised.answers) == 1
    assert incident.first_command is not None and incident.first_command.seq == 9


def test_the_symptoms_sentence_names_the_incident_and_stands_first(tmp_path, clock, outline) -> None:
    told = events.RungAnswered(rung="symptom", fields={"surface": "logs/B", "sentence": "align fails on B"})
    incident = climb(tmp_path, clock, events.IncidentOpened(title="a run", workdir="/w"), outline, told)
    assert incident.title == "align fails on B"
    assert incident.symptom == "align fails on B; surface: logs/B"


def test_severity_impact_deadline_and_place_can_be_told_later_and_nothing_else_of_the_opening(tmp_path, clock) -> None:
    first = events.IncidentOpened(title="a run", workdir="/w")
    later = events.IncidentOpened(
        title="x", workdir="/x", severity="2", impact="reports late", deadline="18:00", corrects=1
    )
    incident = climb(tmp_path, clock, first, later)
    assert (incident.severity, incident.impact, incident.deadline) == ("2", "reports late", "18:00")
    assert (incident.title, incident.workdir, incident.opened_at) == ("a run", "/x", incident.lines[0].at)
    assert incident.workdir_said
