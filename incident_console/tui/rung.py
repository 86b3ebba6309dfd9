"""One rung in the centre: its question, its evidence with what was captured, its answers, and what completes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from incident_console.events import AttemptKept, EvidenceCaptured, EvidenceFailed
from incident_console.record.incident import Incident
from incident_console.record.seen import Answer, Item
from incident_console.runbook.ladder import Held, Need
from incident_console.runbook.schema import EvidenceItem, Field, Rung
from incident_console.snakemake.facts import WARNINGS
from incident_console.tui.words import clock, safe, size, span

COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Busy:
    """A command that is running now."""

    item: str
    seconds: float
    output: int


class RungRows(OptionList):
    busy = False
    """Whether a command of this rung runs."""
    BINDINGS = [
        Binding("j", "cursor_down", "down", id="rung.down", show=False),
        Binding("k", "cursor_up", "up", id="rung.up", show=False),
        Binding("enter", "select", "answer", id="rung.enter", tooltip="Answer, capture, open or complete this row"),
        Binding("c", "capture", "capture", id="rung.capture", tooltip="Capture the evidence of this row (again)"),
        Binding("w", "waive", "waive", id="rung.waive", tooltip="Leave this rung out, with a reason"),
        Binding("x", "cancel", "cancel", id="rung.cancel", tooltip="Stop the evidence command that is running"),
    ]

    class Chosen(Message):
        """Enter, or `c`, on a row: `evidence:ID`, `field:ID`, `item:SEQ` or `complete`."""

        def __init__(self, row: str, again: bool = False) -> None:
            super().__init__()
            self.row = row
            self.again = again

    class Waive(Message):
        pass

    class Cancel(Message):
        pass

    def action_capture(self) -> None:
        if self.highlighted is None:
            return
        row = self.get_option_at_index(self.highlighted).id or ""
        if not row.startswith("evidence:"):
            # `c` means "capture what this rung asks for": the first item that is not there yet
            row = next((option.id for option in self.options if option.id and option.id.startswith("evidence:")), "")
        if row:
            self.post_message(self.Chosen(row, again=True))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`x` is offered only while a command runs."""
        return self.busy if action == "cancel" else True

    def advance(self) -> None:
        """Go on to the next row."""
        if self.highlighted is not None and self.highlighted + 1 < self.option_count:
            self.highlighted += 1

    def action_waive(self) -> None:
        self.post_message(self.Waive())

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
        self._rung = ""

    def compose(self) -> ComposeResult:
        yield Static(id="rung-head", markup=False)
        yield RungRows(id="rung-rows", markup=False)

    def draw(
        self,
        rung: Rung,
        number: int,
        incident: Incident,
        *,
        missing: tuple[Need, ...],
        held: tuple[Held, ...],
        busy: Mapping[str, Busy],
        run: str | None,
    ) -> None:
        """Show `rung` as the incident has it now; the cursor stays on its row."""
        state = incident.rungs.get(rung.id)
        stamp = (rung.id, len(incident.lines), missing, held, tuple(busy.items()), run)
        if stamp == self._drawn:
            return
        self._drawn = stamp
        head: list[str | tuple[str, str]] = [(rung.question, "bold")]
        if rung.help.strip():
            head.append(("\n" + rung.help.strip(), "$foreground-muted"))
        if state is not None and state.waived is not None:
            head.append((f"\n⊘ waived: {safe(state.waived)}", "$text-warning"))
        self.query_one("#rung-head", Static).update(Content.assemble(*head))
        self.border_title = f"{number}  {rung.title}"
        answers = state.answers if state is not None else {}
        items = _latest(incident, rung)
        options = [
            Option(
                _evidence(item, items.get(item.id), busy.get(item.id), WARNINGS.get(item.surface, ""), run),
                id=f"evidence:{item.id}",
            )
            for item in rung.evidence
        ]
        asked = {item.id for item in rung.evidence}
        for item in incident.evidence:
            if item.rung == rung.id and getattr(item.event, "item", None) not in asked:
                options.append(Option(filed(item), id=f"item:{item.seq}"))
        options += [Option(_field(field, answers.get(field.id)), id=f"field:{field.id}") for field in rung.ask]
        for trigger in held:
            if trigger.rung == rung.id:
                options.append(
                    Option(
                        Content.assemble(
                            (f"⚑ escalate to {trigger.to}", "$text-warning bold"),
                            (f"\n    {trigger.because}", "$foreground-muted"),
                        ),
                        id="escalate",
                    )
                )
        options.append(
            Option(_complete(rung, missing, state is not None and state.completed_at is not None), id=COMPLETE)
        )
        rows = self.query_one(RungRows)
        if rows.busy != bool(busy):
            rows.busy = bool(busy)
            rows.refresh_bindings()
        place = rows.highlighted if self._rung == rung.id else None
        if place is None:
            place = next(
                (i for i, o in enumerate(options) if o.id and _is_next(o.id, items, answers)), len(options) - 1
            )
        self._rung = rung.id
        rows.clear_options()
        rows.add_options(options)
        rows.highlighted = min(place, len(options) - 1)


def _latest(incident: Incident, rung: Rung) -> dict[str, Item]:
    """By evidence id, what was captured for this rung last."""
    found: dict[str, Item] = {}
    for item in incident.evidence:
        if item.rung == rung.id and isinstance(item.event, EvidenceCaptured | EvidenceFailed):
            found[item.event.item] = item
    return found


def _is_next(row: str, items: Mapping[str, Item], answers: Mapping[str, Answer]) -> bool:
    kind, _, id = row.partition(":")
    return (kind == "evidence" and id not in items) or (kind == "field" and id not in answers)


def _evidence(item: EvidenceItem, got: Item | None, busy: Busy | None, warning: str, run: str | None) -> Content:
    how = (
        " ".join(item.run)
        if item.run
        else (f"file {item.file}" if item.file else f"pick {item.pick}" if item.pick else "say what you see")
    )
    if busy is not None:
        state = (f"⟳ running {span(busy.seconds)}, {size(busy.output)} so far  x cancels", "$text-accent bold")
    elif got is None:
        state = ("○ not captured", "$foreground-muted")
    elif isinstance(got.event, EvidenceFailed):
        state = (f"✗ {safe(got.event.reason, 160)}", "$text-error")
    else:
        assert isinstance(got.event, EvidenceCaptured)
        exit_code = f"  rc {got.event.exit_code}" if got.event.exit_code is not None else ""
        cut = "  cut" if got.event.truncated else ""
        older = "  of an earlier run" if run and got.event.run and got.event.run != run else ""
        total = got.event.size + got.event.stderr_size
        state = (f"✓ captured {clock(got.at)}{exit_code}  {size(total)}{cut}{older}", "$text-success")
    lines: list[str | tuple[str, str]] = [
        (f"{'✓' if got is not None and got.kept else '○'} {item.id}  ", "bold"),
        (safe(how, 120), ""),
        (f"  [{item.effects}]" if item.run else "", "$foreground-muted"),
        "\n    ",
        state,
    ]
    if item.expect:
        lines.append((f"\n    expected: {item.expect.strip()}", "$foreground-muted"))
    caution = item.warn or warning
    if caution:
        lines.append((f"\n    ! {caution.strip()}", "$text-warning"))
    return Content.assemble(*lines)


def filed(item: Item) -> Content:
    """One line for a piece of evidence that the rung did not ask for by name, or that waits in the inbox."""
    event = item.event
    glyph = "↻" if isinstance(event, AttemptKept) else "◂"
    told = f"{size(event.size)}" if item.kept else "not kept"
    return Content.assemble(
        (f"{glyph} {safe(item.name, 100)}", "bold"), (f"  {told}  {clock(item.at)}", "$foreground-muted")
    )


def _field(field: Field, answer: Answer | None) -> Content:
    if answer is None:
        told = ("— Enter answers" + ("" if field.required else " (may stay empty)"), "$foreground-muted")
        glyph = "?" if field.required else "·"
    else:
        told = (safe(answer.text, 300) or "(empty)", "$text-success" if answer.known else "$text-warning")
        glyph = "✓"
    return Content.assemble((f"{glyph} {field.prompt}", "bold"), "\n    ", told)


def _complete(rung: Rung, missing: tuple[Need, ...], done: bool) -> Content:
    if done:
        return Content.styled("✓ this rung is completed; Enter completes it again after changes", "$text-success")
    if not missing:
        return Content.styled("▸ complete this rung", "$text-accent bold")
    lines: list[str | tuple[str, str]] = [("… to complete this rung:", "$foreground-muted")]
    lines += [(f"\n    {need.text}", "$text-warning") for need in missing]
    lines.append(("\n    or w waives it, with a reason", "$foreground-muted"))
    return Content.assemble(*lines)
