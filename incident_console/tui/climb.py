"""Climbing: answering, capturing evidence, completing, waiving, filing, pinning."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

from incident_console.errors import ConsoleError, RecordError, Refused
from incident_console.events import AttemptKept, EvidenceCaptured, EvidenceFailed, LogPinned
from incident_console.runbook.schema import EvidenceItem, Field, Rung
from incident_console.session import capture, suggest
from incident_console.tui.ask import Answer, Question
from incident_console.tui.logview import LogView
from incident_console.tui.rung import COMPLETE, Busy, RungRows
from incident_console.tui.words import safe

if TYPE_CHECKING:
    from incident_console.tui.desk import Desk


class Climb:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app = desk.app
        self.busy: dict[str, Busy] = {}
        """The evidence commands that run now, by item."""
        self._cancels: dict[str, threading.Event] = {}

    def enter(self, rung: str) -> None:
        self.desk.start(self._enter(rung))

    async def _enter(self, rung: str) -> None:
        await self.desk.do(self.desk.session.enter, rung)

    def take_symptom(self) -> None:
        rung = next((rung for rung in self.desk.session.runbook.rungs if rung.role == "symptom"), None)
        if rung is not None:
            self.app.go(rung.id)
            self.enter(rung.id)

    def row(self, place: str, row: str, *, again: bool) -> None:
        rung = self._rung(place)
        if rung is None:
            return
        kind, _, id = row.partition(":")
        if kind == "field" and (field := rung.field(id)) is not None:
            self.desk.start(self._answer(rung, field))
        elif kind == "evidence" and (item := rung.item(id)) is not None:
            got = self._captured(rung, item)
            if got is not None and not again:
                self.show_item(got)
            else:
                self.desk.start(self._capture(rung, item))
        elif kind == "item":
            self.show_item(int(id))
        elif kind == "escalate":
            self.desk.say.escalate()
        elif kind == COMPLETE:
            self.desk.start(self._complete(rung))

    async def _answer(self, rung: Rung, field: Field) -> None:
        run = self.app.picture.run
        state = self.desk.session.incident.rungs.get(rung.id)
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
        answers = await self.desk.ask(
            f"{rung.id}.{field.id}",
            Question(
                field.id, field.prompt, kind, offered, help, draft, optional=not field.required and kind != "choice"
            ),
            check=check,
        )
        if answers is not None:
            self.app.query_one(RungRows).advance()

    async def _refusal(self, rung: Rung, field: Field, answer: Answer) -> str | None:
        """Record the answer; a refusal is shown in the panel, where the text still stands."""
        try:
            await self.desk.in_thread(self.desk.session.answer, rung.id, {field.id: _value(field, answer)})
        except ConsoleError as fault:
            return str(fault)
        return None

    async def _open_rung(self, rung: Rung) -> None:
        """Working on a rung enters it; looking at one does not."""
        state = self.desk.session.incident.rungs.get(rung.id)
        if state is None or state.entered_at is None:
            await self.desk.do(self.desk.session.enter, rung.id)

    async def _complete(self, rung: Rung) -> None:
        try:
            following = await self.desk.in_thread(self.desk.session.complete, rung.id)
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
        await self.desk.do(self.desk.session.enter, following)
        self.app.go(following)

    def waive(self, place: str) -> None:
        rung = self._rung(place)
        if rung is not None:
            self.desk.start(self._waive(rung))

    async def _waive(self, rung: Rung) -> None:
        answers = await self.desk.ask(
            f"{rung.id}.waive", Question("reason", f"Why is “{rung.title}” left out? It will stand in the record.")
        )
        if answers is not None:
            before = len(self.desk.session.incident.lines)
            following = await self.desk.do(self.desk.session.waive, rung.id, str(answers["reason"]))
            if len(self.desk.session.incident.lines) > before:
                await self._go_on(following)

    async def _capture(self, rung: Rung, item: EvidenceItem) -> None:
        if item.id in self.busy:
            self.app.notify("It is running already; x cancels it.", markup=False)
            return
        allow: tuple[str, ...] = ()
        text = ""
        if item.is_observation:
            answers = await self.desk.ask(f"{rung.id}.{item.id}", Question("text", item.question))
            if answers is None:
                return
            text = str(answers["text"])
        elif item.run and item.effects not in capture.TOLD_NOT_ASKED:
            consent = await self.desk.ask(
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
            recorded = await self.desk.do(
                capture.capture, self.desk.session, rung, item, allow=allow, text=text, cancel=cancel, progress=progress
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
        self.desk.start(self._show_item(seq, focus))

    async def _show_item(self, seq: int, focus: bool) -> None:
        item = next((item for item in self.app.incident.evidence if item.seq == seq), None)
        if item is None:
            return
        data = await self.desk.do(self._text_of, item.event)
        if data is not None:
            view = self.app.query_one(LogView)
            view.show_text(f"evidence #{seq}  {item.name}", data)
            if focus:
                view.focus()

    def _text_of(self, event: Any) -> bytes:
        blobs = self.desk.session.record.blobs
        parts = [f"{event.item}: {event.reason}\n".encode()] if isinstance(event, EvidenceFailed) else []
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
        self.desk.start(self._pin())

    async def _pin(self) -> None:
        view = self.app.query_one(LogView)
        chosen = view.selection()
        if chosen is None or chosen.path is None:
            self.app.notify(
                "Open a log first; what was captured is evidence already.", severity="warning", markup=False
            )
            return
        run = self.app.picture.run
        is_run_log = run is not None and chosen.path == self.desk.session.workdir / run.log
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
        recorded = await self.desk.do(capture.pin, self.desk.session, pinned, rung)
        if recorded is not None and isinstance(recorded.event, LogPinned):
            where = f"line {lines[0]}–{lines[1]}" if lines else f"byte {chosen.start_byte}"
            self.app.notify(f"{where} of {safe(recorded.event.path)} pinned to {rung or 'the inbox'}", markup=False)
            view.clear_selection()

    def file(self, seq: int) -> None:
        self.desk.start(self._file(seq))

    async def _file(self, seq: int) -> None:
        titles = {rung.id: f"{number} {rung.title}" for number, rung in enumerate(self.desk.session.runbook.rungs, 1)}
        answers = await self.desk.ask(
            "file", Question("rung", "Which rung does it belong to?", "choice", tuple(titles), labels=titles)
        )
        if answers is not None:
            await self.desk.do(self.desk.session.file, seq, str(answers["rung"]))

    def _rung(self, place: str) -> Rung | None:
        return next((rung for rung in self.desk.session.runbook.rungs if rung.id == place), None)


def _value(field: Field, answer: Answer) -> Any:
    if isinstance(answer, tuple):
        return list(answer)
    if field.type == "many":
        return [part.strip() for part in answer.replace("\n", ",").split(",") if part.strip()]
    return answer
