"""What does a receiver need so that no call back is needed? `HANDOFF.md`, read alone, by somebody with only a shell.

The fields stand in `handfields`, what is in them comes from `handdraft`; what nobody said is `unknown`, never silence.
"""

from collections.abc import Iterator

from incident_console.events import UNKNOWN, HandoffOffered
from incident_console.record import findings, findingstext
from incident_console.record.due import due_at, due_told
from incident_console.record.handdraft import draft
from incident_console.record.handfields import FIELDS, PERSONAL, PROMPTS, Handoff
from incident_console.record.known import SENTENCE
from incident_console.record.text import because, clock_time, code, prose, table

SHOWN = 400
"""Characters of what an escalation points to: the record has all of it."""

__all__ = ["FIELDS", "PROMPTS", "Handoff", "draft", "handoff_md", "offer"]


def offer(handoff: Handoff, head: str) -> HandoffOffered:
    """The event that hands the incident over; `head` is the chain's head before it."""
    return HandoffOffered(
        to=handoff.to,
        missing=handoff.missing,
        head=head,
        fields=handoff.fields(),
        said=tuple(name for name in FIELDS if name in handoff.said),
        reentry=handoff.reentry,
        held=handoff.held,
    )


def handoff_md(handoff: Handoff) -> str:
    """`HANDOFF.md`. Times are UTC."""
    parts = ("\n".join(part(handoff)).strip("\n") for part in _SECTIONS)
    return "\n\n".join(filter(None, parts)) + "\n"


def _head(handoff: Handoff) -> Iterator[str]:
    yield f"# Hand-off: {code(handoff.id)}"
    yield ""
    given = clock_time(handoff.offered_at) if handoff.offered_at else "not given yet"
    yield f"From {prose(handoff.sender)} to {prose(handoff.to)}, {given}. Times are UTC."
    silent = [name for name in FIELDS if handoff.state(name) == "silent"]
    asked = {"to", *PERSONAL}
    for what, names in (
        ("Not known to the sender", [name for name in FIELDS if handoff.state(name) == "unknown"]),
        ("Nobody said", [name for name in silent if name in asked]),
        ("Not in the record", [name for name in silent if name not in asked]),
    ):
        if names:
            yield ""
            yield f"**{what}:** {prose(', '.join(PROMPTS[name] for name in names))}."
    if handoff.unredacted:
        yield ""
        yield f"**{prose(handoff.unredacted)}**"
    yield ""
    yield from _lines(handoff, "severity", "impact")
    yield f"- **{PROMPTS['deadline']}**: {prose(_deadline(handoff))}"
    if handoff.note is None or handoff.state("summary") != "known":
        yield from _lines(handoff, "summary")
    if handoff.note is not None:
        # A summary that the console drafts says the same in one long line.
        yield from _answered(handoff, "Symptom", "symptom", handoff.note.symptom)
        yield from _answered(handoff, "Affected scope", "scope", handoff.note.affected_scope)
        yield f"- **Current class**: {prose(handoff.note.current_class)}"
        yield f"- **Next action**: {prose(handoff.note.next_action)}"
    failed = findingstext.in_short(handoff.failures)
    if len(failed) == 1:
        yield f"- **What failed**: {failed[0]}"
    elif failed:
        yield "- **What failed**:"
        yield from (f"    - {text}" for text in failed)
    if failed and handoff.failures.went_on:
        yield f"- **How it went on**: {prose('; '.join(handoff.failures.went_on))}"
    if handoff.mind:
        yield f"- **Mind**: {prose('; '.join(handoff.mind))}"


def _answered(handoff: Handoff, name: str, role: str, in_one_line: str) -> Iterator[str]:
    """What was answered on a rung, an answer a line below the sentence; in one line where there is but one answer."""
    rungs = [rung for rung in handoff.rungs if rung.role == role]
    answers = [(rung, id, answer) for rung in rungs for id, answer in rung.answers.items()]
    if len(answers) < 2 or not any(answer.known for *_, answer in answers):
        yield f"- **{name}**: {prose(in_one_line)}"
        return
    sentence = next((answer.text for _, id, answer in answers if id == SENTENCE and answer.known), "")
    yield f"- **{name}**: {prose(sentence)}" if sentence else f"- **{name}**:"
    for rung, id, answer in answers:
        if id != SENTENCE or not sentence:
            yield f"    - {prose(rung.label(id))}: {prose(answer.text) if answer.known else UNKNOWN}"


def _deadline(handoff: Handoff) -> str:
    if "deadline" in handoff.missing:
        return UNKNOWN
    guess = "" if due_at(handoff.deadline) else " (as it was said: which day and zone is not known)"
    return due_told(handoff.deadline, handoff.at) + guess


def _escalations(handoff: Handoff) -> Iterator[str]:
    if not handoff.escalations and not handoff.held:
        return
    yield "## Asked of others, and what they answered"
    yield ""
    for held in handoff.held:
        yield f"- **By the runbook, and nobody was asked yet**: {prose(held, SHOWN)}"
    for each in handoff.escalations:
        raised = each.event
        about = [because(raised.trigger)] if raised.trigger != UNKNOWN else []
        about += [f"pointing to {raised.points_to}"] if raised.points_to != UNKNOWN else []
        asked = prose("; ".join(about) or UNKNOWN, SHOWN)
        yield f"- **{prose(raised.to)}**, {clock_time(each.at)} by {prose(each.by)}: {asked}"
        for answer in each.answers:
            told = answer.event
            decided = f"; **decided: {prose(told.decision)}**" if told.decision != UNKNOWN else ""
            at = clock_time(told.occurred_at or answer.at)
            yield f"    - **answered** {at} by {prose(told.who)}: {prose(told.text)}{decided}"
        if each.open:
            who = "" if raised.owner == UNKNOWN else f" by {prose(raised.owner)}"
            yield f"    - **not answered yet**{who}; due {prose(due_told(raised.due, handoff.at))}"


def _failures(handoff: Handoff) -> Iterator[str]:
    yield from findingstext.failures_md(handoff.failures)


def _evidence(handoff: Handoff) -> Iterator[str]:
    yield from findingstext.evidence_md(handoff.exhibits, handoff.claims)


def _edits(handoff: Handoff) -> Iterator[str]:
    yield from findingstext.edits_md(handoff.edits)


def _lines(handoff: Handoff, *names: str, literal: bool = False) -> Iterator[str]:
    """A field a line; one of several lines as a list. `literal`: to be typed or looked for as it stands."""
    shown = code if literal else prose
    for name in names:
        texts = [] if name in handoff.missing else [each for each in handoff.text(name).split("\n") if each.strip()]
        if len(texts) > 1:
            yield f"- **{PROMPTS[name]}**:"
            yield from (f"    - {shown(text)}" for text in texts)
        else:
            yield f"- **{PROMPTS[name]}**: {shown(texts[0]) if texts else UNKNOWN}"


def _now(handoff: Handoff) -> Iterator[str]:
    yield "## What is running"
    yield ""
    yield from _lines(handoff, "running", "may_stop", "do_not_touch")


def _reentry(handoff: Handoff) -> Iterator[str]:
    yield "## Re-entry"
    yield ""
    names = ("host", "user", "directory", "command", "environment", "commit", "uncommitted", "engine_pid", "tmux")
    yield from _lines(handoff, *names, "master_job", "permissions", literal=True)


def _ladder(handoff: Handoff) -> Iterator[str]:
    """What was answered, in the runbook's own words: a field of a runbook stands nowhere else on this page."""
    # The symptom stands above, and what was read in the evidence below it.
    told = [rung for rung in handoff.rungs if rung.role not in ("symptom", *findings.READ)]
    climbed = [rung for rung in told if rung.answers or rung.waived is not None]
    if not climbed:
        return
    yield "## What was answered on the ladder"
    yield ""
    for rung in climbed:
        left_out = f": left out, {prose(rung.waived)}" if rung.waived is not None else ""
        yield f"- **{prose(rung.title)}**{left_out}"
        for name, answer in rung.answers.items():
            yield f"    - {prose(rung.label(name))}: {prose(answer.text) or UNKNOWN}"


def _actions(handoff: Handoff) -> Iterator[str]:
    yield "## Actions"
    yield ""
    if handoff.actions:
        yield table(
            ["at", "what was tried", "why", "expected", "result", "by"],
            (
                [clock_time(a.at), *(prose(text) for text in (a.text, a.why, a.expected, a.resulted, a.by_whom))]
                for a in handoff.actions
            ),
        )
    else:
        yield "No action is recorded."
    yield ""
    yield from _lines(handoff, "open_actions", "contingencies")


def _known_not(handoff: Handoff) -> Iterator[str]:
    yield "## Ruled out, and not looked at"
    yield ""
    yield from _lines(handoff, "ruled_out")
    yield "- **Not looked at**:"
    yield from (f"    - {prose(gap)}" for gap in handoff.gaps or ("nothing of the runbook was left out",))


def _around(handoff: Handoff) -> Iterator[str]:
    yield "## Outputs and people"
    yield ""
    yield from _lines(handoff, "expiring", "quarantine", "consumers", "told", "reachable_until")


def _done(handoff: Handoff) -> Iterator[str]:
    yield "## Check again, and when it is over"
    yield ""
    yield f"- **{PROMPTS['recheck']}**:"
    lines = [] if "recheck" in handoff.missing else [code(line) for line in handoff.recheck.split("\n")]
    yield from (f"    - {line}" for line in lines or [UNKNOWN] if line)
    yield from _lines(handoff, "exit_criteria")


def _notes(handoff: Handoff) -> Iterator[str]:
    yield "## Notes on the way"
    yield ""
    for each in handoff.accepted:
        said = prose(each.event.readback)
        yield f"- {clock_time(each.at)}, taken over by {prose(each.event.as_)}, who read back: {said}"
    for note in handoff.notes:
        yield f"- {clock_time(note.at)}, {note.nature}, {prose(note.by)}: {prose(note.text)}"
    if not handoff.notes and not handoff.accepted:
        yield "No note was written."


def _integrity(handoff: Handoff) -> Iterator[str]:
    yield "## Is this what was sent?"
    yield ""
    yield "In the folder that holds `manifest-sha256.txt`:"
    yield ""
    yield "```sh\nsha256sum -c manifest-sha256.txt tagmanifest-sha256.txt\n```"
    yield ""
    yield f"The journal's last line must end the chain at this hash, after {handoff.events} events:"
    yield ""
    yield f"    {handoff.head}"
    yield ""
    yield "Ask the sender for it over another way. `incident-console verify FILE.zip --head HASH` checks all of it."
    yield ""
    yield "`data/record.html` is the whole record, `data/journal.jsonl` its source, `data/evidence/` what was kept."


def _readback(handoff: Handoff) -> Iterator[str]:
    yield "## Read-back"
    yield ""
    yield "The receiver says in their own words what is wrong, what is next, and what must not be touched:"
    yield ""
    yield "- Read back:"
    yield "- Name:"
    yield "- Time (UTC):"


_SECTIONS = (
    *(_head, _escalations, _now, _failures, _evidence, _edits, _reentry, _actions, _ladder, _known_not),
    *(_around, _done, _notes, _integrity, _readback),
)
"""In the order in which somebody reads who has to act: how bad it is, what others said, what not
to touch, what failed, how to get there."""
