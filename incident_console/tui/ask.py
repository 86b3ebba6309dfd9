"""How the console asks: one question at a time, in a panel at the foot of the screen, never over the facts.

Every entry of the console goes through here (answers, notes, waivers, actions, consent), so that the keys are the same
everywhere: Enter takes the answer and goes on, Escape leaves and keeps what was typed as a draft.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList, SelectionList, Static, TextArea
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from incident_console.tui.words import safe, safe_text

Kind = Literal["text", "choice", "many"]
KEYS: Mapping[Kind, str] = {
    "text": "Enter takes · ctrl+j new line · Esc leaves, kept as a draft",
    "choice": "Enter takes · Esc leaves",
    "many": "space marks · Enter takes · Esc leaves",
}
CHOICE_LIMIT = 200
"""Characters of a choice that are shown."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask. `optional`: an empty answer is taken.

    `draft` stands in the field when it opens: text, the choice under the cursor, or the marked choices, one a line.
    """

    id: str
    prompt: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    help: str = ""
    draft: str = ""
    optional: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    """How a choice is shown, where it is not shown as it is."""


Answer = str | tuple[str, ...]
Answers = dict[str, Answer]
"""By the question's id."""
Take = Callable[[Answers], Awaitable[str | None]]
"""Gets all the answers; gives the sentence that refuses them, or None when they are taken."""
Draft = Callable[[str, str], None]
"""Gets a question's id and what stands in its field now, whenever that changes."""


class Taken(Message):
    """Enter was pressed in a field."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class Entry(TextArea):
    """Text of one or several lines. Enter takes it, since most entries are one line typed in a hurry."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "take it", id="entry.take", tooltip="Take what was typed", priority=True),
        Binding("ctrl+j", "new_line", "new line", id="entry.line", tooltip="Start another line", priority=True),
    ]

    def action_take(self) -> None:
        self.post_message(Taken(self.text.strip()))

    def action_new_line(self) -> None:
        self.insert("\n")


class Many(SelectionList[str]):
    """Several of several: space marks, Enter takes what is marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "take", id="many.take", tooltip="Take what is marked", priority=True)
    ]

    def action_take(self) -> None:
        self.post_message(Taken(tuple(self.selected)))


class Ask(VerticalScroll, can_focus=False):
    """The panel. `await ask.these(questions)` gives the answers, or None when the operator left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", id="ask.leave", tooltip="Leave; what was typed is kept", priority=True)
    ]

    def __init__(self) -> None:
        super().__init__(id="ask")
        self._waiting: asyncio.Future[Answer | None] | None = None
        self._question: Question | None = None
        self._field: Widget | None = None
        self._draft: Draft = lambda _id, _text: None

    def compose(self) -> ComposeResult:
        yield Static(id="ask-prompt", markup=False)
        yield Static(id="ask-fault", markup=False)

    @property
    def is_open(self) -> bool:
        return self._question is not None

    def focus_field(self) -> None:
        if self._field is not None:
            self._field.focus()

    async def these(self, questions: tuple[Question, ...], draft: Draft, take: Take | None = None) -> Answers | None:
        """Ask in order. Returns the answers, or None when the operator left.

        `take` is called with all of them while the last field is still open, so that what is refused still stands
        there. Must not be called while a question is open.
        """
        before, self._draft = self.screen.focused, draft
        answers: Answers = {}
        try:
            for number, question in enumerate(questions, 1):
                place = f"{number}/{len(questions)}  " if len(questions) > 1 else ""
                await self._open(question, place)
                while True:
                    answer = await self._answer(question)
                    if answer is None:
                        return None
                    answers[question.id] = answer
                    refusal = await take(answers) if take is not None and number == len(questions) else None
                    if refusal is None:
                        break
                    self._refuse(refusal)
            return answers
        finally:
            self._question = None
            self.remove_class("-open")
            if before is not None and before.is_attached:
                self.screen.set_focus(before)
            if self._field is not None:
                await self._field.remove()

    async def _open(self, question: Question, place: str) -> None:
        self._question = question
        self.add_class("-open")
        self.query_one("#ask-prompt", Static).update(
            Content.assemble(
                (place, "$foreground-muted"),
                (safe(question.prompt), "bold"),
                ("  " + KEYS[question.kind], "$foreground-muted"),
            )
        )
        self._tell(Content.styled(safe_text(question.help), "$foreground-muted"))
        # The new field has the focus before the old one goes: a key pressed meanwhile must not mean anything else.
        done, self._field = self._field, _field(question)
        await self.mount(self._field)
        self.screen.set_focus(self._field)
        if done is not None:
            await done.remove()

    async def _answer(self, question: Question) -> Answer | None:
        """What is given; an empty answer only where it is one."""
        while True:
            self._waiting = asyncio.get_running_loop().create_future()
            answer = await self._waiting
            if answer or answer is None or question.optional:
                return answer
            self._refuse("Something must stand here; Escape leaves it for later.")

    def _refuse(self, because: str) -> None:
        self._tell(Content.styled("✗ " + safe(because), "$text-error"))

    def _tell(self, content: Content) -> None:
        """Help, or why the answer is not taken; no empty line where there is neither."""
        told = self.query_one("#ask-fault", Static)
        told.update(content)
        told.set_class(bool(content.plain), "-told")

    def _give(self, answer: Answer | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)

    def action_leave(self) -> None:
        self._give(None)

    @on(Taken)
    def _taken(self, event: Taken) -> None:
        event.stop()
        self._give(event.answer)

    @on(TextArea.Changed)
    def _typed(self, event: TextArea.Changed) -> None:
        event.stop()
        if self._question is not None and event.text_area is self._field:
            self._draft(self._question.id, event.text_area.text)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._question is not None and self._question.kind == "choice" and event.option_list is self._field:
            self._give(self._question.choices[event.option_index])


def _field(question: Question) -> Widget:
    if question.kind == "choice":
        shown = (question.labels.get(choice, choice) for choice in question.choices)
        choices = OptionList(*(Option(Content(safe(label, CHOICE_LIMIT))) for label in shown), classes="ask-field")
        choices.highlighted = question.choices.index(question.draft) if question.draft in question.choices else 0
        return choices
    if question.kind == "many":
        marked = set(question.draft.split("\n"))
        return Many(
            *(Selection(Content(safe(choice, CHOICE_LIMIT)), choice, choice in marked) for choice in question.choices),
            classes="ask-field",
        )
    text = safe_text(question.draft)
    entry = Entry(text, classes="ask-field", show_line_numbers=False, soft_wrap=True, tab_behavior="focus")
    entry.move_cursor(entry.document.end)
    return entry
