"""The hand-off before it is written: every field in HANDOFF.md's order, what the console knows, what is still silent.

What is said here stays as a draft in the record's side file until the offer is recorded. What nobody says does not
stand in the way: it is written as unknown, and listed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from incident_console.events import UNKNOWN
from incident_console.record import handtext
from incident_console.record.handfields import ALL, FIELDS, PROMPTS, Field, Handoff, is_unknown
from incident_console.record.handoff import handoff_md
from incident_console.session import handoff as handing
from incident_console.session.asofnow import AsOfNow, as_of_now
from incident_console.session.secrecy import in_runbook
from incident_console.tui import editor
from incident_console.tui.ask import Ask, Question
from incident_console.tui.footer import KeyLine
from incident_console.tui.handrows import LEGEND, for_receiver, head, rows, told_of, unsaid
from incident_console.tui.header import Header, Heading
from incident_console.tui.rows import Rows
from incident_console.tui.texts import TextScreen

if TYPE_CHECKING:
    from incident_console.session.core import Session
    from incident_console.tui.desk import Desk

SAID, TYPED, WHOLE = "handoff", "handoff?", "=text"
"""Drafts: what was said, what was typed and not taken, and the whole text where it could not be taken."""
FAULTS = 3
GIVE, BACK = "give it", "not yet: back to the fields"
HEAD_LINES, HEAD_LOW, HEIGHT_LOW = 3, 1, 20
"""Lines above the fields, and those on a screen of fewer than so many rows."""


class FieldRows(Rows):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "edit", id="handover.edit", tooltip="Say this field", key_display="⏎"),
    ]


class HandoverScreen(ModalScreen[None]):
    AUTO_FOCUS = "#handover-rows"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "unknown", "unknown", id="handover.unknown", tooltip="Nobody knows it: an answer; again: not so"),
        Binding("n", "next", "next unsaid", id="handover.next", tooltip="Go to the next field that nobody has said"),
        Binding("E", "edit_all", "editor", id="handover.all", tooltip="Edit all fields as text in $EDITOR"),
        Binding("v", "preview", "read", id="handover.read", tooltip="Read HANDOFF.md as it would be written"),
        Binding("w", "write", "write", id="handover.write", tooltip="Record the offer and write the bundle"),
        Binding("question_mark,f1", "app.help", "Help", id="handover.help", key_display="?", tooltip="These keys"),
        Binding("escape,q", "leave", "back", id="handover.back", key_display="Esc", tooltip="Back; nothing is lost"),
    ]

    def __init__(self, desk: Desk, session: Session, now: AsOfNow, drafted: Handoff) -> None:
        super().__init__()
        self._desk, self._session, self._now, self._drafted = desk, session, now, drafted
        self._writing = self._editor_told = False
        self._before: dict[str, str] = {}
        """By field, the operator's own words that `unknown` was put in place of."""
        self._led_to = ""
        """The silent field on which the cursor was put, and not by a key that looks for one: it is the next one yet."""

    def compose(self) -> ComposeResult:
        yield Header(still=self._desk.app.look.still)
        yield Static(id="handover-head", markup=False)
        yield FieldRows(id="handover-rows", markup=False)
        yield Ask()
        yield KeyLine()

    def on_mount(self) -> None:
        self.watch(self._desk.app.query_one(Header), "heading", self._heading)
        listed = self.query_one(FieldRows)
        listed.border_title = Content("hand-off")
        listed.foot(LEGEND)
        self._draw()
        self._led_to = unsaid(self._drafted) if self._drafted.state(FIELDS[0]) != "silent" else ""
        listed.put_cursor(self._led_to or FIELDS[0])

    def on_descendant_focus(self) -> None:
        """A question keeps the focus until it is answered or left."""
        panel = self.query_one(Ask)
        if panel.is_open and self.focused is not None and panel not in self.focused.ancestors:
            self.set_focus(panel.field)

    def on_ask_closed(self, event: Ask.Closed) -> None:
        event.stop()
        self.query_one(FieldRows).focus()

    # -- what is shown -------------------------------------------------------------------------------------------

    def _heading(self, heading: Heading) -> None:
        self.query_one(Header).heading = heading

    def _draw(self) -> None:
        self._draw_head()
        self.query_one(FieldRows).lay([*rows(self._drafted)])
        self.refresh_bindings()

    def _draw_head(self) -> None:
        lines = HEAD_LOW if self._desk.app.size.height < HEIGHT_LOW else HEAD_LINES
        writes = self._desk.key("handover.write")
        self.query_one("#handover-head", Static).update(
            head(self._drafted, writes, self._desk.app.size.width - 2, lines)
        )

    def on_resize(self) -> None:
        self._draw_head()

    # -- what is said --------------------------------------------------------------------------------------------

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id in FIELDS:
            self._desk.start(self._say(ALL[FIELDS.index(event.option_id)]))
        else:
            self.action_preview()

    async def _say(self, field: Field) -> None:
        state, drafted = self._drafted.state(field.name), self._drafted
        source = drafted.sources.get(field.name)
        told = [field.help, f"({source})" if source else "", "Empty takes back what was said."]
        before = "" if state == "silent" else drafted.text(field.name)
        help = " ".join(filter(None, told if state == "said" else told[:2]))
        check = self._desk.time(ahead=True, words=True).told if field.name in handing.TIMES else None
        question = Question(field.name, field.prompt, help=help, draft=before, optional=True, check=check)
        answers = await self._desk.ask(TYPED, question)
        if answers is None or ((text := str(answers[field.name])) == before and state != "known"):
            return
        await self._take({field.name: text})
        if (following := unsaid(self._drafted, field.name)) and self._drafted.state(field.name) != "silent":
            self._led_to = following
            self.query_one(FieldRows).put_cursor(following)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.why_not(action, parameters)

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """As `deadkeys.SaysWhyNot`: what the console knows is not made unknown by one key."""
        name = next((listed.row for listed in self.query(FieldRows)), None)
        if action == "next" and not unsaid(self._drafted):
            return "every field that only you can say is said"
        if action != "unknown" or name is None:
            return ""
        if name not in FIELDS:
            return "the record itself gives this row"
        if name == "to":
            return "somebody must take it: a person, a team or a review"
        says = self._desk.key("handover.edit")
        return f"this is known; {says} says something else of it" if self._drafted.state(name) == "known" else ""

    def key_word(self, action: str) -> str | None:
        """As `footer.SaysKeys`."""
        name = next((listed.row for listed in self.query(FieldRows)), None)
        is_unknown = action == "unknown" and name in FIELDS and self._drafted.state(name) == "unknown"
        return "not unknown" if is_unknown else None

    def action_unknown(self) -> None:
        """What nobody knows is said so; once more, it is as it was before."""
        name = self.query_one(FieldRows).row or ""
        if self._drafted.state(name) == "unknown":
            self._desk.start(self._take({name: self._before.pop(name, "")}))
            return
        if self._drafted.state(name) == "said":
            self._before[name] = self._drafted.text(name)
        self._desk.start(self._take({name: UNKNOWN}))

    def action_next(self) -> None:
        listed = self.query_one(FieldRows)
        led_to, self._led_to = self._led_to, ""
        if listed.row == led_to and self._drafted.state(led_to) == "silent":
            says = self._desk.key("handover.edit")
            self._desk.tell(f"Here it is: {PROMPTS[led_to]}. {says} says it.", seconds=4)
        elif following := unsaid(self._drafted, listed.row or ""):
            listed.put_cursor(following)

    async def _take(self, fields: dict[str, str]) -> None:
        """Keep what was said, and show what the hand-off is with it."""
        keep = self._desk.drafts.keeper(SAID)
        for name, text in handing.settled(self._session, fields).items():
            keep(name, text)
        await self._desk.drafts.write()
        self._drafted = await self._desk.in_thread(handing.drafted, self._session, said(self._desk), self._now)
        if self.is_attached:
            self._draw()

    def action_edit_all(self) -> None:
        if not self._editor_told and (told := editor.unasked(self.app, self._desk.key("handover.all"))):
            self._editor_told = True
            self._desk.tell(told, seconds=12)
            return
        text = self._desk.drafts.get(SAID, WHOLE, "") or handtext.template(self._drafted)
        edited = editor.edit(self._desk.app, text, name="HANDOFF.txt")
        if edited.fault:
            self._desk.tell(edited.fault, "not edited", "warning", 12)
        else:
            self._desk.start(self._read_back(edited.text))

    async def _read_back(self, text: str) -> None:
        parsed = handtext.parse(text)
        if parsed.faults:
            self._desk.drafts.keeper(SAID)(WHOLE, handtext.with_faults(text, parsed.faults))
            await self._desk.drafts.write()
            more = f"; and {len(parsed.faults) - FAULTS} more" if len(parsed.faults) > FAULTS else ""
            told = "; ".join(str(fault) for fault in parsed.faults[:FAULTS]) + more
            told = f"{told}. The text is kept: {self._desk.key('handover.all')} opens it again."
            self._desk.tell(told, "nothing was taken", "warning", 20)
            return
        self._desk.app.clear_notifications()  # of faults that are no more
        await self._desk.drafts.drop(SAID, WHOLE)
        changed = handtext.changes(parsed, self._drafted)
        await self._take(changed)
        self._desk.tell(
            f"Taken: {', '.join(PROMPTS[name] for name in changed)}." if changed else "Nothing was changed."
        )

    # -- what is done --------------------------------------------------------------------------------------------

    def action_preview(self) -> None:
        self._desk.app.push_screen(TextScreen("HANDOFF.md as it would be written", handoff_md(self._drafted)))

    def action_leave(self) -> None:
        self._desk.start(self._leave())

    async def _leave(self) -> None:
        await self._desk.drafts.write()
        self.dismiss()

    def action_write(self) -> None:
        if not self._writing:
            self._desk.start(self._write())

    async def _write(self) -> None:
        """Ask who takes it, then whether it is to be given: one name typed in the wrong place gives nothing away."""
        self._writing = True
        try:
            out = free(self._session.record.path)
            before = "" if is_unknown(self._drafted.to) else self._drafted.to
            help = f"{ALL[FIELDS.index('to')].help} Before it is given you see to whom, and what is missing."
            answers = await self._desk.ask(TYPED, Question("to", PROMPTS["to"], help=help, draft=before))
            if answers is None:
                return
            to = str(answers["to"])
            await self._take({"to": to})
            if not await self._is_given(to, out):
                self._desk.tell("Nothing was given, and nothing was written.", seconds=4)
                return
            words = said(self._desk)
            offered = await self._desk.long.do(
                "the bundle is being written", lambda _: handing.offer(self._session, to, words, out), ends=False
            )
            for text in offered.guessed:
                self._desk.tell(f"mind: {text}", severity="warning", seconds=15)
            for place in await self._desk.in_thread(in_runbook, self._session.trust.loaded, self._session.redactor):
                self._desk.tell(f"mind: the runbook, {place}", severity="warning", seconds=15)
            await self._desk.drafts.drop(SAID, *FIELDS, WHOLE)
        finally:
            self._writing = False
        app = self._desk.app
        self.dismiss()
        page, copies = told_of(offered, self._session.id), for_receiver(offered)
        app.push_screen(TextScreen("Hand-off written", page, copies=copies, named="what the receiver needs"))

    async def _is_given(self, to: str, out: Path) -> bool:
        """The last line before it is another's: to whom, where to, and what they will not know."""
        gives, leaves = self._desk.key("choice.take"), self._desk.key("ask.leave")
        question = Question(
            "give",
            f"It goes to {to}; {gives} gives it, {leaves} goes back",
            "choice",
            (GIVE, BACK),
            help=self._drafted.untold,
            labels={GIVE: f"give it to {to}, and write {out}"},
        )
        answers = await self._desk.ask(TYPED, question)
        return answers is not None and answers["give"] == GIVE


async def open_screen(desk: Desk) -> None:
    """Look up what is so now, and show the hand-off as far as it is known."""
    session, words = desk.session, said(desk)

    def look() -> tuple[AsOfNow, Handoff]:
        now = as_of_now(session)
        return now, handing.drafted(session, words, now)

    now, drafted = await desk.long.do("what is so now is being looked up", lambda _: look())
    desk.app.clear_notifications()
    if not isinstance(desk.app.screen, HandoverScreen):  # the key was pressed twice
        await desk.app.push_screen(HandoverScreen(desk, session, now, drafted))


def said(desk: Desk) -> dict[str, str]:
    """What the operator said so far; an empty text says nothing."""
    return {name: text for name in FIELDS if (text := desk.drafts.get(SAID, name, "").strip())}


def free(record: Path) -> Path:
    """Where the next bundle of this record goes: beside the folder of records, over no earlier one."""
    name, number = record.parent.parent / f"{record.name}.zip", 1
    while name.exists() or name.is_symlink():
        number += 1
        name = name.with_name(f"{record.name}-{number}.zip")
    return name
