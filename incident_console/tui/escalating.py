"""How are a boundary and the answer to it told? The triggers that hold, each with what makes it hold, then the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from incident_console.errors import Refused
from incident_console.events import UNKNOWN
from incident_console.record.seen import Escalation
from incident_console.session.escalating import Crossing, crossings, draft, raised_by
from incident_console.tui.ask import Question

if TYPE_CHECKING:
    from incident_console.tui.desk import Desk

OTHER, ANSWER = "another reason", "an answer came to an escalation"


async def escalate(desk: Desk) -> None:
    """Possible at any time; where triggers hold they are offered, and where answers are awaited those too."""
    session, incident = desk.session, desk.app.incident
    desk.must_be_open()
    found = await desk.in_thread(crossings, session.runbook, incident)
    labels = {str(number): _label(crossing, raised_by(incident, crossing)) for number, crossing in enumerate(found)}
    options = (*labels, OTHER, *([ANSWER] if incident.waiting else []))
    chosen = OTHER
    if len(options) > 1:
        question = Question("boundary", "Which boundary is crossed?", "choice", options, labels=labels)
        answers = await desk.ask("boundary", question)
        if answers is None:
            return
        chosen = str(answers["boundary"])
    if chosen == ANSWER:
        await answer(desk)
    else:
        await _raise(desk, found[int(chosen)] if chosen != OTHER else None)


async def _raise(desk: Desk, crossing: Crossing | None) -> None:
    session, drafted, due = desk.session, draft(desk.app.incident), desk.time(ahead=True, words=True)
    evidence = crossing.evidence if crossing is not None else ()
    why = () if crossing is not None else (Question("trigger", "Why does it have to be escalated?"),)
    recorded = await desk.record(
        f"escalation {crossing.to}" if crossing is not None else "escalation",
        *why,
        Question(
            "to",
            "Which review, or who, does it go to?",
            help="\n".join(f"holds: {text}" for text in evidence),
            draft=crossing.to if crossing is not None else "",
        ),
        Question("points_to", "Where does the evidence point?", draft=drafted.points_to, optional=True),
        Question("points_away_from", "Where does it point away from?", draft=drafted.points_away_from, optional=True),
        Question("owner", "Who is to answer?", draft=drafted.owner, optional=True),
        Question(
            "due",
            "When is an answer needed?",
            help="For instance: 18:00 (UTC), in 2 h, or before the next run",
            optional=True,
            check=due.told,
        ),
        call=lambda said: session.escalate(
            str(said["to"]),
            str(said["points_to"]),
            str(said["points_away_from"]),
            crossing.because if crossing is not None else str(said["trigger"]),
            owner=str(said["owner"]),
            due=due.settled(str(said["due"])),
            evidence=evidence,
        ),
        form="Escalation",
    )
    if recorded is not None:
        number = len(session.incident.escalations)
        tells, hands = desk.key("app.escalate"), desk.key("app.handoff")
        desk.tell(f"Escalation {number} is in the record. {tells} tells its answer; {hands} hands the incident over.")


async def answer(desk: Desk) -> None:
    """Tell what came back to an escalation: first to one that waits, else to one that was answered before."""
    session, incident = desk.session, desk.app.incident
    raised = incident.waiting or tuple(incident.escalations.values())
    if not raised:
        raise Refused(f"nothing was escalated yet; {desk.key('app.escalate')} escalates")
    chosen = raised[0]
    if len(raised) > 1:
        labels = {str(each.seq): f"{each.number} to {each.event.to}: {each.event.trigger}" for each in raised}
        question = Question("of", "Which escalation was answered?", "choice", tuple(labels), labels=labels)
        answers = await desk.ask("answered", question)
        if answers is None:
            return
        chosen = incident.escalations[int(str(answers["of"]))]
    await _answer(desk, session.answer_escalation, chosen)


async def _answer(desk: Desk, record: Callable[..., object], to: Escalation) -> None:
    owner = "" if to.event.owner == UNKNOWN else to.event.owner
    done = await desk.record(
        f"answer {to.seq}",
        Question("text", f"What was answered to escalation {to.number} ({to.event.to})?"),
        Question("who", "Who answered?", draft=owner, optional=True),
        Question(
            "when",
            "When?",
            help="14:05 (UTC), or 10 min ago; empty is now",
            optional=True,
            check=desk.time().told,
            spot=desk.log_time,
        ),
        Question("decision", "What was decided because of it?", help="empty: nothing yet", optional=True),
        call=lambda said: record(to.seq, *(str(said[name]) for name in ("text", "who", "when", "decision"))),
    )
    if done is not None:
        desk.tell(f"The answer to escalation {to.number} is in the record.")


def _label(crossing: Crossing, number: int | None) -> str:
    before = f"  (is escalation {number} already)" if number is not None else ""
    held = f"  ◂ {crossing.evidence[0]}" if crossing.evidence else ""
    return f"⚑ {crossing.to}{before}: {crossing.because}{held}"
