"""How the console asks: one question at a time, in a panel at the foot of the screen, never over the facts.

Every entry of the console goes through here (answers, notes, waivers, actions, consent), so that the keys are the same
everywhere: Enter takes the answer and goes on, Escape leaves and keeps what was typed as a draft.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, SelectionList, Static, TextArea
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

Kind = Literal["text", "choice", "many"]


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask. `optional`: an empty answer is taken. `draft` stands in the field when it opens."""

    id: str
    prompt: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    help: str = ""
    draft: str = ""
    optional: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


Answer = str | tuple[str, ...]
Check = Callable[[str, Answer], Awaitable[str | None]]
"""Gets a question's id and the answer; gives the sentence that refuses it, or None."""


class Entry(TextArea):
    """Text of one or several lines. Enter takes it, since most entries are one line typed in a hurry."""

    BINDINGS = [
        Binding("enter", "take", "take it", id="entry.take", tooltip="Take what was typed", priority=True),
        Binding("ctrl+j", "new_line", "new line", id="entry.line", tooltip="Start another line", priority=True),
        Binding("escape", "leave", "leave (kept)", id="entry.leave", tooltip="Leave; kept as a draft", priority=True),
    ]

    class Taken(Message):
        pass

    class Left(Message):
        pass

    def action_take(self) -> None:
        self.post_message(self.Taken())

    def action_new_line(self) -> None:
        self.insert("\n")

    def action_leave(self) -> None:
        self.post_message(self.Left())


class Ask(Vertical):
    """The panel. `await ask.these(questions)` gives the answers, or None when the operator left."""

    BINDINGS = [Binding("escape", "leave", "leave", id="ask.leave", tooltip="Leave without answering")]

    class Drafted(Message):
        """What is in the field now, to be kept in case of a crash."""

        def __init__(self, id: str, text: str) -> None:
            super().__init__()
            self.id = id
            self.text = text

    def __init__(self) -> None:
        super().__init__(id="ask")
        self._waiting: asyncio.Future[Answer | None] | None = None
        self._question: Question | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="ask-prompt", markup=False)
        yield Static(id="ask-fault", markup=False)

    @property
    def is_open(self) -> bool:
        return self._question is not None

    async def these(self, questions: tuple[Question, ...], check: Check | None = None) -> dict[str, Answer] | None:
        """Ask in order. Returns the answers by id, or None when the operator left or another question is open."""
        if self.is_open:
            return None
        before = self.screen.focused
        answers: dict[str, Answer] = {}
        self.add_class("-open")
        try:
            for number, question in enumerate(questions, 1):
                place = f"{number}/{len(questions)}  " if len(questions) > 1 else ""
                answer = await self._ask(question, place, check)
                if answer is None:
                    return None
                answers[question.id] = answer
            return answers
        finally:
            self._question = None
            self.remove_class("-open")
            await self.query("#ask-field").remove()
            if before is not None and before.is_attached:
                before.focus()

    async def _ask(self, question: Question, place: str, check: Check | None) -> Answer | None:
        self._question = question
        await self.query("#ask-field").remove()
        fault = self.query_one("#ask-fault", Static)
        fault.update("")
        self.query_one("#ask-prompt", Static).update(
            Content.assemble(
                (place, "$foreground-muted"), (question.prompt, "bold"), ("  " + _keys(question), "$foreground-muted")
            )
        )
        if question.help:
            fault.update(Content.styled(question.help, "$foreground-muted"))
        widget = _field(question)
        await self.mount(widget)
        widget.focus()
        while True:
            self._waiting = asyncio.get_running_loop().create_future()
            answer = await self._waiting
            if answer is None:
                return None
            if not answer and not question.optional:
                refusal: str | None = "Something must stand here; Escape leaves it for later."
            else:
                refusal = await check(question.id, answer) if check else None
            if refusal is None:
                return answer
            fault.update(Content.styled("✗ " + refusal, "$text-error"))

    def _give(self, answer: Answer | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)

    def action_leave(self) -> None:
        self._give(None)

    @on(Entry.Left)
    def _left(self) -> None:
        self._give(None)

    @on(Entry.Taken)
    def _taken(self) -> None:
        self._give(self.query_one(Entry).text.strip())

    @on(TextArea.Changed)
    def _typed(self, event: TextArea.Changed) -> None:
        event.stop()
        if self._question is not None:
            self.post_message(self.Drafted(self._question.id, event.text_area.text))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._question is not None and self._question.kind == "choice":
            self._give(self._question.choices[event.option_index])


class Many(SelectionList[str]):
    """Several of several: space marks, Enter takes what is marked."""

    BINDINGS = [Binding("enter", "take", "take", id="many.take", tooltip="Take what is marked", priority=True)]

    def action_take(self) -> None:
        panel = self.parent
        if isinstance(panel, Ask):
            panel._give(tuple(self.selected))


def _field(question: Question) -> Entry | OptionList | Many:
    if question.kind == "choice":
        return OptionList(
            *(Option(Content(question.labels.get(choice, choice))) for choice in question.choices), id="ask-field"
        )
    if question.kind == "many":
        marked = set(question.draft.splitlines())
        return Many(
            *(Selection(Content(choice), choice, choice in marked) for choice in question.choices), id="ask-field"
        )
    entry = Entry(question.draft, id="ask-field", show_line_numbers=False, soft_wrap=True, tab_behavior="focus")
    entry.move_cursor(entry.document.end)
    return entry


def _keys(question: Question) -> str:
    if question.kind == "many":
        return "space marks · Enter takes · Esc leaves"
    if question.kind == "choice":
        return "Enter takes · Esc leaves"
    return "Enter takes · ctrl+j new line · Esc leaves, kept as a draft"
