"""A dialogue of lines on a pipe: what is heard, what is asked, and when news is told."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator

import pytest

from incident_console.errors import Refused
from incident_console.plain.asking import Question, ask
from incident_console.plain.talk import NEWS, Ended, Talk


class Said:
    """A talk whose lines are given, and what it said."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.reading, self.writing = os.pipe()
        self.talk = Talk(self.out, stdin=self.reading)

    def types(self, text: str) -> None:
        os.write(self.writing, text.encode())

    @property
    def text(self) -> str:
        return self.out.getvalue()


@pytest.fixture
def said() -> Iterator[Said]:
    made = Said()
    yield made
    os.close(made.reading)
    os.close(made.writing)


CHOICE = Question("Which class?", "choice", ("tool", "tool-chain", "storage"), draft="storage")
MANY = Question("Where?", "many", ("local", "ci", "scheduler"))


@pytest.mark.parametrize(
    ("typed", "answer"), [("3", "storage"), ("tool", "tool"), ("STO", "storage"), ("draft", "storage")]
)
def test_a_choice_is_taken_by_number_name_beginning_or_draft(said: Said, typed: str, answer: str) -> None:
    said.types(f"{typed}\n")
    assert ask(said.talk, CHOICE) == answer
    assert "1. tool\n2. tool-chain\n3. storage\nDrafted: storage\n" in said.text


@pytest.mark.parametrize("typed", ["4", "t", "nothing", "0"])
def test_what_is_no_choice_is_refused_with_what_there_is(said: Said, typed: str) -> None:
    said.types(f"{typed}\n")
    with pytest.raises(Refused, match="say a number or a name: 1 "):
        ask(said.talk, CHOICE)


@pytest.mark.parametrize("typed", ["1 3", "1,3", "local, sched", "3,1,1"])
def test_several_are_taken_with_commas_or_spaces(said: Said, typed: str) -> None:
    said.types(f"{typed}\n")
    given = ask(said.talk, MANY)
    assert given is not None and set(given) == {"local", "scheduler"}


def test_a_question_mark_asks_anew(said: Said) -> None:
    said.types("?\n2\n")
    assert ask(said.talk, CHOICE) == "tool-chain" and said.text.count("Which class?") == 2


def test_an_input_that_has_ended_is_known_before_it_is_read(said: Said) -> None:
    assert not said.talk.is_over
    said.types("note")
    os.close(said.writing)
    assert not said.talk.is_over and said.talk.hear() == "note" and said.talk.is_over
    said.writing = os.dup(said.reading)  # for the fixture to close


@pytest.mark.parametrize("question", [CHOICE, MANY, Question("What?"), Question("What?", "lines")])
def test_an_empty_line_leaves_every_question(said: Said, question: Question) -> None:
    said.types("\n")
    assert ask(said.talk, question) is None


def test_several_lines_are_ended_by_a_dot(said: Said) -> None:
    said.types("first\n\n  third\n.\n")
    assert ask(said.talk, Question("What?", "lines")) == "first\n\n  third"


def test_the_last_line_of_a_pipe_counts_without_its_end_and_then_it_is_over(said: Said) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"one\r\ntwo\nlast")
    os.close(writing)
    talk = Talk(said.out, stdin=reading)
    assert [talk.hear() for _ in range(3)] == ["one", "two", "last"]
    with pytest.raises(Ended):
        talk.hear()
    os.close(reading)


def test_news_is_told_before_the_next_prompt_and_never_more_than_can_be_listened_to(said: Said) -> None:
    for number in range(NEWS + 5):
        said.talk.news(f"thing {number}")
    said.types("go on\n")
    assert said.talk.hear() == "go on"
    assert said.text.startswith("News: 5 earlier lines are left out")
    assert "thing 4\n" not in said.text and f"thing {NEWS + 4}\n> go on\n" in said.text


def test_long_work_tells_how_it_goes_and_gives_what_it_made(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("incident_console.plain.talk.PROGRESS_S", 0.05)
    told, enough = [], threading.Event()

    def progress(seconds: float) -> str:
        told.append(seconds)
        if len(told) == 2:
            enough.set()
        return "Still running."

    assert said.talk.wait_for(lambda: enough.wait(20), progress) is True
    assert said.text.count("Still running.\n") >= 2


def test_what_long_work_refuses_is_raised_where_it_was_asked_for(said: Said) -> None:
    def refuse() -> None:
        raise Refused("no")

    with pytest.raises(Refused, match="no"):
        said.talk.wait_for(refuse, str)


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_nobody_who_hears_ends_the_dialogue(said: Said) -> None:
    talk = Talk(Gone(), stdin=said.reading)
    talk.say("is anybody there?")
    said.types("yes\n")
    with pytest.raises(Ended):
        talk.hear()
