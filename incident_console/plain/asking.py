"""How is a question asked in lines? The prompt, what may be answered, then one line, or several ended by a dot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from incident_console.errors import Refused
from incident_console.plain.talk import Talk
from incident_console.plain.words import listed, said

Kind = Literal["text", "lines", "choice", "many"]
Answer = str | tuple[str, ...]

TAKE = "draft"
"""The word that takes what is drafted."""
END = "."
HELP = "?"
CHOICES = 40
"""So many are said one by one; the others may be named."""
NAMED = 8
"""So many are named where something else was said."""
YES = ("yes", "y")


@dataclass(frozen=True, slots=True)
class Question:
    """`draft` is what the word `draft` answers; for many, one a line. An empty line leaves the question."""

    prompt: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    help: str = ""
    draft: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    """How a choice is said, where it is not said as it is."""


def ask(talk: Talk, question: Question) -> Answer | None:
    """The answer; None when it was left with an empty line, `?` says it all again. Raises Refused, Left, Ended."""
    while True:
        _put(talk, question)
        text = _lines(talk) if question.kind == "lines" else talk.hear().strip()
        if text != HELP:
            return taken(question, text)


def _put(talk: Talk, question: Question) -> None:
    """Say what is asked, and what may be answered."""
    talk.say(question.prompt)
    if question.help:
        talk.say(question.help)
    _say_choices(talk, question)
    if question.draft:
        talk.say(f"Drafted: {'; '.join(question.draft.splitlines())}")
    how = {
        "text": "Type the answer",
        "lines": f"Type as many lines as you like, and {END} alone to end",
        "choice": "Say its number or name",
        "many": "Say numbers or names, with commas between",
    }[question.kind]
    talk.say(f"{how}{f', or {TAKE} to take what is drafted' if question.draft else ''}; an empty line leaves it.")


def taken(question: Question, text: str) -> Answer | None:
    """What was said, as the answer that it is. Raises Refused for no choice."""
    if not text:
        return None
    if question.draft and text.casefold() == TAKE:
        return tuple(question.draft.splitlines()) if question.kind == "many" else question.draft
    if question.kind == "choice":
        return _chosen(question, text)
    if question.kind == "many":
        parts = [part for part in (part.strip() for part in text.split(",")) if part]
        if len(parts) == 1 and all(word.isdigit() for word in parts[0].split()):
            parts = parts[0].split()
        return tuple(dict.fromkeys(_chosen(question, part) for part in parts)) or None
    return text


def ask_text(talk: Talk, prompt: str, *, help: str = "", draft: str = "", kind: Kind = "text") -> str:
    """Empty when it was left."""
    return str(ask(talk, Question(prompt, kind, help=help, draft=draft)) or "")


def ask_yes(talk: Talk, prompt: str) -> bool:
    """Anything but yes is a no."""
    talk.say(prompt)
    talk.say("Say yes or no; an empty line is no.")
    return talk.hear().strip().casefold() in YES


def _lines(talk: Talk) -> str:
    found: list[str] = []
    while True:
        line = talk.hear()
        if line.strip() == END or (not found and not line.strip()):
            return "\n".join(found).strip()
        found.append(line)


def _say_choices(talk: Talk, question: Question) -> None:
    for number, choice in enumerate(question.choices[:CHOICES], 1):
        talk.say(f"{number}. {said(question.labels.get(choice, choice), 300)}")
    if (more := len(question.choices) - CHOICES) > 0:
        talk.say(f"and {more} more, which may be named.")


def _chosen(question: Question, text: str) -> str:
    """By its number, its name, or a beginning that only one of them has."""
    choices, word = question.choices, text.casefold()
    if text.isdigit() and 1 <= int(text) <= len(choices):
        return choices[int(text) - 1]
    exact = [choice for choice in choices if choice.casefold() == word]
    found = exact or [choice for choice in choices if choice.casefold().startswith(word)]
    if len(found) != 1:
        what = "is none of the choices" if not found else f"may be {listed(found)}"
        there = ", ".join(f"{number} {said(choice, 60)}" for number, choice in enumerate(choices[:NAMED], 1))
        more = f" and {len(choices) - NAMED} more" if len(choices) > NAMED else ""
        several = "; several with commas between" if question.kind == "many" else ""
        raise Refused(f"{text!r} {what}; say a number or a name: {there}{more}{several}")
    return found[0]
