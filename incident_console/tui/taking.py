"""From reading to writing: take the pen that somebody laid down, or accept the bundle that is being read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.errors import Refused
from incident_console.events import UNKNOWN
from incident_console.session import recheck
from incident_console.session.plan import Plan
from incident_console.session.reviewing import BundleReview, Review
from incident_console.tui.ask import Answers, Question
from incident_console.tui.log.view import LogView

if TYPE_CHECKING:
    from incident_console.tui.desk import Desk

READ_BACK = "What do you take over? What is wrong, what is next, what must not be touched: in your own words"


class Taking:
    """Every coroutine is one thing to do, for `desk.start`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._app = desk.app

    async def take(self) -> None:
        review = self._desk.review
        if isinstance(review, BundleReview):
            await self._accept(review)
        elif review is not None:
            plan = replace(self._app.plan, resume=review.record.path, command=(), bundle=None)
            await self._change(plan, "You have the pen: what you do is recorded from here on.")

    async def _accept(self, review: BundleReview) -> None:
        who = self._app.plan.who

        # Imported when it is asked for: the first screen must not wait for it.
        from incident_console.session import handoff

        def call(answers: Answers) -> handoff.Accepted:
            receiver = replace(who, operator=str(answers["who"]).strip())
            return handoff.accept(review.source, receiver, str(answers["readback"]))

        offered_to = review.incident.offered[-1].event.to if review.incident.offered else UNKNOWN
        name = offered_to if who.is_login and offered_to != UNKNOWN else who.operator
        accepted = await self._desk.record(
            f"accept {review.id}",
            Question("who", "Who takes it over?", draft=name),
            Question("readback", READ_BACK, help="It stands in the record, with your name and the time."),
            call=call,
        )
        if accepted is not None:
            receiver = replace(who, operator=accepted.who)
            plan = Plan(receiver, Path(review.incident.workdir), resume=accepted.record)
            before = f" {accepted.told}." if accepted.told else ""
            await self._change(plan, f"{review.id} is yours: it goes on where the sender stopped.{before}")

    async def _change(self, plan: Plan, told: str) -> None:
        """Raises Refused while somebody else has the pen, InputError, RecordError."""
        found = await self._desk.in_thread(plan.begin)
        if isinstance(found, Review):
            found.close()
            raise Refused(f"{found.writer} has the pen: that console must be left first")
        await self._app.change_to(plan, found)
        self._desk.tell(told, "taken over")

    # -- what changed since the hand-off -----------------------------------------------------------------------------

    async def look(self) -> None:
        """Find out whether the workflow is here; the page about it is drawn then."""
        self._app.reached = await self._desk.in_thread(recheck.reach, self._desk.view)
        self._app.stale()
        waiting = [pair for pair in recheck.again(self._desk.view) if pair.after is None]
        if not self._app.reached.here:
            self._desk.tell(self._app.reached.told, "not here", "warning", 15)
        elif waiting:
            told = f"{self._desk.key('app.since')} shows what changed since, and captures the same evidence again."
            self._desk.tell(told, "since the hand-off", seconds=10)

    async def check(self, pair: recheck.Again, again: bool) -> None:
        """Capture the evidence again, as on its rung; what was captured since is held against what it was."""
        if pair.after is None or again:
            await self._desk.climb.row(pair.rung.id, f"evidence:{pair.item.id}", again=True)
            return
        text = await self._desk.long.do("they are being compared", lambda _: recheck.diff(self._desk.view, pair))
        self._app.stream.leave()
        self._app.query_one(LogView).show_text(f"{pair.item.id}, then and now", text)
        self._app.show_log()
