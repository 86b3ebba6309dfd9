"""The desk between screen and session: asks, hands intents over off the screen's loop, tells what came of them.

Nothing here is kept: the record is the truth, and half-typed text is a draft in a side file.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from incident_console.errors import ConsoleError, HeldError, RecordError, Refused
from incident_console.events import AttemptKept
from incident_console.session.core import Session
from incident_console.session.reviewing import Review
from incident_console.tui import pinning, stream, suspects
from incident_console.tui.ask import Answers, Ask, Question, Take
from incident_console.tui.browsing import Browsing
from incident_console.tui.climb import Climb
from incident_console.tui.drafts import Drafts
from incident_console.tui.inorder import OPENS_S
from incident_console.tui.jumps import Jump
from incident_console.tui.ladder import FACTS
from incident_console.tui.livekeys import key
from incident_console.tui.log.view import LogView
from incident_console.tui.logs import LogList
from incident_console.tui.longwork import LongWork, Stopped
from incident_console.tui.say import Say
from incident_console.tui.taking import Taking
from incident_console.tui.timefield import Time, of_line
from incident_console.tui.unsaved import Unsaved
from incident_console.tui.waysout import WaysOut
from incident_console.tui.words import safe

if TYPE_CHECKING:
    from textual.worker import Worker

    from incident_console.session.logs import LogEntry
    from incident_console.session.plan import Plan
    from incident_console.session.view import View
    from incident_console.snakemake.causes import Failure, Source
    from incident_console.tail.source import Place
    from incident_console.tui.app import Console

T = TypeVar("T")
Severity = Literal["information", "warning", "error"]

NEW = "begin a new incident"
TOLD_LIMIT = 1000
ASKS_ON_S = 1.0
"""After an answer the next question comes when the draft of it is off the disk; what takes longer is no question."""


class Desk:
    def __init__(self, app: Console) -> None:
        self.app = app
        self.climb = Climb(self)
        self.say = Say(self)
        self._begun: Worker[None] | None = None
        self._begun_at = 0.0
        self.waysout = WaysOut(self)
        self.drafts = Drafts(self)
        self.unsaved = Unsaved(self)
        self.taking = Taking(self)
        self.jump = Jump(self)
        self.browsing = Browsing(self)
        self.long = LongWork(self)
        self._offers_told = 0

    @property
    def view(self) -> View:
        """What is looked at. Raises Refused while there is none yet."""
        if self.app.session is None:
            raise Refused("the incident is still being opened")
        return self.app.session

    @property
    def session(self) -> Session:
        """What is written to. Raises Refused while there is none yet, and where nothing may be written."""
        view = self.view
        if isinstance(view, Session):
            return view
        raise Refused(self.review.because if self.review is not None else "nothing is written here")

    @property
    def review(self) -> Review | None:
        """What is looked at, where it can only be read."""
        return self.app.session if isinstance(self.app.session, Review) else None

    def must_be_open(self) -> None:
        """Raises Refused once the incident is closed: what is done from then on is no part of it."""
        closed = self.session.incident.closed
        if closed is not None:
            because = f"the incident is closed ({closed.event.outcome}): nothing is captured or answered any more"
            notes = self.key("app.note")
            raise Refused(f"{because}; {notes} still adds a note, and incident-console begins a new incident")

    def key(self, id: str) -> str:
        """The key of a binding as it is now, for a text that names it."""
        return key(self.app, id)

    # -- telling -------------------------------------------------------------------------------------------------

    def tell(
        self, text: str, title: str = "", severity: Severity = "information", seconds: float = 0, kind: str = ""
    ) -> None:
        """`seconds`: 0 for as long as it is grave. `kind`: one of the settings' `NOTICES`; empty: always."""
        self.app.notices.tell(safe(text, TOLD_LIMIT), safe(title), severity, seconds, kind)

    def tell_fault(self, fault: ConsoleError) -> None:
        """A refusal is told; that something could not be recorded stays on the screen until something can."""
        if isinstance(fault, Stopped):
            self.tell(f"{fault}.", seconds=3)
        elif isinstance(fault, HeldError):
            if self.unsaved.held:  # else it is just being told that, and why, things are held
                told = f"Held in memory, NOT SAVED yet. {self.key('app.emergency')} copies what is held elsewhere."
                self.tell(told, severity="warning")
        elif isinstance(fault, RecordError):
            self.app.not_saved = str(fault)
            self.app.stale()
            self.tell(str(fault), "not saved", "error", 15)
        else:
            self.tell(str(fault), "not done", "warning", 10)

    # -- doing ---------------------------------------------------------------------------------------------------

    async def in_thread(self, call: Callable[..., T], *arguments: Any, **named: Any) -> T:
        return await asyncio.to_thread(call, *arguments, **named)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin something that the operator asked for; what is refused on the way is told."""
        self._begun, self._begun_at = self.app.run_worker(self._guarded(work), group="desk"), time.monotonic()

    def aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin something that nobody asked for: no key waits for it."""
        self.app.run_worker(self._guarded(work), group="desk")

    @property
    def opening(self) -> bool:
        """Whether what is typed now is meant for what comes: answers are being taken, or what was begun or answered a
        moment ago has neither ended nor asked."""
        panels = [panel for screen in self.app.screen_stack for panel in screen.query(Ask)]
        if any(panel.taking for panel in panels):
            return True
        if self._begun is None or self._begun.is_finished or any(panel.is_open for panel in panels):
            return False
        now, closed = time.monotonic(), max((panel.closed_at for panel in panels), default=0.0)
        return now - self._begun_at < OPENS_S or now - closed < ASKS_ON_S

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except ConsoleError as fault:
            self.tell_fault(fault)

    async def ask(self, key: str, *questions: Question, take: Take | None = None, form: str = "") -> Answers | None:
        """Ask; what was typed and not taken stays as a draft under `key`. None: the operator left.

        `form`: what several questions are for, which each of them says.
        """
        # A page that asks has a panel of its own; a page to read may lie over it by now, and keeps its keys.
        over = (panel for screen in reversed(self.app.screen_stack) for panel in screen.query(Ask))
        panel = next(over, None) or self.app.query_one(Ask)
        if panel.is_open:
            panel.screen.set_focus(panel.field)
            self.tell(f"Answer this first, or leave it with {self.key('ask.leave')}.")
            return None
        drafts = self.drafts
        drafted = (drafts.into(key, each) for each in questions)
        answers = await panel.these(tuple(drafted), drafts.keeper(key), take, form)
        if answers is not None:
            await drafts.drop(key, *answers)
        elif any(drafts.has(key, each.id) for each in questions):
            self.tell("Kept as a draft: it stands there when this is asked again.", seconds=3)
        self.app.stale()
        return answers

    def time(self, *, ahead: bool = False, words: bool = False) -> Time:
        """A field that takes a time, by the session's clock."""
        return Time(self.session.clock.now, ahead=ahead, words=words)

    def log_time(self) -> str:
        """The time of the line under the log's cursor, wherever the focus is; empty where it has none."""
        return of_line(self.app.query_one(LogView).line_time)

    async def record(self, key: str, *questions: Question, call: Callable[[Answers], T], form: str = "") -> T | None:
        """Ask, and record what was answered. What `call` refuses is told in the panel, where the text still stands."""
        done: list[T] = []

        async def take(answers: Answers) -> str | None:
            try:
                done.append(await self.long.do("saving", lambda _: call(answers), ends=False))
            except HeldError as fault:
                self.drafts.hold(key, *answers)
                self.tell_fault(fault)
            except RecordError as fault:
                self.tell_fault(fault)
                return f"NOT SAVED: {fault}"
            except ConsoleError as fault:
                return str(fault)
            return None

        await self.ask(key, *questions, take=take, form=form)
        if done:
            self._tell_of_offer()
        return done[0] if done else None

    def _tell_of_offer(self) -> None:
        """Once an offer: that what is written now does not reach who takes the incident over."""
        offers = len(self.app.incident.offered)
        if offers == self._offers_told:
            return
        # Handing off is far from the first screen, and brings with it how runs are compared.
        from incident_console.session.handoff import not_in_bundle

        if told := not_in_bundle(self.app.incident):
            self._offers_told = offers
            self.tell(told, severity="warning", seconds=15)

    # -- opening -------------------------------------------------------------------------------------------------

    async def choose_incident(self, plan: Plan) -> tuple[bool, Path | None]:
        """Whether to go on at all, and with which open incident of this folder; None: a new one."""
        found = await self.in_thread(plan.candidates)
        if not found:
            return True, None
        prompt, names = plan.offered(found)
        self.app.early.forget()  # what was typed before was not meant for what this leads to
        answers = await self.ask("open", Question("incident", prompt, "choice", (*names, NEW), labels=names))
        if answers is None:
            return False, None
        return True, None if answers["incident"] == NEW else Path(str(answers["incident"]))

    # -- logs and runs -------------------------------------------------------------------------------------------

    def open_log(self, entry: LogEntry) -> None:
        if entry.key == stream.KEY:
            self.app.action_stream()
        elif entry.kept is not None:
            self.start(self.climb.show_item(entry.kept))
        elif entry.path is not None:
            self._show(entry.path, entry.label)
        else:
            self.tell(entry.told or "there is nothing to show")

    def open_log_of(self, path: str, recovered: tuple[int, ...] = ()) -> None:
        """The log of a job; or the attempt that was kept, where the retry that went well has written over it."""
        if (kept := self._kept_attempt(recovered)) is not None:
            self.start(self.climb.show_item(kept))
            return
        whole = self.view.workdir / path
        entry = self.app.query_one(LogList).entry(f"file:{whole}")
        self._show(whole, entry.label if entry is not None else path)

    def open_rule(self, rule: str) -> None:
        """The log of a job of this rule: of one that failed for good, else of one that runs, else of the last."""
        run = self.app.picture.run
        jobs = [job for job in run.jobs if job.rule == rule and job.logs] if run is not None else []
        if not jobs:
            self.tell(f"No job of {rule or 'this rule'} has a log of its own yet.")
            return
        order = {"failed": 0, "waiting": 1, "running": 2}
        chosen = min(reversed(jobs), key=lambda job: order.get(job.state, 3))
        self.open_log_of(chosen.logs[0])

    async def open_failure(self, failure: Failure) -> None:
        """The rule's log at the line that matters; the attempt that was kept, where a retry has deleted the log."""
        source, session = failure.source, self.view
        if failure.from_rule_log and await self.in_thread((session.workdir / source.path).is_file):
            self.open_place(source)
        elif (seq := self._kept_failure(failure)) is not None:
            await self.climb.show_item(seq)
            event = item.event if (item := session.incident.item(seq)) is not None else None
            if isinstance(event, AttemptKept) and event.sha256:
                from incident_console.session.clues import failing_line

                line = failing_line(await self.in_thread(session.record.blobs.get, event.sha256))
                self._at_line(line or 0)
        else:
            self.open_place(source)

    def open_place(self, source: Source) -> None:
        """A file at a line. `source.path` is relative to the workdir, or absolute."""
        path = self.view.workdir / source.path
        entry = self.app.query_one(LogList).entry(f"file:{path}")
        self._show(path, entry.label if entry is not None else source.path)
        self._at_line(source.line)

    def _at_line(self, line: int) -> None:
        if line > 0:
            self.app.query_one(LogView).go_to_line(str(line))

    def _kept_failure(self, failure: Failure) -> int | None:
        """The attempt that was kept of this failure, in the run that is watched."""
        run = self.app.picture.run
        for item in reversed(self.app.incident.evidence):
            event = item.event
            if not isinstance(event, AttemptKept) or not item.kept or run is None or event.run != run.log:
                continue
            if (event.jobid, event.attempt) == (failure.jobid, failure.attempt):
                return item.seq
        return None

    def _kept_attempt(self, jobids: tuple[int, ...]) -> int | None:
        """The last attempt of these jobs, in the run that is watched, whose log was kept."""
        run = self.app.picture.run
        for item in reversed(self.app.incident.evidence):
            event = item.event
            if isinstance(event, AttemptKept) and item.kept and event.jobid in jobids:
                return item.seq if run is not None and event.run == run.log else None
        return None

    def open_origin(self, path: Path, place: Place) -> None:
        """A line of the stream, in its own file."""
        entry = self.app.query_one(LogList).entry(f"file:{path}")
        self._show(path, entry.label if entry is not None else str(path))
        self.app.query_one(LogView).go_to(place)

    def _show(self, path: Path, label: str) -> None:
        self.app.log_chosen = True
        self.app.stream.leave()
        view = self.app.query_one(LogView)
        view.show(path, label)
        self.app.show_log()

    async def suspect_row(self, place: str, row: str, again: bool) -> None:
        """Ask for the class with this suspect as the draft, take one at once, or open the place where a clue stands."""
        known, rung = self.app.picture.known, next((r for r in self.view.runbook.rungs if r.id == place), None)
        if known is None or rung is None:
            self.tell("The run's own files are still being weighed.")
        elif row.startswith(f"{suspects.CLUE}:"):
            if (source := suspects.place_of(row, known)) is not None:
                self.open_place(source)
        elif row.startswith(f"{suspects.TAKE}:"):
            await self.climb.take_suspect(rung, known, suspects.class_of(row) or known.incident_class)
        elif (field := rung.field("class")) is not None:
            await self.climb.answer(rung, field, suspects.class_of(row))

    async def contrast(self) -> None:
        """Failed against passed, for the open log or the row under the cursor of the list of logs."""
        # Imported when it is asked for: the first screen must not wait for it.
        from incident_console.session import contrast
        from incident_console.tui.contrast import ContrastScreen

        view, run, base = self.view, self.app.picture.run, self.app.screen_stack[0]
        listed = self.app.query_one(LogList)
        row = listed.row if base.focused is listed else self._open_log_key()
        what = "the logs are being compared"
        found = await self.long.do(what, lambda going: contrast.contrast(view, run, row or "", going))
        if isinstance(self.app.screen, ContrastScreen):
            return  # the key was pressed twice

        async def note() -> None:
            await self.in_thread(self.session.note, contrast.as_note(found), "inference", view.incident.open_rung)
            self.tell("The comparison is in the record, as a note: an inference.")

        await self.app.push_screen(ContrastScreen(found, lambda: self.start(note())))

    def _open_log_key(self) -> str | None:
        """The key, in the list of logs, of what the log pane shows."""
        view = self.app.query_one(LogView)
        chosen = view.selection()
        path = chosen.path if chosen is not None else view.path
        if chosen is None or path is not None:
            return f"file:{path}"
        shown = (item.seq for item in self.app.incident.evidence if pinning.title_of(item) == chosen.title)
        return next((f"kept:{seq}" for seq in shown), None)

    async def switch_run(self) -> None:
        live = self.app.live
        runs = await self.in_thread(live.runs) if live is not None else ()
        if live is None or not runs:
            self.tell("No run of Snakemake has left a log here yet.")
            return
        labels = {str(path): told for path, told in runs}
        question = Question("log", "Which run is watched?", "choice", tuple(labels), labels=labels)
        answers = await self.ask("run", question)
        if answers is not None:
            self.watch(Path(str(answers["log"])))

    def watch(self, log: Path) -> None:
        """Follow the run that wrote this log."""
        if self.app.live is not None:
            self.app.live.watch(log)
            self.app.go(FACTS)
