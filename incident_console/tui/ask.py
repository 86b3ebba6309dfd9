"""How the console asks: one question at a time, in a panel at the foot of the screen, never over the facts.

Every entry of the console goes through here (answers, notes, waivers, actions, consent), so that the keys are the same
everywhere: Enter takes the answer and goes on, Escape leaves and keeps what was typed as a draft.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
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


@dataclass(slots=True)
class _Asking:
    """What is being asked now."""

    questions: tuple[Question, ...]
    draft: Draft
    take: Take | None
    done: asyncio.Future[Answers | None]
    before: Widget | None
    """What had the focus."""
    answers: Answers = field(default_factory=dict)
    at: int = 0
    edited: bool = False
    """Whether the text of this question was touched."""
    taking: bool = False

    @property
    def question(self) -> Question:
        return self.questions[self.at]


class Ask(VerticalScroll, can_focus=False):
    """The panel. `await ask.these(questions)` gives the answers, or None when the operator left.

    An answer is taken and the next question shown in one go, without waiting: what somebody types ahead goes where it
    belongs. Only what takes all the answers may wait (for the disk).
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", id="ask.leave", tooltip="Leave; what was typed is kept")
    ]

    class Closed(Message):
        """No question is open any more."""

    def __init__(self) -> None:
        super().__init__(id="ask")
        self._asking: _Asking | None = None
        self._list: Choice | Many | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="ask-prompt", markup=False)
        yield Static(id="ask-fault", markup=False)
        yield Entry(self)

    @property
    def is_open(self) -> bool:
        return self._asking is not None

    @property
    def field(self) -> Widget:
        """Where the answer to the open question is given."""
        return self._list or self.query_one(Entry)

    async def these(self, questions: tuple[Question, ...], draft: Draft, take: Take | None = None) -> Answers | None:
        """Ask in order. Returns the answers, or None when the operator left.

        `take` is called with all of them while the last field is still open, so that what is refused still stands
        there. Must not be called while a question is open.
        """
        asking = _Asking(questions, draft, take, asyncio.get_running_loop().create_future(), self.screen.focused)
        self._asking = asking
        self.app.clear_notifications()  # what was told before must not cover the question
        self._show(asking)
        return await asking.done

    def give(self, answer: Answer) -> None:
        """Take the answer to the open question, and go on."""
        asking = self._asking
        if asking is None or asking.taking:
            return
        if not answer and not asking.question.optional:
            self._refuse("Something must stand here; Escape leaves it for later.")
            return
        self._keep(asking)
        asking.answers[asking.question.id] = answer
        if asking.at + 1 < len(asking.questions):
            asking.at += 1
            self._show(asking)
        elif asking.take is None:
            self._close(asking, asking.answers)
        else:
            asking.taking = True
            self.run_worker(self._take(asking, asking.take), group="ask")

    async def _take(self, asking: _Asking, take: Take) -> None:
        refusal = await take(asking.answers)
        asking.taking = False
        if refusal is None:
            self._close(asking, asking.answers)
        else:
            self._refuse(refusal)

    def action_leave(self) -> None:
        if self._asking is not None and not self._asking.taking:
            self._keep(self._asking)
            self._close(self._asking, None)

    def _close(self, asking: _Asking, answers: Answers | None) -> None:
        self._asking = None
        self._put_list(None)
        self._open(False)
        before = asking.before
        in_view = before is not None and before.is_attached and all(node.display for node in before.ancestors_with_self)
        self.screen.set_focus(before if in_view else None)
        self.post_message(self.Closed())
        if not asking.done.done():
            asking.done.set_result(answers)

    def _open(self, is_open: bool) -> None:
        self.set_class(is_open, "-open")
        self.screen.set_class(is_open, "-asking")

    def _show(self, asking: _Asking) -> None:
        question, asking.edited = asking.question, False
        place = f"{asking.at + 1}/{len(asking.questions)}  " if len(asking.questions) > 1 else ""
        self.query_one("#ask-prompt", Static).update(
            Content.assemble(
                (place, "$foreground-muted"),
                (safe(question.prompt), "bold"),
                ("  " + KEYS[question.kind], "$foreground-muted"),
            )
        )
        self._tell(Content.styled(safe_text(question.help), "$foreground-muted"))
        entry = self.query_one(Entry)
        self._open(True)
        self._put_list(_LISTS[question.kind](self, question) if question.kind in _LISTS else None)
        if question.kind == "text":
            entry.text = safe_text(question.draft)
            entry.move_cursor(entry.document.end)
        self.screen.set_focus(self.field)

    def _put_list(self, new: Choice | Many | None) -> None:
        """Choices stand where the text field stands otherwise."""
        old, self._list = self._list, new
        self.query_one(Entry).display = new is None
        if new is not None:
            self.mount(new)
        if old is not None:
            old.remove()

    def _refuse(self, because: str) -> None:
        self._tell(Content.styled("✗ " + safe(because), "$text-error"))

    def _tell(self, content: Content) -> None:
        """Help, or why the answer is not taken; no empty line where there is neither."""
        told = self.query_one("#ask-fault", Static)
        told.update(content)
        told.set_class(bool(content.plain), "-told")

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        if self._asking is not None and not self._asking.taking:
            self._keep(self._asking)

    def _keep(self, asking: _Asking) -> None:
        """What stands in the field is a draft, once it was touched: what is only suggested is none."""
        question, text = asking.question, self.query_one(Entry).text
        if question.kind == "text" and (asking.edited or text != safe_text(question.draft)):
            asking.edited = True
            asking.draft(question.id, text)


class Entry(TextArea):
    """Text of one or several lines. Enter takes it, since most entries are one line typed in a hurry."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "take it", id="entry.take", tooltip="Take what was typed"),
        Binding("ctrl+j", "new_line", "new line", id="entry.line", tooltip="Start another line"),
    ]

    def __init__(self, panel: Ask) -> None:
        super().__init__(classes="ask-field", show_line_numbers=False, soft_wrap=True, tab_behavior="focus")
        self._panel = panel

    async def _on_key(self, event: events.Key) -> None:
        """Keys in the order in which they were pressed, Enter among them; a binding would overtake what is typed."""
        if self._panel.field is not self or not self._panel.is_open:
            event.stop().prevent_default()
            if self._panel.is_open:  # pressed before the choices had come up, for them
                self._panel.field.post_message(events.Key(event.key, event.character))
        elif event.key == "enter":
            event.stop().prevent_default()
            self.action_take()
        else:
            await super()._on_key(event)

    def action_take(self) -> None:
        self._panel.give(self.text.strip())

    def action_new_line(self) -> None:
        self.insert("\n")


class Choice(OptionList):
    """One of several."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "take", id="choice.take", tooltip="Take the choice under the cursor")
    ]

    def __init__(self, panel: Ask, question: Question) -> None:
        shown = (question.labels.get(choice, choice) for choice in question.choices)
        super().__init__(*(Option(Content(safe(label, CHOICE_LIMIT))) for label in shown), classes="ask-field")
        self._panel, self._choices = panel, question.choices
        self.highlighted = question.choices.index(question.draft) if question.draft in question.choices else 0

    def action_select(self) -> None:
        if self.highlighted is not None:
            self._panel.give(self._choices[self.highlighted])


class Many(SelectionList[str]):
    """Several of several: space marks, Enter takes what is marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "take", id="many.take", tooltip="Take what is marked"),
        Binding("space", "select", "mark", id="many.mark", tooltip="Mark the row under the cursor, or not"),
    ]

    def __init__(self, panel: Ask, question: Question) -> None:
        marked = set(question.draft.split("\n"))
        super().__init__(
            *(Selection(Content(safe(choice, CHOICE_LIMIT)), choice, choice in marked) for choice in question.choices),
            classes="ask-field",
        )
        self._panel = panel

    def render_line(self, y: int) -> Strip:
        """As the list draws it, but marked or not is told by the glyph: its own are the same, in two colours."""
        line = super().render_line(y)
        place = self.scroll_offset.y + y
        if place >= self.option_count:
            return line
        left, button, *rest = line
        mark = "✓" if self.get_option_at_index(place).value in self.selected else " "
        return Strip([left, Segment(mark, button.style), *rest])

    def action_take(self) -> None:
        self._panel.give(tuple(self.selected))


_LISTS: Mapping[Kind, type[Choice | Many]] = {"choice": Choice, "many": Many}
