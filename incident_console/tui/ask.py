"""How the console asks: one question at a time, in a panel at the foot of the screen, never over the facts.

Every entry of the console goes through here (answers, notes, waivers, actions, consent), so that the keys are the same
everywhere: Enter takes the answer and goes on, Escape leaves and keeps what was typed as a draft. Which keys there are
stands in the panel's border.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Protocol

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static, TextArea

from incident_console.tui import editor
from incident_console.tui.choosing import Choose, Many
from incident_console.tui.entry import LIMIT, Entry, Preview
from incident_console.tui.inorder import again
from incident_console.tui.keys import briefly
from incident_console.tui.livekeys import key
from incident_console.tui.question import Aside as Aside
from incident_console.tui.question import Check as Check
from incident_console.tui.question import Kind as Kind
from incident_console.tui.question import Question as Question
from incident_console.tui.words import safe, safe_text, typed_text

_KEPT = ("ask.leave", "keeps it as a draft")
_PREVIEW = ("entry.preview", "preview")
_MORE = (("entry.edit", "editor"), ("entry.undo", "undo"), ("entry.redo", "redo"))
KEYS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "text": (("entry.take", "takes"), _KEPT, ("entry.line", "line"), *_MORE),
    "lines": (("entry.take", "takes"), _KEPT, ("entry.line", "line"), _PREVIEW, *_MORE),
    "preview": (("preview.back", "back to the text"),),
    "choice": (("choice.take", "takes"), ("ask.leave", "leaves"), ("", "type to find")),
    "many": (("many.mark", "marks"), ("choice.take", "takes"), _KEPT, ("", "type to find")),
}
"""What stands in the border by binding id, the most needed first: as many as there is room for."""
SPOT = ("entry.spot", "log time")
TURN = "entry.turn"
BACK = ("ask.back", "step back")
OPTIONAL = "  (may stay empty)"
CHECKED = 4000
"""Characters of a text that are looked at while it is typed; all of it when it is taken."""


Answer = str | tuple[str, ...]
Answers = dict[str, Answer]
"""By the question's id."""
Take = Callable[[Answers], Awaitable[str | None]]
"""Gets all the answers; gives the sentence that refuses them, or None when they are taken."""


class Draft(Protocol):
    """Gets a question's id, what stands in its field now and where its cursor is, whenever that changes."""

    def __call__(self, id: str, text: str, cursor: str = "", /) -> None: ...


@dataclass(slots=True)
class _Asking:
    """What is being asked now."""

    questions: tuple[Question, ...]
    draft: Draft
    take: Take | None
    done: asyncio.Future[Answers | None]
    before: Widget | None
    """What had the focus."""
    form: str = ""
    """What the questions are for; each says it."""
    answers: Answers = field(default_factory=dict)
    at: int = 0
    edited: bool = False
    """Whether the text of this question was touched."""
    taking: bool = False

    @property
    def question(self) -> Question:
        return self.questions[self.at]

    def put(self, question: Question) -> None:
        """In place of the open one."""
        self.questions = (*self.questions[: self.at], question, *self.questions[self.at + 1 :])


class Ask(VerticalScroll, can_focus=False):
    """The panel. `await ask.these(questions)` gives the answers, or None when the operator left.

    An answer is taken and the next question shown in one go, without waiting: what somebody types ahead goes where it
    belongs. Only what takes all the answers may wait (for the disk).
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", id="ask.leave", tooltip="Leave; what was typed is kept"),
        Binding("shift+tab", "back", "step back", False, id="ask.back", tooltip="Back to the question before"),
    ]

    class Closed(Message):
        """No question is open any more."""

    def __init__(self) -> None:
        super().__init__(id="ask")
        self._asking: _Asking | None = None
        self._list: Choose | None = None
        self._preview: Preview | None = None
        self.closed_at = 0.0
        """When a question was open last, as `time.monotonic` has it."""
        self._editor_told = False  # which one opens, where nobody chose one

    def compose(self) -> ComposeResult:
        yield Static(id="ask-prompt", markup=False)
        yield Static(id="ask-fault", markup=False)
        yield Entry(self)

    @property
    def is_open(self) -> bool:
        return self._asking is not None

    @property
    def taking(self) -> bool:
        """Whether the answers are being taken now."""
        return self._asking is not None and self._asking.taking

    @property
    def field(self) -> Widget:
        """Where the answer to the open question is given."""
        return self._preview or self._list or self.query_one(Entry)

    async def these(
        self, questions: tuple[Question, ...], draft: Draft, take: Take | None = None, form: str = ""
    ) -> Answers | None:
        """Ask in order. Returns the answers, or None when the operator left.

        `take` is called with all of them while the last field is still open, so that what is refused still stands
        there. Must not be called while a question is open.
        """
        done: asyncio.Future[Answers | None] = asyncio.get_running_loop().create_future()
        asking = _Asking(questions, draft, take, done, self.screen.focused, form)
        self._asking = asking
        self.app.clear_notifications()  # what was told before must not cover the question
        self._show(asking)
        return await asking.done

    def passes_on(self, field: Widget, event: events.Key) -> bool:
        """Whether a key that came to this field is meant for what is there by now: another field, or no question.

        While the answers are being taken it is for what comes after, too: the app has it wait for that.
        """
        if self.is_open and not self.taking and self.field is field:
            return False
        to = self.field if self.is_open and not self.taking else self.app
        to.post_message(again(event))
        event.stop().prevent_default()
        return True

    def give(self, answer: Answer) -> None:
        """Take the answer to the open question, and go on."""
        asking = self._asking
        if asking is None or asking.taking:
            return
        check = asking.question.check
        told, can_be_taken = check(answer) if check is not None and isinstance(answer, str) and answer else ("", True)
        if not answer and not asking.question.optional:
            self.refuse(f"Something must stand here; {key(self.app, 'ask.leave')} leaves it for later.")
            return
        if not can_be_taken:
            self.refuse(told)
            return
        self._keep(asking)
        asking.answers[asking.question.id] = answer
        if (aside := asking.question.aside) is not None:
            asking.answers[aside.id] = aside.chosen
        if asking.at + 1 < len(asking.questions):
            asking.at += 1
            self._show(asking)
        elif asking.take is None:
            self._close(asking, asking.answers)
        else:
            asking.taking = True
            self.run_worker(self._take(asking, asking.take), group="ask")

    async def _take(self, asking: _Asking, take: Take) -> None:
        try:
            refusal = await take(asking.answers)
        finally:
            asking.taking = False
        if refusal is None:
            self._close(asking, asking.answers)
        else:
            self.refuse(refusal)

    def action_back(self) -> None:
        """To the question before, with what was answered there; what stands in this one stays in it."""
        asking = self._asking
        if asking is None or asking.taking or asking.at == 0:
            return
        self._keep(asking)
        text = self.query_one(Entry).text if self._list is None else self._list.draft
        if text is not None:
            asking.put(replace(asking.question, draft=text))
        asking.at -= 1
        given = asking.answers[asking.question.id]
        asking.put(replace(asking.question, draft=given if isinstance(given, str) else "\n".join(given)))
        self._show(asking)

    def turn(self) -> None:
        """The next answer to what is asked beside the text."""
        asking = self._asking
        if asking is None or asking.taking or (aside := asking.question.aside) is None:
            return
        asking.put(replace(asking.question, aside=replace(aside, chosen=aside.next)))
        asking.draft(aside.id, aside.next)
        self._show_prompt(asking)

    def action_leave(self) -> None:
        if self._asking is not None and not self._asking.taking:
            self.put_by(self._list.strayed if self._list is not None else "")
            self._keep(self._asking)
            self._close(self._asking, None)

    def put_by(self, text: str) -> None:
        """What was typed in the wrong place can be put into the next text."""
        if text:
            self.query_one(Entry).cut = text

    def _close(self, asking: _Asking, answers: Answers | None) -> None:
        self._asking, self.closed_at = None, time.monotonic()
        self._put_preview(None)
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
        self._show_prompt(asking)
        entry = self.query_one(Entry)
        self._open(True)
        self._put_preview(None)
        self._put_list(_LISTS[question.kind](self, question) if question.kind in _LISTS else None)
        if question.kind not in _LISTS:
            entry.begin(question.draft, question.cursor)
        self._tell_help(question)
        self._show_keys()
        self.screen.set_focus(self.field)

    def _show_prompt(self, asking: _Asking) -> None:
        """Which of how many it is, whether it may stay empty, and what is asked beside it."""
        question = asking.question
        steps = f"{asking.at + 1}/{len(asking.questions)}" if len(asking.questions) > 1 else ""
        place = f"{asking.form} {steps}".strip()
        place = f"{place}  " if place else ""
        told: list[str | tuple[str, str]] = [(place, "$foreground-muted"), (safe(question.prompt), "bold")]
        if question.optional:
            told.append((OPTIONAL, "$foreground-muted"))
        if question.aside is not None:
            for choice in question.aside.choices:
                chosen = choice == question.aside.chosen
                told.append((f"  {'◉' if chosen else '○'} {choice}", "bold" if chosen else "$foreground-muted"))
            told.append((f"  {key(self.app, TURN)} changes it", "$foreground-muted"))
        self.query_one("#ask-prompt", Static).update(Content.assemble(*told))

    # -- what stands where ---------------------------------------------------------------------------------------

    def _put_list(self, new: Choose | None) -> None:
        """Choices stand where the text field stands otherwise."""
        old, self._list = self._list, new
        self.query_one(Entry).display = new is None
        if new is not None:
            self.mount(new)
        if old is not None:
            old.remove()

    def _put_preview(self, new: Preview | None) -> None:
        """It stands where the text field stands, which keeps its text, its cursor and what can be undone."""
        old, self._preview = self._preview, new
        self.query_one(Entry).display = new is None and self._list is None
        if new is not None:
            self.mount(new)
        if old is not None:
            old.remove()

    def preview(self) -> None:
        asking = self._asking
        if asking is not None and asking.question.kind == "lines" and self._preview is None:
            self._put_preview(Preview(self, self.query_one(Entry).text))
            self._show_keys()
            self.screen.set_focus(self.field)

    def end_preview(self) -> None:
        if self._preview is not None:
            self._put_preview(None)
            self._show_keys()
            self.screen.set_focus(self.field)

    def edit(self) -> None:
        """Have the text edited in the operator's own editor; what goes wrong is told, and the text is as it was."""
        if self._asking is None or self._asking.taking:
            return
        if not self._editor_told and (told := editor.unasked(self.app, key(self.app, "entry.edit"))):
            self._editor_told = True
            self._tell(Content.styled(safe(told), "$text-accent"))
            return
        entry = self.query_one(Entry)
        edited = editor.edit(self.app, entry.text, name="note.md", limit=LIMIT)
        if edited.fault:
            self.refuse(edited.fault)
        else:
            entry.put(edited.text.removesuffix("\n"))

    def put_spot(self) -> None:
        asking = self._asking
        if asking is None or asking.question.spot is None:
            return
        if text := asking.question.spot():
            self.query_one(Entry).put(text)
        else:
            self.refuse("The line under the log's cursor has no time of its own.")

    # -- what is told --------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self._show_keys()

    def _show_keys(self) -> None:
        """In the border: the most needed first, and as many as fit."""
        asking = self._asking
        if asking is None:
            return
        question, kind = asking.question, str(asking.question.kind)
        if self._preview is not None:
            kind = "preview"
        told_of = list(KEYS[kind])
        if question.spot is not None:
            told_of.insert(2, SPOT)
        if asking.at and self._preview is None:
            told_of.insert(2, BACK)
        keys = [f"{briefly(key(self.app, id))} {word}" if id else word for id, word in told_of]
        room = (self.size.width or self.app.size.width) - 4
        while len(keys) > 1 and len(" · ".join(keys)) > room:
            keys.pop()
        told = " · ".join(keys)
        if str(self.border_subtitle) != told:
            self.border_subtitle = Content(told)
            self.refresh_bindings()

    def refuse(self, because: str) -> None:
        self._tell(Content.styled("✗ " + safe(because), "$text-error"))

    def chosen(self) -> None:
        """Another row is looked for, or marked."""
        if self._asking is not None:
            self._tell_help(self._asking.question)
            self._keep(self._asking)

    def renew(self) -> None:
        """The run went on: what is new in the logs can be chosen, and the cursor stays on what it stands on."""
        asking = self._asking
        if asking is not None and self._list is not None and asking.question.offered is not None:
            self._list.renew(*asking.question.offered())
            self._tell_help(asking.question)
        elif asking is not None and not asking.taking and (redraft := asking.question.redraft) is not None:
            question, entry = asking.question, self.query_one(Entry)
            untouched = not asking.edited and entry.text == typed_text(question.draft)
            if untouched and (now := redraft(question.draft)) != question.draft:
                asking.put(replace(question, draft=now))
                entry.begin(now, "")

    def _tell_help(self, question: Question) -> None:
        """The help, and what is understood of what stands in the field."""
        if self._list is not None:
            told, can_be_taken = self._list.told, True
        elif question.check is not None and (text := self.query_one(Entry).text.strip()):
            told, can_be_taken = question.check(text[:CHECKED])
        else:
            told, can_be_taken = "", True
        if told and not can_be_taken:
            self.refuse(told)
        else:
            parts = [(safe_text(question.help), "$foreground-muted"), (safe(told), "$text-accent")]
            self._tell(Content("\n").join(Content.styled(*part) for part in parts if part[0]))

    def _tell(self, content: Content) -> None:
        """Help, or why the answer is not taken; no empty line where there is neither."""
        told = self.query_one("#ask-fault", Static)
        told.update(content)
        told.set_class(bool(content.plain), "-told")

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        asking = self._asking
        if asking is None or asking.taking or self._list is not None:
            return
        if asking.question.check is not None:
            self._tell_help(asking.question)
        self._show_keys()
        self._keep(asking)

    def _keep(self, asking: _Asking) -> None:
        """What stands in the field is a draft, once it was touched: what is only suggested is none."""
        question, entry = asking.question, self.query_one(Entry)
        text = entry.text if self._list is None else self._list.draft
        if text is not None and (asking.edited or text != typed_text(question.draft)):
            asking.edited = True
            asking.draft(question.id, text, entry.place if self._list is None else "")


_LISTS: Mapping[str, type[Choose]] = {"choice": Choose, "many": Many}
