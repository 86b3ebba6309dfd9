"""What is known of an incident? All that its journal adds up to, to be read; `incident` is what adds it up."""

from incident_console.events import (
    UNKNOWN,
    ClassSet,
    DecisionMade,
    EvidenceCaptured,
    HandoffAccepted,
    HandoffOffered,
    IncidentClosed,
    JournalRepaired,
    Recorded,
    Reentry,
    RunbookFrozen,
)
from incident_console.record.chain import START
from incident_console.record.gaps import gaps
from incident_console.record.seen import (
    Action,
    Edit,
    Escalation,
    Item,
    Note,
    Run,
    RungState,
    Running,
    Speaks,
    Stated,
)

UNASKED = frozenset({"attempt.kept", "edit.observed", "journal.repaired", "run.seen", "run.weighed", "state.kept"})
"""Kinds of lines by which nobody said or did anything to the incident."""
SENTENCE = "sentence"
"""The field in which a symptom is told in one sentence: it stands first, and names the incident."""


class Known:
    """The state of one incident. Only the fold writes it."""

    def __init__(self, id: str = "") -> None:
        self.id = id
        """The record's folder name, when it is known."""
        self.title = ""
        """What it was opened as; the symptom's sentence once somebody has said it."""
        self.workdir = ""
        """Where it is worked now: a receiver may have the workflow elsewhere, and a folder may be moved."""
        self.workdir_said = False
        """Whether somebody said that it is elsewhere than where the incident was opened."""
        self.severity = UNKNOWN
        self.impact = UNKNOWN
        self.deadline = UNKNOWN
        self.context = "local"
        self.opened_at: str | None = None
        self.opened_by = UNKNOWN
        self.console: str | None = None
        """The version of the console that opened it."""
        self.reentry = Reentry()
        self.watched_sha256: str | None = None
        self.runbook: RunbookFrozen | None = None
        self.runs: dict[str, Run] = {}
        """By log, as last seen; the run that was seen last comes last."""
        self.restarts = 0
        """How many runs were seen beyond the first."""
        self.rungs: dict[str, RungState] = {}
        """In the runbook's order; a rung that it does not have comes after."""
        self.evidence: list[Item] = []
        self.running: dict[int, Running] = {}
        """By the `seq` of its `evidence.started`."""
        self.notes: dict[int, Note] = {}
        """By the `seq` of the first saying."""
        self.weighed: list[Speaks] = []
        """What was said of single pieces of evidence, for or against a class, as it was said; see `record.speaking`."""
        self.not_redacted = ""
        """Why nothing is redacted in what is recorded now, as it was said; empty while it is."""
        self.was_not_redacted = ""
        """The same, of the last time that nothing was."""
        self.actions: dict[int, Action] = {}
        self.edits: dict[int, Edit] = {}
        self.classes: list[Stated[ClassSet]] = []
        self.decisions: list[Stated[DecisionMade]] = []
        self.escalations: dict[int, Escalation] = {}
        self.offered: list[Stated[HandoffOffered]] = []
        self.accepted: list[Stated[HandoffAccepted]] = []
        self.closed: Stated[IncidentClosed] | None = None
        self.repaired: list[Stated[JournalRepaired]] = []
        self.lines: list[Recorded] = []
        self.fault: str | None = None
        """Where the journal is broken: what stood from there on is not in this state. Every document says so."""
        self._open: dict[str, None] = {}
        self._place: dict[int, int] = {}
        self._captured: set[str] = set()
        self._first: dict[int, int] = {}
        self._by: dict[str, None] = {}
        self._start_of: dict[tuple[str, str], int] = {}

    @property
    def head(self) -> str:
        return self.lines[-1].hash if self.lines else START

    @property
    def operators(self) -> tuple[str, ...]:
        """Everybody who wrote into the record, in the order they came."""
        return tuple(self._by)

    @property
    def run(self) -> Run | None:
        """The run that was seen last: older evidence says that it is older."""
        return next(reversed(self.runs.values()), None)

    @property
    def open_rung(self) -> str | None:
        """The rung entered last that was not completed or waived since."""
        return next(reversed(self._open), None)

    def item(self, seq: int) -> Item | None:
        """The piece of evidence that was recorded as `seq`."""
        place = self._place.get(seq)
        return None if place is None else self.evidence[place]

    @property
    def inbox(self) -> tuple[Item, ...]:
        return tuple(item for item in self.evidence if item.rung is None)

    @property
    def running_evidence(self) -> tuple[Running, ...]:
        """Commands of which no end is recorded: running now, or interrupted by whatever ended the console."""
        return tuple(self.running.values())

    @property
    def captured(self) -> frozenset[str]:
        """The ids of the evidence items that were captured at least once."""
        return frozenset(self._captured)

    @property
    def classification(self) -> ClassSet | None:
        return self.classes[-1].event if self.classes else None

    @property
    def decision(self) -> DecisionMade | None:
        return self.decisions[-1].event if self.decisions else None

    @property
    def waiting(self) -> tuple[Escalation, ...]:
        """The escalations that nobody has answered yet."""
        return tuple(each for each in self.escalations.values() if each.open)

    @property
    def state(self) -> str:
        """`open`, `handed off to NAME` (offered and not yet accepted) or `closed`."""
        if self.closed:
            return "closed"
        if self.offered and (not self.accepted or self.accepted[-1].seq < self.offered[-1].seq):
            return f"handed off to {self.offered[-1].event.to}"
        return "open"

    @property
    def rests(self) -> bool:
        """Handed off, and nobody wrote on since: a line of the console's own would part it from the receiver's copy."""
        if not self.state.startswith("handed off"):
            return False
        return all(line.kind in UNASKED for line in self.lines[self.offered[-1].seq :])

    @property
    def symptom(self) -> str:
        """The symptom rung's answers as one line, or `unknown`."""
        return self._told("symptom")

    @property
    def scope(self) -> str:
        return self._told("scope")

    @property
    def first_command(self) -> Item | None:
        """The first captured evidence that a command gave; a command that failed confirms nothing, so it comes last."""
        gave = [i for i in self.evidence if isinstance(i.event, EvidenceCaptured) and i.event.argv]
        return min(gave, key=lambda i: bool(getattr(i.event, "exit_code", None)), default=None)

    @property
    def gate_missing(self) -> tuple[str, ...]:
        """What the note must still name before the workflow is edited: symptom, scope, evidence, class.

        A part that the runbook has no rung for is not asked; `undetermined` is a class.
        """
        roles = {state.role for state in self.rungs.values() if state.outline}
        asks = {"symptom", "scope", "classify"} & roles or {"symptom", "scope", "classify"}
        missing = {
            "symptom": "symptom" in asks and self.symptom == UNKNOWN,
            "scope": "scope" in asks and self.scope == UNKNOWN,
            "evidence": not any(item.kept for item in self.evidence),
            "class": "classify" in asks and not self.classes,
        }
        return tuple(part for part, lacking in missing.items() if lacking)

    def not_looked_at(self) -> tuple[str, ...]:
        """Sentences: what a receiver must not take for examined."""
        return gaps(self)

    def _told(self, role: str) -> str:
        answers = [
            (name, state.label(name), answer)
            for state in self.rungs.values()
            if state.role == role
            for name, answer in state.answers.items()
        ]
        if not any(answer.known for *_, answer in answers):
            return UNKNOWN
        if len(answers) == 1:
            return answers[0][-1].text
        first = [answer.text for name, _, answer in answers if name == SENTENCE and answer.known]
        rest = [
            f"{label}: {answer.text if answer.known else UNKNOWN}"
            for name, label, answer in answers
            if name != SENTENCE or not answer.known
        ]
        return "; ".join([*first, *rest])
