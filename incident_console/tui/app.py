"""The console: one screen. It shows pictures of the incident and of the run, and hands every intent to the desk."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.events import Event, Key
from textual.message import Message
from textual.widget import Widget

from incident_console.errors import ConsoleError, Exit
from incident_console.events import EditExplained, EditObserved, Recorded
from incident_console.record.incident import fold
from incident_console.session.core import Session
from incident_console.session.firstlook import FirstLook
from incident_console.session.picture import Picture
from incident_console.session.reviewing import BundleReview, Review
from incident_console.session.secrecy import not_sought
from incident_console.tui import endings, firstrun, news, panes, places
from incident_console.tui.after import after
from incident_console.tui.ask import Ask
from incident_console.tui.browser import Browser
from incident_console.tui.desk import Desk
from incident_console.tui.drawing import draw, follow_logs
from incident_console.tui.ends import Ends
from incident_console.tui.facts import Facts
from incident_console.tui.firstrun import FirstRun
from incident_console.tui.footer import KeyLine
from incident_console.tui.handed import HandedPane
from incident_console.tui.header import Header
from incident_console.tui.inbox import Inbox
from incident_console.tui.inorder import Early, InOrder, Lap, done_here
from incident_console.tui.intents import Intents
from incident_console.tui.keys import KEYS
from incident_console.tui.ladder import FACTS, HANDOFF, Ladder
from incident_console.tui.layout import Body
from incident_console.tui.lettinggo import let_go
from incident_console.tui.log.view import LogView
from incident_console.tui.logs import LogsPane
from incident_console.tui.look import Look, breakpoints
from incident_console.tui.notify import DISK_EACH_S, RECORDS, WORKFLOW, DiskWatch, Few, Notices, Title, disks
from incident_console.tui.rung import RungPane
from incident_console.tui.runpane import RunPane
from incident_console.tui.since import Since
from incident_console.tui.timeline import Timeline
from incident_console.tui.words import safe_text

if TYPE_CHECKING:
    from incident_console.session.holding import Held
    from incident_console.session.live import Live
    from incident_console.session.onlooking import Onlooker
    from incident_console.session.plan import Plan
    from incident_console.tui.debuglog import DebugLog

REDRAW_S = 1 / 30
"""Between two drawings of what is known, of which there is none while nothing changes."""
THREADS = 32
"""Enough for every evidence command of a rung to run, and an answer to be saved meanwhile."""


class Painted(Message):
    """The live thread has a new picture."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self.picture = picture


class Wrote(Message):
    """An event is on disk, and in what the session knows."""


class NowHeld(Message):
    """What waits in memory for the disk is not what it was."""

    def __init__(self, held: Held) -> None:
        super().__init__()
        self.held = held


class Console(Intents):
    """`run()` gives the exit code. Nothing heavy happens before the first paint; nothing waits in the screen's loop."""

    TITLE = "incident-console"
    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (150, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    SCREENS_APART = tuple(f"{__package__}.{name}" for name in ("contrast", "diff", "handover", "log.bar"))
    """Modules of screens that come when they are asked for, and have keys of their own."""

    def __init__(self, plan: Plan, look: Look | None = None, debug: DebugLog | None = None) -> None:
        super().__init__()
        self.plan = plan
        self.ends = Ends(self, debug)
        self._not_worn = self.wear(look or Look())
        self._drawing, self._drawn_at = False, 0.0
        self.HORIZONTAL_BREAKPOINTS = breakpoints(self.look.layout, self.HORIZONTAL_BREAKPOINTS)
        self._notifications = Few()
        self.notices = Notices(self, self.look, lambda: datetime.now(UTC))
        self.disk = DiskWatch()
        self._title = Title(self._write, self.look)
        self._signals_as_before: Callable[[], None] = lambda: None
        self.live: Live | Onlooker | None = None
        self.parting = ""
        """What is said on the terminal when the screen has gone."""
        self.desk = Desk(self)
        self.early = Early(self)
        self.in_order = InOrder(self, lambda: self.desk.opening)
        self._first: FirstLook | None = None
        self._since = datetime.now(UTC).replace(microsecond=0)
        """When the console was opened; a run log tells whole seconds."""

    async def on_event(self, event: Event) -> None:
        if not isinstance(event, Key) or event.is_forwarded:
            await super().on_event(event)
        elif self.screen_stack:  # else it is being closed
            self.keyed()
            self.refuse("")
            for header in self.screen.query(Header):
                header.stirred()
            await self.in_order.take(event, self._key)

    async def _key(self, event: Key) -> Widget | None:
        """As `InOrder.take` has it."""
        if self.session is None and not self.query_one(Ask).is_open and self.early.holds(event):
            return None
        focused = self.focused or self.screen
        if await done_here(self, event):
            return focused
        await super().on_event(event)
        # A key that is no letter may take an answer: what comes after it is not for the same field.
        return None if event.is_printable else focused

    def on_lap(self, message: Lap) -> None:
        message.arrived.set()

    def compose(self) -> ComposeResult:
        yield Header(still=self.look.still)
        with Body():
            yield Ladder()
            with Horizontal(id="centre"):
                yield Facts()
                yield RunPane()
                yield RungPane()
                yield Inbox()
                yield Browser()
                yield Timeline()
                yield HandedPane()
                yield Since()
            yield LogsPane()
        yield FirstRun()
        yield Ask()
        yield KeyLine()

    def on_load(self) -> None:
        """The look at the run goes on while the screen is made."""
        plan = self.plan
        if not (plan.command or plan.resume or plan.bundle):
            self._first = FirstLook(plan.workdir, plan.log, self._told)
            self._first.start()

    def on_mount(self) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "desk"))
        self.ends.begin()
        places.show(self)
        self.query_one(Facts).focus()
        panes.show(self, "centre")
        self.screen_change_signal.subscribe(self, lambda _: self._draw_soon())
        self.stale()
        self.call_after_refresh(self.open)
        self._title.take()
        self.app_suspend_signal.subscribe(self, lambda _: self._title.give_back())
        self.app_resume_signal.subscribe(self, lambda _: self._title.take())
        if faults := (*self._not_worn, *self.take_keys(self.SCREENS_APART)):
            self.desk.tell("; ".join(faults), "settings", "warning", 20)

    def says_title(self, text: str) -> None:
        self._title.say(text)

    def on_unmount(self) -> None:
        self._title.give_back()
        self.ends.end()

    def _write(self, sequence: str) -> None:
        """To the terminal itself, as `bell` writes; Textual has no public way for a title."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    # -- opening and leaving -------------------------------------------------------------------------------------

    @work(exclusive=True, group="open")
    async def open(self) -> None:
        """Take up an open incident of this folder, or begin one; then follow the run."""
        try:
            go_on, resume = await self.desk.choose_incident(self.plan)
            if not go_on:
                self._go(Exit.OK, "Nothing was opened, and nothing was changed.")
                return
            session = await self.desk.in_thread(self._begin, resume)
        except ConsoleError as fault:
            self._go(fault.exit_code, f"incident-console: {fault}")
            return
        self._take_up(session)
        if isinstance(session, Session) and resume is None and self.plan.resume is None:
            await self._greet(session)

    def _begin(self, resume: Path | None) -> Session | Review:
        """In a thread, where what follows a run is imported, too: the screen waits for none of it."""
        import_module("incident_console.session.onlooking")
        return self.plan.begin(resume)

    async def _greet(self, session: Session) -> None:
        """Whoever is here for the first time is told in five lines what to press."""
        if await self.desk.in_thread(firstrun.is_new, self.plan.who.trust.parent) and self.place == FACTS:
            self.query_one(FirstRun).show(self.desk.key, len(session.runbook.rungs))

    def _take_up(self, session: Session | Review) -> None:
        from incident_console.session.live import Live
        from incident_console.session.onlooking import Onlooker

        session.listen(self._written)
        self.incident = fold(tuple(session.incident.lines), session.id)
        self.session = session
        plan = self.plan
        if isinstance(session, Review):
            self.picture = Picture()  # which run is watched is what the record says
            self.live = Onlooker(session, self._told)
        else:
            self.desk.drafts.load()
            if told := not_sought(plan.who.secrets):
                self.desk.tell(told, "some values are not looked for", "warning")
            session.hold(self._holds)
            self.desk.aside(self.desk.unsaved.look_for_left())
            first, self._first = self._first, None
            self.live = Live(session, self._told, log=plan.log, globs=plan.globs, sources=plan.sources, first=first)
        self.live.start()
        self.ends.tell(f"the record is open, {len(self.incident.lines)} events")
        self._follow_files(self.live)
        if isinstance(session, BundleReview):
            self.go(HANDOFF)
        elif self.incident.open_rung is not None:
            self.go(self.incident.open_rung)
        elif self.place == HANDOFF:
            self.go(FACTS)
        if self.incident.accepted:
            self.desk.aside(self.desk.taking.look())
        if isinstance(session, Session) and session.taken_up:
            told = news.resumed(session.id, session.cut_off, self.desk.drafts.waiting)
            self.desk.tell(told, "resumed", seconds=15)
        self._watch_disks()
        places.show(self)  # its rows lead somewhere before a key that waited is done
        self.early.release()
        self.desk.aside(self._tell_exposed(session))
        self.refresh_bindings()
        self.stale()

    async def _tell_exposed(self, session: Session | Review) -> None:
        from incident_console.session.exposure import exposed

        if told := await self.desk.in_thread(exposed, session.record):
            self.desk.tell(told, "others may write here", "warning", 15)
        if isinstance(session, Session) and (told := await self.desk.in_thread(self.plan.set_aside, session)):
            self.desk.tell(told, "another runbook", "warning", 15)

    @work(exclusive=True, group="disks")
    async def _watch_disks(self) -> None:
        """One look after the other: a file system that hangs is asked once, and holds one thread."""
        while (session := self.session) is not None:
            where = {RECORDS: session.record.path, WORKFLOW: session.workdir}
            for told in self.disk.look(await self.desk.in_thread(lambda where=where: tuple(disks(where)))):
                self.desk.tell(told, "a disk is nearly full", "warning", kind="disk")
            await asyncio.sleep(DISK_EACH_S)
            self.stale()  # something may have fallen due

    async def change_to(self, plan: Plan, session: Session) -> None:
        """From reading to writing the same incident: it is taken up as if it had been opened so."""
        before, live = self.session, self.live
        if live is not None:
            await self.desk.in_thread(live.close)
        if before is not None:
            await self.desk.in_thread(before.close)
        self.plan, self.picture = plan, Picture()
        self.desk.climb.forget()
        self._take_up(session)

    def _written(self, _: Recorded) -> None:
        with contextlib.suppress(RuntimeError):  # the screen has gone already; the event is on disk all the same
            self.post_message(Wrote())

    def _holds(self, held: Held) -> None:
        with contextlib.suppress(RuntimeError):
            self.post_message(NowHeld(held))

    async def on_now_held(self, message: NowHeld) -> None:
        await self.desk.unsaved.changed(message.held)

    def _told(self, picture: Picture) -> None:
        with contextlib.suppress(RuntimeError):
            self.post_message(Painted(picture))

    @work(group="follow")
    async def _follow_files(self, live: Live | Onlooker) -> None:
        view = self.query_one(LogView)
        async for changed in live.follower.changes():
            await self.may_draw()
            self.stream.changed(changed)
            view.changed(changed)

    def action_leave(self) -> None:
        self.leave()

    def action_suspend_process(self) -> None:
        endings.stop_job()

    @work(exclusive=True, group="leave")
    async def leave(self) -> None:
        """Write the documents, let go of the pen, and say how to come back."""
        self._go(*await let_go(self))

    def _go(self, code: Exit, parting: str) -> None:
        self.parting = parting
        self.exit(int(code))

    def run(self, *arguments: Any, **named: Any) -> int | None:
        """As every app runs; then what is said on leaving goes to stderr, whole: its paths are there to be copied."""
        code = super().run(*arguments, **named)
        if parting := self.ends.last_words(self.parting):
            print(safe_text(parting), file=sys.stderr, flush=True)
        return code

    def _handle_exception(self, error: Exception) -> None:
        """Something failed that must not: leave a crash file instead of a traceback on the terminal.

        This is where Textual ends an app whose handler or worker raised; it has no public name for it.
        """
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
            code, self.parting = self.ends.crashed(error)
            self._return_value = self._return_code = int(code)
        self._close_messages_no_wait()

    # -- what threads tell ---------------------------------------------------------------------------------------

    def on_painted(self, message: Painted) -> None:
        if not self.query(LogView):
            return  # the screen has gone already
        before, self.picture = self.picture, message.picture
        if not before.looked:
            self.ends.tell("the first picture of the run")
            self._redraw()  # what one waited for goes with the first frame
        news.of_run(self.desk, before, self.picture)
        news.of_record(self.desk, before, self.picture)
        if before.run is not self.picture.run:
            self.screen_stack[0].query_one(Ask).renew()
        # After the next frame: to open a thousand logs as one takes longer than to tell the facts.
        self.call_after_refresh(follow_logs, self, before, self.picture)
        if (review := self.desk.review) is not None and before.notices != self.picture.notices:
            news.of_pen(self.desk, review, before)
            self.refresh_bindings()
        self.stale()

    def on_wrote(self) -> None:
        """Take in all that is new, in the journal's order: what two threads tell may come in another."""
        if self.session is None:
            return
        for recorded in self.session.incident.lines[len(self.incident.lines) :]:
            self.incident.apply(recorded)
            self.not_saved = ""
            self.ends.tell(f"event {recorded.seq} {recorded.kind}")
            if isinstance(recorded.event, EditObserved | EditExplained):
                self.refresh_bindings()
            news.of_event(self.desk, recorded, self._since)
            self.stale()

    # -- drawing -------------------------------------------------------------------------------------------------

    def _draw_soon(self) -> None:
        if self._stale and not self._drawing:
            self._drawing = True
            after(self, self._drawn_at + REDRAW_S - time.monotonic(), self._redraw)

    def _redraw(self) -> None:
        """What changes below a page is drawn when the page is closed."""
        self._drawing, self._drawn_at = False, time.monotonic()
        if not self._stale or len(self.screen_stack) > 1 or not self.is_running:
            return
        self._stale = False
        draw(self)
