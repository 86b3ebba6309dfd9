"""One rung in the centre: its question, its evidence with what was captured, its answers, and what completes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from incident_console.session.escalating import to_show
from incident_console.tui import rungrows, suspects
from incident_console.tui.livekeys import Key, key
from incident_console.tui.rows import Rows
from incident_console.tui.words import safe, safe_text

if TYPE_CHECKING:
    from incident_console.record.incident import Incident
    from incident_console.record.seen import RungState
    from incident_console.runbook.ladder import Held, Need
    from incident_console.runbook.schema import EvidenceItem, Rung
    from incident_console.session.understanding import Understanding
    from incident_console.tui.rungrows import Busy

COMPLETE = "complete"
ESCALATE = "escalate"
NEXT = "evidence:"
"""The next piece of evidence that is not captured, whichever that is."""
WHY_NOT = {
    "cancel": "no evidence command is running",
    "take": "only where suspects are listed, on the rung that classifies",
    "trust": "the runbook's commands may run already",
    "waive": "nothing is left out where nothing is written",
}
"""By action, as `deadkeys.SaysWhyNot`."""


class RungRows(Rows):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "enter", id="rung.enter", tooltip="Answer, capture, open or complete this row"),
        Binding("c", "capture", "capture", id="rung.capture", tooltip="Capture the evidence of this row (again)"),
        Binding("t", "take", "take suspect", id="rung.take", tooltip="Take the suspect under the cursor, or the first"),
        Binding("w", "waive", "waive", id="rung.waive", tooltip="Leave this rung out, with a reason"),
        Binding("T", "trust", "trust", id="rung.trust", tooltip="Read what the runbook would run, and trust it or not"),
        Binding("x", "cancel", "cancel", id="rung.cancel", tooltip="Stop the evidence command that is running"),
    ]

    class Chosen(Message):
        """Enter, `c` or `t` on a row: `evidence:ID`, `NEXT`, `field:ID`, `item:SEQ`, `escalate:N`, `complete` or one of
        `suspects`."""

        def __init__(self, row: str, again: bool = False) -> None:
            super().__init__()
            self.row = row
            self.again = again

    class Waive(Message):
        pass

    class Trust(Message):
        pass

    class Cancel(Message):
        pass

    def __init__(self) -> None:
        super().__init__(id="rung-rows", markup=False)
        self._offered = dict.fromkeys(("capture", "cancel", "take", "trust"), False) | {"waive": True}
        self.captured: frozenset[str] = frozenset()
        """Evidence that is here already, by id."""
        self.more_to_capture = False
        self.following = COMPLETE
        """The row of what is needed next."""
        self.lacking = ""
        """What completes the rung, and the key for it."""

    def offer(self, *, capture: bool, cancel: bool, take: bool, trust: bool, waive: bool) -> None:
        """Whether there is evidence to capture, a command to cancel, a suspect to take, a runbook to trust; whether a
        rung may be left out: the keys for it come and go."""
        offered = {"capture": capture, "cancel": cancel, "take": take, "trust": trust, "waive": waive}
        if self._offered != offered:
            self._offered = offered
            self.refresh_bindings()

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if self._offered.get(action, True):
            return super().why_not(action, parameters)
        return f"only questions here; {self.lacking}" if action == "capture" else WHY_NOT[action]

    def key_word(self, action: str) -> str | None:
        kind, _, id = (self.row or "").partition(":")
        capturable = kind == "evidence" and id not in self.captured
        if action == "capture":
            return None if self._offered["capture"] and self.more_to_capture else ""
        if action == "select":
            words = {"field": "answer", "evidence": "open", "item": "open"}
            words |= {suspects.SUSPECT: "answer", suspects.CLUE: "open log"}
            if kind == COMPLETE and self.following != COMPLETE:
                kind = self.following.partition(":")[0]
                return words[kind] if kind == "field" else "go to it"
            return "" if capturable else words.get(kind, kind if kind in (COMPLETE, ESCALATE) else None)
        return None

    def action_capture(self) -> None:
        """The evidence of this row; elsewhere the next that is not captured yet."""
        row = self.row or ""
        self.post_message(self.Chosen(row if row.startswith("evidence:") else NEXT, again=True))

    def action_take(self) -> None:
        """The suspect under the cursor; elsewhere what the evidence carries."""
        row = self.row or ""
        class_ = suspects.class_of(row) if row.startswith(f"{suspects.SUSPECT}:") else ""
        self.post_message(self.Chosen(f"{suspects.TAKE}:{class_}"))

    def action_waive(self) -> None:
        self.post_message(self.Waive())

    def action_trust(self) -> None:
        self.post_message(self.Trust())

    def action_cancel(self) -> None:
        self.post_message(self.Cancel())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id:
            self.post_message(self.Chosen(event.option_id))


class RungPane(Vertical):
    BORDER_TITLE = "rung"

    def __init__(self) -> None:
        super().__init__(id="rung")
        self._drawn: object = None
        self._head = Content()
        self._shown = ""

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="rung-head", can_focus=False):
            yield Static(id="rung-question", markup=False)
        yield RungRows()

    def draw(
        self,
        rung: Rung,
        number: int,
        incident: Incident,
        *,
        missing: tuple[Need, ...],
        held: tuple[Held, ...],
        busy: Mapping[str, Busy],
        drafts: Mapping[str, str],
        run: str | None,
        readings: Mapping[str, str],
        because: str = "",
        known: Understanding | None = None,
        trusted: bool = True,
        read_only: bool = False,
    ) -> None:
        """Show `rung` as the incident has it now; the cursor stays on its row.

        `drafts` are by field; `readings`, what a captured output says in a line, by evidence id; `because` says why
        the first evidence comes first; `known` has the suspects of a rung that classifies; `trusted`: its commands may
        run; `read_only`: nothing can be done here at all.
        """
        suspected = (known.suspects, known.incident_class, known.cost) if known and rung.role == "classify" else None
        given = (dict(busy), dict(drafts), run, dict(readings), because, suspected, trusted, read_only)
        stamp = (rung.id, rung.evidence, len(incident.lines), missing, held, given)
        if stamp == self._drawn:
            return
        self._drawn = stamp
        state = incident.rungs.get(rung.id)
        self._draw_head(rung, number, state)
        rows = self.query_one(RungRows)
        writing = not read_only
        rows.captured = frozenset(id for id, item in rungrows.latest(incident, rung).items() if item.kept)
        rows.more_to_capture = next_evidence(rung, incident, busy) is not None
        rows.offer(
            capture=writing and bool(rung.evidence),
            cancel=bool(busy),
            take=writing and bool(suspected),
            trust=writing and not trusted,
            waive=writing,
        )
        keys = partial(key, self.app)
        rows.following = next_row(rung, missing)
        rows.lacking = rungrows.lacking(missing, keys)
        options = [*_evidence(rung, incident, busy, run, readings, because, trusted, missing, keys)]
        options += suspects.rows(known, keys("rung.take")) if rung.role == "classify" and run is not None else ()
        options += _fields(rung, state, drafts, keys("rung.enter"))
        options += [
            Option(rungrows.trigger(trigger), id=f"{ESCALATE}:{n}") for n, trigger in to_show(held, rung.id, incident)
        ]
        done = state is not None and state.completed_at is not None
        options.append(Option(rungrows.complete(missing, done, keys), id=COMPLETE))
        another, self._shown = self._shown != rung.id, rung.id
        rows.lay(options)
        if another:
            rows.scroll_home(animate=False)
            # What is suspected, and why, is read before it is answered.
            unread = known is not None and suspected is not None and rows.following == "field:class"
            rows.put_cursor(suspects.first(known) if known is not None and unread else rows.following)

    def _draw_head(self, rung: Rung, number: int, state: RungState | None) -> None:
        self.border_title = Content(f"{number}  {safe(rung.title, 100)}")
        head: list[str | tuple[str, str]] = [(safe_text(rung.question), "bold")]
        if rung.help.strip():
            head.append(("\n" + safe_text(rung.help.strip()), "$foreground-muted"))
        if state is not None and state.waived is not None:
            head.append((f"\n⊘ waived: {safe(state.waived)}", "$text-warning"))
        content = Content.assemble(*head)
        if not content.is_same(self._head):  # its height may change: a new text lays the pane out anew
            self._head = content
            self.query_one("#rung-question", Static).update(content)


def next_row(rung: Rung, missing: tuple[Need, ...], after: str = "") -> str:
    """The row to go to: the next one that is needed, after `after` and then from the top; `complete` when none is."""
    needed = {id for need in missing for id in need.ids}
    rows = [f"evidence:{item.id}" for item in rung.evidence if item.id in needed]
    rows += [f"field:{field.id}" for field in rung.ask if field.id in needed]
    order = [f"evidence:{item.id}" for item in rung.evidence] + [f"field:{field.id}" for field in rung.ask]
    here = order.index(after) if after in order else -1
    return next((row for row in rows if order.index(row) > here), rows[0] if rows else COMPLETE)


def next_evidence(rung: Rung, incident: Incident, busy: Mapping[str, Busy], after: str = "") -> EvidenceItem | None:
    """The next item, after `after` and then from the top, that is neither captured nor running.

    One that failed comes after those that nobody tried.
    """
    got = rungrows.latest(incident, rung)
    ids = [item.id for item in rung.evidence]
    here = ids.index(after) + 1 if after in ids else 0
    order = [*rung.evidence[here:], *rung.evidence[:here]]
    open = [item for item in order if item.id not in busy and not (item.id in got and got[item.id].kept)]
    return next((item for item in open if item.id not in got), open[0] if open else None)


def _evidence(
    rung: Rung,
    incident: Incident,
    busy: Mapping[str, Busy],
    run: str | None,
    readings: Mapping[str, str],
    because: str,
    trusted: bool,
    missing: tuple[Need, ...],
    key: Key,
) -> Iterator[Option]:
    """What the rung asks for, then what was laid to it besides."""
    items = rungrows.latest(incident, rung)
    needed = rungrows.needed_yet(missing)
    for item in rung.evidence:
        got, reading = items.get(item.id), readings.get(item.id, "")
        first = because if item is rung.evidence[0] else ""
        content = rungrows.evidence(
            item, got, busy.get(item.id), run, needed.get(item.id, ""), reading, first, trusted, key=key
        )
        yield Option(content, id=f"evidence:{item.id}")
    asked = {item.id for item in rung.evidence}
    for other in incident.evidence:
        if other.rung == rung.id and getattr(other.event, "item", None) not in asked:
            yield Option(rungrows.filed(other), id=f"item:{other.seq}")


def _fields(rung: Rung, state: RungState | None, drafts: Mapping[str, str], enter: str) -> Iterator[Option]:
    answers = state.answers if state is not None else {}
    for field in rung.ask:
        yield Option(
            rungrows.field(field, answers.get(field.id), drafts.get(field.id, ""), enter), id=f"field:{field.id}"
        )
