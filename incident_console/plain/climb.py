"""Climbing in lines: go to a rung, answer its questions, complete or waive it."""

from __future__ import annotations

from typing import Any

from incident_console.errors import Refused
from incident_console.plain import rungs
from incident_console.plain.asking import Answer, Kind, Question, ask, ask_text, ask_yes, taken
from incident_console.plain.desk import Desk
from incident_console.plain.facts import suspects
from incident_console.plain.words import document, said
from incident_console.runbook.ladder import refusals
from incident_console.runbook.schema import Field, Rung
from incident_console.session import suggest
from incident_console.session.core import Session


def go(desk: Desk, words: str) -> None:
    """Tell a rung; where one may write, it is entered, too."""
    if not words:
        raise Refused(f"say which rung: {rungs.numbers(desk.view)}")
    _go(desk, named(desk, words))


def named(desk: Desk, words: str) -> Rung:
    """By number, id, or the beginning of its id or title. Raises Refused."""
    all_, word = desk.view.runbook.rungs, words.casefold()
    if word.isdigit() and 1 <= int(word) <= len(all_):
        return all_[int(word) - 1]
    exact = [rung for rung in all_ if word in (rung.id, rung.title.casefold())]
    found = exact or [rung for rung in all_ if rung.id.startswith(word) or rung.title.casefold().startswith(word)]
    if len(found) != 1:
        raise Refused(f"{words!r} names no rung, or several; there are: {rungs.numbers(desk.view)}")
    return found[0]


def _go(desk: Desk, rung: Rung) -> None:
    if isinstance(desk.view, Session) and desk.view.incident.closed is None:
        desk.view.enter(rung.id)
    desk.talk.say_all(rungs.rung_told(desk.view, rung, desk.picture))


def answer(desk: Desk, words: str) -> None:
    """`answer` asks what is not answered yet; `answer 2` the second question; `answer 2 TEXT` answers it at once."""
    session, rung = desk.must_be_open(), desk.open_rung()
    if not rung.ask:
        raise Refused(f"the rung {rung.title} asks nothing; {rungs.to_complete(desk.view, rung)}")
    which, _, text = words.partition(" ")
    fields = (_field(rung, which),) if which else _unanswered(desk, rung)
    answer_fields(desk, rung, fields, text.strip())
    desk.talk.say(rungs.to_complete(session, rung))


def _field(rung: Rung, word: str) -> Field:
    """By its number, or by its name in the runbook. Raises Refused."""
    if word.isdigit() and 1 <= int(word) <= len(rung.ask):
        return rung.ask[int(word) - 1]
    found = [field for field in rung.ask if field.id == word] or [f for f in rung.ask if f.id.startswith(word)]
    if len(found) != 1:
        known = "; ".join(f"{number}, {field.prompt}" for number, field in enumerate(rung.ask, 1))
        raise Refused(f"{word!r} is no question of {rung.title}; say answer and a number: {known}")
    return found[0]


def _unanswered(desk: Desk, rung: Rung) -> tuple[Field, ...]:
    state = desk.view.incident.rungs.get(rung.id)
    given = state.answers if state is not None else {}
    left = tuple(field for field in rung.ask if field.id not in given)
    if not left:
        raise Refused("every question is answered; answer NUMBER answers one anew")
    return left


def answer_fields(desk: Desk, rung: Rung, fields: tuple[Field, ...], text: str = "") -> None:
    """One at a time; each answer is recorded before the next question is asked. `text` answers the only one unasked."""
    talk, session = desk.talk, desk.must_be_open()
    for number, field in enumerate(fields, 1):
        of = f" ({number} of {len(fields)})" if len(fields) > 1 else ""
        question = _question(desk, rung, field, of)
        while True:
            try:
                given = taken(question, text) if text else ask(talk, question)
                text = ""  # what is refused is asked for in full
                if given is None:
                    talk.say("It is left as it was.")
                    break
                value = _value(field, given)
                if refused := refusals(session.runbook, rung.id, {field.id: value}):
                    raise Refused("; ".join(refusal.because for refusal in refused))
            except Refused as fault:
                talk.say(f"Not taken: {fault}")
                if not talk.is_terminal:
                    break  # a script's next line is not meant for this question
            else:
                with desk.saving(f"{field.prompt} {said(given if isinstance(given, str) else ', '.join(given), 200)}"):
                    session.answer(rung.id, {field.id: value})
                break


def _question(desk: Desk, rung: Rung, field: Field, of: str) -> Question:
    state = desk.view.incident.rungs.get(rung.id)
    before = state.answers.get(field.id) if state is not None else None
    offered = suggest.choices(field, desk.picture)
    kind: Kind = "lines" if field.type == "lines" else "text"
    if offered:
        kind = "many" if field.type == "many" else "choice"
    help = [" ".join(field.help.split())]
    help += ["unknown is an answer here."] if field.unknown else []
    help += [f"Answered before: {before.text}"] if before is not None else []
    help += ["It is needed to complete the rung."] if field.required else []
    drafted = "" if before is not None else suggest.draft(rung, field, desk.picture)
    labels = suggest.labels(field, desk.picture)
    return Question(f"{field.prompt}{of}", kind, offered, " ".join(filter(None, help)), drafted, labels=labels)


def _value(field: Field, answer: Answer) -> Any:
    """An answer as the record keeps it: `many` is a list, unless it is `unknown`."""
    if field.type != "many":
        return answer
    parts = list(answer) if isinstance(answer, tuple) else [part.strip() for part in answer.split(",") if part.strip()]
    return parts[0] if parts == ["unknown"] else parts


def classify(desk: Desk, words: str) -> None:
    """Tell the suspects, then ask the questions of the rung that classifies."""
    known = desk.picture.known
    desk.talk.say_all(suspects(known) if known is not None else ["The run's own files are still being weighed."])
    rung = next((rung for rung in desk.view.runbook.rungs if rung.role == "classify"), None)
    if rung is None:
        raise Refused("this runbook has no rung that classifies")
    desk.must_be_open().enter(rung.id)
    answer_fields(desk, rung, rung.ask)
    desk.talk.say(rungs.to_complete(desk.view, rung))


def complete(desk: Desk, words: str) -> None:
    session, rung = desk.must_be_open(), desk.open_rung()
    following = session.complete(rung.id)
    desk.saved(f"rung {rung.title} is completed")
    _go_on(desk, following)


def waive(desk: Desk, words: str) -> None:
    session, rung = desk.must_be_open(), desk.open_rung()
    reason = words or ask_text(desk.talk, f"Why is the rung {rung.title} left out? It will stand in the record.")
    if not reason:
        raise Refused("a rung is left out with a reason; nothing was recorded")
    following = session.waive(rung.id, reason)
    desk.saved(f"rung {rung.title} is waived")
    _go_on(desk, following)


def _go_on(desk: Desk, following: str | None) -> None:
    if following is None:
        desk.talk.say("Every rung is done or waived: handoff hands over, close ends the incident.")
    else:
        _go(desk, desk.view.runbook.rung(following))


def trust(desk: Desk, words: str) -> None:
    """Read out what the runbook would run, then ask."""
    session = desk.session
    if (why := session.trusted()) is not None:
        desk.talk.say(f"This runbook's commands may run: {why}.")
        return
    desk.talk.read_out(document(session.trust.review()))
    if ask_yes(desk.talk, f"May the runbook {session.runbook.id}, exactly as it was read out, run its commands?"):
        session.give_trust()
        desk.saved("the runbook is trusted; a changed one will be asked about again")
    else:
        desk.talk.say("It is not trusted, and runs nothing.")
