"""What the operator says beside the ladder: notes, actions, escalations, reasons, the end; and what is read out."""

from __future__ import annotations

import os
from collections.abc import Iterator

from incident_console.errors import Refused
from incident_console.events import UNKNOWN, Nature
from incident_console.plain.asking import Question, ask, ask_text, ask_yes
from incident_console.plain.desk import Desk
from incident_console.plain.words import clock, document, said
from incident_console.record import timeline as lines
from incident_console.record.incident import fold
from incident_console.record.render import brief, record_md
from incident_console.runbook.terms import CLASSES
from incident_console.session import emergency, moments
from incident_console.session.core import unexplained
from incident_console.session.escalating import Crossing, crossings, draft, raised_by
from incident_console.session.sightings import sighting

LEFT = "it was left, and nothing was recorded"
MOMENTS = 20
CAUSES = (*(name for name in CLASSES if name != "undetermined"), UNKNOWN)
NATURES: dict[str, Nature] = {"fact": "fact", "inference": "inference", "decision": "decision"}
OTHER = "another reason"


def note(desk: Desk, words: str) -> None:
    """`note TEXT` is a fact; `note` alone asks for several lines and what they are."""
    session, nature = desk.session, "fact"
    text = words
    if not text:
        text = ask_text(desk.talk, "What is the note?", kind="lines")
        if not text:
            raise Refused(LEFT)
        nature = str(ask(desk.talk, Question("Which is it?", "choice", tuple(NATURES))) or "fact")
    with desk.saving(f"note, as {'an' if nature == 'inference' else 'a'} {nature}"):
        session.note(text, NATURES[nature], session.incident.open_rung)


def describe(desk: Desk, words: str) -> None:
    session, incident = desk.session, desk.view.incident
    said_: list[str] = []
    for prompt, before in (
        ("How severe is it?", incident.severity),
        ("Who feels it, and how?", incident.impact),
        ("By when must it be over?", incident.deadline),
    ):
        said_.append(ask_text(desk.talk, prompt, help="" if before == UNKNOWN else f"Said before: {before}"))
    if not any(said_):
        raise Refused(LEFT)
    with desk.saving("severity, impact and deadline"):
        session.describe(*said_)


def act(desk: Desk, words: str) -> None:
    session = desk.session
    text = words or ask_text(
        desk.talk, "What was done?", help="For instance: stopped the run; held the queue; unlocked the folder."
    )
    why = ask_text(desk.talk, "Why?") if text else ""
    if not why:
        raise Refused(LEFT)
    when = _when(desk)
    expected = ask_text(desk.talk, "What should happen because of it?")
    with desk.saving("action; result tells what came of it"):
        session.act(text, why, expected, when=when)


def _when(desk: Desk) -> str:
    """A time that has passed, asked for until it is one; empty is now. Raises Refused where a script says none."""
    while True:
        text = ask_text(desk.talk, "When?", help="14:05 in UTC, or 10 min ago; an empty line is now.")
        try:
            moments.when(text, desk.session.clock.now())
        except Refused as fault:
            if not desk.talk.is_terminal:
                raise
            desk.talk.say(f"Not taken: {fault}")
        else:
            return text


def result(desk: Desk, words: str) -> None:
    session = desk.session
    waiting = {str(seq): action.text for seq, action in session.incident.actions.items() if action.open}
    if not waiting:
        raise Refused("no action waits for its result")
    question = Question("Which action?", "choice", tuple(waiting), labels=waiting)
    chosen = next(iter(waiting)) if len(waiting) == 1 else str(ask(desk.talk, question) or "")
    if len(waiting) == 1:
        desk.talk.say(f"Action: {waiting[chosen]}")
    text = words or (ask_text(desk.talk, "What came of it?") if chosen else "")
    if not chosen or not text:
        raise Refused(LEFT)
    with desk.saving("the action's result"):
        session.result(int(chosen), text)


def explain(desk: Desk, words: str) -> None:
    session = desk.session
    edits = [session.incident.edits[seq].event for seq in unexplained(session.incident)]
    if not edits:
        raise Refused("no edit of the workflow waits for a reason")
    desk.talk.say(f"Edited: {', '.join(dict.fromkeys(edit.path for edit in edits))}.")
    if not words and edits[-1].diff_sha256 and (diff := session.record.blobs.peek(edits[-1].diff_sha256)):
        desk.talk.read_out(document(diff.decode("utf-8", "surrogateescape").removesuffix("\n")))
    text = words or ask_text(desk.talk, "Why was the workflow edited before the gate was open?")
    if not text:
        raise Refused(LEFT)
    with desk.saving("the reason for the edit"):
        session.explain_edits(text)


def escalate(desk: Desk, words: str) -> None:
    """The boundaries that are crossed are offered, each with what makes it hold; then where it goes, and why."""
    session = desk.must_be_open()
    crossing = _crossing(desk, crossings(session.runbook, session.incident))
    drafted = draft(session.incident)
    talk = desk.talk
    why = crossing.because if crossing is not None else words or ask_text(talk, "Why does it have to be escalated?")
    to = ask_text(talk, "Which review, or who, does it go to?", draft=crossing.to if crossing is not None else "")
    if not why or not to:
        raise Refused(LEFT)
    points_to = ask_text(talk, "Where does the evidence point?", draft=drafted.points_to)
    away = ask_text(talk, "Where does it point away from?", draft=drafted.points_away_from)
    owner = ask_text(talk, "Who is to answer?", draft=drafted.owner)
    due = ask_text(talk, "When is an answer needed?", help="For instance: 18:00, or before the next run.")
    evidence = crossing.evidence if crossing is not None else ()
    with desk.saving(f"escalation to {to}; answered tells its answer"):
        session.escalate(to, points_to, away, why, owner=owner, due=due, evidence=evidence)


def _crossing(desk: Desk, found: tuple[Crossing, ...]) -> Crossing | None:
    if not found:
        return None
    labels = {}
    for number, crossing in enumerate(found):
        before = raised_by(desk.view.incident, crossing)
        already = f" This is escalation {before} already." if before is not None else ""
        held = f" Seen in: {crossing.evidence[0]}" if crossing.evidence else ""
        labels[f"boundary {number + 1}"] = f"{crossing.to}: {crossing.because}{held}{already}"
    question = Question("Which boundary is crossed?", "choice", (*labels, OTHER), labels=labels)
    chosen = ask(desk.talk, question)
    if chosen is None:
        raise Refused(LEFT)
    return None if chosen == OTHER else found[list(labels).index(str(chosen))]


def answered(desk: Desk, words: str) -> None:
    session, incident = desk.session, desk.view.incident
    raised = incident.waiting or tuple(incident.escalations.values())
    if not raised:
        raise Refused("nothing was escalated yet; escalate does")
    labels = {str(each.number): f"{each.number} to {each.event.to}: {each.event.trigger}" for each in raised}
    chosen = raised[0]
    if len(raised) > 1:
        name = ask(desk.talk, Question("Which escalation was answered?", "choice", tuple(labels), labels=labels))
        if name is None:
            raise Refused(LEFT)
        chosen = next(each for each in raised if str(each.number) == name)
    text = words or ask_text(desk.talk, f"What was answered to escalation {chosen.number}, to {chosen.event.to}?")
    if not text:
        raise Refused(LEFT)
    owner = "" if chosen.event.owner == UNKNOWN else chosen.event.owner
    who = ask_text(desk.talk, "Who answered?", draft=owner)
    when = _when(desk)
    decision = ask_text(desk.talk, "What was decided because of it?")
    with desk.saving(f"the answer to escalation {chosen.number}"):
        session.answer_escalation(chosen.seq, text, who, when, decision)


def close(desk: Desk, words: str) -> None:
    """What would be left open is told first; an outcome is needed, all else may be unknown."""
    session = desk.must_be_open()
    desk.talk.say_all(f"Left open: {text}" for text in session.still_open())
    outcome = words or ask_text(desk.talk, "How did it end?")
    if not outcome:
        raise Refused(LEFT)
    class_ = session.incident.classification
    drafted = class_.class_ if class_ is not None and class_.class_ in CAUSES else ""
    cause = ask(desk.talk, Question("Is the cause known?", "choice", CAUSES, draft=drafted))
    proof = ask_text(desk.talk, "What proves it, and what stayed the same?")
    check = ask_text(desk.talk, "What would make it an executable check?", help="So that it is seen when it is back.")
    if not ask_yes(desk.talk, "Close the incident so?"):
        raise Refused(LEFT)
    with desk.saving("the incident is closed"):
        session.end(outcome, proof, cause=str(cause or ""), check=check)


# -- read out ------------------------------------------------------------------------------------------------------


def brief_(desk: Desk, words: str) -> None:
    run = desk.picture.run
    seen = None if run is None else sighting(run)
    desk.talk.read_out(document(brief(desk.view.incident, desk.view.clock.now(), seen)))


def record(desk: Desk, words: str) -> None:
    view = desk.view
    # Folded anew, since the record goes on growing while it is made.
    incident = fold(tuple(view.incident.lines), view.id)
    text = desk.talk.wait_for(lambda: record_md(incident, view.record.blobs.peek), lambda _: "It is being written.")
    desk.talk.read_out(document(text))


def head(desk: Desk, words: str) -> None:
    incident = desk.view.incident
    desk.talk.say(f"The head of the chain after {len(incident.lines)} events: {incident.head}")


def timeline(desk: Desk, words: str) -> None:
    """The last moments, or so many of them."""
    if words and not words.isdigit():
        raise Refused("say how many, such as: timeline 50")
    wanted = int(words[:9]) if words else MOMENTS
    all_ = list(lines.timeline(fold(tuple(desk.view.incident.lines), desk.view.id)))
    if len(all_) > wanted:
        desk.talk.say(f"The last {wanted} of {len(all_)} events; timeline {len(all_)} has all of them.")
    desk.talk.read_out(_moments(all_[-wanted:] if wanted else []))


def _moments(found: list[lines.Moment]) -> Iterator[str]:
    natures = {letter: word for word, letter in lines.LETTERS.items()}
    for one in found:
        nature = f", {natures[one.letter]}" if one.letter in natures else ""
        yield said(f"{clock(one.at)} event {one.seq}{nature}: {one.text}")


# -- what is not saved ---------------------------------------------------------------------------------------------


def rescue(desk: Desk, words: str) -> None:
    """Copy elsewhere what is held; else take in what an earlier sitting could not save."""
    session = desk.session
    if session.held:
        desk.talk.say(f"NOT SAVED: {session.held.count} held in memory. {session.held.because}")
        written = emergency.write_somewhere(session, os.environ)
        if written is None:
            raise Refused("no place took an emergency copy")
        desk.talk.say(f"What is held was copied to {written}; it does not count as saved, and is tried again.")
    elif desk.left_over is not None:
        left, desk.left_over = desk.left_over, None
        count = emergency.take_in(session, left)
        desk.saved(f"{count} taken in, each with the time at which it occurred")
    else:
        desk.talk.say("Nothing is held: all is saved.")
