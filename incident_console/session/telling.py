"""What does the operator say, beside the answers of the ladder? Notes, actions, escalations, how bad it is, the end.

Each is one event of the session's record; what is refused is told with a reason and leaves no trace.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from incident_console import events
from incident_console.errors import Refused
from incident_console.evidence.names import shown
from incident_console.record import speaking
from incident_console.record.clock import stamp
from incident_console.session import closing, moments
from incident_console.session.said import clean_text, said, said_or_unknown
from incident_console.session.view import View


class Telling(View, ABC):
    run_is_live: bool
    """A run goes on in the workdir."""

    @abstractmethod
    def append(self, event: events.Event, *, may_wait: bool = True) -> events.Recorded:
        """As `Session.append`."""

    def note(self, text: str, nature: events.Nature = "fact", rung: str | None = None) -> events.Recorded:
        return self.append(events.NoteAdded(text=said(text, "a note"), nature=nature, rung=rung))

    def correct(self, seq: int, text: str, nature: events.Nature = "fact") -> events.Recorded:
        """The earlier note stays in the record; this one stands beside it."""
        if seq not in self.incident.notes:
            raise Refused(f"event {seq} is not a note")
        return self.append(events.NoteCorrected(corrects=seq, text=said(text, "a note"), nature=nature))

    def speak(self, seq: int, speaks: str, class_: str, why: str) -> events.Recorded:
        """Say that a piece of evidence, or an edit, speaks `for` or `against` a class; the last word counts.

        `neither` takes it back.
        """
        if self.incident.item(seq) is None and seq not in self.incident.edits:
            raise Refused(f"event {seq} is neither evidence nor an edit")
        told = f"speaks {speaks} {class_}" if speaks != "neither" else f"speaks neither for nor against {class_}"
        return self.append(
            events.NoteAdded(
                text=f"{speaking.what(self.incident, seq)} {told}: {said(why, 'a reason')}",
                nature="inference",
                of=seq,
                speaks=speaks,
                class_=class_,
            )
        )

    def describe(self, severity: str, impact: str, deadline: str) -> events.Recorded:
        """Say how bad it is, for whom, and by when; an empty text stays as it was said before."""
        return self._correct_opening(
            self.incident.workdir,
            severity=clean_text(severity),
            impact=clean_text(impact),
            deadline=moments.settled(clean_text(deadline), self.clock.now()),
        )

    def move(self) -> events.Recorded:
        """Record that the workflow is in this session's workdir now."""
        return self._correct_opening(shown(self.workdir))

    def _correct_opening(
        self, workdir: str, severity: str = "", impact: str = "", deadline: str = ""
    ) -> events.Recorded:
        incident = self.incident
        return self.append(
            events.IncidentOpened(
                corrects=incident.lines[0].seq,
                title=incident.title,
                workdir=workdir,
                context=incident.context,
                severity=severity or incident.severity,
                impact=impact or incident.impact,
                deadline=deadline or incident.deadline,
            )
        )

    def act(self, text: str, why: str, expected: str, result: str = events.UNKNOWN, when: str = "") -> events.Recorded:
        """Record that something was done (the console does not do it itself).

        `when` is a time as `moments.when` takes it; empty is now. Raises Refused for what is none.
        """
        return self.append(
            events.ActionTaken(
                occurred_at=stamp(moments.when(when, self.clock.now())) if when.strip() else None,
                text=said(text, "an action"),
                why=said(why, "an action's reason"),
                expected=said_or_unknown(expected),
                result=said_or_unknown(result),
            )
        )

    def result(self, seq: int, result: str) -> events.Recorded:
        """Tell what an action led to."""
        action = self.incident.actions.get(seq)
        if action is None:
            raise Refused(f"event {seq} is not an action")
        return self.append(
            events.ActionTaken(
                corrects=seq,
                text=action.text,
                why=action.why,
                expected=action.expected,
                result=said(result, "a result"),
            )
        )

    def file(self, seq: int, rung: str) -> events.Recorded:
        """Lay an inbox item to a rung."""
        self._rung(rung)
        if self.incident.item(seq) is None:
            raise Refused(f"event {seq} is not evidence")
        return self.append(events.EvidenceFiled(of=seq, rung=rung))

    def escalate(
        self,
        to: str,
        points_to: str,
        points_away_from: str,
        trigger: str,
        *,
        owner: str = "",
        due: str = "",
        evidence: tuple[str, ...] = (),
    ) -> events.Recorded:
        """Possible at any time, and as often as there are boundaries; `evidence` is what makes the trigger hold."""
        return self.append(
            events.EscalationRaised(
                to=said(to, "an escalation's addressee"),
                points_to=said_or_unknown(points_to),
                points_away_from=said_or_unknown(points_away_from),
                trigger=said_or_unknown(trigger),
                evidence=tuple(clean_text(text) for text in evidence),
                owner=said_or_unknown(owner),
                due=said_or_unknown(moments.settled(due, self.clock.now())),
            )
        )

    def answer_escalation(
        self, of: int, text: str, who: str = "", when: str = "", decision: str = ""
    ) -> events.Recorded:
        """Tell what came back to the escalation recorded as `of`; a decision that follows is one of the incident.

        `when`: 14:05, 10 min ago; empty for now.
        """
        raised = self.incident.escalations.get(of)
        if raised is None:
            raise Refused(f"event {of} is not an escalation")
        answered = events.EscalationAnswered(
            of=of,
            text=said(text, "an answer"),
            who=said_or_unknown(who),
            occurred_at=stamp(moments.when(when, self.clock.now())),
            decision=said_or_unknown(decision),
        )
        with self._lock:
            recorded = self.append(answered)
            if answered.decision != events.UNKNOWN:
                because = f"{answered.who} answered escalation {raised.number}: {answered.text}"
                self.append(events.DecisionMade(decision=answered.decision, reason=because, owner=raised.event.owner))
        return recorded

    def still_open(self) -> tuple[str, ...]:
        """What closing would leave open, in sentences."""
        return closing.still_open(self.incident, self.marks(), self.run_is_live)

    def end(self, outcome: str, proof: str, *, cause: str = "", check: str = "") -> events.Recorded:
        """Close the incident, once. `check`: what would make it an executable check."""
        if self.incident.closed is not None:
            raise Refused(f"the incident is closed already: {self.incident.closed.event.outcome}")
        return self.append(
            events.IncidentClosed(
                outcome=said(outcome, "closing"),
                proof=said_or_unknown(proof),
                cause=said_or_unknown(cause),
                check=said_or_unknown(check),
                left=self.still_open(),
            )
        )
