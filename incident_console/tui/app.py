"""The console: one screen. It shows pictures of the incident and of the run, and hands every intent to the desk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer

from incident_console.errors import ConsoleError
from incident_console.events import Recorded
from incident_console.record.incident import Incident, fold
from incident_console.session.core import Session, unexplained
from incident_console.session.live import Live, Picture
from incident_console.session.opening import Plan
from incident_console.tui.ask import Ask
from incident_console.tui.desk import Desk, parting
from incident_console.tui.facts import Facts
from incident_console.tui.header import Header, Heading
from incident_console.tui.help import HelpScreen
from incident_console.tui.inbox import Inbox
from incident_console.tui.keys import KEYS
from incident_console.tui.ladder import FACTS, INBOX, Ladder
from incident_console.tui.logs import LogList, LogsPane
from incident_console.tui.logview import LogView
from incident_console.tui.rung import RungPane, RungRows

PANES = ("#ladder", "#centre", "#log-list", "#log-view")


class Painted(Message):
    """The live thread has a new picture."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self.picture = picture


class Wrote(Message):
    """An event is on disk."""

    def __init__(self, recorded: Recorded) -> None:
        super().__init__()
        self.recorded = recorded


class Console(App[int]):
    """`run()` gives the exit code. Nothing heavy happens before the first paint; nothing waits in the screen's loop."""

    TITLE = "incident-console"
    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (150, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.session: Session | None = None
        self.live: Live | None = None
        self.incident = Incident()
        self.picture = Picture()
        self.place = FACTS
        self.not_saved = ""
        self.trouble = ""
        self.desk = Desk(self)
        self._stale = True

    def compose(self) -> ComposeResult:
        yield Header()
        with Horizontal(id="body"):
            yield Ladder()
            with Horizontal(id="centre"):
                yield Facts()
                yield RungPane()
                yield Inbox()
            yield LogsPane()
        yield Ask()
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(Facts).focus()
        self._show_pane("#centre")
        self.set_interval(0.1, self._redraw)
        self.call_after_refresh(self.open)

    # -- opening and leaving -------------------------------------------------------------------------------------

    @work(exclusive=True, group="open")
    async def open(self) -> None:
        """Take up an open incident of this folder, or begin one; then follow the run."""
        try:
            resume = await self.desk.choose_incident(self.plan)
            self.session = await self.desk.in_thread(self.plan.begin, resume)
        except ConsoleError as fault:
            self.exit(int(fault.exit_code), message=f"incident-console: {fault}")
            return
        self.incident = fold(tuple(self.session.incident.lines), self.session.id)
        self.session.listen(self._written)
        self.live = Live(self.session, self._told, log=self.plan.log, globs=self.plan.globs)
        self.live.start()
        self._follow_files()
        self.desk.drafts = self.session.record.load_drafts()
        if self.incident.open_rung is not None:
            self.go(self.incident.open_rung)
            self.notify(f"{self.session.id} goes on where it was left.", title="resumed", markup=False)
        self.stale()

    def _written(self, recorded: Recorded) -> None:
        self.post_message(Wrote(recorded))

    def _told(self, picture: Picture) -> None:
        self.post_message(Painted(picture))

    @work(group="follow")
    async def _follow_files(self) -> None:
        assert self.live is not None
        view = self.query_one(LogView)
        async for changed in self.live.follower.changes():
            view.changed(changed)

    async def action_leave(self) -> None:
        await self.leave()

    async def leave(self, code: int = 0) -> None:
        """Write the documents, let go of the pen, and say how to come back."""
        message = None
        session, live = self.session, self.live
        if session is not None:
            await self.desk.climb.cancel_all()
            try:
                if live is not None:
                    await self.desk.in_thread(live.close)
                await self.desk.in_thread(session.close)
                message = parting(session)
            except ConsoleError as fault:
                code = int(fault.exit_code)
                message = f"incident-console: {fault}\nEvery entry that was told as saved is in {session.record.path}"
        self.exit(code, message=message)

    # -- what threads tell ---------------------------------------------------------------------------------------

    def on_painted(self, message: Painted) -> None:
        before, self.picture = self.picture, message.picture
        self.desk.tell_of_run(before, self.picture)
        self.stale()

    def on_wrote(self, message: Wrote) -> None:
        self.incident.apply(message.recorded)
        self.not_saved = ""
        self.desk.tell_of_event(message.recorded)
        self.stale()

    # -- drawing -------------------------------------------------------------------------------------------------

    def stale(self) -> None:
        self._stale = True

    def _redraw(self) -> None:
        """Ten times a second at most, and only what changed: a pane that has nothing new does nothing."""
        if self.desk.climb.busy:
            self._stale = True
        if not self._stale or len(self.screen_stack) > 1 or not self.is_running:
            return
        self._stale = False
        session, incident, picture = self.session, self.incident, self.picture
        marks = session.marks() if session is not None else ()
        number, title = next(((m.number, m.title) for m in marks if m.id == incident.open_rung), (0, ""))
        self.query_one(Header).heading = Heading(
            incident=session.id if session is not None else "",
            opened_at=incident.opened_at,
            saved=self.not_saved,
            run=picture.run,
            run_word="no Snakemake run here" if picture.looked else "",
            marks=marks,
            rung=f"{number} {title}" if number else "",
            gate_missing=incident.gate_missing if session is not None else (),
            edits_waiting=len(unexplained(incident)),
            inbox=len(incident.inbox),
        )
        if session is None:
            return
        self.query_one(Ladder).draw(marks, len(incident.inbox))
        self.query_one(LogList).draw(picture.logs)
        self._first_log()
        self._centre(session)

    def _centre(self, session: Session) -> None:
        facts, rung_pane, inbox = self.query_one(Facts), self.query_one(RungPane), self.query_one(Inbox)
        rung = next((rung for rung in session.runbook.rungs if rung.id == self.place), None)
        facts.display = self.place == FACTS
        inbox.display = self.place == INBOX
        rung_pane.display = rung is not None
        if self.place == FACTS:
            notices = (*self.picture.notices, *self._own_notices())
            facts.draw(self.picture, notices, str(session.workdir))
        elif self.place == INBOX:
            inbox.draw(self.incident)
        elif rung is not None:
            number = next(i for i, candidate in enumerate(session.runbook.rungs, 1) if candidate.id == rung.id)
            rung_pane.draw(
                rung,
                number,
                self.incident,
                missing=session.missing(rung.id),
                held=session.escalations(),
                busy=dict(self.desk.climb.busy),
                run=session.run,
            )

    def _own_notices(self) -> list[str]:
        told = [self.not_saved] if self.not_saved else []
        if waiting := unexplained(self.incident):
            told.append(f"The workflow was edited {len(waiting)} times before the gate was open: y says why.")
        if self.picture.other_run:
            told.append(f"Another run began: {Path(self.picture.other_run).name}. r watches it.")
        return told

    def _first_log(self) -> None:
        """The log pane is never empty while there is a log: the run's own, until another is opened."""
        view = self.query_one(LogView)
        if view.is_empty and self.picture.logs and self.picture.logs[0].path is not None:
            view.show(self.picture.logs[0].path, self.picture.logs[0].label)

    # -- moving about --------------------------------------------------------------------------------------------

    def go(self, place: str, *, focus: bool = True) -> None:
        """Show facts, inbox or a rung in the centre."""
        self.place = place
        if self.session is not None:
            ladder = self.query_one(Ladder)
            if ladder.option_count:
                ladder.put_cursor(place)
            self._centre(self.session)
        if focus:
            self._focus("#centre")
        self.stale()

    def _focus(self, pane: str) -> None:
        target = self._target(pane)
        if target is not None:
            self._show_pane(pane)
            target.focus()

    def _target(self, pane: str) -> Widget | None:
        if pane != "#centre":
            return self.query_one(pane)
        wanted: type[Widget] = {FACTS: Facts, INBOX: Inbox}.get(self.place, RungRows)
        return self.query_one(wanted)

    def _pane_of(self, widget: Widget | None) -> str:
        for pane in PANES:
            if widget is not None and any(node.id == pane[1:] for node in widget.ancestors_with_self):
                return pane
        return "#centre"

    def _show_pane(self, pane: str) -> None:
        """On a narrow screen only the pane in use is shown; elsewhere this changes nothing."""
        self.screen.set_class(pane == "#ladder", "-at-ladder")
        self.screen.set_class(pane == "#centre", "-at-centre")
        self.screen.set_class(pane == "#log-list", "-at-list")
        self.screen.set_class(pane == "#log-view", "-at-log")

    def on_descendant_focus(self) -> None:
        if isinstance(self.screen.focused, Widget) and len(self.screen_stack) == 1 and not self.query_one(Ask).is_open:
            self._show_pane(self._pane_of(self.screen.focused))

    def action_pane(self, step: int) -> None:
        if len(self.screen_stack) > 1 or self.query_one(Ask).is_open:
            self.screen.focus_next() if step > 0 else self.screen.focus_previous()
            return
        here = PANES.index(self._pane_of(self.focused))
        self._focus(PANES[(here + step) % len(PANES)])

    def action_rung(self, number: int) -> None:
        if self.session is None:
            return
        if number == 0:
            self.go(FACTS)
        elif number <= len(self.session.runbook.rungs):
            self.go(self.session.runbook.rungs[number - 1].id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a question is open, only its own keys work; while nothing is open yet, only help and quit."""
        if action in ("command_palette", "help_quit", "change_theme"):
            return True
        if self.session is None and action not in ("help", "leave", "pane"):
            return None if hasattr(self, f"action_{action}") and action in ("note", "pin", "brief") else True
        return True

    # -- intents -------------------------------------------------------------------------------------------------

    def on_ladder_shown(self, message: Ladder.Shown) -> None:
        self.go(message.place, focus=False)

    def on_ladder_entered(self, message: Ladder.Entered) -> None:
        self.go(message.place)
        if message.place not in (FACTS, INBOX):
            self.desk.climb.enter(message.place)

    def on_facts_open_log(self, message: Facts.OpenLog) -> None:
        self.desk.open_log_of(message.path)

    def on_facts_take_symptom(self) -> None:
        self.desk.climb.take_symptom()

    def on_log_list_open(self, message: LogList.Open) -> None:
        self.desk.open_log(message.entry)

    def on_rung_rows_chosen(self, message: RungRows.Chosen) -> None:
        self.desk.climb.row(self.place, message.row, again=message.again)

    def on_rung_rows_waive(self) -> None:
        self.desk.climb.waive(self.place)

    def on_rung_rows_cancel(self) -> None:
        self.desk.climb.cancel()

    def on_inbox_open(self, message: Inbox.Open) -> None:
        self.desk.climb.show_item(message.seq)

    def on_inbox_file(self, message: Inbox.File) -> None:
        self.desk.climb.file(message.seq)

    def on_ask_drafted(self, message: Ask.Drafted) -> None:
        self.desk.drafted(message.id, message.text)

    def action_help(self) -> None:
        self.push_screen(HelpScreen())

    def action_note(self) -> None:
        self.desk.say.note()

    def action_pin(self) -> None:
        self.desk.climb.pin()

    def action_brief(self) -> None:
        self.desk.say.brief()

    def action_act(self) -> None:
        self.desk.say.act()

    def action_explain(self) -> None:
        self.desk.say.explain()

    def action_handoff(self) -> None:
        self.desk.say.handoff()

    def action_switch_run(self) -> None:
        self.desk.switch_run()

    def action_escalate(self) -> None:
        self.desk.say.escalate()

    def action_record(self) -> None:
        self.desk.say.show_record()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: every action and every rung."""
        yield from super().get_system_commands(screen)
        for title, help, call in self.desk.commands():
            yield SystemCommand(title, help, call)
