"""Climbing: entering, answering, capturing evidence, completing, waiving, filing, pinning."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from incident_console.events import EvidenceCaptured, LogPinned, Recorded
from incident_console.record.text import span
from incident_console.runbook.terms import WAIVE
from incident_console.session import capture, suggest
from incident_console.session.surfaces import smallest_first
from incident_console.tui import asked, pinning, showing
from incident_console.tui.ask import Question
from incident_console.tui.log.view import LogView
from incident_console.tui.reader import EvidenceReader
from incident_console.tui.rung import COMPLETE, ESCALATE, NEXT, RungRows, next_evidence, next_row
from incident_console.tui.rungrows import Busy, latest, needed_first
from incident_console.tui.texts import TextScreen

if TYPE_CHECKING:
    from incident_console.evidence.command import Progress
    from incident_console.runbook.schema import EvidenceItem, Field, Rung
    from incident_console.session.picture import Picture
    from incident_console.session.understanding import Understanding
    from incident_console.tui.desk import Desk

YES, NO = "yes, run it", "no, do not run it"
TRUST, TRUST_NOT = "yes, I have read it and trust it", "no, its commands do not run"
END_WITHIN_S = 6.0
SAYS_WHY = 4
"""Characters of a reason in a script that puts no blanks between words."""


def says_why(text: str) -> tuple[str, bool]:
    """As `question.Check`. A word typed for something else is no reason, and what is waived cannot be unsaid."""
    is_one = len(text.split()) < 2 and (text.isascii() or len(text.strip()) < SAYS_WHY)
    return ("", True) if not is_one else ("Say in a few words why it cannot or need not be climbed.", False)


class Climb:
    """Every coroutine is one thing to do, for `desk.start`."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app = desk.app
        self.busy: dict[str, Busy] = {}
        """The evidence commands that run now, by item."""
        self._cancels: dict[str, threading.Event] = {}
        self.reader = EvidenceReader(desk)

    def forget(self) -> None:
        """The same incident is taken up anew: what was read through the former view is read again."""
        self.reader = EvidenceReader(self.desk)

    # -- going about ---------------------------------------------------------------------------------------------

    async def enter(self, rung: str) -> None:
        """Enter a rung; those of a closed incident, and of one that is only read, can be looked at only."""
        if self.desk.review is None and self.desk.session.incident.closed is None:
            await self.desk.in_thread(self.desk.session.enter, rung)

    async def take_symptom(self) -> None:
        """Answer where the symptom is told with what was drafted; what nobody can draft is asked."""
        rung = next((rung for rung in self.desk.session.runbook.rungs if rung.role == "symptom"), None)
        if rung is None:
            return
        self.app.go(rung.id)
        self.desk.must_be_open()
        session, picture = self.desk.session, self.app.picture
        await self.enter(rung.id)
        state = session.incident.rungs.get(rung.id)
        told = state.answers if state is not None else {}
        drafted = {field.id: suggest.draft(rung, field, picture) for field in rung.ask if field.type == "text"}
        new = {id: text for id, text in drafted.items() if text and (id not in told or told[id].text != text)}
        if new:
            await self.desk.in_thread(session.answer, rung.id, new)
            await self.desk.drafts.drop(rung.id, *new)
        if self.app.place == rung.id:
            await self._ask_needed(rung)

    async def take_suspect(self, rung: Rung, known: Understanding, class_: str) -> None:
        """Answer this class, and what goes with it; what nobody can draft is asked."""
        session = self.desk.session
        answers = suggest.taken(rung, known, class_)
        self.desk.must_be_open()
        await self._open_rung(rung)
        await self.desk.in_thread(session.answer, rung.id, answers)
        await self.desk.drafts.drop(rung.id, *answers)
        if self.app.place == rung.id:
            await self._ask_needed(rung)

    async def row(self, place: str, row: str, again: bool) -> None:
        """What Enter does on a row of a rung; `again`: capture evidence that is there already once more."""
        rung = self._rung(place)
        if rung is None:
            return
        kind, _, id = row.partition(":")
        if kind == "field" and (field := rung.field(id)) is not None:
            await self.answer(rung, field)
        elif row == NEXT:
            await self._capture_next(rung)
        elif kind == "evidence" and (item := rung.item(id)) is not None:
            got = latest(self.app.incident, rung).get(id)
            if got is not None and not again:
                await self.show_item(got.seq)
            else:
                await self._capture(rung, item)
        elif kind == "item":
            await self.show_item(int(id))
        elif kind == ESCALATE:
            await self.desk.say.escalate()
        elif kind == COMPLETE:
            await self._complete(rung)

    def _rung(self, place: str) -> Rung | None:
        """As it is shown: its evidence in the order in which to look at it."""
        found = next((rung for rung in self.desk.view.runbook.rungs if rung.id == place), None)
        return smallest_first(found, self.app.picture)[0] if found is not None else None

    async def _open_rung(self, rung: Rung) -> None:
        """Working on a rung enters it; looking at one does not."""
        state = self.desk.session.incident.rungs.get(rung.id)
        if state is None or state.entered_at is None:
            await self.enter(rung.id)

    def _advance(self, rung: Rung, row: str) -> str:
        """Go on from a row that is done, unless the operator went elsewhere. Where to; empty: nowhere.

        After evidence to the next that is not captured; else to the next row that is needed.
        """
        rows, session = self.app.query_one(RungRows), self.desk.session
        if self.app.place != rung.id or rows.row != row:
            return ""
        kind, _, id = row.partition(":")
        item = next_evidence(rung, session.incident, self.busy, id) if kind == "evidence" else None
        following = f"evidence:{item.id}" if item else next_row(rung, session.missing(rung.id), row)
        rows.put_cursor(following)
        rows.call_after_refresh(rows.keep_in_view, row)
        return following

    async def _go_on(self, following: str | None) -> None:
        if following is None:
            hands, closes = self.desk.key("app.handoff"), self.desk.key("app.close")
            self.desk.tell(f"Every rung is done or waived. {closes} closes the incident; {hands} hands it over.")
            return
        await self.enter(following)
        self.app.go(following)

    # -- answering -----------------------------------------------------------------------------------------------

    def drafts(self, rung: Rung) -> dict[str, str]:
        """By field: what was half typed, or what the run suggests."""
        picture, drafts = self.app.picture, self.desk.drafts
        drafted = ((field.id, self._drafted(rung, field, picture)) for field in rung.ask)
        return {id: drafts.get(rung.id, id, text) for id, text in drafted}

    def _drafted(self, rung: Rung, field: Field, picture: Picture) -> str:
        """What the run suggests; for and against the class, what was said of the evidence."""
        return suggest.draft(rung, field, picture) or suggest.weighed(rung, field, self.app.incident, picture)

    async def answer(self, rung: Rung, field: Field, draft: str = "") -> None:
        """`draft`: what stands in the field, if not what is drafted for it."""
        session = self.desk.session
        self.desk.must_be_open()
        await self._open_rung(rung)
        self.app.query_one(RungRows).put_cursor(f"field:{field.id}")
        suggested = self._drafted(rung, field, self.app.picture)
        question = asked.question(self.desk, rung, field, suggested)

        def redraft(stands: str) -> str:
            """What nobody has touched tells of the run as it is by now."""
            nonlocal suggested
            if stands == suggested and not draft:
                suggested = self._drafted(rung, field, self.app.picture) or suggested
                return suggested
            return stands

        question = replace(question, redraft=redraft) if field.type == "text" else question
        done = await self.desk.record(
            rung.id,
            replace(question, draft=draft) if draft else question,
            call=lambda answers: session.answer(rung.id, {field.id: asked.value(self.desk, field, answers[field.id])}),
        )
        if done is not None:
            await self._ask_on(rung, f"field:{field.id}")

    async def _ask_on(self, rung: Rung, row: str) -> None:
        """Go on from what was answered, and ask what comes below: who types on must not be pressing keys."""
        following, order = self._advance(rung, row), [f"field:{field.id}" for field in rung.ask]
        if following in order and (row not in order or order.index(row) < order.index(following)):
            await self._ask_of(rung, following)

    async def _ask_needed(self, rung: Rung) -> bool:
        """Go to the row that is needed first, and ask it. Whether it is a question."""
        row = next_row(rung, self.desk.session.missing(rung.id))
        self.app.query_one(RungRows).put_cursor(row)
        return await self._ask_of(rung, row)

    async def _ask_of(self, rung: Rung, row: str) -> bool:
        kind, _, id = row.partition(":")
        field = rung.field(id) if kind == "field" else None
        if field is not None:
            await self.answer(rung, field)
        return field is not None

    async def _complete(self, rung: Rung) -> None:
        """Where something is needed yet, go to it, and where that is a question ask it."""
        self.desk.must_be_open()
        if missing := self.desk.session.missing(rung.id):
            if not await self._ask_needed(rung):
                self.desk.tell(needed_first(missing, self.desk.key), seconds=8)
            return
        following = await self.desk.in_thread(self.desk.session.complete, rung.id)
        if rung.role == "prove" and following is not None:
            self.desk.tell(f"The proof is in the record: {self.desk.key('app.close')} closes the incident.")
        await self._go_on(following)

    async def waive(self, place: str) -> None:
        rung, session = self._rung(place), self.desk.session
        if rung is None:
            return
        self.desk.must_be_open()
        number = session.runbook.rungs.index(rung) + 1
        prompt = f"Rung {number} “{rung.title}” is left out: why? It will stand in the record as waived by you."
        following = await self.desk.record(
            rung.id,
            Question(WAIVE, prompt, check=says_why),
            call=lambda answers: (session.waive(rung.id, str(answers[WAIVE])),),
        )
        if following is not None:
            await self._go_on(*following)

    async def trust(self) -> None:
        """Show what the runbook would run, and what changed since it was trusted; then ask."""
        session, closes = self.desk.session, self.desk.key("text.close")
        page = await self.desk.in_thread(session.trust.review)
        if await self.desk.in_thread(session.trusted) is None:
            page = f"{session.trust.refusal}.\n\n{page}"
        await self.app.push_screen_wait(TextScreen(f"What it would run; {closes}, and it is asked", page))
        prompt = f"May the runbook {session.runbook.id}, exactly as it was shown, run its commands?"
        answers = await self.desk.ask("trust", Question("trust", prompt, "choice", (TRUST_NOT, TRUST)))
        if answers is not None and answers["trust"] == TRUST:
            await self.desk.in_thread(session.give_trust)
            self.desk.tell("Trusted, and recorded. A changed runbook will ask again.")

    # -- capturing -----------------------------------------------------------------------------------------------

    async def _capture_next(self, rung: Rung) -> None:
        """`c` where the cursor stands on no evidence."""
        rows = self.app.query_one(RungRows)
        item = next_evidence(rung, self.desk.session.incident, self.busy)
        if item is not None:
            rows.put_cursor(f"evidence:{item.id}")
            await self._capture(rung, item)
        elif rung.evidence:
            captures = self.desk.key("rung.capture")
            told = f"All evidence of this rung is captured; {captures} on one of its rows captures it again."
            missing = tuple(need for need in self.desk.session.missing(rung.id) if need.kind == "field")
            self.desk.tell(f"{told} {needed_first(missing, self.desk.key)}" if missing else told)

    async def _capture(self, rung: Rung, item: EvidenceItem) -> None:
        self.desk.must_be_open()
        row = f"evidence:{item.id}"
        if item.id in self.busy:
            self.desk.tell(f"It is running already; {self.desk.key('rung.cancel')} cancels it.")
        elif item.is_observation:
            if await self._observe(rung, item) is not None:
                await self._ask_on(rung, row)
        elif (allow := await self._consent(rung, item)) is not None:
            recorded = await self._gathered(rung, item, allow)
            if isinstance(recorded.event, EvidenceCaptured):
                self._advance(rung, row)
            await self.show_item(recorded.seq, focus=False)

    async def again(self, rung: Rung, item: EvidenceItem) -> Recorded | None:
        """Capture evidence once more, wherever one stands; None where it runs already, or was not allowed to."""
        if item.id in self.busy:
            self.desk.tell(f"It is running already; {self.desk.key('rung.cancel')} cancels it.")
        elif (allow := await self._consent(rung, item)) is not None:
            return await self._gathered(rung, item, allow)
        return None

    async def _gathered(self, rung: Rung, item: EvidenceItem, allow: tuple[str, ...]) -> Recorded:
        recorded = await self._gather(rung, item, allow)
        if (other := await self._other_form(rung, item, recorded)) is not None:
            recorded = await self._gather(rung, other, allow)
        return recorded

    async def _other_form(self, rung: Rung, item: EvidenceItem, recorded: Recorded) -> EvidenceItem | None:
        """The same question in the form that a live run does not stand in the way of, if the operator wants it."""
        reading = await self.reader.read(recorded.event) if isinstance(recorded.event, EvidenceCaptured) else None
        if reading is None or not reading.offer:
            return None
        prompt = f"It could not answer: {reading.failed} While a run goes on, this does: {' '.join(reading.offer)}"
        answers = await self.desk.ask(f"{rung.id}.{item.id}", Question("consent", prompt, "choice", (YES, NO)))
        if answers is None or answers["consent"] != YES:
            return None
        return item.model_copy(update={"run": reading.offer})

    async def _observe(self, rung: Rung, item: EvidenceItem) -> Recorded | None:
        session = self.desk.session
        await self._open_rung(rung)
        return await self.desk.record(
            f"{rung.id}.{item.id}",
            Question("text", item.question),
            call=lambda answers: capture.capture(session, rung, item, text=str(answers["text"])),
        )

    async def _consent(self, rung: Rung, item: EvidenceItem) -> tuple[str, ...] | None:
        """The effects that are allowed; None: the operator said no. What only looks is not asked about.

        A runbook that nobody trusted yet is read first, and its trust asked for.
        Of a make target it is first asked what it would do: a runbook may not know that it begins by deleting.
        """
        if not item.run:
            return ()
        if await self.desk.in_thread(self.desk.session.trusted) is None:
            self.app.stale()
            await self.trust()
            if await self.desk.in_thread(self.desk.session.trusted) is None:
                return None
        ahead = await self.desk.in_thread(capture.foresee, self.desk.session, item)
        asked = [] if item.effects in capture.TOLD_NOT_ASKED else [capture.effect(item.effects)]
        if not asked and not ahead.told:
            return ()
        if ahead.told:
            asked.append(f"by its makefile it {ahead.told}")
        prompt = f"{' '.join(item.run)} — {'; '.join(asked)}. Run it?"
        answers = await self.desk.ask(f"{rung.id}.{item.id}", Question("consent", prompt, "choice", (NO, YES)))
        return (item.effects, *ahead.effects) if answers is not None and answers["consent"] == YES else None

    async def _gather(self, rung: Rung, item: EvidenceItem, allow: tuple[str, ...]) -> Recorded:
        """Run the command, or read the file, off the screen's loop, with its progress in the row."""
        session = self.desk.session
        if not item.run or session.trust.known is not None:  # else it is refused below: that is no work on the rung
            await self._open_rung(rung)
        cancel, began = threading.Event(), time.monotonic()
        self._cancels[item.id], self.busy[item.id] = cancel, Busy(item.id, 0.0, 0)

        def progress(now: Progress) -> None:
            self.busy[item.id] = Busy(item.id, time.monotonic() - began, now.stdout_bytes + now.stderr_bytes)
            self.app.stale()

        self.app.stale()
        try:
            return await self.desk.in_thread(
                capture.capture, session, rung, item, allow=allow, cancel=cancel, progress=progress
            )
        finally:
            del self.busy[item.id], self._cancels[item.id]
            self.app.stale()

    def cancel(self) -> None:
        for event in self._cancels.values():
            event.set()

    async def cancel_all(self) -> None:
        """End the evidence commands that run, and wait until each is recorded as cancelled."""
        self.cancel()
        until = time.monotonic() + END_WITHIN_S
        while self.busy and time.monotonic() < until:
            await asyncio.sleep(0.05)

    # -- what was captured ---------------------------------------------------------------------------------------

    async def show_item(self, seq: int, *, focus: bool = True) -> None:
        """Open a piece of evidence in the log pane."""
        await showing.item(self.desk, self.reader, seq, focus=focus)

    async def pin(self) -> None:
        """Keep the selected lines of the open log, or the one under its cursor, for the open rung or the inbox."""
        view, session, run = self.app.query_one(LogView), self.desk.session, self.app.picture.run
        chosen = view.selection()
        if not view.is_on_screen:
            goes, pins = self.desk.key("app.next"), self.desk.key("app.pin")
            self.desk.tell(f"The log is not on screen: {goes} goes to it, and {pins} pins the line under its cursor.")
            return
        if chosen is None:
            self.desk.tell("There is no line here to pin: open a log first.", severity="warning")
            return
        self.desk.must_be_open()
        evidence, data = tuple(session.incident.evidence), view.selected_bytes()
        is_run_log = run is not None and chosen.path == session.workdir / run.log
        spot = await self.desk.in_thread(pinning.spot, chosen, evidence, session.record.blobs)
        pinned = capture.Pinned(
            spot.path,
            chosen.inode,
            spot.lines,
            (chosen.start_byte, chosen.end_byte),
            data,
            "run-log" if is_run_log else spot.surface,
        )
        rung = self.app.incident.open_rung
        recorded = await self.desk.in_thread(capture.pin, session, pinned, rung)
        view.clear_selection()
        assert isinstance(recorded.event, LogPinned)
        where = span(spot.lines) if spot.lines else f"byte {chosen.start_byte}"
        self.desk.tell(f"{where} of {recorded.event.path} pinned to {rung or 'the inbox'}")

    async def file(self, seq: int) -> None:
        """Lay a piece of evidence to a rung."""
        self.desk.must_be_open()
        session = self.desk.session
        titles = {rung.id: f"{number} {rung.title}" for number, rung in enumerate(session.runbook.rungs, 1)}
        question = Question(
            "rung",
            "Which rung does it belong to?",
            "choice",
            tuple(titles),
            labels=titles,
            draft=self.app.incident.open_rung or "",
        )
        await self.desk.record("file", question, call=lambda answers: session.file(seq, str(answers["rung"])))
