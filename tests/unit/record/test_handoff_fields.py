"""What stands in the fields of a hand-off: said, known, unknown or silent, and what the record knows by itself."""

from incident_console import events
from incident_console.record.handdraft import draft
from incident_console.record.handfields import ALL, FIELDS, PERSONAL, Known
from incident_console.record.handknown import is_scratch, lines
from incident_console.record.handoff import handoff_md, offer
from incident_console.record.incident import Incident, fold
from incident_console.record.journal import Journal


def of(folder, clock, *facts: events.Event) -> Incident:
    with Journal.create(folder / "journal.jsonl", session="s", by="ana@node", clock=clock) as journal:
        recorded = []
        for fact in facts:
            clock.tick(60)
            recorded.append(journal.append(fact))
    return fold(recorded, "INC-1")


def opened(**more) -> events.IncidentOpened:
    return events.IncidentOpened(**({"title": "x", "workdir": "/srv/wf"} | more))


def captured(item: str, **more) -> events.EvidenceCaptured:
    facts = {"item": item, "surface": "summary", "question": "?", "started_at": "t", "ended_at": "t", "exit_code": 0}
    return events.EvidenceCaptured(**(facts | {"sha256": "a" * 64, "size": 3, "rung": "look"} | more))


def test_nobody_said_and_the_sender_does_not_know_are_two_things(tmp_path, clock) -> None:
    drafted = draft(of(tmp_path, clock, opened()), {"told": " Unknown ", "impact": "late", "deadline": " "})
    states = {name: drafted.state(name) for name in ("told", "impact", "deadline", "directory", "severity")}
    assert states == {
        "told": "unknown",
        "impact": "said",
        "deadline": "silent",
        "directory": "silent",
        "severity": "silent",
    }
    assert set(drafted.silent) == set(PERSONAL) - {"told", "impact"}
    assert {"told", "deadline"} <= set(drafted.missing)
    document = handoff_md(drafted)
    assert "**Not known to the sender:** Who was told." in document
    assert "**Nobody said:** Who takes it, Severity, Deadline" in document
    assert "**Not in the record:** Summary, What is running, Host" in document, "nobody was asked for it"
    event = offer(drafted, "0" * 64)
    assert event.fields["told"] == "unknown" and "deadline" not in event.fields and event.said == ("impact", "told")


def test_what_is_so_now_goes_over_what_was_recorded_and_what_is_said_over_both(tmp_path, clock) -> None:
    incident = of(tmp_path, clock, opened(reentry=events.Reentry(host="node1", user="ana", cwd="/old")))
    now = {"host": Known("node2", "seen now"), "user": Known("bo", "seen now"), "directory": Known("", "seen now")}
    drafted = draft(incident, {"user": "cy"}, now=now)
    assert (drafted.host, drafted.user, drafted.directory) == ("node2", "cy", "/old")
    assert drafted.sources["host"] == "seen now" and "opened" in drafted.sources["directory"]
    assert "user" not in drafted.sources


def test_an_offer_is_told_as_it_was_made_until_something_is_known_better(tmp_path, clock) -> None:
    first = opened(reentry=events.Reentry(host="node1"))
    now = {"engine_pid": Known("41", "seen"), "master_job": Known("slurm 8", "seen")}
    made = offer(draft(of(tmp_path, clock, first), {"to": "bo", "reachable_until": "18:00"}, now=now), "0" * 64)
    incident = of(tmp_path / "2", clock, first, made)
    again = draft(incident, {})
    assert (again.engine_pid, again.master_job, again.reachable_until) == ("41", "slurm 8", "18:00")
    assert again.state("master_job") == "known" and again.state("reachable_until") == "said"
    ended = of(tmp_path / "3", clock, first, made, events.RunSeen(log="one.log", status="failed"))
    assert draft(ended, {}).engine_pid == "none: the run ended"
    taken = of(tmp_path / "4", clock, first, made, events.HandoffAccepted(readback="mine", as_="bo", head="0"))
    handed_on = draft(taken, {})
    assert (handed_on.to, handed_on.reachable_until, handed_on.master_job) == ("unknown", "unknown", "slurm 8")


def test_an_offer_of_an_older_console_counts_as_said_where_only_a_person_can_say(tmp_path, clock) -> None:
    old = events.HandoffOffered(to="bo", head="0" * 64, fields={"told": "the lab", "host": "node1"})
    drafted = draft(of(tmp_path, clock, opened(), old), {})
    assert (drafted.state("told"), drafted.state("host")) == ("said", "known")


def test_what_is_open_names_owner_state_and_due_time(tmp_path, clock) -> None:
    incident = of(
        tmp_path,
        clock,
        opened(deadline="noon"),
        events.ActionTaken(text="held the queue", why="w", by_whom="cy"),
        events.ActionTaken(text="stopped", why="w", result="calm"),
        events.DecisionMade(decision="roll back", owner="ana"),
        events.EscalationRaised(to="storage", points_away_from="the tools"),
    )
    told = draft(incident, {}).open_actions.split("\n")
    assert told[0] == "held the queue: owner cy; state: done, its result is not known yet; due unknown"
    assert told[1] == "roll back: owner ana; state: decided; due noon"
    assert told[2].startswith("escalated to storage: owner storage; state: not answered yet")
    assert len(told) == 3


def test_what_is_ruled_out_names_the_evidence_that_was_there(tmp_path, clock) -> None:
    classed = events.ClassSet(class_="tool-behavior", ruled_out="storage", against=("it is quick locally",))
    incident = of(tmp_path, clock, opened(), captured("dry-run"), captured("bad", exit_code=1), classed)
    first, second = draft(incident, {}).ruled_out.split("\n")
    assert first == "storage; evidence then: dry-run (event 2)"
    assert second.startswith("against the class: it is quick locally; evidence then: dry-run")
    alone = of(tmp_path / "2", clock, opened(), classed)
    assert "no evidence was on the ladder then" in draft(alone, {}).ruled_out


def test_evidence_that_goes_away_or_is_lost_is_named(tmp_path, clock) -> None:
    gone = events.AttemptKept(rule="align", attempt=1, complete=False, missing="the log was gone")
    incident = of(tmp_path, clock, opened(workdir="/scratch/me/wf"), gone)
    lost, expires = draft(incident, {}).expiring.split("\n")
    assert lost == "lost: align attempt 1: the log was gone" and "/scratch/me/wf is on scratch storage" in expires
    pinned = events.LogPinned(path="/tmp/run.out", bytes=(0, 3), sha256="a" * 64, size=3)
    assert draft(of(tmp_path / "2", clock, opened(), pinned), {}).expiring.startswith("expires: /tmp/run.out")


def test_scratch_is_told_from_what_stays() -> None:
    for path in ("/tmp", "/tmp/x", "/scratch/me", "/lustre/scratch2/me", "/global/nobackup/x", "/dev/shm/x"):
        assert is_scratch(path), path
    for path in ("/home/me/tmp", "/srv/wf", "/data/temporary", "scratch/x"):
        assert not is_scratch(path), path
    assert is_scratch("/fast/me/wf", ("/fast/me",)) and not is_scratch("/fast/me/wf", ("", "fast"))


def test_commands_to_check_again_begin_with_their_directory(tmp_path, clock) -> None:
    incident = of(tmp_path, clock, opened(workdir="/srv/my wf"), *2 * [captured("s", argv=("snakemake", "--summary"))])
    assert draft(incident, {}).recheck == "cd '/srv/my wf'\nsnakemake --summary"
    document = handoff_md(draft(incident, {"contingencies": "if it stalls, hold\nif it fails, call"}))
    assert "    - `cd '/srv/my wf'`\n    - `snakemake --summary`" in document
    assert "- **Contingencies (if X, do Y)**:\n    - if it stalls, hold\n    - if it fails, call" in document


def test_a_long_list_says_how_much_is_left() -> None:
    assert lines(["a  b", "a b", *map(str, range(20))], 3) == "a b\n0\n1\nand 18 more"


def test_each_field_has_a_name_of_its_own_and_only_a_person_knows_nine_of_them() -> None:
    assert len(set(FIELDS)) == len(ALL) and len({each.prompt for each in ALL}) == len(ALL)
    assert len(PERSONAL) == 9


def test_who_hands_it_on_speaks_for_himself_and_what_another_said_is_told_as_his(tmp_path, clock) -> None:
    first = draft(of(tmp_path, clock, opened()), {"to": "mira", "may_stop": "me", "told": "unknown", "impact": "late"})
    given = offer(first, "0" * 64)
    facts = (opened(), given, events.HandoffAccepted(readback="F is cut short; I fetch it anew", as_="mira", head=""))
    with Journal.create(tmp_path / "j2.jsonl", session="s", by="ana@node", clock=clock) as journal:
        lines = [journal.append(fact) for fact in facts[:2]]
    assert "From ana@node to mira, 2026" in handoff_md(draft(fold(lines, "INC-1"), {}))
    with Journal.open(tmp_path / "j2.jsonl", session="t", by="mira@other", clock=clock) as journal:
        lines.append(journal.append(facts[2]))
    incident = fold(lines, "INC-1")
    again = draft(incident, {"to": "ben"})
    assert (again.sender, again.may_stop, again.told, again.impact) == (
        "mira@other",
        "me (said by ana@node)",
        "unknown",
        "late",
    )
    document = handoff_md(again)
    assert "From mira@other to ben, not given yet" in document
    assert "taken over by mira, who read back: F is cut short; I fetch it anew" in document


def test_what_the_receiver_must_mind_is_told_before_it_is_given(tmp_path, clock) -> None:
    undecided = draft(of(tmp_path, clock, opened()), {})
    assert undecided.mind == ("nothing is decided yet",)
    assert undecided.untold.startswith("Mind: nothing is decided yet. Written as unknown.")
    assert "- **Mind**: nothing is decided yet" in handoff_md(undecided)
    decided = draft(of(tmp_path / "2", clock, opened(), events.DecisionMade(decision="local repair")), {})
    assert decided.mind == () and "**Mind**" not in handoff_md(decided)
