"""The desk between screen and session: asks, hands intents over off the screen's loop, tells what came of them.

Nothing here is kept: the record is the truth, and half-typed text is a draft in a side file.
"""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from incident_console.errors import ConsoleError, RecordError, Refused
from incident_console.events import AttemptKept, EditObserved, Recorded
from incident_console.record.store import records_dir
from incident_console.session.core import Session
from incident_console.session.live import Picture
from incident_console.session.logs import LogEntry
from incident_console.session.opening import Plan
from incident_console.tui.ask import Answer, Ask, Question
from incident_console.tui.climb import Climb
from incident_console.tui.ladder import FACTS, INBOX
from incident_console.tui.logs import LogList
from incident_console.tui.logview import LogView
from incident_console.tui.say import Say
from incident_console.tui.words import clock, parsed, safe

if TYPE_CHECKING:
    from incident_console.tui.app import Console

T = TypeVar("T")

NEW = "begin a new incident"
DRAFT_EVERY_S = 0.5
RECENT_S = 30.0


class Desk:
    def __init__(self, app: Console) -> None:
        self.app = app
        self.climb = Climb(self)
        self.say = Say(self)
        self.drafts: dict[str, str] = {}
        self._draft_key = ""
        self._drafts_waiting = False

    async def in_thread(self, call: Callable[..., T], *arguments: Any, **named: Any) -> T:
        return await asyncio.to_thread(call, *arguments, **named)

    async def do(self, call: Callable[..., T], *arguments: Any, **named: Any) -> T | None:
        """Hand an intent to the session; a refusal or a failure is told, never raised."""
        try:
            return await self.in_thread(call, *arguments, **named)
        except RecordError as fault:
            self.app.not_saved = f"NOT SAVED: {fault}"
            self.app.notify(str(fault), title="not saved", severity="error", timeout=15, markup=False)
            self.app.stale()
        except ConsoleError as fault:
            self.app.notify(str(fault), title="not done", severity="warning", timeout=10, markup=False)
        return None

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self.app.run_worker(self._guarded(work), group="desk")

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except ConsoleError as fault:
            self.app.notify(str(fault), title="not done", severity="warning", markup=False)

    async def ask(self, key: str, *questions: Question, check: Any = None) -> dict[str, Answer] | None:
        """Ask; what was typed and not taken stays as a draft under `key`."""
        self._draft_key = key
        drafted = tuple(
            replace(question, draft=self.drafts.get(f"{key}/{question.id}", question.draft)) for question in questions
        )
        answers = await self.app.query_one(Ask).these(drafted, check)
        if answers is not None:
            for question in questions:
                self.drafts.pop(f"{key}/{question.id}", None)
            await self._save_drafts()
        return answers

    def drafted(self, id: str, text: str) -> None:
        self.drafts[f"{self._draft_key}/{id}"] = text
        if not self._drafts_waiting:
            self._drafts_waiting = True
            self.app.set_timer(DRAFT_EVERY_S, self._keep_drafts)

    async def _keep_drafts(self) -> None:
        self._drafts_waiting = False
        await self._save_drafts()

    async def _save_drafts(self) -> None:
        if self.app.session is not None:
            await self.do(self.app.session.record.save_drafts, dict(self.drafts))

    @property
    def session(self) -> Session:
        if self.app.session is None:
            raise Refused("the incident is still being opened")
        return self.app.session

    async def choose_incident(self, plan: Plan) -> Path | None:
        """Which open incident of this folder to go on with; None: a new one."""
        found = await self.in_thread(plan.candidates)
        if not found:
            return None
        names = {
            str(folder): f"go on with {incident.id}  opened {clock(incident.opened_at)}" for folder, incident in found
        }
        question = Question(
            "incident",
            "An incident is open on this workflow. Go on with it?",
            "choice",
            (*names, NEW),
            labels={**names, NEW: NEW},
        )
        answers = await self.app.query_one(Ask).these((question,))
        if answers is None or answers["incident"] == NEW:
            return None
        return Path(str(answers["incident"]))

    def open_log(self, entry: LogEntry) -> None:
        view = self.app.query_one(LogView)
        if entry.kept is not None:
            self.climb.show_item(entry.kept)
        elif entry.path is not None:
            view.show(entry.path, entry.label)
            view.focus()
        else:
            self.app.notify(entry.told or "there is nothing to show", markup=False)

    def open_log_of(self, path: str) -> None:
        """The log of a job, or the kept attempt where a retry has written over it."""
        entry = self.app.query_one(LogList).entry(f"file:{self.session.workdir / path}")
        if entry is not None:
            self.open_log(entry)
        else:
            view = self.app.query_one(LogView)
            view.show(self.session.workdir / path, path)
            view.focus()

    def switch_run(self) -> None:
        self.start(self._switch_run())

    async def _switch_run(self) -> None:
        live = self.app.live
        if live is None:
            return
        runs = await self.in_thread(live.runs)
        if not runs:
            self.app.notify("No run of Snakemake has left a log here yet.", markup=False)
            return
        labels = {str(path): told for path, told in runs}
        answers = await self.ask(
            "run", Question("log", "Which run is watched?", "choice", tuple(labels), labels=labels)
        )
        if answers is not None:
            live.watch(Path(str(answers["log"])))
            self.app.go(FACTS)

    def tell_of_run(self, before: Picture, now: Picture) -> None:
        was, run = before.run, now.run
        if run is None or was is None:
            return
        if was.log != run.log:
            self.app.notify(
                f"Now watching {Path(run.log).name}; what was captured before belongs to the run before.",
                title="another run",
                markup=False,
            )
        elif was.status != run.status:
            severity: Any = "error" if run.status in ("failed", "interrupted") else "information"
            self.app.notify(safe(now.headline), title=f"the run {run.status}", severity=severity, markup=False)

    def tell_of_event(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, AttemptKept):
            if _long_ago(event.occurred_at):
                return  # what happened before the console was opened is in the facts; a storm of messages helps nobody
            whose = safe(f"{event.rule} {' '.join(event.wildcards.values())} attempt {event.attempt}")
            if event.sha256:
                self.app.notify(f"{whose} failed; its log is kept", title="attempt kept", markup=False)
            else:
                self.app.notify(
                    f"{whose} failed: {safe(event.missing or '')}", title="not kept", severity="warning", markup=False
                )
        elif isinstance(event, EditObserved) and not event.gate_open:
            self.app.notify(
                f"{safe(event.path)} was edited before the gate is open. y says why.",
                title="edit seen",
                severity="warning",
                markup=False,
            )

    def commands(self) -> Iterator[tuple[str, str, Callable[[], None]]]:
        yield "Note", "Write a note into the record", self.say.note
        yield "Pin lines", "Keep the selected log lines as evidence", self.climb.pin
        yield "Record an action", "What was done, why, and what to expect", self.say.act
        yield "Tell an action's result", "What came of it", self.say.result
        yield "Escalate", "Where the evidence points, where it points away from, which review", self.say.escalate
        yield "Brief", "Twelve lines to paste into a chat", self.say.brief
        yield "Read the record", "The record as it stands", self.say.show_record
        yield "Hand off", "Write the bundle for a receiver", self.say.handoff
        yield "Watch another run", "Choose among this workflow's runs", self.switch_run
        yield "Close the incident", "Outcome and proof", self.say.close_incident
        yield "Go to facts", "What is seen without asking", lambda: self.app.go(FACTS)
        yield "Go to inbox", "What was captured and not yet filed", lambda: self.app.go(INBOX)
        if self.app.session is not None:
            for number, rung in enumerate(self.app.session.runbook.rungs, 1):
                yield f"Go to {number} {rung.title}", rung.question, lambda id=rung.id: self.app.go(id)  # type: ignore[misc]


def _long_ago(at: str | None) -> bool:
    moment = parsed(at)
    return moment is not None and (datetime.now(UTC) - moment).total_seconds() > RECENT_S


def parting(session: Session) -> str:
    """What is said on leaving: that all is saved, where, and how to go on."""
    where = session.record.path.parent
    elsewhere = "" if where == records_dir(os.environ) else f" --records {shlex.quote(str(where))}"
    return f"All is saved in {session.record.path}\nGo on with: incident-console resume {session.id}{elsewhere}"
