"""What the operator does: asks what is missing, hands the intent to the session off the screen's loop, tells the answer.

Nothing here is kept: the record is the truth, and half-typed text is a draft in a side file.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from incident_console.tui.logview import LogView

from incident_console.errors import ConsoleError, RecordError, Refused
from incident_console.events import AttemptKept, EditObserved, EvidenceCaptured, EvidenceFailed, LogPinned, Recorded
from incident_console.record.render import brief, record_md
from incident_console.runbook.schema import EvidenceItem, Field, Rung
from incident_console.session import capture, handoff, suggest
from incident_console.session.core import Session
from incident_console.session.live import Picture
from incident_console.session.logs import LogEntry
from incident_console.session.opening import Plan
from incident_console.tui.ask import Answer, Ask, Question
from incident_console.tui.ladder import FACTS, INBOX
from incident_console.tui.logs import LogList
from incident_console.tui.rung import COMPLETE, Busy
from incident_console.tui.texts import TextScreen
from incident_console.tui.words import clock, safe

if TYPE_CHECKING:
    from incident_console.tui.app import Console

T = TypeVar("T")

NEW = "begin a new incident"
NATURES = ("fact", "inference", "decision")
DRAFT_EVERY_S = 0.5


class Desk:
    def __init__(self, app: Console) -> None:
        self.app = app
        self.busy: dict[str, Busy] = {}
        self.drafts: dict[str, str] = {}
        self._cancels: dict[str, threading.Event] = {}
        self._draft_key = ""
        self._drafts_waiting = False

    # -- how everything is done ----------------------------------------------------------------------------------

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
        self.app.run_worker(work, group="desk")

    async def ask(self, key: str, *questions: Question, check: Any = None) -> dict[str, Answer] | None:
        """Ask; what was typed and not taken stays as a draft under `key`."""
        self._draft_key = key
        drafted = tuple(
            Question(
                question.id,
                question.prompt,
                question.kind,
                question.choices,
                question.help,
                self.drafts.get(f"{key}/{question.id}", question.draft),
                question.optional,
                question.labels,
            )
            for question in questions
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

    # -- opening -------------------------------------------------------------------------------------------------

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

    # -- the ladder ----------------------------------------------------------------------------------------------

    def enter(self, rung: str) -> None:
        self.start(self._enter(rung))

    async def _enter(self, rung: str) -> None:
        await self.do(self.session.enter, rung)

    def take_symptom(self) -> None:
        rung = next((rung for rung in self.session.runbook.rungs if rung.role == "symptom"), None)
        if rung is not None:
            self.app.go(rung.id)
            self.enter(rung.id)

    def row(self, place: str, row: str, *, again: bool) -> None:
        rung = self._rung(place)
        if rung is None:
            return
        kind, _, id = row.partition(":")
        if kind == "field" and (field := rung.field(id)) is not None:
            self.start(self._answer(rung, field))
        elif kind == "evidence" and (item := rung.item(id)) is not None:
            got = self._captured(rung, item)
            if got is not None and not again:
                self.show_item(got)
            else:
                self.start(self._capture(rung, item))
        elif kind == "item":
            self.show_item(int(id))
        elif kind == "escalate":
            self.escalate()
        elif kind == COMPLETE:
            self.start(self._complete(rung))

    async def _answer(self, rung: Rung, field: Field) -> None:
        run = self.app.picture.run
        state = self.session.incident.rungs.get(rung.id)
        given = state.answers.get(field.id) if state is not None else None
        offered = suggest.choices(field, run)
        kind: Any = "text"
        if offered:
            kind = "many" if field.type == "many" else "choice"
        draft = given.text if given is not None else suggest.draft(rung, field, run)
        if kind == "many":
            draft = "\n".join(given.value) if given is not None and isinstance(given.value, list) else ""

        async def check(_: str, answer: Answer) -> str | None:
            return await self._refusal(rung, field, answer)

        help = field.help or ("`unknown` is an answer here" if field.unknown else "")
        await self._open_rung(rung)
        await self.ask(
            f"{rung.id}.{field.id}",
            Question(
                field.id, field.prompt, kind, offered, help, draft, optional=not field.required and kind != "choice"
            ),
            check=check,
        )

    async def _refusal(self, rung: Rung, field: Field, answer: Answer) -> str | None:
        """Record the answer; a refusal is shown in the panel, where the text still stands."""
        try:
            await self.in_thread(self.session.answer, rung.id, {field.id: _value(field, answer)})
        except ConsoleError as fault:
            return str(fault)
        return None

    async def _open_rung(self, rung: Rung) -> None:
        """Working on a rung enters it; looking at one does not."""
        state = self.session.incident.rungs.get(rung.id)
        if state is None or state.entered_at is None:
            await self.do(self.session.enter, rung.id)

    async def _complete(self, rung: Rung) -> None:
        try:
            following = await self.in_thread(self.session.complete, rung.id)
        except Refused as fault:
            self.app.notify(
                str(fault), title=f"{rung.title} is not complete", severity="warning", timeout=10, markup=False
            )
            return
        except RecordError as fault:
            self.app.notify(str(fault), title="not saved", severity="error", timeout=15, markup=False)
            return
        await self._go_on(following)

    async def _go_on(self, following: str | None) -> None:
        if following is None:
            self.app.notify("Every rung is done or waived. h hands over; ctrl+p closes the incident.", markup=False)
            return
        await self.do(self.session.enter, following)
        self.app.go(following)

    def waive(self, place: str) -> None:
        rung = self._rung(place)
        if rung is not None:
            self.start(self._waive(rung))

    async def _waive(self, rung: Rung) -> None:
        answers = await self.ask(
            f"{rung.id}.waive", Question("reason", f"Why is “{rung.title}” left out? It will stand in the record.")
        )
        if answers is not None:
            before = len(self.session.incident.lines)
            following = await self.do(self.session.waive, rung.id, str(answers["reason"]))
            if len(self.session.incident.lines) > before:
                await self._go_on(following)

    # -- evidence ------------------------------------------------------------------------------------------------

    async def _capture(self, rung: Rung, item: EvidenceItem) -> None:
        if item.id in self.busy:
            self.app.notify("It is running already; x cancels it.", markup=False)
            return
        allow: tuple[str, ...] = ()
        text = ""
        if item.is_observation:
            answers = await self.ask(f"{rung.id}.{item.id}", Question("text", item.question))
            if answers is None:
                return
            text = str(answers["text"])
        elif item.run and item.effects not in capture.TOLD_NOT_ASKED:
            consent = await self.ask(
                f"{rung.id}.{item.id}.consent",
                Question(
                    "consent",
                    f"{' '.join(item.run)} — {capture.effect(item.effects)}. Run it?",
                    "choice",
                    ("no, do not run it", "yes, run it"),
                ),
            )
            if consent is None or not str(consent["consent"]).startswith("yes"):
                return
            allow = (item.effects,)
        await self._open_rung(rung)
        cancel = threading.Event()
        self._cancels[item.id] = cancel
        began = time.monotonic()
        self.busy[item.id] = Busy(item.id, 0.0, 0)

        def progress(now: Any) -> None:
            self.busy[item.id] = Busy(item.id, time.monotonic() - began, now.stdout_bytes + now.stderr_bytes)

        self.app.stale()
        try:
            recorded = await self.do(
                capture.capture, self.session, rung, item, allow=allow, text=text, cancel=cancel, progress=progress
            )
        finally:
            self.busy.pop(item.id, None)
            self._cancels.pop(item.id, None)
            self.app.stale()
        if recorded is not None and isinstance(recorded.event, EvidenceCaptured) and not item.is_observation:
            self.show_item(recorded.seq, focus=False)

    def cancel(self) -> None:
        for event in self._cancels.values():
            event.set()

    async def cancel_all(self) -> None:
        """End the evidence commands that run, and wait until each is recorded as cancelled."""
        self.cancel()
        for _ in range(60):
            if not self.busy:
                return
            await asyncio.sleep(0.1)

    def _captured(self, rung: Rung, item: EvidenceItem) -> int | None:
        for got in reversed(self.app.incident.evidence):
            if (
                got.rung == rung.id
                and isinstance(got.event, EvidenceCaptured | EvidenceFailed)
                and got.event.item == item.id
            ):
                return got.seq
        return None

    def show_item(self, seq: int, *, focus: bool = True) -> None:
        self.start(self._show_item(seq, focus))

    async def _show_item(self, seq: int, focus: bool) -> None:
        item = next((item for item in self.app.incident.evidence if item.seq == seq), None)
        if item is None:
            return
        data = await self.do(self._text_of, item.event)
        if data is not None:
            view = self.app.query_one(LogView)
            view.show_text(f"evidence #{seq}  {item.name}", data)
            if focus:
                view.focus()

    def _text_of(self, event: Any) -> bytes:
        blobs = self.session.record.blobs
        if isinstance(event, EvidenceFailed):
            parts = [f"{event.item}: {event.reason}\n".encode()]
        else:
            parts = []
        if isinstance(event, EvidenceCaptured) and event.argv:
            parts.append(f"$ {' '.join(event.argv)}\n".encode())
        if event.sha256:
            parts.append(blobs.get(event.sha256))
        if isinstance(event, EvidenceCaptured | EvidenceFailed) and event.stderr_sha256 and event.stderr_size:
            parts += [b"\n-- standard error --\n", blobs.get(event.stderr_sha256)]
        if isinstance(event, EvidenceCaptured) and event.exit_code is not None:
            parts.append(f"\n-- exit code {event.exit_code}, {event.duration_s:.1f} s --\n".encode())
        if isinstance(event, AttemptKept) and event.block_sha256:
            parts += [b"\n-- its block of the run log --\n", blobs.get(event.block_sha256)]
        return b"".join(parts)

    def pin(self) -> None:
        self.start(self._pin())

    async def _pin(self) -> None:
        view = self.app.query_one(LogView)
        chosen = view.selection()
        if chosen is None or chosen.path is None:
            self.app.notify(
                "Open a log first; what was captured is evidence already.", severity="warning", markup=False
            )
            return
        run = self.app.picture.run
        is_run_log = run is not None and chosen.path == self.session.workdir / run.log
        lines = (chosen.first_line, chosen.last_line) if chosen.first_line and chosen.last_line else None
        pinned = capture.Pinned(
            chosen.path,
            chosen.inode,
            lines,
            (chosen.start_byte, chosen.end_byte),
            view.selected_bytes(),
            "run-log" if is_run_log else "rule-log",
        )
        rung = self.app.incident.open_rung
        recorded = await self.do(capture.pin, self.session, pinned, rung)
        if recorded is not None and isinstance(recorded.event, LogPinned):
            where = f"line {lines[0]}–{lines[1]}" if lines else f"byte {chosen.start_byte}"
            self.app.notify(f"{where} of {safe(recorded.event.path)} pinned to {rung or 'the inbox'}", markup=False)
            view.clear_selection()

    def file(self, seq: int) -> None:
        self.start(self._file(seq))

    async def _file(self, seq: int) -> None:
        titles = {rung.id: f"{number} {rung.title}" for number, rung in enumerate(self.session.runbook.rungs, 1)}
        answers = await self.ask(
            "file", Question("rung", "Which rung does it belong to?", "choice", tuple(titles), labels=titles)
        )
        if answers is not None:
            await self.do(self.session.file, seq, str(answers["rung"]))

    # -- logs ----------------------------------------------------------------------------------------------------

    def open_log(self, entry: LogEntry) -> None:
        view = self.app.query_one(LogView)
        if entry.kept is not None:
            self.show_item(entry.kept)
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

    # -- what is said --------------------------------------------------------------------------------------------

    def note(self) -> None:
        self.start(self._note())

    async def _note(self) -> None:
        answers = await self.ask(
            "note",
            Question("text", "Note"),
            Question("nature", "Is that a fact, an inference or a decision?", "choice", NATURES),
        )
        if answers is not None:
            nature: Any = answers["nature"]
            await self.do(self.session.note, str(answers["text"]), nature, self.app.incident.open_rung)

    def act(self) -> None:
        self.start(self._act())

    async def _act(self) -> None:
        answers = await self.ask(
            "action",
            Question(
                "text", "What was done?", help="For instance: stopped the run; held the queue; unlocked the folder"
            ),
            Question("why", "Why?"),
            Question("expected", "What should happen because of it?", optional=True),
        )
        if answers is not None:
            await self.do(self.session.act, *(str(answers[name]) for name in ("text", "why", "expected")))

    def explain(self) -> None:
        self.start(self._explain())

    async def _explain(self) -> None:
        answers = await self.ask("edit", Question("text", "Why was the workflow edited before the gate was open?"))
        if answers is not None:
            await self.do(self.session.explain_edits, str(answers["text"]))

    def escalate(self) -> None:
        self.start(self._escalate())

    async def _escalate(self) -> None:
        held = self.session.escalations()
        answers = await self.ask(
            "escalation",
            Question("to", "Which review, or who, does it go to?", draft=held[0].to if held else ""),
            Question("points_to", "Where does the evidence point?", optional=True),
            Question("points_away_from", "Where does it point away from?", optional=True),
            Question("trigger", "Which trigger holds?", draft=held[0].because if held else "", optional=True),
        )
        if answers is not None:
            await self.do(
                self.session.escalate,
                *(str(answers[name]) for name in ("to", "points_to", "points_away_from", "trigger")),
            )

    def result(self) -> None:
        self.start(self._result())

    async def _result(self) -> None:
        waiting = {str(seq): safe(action.text, 100) for seq, action in self.app.incident.actions.items() if action.open}
        if not waiting:
            self.app.notify("No action waits for its result.", markup=False)
            return
        answers = await self.ask(
            "result",
            Question("action", "Which action?", "choice", tuple(waiting), labels=waiting),
            Question("result", "What came of it?"),
        )
        if answers is not None:
            await self.do(self.session.result, int(str(answers["action"])), str(answers["result"]))

    def close_incident(self) -> None:
        self.start(self._close())

    async def _close(self) -> None:
        answers = await self.ask(
            "close",
            Question("outcome", "How did it end?"),
            Question("proof", "What proves it, and what stayed the same?", optional=True),
        )
        if answers is None:
            return
        if await self.do(self.session.end, str(answers["outcome"]), str(answers["proof"])) is not None:
            self.app.notify("The incident is closed.", markup=False)

    # -- handing over --------------------------------------------------------------------------------------------

    def handoff(self) -> None:
        self.start(self._handoff())

    async def _handoff(self) -> None:
        answers = await self.ask(
            "handoff", *(_handoff_question(name, prompt) for name, prompt in handoff.ASKED.items())
        )
        if answers is None:
            return
        fields = {name: str(answer) for name, answer in answers.items() if str(answer).strip()}
        offered = await self.do(handoff.offer, self.session, fields.pop("to"), fields)
        if offered is not None:
            missing = f"; written as unknown: {', '.join(offered.missing)}" if offered.missing else ""
            self.app.notify(
                f"{offered.path}\nchain head {offered.head[:16]}…{missing}",
                title="hand-off written",
                timeout=30,
                markup=False,
            )

    def brief(self) -> None:
        self.app.push_screen(TextScreen("Brief", brief(self.app.incident, self.session.clock.now()), copies=True))

    def show_record(self) -> None:
        self.app.push_screen(TextScreen("Record", record_md(self.app.incident, self.session.record.blobs.peek)))

    # -- what is told --------------------------------------------------------------------------------------------

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
        yield "Note", "Write a note into the record", self.note
        yield "Pin lines", "Keep the selected log lines as evidence", self.pin
        yield "Record an action", "What was done, why, and what to expect", self.act
        yield "Tell an action's result", "What came of it", self.result
        yield "Escalate", "Where the evidence points, where it points away from, which review", self.escalate
        yield "Brief", "Twelve lines to paste into a chat", self.brief
        yield "Read the record", "The record as it stands", self.show_record
        yield "Hand off", "Write the bundle for a receiver", self.handoff
        yield "Watch another run", "Choose among this workflow's runs", self.switch_run
        yield "Close the incident", "Outcome and proof", self.close_incident
        yield "Go to facts", "What is seen without asking", lambda: self.app.go(FACTS)
        yield "Go to inbox", "What was captured and not yet filed", lambda: self.app.go(INBOX)
        if self.app.session is not None:
            for number, rung in enumerate(self.app.session.runbook.rungs, 1):
                yield f"Go to {number} {rung.title}", rung.question, lambda id=rung.id: self.app.go(id)  # type: ignore[misc]

    def _rung(self, place: str) -> Rung | None:
        return next((rung for rung in self.session.runbook.rungs if rung.id == place), None)


def _value(field: Field, answer: Answer) -> Any:
    if isinstance(answer, tuple):
        return list(answer)
    if field.type == "many":
        return [part.strip() for part in answer.replace("\n", ",").split(",") if part.strip()]
    return answer


def _handoff_question(name: str, prompt: str) -> Question:
    return Question(name, prompt, optional=name != "to", help="" if name == "to" else "empty stands as unknown")
