"""What the operator says: notes, actions and their results, escalations, reasons, the hand-off, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incident_console.errors import Refused
from incident_console.events import UNKNOWN, RunSeen
from incident_console.record.incident import fold
from incident_console.record.markdown import record_md
from incident_console.record.note import brief
from incident_console.runbook.terms import CLASSES
from incident_console.session.core import unexplained
from incident_console.session.sightings import sighting
from incident_console.tui import escalating
from incident_console.tui.ask import Answers, Aside, Question
from incident_console.tui.log.view import LogView
from incident_console.tui.longwork import Going
from incident_console.tui.texts import TextScreen
from incident_console.tui.words import GATE

if TYPE_CHECKING:
    from incident_console.tui.desk import Desk

NATURES = ("fact", "inference", "decision")
CAUSES = (*(name for name in CLASSES if name != "undetermined"), UNKNOWN)
SILENT = {"proof": "what proves it", "check": "what would make it an executable check"}
"""By question, what silence on it leaves out of the record when the incident is closed."""


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

        # Beside the text, not after it: what is typed next would be taken for an answer to a second question.
        nature = Aside("nature", NATURES, NATURES[0])
        await self.desk.record("note", Question("text", "Note", "lines", aside=nature), call=call)

    async def describe(self) -> None:
        session, incident = self.desk.session, self.app.incident
        known = {"severity": incident.severity, "impact": incident.impact, "deadline": incident.deadline}
        drafts = {name: "" if text == UNKNOWN else text for name, text in known.items()}
        deadline = self.desk.time(ahead=True, words=True)
        await self.desk.record(
            "describe",
            Question("severity", "How severe is it?", draft=drafts["severity"], optional=True),
            Question("impact", "Who feels it, and how?", draft=drafts["impact"], optional=True),
            Question(
                "deadline", "By when must it be over?", draft=drafts["deadline"], optional=True, check=deadline.told
            ),
            call=lambda said: session.describe(
                str(said["severity"]), str(said["impact"]), deadline.settled(str(said["deadline"]))
            ),
            form="Severity",
        )

    async def act(self) -> None:
        session = self.desk.session
        examples = "For instance: stopped the run; held the queue; unlocked the folder"
        done = await self.desk.record(
            "action",
            Question("text", "What was done?", help=examples),
            Question("why", "Why?"),
            Question(
                "when",
                "When?",
                help="14:05 (UTC), or 10 min ago; empty is now",
                optional=True,
                check=self.desk.time().told,
                spot=self.desk.log_time,
            ),
            Question("expected", "What should happen because of it?", optional=True),
            call=lambda said: session.act(
                str(said["text"]), str(said["why"]), str(said["expected"]), when=str(said["when"])
            ),
            form="Action",
        )
        if done is not None:
            timeline, tells = self.desk.key("app.timeline"), self.desk.key("timeline.result")
            self.desk.tell(f"Recorded. {timeline}, then {tells} on its row tells its result; the palette does, too.")

    async def result(self, of: int | None = None) -> None:
        """`of`: the action, where one was pointed at."""
        session = self.desk.session
        waiting = {str(seq): action.text for seq, action in self.app.incident.actions.items() if action.open}
        if of is not None and str(of) not in waiting:
            self.desk.tell("This action does not wait for a result.")
            return
        if not waiting:
            self.desk.tell(f"No action waits for its result: {self.desk.key('app.act')} records one.")
            return
        await self.desk.record(
            "result",
            *([] if of else [Question("action", "Which action?", "choice", tuple(waiting), labels=waiting)]),
            Question("result", f"What came of it? ({waiting[str(of)]})" if of else "What came of it?"),
            call=lambda said: session.result(of or int(str(said["action"])), str(said["result"])),
            form="Result",
        )

    async def explain(self) -> None:
        session, incident = self.desk.session, self.app.incident
        edits = [incident.edits[seq].event for seq in unexplained(incident)]
        if not edits:
            self.desk.tell("No edit of the workflow waits for a reason; those that are seen are told here.")
            return
        newest = edits[-1]
        diff = await self.desk.in_thread(session.record.blobs.peek, newest.diff_sha256) if newest.diff_sha256 else None
        help = f"Edited: {', '.join(dict.fromkeys(edit.path for edit in edits))}."
        if diff is not None:
            self.app.stream.leave()
            self.app.query_one(LogView).show_text(f"edit of {newest.path}", diff)
            leaves, goes = self.desk.key("ask.leave"), self.desk.key("app.next")
            help += f" The log pane shows the diff of {newest.path}; where it is not in view, {leaves}, then {goes}."
        prompt = "Why was the workflow edited before the gate was open?"
        help += f" {GATE}"
        await self.desk.record(
            "edit", Question("text", prompt, help=help), call=lambda said: session.explain_edits(str(said["text"]))
        )

    async def escalate(self) -> None:
        await escalating.escalate(self.desk)

    async def escalation_answer(self) -> None:
        await escalating.answer(self.desk)

    async def close_incident(self) -> None:
        session = self.desk.session
        self.desk.must_be_open()
        asked_again = False

        def call(said: Answers) -> object:
            nonlocal asked_again
            silent = [what for name, what in SILENT.items() if not said[name]]
            if silent and not asked_again:
                asked_again = True
                because, again = " and ".join(silent), self.desk.key("entry.take")
                raise Refused(f"Nobody said {because}: `unknown` stands in the record. {again} once more closes it so.")
            cause, check = str(said["cause"]), str(said["check"])
            return session.end(str(said["outcome"]), str(said["proof"]), cause=cause, check=check)

        said = self.app.incident.classification
        left = await self.desk.in_thread(session.still_open)
        done = await self.desk.record(
            "close",
            Question("outcome", "How did it end?", help="\n".join(f"! {text}" for text in left)),
            Question("cause", "Is the cause known?", "choice", CAUSES, draft=said.class_ if said else UNKNOWN),
            Question("proof", "What proves it, and what stayed the same?", optional=True),
            Question(
                "check",
                "What would make it an executable check?",
                help="So that it is seen by itself when it comes back; `unknown` is an answer",
                optional=True,
            ),
            call=call,
            form="Closing",
        )
        if done is not None:
            self.desk.tell("The incident is closed.")

    async def handoff(self) -> None:
        # Imported when it is asked for: the first screen must not wait for it.
        from incident_console.tui import handover

        await handover.open_screen(self.desk)

    async def head(self) -> None:
        """The hash that everything recorded so far leads to, for a place that nobody can alter together with it."""
        incident = self.app.incident
        text = "\n".join(
            [
                "The head of the chain:",
                f"  {incident.head}",
                f"after {len(incident.lines)} events. Who has it elsewhere can show that nothing was altered since:",
                f"  incident-console verify {self.desk.view.record.path} --head HASH",
                "It changes with every event; the head of a hand-off is told when the bundle is written.",
            ]
        )
        self.app.push_screen(TextScreen("Head of the chain", text, copies=incident.head))

    async def key_ids(self) -> None:
        # Imported when it is asked for: it looks at every screen that there is.
        from incident_console.tui import keymap

        told = 'In the settings (incident-console doctor --settings says where), under [keys]:  "app.note" = "f6"\n\n'
        self.app.push_screen(
            TextScreen("Keys and their ids", told + keymap.listed(keymap.places(self.app.SCREENS_APART)))
        )

    async def messages(self) -> None:
        self.app.push_screen(TextScreen("Messages", self.app.notices.told))

    async def brief(self) -> None:
        session = self.desk.view
        self.app.push_screen(TextScreen("Brief", brief(self.app.incident, session.clock.now(), self.seen())))

    def seen(self) -> RunSeen | None:
        """The run as it stands now."""
        run = self.app.picture.run
        return None if run is None else sighting(run)

    async def show_record(self) -> None:
        session = self.desk.view
        # Folded anew, since the record goes on growing while the page is made.
        incident = fold(tuple(self.app.incident.lines), session.id)
        peek = session.record.blobs.peek

        def read(going: Going) -> str:
            def looked(*what: Any) -> bytes | None:
                going(-1)
                return peek(*what)

            return record_md(incident, looked)

        text = await self.desk.long.do("the record is being laid out", read)
        self.app.push_screen(TextScreen("Record", text))
