"""What happened, line by line? The journal in sentences, for every document alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from incident_console import events
from incident_console.events import UNKNOWN, Event, Recorded
from incident_console.record.clock import moment
from incident_console.record.incident import Incident
from incident_console.record.seen import RungState, how_changed, say
from incident_console.record.text import because, command, elapsed, exit_said, one_line, span

LETTERS = {"fact": "F", "inference": "I", "decision": "D"}
LEGEND = "F is a fact, I an inference, D a decision; a line without a letter is the console's own bookkeeping."

NAMED = 60
"""Characters of an action by which its result is told: all of it stands where it was done."""


@dataclass(frozen=True, slots=True)
class Moment:
    seq: int
    at: str
    """When it happened, which may be before it was recorded."""
    elapsed: str
    by: str
    letter: str
    """F, I, D or nothing: see LEGEND."""
    kind: str
    text: str
    """Plain text from outside: every document escapes it in its own way."""


def timeline(incident: Incident) -> Iterator[Moment]:
    """In the order of the journal."""
    opened, order = moment(incident.opened_at), Order()
    for line in incident.lines:
        at = line.event.occurred_at or line.at
        text = sentence(line, incident.rungs)
        if order.early(line):
            text = f"{text} (happened before the event above it; recorded {_of_day(line.at)})"
        yield Moment(line.seq, at, elapsed(opened, moment(at)), line.by, letter(line.event), line.kind, text)


class Order:
    """Which events happened before one that stands above them? Fed with the lines of a journal, in its order."""

    def __init__(self) -> None:
        self._latest: datetime | None = None
        self._recorded: datetime | None = None

    def early(self, line: Recorded) -> bool:
        """Whether it was recorded after what it came before, by the whole seconds that are shown.

        That the clock was set back is told where it was: from there times are compared anew.
        """
        at = moment(line.at)
        happened = moment(line.event.occurred_at) if line.event.occurred_at else at
        if at is None or happened is None:
            return False
        at, happened = at.replace(microsecond=0), min(at, happened).replace(microsecond=0)
        if self._recorded is not None and at < self._recorded:
            self._latest = None
        self._recorded = at
        early = self._latest is not None and happened < self._latest
        if not early:
            self._latest = happened
        return early


def _of_day(at: str) -> str:
    found = moment(at)
    return f"{found:%H:%M:%S}Z" if found else at


def letter(event: Event) -> str:
    return LETTERS.get(getattr(event, "nature", ""), "")


Rungs = Mapping[str, RungState]


def sentence(line: Recorded, rungs: Rungs = MappingProxyType({})) -> str:
    """One line of the journal in words. `rungs`: those that are called by their titles, and not by their ids."""
    event = line.event
    text = _of_rung(event, rungs) or _sentence(event) or f"{line.kind} (not known to this console)"
    return f"{text} (puts event {event.corrects} right)" if event.corrects is not None else text


def _of_rung(event: Event, rungs: Rungs) -> str:
    rung = getattr(event, "rung", None)
    state = rungs.get(rung) or RungState(rung) if isinstance(rung, str) else RungState("")
    match event:
        case events.RungEntered():
            return f"entered rung {state.named}"
        case events.RungAnswered():
            told = "; ".join(f"{state.label(name)}: {say(value)}" for name, value in event.fields.items())
            return f"answered on rung {state.named}: {told}"
        case events.RungCompleted():
            return f"completed rung {state.named}"
        case events.RungWaived():
            return f"waived rung {state.named}: {event.reason}"
        case events.EvidenceFiled():
            return f"filed event {event.of} to rung {state.named}"
    return ""


def _sentence(event: Event) -> str:
    match event:
        case events.IncidentOpened(corrects=int()):
            return f"severity {event.severity}; impact: {event.impact}; deadline: {event.deadline}"
        case events.IncidentOpened():
            return f"incident opened on {event.workdir}: {event.title}"
        case events.RunbookFrozen():
            return f"runbook {event.id} {event.version} frozen ({event.trust})"
        case events.RunSeen():
            figures = ", ".join(f"{count} {name}" for name, count in event.figures.items())
            differs = f"; differs: {', '.join(event.differs)}" if event.differs else ""
            return f"run {event.log} is {event.status}{f' ({figures})' if figures else ''}{differs}"
        case events.NoteAdded():
            return f"note: {event.text}"
        case events.NoteCorrected():
            return f"note corrected: {event.text}"
        case events.ActionTaken(corrects=int()) if event.result != UNKNOWN:
            by = f" by {event.by_whom}" if event.by_whom else ""
            return f'result of "{one_line(event.text, NAMED)}"{by}: {event.result}'
        case events.ActionTaken():
            return f"action: {event.text}; {because(event.why)}; expecting {event.expected}; result {event.result}" + (
                f"; by {event.by_whom}" if event.by_whom else ""
            )
        case events.ClassSet():
            said = f"class {event.class_}, cost {event.cost}, confidence {event.confidence}"
            return said + ("" if event.ruled_out == UNKNOWN else f"; ruled out: {event.ruled_out}")
        case events.DecisionMade():
            return f"decision: {event.decision}; reason: {event.reason}; owner: {event.owner}"
    return _of_evidence(event) or _of_handing_over(event)


def _of_evidence(event: Event) -> str:
    match event:
        case events.EvidenceStarted():
            return f"evidence {event.item} started: {source(event)}"
        case events.EvidenceCaptured():
            code = f", {exit_said(event.exit_code)}" if event.exit_code is not None else ""
            return f"evidence {event.item} captured: {source(event)}{code}, {event.size + event.stderr_size} bytes"
        case events.EvidenceFailed():
            return f"evidence {event.item} failed: {event.reason}"
        case events.StateKept():
            run = f", run {event.run}{' still going on' if event.unfinished else ''}" if event.run else ""
            return f"state of the workflow kept, to be compared with later{run}; {event.size} bytes"
        case events.RunWeighed():
            return f"cost and jobs of run {event.run} ({event.status}) weighed from its own files; {event.size} bytes"
        case events.AttemptKept():
            code = "" if event.exit_code is None else f", exit {event.exit_code}"
            whole = "" if event.complete else f"; incomplete: {event.missing or UNKNOWN}"
            return f"kept attempt {event.attempt} of {event.rule} {say(event.wildcards)}".rstrip() + code + whole
        case events.LogPinned():
            lines = f" {span(event.lines)}" if event.lines else ""
            return f"pinned {event.path}{lines}"
        case events.EditObserved():
            gate, how = "open" if event.gate_open else "closed", how_changed(event)
            return f"edit of {event.path} seen{f' ({how})' if how else ''}; the gate was {gate}"
        case events.EditExplained():
            return f"edit of event {', '.join(str(seq) for seq in event.of)} explained: {event.text}"
    return ""


def _of_handing_over(event: Event) -> str:
    match event:
        case events.EscalationRaised():
            return (
                f"escalated to {event.to} {because(event.trigger)}; points to {event.points_to}; "
                f"points away from {event.points_away_from}; owner {event.owner}; answer due {event.due}"
            )
        case events.EscalationAnswered():
            who = "" if event.who == UNKNOWN else f" by {event.who}"
            decided = "" if event.decision == UNKNOWN else f"; decided: {event.decision}"
            return f"escalation of event {event.of} answered{who}: {event.text}{decided}"
        case events.HandoffOffered():
            missing = f"; unknown: {', '.join(event.missing)}" if event.missing else ""
            return f"handed off to {event.to}{missing}"
        case events.HandoffAccepted():
            return f"hand-off accepted by {event.as_}; read back: {event.readback}"
        case events.IncidentClosed():
            left = f"; left open: {' '.join(event.left)}" if event.left else ""
            return (
                f"incident closed: {event.outcome}; cause: {event.cause}; proof: {event.proof}; "
                f"as an executable check: {event.check}{left}"
            )
        case events.JournalRepaired():
            return f"journal repaired: {event.size} bytes set aside in {event.set_aside}, {because(event.reason)}"
    return ""


def typed(event: events.Evidence) -> str:
    """Its command as one would type it; empty where it was none."""
    words = event.argv or ()
    # Records of older consoles do not tell; a program with a space in its name is not run without words after it.
    is_line = event.shell or (len(words) == 1 and " " in words[0])
    return " ".join(words) if is_line else command(words)


def source(event: events.Evidence) -> str:
    """The command, the file, or that somebody looked."""
    if event.argv:
        return typed(event)
    return event.path or "observed by the operator"
