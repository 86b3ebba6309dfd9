"""What the operator says: notes, actions and their results, escalations, reasons, the hand-off, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incident_console.record.render import brief, record_md
from incident_console.session import handoff
from incident_console.tui.ask import Question
from incident_console.tui.texts import TextScreen
from incident_console.tui.words import safe

if TYPE_CHECKING:
    from incident_console.tui.desk import Desk

NATURES = ("fact", "inference", "decision")


class Say:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app = desk.app

    def note(self) -> None:
        self.desk.start(self._note())

    async def _note(self) -> None:
        answers = await self.desk.ask(
            "note",
            Question("text", "Note"),
            Question("nature", "Is that a fact, an inference or a decision?", "choice", NATURES),
        )
        if answers is not None:
            nature: Any = answers["nature"]
            await self.desk.do(self.desk.session.note, str(answers["text"]), nature, self.app.incident.open_rung)

    def act(self) -> None:
        self.desk.start(self._act())

    async def _act(self) -> None:
        answers = await self.desk.ask(
            "action",
            Question(
                "text", "What was done?", help="For instance: stopped the run; held the queue; unlocked the folder"
            ),
            Question("why", "Why?"),
            Question("expected", "What should happen because of it?", optional=True),
        )
        if answers is not None:
            await self.desk.do(self.desk.session.act, *(str(answers[name]) for name in ("text", "why", "expected")))

    def explain(self) -> None:
        self.desk.start(self._explain())

    async def _explain(self) -> None:
        answers = await self.desk.ask("edit", Question("text", "Why was the workflow edited before the gate was open?"))
        if answers is not None:
            await self.desk.do(self.desk.session.explain_edits, str(answers["text"]))

    def escalate(self) -> None:
        self.desk.start(self._escalate())

    async def _escalate(self) -> None:
        held = self.desk.session.escalations()
        answers = await self.desk.ask(
            "escalation",
            Question("to", "Which review, or who, does it go to?", draft=held[0].to if held else ""),
            Question("points_to", "Where does the evidence point?", optional=True),
            Question("points_away_from", "Where does it point away from?", optional=True),
            Question("trigger", "Which trigger holds?", draft=held[0].because if held else "", optional=True),
        )
        if answers is not None:
            await self.desk.do(
                self.desk.session.escalate,
                *(str(answers[name]) for name in ("to", "points_to", "points_away_from", "trigger")),
            )

    def result(self) -> None:
        self.desk.start(self._result())

    async def _result(self) -> None:
        waiting = {str(seq): safe(action.text, 100) for seq, action in self.app.incident.actions.items() if action.open}
        if not waiting:
            self.app.notify("No action waits for its result.", markup=False)
            return
        answers = await self.desk.ask(
            "result",
            Question("action", "Which action?", "choice", tuple(waiting), labels=waiting),
            Question("result", "What came of it?"),
        )
        if answers is not None:
            await self.desk.do(self.desk.session.result, int(str(answers["action"])), str(answers["result"]))

    def close_incident(self) -> None:
        self.desk.start(self._close())

    async def _close(self) -> None:
        answers = await self.desk.ask(
            "close",
            Question("outcome", "How did it end?"),
            Question("proof", "What proves it, and what stayed the same?", optional=True),
        )
        if answers is None:
            return
        if await self.desk.do(self.desk.session.end, str(answers["outcome"]), str(answers["proof"])) is not None:
            self.app.notify("The incident is closed.", markup=False)

    def handoff(self) -> None:
        self.desk.start(self._handoff())

    async def _handoff(self) -> None:
        answers = await self.desk.ask(
            "handoff", *(_handoff_question(name, prompt) for name, prompt in handoff.ASKED.items())
        )
        if answers is None:
            return
        fields = {name: str(answer) for name, answer in answers.items() if str(answer).strip()}
        offered = await self.desk.do(handoff.offer, self.desk.session, fields.pop("to"), fields)
        if offered is not None:
            missing = f"; written as unknown: {', '.join(offered.missing)}" if offered.missing else ""
            self.app.notify(
                f"{offered.path}\nchain head {offered.head[:16]}…{missing}",
                title="hand-off written",
                timeout=30,
                markup=False,
            )

    def brief(self) -> None:
        self.app.push_screen(TextScreen("Brief", brief(self.app.incident, self.desk.session.clock.now()), copies=True))

    def show_record(self) -> None:
        self.app.push_screen(TextScreen("Record", record_md(self.app.incident, self.desk.session.record.blobs.peek)))


def _handoff_question(name: str, prompt: str) -> Question:
    return Question(name, prompt, optional=name != "to", help="" if name == "to" else "empty stands as unknown")
