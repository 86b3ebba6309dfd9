"""The desk between screen and session: asks, hands intents over off the screen's loop, tells what came of them.

Nothing here is kept: the record is the truth, and half-typed text is a draft in a side file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from incident_console.errors import ConsoleError, RecordError, Refused
from incident_console.events import AttemptKept
from incident_console.session.core import Session
from incident_console.session.logs import LogEntry
from incident_console.session.opening import Plan
from incident_console.tui.ask import Answers, Ask, Question, Take
from incident_console.tui.climb import Climb
from incident_console.tui.drafts import Drafts
from incident_console.tui.ladder import FACTS, INBOX
from incident_console.tui.log.view import LogView
from incident_console.tui.logs import LogList
from incident_console.tui.say import Say
from incident_console.tui.words import clock, safe

if TYPE_CHECKING:
    from incident_console.tui.app import Console

T = TypeVar("T")
Severity = Literal["information", "warning", "error"]

NEW = "begin a new incident"
TOLD_LIMIT = 1000


class Desk:
    def __init__(self, app: Console) -> None:
        self.app = app
        self.climb = Climb(self)
        self.say = Say(self)
        self.drafts = Drafts(self)

    @property
    def session(self) -> Session:
        """Raises Refused while there is none yet."""
        if self.app.session is None:
            raise Refused("the incident is still being opened")
        return self.app.session

    def must_be_open(self) -> None:
        """Raises Refused once the incident is closed: what is done from then on is no part of it."""
        closed = self.session.incident.closed
        if closed is not None:
            because = f"the incident is closed ({closed.event.outcome}): nothing is captured or answered any more"
            raise Refused(f"{because}; n still adds a note, and incident-console begins a new incident")

    # -- telling -------------------------------------------------------------------------------------------------

    def tell(self, text: str, title: str = "", severity: Severity = "information", seconds: float = 6) -> None:
        self.app.notify(safe(text, TOLD_LIMIT), title=safe(title), severity=severity, timeout=seconds, markup=False)

    def tell_fault(self, fault: ConsoleError) -> None:
        """A refusal is told; that something could not be recorded stays on the screen until something can."""
        if isinstance(fault, RecordError):
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
        self.app.run_worker(self._guarded(work), group="desk")

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except ConsoleError as fault:
            self.tell_fault(fault)

    async def ask(self, key: str, *questions: Question, take: Take | None = None) -> Answers | None:
        """Ask; what was typed and not taken stays as a draft under `key`. None: the operator left."""
        panel = self.app.query_one(Ask)
        if panel.is_open:
            self.app.screen.set_focus(panel.field)
            self.tell("Answer this first, or leave it with Escape.")
            return None
        drafted = (replace(question, draft=self.drafts.get(key, question.id, question.draft)) for question in questions)
        answers = await panel.these(tuple(drafted), self.drafts.keeper(key), take)
        if answers is not None:
            await self.drafts.drop(key, *answers)
        self.app.stale()
        return answers

    async def record(self, key: str, *questions: Question, call: Callable[[Answers], T]) -> T | None:
        """Ask, and record what was answered. What `call` refuses is told in the panel, where the text still stands."""
        done: list[T] = []

        async def take(answers: Answers) -> str | None:
            try:
                done.append(await self.in_thread(call, answers))
            except RecordError as fault:
                self.tell_fault(fault)
                return f"NOT SAVED: {fault}"
            except ConsoleError as fault:
                return str(fault)
            return None

        await self.ask(key, *questions, take=take)
        return done[0] if done else None

    # -- opening -------------------------------------------------------------------------------------------------

    async def choose_incident(self, plan: Plan) -> tuple[bool, Path | None]:
        """Whether to go on at all, and with which open incident of this folder; None: a new one."""
        found = await self.in_thread(plan.candidates)
        if not found:
            return True, None
        names = {
            str(folder): f"go on with {incident.id}  opened {clock(incident.opened_at)}" for folder, incident in found
        }
        prompt = "An incident is open on this workflow. Go on with it?"
        answers = await self.ask("open", Question("incident", prompt, "choice", (*names, NEW), labels=names))
        if answers is None:
            return False, None
        return True, None if answers["incident"] == NEW else Path(str(answers["incident"]))

    # -- logs and runs -------------------------------------------------------------------------------------------

    def open_log(self, entry: LogEntry) -> None:
        if entry.kept is not None:
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
        whole = self.session.workdir / path
        entry = self.app.query_one(LogList).entry(f"file:{whole}")
        self._show(whole, entry.label if entry is not None else path)

    def _kept_attempt(self, jobids: tuple[int, ...]) -> int | None:
        """The last attempt of these jobs, in the run that is watched, whose log was kept."""
        run = self.app.picture.run
        for item in reversed(self.app.incident.evidence):
            event = item.event
            if isinstance(event, AttemptKept) and item.kept and event.jobid in jobids:
                return item.seq if run is not None and event.run == run.log else None
        return None

    def _show(self, path: Path, label: str) -> None:
        view = self.app.query_one(LogView)
        view.show(path, label)
        self.app.show_log()

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
            live.watch(Path(str(answers["log"])))
            self.app.go(FACTS)

    # -- the palette ---------------------------------------------------------------------------------------------

    def commands(self) -> Iterator[tuple[str, str, Callable[[], None]]]:
        """Title, help, what to do."""
        for title, told, work in (
            ("Note", "Write a note into the record", self.say.note),
            ("Pin lines", "Keep the selected log lines as evidence", self.climb.pin),
            ("Severity, impact, deadline", "How bad it is, for whom, and by when", self.say.describe),
            ("Record an action", "What was done, why, and what to expect", self.say.act),
            ("Tell an action's result", "What came of it", self.say.result),
            ("Explain an edit", "Why the workflow was edited before the gate was open", self.say.explain),
            ("Escalate", "Where the evidence points, where it points away from, which review", self.say.escalate),
            ("Brief", "Twelve lines to paste into a chat", self.say.brief),
            ("Read the record", "The record as it stands", self.say.show_record),
            ("Hand off", "Write the bundle for a receiver", self.say.handoff),
            ("Watch another run", "Choose among this workflow's runs", self.switch_run),
            ("Close the incident", "Outcome and proof", self.say.close_incident),
        ):
            yield title, told, lambda work=work: self.start(work())  # type: ignore[misc]
        yield "Go to facts", "What is seen without asking", lambda: self.app.go(FACTS)
        yield "Go to inbox", "What was captured and not yet filed", lambda: self.app.go(INBOX)
        if self.app.session is not None:
            for number, rung in enumerate(self.app.session.runbook.rungs, 1):
                title = f"Go to {number} {safe(rung.title, 80)}"
                yield title, safe(rung.question), lambda id=rung.id: self.app.go(id)  # type: ignore[misc]
