"""How does a page leave the console? Copied to the terminal's clipboard, or sent by a command of the user's own.

A command is shown before it runs: its exact words, the files that it gets, how they begin, and with which environment.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from incident_console.errors import ConsoleError
from incident_console.record.incident import Incident, fold
from incident_console.record.note import brief, note_md
from incident_console.session import waysout
from incident_console.tui.ask import Question
from incident_console.tui.livekeys import key
from incident_console.tui.texts import TextScreen
from incident_console.tui.words import safe, safe_text, size, span

if TYPE_CHECKING:
    from incident_console.evidence.command import Progress
    from incident_console.session.ways import Way
    from incident_console.tui.desk import Desk

YES, NO = "yes, run it", "no, send nothing"
LINES_SHOWN, LINE_SHOWN = 3, 64
"""Of what is sent: lines in all, and characters of each."""


class WaysOut:
    """Every method is one thing to do, for `desk.start`."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def commands(self) -> Iterator[tuple[str, str, Callable[[], None]]]:
        """For the palette: title, help, what to do."""
        yield "Read the note", "The incident note in its six fields, to be read and copied", self._doing(self.note)
        yield "Copy the note", "To the terminal's clipboard (OSC 52)", self._doing(self.copy_note)
        yield "Copy the brief", "To the terminal's clipboard (OSC 52)", self._doing(self.copy_brief)
        for way in self.desk.app.plan.who.ways:
            title = f"Send: {safe(way.title, 80)}"
            told = f"Runs {safe(' '.join(way.run), 120)}; shown before it runs"
            yield title, told, lambda way=way: self.desk.start(self.send(way))  # type: ignore[misc]

    def _doing(self, work: Callable[[], object]) -> Callable[[], None]:
        async def do() -> None:
            work()

        return lambda: self.desk.start(do())

    def note(self) -> None:
        self.desk.app.push_screen(TextScreen("Note", note_md(self._incident())))

    def copy_note(self) -> None:
        self._copy("note", note_md(self._incident()))

    def copy_brief(self) -> None:
        self._copy("brief", brief(self._incident(), self.desk.view.clock.now(), self.desk.say.seen()))

    def _copy(self, what: str, text: str) -> None:
        self.desk.app.copy_to_clipboard(safe_text(text))
        key = f"{self.desk.key('app.brief')} opens it" if what == "brief" else "the palette opens it"
        self.desk.tell(f"The {what} is copied. If your terminal does not take it: {key}, select it with the mouse.")

    def _incident(self) -> Incident:
        """As it is now: folded anew, since the record goes on growing while a page is made."""
        return fold(tuple(self.desk.app.incident.lines), self.desk.view.id)

    async def send(self, way: Way) -> None:
        """Show what would be sent, ask, run it, and show what came of it. Nothing is run without a yes."""
        session, app = self.desk.session, self.desk.app
        # Who it goes to is asked before anything is written, so that leaving the question leaves no file.
        asked = await self.desk.ask(f"send {way.name}", Question("to", "Who does it go to?", draft=way.title))
        if asked is None:
            return
        incident = self._incident()
        prepared = await self.desk.in_thread(waysout.prepare, session, way, incident)
        try:
            consent = Question("run", "Run it?", "choice", (NO, YES), help=confirmation(prepared))
            answers = await self.desk.ask(f"sending {way.name}", consent)
            if answers is None or answers["run"] != YES:
                self.desk.tell("Nothing was run, and nothing was sent.")
                return
            screen = Sending(prepared)
            await app.push_screen(screen)
            await screen.carry_out(
                lambda: waysout.send(
                    session,
                    prepared,
                    str(asked["to"]),
                    dict(os.environ),
                    cancel=screen.cancelled,
                    progress=screen.progress,
                )
            )
        finally:
            await self.desk.in_thread(prepared.forget)


def confirmation(prepared: waysout.Prepared) -> str:
    """What somebody must know before a command runs; short, so that the choice stays in view."""
    lines = [
        f"Runs, without a shell: {safe(prepared.words, 2000)}",
        f"with your own environment and its tokens, for at most {span(prepared.way.timeout_s)}.",
    ]
    shown = max(1, LINES_SHOWN // max(1, len(prepared.files)))
    for file in prepared.files:
        begins = ", which begins:" if file.first else ""
        lines.append(f"It gets {file.placeholder}: {file.path.name}, {size(file.size)}{begins}")
        text = [line for line in file.first.split("\n") if line.strip()]
        lines += [f"  │ {safe(line, LINE_SHOWN)}" for line in text[:shown]]
    if not prepared.files:
        lines.append("It gets no file of the record.")
    return "\n".join(lines)


class Sending(ModalScreen[None]):
    """A command at work, and then what came of it. Escape cancels it, and closes the page once it has ended."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,x", "leave", "cancel / close", id="send.leave", tooltip="Cancel it; close when it has ended"),
        Binding("question_mark,f1", "app.help", "Help", id="send.help", show=False, tooltip="These keys"),
    ]

    class Progressed(Message):
        def __init__(self, progress: Progress) -> None:
            super().__init__()
            self.progress = progress

    def __init__(self, prepared: waysout.Prepared) -> None:
        super().__init__()
        self._prepared = prepared
        self.cancelled = threading.Event()
        self.ended = False

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="page") as box:
            box.border_title = Content(f"Send: {safe(self._prepared.way.title, 80)}")
            box.border_subtitle = f"{key(self.app, 'send.leave')} cancels"
            yield Static(Content(safe(self._prepared.words, 2000)), markup=False)
            yield Static(Content("⟳ running …"), id="sending", markup=False)

    def progress(self, progress: Progress) -> None:
        """Called from the thread that runs the command."""
        self.post_message(self.Progressed(progress))

    async def carry_out(self, work: Callable[[], waysout.Done]) -> None:
        """Run `work` in a thread and show what came of it. Raises what it raises, once the page says so."""
        try:
            done = await asyncio.to_thread(work)
        except ConsoleError as fault:
            self._end(f"✗ {safe(str(fault), 2000)}")
            raise
        self._end(f"{'✓' if done.well else '✗'} {safe(done.result, 4000)}\n\nIt stands in the record, as an action.")

    def on_sending_progressed(self, message: Progressed) -> None:
        told = message.progress
        if not self.ended:
            output = size(told.stdout_bytes + told.stderr_bytes)
            state = "being ended …" if self.cancelled.is_set() else f"running {span(told.elapsed_s)}, {output} so far"
            self.query_one("#sending", Static).update(Content(f"⟳ {state}"))

    def _end(self, text: str) -> None:
        self.ended = True
        if self.is_attached:
            self.query_one("#sending", Static).update(Content(text))
            self.query_one("#page", VerticalScroll).border_subtitle = f"{key(self.app, 'send.leave')} closes"

    def action_leave(self) -> None:
        if self.ended:
            self.dismiss()
        else:
            self.cancelled.set()
            self.query_one("#sending", Static).update(Content("⟳ being ended …"))
