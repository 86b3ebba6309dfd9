"""Which rows stand in the timeline, and what does each say? Events, and between them what parts them; no screen here.

Text is made only of the rows that are looked at, so that a journal of a hundred thousand events costs no more than one
of a hundred.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from rich.cells import cell_len

from incident_console.events import Recorded
from incident_console.record.timeline import Order, Rungs, sentence
from incident_console.tui.words import parsed, safe, span

GAP_S = 600.0
"""A silence that is told: shorter ones are how people work."""

LONGEST_NAME = 16
"""Characters of a name that are shown anywhere."""

GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "L": ("ladder", ("rung.",)),
        "E": ("evidence", ("evidence.", "attempt.", "log.", "state.")),
        "R": ("run", ("run.", "action.")),
        "S": ("said", ("note.", "class.", "decision.", "escalation.")),
        "D": ("edits", ("edit.",)),
        "H": ("record", ()),
    }
)
"""By key: the word, and how the kinds begin; what begins like none belongs to the last."""
LAST = "H"

KINDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "incident.opened": ("◉", "opened", "bold"),
        "runbook.frozen": ("≡", "runbook", "$foreground-muted"),
        "run.seen": ("●", "run", "$text-primary"),
        "run.weighed": ("▤", "weighed", "$foreground-muted"),
        "rung.entered": ("▸", "entered", "$text-accent"),
        "rung.answered": ("✎", "answered", ""),
        "rung.completed": ("✓", "completed", "$text-success"),
        "rung.waived": ("⊘", "waived", "$text-warning"),
        "evidence.started": ("⟳", "started", "$foreground-muted"),
        "evidence.captured": ("✓", "captured", "$text-success"),
        "evidence.failed": ("✗", "failed", "$text-error"),
        "evidence.filed": ("→", "filed", "$foreground-muted"),
        "state.kept": ("▤", "state", "$foreground-muted"),
        "attempt.kept": ("↻", "attempt", "$text-warning"),
        "log.pinned": ("◂", "pinned", "$text-accent"),
        "note.added": ("•", "note", ""),
        "note.corrected": ("•", "corrected", ""),
        "action.taken": ("!", "action", "$text-warning"),
        "class.set": ("◆", "class", "bold"),
        "decision.made": ("◇", "decision", "bold"),
        "escalation.raised": ("⚑", "escalated", "$text-warning"),
        "escalation.answered": ("⚐", "replied", ""),
        "edit.observed": ("±", "edit", "$text-warning"),
        "edit.explained": ("±", "reason", ""),
        "handoff.offered": ("⇢", "hand-off", "bold"),
        "handoff.accepted": ("⇠", "accepted", "bold"),
        "incident.closed": ("■", "closed", "bold"),
        "journal.repaired": ("⚒", "repaired", "$text-warning"),
    }
)
"""By kind: glyph, word and style. A kind of a newer console has its own name."""

Row = int | str
"""The index of an event among the lines, or what parts two of them."""


def group_of(kind: str) -> str:
    return next((key for key, (_, starts) in GROUPS.items() if starts and kind.startswith(starts)), LAST)


def name_of(line: Recorded) -> str:
    """Who recorded it, without the machine."""
    return safe(line.by.partition("@")[0], LONGEST_NAME)


class Steps:
    """The rows, as the journal grows."""

    def __init__(self) -> None:
        self.lines: list[Recorded] = []
        self.rows: list[Row] = []
        self.counts = dict.fromkeys(GROUPS, 0)
        self.groups: frozenset[str] = frozenset()
        """What is shown; empty: everything."""
        self.text = ""
        """What every event that is shown holds, in any case."""
        self.longest = 0
        """Columns of the longest name of who recorded any."""
        self._rungs: Rungs = {}
        self._names: set[str] = set()
        self._order, self._early = Order(), set[int]()
        self._sittings: dict[str, int] = {}
        self._parting: list[tuple[str, str]] = []
        """By line, what stands before it: a gap, and another sitting."""
        self._waiting = ""

    def take(self, lines: Sequence[Recorded], rungs: Rungs = MappingProxyType({})) -> None:
        """All lines of the journal; those taken before are passed over. `rungs` as `record.timeline.sentence`."""
        self._rungs = rungs
        for line in lines[len(self.lines) :]:
            self._parting.append(self._part(line))
            if self._order.early(line):
                self._early.add(line.seq)
            self.counts[group_of(line.kind)] += 1
            if line.by not in self._names:
                self._names.add(line.by)
                self.longest = max(self.longest, cell_len(name_of(line)))
            self.lines.append(line)
            self.rows += self._rows(len(self.lines) - 1)

    def show(self, groups: frozenset[str], text: str) -> None:
        """Only events of these groups that hold this text."""
        self.groups, self.text = groups, text.casefold()
        self.rows, self._waiting = [], ""
        for index in range(len(self.lines)):
            self.rows += self._rows(index)

    def index_of(self, seq: int) -> int | None:
        """The row of an event; None while it is not shown."""
        wanted = seq - 1
        return next((row for row, each in enumerate(self.rows) if each == wanted), None)

    def told(self, line: Recorded) -> str:
        return sentence(line, self._rungs)

    def early(self, line: Recorded) -> bool:
        """Whether it came before one that was recorded before it."""
        return line.seq in self._early

    def sitting(self, line: Recorded) -> int:
        """Which sitting at a console this was, counted from 1."""
        return self._sittings[line.session]

    def _rows(self, index: int) -> Iterator[Row]:
        line, (gap, sitting) = self.lines[index], self._parting[index]
        filtered = bool(self.groups or self.text)
        self._waiting = sitting or self._waiting
        if (self.groups and group_of(line.kind) not in self.groups) or self.text not in self.told(line).casefold():
            return
        parting = " · ".join(part for part in ("" if filtered else gap, self._waiting) if part)
        self._waiting = ""
        if parting:
            yield parting
        yield index

    def _part(self, line: Recorded) -> tuple[str, str]:
        """What parts a line from the one before: much time, a clock that was set back, somebody else or another day."""
        sitting = ""
        if line.session not in self._sittings:
            self._sittings[line.session] = len(self._sittings) + 1
        if not self.lines:
            return "", ""
        before = self.lines[-1]
        if line.session != before.session:
            sitting = f"sitting {self._sittings[line.session]}: {line.by}"
        then, now = parsed(before.at), parsed(line.at)
        if then is None or now is None:
            return "", sitting
        gone = (now - then).total_seconds()
        day = f" ({now:%Y-%m-%d})" if now.date() != then.date() else ""
        if gone < -1:
            return f"the clock went back {span(-gone)}{day}", sitting
        return (f"{span(gone)} later{day}" if gone >= GAP_S or day else ""), sitting
