"""What the operator says: notes, actions and their results, escalations, reasons, the hand-off, the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from incident_console.errors import Refused
from incident_console.events import UNKNOWN
from incident_console.record.incident import fold
from incident_console.record.render import brief, record_md
from incident_console.session import handoff
from incident_console.session.core import unexplained
from incident_console.tui.ask import Answers, Question
from incident_console.tui.log.view import LogView
from incident_console.tui.news import ended
from incident_console.tui.texts import TextScreen

if TYPE_CHECKING:
    from incident_console.tui.desk import Desk

NATURES = ("fact", "inference", "decision")


class Say:
    """Every method is one thing to do, for `desk.start`."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app = desk.app

    async def note(self) -> None:
        session, rung = self.desk.session, self.app.incident.open_rung

        def call(answers: Answers) -> object:
            nature: Any = answers["nature"]
            return session.note(str(answers["text"]), nature, rung)

        nature = Question("nature", "Is that a fact, an inference or a decision?", "choice", NATURES)
        await self.desk.record("note", Question("text", "Note"), nature, call=call)

    async def describe(self) -> None:
        session, incident = self.desk.session, self.app.incident
        known = {"severity": incident.severity, "impact": incident.impact, "deadline": incident.deadline}
        drafts = {name: "" if text == UNKNOWN else text for name, text in known.items()}
        await self.desk.record(
            "describe",
            Question("severity", "How severe is it?", draft=drafts["severity"], optional=True),
            Question("impact", "Who feels it, and how?", draft=drafts["impact"], optional=True),
            Question("deadline", "By when must it be over?", draft=drafts["deadline"], optional=True),
            call=lambda said: session.describe(str(said["severity"]), str(said["impact"]), str(said["deadline"])),
        )

    async def act(self) -> None:
        session = self.desk.session
        examples = "For instance: stopped the run; held the queue; unlocked the folder"
        done = await self.desk.record(
            "action",
            Question("text", "What was done?", help=examples),
            Question("why", "Why?"),
            Question("expected", "What should happen because of it?", optional=True),
            call=lambda said: session.act(str(said["text"]), str(said["why"]), str(said["expected"])),
        )
        if done is not None:
            self.desk.tell("Recorded. The palette (ctrl+p) tells its result.")

    async def result(self) -> None:
        session = self.desk.session
        waiting = {str(seq): action.text for seq, action in self.app.incident.actions.items() if action.open}
        if not waiting:
            self.desk.tell("No action waits for its result.")
            return
        await self.desk.record(
            "result",
            Question("action", "Which action?", "choice", tuple(waiting), labels=waiting),
            Question("result", "What came of it?"),
            call=lambda said: session.result(int(str(said["action"])), str(said["result"])),
        )

    async def explain(self) -> None:
        session, incident = self.desk.session, self.app.incident
        edits = [incident.edits[seq].event for seq in unexplained(incident)]
        if not edits:
            self.desk.tell("No edit of the workflow waits for a reason.")
            return
        newest = edits[-1]
        diff = await self.desk.in_thread(session.record.blobs.peek, newest.diff_sha256) if newest.diff_sha256 else None
        help = f"Edited: {', '.join(dict.fromkeys(edit.path for edit in edits))}."
        if diff is not None:
            self.app.stream.leave()
            self.app.query_one(LogView).show_text(f"edit of {newest.path}", diff)
            help += f" The log pane shows the diff of {newest.path}; where it is not in view, Esc, then tab."
        prompt = "Why was the workflow edited before the gate was open?"
        await self.desk.record(
            "edit", Question("text", prompt, help=help), call=lambda said: session.explain_edits(str(said["text"]))
        )

    async def escalate(self) -> None:
        session = self.desk.session
        held = session.escalations()
        done = await self.desk.record(
            "escalation",
            Question("to", "Which review, or who, does it go to?", draft=held[0].to if held else ""),
            Question("points_to", "Where does the evidence point?", optional=True),
            Question("points_away_from", "Where does it point away from?", optional=True),
            Question("trigger", "Which trigger holds?", draft=held[0].because if held else "", optional=True),
            call=lambda said: session.escalate(
                *(str(said[name]) for name in ("to", "points_to", "points_away_from", "trigger"))
            ),
        )
        if done is not None:
            self.desk.tell("The escalation is in the record; h hands the incident over.")

    async def close_incident(self) -> None:
        session = self.desk.session
        self.desk.must_be_open()
        asked_again = False

        def call(said: Answers) -> object:
            nonlocal asked_again
            if not said["proof"] and not asked_again:
                asked_again = True
                raise Refused("Nothing proves it: `unknown` stands in the record. Enter once more closes all the same.")
            return session.end(str(said["outcome"]), str(said["proof"]))

        done = await self.desk.record(
            "close",
            Question("outcome", "How did it end?", help=self._before_closing()),
            Question("proof", "What proves it, and what stayed the same?", optional=True),
            call=call,
        )
        if done is not None:
            self.desk.tell("The incident is closed.")

    def _before_closing(self) -> str:
        """What somebody may have overlooked who is about to close the incident; empty when nothing is."""
        told = []
        if left := [str(mark.number) for mark in self.desk.session.marks() if mark.state in ("open", "entered")]:
            told.append(f"! Rung {', '.join(left)} is still open.")
        incident = self.app.incident
        if incident.offered and (whose := ended(incident)):
            told.append(f"! The incident was {whose}.")
        return " ".join(told)

    async def handoff(self) -> None:
        session = self.desk.session

        def call(answers: Answers) -> handoff.Offered:
            fields = {name: str(answer) for name, answer in answers.items() if answer}
            return handoff.offer(session, fields.pop("to"), fields, _free(session.record.path))

        questions = (
            Question(name, prompt, optional=name != "to", help="" if name == "to" else "empty stands as unknown")
            for name, prompt in handoff.ASKED.items()
        )
        offered = await self.desk.record("handoff", *questions, call=call)
        if offered is not None:
            self.app.push_screen(TextScreen("Hand-off written", _offered(offered)))

    async def brief(self) -> None:
        session = self.desk.session
        self.app.push_screen(TextScreen("Brief", brief(self.app.incident, session.clock.now())))

    async def show_record(self) -> None:
        session = self.desk.session
        # Folded anew, since the record goes on growing while the page is made.
        incident = fold(tuple(self.app.incident.lines), session.id)
        text = await self.desk.in_thread(record_md, incident, session.record.blobs.peek)
        self.app.push_screen(TextScreen("Record", text))


def _free(record: Path) -> Path:
    """Where the next bundle of this record goes: beside the folder of records, over no earlier one."""
    name, number = record.parent.parent / f"{record.name}.zip", 1
    while name.exists():
        number += 1
        name = name.with_name(f"{record.name}-{number}.zip")
    return name


def _offered(offered: handoff.Offered) -> str:
    """The page that stays until it was read: where the bundle is, its head, and what nobody said."""
    lines = [
        "The bundle:",
        f"  {offered.path}",
        "The chain's head; tell it to the receiver by another way than the bundle:",
        f"  {offered.head}",
        "The receiver takes it over with:",
        f'  incident-console accept {offered.path.name} --as NAME --readback "what I took over"',
    ]
    if offered.missing:
        lines += ["Written as unknown, since nobody said:", f"  {', '.join(offered.missing)}"]
    return "\n".join(lines)
